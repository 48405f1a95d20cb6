//! The test tools against the real Envoy: what they start is what they say. Decisions are tested elsewhere.

use serde_json::json;
use weir_tests::client;
use weir_tests::envoy::{
    Chain, DEFAULT_VERSION, Envoy, EnvoyPorts, EnvoySettings, Upstream, UpstreamProtocol,
};
use weir_tests::mock_model;
use weir_tests::process::Scratch;

async fn passes_a_chat(protocol: UpstreamProtocol) {
    let model = mock_model::start(0, protocol).await.unwrap();
    let scratch = Scratch::new().unwrap();
    let settings = EnvoySettings {
        version: DEFAULT_VERSION.into(),
        concurrency: 1,
        chain: Chain::Plain,
        upstream: Upstream::Local(model.port(), protocol),
        sidecar_port: 1,
    };
    let envoy = Envoy::start(&settings, EnvoyPorts::free().unwrap(), &scratch).await.unwrap();
    let body = json!({ "messages": [{ "role": "user", "content": "repeat: through Envoy" }] }).to_string();
    let response = client::post(envoy.port(), "/v1/chat/completions", &[], body.clone()).await.unwrap();
    assert_eq!(response.status, 200, "{}", response.text());
    assert!(response.text().contains("through Envoy"));
    assert_eq!(model.received().pop().unwrap().body, body);
    assert!(envoy.resident_kib().unwrap() > 10_000, "the launcher was measured, not Envoy");
}

#[tokio::test]
async fn plain_envoy_passes_a_chat_to_the_mock_model_over_http1() {
    passes_a_chat(UpstreamProtocol::Http1).await;
}

#[tokio::test]
async fn plain_envoy_passes_a_chat_to_the_mock_model_over_http2() {
    passes_a_chat(UpstreamProtocol::Http2).await;
}
