//! Bodies of one JSON document a line (JSON Lines, NDJSON): as the events of a stream, or as documents that have
//! nothing to do with one another. Every line must be JSON: what is not stays unscannable.

use super::json::{Duplicates, Json, Place};
use super::reader::{NOBODY, Reader};
use super::shape::Field;
use super::{Document, Protocol, Unscannable};

/// The lines of a text that are not empty, each with its place.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split('\n').filter_map(move |line| {
        let start = at;
        at += line.len() + 1;
        let line = line.strip_suffix('\r').unwrap_or(line);
        (!line.trim_ascii().is_empty()).then_some((start, line))
    })
}

/// Whether a media type says that a body comes in lines.
pub(super) fn is_lines(media_type: &str) -> bool {
    ["ndjson", "jsonl", "json-lines", "jsonlines", "stream+json"]
        .iter()
        .any(|name| media_type.ends_with(name))
}

/// Reads a body whose lines are documents, each of them at its number.
///
/// # Errors
/// Why a line of it cannot be inspected.
pub(super) fn read<'b>(
    protocol: Protocol,
    field: &Field,
    body: &'b [u8],
) -> Result<Document<'b>, Unscannable> {
    let text = std::str::from_utf8(body).map_err(|_| Unscannable::InvalidUtf8)?;
    let mut reader = Reader::default();
    read_into(&mut reader, field, text, 0)?;
    reader.finish(protocol)
}

/// Reads lines that stand at `offset` of the body.
///
/// # Errors
/// Why a line cannot be inspected.
pub(super) fn read_into<'b>(
    reader: &mut Reader<'b>,
    field: &Field,
    text: &'b str,
    offset: usize,
) -> Result<(), Unscannable> {
    for (number, (at, line)) in lines(text).enumerate() {
        let json = Json::parse(line, Place::At(offset + at), Duplicates::Refuse)?;
        let Some(root) = json.root() else { continue };
        reader.at(number, |r| field.read(r, root, NOBODY));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_at_their_place_whatever_ends_them() {
        let text = "{}\n\n  \r\n[1]\r\n{\"a\":1}";
        let found: Vec<_> = lines(text).collect();
        assert_eq!(found, [(0, "{}"), (8, "[1]"), (13, "{\"a\":1}")]);
        assert!(found.iter().all(|(at, line)| text.get(*at..).unwrap().starts_with(line)));
    }
}
