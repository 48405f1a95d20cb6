//! Answers in the shapes of AWS Bedrock Runtime: Converse, and InvokeModel in the shapes of the families of models, which
//! the id in the path tells. Streams are binary frames. Only shapes: what is said was decided before.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};
use weir_engine::protocol::event_stream;

use super::{Act, Question, anthropic, deltas, openai_chat};
use crate::server::{Chunk, Reply};

/// The answer to a request of this path; `None` when it is not one of Bedrock's.
pub(super) fn reply(question: &Question, path: &str) -> Option<Reply> {
    let operation = path.rsplit('/').next()?;
    if let (Act::Fail(status), true) = (&question.act, path.contains("/model/")) {
        return Some(error(*status));
    }
    let reply = match operation {
        "converse" => Reply::json(200, &converse(question)),
        "converse-stream" => frames(converse_events(question)),
        "invoke" => Reply::json(200, &invoke(question)),
        "invoke-with-response-stream" => frames(invoke_chunks(question).iter().map(chunk).collect()),
        _ => return None,
    };
    Some(question.timed(reply))
}

/// The kind of an error stands in a header.
fn error(status: u16) -> Reply {
    let kind = match status {
        429 => "ThrottlingException",
        500.. => "InternalServerException",
        _ => "ValidationException",
    };
    let mut reply = Reply::json(status, &json!({ "message": "the mock model was told to fail" }));
    reply.headers.push(("x-amzn-errortype".into(), format!("{kind}:http://internal.amazon.com/coral/")));
    reply
}

fn converse(question: &Question) -> Value {
    let block = match &question.act {
        Act::Call { name, arguments } => {
            let input: Value = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
            json!({ "toolUse": { "toolUseId": "tooluse_mock", "name": name, "input": input } })
        }
        act => json!({ "text": act.text() }),
    };
    json!({
        "metrics": { "latencyMs": 551 },
        "output": { "message": { "content": [block], "role": "assistant" } },
        "stopReason": stop_reason(&question.act),
        "usage": usage(),
    })
}

/// The names of events and what they carry.
fn converse_events(question: &Question) -> Vec<(&'static str, Value)> {
    let mut events = vec![("messageStart", json!({ "p": "abcdefg", "role": "assistant" }))];
    let delta = |delta: Value| {
        ("contentBlockDelta", json!({ "contentBlockIndex": 0, "delta": delta, "p": "abcdefghijklm" }))
    };
    if let Act::Call { name, arguments } = &question.act {
        let start = json!({ "toolUse": { "name": name, "toolUseId": "tooluse_mock" } });
        events.push(("contentBlockStart", json!({ "contentBlockIndex": 0, "p": "abc", "start": start })));
        let pieces = deltas(arguments).into_iter();
        events.extend(pieces.map(|piece| delta(json!({ "toolUse": { "input": piece } }))));
    } else {
        events.extend(deltas(question.act.text()).into_iter().map(|text| delta(json!({ "text": text }))));
    }
    events.push(("contentBlockStop", json!({ "contentBlockIndex": 0, "p": "abcdef" })));
    events.push(("messageStop", json!({ "p": "ab", "stopReason": stop_reason(&question.act) })));
    let metrics = json!({ "latencyMs": 551 });
    events.push(("metadata", json!({ "metrics": metrics, "p": "abcdefghi", "usage": usage() })));
    events
}

/// A whole answer of the model's family.
fn invoke(question: &Question) -> Value {
    let text = question.act.text();
    match Family::of(&question.model) {
        Family::Anthropic => anthropic::plain(question),
        Family::Nova => {
            let Value::Object(mut answer) = converse(question) else { return Value::Null };
            answer.remove("metrics");
            Value::Object(answer)
        }
        Family::Chat => openai_chat::plain(question),
        Family::Titan => {
            let result = json!({ "tokenCount": 12, "outputText": text, "completionReason": "FINISH" });
            json!({ "inputTextTokenCount": 9, "results": [result] })
        }
        Family::Llama => {
            json!({ "generation": text, "prompt_token_count": 9, "generation_token_count": 12, "stop_reason": "stop" })
        }
        Family::Mistral => json!({ "outputs": [{ "text": text, "stop_reason": "stop" }] }),
        Family::Cohere => {
            json!({ "response_id": "r-1", "text": text, "generation_id": "g-1", "chat_history": [], "finish_reason": "COMPLETE" })
        }
    }
}

