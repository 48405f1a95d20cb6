//! The manifests below `envoy/istio` and `envoy/envoy-gateway`: the engine parses every policy in them, and the real
//! Envoy takes what they make of a gateway's configuration and guards traffic with it. Their shape as Kubernetes
//! objects is checked in `tests/node/manifests.test.mjs`, by the projects' own CRD types.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, and its inputs are this repository"
)]

mod documents;
mod gateway;

use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use weir_engine::policy::document::HeaderHold;
use weir_engine::policy::{Policy, Selector};
use weir_tests::encoded::{ATTACK, CLEAN, DECODED, DEFLATED, Encoded};
use weir_tests::envoy::{DEFAULT_VERSION, Envoy, EnvoyPorts, UpstreamProtocol, VERSIONS, binary};
use weir_tests::ports::Port;
use weir_tests::process::{Process, Scratch};
use weir_tests::server::{Reply, Server};
use weir_tests::{client, mock_model, sidecar};

use documents::{Embedded, all, embedded_policies, named};
use gateway::Gateway;

/// The installs that are documented, as the files a person applies together.
const INSTALLS: &[(&str, &[&str])] = &[
    (
        "istio, headers held",
        &["istio/envoyfilter.yaml", "istio/envoyfilter-decompression.yaml", "istio/sidecar-same-pod.yaml"],
    ),
    (
        "istio, WasmPlugin and buffer",
        &[
            "istio/wasmplugin.yaml",
            "istio/envoyfilter-buffer.yaml",
            "istio/envoyfilter-decompression.yaml",
            "istio/sidecar-same-pod.yaml",
        ],
    ),
    (
        "istio, TrafficExtension and buffer",
        &[
            "istio/trafficextension.yaml",
            "istio/envoyfilter-buffer.yaml",
            "istio/envoyfilter-decompression.yaml",
            "istio/sidecar-service.yaml",
        ],
    ),
    (
        "envoy gateway, its own API",
        &[
            "envoy-gateway/envoyextensionpolicy.yaml",
            "envoy-gateway/decompression.yaml",
            "envoy-gateway/sidecar.yaml",
        ],
    ),
    (
        "envoy gateway, headers held",
        &[
            // The order in which files are applied does not matter; their priority does.
            "envoy-gateway/decompression.yaml",
            "envoy-gateway/envoypatchpolicy.yaml",
            "envoy-gateway/sidecar.yaml",
        ],
    ),
];

#[test]
fn every_manifest_belongs_to_an_install() {
    let listed: Vec<&str> = INSTALLS.iter().flat_map(|(_, files)| files.iter().copied()).collect();
    for document in all() {
        assert!(listed.contains(&document.file.as_str()), "`{}` is in no install", document.file);
    }
}

#[test]
fn the_engine_parses_every_policy_and_its_header_hold_fits_the_deployment() {
    let policies = embedded_policies(&all());
    assert_eq!(policies.len(), 5, "every install carries one policy");
    for Embedded { file, holds_headers, text } in policies {
        let policy = Policy::parse(&text).unwrap_or_else(|error| panic!("`{file}`: {error}"));
        // The engine here reads YAML too; the filter does not.
        serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("`{file}`: {error}"));
        let expected = if holds_headers { HeaderHold::StopIteration } else { HeaderHold::Continue };
        assert_eq!(policy.header_hold, expected, "`{file}`");
    }
}

#[test]
fn a_wrong_policy_in_a_manifest_is_found() {
    let mut documents = named(&["istio/wasmplugin.yaml"]);
    let config = documents[0].value.pointer_mut("/spec/pluginConfig/default").unwrap();
    *config = serde_json::json!({ "teir": "medium" });
    let error = Policy::parse(&embedded_policies(&documents)[0].text).unwrap_err();
    assert!(error.to_string().contains("teir"), "{error}");
}

#[test]
fn every_policy_names_a_cluster_that_its_install_brings() {
    for (name, files) in INSTALLS {
        let documents = named(files);
        let clusters = documents::clusters(&documents);
        for embedded in embedded_policies(&documents) {
            let policy = Policy::parse(&embedded.text).unwrap();
            assert!(
                clusters.contains(&policy.sidecar.cluster),
                "{name}: `{}`, not in {clusters:?}",
                policy.sidecar.cluster
            );
        }
    }
}

#[test]
fn the_buffer_holds_every_request_the_policy_accepts() {
    for (name, files) in INSTALLS {
        let documents = named(files);
        let Some(buffer) = documents::buffer_bytes(&documents) else { continue };
        for embedded in embedded_policies(&documents) {
            let policy = Policy::parse(&embedded.text).unwrap();
            let limit = policy.settings(&Selector::default(), None).max_body_bytes.request;
            assert!(limit <= buffer, "{name}: the policy accepts {limit} bytes, the buffer {buffer}");
        }
    }
}

#[test]
fn no_manifest_lets_traffic_through_when_the_filter_fails() {
    for document in all() {
        let text = document.value.to_string();
        for open in ["FAIL_OPEN", "\"failOpen\":true", "fail_open"] {
            assert!(!text.contains(open), "`{}` has {open}", document.file);
        }
    }
}

