//! Streams in flight: the same bytes leave wherever the stream is cut; what leaves is built as what came; a stream that is
//! clean when it is held passes untouched; and a secret that comes in pieces never leaves, neither in one event nor in what
//! a client puts together.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use weir_engine::event::Direction;
use weir_engine::protocol::Protocol;

use super::arguments::cut;
use super::bodies::{Body, Draft, Framing, Part};
use super::exchange::{End, Engines, Seen, play};
use super::held::{SECRET, events, passing, shown};
use super::json_text;
use crate::mutate::Dice;

/// Ways to cut each stream, besides byte by byte and not at all.
const CUTS: usize = 2;
/// Streams that are longer are not cut byte by byte.
const MAX_BYTEWISE_BYTES: usize = 4_000;
/// Most texts of one stream.
const MAX_TEXTS: usize = 6;

/// Words around what is found.
const WORDS: &[&str] = &[
    "The meeting moves to 14:30 in room 12. ",
    "Run `cargo test -p x --lib` first.\n",
    "caf\u{e9} \u{4f60}\u{597d} \u{1f600} and more ",
    "It costs $12.50 (or 11 EUR), ",
    "```rust\nlet x = 1;\n```\n",
    "password: ",
    "on 2024-05-13, ",
    "\u{feff}\u{200b}x ",
    "\"quoted\" \\ ",
    "Chapter 7\n\n- one\n- two\n",
    "My number is ",
    "4111 1111 1111 1111 ",
    "jane@example.org ",
    "AKIA",
    "{\"to\":\"x\"} ",
    "-----BEGIN ",
];

/// A stream, and whether the secret stands in one of its texts.
pub fn stream(seeds: &[Draft], examples: &[String], dice: &mut Dice) -> Option<(Body, bool)> {
    if dice.below(3) > 0 {
        return Some(spoken(examples, dice));
    }
    let is_stream = |draft: &&Draft| {
        draft.direction == Direction::Response && matches!(draft.framing, Framing::Events | Framing::Lines)
    };
    let seeds: Vec<&Draft> = seeds.iter().filter(is_stream).collect();
    let mut draft = (*dice.pick(&seeds)?).clone();
    draft.change(dice);
    if dice.below(2) == 0 {
        draft.plant(&format!(" {SECRET} "), dice);
    }
    let mut body = draft.write(dice);
    if dice.below(3) == 0 {
        body.break_bytes(dice);
    }
    Some((body, false))
}

/// Deltas of texts, as one of the protocols says them.
fn spoken(examples: &[String], dice: &mut Dice) -> (Body, bool) {
    let kind = dice.below(KINDS.len());
    let (path, framing) = KINDS.get(kind).copied().unwrap_or_default();
    let (mut parts, mut is_planted) = (Vec::new(), false);
    let mut waiting: Vec<(usize, Vec<String>)> = Vec::new();
    for choice in 0..=dice.below(2) {
        let mut text = String::new();
        for _ in 0..=dice.below(MAX_TEXTS) {
            text += dice.pick(WORDS).copied().unwrap_or_default();
            match dice.below(6) {
                0 => {
                    text += &format!(" {SECRET} ");
                    is_planted = true;
                }
                1 | 2 => text += dice.pick(examples).map_or("", String::as_str),
                _ => {}
            }
        }
        if matches!(kind, 1 | 3) {
            let value: Value = serde_json::from_str(&json_text::sound(dice)).unwrap_or_default();
            text = json!({ "text": text, "more": value }).to_string();
        }
        let mut pieces: Vec<String> = cut(&text, dice).into_iter().map(str::to_owned).collect();
        pieces.reverse();
        waiting.push((choice, pieces));
    }
    while !waiting.is_empty() {
        let at = dice.below(waiting.len());
        let next = waiting.get_mut(at).and_then(|(choice, pieces)| Some((*choice, pieces.pop()?)));
        match next {
            Some((choice, piece)) => parts.push(delta(kind, choice, &piece)),
            None => drop(waiting.remove(at)),
        }
    }
    parts.extend(last(kind).map(|text| Part { name: String::new(), text }));
    let protocol = Protocol::of_path(path);
    let (name, copies) = (String::new(), Vec::new());
    let draft = Draft {
        name,
        path: path.to_owned(),
        protocol,
        direction: Direction::Response,
        framing,
        copies,
        parts,
    };
    let mut body = draft.write(dice);
    body.content_type =
        if framing == Framing::Lines { "application/x-ndjson" } else { "text/event-stream" }.to_owned();
    (body, is_planted)
}

