//! Starts, updates and workers: what happens to traffic in flight when the policy changes, what a bad policy does, and
//! that many workers behave as one.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use weir_tests::envoy::{
    Chain, Envoy, EnvoyPorts, EnvoySettings, HeaderHold, Upstream, UpstreamProtocol, binary, find_mut, render,
};
use weir_tests::paced::{Paced, Protocol};
use weir_tests::process::{Process, Scratch, until};

use crate::rig::{CHAT, CLEAN, LIMIT, Plan, Rig, in_pieces, model, unharmed, upstream};

const EMAIL: &str = r#"{"stream":true,"messages":[{"role":"user","content":"jane@example.org"}]}"#;

/// Moves the listeners into a file that Envoy watches.
fn watched(config: &mut Value, file: &Path) -> Value {
    let listeners = config["static_resources"]["listeners"].take();
    config["static_resources"].as_object_mut().unwrap().remove("listeners");
    config["node"] = json!({ "id": "test", "cluster": "test" });
    config["dynamic_resources"] = json!({ "lds_config": {
        "resource_api_version": "V3",
        "path_config_source": { "path": file, "watched_directory": { "path": file.parent() } },
    } });
    listeners
}

/// Replaces the file in one step, as Envoy's file watch wants it.
fn publish(file: &Path, listeners: &Value, version: &str) {
    let resources: Vec<Value> = listeners
        .as_array()
        .unwrap()
        .iter()
        .map(|listener| {
            let mut listener = listener.clone();
            listener["@type"] = json!("type.googleapis.com/envoy.config.listener.v3.Listener");
            listener
        })
        .collect();
    let next = file.with_extension("next");
    std::fs::write(&next, json!({ "version_info": version, "resources": resources }).to_string()).unwrap();
    std::fs::rename(&next, file).unwrap();
}

fn with_policy(listeners: &Value, policy: &str) -> Value {
    let mut listeners = listeners.clone();
    *find_mut(&mut listeners, "configuration").unwrap().pointer_mut("/value").unwrap() = json!(policy);
    listeners
}

const REDACTS: &str = r#"{"version":"weir/v1","default":{"judge":{"sample_rate":0}}}"#;
const BLOCKS: &str =
    r#"{"version":"weir/v1","default":{"judge":{"sample_rate":0},"guardrails":{"pii":{"request":"block"}}}}"#;
const WRONG: &str = r#"{"version":"weir/v1","default":{"teir":"high"}}"#;

async fn a_stream_survives_an_update_and_a_bad_update_changes_nothing(version: &str) {
    let event = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"more \"}}]}\n\n";
    let events: Vec<&[u8]> = std::iter::repeat_n(&event[..], 30).collect();
    let model = upstream(in_pieces("text/event-stream", &events, Duration::from_millis(100))).await;
    let scratch = Scratch::new().unwrap();
    let settings = EnvoySettings {
        version: version.into(),
        concurrency: 1,
        chain: Chain::Weir { hold: HeaderHold::StopIteration, policy: json!({}), module: None },
        upstream: Upstream::Local(model.port(), UpstreamProtocol::Http1),
        sidecar_port: 1,
    };
    let ports = EnvoyPorts::free().unwrap();
    let mut config = render(&settings, ports.listener.number(), ports.admin.number()).unwrap();
    let file = scratch.path().join("lds.json");
    let listeners = watched(&mut config, &file);
    publish(&file, &with_policy(&listeners, REDACTS), "1");
    let envoy = Envoy::start_with(version, 1, &config, ports, &scratch).await.unwrap();
    let port = envoy.port();
    let open = || async move { weir_tests::client::Connection::open(port).await.ok().map(drop) };
    until(LIMIT, "listener", open).await.unwrap();

    let stream = tokio::spawn(Paced::post(CHAT).piece(EMAIL).send(port, Protocol::Http1));
    let arrived = || async { (model.total() == 1).then_some(()) };
    until(LIMIT, "arrival of the stream's request", arrived).await.unwrap();
    assert_eq!(model.received()[0].body, EMAIL.replace("jane@example.org", "[EMAIL_1]"));

    publish(&file, &with_policy(&listeners, BLOCKS), "2");
    let blocks = || async {
        let response = Paced::post("/blocked").piece(EMAIL).send(port, Protocol::Http1);
        let response = tokio::time::timeout(Duration::from_millis(500), response).await;
        matches!(response, Ok(Ok(r)) if r.status == 403).then_some(())
    };
    until(LIMIT, "the new policy in force", blocks).await.unwrap();

    publish(&file, &with_policy(&listeners, WRONG), "3");
    let rejected =
        || async { (envoy.stat_sum("listener_manager.lds.update_rejected").await.ok()? > 0).then_some(()) };
    until(LIMIT, "rejection of the bad policy", rejected).await.unwrap();
    assert!(envoy.log().contains("the policy is refused") && envoy.log().contains("teir"), "{}", envoy.log());
    for _ in 0..5 {
        let response = Paced::post("/blocked").piece(EMAIL).send(port, Protocol::Http1).await.unwrap();
        assert_eq!(response.status, 403, "the old policy is not in force any more");
    }

    let streamed = stream.await.unwrap().unwrap();
    assert_eq!(streamed.body, events.concat(), "the stream in flight was harmed");
    unharmed(&envoy).await;
}

