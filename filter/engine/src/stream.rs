//! Reads a streamed response into the same segments a plain one has: deltas of one field are joined, and the
//! map of the joined text leads back to the bytes of every delta. A stream that is held is read whole by [`read`]; one
//! that passes while it comes is cut into [`frames`] and read piece by piece into [`fields`]. It never decides.
//!
//! Fields of events the protocol does not name are joined by path too, so a secret cut into pieces is whole again
//! wherever it travels. Everything a line carries is read, comments and event names included.

pub(crate) mod address;
mod arguments;
pub mod fields;
pub mod frames;

use std::borrow::Cow;

use crate::limits::{MAX_BODY_BYTES, MAX_LABEL_BYTES};
use crate::protocol::framed::Part;
use crate::protocol::json::{Duplicates, Json, Kind, Place, Value, looks_like_json};
use crate::protocol::reader::{FieldPiece, NOBODY, Reader, Tally};
use crate::protocol::{self, Document, Framing, Hints, Protocol, Unscannable, lines, read_response};
use crate::segment::SourceMap;

/// A streamed response, as far as it has arrived. INVARIANT: `bytes.len() <= MAX_BODY_BYTES`.
#[derive(Debug)]
pub struct Assembler {
    protocol: Protocol,
    bytes: Vec<u8>,
    overflow: Option<Unscannable>,
}

impl Assembler {
    /// A stream that answers a request of `protocol`.
    pub fn new(protocol: Protocol) -> Self {
        Self { protocol, bytes: Vec::new(), overflow: None }
    }

    /// Takes the next bytes, cut anywhere.
    pub fn push(&mut self, chunk: &[u8]) {
        if self.bytes.len() + chunk.len() > MAX_BODY_BYTES {
            self.overflow = Some(Unscannable::TooLarge);
            return;
        }
        self.bytes.extend_from_slice(chunk);
    }

    /// The whole stream, read; or the plain body that came in its place.
    ///
    /// # Errors
    /// Why it cannot be inspected.
    pub fn finish(self) -> Result<Document<'static>, Unscannable> {
        if let Some(why) = self.overflow {
            return Err(why);
        }
        let hints = Hints { content_type: "text/event-stream", ..Hints::default() };
        read_response(self.protocol, &hints, &self.bytes).map(Document::into_owned)
    }
}

/// Reads a complete stream.
///
/// # Errors
/// Why it cannot be inspected.
pub fn read(protocol: Protocol, body: &[u8]) -> Result<Document<'static>, Unscannable> {
    let text = std::str::from_utf8(body).map_err(|_| Unscannable::InvalidUtf8)?;
    let (events, others) = parse(text, 0);
    read_events(protocol, &events, &others)
}

/// Reads a complete stream of JSON lines.
///
/// # Errors
/// Why it cannot be inspected.
pub(crate) fn read_lines(protocol: Protocol, body: &[u8]) -> Result<Document<'static>, Unscannable> {
    let text = std::str::from_utf8(body).map_err(|_| Unscannable::InvalidUtf8)?;
    let events: Vec<_> = lines::lines(text).map(|(at, line)| Data::new(line, at)).collect();
    read_events(protocol, &events, &[])
}

fn read_events(
    protocol: Protocol,
    events: &[Data<'_>],
    others: &[Other<'_>],
) -> Result<Document<'static>, Unscannable> {
    let mut reader = Reader::of_stream();
    let (mut names, mut ended_before) = (Names::default(), 0);
    for event in events {
        // What comes behind the end goes on with nothing, and can hide behind nothing.
        match ended_before {
            0 => read_event(&mut reader, protocol, event, &mut names)?,
            times => reader.at(times, |r| read_event(r, protocol, event, &mut names))?,
        };
        ended_before += usize::from(event.text == TERMINATOR);
    }
    for other in others {
        reader.line(other.name, other.text, SourceMap::identity(other.at, other.text.len()));
    }
    let document = reader.finish(protocol)?.into_owned();
    Ok(Document { model: names.model, stream: true, ..document })
}

/// Reads a complete stream that came as the elements of an array.
///
/// # Errors
/// Why it cannot be inspected.
pub(crate) fn read_elements<'b>(
    protocol: Protocol,
    root: Value<'_, 'b>,
) -> Result<Document<'b>, Unscannable> {
    let mut reader = Reader::of_stream();
    let mut names = Names::default();
    for element in root.children() {
        read_value(&mut reader, protocol, element, &mut names);
    }
    Ok(Document { model: names.model, stream: true, ..reader.finish(protocol)? })
}

