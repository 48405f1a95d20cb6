//! Placeholders of a request -> their values, in the response to it and in no other. A value is written as the place
//! demands: inside JSON, and inside JSON in a string of JSON, it is escaped as often as it is embedded, so that what was
//! valid stays valid and no value can end the string it stands in. Where nobody can say how to write it, and in
//! addresses, the placeholder stays: a model that was told to put what it knows into a link would have the reader's
//! browser send it away.

use super::token::Tokens;
use crate::limits::{MAX_RESTORED_BYTES, MAX_RESTORED_DEPTH};
use crate::protocol::carrier::Edit;
use crate::protocol::json::{Duplicates, Json, Kind, Place, Value, looks_like_json};
use crate::segment::{Escaping, Role, Segment, SourceMap};
use crate::stream::address::Address;

/// The edits that write the values of `tokens` into a response read as `segments`.
#[inline(never)]
pub(crate) fn restored(segments: &[Segment<'_>], tokens: &Tokens) -> Vec<Edit> {
    let role = Role::Assistant;
    let mut writer = Writer { tokens, role, is_seam: false, edits: Vec::new(), room: MAX_RESTORED_BYTES };
    // What has a quotation of its own is a number, a key or a list of bytes, which a value cannot be written into.
    for segment in segments.iter().filter(|s| s.quote.is_empty()) {
        (writer.role, writer.is_seam) = (segment.role, segment.is_seam);
        writer.text(&segment.text, &segment.map, 0);
    }
    writer.edits
}

/// The same for `part`, which is the next piece of a text that comes in pieces and cuts no placeholder of `tokens`. What
/// stood before it is told by `address`; `room` is how many bytes of values may still be written.
///
/// A text that may be JSON itself gets only values that need no escape: nobody knows yet whether it is.
pub(crate) fn restored_part(
    part: &Segment<'_>,
    may_be_json: bool,
    tokens: &Tokens,
    address: Address,
    room: &mut usize,
) -> Vec<Edit> {
    if !part.quote.is_empty() {
        return Vec::new();
    }
    let escaping = if may_be_json { Escaping::Unknown } else { part.map.escaping() };
    let mut writer = Writer { tokens, role: part.role, is_seam: false, edits: Vec::new(), room: *room };
    writer.written_words(&part.text, &part.map, escaping, address);
    *room = writer.room;
    writer.edits
}

struct Writer<'t> {
    tokens: &'t Tokens,
    role: Role,
    /// Whether what lies within one part is another segment's business.
    is_seam: bool,
    edits: Vec<Edit>,
    /// Bytes that may still be written.
    room: usize,
}

impl Writer<'_> {
    /// A text that `map` maps to the body, and the texts in its strings if it is JSON itself.
    fn text(&mut self, text: &str, map: &SourceMap, depth: usize) {
        if !text.contains('[') {
            return;
        }
        if !looks_like_json(text.as_bytes()) {
            return self.words(text, map, map.escaping());
        }
        if depth < MAX_RESTORED_DEPTH
            && let Ok(json) = Json::parse(text, Place::Through(map), Duplicates::Keep)
            && let Some(root) = json.root()
        {
            return self.value(root, depth);
        }
        self.words(text, map, Escaping::Unknown);
    }

    /// Recursion is bounded: the JSON reader refuses what is nested deeper than its limit.
    fn value(&mut self, value: Value<'_, '_>, depth: usize) {
        if value.kind() == Kind::String && value.raw().contains('[') {
            let (text, map) = value.mapped();
            self.text(&text, &map, depth + 1);
        }
        for child in value.children() {
            if child.key().contains('[') {
                let (name, map) = child.key_mapped();
                self.text(&name, &map, depth + 1);
            }
            self.value(child, depth);
        }
    }

    fn words(&mut self, text: &str, map: &SourceMap, escaping: Escaping) {
        self.written_words(text, map, escaping, Address::default());
    }

    /// A text that is words, of which `address` has seen what stands before it.
    fn written_words(&mut self, text: &str, map: &SourceMap, escaping: Escaping, mut address: Address) {
        let mut seen = 0;
        for range in self.tokens.places(text) {
            let spans = map.spans(range.clone());
            if self.is_seam && spans.len() < 2 {
                continue;
            }
            address.see(text.get(seen..range.start).unwrap_or_default());
            seen = range.start;
            let value = text.get(range.clone()).and_then(|placeholder| self.tokens.value(placeholder));
            let Some(value) = value.and_then(|value| written(value, escaping)) else { continue };
            if value.len() > self.room || (self.role != Role::ToolCall && address.is_open()) {
                continue;
            }
            self.room -= value.len();
            let mut value = Some(value);
            self.edits.extend(spans.into_iter().map(|span| (span, value.take().unwrap_or_default())));
        }
    }
}

/// `value` as it is written there; `None` where it cannot be: a line break outside JSON would be a line of the
/// protocol's own.
fn written(value: &str, escaping: Escaping) -> Option<String> {
    let has = |is: fn(u8) -> bool| value.bytes().any(is);
    let times = match escaping {
        Escaping::Unknown if has(needs_escape) => return None,
        Escaping::Times(0) if has(|b| b < b' ') => return None,
        Escaping::Times(times) if has(needs_escape) => times,
        _ => 0,
    };
    Some((0..times).fold(value.to_owned(), |text, _| escaped(&text)))
}

/// Whether a byte cannot stand for itself in a JSON string (RFC 8259).
fn needs_escape(b: u8) -> bool {
    b < b' ' || matches!(b, b'"' | b'\\')
}

/// `text` as it stands in a JSON string.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
