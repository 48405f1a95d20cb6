//! The ABI's encoding of header lists. Values are bytes, never text: one non-UTF-8 byte from a client must not
//! stop a worker. Decoding trusts no length in the input.

use std::ops::Range;

/// A header list as the proxy gave it, read once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderMap {
    bytes: Vec<u8>,
    spans: Vec<(Range<usize>, Range<usize>)>,
}

impl HeaderMap {
    /// Reads the ABI's encoding: a count, then the lengths of every name and value, then names and values, each
    /// with a zero byte after it. All numbers are little-endian `u32`. `None` when it is not that.
    pub fn decode(bytes: Vec<u8>) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::default());
        }
        let count = number_at(&bytes, 0)?;
        let mut cursor = count.checked_mul(8)?.checked_add(4)?;
        if cursor > bytes.len() {
            return None;
        }
        let mut spans = Vec::with_capacity(count);
        for lengths in (4..cursor).step_by(8) {
            let name = span(&bytes, &mut cursor, number_at(&bytes, lengths)?)?;
            let value = span(&bytes, &mut cursor, number_at(&bytes, lengths.checked_add(4)?)?)?;
            spans.push((name, value));
        }
        Some(Self { bytes, spans })
    }

    /// The headers, in order.
    pub fn pairs(&self) -> Vec<(&[u8], &[u8])> {
        self.spans.iter().map(|(name, value)| (self.slice(name), self.slice(value))).collect()
    }

    /// First value of a header; the name is lower case.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        let (_, value) = self.spans.iter().find(|(n, _)| self.slice(n) == name.as_bytes())?;
        Some(self.slice(value))
    }

    fn slice(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.get(range.clone()).unwrap_or_default()
    }
}

/// Writes the ABI's encoding of a header list.
pub fn encode(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut out = length(pairs.len()).to_vec();
    for (name, value) in pairs {
        out.extend(length(name.len()));
        out.extend(length(value.len()));
    }
    for text in pairs.iter().flat_map(|(name, value)| [name, value]) {
        out.extend(text.as_bytes());
        out.push(0);
    }
    out
}

fn length(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes()
}

fn number_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
}

/// The next `len` bytes at `cursor`, which moves behind their zero byte.
fn span(bytes: &[u8], cursor: &mut usize, len: usize) -> Option<Range<usize>> {
    let end = cursor.checked_add(len)?;
    bytes.get(end)?;
    let range = *cursor..end;
    *cursor = end.checked_add(1)?;
    Some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_list_is_read_as_it_was_written() {
        for pairs in [vec![], vec![(":path", "/"), ("x", ""), ("x", "ü")], vec![("", "")]] {
            let map = HeaderMap::decode(encode(&pairs)).unwrap();
            let want: Vec<_> = pairs.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
            assert_eq!(map.pairs(), want);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let mut bytes = encode(&[("x", "a?")]);
        let at = bytes.len() - 2;
        bytes[at] = 0xff;
        assert_eq!(HeaderMap::decode(bytes).unwrap().first("x"), Some(&b"a\xff"[..]));
    }

    #[test]
    fn a_list_cut_at_any_byte_or_with_a_wild_length_is_refused() {
        let whole = encode(&[("a", "b"), ("cc", "dd")]);
        for cut in 1..whole.len() {
            assert_eq!(HeaderMap::decode(whole[..cut].to_vec()), None, "cut at {cut}");
        }
        for at in [0, 4, 8] {
            let mut wild = whole.clone();
            wild[at + 3] = 0xff;
            assert_eq!(HeaderMap::decode(wild), None, "length at {at}");
        }
    }
}
