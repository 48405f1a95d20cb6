//! Questions to the sidecar and the reading of its answers. Judged text is labelled and capped, and what the
//! guardrails redact is redacted here too, so that the judge never sees a secret it does not need.

use super::edit;
use crate::detect::Finding;
use crate::event::{Answer, Call, CallId, Direction, Endpoint, UnixMillis};
use crate::limits::{MAX_ANSWER_BYTES, MAX_JUDGE_BYTES, MAX_JUDGE_SEGMENT_BYTES};
use crate::order;
use crate::policy::Reason;
use crate::policy::action::{ActionIdentity, action_hash};
use crate::policy::document::{Layer, Mode};
use crate::segment::Segment;
use crate::session::{Engine, Exchange};
use crate::wire;
use crate::wire::judge::{JudgeFinding, JudgeRequest, JudgeSegment, JudgeVerdict, Trigger};
use crate::wire::review::{ReviewOutcome, ReviewRequest};

/// An inspected body that the sidecar is asked about.
#[derive(Debug)]
pub struct Inspection<'a> {
    /// Which half of the exchange.
    pub direction: Direction,
    /// The body as received.
    pub body: &'a [u8],
    /// Its text.
    pub segments: &'a [Segment<'a>],
    /// What was found in it.
    pub findings: &'a [Finding],
    /// Why a person would be asked.
    pub reason: Reason,
}

/// A call, and the action its answer must be about.
#[derive(Debug)]
pub struct Asked {
    /// To be sent.
    pub call: Call,
    /// Empty when no person can be involved.
    pub action_sha256: String,
}

/// The question for the judge.
#[cold]
pub fn question(
    engine: &Engine,
    exchange: &Exchange,
    inspection: &Inspection<'_>,
    trigger: Trigger,
    now: UnixMillis,
) -> JudgeRequest {
    let settings = &exchange.settings;
    let asks_people = settings.layers.mode(Layer::Human, now) == Mode::Enforce;
    JudgeRequest {
        request_id: exchange.request_id.clone(),
        nonce: nonce(exchange.nonce),
        direction: inspection.direction,
        trigger,
        criteria: settings.judge.criteria.to_string(),
        segments: labelled(inspection),
        findings: inspection.findings.iter().filter_map(|f| named(exchange, f)).collect(),
        review: asks_people.then(|| review_request(engine, exchange, inspection)),
        scopes: exchange.scopes().to_vec(),
    }
}

/// Asks the judge, and waits.
pub fn judge(exchange: &Exchange, question: &JudgeRequest, id: CallId) -> Asked {
    let action_sha256 = question.review.as_ref().map(|r| r.action_sha256.clone()).unwrap_or_default();
    Asked {
        call: call(id, Endpoint::Judge, question.written(), exchange.settings.judge.deadline_ms),
        action_sha256,
    }
}

/// Asks whether a person has approved this very action.
#[cold]
pub fn review(engine: &Engine, exchange: &Exchange, inspection: &Inspection<'_>, id: CallId) -> Asked {
    let request = review_request(engine, exchange, inspection);
    let call = call(id, Endpoint::Review, wire::write(&request), exchange.settings.judge.deadline_ms);
    Asked { call, action_sha256: request.action_sha256 }
}

/// The judge's verdict, when the answer is one and carries this exchange's nonce.
pub fn verdict(answer: Answer<'_>, expected: u64) -> Option<JudgeVerdict> {
    let verdict: JudgeVerdict = believed(answer)?;
    let is_sound = verdict.nonce == nonce(expected) && (0.0..=1.0).contains(&verdict.score);
    is_sound.then_some(verdict)
}

/// What became of a review, when the answer says so about this very action.
pub fn outcome(answer: Answer<'_>, action_sha256: &str) -> Option<ReviewOutcome> {
    believed(answer).filter(|o: &ReviewOutcome| o.action_sha256 == action_sha256)
}

fn believed<T: serde::de::DeserializeOwned>(answer: Answer<'_>) -> Option<T> {
    match answer {
        Answer::Http { status: 200, body } if body.len() <= MAX_ANSWER_BYTES => wire::read(body),
        Answer::Http { .. } | Answer::Failed => None,
    }
}

