//! Check digits that more than one kind of number uses: Luhn, Verhoeff, Damm's cousins of ISO 7064, weighted sums; CRC-32
//! in base 62 for GitHub tokens; base58check, bech32 and Keccak-256 for wallets. Pure arithmetic over ASCII bytes;
//! anything else in the input is a failed check, never an error.

use sha2::{Digest, Sha256};

/// Whether the digits among `bytes` pass the Luhn check (ISO/IEC 7812-1).
pub(super) fn luhn(bytes: &[u8]) -> bool {
    let digits = bytes.iter().rev().filter(|b| b.is_ascii_digit()).map(|b| u32::from(b - b'0'));
    let sum: u32 =
        digits.enumerate().map(|(i, d)| if i % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { d }).sum();
    sum.is_multiple_of(10)
}

/// Whether digits pass the Verhoeff check (J. Verhoeff, "Error detecting decimal codes", 1969).
pub(super) fn verhoeff(bytes: &[u8]) -> bool {
    let mut check = 0usize;
    for (i, byte) in bytes.iter().rev().enumerate() {
        let digit = usize::from(byte.wrapping_sub(b'0'));
        let permuted = PERMUTATION.get(i % 8).and_then(|row| row.get(digit)).copied().map_or(10, usize::from);
        check = DIHEDRAL.get(check).and_then(|row| row.get(permuted)).copied().map_or(10, usize::from);
    }
    check == 0
}

/// The dihedral group of order 10.
const DIHEDRAL: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
/// Verhoeff's permutation, by place.
const PERMUTATION: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

/// Whether digits pass ISO 7064 mod 11, 10.
pub(super) fn mod11_10(bytes: &[u8]) -> bool {
    let fold = |check: u32, byte: &u8| {
        let sum = (check + u32::from(byte.wrapping_sub(b'0'))) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    };
    let Some((last, head)) = bytes.split_last() else { return false };
    (head.iter().fold(10, fold) + u32::from(last.wrapping_sub(b'0'))) % 10 == 1
}

/// Whether digits and a last digit or `X` pass ISO 7064 mod 11-2.
pub(super) fn mod11_2(bytes: &[u8]) -> bool {
    let value = |b: &u8| if *b == b'X' { 10 } else { u32::from(b.wrapping_sub(b'0')) };
    bytes.iter().fold(0, |sum, b| (sum * 2 + value(b)) % 11) == 1
}

/// Whether letters and digits pass the check of machine-readable travel documents, weights 7, 3, 1 (ICAO 9303-3, 4.9).
pub(super) fn icao(bytes: &[u8]) -> bool {
    let Some((last, head)) = bytes.split_last() else { return false };
    icao_sum(head) % 10 == u32::from(last.wrapping_sub(b'0'))
}

/// The sum that [`icao`] takes the last digit of.
pub(super) fn icao_sum(bytes: &[u8]) -> u32 {
    let weighted = |(byte, weight): (&u8, &u32)| alphanumeric(*byte) * weight;
    bytes.iter().zip([7, 3, 1].iter().cycle()).map(weighted).sum()
}

/// 0 to 9 for digits, 10 to 35 for letters in upper case.
pub(super) fn alphanumeric(byte: u8) -> u32 {
    match byte {
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => u32::from(byte.wrapping_sub(b'0')),
    }
}

/// Whether the last of 13 digits is the EAN check digit (GS1).
pub(super) fn ean(bytes: &[u8]) -> bool {
    let weighted = |(byte, weight): (&u8, &u32)| u32::from(byte.wrapping_sub(b'0')) * weight;
    bytes.iter().rev().zip([1, 3].iter().cycle()).map(weighted).sum::<u32>().is_multiple_of(10)
}

