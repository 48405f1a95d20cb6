//! The configuration of `weir serve`: a strict YAML document, compiled into [`Config`], which cannot be wrong. All
//! checks, of the surroundings too, happen here, before any port is bound.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::control::{breaker, pace, state};
use crate::exit::Failure;
use crate::ident;
use crate::judge::{self, openai_compatible};
use crate::limits::MIN_TOKEN_BYTES;
use crate::review;

/// A checked configuration.
#[derive(Debug)]
pub struct Config {
    /// Address of the data port.
    pub data: SocketAddr,
    /// Unix socket of the data port, besides the address.
    pub unix: Option<PathBuf>,
    /// Address of the admin port.
    pub admin: SocketAddr,
    /// Token of the admin port.
    pub token: Token,
    /// Where everything is stored.
    pub directory: PathBuf,
    /// Bounds of the judge.
    pub judge_bounds: judge::Bounds,
    /// The judge model; `None` for the built-in judge.
    pub model: Option<openai_compatible::Settings>,
    /// When control state moves.
    pub thresholds: state::Thresholds,
    /// Bounds of the review queue.
    pub reviews: review::Bounds,
}

/// A secret that never shows itself.
#[derive(Clone)]
pub struct Token(String);

/// What the command line says instead of the file.
#[derive(Debug, Default)]
pub struct Overrides {
    /// Data address.
    pub data: Option<String>,
    /// Admin address.
    pub admin: Option<String>,
    /// Directory.
    pub store: Option<PathBuf>,
    /// Token file.
    pub token_file: Option<PathBuf>,
}

