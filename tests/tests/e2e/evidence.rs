//! What remains of an exchange: metrics, the access log, the audit log. Everything is counted once, and nothing of the
//! content is in any of it. And what control state does to live traffic.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use weir_tests::client::get;
use weir_tests::evidence;
use weir_tests::paced::{Paced, Protocol};
use weir_tests::process::until;
use weir_tests::stack::Stack;

use crate::rig::{ATTACK, CHAT, CLEAN, LIMIT, Rig, model, unharmed};

const EMAIL: &str = r#"{"messages":[{"role":"user","content":"Zanzibar jane@example.org"}]}"#;

async fn decisions_have_labels_in_prometheus(version: &str) {
    let model = model().await;
    let rig = Rig::plain(version, &model).await;
    for body in [CLEAN, ATTACK, EMAIL, EMAIL] {
        rig.post(body).await;
    }
    let line = |decision: &str, count: u32| {
        format!(
            "aisecops_runtime_decision_total{{decision=\"{decision}\",layer=\"guardrail\",mode=\"enforce\"}} {count}"
        )
    };
    let text = get(rig.envoy.admin_port(), "/stats/prometheus").await.unwrap().text();
    // A request and its response each: four requests, three of them answered by the upstream.
    for wanted in [line("allow", 4), line("block", 1), line("redact", 2)] {
        assert!(text.lines().any(|l| l == wanted), "{wanted} not in\n{}", only(&text, "aisecops"));
    }
    rig.end().await;
}

fn only(text: &str, part: &str) -> String {
    text.lines().filter(|line| line.contains(part)).collect::<Vec<_>>().join("\n")
}

async fn the_access_log_has_the_verdict(version: &str) {
    let model = model().await;
    let rig = Rig::plain(version, &model).await;
    for (body, verdict) in [
        (CLEAN, "allow;guardrail;clean;"),
        (ATTACK, "block;guardrail;prompt_injection;injection_"),
        (EMAIL, "redact;guardrail;pii;pii_email"),
    ] {
        let before = rig.envoy.access_log().lines().count();
        rig.post(body).await;
        let line = || async { rig.envoy.access_log().lines().nth(before).map(str::to_owned) };
        let line = until(LIMIT, "line of the access log", line).await.unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        assert!(line["verdict"].as_str().unwrap().starts_with(verdict), "{line}");
    }
    rig.end().await;
}

/// Words of a request that was blocked, redacted, or could not be read appear nowhere.
async fn nothing_of_the_content_is_logged(version: &str) {
    let model = model().await;
    let stack = Stack::builder(model.port()).version(version).start().await.unwrap();
    let attack = ATTACK.replace("Ignore", "Zanzibar! Ignore");
    let broken = r#"{"messages":[{"role":"user","content":"Zanzibar"#;
    let odd = r#"{"messages":[{"role":"user","content":"Zanzibar AKIAQ3EGRT7LP2WXN5VB"}],"messages":1}"#;
    for body in [attack.as_str(), EMAIL, broken, odd] {
        let response =
            Paced::post(CHAT).piece(body.to_owned()).send(stack.port(), Protocol::Http1).await.unwrap();
        assert!(!response.text().contains("Zanzibar"), "{}", response.text());
    }
    evidence::settled(&stack).await.unwrap();
    let audit = std::fs::read_to_string(stack.sidecar.audit_log()).unwrap();
    for (name, text) in [
        ("Envoy's log", stack.envoy.log()),
        ("the access log", stack.envoy.access_log()),
        ("the audit log", audit),
    ] {
        for word in ["Zanzibar", "jane@", "AKIAQ3", "previous instructions"] {
            assert!(!text.contains(word), "{word} is in {name}");
        }
    }
    unharmed(&stack.envoy).await;
}

