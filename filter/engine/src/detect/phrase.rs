//! Phrases: sequences of words with bounded gaps, matched in one pass over word hits. It sees words and positions,
//! never text or scores. A phrase keeps one position per step, the latest, so that a hit costs the same however
//! the text was built: no window is read again and nothing backtracks. The same state carries on into the next
//! segment, so a phrase split over two parts of a message is found.
//!
//! The notation, one phrase per string: words separated by spaces. `a|b` is either word, `@name` a list of the
//! [`words`](super::words), `~N` lets up to N bytes stand before the next word (runs of separators count as
//! two); without it only separators may stand between. `stem*` is any word that begins so, `*part` stands anywhere.

use super::padding::Padding;
use super::words;
use crate::order;

/// Gap between words that follow each other: separators only.
const ADJACENT_BYTES: usize = 2;
/// Widest gap a phrase may allow, in bytes. A new text begins further away than that.
pub(super) const MAX_GAP_BYTES: usize = 120;
/// Shortest word of a phrase, in bytes. Shorter ones occur inside most words and slow every scan; a gap says the same.
const MIN_WORD_BYTES: usize = 3;
/// Short words that are worth it.
const SHORT_WORDS: &[&str] = &["ai", "no", "ia", "ki", "du"];
/// Most words in one phrase.
const MAX_STEPS: usize = 8;

/// One word of one phrase.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Registry index of the phrase's rule.
    pub rule: u16,
    place: Place,
    max_gap: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    First,
    Middle,
    Last,
    Only,
}

/// Appends the steps of `phrase`, a phrase of `rule`, and reports each word with the index of its step.
pub(super) fn compile(
    rule: u16,
    phrase: &'static str,
    steps: &mut Vec<Step>,
    mut word: impl FnMut(&'static str, usize),
) -> Result<(), String> {
    let elements = parse(phrase)?;
    for (i, element) in elements.iter().enumerate() {
        let place = match (i == 0, i + 1 == elements.len()) {
            (true, true) => Place::Only,
            (true, false) => Place::First,
            (false, true) => Place::Last,
            (false, false) => Place::Middle,
        };
        for alternative in &element.words {
            word(alternative, steps.len());
        }
        steps.push(Step { rule, place, max_gap: element.max_gap });
    }
    Ok(())
}

/// How far every phrase has come in a run of texts.
#[derive(Debug)]
pub(super) struct Progress {
    /// Per step, where the latest match up to it begins and ends; 0 for none. Positions count on over texts. Empty
    /// until a first word is found, so that text without one costs nothing.
    reached: Vec<(u32, u32)>,
    steps: usize,
    base: usize,
}

impl Progress {
    /// Nothing matched yet, for `steps` steps.
    pub fn new(steps: usize) -> Self {
        Self { reached: Vec::new(), steps, base: 1 }
    }

    /// The text of `len` bytes is over, and the next one continues it.
    pub fn join(&mut self, len: usize) {
        self.base += len + 1;
    }

    /// The text of `len` bytes is over, and the next one has nothing to do with it.
    pub fn part(&mut self, len: usize) {
        self.base += len + MAX_GAP_BYTES + 1;
    }

    /// A word that takes step `index` stands at `start..end` of the current text. Returns where the phrase begins
    /// and ends when this completes it; a beginning in an earlier text is 0. A word's steps must be reported
    /// last step first, so that one word is not two words of a phrase.
    pub fn hit(
        &mut self,
        steps: &[Step],
        index: usize,
        word: std::ops::Range<usize>,
        padding: &mut Padding<'_>,
    ) -> Option<std::ops::Range<usize>> {
        let step = steps.get(index)?;
        let begin = match step.place {
            Place::First | Place::Only => self.base + word.start,
            Place::Middle | Place::Last => {
                let &(begin, end) = self.reached.get(index.checked_sub(1)?)?;
                let (begin, end) = (usize::try_from(begin).ok()?, usize::try_from(end).ok()?);
                (end != 0 && self.within(end, word.start, step.max_gap, padding)).then_some(begin)?
            }
        };
        if matches!(step.place, Place::Last | Place::Only) {
            return Some(begin.saturating_sub(self.base)..word.end);
        }
        if self.reached.is_empty() {
            self.reached.resize(self.steps, (0, 0));
        }
        // A position past `u32` is past every body's limit; the step is then not taken, and nothing wraps.
        let position = (u32::try_from(begin).ok()?, u32::try_from(self.base + word.end).ok()?);
        *self.reached.get_mut(index)? = position;
        None
    }

    /// Whether at most `max_gap` bytes, less padding, lie between position `end` and `start` of this text.
    fn within(&self, end: usize, start: usize, max_gap: usize, padding: &mut Padding<'_>) -> bool {
        let Some(gap) = (self.base + start).checked_sub(end) else { return false };
        if gap <= max_gap {
            return true;
        }
        let from = end.checked_sub(self.base);
        from.is_some_and(|from| gap - padding.between(from, start) <= max_gap)
    }
}

struct Element {
    max_gap: usize,
    words: Vec<&'static str>,
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