/// The document.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    data: DataDocument,
    admin: AdminDocument,
    store: StoreDocument,
    judge: JudgeDocument,
    control: ControlDocument,
    review: ReviewDocument,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DataDocument {
    listen: String,
    unix: Option<PathBuf>,
    exposure: Exposure,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AdminDocument {
    listen: String,
    token_file: Option<PathBuf>,
    exposure: Exposure,
}

/// Who may reach a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Exposure {
    /// This machine or pod.
    #[default]
    Loopback,
    /// The network; said on purpose.
    Network,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct StoreDocument {
    directory: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum JudgeDocument {
    #[default]
    Builtin,
    OpenaiCompatible(Box<ModelDocument>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelDocument {
    base_url: String,
    model: String,
    api_key_file: Option<PathBuf>,
    api_key_env: Option<String>,
    ca_file: Option<PathBuf>,
    proxy: Option<String>,
    #[serde(default = "default_timeout_ms")]
    timeout_ms: u64,
    #[serde(default = "default_concurrency")]
    max_concurrency: usize,
    #[serde(default = "default_queue")]
    max_queue: usize,
    #[serde(default = "default_max_tokens")]
    max_tokens: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ControlDocument {
    breaker: BreakerDocument,
    pace: PaceDocument,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BreakerDocument {
    window_seconds: u64,
    minimum_calls: u64,
    failure_rate: f64,
    open_seconds: u64,
    max_open_seconds: u64,
    probe_permits: u32,
    probe_successes: u32,
    probe_seconds: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PaceDocument {
    window_seconds: u64,
    minimum_calls: u64,
    alternate_error_rate: f64,
    contingency_error_rate: f64,
    recover_seconds: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReviewDocument {
    max_pending: u64,
    max_pending_per_tenant: u64,
}

impl Config {
    /// Reads and checks a configuration; without a file everything is at its default.
    ///
    /// # Errors
    /// What is wrong, with file, line and field; exit code 64.
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, Failure> {
        let (name, text) = match file {
            Some(path) => {
                let text = fs::read_to_string(path);
                let text =
                    text.map_err(|e| Failure::usage(format!("{}: cannot be read: {e}", path.display())))?;
                (path.display().to_string(), text)
            }
            None => ("command line".into(), "{}".into()),
        };
        let document = parse(&text).map_err(|why| Failure::usage(format!("{name}:{why}")))?;
        document.compile(overrides).map_err(|why| Failure::usage(format!("{name}: {why}")))
    }
}

impl Token {
    /// Whether `offered` is this token.
    pub fn is(&self, offered: &[u8]) -> bool {
        ident::same_secret(self.0.as_bytes(), offered)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

fn parse(text: &str) -> Result<Document, String> {
    let text = if text.trim().is_empty() { "{}" } else { text };
    serde_saphyr::from_str(text).map_err(|error| {
        let place = error.location().map(|l| format!("{}:{}", l.line(), l.column())).unwrap_or_default();
        format!("{place}: {}", error.without_snippet())
    })
}

impl Document {
    fn compile(self, overrides: Overrides) -> Result<Config, String> {
        let data = address(
            "data.listen",
            overrides.data.as_deref().unwrap_or(&self.data.listen),
            self.data.exposure,
        )?;
        let admin = address(
            "admin.listen",
            overrides.admin.as_deref().unwrap_or(&self.admin.listen),
            self.admin.exposure,
        )?;
        if data == admin && data.port() != 0 {
            return Err("`admin.listen` is the same address as `data.listen`; they must be two ports".into());
        }
        let (model, judge_bounds) = self.judge.compile()?;
        let thresholds = self.control.compile()?;
        let reviews = self.review.compile()?;
        let directory = overrides.store.or(self.store.directory);
        let directory =
            directory.ok_or("`store.directory` is missing: where reviews and the audit log are kept")?;
        writable(&directory)?;
        if let Some(path) = &self.data.unix {
            socket_path(path)?;
        }
        let token_file = overrides.token_file.or(self.admin.token_file);
        let token = token(&token_file.unwrap_or_else(|| directory.join("admin.token")))?;
        Ok(Config {
            data,
            unix: self.data.unix,
            admin,
            token,
            directory,
            judge_bounds,
            model,
            thresholds,
            reviews,
        })
    }
}

impl JudgeDocument {
    fn compile(self) -> Result<(Option<openai_compatible::Settings>, judge::Bounds), String> {
        let model = match self {
            Self::Builtin => {
                let bounds = judge::Bounds {
                    max_concurrency: default_concurrency(),
                    max_queue: default_queue(),
                    timeout: Duration::from_millis(default_timeout_ms()),
                };
                return Ok((None, bounds));
            }
            Self::OpenaiCompatible(model) => *model,
        };
        within("judge.openai_compatible.timeout_ms", model.timeout_ms, 1, 60_000)?;
        within("judge.openai_compatible.max_concurrency", model.max_concurrency as u64, 1, 10_000)?;
        within("judge.openai_compatible.max_queue", model.max_queue as u64, 0, 100_000)?;
        within("judge.openai_compatible.max_tokens", model.max_tokens.into(), 16, 100_000)?;
        let timeout = Duration::from_millis(model.timeout_ms);
        let bounds =
            judge::Bounds { max_concurrency: model.max_concurrency, max_queue: model.max_queue, timeout };
        Ok((Some(model.settings(timeout)?), bounds))
    }
}

impl ModelDocument {
    fn settings(self, timeout: Duration) -> Result<openai_compatible::Settings, String> {
        let url = reqwest::Url::parse(&self.base_url).ok();
        let usable = url.is_some_and(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some());
        if !usable {
            return Err("`judge.openai_compatible.base_url` must be an http or https URL".into());
        }
        if self.model.is_empty() {
            return Err("`judge.openai_compatible.model` must name a model".into());
        }
        let read = |path: &PathBuf, field: &str| {
            fs::read(path)
                .map_err(|e| format!("`judge.openai_compatible.{field}`: `{}`: {e}", path.display()))
        };
        let ca_pem = self.ca_file.as_ref().map(|path| read(path, "ca_file")).transpose()?;
        let api_key = match (&self.api_key_file, &self.api_key_env) {
            (Some(_), Some(_)) => {
                return Err(
                    "`judge.openai_compatible`: give `api_key_file` or `api_key_env`, not both".into()
                );
            }
            (Some(path), None) => {
                Some(String::from_utf8_lossy(&read(path, "api_key_file")?).trim().to_owned())
            }
            (None, Some(name)) => {
                let unset = |_| format!("`judge.openai_compatible.api_key_env`: `{name}` is not set");
                Some(std::env::var(name).map_err(unset)?.trim().to_owned())
            }
            (None, None) => None,
        };
        if api_key.as_ref().is_some_and(String::is_empty) {
            return Err("`judge.openai_compatible`: the API key is empty".into());
        }
        Ok(openai_compatible::Settings {
            base_url: self.base_url,
            model: self.model,
            api_key,
            ca_pem,
            proxy: self.proxy,
            max_tokens: self.max_tokens,
            timeout,
        })
    }
}

impl ControlDocument {
    fn compile(self) -> Result<state::Thresholds, String> {
        let (b, p) = (self.breaker, self.pace);
        for (field, seconds) in [
            ("breaker.window_seconds", b.window_seconds),
            ("breaker.open_seconds", b.open_seconds),
            ("breaker.max_open_seconds", b.max_open_seconds),
            ("breaker.probe_seconds", b.probe_seconds),
            ("pace.window_seconds", p.window_seconds),
            ("pace.recover_seconds", p.recover_seconds),
        ] {
            within(&format!("control.{field}"), seconds, 1, 30 * 24 * 3_600)?;
        }
        within("control.breaker.minimum_calls", b.minimum_calls, 1, 1_000_000)?;
        within("control.breaker.probe_permits", b.probe_permits.into(), 1, 1_000)?;
        within("control.breaker.probe_successes", b.probe_successes.into(), 1, 1_000)?;
        within("control.pace.minimum_calls", p.minimum_calls, 1, 1_000_000)?;
        for (field, rate) in [
            ("breaker.failure_rate", b.failure_rate),
            ("pace.alternate_error_rate", p.alternate_error_rate),
            ("pace.contingency_error_rate", p.contingency_error_rate),
        ] {
            if !(0.0..=1.0).contains(&rate) {
                return Err(format!("`control.{field}` is {rate}; allowed: 0.0 to 1.0"));
            }
        }
        if p.contingency_error_rate < p.alternate_error_rate {
            return Err("`control.pace.contingency_error_rate` is below `alternate_error_rate`".into());
        }
        Ok(state::Thresholds { breaker: b.thresholds(), pace: p.thresholds() })
    }
}

impl BreakerDocument {
    fn thresholds(&self) -> breaker::Thresholds {
        breaker::Thresholds {
            window_ms: self.window_seconds * 1_000,
            minimum_calls: self.minimum_calls,
            failure_rate: self.failure_rate,
            open_ms: self.open_seconds * 1_000,
            max_open_ms: self.max_open_seconds * 1_000,
            probe_permits: self.probe_permits,
            probe_successes: self.probe_successes,
            probe_ms: self.probe_seconds * 1_000,
        }
    }
}

impl PaceDocument {
    fn thresholds(&self) -> pace::Thresholds {
        pace::Thresholds {
            window_ms: self.window_seconds * 1_000,
            minimum_calls: self.minimum_calls,
            alternate_rate: self.alternate_error_rate,
            contingency_rate: self.contingency_error_rate,
            recover_ms: self.recover_seconds * 1_000,
        }
    }
}

impl ReviewDocument {
    fn compile(self) -> Result<review::Bounds, String> {
        within("review.max_pending", self.max_pending, 1, 1_000_000)?;
        within("review.max_pending_per_tenant", self.max_pending_per_tenant, 1, 1_000_000)?;
        Ok(review::Bounds {
            max_pending: self.max_pending,
            max_pending_per_tenant: self.max_pending_per_tenant,
        })
    }
}

impl Default for DataDocument {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8311".into(), unix: None, exposure: Exposure::default() }
    }
}

impl Default for AdminDocument {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8312".into(), token_file: None, exposure: Exposure::default() }
    }
}

/// No source gives numbers for an LLM upstream, so these are the defaults of service meshes: half of at least 20
/// calls within a minute. AIRS' own (5 blocks per minute, 5 minutes open) make a service unusable (reference, 3.3).
impl Default for BreakerDocument {
    fn default() -> Self {
        Self {
            window_seconds: 60,
            minimum_calls: 20,
            failure_rate: 0.5,
            open_seconds: 10,
            max_open_seconds: 300,
            probe_permits: 3,
            probe_successes: 3,
            probe_seconds: 10,
        }
    }
}

/// AIRS 4.3, row "Judge".
impl Default for PaceDocument {
    fn default() -> Self {
        Self {
            window_seconds: 300,
            minimum_calls: 20,
            alternate_error_rate: 0.05,
            contingency_error_rate: 0.5,
            recover_seconds: 3_600,
        }
    }
}

impl Default for ReviewDocument {
    fn default() -> Self {
        Self { max_pending: 10_000, max_pending_per_tenant: 1_000 }
    }
}

fn default_timeout_ms() -> u64 {
    5_000
}

fn default_concurrency() -> usize {
    16
}

fn default_queue() -> usize {
    64
}

fn default_max_tokens() -> u32 {
    256
}

fn within(field: &str, value: u64, least: u64, most: u64) -> Result<(), String> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(format!("`{field}` is {value}; allowed: {least} to {most}"))
}

fn address(field: &str, text: &str, exposure: Exposure) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| format!("`{field}` is `{text}`; allowed: an IP address with a port"))?;
    if address.ip().is_loopback() || exposure == Exposure::Network {
        return Ok(address);
    }
    let section = field.split('.').next().unwrap_or(field);
    Err(format!(
        "`{field}` is `{text}`, which is not loopback; say `{section}.exposure: network` if that is meant"
    ))
}

fn writable(directory: &Path) -> Result<(), String> {
    let wrong = |e: std::io::Error| format!("`store.directory`: `{}`: {e}", directory.display());
    fs::create_dir_all(directory).map_err(wrong)?;
    let probe = directory.join(".writable");
    fs::write(&probe, b"").map_err(wrong)?;
    fs::remove_file(&probe).map_err(wrong)
}

fn socket_path(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::FileTypeExt;
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        return Err(format!("`data.unix`: `{}` is not a directory", parent.display()));
    }
    match fs::symlink_metadata(path) {
        Ok(meta) if !meta.file_type().is_socket() => {
            Err(format!("`data.unix`: `{}` exists and is not a socket", path.display()))
        }
        _ => Ok(()),
    }
}

/// The token of the admin port; made, and only for its owner to read, when there is none yet.
fn token(path: &Path) -> Result<Token, String> {
    let wrong = |e: &dyn std::fmt::Display| format!("`admin.token_file`: `{}`: {e}", path.display());
    match fs::read_to_string(path) {
        Ok(text) => {
            let text = text.trim();
            if text.len() < MIN_TOKEN_BYTES {
                return Err(wrong(&format!("the token is shorter than {MIN_TOKEN_BYTES} bytes")));
            }
            let mode = fs::metadata(path).map_err(|e| wrong(&e))?.permissions().mode();
            if mode & 0o002 != 0 {
                return Err(wrong(&"everybody may write it; allowed: mode 0600 or 0640"));
            }
            if mode & 0o044 != 0 {
                tracing::warn!(path = %path.display(), "others may read the admin token");
            }
            Ok(Token(text.to_owned()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let token = ident::random_hex::<32>().map_err(|e| wrong(&e))?;
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            let mut file = file.map_err(|e| wrong(&e))?;
            file.write_all(token.as_bytes()).and_then(|()| file.sync_all()).map_err(|e| wrong(&e))?;
            tracing::info!(path = %path.display(), "made a new admin token");
            Ok(Token(token))
        }
        Err(error) => Err(wrong(&error)),
    }
}
