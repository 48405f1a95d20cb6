//! Streams through the proxy: however the upstream cuts one, the client gets the same.

use std::time::Duration;

use serde_json::{Value, json};
use weir_engine::protocol::event_stream::{encode, messages, push_header};
use weir_tests::envoy::HeaderHold;
use weir_tests::paced::{Paced, Protocol};
use weir_tests::raw::{RawClient, RawUpstream, Step, is_complete};
use weir_tests::server::Server;

use crate::rig::{CHAT, HOLDS, Plan, Rig, in_pieces, upstream};

const ASKS: &str = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#;
const LEAK: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"caf\u{e9} AKIAQ3EG\"}}]}\r\n\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"RT7LP2WXN5VB.\"}}]}\r\n\r\ndata: [DONE]\r\n\r\n";
const REDACTED: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"caf\u{e9} [AWS_KEY_1]\"}}]}\r\n\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\".\"}}]}\r\n\r\ndata: [DONE]\r\n\r\n";

/// Streams pass while they come.
fn flying() -> serde_json::Value {
    json!({ "default": { "guardrails": {}, "judge": { "sample_rate": 0 } } })
}

async fn a_stream_cut_at_any_byte_gives_the_same_result(version: &str) {
    // Request n is answered by the stream cut at byte n.
    let server = Server::start(0, weir_tests::envoy::UpstreamProtocol::Http1, |received| {
        let at: usize = received.headers.get("x-cut").unwrap().to_str().unwrap().parse().unwrap();
        let (first, second) = LEAK.as_bytes().split_at(at);
        in_pieces("text/event-stream", &[first, second], Duration::from_micros(500))
    });
    let server = server.await.unwrap();
    let rig = Rig::start(Plan { holds: &HOLDS, policy: flying(), ..Plan::new(version, server.port()) }).await;
    for (at, hold) in (1..LEAK.len()).flat_map(|at| HOLDS.map(|hold| (at, hold))) {
        let paced = Paced::post(CHAT).header("x-cut", &at.to_string()).piece(ASKS);
        let response = paced.send(rig.at(hold), Protocol::Http1).await.unwrap();
        assert_eq!(response.text(), REDACTED, "{hold:?} cut at {at}");
    }
    rig.end().await;
}

const GEMINI: &str = "/v1beta/models/gemini-pro:streamGenerateContent";
const CONVERSE: &str = "/model/x/converse-stream";
const ASKS_GEMINI: &str = r#"{"contents":[{"role":"user","parts":[{"text":"Hi, I am jane@example.org"}]}]}"#;
const ASKS_CONVERSE: &str =
    r#"{"messages":[{"role":"user","content":[{"text":"Hi, I am jane@example.org"}]}]}"#;
/// What stands for the address under the policy's key.
const MAIL: &str = "[EMAIL_tvttzrcghqjv]";

/// A stream that is no list of events, or gives values back: what is asked, what the upstream writes, what the client reads.
struct Flown {
    path: &'static str,
    asks: &'static str,
    content_type: &'static str,
    written: Vec<u8>,
    read: Vec<u8>,
}

/// Gemini's array, whose elements are what these texts say.
fn array(texts: &[&str]) -> String {
    let element = |text: &&str| {
        json!({ "candidates": [{ "content": { "parts": [{ "text": text }], "role": "model" }, "index": 0 }] })
            .to_string()
    };
    format!("[{}\n]\n", texts.iter().map(element).collect::<Vec<_>>().join("\r\n,\n"))
}

/// Deltas of Bedrock's Converse, a message each.
fn converse(texts: &[&str]) -> Vec<u8> {
    let message = |name: &str, payload: Value| {
        let mut headers = Vec::new();
        push_header(&mut headers, ":event-type", name);
        push_header(&mut headers, ":content-type", "application/json");
        push_header(&mut headers, ":message-type", "event");
        encode(&headers, payload.to_string().as_bytes())
    };
    let delta = |text: &&str| {
        message("contentBlockDelta", json!({ "contentBlockIndex": 0, "delta": { "text": text }, "p": "abc" }))
    };
    let mut all: Vec<Vec<u8>> = texts.iter().map(delta).collect();
    all.push(message("contentBlockStop", json!({ "contentBlockIndex": 0, "p": "ab" })));
    all.push(message("messageStop", json!({ "stopReason": "end_turn" })));
    all.concat()
}

fn chat(texts: &[&str]) -> String {
    let event = |text: &&str| json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
    texts.iter().map(|text| format!("data: {}\n\n", event(text))).collect::<String>() + "data: [DONE]\n\n"
}

fn flown() -> Vec<Flown> {
    let (first, second) = MAIL.split_at(8);
    let written = ["Key AKIAQ3EG", "RT7LP2WXN5VB of ", first, second, "."];
    let read = ["Key [AWS_KEY_1]", " of ", "jane@example.org", "", "."];
    let stream = |path, asks, content_type, [written, read]: [Vec<u8>; 2]| Flown {
        path,
        asks,
        content_type,
        written,
        read,
    };
    let asks_chat =
        r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi, I am jane@example.org"}]}"#;
    vec![
        stream(
            GEMINI,
            ASKS_GEMINI,
            "application/json; charset=UTF-8",
            [written, read].map(|texts| array(&texts).into_bytes()),
        ),
        stream(
            CONVERSE,
            ASKS_CONVERSE,
            "application/vnd.amazon.eventstream",
            [written, read].map(|texts| converse(&texts)),
        ),
        stream(CHAT, asks_chat, "text/event-stream", [written, read].map(|texts| chat(&texts).into_bytes())),
    ]
}

