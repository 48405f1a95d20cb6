//! JSON that comes in pieces, as the arguments of a tool call do -> the texts in it, each with its way back to the bytes.
//! It reads whatever it is given: what is no JSON is text between the marks, so nothing in it goes unread. Whether the
//! whole is valid is not its business; a client decides that.

use crate::limits::{MAX_EMBEDDED_JSON, MAX_JSON_DEPTH, MAX_UNDECIDED_BYTES};
use crate::protocol::Unscannable;
use crate::protocol::json::{looks_like_json, unescaped};
use crate::protocol::path::{Mark, Path};
use crate::protocol::reader::{Join, key_is_text, number_text, quote};
use crate::segment::{Escaping, Role, SourceMap};

/// A reader of one JSON text.
#[derive(Debug)]
pub(super) struct Arguments {
    /// How many strings deep the text is embedded. INVARIANT: `1 <= depth <= MAX_EMBEDDED_JSON`.
    depth: usize,
    path: Path,
    levels: Vec<Level>,
    state: State,
    /// What has come and is not read yet: an escape, a key or a number that may go on.
    raw: String,
    map: SourceMap,
    /// The reader of a string that holds JSON itself.
    inner: Option<Box<Arguments>>,
}

/// A piece of a text in the JSON.
#[derive(Debug)]
pub(super) struct Leaf {
    pub path: String,
    pub text: String,
    pub map: SourceMap,
    pub quote: &'static str,
    pub join: Join,
    /// Whether its text ends here.
    pub ends: bool,
}

#[derive(Debug)]
struct Level {
    /// Where the container stands.
    mark: Mark,
    kind: Container,
}

#[derive(Clone, Copy, Debug)]
enum Container {
    Array(usize),
    Object { expects_key: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Between,
    Key,
    /// In a string; `begun` when some of it has been read.
    Text {
        begun: bool,
    },
    /// In a number, a word, or what is no JSON.
    Bare,
}

impl Arguments {
    /// A reader of the JSON in the field at `path`, `depth` strings deep.
    pub fn new(path: &str, depth: usize) -> Self {
        Self {
            depth,
            path: Path::of(path),
            levels: Vec::new(),
            state: State::Between,
            raw: String::new(),
            map: SourceMap::default(),
            inner: None,
        }
    }

    /// Whether a text that begins so is read by this.
    pub fn begin(text: &str) -> bool {
        looks_like_json(text.as_bytes())
    }

    /// Where the first byte stands that has come and was not read.
    pub fn unread(&self) -> Option<usize> {
        let own = self.map.first_source();
        let inner = self.inner.as_ref().and_then(|inner| inner.unread());
        own.into_iter().chain(inner).min()
    }

    /// Reads the next piece.
    ///
    /// # Errors
    /// When it is nested too deep, or a key or number does not end.
    pub fn push(&mut self, text: &str, map: &SourceMap, out: &mut Vec<Leaf>) -> Result<(), Unscannable> {
        self.raw.push_str(text);
        self.map.append(map);
        let mut at = 0;
        while let Some(next) = self.step(at, out)? {
            at = next;
        }
        self.raw.drain(..at);
        self.map.forget(at);
        if self.raw.len() > MAX_UNDECIDED_BYTES {
            return Err(Unscannable::TooLarge);
        }
        Ok(())
    }

    /// Nothing more comes: what is left is text.
    pub fn finish(&mut self, out: &mut Vec<Leaf>) {
        if let Some(mut inner) = self.inner.take() {
            inner.finish(out);
        }
        self.text(0..self.raw.len(), Join::Delta, true, Escaping::Unknown, out);
        self.raw.clear();
        self.map = SourceMap::default();
    }

    /// Reads on at `at`; where it got to, `None` when more has to come first.
    fn step(&mut self, at: usize, out: &mut Vec<Leaf>) -> Result<Option<usize>, Unscannable> {
        let rest = self.raw.get(at..).unwrap_or_default();
        match self.state {
            State::Between => self.mark(at),
            State::Key => {
                let Some(len) = string_end(rest) else { return Ok(None) };
                self.key(at..at + len, out)?;
                Ok(Some(at + len + 1))
            }
            State::Text { begun } => {
                let end = string_end(rest);
                let len = end.unwrap_or_else(|| complete(rest));
                let is_open = || !begun && may_be_placeholder(rest.get(..len).unwrap_or_default());
                if end.is_none() && (len == 0 || is_open()) {
                    return Ok(None);
                }
                self.string(at..at + len, begun, end.is_some(), out)?;
                self.state = if end.is_some() { State::Between } else { State::Text { begun: true } };
                Ok(Some(at + len + usize::from(end.is_some())))
            }
            State::Bare => {
                let Some(len) = rest.find([',', ']', '}', '"']) else { return Ok(None) };
                self.bare(at..at + len, out);
                self.state = State::Between;
                Ok(Some(at + len))
            }
        }
    }

