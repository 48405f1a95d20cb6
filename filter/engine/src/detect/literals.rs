//! Literals in a text in ASCII, wherever they stand: prefixes of credentials, markup, commands. An automaton takes a step
//! that waits for the last one at every byte, through a table that pushes everything else out of the cache. Nearly all of
//! ordinary text holds no literal, so it is asked first: of each literal the rarest window of three pairs of bytes is
//! marked in three small tables, one look at each position tells where a window may stand, and there the literals that
//! have it are compared. It finds what the automaton finds, in the same order; it knows bytes and pattern numbers.

use std::ops::Range;

use crate::order;

/// Codes of bytes: six bits, upper and lower case alike.
const CODES: usize = 64;
/// Entries of a table of pairs.
const PAIRS: usize = CODES * CODES;
/// Pairs of a window.
const DEPTH: usize = 3;
/// Bytes of a whole window.
const WINDOW_BYTES: usize = DEPTH + 1;
/// How far into a literal its window may begin, in bytes.
const MAX_OFFSET: usize = 12;
/// Groups of literals that are told apart, a bit each: with whole windows, with windows of three bytes, with shorter ones.
const WHOLE_GROUPS: u32 = 6;
const THREE: u8 = 1 << WHOLE_GROUPS;
const SHORTER: u8 = THREE << 1;
/// Positions that are looked at together.
const STRIDE: usize = 64;
/// Logarithm of the number of chains of windows of one length.
const CHAIN_BITS: u32 = 11;
/// Places that are put in order together, at most, beyond those of one stride.
const PORTION: usize = 4_096;

/// The compiled literals.
#[derive(Debug)]
pub(super) struct Literals {
    /// For each pair of a window: the groups that have it there.
    tables: Box<[[u8; PAIRS]; DEPTH]>,
    /// The first literal of each chain, by length and hash of its window: one more than its index, 0 for none.
    heads: Vec<u16>,
    literals: Vec<Literal>,
}

#[derive(Debug)]
struct Literal {
    text: Box<[u8]>,
    pattern: u16,
    /// Where its window begins.
    offset: usize,
    /// The next of its chain, as in the heads.
    next: u16,
}

/// Where a literal ends, and its pattern.
type Place = (usize, u16);

impl Literals {
    /// Of patterns by number, ASCII in lower case, found in any case.
    pub fn new(patterns: &[(u16, &str)]) -> Result<Self, String> {
        let mut literals = Self {
            tables: Box::new([[0; PAIRS]; DEPTH]),
            heads: vec![0; WINDOW_BYTES << CHAIN_BITS],
            literals: Vec::with_capacity(patterns.len()),
        };
        // Windows that begin alike share a group, so that a group knows few beginnings.
        let (whole, short): (Vec<_>, Vec<_>) =
            patterns.iter().copied().partition(|(_, text)| text.len() >= WINDOW_BYTES);
        let whole = order::by_number(whole, |(_, text)| {
            let window = window(text.as_bytes()).1;
            u128::from(pair(window.first().copied(), window.get(1).copied()))
        });
        let per_group = whole.len() / WHOLE_GROUPS as usize + 1;
        for (index, (pattern, text)) in whole.iter().enumerate() {
            literals.add(*pattern, text.as_bytes(), 1 << (index / per_group))?;
        }
        for (pattern, text) in short {
            literals.add(
                pattern,
                text.as_bytes(),
                if text.len() + 1 == WINDOW_BYTES { THREE } else { SHORTER },
            )?;
        }
        Ok(literals)
    }

    fn add(&mut self, pattern: u16, text: &[u8], group: u8) -> Result<(), String> {
        let (offset, window) = window(text);
        for (depth, table) in self.tables.iter_mut().enumerate() {
            let (first, second) = (window.get(depth).copied(), window.get(depth + 1).copied());
            let is_it = |at: usize| match (first, second) {
                (Some(_), Some(_)) => at == usize::from(pair(first, second)),
                (Some(first), None) => at / CODES == usize::from(code(first)),
                _ => true,
            };
            table
                .iter_mut()
                .enumerate()
                .filter(|(at, _)| is_it(*at))
                .for_each(|(_, groups)| *groups |= group);
        }
        let number = u16::try_from(self.literals.len() + 1).map_err(|e| e.to_string())?;
        let head = self.heads.get_mut(chain(window)).ok_or("a literal without a letter")?;
        let next = std::mem::replace(head, number);
        self.literals.push(Literal { text: text.into(), pattern, offset, next });
        Ok(())
    }