/// The payload with its version byte, of base58 text whose last four bytes are its double SHA-256 (Bitcoin base58check).
/// `alphabet` has the 58 signs.
pub(super) fn base58check(text: &[u8], alphabet: &[u8]) -> Option<[u8; 21]> {
    let mut number = [0u8; 25];
    for byte in text {
        let mut carry = u32::try_from(alphabet.iter().position(|sign| sign == byte)?).ok()?;
        for place in number.iter_mut().rev() {
            carry += u32::from(*place) * 58;
            *place = u8::try_from(carry & 0xFF).ok()?;
            carry >>= 8;
        }
        if carry != 0 {
            return None;
        }
    }
    let (payload, check) = number.split_first_chunk::<21>()?;
    let hash = Sha256::digest(Sha256::digest(payload));
    (hash.get(..4) == Some(check)).then_some(*payload)
}

/// Whether `text`, in lower case, with its human-readable part of `prefix` bytes is bech32 or bech32m (BIP 173, BIP 350).
pub(super) fn bech32(text: &[u8], prefix: usize) -> bool {
    const SIGNS: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let Some((name, rest)) = text.split_at_checked(prefix) else { return false };
    let Some((b'1', data)) = rest.split_first() else { return false };
    let high = name.iter().map(|b| u32::from(b >> 5));
    let low = name.iter().map(|b| u32::from(b & 31));
    let mut sum = high.chain([0]).chain(low).fold(1u32, bech32_step);
    for byte in data {
        let Some(value) = SIGNS.iter().position(|sign| sign == byte) else { return false };
        sum = bech32_step(sum, u32::try_from(value).unwrap_or_default());
    }
    matches!(sum, 1 | 0x2BC8_30A3)
}

fn bech32_step(sum: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3];
    let top = sum >> 25;
    let next = ((sum & 0x01FF_FFFF) << 5) ^ value;
    GENERATOR.iter().enumerate().filter(|(i, _)| (top >> i) & 1 == 1).fold(next, |sum, (_, g)| sum ^ g)
}

/// Whether the case of the 40 hexadecimal digits of an address says what EIP-55 wants.
pub(super) fn eip55(hex: &[u8]) -> bool {
    let lower = hex.to_ascii_lowercase();
    let hash = keccak256(&lower);
    hex.iter().enumerate().all(|(i, byte)| {
        let nibble = hash.get(i / 2).map_or(0, |b| if i % 2 == 0 { b >> 4 } else { b & 15 });
        !byte.is_ascii_alphabetic() || byte.is_ascii_uppercase() == (nibble >= 8)
    })
}

/// Keccak-256 of up to 135 bytes, one block (the Keccak reference, with the padding from before SHA-3).
fn keccak256(bytes: &[u8]) -> [u8; 32] {
    const RATE: usize = 136;
    let mut block = [0u8; RATE];
    for (slot, byte) in block.iter_mut().zip(bytes.iter().take(RATE - 1).chain(&[1u8])) {
        *slot = *byte;
    }
    if let Some(last) = block.last_mut() {
        *last |= 0x80;
    }
    let mut state = [0u64; 25];
    for (lane, word) in state.iter_mut().zip(block.as_chunks::<8>().0) {
        *lane = u64::from_le_bytes(*word);
    }
    keccak_f(&mut state);
    let mut hash = [0u8; 32];
    for (slot, lane) in hash.as_chunks_mut::<8>().0.iter_mut().zip(state) {
        *slot = lane.to_le_bytes();
    }
    hash
}

/// The permutation Keccak-f[1600]; lane (x, y) is at `x + 5 * y`.
#[expect(clippy::indexing_slicing, reason = "every index is taken modulo the length of its array")]
fn keccak_f(state: &mut [u64; 25]) {
    let mut lfsr = 1u8;
    for _ in 0..24 {
        let column: [u64; 5] = std::array::from_fn(|x| (0..5).fold(0, |c, y| c ^ state[x + 5 * y]));
        for (i, lane) in state.iter_mut().enumerate() {
            *lane ^= column[(i + 4) % 5] ^ column[(i + 1) % 5].rotate_left(1);
        }
        let (mut x, mut y, mut moved) = (1, 0, state[1]);
        for t in 0..24u32 {
            (x, y) = (y, (2 * x + 3 * y) % 5);
            moved = std::mem::replace(&mut state[x + 5 * y], moved.rotate_left((t + 1) * (t + 2) / 2 % 64));
        }
        for y in 0..5 {
            let row: [u64; 5] = std::array::from_fn(|x| state[x + 5 * y]);
            for x in 0..5 {
                state[x + 5 * y] = row[x] ^ (!row[(x + 1) % 5] & row[(x + 2) % 5]);
            }
        }
        for j in 0..7u32 {
            state[0] ^= u64::from(lfsr & 1) << ((1 << j) - 1);
            lfsr = (lfsr << 1) ^ (if lfsr & 0x80 == 0 { 0 } else { 0x71 });
        }
    }
}

