//! Letters that stand alone -> words (`i g n o r e`, `i-g-n-o-r-e`).

use std::borrow::Cow;

use super::View;
use super::offset::OffsetMap;

/// A view with letters that stand alone joined (`i g n o r e`, `i-g-n-o-r-e`); `None` when the text has fewer
/// than [`MIN_SPACED_PAIRS`] pairs of them.
pub fn unspaced<'t>(view: &View<'t>) -> Option<View<'t>> {
    if count_spaced(view.text.as_bytes()) < MIN_SPACED_PAIRS {
        return None;
    }
    Some(join_spaced(view))
}

/// Fewest pairs of letters that stand alone side by side that make the unspaced view worth a scan.
pub const MIN_SPACED_PAIRS: usize = 5;

/// How many pairs of letters stand alone side by side (` x y `). Without branches.
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

pub(super) fn is_letter(b: u8) -> bool {
    (b | 0x20).wrapping_sub(b'a') < 26
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
