//! A look over a view for what the other views undo. It runs over all text, so it counts without branches, a stride at
//! a time, in a form that the compiler turns into a few instructions for sixteen bytes; only strides in which something
//! was counted are looked at again. It says where, never what.

use std::ops::Range;

/// Where a text looks disguised.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Strides in which something was seen, in order, with the [`Sign`]s.
    strides: Vec<(u32, u8)>,
}

/// What a stride may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Digits and signs inside words.
    Leet = 1,
    /// Letters that stand alone side by side.
    Spaced = 2,
    /// The beginning of an escape, a long run without spaces, or pairs of hexadecimal digits.
    Encoded = 4,
}

impl Survey {
    /// Looks over `text`.
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut survey = Self::default();
        let mut block = Block::default();
        for (index, chunk) in bytes.chunks(STRIDE).enumerate() {
            let start = index * STRIDE;
            let ahead = bytes.get(start + chunk.len()..).unwrap_or_default();
            let before = start.checked_sub(1).and_then(|i| bytes.get(i)).copied().unwrap_or(b' ');
            block.load(before, chunk, ahead);
            let signs = block.signs();
            if signs != 0 {
                survey.strides.push((u32::try_from(index).unwrap_or(u32::MAX), signs));
            }
        }
        survey
    }

    /// Whether nothing was seen.
    pub fn is_clean(&self) -> bool {
        self.strides.is_empty()
    }

    /// The parts of `text` around what shows `sign`, in order, apart from each other, on character boundaries.
    pub(super) fn windows(&self, text: &str, sign: Sign) -> Vec<Range<usize>> {
        let mut windows: Vec<Range<usize>> = Vec::new();
        for (index, _) in self.strides.iter().filter(|(_, signs)| signs & sign as u8 != 0) {
            let at = *index as usize * STRIDE;
            let start = window_start(text, at.saturating_sub(CONTEXT_BYTES));
            let end = window_end(text, at + STRIDE + CONTEXT_BYTES);
            match windows.last_mut() {
                Some(last) if last.end >= start => last.end = end,
                _ => windows.push(start..end),
            }
        }
        windows
    }
}

/// Bytes on each side that are read along: as far apart as words of one phrase may stand, and a word.
const CONTEXT_BYTES: usize = 160;
/// How far a window is widened so that it begins and ends between words.
const WORD_BYTES: usize = 32;

fn window_start(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    let near = text.get(text.floor_char_boundary(at.saturating_sub(WORD_BYTES))..at).unwrap_or_default();
    at - near.bytes().rev().position(|b| b.is_ascii_whitespace()).unwrap_or(near.len())
}

fn window_end(text: &str, at: usize) -> usize {
    let at = text.ceil_char_boundary(at.min(text.len()));
    let near = text.get(at..text.floor_char_boundary((at + WORD_BYTES).min(text.len()))).unwrap_or_default();
    at + near.bytes().position(|b| b.is_ascii_whitespace()).unwrap_or(near.len())
}

/// Bytes of one stride.
const STRIDE: usize = 128;
/// Bytes loaded after a stride, so that what begins in it is seen whole; they fill words of the machine.
const AHEAD: usize = 23;
const LOADED: usize = 1 + STRIDE + AHEAD;

/// One stride and what is around it, after the one byte before it.
struct Block {
    bytes: [u8; LOADED],
    /// All bits where a letter or digit stands, none elsewhere.
    parts: [u8; LOADED],
}

impl Default for Block {
    fn default() -> Self {
        Self { bytes: [b' '; LOADED], parts: [0; LOADED] }
    }
}

impl Block {
    fn load(&mut self, before: u8, chunk: &[u8], ahead: &[u8]) {
        if chunk.len() < STRIDE || ahead.len() < AHEAD {
            self.bytes = [b' '; LOADED];
        }
        let (first, rest) = self.bytes.split_at_mut(1);
        first.fill(before);
        let (middle, end) = rest.split_at_mut(chunk.len().min(rest.len()));
        middle.copy_from_slice(chunk);
        let after = ahead.len().min(end.len());
        end.iter_mut().zip(ahead).take(after).for_each(|(to, from)| *to = *from);
        self.parts
            .iter_mut()
            .zip(&self.bytes)
            .for_each(|(part, b)| *part = all(is_letter(*b) | is_digit(*b)));
    }

