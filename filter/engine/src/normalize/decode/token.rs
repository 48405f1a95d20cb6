//! Tokens without spaces that are base64, base32 or hexadecimal, in one line or wrapped over several, and rows of
//! hexadecimal pairs. What does not decode to text is left as it is. A token that was written backwards or turned by
//! ROT13 after it was encoded is read too: its letters no longer show what was done.

use std::ops::Range;

use super::{Writer, hex_digit, shown};
use crate::normalize::offset::Pace;
use crate::normalize::rot13::rot13_byte;
use crate::normalize::{Transforms, backwards};

/// Shortest token that is decoded, in bytes: twelve bytes of base64.
const MIN_TOKEN_BYTES: usize = 16;
/// Fewest hexadecimal pairs in a row.
const MIN_PAIRS: usize = 6;
/// Decoded bytes of which every one must be text. Of more, a tenth may be something else.
const SHORT_BYTES: usize = 24;

/// How much of a long token must be text before the rest is looked at, in bytes: whole groups of every encoding.
const SAMPLE_BYTES: usize = 64;

/// Whether a token may begin at `at`.
pub(super) fn begins(text: &str, at: usize, b: u8) -> bool {
    let before = at.checked_sub(1).and_then(|i| text.as_bytes().get(i));
    is_token_byte(b) && !before.is_some_and(|b| is_token_byte(*b))
}

/// Decodes the token at `at`, or leaves it; returns where to go on.
pub(super) fn token(writer: &mut Writer<'_>, at: usize) -> usize {
    let source = writer.source.as_bytes();
    if let Some(end) = pairs(writer, at) {
        return end;
    }
    let end = run(source, at);
    if end - at < MIN_TOKEN_BYTES {
        return end;
    }
    let lines = lines(source, at..end);
    let end = lines.last().map_or(end, |line| line.end);
    if !block(writer, &lines) && lines.len() > 1 {
        for line in lines {
            block(writer, &[line]);
        }
    }
    end
}

fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_')
}

/// Where the token at `at` ends.
fn run(source: &[u8], at: usize) -> usize {
    at + source.get(at..).map_or(0, |rest| rest.iter().take_while(|b| is_token_byte(**b)).count())
}

/// The lines of a wrapped token, which all but the last have one length. The last may have padding.
fn lines(source: &[u8], first: Range<usize>) -> Vec<Range<usize>> {
    const MAX_INDENT_BYTES: usize = 8;
    let width = first.len();
    let mut lines = vec![first];
    while let Some(last) = lines.last().cloned() {
        let rest = source.get(last.end..).unwrap_or_default();
        let feed = usize::from(rest.starts_with(b"\r"));
        let is_wrapped = last.len() == width && rest.get(feed) == Some(&b'\n');
        let indent = rest.iter().skip(feed + 1).take(MAX_INDENT_BYTES).take_while(|b| **b == b' ').count();
        let start = last.end + feed + 1 + indent;
        let end = run(source, start);
        if !is_wrapped || end == start || end - start > width {
            break;
        }
        lines.push(start..end);
    }
    lines
}

/// How a token is encoded.
#[derive(Clone, Copy, Debug)]
struct Codec {
    by: Transforms,
    /// Bits of one character.
    bits: u32,
    /// Characters that stand for whole bytes, and how many bytes.
    group: (usize, usize),
    value: fn(u8) -> Option<u8>,
}

const CODECS: &[Codec] = &[
    Codec { by: Transforms::HEX, bits: 4, group: (2, 1), value: hex_digit },
    Codec { by: Transforms::BASE32, bits: 5, group: (8, 5), value: base32_value },
    Codec { by: Transforms::BASE64, bits: 6, group: (4, 3), value: base64_value },
];

fn base32_value(b: u8) -> Option<u8> {
    match b.to_ascii_uppercase() {
        upper @ b'A'..=b'Z' => Some(upper - b'A'),
        b @ b'2'..=b'7' => Some(b - b'2' + 26),
        _ => None,
    }
}

