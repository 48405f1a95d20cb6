//! HTML character references: `&#105;`, `&#x69;`, `&lt;`, and the names that are made by a rule (`&eacute;`, `&iscr;`).

use super::{Decoded, Escape};
use crate::normalize::Transforms;

/// Longest reference that is read, in bytes.
const MAX_REFERENCE_BYTES: usize = 32;

/// The character reference at `at`.
pub(super) fn reference(text: &str, at: usize) -> Option<Escape> {
    let by = Transforms::HTML_ENTITY;
    let rest = text.as_bytes().get(at + 1..)?;
    if let Some(number) = rest.strip_prefix(b"#") {
        let (c, len) = number_of(number)?;
        return Some(Escape { len: 2 + len, text: Decoded::Char(c), by });
    }
    let len = rest.iter().take(MAX_REFERENCE_BYTES).take_while(|b| b.is_ascii_alphanumeric()).count();
    if rest.get(len) != Some(&b';') {
        return None;
    }
    let decoded = named(text.get(at + 1..at + 1 + len)?)?;
    Some(Escape { len: len + 2, text: decoded, by })
}

/// The character of `105;` or `x69;`, and the length; browsers do without the semicolon.
fn number_of(number: &[u8]) -> Option<(char, usize)> {
    let is_hex = matches!(number.first()?, b'x' | b'X');
    let prefix = usize::from(is_hex);
    let radix = if is_hex { 16 } else { 10 };
    let (mut code, mut digits) = (0u32, 0);
    for b in number.iter().skip(prefix).take(MAX_REFERENCE_BYTES) {
        let Some(digit) = char::from(*b).to_digit(radix) else { break };
        code = code.saturating_mul(radix).saturating_add(digit);
        digits += 1;
    }
    let c = char::from_u32(code).filter(|_| digits > 0)?;
    let end = prefix + digits;
    Some((c, end + usize::from(number.get(end) == Some(&b';'))))
}

fn named(name: &str) -> Option<Decoded> {
    let listed = NAMES.binary_search_by_key(&name, |entry| entry.0).ok().and_then(|at| NAMES.get(at));
    if let Some((_, text)) = listed {
        return Some(Decoded::Text(text));
    }
    // A letter with an accent, or in a mathematical alphabet, is that letter.
    let mut chars = name.chars();
    let letter = chars.next().filter(char::is_ascii_alphabetic)?;
    STYLES.contains(&chars.as_str()).then_some(Decoded::Char(letter))
}

/// What follows a letter in the name of one of its forms.
const STYLES: &[&str] = &[
    "acute", "breve", "caron", "cedil", "circ", "fr", "grave", "macr", "ogon", "opf", "ring", "scr", "slash",
    "strok", "tilde", "uml",
];

/// Names of characters that are, or look like, ASCII; and of those that show nothing. Sorted.
const NAMES: &[(&str, &str)] = &[
    ("AElig", "ae"),
    ("NewLine", "\n"),
    ("NoBreak", ""),
    ("Tab", " "),
    ("ZeroWidthSpace", ""),
    ("aelig", "ae"),
    ("amp", "&"),
    ("apos", "'"),
    ("ast", "*"),
    ("bsol", "\\"),
    ("colon", ":"),
    ("comma", ","),
    ("commat", "@"),
    ("dash", "-"),
    ("dollar", "$"),
    ("emsp", " "),
    ("ensp", " "),
    ("equals", "="),
    ("excl", "!"),
    ("fflig", "ff"),
    ("filig", "fi"),
    ("fllig", "fl"),
    ("grave", "`"),
    ("gt", ">"),
    ("hyphen", "-"),
    ("lbrace", "{"),
    ("lbrack", "["),
    ("lcub", "{"),
    ("ldquo", "\""),
    ("lowbar", "_"),
    ("lpar", "("),
    ("lrm", ""),
    ("lsqb", "["),
    ("lsquo", "'"),
    ("lt", "<"),
    ("mdash", "-"),
    ("nbsp", " "),
    ("ndash", "-"),
    ("num", "#"),
    ("oelig", "oe"),
    ("percnt", "%"),
    ("period", "."),
    ("plus", "+"),
    ("quest", "?"),
    ("quot", "\""),
    ("rbrace", "}"),
    ("rbrack", "]"),
    ("rcub", "}"),
    ("rdquo", "\""),
    ("rlm", ""),
    ("rpar", ")"),
    ("rsqb", "]"),
    ("rsquo", "'"),
    ("semi", ";"),
    ("shy", ""),
    ("sol", "/"),
    ("szlig", "ss"),
    ("thinsp", " "),
    ("vert", "|"),
    ("zwj", ""),
    ("zwnj", ""),
];
