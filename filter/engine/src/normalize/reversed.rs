//! Text written backwards, as a whole or word by word. Like ROT13, callers say when it is worth a try.

use super::offset::{OffsetMap, Pace};
use super::{Map, Transforms, View};

/// `view` from its last character to its first.
pub fn reversed<'v>(view: &'v View<'v>) -> View<'v> {
    View::made(backwards(&view.text), Map::Backwards, Some(view))
}

/// `text` from its last character to its first.
pub fn backwards(text: &str) -> String {
    text.chars().rev().collect()
}

/// `view` with each word from its last character to its first, where it stands.
pub fn words_reversed<'v>(view: &'v View<'v>) -> View<'v> {
    let mut out = String::with_capacity(view.text.len());
    let mut map = OffsetMap::new(0);
    for word in view.text.split_inclusive(char::is_whitespace) {
        let letters = word.trim_end();
        out.extend(letters.chars().rev());
        map.push(letters.len(), letters.len(), Pace::WHOLE, Transforms::REVERSED);
        let gap = word.get(letters.len()..).unwrap_or_default();
        out.push_str(gap);
        map.keep(gap.len());
    }
    View::made(out, Map::Runs(map), Some(view))
}
