//! Answers in the shape of Ollama's chat and generate, plain or as JSON lines. Only shapes: what is said was decided
//! before.

use serde_json::{Map, Value, json};

use super::{Act, Question, deltas};
use crate::server::Reply;

pub(super) fn reply(question: &Question, is_chat: bool) -> Reply {
    let said = |text: &str| if is_chat { message(text) } else { json!({ "response": text }) };
    let pieces = match &question.act {
        Act::Fail(status) => return error(*status),
        Act::Call { name, arguments } => vec![call(name, arguments)],
        act if question.stream => deltas(act.text()).iter().map(|text| said(text)).collect(),
        act => return question.timed(Reply::json(200, &last(question, &said(act.text())))),
    };
    if !question.stream {
        return question.timed(Reply::json(200, &last(question, pieces.first().unwrap_or(&Value::Null))));
    }
    let lines = pieces.iter().map(|piece| line(question, piece, json!({ "done": false })));
    let lines = lines.chain([last(question, &said(""))]).map(|line| format!("{line}\n"));
    let reply = Reply::events(lines);
    let headers = vec![("content-type".into(), "application/x-ndjson".into())];
    question.timed(Reply { headers, ..reply })
}

pub(super) fn error(status: u16) -> Reply {
    Reply::json(status, &json!({ "error": "the mock model was told to fail" }))
}

fn message(text: &str) -> Value {
    json!({ "message": { "role": "assistant", "content": text } })
}

fn call(name: &str, arguments: &str) -> Value {
    let arguments: Value = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
    let call = json!({ "function": { "name": name, "arguments": arguments } });
    json!({ "message": { "role": "assistant", "content": "", "tool_calls": [call] } })
}

/// The line that ends an answer, or the whole of a plain one.
fn last(question: &Question, said: &Value) -> Value {
    let end = json!({
        "done": true, "done_reason": "stop", "total_duration": 5_043_500_667_u64, "load_duration": 5_025_959,
        "prompt_eval_count": 9, "prompt_eval_duration": 325_953_000, "eval_count": 12,
        "eval_duration": 4_709_213_000_u64,
    });
    line(question, said, end)
}

fn line(question: &Question, said: &Value, state: Value) -> Value {
    let head = json!({ "model": question.model, "created_at": "2023-11-14T22:13:20.123456Z" });
    let members = [head, said.clone(), state].into_iter().filter_map(|part| match part {
        Value::Object(object) => Some(object),
        _ => None,
    });
    Value::Object(members.flatten().collect::<Map<_, _>>())
}
