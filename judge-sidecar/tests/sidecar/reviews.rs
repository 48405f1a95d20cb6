//! Reviews: bound to one action, decided once by a named person, used once, and kept through a crash.

use serde_json::{Value, json};

use crate::process::{Scratch, Sidecar, review_request, until};

async fn ask(sidecar: &Sidecar, request: &Value) -> Value {
    let (status, outcome) = sidecar.post("/v1/reviews", request).await;
    assert_eq!(status, 200, "{outcome}");
    assert_eq!(outcome["action_sha256"], request["action_sha256"]);
    outcome
}

async fn decide(sidecar: &Sidecar, outcome: &Value, ruling: &str) -> (u16, Value) {
    let id = outcome["review_id"].as_str().unwrap();
    sidecar.admin_post(&format!("/v1/reviews/{id}/{ruling}"), &json!({ "actor": "ann", "note": "ok" })).await
}

#[tokio::test]
async fn an_approval_is_used_once_and_for_its_action_only() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let (one, other) = (review_request(1), review_request(2));
    let pending = ask(&sidecar, &one).await;
    assert_eq!(pending["status"], "pending");
    assert_eq!(ask(&sidecar, &one).await, pending);
    assert_eq!(decide(&sidecar, &pending, "approve").await.0, 200);
    assert_eq!(ask(&sidecar, &other).await["status"], "pending");
    assert_eq!(ask(&sidecar, &one).await["status"], "approved");
    assert_eq!(ask(&sidecar, &one).await["status"], "pending");
}

#[tokio::test]
async fn fifty_that_race_for_one_approval_get_one() {
    let scratch = Scratch::new();
    let sidecar = std::sync::Arc::new(Sidecar::start(&scratch, json!({})));
    let pending = ask(&sidecar, &review_request(1)).await;
    decide(&sidecar, &pending, "approve").await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let sidecar = sidecar.clone();
        calls.spawn(async move { ask(&sidecar, &review_request(1)).await });
    }
    let outcomes = calls.join_all().await;
    let approved = outcomes.iter().filter(|o| o["status"] == "approved").count();
    assert_eq!(approved, 1, "{outcomes:?}");
}

#[tokio::test]
async fn decisions_survive_a_crash() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let mut outcomes = Vec::new();
    for n in 1..=3 {
        outcomes.push(ask(&sidecar, &review_request(n)).await);
    }
    decide(&sidecar, &outcomes[0], "approve").await;
    decide(&sidecar, &outcomes[1], "deny").await;
    sidecar.kill();
    let sidecar = Sidecar::start(&scratch, json!({}));
    for (n, expected) in [(1, "approved"), (2, "denied"), (3, "pending")] {
        assert_eq!(ask(&sidecar, &review_request(n)).await["status"], expected, "{n}");
    }
    sidecar.kill();
    let sidecar = Sidecar::start(&scratch, json!({}));
    assert_eq!(ask(&sidecar, &review_request(1)).await["status"], "pending", "used up before the crash");
    let actions: Vec<String> =
        scratch.audit_lines().iter().map(|l| l["action"].as_str().unwrap().to_owned()).collect();
    let expected = [
        "review_opened",
        "review_opened",
        "review_opened",
        "review_approved",
        "review_denied",
        "review_consumed",
        "review_opened",
    ];
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn silence_is_a_denial_and_an_unused_approval_expires() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let mut late = review_request(1);
    late["sla_seconds"] = json!(1);
    let mut short = review_request(2);
    short["approval_seconds"] = json!(1);
    let (late_review, short_review) = (ask(&sidecar, &late).await, ask(&sidecar, &short).await);
    decide(&sidecar, &short_review, "approve").await;
    let reached = |outcome: &Value, status: &'static str| {
        let path = format!("/v1/reviews/{}", outcome["review_id"].as_str().unwrap());
        let sidecar = &sidecar;
        async move {
            until(status, || async { (sidecar.admin_get(&path).await.1["status"] == status).then_some(()) })
                .await
        }
    };
    reached(&late_review, "denied").await;
    reached(&short_review, "expired").await;
    assert_eq!(ask(&sidecar, &late).await["status"], "denied");
    let anew = ask(&sidecar, &short).await;
    assert_eq!(anew["status"], "pending");
    assert_ne!(anew["review_id"], short_review["review_id"]);
    assert_eq!(decide(&sidecar, &late_review, "approve").await.0, 409, "too late to approve");
}

