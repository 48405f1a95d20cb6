//! Letters that stand alone -> words (`i g n o r e`, `i-g-n-o-r-e`, one letter a line).

use std::ops::Range;

use super::offset::{OffsetMap, Pace};
use super::survey::{Sign, Survey};
use super::{Map, Transforms, View};

/// Fewest letters in a row that are a word written apart.
const MIN_LETTERS: usize = 4;
/// Most characters between two of them.
const MAX_GAP_CHARS: usize = 3;

/// Views of the parts of `view` in which `survey` saw letters that stand alone, joined. The narrowest gap of a row of
/// letters is left out; wider ones stay and part words.
pub fn unspaced<'v>(view: &'v View<'v>, survey: &Survey) -> Vec<View<'v>> {
    let windows = survey.windows(&view.text, Sign::Spaced).into_iter();
    windows.filter_map(|window| join(view, window)).collect()
}

fn join<'v>(view: &'v View<'v>, window: Range<usize>) -> Option<View<'v>> {
    let source = view.text.get(window.clone())?;
    let chars: Vec<char> = source.chars().collect();
    let mut joined = Joined { text: String::with_capacity(source.len()), map: OffsetMap::new(window.start) };
    let (mut at, mut has_row) = (0, false);
    while at < chars.len() {
        let row = row(&chars, at);
        let end = row.last().map_or(at, |last| *last) + 1;
        let part = chars.get(at..end).unwrap_or_default();
        if row.len() < MIN_LETTERS || part.iter().all(|c| c.is_numeric() || !is_part(*c)) {
            part.iter().for_each(|c| joined.keep(*c));
        } else {
            has_row = true;
            joined.row(&chars, &row);
        }
        at = end;
    }
    has_row.then(|| View::made(joined.text, Map::Runs(joined.map), Some(view)))
}

/// Where letters stand alone from `at` on, up to the one that does not or stands too far away.
fn row(chars: &[char], at: usize) -> Vec<usize> {
    let mut row = Vec::new();
    let mut next = Some(at).filter(|at| stands_alone(chars, *at));
    while let Some(at) = next {
        row.push(at);
        next = (at + 2..=at + 1 + MAX_GAP_CHARS)
            .take_while(|i| chars.get(i - 1).is_some_and(|c| !c.is_alphanumeric()))
            .find(|i| stands_alone(chars, *i));
    }
    row
}

/// Whether the character at `at` is a letter or digit without another beside it, or a sign between spaces.
fn stands_alone(chars: &[char], at: usize) -> bool {
    let beside = |i: Option<usize>| i.and_then(|i| chars.get(i));
    let apart = |is: fn(&char) -> bool| {
        beside(at.checked_sub(1)).is_none_or(is) && beside(at.checked_add(1)).is_none_or(is)
    };
    let is_doubled = |c: &char| beside(at.checked_add(1)).is_some_and(|next| next == c);
    let stands = |c: &char| is_part(*c) && apart(|beside| !beside.is_alphanumeric()) && !is_doubled(c);
    chars.get(at).is_some_and(stands)
}

/// Letters, digits, and the signs that stand for letters or belong to escapes. What people put between letters is none.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '@' | '$' | '!' | '%' | '&' | '#' | ';' | '\\' | '=' | '+' | '{' | '}')
}

/// The commonest of `gaps`, which are at most [`MAX_GAP_CHARS`] wide; the narrower of two.
fn usual(gaps: impl Iterator<Item = usize>) -> usize {
    let mut counts = [0usize; MAX_GAP_CHARS + 2];
    gaps.for_each(|gap| counts.iter_mut().skip(gap).take(1).for_each(|count| *count += 1));
    let most = counts.iter().copied().max().unwrap_or_default();
    counts.iter().position(|count| *count == most).unwrap_or_default()
}

struct Joined {
    text: String,
    map: OffsetMap,
}

impl Joined {
    fn keep(&mut self, c: char) {
        self.text.push(c);
        self.map.keep(c.len_utf8());
    }

    /// The letters at `row`, with a space for each gap that is wider than most.
    fn row(&mut self, chars: &[char], row: &[usize]) {
        let gaps = || row.windows(2).filter_map(|pair| pair.last()?.checked_sub(*pair.first()?));
        let usual = usual(gaps());
        for (at, gap) in row.iter().zip(gaps().chain([1])) {
            let between = chars.get(at + 1..at + gap).unwrap_or_default();
            chars.get(*at).into_iter().for_each(|c| self.letter(*c));
            let space = if gap > usual { " " } else { "" };
            self.text.push_str(space);
            let len = between.iter().map(|c| c.len_utf8()).sum();
            self.map.push(space.len(), len, Pace::WHOLE, Transforms::SPACED);
        }
    }

    fn letter(&mut self, c: char) {
        self.text.push(c);
        self.map.push(c.len_utf8(), c.len_utf8(), Pace::EVEN, Transforms::SPACED);
    }
}
