//! Answers in the shape of OpenAI's Responses: an item in `output`, and in a stream everything three times, as deltas,
//! as what is done and as the whole response. Only shapes: what is said was decided before.

use serde_json::{Value, json};

use super::{Act, Question, deltas, openai_chat};
use crate::server::Reply;

const ID: &str = "resp_mock";
const MESSAGE_ID: &str = "msg_mock";
const CALL_ID: &str = "call_mock";

pub(super) fn reply(question: &Question) -> Reply {
    match &question.act {
        Act::Fail(status) => openai_chat::error(*status),
        _ if question.stream => question.timed(Reply::events(stream(question))),
        act => question.timed(Reply::json(200, &response(question, "completed", &[item(act, "completed")]))),
    }
}

fn response(question: &Question, status: &str, output: &[Value]) -> Value {
    let usage = json!({
        "input_tokens": 9, "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": 12, "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": 21,
    });
    json!({
        "id": ID, "object": "response", "created_at": 1_700_000_000, "status": status, "background": false,
        "error": null, "incomplete_details": null, "instructions": null, "max_output_tokens": null,
        "model": question.model, "output": output, "parallel_tool_calls": true, "previous_response_id": null,
        "reasoning": { "effort": null, "summary": null }, "store": true, "temperature": 1.0,
        "text": { "format": { "type": "text" } }, "tool_choice": "auto", "tools": [], "top_p": 1.0,
        "truncation": "disabled", "usage": if output.is_empty() { Value::Null } else { usage }, "metadata": {},
    })
}

/// The one item of an answer, as far as it is when it has this status.
fn item(act: &Act, status: &str) -> Value {
    let is_done = status == "completed";
    if let Act::Call { name, arguments } = act {
        let arguments = if is_done { arguments.as_str() } else { "" };
        return json!({
            "type": "function_call", "id": "fc_mock", "call_id": CALL_ID, "name": name, "arguments": arguments,
            "status": status,
        });
    }
    let content = if is_done { vec![part(act.text())] } else { Vec::new() };
    json!({ "type": "message", "id": MESSAGE_ID, "role": "assistant", "content": content, "status": status })
}

fn part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

fn stream(question: &Question) -> Vec<String> {
    let act = &question.act;
    let mut events = vec![
        json!({ "type": "response.created", "response": response(question, "in_progress", &[]) }),
        json!({ "type": "response.in_progress", "response": response(question, "in_progress", &[]) }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": item(act, "in_progress") }),
    ];
    events.extend(if let Act::Call { name, arguments } = act {
        call_events(name, arguments)
    } else {
        text_events(act.text())
    });
    let whole = item(act, "completed");
    events.push(json!({ "type": "response.output_item.done", "output_index": 0, "item": whole }));
    events
        .push(json!({ "type": "response.completed", "response": response(question, "completed", &[whole]) }));
    events.into_iter().enumerate().map(|(number, event)| framed(number, event)).collect()
}

fn text_events(text: &str) -> Vec<Value> {
    let event = |kind: &str, key: &str, value: Value| {
        let mut event =
            json!({ "type": kind, "item_id": MESSAGE_ID, "output_index": 0, "content_index": 0, key: value });
        if let (true, Some(object)) = (kind.contains("output_text"), event.as_object_mut()) {
            object.insert("logprobs".into(), json!([]));
        }
        event
    };
    let mut events = vec![event("response.content_part.added", "part", part(""))];
    events.extend(
        deltas(text).into_iter().map(|piece| event("response.output_text.delta", "delta", json!(piece))),
    );
    events.push(event("response.output_text.done", "text", json!(text)));
    events.push(event("response.content_part.done", "part", part(text)));
    events
}

fn call_events(name: &str, arguments: &str) -> Vec<Value> {
    let delta = |piece| json!({ "type": "response.function_call_arguments.delta", "item_id": "fc_mock", "output_index": 0, "delta": piece });
    let mut events: Vec<Value> = deltas(arguments).into_iter().map(delta).collect();
    events.push(json!({
        "type": "response.function_call_arguments.done", "item_id": "fc_mock", "output_index": 0, "name": name,
        "arguments": arguments,
    }));
    events
}

fn framed(number: usize, mut event: Value) -> String {
    let name = event.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(object) = event.as_object_mut() {
        object.insert("sequence_number".into(), json!(number));
    }
    format!("event: {name}\ndata: {event}\n\n")
}