/// An upstream that answers each path with its stream, cut where the request says.
async fn cutting(streams: Vec<Flown>) -> Server {
    let server = Server::start(0, weir_tests::envoy::UpstreamProtocol::Http1, move |received| {
        let at: usize = received.headers.get("x-cut").unwrap().to_str().unwrap().parse().unwrap();
        let stream = streams.iter().find(|stream| received.path == stream.path).unwrap();
        let (first, second) = stream.written.split_at(at);
        in_pieces(stream.content_type, &[first, second], Duration::from_micros(500))
    });
    server.await.unwrap()
}

async fn every_framing_and_every_placeholder_gives_the_same_result_cut_anywhere(version: &str) {
    let server = cutting(flown()).await;
    let mut policy = flying();
    policy["placeholder_key"] = json!("0123456789abcdef0123456789abcdef");
    policy["default"]["guardrails"]["pii"] = json!({ "request": "tokenise", "response": "allow" });
    let rig = Rig::start(Plan { holds: &HOLDS, policy, ..Plan::new(version, server.port()) }).await;
    for stream in flown() {
        for at in (1..stream.written.len()).step_by(2) {
            let hold = HOLDS[at / 2 % HOLDS.len()];
            let paced = Paced::post(stream.path).header("x-cut", &at.to_string()).piece(stream.asks);
            let response = paced.send(rig.at(hold), Protocol::Http1).await.unwrap();
            assert_eq!(
                (response.status, response.body.as_ref() == stream.read),
                (200, true),
                "{hold:?} {} cut at {at}: {}",
                stream.path,
                response.text()
            );
        }
    }
    rig.end().await;
}

/// The client still gets one JSON array, and binary messages whose checksums are right; the last says that it is over.
async fn what_is_blocked_in_flight_ends_as_its_framing_does(version: &str) {
    let texts = ["Well now, so far so good. ", "The key is AKIAQ3EG", "RT7LP2WXN5VB and", " more follows."];
    let streams = || {
        let stream =
            |path, asks, content_type, written| Flown { path, asks, content_type, written, read: Vec::new() };
        vec![
            stream(GEMINI, ASKS_GEMINI, "application/json", array(&texts).into_bytes()),
            stream(CONVERSE, ASKS_CONVERSE, "application/vnd.amazon.eventstream", converse(&texts)),
        ]
    };
    let server = cutting(streams()).await;
    let mut policy = flying();
    policy["default"]["guardrails"]["secrets"] = json!({ "response": "block" });
    let rig = Rig::start(Plan { holds: &HOLDS, policy, ..Plan::new(version, server.port()) }).await;
    let cases = [(GEMINI, ASKS_GEMINI), (CONVERSE, ASKS_CONVERSE)];
    for ((path, asks), hold) in cases.into_iter().flat_map(|case| HOLDS.map(|hold| (case, hold))) {
        for at in [20, 200, 300, 380] {
            let paced = Paced::post(path).header("x-cut", &at.to_string()).piece(asks);
            let response = paced.send(rig.at(hold), Protocol::Http1).await.unwrap();
            let text = response.text();
            assert!(
                text.contains("so far so good") && !text.contains("AKIA") && !text.contains("more"),
                "{text}"
            );
            if path == GEMINI {
                let answer: Vec<Value> =
                    serde_json::from_slice(&response.body).unwrap_or_else(|why| panic!("{why} {text}"));
                assert_eq!(answer.last().unwrap()["error"]["status"], "PERMISSION_DENIED", "{text}");
            } else {
                let last = messages(&response.body).unwrap().pop().unwrap();
                let last = String::from_utf8_lossy(&response.body[last.span]).into_owned();
                assert!(last.contains(":exception-type"), "{last}");
            }
        }
    }
    rig.end().await;
}

async fn a_stream_of_single_bytes_gives_the_same_result(version: &str) {
    let bytes: Vec<&[u8]> = LEAK.as_bytes().chunks(1).collect();
    let server = upstream(in_pieces("text/event-stream", &bytes, Duration::from_micros(200))).await;
    let rig = Rig::start(Plan { holds: &HOLDS, policy: flying(), ..Plan::new(version, server.port()) }).await;
    for hold in HOLDS {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let response = Paced::post(CHAT).piece(ASKS).send(rig.at(hold), protocol).await.unwrap();
            assert_eq!(response.text(), REDACTED, "{hold:?} {protocol:?}");
        }
    }
    rig.end().await;
}

