//! Addresses of crypto wallets: base58check and bech32 have checksums that cannot be met by chance; Ethereum's is in the
//! case of its letters (EIP-55), and an address without mixed case has none.

use std::ops::Range;

use super::PII;
use crate::detect::probe::{Hit, Probe, glues};
use crate::detect::{Matcher, Rule, Turn, checksum};

pub(in crate::detect) const RULES: &[&Rule] = &[&BASE58, &BECH32, &ETHEREUM];

/// Base58check.
static BASE58: Rule = Rule {
    id: "pii_wallet_base58",
    #[cfg(test)]
    description: "Wallet address in base58check: Bitcoin, Litecoin, Dogecoin, Tron, Ripple.",
    score: 0.99,
    pack: "global",
    label: "WALLET",
    #[cfg(test)]
    hits: &["pay 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"],
    #[cfg(test)]
    misses: &["1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa2"],
    matcher: Matcher::Number { confirm: base58, turn: Turn::First },
    ..PII
};

/// Bech32.
static BECH32: Rule = Rule {
    id: "pii_wallet_bech32",
    #[cfg(test)]
    description: "Wallet address in bech32: Bitcoin, Litecoin.",
    score: 0.99,
    pack: "global",
    label: "WALLET",
    #[cfg(test)]
    hits: &["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"],
    #[cfg(test)]
    misses: &["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "bc1qshort"],
    matcher: Matcher::Anchors { anchors: &["bc1", "ltc1"], confirm: bech32 },
    ..PII
};

/// Ethereum.
static ETHEREUM: Rule = Rule {
    id: "pii_wallet_ethereum",
    #[cfg(test)]
    description: "Ethereum address: forty hexadecimal digits whose case is right (EIP-55) or not mixed.",
    score: 0.9,
    pack: "global",
    label: "WALLET",
    #[cfg(test)]
    hits: &["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"],
    #[cfg(test)]
    misses: &[
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
        "0x0000000000000000000000000000000000000000",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed00",
    ],
    matcher: Matcher::Anchors { anchors: &["0x"], confirm: ethereum },
    ..PII
};

const BITCOIN: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RIPPLE: &[u8] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// The token around the first digit.
fn base58(probe: Probe<'_>, digits: Range<usize>) -> Option<Hit> {
    let start = probe.run_back_at_most(digits.start, 35, |b| b.is_ascii_alphanumeric());
    let alphabet = match probe.byte(start)? {
        b'1' | b'3' | b'L' | b'M' | b'D' | b'T' => BITCOIN,
        b'r' => RIPPLE,
        _ => return None,
    };
    let end = probe.long_run(digits.end, 36, |b| b.is_ascii_alphanumeric());
    if !(26..=35).contains(&(end - start)) || glues(probe.byte_before(start)) || glues(probe.byte(end)) {
        return None;
    }
    let payload = checksum::base58check(probe.text(start..end).as_bytes(), alphabet)?;
    // Versions: Bitcoin 0 and 5, Litecoin 48 and 50, Dogecoin 30 and 22, Tron 65, Ripple 0.
    matches!(payload.first(), Some(0 | 5 | 22 | 30 | 48 | 50 | 65)).then(|| Hit::at(start..end))
}

fn bech32(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    if glues(probe.byte_before(anchor.start)) {
        return None;
    }
    let end = probe.long_run(anchor.end, 91, |b| b.is_ascii_alphanumeric());
    let text = probe.text(anchor.start..end);
    let is_mixed =
        text.bytes().any(|b| b.is_ascii_uppercase()) && text.bytes().any(|b| b.is_ascii_lowercase());
    let fits = (39..=90).contains(&(end - anchor.end)) && !is_mixed;
    let address = text.to_ascii_lowercase();
    (fits && checksum::bech32(address.as_bytes(), anchor.len() - 1)).then(|| Hit::at(anchor.start..end))
}

fn ethereum(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    if glues(probe.byte_before(anchor.start)) {
        return None;
    }
    let end = probe.long_run(anchor.end, 41, |b| b.is_ascii_hexdigit());
    let hex = probe.text(anchor.end..end).as_bytes();
    if hex.len() != 40 || glues(probe.byte(end)) {
        return None;
    }
    let is_mixed = hex.iter().any(u8::is_ascii_uppercase) && hex.iter().any(u8::is_ascii_lowercase);
    let is_one = hex.iter().any(|b| *b != b'0');
    (is_one && (!is_mixed || checksum::eip55(hex))).then(|| Hit::at(anchor.start..end))
}