async fn every_decision_is_stored_once(version: &str) {
    let model = model().await;
    let stack = Stack::builder(model.port()).version(version).concurrency(2).start().await.unwrap();
    let port = stack.port();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn(async move {
                for body in [CLEAN, ATTACK, EMAIL, CLEAN, "not JSON"] {
                    Paced::post(CHAT).piece(body).send(port, Protocol::Http1).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // Per round: five requests, three answers of the upstream.
    assert_eq!(evidence::settled(&stack).await.unwrap(), 8 * (5 + 3));
    let events = evidence::stored(&stack.sidecar).unwrap();
    let blocked = events.iter().filter(|e| e.reason == "prompt_injection").count();
    assert_eq!(blocked, 8);
    unharmed(&stack.envoy).await;
}

/// A user whose requests are all blocked is that user's problem.
async fn one_users_blocks_never_affect_another(version: &str) {
    let model = model().await;
    let policy = json!({ "identity": { "tenant": { "header": "x-tenant" }, "user": { "header": "x-user" } }, "default": { "judge": { "sample_rate": 0 } } });
    let stack = Stack::builder(model.port()).version(version).policy(policy).start().await.unwrap();
    let ask = |user: &'static str, body: &'static str| {
        let paced = Paced::post(CHAT).header("x-tenant", "acme").header("x-user", user).piece(body);
        paced.send(stack.port(), Protocol::Http1)
    };
    for _ in 0..150 {
        assert_eq!(ask("mallory", ATTACK).await.unwrap().status, 403);
    }
    evidence::settled(&stack).await.unwrap();
    for _ in 0..20 {
        assert_eq!(ask("alice", CLEAN).await.unwrap().status, 200);
        assert_eq!(ask("mallory", CLEAN).await.unwrap().status, 200);
    }
    unharmed(&stack.envoy).await;
}

async fn a_manual_trip_reaches_traffic_within_a_second(version: &str) {
    let model = model().await;
    let stack = Stack::builder(model.port()).version(version).concurrency(2).start().await.unwrap();
    let port = stack.port();
    let status =
        || async move { Paced::post(CHAT).piece(CLEAN).send(port, Protocol::Http1).await.unwrap().status };
    let becomes = |wanted: u16| async move {
        let start = Instant::now();
        // Several requests in a row, because each may meet another worker.
        let steady = || async {
            for _ in 0..6 {
                if status().await != wanted {
                    return None;
                }
            }
            Some(())
        };
        until(LIMIT, "effect on traffic", steady).await.unwrap();
        start.elapsed()
    };
    assert_eq!(status().await, 200);
    // The poller is elected and its poll is open.
    let known = || async { (stack.envoy.stats("weir_control_version").await.ok()?.len() == 1).then_some(()) };
    until(LIMIT, "the first control state", known).await.unwrap();
    for scope in ["global", "route:default", "model:m"] {
        assert!(stack.sidecar.trip(scope, "test", "drill").await.unwrap().status < 300);
        let took = becomes(503).await;
        assert!(took < Duration::from_secs(1), "{scope} tripped after {took:?}");
        assert!(stack.sidecar.reset(scope, "test", "drill").await.unwrap().status < 300);
        let took = becomes(200).await;
        assert!(took < Duration::from_secs(1), "{scope} reset after {took:?}");
    }
    assert!(stack.sidecar.kill("test", "drill").await.unwrap().status < 300);
    assert!(becomes(503).await < Duration::from_secs(1));
    unharmed(&stack.envoy).await;
}

/// Headers of a client tighten or do nothing; those that are ours or Envoy's do not travel.
async fn a_client_cannot_loosen(version: &str) {
    let model = model().await;
    let rig = Rig::plain(version, &model).await;
    for (name, value) in [
        ("x-weir-tier", "low"),
        ("x-weir-mode", "off"),
        ("x-weir-verdict", "allow"),
        ("x-weir-tier", "off"),
        ("x-envoy-internal", "true"),
        ("content-type", "image/png"),
        ("content-encoding", "identity"),
    ] {
        let mut paced = Paced::new(hyper::Method::POST, CHAT).header(name, value);
        if name != "content-type" {
            paced = paced.header("content-type", "application/json");
        }
        let response = paced.piece(ATTACK).send(rig.port(), Protocol::Http1).await.unwrap();
        assert_eq!(response.status, 403, "{name}: {value}");
    }
    let tightened = Paced::post(CHAT).header("x-weir-tier", "high").piece(EMAIL);
    assert_eq!(tightened.send(rig.port(), Protocol::Http1).await.unwrap().status, 403);
    let mild = Paced::post(CHAT).header("x-weir-tier", "low").piece(CLEAN);
    assert_eq!(mild.send(rig.port(), Protocol::Http1).await.unwrap().status, 200);
    assert!(!model.received().pop().unwrap().headers.contains_key("x-weir-tier"));
    rig.end().await;
}

on_both_envoys!(
    decisions_have_labels_in_prometheus,
    the_access_log_has_the_verdict,
    nothing_of_the_content_is_logged,
    every_decision_is_stored_once,
    one_users_blocks_never_affect_another,
    a_manual_trip_reaches_traffic_within_a_second,
    a_client_cannot_loosen,
);
