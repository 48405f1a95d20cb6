//! Reads a stream that comes in binary frames: the events that their payloads are, with what these carry in base64, and
//! the text of their headers. A payload that is no JSON object cannot be put together with its neighbours, so it is
//! refused. A stream that is held is read whole by [`read`], one that passes while it comes [`Part`] by part.

use super::carrier::Carrier;
use super::event_stream::{self, HeaderKind, Message};
use super::json::{Duplicates, Json, Kind, Place};
use super::reader::{NOBODY, Reader};
use super::{Document, Protocol, Unscannable, base64, bedrock};
use crate::segment::{SourceMap, Span};
use crate::stream;

/// One message, taken apart.
#[derive(Debug)]
pub(crate) struct Part<'b> {
    /// What it was read from.
    bytes: &'b [u8],
    /// The address of their first.
    at: usize,
    message: Message,
    payload: Option<Json<'b>>,
    chunk: Option<Chunk>,
}

/// An event of the model's own stream, as it is carried in base64.
#[derive(Debug)]
struct Chunk {
    /// Where the base64 stands.
    source: Span,
    decoded: Vec<u8>,
}

/// Reads a complete stream.
///
/// # Errors
/// Why it cannot be inspected.
pub(super) fn read(protocol: Protocol, body: &[u8]) -> Result<Document<'static>, Unscannable> {
    let messages = event_stream::messages(body)?.into_iter();
    let parts: Vec<Part<'_>> =
        messages.map(|message| Part::new(body, message, 0)).collect::<Result<_, _>>()?;
    let mut reader = Reader::of_stream();
    let mut decoded_at = body.len();
    for part in &parts {
        part.read(&mut reader, protocol, decoded_at)?;
        decoded_at += part.decoded_bytes();
    }
    let document = reader.finish(protocol)?.into_owned();
    Ok(Document { stream: true, carrier: carrier(parts, body.len()), ..document })
}

/// How the text of one frame is carried in it.
pub(crate) fn carrier_of(frame: &[u8]) -> Carrier {
    let part = Part::only(frame, 0);
    carrier(part.into_iter().collect(), frame.len())
}

fn carrier(parts: Vec<Part<'_>>, body_len: usize) -> Carrier {
    let mut carrier = Carrier::framed();
    for Chunk { source, decoded } in parts.into_iter().filter_map(|part| part.chunk) {
        carrier.add(source, decoded, body_len);
    }
    carrier
}

impl<'b> Part<'b> {
    /// The one message that `frame` is, whose first byte is at the address `at`.
    ///
    /// # Errors
    /// When it is no message or more than one, and as [`Part::new`].
    pub fn only(frame: &'b [u8], at: usize) -> Result<Self, Unscannable> {
        let message = Message::at(frame, 0)?.filter(|message| message.span.end == frame.len());
        Self::new(frame, message.ok_or(Unscannable::Malformed)?, at)
    }

    /// A message of `bytes`, whose first is at the address `at`.
    ///
    /// # Errors
    /// Why it cannot be inspected.
    fn new(bytes: &'b [u8], message: Message, at: usize) -> Result<Self, Unscannable> {
        let written = bytes.get(message.payload.clone()).unwrap_or_default();
        let payload =
            if written.is_empty() { None } else { Some(parse(written, at + message.payload.start)?) };
        let chunk = payload.as_ref().map(chunk).transpose()?.flatten();
        Ok(Self { bytes, at, message, payload, chunk })
    }

    /// How many bytes it carries encoded.
    pub fn decoded_bytes(&self) -> usize {
        self.chunk.as_ref().map_or(0, |chunk| chunk.decoded.len())
    }

    /// Reads it; what it carries encoded stands at the address `decoded_at`. The fields that end with it.
    ///
    /// # Errors
    /// Why it cannot be inspected.
    pub fn read<'p>(
        &'p self,
        reader: &mut Reader<'p>,
        protocol: Protocol,
        decoded_at: usize,
    ) -> Result<Vec<String>, Unscannable> {
        self.headers(reader)?;
        let Some(root) = self.payload.as_ref().and_then(Json::root) else { return Ok(Vec::new()) };
        let Some(chunk) = &self.chunk else {
            protocol.entry().event.read(reader, root, NOBODY);
            return Ok(stream::ended(root));
        };
        for member in root.children().filter(|member| member.key() != CHUNK) {
            reader.within(&member.key(), |r| bedrock::beside_a_chunk(r, member));
        }
        let event = parse(&chunk.decoded, decoded_at)?;
        let Some(root) = event.root() else { return Ok(Vec::new()) };
        protocol.entry().event.read(reader, root, NOBODY);
        Ok(stream::ended(root))
    }

    /// Headers name the event; a name that is no word of a protocol, and what an error says, is text.
    fn headers<'p>(&'p self, reader: &mut Reader<'p>) -> Result<(), Unscannable> {
        for header in self.message.headers(self.bytes)? {
            let text = |span| std::str::from_utf8(self.bytes.get(span).unwrap_or_default());
            let name = text(header.name).map_err(|_| Unscannable::InvalidUtf8)?;
            match header.kind {
                HeaderKind::String => {
                    let value = text(header.value.clone()).map_err(|_| Unscannable::InvalidUtf8)?;
                    let map = SourceMap::identity(self.at + header.value.start, value.len());
                    reader.line(name, value, map);
                }
                HeaderKind::Bytes => reader.skip(),
                HeaderKind::Scalar => {}
            }
        }
        Ok(())
    }
}

fn parse(bytes: &[u8], at: usize) -> Result<Json<'_>, Unscannable> {
    let text = std::str::from_utf8(bytes).map_err(|_| Unscannable::InvalidUtf8)?;
    let json = Json::parse(text, Place::At(at), Duplicates::Refuse)?;
    let is_object = json.root().is_some_and(|root| root.kind() == Kind::Object);
    if is_object { Ok(json) } else { Err(Unscannable::Malformed) }
}

/// What a payload carries in base64; `None` when it carries nothing so.
fn chunk(json: &Json<'_>) -> Result<Option<Chunk>, Unscannable> {
    let Some(chunk) = json.root().and_then(|root| root.get(CHUNK)) else { return Ok(None) };
    let text = chunk.string().ok_or(Unscannable::Malformed)?;
    let decoded = base64::decode(&text).ok_or(Unscannable::Malformed)?;
    let written = chunk.whole(1).spans(0..1).into_iter().next().unwrap_or_default();
    let source = written.start + 1..written.end.saturating_sub(1);
    Ok(Some(Chunk { source, decoded }))
}

/// The member that carries an event of the model in base64.
const CHUNK: &str = "bytes";