    /// The signs that begin in the stride. Clean prose pays for the first lines alone.
    fn signs(&self) -> u8 {
        let mut signs = 0;
        if self.has_special() {
            let mut classes = [0; LOADED];
            classes.iter_mut().zip(&self.bytes).for_each(|(class_of, b)| *class_of = class(*b));
            let leet = self.is_leet(&classes);
            let encoded = self.has_escape(&classes) || hex_pairs(&classes) >= MIN_HEX_PAIRS;
            signs |= u8::from(leet) * Sign::Leet as u8;
            signs |= u8::from(encoded) * Sign::Encoded as u8;
        }
        if self.has_lone_pair() && self.lone_pairs() >= MIN_SPACED_PAIRS
            || self.has_wide() && self.is_wide_spaced()
        {
            signs |= Sign::Spaced as u8;
        }
        if self.has_long_run() {
            signs |= Sign::Encoded as u8;
        }
        signs
    }

    /// Whether there is a byte without which there is neither leetspeak nor an escape.
    /// One loop for each: the compiler makes a jump table of a list of bytes, which is no longer a few instructions for
    /// sixteen of them.
    fn has_special(&self) -> bool {
        any(&self.bytes, is_digit)
            || any(&self.bytes, |b| b.wrapping_sub(b'$') < 3)
            || b"!(+=@\\|".iter().any(|sign| any(&self.bytes, |b| b == *sign))
    }

    /// Whether two letters or digits stand alone side by side: apart by one sign, or by two or three.
    fn has_lone_pair(&self) -> bool {
        pairs_of(&self.parts).fold(0u8, |any, pair| any | pair) != 0
    }

    fn lone_pairs(&self) -> usize {
        pairs_of(&self.parts).filter(|pair| *pair != 0).count()
    }

    fn has_wide(&self) -> bool {
        self.bytes.iter().fold(0u8, |any, b| any | b) >= 0x80
    }

    /// The same for letters of two and three bytes.
    fn is_wide_spaced(&self) -> bool {
        let wide = self.bytes.map(|b| all(b >= 0x80));
        let apart = self.bytes.map(|b| all((b < 0x80) & !is_letter(b) & !is_digit(b)));
        let two = stride::<0>(&apart)
            .zip(stride::<1>(&wide))
            .zip(stride::<2>(&wide))
            .zip(stride::<3>(&apart))
            .zip(stride::<4>(&wide))
            .zip(stride::<5>(&wide))
            .zip(stride::<6>(&apart))
            .filter(|((((((a, b), c), d), e), f), g)| *a & *b & *c & *d & *e & *f & *g != 0)
            .count();
        let three = stride::<0>(&apart)
            .zip(stride::<1>(&wide))
            .zip(stride::<3>(&wide))
            .zip(stride::<4>(&apart))
            .zip(stride::<5>(&wide))
            .zip(stride::<7>(&wide))
            .zip(stride::<8>(&apart))
            .filter(|((((((a, b), c), d), e), f), g)| *a & *b & *c & *d & *e & *f & *g != 0)
            .count();
        two + three >= MIN_SPACED_PAIRS
    }

