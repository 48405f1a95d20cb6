//! The demo: real requests through the real parts, one row each, and what was decided read from the audit log. A row
//! is as expected only if decision, reason, layer and what client and model saw all are.

mod ask;
mod row;
mod scenario;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use weir_engine::wire::decision::DecisionEvent;

use crate::client::{self, Response};
use crate::envoy::{self, Chain, Envoy, EnvoyPorts, EnvoySettings, Upstream, UpstreamProtocol};
use crate::evidence;
use crate::failure::{During, Result};
use crate::mock_model;
use crate::process::until;
use crate::server::Server;
use crate::stack::Stack;

pub use ask::Ask;
pub use row::{Row, Want};

/// Requests to plain Envoy before the first row: connections are open and code is warm.
const WARM_UPS: usize = 20;
/// Requests to plain Envoy that a row is compared with; the median counts.
const COMPARED: usize = 5;
/// Envoy writes its access log with a delay.
const ACCESS_LOG_LIMIT: Duration = Duration::from_secs(15);

/// A running demo. Plain Envoy has a model of its own, so that what the guarded model received stays exact.
#[derive(Debug)]
pub struct Demo {
    stack: Stack,
    model: Server,
    plain: Envoy,
    _plain_model: Server,
    rows: Vec<Row>,
    /// Requests sent through the filter so far.
    guarded: AtomicUsize,
}

/// What one request led to.
#[derive(Debug)]
pub struct Seen {
    response: Response,
    elapsed: Duration,
    /// The decisive event.
    event: Option<DecisionEvent>,
    /// Reasons of all events.
    reasons: Vec<String>,
    /// Body that the model received; `None` when it was not asked.
    model: Option<String>,
}

impl Demo {
    /// Starts everything on free ports.
    ///
    /// # Errors
    /// What did not start.
    pub async fn start() -> Result<Self> {
        let model = mock_model::start(0, UpstreamProtocol::Http1).await?;
        let plain_model = mock_model::start(0, UpstreamProtocol::Http1).await?;
        let stack = Stack::builder(model.port()).policy(policy()?).start().await?;
        let settings = EnvoySettings {
            version: envoy::DEFAULT_VERSION.into(),
            concurrency: 1,
            chain: Chain::Plain,
            upstream: Upstream::Local(plain_model.port(), UpstreamProtocol::Http1),
            sidecar_port: stack.sidecar.data_port(),
        };
        let plain = Envoy::start(&settings, EnvoyPorts::free()?, &stack.scratch).await?;
        let demo = Self {
            stack,
            model,
            plain,
            _plain_model: plain_model,
            rows: Vec::new(),
            guarded: AtomicUsize::new(0),
        };
        for _ in 0..WARM_UPS {
            demo.ask(demo.plain.port(), &Ask::chat("hello")).await?;
            demo.ask_guarded(&Ask::chat("hello")).await?;
        }
        Ok(demo)
    }

    /// Runs the scenario; the rows, in order.
    ///
    /// # Errors
    /// When a part fails; an unexpected decision is no error but a row that says so.
    pub async fn run(mut self, show: &mut dyn FnMut(&str)) -> Result<Vec<Row>> {
        scenario::play(&mut self, show).await?;
        Ok(self.rows)
    }

    /// One row: sends `ask`, compares with `want`, and with plain Envoy's time.
    async fn row(&mut self, title: &str, ask: &Ask, want: Want, show: &mut dyn FnMut(&str)) -> Result<Seen> {
        let plain = self.plain_time(ask).await?;
        let seen = self.guarded(ask).await?;
        let row = Row::judge(title, &seen, want, plain);
        show(&row.transcript(ask, self.stack.port(), &seen));
        self.rows.push(row);
        Ok(seen)
    }

    async fn guarded(&self, ask: &Ask) -> Result<Seen> {
        let asked_before = self.model.total();
        let start = Instant::now();
        let response = self.ask_guarded(ask).await?;
        let elapsed = start.elapsed();
        let request_id = self.last_request_id().await?;
        evidence::settled(&self.stack).await?;
        let events = evidence::stored(&self.stack.sidecar)?;
        let own = evidence::of(&events, &request_id);
        let event = evidence::decisive(&own).cloned();
        let reasons = own.iter().map(|event| event.reason.clone()).collect();
        let model = (self.model.total() > asked_before).then(|| self.model.received().pop()).flatten();
        let model = model.map(|received| String::from_utf8_lossy(&received.body).into_owned());
        Ok(Seen { response, elapsed, event, reasons, model })
    }

    /// The request id of the last guarded request. Requests are sent one after the other, so the n-th line of the
    /// access log is about the n-th request.
    async fn last_request_id(&self) -> Result<String> {
        let index = self.guarded.load(Ordering::Relaxed) - 1;
        let log = || async { self.stack.envoy.access_log().lines().nth(index).and_then(request_id_of) };
        until(ACCESS_LOG_LIMIT, "line in the access log", log).await
    }

    async fn ask_guarded(&self, ask: &Ask) -> Result<Response> {
        self.guarded.fetch_add(1, Ordering::Relaxed);
        self.ask(self.stack.port(), ask).await
    }

    async fn plain_time(&self, ask: &Ask) -> Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..COMPARED {
            let start = Instant::now();
            self.ask(self.plain.port(), ask).await?;
            times.push(start.elapsed());
        }
        times.sort_unstable();
        times.get(COMPARED / 2).copied().during("a time of plain Envoy")
    }

    async fn ask(&self, port: u16, ask: &Ask) -> Result<Response> {
        client::post(port, &ask.path, &ask.header_refs(), ask.body.to_string()).await
    }
}

/// The shipped policy, with the overrides the scenario needs; a path prefix selects each.
fn policy() -> Result<Value> {
    let mut policy = envoy::shipped_policy()?;
    let fallback = json!({ "shape": "completion", "message": scenario::SAFE_ANSWER });
    let detect =
        json!({ "guardrails": "detect", "judge": "detect", "human": "detect", "circuit_breaker": "detect" });
    let object = policy.as_object_mut().during("the shipped policy")?;
    let default = object.entry("default").or_insert_with(|| json!({}));
    let default = default.as_object_mut().during("`default` of the shipped policy")?;
    default.insert("circuit_breaker".into(), json!({ "fallback": fallback }));
    let overrides = json!([
        { "name": "payments", "match": { "path_prefix": "/payments" }, "set": { "tier": "high" } },
        { "name": "trial", "match": { "path_prefix": "/trial" }, "set": { "layers": detect } },
    ]);
    object.insert("overrides".into(), overrides);
    Ok(policy)
}

/// The access log is one JSON object per line.
fn request_id_of(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    line.get("request_id")?.as_str().map(str::to_owned)
}

/// A user's text as the engine sees it, for tests of texts.
#[cfg(test)]
pub(crate) fn user_segment(text: &str) -> weir_engine::segment::Segment<'_> {
    weir_engine::segment::Segment {
        role: weir_engine::segment::Role::User,
        provenance: weir_engine::segment::Provenance::User,
        path: "/messages/0/content".into(),
        text: text.into(),
        map: weir_engine::segment::SourceMap::identity(0, text.len()),
        quote: "",
        is_seam: false,
    }
}
