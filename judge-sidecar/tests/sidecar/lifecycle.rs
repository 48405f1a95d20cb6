//! How a sidecar comes and goes: in order, with what is in flight finished and nothing left behind.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::mock_model::{Behaviour, MockModel};
use crate::process::{Scratch, Sidecar, batch, judge_request};

#[tokio::test]
async fn a_judgement_in_flight_is_finished_and_a_long_poll_is_not_waited_for() {
    let model = MockModel::start(Behaviour::Slow(Duration::from_millis(800))).await;
    let scratch = Scratch::new();
    let mut sidecar = Sidecar::start(&scratch, model.config());
    sidecar.post("/v1/events", &batch("vm", 0, 2)).await;
    let (_, control) = sidecar.get("/v1/control").await;
    let poll = format!("/v1/control?after={}&wait_ms=10000", control["version"]);
    let question = judge_request("hello");
    let end = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sidecar.terminate();
        Instant::now()
    };
    let (verdict, polled, ended) =
        tokio::join!(sidecar.post("/v1/judge", &question), sidecar.get(&poll), end);
    assert_eq!((verdict.0, polled.0), (200, 200));
    let refused = sidecar.client().get(format!("{}/healthz", sidecar.data)).send().await;
    assert!(refused.is_err(), "no new connections");
    assert!(sidecar.ended().success());
    assert!(ended.elapsed() < Duration::from_secs(5), "{:?}", ended.elapsed());
    assert_eq!(scratch.audit_lines().len(), 2);
}

#[tokio::test]
async fn the_unix_socket_serves_with_its_mode_and_a_stale_one_is_replaced() {
    use std::os::unix::fs::PermissionsExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let scratch = Scratch::new();
    let path = scratch.path().join("data.sock");
    let config = json!({ "data": { "unix": path } });
    Sidecar::start(&scratch, config.clone()).kill();
    assert!(path.exists(), "a crash leaves it behind");
    let mut sidecar = Sidecar::start(&scratch, config);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("ready"), "{answer}");
    sidecar.terminate();
    assert!(sidecar.ended().success());
    assert!(!path.exists());
}
