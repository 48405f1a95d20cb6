//! Metrics in the Prometheus text format. Labels are codes out of closed sets, never names a client chose.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use weir_engine::wire::control::{BreakerState, ControlSnapshot, Pace};
use weir_engine::wire::decision::Action;
use weir_engine::wire::judge::Verdict;

type Labels = Vec<(&'static str, String)>;

/// Everything that is measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    decisions: Family<Labels, Counter>,
    verdicts: Family<Labels, Counter>,
    judge_errors: Family<Labels, Counter>,
    judge_seconds: Histogram,
    judge_inside: Gauge,
    reviews: Family<Labels, Gauge>,
    scopes: Family<Labels, Gauge>,
    killed: Gauge,
    /// Version of the control snapshot.
    control_version: Gauge<u64, AtomicU64>,
    /// Events stored.
    pub events_stored: Counter,
    /// Events that arrived again and were dropped.
    pub events_repeated: Counter,
    /// Events filters had to drop.
    pub events_lost: Counter,
    /// Batches that could not be stored.
    pub events_refused: Counter,
}

impl Metrics {
    /// Fresh metrics.
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
        let metrics = Self {
            registry: Registry::default(),
            decisions: Family::default(),
            verdicts: Family::default(),
            judge_errors: Family::default(),
            judge_seconds: Histogram::new(buckets),
            judge_inside: Gauge::default(),
            reviews: Family::default(),
            scopes: Family::default(),
            killed: Gauge::default(),
            control_version: Gauge::default(),
            events_stored: Counter::default(),
            events_repeated: Counter::default(),
            events_lost: Counter::default(),
            events_refused: Counter::default(),
        };
        let m = &metrics;
        registry.register("aisecops_runtime_decision", "Decisions of filters", m.decisions.clone());
        registry.register("weir_judge_verdicts", "Verdicts of the judge", m.verdicts.clone());
        registry.register("weir_judge_errors", "Questions without a verdict", m.judge_errors.clone());
        registry.register("weir_judge_seconds", "Time to a verdict", m.judge_seconds.clone());
        registry.register("weir_judge_inside", "Questions judged or waiting", m.judge_inside.clone());
        registry.register("weir_reviews", "Reviews by status", m.reviews.clone());
        registry.register("weir_control_scopes", "Scopes that are not closed and primary", m.scopes.clone());
        registry.register("weir_control_killed", "Whether the kill switch is pulled", m.killed.clone());
        registry.register("weir_control_version", "Version of the snapshot", m.control_version.clone());
        registry.register("weir_events_stored", "Events stored", m.events_stored.clone());
        registry.register("weir_events_repeated", "Events that arrived again", m.events_repeated.clone());
        registry.register("weir_events_lost", "Events filters had to drop", m.events_lost.clone());
        registry.register("weir_events_refused", "Batches that were not stored", m.events_refused.clone());
        Self { registry, ..metrics }
    }

    /// One decision of a filter.
    pub fn decision(&self, decision: Action) {
        self.decisions.get_or_create(&label("decision", decision.name())).inc();
    }

    /// One verdict.
    pub fn verdict(&self, verdict: Verdict, seconds: f64) {
        let code = match verdict {
            Verdict::Pass => "pass",
            Verdict::Review => "review",
            Verdict::Escalate => "escalate",
        };
        self.verdicts.get_or_create(&label("verdict", code)).inc();
        self.judge_seconds.observe(seconds);
    }

    /// One question without a verdict.
    pub fn judge_error(&self, code: &'static str) {
        self.judge_errors.get_or_create(&label("error", code)).inc();
    }

    /// Sets what is known only when asked for, and writes everything down.
    pub fn text(&self, now: Gauges<'_>) -> Result<String, std::fmt::Error> {
        self.judge_inside.set(i64::try_from(now.judge_inside).unwrap_or(i64::MAX));
        for (status, count) in now.reviews {
            self.reviews
                .get_or_create(&label("status", status))
                .set(i64::try_from(*count).unwrap_or(i64::MAX));
        }
        self.killed.set(now.control.kill.is_some().into());
        self.control_version.set(now.control.version);
        for (code, count) in scope_counts(now.control) {
            self.scopes.get_or_create(&label("state", code)).set(count);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// What is known only when asked for.
#[derive(Clone, Copy, Debug)]
pub struct Gauges<'a> {
    /// Questions inside the judge.
    pub judge_inside: usize,
    /// Reviews by status; every status is named, so that none stays at an old count.
    pub reviews: &'a [(String, u64)],
    /// Control state.
    pub control: &'a ControlSnapshot,
}

fn scope_counts(control: &ControlSnapshot) -> [(&'static str, i64); 5] {
    let count = |wanted: &dyn Fn(BreakerState, Pace) -> bool| {
        let found = control.scopes.iter().filter(|s| wanted(s.breaker, s.pace)).count();
        i64::try_from(found).unwrap_or(i64::MAX)
    };
    [
        ("breaker_open", count(&|b, _| matches!(b, BreakerState::Open { .. }))),
        ("breaker_probing", count(&|b, _| matches!(b, BreakerState::Probing { .. }))),
        ("pace_alternate", count(&|_, p| p == Pace::Alternate)),
        ("pace_contingency", count(&|_, p| p == Pace::Contingency)),
        ("pace_emergency", count(&|_, p| p == Pace::Emergency)),
    ]
}

fn label(name: &'static str, value: &str) -> Labels {
    vec![(name, value.to_owned())]
}
