//! Control state: orders reach pollers at once, survive a crash, and only upstream failures move it by itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{Scratch, Sidecar, batch, until};

fn order(more: Value) -> Value {
    let mut body = json!({ "actor": "ann", "reason": "drill" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn version(snapshot: &Value) -> u64 {
    snapshot["version"].as_u64().unwrap()
}

fn breaker(snapshot: &Value) -> &Value {
    &snapshot["scopes"][0]["breaker"]["state"]
}

#[tokio::test]
async fn a_trip_reaches_a_waiting_poll_in_under_a_second() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let (status, first) = sidecar.get("/v1/control?after=0&wait_ms=9000").await;
    assert!(status == 200 && version(&first) > 0);
    let path = format!("/v1/control?after={}&wait_ms=9000", version(&first));
    let poll = async {
        let (_, snapshot) = sidecar.get(&path).await;
        (snapshot, Instant::now())
    };
    let body = order(json!({ "scope": "route:chat" }));
    let trip = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let started = Instant::now();
        let (status, _) = sidecar.admin_post("/v1/control/trip", &body).await;
        assert_eq!(status, 200);
        started
    };
    let ((snapshot, arrived), tripped) = tokio::join!(poll, trip);
    assert!(
        arrived.duration_since(tripped) < Duration::from_secs(1),
        "{:?}",
        arrived.duration_since(tripped)
    );
    assert_eq!((breaker(&snapshot), version(&snapshot)), (&json!("open"), version(&first) + 1));
}

#[tokio::test]
async fn a_poll_without_news_ends_after_its_wait() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let (_, first) = sidecar.get("/v1/control").await;
    let started = Instant::now();
    let (_, same) = sidecar.get(&format!("/v1/control?after={}&wait_ms=300", version(&first))).await;
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(same, first);
    let (status, _) = sidecar.get("/v1/control?after=x").await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn orders_survive_a_crash_and_versions_only_grow() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    sidecar.admin_post("/v1/control/trip", &order(json!({ "scope": "tenant:acme" }))).await;
    sidecar
        .admin_post("/v1/control/pace", &order(json!({ "scope": "global", "state": "contingency" })))
        .await;
    let (_, before) = sidecar.admin_post("/v1/control/kill", &order(json!({}))).await;
    sidecar.kill();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let (_, after) = sidecar.get("/v1/control").await;
    assert!(version(&after) > version(&before), "what a crash kept from the disk must not share a version");
    assert_eq!(after["scopes"], before["scopes"]);
    assert_eq!(after["kill"], json!({ "actor": "ann", "reason": "drill" }));
    let (_, undone) = sidecar.admin_post("/v1/control/unkill", &order(json!({}))).await;
    assert!(version(&undone) > version(&before) && undone["kill"].is_null());
    for scope in ["tenant:acme", "global"] {
        sidecar.admin_post("/v1/control/reset", &order(json!({ "scope": scope }))).await;
    }
    let (_, reset) = sidecar.get("/v1/control").await;
    assert_eq!(reset["scopes"], json!([]));
    let actions: Vec<Value> = scratch.audit_lines().iter().map(|l| l["action"].clone()).collect();
    let expected =
        ["control_trip", "control_pace", "control_kill", "control_unkill", "control_reset", "control_reset"];
    assert_eq!(actions, expected.map(Value::from));
    assert!(scratch.audit_lines().iter().all(|l| l["actor"] == "ann" && l["reason"] == "drill"));
}

#[tokio::test]
async fn versions_grow_even_when_the_database_is_lost() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let (_, before) = sidecar.admin_post("/v1/control/kill", &order(json!({}))).await;
    sidecar.kill();
    for name in ["weir.sqlite", "weir.sqlite-wal", "weir.sqlite-shm"] {
        let _ = std::fs::remove_file(scratch.store().join(name));
    }
    let sidecar = Sidecar::start(&scratch, json!({}));
    let (_, after) = sidecar.get("/v1/control").await;
    assert!(version(&after) > version(&before));
    // The audit log was not lost, and what is written now must not be taken for a repetition.
    let records = scratch.audit_lines().len();
    sidecar.admin_post("/v1/control/kill", &order(json!({}))).await;
    assert_eq!(scratch.audit_lines().len(), records + 1);
}

