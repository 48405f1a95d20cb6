//! A strict JSON reader (RFC 8259) that keeps the byte span of every value and key. It knows nothing of protocols.
//! `serde_json` has no spans, and edits must be made in the original bytes; that is why this reader exists
//! (docs/decisions/0003). One pass without recursion writes a flat tape in document order, so memory and time are
//! linear in the text and both have limits.

use std::borrow::Cow;

use serde_json::Number;

use crate::limits::{MAX_JSON_DEPTH, MAX_JSON_NODES};
use crate::order;
use crate::segment::{Escaping, SourceMap, Span};

use super::Unscannable;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,
}

/// What to do with an object that names a key twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duplicates {
    /// The text is refused: readers disagree on which one counts.
    Refuse,
    /// Every one is kept, so that each is scanned.
    Keep,
}

/// Where the text stands in the body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'t> {
    /// In one piece, from this byte on.
    At(usize),
    /// In pieces or in escapes: wherever this map says.
    Through(&'t SourceMap),
}

/// A text, read.
#[derive(Debug)]
pub(crate) struct Json<'t> {
    text: &'t str,
    place: Place<'t>,
    nodes: Vec<Node>,
}

/// One value of a [`Json`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'j, 't> {
    json: &'j Json<'t>,
    index: usize,
    node: &'j Node,
}

/// Whether a reader that forgives more than this one could take `text` for JSON. Such text must be valid or refused,
/// never read as words. `[DONE]` and our own placeholders (`[EMAIL_1]`) are words to every reader.
pub(crate) fn looks_like_json(text: &[u8]) -> bool {
    match text.trim_ascii_start() {
        [b'[', b'A'..=b'Z', b'A'..=b'Z' | b'0'..=b'9' | b'_' | b']', ..] => false,
        [b'{' | b'[' | b'"', ..] => true,
        _ => false,
    }
}

/// A decoded text and its way back to the body.
pub(crate) type Mapped<'t> = (Cow<'t, str>, SourceMap);

/// One value on the tape. Children follow their parent directly.
/// INVARIANT: `start < end <= text.len()`, `index < after <= nodes.len()`.
#[derive(Debug)]
struct Node {
    kind: Kind,
    /// With its quotation marks.
    text: Token,
    /// With its quotation marks; empty for elements of arrays and for the root.
    key: Token,
    /// Index of the first node behind this value and all it contains.
    after: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Token {
    start: u32,
    end: u32,
    escaped: bool,
}

impl<'t> Json<'t> {
    /// Reads `text`, which must be one JSON value and nothing else.
    ///
    /// # Errors
    /// `Malformed`, `DuplicateKey`, `TooDeep`, `TooMany` or `TooLarge`.
    pub(crate) fn parse(
        text: &'t str,
        place: Place<'t>,
        duplicates: Duplicates,
    ) -> Result<Self, Unscannable> {
        if u32::try_from(text.len()).is_err() {
            return Err(Unscannable::TooLarge);
        }
        let mut scanner = Scanner::new(text, duplicates);
        scanner.run()?;
        Ok(Self { text, place, nodes: scanner.nodes })
    }

    /// The outermost value. The scanner never accepts a text without one.
    pub(crate) fn root(&self) -> Option<Value<'_, 't>> {
        self.at(0)
    }

    fn at(&self, index: usize) -> Option<Value<'_, 't>> {
        self.nodes.get(index).map(|node| Value { json: self, index, node })
    }

    fn mapped(&self, token: Token) -> Mapped<'t> {
        let mut map = SourceMap::default().written(Escaping::Times(1));
        let base = match self.place {
            Place::At(base) => base,
            Place::Through(_) => 0,
        };
        let text = decode(self.text, token, |len, span| map.push(len, base + span.start..base + span.end));
        match self.place {
            Place::At(_) => (text, map),
            Place::Through(outer) => (text, outer.compose(&map)),
        }
    }

    fn whole(&self, text_len: usize, token: Token) -> SourceMap {
        let mut map = SourceMap::default();
        let span = token.span();
        match self.place {
            Place::At(base) => {
                map.push_whole(text_len, base + span.start..base + span.end);
                map
            }
            Place::Through(outer) => {
                map.push_whole(text_len, span);
                outer.compose(&map)
            }
        }
    }
}