    /// A mark between values, or the beginning of one.
    fn mark(&mut self, at: usize) -> Result<Option<usize>, Unscannable> {
        let Some(mark) = self.raw.get(at..).and_then(|rest| rest.chars().next()) else { return Ok(None) };
        let next = at + mark.len_utf8();
        match mark {
            '{' | '[' => {
                self.enter_value();
                if self.levels.len() >= MAX_JSON_DEPTH || self.path.is_cut() {
                    return Err(Unscannable::TooDeep);
                }
                let object = Container::Object { expects_key: true };
                let kind = if mark == '{' { object } else { Container::Array(0) };
                self.levels.push(Level { mark: self.path.mark(), kind });
            }
            '}' | ']' => {
                if let Some(level) = self.levels.pop() {
                    self.path.leave(level.mark);
                }
            }
            ',' => match self.levels.last_mut().map(|level| &mut level.kind) {
                Some(Container::Array(index)) => *index += 1,
                Some(Container::Object { expects_key }) => *expects_key = true,
                None => {}
            },
            '"' => match self.levels.last().map(|level| level.kind) {
                Some(Container::Object { expects_key: true }) => self.state = State::Key,
                _ => {
                    self.enter_value();
                    self.state = State::Text { begun: false };
                }
            },
            ':' => {}
            _ if mark.is_whitespace() => {}
            _ => {
                self.enter_value();
                self.state = State::Bare;
                return Ok(Some(at));
            }
        }
        Ok(Some(next))
    }

    /// The path of the value that begins: a member's is that of its key.
    fn enter_value(&mut self) {
        if let Some(Level { mark, kind: Container::Array(index) }) = self.levels.last() {
            self.path.leave(*mark);
            self.path.enter_index(*index);
        }
    }

    fn key(&mut self, range: std::ops::Range<usize>, out: &mut Vec<Leaf>) -> Result<(), Unscannable> {
        let (name, inner) = unescaped(self.raw.get(range.clone()).unwrap_or_default());
        let map = self.place(range).compose(&inner.written(IN_STRING));
        if let Some(level) = self.levels.last_mut() {
            self.path.leave(level.mark);
            level.kind = Container::Object { expects_key: false };
        }
        self.path.enter(&name);
        if self.path.is_cut() {
            return Err(Unscannable::TooDeep);
        }
        self.state = State::Between;
        if key_is_text(Role::ToolCall, &name) {
            let path = format!("{}#", self.path.text);
            let (text, join) = (name.into_owned(), Join::Repeat);
            out.push(Leaf { path, text, map, quote: "", join, ends: true });
        }
        Ok(())
    }

    /// A part of a string, or its end.
    fn string(
        &mut self,
        range: std::ops::Range<usize>,
        begun: bool,
        ends: bool,
        out: &mut Vec<Leaf>,
    ) -> Result<(), Unscannable> {
        let raw = self.raw.get(range.clone()).unwrap_or_default();
        if !begun && self.depth < MAX_EMBEDDED_JSON {
            let (text, _) = unescaped(raw);
            if looks_like_json(text.as_bytes()) && !text.trim_start().starts_with('"') {
                self.inner = Some(Box::new(Self::new(&self.path.text, self.depth + 1)));
            }
        }
        let Some(mut inner) = self.inner.take() else {
            self.text(range, Join::Delta, ends, IN_STRING, out);
            return Ok(());
        };
        let (text, map) = unescaped(raw);
        inner.push(&text, &self.place(range).compose(&map.written(IN_STRING)), out)?;
        if ends {
            inner.finish(out);
        } else {
            self.inner = Some(inner);
        }
        Ok(())
    }

    /// A number, a word of JSON, or what is none.
    fn bare(&self, range: std::ops::Range<usize>, out: &mut Vec<Leaf>) {
        let raw = self.raw.get(range.clone()).unwrap_or_default();
        let trimmed = raw.trim_end();
        let range = range.start..range.start + trimmed.len();
        let is_number = trimmed.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        match number_text(trimmed) {
            Some(text) if is_number => {
                let (text, mut map) = (text.into_owned(), SourceMap::default());
                let mut left = text.len();
                for span in self.place(range).spans(0..trimmed.len()) {
                    map.push_whole(std::mem::take(&mut left), span);
                }
                let (path, quote) = (self.path.text.clone(), quote(self.depth));
                out.push(Leaf { path, text, map, quote, join: Join::Repeat, ends: true });
            }
            None if is_number || matches!(trimmed, "true" | "false" | "null") => {}
            _ => self.text(range, Join::Line, true, Escaping::Unknown, out),
        }
    }

    fn text(
        &self,
        range: std::ops::Range<usize>,
        join: Join,
        ends: bool,
        escaping: Escaping,
        out: &mut Vec<Leaf>,
    ) {
        let (text, inner) = unescaped(self.raw.get(range.clone()).unwrap_or_default());
        let map = self.place(range).compose(&inner.written(escaping));
        let (path, text) = (self.path.text.clone(), text.into_owned());
        out.push(Leaf { path, text, map, quote: "", join, ends });
    }

