//! Streams in flight whose events come as the elements of an array (Gemini) or as binary messages (Bedrock).

use serde_json::{Value, json};

use super::*;
use crate::protocol::{Hints, Protocol, event_stream, read_response};

pub(super) const GEMINI: &str = "/v1beta/models/gemini-pro:streamGenerateContent";
pub(super) const CONVERSE: &str = "/model/x/converse-stream";
pub(super) const INVOKE: &str = "/model/x/invoke-with-response-stream";
const SECRET: &str = "AKIAQ3EGRT7LP2WXN5VB";

fn asks(path: &str) -> &'static str {
    match path {
        GEMINI => r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}"#,
        CONVERSE => r#"{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}"#,
        _ => {
            r#"{"anthropic_version":"bedrock-2023-05-31","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}"#
        }
    }
}

fn play(engine: &Arc<Engine>, path: &str, pieces: &[&[u8]]) -> Seen {
    play_to(engine, path, asks(path), pieces)
}

/// The texts of an answer, as a client reads it.
pub(super) fn read(path: &str, body: &[u8]) -> Vec<(String, String)> {
    let content_type = std::str::from_utf8(content_type(path)).unwrap();
    let hints = Hints { path, content_type, ..Hints::default() };
    let document = read_response(Protocol::of_path(path), &hints, body)
        .unwrap_or_else(|why| panic!("{why:?} {}", String::from_utf8_lossy(body)));
    document.segments.into_iter().map(|segment| (segment.path, segment.text.into_owned())).collect()
}

/// What clients read of the bytes, encoded or not.
pub(super) fn said(path: &str, body: &[u8]) -> String {
    read(path, body).into_iter().map(|(_, text)| text + "\n").collect()
}

fn candidate(part: Value) -> Value {
    json!({ "candidates": [{ "content": { "parts": [part], "role": "model" }, "index": 0 }] })
}

/// An array as Google writes it.
fn array(elements: &[Value]) -> String {
    let elements: Vec<String> =
        elements.iter().map(|one| serde_json::to_string_pretty(one).unwrap()).collect();
    format!("[{}\n]\n", elements.join("\r\n,\n"))
}

/// A stream of `text` in deltas of `size` characters.
pub(super) fn gemini(text: &str, size: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut elements: Vec<Value> = chars
        .chunks(size)
        .map(|part| candidate(json!({ "text": part.iter().collect::<String>() })))
        .collect();
    elements.last_mut().unwrap()["candidates"][0]["finishReason"] = json!("STOP");
    array(&elements)
}

fn message(event: &str, payload: &Value) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in
        [(":event-type", event), (":content-type", "application/json"), (":message-type", "event")]
    {
        event_stream::push_header(&mut headers, name, value);
    }
    event_stream::encode(&headers, payload.to_string().as_bytes())
}

/// A stream of Converse: a text, and the call of a tool.
pub(super) fn converse(text: &str, arguments: &str, size: usize) -> Vec<Vec<u8>> {
    let delta = |block: usize, delta: Value| {
        message("contentBlockDelta", &json!({ "contentBlockIndex": block, "delta": delta, "p": "abcd" }))
    };
    let stop = |block: usize| message("contentBlockStop", &json!({ "contentBlockIndex": block, "p": "abc" }));
    let pieces = |text: &str| -> Vec<String> {
        text.chars().collect::<Vec<_>>().chunks(size).map(|part| part.iter().collect()).collect()
    };
    let mut all = vec![message("messageStart", &json!({ "role": "assistant", "p": "ab" }))];
    all.extend(pieces(text).into_iter().map(|part| delta(0, json!({ "text": part }))));
    all.push(stop(0));
    let start = json!({ "toolUse": { "name": "pay", "toolUseId": "tooluse_1" } });
    all.push(message("contentBlockStart", &json!({ "contentBlockIndex": 1, "start": start })));
    all.extend(pieces(arguments).into_iter().map(|part| delta(1, json!({ "toolUse": { "input": part } }))));
    all.push(stop(1));
    all.push(message("messageStop", &json!({ "stopReason": "tool_use", "p": "abcdef" })));
    all.push(message(
        "metadata",
        &json!({ "usage": { "inputTokens": 9, "outputTokens": 1, "totalTokens": 10 } }),
    ));
    all
}

