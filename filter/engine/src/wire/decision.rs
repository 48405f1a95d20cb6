//! The decision event: one for every decision point, passes too. Field names follow AIRS 4.5 and AISecOps; no
//! content, only rule ids, spans, lengths and hashes. `POST /v1/events` carries batches of them.

use serde::{Deserialize, Serialize};

use super::control::{Pace, Scope};
use super::judge::{JudgeIdentity, JudgeRequest, Trigger, Verdict};
use super::review::ReviewStatus;
use crate::event::Direction;
use crate::policy::{Layer, Mode, Tier};

/// A batch of events from one filter VM. The sidecar answers [`EventAck`] only when all are stored, so a batch
/// may be sent again: `source` and `first_seq` make that harmless.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventBatch {
    /// The filter VM, unique for its lifetime.
    pub source: String,
    /// Sequence number of the first event; the others follow without gaps.
    pub first_seq: u64,
    /// Events this source had to drop, in all, since it started (its queue is bounded).
    pub lost: u64,
    /// The events, oldest first.
    pub events: Vec<DecisionEvent>,
    /// Questions that nobody waits for. Each is asked once, when the event that records it is stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<DeferredQuestion>,
}

/// A question of a batch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeferredQuestion {
    /// Sequence number of the event that records it; one of this batch.
    pub seq: u64,
    /// The question.
    pub question: JudgeRequest,
}

/// Answer to an [`EventBatch`]: everything below `next_seq` of this source is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventAck {
    /// First sequence number that is not stored yet.
    pub next_seq: u64,
}

/// One decision. Fields without a value are not written: most events are of clean traffic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionEvent {
    /// What kind of decision point: `guardrail_decision`, `judge_evaluation`, `oversight_decision`,
    /// `circuit_breaker_decision` (AIRS 4.5).
    pub event_type: EventType,
    /// When, in Unix milliseconds.
    pub timestamp_ms: u64,
    /// The exchange.
    pub request_id: String,
    /// Which half.
    pub direction: Direction,
    /// Verified identities; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    /// User, as the mesh vouches for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Agent, as the mesh vouches for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// Route of the proxy.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub route: String,
    /// Protocol the body was read as.
    pub protocol: String,
    /// Model asked for, empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Risk tier in force.
    pub tier: Tier,
    /// Mode of the deciding layer.
    pub mode: Mode,
    /// Layer that decided.
    pub layer: Layer,
    /// What was done.
    pub decision: Action,
    /// What would have been done, when the layer only detects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would: Option<Action>,
    /// Low-cardinality reason code, see [`crate::policy::Reason`].
    pub reason: String,
    /// Set when the decision is a failure posture (a layer was unavailable or the body unscannable).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posture: Option<String>,
    /// Strongest findings first, at most [`crate::limits::MAX_EVENT_FINDINGS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingRecord>,
    /// Findings in all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub findings_total: u32,
    /// What was looked at.
    pub coverage: Coverage,
    /// Body length in bytes, as inspected.
    pub body_bytes: u64,
    /// SHA-256 of the body (hex) when anything was found in it or done to it; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body_sha256: String,
    /// Name and hash of the policy.
    pub policy_version: String,
    /// Strictest PACE state that applied.
    pub pace: Pace,
    /// The scope that decided, for breaker decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// The judge's part, for judge decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeRecord>,
    /// Review that was opened or redeemed, for oversight decisions; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub review_id: String,
    /// Its status; `None` when the queue could not be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_status: Option<ReviewStatus>,
    /// Upstream status, for response decisions; 0 otherwise.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub upstream_status: u16,
    /// Age of the control snapshot in milliseconds; `None` when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_age_ms: Option<u64>,
}

/// Kinds of decision points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// A guardrail decision.
    GuardrailDecision,
    /// A judge's evaluation.
    JudgeEvaluation,
    /// A person's decision, or the lack of one.
    OversightDecision,
    /// A breaker, PACE or kill-switch decision.
    CircuitBreakerDecision,
}

/// What a decision does. Ordered: a later one is more restrictive (design: section 2), and of those that replace what
/// was found, a later one tells the other side less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Passes as it is.
    Allow,
    /// Passes with what was found made unreadable but for its form and its last characters (`**** **** **** 1111`).
    Mask,
    /// Passes with what was found replaced by a placeholder that is the same for the same value of the same tenant
    /// (`[EMAIL_kfzmbtqhvdrn]`). What a request loses so, its own response gets back.
    Tokenise,
    /// Passes with what was found replaced by a numbered placeholder (`[EMAIL_1]`), for good.
    Redact,
    /// Does not pass until a person approves.
    RequireApproval,
    /// Does not pass.
    Block,
}

impl Action {
    /// Its name, as policies and events write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Mask => "mask",
            Self::Tokenise => "tokenise",
            Self::Redact => "redact",
            Self::RequireApproval => "require_approval",
            Self::Block => "block",
        }
    }

    /// Whether the message passes with its findings replaced.
    pub fn is_edit(self) -> bool {
        matches!(self, Self::Mask | Self::Tokenise | Self::Redact)
    }
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

/// A finding, without its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// Rule id.
    pub rule: String,
    /// Rule version.
    pub rule_version: u32,
    /// JSON pointer of the field.
    pub path: String,
    /// Byte range in the field's decoded text.
    pub start: usize,
    /// End of the range.
    pub end: usize,
    /// 0.0 to 1.0.
    pub score: f32,
    /// What had to be undone to see it (`base64`, `leet`); empty when it stands in the text as everybody reads it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub view: Vec<String>,
    /// OWASP ids of the rule.
    pub owasp: Vec<String>,
}

/// What was looked at, in fields (design: section 2). Skipped and unknown are never silent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Fields whose text was scanned, unknown ones too.
    pub scanned: u32,
    /// Fields that were not scanned (binary parts, signatures).
    pub skipped: u32,
    /// Fields the protocol does not name; scanned as documents.
    pub unknown: u32,
}

/// The judge's part in a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeRecord {
    /// Why it was asked.
    pub trigger: Trigger,
    /// Its verdict; `None` when there was none (error, timeout).
    pub verdict: Option<Verdict>,
    /// Its score.
    pub score: f32,
    /// Who judged; `None` without a verdict.
    pub identity: Option<JudgeIdentity>,
    /// How long, in milliseconds, as the judge says.
    pub latency_ms: u64,
}
