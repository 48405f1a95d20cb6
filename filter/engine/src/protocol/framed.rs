//! Reads a stream that comes in binary frames: the events that their payloads are, with what these carry in base64, and
//! the text of their headers. The whole of it or nothing: a payload that is no JSON object cannot be put together with
//! its neighbours, so it is refused.

use super::carrier::Carrier;
use super::event_stream::{self, HeaderKind, Message};
use super::json::{Duplicates, Json, Kind, Place};
use super::reader::{NOBODY, Reader};
use super::{Document, Protocol, Unscannable, base64, bedrock};
use crate::segment::SourceMap;

/// Reads a complete stream.
///
/// # Errors
/// Why it cannot be inspected.
pub(super) fn read(protocol: Protocol, body: &[u8]) -> Result<Document<'static>, Unscannable> {
    let messages = event_stream::messages(body)?;
    let payloads: Vec<Json<'_>> =
        messages.iter().filter_map(|message| payload(body, message).transpose()).collect::<Result<_, _>>()?;
    let mut carrier = Carrier::framed();
    for json in &payloads {
        decode(json, &mut carrier, body.len())?;
    }
    let mut reader = Reader::of_stream();
    for message in &messages {
        headers(&mut reader, body, message)?;
    }
    let mut chunk = 0;
    for json in &payloads {
        let Some(root) = json.root() else { continue };
        if root.get(CHUNK).is_none() {
            protocol.entry().event.read(&mut reader, root, NOBODY);
            continue;
        }
        for member in root.children().filter(|member| member.key() != CHUNK) {
            reader.within(&member.key(), |r| bedrock::beside_a_chunk(r, member));
        }
        let (at, bytes) = carrier.decoded(chunk).unwrap_or_default();
        chunk += 1;
        let event = parse(bytes, at)?;
        if let Some(root) = event.root() {
            protocol.entry().event.read(&mut reader, root, NOBODY);
        }
    }
    let document = reader.finish(protocol)?.into_owned();
    Ok(Document { stream: true, carrier, ..document })
}

/// The payload of a message; `None` when it has none.
fn payload<'b>(body: &'b [u8], message: &Message) -> Result<Option<Json<'b>>, Unscannable> {
    let payload = body.get(message.payload.clone()).unwrap_or_default();
    if payload.is_empty() { Ok(None) } else { parse(payload, message.payload.start).map(Some) }
}

fn parse(bytes: &[u8], at: usize) -> Result<Json<'_>, Unscannable> {
    let text = std::str::from_utf8(bytes).map_err(|_| Unscannable::InvalidUtf8)?;
    let json = Json::parse(text, Place::At(at), Duplicates::Refuse)?;
    let is_object = json.root().is_some_and(|root| root.kind() == Kind::Object);
    if is_object { Ok(json) } else { Err(Unscannable::Malformed) }
}

/// Decodes what a payload carries in base64.
fn decode(json: &Json<'_>, carrier: &mut Carrier, body_len: usize) -> Result<(), Unscannable> {
    let Some(chunk) = json.root().and_then(|root| root.get(CHUNK)) else { return Ok(()) };
    let text = chunk.string().ok_or(Unscannable::Malformed)?;
    let decoded = base64::decode(&text).ok_or(Unscannable::Malformed)?;
    let written = chunk.whole(1).spans(0..1).into_iter().next().unwrap_or_default();
    carrier.add(written.start + 1..written.end.saturating_sub(1), decoded, body_len);
    Ok(())
}

/// Headers name the event; a name that is no word of a protocol, and what an error says, is text.
fn headers<'b>(reader: &mut Reader<'b>, body: &'b [u8], message: &Message) -> Result<(), Unscannable> {
    for header in message.headers(body)? {
        let text = |span| std::str::from_utf8(body.get(span).unwrap_or_default());
        let name = text(header.name).map_err(|_| Unscannable::InvalidUtf8)?;
        match header.kind {
            HeaderKind::String => {
                let value = text(header.value.clone()).map_err(|_| Unscannable::InvalidUtf8)?;
                reader.line(name, value, SourceMap::identity(header.value.start, value.len()));
            }
            HeaderKind::Bytes => reader.skip(),
            HeaderKind::Scalar => {}
        }
    }
    Ok(())
}

/// The member that carries an event of the model in base64.
const CHUNK: &str = "bytes";
