//! Ways to write a text so that a plain search misses it: what attackers do to a sentence before they send it. Pure
//! functions of the text; nothing here knows how any of it is undone, and none of it is shipped.

use std::fmt::Write;

/// A way to disguise a text.
#[derive(Clone, Copy, Debug)]
pub struct Disguise {
    /// Its name, unique.
    pub name: &'static str,
    /// Disguises a text.
    pub apply: fn(&str) -> String,
    /// What must not be done to the result, for it could not be read back: a token whose case or digits matter.
    pub result: Result,
}

/// What a disguise leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Result {
    /// Words, or what is read as words.
    Words,
    /// Escapes, in which letters and digits matter.
    Escapes,
    /// A token, in which case and digits matter.
    Token,
}

impl Disguise {
    /// Whether `self` after `first` can be read back by anybody.
    pub fn may_follow(&self, first: &Self) -> bool {
        let is_same = family(self.name) == family(first.name);
        let is_lossy = matches!(family(self.name), "leet");
        let turns_letters = matches!(family(self.name), "rot13" | "reversed");
        if is_same || (needs_ascii(self.name) && !leaves_ascii(first.name)) {
            return false;
        }
        match first.result {
            Result::Words => true,
            Result::Token => !is_lossy,
            Result::Escapes => !is_lossy && !turns_letters,
        }
    }
}

fn needs_ascii(name: &str) -> bool {
    name == "tags"
}

fn leaves_ascii(name: &str) -> bool {
    !matches!(family(name), "compatibility" | "zero_width" | "combining" | "homoglyph")
}

