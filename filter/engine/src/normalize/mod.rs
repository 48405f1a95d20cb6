//! Views of a segment's text in which obfuscation is undone, with an offset map back to the text. Output never
//! grows past [`MAX_VIEW_GROWTH`], and every view is made in one linear pass. This module knows Unicode and
//! nothing else: no rule, no role, no policy. Folding works character by character, so that every byte of a view
//! has one source and a stream can be folded in any pieces.

mod confusables;
mod decompositions;

use std::borrow::Cow;
use std::ops::Range;

use confusables::CONFUSABLES;
use decompositions::{DECOMPOSITION_ENDS, DECOMPOSITIONS, RUNS};

/// Most bytes a view may have per byte of its text. Characters that would expand further are kept as they are.
pub const MAX_VIEW_GROWTH: usize = 4;

/// A text as rules see it, and where each of its bytes came from.
#[derive(Clone, Debug)]
pub struct View<'t> {
    /// The text rules run on.
    pub text: Cow<'t, str>,
    map: OffsetMap<'t>,
}

impl<'t> View<'t> {
    /// The text as it is.
    pub fn raw(text: &'t str) -> Self {
        Self { text: Cow::Borrowed(text), map: OffsetMap::new(text) }
    }

    /// The range of the source that `range` of this view came from, on character boundaries of the source.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        self.map.source(range)
    }
}

/// Undoes case of non-ASCII letters, compatibility forms, accents and invisible characters. ASCII text is borrowed
/// as it is, without control characters that show nothing: rules match ASCII without case, and secrets need theirs.
pub fn folded(text: &str) -> View<'_> {
    if text.is_ascii() && !has_hidden_controls(text.as_bytes()) {
        return View::raw(text);
    }
    mapped(text, fold_char)
}

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

/// A view with digits and signs read as the letters they stand for (`1gn0r3`); `None` when the text has fewer than
/// [`MIN_LEET_LETTERS`] of them inside words.
pub fn unleeted<'t>(view: &View<'t>) -> Option<View<'t>> {
    // Hexadecimal digits mix the same way: one neighbour must be a letter past `f`.
    let past_f = |b: u8| (b | 0x20).wrapping_sub(b'g') < 20;
    let inside = |a: u8, b: u8, c: u8| {
        is_letter(a) & is_leet(b) & (is_letter(c) | c.is_ascii_digit()) & (past_f(a) | past_f(c))
    };
    if count_triples(view.text.as_bytes(), inside) < MIN_LEET_LETTERS {
        return None;
    }
    let mut text = String::with_capacity(view.text.len());
    let mut chars = view.text.chars().peekable();
    while let Some(c) = chars.next() {
        let within = c.is_ascii_digit() || chars.peek().is_some_and(char::is_ascii_alphanumeric);
        let letter = u8::try_from(c).map_or(0, leet_letter);
        text.push(if within && letter != 0 { char::from(letter) } else { c });
    }
    Some(View { text: Cow::Owned(text), map: view.map.clone() })
}

/// A view with letters that stand alone joined (`i g n o r e`, `i-g-n-o-r-e`); `None` when the text has fewer
/// than [`MIN_SPACED_PAIRS`] pairs of them.
pub fn unspaced<'t>(view: &View<'t>) -> Option<View<'t>> {
    if count_spaced(view.text.as_bytes()) < MIN_SPACED_PAIRS {
        return None;
    }
    Some(join_spaced(view))
}

/// Fewest digits or signs inside words that make the leetspeak view worth a scan.
pub const MIN_LEET_LETTERS: usize = 3;
/// Fewest pairs of letters that stand alone side by side that make the unspaced view worth a scan.
pub const MIN_SPACED_PAIRS: usize = 5;

/// How many pairs of letters stand alone side by side (` x y `). Without branches, like [`count_triples`].
fn count_spaced(bytes: &[u8]) -> usize {
    const STRIDE: usize = 128; // fits a byte counter
    let other = |b: &u8| !(is_letter(*b) | b.is_ascii_digit());
    let mut total = 0;
    let mut rest = bytes;
    while rest.len() > 4 {
        let part = rest.get(..STRIDE + 4).unwrap_or(rest);
        let from = |at: usize| part.get(at..).unwrap_or_default();
        let windows = part.iter().zip(from(1)).zip(from(2)).zip(from(3)).zip(from(4));
        let near = windows.fold(0u8, |n, ((((a, b), c), d), e)| {
            n.wrapping_add(u8::from(other(a) & is_letter(*b) & other(c) & is_letter(*d) & other(e)))
        });
        total += usize::from(near);
        rest = rest.get(STRIDE..).unwrap_or_default();
    }
    total
}

