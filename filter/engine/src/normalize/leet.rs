//! Digits and signs read as the letters they stand for (`1gn0r3`), word by word.

use std::ops::Range;

use super::offset::{OffsetMap, Pace};
use super::survey::{Sign, Survey};
use super::{Map, Transforms, View};

/// What `1`, `|` and `!` are read as: nobody can say without knowing the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubtful {
    /// As `i`.
    AsI,
    /// As `l`.
    AsL,
}

/// Views of the parts of `view` in which `survey` saw digits and signs inside words, read as letters. Reading doubtful
/// signs as `l` makes no view of a part that has none.
pub fn unleeted<'v>(view: &'v View<'v>, survey: &Survey, doubtful: Doubtful) -> Vec<View<'v>> {
    let windows = survey.windows(&view.text, Sign::Leet).into_iter();
    windows.filter_map(|window| read(view, window, doubtful)).collect()
}

fn read<'v>(view: &'v View<'v>, window: Range<usize>, doubtful: Doubtful) -> Option<View<'v>> {
    let source = view.text.get(window.clone())?;
    let mut text = String::with_capacity(source.len());
    let mut map = OffsetMap::new(window.start);
    let mut has_doubt = false;
    for piece in pieces(source) {
        if !is_leet(piece) {
            text.push_str(piece);
            map.keep(piece.len());
            continue;
        }
        let at = text.len();
        has_doubt |= spell(piece, doubtful, &mut text);
        let made = text.len() - at;
        let pace = if made == piece.len() { Pace::EVEN } else { Pace::WHOLE };
        map.push(made, piece.len(), pace, Transforms::LEET);
    }
    (has_doubt || doubtful == Doubtful::AsI).then(|| View::made(text, Map::Runs(map), Some(view)))
}

/// The words of a text and what stands between them, in turn.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let in_word = is_word_byte(*text.as_bytes().first()?);
        let len = text.bytes().position(|b| is_word_byte(b) != in_word).unwrap_or(text.len());
        let (piece, rest) = text.split_at_checked(len)?;
        text = rest;
        Some(piece)
    })
}

fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || letter(b, Doubtful::AsI).is_some() || b == b')'
}

/// Whether a word mixes letters with what stands for them.
fn is_leet(word: &str) -> bool {
    let stands_for = |b: u8| letter(b, Doubtful::AsI).is_some();
    word.bytes().any(|b| b.is_ascii_alphabetic()) && word.bytes().any(stands_for)
}

/// Appends `word` in letters; whether it had doubtful ones.
fn spell(word: &str, doubtful: Doubtful, out: &mut String) -> bool {
    let mut has_doubt = false;
    let mut last = None;
    let mut bytes = word.bytes().peekable();
    while let Some(b) = bytes.next() {
        let next = bytes.peek().copied();
        let is_ring = b == b'(' && next == Some(b')');
        let read = match () {
            () if is_ring => Some(b'o'),
            () if stands_inside(b, last, next) => letter(b, doubtful),
            () => None,
        };
        if is_ring {
            bytes.next();
        }
        has_doubt |= read.is_some() && is_doubtful(b);
        out.push(char::from(read.unwrap_or(b)));
        last = Some(b);
    }
    has_doubt
}

/// Whether a sign stands where a letter may: a word also ends with signs and is put in brackets.
fn stands_inside(b: u8, last: Option<u8>, next: Option<u8>) -> bool {
    let part =
        |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || letter(b, Doubtful::AsI).is_some());
    match b {
        b'!' | b'|' => part(next),
        b'+' => (part(last) || part(next)) && next != Some(b'+'),
        b'(' | b'<' => part(last) && part(next),
        _ => true,
    }
}

fn is_doubtful(b: u8) -> bool {
    matches!(b, b'1' | b'!' | b'|')
}

/// The letter a digit or sign stands for.
fn letter(b: u8, doubtful: Doubtful) -> Option<u8> {
    Some(match b {
        b'0' => b'o',
        b'1' | b'!' | b'|' if doubtful == Doubtful::AsL => b'l',
        b'1' | b'!' | b'|' => b'i',
        b'2' => b'z',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'6' | b'9' => b'g',
        b'7' | b'+' => b't',
        b'8' => b'b',
        b'(' | b'<' => b'c',
        _ => return None,
    })
}

/// `text` in the commonest leetspeak, lower case: the digits alone.
pub fn leet_spelling(text: &str) -> String {
    let digit = |c| match c {
        'o' => '0',
        'i' => '1',
        'e' => '3',
        'a' => '4',
        's' => '5',
        't' => '7',
        c => c,
    };
    text.chars().map(digit).collect()
}