/// The disguise without its variety.
pub fn family(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

/// Every disguise.
pub const DISGUISES: &[Disguise] = &[
    words("compatibility/full_width", full_width),
    words("compatibility/mathematical", mathematical),
    words("compatibility/circled", circled),
    words("zero_width/space", |t| between(t, "\u{200B}")),
    words("zero_width/soft_hyphen", |t| between(t, "\u{AD}")),
    words("zero_width/bidi", |t| format!("\u{202E}{}\u{202C}", between(t, "\u{2066}"))),
    words("zero_width/selectors", |t| between(t, "\u{FE0F}")),
    words("combining/strike", |t| after_letters(t, "\u{336}")),
    words("combining/stack", |t| after_letters(t, "\u{301}\u{32F}\u{30A}\u{317}\u{35B}")),
    words("combining/frame", |t| after_letters(t, "\u{20DD}")),
    words("homoglyph/cyrillic", cyrillic),
    words("tags", tags),
    words("leet/digits", |t| {
        substituted(t, &[("o", "0"), ("i", "1"), ("e", "3"), ("a", "4"), ("s", "5"), ("t", "7")])
    }),
    words("leet/signs", |t| substituted(t, &[("o", "0"), ("i", "!"), ("e", "3"), ("a", "@"), ("s", "$")])),
    words("leet/wild", |t| {
        substituted(t, &[("o", "()"), ("i", "|"), ("e", "3"), ("a", "4"), ("s", "5"), ("t", "+")])
    }),
    words("leet/some", some_digits),
    words("spaced/wide", |t| spaced(t, " ", "   ")),
    words("spaced/double", |t| spaced(t, " ", "  ")),
    words("spaced/even", |t| spaced(t, " ", " ")),
    words("spaced/dots", |t| spaced(t, ".", " ")),
    words("spaced/hyphens", |t| spaced(t, "-", " ")),
    words("spaced/bars", |t| spaced(t, "|", " ")),
    words("spaced/spread", |t| spaced(t, " . ", "   ")),
    words("spaced/lines", |t| spaced(t, "\n", "\n\n")),
    words("reversed/text", |t| t.chars().rev().collect()),
    words("reversed/words", |t| by_word(t, |w| w.chars().rev().collect())),
    words("rot13", rot13),
    token("base64/standard", |t| base64(t.as_bytes(), STANDARD, true)),
    token("base64/url", |t| base64(t.as_bytes(), URL, false)),
    token("base64/wrapped", |t| wrapped(&base64(t.as_bytes(), STANDARD, true), 24)),
    token("base64/utf16", |t| base64(&utf16(t), STANDARD, true)),
    token("base64/words", |t| {
        by_word(t, |w| {
            if w.len() > 8 { base64(format!("{w} as you").as_bytes(), STANDARD, true) } else { w.into() }
        })
    }),
    token("base32", |t| base32(t.as_bytes())),
    token("hex/plain", |t| each(t, |b| format!("{b:02x}"))),
    token("hex/prefixed", |t| format!("0x{}", each(t, |b| format!("{b:02X}")))),
    token("hex/spaced", |t| each(t, |b| format!("{b:02x} "))),
    token("hex/colons", |t| each(t, |b| format!("{b:02x}:"))),
    escapes("hex/listed", |t| each(t, |b| format!("0x{b:02x}, "))),
    escapes("percent/all", |t| each(t, |b| format!("%{b:02X}"))),
    escapes("percent/reserved", |t| each(t, |b| plain_or(b, format!("%{b:02X}")))),
    escapes("html_entity/decimal", |t| each_char(t, |c| format!("&#{};", u32::from(c)))),
    escapes("html_entity/hex", |t| each_char(t, |c| format!("&#x{:x};", u32::from(c)))),
    escapes("html_entity/padded", |t| each_char(t, |c| format!("&#{:07}", u32::from(c)))),
    escapes("html_entity/named", |t| {
        each_char(t, |c| if c.is_ascii_lowercase() { format!("&{c}scr;") } else { c.into() })
    }),
    escapes("quoted_printable/all", |t| each(t, |b| format!("={b:02X}"))),
    escapes("quoted_printable/lines", |t| broken(t, "=\n")),
    escapes("escape/json", |t| each_char(t, |c| format!("\\u{:04x}", u32::from(c)))),
    escapes("escape/braced", |t| each_char(t, |c| format!("\\u{{{:x}}}", u32::from(c)))),
    escapes("escape/bytes", |t| each(t, |b| format!("\\x{b:02x}"))),
    escapes("escape/octal", |t| each(t, |b| format!("\\{b:03o}"))),
    escapes("escape/points", |t| each_char(t, |c| format!("U+{:04X} ", u32::from(c)))),
];

const fn words(name: &'static str, apply: fn(&str) -> String) -> Disguise {
    Disguise { name, apply, result: Result::Words }
}

const fn token(name: &'static str, apply: fn(&str) -> String) -> Disguise {
    Disguise { name, apply, result: Result::Token }
}

const fn escapes(name: &'static str, apply: fn(&str) -> String) -> Disguise {
    Disguise { name, apply, result: Result::Escapes }
}

fn each(text: &str, write: impl Fn(u8) -> String) -> String {
    text.bytes().map(write).collect()
}

fn each_char(text: &str, write: impl Fn(char) -> String) -> String {
    text.chars().map(write).collect()
}

fn plain_or(b: u8, escape: String) -> String {
    if b.is_ascii_alphanumeric() { char::from(b).into() } else { escape }
}

fn letters(text: &str, upper: u32, lower: u32) -> String {
    each_char(text, |c| {
        let shifted = match c {
            'A'..='Z' => char::from_u32(upper + u32::from(c) - u32::from('A')),
            'a'..='z' => char::from_u32(lower + u32::from(c) - u32::from('a')),
            c => Some(c),
        };
        shifted.unwrap_or(c).into()
    })
}

fn full_width(text: &str) -> String {
    each_char(text, |c| {
        if c.is_ascii_graphic() {
            char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c).into()
        } else {
            c.into()
        }
    })
}

fn mathematical(text: &str) -> String {
    letters(text, 0x1D400, 0x1D41A)
}

fn circled(text: &str) -> String {
    letters(text, 0x24B6, 0x24D0)
}

/// `sign` between any two characters of a word.
fn between(text: &str, sign: &str) -> String {
    let mut out = String::new();
    let mut last = ' ';
    for c in text.chars() {
        if last.is_alphanumeric() && c.is_alphanumeric() {
            out.push_str(sign);
        }
        out.push(c);
        last = c;
    }
    out
}

fn after_letters(text: &str, marks: &str) -> String {
    each_char(text, |c| if c.is_ascii_alphanumeric() { format!("{c}{marks}") } else { c.into() })
}