#[tokio::test]
async fn orders_that_say_too_little_are_refused() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    for (path, body) in [
        ("trip", json!({ "scope": "global", "reason": "r" })),
        ("trip", json!({ "scope": "global", "actor": "", "reason": "r" })),
        ("trip", json!({ "scope": "global", "actor": " ", "reason": "r" })),
        ("trip", json!({ "scope": "global", "actor": "a\nb", "reason": "r" })),
        ("trip", json!({ "scope": "global", "actor": "ann", "reason": "" })),
        ("trip", order(json!({ "scope": "planet:earth" }))),
        ("trip", order(json!({ "scope": "global", "seconds": 0 }))),
        ("trip", order(json!({ "scope": format!("route:{}", "x".repeat(300)) }))),
        ("trip", order(json!({ "scope": "global", "second": 5 }))),
        ("pace", order(json!({ "scope": "global", "state": "panic" }))),
        ("kill", json!({})),
    ] {
        let (status, answer) = sidecar.admin_post(&format!("/v1/control/{path}"), &body).await;
        assert_eq!(status, 400, "{body}: {answer}");
    }
    let (_, control) = sidecar.get("/v1/control").await;
    assert_eq!((&control["kill"], &control["scopes"]), (&Value::Null, &json!([])));
}

#[tokio::test]
async fn the_snapshot_stays_small_enough_for_a_filter() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let mut refused = 0;
    for n in 0..100 {
        let name: String = format!("{n}-{}", "\"".repeat(240));
        let body = order(json!({ "scope": format!("route:{name}") }));
        refused += u32::from(sidecar.admin_post("/v1/control/trip", &body).await.0 == 409);
    }
    let (_, control) = sidecar.get("/v1/control").await;
    assert!(refused > 0 && control.to_string().len() < 64 * 1024, "{}", control.to_string().len());
}

#[tokio::test]
async fn blocks_never_trip_anything_and_upstream_failures_do() {
    let scratch = Scratch::new();
    let breaker_config = json!({ "minimum_calls": 10, "open_seconds": 1, "probe_successes": 1 });
    let sidecar = Sidecar::start(&scratch, json!({ "control": { "breaker": breaker_config } }));
    let mut blocks = batch("vm", 0, 500);
    for event in blocks["events"].as_array_mut().unwrap() {
        event["direction"] = json!("request");
        event["decision"] = json!("block");
        event["reason"] = json!("prompt_injection");
        event["upstream_status"] = json!(0);
    }
    sidecar.post("/v1/events", &blocks).await;
    let (_, control) = sidecar.get("/v1/control").await;
    assert_eq!(control["scopes"], json!([]));
    let mut failures = batch("vm", 500, 10);
    for event in failures["events"].as_array_mut().unwrap() {
        event["upstream_status"] = json!(503);
    }
    sidecar.post("/v1/events", &failures).await;
    let (_, control) = sidecar.get("/v1/control").await;
    assert_eq!((&control["scopes"][0]["scope"], breaker(&control)), (&json!("route:chat"), &json!("open")));
    let probing = || async {
        let (_, control) = sidecar.get("/v1/control").await;
        (breaker(&control) == "probing").then_some(())
    };
    until("probing", probing).await;
    sidecar.post("/v1/events", &batch("vm", 510, 1)).await;
    let (_, control) = sidecar.get("/v1/control").await;
    assert_eq!(control["scopes"], json!([]));
}

#[tokio::test]
async fn repeated_batches_count_once_for_the_breaker() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({ "control": { "breaker": { "minimum_calls": 10 } } }));
    let mut failures = batch("vm", 0, 5);
    for event in failures["events"].as_array_mut().unwrap() {
        event["upstream_status"] = json!(503);
    }
    for _ in 0..10 {
        sidecar.post("/v1/events", &failures).await;
    }
    let (_, control) = sidecar.get("/v1/control").await;
    assert_eq!(control["scopes"], json!([]));
}

#[tokio::test]
async fn a_kill_needs_no_disk_and_its_end_does() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let blocker = rusqlite::Connection::open(scratch.store().join("weir.sqlite")).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (_, first) = sidecar.get("/v1/control").await;
    let path = format!("/v1/control?after={}&wait_ms=9000", version(&first));
    let started = Instant::now();
    let body = order(json!({}));
    let (killed, polled) = tokio::join!(sidecar.admin_post("/v1/control/kill", &body), async {
        (sidecar.get(&path).await.1, started.elapsed())
    });
    assert_eq!((killed.0, &killed.1["error"]["code"]), (500, &json!("not_durable")));
    assert_eq!(polled.0["kill"]["actor"], "ann");
    assert!(polled.1 < Duration::from_millis(900), "{:?}", polled.1);
    assert_eq!(sidecar.admin_post("/v1/control/unkill", &body).await.0, 503);
    assert_eq!(sidecar.get("/v1/control").await.1["kill"]["actor"], "ann");
    blocker.execute_batch("ROLLBACK").unwrap();
    assert_eq!(sidecar.admin_post("/v1/control/unkill", &body).await.0, 200);
}