/// Takes what a frame holds: pieces of fields, and the fields that end there.
type Take<'t> = dyn FnMut(Vec<FieldPiece<'_>>, Vec<String>) -> Result<(), Unscannable> + 't;

/// One frame of a stream, and how it is read.
#[derive(Clone, Copy)]
struct Frame<'f> {
    protocol: Protocol,
    framing: Framing,
    bytes: &'f [u8],
    /// Its address; that of the first is 0.
    base: usize,
}

/// What goes on from frame to frame.
#[derive(Debug, Default)]
struct Known {
    tally: Tally,
    names: Names,
    /// Whether an array has ended, or what came in its place: nothing may follow.
    is_over: bool,
}

/// What has to outlive the reading of a frame.
enum Opened<'f> {
    Events(Vec<Data<'f>>, Vec<Other<'f>>),
    Element(Element<'f>),
    Part(Part<'f>),
}

impl<'f> Opened<'f> {
    fn new(frame: &Frame<'f>, is_over: bool) -> Result<Self, Unscannable> {
        let Frame { framing, bytes, base, .. } = *frame;
        if framing == Framing::Frames {
            return Part::only(bytes, base).map(Self::Part);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Unscannable::InvalidUtf8)?;
        match framing {
            // An answer that is no stream, whatever it calls itself, must be read whole.
            Framing::Events if base == 0 && protocol::starts_like_json(bytes) => Err(Unscannable::Malformed),
            Framing::Events => {
                let (events, others) = parse(text, base);
                Ok(Self::Events(events, others))
            }
            Framing::Array => Element::new(text, base, is_over).map(Self::Element),
            Framing::Lines | Framing::Frames => {
                let lines = lines::lines(text).map(|(at, line)| Data::new(line, base + at));
                Ok(Self::Events(lines.collect(), Vec::new()))
            }
        }
    }

    /// How many bytes it carries encoded.
    fn decoded_bytes(&self) -> usize {
        if let Self::Part(part) = self { part.decoded_bytes() } else { 0 }
    }

    /// The fields that end here.
    fn read<'o>(
        &'o self,
        reader: &mut Reader<'o>,
        frame: &Frame<'_>,
        names: &mut Names,
    ) -> Result<Vec<String>, Unscannable> {
        match self {
            Self::Events(events, others) => {
                for other in others {
                    reader.line(other.name, other.text, SourceMap::identity(other.at, other.text.len()));
                }
                // There is one event in a frame.
                let mut ends = Vec::new();
                for event in events {
                    ends.extend(read_event(reader, frame.protocol, event, names)?);
                }
                Ok(ends)
            }
            Self::Element(element) => element.read(reader, frame.protocol, names),
            Self::Part(part) => part.read(reader, frame.protocol, frame.base + frame.bytes.len()),
        }
    }
}

/// Reads one frame: calls `take` with the pieces of fields in it and the fields that end here. How many bytes it carries
/// encoded: they have the addresses behind it.
///
/// # Errors
/// Why it cannot be inspected.
fn read_frame(frame: &Frame<'_>, known: &mut Known, take: &mut Take<'_>) -> Result<usize, Unscannable> {
    let opened = Opened::new(frame, known.is_over)?;
    known.is_over |= matches!(opened, Opened::Element(Element { is_last: true, .. }));
    let mut reader = Reader::of_event(std::mem::take(&mut known.tally));
    let first = reader.read_apart();
    let mut ends = opened.read(&mut reader, frame, &mut known.names)?;
    // Nothing continues what was read apart.
    ends.extend((first..reader.read_apart()).map(|part| format!("/{part}")));
    let (pieces, tally) = reader.into_pieces()?;
    take(pieces, ends)?;
    known.tally = tally;
    Ok(opened.decoded_bytes())
}

/// An element of an array with what stands before it, the array's end, or a document that came in its place.
struct Element<'f> {
    /// `None` where there is only a mark of the array, or nothing.
    value: Option<Json<'f>>,
    is_last: bool,
}

