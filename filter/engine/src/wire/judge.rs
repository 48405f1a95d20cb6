//! What the judge is shown and what it must answer. A question that a stream waits for is `POST /v1/judge`; any other
//! travels with the events. Judged text is data: it travels in labelled segments, never as instructions, and the
//! verdict must carry the request's nonce. AIRS 2.3.

use serde::{Deserialize, Serialize};

use super::review::{ReviewOutcome, ReviewRequest};
use crate::event::Direction;
use crate::segment::{Provenance, Role};

/// A question for the judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeRequest {
    /// The exchange this is about.
    pub request_id: String,
    /// Must come back in the verdict, as it is.
    pub nonce: String,
    /// Which half of the exchange is judged.
    pub direction: Direction,
    /// Why the judge was called: `sampled`, `grey_zone`, `pace`.
    pub trigger: Trigger,
    /// What the policy wants judged, in words; empty for the default criteria.
    pub criteria: String,
    /// The text, labelled and capped.
    pub segments: Vec<JudgeSegment>,
    /// Rule ids that fired, with their scores.
    pub findings: Vec<JudgeFinding>,
    /// What to do when the verdict is `escalate` and the human layer enforces: the review to open (or to redeem,
    /// when a person has approved this very action before). `None` when the human layer is off.
    pub review: Option<ReviewRequest>,
    /// Scopes the exchange belongs to, for breaker and PACE accounting.
    pub scopes: Vec<super::control::Scope>,
}

/// Why the judge was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Drawn by the sampling rate of the policy.
    Sampled,
    /// The guardrails' score is between flag and block.
    GreyZone,
    /// The PACE state asks for it.
    Pace,
}

/// One labelled piece of text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeSegment {
    /// Who speaks.
    pub role: Role,
    /// Where it came from.
    pub provenance: Provenance,
    /// The text, capped from both ends.
    pub text: String,
}

/// One finding of the guardrails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeFinding {
    /// Rule id.
    pub rule: String,
    /// 0.0 to 1.0.
    pub score: f32,
}

/// The judge's answer. Anything that does not parse as this, or carries another nonce, is a judge error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgeVerdict {
    /// The request's nonce.
    pub nonce: String,
    /// The verdict.
    pub verdict: Verdict,
    /// 0.0 (harmless) to 1.0 (certain).
    pub score: f32,
    /// Low-cardinality reason code, lower snake case.
    pub reason: String,
    /// Who judged.
    pub judge: JudgeIdentity,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
    /// What became of the review, when one was asked for and the verdict is `escalate`.
    pub review: Option<ReviewOutcome>,
}

/// AIRS judge verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing wrong.
    Pass,
    /// Delivered, and a person looks at it later.
    Review,
    /// Not delivered unless a person approves.
    Escalate,
}

/// Which judge spoke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgeIdentity {
    /// `builtin` (the deterministic judge used when none is configured) or `openai_compatible`.
    pub kind: String,
    /// Model name, or the version of the built-in judge.
    pub model: String,
    /// SHA-256 of the prompt template, hex; empty for the built-in judge.
    pub prompt_sha256: String,
}
