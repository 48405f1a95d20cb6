//! A sidecar that is down, unknown, full, slow, frozen, or lies: every request gets the posture of its settings, within
//! the deadline, and the filter recovers by itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use weir_tests::corpus::sidecar::Manner;
use weir_tests::envoy::each_object;
use weir_tests::evidence;
use weir_tests::paced::{Paced, Protocol};
use weir_tests::ports::Port;
use weir_tests::process::{Signal, until};
use weir_tests::raw::RawClient;
use weir_tests::server::Server;
use weir_tests::stack::Stack;

use crate::rig::{ANSWER, ATTACK, CHAT, CLEAN, LIMIT, Plan, Rig, model, passes, unharmed};

const DEADLINE: Duration = Duration::from_millis(400);
/// What a busy machine may add to a deadline.
const SLACK: Duration = Duration::from_secs(3);

/// Everything is judged and waits; tenant `strict` refuses without a verdict, the others go on.
fn judged() -> Value {
    let judge = |posture: &str| json!({ "request": "hold", "response": "never", "sample_rate": 1.0, "deadline_ms": 400, "on_unavailable": posture });
    json!({
        "identity": { "tenant": { "header": "x-tenant" } },
        "default": { "judge": judge("degrade") },
        "overrides": [{ "name": "strict", "match": { "tenant": "strict" }, "set": { "judge": judge("refuse") } }],
    })
}

async fn ask(port: u16, tenant: &str, body: &'static str) -> (u16, Duration) {
    let start = Instant::now();
    let paced = Paced::post(CHAT).header("x-tenant", tenant).piece(body);
    let response = paced.send(port, Protocol::Http1).await.unwrap();
    if response.status >= 400 {
        response.json().unwrap();
    }
    (response.status, start.elapsed())
}

/// The postures show: refused as unavailable, passed by the layers that are left, and blocked as ever.
async fn postures_show(port: u16, why: &str) {
    for (tenant, body, status) in [("strict", CLEAN, 503), ("lenient", CLEAN, 200), ("lenient", ATTACK, 403)]
    {
        let (got, took) = ask(port, tenant, body).await;
        assert_eq!(got, status, "{why}: {tenant}");
        assert!(took < DEADLINE + SLACK, "{why}: {tenant} took {took:?}");
    }
}

async fn every_useless_answer_is_no_answer(version: &str) {
    let model = model().await;
    let rig = Rig::start(Plan { policy: judged(), ..Plan::new(version, model.port()) }).await;
    rig.judge(passes());
    assert_eq!(ask(rig.port(), "strict", CLEAN).await.0, 200);
    let lie = json!({ "nonce": "0", "verdict": "pass", "score": 0.0, "reason": "x", "latency_ms": 0, "review": null,
        "judge": { "kind": "x", "model": "", "prompt_sha256": "" } });
    for (why, manner) in [
        ("an error", Manner::Say(500, b"{}".to_vec())),
        ("an overload", Manner::Say(429, Vec::new())),
        ("garbage", Manner::Say(200, b"\x00\xffnot JSON".to_vec())),
        ("another type", Manner::Say(200, b"{\"verdict\":\"pass\"}".to_vec())),
        ("another exchange's verdict", Manner::Say(200, lie.to_string().into_bytes())),
        ("an answer longer than is read", Manner::Flood(200_000)),
        ("an answer longer than Envoy takes", Manner::Flood(34 << 20)),
        ("silence", Manner::Silence),
    ] {
        rig.judge(manner);
        postures_show(rig.port(), why).await;
    }
    rig.judge(passes());
    assert_eq!(ask(rig.port(), "strict", CLEAN).await.0, 200, "it does not recover");
    rig.end().await;
}