impl<'j, 't> Value<'j, 't> {
    /// What it is.
    pub(crate) fn kind(self) -> Kind {
        self.node.kind
    }

    /// The members of an object or the elements of an array, in order; nothing for scalars.
    pub(crate) fn children(self) -> impl Iterator<Item = Value<'j, 't>> {
        let end = self.node.after as usize;
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            let child = if next < end { self.json.at(next) } else { None }?;
            next = child.node.after as usize;
            Some(child)
        })
    }

    /// The value of `key`, when this is an object that has it.
    pub(crate) fn get(self, key: &str) -> Option<Value<'j, 't>> {
        if self.kind() != Kind::Object {
            return None;
        }
        self.children().find(|child| child.key() == key)
    }

    /// The key it stands under; empty for elements and the root.
    pub(crate) fn key(self) -> Cow<'t, str> {
        decode(self.json.text, self.node.key, |_, _| {})
    }

    /// The key with its map.
    pub(crate) fn key_mapped(self) -> Mapped<'t> {
        self.json.mapped(self.node.key)
    }

    /// The map of the key as one piece, quotation marks included.
    pub(crate) fn key_whole(self, text_len: usize) -> SourceMap {
        self.json.whole(text_len, self.node.key)
    }

    /// The text of a string; `None` for anything else.
    pub(crate) fn string(self) -> Option<Cow<'t, str>> {
        (self.kind() == Kind::String).then(|| decode(self.json.text, self.node.text, |_, _| {}))
    }

    /// The text of a string with its map; for anything else the source text as it stands.
    pub(crate) fn mapped(self) -> Mapped<'t> {
        if self.kind() == Kind::String {
            return self.json.mapped(self.node.text);
        }
        let raw = self.raw();
        (Cow::Borrowed(raw), self.whole(raw.len()))
    }

    /// The map of the value as one piece, quotation marks included.
    pub(crate) fn whole(self, text_len: usize) -> SourceMap {
        self.json.whole(text_len, self.node.text)
    }

    /// Where it stands in the text, quotation marks included.
    pub(crate) fn span(self) -> Span {
        self.node.text.span()
    }

    /// Where its key stands, quotation marks included; `None` for elements and the root.
    pub(crate) fn key_span(self) -> Option<Span> {
        (!self.node.key.is_empty()).then(|| self.node.key.span())
    }

    /// A number, as serde_json reads it; `None` for anything else and for what no float can hold. The standard library's
    /// own reader of floats is five times as large.
    pub(crate) fn number(self) -> Option<Number> {
        (self.kind() == Kind::Number).then(|| self.raw().parse().ok()).flatten()
    }

    /// The source text as it stands, quotation marks included.
    pub(crate) fn raw(self) -> &'t str {
        self.json.text.get(self.node.text.span()).unwrap_or_default()
    }
}

impl Token {
    fn span(self) -> Span {
        self.start as usize..self.end as usize
    }

    fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// The text of a string token; `run` is told, in order, how many bytes of text came from which span.
fn decode<'t>(text: &'t str, token: Token, mut run: impl FnMut(usize, Span)) -> Cow<'t, str> {
    if token.is_empty() {
        return Cow::Borrowed("");
    }
    let Span { start, end } = token.span();
    let (start, end) = (start + 1, end - 1);
    let inner = text.get(start..end).unwrap_or_default();
    if !token.escaped {
        run(inner.len(), start..end);
        return Cow::Borrowed(inner);
    }
    let mut out = String::with_capacity(inner.len());
    let (mut rest, mut at) = (inner, start);
    while let Some((plain, escape)) = rest.split_once('\\') {
        if !plain.is_empty() {
            out.push_str(plain);
            run(plain.len(), at..at + plain.len());
            at += plain.len();
        }
        let (character, after) = unescape(escape);
        let source_len = 1 + escape.len() - after.len();
        out.push(character);
        run(character.len_utf8(), at..at + source_len);
        at += source_len;
        rest = after;
    }
    if !rest.is_empty() {
        out.push_str(rest);
        run(rest.len(), at..at + rest.len());
    }
    Cow::Owned(out)
}

