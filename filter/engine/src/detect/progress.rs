//! How far phrases have come in a text, told by the words found in it. It sees words and positions, never text or scores. A
//! phrase is followed only around its rarest word, and there only where words of the steps beside that one stand near;
//! it keeps one position per step, the latest, and reads each word once, so that nothing backtracks however the text was
//! built. Words are kept from one text to the next that goes on from it: a phrase split over two parts of a message is
//! found.

use std::collections::BTreeMap;
use std::ops::Range;

use super::padding::Padding;
use super::phrase::{Phrase, Phrases};

/// Words that are read together at most. More of them are read in portions, which keeps memory small.
const PORTION: usize = 16_384;
/// Words kept for what comes next: more than stand as far before a word as any phrase reaches.
const KEPT: usize = 1_024;

/// What a pattern means to phrases.
#[derive(Debug, Default)]
pub(super) struct Word {
    /// Steps it takes, rising.
    pub steps: Vec<u16>,
    /// Phrases whose rarest step is among them.
    pub wakes: Vec<u16>,
}

/// A word in a run of texts.
#[derive(Clone, Copy, Debug)]
struct Seen {
    pattern: u16,
    /// Positions count on over texts; the first is 1.
    start: u32,
    end: u32,
}

/// A run of texts, as far as it has been read.
#[derive(Debug)]
pub(super) struct Progress {
    seen: Vec<Seen>,
    /// Words before the first of `seen`, that were dropped.
    dropped: usize,
    /// Words whose phrases have been looked for.
    read: usize,
    /// Phrases that are followed. Few ever are, so that there is no place for each of the thousands, which would have to be
    /// cleared for every text.
    following: BTreeMap<u16, Following>,
    /// Per step of those phrases, where the latest match up to it begins and ends; 0 for none.
    reached: Vec<(u32, u32)>,
    /// Phrases that must be followed into the text behind, and the end of the word that woke them.
    open: Vec<(u16, u32)>,
    base: usize,
}

/// How far a phrase has been followed.
#[derive(Clone, Copy, Debug)]
struct Following {
    /// Up to which word.
    word: usize,
    /// Where its first step stands in `reached`.
    steps: usize,
}

/// What phrases are followed by.
pub(super) struct Reader<'r, 't> {
    pub phrases: &'r Phrases,
    /// By pattern.
    pub words: &'r [Word],
    pub padding: &'r mut Padding<'t>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            seen: Vec::new(),
            dropped: 0,
            read: 0,
            following: BTreeMap::new(),
            reached: Vec::new(),
            open: Vec::new(),
            base: 1,
        }
    }
}

impl Progress {
    /// The text of `len` bytes is over. `goes_on` says that the next one continues it; otherwise that one has nothing to do
    /// with it.
    pub fn end(&mut self, len: usize, goes_on: bool) {
        match goes_on {
            true => self.base += len + 1,
            false => self.forget(),
        }
    }

    /// Nothing has been seen. What is in memory stays there for the next text.
    fn forget(&mut self) {
        (self.dropped, self.read, self.base) = (0, 0, 1);
        self.seen.clear();
        self.open.clear();
        self.following.clear();
        self.reached.clear();
    }

    /// A word stands at `range` of the current text. Words come in the order of their ends. Returns whether there are so
    /// many that they should be read.
    pub fn see(&mut self, pattern: u16, range: &Range<usize>) -> bool {
        // A position past `u32` is past every body's limit; the word is then not seen, and nothing wraps.
        let place = |at: usize| u32::try_from(self.base + at);
        if let (Ok(start), Ok(end)) = (place(range.start), place(range.end)) {
            self.seen.push(Seen { pattern, start, end });
        }
        self.seen.len() >= PORTION
    }

    /// Follows phrases through what has been seen, and reports the number of each that is complete, with where it begins
    /// and ends in the current text; a beginning in an earlier text is 0. `more` says that the text goes on.
    pub fn read(
        &mut self,
        by: &mut Reader<'_, '_>,
        more: bool,
        mut whole: impl FnMut(&Phrase, Range<usize>),
    ) {
        for (number, end) in std::mem::take(&mut self.open) {
            self.follow(by, number, end, more, &mut whole);
        }
        while let Some(seen) = self.seen.get(self.read - self.dropped).copied() {
            let wakes = by.words.get(usize::from(seen.pattern)).map(|word| word.wakes.as_slice());
            for number in wakes.unwrap_or_default() {
                self.wake(by, *number, seen, more, &mut whole);
            }
            self.read += 1;
        }
        let surplus = self.seen.len().saturating_sub(KEPT);
        self.seen.drain(..surplus);
        self.dropped += surplus;
    }

    /// The word to be read next, `seen`, is one of the rarest step of a phrase.
    fn wake(
        &mut self,
        by: &mut Reader<'_, '_>,
        number: u16,
        seen: Seen,
        more: bool,
        whole: &mut impl FnMut(&Phrase, Range<usize>),
    ) {
        let phrases = by.phrases;
        let Some(phrase) = phrases.phrases.get(usize::from(number)) else { return };
        let is_first = phrase.rarest == phrase.steps.start;
        let is_last = phrase.rarest + 1 == phrase.steps.end;
        if (is_first || self.has_before(by, phrase, seen))
            && (is_last || self.has_after(by, phrase, seen, more))
        {
            let word = self.begin(by, phrase, seen, number);
            let steps = self.following.get(&number).map_or(self.reached.len(), |following| following.steps);
            self.reached.resize(self.reached.len().max(steps + phrase.steps.len()), (0, 0));
            self.following.insert(number, Following { word, steps });
            self.follow(by, number, seen.end, more, whole);
        }
    }

