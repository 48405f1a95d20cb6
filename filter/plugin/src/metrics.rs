//! Counters and gauges. Envoy has no labels for wasm metrics: they travel in the name, in the form that Istio's and
//! our `stats_tags` take apart (`k=.=v;.;name`). Every label value is one of a closed set, so the number of
//! counters is bounded; each is defined when first counted, because defining a name twice makes two.

use std::cell::RefCell;
use std::rc::Rc;

use weir_engine::event::Endpoint;
use weir_engine::policy::{Layer, Mode};
use weir_engine::wire::decision::{Action, DecisionEvent};

use crate::proxy::{MetricKind, Proxy};

/// The metrics of one root context.
#[derive(Debug)]
pub struct Metrics {
    proxy: Rc<dyn Proxy>,
    /// By metric. They are few: a search is faster than a hash.
    ids: RefCell<Vec<(Metric, u32)>>,
}

/// What is counted or shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// `aisecops_runtime_decision_total{decision,layer,mode}`: decisions, one for each event.
    Decision(Action, Layer, Mode),
    /// `weir_sidecar_call_failures_total{endpoint,cause}`: calls without a usable answer.
    CallFailure(Called, Cause),
    /// `weir_events_lost_total`: events dropped because the queue was full.
    EventsLost,
    /// `weir_questions_lost_total`: questions for the judge that nobody waits for, dropped because too many were queued.
    QuestionsLost,
    /// `weir_engine_errors_total{cause}`: exchanges that could not be carried out as decided, and failed closed.
    EngineError(Fault),
    /// `weir_verdict_cache_total{result="hit"}`: texts of requests and responses that were not scanned, for what is in them was
    /// known.
    CacheHits,
    /// `weir_verdict_cache_total{result="miss"}`: texts that were scanned.
    CacheMisses,
    /// `weir_control_version`: version of the last confirmed control snapshot.
    ControlVersion,
    /// `weir_control_scopes_restricted`: scopes whose breaker is not closed or whose PACE state is not primary.
    RestrictedScopes,
    /// `weir_kill_switch`: 1 while it is set.
    KillSwitch,
}

/// What was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Called {
    /// `/v1/judge`
    Judge,
    /// `/v1/reviews`
    Review,
    /// `/v1/control`
    Control,
    /// `/v1/events`
    Events,
}

/// Why a call has no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Envoy would not send it: no such cluster, no healthy host, circuit breaker full.
    NotSent,
    /// It was cut off, or its answer was too large for Envoy.
    NoAnswer,
    /// The answer is longer than is read.
    TooLarge,
    /// Another status than 200; Envoy's own 503 and 504 count here.
    Status,
    /// Status 200 and not what was asked for.
    Malformed,
}

/// What went wrong between the engine and the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Headers could not be read.
    ReadHeaders,
    /// A body, or a part of it, could not be read.
    ReadBody,
    /// A header edit was refused.
    EditHeaders,
    /// A body replacement was refused.
    ReplaceBody,
    /// The engine holds a message that nothing will ever release.
    HeldForEver,
    /// The engine asked for more than an exchange may have.
    TooManyCalls,
    /// A refusal could not be delivered.
    Reply,
    /// A stream in flight ended with trailers while some of it was held, and was cut off.
    TailLost,
}

impl Metrics {
    /// No metric is defined yet.
    pub fn new(proxy: Rc<dyn Proxy>) -> Self {
        Self { proxy, ids: RefCell::default() }
    }

    /// Counts a decision.
    pub fn decision(&self, event: &DecisionEvent) {
        self.count(Metric::Decision(event.decision, event.layer, event.mode));
    }

    /// Adds one.
    pub fn count(&self, metric: Metric) {
        self.add(metric, 1);
    }

    /// Adds `count`.
    pub fn add(&self, metric: Metric, count: u32) {
        if count > 0
            && let Some(id) = self.id(metric, MetricKind::Counter)
        {
            // A counter that cannot be counted must not stop traffic.
            let _ = self.proxy.add_to_metric(id, count);
        }
    }

    /// Shows a value.
    pub fn show(&self, metric: Metric, value: u64) {
        if let Some(id) = self.id(metric, MetricKind::Gauge) {
            let _ = self.proxy.set_metric(id, value);
        }
    }

    fn id(&self, metric: Metric, kind: MetricKind) -> Option<u32> {
        let known = self.ids.borrow().iter().find(|(one, _)| *one == metric).map(|(_, id)| *id);
        if known.is_some() {
            return known;
        }
        let id = self.proxy.define_metric(kind, &metric.name()).ok()?;
        self.ids.borrow_mut().push((metric, id));
        Some(id)
    }
}

impl Metric {
    /// The name with its labels, as Envoy is told.
    pub fn name(self) -> String {
        match self {
            Self::Decision(action, layer, mode) => labelled(
                &[("decision", action.name()), ("layer", layer_name(layer)), ("mode", mode_name(mode))],
                "aisecops_runtime_decision_total",
            ),
            Self::CallFailure(called, cause) => labelled(
                &[("endpoint", called.name()), ("cause", cause.name())],
                "weir_sidecar_call_failures_total",
            ),
            Self::EngineError(fault) => labelled(&[("cause", fault.name())], "weir_engine_errors_total"),
            Self::EventsLost => "weir_events_lost_total".to_owned(),
            Self::CacheHits => labelled(&[("result", "hit")], "weir_verdict_cache_total"),
            Self::CacheMisses => labelled(&[("result", "miss")], "weir_verdict_cache_total"),
            Self::QuestionsLost => "weir_questions_lost_total".to_owned(),
            Self::ControlVersion => "weir_control_version".to_owned(),
            Self::RestrictedScopes => "weir_control_scopes_restricted".to_owned(),
            Self::KillSwitch => "weir_kill_switch".to_owned(),
        }
    }
}

impl Called {
    fn name(self) -> &'static str {
        match self {
            Self::Judge => "judge",
            Self::Review => "reviews",
            Self::Control => "control",
            Self::Events => "events",
        }
    }
}

impl From<Endpoint> for Called {
    fn from(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::Judge => Self::Judge,
            Endpoint::Review => Self::Review,
        }
    }
}

impl Cause {
    /// Label value, and the word in log lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::NoAnswer => "no_answer",
            Self::TooLarge => "too_large",
            Self::Status => "status",
            Self::Malformed => "malformed",
        }
    }
}

impl Fault {
    /// Label value, and the reason in access logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadHeaders => "read_headers",
            Self::ReadBody => "read_body",
            Self::EditHeaders => "edit_headers",
            Self::ReplaceBody => "replace_body",
            Self::HeldForEver => "held_for_ever",
            Self::TooManyCalls => "too_many_calls",
            Self::Reply => "reply",
            Self::TailLost => "tail_lost",
        }
    }
}

fn labelled(labels: &[(&str, &str)], name: &str) -> String {
    let mut out: String = labels.iter().map(|(key, value)| format!("{key}=.={value};.;")).collect();
    out.push_str(name);
    out
}

fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Guardrail => "guardrail",
        Layer::Judge => "judge",
        Layer::Human => "human",
        Layer::CircuitBreaker => "circuit_breaker",
    }
}

fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Off => "off",
        Mode::Detect => "detect",
        Mode::Enforce => "enforce",
    }
}
