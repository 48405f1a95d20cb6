//! JSON that is written as nobody writes it, and what is nearly JSON: escapes of every kind and halves of them, keys that
//! stand twice, numbers beyond every type, deep nesting, blanks where they may stand, bytes that are no text.

use crate::mutate::Dice;

/// Deepest value that is made on purpose, in containers; both readers have a limit below.
const MAX_DEPTH: usize = 140;
/// Most changes of one text.
const MAX_CHANGES: usize = 4;

/// Names that come again, so that some stand twice.
const KEYS: &[&str] = &[
    "a",
    "b",
    "role",
    "\\u0072ole",
    "content",
    "",
    "a/b",
    "a~b",
    "\\ud83d\\ude00",
    "caf\u{e9}",
    "arguments",
    "name",
    "k\\ney",
    "index",
    "type",
    "text",
    "delta",
    "message",
    "the quick brown fox",
];
/// Parts of strings, as they are written.
const PARTS: &[&str] = &[
    "plain words",
    "x",
    "\\n",
    "\\\"",
    "\\\\",
    "\\/",
    "\\b\\f\\r\\t",
    "\\u0041",
    "\\u00e9",
    "\\u0000",
    "\\uD83D\\uDE00",
    "\\ud83d\\ude00",
    "\\u2028",
    "\\uFFFF",
    "\u{e9}",
    "\u{4f60}\u{597d}",
    "\u{1f600}",
    "\u{7f}",
    "\u{feff}",
    "{",
    "}",
    "[1]",
    ":",
    ",",
    "data: x",
    "{\\\"a\\\":\\\"b\\\"}",
    "{\\\"n\\\":4111111111111111}",
    "jane@example.org",
    "4111 1111 1111 1111",
    "'",
    "/",
];
/// The same, but no JSON.
const BROKEN_PARTS: &[&str] = &[
    "\\ud800",
    "\\udc00",
    "\\ud83d\\u0041",
    "\\u12",
    "\\u12g4",
    "\\x41",
    "\\",
    "\n",
    "\t",
    "\u{1}",
    "\\U0041",
    "\\u{41}",
    "\\'",
    "\\u+041",
    "\\ud83dx",
];
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "0.5",
    "1e3",
    "1E+2",
    "1e-7",
    "4111111111111111",
    "-4111111111111111",
    "4.111111111111111e15",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "0.000000000000000001",
    "123456789.0",
    "1e308",
    "1e-400",
    "123456789012345678901234567890",
    "20000000000e-1",
    "900000001",
];
const BROKEN_NUMBERS: &[&str] = &[
    "01", "1.", ".5", "+1", "1e", "1e+", "-", "--1", "0x1", "NaN", "Infinity", "1_000", "-01", "1e999", "00",
];
/// What is put into a text.
const PIECES: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b" ",
    b"\n",
    b"\r",
    b"\0",
    b"\x0b",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b"\xc2\xa0",
    b"//",
    b"/**/",
    b"null",
    b"true",
    b"tru",
    b"0",
    b"1e5",
    b"\"a\":1,",
    b",\"a\":1",
    b"\\u",
    b"\\ud800",
    b"[[[[",
    b"]]]]",
];

/// A text that is JSON, or nearly.
pub fn text(dice: &mut Dice) -> Vec<u8> {
    let mut text = String::new();
    let is_broken = dice.below(8) == 0;
    let depth = match dice.below(32) {
        0 => dice.below(MAX_DEPTH),
        _ => 0,
    };
    let (open, close) = if dice.below(2) == 0 { ("[", "]") } else { ("{\"a\":", "}") };
    text.push_str(&open.repeat(depth));
    blank(&mut text, dice);
    value(&mut text, dice, 0, is_broken);
    blank(&mut text, dice);
    text.push_str(&close.repeat(depth));
    let mut text = text.into_bytes();
    if dice.below(3) == 0 {
        for _ in 0..=dice.below(MAX_CHANGES) {
            change(&mut text, dice);
        }
    }
    text
}

/// Text that is JSON.
pub fn sound(dice: &mut Dice) -> String {
    let mut text = String::new();
    value(&mut text, dice, 0, false);
    text
}

fn value(text: &mut String, dice: &mut Dice, depth: usize, is_broken: bool) {
    match dice.below(if depth > 5 { 6 } else { 12 }) {
        0..=2 => string(text, dice, is_broken),
        3 | 4 => {
            let numbers = if is_broken && dice.below(8) == 0 { BROKEN_NUMBERS } else { NUMBERS };
            text.push_str(dice.pick(numbers).copied().unwrap_or_default());
        }
        5 => text.push_str(dice.pick(&["null", "true", "false"]).copied().unwrap_or_default()),
        6..=8 => container(text, dice, ('[', ']'), |text, dice| value(text, dice, depth + 1, is_broken)),
        _ => container(text, dice, ('{', '}'), |text, dice| {
            key(text, dice);
            blank(text, dice);
            text.push(':');
            blank(text, dice);
            value(text, dice, depth + 1, is_broken);
        }),
    }
}

fn container(
    text: &mut String,
    dice: &mut Dice,
    marks: (char, char),
    mut one: impl FnMut(&mut String, &mut Dice),
) {
    text.push(marks.0);
    let many = dice.below(64) == 0;
    for at in 0..dice.below(if many { 40 } else { 5 }) {
        if at > 0 {
            text.push(',');
        }
        blank(text, dice);
        one(text, dice);
    }
    blank(text, dice);
    text.push(marks.1);
}

fn key(text: &mut String, dice: &mut Dice) {
    text.push('"');
    match dice.below(4) {
        0 => text.push_str(dice.pick(KEYS).copied().unwrap_or_default()),
        1 => text.push_str(&"k".repeat(dice.below(300))),
        _ => text.push_str(&format!("k{}", dice.below(1000))),
    }
    text.push('"');
}

fn string(text: &mut String, dice: &mut Dice, is_broken: bool) {
    text.push('"');
    for _ in 0..dice.below(6) {
        let parts = if is_broken && dice.below(12) == 0 { BROKEN_PARTS } else { PARTS };
        text.push_str(dice.pick(parts).copied().unwrap_or_default());
    }
    if dice.below(16) == 0 {
        text.push_str(&"y".repeat(dice.below(70)));
    }
    text.push('"');
}

fn blank(text: &mut String, dice: &mut Dice) {
    if dice.below(8) == 0 {
        text.push_str(dice.pick(&[" ", "\n", "\r\n", "\t", "  \n"]).copied().unwrap_or_default());
    }
}

/// Changes some bytes.
pub fn change(text: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(text.len() + 1);
    let end = (at + dice.below(4)).min(text.len());
    match dice.below(8) {
        0 => text.truncate(at),
        1 => {
            if let Some(byte) = text.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        2 => {
            let part: Vec<u8> =
                text.get(at..(at + dice.below(60)).min(text.len())).unwrap_or_default().to_vec();
            let to = dice.below(text.len() + 1);
            text.splice(to..to, part);
        }
        3 => drop(text.drain(at..(at + dice.below(30)).min(text.len()))),
        _ => {
            let piece = dice.pick(PIECES).copied().unwrap_or_default();
            text.splice(at..end, piece.iter().copied());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_half_is_json_and_what_is_called_sound_is() {
        let is_json = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).is_ok();
        let sound_ones = (0..1_000).filter(|seed| is_json(&text(&mut Dice::new(*seed)))).count();
        assert!((400..900).contains(&sound_ones), "{sound_ones}");
        assert!((0..1_000).all(|seed| is_json(sound(&mut Dice::new(seed)).as_bytes())));
    }
}