/// Text that was taken for JSON and is none, with every sound escape resolved: readers that forgive more (`NaN`, a
/// comma too many, an end too early) resolve them too, so what hides in escapes must not hide from us.
pub(crate) fn unescaped(text: &str) -> Mapped<'static> {
    let mut out = String::with_capacity(text.len());
    let mut map = SourceMap::default().written(Escaping::Unknown);
    let mut scanner = Scanner::new(text, Duplicates::Keep);
    let mut from = 0;
    while let Some(found) = text.get(scanner.at..).and_then(|rest| rest.find('\\')) {
        let at = scanner.at + found;
        scanner.at = at;
        if scanner.escape().is_err() {
            scanner.at = at + 1;
            continue;
        }
        let plain = text.get(from..at).unwrap_or_default();
        let (character, _) = unescape(text.get(at + 1..).unwrap_or_default());
        out.push_str(plain);
        map.push(plain.len(), from..at);
        out.push(character);
        map.push_whole(character.len_utf8(), at..scanner.at);
        from = scanner.at;
    }
    let rest = text.get(from..).unwrap_or_default();
    out.push_str(rest);
    map.push(rest.len(), from..text.len());
    (Cow::Owned(out), map)
}

/// The character an escape stands for and what follows it. `escape` starts behind the backslash and has been
/// checked by the scanner; the replacement character only stands in for what cannot happen.
fn unescape(escape: &str) -> (char, &str) {
    let mut rest = escape.chars();
    let character = match rest.next() {
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => return unescape_unicode(rest.as_str()),
        Some(other) => other,
        None => char::REPLACEMENT_CHARACTER,
    };
    (character, rest.as_str())
}

