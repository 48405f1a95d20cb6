//! The end of a text that goes on: from where it may still become personal data or a credential, and whether a part of
//! it can be either at all. It is no detector and knows no rule; it knows how data is written, and a test holds it
//! against the examples of every rule: none may begin to leave before it is found.

use std::ops::Range;

use super::context::AFTER_BYTES;
use super::pii::email;
use super::pii::written::{JOINTS, MAX_DATE_BYTES, is_day, is_month};
use crate::limits::{MAX_CONFIRM_WINDOW_BYTES, MAX_UNDECIDED_BYTES};
use crate::normalize;

/// From where `text` must wait for what follows it. What stands before `from` has left.
pub(crate) fn undecided(text: &str, from: usize) -> usize {
    let tail = text.get(from..).unwrap_or_default();
    if tail.is_ascii() {
        return from + first_undecided(tail);
    }
    let view = normalize::folded(tail);
    let at = first_undecided(&view.text);
    from + if at >= view.text.len() { tail.len() } else { view.source(at..at + 1).start }
}

/// Whether `text` is words and nothing that data could be made of.
pub(crate) fn is_plain(text: &str) -> bool {
    text.split_ascii_whitespace().all(is_plain_word)
}

/// Letters of one word in one case or begun by a capital, with the marks that prose puts around words; or words of a
/// script without spaces, with its own.
fn is_plain_word(token: &str) -> bool {
    let is_prose = |c: char| c.is_alphabetic() && is_wide(c) || WIDE_MARKS.contains(c);
    if token.chars().all(is_prose) {
        return true;
    }
    let core = token.trim_start_matches(OPENING).trim_end_matches(CLOSING);
    let mut small = false;
    let fits = |c: char| {
        let rises = small && c.is_ascii_uppercase();
        small = c.is_ascii_lowercase();
        (c.is_alphabetic() && !rises) || matches!(c, '-' | '\'' | '\u{2019}')
    };
    core.len() <= MAX_WORD_BYTES && !core.contains("--") && core.chars().all(fits)
}

const OPENING: [char; 5] = ['(', '[', '*', '#', '\u{201c}'];
const CLOSING: [char; 9] = [')', ']', '*', '.', ',', ';', '!', '?', '\u{201d}'];
const WIDE_MARKS: &str = "\u{ff0c}\u{3002}\u{3001}\u{ff01}\u{ff1f}\u{ff1b}\u{ff08}\u{ff09}";

/// Characters of scripts without spaces, except for the wide forms of ASCII: each is a word.
fn is_wide(c: char) -> bool {
    c >= '\u{2e80}' && !('\u{ff00}'..='\u{ffef}').contains(&c)
}

/// Longest word that is one, in bytes.
const MAX_WORD_BYTES: usize = 32;

/// [`undecided`], of a folded text from its beginning.
fn first_undecided(text: &str) -> usize {
    let mut number: Option<Number> = None;
    let mut block: Option<usize> = None;
    let mut last = 0..0;
    for token in tokens(text) {
        let word = text.get(token.clone()).unwrap_or_default();
        block = wrapped(text, &last, &token, block);
        number = Number::next(text, number, &last, &token);
        if token.end == text.len() {
            let start = open_word(word, token.start);
            let waits = number.as_ref().map_or(start, |n| n.start.min(start));
            let waits = waits.min(address(text)).min(block.unwrap_or(waits)).min(date(text));
            return key_block(text).unwrap_or(waits).min(waits);
        }
        last = token;
    }
    // The text ends between words: what came before may be named or go on behind that.
    let goes_on =
        |n: &Number| n.end == last.end && text.len() <= n.end + 2 && !is_closed(text.get(last.clone()));
    let number = number.filter(|n| goes_on(n) || text.len() < n.end + NAMING_BYTES && n.is_long());
    let row = is_row(text.get(last.clone()).unwrap_or_default())
        && breaks(text.get(last.end..).unwrap_or_default());
    let row = row.then(|| block.unwrap_or(last.start));
    let short = begins_number(text.get(last.clone()).unwrap_or_default()) && text.len() <= last.end + 2;
    let short = short.then_some(last.start);
    let waits = number.map(|n| n.start).into_iter().chain(row).chain(short).chain(key_block(text));
    waits.min().unwrap_or(text.len()).min(address(text)).min(date(text))
}