async fn a_sidecar_that_is_down_unknown_or_full_is_unavailable(version: &str) {
    let model = model().await;
    let nobody = Port::free().unwrap();
    let mut unknown = judged();
    unknown["sidecar"] = json!({ "cluster": "no-such-cluster" });
    let full = |config: &mut Value| {
        each_object(config, &mut |object| {
            if object.contains_key("circuit_breakers") {
                object.insert(
                    "circuit_breakers".into(),
                    json!({ "thresholds": [{ "max_requests": 0, "max_pending_requests": 0 }] }),
                );
            }
        });
    };
    let plans = [
        (
            "down",
            Plan {
                policy: judged(),
                sidecar_port: Some(nobody.number()),
                ..Plan::new(version, model.port())
            },
        ),
        ("unknown", Plan { policy: unknown, ..Plan::new(version, model.port()) }),
        ("full", Plan { policy: judged(), change: &full, ..Plan::new(version, model.port()) }),
    ];
    for (why, plan) in plans {
        let rig = Rig::start(plan).await;
        postures_show(rig.port(), why).await;
        assert!(rig.envoy.stat_sum("weir_sidecar_call_failures_total").await.unwrap() > 0, "{why}");
        rig.end().await;
    }
}

/// Tier critical without control state refuses, as unavailable, at once.
async fn without_control_state_tier_critical_refuses(version: &str) {
    let model = model().await;
    let nobody = Port::free().unwrap();
    let policy = json!({ "default": { "tier": "critical" } });
    let plan = Plan { policy, sidecar_port: Some(nobody.number()), ..Plan::new(version, model.port()) };
    let rig = Rig::start(plan).await;
    let (status, took) = ask(rig.port(), "any", CLEAN).await;
    assert_eq!(status, 503);
    assert!(took < SLACK, "{took:?}");
    assert_eq!(model.total(), 0);
    rig.end().await;
}

async fn the_real_sidecar_may_freeze_and_thaw(version: &str) {
    let model = model().await;
    let mut stack = Stack::builder(model.port()).version(version).policy(judged()).start().await.unwrap();
    assert_eq!(ask(stack.port(), "strict", CLEAN).await.0, 200);
    stack.sidecar.process().signal(Signal::Stop).unwrap();
    postures_show(stack.port(), "frozen").await;
    stack.sidecar.process().signal(Signal::Continue).unwrap();
    recovers(stack.port()).await;
    evidence::settled(&stack).await.unwrap();
    unharmed(&stack.envoy).await;
}

async fn recovers(port: u16) {
    let passes = || async { (ask(port, "strict", CLEAN).await.0 == 200).then_some(()) };
    until(LIMIT, "a verdict again", passes).await.unwrap();
}

async fn the_real_sidecar_may_be_killed_and_started_again(version: &str) {
    let model = model().await;
    let Stack { envoy, mut sidecar, scratch } =
        Stack::builder(model.port()).version(version).policy(judged()).start().await.unwrap();
    assert_eq!(ask(envoy.port(), "strict", CLEAN).await.0, 200);
    let (data, admin) = (sidecar.data_port(), sidecar.admin_port());
    sidecar.process().signal(Signal::Kill).unwrap();
    sidecar.process().wait(LIMIT).await.unwrap();
    postures_show(envoy.port(), "killed").await;
    drop(sidecar);
    let settings = weir_tests::sidecar::SidecarSettings {
        data: Port::fixed(data, "the sidecar's data port").unwrap(),
        admin: Port::fixed(admin, "the sidecar's admin port").unwrap(),
        directory: scratch.path().join("store"),
        extra: Value::Null,
    };
    let sidecar = weir_tests::sidecar::Sidecar::start(settings, &scratch).await.unwrap();
    recovers(envoy.port()).await;
    let stack = Stack { envoy, sidecar, scratch };
    evidence::settled(&stack).await.unwrap();
    unharmed(&stack.envoy).await;
}