/// An empty body would be refused by the sidecar, which is "no answer".
fn call(id: CallId, endpoint: Endpoint, body: Vec<u8>, deadline_ms: u32) -> Call {
    Call { id, endpoint, body, deadline_ms: deadline_ms.max(1) }
}

fn nonce(nonce: u64) -> String {
    format!("{nonce:016x}")
}

fn review_request(engine: &Engine, exchange: &Exchange, inspection: &Inspection<'_>) -> ReviewRequest {
    let bound = ActionIdentity {
        tenant: &exchange.tenant,
        agent: &exchange.agent,
        user: &exchange.user,
        method: &exchange.method,
        host: &exchange.host,
        path: &exchange.path,
        direction: inspection.direction,
        policy_version: &engine.policy().version,
        body: inspection.body,
    };
    let mut rules: Vec<String> =
        inspection.findings.iter().filter_map(|f| named(exchange, f)).map(|f| f.rule).collect();
    rules.dedup();
    ReviewRequest {
        request_id: exchange.request_id.clone(),
        action_sha256: action_hash(&bound),
        direction: inspection.direction,
        tenant: exchange.tenant.clone(),
        agent: exchange.agent.clone(),
        route: exchange.route.clone(),
        reason: inspection.reason.code().to_owned(),
        rules,
        sla_seconds: exchange.settings.sla_seconds,
        approval_seconds: exchange.settings.approval_seconds,
    }
}

pub(crate) fn named(exchange: &Exchange, finding: &Finding) -> Option<JudgeFinding> {
    let rule = exchange.settings.rule_name(finding)?.to_owned();
    Some(JudgeFinding { rule, score: finding.score })
}

/// The text for the judge, in order: what has findings first, then the latest, as long as the budget lasts. Nobody
/// pushes out of sight what the judge is asked about by writing more around it.
fn labelled(inspection: &Inspection<'_>) -> Vec<JudgeSegment> {
    let mut left = MAX_JUDGE_BYTES;
    let mut chosen: Vec<(usize, JudgeSegment)> = Vec::new();
    let segments = || inspection.segments.iter().enumerate().rev();
    let has_findings = |index: usize| !edit::of_segment(inspection.findings, index).is_empty();
    let suspect = segments().filter(|(index, _)| has_findings(*index));
    for (index, segment) in suspect.chain(segments().filter(|(index, _)| !has_findings(*index))) {
        if segment.text.is_empty() || segment.is_seam || left == 0 {
            continue;
        }
        let text = shown(segment, edit::of_segment(inspection.findings, index));
        if text.len() <= left {
            left -= text.len();
            chosen.push((index, JudgeSegment { role: segment.role, provenance: segment.provenance, text }));
        }
    }
    let in_order = order::by_number(chosen, |(index, _)| *index as u128);
    in_order.into_iter().map(|(_, segment)| segment).collect()
}

/// A segment as the judge sees it: masked, and of a long one the head, the tail (instructions hide at both ends) and
/// what stands around its strongest injection finding.
fn shown(segment: &Segment<'_>, findings: &[Finding]) -> String {
    let masked = edit::masked(segment, findings);
    let text = masked.text.as_ref();
    if text.len() <= MAX_JUDGE_SEGMENT_BYTES {
        return text.to_owned();
    }
    let focus = edit::strongest_injection(findings).map(|f| masked.position(f.range.start));
    let part = MAX_JUDGE_SEGMENT_BYTES / if focus.is_some() { 4 } else { 2 };
    let head = text.floor_char_boundary(part);
    let tail = text.ceil_char_boundary(text.len() - part);
    let around = focus.map(|at| at.saturating_sub(part)..at.saturating_add(part));
    let around = around.unwrap_or(head..head);
    let start = text.ceil_char_boundary(around.start.clamp(head, tail));
    let end = text.floor_char_boundary(around.end.clamp(start, tail));
    let mut out = String::with_capacity(MAX_JUDGE_SEGMENT_BYTES + 2 * SHORTENED.len());
    out.push_str(text.get(..head).unwrap_or_default());
    let mut at = head;
    for piece in [start..end, tail..text.len()] {
        if piece.start > at {
            out.push_str(SHORTENED);
        }
        at = piece.end.max(at);
        out.push_str(text.get(piece).unwrap_or_default());
    }
    out
}

/// Stands for what the judge is not shown.
const SHORTENED: &str = "\n[... shortened ...]\n";