    /// Memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let literals: usize = self.literals.iter().map(|l| size_of::<Literal>() + l.text.len()).sum();
        size_of_val(&*self.tables) + size_of_val(self.heads.as_slice()) + literals
    }

    /// Calls `found` with the pattern and the end of every literal in `text`, in the order of their ends.
    pub fn find(&self, text: &[u8], mut found: impl FnMut(u16, usize)) {
        let mut places = Vec::new();
        self.candidates(text, |at, groups| {
            if places.len() >= PORTION {
                // What is still to come ends behind its window.
                let (over, open) = order::by_number(std::mem::take(&mut places), place_number)
                    .into_iter()
                    .partition(|place: &Place| place.0 <= at);
                places = open;
                over.into_iter().for_each(|(end, pattern)| found(pattern, end));
            }
            self.at(text, at, groups, &mut places);
        });
        order::by_number(places, place_number).into_iter().for_each(|(end, pattern)| found(pattern, end));
    }

    /// Adds the literals of `groups` whose window stands at `at`.
    fn at(&self, text: &[u8], at: usize, groups: u8, places: &mut Vec<Place>) {
        for length in lengths(groups) {
            let Some(window) = text.get(at..at + length) else { continue };
            let mut next = self.heads.get(chain(window)).copied().unwrap_or_default();
            while let Some(literal) = next.checked_sub(1).and_then(|i| self.literals.get(usize::from(i))) {
                next = literal.next;
                places.extend(literal.end(text, at).map(|end| (end, literal.pattern)));
            }
        }
    }

    /// Calls `found` with every place where a window may begin, in order, and the groups it may be of.
    pub(super) fn candidates(&self, text: &[u8], mut found: impl FnMut(usize, u8)) {
        let [first, second, third] = &*self.tables;
        let look = |table: &[u8; PAIRS], pair: u16| {
            table.get(usize::from(pair) & (PAIRS - 1)).copied().unwrap_or_default()
        };
        for start in (0..text.len()).step_by(STRIDE) {
            let rest = text.get(start..).unwrap_or_default();
            let codes = rest.first_chunk().copied().unwrap_or_else(|| padded(rest)).map(code);
            let mut pairs = [0u16; STRIDE + DEPTH - 1];
            pairs.iter_mut().zip(codes.iter().zip(codes.iter().skip(1))).for_each(|(pair, (a, b))| {
                *pair = u16::from(*a) << 6 | u16::from(*b);
            });
            let mut groups = [0u8; STRIDE];
            let windows = pairs.iter().zip(pairs.iter().skip(1)).zip(pairs.iter().skip(2));
            groups.iter_mut().zip(windows).for_each(|(groups, ((a, b), c))| {
                *groups = look(first, *a) & look(second, *b) & look(third, *c);
            });
            let (eights, _) = groups.as_chunks::<8>();
            for (eight, at) in eights.iter().zip((start..).step_by(8)) {
                let mut left = u64::from_le_bytes(*eight);
                while left != 0 {
                    let byte = left.trailing_zeros() / u8::BITS;
                    let [groups, ..] = (left >> (byte * u8::BITS)).to_le_bytes();
                    found(at + byte as usize, groups);
                    left &= !(0xFF << (byte * u8::BITS));
                }
            }
        }
    }
}

impl Literal {
    /// Where it ends, if its window begins at `at` and all of it stands there.
    fn end(&self, text: &[u8], at: usize) -> Option<usize> {
        let start = at.checked_sub(self.offset)?;
        let end = start + self.text.len();
        text.get(start..end)?.eq_ignore_ascii_case(&self.text).then_some(end)
    }
}

