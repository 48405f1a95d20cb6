//! Whether a place of a Markdown text stands in a fenced code block (CommonMark 0.31, 4.5): told while the scan passes
//! the fences, in order. What is unclear counts as outside, where rules look closer.

use super::probe::Probe;

/// A row of back-ticks this long begins a fence.
pub(super) const FENCE: &str = "```";
/// Most bytes of a line before its fence: spaces, and the marks of quotes and lists.
const MAX_INDENT_BYTES: usize = 16;

/// The fence that is open.
#[derive(Debug, Default)]
pub(super) struct Fence {
    /// Back-ticks of the fence that opened; 0 when none is open.
    ticks: usize,
}

impl Fence {
    /// Whether the scan is inside a block.
    pub fn is_open(&self) -> bool {
        self.ticks > 0
    }

    /// The scan passes three back-ticks that end at `end`. Only the first three of a row count.
    pub fn see(&mut self, probe: Probe<'_>, end: usize) {
        let start = end.saturating_sub(FENCE.len());
        if probe.byte_before(start) == Some(b'`') || !begins_line(probe, start) {
            return;
        }
        let row_end = probe.run(start, |b| b == b'`');
        let ticks = row_end - start;
        if self.ticks == 0 {
            self.ticks = ticks;
            return;
        }
        // What stands behind a closing fence on its line would make it none.
        let rest = probe.run(row_end, |b| matches!(b, b' ' | b'\t' | b'\r'));
        if ticks >= self.ticks && probe.byte(rest).is_none_or(|b| b == b'\n') {
            self.ticks = 0;
        }
    }
}

/// Whether nothing but marks of quotes and lists stands before `at` on its line.
fn begins_line(probe: Probe<'_>, at: usize) -> bool {
    let before = probe.before(at, MAX_INDENT_BYTES);
    let mut back = before.iter().rev();
    match back.find(|b| !matches!(b, b' ' | b'\t' | b'>')) {
        Some(b) => *b == b'\n',
        None => before.len() == at || before.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_block_is_open_from_its_fence_to_one_as_long() {
        for (text, is_open) in [
            ("```", true),
            ("```rust\nx", true),
            ("```\nx\n```\n", false),
            ("````\n```\n", true),
            ("````\n```\n````", false),
            ("```\nx\n```js\n", true),
            ("```\nx\n```js\n```\ny", false),
            ("see ``` here", false),
            (" > ```\n", true),
        ] {
            let work = Cell::new(0);
            let mut fence = Fence::default();
            for (at, _) in text.match_indices("```") {
                fence.see(Probe::new(text, &work), at + 3);
            }
            assert_eq!(fence.is_open(), is_open, "{text:?}");
        }
    }
}
