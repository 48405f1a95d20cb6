//! Whether a string was drawn at random or written by a person: what tells a key from a placeholder, a name, a path
//! or a version. Counting only, one pass each; no dictionary.

/// Whether a token is there to be replaced: says so, or has too few different characters to be random.
pub(super) fn is_placeholder(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    let distinct = distinct_bytes(body);
    PLACEHOLDERS.iter().any(|word| lower.contains(word))
        || distinct < (body.len() / 3).min(MIN_DISTINCT_BYTES)
}

/// Whether so many letters or digits follow each other in order that somebody typed them: `abcdefgh`, `23456789`.
pub(super) fn counts_up(value: &str) -> bool {
    let bytes = value.as_bytes();
    let mut run = 1;
    bytes.iter().zip(bytes.iter().skip(1)).any(|(a, b)| {
        run = if a.is_ascii_alphanumeric() && a.wrapping_add(1) == *b { run + 1 } else { 1 };
        run >= MIN_ORDERED_BYTES
    })
}

/// Fewest letters or digits in order that are no chance.
const MIN_ORDERED_BYTES: usize = 8;

/// Words of those who write documentation.
const PLACEHOLDERS: &[&str] = &[
    "example",
    "xxxx",
    "placeholder",
    "changeme",
    "redacted",
    "your-",
    "your_",
    "yourkey",
    "yourtoken",
    "yourapi",
    "dummy",
    "insert",
    "-key-",
    "_key_",
    "-here",
    "_here",
    "....",
    "****",
    "${",
    "{{",
    "aaaaaaaa",
    "00000000",
];

/// Fewest different bytes of a long random token.
const MIN_DISTINCT_BYTES: usize = 8;

fn distinct_bytes(body: &str) -> usize {
    let mut seen = [false; 128];
    body.bytes().filter_map(|b| seen.get_mut(usize::from(b)).map(|s| *s = true)).count();
    seen.iter().filter(|s| **s).count()
}

/// Whether the body behind a vendor's prefix may be random: names of settings and branches are not.
pub(super) fn is_random(body: &str) -> bool {
    let parts = || body.split(['_', '-', '.', '/', '~']).filter(|part| !part.is_empty());
    let is_word = |part: &str| part.len() >= 3 && part.bytes().all(|b| b.is_ascii_lowercase());
    let words = parts().filter(|part| is_word(part)).count();
    let mixes = body.bytes().any(|b| b.is_ascii_digit()) || changes(body) * 4 >= body.len();
    mixes && words < 2
}

/// How often a letter of one kind (lower case, upper case, digit) follows another kind.
fn changes(body: &str) -> usize {
    let kind = |b: u8| match b {
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        _ => 0,
    };
    let bytes = body.as_bytes();
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    pairs.filter(|(a, b)| kind(**a) != kind(**b) && kind(**a) != 0 && kind(**b) != 0).count()
}

/// Whether `value` is random without any vendor's word for it: long enough, spread over its alphabet, and neither
/// words, a path, a version nor a reference.
pub(in super::super) fn is_key(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    let is_mixed = letters >= 2 && (digits >= 2 || digits == 1 && has_both_cases(value));
    is_mixed
        && !is_placeholder(value)
        && !is_wordy(value)
        && (changes(value) * 8 >= value.len() || is_digest_shaped(value))
        && entropy(value) >= MIN_KEY_BITS
}

/// Bits per byte of a random string of sixteen bytes, less some luck: hex has about 3.2, base 62 3.8.
const MIN_KEY_BITS: f64 = 2.5;

/// Hexadecimal of a length that keys have, or a UUID; people do not write words in it.
pub(super) fn is_digest_shaped(value: &str) -> bool {
    let is_uuid = value.len() == 36 && value.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    is_uuid
        || matches!(value.len(), 32 | 40 | 48 | 64 | 96 | 128) && value.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Shannon's entropy, in bits per byte.
fn entropy(value: &str) -> f64 {
    let mut counts = [0u32; 128];
    for b in value.bytes() {
        if let Some(count) = counts.get_mut(usize::from(b)) {
            *count += 1;
        }
    }
    let len = f64::from(u32::try_from(value.len()).unwrap_or(u32::MAX));
    let bits = |count: u32| {
        let share = f64::from(count) / len;
        -share * share.log2()
    };
    counts.iter().filter(|c| **c > 0).map(|c| bits(*c)).sum()
}

fn has_both_cases(value: &str) -> bool {
    value.bytes().any(|b| b.is_ascii_lowercase()) && value.bytes().any(|b| b.is_ascii_uppercase())
}

/// Whether most of it is words: runs of lower-case letters, with a capital before them when separators part them. A
/// random string of lower case and digits has longer runs than one that has capitals too.
fn is_wordy(value: &str) -> bool {
    let separators = value.bytes().filter(|b| b"-_./".contains(b)).count();
    let (longest, share) = match (has_both_cases(value), separators) {
        (true, _) => (3, 2),
        (false, 0) => (5, 1),
        (false, _) => (5, 2),
    };
    let capital = usize::from(separators >= 3);
    let words = value.split(|c: char| !c.is_ascii_lowercase()).map(str::len);
    let letters: usize = words.filter(|len| *len + capital >= longest).map(|len| len + capital).sum();
    match share {
        1 => letters * 5 >= value.len() * 4,
        _ => letters * 2 >= value.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_what_people_write() {
        for key in [
            "6fe4476ee5a1832882e326b506d14126",
            "k7Tz2QmW9xLc4VbN8sRyP1dG",
            "c28wlsosanujy2z9qgsnai0x",
            "3a16750d-d363-41a4-8ebd-035408f7730f",
            "jC+6TUUjCNHcVtAXpcqBCgxnA8r+qD6Mat",
        ] {
            assert!(is_key(key), "{key}");
        }
        for text in [
            "cmp2-qat-1208358310",
            "application-settings-2",
            "NEXUS-GPT4-API-KEY",
            "my-secret-value-for-production-1",
            "ThisIsNotASecretValue1",
            "xxxxxxxxxxxxxxxx1111",
            "dev-lb1.api.internal.corp",
        ] {
            assert!(!is_key(text), "{text}");
        }
    }
}
