//! ROT13 read back. Nothing in a text's shape tells it from foreign words, so callers say when it is worth a try.

use super::{Map, Transforms, View};

/// `view` with its ASCII letters turned by half an alphabet.
pub fn rotated<'v>(view: &'v View<'v>) -> View<'v> {
    View::made(rot13(&view.text), Map::All(Transforms::ROT13), Some(view))
}

/// `text` in ROT13.
pub fn rot13(text: &str) -> String {
    text.chars().map(|c| u8::try_from(c).map_or(c, |b| char::from(rot13_byte(b)))).collect()
}

/// One byte in ROT13.
pub(super) fn rot13_byte(b: u8) -> u8 {
    match b | 0x20 {
        b'a'..=b'm' => b + 13,
        b'n'..=b'z' => b - 13,
        _ => b,
    }
}