    /// Whether a digit stands inside a word, or some signs do.
    fn is_leet(&self, classes: &[u8; LOADED]) -> bool {
        let windows = || {
            let first = stride::<0>(classes).zip(stride::<1>(classes));
            first.zip(stride::<2>(classes)).zip(stride::<3>(classes))
        };
        // One or two of them between letters: `13T10` is no word.
        let inside = |c0: u8, c1: u8, c2: u8, c3: u8, sign: u8| {
            let one = all(c2 & LETTER != 0) & all((c0 | c2) & PAST_F != 0);
            let two = all(c2 & (DIGIT | LEET) != 0) & all(c3 & LETTER != 0) & all((c0 | c3) & PAST_F != 0);
            all(c0 & LETTER != 0) & all(c1 & sign != 0) & (one | two)
        };
        let digits = windows().fold(0u8, |any, (((c0, c1), c2), c3)| any | inside(*c0, *c1, *c2, *c3, LEET));
        if digits != 0 || self.has_ring() {
            return true;
        }
        let signs = windows().fold(0u8, |n, (((c0, c1), c2), c3)| {
            let is_first = all(c0 & (LETTER | DIGIT) == 0)
                & all(c1 & (LEET | WEAK_LEET) != 0)
                & all(c2 & PAST_F != 0)
                & all(c3 & LETTER != 0);
            n.wrapping_sub(inside(*c0, *c1, *c2, *c3, WEAK_LEET) | is_first)
        });
        signs >= MIN_LEET_SIGNS
    }

    /// Whether there is `()` between letters.
    fn has_ring(&self) -> bool {
        let opens = stride::<1>(&self.bytes).zip(stride::<2>(&self.bytes));
        let letters = stride::<0>(&self.parts).zip(stride::<3>(&self.parts));
        let rings = opens
            .zip(letters)
            .fold(0u8, |any, ((b1, b2), (p0, p3))| any | (all(*b1 == b'(') & all(*b2 == b')') & p0 & p3));
        rings != 0
    }

    /// Whether an escape begins. In several loops, as in [`Self::has_special`].
    fn has_escape(&self, classes: &[u8; LOADED]) -> bool {
        let digits = || stride::<2>(classes).zip(stride::<3>(classes));
        let bytes = || stride::<1>(&self.bytes).zip(stride::<2>(&self.bytes));
        let hex = stride::<1>(classes)
            .zip(digits())
            .fold(0u8, |any, (c1, (c2, c3))| any | (all(c1 & LEAD_HEX != 0) & all(c2 & c3 & HEX != 0)));
        let named = stride::<1>(classes).zip(digits()).fold(0u8, |any, (c1, (c2, _))| {
            any | (all(c1 & LEAD_ANY != 0) & all(c2 & (LETTER | DIGIT | LEAD_ANY) != 0))
        });
        let numbered = bytes().fold(0u8, |any, (b1, b2)| any | (all(*b1 == b'&') & all(*b2 == b'#')));
        let broken =
            bytes().fold(0u8, |any, (b1, b2)| any | (all(*b1 == b'=') & all(b2.wrapping_sub(b'\n') < 4)));
        let prefixed = bytes().zip(stride::<3>(classes)).fold(0u8, |any, ((b1, b2), c3)| {
            any | (all(*b1 == b'0') & all(b2 | 0x20 == b'x') & all(c3 & HEX != 0))
        });
        hex | named | numbered | broken | prefixed != 0
    }

    /// Whether [`LONG_RUN_BYTES`] letters and digits follow each other: eight of them fill a word of the machine, and as
    /// many stand around it.
    fn has_long_run(&self) -> bool {
        let (words, _) = self.parts.as_chunks::<WORD>();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        let nexts = words.clone().skip(1).chain([0]);
        let lasts = [0].into_iter().chain(words.clone());
        let mut full = words.clone().fold(false, |any, word| any | (word == u64::MAX));
        if full {
            let runs = lasts.zip(words).zip(nexts);
            full = runs.into_iter().any(|((last, word), next)| {
                let around = (last.leading_ones() + next.trailing_ones()) / u8::BITS;
                word == u64::MAX && around as usize + WORD >= LONG_RUN_BYTES
            });
        }
        full
    }
}

/// Where a pair of letters or digits that stand alone begins.
fn pairs_of(parts: &[u8; LOADED]) -> impl Iterator<Item = u8> {
    let near = stride::<0>(parts).zip(stride::<1>(parts)).zip(stride::<2>(parts)).zip(stride::<3>(parts));
    let far = stride::<4>(parts).zip(stride::<5>(parts)).zip(stride::<6>(parts));
    near.zip(far).map(|((((p0, p1), p2), p3), ((p4, p5), p6))| {
        let second = p3 & !p4 | !p3 & (p4 & !p5 | !p4 & p5 & !p6);
        !p0 & p1 & !p2 & second
    })
}

