//! Look-alikes of ASCII letters and digits -> those letters; text spelled in Unicode tags -> ASCII.

use super::View;
use super::confusables::CONFUSABLES;
use super::fold::{fold_char, mapped};

/// [`folded`], with look-alikes of ASCII letters and digits replaced by them; `None` when there are none.
pub fn skeleton(text: &str) -> Option<View<'_>> {
    let looks_alike = |c: char| !c.is_ascii() && ascii_look_alike(c).is_some();
    text.chars().any(looks_alike).then(|| mapped(text, skeleton_char))
}

/// The ASCII text spelled with Unicode tag characters (U+E0020 to U+E007E); `None` when there is none.
pub fn tagged(text: &str) -> Option<View<'_>> {
    if text.is_ascii() || !text.chars().any(|c| tag_to_ascii(c).is_some()) {
        return None;
    }
    Some(mapped(text, |c, out| out.extend(tag_to_ascii(c))))
}

/// Appends the ASCII look-alike of `c`, or its folded form.
fn skeleton_char(c: char, out: &mut String) {
    match ascii_look_alike(c) {
        Some(ascii) if !c.is_ascii() => out.push(ascii),
        _ => fold_char(c, out),
    }
}

/// The ASCII letter or digit that `c` is drawn like. What is drawn like `l` but is the capital of another letter
/// (U+0406, U+0399) stands for that letter.
fn ascii_look_alike(c: char) -> Option<char> {
    let look_up = |c: char| {
        let at = CONFUSABLES.binary_search_by_key(&c, |entry| entry.0).ok()?;
        CONFUSABLES.get(at).map(|entry| char::from(entry.1))
    };
    let own = look_up(c);
    if own.is_some_and(|a| a != 'l') {
        return own;
    }
    let mut lower = c.to_lowercase();
    lower.next().and_then(look_up).or(own)
}

fn tag_to_ascii(c: char) -> Option<char> {
    let code = u32::from(c).checked_sub(0xE0000)?;
    (0x20..0x7F).contains(&code).then(|| char::from_u32(code)).flatten()
}
