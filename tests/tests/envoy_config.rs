//! `envoy/local/envoy.yaml` as it is shipped: both ends of the supported range of Envoy accept it, with nothing changed
//! but where the module lies, and the settings that were each found by a bypass or a hang are there.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use weir_tests::envoy;

const SHIPPED: &str = include_str!("../../envoy/local/envoy.yaml");
const VERSIONS: [&str; 2] = ["1.40.0", "1.36.4"];
const FILTERS: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";

fn config() -> Value {
    serde_saphyr::from_str(SHIPPED).unwrap()
}

fn filter(kind: &str) -> Value {
    let config = config();
    let filters = config.pointer(FILTERS).and_then(Value::as_array).unwrap();
    let is_kind = |f: &&Value| {
        f.pointer("/typed_config/@type").and_then(Value::as_str).is_some_and(|t| t.ends_with(kind))
    };
    filters.iter().find(is_kind).unwrap_or_else(|| panic!("no filter `{kind}`")).clone()
}

fn validate(version: &str, path: &Path) -> std::process::Output {
    Command::new(envoy::binary(version).unwrap())
        .args(["--mode", "validate", "-l", "warn", "-c"])
        .arg(path)
        .output()
        .unwrap()
}

/// A file of this test's own, removed when it ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("weir-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn every_supported_envoy_accepts_the_shipped_configuration() {
    let module = envoy::wasm().unwrap();
    let text = SHIPPED.replace("target/weir.wasm", &module.display().to_string());
    assert_ne!(text, SHIPPED, "the path of the module is patched");
    let file = Scratch::new("shipped.yaml", &text);
    for version in VERSIONS {
        let output = validate(version, &file.0);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{version}: {said}");
        assert!(!said.contains("deprecated"), "{version}: {said}");
    }
}

#[test]
fn validation_notices_a_setting_that_is_misspelt() {
    let file = Scratch::new(
        "misspelt.yaml",
        &SHIPPED.replace("failure_policy: FAIL_RELOAD", "failure_policy: FAIL_RELAOD"),
    );
    for version in VERSIONS {
        assert!(!validate(version, &file.0).status.success(), "{version}");
    }
}

#[test]
fn the_settings_that_prevent_a_bypass_or_a_hang_are_shipped() {
    let wasm = filter(".wasm.v3.Wasm");
    for (at, want) in [
        ("/typed_config/config/allow_on_headers_stop_iteration", json!(true)),
        ("/typed_config/config/failure_policy", json!("FAIL_RELOAD")),
        ("/typed_config/config/reload_config/backoff/base_interval", json!("0.05s")),
        ("/typed_config/config/vm_config/vm_id", json!("weir")),
    ] {
        assert_eq!(wasm.pointer(at), Some(&want), "{at}");
    }
    let filters = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/http_filters";
    let config = config();
    let filters = config.pointer(filters).and_then(Value::as_array).unwrap();
    let decompressors = filters.iter().filter(|f| f.to_string().contains(".decompressor.v3.Decompressor"));
    let at = "/typed_config/response_direction_config/common_config/enabled/default_value";
    let responses: Vec<_> = decompressors.map(|filter| filter.pointer(at)).collect();
    assert_eq!(responses, [Some(&json!(false)); 3], "a decompressed response hangs when it is held");
    assert!(
        !SHIPPED.lines().any(|l| l.trim_start().starts_with("upgrade_configs")),
        "upgrades cannot be inspected"
    );
}

#[test]
fn the_shipped_buffers_are_larger_than_what_the_policy_holds() {
    let config = config();
    let listener = "/static_resources/listeners/0/per_connection_buffer_limit_bytes";
    let route = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config/route_config/virtual_hosts/0/request_body_buffer_limit";
    for at in [listener, route] {
        let bytes = config.pointer(at).and_then(Value::as_u64).unwrap();
        let held = u64::try_from(weir_engine::limits::DEFAULT_BODY_BYTES).unwrap();
        assert!(bytes > held, "{at}: {bytes}");
    }
}

#[test]
fn the_engine_accepts_the_shipped_policy_and_it_is_json() {
    let policy = filter(".wasm.v3.Wasm");
    let text = policy.pointer("/typed_config/config/configuration/value").and_then(Value::as_str).unwrap();
    weir_engine::session::Engine::compile(text).unwrap();
    // The filter is built without YAML.
    serde_json::from_str::<Value>(text).unwrap();
}