impl<'f> Element<'f> {
    fn new(text: &'f str, base: usize, is_over: bool) -> Result<Self, Unscannable> {
        let is_blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        let rest = text.trim_start_matches(is_blank);
        let (value, is_last) = match rest.as_bytes() {
            [] => ("", false),
            _ if is_over => return Err(Unscannable::Malformed),
            [b']'] => ("", true),
            [b'[', ..] if base == 0 => {
                let element = rest.get(1..).unwrap_or_default();
                if element.trim_start_matches(is_blank) == "]" { ("", true) } else { (element, false) }
            }
            _ if base == 0 => (rest, true),
            [b',', ..] => (rest.get(1..).unwrap_or_default(), false),
            _ => return Err(Unscannable::Malformed),
        };
        if rest.is_empty() || value.is_empty() && is_last {
            return Ok(Self { value: None, is_last });
        }
        let at = base + text.len() - value.len();
        Ok(Self { value: Some(Json::parse(value, Place::At(at), Duplicates::Refuse)?), is_last })
    }

    fn read<'o>(
        &'o self,
        reader: &mut Reader<'o>,
        protocol: Protocol,
        names: &mut Names,
    ) -> Result<Vec<String>, Unscannable> {
        let all = || vec![String::new()];
        let Some(root) = self.value.as_ref().and_then(Json::root) else {
            return Ok(if self.is_last { all() } else { Vec::new() });
        };
        read_value(reader, protocol, root, names);
        Ok(if root.kind() == Kind::Object { ended(root) } else { Vec::new() })
    }
}

/// The paths whose fields an event ends: a choice that has its reason to finish, a block that stops, everything. What a
/// protocol does not say here ends by falling silent, or with the stream.
pub(crate) fn ended(root: Value<'_, '_>) -> Vec<String> {
    let kind = root.get("type").and_then(Value::string).unwrap_or_default();
    let index = |of: Value<'_, '_>| of.get("index").map_or("0", |i| i.raw()).to_owned();
    let is = |of: Value<'_, '_>, name: &str| of.get(name).is_some_and(|value| value.kind() == Kind::True);
    let inner = root.get("result").unwrap_or(root);
    let update = inner.get("artifactUpdate").unwrap_or(inner);
    let is_done = is(root, "done") || is(update, "lastChunk") || is(inner, "final");
    let is_last =
        || LAST_MEMBERS.iter().any(|name| root.get(name).is_some_and(|one| one.kind() != Kind::Null));
    if is_done || LAST.contains(&kind.as_ref()) || is_last() {
        return vec![String::new()];
    }
    // A block of Bedrock, on which its event says no more.
    if let Some(at) = root.get("contentBlockIndex").filter(|_| !has(root, "delta") && !has(root, "start")) {
        return vec![format!("/content/{}", at.raw())];
    }
    if has(root, "contentBlockStop") {
        return vec!["/contentBlockDelta".to_owned()];
    }
    if kind == "content_block_stop" {
        return vec![format!("/content/{}", index(root))];
    }
    let mut ended = Vec::new();
    for (list, reason) in [("choices", "finish_reason"), ("candidates", "finishReason")] {
        let elements = root.get(list).filter(|list| list.kind() == Kind::Array);
        let finished = elements.iter().flat_map(|list| list.children()).filter(|one| {
            one.kind() == Kind::Object && one.get(reason).is_some_and(|reason| reason.kind() == Kind::String)
        });
        ended.extend(finished.map(|one| format!("/{list}/{}", index(one))));
    }
    ended
}

/// Whether an event has this member.
fn has(root: Value<'_, '_>, name: &str) -> bool {
    root.get(name).is_some()
}

/// Members that only the last words of a stream of Bedrock have.
const LAST_MEMBERS: &[&str] =
    &["stopReason", "messageStop", "completionReason", "amazon-bedrock-invocationMetrics"];

/// Types of the events that are the last of their stream.
const LAST: &[&str] = &[
    "message_stop",
    "message-end",
    "stream-end",
    "response.completed",
    "response.incomplete",
    "response.failed",
];

/// Whether bytes that are not JSON look like a stream: what a client's parser would take as one.
pub fn looks_like_stream(body: &[u8]) -> bool {
    let body = body.strip_prefix(BOM.as_bytes()).unwrap_or(body);
    let start = body.iter().position(|b| !matches!(b, b'\n' | b'\r')).unwrap_or(body.len());
    let body = body.get(start..).unwrap_or_default();
    [&b"data:"[..], b"event:", b"id:", b"retry:", b":"].iter().any(|field| body.starts_with(field))
}

