//! `POST /v1/reviews`: asks whether a person has approved exactly this action; opens a review when not.
//! An approval is bound to the action's hash, used once, and expires as denied. AIRS 2.7, AIS approvals.

use serde::{Deserialize, Serialize};

use crate::event::Direction;

/// A review to open or to redeem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRequest {
    /// The exchange that asks.
    pub request_id: String,
    /// SHA-256 (hex) over tenant, agent, user, direction, policy version and the body: see
    /// [`crate::policy::action_hash`].
    pub action_sha256: String,
    /// Which half of the exchange.
    pub direction: Direction,
    /// Tenant, empty when unknown.
    pub tenant: String,
    /// Agent, empty when unknown.
    pub agent: String,
    /// Route, empty when unknown.
    pub route: String,
    /// Why a person is asked: reason code of the decision.
    pub reason: String,
    /// Rule ids that fired.
    pub rules: Vec<String>,
    /// Time a person has, in seconds; after it the review is denied.
    pub sla_seconds: u64,
    /// How long an approval may be redeemed, in seconds.
    pub approval_seconds: u64,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewOutcome {
    /// The review's id.
    pub review_id: String,
    /// Its status.
    pub status: ReviewStatus,
    /// The action the status is about; a reader refuses an outcome for another action.
    pub action_sha256: String,
}

/// Status of a review, as told to the filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewStatus {
    /// Nobody has decided.
    Pending,
    /// Approved, and this answer has consumed the approval: let this one action pass.
    Approved,
    /// Denied by a person or by expiry.
    Denied,
}
