//! Encodings inside running text -> what they say: base64, base32 and hexadecimal tokens, percent encoding,
//! quoted-printable, HTML character references, JSON, C and Unicode escapes. One view holds them all, in the text they
//! stand in, so that a phrase may begin outside and end inside. Only what decodes to text is decoded; what is decoded
//! twice is a view of a view.

mod entity;
mod escape;
mod token;

use std::ops::Range;

use super::offset::{OffsetMap, Pace};
use super::survey::{Sign, Survey};
use super::{Map, Transforms, View};

/// Views of the parts of `view` in which `survey` saw something encoded, decoded.
pub fn decoded<'v>(view: &'v View<'v>, survey: &Survey) -> Vec<View<'v>> {
    let windows = survey.windows(&view.text, Sign::Encoded).into_iter();
    windows.filter_map(|window| decode(view, window)).collect()
}

fn decode<'v>(view: &'v View<'v>, window: Range<usize>) -> Option<View<'v>> {
    let mut writer = Writer::new(&view.text, &window);
    let mut at = window.start;
    while at < window.end {
        at = step(&mut writer, at);
    }
    writer.finish(at).map(|(text, map)| View::made(text, Map::Runs(map), Some(view)))
}

/// Decodes what begins at `at`, or leaves it; returns where to go on.
fn step(writer: &mut Writer<'_>, at: usize) -> usize {
    let text = writer.source;
    let decoded = match text.as_bytes().get(at) {
        Some(b'%' | b'=') => escape::byte_escape(text, at),
        Some(b'&') => entity::reference(text, at),
        Some(b'\\') => escape::backslash(text, at),
        Some(b'u' | b'U') => escape::code_point(text, at),
        _ => None,
    };
    if let Some(one) = decoded {
        writer.write(at, &one);
        return at + one.len;
    }
    match text.as_bytes().get(at) {
        Some(b) if token::begins(text, at, *b) => token::token(writer, at),
        _ => at + 1,
    }
}

/// A decoded escape.
struct Escape {
    /// Bytes of the source.
    len: usize,
    text: Decoded,
    by: Transforms,
}

/// What an escape says.
enum Decoded {
    Char(char),
    /// Nothing, or a few letters.
    Text(&'static str),
    /// Bytes that each take the same length of the source.
    Bytes(String),
}

/// The decoded text as it is written, and where it came from.
struct Writer<'s> {
    source: &'s str,
    text: String,
    map: OffsetMap,
    /// Up to here the source has been written.
    written: usize,
    is_changed: bool,
}

impl<'s> Writer<'s> {
    fn new(source: &'s str, window: &Range<usize>) -> Self {
        let text = String::with_capacity(window.len());
        Self { source, text, map: OffsetMap::new(window.start), written: window.start, is_changed: false }
    }

    /// Keeps the source up to `at`.
    fn keep_to(&mut self, at: usize) {
        let kept = self.source.get(self.written..at).unwrap_or_default();
        self.text.push_str(kept);
        self.map.keep(kept.len());
        self.written = at.max(self.written);
    }

    /// Writes an escape that stands at `at`.
    fn write(&mut self, at: usize, escape: &Escape) {
        self.keep_to(at);
        let before = self.text.len();
        match &escape.text {
            Decoded::Char(c) => self.text.push(shown(*c)),
            Decoded::Text(text) => self.text.push_str(text),
            Decoded::Bytes(text) => self.text.extend(text.chars().map(shown)),
        }
        let made = self.text.len() - before;
        self.push(made, escape.len, pace(made, escape.len), escape.by);
    }

    /// Says where the last `made` bytes of the text came from: the next `len` of the source.
    fn push(&mut self, made: usize, len: usize, pace: Pace, by: Transforms) {
        self.map.push(made, len, pace, by);
        self.written += len;
        self.is_changed = true;
    }

    fn finish(mut self, end: usize) -> Option<(String, OffsetMap)> {
        let end = self.source.ceil_char_boundary(end.min(self.source.len()));
        self.keep_to(end);
        self.is_changed.then_some((self.text, self.map))
    }
}

/// Escapes of one length in a row share a run.
fn pace(made: usize, len: usize) -> Pace {
    let each =
        len.checked_div(made).filter(|each| each * made == len).and_then(|each| u8::try_from(each).ok());
    each.map_or(Pace::WHOLE, |each| Pace::of(each, 1))
}

/// Control characters part words, whatever they do on a screen. Same length.
fn shown(c: char) -> char {
    if c.is_ascii_control() && c != '\n' { ' ' } else { c }
}

fn hex_digit(b: u8) -> Option<u8> {
    char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// The number that `len` hexadecimal digits at `at` are.
fn hex_number(text: &str, at: usize, len: usize) -> Option<u32> {
    let digits = text.get(at..at.checked_add(len)?)?;
    (!digits.starts_with('+')).then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}