fn base64_value(b: u8) -> Option<u8> {
    match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Decodes a token of these lines; whether it was one.
fn block(writer: &mut Writer<'_>, lines: &[Range<usize>]) -> bool {
    let Some(start) = lines.first().map(|line| line.start) else { return false };
    let Some(lines) = without_prefix(writer.source.as_bytes(), lines) else { return false };
    let token = joined(writer.source, &lines);
    if token.len() < MIN_TOKEN_BYTES {
        return false;
    }
    for codec in CODECS {
        if let Some(text) = codec.text(&token) {
            writer.keep_to(start);
            codec.write(writer, &lines, &text);
            return true;
        }
    }
    let disguises = [
        (Transforms::REVERSED, backwards(&token)),
        (Transforms::ROT13, token.bytes().map(|b| char::from(rot13_byte(b))).collect()),
    ];
    for (disguise, token) in disguises {
        if let Some((codec, text)) = CODECS.iter().find_map(|codec| Some((codec, codec.text(&token)?))) {
            let end = lines.last().map_or(start, |line| line.end);
            writer.keep_to(start);
            writer.text.push_str(&text.shown);
            writer.push(text.shown.len(), end - start, Pace::WHOLE, codec.by | disguise);
            return true;
        }
    }
    false
}

/// `lines` without a leading `0x`.
fn without_prefix(source: &[u8], lines: &[Range<usize>]) -> Option<Vec<Range<usize>>> {
    let mut lines = lines.to_vec();
    let first = lines.first_mut()?;
    let head = source.get(first.start..first.end)?;
    if head.starts_with(b"0x") || head.starts_with(b"0X") {
        first.start += 2;
    }
    Some(lines)
}

fn joined(source: &str, lines: &[Range<usize>]) -> String {
    lines.iter().filter_map(|line| source.get(line.clone())).collect()
}

/// What a token says.
struct Said {
    /// As many bytes as were decoded, or half as many of UTF-16.
    shown: String,
    grain: Grain,
}

/// How what a token says lies in its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grain {
    Byte,
    /// One byte for two.
    Utf16,
    /// Nobody keeps count.
    Whole,
}

impl Codec {
    /// What `token` says, if it is text.
    fn text(&self, token: &str) -> Option<Said> {
        if let Some(sample) = token.get(..SAMPLE_BYTES) {
            said(&self.bytes(sample)?)?;
        }
        said(&self.bytes(token)?)
    }

    /// The bytes of `token`; `None` when a character does not belong or it ends within a byte of hexadecimal.
    fn bytes(&self, token: &str) -> Option<Vec<u8>> {
        let is_torn = self.bits == 4 && !token.len().is_multiple_of(2);
        if is_torn {
            return None;
        }
        let mut bytes = Vec::with_capacity(token.len() * self.group.1 / self.group.0 + 1);
        let (mut held, mut bits) = (0u32, 0);
        for b in token.bytes() {
            held = held << self.bits | u32::from((self.value)(b)?);
            bits += self.bits;
            if bits >= 8 {
                bits -= 8;
                bytes.push(u8::try_from(held >> bits & 0xFF).unwrap_or_default());
                held &= (1 << bits) - 1;
            }
        }
        Some(bytes)
    }

    /// Writes what a token says, group by group, so that a finding covers the groups it came from.
    fn write(&self, writer: &mut Writer<'_>, lines: &[Range<usize>], said: &Said) {
        writer.text.push_str(&said.shown);
        let end = lines.last().map_or(writer.written, |line| line.end);
        let (chars, bytes) = match said.grain {
            Grain::Byte => self.group,
            Grain::Utf16 => (2 * self.group.0, self.group.1),
            Grain::Whole => return writer.push(said.shown.len(), end - writer.written, Pace::WHOLE, self.by),
        };
        let pace = Pace::of(u8::try_from(chars).unwrap_or(1), u8::try_from(bytes).unwrap_or(1));
        let mut left = said.shown.len();
        let mut in_group = 0;
        for place in lines.iter().cloned().flatten() {
            in_group += 1;
            if in_group == chars {
                self.group(writer, place + 1, bytes.min(left), chars, pace);
                left -= bytes.min(left);
                in_group = 0;
            }
        }
        let padding = writer.source.as_bytes().get(end..).unwrap_or_default();
        let padding = padding.iter().take(6).take_while(|b| **b == b'=').count();
        writer.push(left, end + padding - writer.written, Pace::WHOLE, self.by);
    }

    /// One group ends at `end` of the source; a line break within it belongs to it.
    fn group(&self, writer: &mut Writer<'_>, end: usize, made: usize, chars: usize, pace: Pace) {
        let len = end.saturating_sub(writer.written);
        writer.push(made, len, if len == chars { pace } else { Pace::WHOLE }, self.by);
    }
}

