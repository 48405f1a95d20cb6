//! Reads bodies into segments and says no in the caller's protocol. One registry of protocols, one file each.
//! This stage knows bytes and shapes; never policy.

mod a2a;
mod anthropic_messages;
pub(crate) mod base64;
mod bedrock;
mod bedrock_families;
mod binary;
pub mod carrier;
mod cohere_chat;
pub mod event_stream;
mod form;
pub(crate) mod framed;
mod generic;
mod google_generate_content;
mod graphql;
pub(crate) mod json;
mod json_rpc;
pub(crate) mod lines;
mod mcp;
mod multipart;
mod ollama;
mod openai_audio;
mod openai_chat;
mod openai_completions;
mod openai_embeddings;
mod openai_files;
mod openai_moderations;
mod openai_responses;
pub(crate) mod path;
pub(crate) mod reader;
pub mod refusal;
mod registry;
mod seam;
pub(crate) mod shape;
mod words;

pub(crate) use carrier::Carrier;
use json::{Duplicates, Json, Kind, Place, Value};
pub use json_rpc::Calls;
use reader::{NOBODY, Reader};
pub use registry::{Framing, Protocol};

use crate::limits::MAX_LABEL_BYTES;
use crate::segment::{Segment, SourceMap};
use crate::stream;
pub(crate) use crate::wire::decision::Coverage;

/// A body, read.
#[derive(Clone, Debug, Default)]
pub struct Document<'b> {
    /// The protocol it was read as.
    pub protocol: Protocol,
    /// Its text.
    pub segments: Vec<Segment<'b>>,
    /// What was looked at.
    pub coverage: Coverage,
    /// Model named in the body, capped; empty when absent.
    pub model: String,
    /// Whether a request asks for a stream, or a response is one.
    pub stream: bool,
    /// The JSON-RPC calls of a request.
    pub calls: Calls,
    /// How its text is carried in the body.
    pub carrier: Carrier,
}

impl Document<'_> {
    /// The same document without the body it was read from.
    pub fn into_owned(self) -> Document<'static> {
        let segments = self.segments.into_iter().map(Segment::into_owned).collect();
        let Self { protocol, coverage, model, stream, calls, carrier, .. } = self;
        Document { protocol, segments, coverage, model, stream, calls, carrier }
    }
}

/// Why a body cannot be inspected. Each is a reason code in events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unscannable {
    /// `content-encoding` other than identity.
    Encoding,
    /// Not JSON, not SSE, not text.
    MediaType,
    /// Not valid JSON (or SSE) although it says so.
    Malformed,
    /// Not valid UTF-8.
    InvalidUtf8,
    /// An object names a key twice: readers disagree on which counts.
    DuplicateKey,
    /// Nested deeper than [`crate::limits::MAX_JSON_DEPTH`].
    TooDeep,
    /// More bytes than the policy allows.
    TooLarge,
    /// More values or segments than the limits allow.
    TooMany,
    /// The connection stops being HTTP (WebSocket, CONNECT).
    Upgrade,
    /// The routing headers of an MCP request do not say what its body says.
    HeaderMismatch,
    /// A body was announced and none came, or an inspected route got an empty one (a corrupt gzip looks so).
    Empty,
}

impl Unscannable {
    /// Reason code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Encoding => "unscannable_encoding",
            Self::MediaType => "unscannable_media_type",
            Self::Malformed => "unscannable_malformed",
            Self::InvalidUtf8 => "unscannable_invalid_utf8",
            Self::DuplicateKey => "unscannable_duplicate_key",
            Self::TooDeep => "unscannable_too_deep",
            Self::TooLarge => "unscannable_too_large",
            Self::TooMany => "unscannable_too_many",
            Self::Upgrade => "unscannable_upgrade",
            Self::HeaderMismatch => "unscannable_header_mismatch",
            Self::Empty => "unscannable_empty",
        }
    }

    /// HTTP status of a refused request for the reason with this code: 413, 415 or 400.
    pub fn status_of(code: &str) -> u16 {
        match code {
            "unscannable_too_large" => 413,
            "unscannable_encoding" | "unscannable_media_type" => 415,
            _ => 400,
        }
    }
}

