//! Answers in the shape of OpenAI's Chat Completions. Only shapes: what is said was decided before.

use serde_json::{Value, json};

use super::{Act, Question, deltas};
use crate::server::Reply;

const ID: &str = "chatcmpl-mock";
const CALL_ID: &str = "call_mock";

pub(super) fn reply(question: &Question) -> Reply {
    match &question.act {
        Act::Fail(status) => error(*status),
        _ if question.stream => question.timed(Reply::events(stream(question))),
        _ => question.timed(Reply::json(200, &plain(question))),
    }
}

pub(super) fn error(status: u16) -> Reply {
    let kind = if status < 500 { "invalid_request_error" } else { "server_error" };
    let error =
        json!({ "message": "the mock model was told to fail", "type": kind, "param": null, "code": null });
    Reply::json(status, &json!({ "error": error }))
}

pub(super) fn plain(question: &Question) -> Value {
    let (message, finish) = match &question.act {
        Act::Call { name, arguments } => {
            let call = json!({ "id": CALL_ID, "type": "function", "function": { "name": name, "arguments": arguments } });
            (
                json!({ "role": "assistant", "content": null, "refusal": null, "tool_calls": [call] }),
                "tool_calls",
            )
        }
        act => (json!({ "role": "assistant", "content": act.text(), "refusal": null }), "stop"),
    };
    let choice =
        |index| json!({ "index": index, "message": message, "logprobs": null, "finish_reason": finish });
    json!({
        "id": ID,
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": question.model,
        "choices": (0..question.choices).map(choice).collect::<Vec<_>>(),
        "usage": usage(),
    })
}

fn stream(question: &Question) -> Vec<String> {
    let chunks = chunks(question).into_iter().map(|chunk| format!("data: {chunk}\n\n"));
    chunks.chain(["data: [DONE]\n\n".into()]).collect()
}

/// Choices are interleaved, delta by delta, as real providers do for `n > 1`.
pub(super) fn chunks(question: &Question) -> Vec<Value> {
    let mut steps = vec![(json!({ "role": "assistant", "content": "" }), Value::Null)];
    steps.extend(deltas_of(&question.act).into_iter().map(|delta| (delta, Value::Null)));
    let finish = if matches!(question.act, Act::Call { .. }) { "tool_calls" } else { "stop" };
    steps.push((json!({}), json!(finish)));
    let mut events = Vec::new();
    for (delta, finish) in &steps {
        for index in 0..question.choices {
            let choice = json!({ "index": index, "delta": delta, "logprobs": null, "finish_reason": finish });
            events.push(chunk(question, &json!([choice]), &Value::Null));
        }
    }
    if question.usage_wanted {
        events.push(chunk(question, &json!([]), &usage()));
    }
    events
}

fn deltas_of(act: &Act) -> Vec<Value> {
    let Act::Call { name, arguments } = act else {
        return deltas(act.text()).iter().map(|text| json!({ "content": text })).collect();
    };
    let function = json!({ "name": name, "arguments": "" });
    let first = json!({ "index": 0, "id": CALL_ID, "type": "function", "function": function });
    let rest =
        deltas(arguments).into_iter().map(|piece| json!({ "index": 0, "function": { "arguments": piece } }));
    std::iter::once(first).chain(rest).map(|call| json!({ "tool_calls": [call] })).collect()
}

fn chunk(question: &Question, choices: &Value, usage: &Value) -> Value {
    let mut chunk = json!({
        "id": ID,
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": question.model,
        "choices": choices,
    });
    if let (false, Some(object)) = (usage.is_null(), chunk.as_object_mut()) {
        object.insert("usage".into(), usage.clone());
    }
    chunk
}

fn usage() -> Value {
    json!({ "prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21 })
}
