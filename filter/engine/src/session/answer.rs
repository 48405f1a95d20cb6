//! What the sidecar's answers mean. Only a 200 with a body of the wire type that carries this exchange's nonce (or
//! action hash) is believed; everything else is "no answer", which has its own stated posture.

use super::{Asked, Phase, Session, Waiting, flow};
use crate::act::{ask, record};
use crate::event::{Answer, CallId, Direction, Effects, Flow, UnixMillis};
use crate::policy::Reason;
use crate::policy::decide::{self, Decision};
use crate::policy::document::{Layer, Mode};
use crate::wire::decision::Action;
use crate::wire::judge::{Trigger, Verdict};
use crate::wire::review::{ReviewOutcome, ReviewStatus};

impl Session {
    pub(super) fn answered(&mut self, id: CallId, answer: Answer<'_>, now: UnixMillis) -> Effects {
        let Some((direction, waiting)) = self.take_waiting(id) else { return flow(Flow::Hold) };
        match waiting.asked {
            Asked::Judge(trigger) => self.judged(direction, waiting, trigger, answer, now),
            Asked::Review => {
                let outcome = ask::outcome(answer, &waiting.action_sha256);
                self.reviewed(direction, waiting, outcome, Effects::default(), now)
            }
        }
    }

    /// The message that waits for `id`. An answer nobody waits for must not move anything.
    fn take_waiting(&mut self, id: CallId) -> Option<(Direction, Waiting)> {
        for direction in [Direction::Request, Direction::Response] {
            let phase = self.phase(direction);
            match std::mem::replace(phase, Phase::Done) {
                Phase::Waiting(waiting) if waiting.id == id => {
                    return Some((direction, waiting));
                }
                other => *phase = other,
            }
        }
        None
    }

    fn judged(
        &mut self,
        direction: Direction,
        waiting: Waiting,
        trigger: Trigger,
        answer: Answer<'_>,
        now: UnixMillis,
    ) -> Effects {
        let Some(exchange) = &self.exchange else { return Effects::default() };
        let verdict = ask::verdict(answer, exchange.nonce);
        let decision = match &verdict {
            Some(v) => decide::judged(&exchange.settings, v.verdict, now),
            None => decide::judge_unavailable(&exchange.settings, exchange.pace, now),
        };
        let judged = record::judged(trigger, verdict.as_ref());
        let mut event = record::event(&self.engine, exchange, direction, &decision, &waiting.evidence, now);
        event.judge = Some(judged);
        let effects = Effects { events: vec![event], ..Effects::default() };
        let human = exchange.settings.layers.mode(Layer::Human, now);
        let escalated = verdict.as_ref().is_some_and(|v| v.verdict == Verdict::Escalate);
        let review = verdict.and_then(|v| v.review).filter(|r| r.action_sha256 == waiting.action_sha256);
        let is_redeemed = review.as_ref().is_some_and(|r| r.status == ReviewStatus::Approved);
        let is_up_to_people = escalated && decision.action == Action::Block && human == Mode::Enforce;
        if is_redeemed || is_up_to_people {
            return self.reviewed(direction, waiting, review, effects, now);
        }
        self.conclude(direction, waiting.edited, &decision, "", effects, now)
    }

    fn reviewed(
        &mut self,
        direction: Direction,
        waiting: Waiting,
        outcome: Option<ReviewOutcome>,
        mut effects: Effects,
        now: UnixMillis,
    ) -> Effects {
        let Some(exchange) = &self.exchange else { return effects };
        let status: Option<ReviewStatus> = outcome.as_ref().map(|o| o.status);
        let decision = decide::reviewed(&exchange.settings, status, now);
        let review_id = outcome.map(|o| o.review_id).unwrap_or_default();
        let mut event = record::event(&self.engine, exchange, direction, &decision, &waiting.evidence, now);
        event.review_id = review_id.clone();
        event.review_status = status;
        effects.events.push(event);
        self.conclude(direction, waiting.edited, &decision, &review_id, effects, now)
    }

    fn conclude(
        &mut self,
        direction: Direction,
        edited: Option<Vec<u8>>,
        decision: &Decision,
        review_id: &str,
        effects: Effects,
        now: UnixMillis,
    ) -> Effects {
        match decision.action {
            Action::Allow | Action::Mask | Action::Tokenise | Action::Redact => {
                self.release(direction, edited, effects)
            }
            Action::RequireApproval | Action::Block => {
                self.refuse(direction, decision, review_id, effects, now)
            }
        }
    }

    #[cold]
    pub(super) fn abandoned(&mut self, direction: Direction, waiting: &Waiting, now: UnixMillis) -> Effects {
        let Some(exchange) = &self.exchange else { return Effects::default() };
        let layer = match waiting.asked {
            Asked::Judge(_) => Layer::Judge,
            Asked::Review => Layer::Human,
        };
        let decision = Decision::by(layer, &exchange.settings, now, Action::Block, Reason::Abandoned);
        let event = record::event(&self.engine, exchange, direction, &decision, &waiting.evidence, now);
        Effects { events: vec![event], ..Effects::default() }
    }
}
