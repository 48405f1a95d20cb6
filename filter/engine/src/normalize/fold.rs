//! Characters -> what they stand for: case of non-ASCII letters, compatibility forms, accents, invisible characters.
//! Character by character, so that every byte of a view has one source and a stream can be folded in any pieces.

use super::decompositions::{DECOMPOSITIONS, LENGTHS, NOT_HERE, RUNS};
use super::lower_case::LOWER_CASE;
use super::offset::{OffsetMap, Pace};
use super::{Map, Transforms, View};

/// Undoes case of non-ASCII letters, compatibility forms, accents and invisible characters. ASCII text is borrowed
/// as it is, without control characters that show nothing: rules match ASCII without case, and secrets need theirs.
pub fn folded(text: &str) -> View<'_> {
    if text.is_ascii() && !has_hidden_controls(text.as_bytes()) {
        return View::raw(text);
    }
    mapped(text, None, folding)
}

/// [`folded`] of a view; `None` when there is nothing to fold.
pub fn refolded<'v>(view: &'v View<'v>) -> Option<View<'v>> {
    let text = view.text.as_ref();
    (!text.is_ascii() || has_hidden_controls(text.as_bytes())).then(|| mapped(text, Some(view), folding))
}

/// Appends the folded form of `c` and says what that undid.
#[inline]
fn folding(c: char, out: &mut String) -> Transforms {
    let at = out.len();
    fold_char(c, out);
    if c.is_ascii() && out.len() > at {
        return Transforms::NONE;
    }
    let folded = out.get(at..).unwrap_or_default();
    if folded.is_empty() {
        return if is_invisible(c) || c.is_ascii() { Transforms::ZERO_WIDTH } else { mark(c) };
    }
    let is_ordinary = c < '\u{2000}' || matches!(c, '\u{FB00}'..='\u{FB06}');
    match !is_ordinary && folded.bytes().all(|b| b.is_ascii_alphanumeric()) {
        true => Transforms::COMPATIBILITY,
        false => Transforms::SPELLING,
    }
}

/// What a combining mark is: an accent, or a stroke through a letter or a frame around it.
fn mark(c: char) -> Transforms {
    let is_overlay = matches!(c, '\u{334}'..='\u{338}' | '\u{488}' | '\u{489}' | '\u{20D0}'..='\u{20F0}');
    if is_overlay { Transforms::COMBINING } else { Transforms::SPELLING }
}

/// Maps `text` character by character. A second accent on one letter is a stack.
pub(super) fn mapped<'v>(
    text: &'v str,
    parent: Option<&'v View<'v>>,
    fold: impl Fn(char, &mut String) -> Transforms,
) -> View<'v> {
    let mut out = String::with_capacity(text.len());
    let mut map = OffsetMap::new(0);
    let (mut kept, mut after_mark) = (0, false);
    for c in text.chars() {
        let at = out.len();
        let by = fold(c, &mut out);
        let made = out.len() - at;
        if made == c.len_utf8() && by.named().is_empty() && is_one_char(out.get(at..)) {
            (kept, after_mark) = (kept + made, false);
            continue;
        }
        map.keep(std::mem::take(&mut kept));
        let is_mark = made == 0 && by == Transforms::SPELLING;
        let by = if is_mark && after_mark { Transforms::COMBINING } else { by };
        map.push(made, c.len_utf8(), Pace::WHOLE, by);
        after_mark = is_mark;
    }
    map.keep(kept);
    View::made(out, Map::Runs(map), parent)
}

#[inline]
fn is_one_char(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.len() == 1 || text.chars().nth(1).is_none())
}

/// Whether there is a control character that shows nothing. Without branches within a stride.
fn has_hidden_controls(bytes: &[u8]) -> bool {
    const STRIDE: usize = 64;
    bytes.chunks(STRIDE).any(|chunk| chunk.iter().fold(false, |any, b| any | is_hidden_control(*b)))
}

/// Control characters other than the white space among them.
#[inline]
fn is_hidden_control(b: u8) -> bool {
    ((b < 0x20) & (b.wrapping_sub(b'\t') > b'\r' - b'\t')) | (b == 0x7f)
}

