//! A look over a view for what the other views undo. It runs over all text, so it asks about a stride at once and gets bits,
//! one for each byte; what follows what is then a shift. Only strides with a byte that could disguise something are asked
//! all questions. It says where, never what.

use std::ops::Range;

use crate::lanes::{self, BLOCK, Lanes};

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
        let mut look = Look {
            text: bytes,
            start: 0,
            parts: Bits::default(),
            special: Bits::default(),
            wide: Bits::default(),
        };
        look.parts.ahead = look.mask(0, |b| b.letters().or(b.digits()));
        look.special.ahead = look.mask(0, special);
        look.wide.ahead = look.mask(0, |b| b);
        for index in 0..bytes.len().div_ceil(STRIDE) {
            look.advance(index * STRIDE);
            let signs = look.signs();
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

/// Bytes of one stride: a bit of a word each.
const STRIDE: usize = 2 * BLOCK;

/// What is so of the bytes of a stride, the first in the lowest bit, and of those around it.
#[derive(Clone, Copy, Default)]
struct Bits {
    /// Of the byte before the stride, in the highest bit.
    before: u128,
    here: u128,
    /// Of the stride behind.
    ahead: u128,
}

impl Bits {
    /// Of the bytes `N` behind each.
    #[inline]
    fn at<const N: u32>(self) -> u128 {
        match N {
            0 => self.here,
            _ => self.here >> N | self.ahead << (u128::BITS - N),
        }
    }

    /// Of the byte before each.
    #[inline]
    fn last(self) -> u128 {
        self.here << 1 | self.before >> (u128::BITS - 1)
    }

    #[inline]
    fn advance(&mut self, ahead: u128) {
        *self = Self { before: self.here, here: self.ahead, ahead };
    }

    /// Whether it is so of any byte that the questions about the stride reach.
    #[inline]
    fn any(self) -> bool {
        let reached = self.ahead << (u128::BITS - AHEAD);
        self.here | reached | self.before >> (u128::BITS - 1) != 0
    }
}

/// Bytes behind a stride that matter to what begins in it.
const AHEAD: u32 = 23;

/// A stride, and what was asked about all of them.
struct Look<'t> {
    text: &'t [u8],
    start: usize,
    /// Letters and digits.
    parts: Bits,
    /// Bytes without one of which there is neither leetspeak nor an escape.
    special: Bits,
    /// Bytes of characters that are not ASCII.
    wide: Bits,
}

