//! The real sidecar (`weir serve`), started with a temporary configuration and store, and its admin API as functions.
//! Everything is asked over HTTP, as an operator would: nothing reads its database.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use crate::client::{self, Response};
use crate::failure::{During, Failure, Result};
use crate::ports::Port;
use crate::process::{Process, Scratch};

/// Longest start.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How a sidecar is to be configured.
#[derive(Debug)]
pub struct SidecarSettings {
    /// Port the filter calls.
    pub data: Port,
    /// Port operators call.
    pub admin: Port,
    /// Where store and audit log live; a restart on the same directory finds them again.
    pub directory: PathBuf,
    /// Merged over the configuration, key by key.
    pub extra: Value,
}

/// A running sidecar.
#[derive(Debug)]
pub struct Sidecar {
    process: Process,
    settings: SidecarSettings,
    token: String,
    token_file: PathBuf,
}

impl Sidecar {
    /// Starts one and waits until it is ready.
    ///
    /// # Errors
    /// When it is not built, refuses its configuration or does not become ready; shows its log.
    pub async fn start(settings: SidecarSettings, scratch: &Scratch) -> Result<Self> {
        let name = format!("weir-{}", settings.data.number());
        let config = merged(configuration(&settings), &settings.extra);
        let config = scratch.write(&format!("{name}.yaml"), config.to_string())?;
        let mut command = Command::new(binary()?);
        command.arg("serve").arg("--config").arg(&config);
        let mut process = Process::spawn(&name, command, scratch.path())?;
        let data = settings.data.number();
        let ready =
            || async move { client::get(data, "/readyz").await.ok().filter(|r| r.status == 200).map(drop) };
        process.until(START_LIMIT, "answer of /readyz", ready).await?;
        // The sidecar draws its own token at the first start on a directory.
        let token_file = settings.directory.join("admin.token");
        let token = std::fs::read_to_string(&token_file).during("reading the admin token")?.trim().to_owned();
        Ok(Self { process, settings, token, token_file })
    }

    /// Port the filter calls.
    pub fn data_port(&self) -> u16 {
        self.settings.data.number()
    }

    /// Port operators call.
    pub fn admin_port(&self) -> u16 {
        self.settings.admin.number()
    }

    /// The admin token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// File that holds it.
    pub fn token_file(&self) -> &std::path::Path {
        &self.token_file
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// The audit log.
    pub fn audit_log(&self) -> PathBuf {
        self.settings.directory.join("audit.jsonl")
    }

    /// Every line of the audit log, oldest first.
    ///
    /// # Errors
    /// When it is not there or a line is not JSON.
    pub fn audit_lines(&self) -> Result<Vec<Value>> {
        let text = std::fs::read_to_string(self.audit_log()).during("reading the audit log")?;
        let complete = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        complete.map(|line| serde_json::from_str(line).during("reading an audit line")).collect()
    }

    /// Opens the breaker of a scope.
    ///
    /// # Errors
    /// When the sidecar does not answer.
    pub async fn trip(&self, scope: &str, actor: &str, reason: &str) -> Result<Response> {
        let body = json!({ "scope": scope, "actor": actor, "reason": reason });
        self.admin(Method::POST, "/v1/control/trip", Some(body)).await
    }

    /// Closes the breaker of a scope.
    ///
    /// # Errors
    /// As [`Sidecar::trip`].
    pub async fn reset(&self, scope: &str, actor: &str, reason: &str) -> Result<Response> {
        let body = json!({ "scope": scope, "actor": actor, "reason": reason });
        self.admin(Method::POST, "/v1/control/reset", Some(body)).await
    }

    /// Pulls the kill switch.
    ///
    /// # Errors
    /// As [`Sidecar::trip`].
    pub async fn kill(&self, actor: &str, reason: &str) -> Result<Response> {
        self.admin(Method::POST, "/v1/control/kill", Some(json!({ "actor": actor, "reason": reason }))).await
    }

    /// Releases the kill switch.
    ///
    /// # Errors
    /// As [`Sidecar::trip`].
    pub async fn unkill(&self, actor: &str, reason: &str) -> Result<Response> {
        self.admin(Method::POST, "/v1/control/unkill", Some(json!({ "actor": actor, "reason": reason })))
            .await
    }

    /// Sets the PACE state of a scope.
    ///
    /// # Errors
    /// As [`Sidecar::trip`].
    pub async fn pace(&self, scope: &str, state: &str, actor: &str, reason: &str) -> Result<Response> {
        let body = json!({ "scope": scope, "state": state, "actor": actor, "reason": reason });
        self.admin(Method::POST, "/v1/control/pace", Some(body)).await
    }

    /// Approves a review.
    ///
    /// # Errors
    /// As [`Sidecar::trip`].
    pub async fn approve(&self, review: &str, actor: &str) -> Result<Response> {
        self.rule(review, "approve", actor).await
    }

    /// Denies a review.
    ///
    /// # Errors
    /// As [`Sidecar::trip`].
    pub async fn deny(&self, review: &str, actor: &str) -> Result<Response> {
        self.rule(review, "deny", actor).await
    }

    async fn rule(&self, review: &str, ruling: &str, actor: &str) -> Result<Response> {
        self.admin(Method::POST, &format!("/v1/reviews/{review}/{ruling}"), Some(json!({ "actor": actor })))
            .await
    }

    /// One admin request with the token.
    ///
    /// # Errors
    /// When the sidecar does not answer.
    pub async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Result<Response> {
        let bearer = format!("Bearer {}", self.token);
        let body = body.map(|value| value.to_string()).unwrap_or_default();
        let request = client::request(method, path, &[("authorization", &bearer)], body)?;
        client::send(self.admin_port(), request).await
    }
}

/// The built sidecar.
///
/// # Errors
/// When `$WEIR_BIN` is not set or not there.
pub fn binary() -> Result<PathBuf> {
    let path = PathBuf::from(
        std::env::var_os("WEIR_BIN").during("the environment variable WEIR_BIN (set by make)")?,
    );
    if path.is_file() {
        Ok(path)
    } else {
        Err(Failure::new(format!("`{}` is not built (`make sidecar`)", path.display())))
    }
}

fn configuration(settings: &SidecarSettings) -> Value {
    json!({
        "data": { "listen": format!("127.0.0.1:{}", settings.data.number()) },
        "admin": { "listen": format!("127.0.0.1:{}", settings.admin.number()) },
        "store": { "directory": settings.directory },
    })
}

fn merged(mut base: Value, over: &Value) -> Value {
    let (Some(into), Some(from)) = (base.as_object_mut(), over.as_object()) else {
        return if over.is_null() { base } else { over.clone() };
    };
    for (key, value) in from {
        let old = into.remove(key).unwrap_or(Value::Null);
        into.insert(key.clone(), merged(old, value));
    }
    base
}
