//! A judge behind any OpenAI-compatible chat API, over HTTP or TLS. It follows no redirect, uses no proxy of the
//! environment, reads a bounded answer and believes only a strict verdict with the nonce of this very question.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use weir_engine::wire::judge::{JudgeIdentity, JudgeRequest};

use super::prompt::{self, TEMPLATE};
use super::{JudgeError, Opinion};
use crate::ident;
use crate::limits::MAX_MODEL_ANSWER_BYTES;

/// How to reach the model.
#[derive(Clone)]
pub struct Settings {
    /// Base of the API, as in `https://api.example/v1`; `/chat/completions` is appended.
    pub base_url: String,
    /// Model name.
    pub model: String,
    /// Bearer token; none when empty.
    pub api_key: Option<String>,
    /// Additional certificate authorities, PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// Proxy for these calls; none by default, whatever the environment says.
    pub proxy: Option<String>,
    /// Longest answer, in tokens.
    pub max_tokens: u32,
    /// Longest call.
    pub timeout: Duration,
}

/// The model.
pub struct OpenAiCompatible {
    client: reqwest::Client,
    url: String,
    settings: Settings,
    prompt_sha256: String,
}

impl OpenAiCompatible {
    /// A client for the model.
    ///
    /// # Errors
    /// When the certificate, the proxy or the TLS set-up is unusable.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.timeout.min(Duration::from_secs(5)))
            .timeout(settings.timeout)
            .user_agent(concat!("weir/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &settings.ca_pem {
            let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|e| e.to_string())?;
            builder = builder.tls_certs_merge(certificates);
        }
        if let Some(proxy) = &settings.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(|e| e.to_string())?);
        }
        let client = builder.build().map_err(|e| e.to_string())?;
        let url = format!("{}/chat/completions", settings.base_url.trim_end_matches('/'));
        Ok(Self { client, url, settings, prompt_sha256: ident::sha256_hex(TEMPLATE.as_bytes()) })
    }

    /// Who this is.
    pub fn identity(&self) -> JudgeIdentity {
        JudgeIdentity {
            kind: "openai_compatible".into(),
            model: self.settings.model.clone(),
            prompt_sha256: self.prompt_sha256.clone(),
        }
    }

    /// Judges.
    ///
    /// # Errors
    /// See [`JudgeError`].
    pub async fn judge(&self, request: &JudgeRequest) -> Result<Opinion, JudgeError> {
        let nonce = ident::random_hex::<16>().map_err(|_| JudgeError::NoRandomness)?;
        let question = prompt::question(request, &nonce)?;
        let body = json!({
            "model": self.settings.model,
            "temperature": 0,
            "max_tokens": self.settings.max_tokens,
            "response_format": { "type": "json_object" },
            "messages": [
                { "role": "system", "content": question.system },
                { "role": "user", "content": question.user },
            ],
        });
        let mut call = self.client.post(&self.url).json(&body);
        if let Some(key) = &self.settings.api_key {
            call = call.bearer_auth(key);
        }
        let response = call.send().await.map_err(|e| transport(&e))?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(JudgeError::BackendStatus(status));
        }
        let content = content(&bounded(response).await?)?;
        prompt::answer(&content, &nonce)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("base_url", &self.base_url)
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OpenAiCompatible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiCompatible").field("url", &self.url).finish_non_exhaustive()
    }
}

async fn bounded(mut response: reqwest::Response) -> Result<Vec<u8>, JudgeError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| transport(&e))? {
        if body.len() + chunk.len() > MAX_MODEL_ANSWER_BYTES {
            return Err(JudgeError::MalformedEnvelope("too long"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn transport(error: &reqwest::Error) -> JudgeError {
    if error.is_timeout() { JudgeError::Timeout } else { JudgeError::Unreachable }
}

/// The one complete answer of a chat completion.
fn content(body: &[u8]) -> Result<String, JudgeError> {
    let completion: Completion =
        serde_json::from_slice(body).map_err(|_| JudgeError::MalformedEnvelope("not a chat completion"))?;
    let Ok([choice]) = <[Choice; 1]>::try_from(completion.choices) else {
        return Err(JudgeError::MalformedEnvelope("not exactly one choice"));
    };
    match (choice.finish_reason.as_deref(), choice.message.content) {
        (None | Some("stop"), Some(content)) => Ok(content),
        (_, None) => Err(JudgeError::MalformedVerdict("no content")),
        (Some(_), _) => Err(JudgeError::MalformedVerdict("answer cut short")),
    }
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}
