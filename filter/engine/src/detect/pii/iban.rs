//! International bank account numbers: country, length, mod 97. The registry of lengths is SWIFT's; nothing else is
//! known about a country here.

use std::ops::Range;

use super::PII;
use crate::detect::probe::{Hit, Probe, glues};
use crate::detect::{Matcher, Rule, Severity, Turn, checksum};

pub(in crate::detect) const RULES: &[&Rule] = &[&IBAN];

/// IBAN.
static IBAN: Rule = Rule {
    id: "pii_iban",
    #[cfg(test)]
    description: "International bank account number: country, length and mod 97.",
    severity: Severity::High,
    score: 0.99,
    label: "IBAN",
    #[cfg(test)]
    hits: &[
        "GB82 WEST 1234 5698 7654 32",
        "pay to DE89370400440532013000.",
        "fr14 2004 1010 0505 0001 3M02 606",
        "ＤＥ８９３７０４００４４０５３２０１３０００",
    ],
    #[cfg(test)]
    misses: &[
        "GB82 WEST 1234 5698 7654 33",
        "DE8937040044053201300",
        "XX82WEST12345698765432",
        "XDE89370400440532013000",
    ],
    matcher: Matcher::Number { confirm: iban, turn: Turn::First },
    pack: "global",
    ..PII
};

/// Country codes and IBAN lengths (SWIFT IBAN registry, release 99).
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];

/// The digits are the check digits, right after two letters.
fn iban(probe: Probe<'_>, digits: Range<usize>) -> Option<Hit> {
    let start = digits.start.checked_sub(2)?;
    let country = probe.text(start..digits.start).to_ascii_uppercase();
    if !country.bytes().all(|b| b.is_ascii_uppercase()) || glues(probe.byte_before(start)) {
        return None;
    }
    let (_, length) = IBAN_LENGTHS.iter().find(|(code, _)| *code == country)?;
    let end = take_alphanumeric(probe, start, *length)?;
    let stands = !glues(probe.byte(end));
    (stands && checksum::iban(probe.text(start..end).as_bytes())).then(|| Hit::at(start..end))
}

/// End of `count` letters and digits from `from`, single spaces or hyphens between them skipped.
fn take_alphanumeric(probe: Probe<'_>, from: usize, count: usize) -> Option<usize> {
    let mut at = from;
    let mut taken = 0;
    while taken < count {
        match probe.byte(at)? {
            b if b.is_ascii_alphanumeric() => taken += 1,
            b' ' | b'-' if probe.byte_before(at)?.is_ascii_alphanumeric() => {}
            _ => return None,
        }
        at += 1;
    }
    Some(at)
}