/// What the headers say about a body.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// `:path` of the request, with its query.
    pub path: &'a str,
    /// `content-type`, as received; empty when absent.
    pub content_type: &'a str,
    /// Headers that copy a part of the body, as received: those of MCP.
    pub copies: &'a [(String, String)],
    /// Whether trailers will end it. What has them is a stream: an array is one of its elements.
    pub has_trailers: bool,
}

impl<'a> Hints<'a> {
    /// Whether an argument of a tool stands in a header too, where no edit of the body reaches it.
    pub(crate) fn copies_arguments(&self) -> bool {
        self.copies.iter().any(|(name, _)| name.starts_with(mcp::PARAM_PREFIX))
    }

    /// The value of a header that copies a part of the body; `None` when it is absent.
    fn only(&self, name: &str) -> Result<Option<&'a str>, Unscannable> {
        let mut all = self.copies.iter().filter(|(copied, _)| copied == name);
        match (all.next(), all.next()) {
            (_, Some(_)) => Err(Unscannable::HeaderMismatch),
            (one, None) => Ok(one.map(|(_, value)| value.as_str())),
        }
    }
}

/// Reads a complete request body.
///
/// # Errors
/// Why it cannot be inspected.
pub fn read_request<'b>(hints: &Hints<'_>, body: &'b [u8]) -> Result<Document<'b>, Unscannable> {
    let known = Protocol::of_path(hints.path);
    let json = match parse(body) {
        Ok(json) => json,
        Err(_) if media_type(hints) == "multipart/form-data" => {
            return multipart::read(known, hints.content_type, body);
        }
        Err(why) if may_be_lines(known, hints, body) => {
            return lines::read(known, &known.entry().request, body).map_err(|_| why);
        }
        Err(why) => return read_text(known, hints, body, why),
    };
    let Some(root) = json.root() else { return Err(Unscannable::Malformed) };
    let protocol = if known == Protocol::default() { Protocol::of_shape(root) } else { known };
    if protocol == Protocol::mcp() {
        mcp::check_headers(hints, root)?;
    }
    let mut reader = Reader::default();
    protocol.entry().request.read(&mut reader, root, NOBODY);
    let mut model = model(root);
    if model.is_empty() {
        let encoded = protocol.model_in_path(hints.path).unwrap_or_default();
        model = capped(&String::from_utf8_lossy(&form::percent_decoded(encoded)));
    }
    let stream = protocol.asks_for_stream(hints.path, root);
    let protocol = protocol.spoken_to(root, &model);
    Ok(Document { model, stream, calls: json_rpc::calls(root), ..reader.finish(protocol)? })
}

/// What a request says of how to answer it, even where it cannot be inspected.
pub(crate) fn outline(hints: &Hints<'_>, body: &[u8]) -> (Protocol, Calls) {
    let known = Protocol::of_path(hints.path);
    let text = std::str::from_utf8(body).unwrap_or_default();
    let Ok(json) = Json::parse(text, Place::At(0), Duplicates::Keep) else {
        return (known, Calls::default());
    };
    let Some(root) = json.root() else { return (known, Calls::default()) };
    let protocol = if known == Protocol::default() { Protocol::of_shape(root) } else { known };
    (protocol, json_rpc::calls(root))
}

