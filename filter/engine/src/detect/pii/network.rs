//! Addresses of machines: IPv4, IPv6 (RFC 4291, with zone and prefix length), MAC. Addresses that are the same on every
//! machine (loopback, unspecified, broadcast, masks) say nothing about anybody and have a rule of their own, in a pack of
//! their own.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::PII;
use crate::detect::probe::{Hit, Probe, glues};
use crate::detect::{Matcher, Rule, Turn};

pub(in crate::detect) const RULES: &[&Rule] = &[&IPV4, &IPV6, &SPECIAL, &MAC];

/// IPv4 address.
static IPV4: Rule = Rule {
    id: "pii_ipv4",
    #[cfg(test)]
    description: "IPv4 address, with its prefix length, apart from loopback, unspecified, broadcast and masks.",
    score: 0.8,
    pack: "global",
    label: "IP",
    #[cfg(test)]
    hits: &["from 203.0.113.7 at noon", "10.1.2.0/24", "(198.51.100.23:8080)"],
    #[cfg(test)]
    misses: &[
        "127.0.0.1",
        "0.0.0.0",
        "255.255.255.0",
        "256.1.1.1",
        "1.2.3",
        "v1.2.3.4",
        "version 4.5.6.7",
        "version = \"12.1.0.106\"",
        "lz4 (>=1.7.4.2)",
        "1.2.3.4.5",
        "01.02.03.04",
    ],
    matcher: Matcher::Number { confirm: |probe, digits| ipv4(probe, digits, Kind::Own), turn: Turn::First },
    ..PII
};

/// IPv6 address.
static IPV6: Rule = Rule {
    id: "pii_ipv6",
    #[cfg(test)]
    description: "IPv6 address, with zone and prefix length, apart from loopback and unspecified.",
    score: 0.8,
    pack: "global",
    label: "IP",
    #[cfg(test)]
    hits: &[
        "2001:db8::8a2e:370:7334",
        "[2001:db8::1]:443",
        "fe80::1%eth0",
        "a099:1:2:3:4:5:6:7",
        "::ffff:192.0.2.1",
    ],
    #[cfg(test)]
    misses: &[
        "::1",
        "12:34:56",
        "1:2:3:4",
        "std::u8",
        "aa:bb:cc:dd:ee:f1",
        "2001::25de::cade",
        "12345:db8::1",
    ],
    matcher: Matcher::Number { confirm: |probe, digits| ipv6(probe, digits, Kind::Own), turn: Turn::First },
    ..PII
};

/// Addresses that every machine has.
static SPECIAL: Rule = Rule {
    id: "pii_ip_special",
    #[cfg(test)]
    description: "IP addresses that every machine has: loopback, unspecified, broadcast, masks.",
    score: 0.5,
    pack: "network",
    label: "IP",
    #[cfg(test)]
    hits: &["127.0.0.1", "listen on 0.0.0.0:80", "::1", "255.255.255.0"],
    #[cfg(test)]
    misses: &["203.0.113.7", "127.0.0", "version 0.0.0.0.1"],
    matcher: Matcher::Number {
        confirm: |probe, digits| {
            ipv4(probe, digits.clone(), Kind::Special).or_else(|| ipv6(probe, digits, Kind::Special))
        },
        turn: Turn::First,
    },
    ..PII
};

/// MAC address.
static MAC: Rule = Rule {
    id: "pii_mac",
    #[cfg(test)]
    description: "MAC address, apart from broadcast and zero.",
    score: 0.8,
    pack: "global",
    label: "MAC",
    #[cfg(test)]
    hits: &["00:1A:2B:3C:4D:5E", "mac 0d-B3-4a-6A-d9-cF", "0012.3456.789a"],
    #[cfg(test)]
    misses: &[
        "00:00:00:00:00:00",
        "00:1A:2B:3C:4D",
        "10:2F:33-AC-29-C3",
        "00:1A:2B:3C:4D:5E:6F",
        "12.3456.789a",
    ],
    matcher: Matcher::Number { confirm: mac, turn: Turn::First },
    ..PII
};

/// Whose address it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Own,
    Special,
}

/// Longest text of an IPv6 address with an embedded IPv4 one, in bytes.
const MAX_ADDRESS_BYTES: usize = 45;
/// Longest name of a zone, in bytes.
const MAX_ZONE_BYTES: usize = 16;

fn ipv4(probe: Probe<'_>, digits: Range<usize>, kind: Kind) -> Option<Hit> {
    let before = probe.byte_before(digits.start);
    if digits.len() > 3 || probe.byte(digits.end) != Some(b'.') || before == Some(b'.') {
        return None;
    }
    let end = probe.long_run(digits.start, 16, |b| b.is_ascii_digit() || b == b'.');
    let end = end - usize::from(probe.byte_before(end) == Some(b'.'));
    let address: Ipv4Addr = probe.text(digits.start..end).parse().ok()?;
    let is_version = says_version(probe, digits.start);
    let apart = !glues(before)
        && !matches!(before, Some(b'.' | b'-' | b'/'))
        && before != Some(b':')
        && !glues(probe.byte(end));
    let is_special =
        address.is_loopback() || address.is_unspecified() || address.octets().starts_with(&[255]);
    let range = digits.start..prefix_length(probe, end, 32);
    (apart && !is_version && is_special == (kind == Kind::Special)).then(|| Hit::at(range))
}