/// Paths, and how their streams come. The second and the fourth are arguments of tools.
const KINDS: &[(&str, Framing)] = &[
    ("/v1/chat/completions", Framing::Events),
    ("/v1/chat/completions", Framing::Events),
    ("/v1/messages", Framing::Events),
    ("/v1/messages", Framing::Events),
    ("/v1/responses", Framing::Events),
    ("/api/chat", Framing::Lines),
    ("/v1/completions", Framing::Events),
    ("/any", Framing::Events),
    ("/v1beta/models/m:streamGenerateContent?alt=sse", Framing::Events),
];

fn delta(kind: usize, index: usize, piece: &str) -> Part {
    let (name, value) = match kind {
        0 => ("", json!({ "id": "c", "choices": [{ "index": index, "delta": { "content": piece } }] })),
        1 => {
            let call = json!({ "index": 0, "function": { "arguments": piece } });
            ("", json!({ "choices": [{ "index": index, "delta": { "tool_calls": [call] } }] }))
        }
        2 | 3 => {
            let delta = match kind {
                2 => json!({ "type": "text_delta", "text": piece }),
                _ => json!({ "type": "input_json_delta", "partial_json": piece }),
            };
            ("content_block_delta", json!({ "type": "content_block_delta", "index": index, "delta": delta }))
        }
        4 => (
            "response.output_text.delta",
            json!({ "type": "response.output_text.delta", "output_index": index, "content_index": 0, "delta": piece }),
        ),
        5 => {
            ("", json!({ "model": "m", "message": { "role": "assistant", "content": piece }, "done": false }))
        }
        6 => ("", json!({ "choices": [{ "index": index, "text": piece }] })),
        7 => ("", json!({ format!("a{index}"): piece })),
        _ => (
            "",
            json!({ "candidates": [{ "index": index, "content": { "role": "model", "parts": [{ "text": piece }] } }] }),
        ),
    };
    Part { name: name.to_owned(), text: value.to_string() }
}

fn last(kind: usize) -> Option<String> {
    match kind {
        0 | 1 | 6 => Some("[DONE]".to_owned()),
        2 | 3 => Some(json!({ "type": "message_stop" }).to_string()),
        5 => Some(json!({ "message": { "role": "assistant", "content": "" }, "done": true }).to_string()),
        _ => None,
    }
}

/// What is wrong with how a stream is treated.
pub fn wrong(engines: &Engines, body: &Body, is_planted: bool, dice: &mut Dice) -> Option<String> {
    let whole = play(&engines.flying, body, &[usize::MAX]);
    let mut cuts: Vec<Vec<usize>> =
        (0..CUTS).map(|_| (0..4).map(|_| 1 + dice.below(100)).collect()).collect();
    if body.bytes.len() <= MAX_BYTEWISE_BYTES {
        cuts.push(vec![1]);
    }
    for lengths in cuts {
        let seen = play(&engines.flying, body, &lengths);
        let is_same = (lines(&seen), seen.end, &seen.decided) == (lines(&whole), whole.end, &whole.decided);
        if !is_same {
            return Some(format!(
                "in pieces of {lengths:?} {:?} {:?} {}, whole {:?} {:?} {}",
                seen.end,
                seen.decided,
                shown(&seen.bytes),
                whole.end,
                whole.decided,
                shown(&whole.bytes)
            ));
        }
    }
    let held = play(&engines.redacting, body, &[usize::MAX]);
    // In flight, fields that cannot be told apart are refused, what an end parts is read apart, and JSON is no events.
    let reason = whole.decided.as_ref().map_or("", |(_, reason)| reason.as_str());
    let is_no_stream = reason == "unscannable_malformed" && body.framing != Framing::Events;
    let may_refuse = is_no_stream || ["unscannable_too_deep", "edit_failed"].contains(&reason);
    if held.end == End::Passed && whole.end == End::Refused && !may_refuse {
        return Some(format!("held it passes, in flight it is {:?}: {:?}", whole.end, whole.decided));
    }
    passing(body, &whole).or_else(|| is_planted.then(|| put_together(&whole)).flatten())
}

/// What left, with lines that end alike: where a stream ends early, the LF of its last CRLF may not have come.
fn lines(seen: &Seen) -> Vec<u8> {
    match seen.end {
        End::Refused => String::from_utf8_lossy(&seen.bytes).replace("\r\n", "\r").into_bytes(),
        _ => seen.bytes.clone(),
    }
}

