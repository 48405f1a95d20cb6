//! Escapes of one character: `%69`, `=69`, `\u0069`, `\x69`, `\151`, `\n`, `U+0069`.

use super::{Decoded, Escape, hex_number};
use crate::normalize::Transforms;

/// Longest sequence of escaped bytes that is read at once, in bytes: one character of UTF-8.
const MAX_SEQUENCE: usize = 4;

/// `%69` or `=69` at `at`, with the bytes of one character; a soft line break (`=` at the end of a line).
pub(super) fn byte_escape(text: &str, at: usize) -> Option<Escape> {
    let bytes = text.as_bytes();
    let lead = *bytes.get(at)?;
    let by = if lead == b'%' { Transforms::PERCENT } else { Transforms::QUOTED_PRINTABLE };
    if lead == b'=' {
        let rest = bytes.get(at + 1..)?;
        let len = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
        if len > 0 {
            return Some(Escape { len: 1 + len, text: Decoded::Text(""), by });
        }
    }
    sequence(text, at, &[lead], HEX, by).filter(|escape| lead == b'%' || shows(&escape.text))
}

/// Whether something is to be seen of it: quoted-printable hides letters, and in a random token `=0C` is no escape.
fn shows(text: &Decoded) -> bool {
    match text {
        Decoded::Bytes(text) => !text.chars().any(char::is_control),
        _ => true,
    }
}

/// How a byte is written: how many digits, in which radix.
type Notation = (usize, u32);
const HEX: Notation = (2, 16);
const OCTAL: Notation = (3, 8);

/// One character in UTF-8 whose bytes are written as `lead` and digits each.
fn sequence(text: &str, at: usize, lead: &[u8], (digits, radix): Notation, by: Transforms) -> Option<Escape> {
    let each = lead.len() + digits;
    let byte = |index: usize| {
        let escape = text.as_bytes().get(at + index * each..)?.get(..each)?;
        let mut digits = escape.strip_prefix(lead)?.iter();
        let code = digits.try_fold(0, |code, b| Some(code * radix + char::from(*b).to_digit(radix)?))?;
        u8::try_from(code).ok()
    };
    let first = byte(0)?;
    let len = match first {
        0..0x80 => 1,
        0xC0..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => MAX_SEQUENCE,
        _ => return None,
    };
    let bytes: Vec<u8> = (0..len).map_while(byte).collect();
    let text = String::from_utf8(bytes).ok().filter(|text| text.len() == len)?;
    Some(Escape { len: len * each, text: Decoded::Bytes(text), by })
}

/// What a backslash and what follows it say.
pub(super) fn backslash(text: &str, at: usize) -> Option<Escape> {
    let by = Transforms::ESCAPE;
    let one = |c: char, len: usize| Some(Escape { len, text: Decoded::Char(c), by });
    match *text.as_bytes().get(at + 1)? {
        b'u' if text.as_bytes().get(at + 2) == Some(&b'{') => braced(text, at),
        b'u' => utf16(text, at),
        b'U' => one(char::from_u32(hex_number(text, at + 2, 8)?)?, 10),
        b'x' => sequence(text, at, b"\\x", HEX, by).or_else(|| one(latin(hex_number(text, at + 2, 2)?)?, 4)),
        b'n' | b'r' | b't' | b'f' => one(' ', 2),
        b'"' => one('"', 2),
        b'/' => one('/', 2),
        b'\\' => one('\\', 2),
        b'0'..=b'3' => sequence(text, at, b"\\", OCTAL, by),
        _ => None,
    }
}

fn latin(code: u32) -> Option<char> {
    u8::try_from(code).ok().map(char::from)
}

/// `\u{69}`.
fn braced(text: &str, at: usize) -> Option<Escape> {
    const MAX_DIGITS: usize = 6;
    let digits = text.as_bytes().get(at + 3..)?.iter().take(MAX_DIGITS + 1).position(|b| *b == b'}')?;
    let c = char::from_u32(hex_number(text, at + 3, digits)?)?;
    Some(Escape { len: digits + 4, text: Decoded::Char(c), by: Transforms::ESCAPE })
}

/// `\u0069`, or two of them for one character.
fn utf16(text: &str, at: usize) -> Option<Escape> {
    let unit = |at: usize| {
        let is_unit = text.as_bytes().get(at..)?.starts_with(b"\\u");
        is_unit.then(|| hex_number(text, at + 2, 4)).flatten().and_then(|n| u16::try_from(n).ok())
    };
    let first = unit(at)?;
    let pair = [first, unit(at + 6).unwrap_or_default()];
    let c = char::decode_utf16(pair).next()?.ok()?;
    let len = 6 * c.len_utf16();
    Some(Escape { len, text: Decoded::Char(c), by: Transforms::ESCAPE })
}

/// `U+0069`, with the space before another one.
pub(super) fn code_point(text: &str, at: usize) -> Option<Escape> {
    let bytes = text.as_bytes();
    let is_apart = !at.checked_sub(1).and_then(|i| bytes.get(i)).is_some_and(u8::is_ascii_alphabetic);
    if bytes.get(at + 1) != Some(&b'+') || !is_apart {
        return None;
    }
    let digits = bytes.get(at + 2..)?.iter().take(7).take_while(|b| b.is_ascii_hexdigit()).count();
    if !(4..=6).contains(&digits) {
        return None;
    }
    let c = char::from_u32(hex_number(text, at + 2, digits)?)?;
    let end = at + 2 + digits;
    let rest = bytes.get(end..)?;
    let goes_on = |gap: usize| rest.get(gap..).is_some_and(|r| r.starts_with(b"U+") || r.starts_with(b"u+"));
    let gap = (1..=2).find(|gap| goes_on(*gap)).unwrap_or(0);
    Some(Escape { len: end + gap - at, text: Decoded::Char(c), by: Transforms::ESCAPE })
}