/// What the chunks of a streamed answer carry.
fn invoke_chunks(question: &Question) -> Vec<Value> {
    let family = Family::of(&question.model);
    match family {
        Family::Anthropic => return anthropic::events(question),
        Family::Nova => {
            let events = converse_events(question).into_iter();
            return events.map(|(name, payload)| json!({ name: payload })).collect();
        }
        Family::Chat => return openai_chat::chunks(question),
        Family::Titan | Family::Llama | Family::Mistral | Family::Cohere => {}
    }
    let pieces = deltas(question.act.text());
    let last = pieces.len().saturating_sub(1);
    let mut chunks: Vec<Value> =
        pieces.iter().enumerate().map(|(at, text)| piece(family, text, at == last)).collect();
    if family == Family::Cohere {
        chunks.push(json!({ "is_finished": true, "event_type": "stream-end", "finish_reason": "COMPLETE", "response": invoke(question) }));
    }
    chunks
}

/// One chunk of the families that stream pieces of a text.
fn piece(family: Family, text: &str, is_last: bool) -> Value {
    let stop = |word: &str| if is_last { json!(word) } else { Value::Null };
    match family {
        Family::Titan => {
            json!({ "outputText": text, "index": 0, "totalOutputTextTokenCount": null, "completionReason": stop("FINISH"), "inputTextTokenCount": 9 })
        }
        Family::Llama => {
            json!({ "generation": text, "prompt_token_count": null, "generation_token_count": 1, "stop_reason": stop("stop") })
        }
        Family::Mistral => json!({ "outputs": [{ "text": text, "stop_reason": stop("stop") }] }),
        _ => json!({ "is_finished": false, "event_type": "text-generation", "text": text }),
    }
}

/// The families of models, each with bodies of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Anthropic,
    Nova,
    /// What answers in the shape of Chat Completions.
    Chat,
    Titan,
    Llama,
    Mistral,
    Cohere,
}

impl Family {
    fn of(model: &str) -> Self {
        let families = [
            ("anthropic.", Self::Anthropic),
            ("nova", Self::Nova),
            ("titan", Self::Titan),
            ("meta.llama", Self::Llama),
            ("mistral.", Self::Mistral),
            ("cohere.", Self::Cohere),
        ];
        families.into_iter().find(|(part, _)| model.contains(part)).map_or(Self::Chat, |(_, family)| family)
    }
}

fn stop_reason(act: &Act) -> &'static str {
    if matches!(act, Act::Call { .. }) { "tool_use" } else { "end_turn" }
}

fn usage() -> Value {
    json!({ "inputTokens": 9, "outputTokens": 12, "totalTokens": 21 })
}

fn chunk(payload: &Value) -> (&'static str, Value) {
    ("chunk", json!({ "bytes": base64(payload.to_string().as_bytes()), "p": "abcdefghijkl" }))
}

fn frames(events: Vec<(&'static str, Value)>) -> Reply {
    let frame = |(name, payload): (&str, Value)| {
        let mut headers = Vec::new();
        let pairs =
            [(":event-type", name), (":content-type", "application/json"), (":message-type", "event")];
        pairs.iter().for_each(|(name, value)| event_stream::push_header(&mut headers, name, value));
        let bytes = event_stream::encode(&headers, payload.to_string().as_bytes());
        Chunk { after: Duration::ZERO, bytes: bytes.into() }
    };
    let chunks: VecDeque<Chunk> = events.into_iter().map(frame).collect();
    let headers = vec![("content-type".into(), "application/vnd.amazon.eventstream".into())];
    Reply { status: 200, headers, chunks, trailers: None }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits =
            (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(three.get(at).copied().unwrap_or(0)));
        let letter = move |at: usize| match ALPHABET.get(bits >> (18 - 6 * at) & 63) {
            Some(letter) if at <= three.len() => char::from(*letter),
            _ => '=',
        };
        [letter(0), letter(1), letter(2), letter(3)]
    };
    bytes.chunks(3).flat_map(group).collect()
}