/// Reads a complete response body to a request of `protocol`. What the bytes are decides, not what was asked for: a
/// plain answer to a streaming request and a stream nobody asked for are both read.
///
/// # Errors
/// Why it cannot be inspected.
pub fn read_response<'b>(
    protocol: Protocol,
    hints: &Hints<'_>,
    body: &'b [u8],
) -> Result<Document<'b>, Unscannable> {
    if event_stream::looks_like_event_stream(body) {
        return framed::read(protocol, body);
    }
    let json = match parse(body) {
        Ok(json) => json,
        Err(Unscannable::Empty) => return Err(Unscannable::Empty),
        Err(why) if may_be_lines(protocol, hints, body) || are_documents(body) => {
            let is_stream = protocol.entry().framing == Framing::Lines || protocol == Protocol::default();
            let field = &protocol.entry().response;
            let read = if is_stream {
                stream::read_lines(protocol, body)
            } else {
                lines::read(protocol, field, body)
            };
            return read.map_err(|_| why);
        }
        Err(why) if starts_like_json(body) => return Err(why),
        Err(_) if media_type(hints) == "text/event-stream" || stream::looks_like_stream(body) => {
            return stream::read(protocol, body);
        }
        Err(why) => return read_text(protocol, hints, body, why),
    };
    let Some(root) = json.root() else { return Err(Unscannable::Malformed) };
    let comes_in_elements = protocol.entry().framing == Framing::Array || hints.has_trailers;
    if root.kind() == Kind::Array && comes_in_elements {
        return stream::read_elements(protocol, root);
    }
    let mut reader = Reader::default();
    protocol.entry().response.read(&mut reader, root, NOBODY);
    Ok(Document { model: model(root), ..reader.finish(protocol)? })
}

/// Whether a body that is not one JSON document may be several, a line each: where it says so, and where a protocol
/// has such bodies. They begin like one in any case.
fn may_be_lines(protocol: Protocol, hints: &Hints<'_>, body: &[u8]) -> bool {
    starts_like_json(body) && (protocol != Protocol::default() || lines::is_lines(&media_type(hints)))
}

/// Whether every line of a body could be a document. Whoever transcodes a stream into lines may call all of them JSON.
fn are_documents(body: &[u8]) -> bool {
    let mut lines = body.split(|byte| *byte == b'\n');
    json::looks_like_json(body)
        && lines.all(|line| line.trim_ascii().is_empty() || json::looks_like_json(line))
}

fn parse(body: &[u8]) -> Result<Json<'_>, Unscannable> {
    if body.is_empty() {
        return Err(Unscannable::Empty);
    }
    let text = std::str::from_utf8(body).map_err(|_| Unscannable::InvalidUtf8)?;
    Json::parse(text, Place::At(0), Duplicates::Refuse)
}

/// Reads a body that is not JSON. Only what calls itself text, and could not be taken for JSON, is read as text.
fn read_text<'b>(
    protocol: Protocol,
    hints: &Hints<'_>,
    body: &'b [u8],
    why: Unscannable,
) -> Result<Document<'b>, Unscannable> {
    let media_type = media_type(hints);
    let claims_json =
        media_type.is_empty() || media_type == "application/json" || media_type.ends_with("+json");
    if why == Unscannable::Empty || claims_json || starts_like_json(body) {
        return Err(why);
    }
    match media_type.as_str() {
        "application/x-www-form-urlencoded" => return form::urlencoded(protocol, body),
        "application/graphql" => {}
        _ if media_type.starts_with("text/") => {}
        _ => return Err(Unscannable::MediaType),
    }
    let text = std::str::from_utf8(body).map_err(|_| Unscannable::InvalidUtf8)?;
    let mut reader = Reader::default();
    reader.line("", text, SourceMap::identity(0, text.len()));
    reader.finish(protocol)
}

/// Whether these bytes could be taken for JSON, whatever they are called.
pub(crate) fn starts_like_json(body: &[u8]) -> bool {
    json::looks_like_json(body.strip_prefix(stream::BOM.as_bytes()).unwrap_or(body))
}

/// The model a body names, capped.
pub(crate) fn model(root: Value<'_, '_>) -> String {
    // Google says what it answered with, and under another name.
    let named = ["model", "modelVersion"].iter().find_map(|name| root.get(name).and_then(Value::string));
    capped(&named.unwrap_or_default())
}

fn capped(label: &str) -> String {
    label.get(..label.floor_char_boundary(MAX_LABEL_BYTES)).unwrap_or_default().to_owned()
}

/// The media type without its parameters, in lower case.
fn media_type(hints: &Hints<'_>) -> String {
    let essence = hints.content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}