async fn a_bad_policy_at_the_start_is_said_and_nothing_starts(version: &str) {
    let settings = EnvoySettings {
        version: version.into(),
        concurrency: 1,
        chain: Chain::Weir {
            hold: HeaderHold::StopIteration,
            policy: json!({ "default": { "tier": "lowest" } }),
            module: None,
        },
        upstream: Upstream::Local(1, UpstreamProtocol::Http1),
        sidecar_port: 1,
    };
    let (ports, scratch) = (EnvoyPorts::free().unwrap(), Scratch::new().unwrap());
    let config = render(&settings, ports.listener.number(), ports.admin.number()).unwrap();
    let config = scratch.write("envoy.json", config.to_string()).unwrap();
    let mut command = Command::new(binary(version).unwrap());
    command.arg("-c").arg(config).args(["--disable-hot-restart", "--concurrency", "1"]);
    let mut process = Process::spawn("envoy", command, scratch.path()).unwrap();
    assert!(!process.wait(LIMIT).await.unwrap().success());
    let log = process.log();
    assert!(log.contains("the policy is refused"), "{log}");
    assert!(log.contains("default.tier") && log.contains("lowest") && log.contains("critical"), "{log}");
}

/// Nine VMs tick; one of them polls, the others read what it publishes.
async fn of_many_workers_one_polls(version: &str) {
    let model = model().await;
    let rig = Rig::start(Plan { workers: 8, ..Plan::new(version, model.port()) }).await;
    let polls = || rig.sidecar.polls("weir-sidecar");
    let first = || async { (polls().total > 0).then_some(()) };
    until(LIMIT, "the first poll", first).await.unwrap();
    let (start, before) = (std::time::Instant::now(), polls().total);
    // A quiet poll takes two seconds, so three of them show a rhythm.
    let more = || async { (polls().total >= before + 3).then_some(()) };
    until(LIMIT, "three more polls", more).await.unwrap();
    assert!(start.elapsed() > Duration::from_secs(3), "three polls in {:?}", start.elapsed());
    assert_eq!(polls().most_open, 1, "polls at once");
    // What one worker has polled every worker knows.
    rig.sidecar.set_control(Some(
        serde_json::from_value(json!({
            "version": 77, "kill": { "actor": "a", "reason": "r" }, "scopes": [],
        }))
        .unwrap(),
    ));
    let confirmed = || async { (polls().confirmed == 77).then_some(()) };
    until(LIMIT, "confirmation", confirmed).await.unwrap();
    for _ in 0..40 {
        // Every connection may be another worker's.
        assert_eq!(rig.post(CLEAN).await.status, 503);
    }
    rig.end().await;
}

on_both_envoys!(
    a_stream_survives_an_update_and_a_bad_update_changes_nothing,
    a_bad_policy_at_the_start_is_said_and_nothing_starts,
    of_many_workers_one_polls,
);
