//! The notation in which a credential's shape is written, and the one reader that confirms it. A shape is a line that
//! a reviewer can hold against the vendor's page: `w20` is twenty bytes of base64url, `d10-13 '-' a24` ten to thirteen
//! digits, a hyphen and twenty-four letters or digits. No backtracking: a run is read once, as far as it may go.

use std::ops::Range;

use super::super::probe::{Hit, Probe};
use super::random::{is_placeholder, is_random};

/// A credential that its prefix gives away.
#[derive(Debug)]
pub(in super::super) struct Token {
    /// What stands in front of the secret part, in exactly this case. Each has at least three bytes. It is part of
    /// the credential unless it is the name of a setting, which ends with `=` or a space.
    pub anchors: &'static [&'static str],
    /// What follows, in the notation of this file; alternatives are separated by ` | `. A run in brackets stands
    /// before the anchor. After `! ` the shape alone is proof: nobody writes a placeholder in it.
    pub shape: &'static str,
}

impl Token {
    /// Reads the credential around `anchor`.
    pub fn read(&self, probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
        let literal = probe.text(anchor.clone());
        self.anchors.iter().find(|known| **known == literal)?;
        let mut shapes = alternatives(self.shape);
        shapes.find_map(|shape| whole(probe, &anchor, shape))
    }
}

/// The shapes of an alternation.
pub(super) fn alternatives(shapes: &str) -> impl Iterator<Item = &str> {
    shapes.split(" | ").map(str::trim)
}

/// The credential of this shape around `anchor`, standing alone.
fn whole(probe: Probe<'_>, anchor: &Range<usize>, shape: &str) -> Option<Hit> {
    let mut start = anchor.start;
    let (shape, is_proof) = shape.strip_prefix("! ").map_or((shape, false), |rest| (rest, true));
    let mut parts = parts(shape).peekable();
    if let Some(Part::Before(run)) = parts.peek().copied() {
        start = run.back(probe, anchor.start)?;
        parts.next();
    }
    // A run of the token's own bytes is read once, by its first anchor.
    let first = parts.peek().and_then(Part::run);
    let inside = first.is_some_and(|run| probe.byte_before(start).is_some_and(|b| run.alphabet.has(b)));
    let joins = probe.byte(start).is_some_and(token_byte) && !is_escaped(probe, start);
    if joins && (inside || !starts(probe, start) || probe.byte_before(start) == Some(b'.')) {
        return None;
    }
    let end = follow(probe, anchor.end, parts)?;
    if !ends(probe, end) {
        return None;
    }
    let body = probe.text(if start < anchor.start { start } else { anchor.end }..end);
    let is_name = matches!(probe.byte_before(anchor.end), Some(b'=' | b' '));
    let found = if is_name { anchor.end..end } else { start..end };
    (is_proof || !is_placeholder(body) && is_random(body)).then(|| Hit::at(found))
}

/// End of the credential of one of these shapes at `start`, standing alone.
pub(super) fn end_at(probe: Probe<'_>, start: usize, shapes: &str) -> Option<usize> {
    alternatives(shapes).find_map(|shape| follow(probe, start, parts(shape)).filter(|end| ends(probe, *end)))
}

/// Where the parts end, read one after the other from `from`.
fn follow<'s>(probe: Probe<'_>, from: usize, parts: impl Iterator<Item = Part<'s>>) -> Option<usize> {
    let mut at = from;
    for part in parts {
        at = match part {
            Part::Run(run) => run.forth(probe, at)?,
            Part::Literal(text) => (probe.text(at..at + text.len()) == text).then_some(at + text.len())?,
            Part::Before(_) | Part::Wrong => return None,
        };
    }
    Some(at)
}

/// Whether a token may start at `at`: nothing of a token before it, or an escape.
pub(super) fn starts(probe: Probe<'_>, at: usize) -> bool {
    !probe.byte_before(at).is_some_and(token_byte) || is_escaped(probe, at)
}

/// Whether an escape ends at `at`: of a string in a string, or of a URL.
fn is_escaped(probe: Probe<'_>, at: usize) -> bool {
    match probe.before(at, 3) {
        [b'%', a, b] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
        [.., b'\\', b'n' | b't' | b'r'] => true,
        _ => false,
    }
}

/// Whether a token may end at `at`. A mask (`****`) behind it says that the rest is not shown.
fn ends(probe: Probe<'_>, at: usize) -> bool {
    !probe.byte(at).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'*' | b'#'))
}

/// Bytes of most tokens.
pub(super) fn token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_' || b == b'-'
}

/// One part of a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part<'s> {
    Run(Run),
    Before(Run),
    Literal(&'s str),
    /// Not in the notation; it fits nothing, and a test finds it.
    Wrong,
}

impl Part<'_> {
    fn run(&self) -> Option<Run> {
        match self {
            Self::Run(run) => Some(*run),
            _ => None,
        }
    }
}

/// So many bytes of an alphabet.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    alphabet: Alphabet,
    min: usize,
    max: usize,
}

impl Run {
    /// Reads at most `max` bytes, at least `min`.
    fn forth(self, probe: Probe<'_>, from: usize) -> Option<usize> {
        let end = probe.long_run(from, self.max, |b| self.alphabet.has(b));
        (end - from >= self.min).then_some(end)
    }