fn read_event<'e>(
    reader: &mut Reader<'e>,
    protocol: Protocol,
    event: &'e Data<'_>,
    names: &mut Names,
) -> Result<Vec<String>, Unscannable> {
    let text = event.text.as_ref();
    if text == TERMINATOR {
        return Ok(vec![String::new()]);
    }
    let json = match Json::parse(text, event.place(), Duplicates::Refuse) {
        Ok(json) => json,
        // Words, and not what a client would try to read as JSON.
        Err(_) if !looks_like_json(text.as_bytes()) => {
            reader.line("data", text, event.map());
            return Ok(Vec::new());
        }
        Err(why) => return Err(why),
    };
    let Some(root) = json.root() else { return Ok(Vec::new()) };
    read_value(reader, protocol, root, names);
    Ok(if root.kind() == Kind::Object { ended(root) } else { Vec::new() })
}

fn read_value<'e>(reader: &mut Reader<'e>, protocol: Protocol, root: Value<'_, 'e>, names: &mut Names) {
    names.learn(root);
    let protocol = if root.kind() == Kind::Object { protocol } else { Protocol::default() };
    protocol.entry().event.read(reader, root, NOBODY);
}

/// What a stream calls itself.
#[derive(Debug, Default)]
struct Names {
    model: String,
    /// The answer's id.
    answer_id: String,
}

impl Names {
    /// Learns what an event says, itself or in the message it starts.
    fn learn(&mut self, root: Value<'_, '_>) {
        let inner = ["message", "response"].iter().find_map(|name| root.get(name));
        for named in inner.into_iter().chain([root]) {
            if self.model.is_empty() {
                self.model = protocol::model(named);
            }
            let id = named.get("id").and_then(Value::string).filter(|id| id.len() <= MAX_LABEL_BYTES);
            if self.answer_id.is_empty() {
                self.answer_id = id.unwrap_or_default().into_owned();
            }
        }
    }
}

/// The data of one event.
#[derive(Debug)]
struct Data<'b> {
    text: Cow<'b, str>,
    at: usize,
    /// Where the lines of data that came on several stand; `None` for one line, which stands at `at`.
    lines: Option<SourceMap>,
}

impl<'b> Data<'b> {
    fn new(line: &'b str, at: usize) -> Self {
        Self { text: Cow::Borrowed(line), at, lines: None }
    }

    fn add(&mut self, line: &str, at: usize) {
        let map = self.lines.get_or_insert_with(|| SourceMap::identity(self.at, self.text.len()));
        // The line break of the join stands nowhere in the stream: edits leave it alone.
        map.push_whole(1, at..at);
        map.push(line.len(), at..at + line.len());
        let text = self.text.to_mut();
        text.push('\n');
        text.push_str(line);
    }

    fn place(&self) -> Place<'_> {
        self.lines.as_ref().map_or(Place::At(self.at), Place::Through)
    }

    fn map(&self) -> SourceMap {
        self.lines.clone().unwrap_or_else(|| SourceMap::identity(self.at, self.text.len()))
    }
}

/// Text of a line that is not data, with its field's name and its place.
#[derive(Clone, Copy, Debug)]
struct Other<'b> {
    name: &'static str,
    text: &'b str,
    at: usize,
}

/// Splits a stream, or a part of it that begins at `base`, into events by the WHATWG rules. An event whose blank line
/// never came is read as well: some clients deliver it.
fn parse(text: &str, base: usize) -> (Vec<Data<'_>>, Vec<Other<'_>>) {
    let (mut events, mut others) = (Vec::new(), Vec::new());
    let mut open: Option<Data<'_>> = None;
    for (at, line) in lines(text, base) {
        if line.is_empty() {
            events.extend(open.take());
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        let value_at = at + line.len() - value.len();
        match (name, &mut open) {
            ("data", Some(data)) => data.add(value, value_at),
            ("data", None) => open = Some(Data::new(value, value_at)),
            ("", _) => others.push(Other { name: "comment", text: value, at: value_at }),
            ("event", _) => others.push(Other { name: "event", text: value, at: value_at }),
            ("id", _) => others.push(Other { name: "id", text: value, at: value_at }),
            ("retry", _) => others.push(Other { name: "retry", text: value, at: value_at }),
            _ => others.push(Other { name: "line", text: line, at }),
        }
    }
    events.extend(open);
    (events, others)
}

/// Lines with their offsets. A line ends with LF, CR or CRLF; a byte-order mark before the first is not part of it.
fn lines(text: &str, base: usize) -> impl Iterator<Item = (usize, &str)> {
    let mut at = if base == 0 && text.starts_with(BOM) { BOM.len() } else { 0 };
    std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let len = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let line = (base + at, rest.get(..len)?);
        let ending = rest.get(len..)?;
        at += len + if ending.starts_with("\r\n") { 2 } else { usize::from(!ending.is_empty()) };
        Some(line)
    })
}

