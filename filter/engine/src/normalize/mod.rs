//! Views of a segment's text in which obfuscation is undone, with an offset map back to the text. Output never
//! grows past [`MAX_VIEW_GROWTH`], and every view is made in one linear pass. This module knows Unicode and
//! nothing else: no rule, no role, no policy. Folding works character by character, so that every byte of a view
//! has one source and a stream can be folded in any pieces.

mod confusables;
mod decompositions;
mod fold;
mod leet;
mod offset;
mod skeleton;
mod spaced;

use std::borrow::Cow;
use std::ops::Range;

pub use fold::{folded, is_invisible};
pub use leet::unleeted;
use offset::OffsetMap;
pub use skeleton::{skeleton, tagged};
pub use spaced::unspaced;

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

#[cfg(test)]
mod tests;
