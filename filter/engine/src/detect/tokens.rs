//! Text in ASCII -> its runs of letters and digits, and their first and last letters as numbers. It knows bytes and nothing
//! of what they mean; the classifier and the dictionary read the same tokens.

use crate::lanes;

/// Sets the bit that tells lower case from upper in eight letters.
const LOWER: u64 = 0x2020_2020_2020_2020;

/// The letters of a token in lower case, the first in the lowest byte, with zeros where it has none. All of a token of up
/// to sixteen bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Letters {
    /// The first eight.
    pub low: u64,
    /// The last eight, of a token that is longer than that.
    pub high: u64,
}

impl Letters {
    /// Of the token at `start..end`. What differs from word to word is chosen without branches, which nothing could
    /// predict.
    #[inline]
    pub fn of(text: &[u8], start: usize, end: usize) -> Self {
        let len = end - start;
        let head = match text.get(start..start + 8).and_then(|b| b.try_into().ok()) {
            Some(bytes) => u64::from_le_bytes(bytes),
            None => tail(text.get(start..end).unwrap_or_default()),
        };
        let low = (head | LOWER) & (u64::MAX >> (64 - 8 * len.clamp(1, 8)));
        let last = end.checked_sub(8).and_then(|at| text.get(at..end)).and_then(|b| b.try_into().ok());
        let high = (last.map_or(0, u64::from_le_bytes) | LOWER) & all_if(len > 8);
        Self { low, high }
    }
}

/// All bits, or none.
#[inline]
pub(super) fn all_if(condition: bool) -> u64 {
    u64::from(condition).wrapping_neg()
}

/// The bytes of a token at the end of the text, where eight cannot be read at once.
fn tail(bytes: &[u8]) -> u64 {
    let mut eight = [0u8; 8];
    eight.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(eight)
}

/// Calls `token` with every run of letters and digits. 64 bytes make a mask whose edges are walked: a branch for every byte
/// would cost more than all the rest.
pub(super) fn ascii_tokens(text: &[u8], mut token: impl FnMut(usize, usize)) {
    let (mut inside, mut start) = (false, 0);
    for (number, chunk) in text.chunks(64).enumerate() {
        let mask = word_mask(chunk);
        let mut edges = mask ^ (mask << 1 | u64::from(inside));
        while edges != 0 {
            let at = number * 64 + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            if inside {
                token(start, at);
            }
            (inside, start) = (!inside, at);
        }
    }
    if inside {
        token(start, text.len());
    }
}

/// Which of up to 64 bytes are ASCII letters or digits, the first in the lowest bit.
#[inline]
pub(super) fn word_mask(chunk: &[u8]) -> u64 {
    lanes::mask(chunk, b' ', |bytes| bytes.letters().or(bytes.digits()))
}
