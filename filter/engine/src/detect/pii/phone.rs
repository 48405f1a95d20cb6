//! Telephone numbers: E.164 with an assigned country code, North American, and national forms where the text says that it
//! is one. Read last, since many numbers look like one.

use std::ops::Range;

use super::{PII, grouped};
use crate::detect::context::MAX_EXACT_BYTES;
use crate::detect::probe::{Hit, Probe, glues};
use crate::detect::{Matcher, Rule, Turn};

pub(in crate::detect) const RULES: &[&Rule] = &[&PHONE];

/// Telephone number.
static PHONE: Rule = Rule {
    id: "pii_phone",
    #[cfg(test)]
    description: "Telephone number: E.164, North American, or national where the text says that it is one.",
    score: 0.8,
    label: "PHONE",
    #[cfg(test)]
    hits: &[
        "+44 20 7946 0958",
        "+14155552671",
        "(415) 555-2671",
        "415-555-2671",
        "1-800-555-0199",
        "Tel.: 030 901820",
        "call 415.555.2671",
        "phone: 0041 44 668 18 00",
        "0049 30 901820",
        "ph: 415 5552671",
    ],
    #[cfg(test)]
    misses: &[
        "order 4155552671",
        "2024-05-13 10:20:30",
        "192.168.100.200",
        "3.14159265358",
        "1700000000",
        "123-456-7890",
        "+1 2",
        "415-055-2671",
        "ISBN 978-3-16-148410-0",
        "version 10.20.3040",
        "hotel 5551234",
    ],
    matcher: Matcher::Number { confirm: phone, turn: Turn::Last },
    pack: "global",
    ..PII
};

/// Widest distance between a number and the word that says what it is, in bytes.
const CONTEXT_BYTES: usize = 32;

/// Whether one of `words`, in lower case, stands shortly before `at`.
fn said_before(probe: Probe<'_>, at: usize, words: &[&str]) -> bool {
    // One byte more, to see where the first word begins.
    let before = probe.before(at, CONTEXT_BYTES + 1);
    let begins = |from: &usize| {
        let (own, last) = (before.get(*from), from.checked_sub(1).and_then(|last| before.get(last)));
        // Most places begin no word: they are passed over before a word is compared.
        own.is_some_and(|b| b.is_ascii_alphabetic() || !b.is_ascii())
            && !last.is_some_and(u8::is_ascii_alphabetic)
    };
    (0..before.len()).filter(begins).any(|from| words.iter().any(|word| is_at(before, from, word.as_bytes())))
}

/// Whether `word` stands at `from`, where a word begins; one of up to [`MAX_EXACT_BYTES`] is the whole of it.
fn is_at(text: &[u8], from: usize, word: &[u8]) -> bool {
    let end = from + word.len();
    let is_there = text.get(from..end).is_some_and(|w| w.eq_ignore_ascii_case(word));
    is_there && (word.len() > MAX_EXACT_BYTES || !text.get(end).is_some_and(u8::is_ascii_alphabetic))
}

const PHONE_WORDS: &[&str] = &[
    "phone",
    "telephone",
    "tel",
    "mobile",
    "mob",
    "cell",
    "cellphone",
    "cellular",
    "fax",
    "call",
    "whatsapp",
    "handy",
    "telefon",
    "ring",
    "sms",
    "dial",
    "ph",
    "contact",
    "reach me",
    "rufnummer",
    "my number",
    "电话",
    "手机",
];

fn phone(probe: Probe<'_>, first: Range<usize>) -> Option<Hit> {
    international(probe, &first).or_else(|| north_american(probe, &first)).or_else(|| national(probe, &first))
}