/// Where a date begins that may go on, or that a word behind it may call somebody's birth.
fn date(text: &str) -> usize {
    let near = text.ceil_char_boundary(text.len().saturating_sub(NAMING_BYTES + MAX_DATE_BYTES));
    let years = text.get(near..).unwrap_or_default().match_indices(['\u{5e74}', '\u{b144}']);
    let signed = years.map(|(at, _)| (near + at).saturating_sub(YEAR_DIGITS));
    let is_year = |word: &str| word.len() == YEAR_DIGITS && word.bytes().all(|b| b.is_ascii_digit());
    let from = text.len().saturating_sub(NAMING_BYTES + YEAR_DIGITS);
    let ends = words_back(text).take_while(|(end, _)| *end >= from).filter(|(_, word)| is_year(word));
    let ended = ends.filter_map(|(end, _)| parts(text.get(..end - YEAR_DIGITS)?));
    let start = signed.chain(ended).chain(parts(text)).min();
    start.map_or(text.len(), |at| text.floor_char_boundary(at))
}

const YEAR_DIGITS: usize = 4;

/// Where a day and a month begin that stand before the year with which `text` may go on.
fn parts(text: &str) -> Option<usize> {
    let mut start = None;
    let from = text.len().saturating_sub(MAX_DATE_BYTES);
    for (end, word) in words_back(text).take(MAX_DATE_WORDS) {
        let is_part = is_day(word) || is_month(word);
        let is_open = end == text.len();
        if end < from || !(is_part || is_open || JOINTS.contains(&format!(" {word} "))) {
            break;
        }
        if is_part {
            start = Some(end - word.len());
        }
    }
    start
}

const MAX_DATE_WORDS: usize = 6;

/// The words of `text` from its end, each with where it ends.
fn words_back(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let parts = |c: char| c.is_ascii_whitespace() || matches!(c, ',' | '.' | '-' | '/' | ':' | '(');
    let mut end = text.len();
    std::iter::from_fn(move || {
        let head = text.get(..end)?.trim_end_matches(parts);
        let start = head.char_indices().rev().take_while(|(_, c)| !parts(*c)).last()?.0;
        let word = head.get(start..)?;
        end = start;
        Some((head.len(), word))
    })
}

/// Where an address would begin whose sign comes next, or whose host goes on: any script may write one, up to so many bytes.
fn address(text: &str) -> usize {
    let is_host = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let is_local = |c: char| is_host(c) || "_%+'!#$&*=?^{|}~".contains(c);
    let host = run_back(text, MAX_CONFIRM_WINDOW_BYTES, is_host);
    let (before, domain) = text.split_at_checked(host).unwrap_or_default();
    let is_open = email::domain_len(domain) == domain.len();
    let local = before.strip_suffix('@').filter(|_| is_open).unwrap_or(text);
    let from = run_back(local, MAX_LOCAL_BYTES, is_local);
    from + email::local_start(local.get(from..).unwrap_or_default())
}

/// Where the run of characters that `is` accepts begins with which `text` ends, at most `max` bytes back.
fn run_back(text: &str, max: usize, is: impl Fn(char) -> bool) -> usize {
    let from = text.ceil_char_boundary(text.len().saturating_sub(max));
    let near = text.get(from..).unwrap_or_default();
    let other = near.char_indices().rev().find(|(_, c)| !is(*c));
    from + other.map_or(0, |(at, c)| at + c.len_utf8())
}

/// Where the word waits with which the text ends. One that nobody would end waits in part.
fn open_word(word: &str, start: usize) -> usize {
    let is_long = word.len() > MAX_LOCAL_BYTES && word.chars().all(char::is_alphabetic);
    let kept = if is_long { MAX_LOCAL_BYTES } else { MAX_UNDECIDED_BYTES };
    start + word.ceil_char_boundary(word.len().saturating_sub(kept))
}

const MAX_LOCAL_BYTES: usize = 64;

fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = text.get(at..)?;
        let parts = |c: char| c.is_ascii_whitespace() || is_wide(c);
        let start = at + rest.find(|c| !parts(c))?;
        let word = text.get(start..)?;
        at = start + word.find(parts).unwrap_or(word.len());
        Some(start..at)
    })
}

/// Digits, and the groups that may belong to them.
#[derive(Clone, Debug)]
struct Number {
    start: usize,
    /// End of the last group.
    end: usize,
    letters_and_digits: usize,
}

impl Number {
    /// What becomes of the number before `token`, or the one that begins with it. `last` is the token before.
    fn next(text: &str, number: Option<Self>, last: &Range<usize>, token: &Range<usize>) -> Option<Self> {
        let word = text.get(token.clone()).unwrap_or_default();
        let gap = text.get(last.end..token.start).unwrap_or_default();
        let count = word.bytes().filter(u8::is_ascii_alphanumeric).count();
        let has_digit = word.bytes().any(|b| b.is_ascii_digit());
        let is_group =
            has_digit || (word.len() <= MAX_GROUP_BYTES && word.bytes().all(|b| !b.is_ascii_lowercase()));
        let touches = gap.len() <= 2 && gap.bytes().all(|b| b == b' ') && !is_closed(text.get(last.clone()));
        match number {
            Some(n) if n.end == last.end && touches && is_group && n.is_within(token.end) => {
                Some(Self { end: token.end, letters_and_digits: n.letters_and_digits + count, ..n })
            }
            // A number that waits for its name goes before one behind it.
            Some(n) if n.is_long() && text.len() < n.end + NAMING_BYTES => Some(n),
            _ if has_digit => {
                // Letters in front may be the beginning of it.
                let before = text.get(last.clone()).unwrap_or_default();
                let joins = touches && !before.is_empty() && before.len() <= MAX_GROUP_BYTES;
                let start = if joins { last.start } else { token.start };
                Some(Self { start, end: token.end, letters_and_digits: count })
            }
            _ => None,
        }
    }

