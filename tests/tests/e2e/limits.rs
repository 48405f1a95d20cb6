//! Bodies larger than what is inspected, in every deployment mode: the answer is JSON of ours, in time, and no byte has
//! reached the upstream.

use serde_json::{Value, json};
use weir_tests::envoy::HeaderHold;
use weir_tests::paced::{Paced, Protocol};
use weir_tests::server::Reply;

use crate::rig::{CHAT, HOLDS, Plan, Rig, model, upstream};

fn chat_of(bytes: usize) -> String {
    json!({ "messages": [{ "role": "user", "content": "lorem ".repeat(bytes / 6) }] }).to_string()
}

fn pieces(body: &str) -> Paced {
    body.as_bytes().chunks(60_000).map(<[u8]>::to_vec).fold(Paced::post(CHAT), Paced::piece)
}

async fn a_body_over_the_limit_is_refused_in_json(version: &str) {
    let model = model().await;
    let rig = Rig::start(Plan { holds: &HOLDS, ..Plan::new(version, model.port()) }).await;
    for hold in HOLDS {
        // Just over the policy's limit, over Envoy's default buffer, and over the buffer that is shipped.
        for size in [1_000_500, 1_500_000, 3_000_000] {
            let body = chat_of(size);
            for paced in [Paced::post(CHAT).piece(body.clone()), pieces(&body)] {
                for protocol in [Protocol::Http1, Protocol::Http2] {
                    let response = paced.clone().send(rig.at(hold), protocol).await.unwrap();
                    assert_eq!(response.status, 413, "{hold:?} {protocol:?} {size} {}", response.text());
                    let json = response.json().unwrap();
                    assert_eq!(json.pointer("/error/code"), Some(&json!("request_too_large")), "{json}");
                    assert!(!response.header("x-weir-request-id").is_empty());
                }
            }
        }
        let passed: usize = model.received().iter().map(|received| received.body.len()).sum();
        assert_eq!(passed, 0, "{hold:?}");
    }
    rig.end().await;
}

/// A policy that allows more than Envoy's buffer holds: Envoy answers itself, in JSON too.
async fn over_envoys_own_buffer_the_answer_is_json_too(version: &str) {
    let model = model().await;
    let policy = json!({ "default": { "limits": { "max_request_bytes": 16_000_000 }, "judge": { "sample_rate": 0 } } });
    let rig = Rig::start(Plan { policy, ..Plan::new(version, model.port()) }).await;
    let response = pieces(&chat_of(4_000_000)).send(rig.port(), Protocol::Http1).await.unwrap();
    assert_eq!(response.status, 413);
    assert_eq!(response.json().unwrap().pointer("/error/code"), Some(&json!("request_too_large")));
    assert!(model.received().iter().all(|received| received.body.is_empty()));
    rig.end().await;
}

async fn a_large_body_within_the_limit_passes_byte_by_byte(version: &str) {
    let answer = chat_of(900_000);
    let model = upstream(Reply::whole(200, "application/json", answer.clone())).await;
    let rig = Rig::start(Plan { holds: &HOLDS, ..Plan::new(version, model.port()) }).await;
    let body = chat_of(990_000);
    for hold in HOLDS {
        let response = pieces(&body).send(rig.at(hold), Protocol::Http1).await.unwrap();
        assert_eq!(response.status, 200, "{hold:?}");
        assert!(response.text() == answer, "{hold:?} the answer changed");
        assert!(model.received().pop().unwrap().body == body.as_bytes(), "{hold:?} the request changed");
    }
    rig.end().await;
}

/// Whatever the deployment can still say: nothing of the answer reaches the client, and it does not hang.
async fn an_answer_over_the_limit_never_reaches_the_client(version: &str) {
    for size in [1_000_500, 3_000_000] {
        let answer = chat_of(size);
        let chunks: Vec<&[u8]> = answer.as_bytes().chunks(50_000).collect();
        let reply = crate::rig::in_pieces("application/json", &chunks, std::time::Duration::ZERO);
        let model = upstream(reply).await;
        let rig = Rig::start(Plan { holds: &HOLDS, ..Plan::new(version, model.port()) }).await;
        for hold in HOLDS {
            let response =
                Paced::post(CHAT).piece(crate::rig::CLEAN).send(rig.at(hold), Protocol::Http1).await;
            if let Ok(response) = &response {
                assert!(!response.text().contains("lorem"), "{hold:?} {size}");
                let _: Value = response.json().unwrap();
                assert!(hold != HeaderHold::StopIteration || response.status == 502, "{}", response.status);
            } else {
                assert_ne!(hold, HeaderHold::StopIteration, "{response:?}");
            }
        }
        rig.end().await;
    }
}

on_both_envoys!(
    a_body_over_the_limit_is_refused_in_json,
    over_envoys_own_buffer_the_answer_is_json_too,
    a_large_body_within_the_limit_passes_byte_by_byte,
    an_answer_over_the_limit_never_reaches_the_client,
);