/// `+` or `00`, then 8 to 15 digits in groups.
fn international(probe: Probe<'_>, first: &Range<usize>) -> Option<Hit> {
    let plus = probe.byte_before(first.start) == Some(b'+');
    let double_zero = !plus && probe.text(first.start..(first.start + 2).min(first.end)) == "00";
    if !plus && !double_zero {
        return None;
    }
    let start = if plus { first.start - 1 } else { first.start };
    let (end, digits, groups) = digit_groups(probe, first.start);
    let range = start..end;
    let enough = if plus { 8..=15 } else { 11..=17 };
    let leading = probe.byte(if plus { first.start } else { first.start + 2 })?;
    let shaped = || plus || groups > 1 || said_before(probe, start, PHONE_WORDS);
    let alone = !glues(probe.byte_before(start)) && probe.stands_alone(&(first.start..end).clone())
        || plus && !glues(probe.byte_before(start)) && !glues(probe.byte(end));
    (enough.contains(&digits) && leading != b'0' && alone && shaped()).then(|| Hit::at(range))
}

/// End, digits and groups of digits with single separators (or `(0)`) between them, from `start`.
fn digit_groups(probe: Probe<'_>, start: usize) -> (usize, usize, usize) {
    let (mut end, mut digits, mut groups) = (start, 0, 0);
    let mut at = start;
    loop {
        let next = probe.long_run(at, MAX_PHONE_DIGITS, |b| b.is_ascii_digit());
        if next == at || digits + (next - at) > MAX_PHONE_DIGITS {
            return (end, digits, groups);
        }
        digits += next - at;
        groups += 1;
        end = next;
        let gap = probe.long_run(next, 2, |b| matches!(b, b' ' | b'-' | b'.' | b'/' | b'(' | b')'));
        let line_of_numbers = gap - next == 2 && !matches!(probe.text(next..gap), ") " | " (" | ")-" | "-(");
        if gap == next || line_of_numbers {
            return (end, digits, groups);
        }
        at = gap;
    }
}

/// Most digits of a telephone number with its international prefix.
const MAX_PHONE_DIGITS: usize = 17;

/// `(415) 555-2671`, `415-555-2671`, `415.555.2671`, `1-415-555-2671`; `415 555 2671` where the text says so.
fn north_american(probe: Probe<'_>, first: &Range<usize>) -> Option<Hit> {
    let bracket = first.len() == 3 && probe.byte_before(first.start) == Some(b'(');
    let (start, end) = if bracket {
        let close = (probe.byte(first.end)? == b')').then_some(first.end + 1)?;
        let rest = probe.long_run(close, 1, |b| b == b' ');
        (first.start - 1, grouped(probe, rest, &[3, 4])?)
    } else if first.len() == 1 && probe.byte(first.start)? == b'1' {
        (first.start, grouped(probe, first.start, &[1, 3, 3, 4])?)
    } else if first.len() == 3 {
        (first.start, grouped(probe, first.start, &[3, 3, 4])?)
    } else {
        return None;
    };
    let range = start..end;
    let text = probe.text(range.clone());
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    let ten = digits.get(digits.len().checked_sub(10)?..)?;
    let plan = |at: usize| ten.get(at).is_some_and(|b| *b >= b'2');
    let spaced = !bracket && text.contains(' ');
    let alone = if bracket {
        !glues(probe.byte(end)) && !glues(probe.byte_before(start))
    } else {
        probe.stands_alone(&range)
    };
    let said = !spaced || said_before(probe, start, PHONE_WORDS);
    (plan(0) && plan(3) && alone && said).then(|| Hit::at(range))
}

/// 7 to 12 digits, where the text says that it is a telephone number.
fn national(probe: Probe<'_>, first: &Range<usize>) -> Option<Hit> {
    let (end, digits, _) = digit_groups(probe, first.start);
    let bracket = probe.byte_before(first.start) == Some(b'(');
    let start = if bracket { first.start - 1 } else { first.start };
    let shaped = (7..=12).contains(&digits) && probe.stands_alone(&(start..end));
    (shaped && said_before(probe, start, PHONE_WORDS)).then(|| Hit::at(start..end))
}
