//! What the playground is asked: a policy, an exchange, and the world around it (time, control state, what the
//! sidecar would answer). Everything but the policy and the request has a default. Raw types only.

use serde::Deserialize;

use weir_engine::wire::control::ControlSnapshot;
use weir_engine::wire::judge::Verdict;
use weir_engine::wire::review::ReviewStatus;

/// An exchange to rehearse under a policy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The policy document (YAML or JSON), as text, so that errors have lines.
    pub policy: String,
    /// The request.
    pub request: Request,
    /// The upstream's response; only played when the request is let through.
    #[serde(default)]
    pub response: Option<Response>,
    /// What the sidecar answers.
    #[serde(default)]
    pub sidecar: Sidecar,
    /// Breaker, PACE and kill-switch state; everything is closed by default.
    #[serde(default)]
    pub control: ControlSnapshot,
    /// Time of the exchange, in Unix milliseconds.
    #[serde(default)]
    pub now_ms: u64,
}

/// A request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `:path`, which says the protocol.
    pub path: String,
    /// `:method`.
    #[serde(default = "post")]
    pub method: String,
    /// `:authority`.
    #[serde(default)]
    pub host: String,
    /// Headers, in order. `content-type: application/json` is added when there is no content type.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Body; an empty one is none.
    #[serde(default)]
    pub body: String,
    /// Route name in the proxy.
    #[serde(default)]
    pub route: String,
    /// URI SAN of the caller's certificate.
    #[serde(default)]
    pub peer: String,
}

/// A response.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// `:status`.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers, in order. `content-type: application/json` is added when there is no content type.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Body; an empty one is none.
    #[serde(default)]
    pub body: String,
}

/// What the sidecar answers; without an answer it is unavailable, and the policy's posture shows.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sidecar {
    /// The judge's verdict.
    pub judge: Option<Verdict>,
    /// What people have said about the action.
    pub review: Option<ReviewStatus>,
}

fn post() -> String {
    "POST".to_owned()
}

fn ok() -> u16 {
    200
}
