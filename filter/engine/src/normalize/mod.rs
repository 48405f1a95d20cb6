//! Views of a segment's text in which obfuscation is undone, with an exact offset map back to the text. A view is made
//! in one linear pass from the text or from another view, so that disguises within disguises are read too; it never
//! grows past [`MAX_VIEW_GROWTH`]. This module knows writing and nothing else: no rule, no role, no policy.
//!
//! [`folded`] is the first view of every text. [`Survey`] looks over a view, at a fraction of a nanosecond per byte, for
//! what the other views undo; they are made of windows around what it saw, never of clean text.

mod confusables;
mod decode;
mod decompositions;
mod fold;
mod leet;
mod lower_case;
mod offset;
mod reversed;
mod rot13;
mod skeleton;
mod spaced;
mod survey;
mod transforms;

use std::borrow::Cow;
use std::ops::Range;

pub use decode::decoded;
pub(crate) use fold::lower_case;
pub use fold::{folded, is_invisible, refolded};
pub use leet::{Doubtful, leet_spelling, unleeted};
use offset::OffsetMap;
pub use reversed::{backwards, reversed, words_reversed};
pub use rot13::{rot13, rotated};
pub use skeleton::{skeleton, skeleton_of, tagged, tagged_of};
pub use spaced::unspaced;
pub use survey::Survey;
pub use transforms::Transforms;

/// Most bytes a view may have per byte of its source. Characters that would expand further are kept as they are.
pub const MAX_VIEW_GROWTH: usize = 4;

/// A text as rules see it, and where each of its bytes came from.
#[derive(Clone, Debug)]
pub struct View<'v> {
    /// The text rules run on.
    pub text: Cow<'v, str>,
    map: Map,
    parent: Option<&'v View<'v>>,
}

/// How a view's bytes lie in its source.
#[derive(Clone, Debug)]
enum Map {
    Same,
    Runs(OffsetMap),
    /// Character by character from the end.
    Backwards,
    /// Byte by byte, and everything was undone.
    All(Transforms),
}

impl<'v> View<'v> {
    /// The text as it is.
    pub fn raw(text: &'v str) -> Self {
        Self { text: Cow::Borrowed(text), map: Map::Same, parent: None }
    }

    /// A view made from the text, or from `parent`.
    fn made(text: String, map: Map, parent: Option<&'v View<'v>>) -> Self {
        Self { text: Cow::Owned(text), map, parent }
    }

    /// The range of the text that `range` of this view came from, on character boundaries of the text.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        let within = self.within_source(range);
        self.parent.map_or(within.clone(), |parent| parent.source(within))
    }

    /// What was undone between the text and `range` of this view.
    pub fn transforms(&self, range: Range<usize>) -> Transforms {
        let own = self.own(&range);
        let parent = self.parent.map_or(Transforms::NONE, |p| p.transforms(self.within_source(range)));
        (own | parent).named()
    }

    /// Whether this view, and not the one it was made from, shows what stands in `range`. Folding the accents of
    /// something decoded belongs to decoding it.
    pub fn reveals(&self, range: &Range<usize>) -> bool {
        let own = self.own(range);
        let above = || self.parent.is_some_and(|p| p.reveals(&self.within_source(range.clone())));
        !own.named().is_empty() || (own == Transforms::SPELLING && above())
    }

    /// Whether the words of `range` were put together from letters, so that nobody knows where one ends.
    pub fn is_joined(&self, range: &Range<usize>) -> bool {
        self.own(range).contains(Transforms::SPACED)
            || self.parent.is_some_and(|p| p.is_joined(&self.within_source(range.clone())))
    }

    fn own(&self, range: &Range<usize>) -> Transforms {
        match &self.map {
            Map::Same => Transforms::NONE,
            Map::Runs(map) => map.by(range),
            Map::Backwards => Transforms::REVERSED,
            Map::All(by) => *by,
        }
    }

    /// The range of the text or view that this one was made from.
    fn within_source(&self, range: Range<usize>) -> Range<usize> {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.ceil_char_boundary(range.end).max(start);
        match &self.map {
            Map::Same | Map::All(_) => start..end,
            Map::Runs(map) => map.source(start..end),
            Map::Backwards => self.text.len() - end..self.text.len() - start,
        }
    }
}

#[cfg(test)]
mod tests;
