//! Phrases: sequences of words with bounded gaps. [`progress`](super::progress) finds them; this file knows how they are
//! written and which of their words is worth looking for.
//!
//! The notation, one phrase per string: words separated by spaces. `a|b` is either word, `@name` a list of the
//! [`words`](super::words), `~N` lets up to N bytes stand before the next word (runs of separators count as
//! two); without it only separators may stand between. `stem*` is any word that begins so, `*part` stands anywhere.

use std::ops::Range;

use super::words;
use crate::order;

/// Gap between words that follow each other: separators only.
const ADJACENT_BYTES: usize = 2;
/// Widest gap a phrase may allow, in bytes.
const MAX_GAP_BYTES: usize = 120;
/// Shortest word of a phrase, in bytes. Shorter ones occur inside most words and slow every scan; a gap says the same.
const MIN_WORD_BYTES: usize = 3;
/// Short words that are worth it.
const SHORT_WORDS: &[&str] = &["ai", "no", "ia", "ki", "du"];
/// Most words in one phrase.
const MAX_STEPS: usize = 8;

/// One word of one phrase.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Most bytes between the word before it and this one.
    pub max_gap: usize,
}

/// A phrase, compiled.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    /// Registry index of its rule.
    pub rule: u16,
    /// Its steps, among those of all phrases.
    pub steps: Range<usize>,
    /// The step whose words are the rarest: without one of them the phrase is nowhere.
    pub rarest: usize,
    /// How far before and behind a word of that step the phrase may reach, in bytes, padding not counted.
    pub before: usize,
    pub after: usize,
}

/// All phrases, compiled.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    pub steps: Vec<Step>,
    pub phrases: Vec<Phrase>,
}

impl Phrases {
    /// Adds `phrase`, a phrase of `rule`, and reports each word with the index of its step, and with the number of the
    /// phrase if the step is its rarest.
    pub fn add(
        &mut self,
        rule: u16,
        phrase: &'static str,
        mut word: impl FnMut(&'static str, u16, Option<u16>),
    ) -> Result<(), String> {
        let elements = parse(phrase)?;
        let number = u16::try_from(self.phrases.len()).map_err(|e| e.to_string())?;
        let first = self.steps.len();
        let rarest = (0..elements.len()).min_by_key(|i| elements.get(*i).map(Element::commonness));
        let rarest = rarest.unwrap_or_default();
        for (i, element) in elements.iter().enumerate() {
            let step = u16::try_from(first + i).map_err(|e| e.to_string())?;
            for alternative in &element.words {
                word(alternative, step, (i == rarest).then_some(number));
            }
            self.steps.push(Step { max_gap: element.max_gap });
        }
        let bytes = |elements: &[Element]| elements.iter().map(|e| e.max_gap + e.longest()).sum::<usize>();
        let (head, rest) = elements.split_at(rarest);
        let own = rest.first().map_or(0, |e| e.max_gap);
        self.phrases.push(Phrase {
            rule,
            steps: first..self.steps.len(),
            rarest: first + rarest,
            before: bytes(head) + own,
            after: bytes(rest.get(1..).unwrap_or_default()),
        });
        Ok(())
    }
}

struct Element {
    max_gap: usize,
    words: Vec<&'static str>,
}

impl Element {
    /// Length of its longest word, in bytes.
    fn longest(&self) -> usize {
        self.words.iter().map(|word| word.len()).max().unwrap_or_default()
    }

    /// How often ordinary text has one of its words.
    fn commonness(&self) -> usize {
        self.words.iter().map(|word| words::commonness(word)).sum()
    }
}

fn parse(phrase: &'static str) -> Result<Vec<Element>, String> {
    let mut elements = Vec::new();
    let mut max_gap = ADJACENT_BYTES;
    for token in phrase.split_whitespace() {
        if let Some(gap) = token.strip_prefix('~') {
            max_gap = gap.parse().map_err(|_| format!("`{token}` in `{phrase}` is not a gap"))?;
            continue;
        }
        elements.push(Element { max_gap, words: alternatives(token)? });
        max_gap = ADJACENT_BYTES;
    }
    let gaps_fit = elements.iter().all(|e| e.max_gap <= MAX_GAP_BYTES);
    if elements.is_empty() || elements.len() > MAX_STEPS || !gaps_fit {
        return Err(format!("`{phrase}` has no words, more than {MAX_STEPS}, or too wide a gap"));
    }
    Ok(elements)
}

/// The words of `a|b|@list`.
fn alternatives(token: &'static str) -> Result<Vec<&'static str>, String> {
    let mut words = Vec::new();
    for part in token.split('|') {
        match part.strip_prefix('@') {
            None => words.push(part),
            Some(name) => {
                words.extend(words::list(name).ok_or_else(|| format!("there is no list `@{name}`"))?);
            }
        }
    }
    order::texts(&mut words);
    words.dedup();
    let is_short = |w: &&&str| w.trim_matches('*').len() < MIN_WORD_BYTES && !SHORT_WORDS.contains(w);
    match words.iter().find(is_short) {
        Some(short) => Err(format!("`{short}` is too short: it would stop the automaton everywhere")),
        None => Ok(words),
    }
}
