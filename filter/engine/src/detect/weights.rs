//! A table of the classifier's weights, expanded once from the canonical Huffman code it ships in: the filter is smaller by
//! 114 kB, and a weight is still one byte that one load finds. It knows the code and no meaning of a weight;
//! `huffman.py` in `filter/model` writes what this file reads. Memory and work are fixed before the first byte is read.

/// Logarithm of a table's length.
pub(super) const TABLE_BITS: u32 = 17;
/// Weights of a table.
pub(super) const TABLE_LEN: usize = 1 << TABLE_BITS;
/// Longest code, in bits: 12 lose nothing that matters against the best code of any length.
const LONGEST: u8 = 12;

/// What is wrong with a file that is cut off.
const CUT: &str = "it ends too early";

/// A weight for each place, as bytes that are signed.
pub(super) type Weights = Box<[u8; TABLE_LEN]>;

/// The table that `file` begins with, and what comes behind it.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn read(file: &[u8]) -> Result<(Weights, &[u8]), &'static str> {
    let (lowest, lengths, rest) = lengths(file).ok_or(CUT)?;
    let code = Code::new(lowest, lengths).ok_or("its code lengths are no code")?;
    let (stream, rest) = stream(rest).ok_or(CUT)?;
    Ok((code.expand(stream).ok_or("a table does not end with its bytes")?, rest))
}

/// The lowest weight, the code lengths from that one on, and what comes behind.
fn lengths(file: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let ([lowest, count], rest) = file.split_first_chunk()?;
    let (lengths, rest) = rest.split_at_checked(usize::from(*count))?;
    Some((*lowest, lengths, rest))
}

/// The bytes of the codes, and what comes behind.
fn stream(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = file.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*size)).ok()?)
}

/// For all bits that can come next: the weight they begin with, and the length of its code.
/// INVARIANT: 2^LONGEST entries, lengths 1..=LONGEST.
struct Code(Vec<(u8, u8)>);

impl Code {
    /// `None` when not every sequence of bits has exactly one reading.
    fn new(lowest: u8, lengths: &[u8]) -> Option<Self> {
        let mut entries = Vec::with_capacity(1 << LONGEST);
        for length in 1..=LONGEST {
            for (number, _) in (0..=u8::MAX).zip(lengths).filter(|(_, own)| **own == length) {
                let end = entries.len() + (1 << (LONGEST - length));
                // Also keeps a wild file from taking memory.
                (end <= 1 << LONGEST).then_some(())?;
                entries.resize(end, (lowest.wrapping_add(number), length));
            }
        }
        let is_code = entries.len() == 1 << LONGEST && lengths.iter().all(|length| *length <= LONGEST);
        is_code.then_some(Self(entries))
    }

    /// `None` when the table's last bit is not in the last byte of `stream`.
    fn expand(&self, stream: &[u8]) -> Option<Weights> {
        let mut table = Vec::with_capacity(TABLE_LEN);
        // The low `held` bits of `bits` are read and not used. INVARIANT: held < LONGEST + 8.
        let (mut bits, mut held) = (0u32, 0u8);
        let (mut bytes, mut beyond) = (stream.iter(), 0u8);
        while table.len() < TABLE_LEN {
            while held < LONGEST {
                // Behind the end come zeros, so that the last codes can be looked up.
                let byte = bytes.next().copied().unwrap_or_else(|| {
                    beyond = beyond.saturating_add(1);
                    0
                });
                (bits, held) = (bits << 8 | u32::from(byte), held + 8);
            }
            let next = bits >> (held - LONGEST) & ((1 << LONGEST) - 1);
            let (weight, length) = self.0.get(usize::try_from(next).ok()?)?;
            held -= length;
            table.push(*weight);
        }
        // Whole bytes that are left over, or fewer bits than needed.
        let is_whole = bytes.len() == 0 && held / 8 == beyond;
        is_whole.then_some(table.into_boxed_slice().try_into().ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table as `huffman.py` writes it: the weights -1, 0 and 1 with codes of 2, 1 and 2 bits.
    fn file(stream: &[u8]) -> Vec<u8> {
        let size = u32::try_from(stream.len()).unwrap().to_le_bytes();
        [&[0xFF, 3, 2, 1, 2][..], &size, stream].concat()
    }

    /// A table of zeros but for its first four weights -1, 1, 0, -1, codes 10 11 0 10.
    fn sparse() -> Vec<u8> {
        let mut stream = vec![0; (TABLE_LEN + 3).div_ceil(8)];
        *stream.first_mut().unwrap() = 0b1011_0100;
        stream
    }

    #[test]
    fn a_table_is_expanded_and_the_rest_is_given_back() {
        let mut bytes = file(&sparse());
        bytes.extend(b"rest");
        let (table, rest) = read(&bytes).unwrap();
        assert_eq!(table.first_chunk(), Some(&[0xFF, 1, 0, 0xFF]));
        assert!(table.iter().skip(4).all(|w| *w == 0));
        assert_eq!(rest, b"rest");
    }

    #[test]
    fn a_table_cut_anywhere_is_refused() {
        let bytes = file(&sparse());
        for cut in (0..20).chain(bytes.len() - 20..bytes.len()) {
            assert_eq!(read(bytes.get(..cut).unwrap()).err(), Some("it ends too early"), "{cut}");
        }
    }

    #[test]
    fn a_stream_of_another_length_is_refused() {
        let right = sparse();
        let long = [&right[..], &[0]].concat();
        let short = right.get(2..).unwrap();
        for stream in [&[][..], &[0xFF], short, &long, &[0xFF; 16_000], &[0; 20_000]] {
            let refused = read(&file(stream)).err();
            assert_eq!(refused, Some("a table does not end with its bytes"), "{}", stream.len());
        }
    }

    #[test]
    fn lengths_that_are_no_code_are_refused() {
        let cases: [&[u8]; 9] =
            [&[], &[0], &[1], &[1, 0], &[1, 1, 1], &[1, 1, 13], &[1, 2, 255], &[12; 255], &[1; 255]];
        for lengths in cases {
            assert!(Code::new(0, lengths).is_none(), "{lengths:?}");
        }
        assert!(Code::new(0, &[1, 2, 3, 3]).is_some());
    }
}