/// The client leaves while its request waits: nothing reaches the upstream, the exchange is on record as abandoned.
async fn a_client_may_leave_while_it_is_held(version: &str) {
    let model = model().await;
    let rig = Rig::start(Plan { policy: judged(), ..Plan::new(version, model.port()) }).await;
    rig.judge(Manner::Silence);
    for _ in 0..20 {
        let mut client = RawClient::open(rig.port()).await.unwrap();
        let length = CLEAN.len();
        let head = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: a\r\nx-tenant: strict\r\ncontent-length: {length}\r\n\r\n"
        );
        client.write(format!("{head}{CLEAN}")).await.unwrap();
        let held = || async {
            let active = rig.envoy.stats("http.weir.downstream_rq_active").await.ok()?;
            active.iter().any(|(_, count)| *count > 0).then_some(())
        };
        until(LIMIT, "arrival of the request", held).await.unwrap();
        drop(client);
    }
    let abandoned = || async {
        let events = rig.sidecar.events();
        (events.iter().filter(|event| event.reason == "abandoned").count() > 0).then_some(())
    };
    until(LIMIT, "record of an abandoned exchange", abandoned).await.unwrap();
    assert_eq!(model.total(), 0);
    rig.judge(passes());
    assert_eq!(ask(rig.port(), "strict", CLEAN).await.0, 200);
    rig.settle().await;
    rig.end().await;
}

/// Many requests wait at once, and the calls beyond the circuit breaker of the shipped configuration fail at once.
async fn a_crowd_that_waits_is_answered_within_its_deadline(version: &str) {
    let model = model().await;
    let rig = Rig::start(Plan { policy: judged(), ..Plan::new(version, model.port()) }).await;
    rig.judge(Manner::Silence);
    let start = Instant::now();
    let crowd: Vec<_> = (0..300).map(|_| tokio::spawn(ask(rig.port(), "strict", CLEAN))).collect();
    for one in crowd {
        assert_eq!(one.await.unwrap().0, 503);
    }
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert_eq!(model.total(), 0);
    rig.judge(passes());
    assert_eq!(ask(rig.port(), "strict", CLEAN).await.0, 200);
    rig.end().await;
}

/// An answer that waits for the judge is not one byte shorter or in another order after it. Resuming in the middle of a
/// body loses a chunk on the oldest Envoy.
async fn a_judged_answer_arrives_whole_and_in_order(version: &str) {
    // Numbered, so that an order is one; in letters, so that none of it looks like an account.
    let letters =
        |n: u32| -> String { (0..5).map(|i| char::from(b'a' + (n >> (4 * i) & 15) as u8)).collect() };
    let words: String = (0..60_000).map(|n| letters(n) + " ").collect();
    let answer = ANSWER.replace("Paris.", &words);
    let chunks: Vec<&[u8]> = answer.as_bytes().chunks(7_000).collect();
    let model: Server =
        crate::rig::upstream(crate::rig::in_pieces("application/json", &chunks, Duration::from_millis(1)))
            .await;
    let judge = json!({ "request": "hold", "response": "hold", "sample_rate": 1.0, "deadline_ms": 5000 });
    let rig = Rig::start(Plan {
        policy: json!({ "default": { "judge": judge } }),
        ..Plan::new(version, model.port())
    })
    .await;
    rig.judge(passes());
    let pieces: Vec<&[u8]> = answer.as_bytes().chunks(9_000).collect();
    let paced = pieces.into_iter().fold(Paced::post(CHAT), |p, piece| p.piece(piece.to_vec()));
    let response = paced.send(rig.port(), Protocol::Http1).await.unwrap();
    assert_eq!(response.status, 200);
    assert!(response.text() == answer, "the answer changed");
    assert!(model.received().pop().unwrap().body == answer.as_bytes(), "the request changed");
    rig.end().await;
}

on_both_envoys!(
    every_useless_answer_is_no_answer,
    a_sidecar_that_is_down_unknown_or_full_is_unavailable,
    without_control_state_tier_critical_refuses,
    the_real_sidecar_may_freeze_and_thaw,
    the_real_sidecar_may_be_killed_and_started_again,
    a_client_may_leave_while_it_is_held,
    a_crowd_that_waits_is_answered_within_its_deadline,
    a_judged_answer_arrives_whole_and_in_order,
);
