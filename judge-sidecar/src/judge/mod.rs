//! The judge layer: one question, one verdict or a typed error, within a deadline. Concurrency and queue are bounded;
//! whatever is late, too much or not a well-formed verdict is an error, and an error is never a pass.

pub mod builtin;
pub mod openai_compatible;
pub mod prompt;

use std::fmt;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use weir_engine::wire::judge::{JudgeIdentity, JudgeRequest, JudgeVerdict, Verdict};

use crate::control::accounting::JudgeCall;
use crate::limits::MAX_HEAD_START;
use openai_compatible::OpenAiCompatible;

/// From this score a message is not delivered unless a person approves.
pub const ESCALATE_AT: f32 = 0.7;
/// From this score a person looks at it later.
pub const REVIEW_AT: f32 = 0.4;

/// Who judges.
#[derive(Debug)]
pub enum Backend {
    /// The deterministic judge.
    Builtin,
    /// A language model.
    OpenAiCompatible(Box<OpenAiCompatible>),
}

/// What a backend says.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// The verdict.
    pub verdict: Verdict,
    /// 0.0 to 1.0.
    pub score: f32,
    /// Reason code.
    pub reason: String,
}

/// Bounds of the judge.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Questions judged at once.
    pub max_concurrency: usize,
    /// Questions that may wait.
    pub max_queue: usize,
    /// Longest time for one question, waiting included.
    pub timeout: Duration,
}

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JudgeError {
    /// As many questions wait as may.
    QueueFull,
    /// The deadline passed while the question waited for its turn.
    DeadlineInQueue,
    /// The deadline passed while the model was thinking.
    Timeout,
    /// The model could not be reached.
    Unreachable,
    /// The model's server answered an error status.
    BackendStatus(u16),
    /// The server's answer is not one of the chat API.
    MalformedEnvelope(&'static str),
    /// The model's answer is not a verdict.
    MalformedVerdict(&'static str),
    /// No randomness for a nonce.
    NoRandomness,
}

/// The judge.
#[derive(Debug)]
pub struct Judge {
    backend: Backend,
    bounds: Bounds,
    /// Questions inside, waiting ones too.
    admitted: Semaphore,
    /// Questions being judged.
    running: Semaphore,
}

impl Judge {
    /// A judge.
    pub fn new(backend: Backend, bounds: Bounds) -> Self {
        let inside = bounds.max_concurrency.saturating_add(bounds.max_queue);
        Self {
            backend,
            bounds,
            admitted: Semaphore::new(inside),
            running: Semaphore::new(bounds.max_concurrency),
        }
    }

    /// Longest time for one question when the caller allows `allowed`: a little less than that, so that our error
    /// arrives (and is counted) before the caller hangs up.
    pub fn deadline(&self, allowed: Option<Duration>) -> Duration {
        let Some(allowed) = allowed else { return self.bounds.timeout };
        allowed.saturating_sub((allowed / 10).min(MAX_HEAD_START)).min(self.bounds.timeout)
    }

    /// Judges. Dropping the future abandons the question.
    ///
    /// # Errors
    /// See [`JudgeError`].
    pub async fn ask(&self, request: &JudgeRequest, deadline: Instant) -> Result<JudgeVerdict, JudgeError> {
        let asked = Instant::now();
        let _inside = self.admitted.try_acquire().map_err(|_| JudgeError::QueueFull)?;
        let turn = tokio::time::timeout_at(deadline, self.running.acquire()).await;
        let _turn = turn.map_err(|_| JudgeError::DeadlineInQueue)?.map_err(|_| JudgeError::QueueFull)?;
        let opinion = match &self.backend {
            Backend::Builtin => builtin::judge(request),
            Backend::OpenAiCompatible(model) => tokio::time::timeout_at(deadline, model.judge(request))
                .await
                .map_err(|_| JudgeError::Timeout)??,
        };
        Ok(JudgeVerdict {
            nonce: request.nonce.clone(),
            verdict: opinion.verdict,
            score: opinion.score,
            reason: opinion.reason,
            judge: self.identity(),
            latency_ms: u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX),
            review: None,
        })
    }

    /// Who judges, as every verdict says.
    pub fn identity(&self) -> JudgeIdentity {
        match &self.backend {
            Backend::Builtin => builtin::identity(),
            Backend::OpenAiCompatible(model) => model.identity(),
        }
    }

    /// Questions inside, waiting ones too.
    pub fn inside(&self) -> usize {
        let all = self.bounds.max_concurrency.saturating_add(self.bounds.max_queue);
        all.saturating_sub(self.admitted.available_permits())
    }
}

/// The verdict a score stands for.
pub fn verdict_of(score: f32) -> Verdict {
    if score >= ESCALATE_AT {
        Verdict::Escalate
    } else if score >= REVIEW_AT {
        Verdict::Review
    } else {
        Verdict::Pass
    }
}

/// How strict a verdict is.
pub fn strictness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Review => 1,
        Verdict::Escalate => 2,
    }
}

impl JudgeError {
    /// Stable code, for clients and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::DeadlineInQueue => "deadline_in_queue",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::BackendStatus(_) => "backend_status",
            Self::MalformedEnvelope(_) => "malformed_envelope",
            Self::MalformedVerdict(_) => "malformed_verdict",
            Self::NoRandomness => "no_randomness",
        }
    }

    /// What it says about the judge's health; overload says nothing, or judging more would follow from judging too
    /// much.
    pub fn accounting(self) -> Option<JudgeCall> {
        match self {
            Self::QueueFull | Self::DeadlineInQueue | Self::NoRandomness => None,
            Self::Timeout | Self::Unreachable | Self::BackendStatus(_) | Self::MalformedEnvelope(_) => {
                Some(JudgeCall::BackendFailed)
            }
            Self::MalformedVerdict(_) => Some(JudgeCall::AnswerMalformed),
        }
    }
}

impl fmt::Display for JudgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BackendStatus(status) => write!(f, "{} {status}", self.code()),
            Self::MalformedEnvelope(what) | Self::MalformedVerdict(what) => {
                write!(f, "{}: {what}", self.code())
            }
            _ => f.write_str(self.code()),
        }
    }
}