impl Look<'_> {
    #[inline]
    fn mask(&self, start: usize, ask: impl Fn(Lanes) -> Lanes) -> u128 {
        let half = |start: usize| {
            let text = self.text.get(start..).unwrap_or_default();
            if text.is_empty() { 0 } else { u128::from(lanes::mask(text, b' ', &ask)) }
        };
        half(start) | half(start + BLOCK) << BLOCK
    }

    /// The answers for this stride and those around it.
    #[inline]
    fn bits(&self, ask: impl Fn(Lanes) -> Lanes) -> Bits {
        let before = self.start.checked_sub(STRIDE).map_or(0, |start| self.mask(start, &ask));
        Bits { before, here: self.mask(self.start, &ask), ahead: self.mask(self.start + STRIDE, &ask) }
    }

    /// Goes on to the stride that begins at `start`.
    #[inline]
    fn advance(&mut self, start: usize) {
        self.start = start;
        let next = start + STRIDE;
        self.parts.advance(self.mask(next, |b| b.letters().or(b.digits())));
        self.special.advance(self.mask(next, special));
        self.wide.advance(self.mask(next, |b| b));
    }

    /// The signs that begin in the stride. Clean prose pays for the first lines alone.
    #[inline]
    fn signs(&self) -> u8 {
        let mut signs = 0;
        if self.special.any() {
            let classes = Classes::of(self);
            let encoded = self.has_escape(&classes) || self.hex_pairs(&classes) >= MIN_HEX_PAIRS;
            signs |= u8::from(self.is_leet(&classes)) * Sign::Leet as u8;
            signs |= u8::from(encoded) * Sign::Encoded as u8;
        }
        if self.lone_pairs() >= MIN_SPACED_PAIRS
            || self.wide.here != 0 && self.wide_pairs() >= MIN_SPACED_PAIRS
        {
            signs |= Sign::Spaced as u8;
        }
        if self.has_long_run() {
            signs |= Sign::Encoded as u8;
        }
        signs
    }

    /// Letters or digits that stand alone side by side: apart by one sign, or by two or three.
    #[inline]
    fn lone_pairs(&self) -> u32 {
        let p = self.parts;
        let first = !p.last() & p.here & !p.at::<1>();
        let (p3, p4, p5, p6) = (p.at::<2>(), p.at::<3>(), p.at::<4>(), p.at::<5>());
        let second = p3 & !p4 | !p3 & (p4 & !p5 | !p4 & p5 & !p6);
        (first & second).count_ones()
    }

    /// The same for letters of two and three bytes.
    #[inline]
    fn wide_pairs(&self) -> u32 {
        let wide = self.wide;
        let apart = |w: u128, p: u128| !w & !p;
        let p = self.parts;
        let (w0, w1, w2, w3) = (wide.here, wide.at::<1>(), wide.at::<2>(), wide.at::<3>());
        let (w4, w5, w6, w7) = (wide.at::<4>(), wide.at::<5>(), wide.at::<6>(), wide.at::<7>());
        let before = apart(wide.last(), p.last());
        let two = before & w0 & w1 & apart(w2, p.at::<2>()) & w3 & w4 & apart(w5, p.at::<5>());
        let three = before & w0 & w2 & apart(w3, p.at::<3>()) & w4 & w6 & apart(w7, p.at::<7>());
        two.count_ones() + three.count_ones()
    }

    /// Whether [`LONG_RUN_BYTES`] letters and digits follow each other.
    #[inline]
    fn has_long_run(&self) -> bool {
        let p = self.parts;
        // Runs of 2, 4, 8 and 16, by where they begin; those of the stride behind may end there.
        let double = |run: Bits, by: u32| Bits {
            before: 0,
            here: run.here & (run.here >> by | run.ahead << (u128::BITS - by)),
            ahead: run.ahead & run.ahead >> by,
        };
        let begins_before = p.before >> (u128::BITS - 1) != 0 && p.here.trailing_ones() + 1 >= LONG_RUN_BYTES;
        begins_before || [1, 2, 4, 8].into_iter().fold(p, double).here != 0
    }

    /// Whether a digit stands inside a word, or some signs do.
    #[inline]
    fn is_leet(&self, c: &Classes) -> bool {
        let past_f = |n: u128| c.past_f.last() | n;
        // One or two of them between letters: `13T10` is no word.
        let one = c.letter.at::<1>() & past_f(c.past_f.at::<1>());
        let two = (c.digit.at::<1>() | c.leet.at::<1>()) & c.letter.at::<2>() & past_f(c.past_f.at::<2>());
        let inside = |sign: u128| c.letter.last() & sign & (one | two);
        let p = self.parts;
        let ring =
            self.bits(|b| b.eq(b'(')).here & self.bits(|b| b.eq(b')')).at::<1>() & p.last() & p.at::<2>();
        if inside(c.leet.here) | ring != 0 {
            return true;
        }
        let begins = !p.last() & (c.leet.here | c.weak.here) & c.past_f.at::<1>() & c.letter.at::<2>();
        (inside(c.weak.here) | begins).count_ones() >= MIN_LEET_SIGNS
    }

    /// Whether an escape begins.
    #[inline]
    fn has_escape(&self, c: &Classes) -> bool {
        let ampersand = self.bits(|b| b.eq(b'&'));
        let lead = Bits { here: ampersand.here | c.backslash.here, ..ampersand };
        let next_lead = ampersand.at::<1>() | c.backslash.at::<1>();
        let equals = self.bits(|b| b.eq(b'='));
        let hex =
            (equals.here | self.bits(|b| b.eq(b'%').or(b.eq(b'+'))).here) & c.hex.at::<1>() & c.hex.at::<2>();
        let named = lead.here & (self.parts.at::<1>() | next_lead);
        let numbered = ampersand.here & self.bits(|b| b.eq(b'#')).at::<1>();
        let broken = equals.here & self.bits(|b| b.among(b'\n', 4)).at::<1>();
        let prefixed =
            self.bits(|b| b.eq(b'0')).here & self.bits(|b| b.lower().eq(b'x')).at::<1>() & c.hex.at::<2>();
        hex | named | numbered | broken | prefixed != 0
    }

    /// Pairs of hexadecimal digits side by side.
    #[inline]
    fn hex_pairs(&self, c: &Classes) -> u32 {
        let (p, hex) = (self.parts, c.hex);
        let pairs = hex.here & hex.at::<1>() & hex.at::<3>() & hex.at::<4>();
        (pairs & !p.last() & !p.at::<2>()).count_ones()
    }
}

/// What is asked about strides with a special byte.
struct Classes {
    letter: Bits,
    digit: Bits,
    /// Digits and `$`, which stand for letters.
    leet: Bits,
    /// Signs that do so less often.
    weak: Bits,
    /// Letters past `f`: hexadecimal digits mix with letters the way leetspeak does.
    past_f: Bits,
    hex: Bits,
    backslash: Bits,
}

impl Classes {
    #[inline]
    fn of(look: &Look<'_>) -> Self {
        Self {
            letter: look.bits(Lanes::letters),
            digit: look.bits(Lanes::digits),
            leet: look.bits(|b| b.among(b'0', 2).or(b.among(b'3', 3)).or(b.eq(b'7')).or(b.eq(b'$'))),
            weak: look.bits(|b| b.eq(b'@').or(b.eq(b'!')).or(b.eq(b'|'))),
            past_f: look.bits(|b| b.lower().among(b'g', 20)),
            hex: look.bits(|b| b.digits().or(b.lower().among(b'a', 6))),
            backslash: look.bits(|b| b.eq(b'\\')),
        }
    }
}

/// Digits, and the signs that stand for letters or begin an escape.
#[inline]
fn special(b: Lanes) -> Lanes {
    let ranges = b.digits().or(b.among(b'$', 3));
    b"!(+=@\\|".iter().fold(ranges, |any, sign| any.or(b.eq(*sign)))
}

/// Letters and digits in a row that may be encoded: more than nearly all words have.
const LONG_RUN_BYTES: u32 = 16;
/// Fewest signs inside words, in one stride, that are worth a view; of digits one is.
const MIN_LEET_SIGNS: u32 = 2;
/// Fewest pairs of letters that stand alone side by side, in one stride, that are worth a view.
const MIN_SPACED_PAIRS: u32 = 3;
/// Fewest pairs of hexadecimal digits side by side, in one stride, that are worth a view.
const MIN_HEX_PAIRS: u32 = 5;
