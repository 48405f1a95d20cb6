//! What is refused before a body is read: encodings, upgrades, tunnels; and bytes in headers that no text has.

use std::time::Duration;

use serde_json::{Value, json};
use weir_tests::envoy::{HeaderHold, each_object};
use weir_tests::paced::{Paced, Protocol};
use weir_tests::raw::{RawClient, RawUpstream, Step, gzip, is_complete};

use crate::rig::{ATTACK, CHAT, CLEAN, HOLDS, Plan, Rig, in_pieces, model, upstream};

async fn encodings_that_cannot_be_read_are_refused(version: &str) {
    let model = model().await;
    let rig = Rig::start(Plan { holds: &HOLDS, ..Plan::new(version, model.port()) }).await;
    for hold in HOLDS {
        for encoding in ["br", "zstd", "deflate", "gzip, br", "br, gzip", "x-unknown"] {
            let paced = Paced::post(CHAT).header("content-encoding", encoding).piece(ATTACK);
            let response = paced.send(rig.at(hold), Protocol::Http1).await.unwrap();
            assert!(matches!(response.status, 400 | 415), "{hold:?} {encoding} {}", response.text());
            response.json().unwrap();
        }
        let twice =
            Paced::post(CHAT).header("content-encoding", "gzip, gzip").piece(gzip(&gzip(ATTACK.as_bytes())));
        let status = twice.send(rig.at(hold), Protocol::Http1).await.unwrap().status;
        assert!(matches!(status, 400 | 403 | 415), "{status}");
        // Without the means to hold headers the upstream may see them; a body it never sees.
        assert!(model.received().iter().all(|received| received.body.is_empty()), "{hold:?}");
    }
    rig.end().await;
}

/// An answer in an encoding is not let through unread; the filter asks for none in the first place.
async fn an_encoded_answer_is_refused_and_not_asked_for(version: &str) {
    let mut reply =
        weir_tests::server::Reply::whole(200, "application/json", gzip(crate::rig::ANSWER.as_bytes()));
    reply.headers.push(("content-encoding".into(), "gzip".into()));
    let server = upstream(reply).await;
    let rig = Rig::plain(version, &server).await;
    let paced = Paced::post(CHAT).header("accept-encoding", "gzip, br").piece(CLEAN);
    let response = paced.send(rig.port(), Protocol::Http1).await.unwrap();
    assert_eq!(response.status, 502, "{}", response.text());
    response.json().unwrap();
    assert!(!server.received().pop().unwrap().headers.contains_key("accept-encoding"));
    rig.end().await;
}

const UPGRADE: &str = "GET /v1/realtime HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// As shipped Envoy refuses upgrades; where somebody has allowed them, the filter does.
async fn upgrades_and_tunnels_are_refused(version: &str) {
    fn allow_upgrades(config: &mut Value) {
        each_object(config, &mut |object| {
            if object.contains_key("http_filters") {
                object.insert(
                    "upgrade_configs".into(),
                    json!([{ "upgrade_type": "websocket" }, { "upgrade_type": "CONNECT" }]),
                );
            }
        });
    }
    for (change, hold) in [
        ((|_: &mut Value| {}) as fn(&mut Value), HeaderHold::StopIteration),
        (allow_upgrades, HeaderHold::StopIteration),
        (allow_upgrades, HeaderHold::Continue),
    ] {
        let answer =
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n".to_vec();
        let upstream = RawUpstream::start(is_complete, vec![Step::Write(answer)]).await.unwrap();
        let rig =
            Rig::start(Plan { holds: &[hold], change: &change, ..Plan::new(version, upstream.port()) }).await;
        for request in [UPGRADE, "CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n"] {
            let mut client = RawClient::open(rig.port()).await.unwrap();
            client.write(request).await.unwrap();
            let got = String::from_utf8_lossy(&client.read_until(b"\r\n\r\n").await.unwrap()).into_owned();
            assert!(got.starts_with("HTTP/1.1 4"), "{hold:?} {got}");
        }
        assert!(upstream.received().concat().is_empty(), "{hold:?}");
        rig.end().await;
    }
}

/// One byte that is no UTF-8 in a header used to end every stream of the worker.
async fn bytes_that_are_no_text_in_headers_harm_nobody(version: &str) {
    let slow = in_pieces("application/json", &[b"{\"a\":", b"1", b"}"], Duration::from_millis(200));
    let model = upstream(slow).await;
    let rig = Rig::plain(version, &model).await;
    let bystander = tokio::spawn(Paced::post(CHAT).piece(CLEAN).send(rig.port(), Protocol::Http1));
    for header in [
        &b"x: a\xff"[..],
        b"x-request-id: \xfe\xfe",
        b"content-type: \xff/\xff",
        b"x-weir-tier: \xff",
        b"accept-encoding: \xff",
    ] {
        let mut request = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n",
            CLEAN.len()
        )
        .into_bytes();
        request.extend_from_slice(header);
        request.extend_from_slice(format!("\r\n\r\n{CLEAN}").as_bytes());
        let got = RawClient::exchange(rig.port(), request).await.unwrap();
        assert!(got.starts_with(b"HTTP/1.1 200"), "{:?} {}", header, String::from_utf8_lossy(&got));
    }
    assert_eq!(bystander.await.unwrap().unwrap().status, 200);
    rig.end().await;
}

async fn bytes_that_are_no_text_in_an_answers_headers_harm_nobody(version: &str) {
    let answer =
        b"HTTP/1.1 200 OK\r\nx: a\xff\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
            .to_vec();
    let upstream = RawUpstream::start(is_complete, vec![Step::Write(answer)]).await.unwrap();
    let rig = Rig::start(Plan::new(version, upstream.port())).await;
    assert_eq!(rig.post(CLEAN).await.status, 200);
    rig.end().await;
}

/// Without a way to hold headers the upstream sees them, but of a blocked body not one byte.
async fn without_header_hold_no_byte_of_a_blocked_body_passes(version: &str) {
    let model = model().await;
    let rig = Rig::start(Plan { holds: &[HeaderHold::Continue], ..Plan::new(version, model.port()) }).await;
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let response = Paced::post(CHAT).piece(ATTACK).send(rig.port(), protocol).await.unwrap();
        assert_eq!(response.status, 403, "{}", response.text());
    }
    assert!(model.received().iter().all(|received| received.body.is_empty()));
    rig.end().await;
}

on_both_envoys!(
    encodings_that_cannot_be_read_are_refused,
    an_encoded_answer_is_refused_and_not_asked_for,
    upgrades_and_tunnels_are_refused,
    bytes_that_are_no_text_in_headers_harm_nobody,
    bytes_that_are_no_text_in_an_answers_headers_harm_nobody,
    without_header_hold_no_byte_of_a_blocked_body_passes,
);
