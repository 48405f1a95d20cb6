//! Wrong configurations and policies: exit 64, the place, what is allowed, and no port.

use std::process::Output;

use serde_json::json;

use crate::process::{Scratch, Sidecar, weir};

fn serve(scratch: &Scratch, config: &str) -> Output {
    let file = scratch.write("config.yaml", config);
    weir(&["serve", "--config", file.to_str().unwrap()]).output().unwrap()
}

#[test]
fn wrong_configurations_exit_64_and_name_the_field() {
    let scratch = Scratch::new();
    let file = scratch.write("file", "x");
    scratch.write("short.token", "secret");
    let store = |rest: &str| format!("store: {{ directory: {} }}\n{rest}", scratch.store().display());
    let model = |rest: &str| store(&format!("judge: {{ openai_compatible: {{ {rest} }} }}"));
    for (config, named) in [
        (String::new(), "`store.directory` is missing"),
        (store("dta: {}"), "config.yaml:2:1: "),
        (store("data: { port: 1 }"), "port"),
        (store("data: { listen: localhost }"), "`data.listen`"),
        (store("data: { listen: \"0.0.0.0:0\" }"), "`data.exposure: network`"),
        (store("admin: { listen: \"[::]:0\" }"), "`admin.exposure: network`"),
        (store("data: { listen: \"127.0.0.1:8312\" }"), "two ports"),
        (store(&format!("data: {{ unix: {} }}", file.display())), "not a socket"),
        (store("data: { unix: /no/such/place/s }"), "`data.unix`"),
        (format!("store: {{ directory: {}/sub }}", file.display()), "`store.directory`"),
        (store(&format!("admin: {{ token_file: {}/short.token }}", scratch.path().display())), "shorter"),
        (store("admin: { token_file: /no/such/place/token }"), "`admin.token_file`"),
        (store("judge: oracle"), "oracle"),
        (model("base_url: \"ftp://x\", model: m"), "base_url"),
        (model("base_url: \"http://x\""), "model"),
        (model("base_url: \"http://x\", model: m, timeout_ms: 0"), "timeout_ms"),
        (model("base_url: \"http://x\", model: m, max_concurrency: 0"), "max_concurrency"),
        (model("base_url: \"http://x\", model: m, api_key_file: /none"), "api_key_file"),
        (model("base_url: \"http://x\", model: m, api_key_env: WEIR_NOT_SET"), "WEIR_NOT_SET"),
        (store("control: { breaker: { failure_rate: 2.0 } }"), "`control.breaker.failure_rate`"),
        (store("control: { breaker: { window_seconds: 0 } }"), "`control.breaker.window_seconds`"),
        (store("review: { max_pending: 0 }"), "`review.max_pending`"),
        ("{".into(), "config.yaml:"),
    ] {
        let output = serve(&scratch, &config);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(64), "{config}: {text}");
        assert!(text.contains(named), "{config}: `{named}` not in {text}");
        assert!(!text.contains("listening"), "{config}");
    }
}

#[test]
fn command_line_errors_exit_64_and_help_exits_0() {
    for (arguments, code) in [
        (&["serve", "--confg"][..], 64),
        (&["nonsense"], 64),
        (&[], 64),
        (&["--help"], 0),
        (&["--version"], 0),
    ] {
        assert_eq!(weir(arguments).output().unwrap().status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_taken_port_or_directory_exits_69() {
    let scratch = Scratch::new();
    let sidecar = Sidecar::start(&scratch, json!({}));
    let taken = sidecar.data.trim_start_matches("http://");
    let other = Scratch::new();
    let config = format!(
        "{{ store: {{ directory: {} }}, data: {{ listen: \"{taken}\" }}, admin: {{ listen: \"127.0.0.1:0\" }} }}",
        other.store().display()
    );
    assert_eq!(serve(&other, &config).status.code(), Some(69));
    let config = format!(
        "{{ store: {{ directory: {} }}, data: {{ listen: \"127.0.0.1:0\" }}, admin: {{ listen: \"127.0.0.1:0\" }} }}",
        scratch.store().display()
    );
    let output = serve(&other, &config);
    assert_eq!(output.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&output.stderr).contains("in use by another sidecar"));
}

#[tokio::test]
async fn the_shipped_configuration_serves() {
    let shipped = include_str!("../../../envoy/local/sidecar.yaml");
    let scratch = Scratch::new();
    let config = shipped.replace("127.0.0.1:8311", "127.0.0.1:0").replace("127.0.0.1:8312", "127.0.0.1:0");
    let config = config.replace("directory: .weir", &format!("directory: {}", scratch.store().display()));
    assert_ne!(config, shipped);
    let sections = serde_saphyr::from_str::<serde_json::Value>(&config).unwrap();
    let sidecar = Sidecar::start(&scratch, sections);
    assert_eq!(sidecar.get("/readyz").await.0, 200);
    // The model that is commented out must be right too.
    let model: String = shipped
        .lines()
        .skip_while(|l| *l != "# judge:")
        .take_while(|l| l.starts_with('#'))
        .map(|l| format!("{}\n", &l[2..]))
        .collect();
    let model = model.replace("api_key_env: OPENAI_API_KEY", "api_key_env: PATH");
    let other = Scratch::new();
    let sidecar = Sidecar::start(&other, serde_saphyr::from_str(&model).unwrap());
    let (_, status) = sidecar.admin_get("/v1/status").await;
    assert_eq!(status["judge"]["kind"], "openai_compatible");
}

#[test]
fn policies_are_checked_with_their_place() {
    let scratch = Scratch::new();
    let good = scratch.write("good.yaml", "version: weir/v1\nname: acme\n");
    let bad = scratch.write("bad.yaml", "version: weir/v1\nname: acme\ndefault:\n  tier: extreme\n");
    let output = weir(&["check", good.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("good.yaml: acme@"));
    let output =
        weir(&["check", good.to_str().unwrap(), bad.to_str().unwrap(), "/no/such"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(64));
    assert!(text.contains("bad.yaml:4:9: default.tier: ") && text.contains("`critical`"), "{text}");
    assert!(text.contains("/no/such: cannot be read"), "{text}");
}

#[test]
fn the_schema_is_a_json_schema() {
    let output = weir(&["schema"]).output().unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["title"], "PolicyDocument");
    assert!(schema["properties"]["default"].is_object());
}
