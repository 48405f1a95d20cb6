//! Personal data with a shape that can be checked: check digits, issuer ranges, number plans. What has no such
//! shape (names, addresses) is not guessed here. Numbers are read once per run of digits; the rule that comes first
//! in the registry has it, so a card is never also a telephone number.

use std::ops::Range;

use super::probe::{Hit, Probe};
use super::{EVERYONE, Family, Matcher, Rule, Severity, checksum};

/// What rules of this family have in common.
const PII: Rule = Rule {
    id: "",
    version: 1,
    description: "",
    family: Family::Pii,
    severity: Severity::Medium,
    score: 0.9,
    label: "",
    owasp: &["LLM02:2025"],
    controls: &["GR-IN-02", "GR-OUT-01", "DAT-03"],
    roles: EVERYONE,
    #[cfg(test)]
    hits: &[],
    #[cfg(test)]
    misses: &[],
    matcher: Matcher::Phrases(&[]),
};

/// The family's rules, in order of precedence.
pub(super) const RULES: &[&Rule] = &[&IBAN, &PAYMENT_CARD, &US_SSN, &EMAIL, &PHONE];

/// IBAN.
static IBAN: Rule = Rule {
    id: "pii_iban",
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
    matcher: Matcher::Number(iban),
    ..PII
};

/// Payment card.
static PAYMENT_CARD: Rule = Rule {
    id: "pii_payment_card",
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
    matcher: Matcher::Number(payment_card),
    ..PII
};

/// US social security number.
static US_SSN: Rule = Rule {
    id: "pii_us_ssn",
    description: "US social security number: area, group and serial; nine bare digits only where the text says so.",
    severity: Severity::High,
    label: "SSN",
    #[cfg(test)]
    hits: &["My SSN is 536-22-8726.", "536 22 8726", "SSN: 536228726", "social security number 536228726"],
    #[cfg(test)]
    misses: &[
        "000-22-8726",
        "666-22-8726",
        "912-22-8726",
        "536-00-8726",
        "536-22-0000",
        "536228726",
        "1536-22-8726",
        "536-22-87261",
        "536-22 8726",
        "078-05-1120",
    ],
    matcher: Matcher::Number(us_ssn),
    ..PII
};

/// E-mail address.
static EMAIL: Rule = Rule {
    id: "pii_email",
    description: "E-mail address.",
    label: "EMAIL",
    #[cfg(test)]
    hits: &[
        "write to anna.b+x@mail.example.org!",
        "a@b.co",
        "jürgen@exämple.de",
        "<o'neil@example.com>",
        "ａｎｎａ＠example.com",
    ],
    #[cfg(test)]
    misses: &[
        "@handle",
        "a@b",
        "logo@2x.png",
        "pkg@1.2.3",
        "git@github.com:org/repo",
        "https://user:secret@host.example.com/",
        "a@@b.com",
        "foo@bar..com",
    ],
    matcher: Matcher::Anchors { anchors: &["@"], confirm: email },
    ..PII
};

/// Telephone number.
static PHONE: Rule = Rule {
    id: "pii_phone",
    description: "Telephone number: E.164, North American, or national where the text says that it is one.",
    score: 0.8,
    label: "PHONE",
    #[cfg(test)]
    hits: &[
        "+44 20 7946 0958",
        "+14155552671",
        "(415) 555-2671",
        "415-555-2671",
        "1-800-555-0199",
        "Tel.: 030 901820",
        "call 415.555.2671",
        "phone: 020 7946 0958",
        "0049 30 901820",
    ],
    #[cfg(test)]
    misses: &[
        "order 4155552671",
        "2024-05-13 10:20:30",
        "192.168.100.200",
        "3.14159265358",
        "1700000000",
        "123-456-7890",
        "+1 2",
        "415-055-2671",
        "ISBN 978-3-16-148410-0",
        "version 10.20.3040",
    ],
    matcher: Matcher::Number(phone),
    ..PII
};

/// Whether `b` would make what stands before or after it part of a longer token.
fn glues(b: Option<u8>) -> bool {
    b.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether a number starts at `start` and ends at `end`: no letter, no digit, no decimal point, no sign of a
/// longer number beside it.
fn stands_alone(probe: Probe<'_>, range: &Range<usize>) -> bool {
    let before = probe.byte_before(range.start);
    let after = probe.byte(range.end);
    let goes_on = |joint: Option<u8>, beyond: Option<u8>| {
        matches!(joint, Some(b'.' | b',' | b'-' | b'/' | b':')) && beyond.is_some_and(|b| b.is_ascii_digit())
    };
    let escaped = probe.before(range.start, 2).first() == Some(&b'\\');
    let glued_before = glues(before) && !(escaped && matches!(before, Some(b'n' | b't' | b'r')));
    !glued_before
        && !glues(after)
        && !goes_on(before, range.start.checked_sub(2).and_then(|at| probe.byte(at)))
        && !goes_on(after, probe.byte(range.end + 1))
}

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

/// Groups that issuers print, by length of each group.
const CARD_GROUPS: &[&[usize]] =
    &[&[4, 4, 4, 4], &[4, 4, 4, 4, 3], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 1], &[4, 5, 6]];