/// Whether the word before, or the comparison that a package is named with, says that it is a version.
fn says_version(probe: Probe<'_>, start: usize) -> bool {
    let before = probe.before(start, 14).to_ascii_lowercase();
    let word = before.iter().rposition(|b| !b" \"'=:".contains(b)).and_then(|at| before.get(..=at));
    let is_said =
        [&b"version"[..], b"release", b"build", b"ver."].iter().any(|w| word.is_some_and(|b| b.ends_with(w)));
    is_said || [&b">="[..], b"<=", b"~=", b"(==", b"^"].iter().any(|sign| before.ends_with(sign))
}

/// The address around the first digit of a chain of hexadecimal groups.
fn ipv6(probe: Probe<'_>, digits: Range<usize>, kind: Kind) -> Option<Hit> {
    let mut start = chain_start(probe, digits.start, |b| b == b':')?;
    let rest = probe.long_run(digits.end, 4, |b| b.is_ascii_hexdigit());
    if probe.byte(rest) != Some(b':') && !probe.text(start..digits.start).contains(':') {
        return None;
    }
    let end =
        probe.long_run(digits.end, MAX_ADDRESS_BYTES, |b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
    // A colon before the address belongs to what it follows, unless it is half of `::`.
    if probe.byte(start) == Some(b':') && probe.byte(start + 1) != Some(b':') {
        start += 1;
    }
    let end = end - probe.text(start..end).bytes().rev().take_while(|b| *b == b'.').count();
    let text = probe.text(start..end);
    let (text, end) = match text.strip_suffix(':') {
        Some(shorter) if !text.ends_with("::") => (shorter, end - 1),
        _ => (text, end),
    };
    let address: Ipv6Addr = text.parse().ok()?;
    if glues(probe.byte_before(start)) || probe.byte_before(start) == Some(b':') || glues(probe.byte(end)) {
        return None;
    }
    let is_special = address.is_loopback() || address.is_unspecified();
    let end = prefix_length(probe, zone(probe, end), 128);
    (is_special == (kind == Kind::Special)).then(|| Hit::at(start..end))
}

/// Where the chain of hexadecimal groups begins whose first digit is at `digit`; `None` when a digit stands in it before,
/// since the chain has then been read from there.
fn chain_start(probe: Probe<'_>, digit: usize, is_joint: impl Fn(u8) -> bool) -> Option<usize> {
    let is_part = |b: u8| matches!(b, b'a'..=b'f' | b'A'..=b'F') || is_joint(b);
    let start = probe.run_back_at_most(digit, MAX_ADDRESS_BYTES, is_part);
    (!probe.byte_before(start).is_some_and(|b| b.is_ascii_digit())).then_some(start)
}

/// Behind `%eth0`.
fn zone(probe: Probe<'_>, at: usize) -> usize {
    if probe.byte(at) != Some(b'%') {
        return at;
    }
    let end = probe.long_run(at + 1, MAX_ZONE_BYTES, |b| b.is_ascii_alphanumeric());
    if end > at + 1 { end } else { at }
}

/// Behind `/24`, or `at` when what follows is no prefix length of up to `most`.
fn prefix_length(probe: Probe<'_>, at: usize, most: u32) -> usize {
    if probe.byte(at) != Some(b'/') {
        return at;
    }
    let end = probe.long_run(at + 1, 4, |b| b.is_ascii_digit());
    let fits = probe.text(at + 1..end).parse::<u32>().is_ok_and(|bits| bits <= most);
    if fits && !glues(probe.byte(end)) { end } else { at }
}

/// Six pairs with one sign between them, or three groups of four with points.
fn mac(probe: Probe<'_>, digits: Range<usize>) -> Option<Hit> {
    let is_part = |b: u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'-' | b'.');
    let start = chain_start(probe, digits.start, |b| matches!(b, b':' | b'-' | b'.'))?;
    let sign =
        probe.byte(start + if probe.byte(start + 2).is_some_and(|b| b.is_ascii_hexdigit()) { 4 } else { 2 });
    if !matches!(sign, Some(b':' | b'-' | b'.')) {
        return None;
    }
    let end = probe.long_run(digits.end, 17, is_part);
    let end =
        end - probe.text(start..end).bytes().rev().take_while(|b| matches!(b, b'.' | b'-' | b':')).count();
    let text = probe.text(start..end);
    let sign = text.as_bytes().get(if text.len() == 14 { 4 } else { 2 }).copied()?;
    let (group, groups) = match (text.len(), sign) {
        (17, b':' | b'-') => (2, 6),
        (14, b'.') => (4, 3),
        _ => return None,
    };
    let parts = text.split(char::from(sign));
    let shaped = parts.clone().count() == groups
        && parts.clone().all(|p| p.len() == group && p.bytes().all(|b| b.is_ascii_hexdigit()));
    let hex = || text.bytes().filter(u8::is_ascii_hexdigit);
    let is_one = hex().any(|b| b != b'0') && hex().any(|b| !b.eq_ignore_ascii_case(&b'f'));
    (shaped && is_one && !glues(probe.byte_before(start)) && !glues(probe.byte(end)))
        .then(|| Hit::at(start..end))
}