/// Appends the folded form of `c`.
#[inline]
pub(super) fn fold_char(c: char, out: &mut String) {
    if let Ok(ascii) = u8::try_from(c)
        && ascii.is_ascii()
    {
        if !is_hidden_control(ascii) {
            out.push(c);
        }
    } else if is_invisible(c) || is_frame(c) {
    } else if let Some(plain) = plain_form(c) {
        out.push_str(plain);
    } else if let Some(ascii) = digit_or_enclosed(c) {
        out.push(ascii);
    } else {
        decompose(c, out);
    }
}

/// `text` in lower case, letter by letter.
pub(crate) fn lower_case(text: &str) -> String {
    text.chars().map(lower).collect()
}

/// `c` in lower case. The standard library's table is five times as large.
pub(super) fn lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let code = u32::from(c);
    let next = LOWER_CASE.partition_point(|(first, ..)| *first <= code);
    match next.checked_sub(1).and_then(|run| LOWER_CASE.get(run)) {
        Some((first, last, step, distance)) if code <= *last && (code - first).is_multiple_of(*step) => {
            char::from_u32(code.wrapping_add_signed(*distance)).unwrap_or(c)
        }
        _ => c,
    }
}

/// Appends the compatibility decomposition of `c` in lower case without its combining marks, if that keeps within
/// [`MAX_VIEW_GROWTH`](super::MAX_VIEW_GROWTH).
pub(super) fn decompose(c: char, out: &mut String) {
    match decomposition(c) {
        Some(text) => out.push_str(text),
        None => out.push(lower(c)),
    }
}

/// What a character of the table is folded to; `None` when only its case is.
fn decomposition(c: char) -> Option<&'static str> {
    let code = u32::from(c);
    let next = RUNS.partition_point(|(first, ..)| *first <= code);
    let (first, from, start) = RUNS.get(next.checked_sub(1)?)?;
    let (_, to, _) = RUNS.get(next)?;
    let lengths = LENGTHS.get(usize::from(*from)..usize::from(*to))?;
    let (before, rest) = lengths.split_at_checked(usize::try_from(code - first).ok()?)?;
    let len = rest.first().copied().filter(|len| *len != NOT_HERE)?;
    let length = |len: &u8| if *len == NOT_HERE { 0 } else { usize::from(*len) };
    let start = usize::from(*start) + before.iter().map(length).sum::<usize>();
    DECOMPOSITIONS.get(start..start + usize::from(len))
}

/// Whether `c` shows nothing: zero-width, bidirectional controls, variation selectors, tags, fillers, soft hyphen.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Marks that enclose the character before them; Unicode does not count them as accents.
fn is_frame(c: char) -> bool {
    matches!(c, '\u{488}' | '\u{489}' | '\u{20DD}'..='\u{20E0}' | '\u{20E2}'..='\u{20E4}')
}

/// Typographic signs, and Latin letters that Unicode does not decompose.
fn plain_form(c: char) -> Option<&'static str> {
    Some(match c {
        '‘' | '’' | '‚' | '‛' | '′' | 'ʼ' | '＇' => "'",
        '“' | '”' | '„' | '‟' | '″' => "\"",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '－' => "-",
        '•' | '·' | '∙' => "*",
        '。' => ".",
        '、' => ",",
        '\u{85}' | '\u{2028}' | '\u{2029}' => "\n",
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ł' | 'Ł' => "l",
        'ı' => "i",
        'ħ' | 'Ħ' => "h",
        'þ' | 'Þ' => "th",
        _ if c.is_whitespace() => " ",
        _ => return None,
    })
}

/// ASCII for decimal digits of other scripts and for letters drawn in boxes, which NFKC leaves alone.
fn digit_or_enclosed(c: char) -> Option<char> {
    let c = u32::from(c);
    let offset = |first: u32, len: u32| c.checked_sub(first).filter(|o| *o < len);
    let from = |ascii: u8, offset: u32| char::from_u32(u32::from(ascii) + offset);
    for zero in DECIMAL_ZEROES {
        if let Some(digit) = offset(*zero, 10) {
            return from(b'0', digit);
        }
    }
    // Regional indicators, negative circled and negative squared letters.
    [0x1F1E6, 0x1F150, 0x1F170].iter().find_map(|first| offset(*first, 26)).and_then(|o| from(b'a', o))
}

/// Zeroes of the decimal digits of living scripts that NFKC does not map to ASCII.
const DECIMAL_ZEROES: &[u32] = &[
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xE50, 0xED0, 0xF20,
    0x1040, 0x17E0, 0x1810,
];