/// What a client puts together of what left, if the secret is in it.
fn put_together(seen: &Seen) -> Option<String> {
    let text = String::from_utf8_lossy(&seen.bytes);
    let lines = text.lines().map(|line| line.as_bytes().to_vec());
    let mut fields = BTreeMap::new();
    for document in events(&text).into_iter().chain(lines) {
        if let Ok(value) = serde_json::from_slice::<Value>(&document) {
            join(&value, String::new(), &mut fields);
        }
    }
    // Glued to other letters it is another word.
    let (path, text) = fields.iter().find(|(_, text)| text.contains(&format!(" {SECRET} ")))?;
    Some(format!("{path} is {} ({:?} {:?})", shown(text.as_bytes()), seen.end, seen.decided))
}

fn join(value: &Value, path: String, fields: &mut BTreeMap<String, String>) {
    let index = |value: &Value| value.get("index").map(Value::to_string).unwrap_or_default();
    match value {
        Value::String(text) => fields.entry(path).or_default().push_str(text),
        Value::Object(members) => {
            let path = path + "#" + &index(value);
            members.iter().for_each(|(name, value)| join(value, format!("{path}/{name}"), fields));
        }
        Value::Array(elements) => elements.iter().for_each(|value| join(value, path.clone(), fields)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::drafts;

    #[test]
    fn a_few_hundred_streams_leave_the_same_bytes_wherever_they_are_cut() {
        let (engines, seeds) = (Engines::new().unwrap(), drafts::drafts().unwrap());
        let (mut edited, mut passed) = (0, 0);
        for seed in 0..300 {
            let mut dice = Dice::new(seed);
            let (body, is_planted) =
                stream(&seeds, &["DE89 3704 0044 0532 0130 00".to_owned()], &mut dice).unwrap();
            assert_eq!(
                wrong(&engines, &body, is_planted, &mut dice),
                None,
                "seed {seed}: {}",
                shown(&body.bytes)
            );
            match play(&engines.flying, &body, &[64]).end {
                End::Edited => edited += 1,
                End::Passed => passed += 1,
                End::Refused | End::Held => {}
            }
        }
        assert!(edited > 80 && passed > 20, "{edited} edited, {passed} passed: the test shows nothing");
    }

    fn of(path: &str, content_type: &str, bytes: String) -> Body {
        Body {
            path: path.to_owned(),
            protocol: Protocol::of_path(path),
            direction: Direction::Response,
            framing: Framing::Events,
            content_type: content_type.to_owned(),
            copies: Vec::new(),
            bytes: bytes.into_bytes(),
        }
    }

    fn never_leaves(body: &Body, found: &str) {
        let engines = Engines::new().unwrap();
        let seen = play(&engines.flying, body, &[7]);
        assert!(!shown(&seen.bytes).contains(found), "{:?} {}", seen.end, shown(&seen.bytes));
    }

    /// Found by this target: what every event says again was looked at in the first event only.
    #[test]
    fn what_every_event_repeats_is_read_again_when_it_changes() {
        let model = |model: &str| json!({ "model": model, "message": { "content": "a" }, "done": false });
        let lines = format!("{}\n{}\n", model("m"), model(SECRET));
        never_leaves(&of("/api/chat", "application/x-ndjson", lines), SECRET);
        let events = "data: {\"n\":123456789}\n\ndata: {\"n\":4111111111111111}\n\n".to_owned();
        never_leaves(&of("/any", "text/event-stream", events), "411111111");
    }

    /// Found by the target `arguments`: of two values at one place in one event only the second was looked at.
    #[test]
    fn what_stands_twice_at_one_place_of_an_event_is_read_twice() {
        let call =
            json!({ "index": 0, "function": { "arguments": "{\"n\":4111111111111111,\"n\":123456789}" } });
        let calls = json!([{ "index": 0, "id": SECRET }, { "index": 0, "id": "c" }]);
        for (event, found) in [
            (json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call] } }] }), "411111111"),
            (json!({ "choices": [{ "index": 0, "delta": { "tool_calls": calls } }] }), SECRET),
            (
                json!({ "choices": [{ "index": 0, "x": 4_111_111_111_111_111_u64 }, { "index": 0, "x": 123_456_789 }] }),
                "411111111",
            ),
        ] {
            never_leaves(
                &of("/v1/chat/completions", "text/event-stream", format!("data: {event}\n\n")),
                found,
            );
        }
    }
}