/// A stream of a model of Anthropic, each event in a chunk.
pub(super) fn invoke(text: &str, size: usize) -> Vec<Vec<u8>> {
    let chars: Vec<char> = text.chars().collect();
    let mut events = vec![
        json!({ "type": "message_start", "message": { "id": "msg_1", "role": "assistant", "content": [] } }),
    ];
    events.extend(chars.chunks(size).map(|part| {
        let delta = json!({ "type": "text_delta", "text": part.iter().collect::<String>() });
        json!({ "type": "content_block_delta", "index": 0, "delta": delta })
    }));
    events.push(json!({ "type": "content_block_stop", "index": 0 }));
    events.push(json!({ "type": "message_stop" }));
    let chunk = |event: &Value| {
        let bytes = crate::protocol::base64::encode(event.to_string().as_bytes());
        message("chunk", &json!({ "bytes": bytes, "p": "abcdefgh" }))
    };
    events.iter().map(chunk).collect()
}

/// Streams with something in each that must not reach the client.
fn streams() -> Vec<(&'static str, Vec<u8>)> {
    let text = format!("Key: {SECRET} done, caf\u{e9} \u{1f600} and mail jane@example.org now.");
    let arguments = r#"{"card":4111111111111111,"to":"jane@example.org","n":3}"#;
    let call = json!({ "functionCall": { "name": "pay", "args": { "card": 4_111_111_111_111_111_u64, "to": "jane@example.org" } } });
    vec![
        (GEMINI, gemini(&text, 4).into_bytes()),
        (GEMINI, gemini(&text, 1000).into_bytes()),
        (GEMINI, gemini(&text, 7).replace(['\r', '\n'], "").into_bytes()),
        (GEMINI, array(&[candidate(json!({ "text": "Well." })), candidate(call)]).into_bytes()),
        (
            GEMINI,
            json!({ "candidates": [{ "content": { "parts": [{ "text": text }] } }] })
                .to_string()
                .into_bytes(),
        ),
        (CONVERSE, converse(&text, arguments, 4).concat()),
        (CONVERSE, converse(&text, arguments, 1000).concat()),
        (INVOKE, invoke(&text, 4).concat()),
        (INVOKE, invoke(&text, 1000).concat()),
    ]
}

