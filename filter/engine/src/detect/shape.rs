//! Identifiers by their layout: which places hold digits, which letters, and what stands between. All layouts of all
//! rules are one trie over classes of bytes, so a token is read once however many rules there are. It knows nothing of
//! countries; check digits and the words around an identifier are its rules' business.
//!
//! The notation, one layout per string: `9` is a digit, `A` a letter, `X` either, anything else itself. `_` is a
//! space, a hyphen or nothing, the same all through. A leading `?` marks a layout that other numbers have as well,
//! which therefore proves nothing.

use super::{Matcher, REGISTRY};

/// A rule that is an identifier.
#[derive(Debug)]
pub(super) struct Shape {
    /// In the notation of this module.
    pub layouts: &'static [&'static str],
    /// Whether the letters (in upper case) and digits of a text with this layout can be such an identifier.
    pub check: fn(Id<'_>) -> bool,
    /// What it takes beyond layout and check.
    pub proof: Proof,
    /// Words that say what the identifier is: lower case, without accents. They begin a word; those of up to
    /// [`super::context::MAX_EXACT_BYTES`] are the whole of it.
    pub words: &'static [&'static [&'static str]],
}

/// What makes an identifier one, beyond its layout and its check. Nothing else is needed where a word says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Proof {
    /// Neither layout nor check tell it from other numbers: a word must.
    Words,
    /// No check digit, but letters and digits in places and ranges of its own: nothing but this in a user's message.
    Layout,
    /// No check digit, but a grouping of its own.
    Grouped,
    /// One check digit: nothing but this in a user's message.
    Digit,
    /// One check digit and a grouping of its own: either, or nothing but this in a user's message.
    GroupedDigit,
    /// A check that one number in fifty or fewer passes.
    Strong,
}

/// The letters and digits of an identifier. Places that do not exist, or hold no digit, read as 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Id<'a>(pub &'a [u8]);

impl Id<'_> {
    /// How many there are.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// The byte at `at`.
    pub fn byte(self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    /// The digit at `at`.
    pub fn digit(self, at: usize) -> u32 {
        char::from(self.byte(at)).to_digit(10).unwrap_or(0)
    }

    /// The part of up to `len` from `from`.
    pub fn part(self, from: usize, len: usize) -> Self {
        let rest = self.0.get(from..).unwrap_or_default();
        Self(rest.get(..len).unwrap_or(rest))
    }

    /// The number that up to 18 digits spell.
    pub fn number(self, from: usize, len: usize) -> u64 {
        let digits = self.part(from, len.min(18)).0.iter().filter_map(|b| char::from(*b).to_digit(10));
        digits.fold(0, |n, digit| n * 10 + u64::from(digit))
    }

    /// The sum of digits times `weights`, from `from`.
    pub fn weighted(self, from: usize, weights: &[u32]) -> u32 {
        weights.iter().enumerate().map(|(i, weight)| weight * self.digit(from + i)).sum()
    }

    /// Whether all of it are digits.
    pub fn is_number(self) -> bool {
        self.0.iter().all(u8::is_ascii_digit)
    }

    /// Whether it is more than one digit or letter over and over.
    pub fn is_varied(self) -> bool {
        self.0.iter().zip(self.0.iter().skip(1)).any(|(a, b)| a != b)
    }

    /// Whether it begins with one of `prefixes`.
    pub fn starts(self, prefixes: &[&str]) -> bool {
        prefixes.iter().any(|prefix| self.0.starts_with(prefix.as_bytes()))
    }
}

/// What a layout that has been read stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accept {
    /// Registry index.
    pub rule: u16,
    /// Whether it was written in groups of its own.
    pub is_grouped: bool,
    /// Whether other numbers are written like this as well.
    pub is_doubtful: bool,
}

/// All layouts.
#[derive(Debug)]
pub(super) struct Shapes {
    /// The next node by class of byte; 0 for none.
    nodes: Vec<[u16; CLASSES]>,
    accepts: Vec<Vec<Accept>>,
}

