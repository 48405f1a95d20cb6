//! Hashes that name what was decided about: an approval is bound to the exact action by [`action_hash`] (AIRS 2.7,
//! AIS approvals). It reads bytes and never keeps them. Fields are length-prefixed, so that no two different
//! actions can be written as the same bytes.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::event::Direction;

/// What an approval is about. Another value in any field is another action.
#[derive(Clone, Copy, Debug)]
pub struct ActionIdentity<'a> {
    /// Tenant, empty when unknown.
    pub tenant: &'a str,
    /// Agent, empty when unknown.
    pub agent: &'a str,
    /// End user, empty when unknown.
    pub user: &'a str,
    /// `:method` of the request: `DELETE` is another action than `POST`.
    pub method: &'a str,
    /// `:authority` of the request.
    pub host: &'a str,
    /// `:path` of the request, with its query.
    pub path: &'a str,
    /// Which half of the exchange.
    pub direction: Direction,
    /// [`crate::policy::Policy::version`] in force.
    pub policy_version: &'a str,
    /// The body as inspected.
    pub body: &'a [u8],
}

/// SHA-256, in lower-case hex, over the length-prefixed fields of `action`.
pub fn action_hash(action: &ActionIdentity<'_>) -> String {
    let direction = match action.direction {
        Direction::Request => "request",
        Direction::Response => "response",
    };
    let who = [action.tenant, action.agent, action.user];
    let what = [action.method, action.host, action.path, direction, action.policy_version];
    let texts = who.into_iter().chain(what).map(str::as_bytes);
    let fields: Vec<&[u8]> = texts.chain([action.body]).collect();
    let lengths: Vec<[u8; 8]> = fields.iter().map(|field| (field.len() as u64).to_be_bytes()).collect();
    let mut parts = vec![DOMAIN];
    for (length, field) in lengths.iter().zip(&fields) {
        parts.extend([length.as_slice(), field]);
    }
    hex(&sha256(&parts))
}

/// SHA-256 of `bytes` in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(&[bytes]))
}

/// SHA-256 of `parts`, one behind the other. Every hash of the engine is made here, since each place that makes one costs
/// the filter a kilobyte.
#[inline(never)]
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

/// Keeps these hashes apart from any other use of SHA-256 over the same bytes.
const DOMAIN: &[u8] = b"weir/action/v2\0";

#[cfg(test)]
mod tests {
    use super::*;

    fn action() -> ActionIdentity<'static> {
        ActionIdentity {
            tenant: "acme",
            agent: "spiffe://prod/ns/a",
            user: "ann",
            method: "POST",
            host: "api.local",
            path: "/v1/pay?x=1",
            direction: Direction::Request,
            policy_version: "weir@0123456789ab",
            body: b"{}",
        }
    }

    #[test]
    fn sha256_is_the_standard_one() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_hex(b"abc"), abc);
    }

    #[test]
    fn the_hash_of_an_action_is_stable_across_releases() {
        // Python: hashlib.sha256(b"weir/action/v2\0" + b"".join(len(f).to_bytes(8, "big") + f for f in fields))
        assert_eq!(
            action_hash(&action()),
            "df09bb3d60bd645adfd97a6299cdf5805d0c25af4b00e605b558103824004381"
        );
    }

    #[test]
    fn every_field_is_part_of_the_action() {
        let a = action();
        let others = [
            ActionIdentity { tenant: "acm", ..a },
            ActionIdentity { agent: "", ..a },
            ActionIdentity { user: "bob", ..a },
            ActionIdentity { method: "PUT", ..a },
            ActionIdentity { host: "api.locale", ..a },
            ActionIdentity { path: "/v1/pay", ..a },
            ActionIdentity { direction: Direction::Response, ..a },
            ActionIdentity { policy_version: "weir@0123456789ac", ..a },
            ActionIdentity { body: b"{ }", ..a },
        ];
        for other in others {
            assert_ne!(action_hash(&a), action_hash(&other), "{other:?}");
        }
    }

    #[test]
    fn bytes_cannot_move_from_one_field_to_the_next() {
        let one = ActionIdentity { tenant: "ab", agent: "c", ..action() };
        let two = ActionIdentity { tenant: "a", agent: "bc", ..action() };
        assert_ne!(action_hash(&one), action_hash(&two));
    }
}
