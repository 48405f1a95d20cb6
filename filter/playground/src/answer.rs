//! What the playground answers: the outcome of each message with the engine's own events, where in the body every
//! finding stands, or what is wrong with the policy. Plain values; the page that shows them needs no second source.

use serde::Serialize;

use weir_engine::policy::PolicyError;
use weir_engine::wire::decision::{Coverage, DecisionEvent};

/// The answer to a question.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Answer {
    /// The exchange was played.
    Decided(Box<Rehearsed>),
    /// The policy is wrong: the same error that `weir check` reports.
    InvalidPolicy {
        /// Where in the document; empty for the whole.
        path: String,
        /// 1-based; 0 when unknown.
        line: usize,
        /// 1-based; 0 when unknown.
        column: usize,
        /// What is wrong.
        message: String,
        /// What is allowed; empty when the message says it.
        help: String,
    },
    /// The question is not one.
    InvalidQuestion {
        /// What is wrong.
        message: String,
    },
}

impl From<PolicyError> for Answer {
    fn from(error: PolicyError) -> Self {
        let PolicyError { path, line, column, message, help } = error;
        Self::InvalidPolicy { path, line, column, message, help }
    }
}

/// A played exchange.
#[derive(Clone, Debug, Serialize)]
pub struct Rehearsed {
    /// Name and hash of the policy.
    pub policy_version: String,
    /// What became of the request.
    pub request: Played,
    /// What became of the response; `None` when there was none or the request never reached the upstream.
    pub response: Option<Played>,
    /// The access-log verdict: `decision;layer;reason;rules`.
    pub verdict: String,
}

/// What became of one message.
#[derive(Clone, Debug, Serialize)]
pub struct Played {
    /// What the other side gets.
    pub outcome: Outcome,
    /// Header edits.
    pub headers: Vec<HeaderChange>,
    /// The decisions, in order.
    pub events: Vec<DecisionEvent>,
    /// Where in the body the findings of those decisions stand.
    pub findings: Vec<FoundSpans>,
    /// What was looked at; `None` when the body was not read.
    pub coverage: Option<Coverage>,
    /// Endpoints of the sidecar that were called, in order.
    pub calls: Vec<&'static str>,
}

/// What the other side gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// The message as it was.
    Passed,
    /// The message with another body.
    Edited {
        /// The body.
        body: String,
    },
    /// An answer of Weir's in the upstream's place.
    Refused {
        /// HTTP status.
        status: u16,
        /// Headers, without content-length.
        headers: Vec<(String, String)>,
        /// Body.
        body: String,
    },
    /// Nothing, ever: the engine waited for an answer nobody owes. A bug, shown instead of hidden.
    Stuck,
}

/// One header edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeaderChange {
    /// Name, lower case.
    pub name: String,
    /// The new value; `None` removes the header.
    pub value: Option<String>,
}

/// Where a finding stands in the body.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundSpans {
    /// Rule id.
    pub rule: String,
    /// JSON pointer of the field.
    pub path: String,
    /// 0.0 to 1.0.
    pub score: f32,
    /// What had to be undone to see it; empty when it stands in the text as everybody reads it.
    pub view: Vec<String>,
    /// Half-open ranges in bytes (UTF-8) of the original body, in order. Several when an SSE stream spreads the text
    /// over deltas.
    pub spans: Vec<(usize, usize)>,
}
