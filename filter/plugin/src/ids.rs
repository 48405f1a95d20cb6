//! Numbers nobody outside can predict: the name of this VM's event source, request ids and the nonces that bind a
//! judge's answer to its exchange. SipHash of a counter under a random key; std takes the key from the host's
//! `random_get`, once.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

use crate::limits::MAX_REQUEST_ID_BYTES;

/// A source of unpredictable numbers.
#[derive(Debug)]
pub struct Ids {
    key: RandomState,
    next: Cell<u64>,
}

impl Ids {
    /// A source with a fresh key.
    pub fn new() -> Self {
        Self { key: RandomState::new(), next: Cell::new(0) }
    }

    /// The next number.
    pub fn number(&self) -> u64 {
        let n = self.next.get();
        self.next.set(n.wrapping_add(1));
        self.key.hash_one(n)
    }

    /// A fresh name of 32 hex digits.
    pub fn name(&self) -> String {
        format!("{:016x}{:016x}", self.number(), self.number())
    }

    /// The request id to use: `given` (the proxy's `x-request-id`) when it is short and plain, else a fresh one.
    /// It is shown to clients and written into events, so nothing else gets through.
    pub fn request_id(&self, given: Option<&[u8]>) -> String {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        match given.map(|id| (id, std::str::from_utf8(id))) {
            Some((bytes, Ok(text)))
                if !bytes.is_empty() && bytes.len() <= MAX_REQUEST_ID_BYTES && bytes.iter().all(plain) =>
            {
                text.to_owned()
            }
            _ => self.name(),
        }
    }
}

impl Default for Ids {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_request_ids_are_taken_over() {
        let ids = Ids::new();
        let kept = |given: &[u8]| ids.request_id(Some(given)).as_bytes() == given;
        assert!(kept(b"0f1c2d3e-1111-2222-3333-444455556666"));
        assert!(kept(&[b'a'; MAX_REQUEST_ID_BYTES]));
        for bad in [&b""[..], b"a b", b"a\r\nx: y", b"a\xff", b"\"", &[b'a'; MAX_REQUEST_ID_BYTES + 1]] {
            assert!(!kept(bad), "{bad:?}");
        }
        assert_eq!(ids.request_id(None).len(), 32);
    }

    #[test]
    fn numbers_differ_between_draws_and_between_sources() {
        let (a, b) = (Ids::new(), Ids::new());
        let mut seen: Vec<u64> = (0..100).flat_map(|_| [a.number(), b.number()]).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 200);
    }
}