    /// Whether a word of the step before the rarest stands near enough.
    fn has_before(&self, by: &mut Reader<'_, '_>, phrase: &Phrase, seen: Seen) -> bool {
        let gap = by.phrases.steps.get(phrase.rarest).map_or(0, |step| step.max_gap);
        let earlier = self.seen.get(..self.read - self.dropped).unwrap_or_default().iter().rev();
        let mut near = earlier
            .skip_while(|one| one.end > seen.start)
            .take_while(|one| self.is_near(one.end, seen.start, gap, by.padding));
        near.any(|one| takes(by.words, *one, phrase.rarest - 1))
    }

    /// Whether a word of the step behind the rarest does, or may in the text to come.
    fn has_after(&self, by: &mut Reader<'_, '_>, phrase: &Phrase, seen: Seen, more: bool) -> bool {
        let gap = by.phrases.steps.get(phrase.rarest + 1).map_or(0, |step| step.max_gap);
        for one in self.seen.get(self.read - self.dropped..).unwrap_or_default() {
            if one.start >= seen.end && !self.is_near(seen.end, one.start, gap, by.padding) {
                return false;
            }
            if takes(by.words, *one, phrase.rarest + 1) {
                return true;
            }
        }
        more
    }

    /// The first word that may be one of a phrase with `seen` in it.
    fn begin(&self, by: &mut Reader<'_, '_>, phrase: &Phrase, seen: Seen, number: u16) -> usize {
        let followed = self.following.get(&number).map_or(0, |following| following.word).max(self.dropped);
        let earlier = self.seen.get(followed - self.dropped..self.read - self.dropped).unwrap_or_default();
        let is_near = |one: &&Seen| {
            one.end > seen.start || self.is_near(one.end, seen.start, phrase.before, by.padding)
        };
        self.read - earlier.iter().rev().take_while(is_near).count()
    }

    /// Follows a phrase as far as it may reach behind a word of its rarest step that ends at `end`.
    fn follow(
        &mut self,
        by: &mut Reader<'_, '_>,
        number: u16,
        end: u32,
        more: bool,
        whole: &mut impl FnMut(&Phrase, Range<usize>),
    ) {
        let Some(phrase) = by.phrases.phrases.get(usize::from(number)) else { return };
        let Some(Following { word, steps }) = self.following.get(&number).copied() else { return };
        let mut at = word.max(self.dropped);
        let mut is_over = false;
        while let Some(seen) = self.seen.get(at - self.dropped).copied() {
            is_over = seen.start > end && !self.is_near(end, seen.start, phrase.after, by.padding);
            if is_over {
                break;
            }
            self.take(by, phrase, steps, seen, whole);
            at += 1;
        }
        self.following.insert(number, Following { word: at, steps });
        if more && !is_over {
            self.open.push((number, end));
        }
    }

    /// A word may take any step of a phrase; the last first, so that one word is not two words of it. `reached` is where its
    /// first step stands.
    fn take(
        &mut self,
        by: &mut Reader<'_, '_>,
        phrase: &Phrase,
        reached: usize,
        seen: Seen,
        whole: &mut impl FnMut(&Phrase, Range<usize>),
    ) {
        for step in phrase.steps.clone().rev().filter(|step| takes(by.words, seen, *step)) {
            let place = reached + (step - phrase.steps.start);
            let begin = match place.checked_sub(1).filter(|_| step > phrase.steps.start) {
                None => Some(seen.start),
                Some(last) => {
                    let (begin, end) = self.reached.get(last).copied().unwrap_or_default();
                    let gap = by.phrases.steps.get(step).map_or(0, |step| step.max_gap);
                    (end != 0 && self.is_near(end, seen.start, gap, by.padding)).then_some(begin)
                }
            };
            let Some(begin) = begin else { continue };
            if step + 1 == phrase.steps.end {
                whole(phrase, self.here(begin)..self.here(seen.end));
            } else if let Some(reached) = self.reached.get_mut(place) {
                *reached = (begin, seen.end);
            }
        }
    }

    /// A position of the current text; 0 for those before it.
    fn here(&self, position: u32) -> usize {
        usize::try_from(position).unwrap_or_default().saturating_sub(self.base)
    }

    /// Whether `start` is behind `end` by at most `gap` bytes, less padding.
    fn is_near(&self, end: u32, start: u32, gap: usize, padding: &mut Padding<'_>) -> bool {
        let Some(apart) = start.checked_sub(end).and_then(|apart| usize::try_from(apart).ok()) else {
            return false;
        };
        if apart <= gap {
            return true;
        }
        // Padding of the current text alone is known.
        let is_here = usize::try_from(end).is_ok_and(|end| end >= self.base);
        is_here && apart - padding.between(self.here(end), self.here(start)) <= gap
    }
}

/// Whether a word takes a step.
fn takes(words: &[Word], seen: Seen, step: usize) -> bool {
    let steps = words.get(usize::from(seen.pattern)).map(|word| word.steps.as_slice()).unwrap_or_default();
    u16::try_from(step).is_ok_and(|step| steps.binary_search(&step).is_ok())
}
