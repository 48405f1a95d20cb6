//! An Aho-Corasick automaton laid out as one dense table of 16-bit states, half the size of the crate's DFA and so
//! twice as much of it in cache: every byte of traffic takes one step here. Built by walking an automaton of the
//! aho-corasick crate; only its patterns must be ASCII. It knows bytes and pattern numbers, nothing else. A row is short:
//! where patterns have more different bytes than fit, the rarest signs share a class, and what is found with one of
//! them is compared again.

use std::collections::BTreeMap;

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;

use crate::order;

/// Most classes of bytes, the length of a row. A constant, so that finding a row is a shift.
const MAX_CLASSES: usize = 64;

/// The table. Rows are states, columns classes of bytes that no pattern tells apart.
#[derive(Debug)]
pub(super) struct Table {
    classes: Vec<u8>,
    rows: Vec<[u16; MAX_CLASSES]>,
    /// States from here on end a pattern.
    first_match: usize,
    /// Patterns that end at each of those states.
    matches: Vec<Vec<usize>>,
    /// Whether each pattern has a byte that shares its class.
    is_shared: Vec<bool>,
    /// Those that have, by number.
    shared: Vec<(usize, Vec<u8>)>,
}

impl Table {
    /// A table for `patterns`, ASCII in lower case, matched without case.
    pub fn new(patterns: &[&str]) -> Result<Self, String> {
        let sharing = sharing(patterns);
        let plain: Vec<Vec<u8>> =
            patterns.iter().map(|p| p.bytes().map(|b| representative(&sharing, b)).collect()).collect();
        let mut builder = NFA::builder();
        let automaton = builder.ascii_case_insensitive(true).prefilter(false).build(&plain);
        let automaton = automaton.map_err(|e| e.to_string())?;
        let mut table = Self::lay_out(&automaton, &plain, &sharing)?;
        let has_shared = |p: &str| p.bytes().any(|b| sharing.contains(&b));
        table.is_shared = patterns.iter().map(|p| has_shared(p)).collect();
        let shared = patterns.iter().enumerate().filter(|(_, p)| has_shared(p));
        table.shared = shared.map(|(number, p)| (number, p.as_bytes().to_vec())).collect();
        Ok(table)
    }

    fn lay_out(automaton: &NFA, patterns: &[Vec<u8>], sharing: &[u8]) -> Result<Self, String> {
        let (mut classes, representatives) = classes(patterns);
        for byte in sharing {
            let class = classes.get(usize::from(representative(sharing, *byte))).copied().unwrap_or_default();
            if let Some(slot) = classes.get_mut(usize::from(*byte)) {
                *slot = class;
            }
        }
        let start = automaton.start_state(Anchored::No).map_err(|e| e.to_string())?;
        let mut found = vec![start];
        let mut places = BTreeMap::new();
        places.insert(start, 0usize);
        let mut steps: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(state) = found.get(at).copied() {
            for byte in &representatives {
                let next = automaton.next_state(Anchored::No, state, *byte);
                let place = *places.entry(next).or_insert_with(|| {
                    found.push(next);
                    found.len() - 1
                });
                steps.push(place);
            }
            at += 1;
        }
        Self::arrange(automaton, classes, &representatives, &found, &steps)
    }

    /// Puts the states that end a pattern last and packs the rows.
    fn arrange(
        automaton: &NFA,
        classes: Vec<u8>,
        representatives: &[u8],
        found: &[StateID],
        steps: &[usize],
    ) -> Result<Self, String> {
        let ends = |place: &usize| found.get(*place).is_some_and(|state| automaton.is_match(*state));
        let (last, mut order): (Vec<usize>, Vec<usize>) = (0..found.len()).partition(|place| ends(place));
        order.extend(&last);
        let mut numbers = vec![0u16; found.len()];
        for (number, place) in order.iter().enumerate() {
            let slot = numbers.get_mut(*place).ok_or("a state without a place")?;
            *slot = u16::try_from(number).map_err(|_| "more than 65536 states".to_owned())?;
        }
        if representatives.len() > MAX_CLASSES {
            return Err(format!("more than {MAX_CLASSES} different bytes"));
        }
        let mut rows = vec![[0u16; MAX_CLASSES]; order.len()];
        for (row, place) in rows.iter_mut().zip(&order) {
            let from = steps.iter().skip(place * representatives.len());
            for (cell, next) in row.iter_mut().zip(from).take(representatives.len()) {
                *cell = numbers.get(*next).copied().unwrap_or_default();
            }
        }
        let matching = last.iter().filter_map(|place| found.get(*place));
        let matches: Vec<Vec<usize>> = matching.map(|state| patterns_at(automaton, *state)).collect();
        let first_match = order.len() - matches.len();
        Ok(Self { classes, rows, first_match, matches, is_shared: Vec::new(), shared: Vec::new() })
    }

