//! Bodies of HTML forms (`application/x-www-form-urlencoded`): generic documents, in which no field has a role. Every name
//! and value is read decoded and mapped back, so an edit stands where the value stood; JSON in a field is opened.

use std::borrow::Cow;

use super::json::Mapped;
use super::reader::Reader;
use super::{Document, Protocol, Unscannable};
use crate::segment::SourceMap;

/// Reads `name=value&...`.
///
/// # Errors
/// `InvalidUtf8` when a field is not UTF-8 once it is decoded.
pub(super) fn urlencoded(protocol: Protocol, body: &[u8]) -> Result<Document<'_>, Unscannable> {
    let mut reader = Reader::default();
    let mut at = 0;
    for pair in body.split(|byte| *byte == b'&') {
        let name_len = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at_checked(name_len).unwrap_or_default();
        let value = value.get(1..).unwrap_or_default();
        let value_at = at + pair.len() - value.len();
        let name = decoded(name, at)?;
        let path = name.0.to_string();
        reader.form_field(&path, Some(name), decoded(value, value_at)?);
        at += pair.len() + 1;
    }
    reader.finish(protocol)
}

/// The bytes that percent-encoded text stands for. A percent sign that starts no escape stands for itself.
pub(super) fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    runs(text.as_bytes(), |byte, _| out.push(byte));
    out
}

/// Every byte that `text` stands for, and how many bytes it is written in.
fn runs(text: &[u8], mut run: impl FnMut(u8, usize)) {
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match rest {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match escaped {
            Some(byte) => run(byte, 3),
            None => run(first, 1),
        }
        rest = if escaped.is_some() { rest.get(3..).unwrap_or_default() } else { after };
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A name or a value of a form, which stands at `start`. A character whose bytes are escaped one by one is replaced as a
/// whole.
fn decoded(text: &[u8], start: usize) -> Result<Mapped<'_>, Unscannable> {
    let (mut bytes, mut lengths) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len()));
    runs(text, |byte, len| {
        bytes.push(if byte == b'+' && len == 1 { b' ' } else { byte });
        lengths.push(len);
    });
    let decoded = String::from_utf8(bytes).map_err(|_| Unscannable::InvalidUtf8)?;
    let mut map = SourceMap::default();
    let (mut at, mut lengths) = (start, lengths.into_iter());
    for character in decoded.chars() {
        let len: usize = lengths.by_ref().take(character.len_utf8()).sum();
        map.push(character.len_utf8(), at..at + len);
        at += len;
    }
    Ok((Cow::Owned(decoded), map))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(body: &str) -> Vec<(String, String)> {
        let document = urlencoded(Protocol::default(), body.as_bytes()).unwrap();
        document.segments.into_iter().map(|s| (s.path, s.text.into_owned())).collect()
    }

    #[test]
    fn names_and_values_are_read_decoded() {
        let found = fields("a=1%2B1+x&mail%20to=jane%40example.org&b=caf%C3%A9&&c&d=100%&e=%zz");
        for (path, text) in [
            ("/a", "1+1 x"),
            ("/mail to#", "mail to"),
            ("/mail to", "jane@example.org"),
            ("/b", "caf\u{e9}"),
            ("/d", "100%"),
            ("/e", "%zz"),
        ] {
            assert!(found.iter().any(|(p, t)| p == path && t == text), "{path} in {found:?}");
        }
    }

    #[test]
    fn what_json_a_field_holds_is_opened() {
        let found = fields("payload=%7B%22text%22%3A%22a%5Cu0062c%22%7D");
        assert!(found.contains(&("/payload/text".to_owned(), "abc".to_owned())), "{found:?}");
    }

    #[test]
    fn spans_lead_to_the_escapes() {
        let body = "x=a%40b%C3%A9c";
        let document = urlencoded(Protocol::default(), body.as_bytes()).unwrap();
        let value = document.segments.iter().find(|segment| segment.path == "/x").unwrap();
        assert_eq!(value.text, "a@b\u{e9}c");
        assert_eq!(value.map.spans(1..2), vec![3..6]);
        assert_eq!(value.map.spans(3..4), vec![7..13]);
        assert_eq!(value.map.spans(2..6), vec![6..14]);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(urlencoded(Protocol::default(), b"a=%ff").unwrap_err(), Unscannable::InvalidUtf8);
    }
}
