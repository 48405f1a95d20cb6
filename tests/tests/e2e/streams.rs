//! Streams through the proxy: however the upstream cuts one, the client gets the same.

use std::time::Duration;

use serde_json::json;
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
    json!({ "default": { "guardrails": { "streams": { "mode": "in_flight" } }, "judge": { "sample_rate": 0 } } })
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
        let guardrails = json!({ "secrets": { "response": "block" }, "streams": { "mode": "in_flight", "after_block": rest } });
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
    a_stream_of_single_bytes_gives_the_same_result,
    a_blocked_stream_ends_in_the_protocols_own_way,
    a_stream_blocked_in_flight_ends_with_an_error_event,
    clean_words_arrive_before_the_upstream_has_finished,
    detect_only_delays_no_event,
);
