//! Where the bytes of a view came from. A map is a list of runs in the order of the view and of its source; each run
//! says at which pace the view advances and what was undone there, so that a decoded megabyte takes few of them.

use std::ops::Range;

use super::Transforms;

/// How far a run's source advances while the view does, in groups that map only as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    source: u8,
    view: u8,
}

impl Pace {
    /// Byte by byte.
    pub const EVEN: Self = Self { source: 1, view: 1 };
    /// The whole run is one group.
    pub const WHOLE: Self = Self { source: 0, view: 0 };

    /// Groups of `source` bytes that stand for `view` bytes.
    pub const fn of(source: u8, view: u8) -> Self {
        Self { source, view }
    }

    /// How far into the source a group begins, whose view bytes include the one `at` bytes into the run.
    fn floor(self, at: usize) -> usize {
        at.checked_div(usize::from(self.view)).unwrap_or(0) * usize::from(self.source)
    }

    /// How far into the source the group ends that holds the byte before `at`; `None` for the end of the run.
    fn ceil(self, at: usize) -> Option<usize> {
        (self.view != 0).then(|| at.div_ceil(usize::from(self.view)) * usize::from(self.source))
    }
}

#[derive(Clone, Copy, Debug)]
struct Run {
    view: u32,
    source: u32,
    by: Transforms,
    pace: Pace,
}

/// INVARIANT: runs adjoin each other in the view and in the source; both positions never decrease. A run without
/// view bytes is what was left out.
#[derive(Clone, Debug)]
pub(super) struct OffsetMap {
    runs: Vec<Run>,
    view_end: usize,
    source_end: usize,
}

/// Most runs of one range that are asked what was undone in them: a finding is as long as its writer likes.
const MAX_RUNS_ASKED: usize = 256;

impl OffsetMap {
    /// An empty map of a source that is read from `base` on.
    pub fn new(base: usize) -> Self {
        Self { runs: Vec::new(), view_end: 0, source_end: base }
    }

    /// The next `len` bytes of the source are in the view as they are.
    #[inline]
    pub fn keep(&mut self, len: usize) {
        self.push(len, len, Pace::EVEN, Transforms::NONE);
    }

    /// The next `source` bytes of the source became the next `view` bytes of the view, at `pace`, when `by` was undone.
    #[inline]
    pub fn push(&mut self, view: usize, source: usize, pace: Pace, by: Transforms) {
        if source == 0 && view == 0 {
            return;
        }
        if !self.continues(pace, by) {
            self.runs.push(Run { view: place(self.view_end), source: place(self.source_end), by, pace });
        }
        self.view_end += view;
        self.source_end += source;
    }

    /// Whether a run at `pace` is the last one going on. Only a run of full groups can.
    #[inline]
    fn continues(&self, pace: Pace, by: Transforms) -> bool {
        let Some(last) = self.runs.last().filter(|last| last.pace == pace && last.by == by) else {
            return false;
        };
        let view = self.view_end.saturating_sub(last.view as usize);
        let source = self.source_end.saturating_sub(last.source as usize);
        pace.view != 0 && view.is_multiple_of(usize::from(pace.view)) && pace.floor(view) == source
    }

    /// The range of the source that `range` of the view came from.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        let start = self.start_of(range.start);
        start..self.end_of(range.end).max(start)
    }

    fn start_of(&self, at: usize) -> usize {
        let after = self.runs.partition_point(|run| run.view as usize <= at);
        let Some(run) = after.checked_sub(1).and_then(|i| self.runs.get(i)) else { return 0 };
        let guess = run.source as usize + run.pace.floor(at - run.view as usize);
        guess.min(self.source_end_of(after))
    }

    /// What was left out at the end of a range is not part of it.
    fn end_of(&self, at: usize) -> usize {
        let after = self.runs.partition_point(|run| (run.view as usize) < at);
        let Some(run) = after.checked_sub(1).and_then(|i| self.runs.get(i)) else { return 0 };
        let limit = self.source_end_of(after);
        match run.pace.ceil(at - run.view as usize) {
            Some(len) => (run.source as usize + len).min(limit),
            None => limit,
        }
    }

    /// Where the source of the run before `next` ends.
    fn source_end_of(&self, next: usize) -> usize {
        self.runs.get(next).map_or(self.source_end, |run| run.source as usize)
    }

    /// What was undone within `range`.
    pub fn by(&self, range: &Range<usize>) -> Transforms {
        let first = self.runs.partition_point(|run| run.view as usize <= range.start).saturating_sub(1);
        let runs = self.runs.iter().skip(first).take(MAX_RUNS_ASKED);
        let within = runs.take_while(|run| (run.view as usize) < range.end);
        within.fold(Transforms::NONE, |all, run| all | run.by)
    }
}

/// Bodies are bounded by `MAX_BODY_BYTES` and views by `MAX_VIEW_GROWTH`, far below `u32::MAX`.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
