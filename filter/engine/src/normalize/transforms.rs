//! The names of what was undone in a view: a small set that a finding carries, so that people and scores see how a
//! text was hidden. It knows no text.

use std::ops::BitOr;

/// A set of transforms, in no order. Empty for a finding that stands in the text as everybody reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Transforms(u32);

impl Transforms {
    /// No transform: the plain text.
    pub const NONE: Self = Self(0);
    /// Characters that show nothing stood between others.
    pub const ZERO_WIDTH: Self = Self(1);
    /// Combining marks in stacks, through letters or around them.
    pub const COMBINING: Self = Self(1 << 1);
    /// Full-width, mathematical, circled letters and the like.
    pub const COMPATIBILITY: Self = Self(1 << 2);
    /// Look-alikes of ASCII letters from other scripts (UTS 39).
    pub const HOMOGLYPH: Self = Self(1 << 3);
    /// Text spelled in Unicode tag characters.
    pub const TAGS: Self = Self(1 << 4);
    /// Digits and signs that stand for letters.
    pub const LEET: Self = Self(1 << 5);
    /// Letters that stood apart.
    pub const SPACED: Self = Self(1 << 6);
    /// Text written backwards, as a whole or word by word.
    pub const REVERSED: Self = Self(1 << 7);
    /// ROT13.
    pub const ROT13: Self = Self(1 << 8);
    /// Base64 (RFC 4648, both alphabets).
    pub const BASE64: Self = Self(1 << 9);
    /// Base32 (RFC 4648).
    pub const BASE32: Self = Self(1 << 10);
    /// Hexadecimal.
    pub const HEX: Self = Self(1 << 11);
    /// URL percent encoding (RFC 3986).
    pub const PERCENT: Self = Self(1 << 12);
    /// HTML character references.
    pub const HTML_ENTITY: Self = Self(1 << 13);
    /// Quoted-printable (RFC 2045).
    pub const QUOTED_PRINTABLE: Self = Self(1 << 14);
    /// JSON, Unicode and C escapes.
    pub const ESCAPE: Self = Self(1 << 15);
    /// Accents, ligatures, digits of other scripts: ordinary writing that folding changes too. Never named.
    pub(super) const SPELLING: Self = Self(1 << 31);

    /// Each transform with its name, as events write it.
    pub const NAMES: &[(Self, &str)] = &[
        (Self::ZERO_WIDTH, "zero_width"),
        (Self::COMBINING, "combining"),
        (Self::COMPATIBILITY, "compatibility"),
        (Self::HOMOGLYPH, "homoglyph"),
        (Self::TAGS, "tags"),
        (Self::LEET, "leet"),
        (Self::SPACED, "spaced"),
        (Self::REVERSED, "reversed"),
        (Self::ROT13, "rot13"),
        (Self::BASE64, "base64"),
        (Self::BASE32, "base32"),
        (Self::HEX, "hex"),
        (Self::PERCENT, "percent"),
        (Self::HTML_ENTITY, "html_entity"),
        (Self::QUOTED_PRINTABLE, "quoted_printable"),
        (Self::ESCAPE, "escape"),
    ];

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// Whether all of `others` are among these.
    pub fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// These without `others`.
    pub(crate) fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// How many of these hide a text and serve nothing else. Escapes, character references and percent signs are how
    /// JSON, HTML and addresses are written; wide letters and marks are how people write.
    pub fn disguises(self) -> u32 {
        const ORDINARY: u32 = Transforms::COMPATIBILITY.0
            | Transforms::PERCENT.0
            | Transforms::HTML_ENTITY.0
            | Transforms::QUOTED_PRINTABLE.0
            | Transforms::ESCAPE.0
            | Transforms::SPELLING.0;
        (self.0 & !ORDINARY).count_ones()
    }

    /// The names, in the order of [`Self::NAMES`].
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().filter(move |(one, _)| self.contains(*one)).map(|(_, name)| *name)
    }

    /// Those that have a name.
    pub(super) fn named(self) -> Self {
        self.without(Self::SPELLING)
    }
}

impl BitOr for Transforms {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