/// Where the status has gone with the headers, a blocked stream that was held still ends as streams of its protocol end.
async fn a_blocked_stream_ends_in_the_protocols_own_way(version: &str) {
    let guardrails = json!({ "secrets": { "response": "block" }, "streams": { "mode": "hold" } });
    let policy = json!({ "default": { "guardrails": guardrails, "judge": { "sample_rate": 0 } } });
    let server = upstream(in_pieces("text/event-stream", &[LEAK.as_bytes()], Duration::from_millis(1))).await;
    let rig = Rig::start(Plan { holds: &HOLDS, policy, ..Plan::new(version, server.port()) }).await;
    for hold in HOLDS {
        let response = Paced::post(CHAT).piece(ASKS).send(rig.at(hold), Protocol::Http1).await.unwrap();
        let text = response.text();
        assert!(!text.contains("caf") && !text.contains("AKIA"), "{hold:?} {text}");
        if hold == HeaderHold::StopIteration {
            assert_eq!(response.status, 403);
        } else {
            assert_eq!(response.status, 200);
            assert!(text.contains("content_filter") && text.ends_with("data: [DONE]\n\n"), "{text}");
        }
    }
    rig.end().await;
}

/// A stream in flight that must not go on ends with its protocol's error, whether the upstream may finish or is cut off.
async fn a_stream_blocked_in_flight_ends_with_an_error_event(version: &str) {
    let event = |text: &str| {
        format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }))
    };
    let pieces =
        ["Well now. ", "The key is ", "AKIAQ3EG", "RT7LP2WXN5VB", " and", " more", " follows"].map(event);
    for rest in ["drain", "reset"] {
        let guardrails = json!({ "secrets": { "response": "block" }, "streams": { "after_block": rest } });
        let policy = json!({ "default": { "guardrails": guardrails, "judge": { "sample_rate": 0 } } });
        let pieces: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
        let server = upstream(in_pieces("text/event-stream", &pieces, Duration::from_millis(20))).await;
        let rig = Rig::start(Plan { holds: &HOLDS, policy, ..Plan::new(version, server.port()) }).await;
        for hold in HOLDS {
            let mut client = RawClient::open(rig.at(hold)).await.unwrap();
            client.write(plain_request()).await.unwrap();
            let text = client.read_until(b"data: [DONE]\n\n").await.unwrap();
            let text = String::from_utf8_lossy(&text).into_owned();
            assert!(text.starts_with("HTTP/1.1 200") && text.contains("Well now."), "{hold:?} {rest} {text}");
            assert!(text.contains("content_policy_violation"), "{hold:?} {rest} {text}");
            assert!(!text.contains("AKIA") && !text.contains("RT7L") && !text.contains("more"), "{text}");
        }
        rig.end().await;
    }
}

/// The first words arrive while the upstream still writes: nothing is held to the end.
async fn clean_words_arrive_before_the_upstream_has_finished(version: &str) {
    let event = |text: &str| {
        format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }))
    };
    let events: String = ["The", " quick", " brown", " fox"].map(event).concat();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let steps = vec![
        Step::Write(format!("{head}{:x}\r\n{events}\r\n", events.len()).into_bytes()),
        Step::Wait(Duration::from_secs(30)),
    ];
    let upstream = RawUpstream::start(is_complete, steps).await.unwrap();
    let rig =
        Rig::start(Plan { holds: &HOLDS, policy: flying(), ..Plan::new(version, upstream.port()) }).await;
    for hold in HOLDS {
        let mut client = RawClient::open(rig.at(hold)).await.unwrap();
        client.write(plain_request()).await.unwrap();
        client.read_until(event(" brown").as_bytes()).await.unwrap();
        drop(client);
    }
    rig.end().await;
}

fn plain_request() -> String {
    format!("POST {CHAT} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{ASKS}", ASKS.len())
}

/// Detect-only shows the filter a copy: the stream is not held, its first event arrives while the rest is still to come.
async fn detect_only_delays_no_event(version: &str) {
    let first = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}\n\n";
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    let steps = vec![
        Step::Write([head.as_bytes(), &chunk(first)].concat()),
        // The test itself ends this by closing: were the stream held, its first event would never be seen.
        Step::Wait(Duration::from_secs(30)),
    ];
    let upstream = RawUpstream::start(is_complete, steps).await.unwrap();
    let policy = json!({ "default": { "layers": { "guardrails": "detect", "judge": "off" } } });
    let rig = Rig::start(Plan { holds: &HOLDS, policy, ..Plan::new(version, upstream.port()) }).await;
    for hold in HOLDS {
        let mut client = RawClient::open(rig.at(hold)).await.unwrap();
        client.write(plain_request()).await.unwrap();
        client.read_until(first).await.unwrap();
        drop(client);
    }
    rig.end().await;
}

on_both_envoys!(
    a_stream_cut_at_any_byte_gives_the_same_result,
    every_framing_and_every_placeholder_gives_the_same_result_cut_anywhere,
    what_is_blocked_in_flight_ends_as_its_framing_does,
    a_stream_of_single_bytes_gives_the_same_result,
    a_blocked_stream_ends_in_the_protocols_own_way,
    a_stream_blocked_in_flight_ends_with_an_error_event,
    clean_words_arrive_before_the_upstream_has_finished,
    detect_only_delays_no_event,
);