#[test]
fn it_gives_the_same_bytes_as_a_stream_that_is_held_wherever_it_is_cut() {
    let [flying, holding] = redacting();
    for (path, stream) in streams() {
        let held = play(&holding, path, &[&stream]);
        let whole = play(&flying, path, &[&stream]);
        assert_eq!((held.decision().0, whole.decision()), (Action::Redact, held.decision()), "{path}");
        assert_eq!(read(path, &whole.body), read(path, &held.body), "{path}");
        assert!(whole.body == held.body, "{path} {}", String::from_utf8_lossy(&whole.body));
        let text = said(path, &whole.body);
        for secret in ["AKIA", "WXN5VB", "jane", "ample.org", "4111"] {
            assert!(!text.contains(secret), "{secret} {text}");
        }
        // Every byte of the short ones.
        let step = if stream.len() > 2000 { stream.len() / 97 } else { 1 };
        for at in (1..stream.len()).step_by(step) {
            let (first, second) = stream.split_at(at);
            let cut = play(&flying, path, &[first, second]);
            assert_eq!((cut.body == whole.body, cut.decision()), (true, whole.decision()), "{path} {at}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert!(play(&flying, path, &bytes).body == whole.body, "{path}");
    }
}

#[test]
fn clean_words_leave_while_it_comes() {
    let [flying, _] = redacting();
    let text = "The quick brown fox jumps over the lazy dog and runs away";
    let array = gemini(text, 4);
    let elements: Vec<&[u8]> = array.split_inclusive("}\r\n,\n").map(str::as_bytes).collect();
    let messages = converse(text, "{}", 4);
    let chunks = invoke(text, 4);
    let slices = |all: &'static [Vec<u8>]| all.iter().map(Vec::as_slice).collect::<Vec<_>>();
    let (messages, chunks) = (slices(messages.leak()), slices(chunks.leak()));
    for (path, pieces) in [(GEMINI, elements), (CONVERSE, messages), (INVOKE, chunks)] {
        let seen = play(&flying, path, &pieces);
        assert!(seen.body == pieces.concat(), "{path}");
        for (at, left) in seen.left.iter().enumerate() {
            let ends: Vec<usize> = pieces[..=at]
                .iter()
                .scan(0, |end, piece| {
                    *end += piece.len();
                    Some(*end)
                })
                .collect();
            let waiting = ends.iter().filter(|end| **end > *left).count();
            assert!(waiting <= 4, "{path}: {waiting} events wait after {at}");
        }
    }
}

/// The ends of these streams are terminal events: what still waited leaves with them, before the stream has ended.
#[test]
fn nothing_waits_behind_the_last_event() {
    let [flying, _] = redacting();
    let text = "Write to jane@example.org";
    for (path, mut stream) in [
        (GEMINI, gemini(text, 4).trim_end().as_bytes().to_vec()),
        (CONVERSE, converse(text, "{}", 4).concat()),
        (INVOKE, invoke(text, 4).concat()),
    ] {
        let seen = play(&flying, path, &[&stream, b""]);
        assert_eq!(seen.left[0], seen.body.len(), "{path}");
        stream.truncate(stream.len() - 1);
        assert!(play(&flying, path, &[&stream, b""]).left[0] < seen.body.len(), "{path}");
    }
}

fn blocking(shape: &str) -> Arc<Engine> {
    engine(json!({
        "guardrails": { "secrets": { "response": "block" } }, "refusal": { "shape": shape },
        "judge": { "response": "never" },
    }))
}

/// A block in the first element, behind it, behind a comma, and behind the end.
#[test]
fn a_block_ends_an_array_as_one_array() {
    let leak = json!({ "text": format!("{SECRET} ") });
    let clean = candidate(json!({ "text": "So far so good. " }));
    let more = candidate(json!({ "text": "and more" }));
    for shape in ["error", "completion"] {
        let engine = blocking(shape);
        for before in 0..3 {
            let mut elements = vec![clean.clone(); before];
            elements.extend([candidate(leak.clone()), more.clone()]);
            let stream = array(&elements);
            for size in [1, 3, 50, stream.len()] {
                let pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
                let seen = play(&engine, GEMINI, &pieces);
                assert_eq!(seen.decision(), (Action::Block, "secret"));
                assert_eq!(seen.rest, Some(Rest::Drain));
                let text = seen.text();
                let answer: Vec<Value> =
                    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why} {text}"));
                assert_eq!(answer[..answer.len() - 1], vec![clean.clone(); before], "{text}");
                let end = answer.last().unwrap();
                match shape {
                    "error" => assert_eq!(end["error"]["status"], "PERMISSION_DENIED", "{text}"),
                    _ => assert_eq!(end["candidates"][0]["finishReason"], "SAFETY", "{text}"),
                }
                assert!(!text.contains("AKIA") && !text.contains("more"), "{text}");
            }
        }
    }
}

#[test]
fn what_is_no_array_any_more_is_unscannable_and_what_has_left_is_still_ended() {
    let clean = candidate(json!({ "text": "So far so good. " })).to_string();
    for (stream, array) in [
        (format!("[{clean},{{\"a\":1,\"a\":2}},{clean}]"), true),
        (format!("[{clean} {clean}]"), true),
        (format!("[{clean},]"), true),
        (format!("[{clean},{clean}"), true),
        (format!("[{clean},{{\"a\":"), true),
        (format!("[{clean}}}"), true),
        (format!("[{clean},{{\"a\":1]"), true),
        (format!("[{clean},\u{feff}{clean}]"), true),
        (format!("\u{feff}[{clean}]"), true),
        (String::new(), true),
        ("[".to_owned(), true),
        ("[,]".to_owned(), true),
        (format!("{clean},{clean}"), true),
        // What follows the end of the array is dropped.
        (format!("[{clean}]]"), false),
        (format!("[{clean}],{clean}]"), false),
        (format!("[{clean}][{clean}]"), false),
    ] {
        let engine = blocking("error");
        for size in [1, 7, stream.len().max(1)] {
            let mut pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
            pieces.push(b"");
            let seen = play(&engine, GEMINI, &pieces);
            let (action, reason) = seen.decision();
            assert!(action == Action::Block && reason.starts_with("unscannable_"), "{stream} {reason}");
            let text = seen.text();
            let answer: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why} {text}"));
            assert_eq!(answer.last().unwrap().get("error").is_some(), array, "{stream} {text}");
        }
    }
    let held = both(json!({}))[1].clone();
    assert_eq!(play(&held, GEMINI, &[b"[]"]).text(), play(&both(json!({}))[0], GEMINI, &[b"[", b"]"]).text());
}

