//! Answers in the shape of Anthropic's Messages. Only shapes: what is said was decided before.

use serde_json::{Value, json};

use super::{Act, Question, deltas};
use crate::server::Reply;

const ID: &str = "msg_mock";
const CALL_ID: &str = "toolu_mock";

pub(super) fn reply(question: &Question) -> Reply {
    match &question.act {
        Act::Fail(status) => error(*status),
        _ if question.stream => question.timed(Reply::events(events(question).iter().map(event))),
        _ => question.timed(Reply::json(200, &plain(question))),
    }
}

pub(super) fn error(status: u16) -> Reply {
    let kind = if status < 500 { "invalid_request_error" } else { "api_error" };
    let error = json!({ "type": kind, "message": "the mock model was told to fail" });
    Reply::json(status, &json!({ "type": "error", "error": error }))
}

pub(super) fn plain(question: &Question) -> Value {
    let block = match &question.act {
        Act::Call { name, arguments } => {
            let input: Value = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
            json!({ "type": "tool_use", "id": CALL_ID, "name": name, "input": input })
        }
        act => json!({ "type": "text", "text": act.text() }),
    };
    message(question, &json!([block]), &json!(stop_reason(&question.act)))
}

fn message(question: &Question, content: &Value, stop_reason: &Value) -> Value {
    json!({
        "id": ID,
        "type": "message",
        "role": "assistant",
        "model": question.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": { "input_tokens": 9, "output_tokens": 12 },
    })
}

pub(super) fn events(question: &Question) -> Vec<Value> {
    let (block, pieces) = match &question.act {
        Act::Call { name, arguments } => {
            let piece = |text| json!({ "type": "input_json_delta", "partial_json": text });
            let block = json!({ "type": "tool_use", "id": CALL_ID, "name": name, "input": {} });
            (block, deltas(arguments).into_iter().map(piece).collect::<Vec<_>>())
        }
        act => {
            let piece = |text| json!({ "type": "text_delta", "text": text });
            (json!({ "type": "text", "text": "" }), deltas(act.text()).into_iter().map(piece).collect())
        }
    };
    let mut events = vec![
        json!({ "type": "message_start", "message": message(question, &json!([]), &Value::Null) }),
        json!({ "type": "content_block_start", "index": 0, "content_block": block }),
        json!({ "type": "ping" }),
    ];
    events.extend(
        pieces.into_iter().map(|delta| json!({ "type": "content_block_delta", "index": 0, "delta": delta })),
    );
    let end = json!({ "stop_reason": stop_reason(&question.act), "stop_sequence": null });
    events.extend([
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "message_delta", "delta": end, "usage": { "output_tokens": 12 } }),
        json!({ "type": "message_stop" }),
    ]);
    events
}

fn event(data: &Value) -> String {
    let name = data.get("type").and_then(Value::as_str).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}

fn stop_reason(act: &Act) -> &'static str {
    if matches!(act, Act::Call { .. }) { "tool_use" } else { "end_turn" }
}
