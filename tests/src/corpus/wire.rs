//! A case's messages as they travel: bytes, headers with their defaults, pieces. Every runner sends what this says.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::json;

use super::case::{Body, Case, Message, SseEvent};
use crate::failure::{Failure, Result};

/// The response of a case; `200 {"ok":true}` when it states none.
pub fn response(case: &Case) -> Message {
    case.events
        .response
        .clone()
        .unwrap_or_else(|| Message { body: Some(Body::Json(json!({ "ok": true }))), ..Message::default() })
}

/// A message's body; empty when it has none.
pub fn body(message: &Message) -> Vec<u8> {
    // Loading the corpus has checked that it can be written.
    try_body(message).unwrap_or_default()
}

/// The same.
///
/// # Errors
/// When it is not what it calls itself.
pub fn try_body(message: &Message) -> Result<Vec<u8>> {
    let Some(body) = &message.body else { return Ok(Vec::new()) };
    Ok(match body {
        Body::Json(value) => value.to_string().into_bytes(),
        Body::Text(text) => text.clone().into_bytes(),
        Body::Base64(text) => base64(text)?,
        Body::Sse(events) => sse(events).into_bytes(),
        Body::Repeat(repeat) => [&repeat.before, &repeat.text.repeat(repeat.times), &repeat.after]
            .map(String::as_str)
            .concat()
            .into(),
    })
}

/// A body in pieces.
pub fn pieces(message: &Message) -> Vec<Vec<u8>> {
    let body = body(message);
    let mut pieces = Vec::new();
    let mut at = 0;
    for split in message.splits.iter().copied().filter(|split| *split < body.len()) {
        pieces.push(body.get(at..split).unwrap_or_default().to_vec());
        at = at.max(split);
    }
    pieces.push(body.get(at..).unwrap_or_default().to_vec());
    pieces
}

/// A message's headers: its own, and the content type it has by default.
pub fn headers(message: &Message) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    match &message.body {
        None => {}
        Some(Body::Sse(_)) => drop(headers.insert("content-type".to_owned(), "text/event-stream".to_owned())),
        Some(_) => drop(headers.insert("content-type".to_owned(), "application/json".to_owned())),
    }
    for (name, value) in &message.headers {
        match value {
            Some(value) => headers.insert(name.clone(), value.clone()),
            None => headers.remove(name),
        };
    }
    headers
}

/// A stream as it travels.
pub fn sse(events: &[SseEvent]) -> String {
    let mut text = String::new();
    for event in events {
        // Writing to a string cannot fail.
        let _ = match event {
            SseEvent::Data(data) => write!(text, "data: {data}\n\n"),
            SseEvent::Named { event, data } => write!(text, "event: {event}\ndata: {data}\n\n"),
        };
    }
    text
}

/// RFC 4648, section 4, padding optional.
fn base64(text: &str) -> Result<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u32, 0_u32);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let digit = ALPHABET.iter().position(|known| *known == byte);
        let digit = digit.and_then(|d| u32::try_from(d).ok());
        let digit = digit.ok_or_else(|| Failure::new(format!("`{text}` is not base64")))?;
        bits = (bits << 6) | digit;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or_default());
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(yaml: &str) -> Message {
        serde_saphyr::from_str(yaml).unwrap()
    }

    #[test]
    fn bodies_are_written_as_the_reference_says() {
        let check =
            |yaml: &str, expected: &[u8]| assert_eq!(try_body(&message(yaml)).unwrap(), expected, "{yaml}");
        check("{}", b"");
        check("{body: {json: {a: [1, x]}}}", br#"{"a":[1,"x"]}"#);
        check("{body: {base64: '/v8A'}}", b"\xfe\xff\x00");
        check("{body: {base64: 'YQ=='}}", b"a");
        check("{body: {sse: ['{}', {event: e, data: d}]}}", b"data: {}\n\nevent: e\ndata: d\n\n");
        check("{body: {repeat: {before: '<', text: ab, times: 2, after: '>'}}}", b"<abab>");
        assert!(try_body(&message("{body: {base64: '*'}}")).is_err());
    }

    #[test]
    fn pieces_add_up_to_the_body() {
        for (splits, expected) in [("[]", 1), ("[1, 2]", 3), ("[2, 9]", 2)] {
            let message = message(&format!("{{body: {{text: abc}}, splits: {splits}}}"));
            let pieces = pieces(&message);
            assert_eq!(pieces.len(), expected);
            assert_eq!(pieces.concat(), b"abc");
        }
    }
}