/// Lengths of the windows of groups.
fn lengths(groups: u8) -> Range<usize> {
    let least = if groups & SHORTER != 0 {
        1
    } else if groups & THREE != 0 {
        3
    } else {
        WINDOW_BYTES
    };
    let most = if groups & (THREE - 1) != 0 {
        WINDOW_BYTES
    } else if groups & THREE != 0 {
        3
    } else {
        2
    };
    least..most + 1
}

/// Places in the order of an automaton: by end, the longer pattern of two has the smaller number or not; so by number.
fn place_number(place: &Place) -> u128 {
    (place.0 as u128) << u16::BITS | u128::from(place.1)
}

/// The last bytes of a text, with zeros behind them.
fn padded(rest: &[u8]) -> [u8; STRIDE + DEPTH] {
    let mut bytes = [0; STRIDE + DEPTH];
    bytes.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    bytes
}

/// Six bits of a byte. Both cases of a letter have one code; so have other bytes that are rarely where literals are.
const fn code(byte: u8) -> u8 {
    byte & 0x1F | byte >> 1 & 0x20
}

fn pair(first: Option<u8>, second: Option<u8>) -> u16 {
    u16::from(first.map_or(0, code)) << 6 | u16::from(second.map_or(0, code))
}

/// The chain of a window.
fn chain(window: &[u8]) -> usize {
    let codes = window.iter().fold(0u32, |codes, byte| codes << 6 | u32::from(code(*byte)));
    let hash = codes.wrapping_mul(0x9E37_79B1) >> (u32::BITS - CHAIN_BITS);
    (window.len().saturating_sub(1) << CHAIN_BITS) + hash as usize
}

/// The rarest window of a literal and where it begins.
fn window(text: &[u8]) -> (usize, &[u8]) {
    let windows = text.windows(WINDOW_BYTES.min(text.len()).max(1)).take(MAX_OFFSET + 1).enumerate();
    let rarest = windows.max_by_key(|(at, window)| {
        // Of those as rare as each other the first.
        (window.iter().map(|byte| rarity(*byte)).sum::<usize>(), usize::MAX - at)
    });
    rarest.unwrap_or_default()
}

/// How much a byte tells.
fn rarity(byte: u8) -> usize {
    let letters = b" etaoinsrhldcumfpgwybvkxjqz";
    letters.iter().position(|letter| *letter == byte).unwrap_or(letters.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patterns: &[&str], text: &str) {
        let numbered: Vec<(u16, &str)> = (0..).zip(patterns.iter().copied()).collect();
        let mut ours = Vec::new();
        Literals::new(&numbered)
            .unwrap()
            .find(text.as_bytes(), |pattern, end| ours.push((end, usize::from(pattern))));
        assert!(ours.is_sorted());
        let crates =
            aho_corasick::AhoCorasick::builder().ascii_case_insensitive(true).build(patterns).unwrap();
        let mut theirs: Vec<(usize, usize)> =
            crates.find_overlapping_iter(text).map(|m| (m.end(), m.pattern().as_usize())).collect();
        theirs.sort_unstable();
        assert_eq!(ours, theirs, "{text}");
    }

    #[test]
    fn literals_are_found_as_an_automaton_finds_them() {
        let patterns = [
            "@",
            "sk-",
            "sk-ant-",
            "://",
            "aiza",
            "-----begin ",
            "ab",
            "abc",
            "abcd",
            "bcde",
            "'='",
            "</tool_result>",
            "x x x x ",
        ];
        for text in [
            "",
            "@",
            "a@b@",
            "SK-ant-SK-ANT-sk-sk-",
            "https://AIzaaiza://",
            "-----BEGIN -----BEGIN x x x x x x ",
            "abcdeabcdabcab",
            "'='='",
            "<</tool_result></TOOL_RESULT></tool_result",
            "`\u{7f}\u{0}{sk-}[sk-]",
        ] {
            check(&patterns, text);
            for before in [50, 61, 62, 63, 64, 65, 127] {
                check(&patterns, &format!("{}{text}", ".".repeat(before)));
            }
        }
        check(&patterns, &"@".repeat(3 * PORTION));
        check(&patterns, &"abcde@sk-".repeat(PORTION));
    }
}