#[test]
fn envoy_accepts_what_every_install_makes_of_a_gateway() {
    let scratch = Scratch::new().unwrap();
    for (name, files) in INSTALLS {
        let config = Gateway::default().with(&named(files)).resolved();
        let output = validate(&config, &scratch);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn envoy_refuses_a_misspelt_setting() {
    let scratch = Scratch::new().unwrap();
    let mut documents = named(INSTALLS[0].1);
    let config =
        documents[0].value.pointer_mut("/spec/configPatches/0/patch/value/typed_config/config").unwrap();
    config["allow_on_header_stop_iteration"] = Value::Bool(true);
    let output = validate(&Gateway::default().with(&documents).resolved(), &scratch);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && log.contains("allow_on_header_stop_iteration"), "{log}");
}

#[test]
fn every_install_guards_traffic_in_the_real_envoy() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (version, (name, files)) in
        VERSIONS.iter().flat_map(|version| INSTALLS.iter().map(move |i| (version, i)))
    {
        runtime.block_on(guards_traffic(version, name, files));
    }
}

async fn guards_traffic(version: &str, name: &str, files: &[&str]) {
    let scratch = Scratch::new().unwrap();
    let model = Server::start(0, UpstreamProtocol::Http1, |received| {
        let asked = received.headers.get(ASKED).map(|encoding| encoding.to_str().unwrap());
        let encoded = encodings().into_iter().find(|body| Some(body.encoding) == asked);
        let Some(body) = encoded else { return mock_model::answer(received) };
        let mut reply = Reply::whole(200, "application/json", body.leak());
        reply.headers.push(("content-encoding".into(), body.encoding.into()));
        reply
    });
    let model = model.await.unwrap();
    let ports = EnvoyPorts::free().unwrap();
    let gateway =
        Gateway { listener: ports.listener.number(), admin: ports.admin.number(), upstream: model.port() };
    // Nothing listens where the manifests expect the sidecar: at tier medium the deterministic layer goes on alone.
    let config = gateway.with(&named(files)).served(&scratch);
    let envoy = Envoy::start_with(version, 1, &config, ports, &scratch).await.unwrap();
    let send = |headers: &[(&str, &str)], body: Vec<u8>| {
        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect();
        let port = envoy.port();
        async move {
            let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            client::post(port, "/v1/chat/completions", &headers, body).await.unwrap()
        }
    };
    for (body, expected) in [(CLEAN, 200), (ATTACK, 403)] {
        let response = send(&[], body.into()).await;
        assert_eq!(response.status, expected, "{version} {name}: {}\n{}", response.text(), envoy.log());
    }
    for body in encodings() {
        let is_decoded = DECODED.iter().any(|decoded| decoded.encoding == body.encoding);
        let expected = if is_decoded { [200, 403] } else { [415, 415] };
        for (bytes, expected) in [body.clean(), body.attack()].into_iter().zip(expected) {
            let response = send(&[("content-encoding", body.encoding)], bytes).await;
            assert_eq!(response.status, expected, "{version} {name}: {}: {}", body.encoding, response.text());
        }
        let asked = [("accept-encoding", body.encoding), (ASKED, body.encoding)];
        let response = send(&asked, CLEAN.into()).await;
        assert_eq!(response.status, 502, "{version} {name}: {} answer: {}", body.encoding, response.text());
        response.json().unwrap();
    }
    for received in model.received() {
        let is_whole = received.body == CLEAN && !received.headers.contains_key("content-encoding");
        // Where headers cannot be held for a wrong body, the upstream sees them and nothing more.
        assert!(is_whole || received.body.is_empty(), "{version} {name}: {received:?}");
        assert!(!received.headers.contains_key("accept-encoding"), "{version} {name}: {received:?}");
    }
}

/// Every encoding that clients use.
fn encodings() -> Vec<Encoded> {
    DECODED.into_iter().chain([DEFLATED]).collect()
}

#[test]
fn the_sidecar_starts_with_every_configuration_that_is_shipped() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut configurations = documents::sidecar_configurations(&all());
    assert_eq!(configurations.len(), 3, "every way to run a sidecar carries its configuration");
    configurations.push(documents::file("local/sidecar.yaml"));
    for configuration in configurations {
        runtime.block_on(starts(&configuration));
    }
}

/// Starts the sidecar with ports and a directory of its own, which is all a test may change.
async fn starts(configuration: &str) {
    let scratch = Scratch::new().unwrap();
    let (data, admin) = (Port::free().unwrap(), Port::free().unwrap());
    let mut command = Command::new(sidecar::binary().unwrap());
    command.arg("serve").arg("--config").arg(scratch.write("sidecar.yaml", configuration).unwrap());
    command.env("WEIR_ADMIN_TOKEN", "0123456789abcdef0123456789abcdef");
    command.env("WEIR_STORE", scratch.path().join("store"));
    command.env("WEIR_DATA_LISTEN", format!("127.0.0.1:{}", data.number()));
    command.env("WEIR_ADMIN_LISTEN", format!("127.0.0.1:{}", admin.number()));
    let mut process = Process::spawn("weir", command, scratch.path()).unwrap();
    let port = data.number();
    let ready = || async move { client::get(port, "/readyz").await.ok().filter(|r| r.status == 200) };
    process.until(START_LIMIT, "answer of /readyz", ready).await.unwrap();
}

fn validate(config: &Value, scratch: &Scratch) -> Output {
    let path = scratch.write("validate.json", config.to_string()).unwrap();
    Command::new(binary(DEFAULT_VERSION).unwrap())
        .args(["--mode", "validate", "--log-level", "error", "-c"])
        .arg(path)
        .output()
        .unwrap()
}

const START_LIMIT: Duration = Duration::from_secs(30);
/// Names the encoding in which the upstream answers, asked or not.
const ASKED: &str = "x-encoding";
