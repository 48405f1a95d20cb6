//! Operators' commands: thin clients of the admin port. They print the answer as it came, indented.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::exit::Failure;

/// Where the admin port is, and the token.
#[derive(Args, Debug)]
pub struct Access {
    /// Admin port of the sidecar
    #[arg(long, env = "WEIR_ADMIN_URL", default_value = "http://127.0.0.1:8312", global = true)]
    admin: String,
    /// File with the admin token
    #[arg(long, env = "WEIR_ADMIN_TOKEN_FILE", global = true)]
    token_file: Option<PathBuf>,
    /// The admin token itself; only from the environment, so that it is in no process list
    #[arg(skip = std::env::var("WEIR_ADMIN_TOKEN").ok())]
    token: Option<String>,
}

/// Who acts and why; both are in the audit log.
#[derive(Args, Debug)]
pub struct Signed {
    /// Who orders this
    #[arg(long, env = "USER")]
    actor: String,
    /// Why
    #[arg(long)]
    reason: String,
}

/// What an operator can ask for.
#[derive(Debug, Subcommand)]
pub enum Operation {
    /// Show judge, control state, reviews and audit head
    Status,
    /// Open the breaker of a scope (`global`, `tenant:NAME`, `route:NAME`, `model:NAME`, `agent:NAME`)
    Trip {
        /// Scope
        scope: String,
        /// Probe again after so many seconds, instead of staying open until reset
        #[arg(long)]
        seconds: Option<u64>,
        #[command(flatten)]
        signed: Signed,
    },
    /// Close the breaker of a scope and return its PACE state to the automatic
    Reset {
        /// Scope
        scope: String,
        #[command(flatten)]
        signed: Signed,
    },
    /// Set the PACE state of a scope (`primary`, `alternate`, `contingency`, `emergency`)
    Pace {
        /// Scope
        scope: String,
        /// State
        state: String,
        #[command(flatten)]
        signed: Signed,
    },
    /// Stop all traffic
    Kill {
        #[command(flatten)]
        signed: Signed,
    },
    /// Let traffic flow again
    Unkill {
        #[command(flatten)]
        signed: Signed,
    },
    /// List reviews
    Reviews {
        /// Only those pending, approved, denied, expired or consumed
        #[arg(long)]
        status: Option<String>,
        /// Only those opened after this position
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// Approve a review: exactly this action may pass, once
    Approve {
        #[command(flatten)]
        ruling: Ruling,
    },
    /// Deny a review
    Deny {
        #[command(flatten)]
        ruling: Ruling,
    },
}

/// A decision about a review.
#[derive(Args, Debug)]
pub struct Ruling {
    /// Id of the review
    id: String,
    /// Who decides
    #[arg(long, env = "USER")]
    actor: String,
    /// A note for the audit log
    #[arg(long, default_value = "")]
    note: String,
}

enum Call {
    Get(String),
    Post(String, Value),
}

/// Asks the admin port and prints its answer.
///
/// # Errors
/// When there is no token, no sidecar, or it says no.
pub async fn run(access: &Access, operation: Operation, out: &mut impl Write) -> Result<(), Failure> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .map_err(Failure::other)?;
    let base = access.admin.trim_end_matches('/');
    let request = match operation.call() {
        Call::Get(path) => client.get(format!("{base}{path}")),
        Call::Post(path, body) => client.post(format!("{base}{path}")).json(&body),
    };
    let answer = request.bearer_auth(access.token()?).send().await;
    let answer = answer.map_err(|e| Failure::unavailable(format!("{base}: {}", e.without_url())))?;
    let status = answer.status();
    let body: Value =
        answer.json().await.map_err(|_| Failure::other(format!("{base}: not a sidecar's answer")))?;
    if !status.is_success() {
        let message = body.pointer("/error/message").and_then(Value::as_str).unwrap_or("no reason given");
        return Err(Failure::other(format!("{status}: {message}")));
    }
    let text = serde_json::to_string_pretty(&body).map_err(Failure::other)?;
    writeln!(out, "{text}").map_err(Failure::other)
}

impl Access {
    fn token(&self) -> Result<String, Failure> {
        if let Some(token) = &self.token {
            return Ok(token.trim().to_owned());
        }
        let file = self.token_file.as_ref().ok_or_else(|| {
            Failure::usage(
                "no admin token: give `--token-file`, or set WEIR_ADMIN_TOKEN_FILE or WEIR_ADMIN_TOKEN",
            )
        })?;
        let token = std::fs::read_to_string(file);
        Ok(token.map_err(|e| Failure::usage(format!("{}: {e}", file.display())))?.trim().to_owned())
    }
}

impl Operation {
    fn call(self) -> Call {
        let control = |order: &str, body: Value| Call::Post(format!("/v1/control/{order}"), body);
        match self {
            Self::Status => Call::Get("/v1/status".into()),
            Self::Trip { scope, seconds, signed } => {
                let mut body = signed.with(json!({ "scope": scope }));
                if let (Some(seconds), Some(members)) = (seconds, body.as_object_mut()) {
                    members.insert("seconds".into(), seconds.into());
                }
                control("trip", body)
            }
            Self::Reset { scope, signed } => control("reset", signed.with(json!({ "scope": scope }))),
            Self::Pace { scope, state, signed } => {
                control("pace", signed.with(json!({ "scope": scope, "state": state })))
            }
            Self::Kill { signed } => control("kill", signed.with(json!({}))),
            Self::Unkill { signed } => control("unkill", signed.with(json!({}))),
            Self::Reviews { status, after } => {
                let status = status.map(|s| format!("&status={s}")).unwrap_or_default();
                Call::Get(format!("/v1/reviews?after={after}{status}"))
            }
            Self::Approve { ruling } => ruling.call("approve"),
            Self::Deny { ruling } => ruling.call("deny"),
        }
    }
}

impl Signed {
    fn with(self, mut body: Value) -> Value {
        if let Some(members) = body.as_object_mut() {
            members.insert("actor".into(), self.actor.into());
            members.insert("reason".into(), self.reason.into());
        }
        body
    }
}

impl Ruling {
    fn call(self, order: &str) -> Call {
        Call::Post(
            format!("/v1/reviews/{}/{order}", self.id),
            json!({ "actor": self.actor, "note": self.note }),
        )
    }
}
