//! Answers in the shape of Google's generateContent, as one document, as events (`alt=sse`) or as the elements of an
//! array. Only shapes: what is said was decided before.

use serde_json::{Value, json};

use super::{Act, Question, deltas};
use crate::server::Reply;

pub(super) fn reply(question: &Question, path: &str) -> Reply {
    if let Act::Fail(status) = question.act {
        return error(status);
    }
    let answers = answers(question);
    question.timed(if !question.stream {
        Reply::json(200, answers.last().unwrap_or(&Value::Null))
    } else if path.contains("alt=sse") {
        Reply::events(answers.iter().map(|answer| format!("data: {answer}\r\n\r\n")))
    } else {
        Reply::json(200, &json!(answers))
    })
}

pub(super) fn error(status: u16) -> Reply {
    let name = match status {
        429 => "RESOURCE_EXHAUSTED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    };
    let error = json!({ "code": status, "message": "the mock model was told to fail", "status": name });
    Reply::json(status, &json!({ "error": error }))
}

/// A plain answer is one; a streamed one has a piece of the text in each, and a call is never cut.
fn answers(question: &Question) -> Vec<Value> {
    let parts: Vec<Value> = match &question.act {
        Act::Call { name, arguments } => {
            let args: Value = serde_json::from_str(arguments).unwrap_or_else(|_| json!({}));
            vec![json!({ "functionCall": { "name": name, "args": args } })]
        }
        act if question.stream => deltas(act.text()).iter().map(|text| json!({ "text": text })).collect(),
        act => vec![json!({ "text": act.text() })],
    };
    let last = parts.len().saturating_sub(1);
    parts.into_iter().enumerate().map(|(at, part)| answer(question, &part, at == last)).collect()
}

fn answer(question: &Question, part: &Value, is_last: bool) -> Value {
    let mut candidate = json!({ "content": { "parts": [part], "role": "model" }, "index": 0 });
    if let (true, Some(candidate)) = (is_last, candidate.as_object_mut()) {
        candidate.insert("finishReason".into(), json!("STOP"));
    }
    let details = json!([{ "modality": "TEXT", "tokenCount": 9 }]);
    json!({
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": 9, "candidatesTokenCount": 12, "totalTokenCount": 21, "promptTokensDetails": details,
        },
        "modelVersion": question.model,
        "responseId": "mAitaLmkHPPlz7IPvtfUqQ4",
    })
}