    /// Whether it may be something: the shortest identifier has this many.
    fn is_long(&self) -> bool {
        self.letters_and_digits >= MIN_LETTERS_AND_DIGITS
    }

    fn is_within(&self, end: usize) -> bool {
        end - self.start <= MAX_NUMBER_BYTES
    }
}

/// Whether a word ends a clause, so that no number goes on behind it: not the first of two coordinates.
fn is_closed(word: Option<&str>) -> bool {
    let is_decimal = |word: &str| word.ends_with([',', ';']) && word.contains('.');
    word.is_some_and(|word| word.ends_with([',', ';', '!', '?', ':', '.']) && !is_decimal(word))
}

/// Whether a word may be the letters in front of a number.
fn begins_number(word: &str) -> bool {
    word.len() < MAX_GROUP_BYTES && word.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'(' | b'-'))
}

/// How far behind a number the word may end that names it, and one sign that ends the word, in bytes.
const NAMING_BYTES: usize = AFTER_BYTES + 2;
/// Longest group of letters beside groups of digits, in bytes, with a mark.
const MAX_GROUP_BYTES: usize = 6;
/// Longest number in groups, in bytes: a credential in hexadecimal pairs.
const MAX_NUMBER_BYTES: usize = 256;
/// Fewest letters and digits of an identifier.
const MIN_LETTERS_AND_DIGITS: usize = 6;

/// Where the lines begin that `token` is one of: base64 may be wrapped, and a row of it goes on in the next line.
fn wrapped(text: &str, last: &Range<usize>, token: &Range<usize>, block: Option<usize>) -> Option<usize> {
    let gap = text.get(last.end..token.start).unwrap_or_default();
    let goes_on = is_row(text.get(last.clone()).unwrap_or_default()) && breaks(gap);
    goes_on.then(|| block.unwrap_or(last.start))
}

/// Whether a word could be a line of base64.
fn is_row(word: &str) -> bool {
    let byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    word.len() >= MIN_ROW_BYTES && word.bytes().all(byte)
}

const MIN_ROW_BYTES: usize = 16;

fn breaks(gap: &str) -> bool {
    gap.matches('\n').count() == 1 && gap.len() <= MAX_BREAK_BYTES
}

const MAX_BREAK_BYTES: usize = 10;

/// Where a private key begins whose end has not come.
fn key_block(text: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let start = at + find_without_case(text.get(at..)?, "-----begin ")?;
        let label_at = start + "-----begin ".len();
        let rest = text.get(label_at..)?;
        let Some(len) = find_without_case(rest, "-----") else {
            return (rest.len() < MAX_LABEL_BYTES).then_some(start);
        };
        at = label_at + len + "-----".len();
        let label = rest.get(..len)?;
        let is_private =
            ["private key", "static key"].iter().any(|name| find_without_case(label, name).is_some());
        if is_private && !has_end_line(text.get(at..)?) {
            return Some(start);
        }
    }
}

fn has_end_line(text: &str) -> bool {
    let end = find_without_case(text, "-----end ").map(|at| at + "-----end ".len());
    end.and_then(|at| text.get(at..)).is_some_and(|close| find_without_case(close, "-----").is_some())
}

const MAX_LABEL_BYTES: usize = 64;

fn find_without_case(text: &str, what: &str) -> Option<usize> {
    text.as_bytes().windows(what.len()).position(|window| window.eq_ignore_ascii_case(what.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_go_on_waits_from_its_beginning() {
        for (text, waits) in [
            ("The quick brown", "brown"),
            ("The brownish fox, ", ""),
            ("write to jane.doe@exam", "jane.doe@exam"),
            ("telephone 415 ", "415 "),
            ("number: 078-05-1120 is", "078-05-1120 is"),
            ("pay to DE ", "DE "),
            ("on March 12, ", "March 12, "),
            ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx -----BEGIN OPENSSH PRIVATE ", "-----BEGIN OPENSSH PRIVATE "),
            (
                "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx -----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1r",
                "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1r",
            ),
            ("-----BEGIN PUBLIC KEY----- is known. ", ""),
        ] {
            assert_eq!(text.get(undecided(text, 0)..), Some(waits), "{text}");
        }
    }
}