const CLASSES: usize = 8;
const DIGIT: usize = 0;
const LETTER: usize = 1;

impl Shapes {
    /// Reads the layouts of the registry.
    pub fn new() -> Result<Self, String> {
        let mut shapes = Self { nodes: vec![[0; CLASSES]], accepts: vec![Vec::new()] };
        for (index, rule) in REGISTRY.iter().enumerate() {
            let index = u16::try_from(index).map_err(|e| e.to_string())?;
            let Matcher::Id(shape) = &rule.matcher else { continue };
            for layout in shape.layouts {
                shapes.layout(index, layout)?;
            }
        }
        Ok(shapes)
    }

    /// Calls `found` with the end of every layout that `text` has at `from`, shorter ones first.
    pub fn walk(&self, text: &[u8], from: usize, mut found: impl FnMut(usize, &[Accept])) {
        let mut node = 0;
        for (at, byte) in text.iter().enumerate().skip(from) {
            let next = class(*byte).and_then(|class| self.nodes.get(node)?.get(class));
            node = next.copied().map_or(0, usize::from);
            match self.accepts.get(node) {
                Some(accepts) if node != 0 && !accepts.is_empty() => found(at + 1, accepts),
                _ if node == 0 => return,
                _ => {}
            }
        }
    }

    /// Memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let accepts: usize = self.accepts.iter().map(|a| size_of_val(a.as_slice())).sum();
        size_of_val(self.nodes.as_slice()) + size_of_val(self.accepts.as_slice()) + accepts
    }

    fn layout(&mut self, rule: u16, layout: &str) -> Result<(), String> {
        let plain = layout.trim_start_matches('?');
        let joints: &[&str] = if plain.contains('_') { &["", " ", "-"] } else { &[""] };
        for joint in joints {
            let written = plain.replace('_', joint);
            let is_doubtful = plain.len() < layout.len();
            let in_groups = written.bytes().any(|b| !b.is_ascii_alphanumeric());
            let accept = Accept { rule, is_grouped: in_groups && !is_doubtful, is_doubtful };
            self.insert(&written, accept)?;
        }
        Ok(())
    }

    fn insert(&mut self, written: &str, accept: Accept) -> Result<(), String> {
        let mut ends = vec![0usize];
        for symbol in written.bytes() {
            let classes = match symbol {
                b'9' => vec![DIGIT],
                b'A' => vec![LETTER],
                b'X' => vec![DIGIT, LETTER],
                other => vec![class(other).filter(|c| *c > LETTER).ok_or("not a layout")?],
            };
            let mut next = Vec::with_capacity(ends.len() * classes.len());
            for end in ends {
                for class in &classes {
                    next.push(self.child(end, *class)?);
                }
            }
            ends = next;
        }
        for end in ends {
            let accepts = self.accepts.get_mut(end).ok_or("a node without a place")?;
            if !accepts.contains(&accept) {
                accepts.push(accept);
            }
        }
        Ok(())
    }

    fn child(&mut self, node: usize, class: usize) -> Result<usize, String> {
        let new = self.nodes.len();
        let slot = self.nodes.get_mut(node).and_then(|n| n.get_mut(class)).ok_or("a node without a place")?;
        if *slot != 0 {
            return Ok(usize::from(*slot));
        }
        *slot = u16::try_from(new).map_err(|_| "more than 65536 places in layouts")?;
        self.nodes.push([0; CLASSES]);
        self.accepts.push(Vec::new());
        Ok(new)
    }
}

fn class(byte: u8) -> Option<usize> {
    Some(match byte {
        b'0'..=b'9' => DIGIT,
        b'a'..=b'z' | b'A'..=b'Z' => LETTER,
        b' ' => 2,
        b'-' => 3,
        b'.' => 4,
        b'/' => 5,
        b'+' => 6,
        b'(' | b')' => 7,
        _ => return None,
    })
}
