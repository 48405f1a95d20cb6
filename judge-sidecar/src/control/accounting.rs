//! What counts for breakers and PACE, and for whom. The rule behind it: nobody can move another's state by being
//! blocked, by leaving early, or by sending what a judge chokes on.

use weir_engine::event::Direction;
use weir_engine::wire::control::Scope;
use weir_engine::wire::decision::{DecisionEvent, EventType};

use super::window::Outcome;

/// First status that is the upstream's failure.
const SERVER_ERROR: u16 = 500;

/// What a decision says about the upstream of its route: only the response's guardrail decision counts, so that an
/// exchange counts once, and never what was decided, only what the upstream did.
pub fn upstream(event: &DecisionEvent) -> Option<(Scope, Outcome)> {
    if event.direction != Direction::Response || event.event_type != EventType::GuardrailDecision {
        return None;
    }
    // The client left: it says nothing about the upstream, and anybody can do it.
    if event.reason == "abandoned" {
        return None;
    }
    let unanswered = event.upstream_status == 0 && event.posture.is_some();
    let failed = event.upstream_status >= SERVER_ERROR || unanswered;
    let outcome = if failed { Outcome::Failure } else { Outcome::Success };
    let scope = if event.route.is_empty() { Scope::Global } else { Scope::Route(event.route.clone()) };
    Some((scope, outcome))
}

/// How a judge call ended, as far as the judge's health is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgeCall {
    /// A well-formed verdict.
    Verdict,
    /// The model could not be reached, was too slow or answered an error: nobody's content is the cause.
    BackendFailed,
    /// The model answered, but not with a verdict: the judged content may be the cause.
    AnswerMalformed,
}

/// What a judge call says about the judge, for which scopes. A malformed answer counts only for the narrowest scope
/// of the exchange, because its content may have caused it.
pub fn judge(call: JudgeCall, scopes: &[Scope]) -> Vec<(Scope, Outcome)> {
    let own = narrowest(scopes);
    match call {
        JudgeCall::Verdict => {
            let global = Some((Scope::Global, Outcome::Success));
            global.into_iter().chain(own.map(|scope| (scope, Outcome::Success))).collect()
        }
        JudgeCall::BackendFailed => vec![(Scope::Global, Outcome::Failure)],
        JudgeCall::AnswerMalformed => {
            vec![(own.unwrap_or(Scope::Global), Outcome::Failure)]
        }
    }
}

fn narrowest(scopes: &[Scope]) -> Option<Scope> {
    let rank = |scope: &Scope| match scope {
        Scope::Global => None,
        Scope::Model(_) => Some(0),
        Scope::Route(_) => Some(1),
        Scope::Tenant(_) => Some(2),
        Scope::Agent(_) => Some(3),
    };
    scopes.iter().filter(|s| rank(s).is_some()).max_by_key(|s| rank(s)).cloned()
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    /// A response event; `changes` are merged into it.
    pub fn event(changes: serde_json::Value) -> DecisionEvent {
        let mut event = json!({
            "event_type": "guardrail_decision", "timestamp_ms": 1, "request_id": "r", "direction": "response",
            "tenant": "", "user": "", "agent": "", "route": "chat", "protocol": "openai_chat", "model": "m",
            "tier": "medium", "mode": "enforce", "layer": "guardrail", "decision": "allow", "would": null,
            "reason": "clean", "posture": null, "findings": [], "findings_total": 0,
            "coverage": { "scanned": 1, "skipped": 0, "unknown": 0 }, "body_bytes": 1, "body_sha256": "",
            "policy_version": "p@1", "pace": "primary", "scope": null, "judge": null, "upstream_status": 200,
            "control_age_ms": 5, "review_id": "", "review_status": null,
        });
        event.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    }

    #[test]
    fn only_what_the_upstream_did_counts() {
        let route = |outcome| Some((Scope::Route("chat".into()), outcome));
        for (changes, expected) in [
            (json!({}), route(Outcome::Success)),
            (json!({ "upstream_status": 500 }), route(Outcome::Failure)),
            (json!({ "upstream_status": 429 }), route(Outcome::Success)),
            (json!({ "upstream_status": 0, "posture": "refuse" }), route(Outcome::Failure)),
            (json!({ "upstream_status": 0, "posture": "refuse", "reason": "abandoned" }), None),
            (json!({ "decision": "block", "reason": "prompt_injection" }), route(Outcome::Success)),
            (json!({ "direction": "request", "decision": "block", "posture": "refuse" }), None),
            (json!({ "event_type": "judge_evaluation", "upstream_status": 503 }), None),
            (json!({ "route": "", "upstream_status": 502 }), Some((Scope::Global, Outcome::Failure))),
        ] {
            assert_eq!(upstream(&event(changes.clone())), expected, "{changes}");
        }
    }

    #[test]
    fn a_malformed_answer_touches_only_the_exchanges_own_scope() {
        let (tenant, route) = (Scope::Tenant("acme".into()), Scope::Route("chat".into()));
        let scopes = [Scope::Global, route, tenant.clone()];
        assert_eq!(judge(JudgeCall::AnswerMalformed, &scopes), [(tenant, Outcome::Failure)]);
        assert_eq!(judge(JudgeCall::BackendFailed, &scopes), [(Scope::Global, Outcome::Failure)]);
    }
}
