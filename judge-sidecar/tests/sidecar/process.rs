//! A running sidecar and how to talk to it. It ends with the value that started it, by its process handle.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const LIMIT: Duration = Duration::from_secs(30);

/// A directory that goes with the value.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("weir-sidecar-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    pub fn audit_log(&self) -> PathBuf {
        self.store().join("audit.jsonl")
    }

    pub fn audit_lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.audit_log()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub struct Sidecar {
    child: Child,
    pub data: String,
    pub admin: String,
    log: Mutex<mpsc::Receiver<String>>,
    client: reqwest::Client,
}

impl Sidecar {
    /// Starts a sidecar in `scratch`; `extra` is merged over the configuration, section by section.
    pub fn start(scratch: &Scratch, extra: Value) -> Self {
        let token_file = scratch.write("token", TOKEN);
        let mut config = json!({
            "data": { "listen": "127.0.0.1:0" },
            "admin": { "listen": "127.0.0.1:0", "token_file": token_file },
            "store": { "directory": scratch.store() },
        });
        for (section, value) in extra.as_object().into_iter().flatten() {
            match (config.get_mut(section).and_then(Value::as_object_mut), value.as_object()) {
                (Some(old), Some(new)) => old.extend(new.clone()),
                _ => config[section] = value.clone(),
            }
        }
        let file = scratch.write("config.yaml", &config.to_string());
        let mut child = weir(&["serve", "--log-format", "json", "--config", file.to_str().unwrap()])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (lines, log) = mpsc::channel();
        std::thread::spawn(move || {
            stderr.lines().map_while(Result::ok).try_for_each(|line| lines.send(line))
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().timeout(LIMIT).build().unwrap();
        let mut sidecar =
            Self { child, data: String::new(), admin: String::new(), log: Mutex::new(log), client };
        let listening = sidecar.logged("listening");
        let address = |port: &str| format!("http://{}", listening["fields"][port].as_str().unwrap());
        (sidecar.data, sidecar.admin) = (address("data"), address("admin"));
        sidecar
    }

    /// Waits for a log line with this message.
    pub fn logged(&mut self, message: &str) -> Value {
        let end = Instant::now() + LIMIT;
        let mut seen = Vec::new();
        while let Ok(line) =
            self.log.get_mut().unwrap().recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            let value: Value = serde_json::from_str(&line).unwrap_or_default();
            if value["fields"]["message"].as_str().is_some_and(|m| m.contains(message)) {
                return value;
            }
            seen.push(line);
        }
        panic!("no `{message}` in the log: {seen:#?}");
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.client.get(format!("{}{path}", self.data))).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.client.post(format!("{}{path}", self.data)).json(body)).await
    }

    pub async fn post_within(&self, path: &str, body: &Value, deadline_ms: u64) -> (u16, Value) {
        let call = self.client.post(format!("{}{path}", self.data)).json(body);
        answer(call.header("x-envoy-expected-rq-timeout-ms", deadline_ms)).await
    }

    pub async fn admin_get(&self, path: &str) -> (u16, Value) {
        answer(self.client.get(format!("{}{path}", self.admin)).bearer_auth(TOKEN)).await
    }

    pub async fn admin_post(&self, path: &str, body: &Value) -> (u16, Value) {
        answer(self.client.post(format!("{}{path}", self.admin)).bearer_auth(TOKEN).json(body)).await
    }

    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// SIGKILL: no code of the sidecar runs after it.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn terminate(&self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end.
    pub fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "the sidecar does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, with arguments and none of the caller's settings.
pub fn weir(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    command.args(arguments);
    for name in ["WEIR_LOG", "WEIR_CONFIG", "WEIR_STORE", "WEIR_ADMIN_TOKEN", "WEIR_ADMIN_TOKEN_FILE"] {
        command.env_remove(name);
    }
    command
}

pub async fn answer(call: reqwest::RequestBuilder) -> (u16, Value) {
    let response = call.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Asks until `found` finds something, within a limit.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut found: impl FnMut() -> F) -> T {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(value) = found().await {
            return value;
        }
        assert!(Instant::now() < end, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// SHA-256 written as hex, different for every `n`.
pub fn action(n: u32) -> String {
    format!("{n:064x}")
}

pub fn review_request(n: u32) -> Value {
    json!({
        "request_id": "r", "action_sha256": action(n), "direction": "request", "tenant": "acme", "agent": "",
        "route": "chat", "reason": "prompt_injection", "rules": ["injection_override"], "sla_seconds": 60,
        "approval_seconds": 60,
    })
}

pub fn judge_request(text: &str) -> Value {
    json!({
        "request_id": "r", "nonce": "77", "direction": "request", "trigger": "grey_zone",
        "criteria": "", "segments": [{ "role": "user", "provenance": "user", "text": text }], "findings": [],
        "review": null, "scopes": ["global", "tenant:acme"],
    })
}

pub fn event(n: u64) -> Value {
    json!({
        "event_type": "guardrail_decision", "timestamp_ms": n, "request_id": format!("r{n}"),
        "direction": "response", "tenant": "", "user": "", "agent": "", "route": "chat", "protocol": "openai_chat",
        "model": "m", "tier": "medium", "mode": "enforce", "layer": "guardrail", "decision": "allow",
        "would": null, "reason": "clean", "posture": null, "findings": [], "findings_total": 0,
        "coverage": { "scanned": 1, "skipped": 0, "unknown": 0 }, "body_bytes": 1, "body_sha256": "",
        "policy_version": "p@1", "pace": "primary", "scope": null, "judge": null, "review_id": "",
        "review_status": null, "upstream_status": 200, "control_age_ms": 5,
    })
}

pub fn batch(source: &str, first_seq: u64, count: u64) -> Value {
    let events: Vec<Value> = (first_seq..first_seq + count).map(event).collect();
    json!({ "source": source, "first_seq": first_seq, "lost": 0, "events": events })
}