/// The text that `bytes` are; `None` when they are not mostly text.
fn said(bytes: &[u8]) -> Option<Said> {
    match shown_text(bytes) {
        Some(shown) => Some(Said { shown, grain: Grain::Byte }),
        None => utf16(bytes),
    }
}

/// `bytes` as UTF-16 in the order of Windows. Nearly any bytes are some characters of it: those of ASCII must be among
/// them.
fn utf16(bytes: &[u8]) -> Option<Said> {
    let units =
        bytes.chunks_exact(2).map(|pair| pair.iter().rev().fold(0, |unit, b| unit << 8 | u16::from(*b)));
    let ascii = units.clone().filter(|unit| *unit < 0x80).count();
    if ascii < MIN_UTF16_ASCII || ascii * 8 * 2 < bytes.len() {
        return None;
    }
    let shown: Option<String> =
        char::decode_utf16(units).map(|c| c.ok().filter(|c| !c.is_control() || *c == '\n')).collect();
    let shown = shown?;
    let grain = if shown.is_ascii() { Grain::Utf16 } else { Grain::Whole };
    Some(Said { shown, grain })
}

/// Fewest characters of ASCII in UTF-16.
const MIN_UTF16_ASCII: usize = 2;

/// `bytes` as text of the same length, what is none of it as spaces.
fn shown_text(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len());
    let mut others = 0;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let is_text = !c.is_control() || c.is_ascii_whitespace();
            others += usize::from(!is_text);
            text.push(shown(c));
        }
        others += chunk.invalid().len();
        text.extend(chunk.invalid().iter().map(|_| ' '));
        let is_hopeless = others > SHORT_BYTES && others * 2 > text.len();
        if is_hopeless {
            return None;
        }
    }
    let allowed = if bytes.len() < SHORT_BYTES { 0 } else { bytes.len() / 10 };
    (others <= allowed && !bytes.is_empty()).then_some(text)
}

/// A row of hexadecimal pairs (`69 67 6e`, `69:67:6e`, `0x69, 0x67`) at `at`, decoded if it is text; where it ends.
fn pairs(writer: &mut Writer<'_>, at: usize) -> Option<usize> {
    let source = writer.source.as_bytes();
    let first = (at, at + pair_len(source, at));
    let mut row = vec![(first.0, pair(source, first)?)];
    let mut last = first.1;
    while let Some(next) = next_pair(source, last) {
        row.push((next.0, pair(source, next)?));
        last = next.1;
    }
    if row.len() >= MIN_PAIRS {
        let bytes: Vec<u8> = row.iter().map(|(_, byte)| *byte).collect();
        if let Some(text) = shown_text(&bytes) {
            writer.keep_to(at);
            writer.text.push_str(&text);
            for next in row.into_iter().skip(1).map(|(start, _)| start).chain([last]) {
                let len = next.saturating_sub(writer.written);
                let pace = u8::try_from(len).map_or(Pace::WHOLE, |len| Pace::of(len, 1));
                writer.push(1, len, pace, Transforms::HEX);
            }
        }
    }
    (last > first.1).then_some(last)
}

/// The byte of a pair.
fn pair(source: &[u8], (start, end): (usize, usize)) -> Option<u8> {
    let token = source.get(start..end)?;
    match token.strip_prefix(b"0x").unwrap_or(token) {
        [high, low] => Some(hex_digit(*high)? << 4 | hex_digit(*low)?),
        _ => None,
    }
}

/// Letters and digits at `at`, as far as a pair may reach and one more.
fn pair_len(source: &[u8], at: usize) -> usize {
    const MAX_PAIR_BYTES: usize = 4;
    let rest = source.get(at..).unwrap_or_default();
    rest.iter().take(MAX_PAIR_BYTES + 1).take_while(|b| b.is_ascii_alphanumeric()).count()
}

/// The next token when it is a pair and at most two separators away.
fn next_pair(source: &[u8], from: usize) -> Option<(usize, usize)> {
    const MAX_SEPARATORS: usize = 2;
    let rest = source.get(from..)?;
    let separates = |b: &&u8| matches!(**b, b' ' | b',' | b':' | b'-' | b'\n' | b';');
    let gap = rest.iter().take(MAX_SEPARATORS).take_while(separates).count();
    let next = (from + gap, from + gap + pair_len(source, from + gap));
    (gap > 0 && pair(source, next).is_some()).then_some(next)
}
