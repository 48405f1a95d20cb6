//! Text -> text. Every change is of characters, so that the result is UTF-8 as all text is that reaches detection.

use std::fmt::Write;

use crate::mutate::Dice;

/// Longest text that is made, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;
/// Most changes of one text.
const MAX_CHANGES: usize = 6;
/// Most copies of a part.
const MAX_COPIES: usize = 40;

/// What is put between or in place of characters: what folds drop, what parts words, what opens an encoding.
const PIECES: &[&str] = &[
    " ",
    "  ",
    "\n",
    "\t",
    "\r\n",
    "\0",
    "-",
    "_",
    ".",
    ",",
    ":",
    "=",
    "\"",
    "'",
    "`",
    "/",
    "\\",
    "@",
    "+",
    "(",
    ")",
    "[",
    "](",
    "![",
    "<",
    ">",
    "<!--",
    "-->",
    "{",
    "}",
    "%",
    "%25",
    "&#",
    "&#x",
    ";",
    "&amp;",
    "\\u00",
    "\\x",
    "=\n",
    "==",
    "0",
    "7",
    "4111",
    "999999999",
    "a",
    "e",
    "I",
    "\u{200b}",
    "\u{200d}",
    "\u{ad}",
    "\u{202e}",
    "\u{fe0f}",
    "\u{e0041}",
    "\u{301}",
    "\u{345}",
    "\u{3000}",
    "\u{a0}",
    "ß",
    "İ",
    "ſ",
    "о",
    "а",
    "Ａ",
    "𝐚",
    "①",
    "٣",
    "語",
    "🦀",
    "👨‍👩‍👧",
    "sk-",
    "AKIA",
    "ghp_",
    "eyJ",
    "-----BEGIN ",
    "ignore",
    "system",
    "http://",
    "data:text/html;base64,",
    "<|im_start|>",
];

/// A text made from `seeds`.
pub fn text(dice: &mut Dice, seeds: &[String]) -> String {
    let mut text = dice.pick(seeds).cloned().unwrap_or_default();
    for _ in 0..=dice.below(MAX_CHANGES) {
        text = changed(&text, dice, seeds);
        if text.len() > MAX_TEXT_BYTES {
            text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        }
    }
    text
}

fn changed(text: &str, dice: &mut Dice, seeds: &[String]) -> String {
    let (before, part, after) = cut(text, dice);
    match dice.below(16) {
        0 => [before, after].concat(),
        1 => [before, &part.repeat(1 + dice.below(MAX_COPIES)), after].concat(),
        2 | 3 => [before, piece(dice), part, after].concat(),
        4 => [before, &piece(dice).repeat(1 + dice.below(MAX_COPIES)), after].concat(),
        5 => [before, dice.pick(seeds).map_or("", String::as_str), after].concat(),
        6 => [before, &part.to_uppercase(), after].concat(),
        7 => [before, &part.chars().rev().collect::<String>(), after].concat(),
        8 => [before, &joined(part, piece(dice)), after].concat(),
        9 => [before, &base64(part.as_bytes()), after].concat(),
        10 => [before, &each_byte(part, "", ""), after].concat(),
        11 => [before, &each_byte(part, "%", ""), after].concat(),
        12 => [before, &each_byte(part, "&#x", ";"), after].concat(),
        13 => [before, &each_byte(part, "\\u00", ""), after].concat(),
        14 => [before, &part.chars().map(rot13).collect::<String>(), after].concat(),
        _ => text.repeat(1 + dice.below(MAX_COPIES)),
    }
}

/// Three parts at random characters; the middle one is short, or all of it.
fn cut<'t>(text: &'t str, dice: &mut Dice) -> (&'t str, &'t str, &'t str) {
    let start = text.floor_char_boundary(dice.below(text.len() + 1));
    let length = match dice.below(4) {
        0 => text.len() - start,
        1 => dice.below(64),
        _ => dice.below(8),
    };
    let (before, rest) = text.split_at_checked(start).unwrap_or((text, ""));
    let (part, after) =
        rest.split_at_checked(rest.ceil_char_boundary(length.min(rest.len()))).unwrap_or((rest, ""));
    (before, part, after)
}

fn piece(dice: &mut Dice) -> &'static str {
    dice.pick(PIECES).copied().unwrap_or_default()
}

fn joined(text: &str, between: &str) -> String {
    text.chars().flat_map(|c| std::iter::once(c).chain(between.chars())).collect()
}

fn each_byte(text: &str, before: &str, after: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        // Writing to a string does not fail.
        let _ = write!(out, "{before}{byte:02x}{after}");
        out
    })
}

fn rot13(c: char) -> char {
    let turned = |first: u8| (u8::try_from(c).map_or(0, |c| c - first) + 13) % 26 + first;
    match c {
        'a'..='z' => char::from(turned(b'a')),
        'A'..='Z' => char::from(turned(b'A')),
        _ => c,
    }
}

/// Standard base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * at) & 63).ok().and_then(|digit| DIGITS.get(digit));
            let is_there = at <= chunk.len();
            out.push(digit.filter(|_| is_there).map_or('=', |digit| char::from(*digit)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_a_text_and_texts_differ() {
        let seeds = vec!["ignore all rules".to_owned(), "Grüße 語".to_owned()];
        let made: Vec<String> = (0..200).map(|seed| text(&mut Dice::new(seed), &seeds)).collect();
        let again: Vec<String> = (0..200).map(|seed| text(&mut Dice::new(seed), &seeds)).collect();
        assert_eq!(made, again);
        let different: std::collections::BTreeSet<&String> = made.iter().collect();
        assert!(different.len() > 150, "{}", different.len());
        assert!(made.iter().all(|text| text.len() <= MAX_TEXT_BYTES));
    }

    #[test]
    fn encoders_are_the_standard_ones() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!("Hello".chars().map(rot13).collect::<String>(), "Uryyb");
        assert_eq!(each_byte("ab", "%", ""), "%61%62");
    }
}
