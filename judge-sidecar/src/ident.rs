//! Random ids, secrets and hashes, all as lower-case hex. The only file that draws randomness.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};
use weir_engine::event::UnixMillis;

/// Length of a SHA-256 in hex digits.
pub const SHA256_HEX: usize = 64;

/// SHA-256 of `bytes`.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Whether `text` is written as [`sha256_hex`] writes it.
pub fn is_sha256_hex(text: &str) -> bool {
    text.len() == SHA256_HEX && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// `N` random bytes from the operating system.
///
/// # Errors
/// When the operating system has none.
pub fn random_hex<const N: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Whether two secrets are equal, in a time that says nothing about where they differ: digests are compared, all of
/// them to the end.
pub fn same_secret(a: &[u8], b: &[u8]) -> bool {
    let pairs = Sha256::digest(a).into_iter().zip(Sha256::digest(b));
    std::hint::black_box(pairs.fold(0_u8, |differences, (x, y)| differences | (x ^ y))) == 0
}

/// The wall clock. Read at the rim only and passed inwards as a value.
pub fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// `bytes` in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256_hex(b""), empty);
        assert!(is_sha256_hex(empty));
        for bad in ["", "e3b0", &empty.to_uppercase(), &format!("{empty}0")] {
            assert!(!is_sha256_hex(bad), "{bad}");
        }
    }

    #[test]
    fn secrets_are_equal_only_when_all_of_them_is() {
        for (a, b, same) in [
            ("token", "token", true),
            ("token", "tokem", false),
            ("token", "token ", false),
            ("", "x", false),
        ] {
            assert_eq!(same_secret(a.as_bytes(), b.as_bytes()), same, "{a} {b}");
        }
    }

    #[test]
    fn random_ids_differ() {
        assert_ne!(random_hex::<16>().unwrap(), random_hex::<16>().unwrap());
    }
}