/// Whether an IBAN's letters and digits have remainder 1 (ISO 13616-1). Separators are skipped.
pub(super) fn iban(bytes: &[u8]) -> bool {
    let plain: Vec<u8> = bytes.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let (Some(head), Some(rest)) = (plain.get(..4), plain.get(4..)) else { return false };
    let fold = |sum: u32, b: &u8| match b {
        b'0'..=b'9' => (sum * 10 + u32::from(b - b'0')) % 97,
        _ => (sum * 100 + u32::from(b.to_ascii_uppercase() - b'A') + 10) % 97,
    };
    rest.iter().chain(head).fold(0, fold) == 1
}

/// Whether the last six characters of a GitHub token are the CRC-32 of the part before them, in base 62
/// (github.blog, "Behind GitHub's new authentication token formats").
pub(super) fn github(body: &[u8]) -> bool {
    let Some((secret, check)) = body.len().checked_sub(6).and_then(|at| body.split_at_checked(at)) else {
        return false;
    };
    let mut rest = crc32(secret);
    check.iter().rev().all(|c| {
        let digit = u8::try_from(rest % 62).unwrap_or_default();
        rest /= 62;
        *c == base62(digit)
    })
}

fn base62(digit: u8) -> u8 {
    match digit {
        0..=9 => b'0' + digit,
        10..=35 => b'A' + digit - 10,
        _ => b'a' + digit - 36,
    }
}

/// CRC-32 (ISO-HDLC), bit by bit: it runs over thirty bytes of a token that already looks right.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, b| (0..8).fold(crc ^ u32::from(*b), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_tell_right_from_wrong() {
        for (good, bad) in
            [("4111 1111 1111 1111", "4111 1111 1111 1112"), ("378282246310005", "378282246310006")]
        {
            assert!(luhn(good.as_bytes()) && !luhn(bad.as_bytes()), "{good}");
        }
        for (good, bad) in [
            ("GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),
            ("DE89370400440532013000", "DE88370400440532013000"),
        ] {
            assert!(iban(good.as_bytes()) && !iban(bad.as_bytes()), "{good}");
        }
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert!(!iban(b"GB8") && !github(b"abc"));
    }

    /// Examples as published: Verhoeff's own 236 3, ISO 7064, ICAO 9303-3, BIP 173 and 350, EIP-55, the empty Keccak.
    #[test]
    fn published_examples_pass_and_their_neighbours_fail() {
        let check = |of: fn(&[u8]) -> bool, good: &str, bad: &str| {
            assert!(of(good.as_bytes()) && !of(bad.as_bytes()), "{good} {bad}");
        };
        check(verhoeff, "2363", "2364");
        check(mod11_10, "86095742719", "86095742718");
        check(mod11_10, "33392005961", "33392005962");
        check(mod11_2, "11010519491231002X", "110105194912310021");
        check(icao, "L898902C36", "L898902C37");
        check(ean, "4006381333931", "4006381333932");
        check(
            |t| bech32(t, 2),
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        );
        check(
            |t| bech32(t, 2),
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jjq",
        );
        check(eip55, "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed");
        check(
            |t| base58check(t, b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz").is_some(),
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
        );
        assert_eq!(keccak256(b"").first_chunk(), Some(&[0xC5, 0xD2, 0x46, 0x01]));
    }
}
