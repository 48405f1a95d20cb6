//! The admin port gives nothing away without the token, and operators' commands work with it.

use std::process::Output;

use serde_json::{Value, json};

use crate::process::{Scratch, Sidecar, TOKEN, review_request, weir};

#[tokio::test]
async fn nothing_is_answered_without_the_token() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let routes = [
        "/",
        "/metrics",
        "/healthz",
        "/v1/status",
        "/v1/control",
        "/v1/control/trip",
        "/v1/control/kill",
        "/v1/reviews",
        "/v1/reviews/x",
        "/v1/reviews/x/approve",
        "/no/such/route",
        "/v1/judge",
        "/v1/events",
    ];
    let almost = &TOKEN[..TOKEN.len() - 1];
    let offers = [
        None,
        Some(String::new()),
        Some("Bearer".into()),
        Some("Bearer ".into()),
        Some(format!("Bearer {almost}")),
        Some(format!("Bearer {TOKEN}0")),
        Some(format!("Bearer  {TOKEN}")),
        Some(format!("Basic {TOKEN}")),
        Some(TOKEN.to_owned()),
    ];
    let mut answers = std::collections::HashSet::new();
    for route in routes {
        for offer in &offers {
            for method in [reqwest::Method::GET, reqwest::Method::POST, reqwest::Method::DELETE] {
                let call = sidecar.client().request(method, format!("{}{route}", sidecar.admin)).body("{");
                let call = match offer {
                    Some(offer) => call.header("authorization", offer),
                    None => call,
                };
                let response = call.send().await.unwrap();
                assert_eq!(response.status(), 401, "{route} {offer:?}");
                answers.insert(response.text().await.unwrap());
            }
        }
    }
    assert_eq!(answers.len(), 1, "every refusal is the same: {answers:?}");
}

#[tokio::test]
async fn the_data_port_has_no_admin_routes() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    for route in ["/metrics", "/v1/control/kill", "/v1/control/trip", "/v1/reviews/x/approve", "/v1/status"] {
        let url = format!("{}{route}", sidecar.data);
        let call =
            sidecar.client().post(url).bearer_auth(TOKEN).json(&json!({ "actor": "a", "reason": "b" }));
        assert_eq!(call.send().await.unwrap().status(), 404, "{route}");
    }
}

#[tokio::test]
async fn a_missing_token_is_made_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let made = scratch.path().join("made.token");
    let sidecar = Sidecar::start(&scratch, json!({ "admin": { "token_file": made } }));
    let token = std::fs::read_to_string(&made).unwrap();
    assert_eq!(token.len(), 64);
    assert_eq!(std::fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o600);
    let status = sidecar.client().get(format!("{}/v1/status", sidecar.admin)).bearer_auth(&token);
    assert_eq!(status.send().await.unwrap().status(), 200);
    for name in ["audit.jsonl", "weir.sqlite"] {
        let mode = std::fs::metadata(scratch.store().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is private");
    }
}

#[tokio::test]
async fn operators_have_commands() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let run = |arguments: &[&str]| -> Output {
        let mut command = weir(arguments);
        command
            .env("WEIR_ADMIN_URL", &sidecar.admin)
            .env("WEIR_ADMIN_TOKEN_FILE", scratch.path().join("token"));
        command.env("USER", "ann").output().unwrap()
    };
    let json_of = |output: &Output| -> Value { serde_json::from_slice(&output.stdout).unwrap_or_default() };
    let (_, outcome) = sidecar.post("/v1/reviews", &review_request(1)).await;
    let id = outcome["review_id"].as_str().unwrap();
    for arguments in [
        vec!["trip", "route:chat", "--reason", "drill", "--seconds", "60"],
        vec!["pace", "tenant:acme", "alternate", "--reason", "drill"],
        vec!["kill", "--reason", "drill"],
        vec!["unkill", "--reason", "drill", "--actor", "bob"],
        vec!["reset", "route:chat", "--reason", "drill"],
        vec!["approve", id, "--note", "fine"],
    ] {
        let output = run(&arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
    assert_eq!(run(&["deny", id]).status.code(), Some(1), "decided already");
    let status = json_of(&run(&["status"]));
    assert_eq!(status["control"]["scopes"][0]["scope"], "tenant:acme");
    assert_eq!(status["reviews"]["approved"], 1);
    let reviews = json_of(&run(&["reviews", "--status", "approved"]));
    assert_eq!(
        (&reviews["reviews"][0]["actor"], &reviews["reviews"][0]["note"]),
        (&json!("ann"), &json!("fine"))
    );
    let nobody =
        weir(&["status", "--admin", "http://127.0.0.1:1"]).env("WEIR_ADMIN_TOKEN", "x").output().unwrap();
    assert_eq!(nobody.status.code(), Some(69));
    assert_eq!(weir(&["status"]).output().unwrap().status.code(), Some(64), "no token");
}
