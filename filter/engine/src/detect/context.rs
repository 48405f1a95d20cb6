//! The words that say what a number is. Those of all rules are one automaton, run over a bounded window around a number
//! that already has the right layout and check, and over the name of the field it stands in. It knows words, not rules'
//! meaning.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::automaton::Automaton;
use aho_corasick::{Anchored, nfa::contiguous};

use super::probe::Probe;
use super::{Matcher, REGISTRY};
use crate::{normalize, order};

/// How far before a number a word about it may stand, in bytes.
pub(super) const BEFORE_BYTES: usize = 56;
/// How far after a number a word about it may stand, in bytes.
pub(super) const AFTER_BYTES: usize = 32;
/// Longest end of a path that is read as the name of a field, in bytes.
const MAX_FIELD_BYTES: usize = 48;
/// Words up to this length must be whole words; longer ones may go on (`passports`, `Reisepassnummer`), in bytes.
pub(super) const MAX_EXACT_BYTES: usize = 4;

/// A rule about what layouts cannot say: a form around digits, and words of which one must stand near or name the field.
#[derive(Debug)]
pub(super) struct Named {
    /// The form around a run of digits.
    pub read: fn(Probe<'_>, Range<usize>) -> Option<Range<usize>>,
    /// As those of [`super::shape::Shape`].
    pub words: &'static [&'static [&'static str]],
}

/// All words, compiled.
#[derive(Debug)]
pub(super) struct Words {
    automaton: contiguous::NFA,
    lengths: Vec<usize>,
    /// Words of each rule of the registry, sorted.
    of_rule: Vec<Vec<u16>>,
}

/// The last name of a path that is one: all that rules know of where a text stands.
pub(crate) fn field_name(path: &str) -> &str {
    let is_index = |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
    path.trim_end_matches('#').rsplit('/').find(|name| !is_index(name)).unwrap_or_default()
}

/// The words that stand around a number, sorted.
#[derive(Debug, Default)]
pub(super) struct Said(Vec<u16>);

impl Words {
    /// Reads the words of the registry.
    pub fn new() -> Result<Self, String> {
        let mut places: BTreeMap<String, u16> = BTreeMap::new();
        let mut words: Vec<String> = Vec::new();
        let mut of_rule = Vec::with_capacity(REGISTRY.len());
        for rule in REGISTRY {
            let mut own = Vec::new();
            let said: &[&[&str]] = match &rule.matcher {
                Matcher::Id(shape) => shape.words,
                Matcher::Named(named) => named.words,
                _ => &[],
            };
            for word in said.iter().copied().flatten() {
                let word = normalize::folded(word).text.to_ascii_lowercase();
                let new = u16::try_from(words.len()).map_err(|e| e.to_string())?;
                let place = *places.entry(word.clone()).or_insert(new);
                if place == new {
                    words.push(word);
                }
                own.push(place);
            }
            of_rule.push(order::by_number(own, |place| u128::from(*place)));
        }
        let mut builder = contiguous::NFA::builder();
        let builder = builder.ascii_case_insensitive(true).prefilter(false);
        let automaton = builder.build(&words).map_err(|e| e.to_string())?;
        let lengths = words.iter().map(String::len).collect();
        Ok(Self { automaton, lengths, of_rule })
    }

    /// Memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let of_rule: usize = self.of_rule.iter().map(|words| size_of_val(words.as_slice())).sum();
        self.automaton.memory_usage() + size_of_val(self.lengths.as_slice()) + of_rule
    }

    /// Adds the words of `text` between `from` and `to` to `said`.
    pub fn read(&self, text: &[u8], from: usize, to: usize, said: &mut Said) {
        let Ok(mut state) = self.automaton.start_state(Anchored::No) else { return };
        for (at, byte) in text.iter().enumerate().take(to).skip(from) {
            // Names in programs have no spaces.
            let byte = if *byte == b'_' { b' ' } else { *byte };
            state = self.automaton.next_state(Anchored::No, state, byte);
            if self.automaton.is_special(state) && self.automaton.is_match(state) {
                for i in 0..self.automaton.match_len(state) {
                    let word = self.automaton.match_pattern(state, i).as_usize();
                    self.found(text, word, at + 1, said);
                }
            }
        }
    }

    /// The words of the last name of a path that is one.
    pub fn of_path(&self, path: &str) -> Said {
        let mut said = Said::default();
        let names = field_name(path);
        if names.len() <= MAX_FIELD_BYTES {
            let spaced = names.replace(['_', '-', '.'], " ");
            for name in [names, spaced.as_str()] {
                self.read(name.as_bytes(), 0, name.len(), &mut said);
            }
        }
        said
    }

    /// The length of the longest word of `rule` among `said`, in bytes; 0 for none.
    pub fn speak_of(&self, rule: u16, said: &Said) -> usize {
        let own = self.of_rule.get(usize::from(rule)).map(Vec::as_slice).unwrap_or_default();
        let spoken = said.0.iter().filter(|word| own.binary_search(word).is_ok());
        spoken.filter_map(|word| self.lengths.get(usize::from(*word))).max().copied().unwrap_or(0)
    }

    fn found(&self, text: &[u8], word: usize, end: usize, said: &mut Said) {
        let Some(start) = self.lengths.get(word).and_then(|len| end.checked_sub(*len)) else { return };
        let length = end - start;
        let byte = |at: Option<usize>| at.and_then(|at| text.get(at)).copied().unwrap_or(b' ');
        let (before, first) = (byte(start.checked_sub(1)), byte(Some(start)));
        let begins =
            !before.is_ascii_alphabetic() || (before.is_ascii_lowercase() && first.is_ascii_uppercase());
        let (last, after) = (byte(end.checked_sub(1)), byte(Some(end)));
        let ends = !after.is_ascii_alphabetic() || (last.is_ascii_lowercase() && after.is_ascii_uppercase());
        let is_wide = !first.is_ascii();
        if let Ok(word) = u16::try_from(word)
            && (is_wide || (begins && (ends || length > MAX_EXACT_BYTES)))
            && !said.0.contains(&word)
        {
            said.0.push(word);
        }
    }
}
