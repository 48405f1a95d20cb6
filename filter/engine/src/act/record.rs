//! Decisions as events, and the verdict line for access logs. No content: ids, codes, spans, lengths, hashes.

use super::Evidence;
use crate::event::{Direction, UnixMillis};
use crate::policy::Reason;
use crate::policy::decide::{self, Decision};
use crate::policy::document::{Layer, Unavailable};
use crate::session::{Engine, Exchange};
use crate::wire::decision::{Action, DecisionEvent, EventType, JudgeRecord};
use crate::wire::judge::{JudgeVerdict, Trigger};

/// The event of one decision.
pub fn event(
    engine: &Engine,
    exchange: &Exchange,
    direction: Direction,
    decision: &Decision,
    evidence: &Evidence,
    now: UnixMillis,
) -> DecisionEvent {
    DecisionEvent {
        event_type: event_type(decision.layer),
        timestamp_ms: now.0,
        request_id: exchange.request_id.clone(),
        direction,
        tenant: exchange.tenant.clone(),
        user: exchange.user.clone(),
        agent: exchange.agent.clone(),
        route: exchange.route.clone(),
        protocol: exchange.protocol.name().to_owned(),
        model: model_name(&exchange.model),
        tier: exchange.settings.tier,
        mode: decision.mode,
        layer: decision.layer,
        decision: decision.action,
        would: decision.would,
        reason: decision.reason.code().to_owned(),
        posture: decision.posture.map(posture_name),
        findings: evidence.findings.clone(),
        findings_total: evidence.findings_total,
        coverage: evidence.coverage.clone(),
        body_bytes: evidence.body_bytes,
        body_sha256: evidence.body_sha256.clone(),
        policy_version: engine.policy().version.clone(),
        pace: exchange.pace,
        scope: decision.scope.clone(),
        judge: None,
        review_id: String::new(),
        review_status: None,
        upstream_status: match direction {
            Direction::Request => 0,
            Direction::Response => exchange.upstream_status,
        },
        control_age_ms: exchange.control_age_ms(now),
    }
}

/// The event of a question that nobody waits for.
pub fn asked(
    engine: &Engine,
    exchange: &Exchange,
    direction: Direction,
    trigger: Trigger,
    evidence: &Evidence,
    now: UnixMillis,
) -> DecisionEvent {
    let decision = Decision::by(Layer::Judge, &exchange.settings, now, Action::Allow, Reason::JudgeAsked);
    let mut event = event(engine, exchange, direction, &decision, evidence, now);
    event.judge = Some(judged(trigger, None));
    event
}

/// The event of the answer to a question that nobody waited for, from the event that recorded the question: what the
/// judge wanted stands in `would`, for the message has gone.
pub fn evaluated(asked: DecisionEvent, verdict: Option<&JudgeVerdict>, now: UnixMillis) -> DecisionEvent {
    let (wanted, reason) =
        verdict.map_or((Action::Allow, Reason::JudgeUnavailable), |v| decide::wanted_by(v.verdict));
    let review = verdict.and_then(|v| v.review.as_ref());
    DecisionEvent {
        timestamp_ms: now.0,
        would: Some(wanted).filter(|wanted| *wanted != Action::Allow),
        reason: reason.code().to_owned(),
        review_id: review.map(|r| r.review_id.clone()).unwrap_or_default(),
        review_status: review.map(|r| r.status),
        judge: asked.judge.as_ref().map(|question| judged(question.trigger, verdict)),
        ..asked
    }
}

/// The judge's part of an event.
pub fn judged(trigger: Trigger, verdict: Option<&JudgeVerdict>) -> JudgeRecord {
    JudgeRecord {
        trigger,
        verdict: verdict.map(|v| v.verdict),
        score: verdict.map_or(0.0, |v| v.score),
        identity: verdict.map(|v| v.judge.clone()),
        latency_ms: verdict.map_or(0, |v| v.latency_ms),
    }
}

/// The model as events name it; empty when it is not written as models are, for a client may write anything there.
fn model_name(model: &str) -> String {
    let named = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/+@".contains(&b);
    let is_address = model.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    let is_name = model.bytes().all(named) && !is_address;
    if is_name { model.to_owned() } else { String::new() }
}

fn event_type(layer: Layer) -> EventType {
    match layer {
        Layer::Guardrail => EventType::GuardrailDecision,
        Layer::Judge => EventType::JudgeEvaluation,
        Layer::Human => EventType::OversightDecision,
        Layer::CircuitBreaker => EventType::CircuitBreakerDecision,
    }
}

fn posture_name(posture: Unavailable) -> String {
    match posture {
        Unavailable::Degrade => "degrade",
        Unavailable::Refuse => "refuse",
    }
    .to_owned()
}

/// The most restrictive decision of an exchange, as one line.
#[derive(Debug, Default)]
pub struct Verdict {
    strictest: Option<(Action, Option<Action>)>,
    line: String,
}

impl Verdict {
    /// Takes further decisions into account.
    pub fn learn(&mut self, events: &[DecisionEvent]) {
        for event in events {
            let rank = (event.decision, event.would);
            if self.strictest.is_none_or(|seen| rank > seen) {
                self.strictest = Some(rank);
                self.line = line(event);
            }
        }
    }

    /// `decision;layer;reason;rules`, with `would=ACTION` appended for a layer that only detects; empty before the
    /// first decision.
    pub fn as_str(&self) -> &str {
        &self.line
    }
}

fn line(event: &DecisionEvent) -> String {
    let layer = match event.layer {
        Layer::Guardrail => "guardrail",
        Layer::Judge => "judge",
        Layer::Human => "human",
        Layer::CircuitBreaker => "circuit_breaker",
    };
    let mut rules: Vec<&str> = event.findings.iter().map(|f| f.rule.as_str()).collect();
    rules.dedup();
    rules.truncate(MAX_VERDICT_RULES);
    let would = event.would.map(|w| format!(";would={}", w.name())).unwrap_or_default();
    format!("{};{layer};{};{}{would}", event.decision.name(), event.reason, rules.join(","))
}

const MAX_VERDICT_RULES: usize = 4;
