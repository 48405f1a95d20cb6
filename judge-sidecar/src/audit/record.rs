//! What the audit log can say. Records hold who, what, why and hashes; never content.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weir_engine::wire::decision::DecisionEvent;

/// Source of the records the sidecar itself writes; filters may not use it.
pub const SELF: &str = "weir";

/// One thing that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A decision of a filter.
    Decision {
        /// The decision.
        event: Box<DecisionEvent>,
    },
    /// The answer to a question that nobody waited for: the event that recorded the question, completed.
    Evaluation {
        /// What the judge said, or that it did not.
        event: Box<DecisionEvent>,
    },
    /// The source had to drop events before they could be sent.
    Lost {
        /// Dropped since the last such record.
        lost: u64,
        /// Dropped since the source started.
        lost_total: u64,
    },
    /// Sequence numbers of the source that never arrived.
    Gap {
        /// First missing one.
        from: u64,
        /// First one that is there again.
        to: u64,
    },
    /// A person or the sidecar changed something.
    Change(Change),
    /// The log's end was damaged when the sidecar started (power loss, crash); the damaged bytes are gone.
    Repaired {
        /// How many bytes were cut off.
        removed_bytes: u64,
    },
    /// The log before this one could not be continued and was set aside, as it was.
    Continued {
        /// File name of the log before.
        file: String,
        /// Its first broken line.
        broken_line: u64,
        /// SHA-256 of the whole file.
        file_sha256: String,
    },
}

/// A transition of control state or of a review.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// What was done: `control_trip`, `review_approved`, ...
    pub action: String,
    /// What it was done to: a scope or a review id.
    pub subject: String,
    /// Who: a named person, or `weir` for automatic transitions.
    pub actor: String,
    /// Why, in the actor's words or as a reason code.
    pub reason: String,
    /// State before.
    pub before: Value,
    /// State after.
    pub after: Value,
}