    /// Calls `found` with the number and the end of every pattern in `text`, overlapping ones too.
    pub fn find(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let mut state = 0usize;
        for (at, byte) in text.iter().enumerate() {
            let class = self.classes.get(usize::from(*byte)).copied().unwrap_or_default();
            state = self
                .rows
                .get(state)
                .and_then(|row| row.get(usize::from(class)))
                .copied()
                .map_or(0, usize::from);
            if state >= self.first_match {
                let patterns = self.matches.get(state - self.first_match);
                let exact =
                    patterns.into_iter().flatten().filter(|pattern| self.is_exact(**pattern, text, at + 1));
                exact.for_each(|pattern| found(*pattern, at + 1));
            }
        }
    }

    /// Whether a pattern that ends at `end` stands there byte by byte.
    fn is_exact(&self, pattern: usize, text: &[u8], end: usize) -> bool {
        !self.is_shared.get(pattern).copied().unwrap_or_default()
            || self.shared_pattern(pattern).is_none_or(|bytes| {
                end.checked_sub(bytes.len())
                    .and_then(|start| text.get(start..end))
                    .is_some_and(|t| t.eq_ignore_ascii_case(bytes))
            })
    }

    fn shared_pattern(&self, pattern: usize) -> Option<&[u8]> {
        let at = self.shared.binary_search_by_key(&pattern, |(number, _)| *number).ok()?;
        self.shared.get(at).map(|(_, bytes)| bytes.as_slice())
    }

    /// Memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let matches: usize =
            self.matches.iter().map(|m| size_of::<Vec<usize>>() + size_of_val(m.as_slice())).sum();
        self.classes.len() + size_of_val(self.rows.as_slice()) + matches
    }
}

fn patterns_at(automaton: &NFA, state: StateID) -> Vec<usize> {
    (0..automaton.match_len(state)).map(|i| automaton.match_pattern(state, i).as_usize()).collect()
}

/// The bytes that share one class, so that all fit: signs, the rarest first. Empty when all have one of their own.
fn sharing(patterns: &[&str]) -> Vec<u8> {
    let mut counts = [0usize; 256];
    for byte in patterns.iter().flat_map(|p| p.bytes()) {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let surplus = (counts.iter().filter(|count| **count > 0).count() + 1).saturating_sub(MAX_CLASSES);
    if surplus == 0 {
        return Vec::new();
    }
    let is_sign = |byte: &u8, count: usize| count > 0 && !byte.is_ascii_alphanumeric();
    let signs = (0..=u8::MAX).zip(counts).filter(|(byte, count)| is_sign(byte, *count)).collect();
    // Those as rare as each other stay in the order of their bytes.
    let signs = order::by_number(signs, |(_, count): &(u8, usize)| *count as u128);
    // One class for all of them: it takes one more than there are too many.
    signs.into_iter().map(|(byte, _)| byte).take(surplus + 1).collect()
}

/// The byte that stands for `byte`.
fn representative(sharing: &[u8], byte: u8) -> u8 {
    if sharing.contains(&byte) { sharing.first().copied().unwrap_or(byte) } else { byte }
}

/// The class of each byte, and one byte of each class. Class 0 is every byte that no pattern has.
fn classes(patterns: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>) {
    let mut classes = vec![0u8; 256];
    let mut representatives = vec![0u8];
    for byte in patterns.iter().flatten().copied() {
        let taken = classes.get(usize::from(byte)).is_some_and(|class| *class != 0);
        if taken {
            continue;
        }
        let class = u8::try_from(representatives.len()).unwrap_or_default();
        representatives.push(byte);
        for twin in [byte, byte.to_ascii_uppercase()] {
            if let Some(slot) = classes.get_mut(usize::from(twin)) {
                *slot = class;
            }
        }
    }
    (classes, representatives)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(patterns: &[&str], texts: &[&str]) {
        let table = Table::new(patterns).unwrap();
        let crates =
            aho_corasick::AhoCorasick::builder().ascii_case_insensitive(true).build(patterns).unwrap();
        for text in texts {
            let mut ours = Vec::new();
            table.find(text.as_bytes(), |pattern, end| ours.push((pattern, end)));
            let mut theirs: Vec<(usize, usize)> =
                crates.find_overlapping_iter(text).map(|m| (m.pattern().as_usize(), m.end())).collect();
            ours.sort_unstable();
            theirs.sort_unstable();
            assert_eq!(ours, theirs, "{text}");
        }
    }

    #[test]
    fn the_table_finds_what_the_crate_finds() {
        check(
            &["he", "she", "his", "hers", "s-", "us"],
            &["uSHers", "hishershe", "s-s-\u{0}\u{7f}She", "", "hh"],
        );
    }

    #[test]
    fn patterns_with_more_bytes_than_a_row_has_are_told_apart() {
        let all: Vec<String> =
            (b' '..=b'~').map(|b| format!("x{}y", char::from(b.to_ascii_lowercase()))).collect();
        let patterns: Vec<&str> = all.iter().map(String::as_str).collect();
        let text = all.concat();
        check(&patterns, &[&text, "X~Yx$y", "x~~y", "x\u{1}y"]);
    }
}