fn payment_card(probe: Probe<'_>, first: Range<usize>) -> Option<Hit> {
    let candidates = std::iter::once(Some(first.end)).chain(
        CARD_GROUPS
            .iter()
            .map(|groups| (first.len() == 4).then(|| grouped(probe, first.start, groups)).flatten()),
    );
    for end in candidates.flatten() {
        let range = first.start..end;
        let text = probe.text(range.clone()).as_bytes();
        let digits: Vec<u8> = text.iter().copied().filter(u8::is_ascii_digit).collect();
        if issued(&digits) && varied(&digits) && checksum::luhn(&digits) && stands_alone(probe, &range) {
            return Some(Hit::at(range));
        }
    }
    None
}

/// End of digits in `groups` with the same separator between them.
fn grouped(probe: Probe<'_>, start: usize, groups: &[usize]) -> Option<usize> {
    let mut at = start;
    let mut separator = None;
    for (i, len) in groups.iter().enumerate() {
        if i > 0 {
            let found = probe.byte(at).filter(|b| matches!(b, b' ' | b'-' | b'.'))?;
            if *separator.get_or_insert(found) != found {
                return None;
            }
            at += 1;
        }
        if probe.long_run(at, len + 1, |b| b.is_ascii_digit()) != at + len {
            return None;
        }
        at += len;
    }
    Some(at)
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

fn us_ssn(probe: Probe<'_>, first: Range<usize>) -> Option<Hit> {
    let end = match first.len() {
        3 => grouped(probe, first.start, &[3, 2, 4]).filter(|_| probe.byte(first.end) != Some(b'.'))?,
        9 if said_before(probe, first.start, &["ssn", "social security", "social-security"]) => first.end,
        _ => return None,
    };
    let range = first.start..end;
    let digits: String = probe.text(range.clone()).chars().filter(char::is_ascii_digit).collect();
    let part = |r: Range<usize>| digits.get(r).and_then(|d| d.parse::<u32>().ok());
    let (area, group, serial) = (part(0..3)?, part(3..5)?, part(5..9)?);
    let assigned = !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0;
    // Printed on wallet inserts and in leaflets, and so in every test set.
    let known_fake = matches!(digits.as_str(), "078051120" | "219099999" | "123456789");
    (assigned && !known_fake && stands_alone(probe, &range)).then(|| Hit::at(range))
}

/// Widest distance between a number and the word that says what it is, in bytes.
const CONTEXT_BYTES: usize = 32;

/// Whether one of `words`, in lower case, stands shortly before `at`.
fn said_before(probe: Probe<'_>, at: usize, words: &[&str]) -> bool {
    let before = probe.before(at, CONTEXT_BYTES);
    words.iter().any(|word| before.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes())))
}

const PHONE_WORDS: &[&str] = &[
    "phone", "tel", "mobile", "cell", "fax", "call ", "whatsapp", "handy", "telefon", "ring ", "sms", "dial",
    "电话", "手机",
];

fn phone(probe: Probe<'_>, first: Range<usize>) -> Option<Hit> {
    international(probe, &first).or_else(|| north_american(probe, &first)).or_else(|| national(probe, &first))
}

/// `+` or `00`, then 8 to 15 digits in groups.
fn international(probe: Probe<'_>, first: &Range<usize>) -> Option<Hit> {
    let plus = probe.byte_before(first.start) == Some(b'+');
    let double_zero = !plus && probe.text(first.start..(first.start + 2).min(first.end)) == "00";
    if !plus && !double_zero {
        return None;
    }
    let start = if plus { first.start - 1 } else { first.start };
    let (end, digits, groups) = digit_groups(probe, first.start);
    let range = start..end;
    let enough = if plus { 8..=15 } else { 11..=17 };
    let leading = probe.byte(if plus { first.start } else { first.start + 2 })?;
    let shaped = plus || groups > 1 || said_before(probe, start, PHONE_WORDS);
    let alone = !glues(probe.byte_before(start)) && stands_alone(probe, &(first.start..end).clone())
        || plus && !glues(probe.byte_before(start)) && !glues(probe.byte(end));
    (enough.contains(&digits) && leading != b'0' && shaped && alone).then(|| Hit::at(range))
}

/// End, digits and groups of digits with single separators (or `(0)`) between them, from `start`.
fn digit_groups(probe: Probe<'_>, start: usize) -> (usize, usize, usize) {
    let (mut end, mut digits, mut groups) = (start, 0, 0);
    let mut at = start;
    loop {
        let next = probe.long_run(at, MAX_PHONE_DIGITS, |b| b.is_ascii_digit());
        if next == at || digits + (next - at) > MAX_PHONE_DIGITS {
            return (end, digits, groups);
        }
        digits += next - at;
        groups += 1;
        end = next;
        let gap = probe.long_run(next, 2, |b| matches!(b, b' ' | b'-' | b'.' | b'/' | b'(' | b')'));
        let line_of_numbers = gap - next == 2 && !matches!(probe.text(next..gap), ") " | " (" | ")-" | "-(");
        if gap == next || line_of_numbers {
            return (end, digits, groups);
        }
        at = gap;
    }
}