#[tokio::test]
async fn a_review_is_decided_once_by_a_named_person() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let pending = ask(&sidecar, &review_request(1)).await;
    let path = format!("/v1/reviews/{}/approve", pending["review_id"].as_str().unwrap());
    for nobody in [json!({}), json!({ "actor": "" }), json!({ "actor": null }), json!({ "actor": "a\u{0}" })]
    {
        assert_eq!(sidecar.admin_post(&path, &nobody).await.0, 400, "{nobody}");
    }
    assert_eq!(decide(&sidecar, &pending, "deny").await.0, 200);
    assert_eq!(decide(&sidecar, &pending, "approve").await.0, 409);
    assert_eq!(decide(&sidecar, &pending, "deny").await.0, 409);
    let unknown = json!({ "review_id": "nope" });
    assert_eq!(decide(&sidecar, &unknown, "approve").await.0, 404);
    assert_eq!(ask(&sidecar, &review_request(1)).await["status"], "denied");
}

#[tokio::test]
async fn one_tenant_cannot_fill_the_queue_of_all() {
    let scratch = Scratch::new();
    let bounds = json!({ "review": { "max_pending": 4, "max_pending_per_tenant": 2 } });
    let sidecar = Sidecar::start(&scratch, bounds);
    let of = |tenant: &str, n: u32| {
        let mut request = review_request(n);
        request["tenant"] = json!(tenant);
        request
    };
    for n in 0..2 {
        ask(&sidecar, &of("acme", n)).await;
    }
    let (status, full) = sidecar.post("/v1/reviews", &of("acme", 2)).await;
    assert_eq!((status, &full["error"]["code"]), (503, &json!("queue_full")));
    assert_eq!(ask(&sidecar, &of("acme", 1)).await["status"], "pending", "an open one is still found");
    for (n, tenant) in [(10, "b"), (11, "c")] {
        ask(&sidecar, &of(tenant, n)).await;
    }
    assert_eq!(sidecar.post("/v1/reviews", &of("d", 12)).await.0, 503);
}

#[tokio::test]
async fn lists_are_paged_and_filtered() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    for n in 0..5 {
        let pending = ask(&sidecar, &review_request(n)).await;
        if n % 2 == 0 {
            decide(&sidecar, &pending, "deny").await;
        }
    }
    let (_, page) = sidecar.admin_get("/v1/reviews?limit=3").await;
    assert_eq!((page["reviews"].as_array().unwrap().len(), &page["next"]), (3, &json!(3)));
    let (_, page) = sidecar.admin_get("/v1/reviews?limit=3&after=3").await;
    assert_eq!((page["reviews"].as_array().unwrap().len(), &page["next"]), (2, &Value::Null));
    let (_, page) = sidecar.admin_get("/v1/reviews?status=pending").await;
    assert!(page["reviews"].as_array().unwrap().iter().all(|r| r["status"] == "pending"));
    assert_eq!(sidecar.admin_get("/v1/reviews?status=maybe").await.0, 400);
}

#[tokio::test]
async fn impossible_requests_are_refused() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    for (field, value) in [
        ("action_sha256", json!("")),
        ("action_sha256", json!("A".repeat(64))),
        ("sla_seconds", json!(0)),
        ("approval_seconds", json!(u64::MAX)),
        ("tenant", json!("x".repeat(300))),
    ] {
        let mut request = review_request(1);
        request[field] = value;
        assert_eq!(sidecar.post("/v1/reviews", &request).await.0, 400, "{field}");
    }
}
