//! Tokens -> the words of phrases that they are or begin with. A text has a token every few bytes and few of them are
//! words of a phrase: a bit for each hash turns the others away, and it fits the first cache. It knows spellings and
//! pattern numbers, nothing else.

use super::tokens::Letters;

/// Logarithm of the number of bits for whole words: one in thirty is set.
const WORD_BITS: u32 = 16;
/// Logarithm of the number of bits for beginnings of words.
const STEM_BITS: u32 = 13;
/// Logarithm of the number of chains of each.
const CHAIN_BITS: u32 = 10;
/// Fewest letters of a beginning: those that are hashed.
pub(super) const STEM_BYTES: usize = 4;

/// The words.
#[derive(Debug)]
pub(super) struct Dictionary {
    whole: Chains,
    stems: Chains,
}

/// Words by the hash of their letters.
#[derive(Debug)]
struct Chains {
    /// A bit for each hash that some word has.
    bits: Vec<u8>,
    /// Number of bits, as a logarithm.
    log: u32,
    /// The first entry of each chain: one more than its index, 0 for none.
    heads: Vec<u16>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    text: Box<[u8]>,
    pattern: u16,
    next: u16,
}

impl Dictionary {
    /// No words.
    pub fn new() -> Self {
        Self { whole: Chains::new(WORD_BITS), stems: Chains::new(STEM_BITS) }
    }

    /// Whether a word can be found here: letters and digits, and as many as are hashed.
    pub fn takes(text: &str, is_stem: bool) -> bool {
        text.bytes().all(|b| b.is_ascii_alphanumeric()) && text.len() >= if is_stem { STEM_BYTES } else { 1 }
    }

    /// Adds `text`, in lower case, as pattern `pattern`.
    pub fn add(&mut self, text: &str, is_stem: bool, pattern: u16) -> Result<(), String> {
        let letters = Letters::of(text.as_bytes(), 0, text.len());
        match is_stem {
            true => self.stems.add(text, stem_hash(letters), pattern),
            false => self.whole.add(text, word_hash(letters), pattern),
        }
    }

    /// Memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.whole.memory_bytes() + self.stems.memory_bytes()
    }

    /// Whether a token of these letters may be or begin with a word. Says yes to a few that are none.
    #[inline]
    pub fn may_have(&self, letters: Letters) -> bool {
        self.stems.may_have(stem_hash(letters)) | self.whole.may_have(word_hash(letters))
    }

    /// Calls `found` with every word that the token at `start..end` is or begins with, and the word's length: the
    /// shorter first.
    pub fn find(&self, text: &[u8], start: usize, end: usize, mut found: impl FnMut(u16, usize)) {
        let letters = Letters::of(text, start, end);
        let token = text.get(start..end).unwrap_or_default();
        let begins = |entry: &&Entry| {
            token.get(..entry.text.len()).is_some_and(|t| t.eq_ignore_ascii_case(&entry.text))
        };
        let stems = self.stems.chain(stem_hash(letters)).filter(begins);
        stems.for_each(|entry| found(entry.pattern, entry.text.len()));
        let is_it =
            |entry: &&Entry| entry.text.len() == token.len() && token.eq_ignore_ascii_case(&entry.text);
        let whole = self.whole.chain(word_hash(letters)).filter(is_it);
        whole.for_each(|entry| found(entry.pattern, entry.text.len()));
    }
}

/// The hash of a whole token.
#[inline]
fn word_hash(letters: Letters) -> u64 {
    (letters.low ^ letters.high.rotate_left(23)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// The hash of its first letters.
#[inline]
fn stem_hash(letters: Letters) -> u64 {
    (letters.low & 0xFFFF_FFFF).wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
}

impl Chains {
    fn new(log: u32) -> Self {
        Self { bits: vec![0; 1 << (log - 3)], log, heads: vec![0; 1 << CHAIN_BITS], entries: Vec::new() }
    }

    fn add(&mut self, text: &str, hash: u64, pattern: u16) -> Result<(), String> {
        let (byte, bit) = self.place(hash);
        if let Some(byte) = self.bits.get_mut(byte) {
            *byte |= bit;
        }
        let number = u16::try_from(self.entries.len() + 1).map_err(|e| e.to_string())?;
        let head = self.heads.get_mut(head(hash)).ok_or("a chain without a place")?;
        let next = std::mem::replace(head, number);
        self.entries.push(Entry { text: text.as_bytes().into(), pattern, next });
        Ok(())
    }

    #[inline]
    fn place(&self, hash: u64) -> (usize, u8) {
        let at = usize::try_from(hash >> (u64::BITS - self.log)).unwrap_or_default();
        (at >> 3, 1 << (at & 7))
    }

    #[inline]
    fn may_have(&self, hash: u64) -> bool {
        let (byte, bit) = self.place(hash);
        self.bits.get(byte).is_some_and(|byte| byte & bit != 0)
    }

    fn chain(&self, hash: u64) -> impl Iterator<Item = &Entry> {
        let entry = |number: u16| number.checked_sub(1).and_then(|at| self.entries.get(usize::from(at)));
        let first = entry(self.heads.get(head(hash)).copied().unwrap_or_default());
        std::iter::successors(first, move |last| entry(last.next))
    }

    fn memory_bytes(&self) -> usize {
        let texts: usize = self.entries.iter().map(|e| size_of::<Entry>() + e.text.len()).sum();
        self.bits.len() + size_of_val(self.heads.as_slice()) + texts
    }
}

/// The chain of a hash.
fn head(hash: u64) -> usize {
    usize::try_from(hash >> 20 & ((1 << CHAIN_BITS) - 1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(dictionary: &Dictionary, text: &str) -> Vec<(u16, usize)> {
        let mut all = Vec::new();
        dictionary.find(text.as_bytes(), 0, text.len(), |pattern, len| all.push((pattern, len)));
        all
    }

    #[test]
    fn tokens_are_the_words_they_are_and_begin_with() {
        let mut dictionary = Dictionary::new();
        let words = [
            ("ignore", false),
            ("ignor", true),
            ("no", false),
            ("averyverylongword12345", false),
            ("instructions", false),
        ];
        for (number, (word, is_stem)) in (0..).zip(words) {
            assert!(Dictionary::takes(word, is_stem));
            dictionary.add(word, is_stem, number).unwrap();
        }
        for (token, expected) in [
            ("Ignore", &[(1, 5), (0, 6)][..]),
            ("ignoring", &[(1, 5)]),
            ("NO", &[(2, 2)]),
            ("nob", &[]),
            ("averyverylongWORD12345", &[(3, 22)]),
            ("averyverylonger_ord12345", &[]),
            ("instructions", &[(4, 12)]),
            ("instructiins", &[]),
            ("ig", &[]),
        ] {
            assert_eq!(found(&dictionary, token), expected, "{token}");
        }
        assert!(!Dictionary::takes("don't", false) && !Dictionary::takes("ign", true));
    }
}