    /// The same, backwards.
    fn back(self, probe: Probe<'_>, to: usize) -> Option<usize> {
        let start = probe.run_back(to, |b| self.alphabet.has(b)).max(to.saturating_sub(self.max));
        (to - start >= self.min).then_some(start)
    }
}

/// The parts of a shape, in order.
fn parts(shape: &str) -> impl Iterator<Item = Part<'_>> {
    shape.split(' ').flat_map(|word| {
        match word {
            "uuid" => UUID.as_slice(),
            _ => &[],
        }
        .iter()
        .copied()
        .chain((word != "uuid").then(|| part(word)))
    })
}

const UUID: [Part<'static>; 9] = {
    const fn hex(len: usize) -> Part<'static> {
        Part::Run(Run { alphabet: Alphabet(b'x'), min: len, max: len })
    }
    const HYPHEN: Part<'static> = Part::Literal("-");
    [hex(8), HYPHEN, hex(4), HYPHEN, hex(4), HYPHEN, hex(4), HYPHEN, hex(12)]
};

fn part(word: &str) -> Part<'_> {
    if let Some(text) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Part::Literal(text);
    }
    let before = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match (before, run(before.unwrap_or(word))) {
        (Some(_), Some(run)) => Part::Before(run),
        (None, Some(run)) => Part::Run(run),
        _ => Part::Wrong,
    }
}

/// `a24`, `a20-30`, `a20+`.
fn run(word: &str) -> Option<Run> {
    let (letter, lengths) = word.split_at_checked(1)?;
    let alphabet = Alphabet(*letter.as_bytes().first()?);
    let (min, max) = match lengths.strip_suffix('+') {
        Some(min) => (min.parse().ok()?, MAX_TOKEN_BYTES),
        None => match lengths.split_once('-') {
            Some((min, max)) => (min.parse().ok()?, max.parse().ok()?),
            None => (lengths.parse().ok()?, lengths.parse().ok()?),
        },
    };
    Some(Run { alphabet, min, max })
}

/// Longest run of a token without a length of its own, in bytes.
const MAX_TOKEN_BYTES: usize = 1024;

/// A set of bytes, by the letter of the notation.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Alphabet(u8);

impl Alphabet {
    fn has(self, b: u8) -> bool {
        match self.0 {
            b'd' => b.is_ascii_digit(),
            b'h' => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
            b'x' => b.is_ascii_hexdigit(),
            b'l' => b.is_ascii_lowercase() || b.is_ascii_digit(),
            b'u' => b.is_ascii_uppercase() || b.is_ascii_digit(),
            b'A' => b.is_ascii_alphabetic(),
            b'U' => b.is_ascii_uppercase(),
            b'a' => b.is_ascii_alphanumeric(),
            b'c' => matches!(b, b'A'..=b'Z' | b'2'..=b'7'),
            b'g' => b.is_ascii_hexdigit() || b == b'-',
            b'_' => b.is_ascii_alphanumeric() || b == b'_',
            b'w' => token_byte(b),
            b'p' => token_byte(b) || b == b'.',
            b'b' => b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'),
            b'q' => b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='),
            b't' => token_byte(b) || matches!(b, b'.' | b'~'),
            b'%' => token_byte(b) || b == b'%',
            _ => false,
        }
    }
}

/// Samples for tests: no credential needs a place in the repository when its shape can make one.
#[cfg(test)]
pub(in super::super) mod sample {
    use super::{MAX_TOKEN_BYTES, Part, Run, alternatives, parts};

    /// A credential of each alternative of `shape`, with each of `anchors` in its place, drawn from `seed`.
    pub fn each(anchors: &[&str], shape: &str, seed: &mut u64) -> Vec<String> {
        alternatives(shape)
            .flat_map(|s| anchors.iter().map(move |a| (s, a)))
            .map(|(s, a)| one(a, s, seed))
            .collect()
    }

    fn one(anchor: &str, shape: &str, seed: &mut u64) -> String {
        let mut text = String::new();
        let mut pending = Some(anchor);
        for part in parts(shape.trim_start_matches("! ")) {
            if !matches!(part, Part::Before(_)) {
                text.push_str(pending.take().unwrap_or_default());
            }
            match part {
                Part::Run(run) | Part::Before(run) => text.push_str(&bytes(run, seed)),
                Part::Literal(literal) => text.push_str(literal),
                Part::Wrong => panic!("`{shape}` is not in the notation"),
            }
        }
        text + pending.unwrap_or_default()
    }

    fn bytes(run: Run, seed: &mut u64) -> String {
        let alphabet: Vec<u8> = (0..128).filter(|b| run.alphabet.has(*b)).collect();
        let len = if run.max == MAX_TOKEN_BYTES { run.min + 7 } else { run.min.midpoint(run.max) };
        (0..len).map(|i| random(&alphabet, i == 0 || i + 1 == len, seed)).collect()
    }

    /// A byte of `alphabet`; at the ends of a run one that nobody takes for punctuation.
    fn random(alphabet: &[u8], is_end: bool, seed: &mut u64) -> char {
        loop {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let byte = alphabet[(*seed >> 33) as usize % alphabet.len()];
            if !is_end || byte.is_ascii_alphanumeric() {
                return char::from(byte);
            }
        }
    }
}
