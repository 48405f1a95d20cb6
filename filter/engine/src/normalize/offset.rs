//! Where the bytes of a view came from.

use std::ops::Range;

/// Where the bytes of a view came from: breakpoints at which the distance between view and source changes.
/// INVARIANT: both positions never decrease from one breakpoint to the next.
#[derive(Clone, Debug)]
pub(super) struct OffsetMap<'t> {
    pub(super) text: &'t str,
    marks: Vec<(u32, u32)>,
}

impl<'t> OffsetMap<'t> {
    /// The identity.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, marks: Vec::new() }
    }

    /// The view's byte `view` begins a character that stands at `source`.
    pub(super) fn mark(&mut self, view: usize, source: usize) {
        let (last_view, last_source) = self.marks.last().map_or((0, 0), |m| (m.0 as usize, m.1 as usize));
        if view.wrapping_sub(last_view) == source.wrapping_sub(last_source) {
            return;
        }
        // Bodies are bounded by MAX_BODY_BYTES and views by MAX_VIEW_GROWTH, far below u32::MAX.
        let (view, source) =
            (u32::try_from(view).unwrap_or(u32::MAX), u32::try_from(source).unwrap_or(u32::MAX));
        match self.marks.last_mut() {
            Some(last) if last.0 == view => last.1 = source,
            _ => self.marks.push((view, source)),
        }
    }

    /// The view ends at `view`, and with it the source.
    pub(super) fn close(&mut self, view: usize) {
        self.mark(view, self.text.len());
    }

    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(self.start_of(range.start));
        let end = self.text.ceil_char_boundary(self.end_of(range.end));
        start..end.max(start)
    }

    /// Where the character with the view's byte `at` begins.
    pub(super) fn start_of(&self, at: usize) -> usize {
        let after = self.marks.partition_point(|m| m.0 as usize <= at);
        let (guess, limit) = self.interpolate(at, after);
        guess.min(limit.saturating_sub(1))
    }

    /// Where the character before the view's byte `at` ends: characters dropped after it are left out.
    fn end_of(&self, at: usize) -> usize {
        let after = self.marks.partition_point(|m| (m.0 as usize) < at);
        let (guess, limit) = self.interpolate(at, after);
        guess.min(limit)
    }

    /// The source of the view's byte `at`, counted from the mark before `after`, and where that mark's part ends.
    fn interpolate(&self, at: usize, after: usize) -> (usize, usize) {
        let before = after.checked_sub(1).and_then(|i| self.marks.get(i));
        let (view, source) = before.map_or((0, 0), |m| (m.0 as usize, m.1 as usize));
        let limit = self.marks.get(after).map_or(self.text.len(), |m| m.1 as usize);
        (source + (at - view), limit)
    }
}
