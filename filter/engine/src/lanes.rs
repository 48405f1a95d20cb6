//! Sixteen bytes at a time: comparisons whose answers are bits. What the compiler makes of a loop over bytes is, for
//! questions like these, several times slower in the filter than the instructions WebAssembly has for them; elsewhere the
//! loop does. It knows bytes and nothing of what they mean.

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use std::arch::wasm32 as simd;

/// Bytes compared at a time.
const WIDTH: usize = 16;

/// Sixteen bytes, or the answers for them: all bits or none.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lanes(simd::v128);

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Lanes {
    #[inline(always)]
    fn of(bytes: [u8; WIDTH]) -> Self {
        let [low, high] = halves(bytes);
        Self(simd::u64x2(low, high))
    }

    /// Which are `byte`.
    #[inline(always)]
    pub fn eq(self, byte: u8) -> Self {
        Self(simd::u8x16_eq(self.0, simd::u8x16_splat(byte)))
    }

    /// Which are `first` or one of the bytes behind it, `count` in all.
    #[inline(always)]
    pub fn among(self, first: u8, count: u8) -> Self {
        Self(simd::u8x16_lt(simd::u8x16_sub(self.0, simd::u8x16_splat(first)), simd::u8x16_splat(count)))
    }

    /// The bytes with upper case letters made lower case, and other bytes changed that are no letters.
    #[inline(always)]
    pub fn lower(self) -> Self {
        Self(simd::v128_or(self.0, simd::u8x16_splat(0x20)))
    }

    /// Either answer.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Self(simd::v128_or(self.0, other.0))
    }

    /// The answers, or the top bits of bytes: the first in the lowest bit.
    #[inline(always)]
    pub fn bits(self) -> u16 {
        simd::u8x16_bitmask(self.0)
    }
}

/// Sixteen bytes, or the answers for them: all bits or none.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lanes([u8; WIDTH]);

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
impl Lanes {
    #[inline(always)]
    fn of(bytes: [u8; WIDTH]) -> Self {
        Self(bytes)
    }

    /// Which are `byte`.
    #[inline(always)]
    pub fn eq(self, byte: u8) -> Self {
        Self(self.0.map(|b| all(b == byte)))
    }

    /// Which are `first` or one of the bytes behind it, `count` in all.
    #[inline(always)]
    pub fn among(self, first: u8, count: u8) -> Self {
        Self(self.0.map(|b| all(b.wrapping_sub(first) < count)))
    }

    /// The bytes with upper case letters made lower case, and other bytes changed that are no letters.
    #[inline(always)]
    pub fn lower(self) -> Self {
        Self(self.0.map(|b| b | 0x20))
    }

    /// Either answer.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        let mut either = self.0;
        either.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
        Self(either)
    }

    /// The answers, or the top bits of bytes: the first in the lowest bit.
    #[inline(always)]
    pub fn bits(self) -> u16 {
        // Eight top bits are gathered into one byte by a product.
        let gather =
            |half: u64| (half >> 7 & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        let [low, high] = halves(self.0).map(gather);
        u16::try_from(low | high << 8).unwrap_or_default()
    }
}

/// All bits, or none.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[inline(always)]
fn all(is: bool) -> u8 {
    if is { u8::MAX } else { 0 }
}

#[inline(always)]
fn halves(bytes: [u8; WIDTH]) -> [u64; 2] {
    u128_halves(u128::from_le_bytes(bytes))
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the halves of a number")]
fn u128_halves(both: u128) -> [u64; 2] {
    [both as u64, (both >> 64) as u64]
}

impl Lanes {
    /// Which are letters of ASCII.
    #[inline(always)]
    pub fn letters(self) -> Self {
        self.lower().among(b'a', 26)
    }

    /// Which are digits of ASCII.
    #[inline(always)]
    pub fn digits(self) -> Self {
        self.among(b'0', 10)
    }
}

/// Bytes whose answers fill a word.
pub(crate) const BLOCK: usize = 64;

/// The answers for up to sixty-four bytes, the first in the lowest bit. What is missing at the end of a text is `fill`.
#[inline(always)]
pub(crate) fn mask(text: &[u8], fill: u8, ask: impl Fn(Lanes) -> Lanes) -> u64 {
    let bytes: [u8; BLOCK] = text.first_chunk().copied().unwrap_or_else(|| filled(text, fill));
    let (rows, _) = bytes.as_chunks::<WIDTH>();
    rows.iter().rev().fold(0, |mask, row| mask << WIDTH | u64::from(ask(Lanes::of(*row)).bits()))
}

fn filled(text: &[u8], fill: u8) -> [u8; BLOCK] {
    let mut bytes = [fill; BLOCK];
    bytes.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_stand_where_their_bytes_do() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        for (number, block) in all.chunks(BLOCK).enumerate() {
            let expect = |is: &dyn Fn(u8) -> bool| {
                block.iter().rev().fold(0u64, |mask, b| mask << 1 | u64::from(is(*b)))
            };
            assert_eq!(mask(block, 0, |b| b), expect(&|b| b >= 0x80), "{number}");
            assert_eq!(mask(block, 0, Lanes::letters), expect(&|b| b.is_ascii_alphabetic()), "{number}");
            assert_eq!(mask(block, 0, Lanes::digits), expect(&|b| b.is_ascii_digit()), "{number}");
            assert_eq!(
                mask(block, 0, |b| b.eq(b'x').or(b.eq(0xE9))),
                expect(&|b| b == b'x' || b == 0xE9),
                "{number}"
            );
        }
        assert_eq!(mask(b"a1", b'z', Lanes::letters), !2);
    }
}
