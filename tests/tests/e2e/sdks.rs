//! The official SDKs through the proxy. What they must see is in `tests/sdk/table.py`; here is what they meet: one
//! proxy whose tenants have other settings, a mock model, no judge, and one tenant whose breaker is open.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;
use weir_tests::envoy::UpstreamProtocol;
use weir_tests::mock_model;
use weir_tests::ports::Port;
use weir_tests::process::until;

use crate::rig::{LIMIT, Plan, Rig};

async fn the_sdks_understand_every_answer(version: &str) {
    let model = mock_model::start(0, UpstreamProtocol::Http1).await.unwrap();
    let (rig, _silent) = guarded(version, model.port()).await;
    let mut command = Command::new(python());
    command.arg(sdk()).arg(format!("http://127.0.0.1:{}", rig.port()));
    assert_passed(command).await;
    rig.end().await;
}

/// The proxy that the table is about, before a model or an agent. Streams are guarded in flight, and held until their end
/// for the tenants whose names begin with `held-`. With it the upstream that never answers.
pub async fn guarded(version: &str, upstream: u16) -> (Rig, TcpListener) {
    let blocks = json!({ "secrets": { "response": "block" } });
    let refusal = json!({ "shape": "completion", "message": "I cannot help with that." });
    let fallback = json!({ "shape": "completion", "message": "Back soon." });
    let tenants = [
        ("", json!({})),
        ("outbound", json!({ "guardrails": { "pii": { "request": "allow" } } })),
        ("strict", json!({ "guardrails": blocks })),
        ("completion", json!({ "guardrails": blocks, "refusal": refusal })),
        ("judged", json!({ "judge": { "request": "hold", "sample_rate": 1.0, "on_unavailable": "refuse" } })),
        ("watched", json!({ "layers": { "guardrails": "detect" } })),
        ("fallback", json!({ "circuit_breaker": { "fallback": fallback } })),
    ];
    let overrides = tenants.into_iter().flat_map(|(name, set)| {
        let mut held = set.clone();
        held["guardrails"]["streams"] = json!({ "mode": "hold" });
        [(name.to_owned(), set), (format!("held-{name}"), held)]
    });
    let named = overrides.filter(|(name, _)| !name.is_empty());
    let overrides = named.map(|(name, set)| json!({ "name": name, "match": { "tenant": name }, "set": set }));
    let policy = json!({
        "identity": { "tenant": { "header": "x-tenant" } },
        "default": { "judge": { "sample_rate": 0 }, "guardrails": { "streams": { "mode": "in_flight" } } },
        "overrides": overrides.collect::<Vec<_>>(),
    });
    // Connections to the one wait for ever, and nobody listens where the other is.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let unreachable = Port::free().unwrap();
    let upstreams = [("silent", silent.local_addr().unwrap().port()), ("unreachable", unreachable.number())];
    let change = |config: &mut Value| upstreams.iter().for_each(|(name, port)| route(config, name, *port));
    let rig = Rig::start(Plan { policy, change: &change, ..Plan::new(version, upstream) }).await;
    open_breakers(&rig, &["tenant:fallback", "tenant:held-fallback"]).await;
    (rig, silent)
}

/// Sends the requests of a tenant, and of its like whose streams are held, to an upstream of their own, which has little time.
fn route(config: &mut Value, tenant: &str, port: u16) {
    let resources = &mut config["static_resources"];
    let mut cluster = resources["clusters"][0].clone();
    cluster["name"] = json!(tenant);
    cluster["load_assignment"]["cluster_name"] = json!(tenant);
    let endpoint =
        cluster.pointer_mut("/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address");
    endpoint.unwrap()["port_value"] = json!(port);
    resources["clusters"].as_array_mut().unwrap().push(cluster);
    let routes = "/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/routes";
    let header = json!({ "name": "x-tenant", "string_match": { "suffix": tenant } });
    let route = json!({
        "name": tenant, "match": { "prefix": "/", "headers": [header] },
        "route": { "cluster": tenant, "timeout": "0.3s" },
    });
    resources.pointer_mut(routes).unwrap().as_array_mut().unwrap().insert(0, route);
}

/// Opens the breakers of these scopes.
pub async fn open_breakers(rig: &Rig, scopes: &[&str]) {
    let open = scopes.iter().map(|scope| {
        json!({ "scope": scope, "breaker": { "state": "open", "until_unix_ms": null }, "pace": "primary" })
    });
    let control = json!({ "version": 5, "kill": null, "scopes": open.collect::<Vec<_>>() });
    rig.sidecar.set_control(Some(serde_json::from_value(control).unwrap()));
    let confirmed = || async { (rig.sidecar.polls("weir-sidecar").confirmed == 5).then_some(()) };
    until(LIMIT, "confirmation of the control state", confirmed).await.unwrap();
}

/// Runs what plays the SDKs; it says itself what failed.
pub async fn assert_passed(mut command: Command) {
    command.env("WEIR_NODE", tool("node/bin/node")).kill_on_drop(true);
    let output = tokio::time::timeout(PLAY_LIMIT, command.output()).await;
    let output = output.expect("the SDKs hang").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(" passed"), "{said}");
    println!("{said}");
}

/// The Python that has the SDKs.
pub fn python() -> PathBuf {
    tool("sdks/bin/python")
}

/// Where the programs are that play the SDKs.
pub fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk")
}

fn tool(path: &str) -> PathBuf {
    let tools = std::env::var_os("WEIR_TOOLS").expect("the environment variable WEIR_TOOLS (set by make)");
    let tool = PathBuf::from(tools).join(path);
    assert!(tool.is_file(), "`{}` is not there (`make sdk`)", tool.display());
    tool
}

/// Longer than every client takes on a busy machine.
const PLAY_LIMIT: Duration = Duration::from_secs(600);

on_every_envoy!(the_sdks_understand_every_answer);