/// Pairs of hexadecimal digits side by side.
fn hex_pairs(classes: &[u8; LOADED]) -> u8 {
    let first = stride::<0>(classes).zip(stride::<1>(classes)).zip(stride::<2>(classes));
    let second = stride::<3>(classes).zip(stride::<4>(classes)).zip(stride::<5>(classes));
    first.zip(second).fold(0u8, |n, (((c0, c1), c2), ((c3, c4), c5))| {
        let other = |c: u8| all(c & (LETTER | DIGIT) == 0);
        n.wrapping_sub(all(c1 & c2 & c4 & c5 & HEX != 0) & other(*c0) & other(*c3))
    })
}

/// The stride's bytes, `FROM` bytes on from the one before it. The length is known to the compiler.
fn stride<const FROM: usize>(loaded: &[u8; LOADED]) -> std::slice::Iter<'_, u8> {
    let part: Option<&[u8; STRIDE]> = loaded.get(FROM..).and_then(|rest| rest.first_chunk());
    part.unwrap_or(&[0; STRIDE]).iter()
}

/// Whether one of `bytes` is what `is` says.
fn any(bytes: &[u8; LOADED], is: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(0u8, |any, b| any | all(is(*b))) != 0
}

/// All bits, or none.
fn all(is: bool) -> u8 {
    if is { u8::MAX } else { 0 }
}

fn is_letter(b: u8) -> bool {
    (b | 0x20).wrapping_sub(b'a') < 26
}

fn is_digit(b: u8) -> bool {
    b.wrapping_sub(b'0') < 10
}

const LETTER: u8 = 1;
const DIGIT: u8 = 2;
/// Digits and `$`, which stand for letters.
const LEET: u8 = 4;
/// Signs that do so less often: `@`, `!`, `|`.
const WEAK_LEET: u8 = 8;
/// A letter past `f`: hexadecimal digits mix with letters the way leetspeak does.
const PAST_F: u8 = 16;
const HEX: u8 = 32;
/// `%`, `=`, `+`: before two hexadecimal digits they begin an escape.
const LEAD_HEX: u8 = 64;
/// `&`, `\`: before a letter, a digit or `#` they do.
const LEAD_ANY: u8 = 128;

/// What a byte is, without branches.
fn class(b: u8) -> u8 {
    let is = |is: bool, class: u8| all(is) & class;
    let lower = b | 0x20;
    let leet_digit = (b == b'0') | (b == b'1') | (b.wrapping_sub(b'3') < 3) | (b == b'7');
    is(is_letter(b), LETTER)
        | is(is_digit(b), DIGIT)
        | is(leet_digit | (b == b'$'), LEET)
        | is((b == b'@') | (b == b'!') | (b == b'|'), WEAK_LEET)
        | is(lower.wrapping_sub(b'g') < 20, PAST_F)
        | is(is_digit(b) | (lower.wrapping_sub(b'a') < 6), HEX)
        | is((b == b'%') | (b == b'=') | (b == b'+'), LEAD_HEX)
        | is((b == b'&') | (b == b'\\'), LEAD_ANY)
}

/// Bytes of a word of the machine.
const WORD: usize = 8;
/// Letters and digits in a row that may be encoded: more than nearly all words have.
const LONG_RUN_BYTES: usize = 16;
/// Fewest signs inside words, in one stride, that are worth a view; of digits one is.
const MIN_LEET_SIGNS: u8 = 2;
/// Fewest pairs of letters that stand alone side by side, in one stride, that are worth a view.
const MIN_SPACED_PAIRS: usize = 3;
/// Fewest pairs of hexadecimal digits side by side, in one stride, that are worth a view.
const MIN_HEX_PAIRS: u8 = 5;
