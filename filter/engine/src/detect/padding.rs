//! Runs of separators that are wider than a gap between words: what an attacker puts between the words of a phrase
//! to tear them apart. Read once per text, and only when two words of a phrase are too far apart.

use crate::lanes::{self, BLOCK};

/// Separators that count between two words, in bytes.
const COUNTED_BYTES: usize = 2;

/// The separators of one text beyond those that count.
#[derive(Debug)]
pub(super) struct Padding<'t> {
    text: &'t str,
    /// Ends of wide runs, with the padding up to and including each, in bytes.
    runs: Option<Vec<(usize, usize)>>,
}

impl<'t> Padding<'t> {
    /// The padding of `text`.
    pub fn new(text: &'t str) -> Self {
        Self { text, runs: None }
    }

    /// Bytes of padding between two places of the text.
    pub fn between(&mut self, from: usize, to: usize) -> usize {
        let text = self.text;
        let runs = self.runs.get_or_insert_with(|| wide_runs(text));
        let before = |at: usize| {
            let after = runs.partition_point(|run| run.0 <= at);
            after.checked_sub(1).and_then(|i| runs.get(i)).map_or(0, |run| run.1)
        };
        before(to).saturating_sub(before(from))
    }
}

fn wide_runs(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut runs = Runs::default();
    let mut before = u64::MAX;
    for at in (0..bytes.len()).step_by(BLOCK) {
        let rest = bytes.get(at..).unwrap_or_default();
        let parts = lanes::mask(rest, b' ', |b| b.letters().or(b.digits()).or(b.among(0x80, 0x80)));
        // Three separators in a row that end here.
        let wide = !(parts | parts << 1 | before >> 63 | parts << 2 | before >> 62);
        if runs.current > 0 || wide != 0 {
            // What the block before ends with, if it was not read.
            runs.current = runs.current.max(before.leading_zeros() as usize);
            runs.read(at, rest.get(..BLOCK).unwrap_or(rest));
        }
        before = parts;
    }
    runs.found
}

fn separates(b: u8) -> bool {
    let letter = (b | 0x20).wrapping_sub(b'a') < 26;
    let digit = b.wrapping_sub(b'0') < 10;
    (b < 0x80) & !letter & !digit
}

/// Wide runs found so far.
#[derive(Default)]
struct Runs {
    found: Vec<(usize, usize)>,
    total: usize,
    current: usize,
}

impl Runs {
    /// Reads the bytes of `chunk`, which stands at `start`.
    fn read(&mut self, start: usize, chunk: &[u8]) {
        for (i, b) in chunk.iter().enumerate() {
            if separates(*b) {
                self.current += 1;
                continue;
            }
            if self.current > COUNTED_BYTES {
                self.total += self.current - COUNTED_BYTES;
                self.found.push((start + i, self.total));
            }
            self.current = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_what_separators_have_beyond_two() {
        for (text, from, to, expected) in [
            ("a b", 1, 2, 0),
            ("a     b", 1, 6, 3),
            ("a . . . b   c", 1, 12, 6),
            ("a   b   c", 4, 8, 1),
            ("   a", 0, 3, 1),
        ] {
            assert_eq!(Padding::new(text).between(from, to), expected, "{text:?}");
        }
        for gap in 0..200 {
            for before in 55..70 {
                let text = format!("{}a{}b", "x".repeat(before), " ".repeat(gap));
                let padding = Padding::new(&text).between(before + 1, before + 1 + gap);
                assert_eq!(padding, gap.saturating_sub(2), "{gap} {before}");
            }
            let text = format!("{}a{}b", "x".repeat(50), " ".repeat(gap));
            assert_eq!(Padding::new(&text).between(51, 51 + gap), gap.saturating_sub(2), "{gap}");
        }
    }
}