fn unescape_unicode(digits: &str) -> (char, &str) {
    let (first, rest) = digits.split_at_checked(4).unwrap_or_default();
    let unit = hex4(first.as_bytes()).unwrap_or_default();
    if !(0xD800..0xE000).contains(&unit) {
        return (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), rest);
    }
    let (second, rest) = rest.split_at_checked(6).unwrap_or_default();
    let low = second.get(2..).and_then(|low| hex4(low.as_bytes())).unwrap_or_default();
    let point = 0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF);
    (char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

fn hex4(digits: &[u8]) -> Option<u32> {
    let four: [u8; 4] = digits.get(..4)?.try_into().ok()?;
    four.iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
}

/// Writes the tape. INVARIANT: `at <= bytes.len()`; `open` holds the indices of the containers around `at`,
/// outermost first, and `open.len() <= MAX_JSON_DEPTH`.
struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    nodes: Vec<Node>,
    open: Vec<u32>,
    duplicates: Duplicates,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str, duplicates: Duplicates) -> Self {
        // A guess that fits chat bodies; the tape grows when it is wrong.
        let nodes = Vec::with_capacity((text.len() / 32).clamp(8, 1024));
        Self { text, bytes: text.as_bytes(), at: 0, nodes, open: Vec::new(), duplicates }
    }

    fn run(&mut self) -> Result<(), Unscannable> {
        let mut key = Token::default();
        loop {
            self.space();
            if self.value(key)? == Opened::Container && !self.closes_at_once()? {
                key = self.key()?;
                continue;
            }
            match self.after_value()? {
                Some(next) => key = next,
                None => return Ok(()),
            }
        }
    }

    /// Closes every container that ends here. The key of the next value (empty in arrays), or `None` at the end
    /// of the text.
    #[inline]
    fn after_value(&mut self) -> Result<Option<Token>, Unscannable> {
        loop {
            self.space();
            let Some(container) = self.innermost() else {
                return if self.at == self.bytes.len() { Ok(None) } else { Err(Unscannable::Malformed) };
            };
            match (self.peek(), container) {
                (Some(b','), _) => {
                    self.at += 1;
                    self.space();
                    return self.key().map(Some);
                }
                (Some(b'}'), Kind::Object) | (Some(b']'), Kind::Array) => self.close()?,
                _ => return Err(Unscannable::Malformed),
            }
        }
    }

    #[inline]
    fn closes_at_once(&mut self) -> Result<bool, Unscannable> {
        self.space();
        match (self.peek(), self.innermost()) {
            (Some(b'}'), Some(Kind::Object)) | (Some(b']'), Some(Kind::Array)) => {
                self.close()?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// The key and its colon, in an object; nothing in an array.
    #[inline]
    fn key(&mut self) -> Result<Token, Unscannable> {
        if self.innermost() != Some(Kind::Object) {
            return Ok(Token::default());
        }
        let key = self.string()?;
        self.space();
        self.expect(b':')?;
        Ok(key)
    }

    #[inline]
    fn value(&mut self, key: Token) -> Result<Opened, Unscannable> {
        if self.nodes.len() >= MAX_JSON_NODES {
            return Err(Unscannable::TooMany);
        }
        let (kind, text) = match self.peek() {
            Some(b'"') => (Kind::String, self.string()?),
            Some(b'{') => return self.open(Kind::Object, key),
            Some(b'[') => return self.open(Kind::Array, key),
            Some(b't') => (Kind::True, self.word(b"true")?),
            Some(b'f') => (Kind::False, self.word(b"false")?),
            Some(b'n') => (Kind::Null, self.word(b"null")?),
            Some(b'-' | b'0'..=b'9') => (Kind::Number, self.number()?),
            _ => return Err(Unscannable::Malformed),
        };
        let after = index(self.nodes.len() + 1);
        self.nodes.push(Node { kind, text, key, after });
        Ok(Opened::Scalar)
    }

    fn open(&mut self, kind: Kind, key: Token) -> Result<Opened, Unscannable> {
        if self.open.len() >= MAX_JSON_DEPTH {
            return Err(Unscannable::TooDeep);
        }
        let at = index(self.nodes.len());
        let text = Token { start: index(self.at), end: index(self.at), escaped: false };
        self.nodes.push(Node { kind, text, key, after: at + 1 });
        self.open.push(at);
        self.at += 1;
        Ok(Opened::Container)
    }

    fn close(&mut self) -> Result<(), Unscannable> {
        self.at += 1;
        let Some(container) = self.open.pop() else { return Err(Unscannable::Malformed) };
        let after = index(self.nodes.len());
        let end = index(self.at);
        let Some(node) = self.nodes.get_mut(container as usize) else { return Ok(()) };
        node.after = after;
        node.text.end = end;
        if node.kind == Kind::Object && self.duplicates == Duplicates::Refuse && self.repeats_a_key(container)
        {
            return Err(Unscannable::DuplicateKey);
        }
        Ok(())
    }

    /// Whether two keys of an object are equal once decoded. Few keys are compared pair by pair, many are sorted:
    /// no input makes this quadratic, and there is no hash to flood.
    fn repeats_a_key(&self, object: u32) -> bool {
        let mut few = [""; FEW_KEYS];
        for (count, node) in self.children(object).enumerate() {
            let Some(slot) = few.get_mut(count) else { return self.repeats_one_of_many(object) };
            if node.key.escaped {
                return self.repeats_one_of_many(object);
            }
            let key = self.text.get(node.key.span()).unwrap_or_default();
            *slot = key;
            if few.iter().take(count).any(|earlier| *earlier == key) {
                return true;
            }
        }
        false
    }

    fn repeats_one_of_many(&self, object: u32) -> bool {
        let decoded: Vec<_> = self.children(object).map(|n| decode(self.text, n.key, |_, _| {})).collect();
        let mut keys: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
        order::texts(&mut keys);
        keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
    }

    /// The members of an object that has just been closed.
    fn children(&self, object: u32) -> impl Iterator<Item = &Node> {
        let mut next = object as usize + 1;
        std::iter::from_fn(move || {
            let node = self.nodes.get(next)?;
            next = node.after as usize;
            Some(node)
        })
    }

    #[inline]
    fn string(&mut self) -> Result<Token, Unscannable> {
        let start = index(self.at);
        self.expect(b'"')?;
        let mut escaped = false;
        loop {
            self.at += plain_prefix(self.rest());
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                _ => return Err(Unscannable::Malformed),
            }
            escaped = true;
        }
        self.at += 1;
        Ok(Token { start, end: index(self.at), escaped })
    }

    fn escape(&mut self) -> Result<(), Unscannable> {
        let len = match self.rest() {
            [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [_, b'u', digits @ ..] => match hex4(digits) {
                Some(0xD800..0xDC00) => match digits.get(4..) {
                    Some([b'\\', b'u', low @ ..]) if matches!(hex4(low), Some(0xDC00..0xE000)) => 12,
                    _ => return Err(Unscannable::Malformed),
                },
                Some(0xDC00..0xE000) | None => return Err(Unscannable::Malformed),
                Some(_) => 6,
            },
            _ => return Err(Unscannable::Malformed),
        };
        self.at += len;
        Ok(())
    }

    #[inline]
    fn number(&mut self) -> Result<Token, Unscannable> {
        let start = index(self.at);
        self.skip_if(|b| b == b'-');
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.skip_if(|b| b == b'.') {
            self.digits()?;
        }
        if self.skip_if(|b| matches!(b, b'e' | b'E')) {
            self.skip_if(|b| matches!(b, b'+' | b'-'));
            self.digits()?;
        }
        Ok(Token { start, end: index(self.at), escaped: false })
    }

    fn digits(&mut self) -> Result<(), Unscannable> {
        let count = self.rest().iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(Unscannable::Malformed) } else { Ok(()) }
    }

    #[inline]
    fn word(&mut self, word: &[u8]) -> Result<Token, Unscannable> {
        if !self.rest().starts_with(word) {
            return Err(Unscannable::Malformed);
        }
        let start = index(self.at);
        self.at += word.len();
        Ok(Token { start, end: index(self.at), escaped: false })
    }

    fn expect(&mut self, byte: u8) -> Result<(), Unscannable> {
        if self.skip_if(|b| b == byte) { Ok(()) } else { Err(Unscannable::Malformed) }
    }

    fn skip_if(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let skips = self.peek().is_some_and(wanted);
        self.at += usize::from(skips);
        skips
    }

    #[inline]
    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn innermost(&self) -> Option<Kind> {
        let container = *self.open.last()?;
        self.nodes.get(container as usize).map(|node| node.kind)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    Scalar,
    Container,
}

/// Up to so many keys are compared pair by pair.
const FEW_KEYS: usize = 16;

/// How many bytes of a string come before its end, an escape or a forbidden control character. Whole blocks are
/// tested without branches, which the compiler turns into vector instructions.
#[inline]
fn plain_prefix(rest: &[u8]) -> usize {
    let stop = |byte: u8| u8::from(byte == b'"') | u8::from(byte == b'\\') | u8::from(byte < 0x20);
    let (blocks, _) = rest.as_chunks::<BLOCK>();
    let clear =
        blocks.iter().take_while(|block| block.iter().fold(0, |any, &byte| any | stop(byte)) == 0).count();
    let tail = rest.get(clear * BLOCK..).unwrap_or_default();
    clear * BLOCK + tail.iter().take_while(|&&byte| stop(byte) == 0).count()
}

/// Bytes tested at once: one vector.
const BLOCK: usize = 16;

/// INVARIANT: callers pass offsets into a text whose length `parse` has checked to fit.
fn index(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Json<'_>, Unscannable> {
        Json::parse(text, Place::At(0), Duplicates::Refuse)
    }

    #[test]
    fn strict_json_and_nothing_else_is_read() {
        let check = |text: &str, expected: Result<(), Unscannable>| {
            assert_eq!(parse(text).map(|_| ()), expected, "{text:?}");
            // A second opinion: serde_json accepts exactly what we accept, duplicate keys apart.
            let theirs = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(theirs, !matches!(expected, Err(Unscannable::Malformed)), "serde_json on {text:?}");
        };
        for text in [
            "0",
            "-0.5e+7",
            "\"\"",
            "[]",
            "{}",
            " [1, 2 ] ",
            "{\"a\":[{\"b\":null}],\"c\":true}",
            "\"\\ud83d\\ude00\"",
        ] {
            check(text, Ok(()));
        }
        for text in [
            "",
            " ",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "--1",
            "0x1",
            "NaN",
            "nul",
            "truex",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{1:2}",
            "[",
            "]",
            "{",
            "[}",
            "{]",
            "[1]]",
            "{}{}",
            "'a'",
            "\"a",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\n\"",
            "\"\t\"",
            "\"\\ud83d\"",
            "\"\\ude00\"",
            "\"\\ud83d\\u0041\"",
            "\u{feff}{}",
            "// c\n1",
            "[1]\u{a0}",
            "\"\\\"",
            "[\"a\":1]",
            "{\"a\",1}",
            "\"\\ud83d\\\"",
        ] {
            check(text, Err(Unscannable::Malformed));
        }
        check("{\"a\":1,\"a\":2}", Err(Unscannable::DuplicateKey));
        check("{\"role\":1,\"\\u0072ole\":2}", Err(Unscannable::DuplicateKey));
        check("[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]", Err(Unscannable::DuplicateKey));
        check("{\"a\":{\"a\":1},\"b\":{\"a\":1}}", Ok(()));
    }

    #[test]
    fn limits_hold_at_their_edge() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(&nested(MAX_JSON_DEPTH)).is_ok());
        assert_eq!(parse(&nested(MAX_JSON_DEPTH + 1)).unwrap_err(), Unscannable::TooDeep);
        assert_eq!(parse(&"[".repeat(1_000_000)).unwrap_err(), Unscannable::TooDeep);
        let many = |count: usize| format!("[{}0]", "0,".repeat(count - 2));
        assert!(parse(&many(MAX_JSON_NODES)).is_ok());
        assert_eq!(parse(&many(MAX_JSON_NODES + 1)).unwrap_err(), Unscannable::TooMany);
    }

    /// With pairwise comparison this is five billion comparisons.
    #[test]
    fn a_hundred_thousand_keys_are_no_flood() {
        let object = |last: usize| {
            let keys: Vec<_> = (0..100_000).map(|i| format!("\"{i:0>40}\":0")).collect();
            format!("{{{},\"{last:0>40}\":0}}", keys.join(","))
        };
        assert!(parse(&object(100_000)).is_ok());
        assert_eq!(parse(&object(50_000)).unwrap_err(), Unscannable::DuplicateKey);
    }

    #[test]
    fn kept_duplicates_are_all_there() {
        let json = Json::parse("{\"a\":1,\"a\":2}", Place::At(0), Duplicates::Keep).unwrap();
        assert_eq!(json.root().unwrap().children().map(Value::raw).collect::<Vec<_>>(), ["1", "2"]);
    }

    #[test]
    fn strings_decode_to_what_serde_json_reads_and_map_back() {
        for text in [
            "",
            "plain",
            "caf\u{e9}",
            "a\"b\\c/d\u{8}\u{c}\n\r\t",
            "\u{0}\u{1f}\u{7f}",
            "\u{1f600}x\u{10ffff}",
        ] {
            let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            for source in [serde_json::to_string(text).unwrap(), format!("\"{escaped}\"")] {
                let json = parse(&source).unwrap();
                let (decoded, map) = json.root().unwrap().mapped();
                assert_eq!(decoded, text);
                assert_eq!(map.text_len(), text.len());
                let spans = map.spans(0..text.len());
                let all = Some(1..source.len() - 1).filter(|span| !span.is_empty());
                assert_eq!(spans, Vec::from_iter(all), "{source}");
            }
        }
    }

    #[test]
    fn long_strings_stop_at_every_offset_of_a_block() {
        for length in 0..40 {
            let source = format!("\"{}\\n{}\"", "x".repeat(length), "y".repeat(length));
            let json = parse(&source).unwrap();
            assert_eq!(json.root().unwrap().string().unwrap().len(), 2 * length + 1);
            let broken = format!("\"{}\u{1}{}\"", "x".repeat(length), "y".repeat(length));
            assert_eq!(parse(&broken).unwrap_err(), Unscannable::Malformed);
        }
    }
}