#[test]
fn a_block_ends_binary_messages_with_one_that_clients_raise() {
    let text = format!("So far so good. Key: {SECRET} done");
    for (path, stream) in [(CONVERSE, converse(&text, "{}", 3)), (INVOKE, invoke(&text, 3))] {
        for shape in ["error", "completion"] {
            let engine = blocking(shape);
            let pieces: Vec<&[u8]> = stream.iter().map(Vec::as_slice).collect();
            let whole = stream.concat();
            let bytes: Vec<&[u8]> = whole.chunks(1).collect();
            let first = play(&engine, path, &pieces);
            for seen in [play(&engine, path, &bytes), play(&engine, path, &[&whole])] {
                assert!(seen.body == first.body, "{path}");
            }
            assert_eq!((first.decision(), first.rest), ((Action::Block, "secret"), Some(Rest::Drain)));
            let text = said(path, &first.body);
            assert!(text.contains("So far so good.") && !text.contains("AKIA"), "{text}");
            let last = event_stream::messages(&first.body).unwrap().pop().unwrap();
            let frame = String::from_utf8_lossy(&first.body[last.span]).into_owned();
            assert!(frame.contains(":exception-type") && frame.contains("validationException"), "{frame}");
        }
        // Nothing has left: the refusal may be a whole answer.
        let first = message(
            "contentBlockDelta",
            &json!({ "contentBlockIndex": 0, "delta": { "text": format!("{SECRET} ") } }),
        );
        if path == CONVERSE {
            let seen = play(&blocking("completion"), path, &[&first, b""]);
            let names = String::from_utf8_lossy(&seen.body).into_owned();
            assert!(names.contains("messageStop") && names.contains("guardrail_intervened"), "{names}");
        }
    }
}

/// One wrong bit, a length that is none, a message that never ends: what is not the message a client gets never passes.
#[test]
fn broken_messages_are_unscannable() {
    let good = converse("All is well.", "{}", 100);
    let whole = good.concat();
    let engine = blocking("error");
    let start = good[0].len();
    for at in (start * 8..(start + good[1].len()) * 8).step_by(7) {
        let mut bad = whole.clone();
        bad[at / 8] ^= 1 << (at % 8);
        for size in [11, bad.len()] {
            let pieces: Vec<&[u8]> = bad.chunks(size).collect();
            let seen = play(&engine, CONVERSE, &pieces);
            assert_eq!(seen.decision().0, Action::Block, "bit {at}");
            assert!(seen.body.starts_with(&good[0]), "bit {at}");
            assert_eq!(event_stream::messages(&seen.body).unwrap().len(), 2, "bit {at}");
        }
    }
    let cut = play(&engine, CONVERSE, &[&whole[..whole.len() - 3], b""]);
    assert_eq!(cut.decision(), (Action::Block, "unscannable_malformed"));
    // What announces more than may be held is given up once so much has come.
    let endless = event_stream::encode(b"", &vec![b' '; 1_500_000]);
    let pieces: Vec<&[u8]> = endless.chunks(50_000).collect();
    let seen = play(&engine, CONVERSE, &pieces);
    assert_eq!(seen.decision(), (Action::Block, "unscannable_too_large"));
    assert!(seen.left.len() < 28);
}

/// What repeats the answer is what Gemini calls grounding: parts of the text, with where they come from. It comes with the
/// last chunk, and every other chunk is a delta.
#[test]
fn grounding_in_the_last_chunk_agrees_with_the_text_before_it() {
    let [flying, holding] = redacting();
    let text = "Write to jane@example.org or call +44 20 7946 0958 today.";
    let mut elements: Vec<Value> = text
        .as_bytes()
        .chunks(6)
        .map(|part| candidate(json!({ "text": std::str::from_utf8(part).unwrap() })))
        .collect();
    let segment = json!({ "startIndex": 0, "endIndex": text.len(), "text": text });
    let last = elements.last_mut().unwrap();
    last["candidates"][0]["finishReason"] = json!("STOP");
    last["candidates"][0]["groundingMetadata"] =
        json!({ "groundingSupports": [{ "segment": segment, "groundingChunkIndices": [0] }] });
    let stream = array(&elements);
    for size in [1, 40, stream.len()] {
        let pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
        let [seen, held] = [&flying, &holding].map(|engine| play(engine, GEMINI, &pieces));
        assert_eq!(seen.text(), held.text());
        let answer: Vec<Value> = serde_json::from_str(&seen.text()).unwrap();
        let deltas: String = answer
            .iter()
            .map(|one| one["candidates"][0]["content"]["parts"][0]["text"].as_str().unwrap())
            .collect();
        let supports = &answer.last().unwrap()["candidates"][0]["groundingMetadata"]["groundingSupports"];
        assert_eq!(supports[0]["segment"]["text"].as_str(), Some(deltas.as_str()));
        assert_eq!(deltas, "Write to [EMAIL_1] or call [PHONE_1] today.");
    }
}