/// How many bytes stand between two others as `is` says. Without branches, so that the compiler makes it a few
/// instructions for sixteen bytes: this runs over all text.
fn count_triples(bytes: &[u8], is: impl Fn(u8, u8, u8) -> bool) -> usize {
    const STRIDE: usize = 128; // fits a byte counter
    let mut total = 0;
    let mut rest = bytes;
    while rest.len() > 2 {
        let part = rest.get(..STRIDE + 2).unwrap_or(rest);
        let (second, third) = (part.get(1..).unwrap_or_default(), part.get(2..).unwrap_or_default());
        let triples = part.iter().zip(second).zip(third);
        total += usize::from(triples.fold(0u8, |n, ((a, b), c)| n.wrapping_add(u8::from(is(*a, *b, *c)))));
        rest = rest.get(STRIDE..).unwrap_or_default();
    }
    total
}

fn is_letter(b: u8) -> bool {
    (b | 0x20).wrapping_sub(b'a') < 26
}

/// Whether [`leet_letter`] reads `b` as a letter, without branches.
fn is_leet(b: u8) -> bool {
    (b == b'0')
        | (b == b'1')
        | (b == b'3')
        | (b == b'4')
        | (b == b'5')
        | (b == b'7')
        | (b == b'@')
        | (b == b'$')
        | (b == b'!')
}

/// Drops the one separator between two letters that stand alone; wider gaps stay and part words.
fn join_spaced<'t>(view: &View<'t>) -> View<'t> {
    let mut out = String::with_capacity(view.text.len());
    let mut map = OffsetMap::new(view.map.text);
    let chars: Vec<(usize, char)> = view.text.char_indices().collect();
    let is_letter = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(|(_, c)| c.is_alphanumeric());
    let alone = |i: usize| is_letter(Some(i)) && !is_letter(i.checked_sub(1)) && !is_letter(Some(i + 1));
    for (i, (at, c)) in chars.iter().enumerate() {
        if !c.is_alphanumeric() && i > 0 && alone(i - 1) && alone(i + 1) {
            continue;
        }
        map.mark(out.len(), view.map.start_of(*at));
        out.push(*c);
    }
    map.close(out.len());
    View { text: Cow::Owned(out), map }
}

/// Maps `text` character by character.
fn mapped(text: &str, fold: impl Fn(char, &mut String)) -> View<'_> {
    let mut out = String::with_capacity(text.len());
    let mut map = OffsetMap::new(text);
    for (at, c) in text.char_indices() {
        map.mark(out.len(), at);
        fold(c, &mut out);
    }
    map.close(out.len());
    View { text: Cow::Owned(out), map }
}

/// Where the bytes of a view came from: breakpoints at which the distance between view and source changes.
/// INVARIANT: both positions never decrease from one breakpoint to the next.
#[derive(Clone, Debug)]
struct OffsetMap<'t> {
    text: &'t str,
    marks: Vec<(u32, u32)>,
}

impl<'t> OffsetMap<'t> {
    /// The identity.
    fn new(text: &'t str) -> Self {
        Self { text, marks: Vec::new() }
    }

    /// The view's byte `view` begins a character that stands at `source`.
    fn mark(&mut self, view: usize, source: usize) {
        let (last_view, last_source) = self.marks.last().map_or((0, 0), |m| (m.0 as usize, m.1 as usize));
        if view.wrapping_sub(last_view) == source.wrapping_sub(last_source) {
            return;
        }
        // Bodies are bounded by MAX_BODY_BYTES and views by MAX_VIEW_GROWTH, far below u32::MAX.
        let (view, source) =
            (u32::try_from(view).unwrap_or(u32::MAX), u32::try_from(source).unwrap_or(u32::MAX));
        match self.marks.last_mut() {
            Some(last) if last.0 == view => last.1 = source,
            _ => self.marks.push((view, source)),
        }
    }

