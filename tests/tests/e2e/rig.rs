//! What most tests stand on: Envoy with the filter, a scripted sidecar and an upstream. Ending a rig asserts what must
//! hold after every test: no VM was reloaded, and nothing went wrong between the engine and the proxy.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use weir_tests::client::Response;
use weir_tests::corpus::sidecar::{Manner, ScriptedSidecar};
pub use weir_tests::encoded::{ATTACK, CLEAN};
use weir_tests::envoy::{
    Chain, Envoy, EnvoyPorts, EnvoySettings, HeaderHold, Upstream, UpstreamProtocol, render,
};
use weir_tests::paced::{Paced, Protocol};
use weir_tests::ports::Port;
use weir_tests::process::{Scratch, until};
use weir_tests::server::{Chunk, Received, Reply, Server};

pub const CHAT: &str = "/v1/chat/completions";
pub const ANSWER: &str =
    r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Paris."},"finish_reason":"stop"}]}"#;
/// Longer than any condition in these tests takes.
pub const LIMIT: Duration = Duration::from_secs(20);
pub const HOLDS: [HeaderHold; 3] =
    [HeaderHold::StopIteration, HeaderHold::Continue, HeaderHold::ContinueWithBuffer];

/// How a rig is to be built.
pub struct Plan<'p> {
    pub version: &'p str,
    /// Deployment modes, each behind a listener of its own: starting an Envoy costs a second, a listener nothing.
    pub holds: &'p [HeaderHold],
    pub policy: Value,
    pub upstream: Upstream,
    pub workers: u32,
    /// Port of the sidecar instead of the scripted one's.
    pub sidecar_port: Option<u16>,
    /// Changes of the configuration that users load.
    pub change: &'p dyn Fn(&mut Value),
}

impl<'p> Plan<'p> {
    pub fn new(version: &'p str, upstream: u16) -> Self {
        Self {
            version,
            holds: &[HeaderHold::StopIteration],
            policy: json!({ "default": { "judge": { "sample_rate": 0 } } }),
            upstream: Upstream::Local(upstream, UpstreamProtocol::Http1),
            workers: 1,
            sidecar_port: None,
            change: &|_| {},
        }
    }
}

pub struct Rig {
    pub envoy: Envoy,
    listeners: Vec<(HeaderHold, Port)>,
    pub sidecar: ScriptedSidecar,
    /// How the judge and the queue are answered.
    pub manner: Arc<Mutex<Manner>>,
    /// Envoy's files, for as long as it runs.
    _scratch: Scratch,
}

impl Rig {
    pub async fn start(plan: Plan<'_>) -> Self {
        let manner = Arc::new(Mutex::new(Manner::Say(503, Vec::new())));
        let shared = manner.clone();
        let sidecar = ScriptedSidecar::start(0, move |_, call| {
            match shared.lock().unwrap().clone() {
                // The verdict of whoever asks: the nonce is the question's.
                Manner::Say(200, body) if body.is_empty() => Manner::Say(200, verdict(call, "pass")),
                other => other,
            }
        });
        let sidecar = sidecar.await.unwrap();
        let ports = EnvoyPorts::free().unwrap();
        let listeners: Vec<_> = plan.holds.iter().map(|hold| (*hold, Port::free().unwrap())).collect();
        let rendered = listeners.iter().map(|(hold, port)| {
            let settings = EnvoySettings {
                version: plan.version.into(),
                concurrency: plan.workers,
                chain: Chain::Weir { hold: *hold, policy: plan.policy.clone(), module: None },
                upstream: plan.upstream.clone(),
                sidecar_port: plan.sidecar_port.unwrap_or(sidecar.port()),
            };
            let mut config = render(&settings, port.number(), ports.admin.number()).unwrap();
            config["static_resources"]["listeners"][0]["name"] = json!(format!("{hold:?}"));
            config
        });
        let mut config = rendered.reduce(|mut all, mut one| {
            let listener = one["static_resources"]["listeners"][0].take();
            all["static_resources"]["listeners"].as_array_mut().unwrap().push(listener);
            all
        });
        let mut config = config.take().unwrap();
        (plan.change)(&mut config);
        let scratch = Scratch::new().unwrap();
        let envoy = Envoy::start_with(plan.version, plan.workers, &config, ports, &scratch).await.unwrap();
        Self { envoy, listeners, sidecar, manner, _scratch: scratch }
    }

    /// A rig with everything as shipped.
    pub async fn plain(version: &str, upstream: &Server) -> Self {
        Self::start(Plan::new(version, upstream.port())).await
    }

    /// Where requests go in; of the first mode.
    pub fn port(&self) -> u16 {
        self.listeners[0].1.number()
    }

    /// Where requests go in, for a mode of the plan.
    pub fn at(&self, hold: HeaderHold) -> u16 {
        self.listeners.iter().find(|(own, _)| *own == hold).unwrap().1.number()
    }

    pub fn judge(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub async fn post(&self, body: impl Into<bytes::Bytes>) -> Response {
        post(self.port(), body).await
    }

    /// Waits until every decision that was counted has been delivered.
    pub async fn settle(&self) {
        let all_here = || async {
            let counted = self.envoy.stat_sum("aisecops_runtime_decision_total").await.ok()?;
            (self.sidecar.events().len() as u64 == counted).then_some(())
        };
        until(LIMIT, "delivery of every counted decision", all_here).await.unwrap();
    }

    /// Asserts that the filter is unharmed.
    pub async fn end(self) {
        unharmed(&self.envoy).await;
    }
}

pub async fn post(port: u16, body: impl Into<bytes::Bytes>) -> Response {
    Paced::post(CHAT).piece(body).send(port, Protocol::Http1).await.unwrap()
}

pub async fn unharmed(envoy: &Envoy) {
    assert!(
        !envoy.stats("vm_reload_success").await.unwrap().is_empty(),
        "Envoy counts reloads under another name"
    );
    for part in ["vm_reload", "weir_engine_errors_total", "weir_events_lost_total"] {
        assert_eq!(envoy.stat_sum(part).await.unwrap(), 0, "{part}\n{}", envoy.log());
    }
    assert!(!envoy.log().contains("panicked"), "{}", envoy.log());
}

/// A judge that passes every exchange.
pub fn passes() -> Manner {
    Manner::Say(200, Vec::new())
}

fn verdict(call: &[u8], verdict: &str) -> Vec<u8> {
    let asked: Value = serde_json::from_slice(call).unwrap();
    json!({
        "nonce": asked["nonce"], "verdict": verdict, "score": 0.0, "reason": "rig", "latency_ms": 1, "review": null,
        "judge": { "kind": "rig", "model": "", "prompt_sha256": "" },
    })
    .to_string()
    .into_bytes()
}

/// An upstream that always answers the same.
pub async fn upstream(reply: Reply) -> Server {
    Server::start(0, UpstreamProtocol::Http1, move |_: &Received| reply.clone()).await.unwrap()
}

/// An upstream that answers a chat.
pub async fn model() -> Server {
    upstream(Reply::whole(200, "application/json", ANSWER)).await
}

/// A reply in pieces, each some time after the one before.
pub fn in_pieces(content_type: &str, pieces: &[&[u8]], gap: Duration) -> Reply {
    let chunk = |bytes: &&[u8]| Chunk { after: gap, bytes: bytes::Bytes::copy_from_slice(bytes) };
    Reply {
        status: 200,
        headers: vec![("content-type".into(), content_type.into())],
        chunks: pieces.iter().map(chunk).collect::<VecDeque<_>>(),
        trailers: None,
    }
}
