//! Ordinary traffic for measurements: chat requests of English prose in several messages, and an answer of half a
//! kilobyte. Nothing in it may trip a rule; what is measured is the cost of traffic that passes.

use bytes::Bytes;
use serde_json::{Value, json};

/// Prose to fill messages with. Sentences end in a full stop and a blank.
const PROSE: &str = "The harbour was quiet when the first boats came back, and the gulls had already settled on the \
sea wall. Our team is planning the autumn programme for the library and would like a draft of the announcement. \
Last year the reading circle met on Thursday evenings, which suited most people, though some found the hall too cold. \
Could you compare the two proposals below and tell me which of them is easier to explain to a new colleague? The first \
one keeps the present timetable and adds a second room; the second one moves everything to the weekend. Costs are \
about the same in both cases, because the caretaker is there anyway and the heating runs on a timer. Please mention \
that coffee and tea will be served, that children are welcome, and that nobody needs to register beforehand. We found \
\"An Island Summer\" by a local author particularly popular; it has short chapters and a good deal of humour. If the \
weather holds, the opening reading takes place in the garden behind the museum, otherwise in the small gallery. ";

/// A chat request of about `bytes` bytes: system text, some history, a last question.
pub fn chat_request(bytes: usize) -> Bytes {
    let system = "You are a helpful assistant for a town library. Answer briefly and in plain English.";
    let frame = build(system, ["", "", ""]).to_string().len();
    let prose = bytes.saturating_sub(frame);
    // History is longer than the question, as in real conversations.
    let lengths = [prose * 2 / 5, prose * 2 / 5, prose - prose * 4 / 5];
    let mut rest = PROSE.chars().cycle();
    let texts = lengths.map(|length| rest.by_ref().take(length).collect::<String>());
    Bytes::from(build(system, texts.each_ref().map(String::as_str)).to_string())
}

/// A chat completion of about half a kilobyte.
pub fn chat_answer() -> Bytes {
    let text: String = PROSE.chars().take(220).collect();
    let message = json!({ "role": "assistant", "content": text, "refusal": null });
    let answer = json!({
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "mock-1",
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 120, "completion_tokens": 48, "total_tokens": 168 },
    });
    Bytes::from(answer.to_string())
}

fn build(system: &str, [history, reply, question]: [&str; 3]) -> Value {
    json!({
        "model": "mock-1",
        "temperature": 0.2,
        "messages": [
            { "role": "system", "content": system },
            { "role": "user", "content": history },
            { "role": "assistant", "content": reply },
            { "role": "user", "content": question },
        ],
    })
}

#[cfg(test)]
mod tests {
    use weir_engine::detect::Detectors;

    use super::*;
    use crate::demo::user_segment;

    #[test]
    fn requests_have_the_size_asked_for() {
        for bytes in [512, 4_096, 32_768] {
            let length = chat_request(bytes).len();
            assert!(length.abs_diff(bytes) <= bytes / 20, "{length} for {bytes}");
        }
        assert!(chat_answer().len().abs_diff(512) < 100, "{}", chat_answer().len());
    }

    #[test]
    fn ordinary_traffic_trips_no_rule() {
        let detectors = Detectors::new().unwrap();
        let text = PROSE.repeat(2);
        let found = detectors.scan(&[user_segment(&text)], &[]);
        assert_eq!(found, []);
    }
}
