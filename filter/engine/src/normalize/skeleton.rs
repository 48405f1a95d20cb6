//! Look-alikes of ASCII letters and digits -> those letters; text spelled in Unicode tags -> ASCII.

use super::confusables::CONFUSABLES;
use super::fold::{fold_char, lower, mapped};
use super::{Transforms, View};

/// The folded text, with look-alikes of ASCII letters and digits replaced by them; `None` when there are none.
pub fn skeleton(text: &str) -> Option<View<'_>> {
    has_look_alikes(text).then(|| mapped(text, None, skeleton_char))
}

/// [`skeleton`] of a view.
pub fn skeleton_of<'v>(view: &'v View<'v>) -> Option<View<'v>> {
    let text = view.text.as_ref();
    has_look_alikes(text).then(|| mapped(text, Some(view), skeleton_char))
}

fn has_look_alikes(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(|c| !c.is_ascii() && ascii_look_alike(c).is_some())
}

/// The ASCII text spelled with Unicode tag characters (U+E0020 to U+E007E); `None` when there is none.
pub fn tagged(text: &str) -> Option<View<'_>> {
    spells_tags(text).then(|| mapped(text, None, tag))
}

/// [`tagged`] of a view.
pub fn tagged_of<'v>(view: &'v View<'v>) -> Option<View<'v>> {
    spells_tags(&view.text).then(|| mapped(&view.text, Some(view), tag))
}

fn spells_tags(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(|c| tag_to_ascii(c).is_some())
}

fn tag(c: char, out: &mut String) -> Transforms {
    out.extend(tag_to_ascii(c));
    Transforms::TAGS
}

/// Appends the ASCII look-alike of `c`, or its folded form.
fn skeleton_char(c: char, out: &mut String) -> Transforms {
    match ascii_look_alike(c) {
        Some(ascii) if !c.is_ascii() => {
            out.push(ascii);
            Transforms::HOMOGLYPH
        }
        _ => {
            fold_char(c, out);
            Transforms::SPELLING
        }
    }
}

/// The ASCII letter or digit that `c` is drawn like. What is drawn like `l` but is the capital of another letter
/// (U+0406, U+0399) stands for that letter.
fn ascii_look_alike(c: char) -> Option<char> {
    let look_up = |c: char| {
        let at = CONFUSABLES.binary_search_by_key(&u32::from(c), |entry| entry >> 8).ok()?;
        CONFUSABLES.get(at).map(|entry| char::from(entry.to_be_bytes()[3]))
    };
    let own = look_up(c);
    if own.is_some_and(|a| a != 'l') {
        return own;
    }
    let letter = look_up(lower(c));
    let cased = |a: char| if c.is_uppercase() { a.to_ascii_uppercase() } else { a };
    letter.map(cased).or(own)
}

fn tag_to_ascii(c: char) -> Option<char> {
    let code = u32::from(c).checked_sub(0xE0000)?;
    (0x20..0x7F).contains(&code).then(|| char::from_u32(code)).flatten()
}