    /// The view ends at `view`, and with it the source.
    fn close(&mut self, view: usize) {
        self.mark(view, self.text.len());
    }

    fn source(&self, range: Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(self.start_of(range.start));
        let end = self.text.ceil_char_boundary(self.end_of(range.end));
        start..end.max(start)
    }

    /// Where the character with the view's byte `at` begins.
    fn start_of(&self, at: usize) -> usize {
        let after = self.marks.partition_point(|m| m.0 as usize <= at);
        let (guess, limit) = self.interpolate(at, after);
        guess.min(limit.saturating_sub(1))
    }

    /// Where the character before the view's byte `at` ends: characters dropped after it are left out.
    fn end_of(&self, at: usize) -> usize {
        let after = self.marks.partition_point(|m| (m.0 as usize) < at);
        let (guess, limit) = self.interpolate(at, after);
        guess.min(limit)
    }

    /// The source of the view's byte `at`, counted from the mark before `after`, and where that mark's part ends.
    fn interpolate(&self, at: usize, after: usize) -> (usize, usize) {
        let before = after.checked_sub(1).and_then(|i| self.marks.get(i));
        let (view, source) = before.map_or((0, 0), |m| (m.0 as usize, m.1 as usize));
        let limit = self.marks.get(after).map_or(self.text.len(), |m| m.1 as usize);
        (source + (at - view), limit)
    }
}

/// Whether there is a control character that shows nothing. Without branches within a stride, like [`count_triples`].
fn has_hidden_controls(bytes: &[u8]) -> bool {
    const STRIDE: usize = 64;
    bytes.chunks(STRIDE).any(|chunk| chunk.iter().fold(false, |any, b| any | is_hidden_control(*b)))
}

/// Control characters other than the white space among them.
fn is_hidden_control(b: u8) -> bool {
    ((b < 0x20) & (b.wrapping_sub(b'\t') > b'\r' - b'\t')) | (b == 0x7f)
}

/// Appends the folded form of `c`.
fn fold_char(c: char, out: &mut String) {
    if let Ok(ascii) = u8::try_from(c)
        && ascii.is_ascii()
    {
        if !is_hidden_control(ascii) {
            out.push(c);
        }
    } else if is_invisible(c) {
    } else if let Some(plain) = plain_form(c) {
        out.push_str(plain);
    } else if let Some(ascii) = digit_or_enclosed(c) {
        out.push(ascii);
    } else {
        decompose(c, out);
    }
}

/// Appends the ASCII look-alike of `c`, or its folded form.
fn skeleton_char(c: char, out: &mut String) {
    match ascii_look_alike(c) {
        Some(ascii) if !c.is_ascii() => out.push(ascii),
        _ => fold_char(c, out),
    }
}

/// Appends the compatibility decomposition of `c` in lower case without its combining marks, if that keeps within
/// [`MAX_VIEW_GROWTH`].
fn decompose(c: char, out: &mut String) {
    match decomposition(c) {
        Some(text) => out.push_str(text),
        None => out.extend(c.to_lowercase()),
    }
}

/// What a character of the table is folded to; `None` when only its case is.
fn decomposition(c: char) -> Option<&'static str> {
    let code = u32::from(c);
    let runs = RUNS.partition_point(|(first, _, _)| *first <= code);
    let (first, len, index) = RUNS.get(runs.checked_sub(1)?)?;
    let offset = u16::try_from(code - first).ok().filter(|offset| offset < len)?;
    let at = usize::from(index + offset);
    let end = |at: usize| DECOMPOSITION_ENDS.get(at).copied().map(usize::from);
    let start = at.checked_sub(1).map_or(Some(0), end)?;
    DECOMPOSITIONS.get(start..end(at)?)
}

/// Whether `c` shows nothing: zero-width, bidirectional controls, variation selectors, tags, fillers, soft hyphen.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
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

/// The letter a digit or sign stands for, 0 for none.
fn leet_letter(b: u8) -> u8 {
    match b {
        b'0' => b'o',
        b'1' | b'!' => b'i',
        b'3' => b'e',
        b'4' | b'@' => b'a',
        b'5' | b'$' => b's',
        b'7' => b't',
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
