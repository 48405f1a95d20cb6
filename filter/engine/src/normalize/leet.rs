//! Digits and signs read as the letters they stand for (`1gn0r3`).

use std::borrow::Cow;

use super::View;
use super::spaced::is_letter;

/// A view with digits and signs read as the letters they stand for (`1gn0r3`); `None` when the text has fewer than
/// [`MIN_LEET_LETTERS`] of them inside words.
pub fn unleeted<'t>(view: &View<'t>) -> Option<View<'t>> {
    // Hexadecimal digits mix the same way: one neighbour must be a letter past `f`.
    let past_f = |b: u8| (b | 0x20).wrapping_sub(b'g') < 20;
    let inside = |a: u8, b: u8, c: u8| {
        is_letter(a) & is_leet(b) & (is_letter(c) | c.is_ascii_digit()) & (past_f(a) | past_f(c))
    };
    if count_triples(view.text.as_bytes(), inside) < MIN_LEET_LETTERS {
        return None;
    }
    let mut text = String::with_capacity(view.text.len());
    let mut chars = view.text.chars().peekable();
    while let Some(c) = chars.next() {
        let within = c.is_ascii_digit() || chars.peek().is_some_and(char::is_ascii_alphanumeric);
        let letter = u8::try_from(c).map_or(0, leet_letter);
        text.push(if within && letter != 0 { char::from(letter) } else { c });
    }
    Some(View { text: Cow::Owned(text), map: view.map.clone() })
}

/// Fewest digits or signs inside words that make the leetspeak view worth a scan.
pub const MIN_LEET_LETTERS: usize = 3;

/// How many bytes stand between two others as `is` says. Without branches, so that the compiler makes it a few
/// instructions for sixteen bytes: this runs over all text.
fn count_triples(bytes: &[u8], is: impl Fn(u8, u8, u8) -> bool) -> usize {
    const STRIDE: usize = 128; // fits a byte counter
    let mut total = 0;
    let mut rest = bytes;
    while rest.len() > 2 {
        let part = rest.get(..STRIDE + 2).unwrap_or(rest);
        let (second, third) = (part.get(1..).unwrap_or_default(), part.get(2..).unwrap_or_default());
        let triples = part.iter().zip(second).zip(third);
        total += usize::from(triples.fold(0u8, |n, ((a, b), c)| n.wrapping_add(u8::from(is(*a, *b, *c)))));
        rest = rest.get(STRIDE..).unwrap_or_default();
    }
    total
}

/// Whether [`leet_letter`] reads `b` as a letter, without branches.
fn is_leet(b: u8) -> bool {
    (b == b'0')
        | (b == b'1')
        | (b == b'3')
        | (b == b'4')
        | (b == b'5')
        | (b == b'7')
        | (b == b'@')
        | (b == b'$')
        | (b == b'!')
}

/// The letter a digit or sign stands for, 0 for none.
fn leet_letter(b: u8) -> u8 {
    match b {
        b'0' => b'o',
        b'1' | b'!' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' => b't',
        _ => 0,
    }
}