fn cyrillic(text: &str) -> String {
    const ALIKE: &[(&str, &str)] = &[
        ("a", "а"),
        ("c", "с"),
        ("e", "е"),
        ("i", "і"),
        ("j", "ј"),
        ("o", "о"),
        ("p", "р"),
        ("s", "ѕ"),
        ("x", "х"),
        ("y", "у"),
        ("A", "А"),
        ("B", "В"),
        ("C", "С"),
        ("E", "Е"),
        ("H", "Н"),
        ("I", "І"),
        ("K", "К"),
        ("M", "М"),
        ("O", "О"),
        ("P", "Р"),
        ("T", "Т"),
        ("X", "Х"),
    ];
    each_char(text, |c| {
        let alike = ALIKE.iter().find(|(from, _)| from.starts_with(c));
        alike.map_or_else(|| c.into(), |(_, to)| (*to).into())
    })
}

fn tags(text: &str) -> String {
    each_char(text, |c| char::from_u32(0xE0000 + u32::from(c)).filter(|_| c.is_ascii()).unwrap_or(c).into())
}

fn substituted(text: &str, pairs: &[(&str, &str)]) -> String {
    each_char(text, |c| {
        let lower = c.to_lowercase().to_string();
        pairs.iter().find(|(from, _)| *from == lower).map_or_else(|| c.into(), |(_, to)| (*to).into())
    })
}

/// Every other letter that can be a digit is one.
fn some_digits(text: &str) -> String {
    let mut turn = 0;
    text.chars()
        .map(|c| {
            let digit = substituted(&c.to_string(), &[("o", "0"), ("i", "1"), ("e", "3"), ("a", "4")]);
            turn += usize::from(digit != c.to_string());
            if turn % 2 == 1 { digit } else { c.into() }
        })
        .collect()
}

fn by_word(text: &str, write: impl Fn(&str) -> String) -> String {
    text.split(' ').map(write).collect::<Vec<_>>().join(" ")
}

/// The characters of a word with the marks that are drawn over them, or show nothing after them.
fn drawn(word: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for c in word.chars() {
        let is_mark =
            !c.is_ascii() && !c.is_alphanumeric() && !('\u{E0000}'..).contains(&c) && c < '\u{FF00}';
        match all.last_mut() {
            Some(last) if is_mark => last.push(c),
            _ => all.push(c.into()),
        }
    }
    all
}

fn spaced(text: &str, between: &str, words: &str) -> String {
    let word = |w: &str| drawn(w).join(between);
    text.split_whitespace().map(word).collect::<Vec<_>>().join(words)
}

fn rot13(text: &str) -> String {
    each_char(text, |c| {
        let turned = |first: u8| char::from(first + (u8::try_from(c).unwrap_or(first) - first + 13) % 26);
        match c {
            'a'..='z' => turned(b'a').into(),
            'A'..='Z' => turned(b'A').into(),
            c => c.into(),
        }
    })
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The digits of `bytes`, `bits` at a time.
fn digits(bytes: &[u8], bits: u32, alphabet: &[u8]) -> String {
    let (mut out, mut held, mut count) = (String::new(), 0u32, 0);
    let mut push = |held: u32, count: u32| {
        let digit = (held >> count) as usize % alphabet.len();
        out.extend(alphabet.get(digit).map(|b| char::from(*b)));
    };
    for b in bytes {
        held = (held << 8 | u32::from(*b)) & 0xFFFF;
        count += 8;
        while count >= bits {
            count -= bits;
            push(held, count);
        }
    }
    if count > 0 {
        push(held << (bits - count), 0);
    }
    out
}

/// Base64 in `alphabet`.
fn base64(bytes: &[u8], alphabet: &[u8; 64], padded: bool) -> String {
    let mut out = digits(bytes, 6, alphabet);
    while padded && !out.len().is_multiple_of(4) {
        out.push('=');
    }
    out
}

fn base32(bytes: &[u8]) -> String {
    let mut out = digits(bytes, 5, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    while !out.len().is_multiple_of(8) {
        out.push('=');
    }
    out
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i.is_multiple_of(width) {
            out.push('\n');
        }
        out.push(c);
    }
    out
}

/// `sign` in the middle of every longer word.
fn broken(text: &str, sign: &str) -> String {
    by_word(text, |word| {
        let (head, tail) =
            word.split_at_checked(word.len() / 2).filter(|_| word.len() > 3).unwrap_or((word, ""));
        let mut out = head.to_owned();
        if !tail.is_empty() {
            let _ = write!(out, "{sign}{tail}");
        }
        out
    })
}