/// Most digits of a telephone number with its international prefix.
const MAX_PHONE_DIGITS: usize = 17;

/// `(415) 555-2671`, `415-555-2671`, `415.555.2671`, `1-415-555-2671`; `415 555 2671` where the text says so.
fn north_american(probe: Probe<'_>, first: &Range<usize>) -> Option<Hit> {
    let bracket = first.len() == 3 && probe.byte_before(first.start) == Some(b'(');
    let (start, end) = if bracket {
        let close = (probe.byte(first.end)? == b')').then_some(first.end + 1)?;
        let rest = probe.long_run(close, 1, |b| b == b' ');
        (first.start - 1, grouped(probe, rest, &[3, 4])?)
    } else if first.len() == 1 && probe.byte(first.start)? == b'1' {
        (first.start, grouped(probe, first.start, &[1, 3, 3, 4])?)
    } else if first.len() == 3 {
        (first.start, grouped(probe, first.start, &[3, 3, 4])?)
    } else {
        return None;
    };
    let range = start..end;
    let text = probe.text(range.clone());
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    let ten = digits.get(digits.len().checked_sub(10)?..)?;
    let plan = |at: usize| ten.get(at).is_some_and(|b| *b >= b'2');
    let spaced = !bracket && text.contains(' ');
    let alone = if bracket {
        !glues(probe.byte(end)) && !glues(probe.byte_before(start))
    } else {
        stands_alone(probe, &range)
    };
    let said = !spaced || said_before(probe, start, PHONE_WORDS);
    (plan(0) && plan(3) && alone && said).then(|| Hit::at(range))
}

/// 7 to 12 digits, where the text says that it is a telephone number.
fn national(probe: Probe<'_>, first: &Range<usize>) -> Option<Hit> {
    let (end, digits, _) = digit_groups(probe, first.start);
    let bracket = probe.byte_before(first.start) == Some(b'(');
    let start = if bracket { first.start - 1 } else { first.start };
    let shaped = (7..=12).contains(&digits) && stands_alone(probe, &(start..end));
    (shaped && said_before(probe, start, PHONE_WORDS)).then(|| Hit::at(start..end))
}

/// Longest local part and domain (RFC 5321, 4.5.3.1), in bytes.
const MAX_LOCAL_BYTES: usize = 64;

fn email(probe: Probe<'_>, at: Range<usize>) -> Option<Hit> {
    let local = |b: u8| b.is_ascii_alphanumeric() || !b.is_ascii() || b"._%+-'!#$&*=?^{|}~".contains(&b);
    let mut start = probe.run_back(at.start, local).max(at.start.saturating_sub(MAX_LOCAL_BYTES));
    // What stands around an address is no part of it.
    start = probe.long_run(start, MAX_LOCAL_BYTES, |b| b"._%+-'!#$&*=?^{|}~".contains(&b)).min(at.start);
    let domain_end =
        probe.run(at.end, |b| b.is_ascii_alphanumeric() || !b.is_ascii() || b == b'-' || b == b'.');
    let end = domain_end
        - probe.text(at.end..domain_end).bytes().rev().take_while(|b| matches!(b, b'.' | b'-')).count();
    let domain = probe.text(at.end..end);
    let (host, top) = domain.rsplit_once('.')?;
    let labels_fit =
        host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    let top_fits = top.len() >= 2 && top.chars().all(char::is_alphabetic) && !FILE_TYPES.contains(&top);
    let in_url = start.checked_sub(1).and_then(|b| probe.byte(b)).is_some_and(|b| matches!(b, b':' | b'/'))
        && credentials_of_url(probe, start);
    let remote = probe.byte(end) == Some(b':')
        && probe.byte(end + 1).is_some_and(|b| b.is_ascii_alphabetic() || b == b'/');
    let stands = probe.byte(end) != Some(b'@') && probe.byte_before(start) != Some(b'@');
    (start < at.start && labels_fit && top_fits && !in_url && !remote && stands).then(|| Hit::at(start..end))
}

/// Whether `at` stands in the `user:password@` part of a URL.
fn credentials_of_url(probe: Probe<'_>, at: usize) -> bool {
    let start = probe.run_back(at, |b| !b.is_ascii_whitespace() && b != b'"');
    let head = probe.text(start..at);
    head.rsplit_once("://").is_some_and(|(scheme, user)| !user.contains('/') && scheme != "mailto")
}

/// What follows `@` in names of files and packages.
const FILE_TYPES: &[&str] =
    &["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "py", "md", "html"];
