//! Binary event streams made by mutation: payloads and headers are broken and framed soundly, or frames are broken
//! themselves. What must be true of every one: cut anywhere it gives the same messages; what is decoded is encoded to
//! the same bytes; every segment maps into the body; an edit leaves a body whose frames are sound and that reads again.

use weir_engine::act::edit::{Placeholders, replacements};
use weir_engine::act::token::Tokens;
use weir_engine::detect::{Finding, REGISTRY};
use weir_engine::protocol::event_stream::{Decoder, encode, messages, push_header};
use weir_engine::protocol::{Document, Hints, Protocol, Unscannable, read_response};
use weir_engine::wire::decision::Action;

use super::mutation::base64;
use crate::mutate::Dice;

/// Payloads of events, in the shapes of several families.
const PAYLOADS: &[&str] = &[
    r#"{"role":"assistant","p":"abc"}"#,
    r#"{"contentBlockIndex":0,"delta":{"text":"write to ja"}}"#,
    r#"{"contentBlockIndex":0,"delta":{"text":"ne@example.org \u00e9 \ud83d\ude00"}}"#,
    r#"{"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"to\":\"ja"}}}"#,
    r#"{"contentBlockIndex":1,"delta":{"toolUse":{"input":"ne@example.org\",\"n\":4111111111111111}"}}}"#,
    r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hello"}}"#,
    r#"{"outputText":"hello","index":0}"#,
    r#"{"message":"it broke","unknown":[{"deep":"text"}]}"#,
    "",
    "[1]",
];
/// Most frames of one stream.
const MAX_FRAMES: usize = 8;
/// What is put into payloads.
const PIECES: &[&[u8]] =
    &[b"\"", b"\\", b"{", b"}", b",", b"\xff", b"\\u0022", b"null", b"4111111111111111", b"="];

/// A stream.
pub fn stream(dice: &mut Dice) -> Vec<u8> {
    let mut stream = Vec::new();
    for _ in 0..=dice.below(MAX_FRAMES) {
        stream.extend(frame(dice));
    }
    if dice.below(4) == 0 {
        break_bytes(&mut stream, dice);
    }
    stream
}

fn frame(dice: &mut Dice) -> Vec<u8> {
    let mut payload = dice.pick(PAYLOADS).copied().unwrap_or_default().as_bytes().to_vec();
    if dice.below(3) == 0 {
        break_bytes(&mut payload, dice);
    }
    if dice.below(2) == 0 {
        payload = format!(r#"{{"bytes":"{}","p":"ab"}}"#, base64(&payload)).into_bytes();
        if dice.below(8) == 0 {
            break_bytes(&mut payload, dice);
        }
    }
    let mut headers = Vec::new();
    let types = ["chunk", "contentBlockDelta", "odd words"];
    push_header(&mut headers, ":event-type", dice.pick(&types).copied().unwrap_or_default());
    match dice.below(6) {
        0 => headers.extend([1, b'n', 4, 0, 0, 0, 1]),
        1 => headers.extend([1, b'b', 6, 0, 2, 1, 2]),
        2 => break_bytes(&mut headers, dice),
        _ => push_header(&mut headers, ":message-type", "event"),
    }
    encode(&headers, &payload)
}

fn break_bytes(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    let end = (at + dice.below(4)).min(bytes.len());
    let piece = dice.pick(PIECES).copied().unwrap_or_default();
    bytes.splice(at..end, piece.iter().copied());
}

/// What is wrong with how `stream` is read.
pub fn wrong(stream: &[u8], dice: &mut Dice) -> Option<String> {
    let whole = messages(stream);
    wrong_decoding(stream, whole.is_ok(), dice).or_else(|| {
        let protocols = ["aws.bedrock_converse", "aws.bedrock_invoke", "generic"];
        let protocol = dice.pick(&protocols).copied().and_then(Protocol::named).unwrap_or_default();
        let read = |bytes: &[u8]| read_response(protocol, &Hints::default(), bytes).map(Document::into_owned);
        match read(stream) {
            Ok(document) => wrong_reading(stream, &document, &read, dice),
            Err(_) => None,
        }
    })
}

/// The same messages however the bytes arrive, and the same bytes when they are encoded.
fn wrong_decoding(stream: &[u8], is_sound: bool, dice: &mut Dice) -> Option<String> {
    let (mut decoder, mut rest, mut encoded) = (Decoder::default(), stream, Vec::new());
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at_checked(1 + dice.below(rest.len().min(64))).unwrap_or((rest, &[]));
        rest = after;
        decoder.push(chunk);
        loop {
            match decoder.take() {
                Ok(Some(frame)) => {
                    let part =
                        |span: &std::ops::Range<usize>| frame.bytes.get(span.clone()).unwrap_or_default();
                    encoded.extend(encode(part(&frame.message.headers), part(&frame.message.payload)));
                }
                Ok(None) => break,
                Err(_) => return is_sound.then(|| "a sound stream broke when it was cut".to_owned()),
            }
        }
    }
    let is_same = encoded == stream && decoder.held_bytes() == 0;
    (is_sound != is_same).then(|| format!("sound {is_sound}, {} of {} bytes", encoded.len(), stream.len()))
}

fn wrong_reading(
    stream: &[u8],
    document: &Document<'_>,
    read: &dyn Fn(&[u8]) -> Result<Document<'static>, Unscannable>,
    dice: &mut Dice,
) -> Option<String> {
    let outside = |segment: &&weir_engine::segment::Segment<'_>| {
        let mut spans = segment.map.spans(0..segment.text.len()).into_iter();
        let is_outside = spans.any(|span| document.carrier.source(span).end > stream.len());
        is_outside || segment.map.text_len() != segment.text.len()
    };
    if let Some(segment) = document.segments.iter().find(outside) {
        return Some(format!("{} maps outside the body", segment.path));
    }
    let index = dice.below(document.segments.len());
    let segment = document.segments.get(index)?;
    let rule = REGISTRY.iter().position(|rule| rule.label == "EMAIL").unwrap_or_default();
    let (rule, index) = (u16::try_from(rule).ok()?, u32::try_from(index).ok()?);
    let range = 0..segment.text.len();
    let (role, provenance) = (segment.role, segment.provenance);
    let (list, transforms) = (None, Default::default());
    let finding = Finding { rule, segment: index, role, provenance, range, score: 1.0, list, transforms };
    let redact = |_: &Finding| Action::Redact;
    let edits = replacements(
        &document.segments,
        &[finding],
        &redact,
        &mut Placeholders::default(),
        &mut Tokens::default(),
    );
    let edited = document.carrier.apply(stream, edits.unwrap_or_default());
    match read(&edited) {
        Ok(_) | Err(Unscannable::DuplicateKey) => None,
        Err(why) => Some(format!("{} edited is {why:?}", segment.path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_thousand_broken_streams_are_read_without_fault() {
        let mut sound = 0;
        for seed in 0..3_000 {
            let mut dice = Dice::new(seed);
            let stream = stream(&mut dice);
            sound += usize::from(read_response(Protocol::default(), &Hints::default(), &stream).is_ok());
            assert_eq!(wrong(&stream, &mut dice), None, "seed {seed}");
        }
        assert!(sound > 300, "only {sound} streams can be read: the test shows nothing");
    }
}
