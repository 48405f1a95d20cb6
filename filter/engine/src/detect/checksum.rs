//! Check digits: Luhn for payment cards, ISO 7064 mod 97-10 for IBANs, CRC-32 in base 62 for GitHub tokens. Pure
//! arithmetic over ASCII bytes; anything else in the input is a failed check, never an error.

/// Whether the digits among `bytes` pass the Luhn check (ISO/IEC 7812-1).
pub(super) fn luhn(bytes: &[u8]) -> bool {
    let digits = bytes.iter().rev().filter(|b| b.is_ascii_digit()).map(|b| u32::from(b - b'0'));
    let sum: u32 =
        digits.enumerate().map(|(i, d)| if i % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { d }).sum();
    sum.is_multiple_of(10)
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
}
