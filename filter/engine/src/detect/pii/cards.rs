//! Payment cards: issuer prefix, length, the groups that are printed, Luhn. Issuers are the schemes of ISO/IEC 7812,
//! never a list of banks.

use std::ops::Range;

use super::{PII, grouped};
use crate::detect::probe::{Hit, Probe, glues};
use crate::detect::{Matcher, Rule, Severity, Turn, checksum};

pub(in crate::detect) const RULES: &[&Rule] = &[&PAYMENT_CARD, &CVV];

/// Payment card.
static PAYMENT_CARD: Rule = Rule {
    id: "pii_payment_card",
    #[cfg(test)]
    description: "Payment card number: issuer prefix, length, grouping and Luhn.",
    severity: Severity::High,
    score: 0.95,
    label: "CARD",
    #[cfg(test)]
    hits: &[
        "4111 1111 1111 1111",
        "card 5500-0055-5555-5559 ok",
        "378282246310005",
        "3782 822463 10005",
        "4\u{200B}111111111111111",
        "６０１１１１１１１１１１１１１７",
    ],
    #[cfg(test)]
    misses: &[
        "4111 1111 1111 1112",
        "order 1234567890123456",
        "0.4111111111111111",
        "4111-1111 1111-1111",
        "id_4111111111111111x",
        "20240513024044",
    ],
    matcher: Matcher::Number { confirm: payment_card, turn: Turn::First },
    pack: "global",
    ..PII
};

/// Card verification code.
static CVV: Rule = Rule {
    id: "pii_card_cvv",
    #[cfg(test)]
    description: "Verification code of a payment card, where the text says so.",
    severity: Severity::High,
    label: "CVV",
    #[cfg(test)]
    hits: &["CVV: 123", "\"cvv2\": \"4821\"", "cvc 123"],
    #[cfg(test)]
    misses: &["CVV 12345", "ask for the CVV of 2 cards", "cvvs 123"],
    matcher: Matcher::Anchors { anchors: &["cvv", "cvc"], confirm: verification_code },
    pack: "global",
    ..PII
};

fn verification_code(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let name = probe.long_run(anchor.end, 1, |b| b == b'2');
    let start = probe.long_run(name, 6, |b| b" :=#\"\\".contains(&b));
    let end = probe.long_run(start, 5, |b| b.is_ascii_digit());
    let range = start..end;
    let is_one = start > name && matches!(range.len(), 3 | 4) && !glues(probe.byte_before(anchor.start));
    (is_one && probe.stands_alone(&range)).then(|| Hit::at(range))
}

/// Groups that issuers print, by length of each group.
const CARD_GROUPS: &[&[usize]] =
    &[&[4, 4, 4, 4], &[4, 4, 4, 4, 3], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 1], &[4, 5, 6]];

fn payment_card(probe: Probe<'_>, first: Range<usize>) -> Option<Hit> {
    if first.len() != 4 && !(13..=19).contains(&first.len()) {
        return None;
    }
    let candidates = std::iter::once(Some(first.end)).chain(
        CARD_GROUPS
            .iter()
            .map(|groups| (first.len() == 4).then(|| grouped(probe, first.start, groups)).flatten()),
    );
    for end in candidates.flatten() {
        let range = first.start..end;
        let text = probe.text(range.clone()).as_bytes();
        let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).collect();
        if issued(&digits) && varied(&digits) && checksum::luhn(&digits) && probe.stands_alone(&range) {
            return Some(Hit::at(range));
        }
    }
    None
}

/// Whether an issuer of cards uses this prefix with this length (ISO/IEC 7812 ranges as published by the schemes).
fn issued(digits: &[u8]) -> bool {
    let prefix = |len: usize| {
        digits.get(..len).unwrap_or_default().iter().fold(0u32, |n, b| n * 10 + u32::from(b - b'0'))
    };
    match digits.len() {
        13 => prefix(1) == 4,
        14 => matches!(prefix(3), 300..=305 | 309) || matches!(prefix(2), 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37) || matches!(prefix(4), 1800 | 2131),
        16 => {
            prefix(1) == 4
                || matches!(prefix(2), 51..=55 | 62 | 65 | 50 | 56..=58 | 60 | 63 | 67 | 81 | 82)
                || matches!(prefix(4), 2200..=2204 | 2221..=2720 | 3528..=3589 | 6011)
                || matches!(prefix(3), 644..=649)
        }
        17..=18 => prefix(2) == 62,
        19 => prefix(1) == 4 || matches!(prefix(2), 62 | 65),
        _ => false,
    }
}

/// Whether the digits are more than one digit over and over.
fn varied(digits: &[u8]) -> bool {
    digits.iter().zip(digits.iter().skip(1)).any(|(a, b)| a != b)
}