    /// The map of a part of `raw`.
    fn place(&self, range: std::ops::Range<usize>) -> SourceMap {
        self.map.compose(&SourceMap::identity(range.start, range.len()))
    }
}

/// How text is written between two quotation marks.
const IN_STRING: Escaping = Escaping::Times(1);

/// Whether a string that begins so may be a list or a placeholder, which only what follows will tell.
fn may_be_placeholder(raw: &str) -> bool {
    let (text, _) = unescaped(raw);
    let text = text.trim_start();
    text.starts_with('[') && text.len() < 3
}

/// Where the quotation mark stands that ends the string in which `text` begins.
fn string_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|b| {
        let ends = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        ends
    })
}

/// How much of a string has come without an escape that may go on.
fn complete(text: &str) -> usize {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let start = at + found;
        let rest = text.get(start..).unwrap_or_default();
        let len = match rest.as_bytes() {
            [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..] => 12,
            [b'\\', b'u', ..] => 6,
            _ => 2,
        };
        if rest.len() < len {
            return start;
        }
        at = text.ceil_char_boundary(start + len);
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Path and text of every leaf, with the bytes it came from.
    fn read(json: &str, size: usize) -> Vec<(String, String, String)> {
        let (mut reader, mut leaves) = (Arguments::new("/a", 1), Vec::new());
        let mut at = 0;
        for chunk in json.split_inclusive(|_: char| true).collect::<Vec<_>>().chunks(size) {
            let chunk = chunk.concat();
            reader.push(&chunk, &SourceMap::identity(at, chunk.len()), &mut leaves).unwrap();
            at += chunk.len();
        }
        reader.finish(&mut leaves);
        let mut found: Vec<(String, String, String)> = Vec::new();
        let mut is_open = false;
        for leaf in leaves.into_iter().filter(|leaf| !leaf.text.is_empty() || leaf.ends) {
            let source: String =
                leaf.map.spans(0..leaf.text.len()).into_iter().map(|s| json.get(s).unwrap()).collect();
            match found.last_mut().filter(|last| is_open && last.0 == leaf.path) {
                Some(last) => {
                    last.1.push_str(&leaf.text);
                    last.2.push_str(&source);
                }
                None => found.push((leaf.path, leaf.text, source)),
            }
            is_open = !leaf.ends;
        }
        found.retain(|(_, text, _)| !text.is_empty());
        found
    }

    #[test]
    fn every_text_has_its_place_however_the_json_is_cut() {
        let json = r#"{"to":"j\u0061ne@x.org","n":[4111111111111111,12,true],"deep":{"a/b":"\ud83d\ude00 \"q\""},"inside":"{\"k\":\"v\\n\",\"m\":123456789012}"}"#;
        let whole = read(json, json.len());
        let texts: Vec<(&str, &str)> = whole.iter().map(|(p, t, _)| (p.as_str(), t.as_str())).collect();
        assert_eq!(
            texts,
            [
                ("/a/to#", "to"),
                ("/a/to", "jane@x.org"),
                ("/a/n#", "n"),
                ("/a/n/0", "4111111111111111"),
                ("/a/deep#", "deep"),
                ("/a/deep/a~1b#", "a/b"),
                ("/a/deep/a~1b", "\u{1f600} \"q\""),
                ("/a/inside#", "inside"),
                ("/a/inside/k#", "k"),
                ("/a/inside/k", "v\n"),
                ("/a/inside/m#", "m"),
                ("/a/inside/m", "123456789012"),
            ]
        );
        assert_eq!(whole[1].2, r"j\u0061ne@x.org");
        for size in 1..json.len() {
            assert_eq!(read(json, size), whole, "{size}");
        }
    }

    #[test]
    fn a_placeholder_in_brackets_is_no_list_however_it_is_cut() {
        let json = r#"{"a":"[EMAIL_bcdf]","b":"\u005bEMAIL_bcdf] x","c":"[\"x@y.org\"]","d":"["}"#;
        for size in 1..json.len() {
            let found = read(json, size);
            let texts: Vec<&str> = found
                .iter()
                .filter(|(path, ..)| !path.ends_with('#'))
                .map(|(_, text, _)| text.as_str())
                .collect();
            assert_eq!(texts, ["[EMAIL_bcdf]", "[EMAIL_bcdf] x", "x@y.org"], "{size}");
        }
    }

    #[test]
    fn what_is_no_json_is_read_all_the_same() {
        for (json, text) in [
            (r#"{"a": jane@x.org, "b"#, "jane@x.org"),
            (r#"{"a":"jane@x.org"#, "jane@x.org"),
            ("[jane@x.org now", "jane@x.org now"),
            (r#"{"a":"x\"#, "x"),
            (r#"{"jane@x.org":1}"#, "jane@x.org"),
            (r#"}}]"jane@x.org""#, "jane@x.org"),
        ] {
            let found = read(json, 1);
            assert!(found.iter().any(|(_, t, _)| t.contains(text)), "{json} {found:?}");
        }
    }
}
