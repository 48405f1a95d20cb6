//! What a confirmer may read around an anchor: bounded runs of bytes, counted. No confirmer sees the text in any
//! other way, so the work of a scan is bounded by construction and a test can measure it.

use std::cell::Cell;
use std::ops::Range;

use crate::limits::MAX_CONFIRM_WINDOW_BYTES;

/// A confirmer's eyes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe<'a> {
    text: &'a str,
    work: &'a Cell<usize>,
}

/// What a confirmer found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit {
    /// Range of the view.
    pub range: Range<usize>,
    /// Score, when the confirmer knows better than the rule.
    pub score: Option<f32>,
}

impl Hit {
    /// A hit with the rule's own score.
    pub fn at(range: Range<usize>) -> Self {
        Self { range, score: None }
    }
}

impl<'a> Probe<'a> {
    /// Looks at `text` and adds each byte read to `work`.
    pub fn new(text: &'a str, work: &'a Cell<usize>) -> Self {
        Self { text, work }
    }

    /// The byte at `at`.
    pub fn byte(&self, at: usize) -> Option<u8> {
        self.count(1);
        self.text.as_bytes().get(at).copied()
    }

    /// The byte before `at`.
    pub fn byte_before(&self, at: usize) -> Option<u8> {
        self.byte(at.checked_sub(1)?)
    }

    /// End of the run of bytes from `from` that `is` accepts, at most [`MAX_CONFIRM_WINDOW_BYTES`].
    pub fn run(&self, from: usize, is: impl Fn(u8) -> bool) -> usize {
        self.long_run(from, MAX_CONFIRM_WINDOW_BYTES, is)
    }

    /// End of the run of bytes from `from` that `is` accepts, at most `max`. A caller that passes more than the
    /// window must make sure that no other anchor reads the same run.
    pub fn long_run(&self, from: usize, max: usize, is: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let len = rest.iter().take(max).take_while(|b| is(**b)).count();
        self.count(len + 1);
        from + len
    }

    /// Start of the run of bytes up to `to` that `is` accepts, at most [`MAX_CONFIRM_WINDOW_BYTES`].
    pub fn run_back(&self, to: usize, is: impl Fn(u8) -> bool) -> usize {
        let head = self.text.as_bytes().get(..to).unwrap_or_default();
        let len = head.iter().rev().take(MAX_CONFIRM_WINDOW_BYTES).take_while(|b| is(**b)).count();
        self.count(len + 1);
        to - len
    }

    /// [`run_back`](Self::run_back) over at most `max` bytes.
    pub fn run_back_at_most(&self, to: usize, max: usize, is: impl Fn(u8) -> bool) -> usize {
        let head = self.text.as_bytes().get(to.saturating_sub(max)..to).unwrap_or_default();
        let len = head.iter().rev().take_while(|b| is(**b)).count();
        self.count(len + 1);
        to - len
    }

    /// Whether a number starts at `start` and ends at `end`: no letter, no digit, no decimal point, no sign of a
    /// longer number beside it.
    pub fn stands_alone(&self, range: &Range<usize>) -> bool {
        let before = self.byte_before(range.start);
        let after = self.byte(range.end);
        let goes_on = |joint: Option<u8>, beyond: Option<u8>| {
            matches!(joint, Some(b'.' | b'-' | b'/' | b':')) && beyond.is_some_and(|b| b.is_ascii_digit())
        };
        let escaped = self.before(range.start, 2).first() == Some(&b'\\');
        let glued_before = glues(before) && !(escaped && matches!(before, Some(b'n' | b't' | b'r')));
        let is_part = glued_before
            || glues(after)
            || goes_on(before, range.start.checked_sub(2).and_then(|at| self.byte(at)))
            || goes_on(after, self.byte(range.end + 1));
        let is_in_number = || {
            before == Some(b',') && self.is_decimal(range) || after == Some(b',') && self.is_thousands(range)
        };
        !is_part && !is_in_number()
    }

    /// Whether the comma before `range` parts decimals, not columns of a table: few digits stand before it.
    fn is_decimal(&self, range: &Range<usize>) -> bool {
        let comma = range.start.saturating_sub(1);
        let before = comma - self.run_back_at_most(comma, MAX_THOUSAND_DIGITS + 1, |b| b.is_ascii_digit());
        let is_plain = self.text(range.clone()).bytes().all(|b| b.is_ascii_digit());
        is_plain && (1..=MAX_THOUSAND_DIGITS).contains(&before)
    }

    /// Whether the comma behind `range` parts thousands, not columns of a table.
    fn is_thousands(&self, range: &Range<usize>) -> bool {
        let back = self.run_back_at_most(range.end, MAX_THOUSAND_DIGITS + 1, |b| b.is_ascii_digit());
        range.end - back <= MAX_THOUSAND_DIGITS
            && self.byte(range.end + 1).is_some_and(|b| b.is_ascii_digit())
    }

    /// The text of `range`, empty when it is not on character boundaries.
    pub fn text(&self, range: Range<usize>) -> &'a str {
        self.count(range.len());
        self.text.get(range).unwrap_or_default()
    }

    /// The whole characters in `range`.
    pub fn chars(&self, range: Range<usize>) -> &'a str {
        let start = self.text.ceil_char_boundary(range.start);
        self.text(start..self.text.floor_char_boundary(range.end).max(start))
    }

    /// The text of up to `max` bytes before `at`, as bytes.
    pub fn before(&self, at: usize, max: usize) -> &'a [u8] {
        self.count(max);
        self.text.as_bytes().get(at.saturating_sub(max)..at).unwrap_or_default()
    }

    fn count(&self, bytes: usize) {
        self.work.set(self.work.get() + bytes);
    }
}

/// Most digits in front of a comma that parts thousands or decimals.
const MAX_THOUSAND_DIGITS: usize = 3;

/// Whether `b` would make what stands before or after it part of a longer token.
pub(super) fn glues(b: Option<u8>) -> bool {
    b.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
}