/// A byte-order mark.
pub(crate) const BOM: &str = "\u{feff}";
/// OpenAI's end of stream. It carries nothing.
const TERMINATOR: &str = "[DONE]";

#[cfg(test)]
mod tests {
    use super::*;

    fn protocol(name: &str) -> Protocol {
        Protocol::named(name).unwrap()
    }

    fn texts(protocol: Protocol, stream: &str) -> Vec<(String, String)> {
        let document = read(protocol, stream.as_bytes()).unwrap();
        document.segments.into_iter().map(|s| (s.path, s.text.into_owned())).collect()
    }

    fn has(found: &[(String, String)], path: &str, text: &str) {
        assert!(found.iter().any(|(p, t)| p == path && t == text), "no {path} = {text} in {found:?}");
    }

    #[test]
    fn line_endings_of_every_kind_make_the_same_events() {
        for ending in ["\n", "\r", "\r\n"] {
            let stream = ["\u{feff}data: {\"a\":\"x\"}", "", ": note", "data:{\"a\":\"y\"}"].join(ending);
            let found = texts(Protocol::default(), &stream);
            has(&found, "/a", "xy");
            has(&found, "comment", "note");
        }
    }

    #[test]
    fn what_comes_behind_the_end_goes_on_with_nothing() {
        let chunk = |text: &str| {
            format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
        };
        let done = "data: [DONE]\n\n".to_owned();
        let found = texts(
            protocol("openai.chat_completions"),
            &[chunk("a1"), done.clone(), chunk("b1"), chunk("b2"), done, chunk("c1")].concat(),
        );
        has(&found, "/choices/0/delta/content", "a1");
        has(&found, "/1/choices/0/delta/content", "b1b2");
        has(&found, "/2/choices/0/delta/content", "c1");
    }

    #[test]
    fn deltas_of_interleaved_choices_are_joined_apart() {
        let chunk = |i: u8, text: &str| {
            format!("data: {{\"choices\":[{{\"index\":{i},\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n")
        };
        let stream =
            [chunk(0, "a1"), chunk(1, "b1"), chunk(0, "a2"), chunk(1, "b2"), "data: [DONE]\n\n".into()];
        let found = texts(protocol("openai.chat_completions"), &stream.concat());
        has(&found, "/choices/0/delta/content", "a1a2");
        has(&found, "/choices/1/delta/content", "b1b2");
    }

    #[test]
    fn tool_arguments_are_opened_once_whole_and_map_back_to_their_deltas() {
        let delta = |part: &str| {
            let part = serde_json::to_string(part).unwrap();
            format!(
                "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{{\"index\":0,\"function\":{{\"arguments\":{part}}}}}]}}}}]}}\n\n"
            )
        };
        let stream = [delta("{\"to\":\"jane@ex"), delta("ample.org\",\"n\":4111111111111111}")].concat();
        let document = read(protocol("openai.chat_completions"), stream.as_bytes()).unwrap();
        let to = document.segments.iter().find(|s| s.path.ends_with("/arguments/to")).unwrap();
        assert_eq!(to.text, "jane@example.org");
        let spans = to.map.spans(0..to.text.len());
        let pieces: Vec<&str> = spans.iter().map(|s| stream.get(s.clone()).unwrap()).collect();
        assert_eq!(pieces, ["jane@ex", "ample.org"]);
        let number = document.segments.iter().find(|s| s.path.ends_with("/arguments/n")).unwrap();
        assert_eq!(number.quote, "\\\"");
    }

    #[test]
    fn data_over_several_lines_is_one_document() {
        let found = texts(Protocol::default(), "data: {\"a\":\ndata: \"x\"}\n\n");
        has(&found, "/a", "x");
    }

    #[test]
    fn what_is_not_json_is_read_as_it_stands() {
        has(&texts(protocol("openai.chat_completions"), "data: plain words\n\n"), "data", "plain words");
        assert!(matches!(
            read(protocol("openai.chat_completions"), b"data: {\"a\":1,\"a\":2}\n\n"),
            Err(Unscannable::DuplicateKey)
        ));
        assert!(matches!(
            read(protocol("openai.chat_completions"), b"data: \xff\n\n"),
            Err(Unscannable::InvalidUtf8)
        ));
    }
}
