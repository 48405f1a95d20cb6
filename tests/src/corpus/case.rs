//! The corpus's cases as a person writes them (`tests/corpus/README.md`). Raw types, strict: a misspelt field must not
//! quietly check nothing.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use weir_engine::policy::Layer;
use weir_engine::wire::control::ControlSnapshot;
use weir_engine::wire::decision::{Action, DecisionEvent};
use weir_engine::wire::review::ReviewStatus;

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What is shown, as a sentence.
    pub note: String,
    /// The policy document.
    #[serde(default = "empty_object")]
    pub policy: Value,
    /// Runner that can play it; all when absent.
    #[serde(default)]
    pub only: Option<Only>,
    /// What happens.
    pub events: Events,
    /// What must become of it.
    pub want: Want,
}

/// A restriction to one runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Only {
    /// The native engine.
    Native,
}

/// What happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// The client's request.
    pub request: Message,
    /// The upstream's response.
    #[serde(default)]
    pub response: Option<Message>,
    /// The judge's answer; unavailable when absent.
    #[serde(default)]
    pub judge: Option<JudgeAnswer>,
    /// The review queue's answer; unavailable when absent.
    #[serde(default)]
    pub review: Option<ReviewStatus>,
    /// Control state.
    #[serde(default)]
    pub control: Control,
}

/// A message of either direction.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Method of a request.
    #[serde(default)]
    pub method: Option<String>,
    /// Path of a request.
    #[serde(default)]
    pub path: Option<String>,
    /// Status of a response.
    #[serde(default)]
    pub status: Option<u16>,
    /// Headers; `None` leaves a default header out.
    #[serde(default)]
    pub headers: BTreeMap<String, Option<String>>,
    /// Body.
    #[serde(default)]
    pub body: Option<Body>,
    /// Offsets at which the body is cut.
    #[serde(default)]
    pub splits: Vec<usize>,
    /// Trailers.
    #[serde(default)]
    pub trailers: BTreeMap<String, String>,
}

/// A body.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// JSON without blanks.
    Json(Value),
    /// Text as it stands.
    Text(String),
    /// Bytes.
    Base64(String),
    /// Server-sent events.
    Sse(Vec<SseEvent>),
    /// A long body.
    Repeat(Repeat),
}

/// One server-sent event.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum SseEvent {
    /// Its data.
    Data(String),
    /// Its name and data.
    Named {
        /// `event`
        event: String,
        /// `data`
        data: String,
    },
}

/// `before`, then `text` `times` times, then `after`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// Once, at the start.
    #[serde(default)]
    pub before: String,
    /// Repeated.
    pub text: String,
    /// So many times.
    pub times: usize,
    /// Once, at the end.
    #[serde(default)]
    pub after: String,
}

/// What the judge answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JudgeAnswer {
    /// A verdict.
    Pass,
    /// A verdict.
    Review,
    /// A verdict.
    Escalate,
    /// 200 and something that is no verdict.
    Garbage,
    /// A verdict `pass` about another exchange.
    WrongNonce,
}

/// Control state.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", untagged)]
pub enum Control {
    /// `never`: no snapshot has ever come.
    Word(Never),
    /// The snapshot.
    Snapshot(ControlSnapshot),
}

/// The word `never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Never {
    /// `never`
    Never,
}

impl Default for Control {
    fn default() -> Self {
        Self::Snapshot(ControlSnapshot { version: 1, ..ControlSnapshot::default() })
    }
}

/// What must become of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Want {
    /// Decisions about the request.
    #[serde(default)]
    pub request: Option<Vec<Decided>>,
    /// What the upstream receives.
    #[serde(default)]
    pub upstream: Option<Upstream>,
    /// Decisions about the response.
    #[serde(default)]
    pub response: Option<Vec<Decided>>,
    /// What the client gets.
    #[serde(default)]
    pub client: Client,
}

/// What the upstream receives.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upstream {
    /// No request at all.
    Nothing,
    /// The body as the client sent it.
    Untouched,
    /// Exactly these bytes.
    Text(String),
    /// Equal JSON.
    Json(Value),
}

/// What the client gets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Client {
    /// Status.
    pub status: Option<u16>,
    /// Headers and their exact values.
    pub headers: BTreeMap<String, String>,
    /// `untouched`: the upstream's body.
    pub body: Option<Untouched>,
    /// Exactly these bytes.
    pub text: Option<String>,
    /// Exactly this stream, written as in bodies.
    pub sse: Option<Vec<SseEvent>>,
    /// JSON with at least these members.
    pub json: Option<Value>,
    /// Texts in the body.
    pub contains: Vec<String>,
    /// Texts not in the body.
    pub lacks: Vec<String>,
}

/// The word `untouched`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Untouched {
    /// `untouched`
    Untouched,
}

/// One decision, written `decision layer reason` and ` would=action` when the layer only detects.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Decided {
    /// What was done.
    pub decision: Action,
    /// By which layer.
    pub layer: Layer,
    /// Reason code.
    pub reason: String,
    /// What would have been done.
    pub would: Option<Action>,
}

impl TryFrom<String> for Decided {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not `decision layer reason[ would=action]`");
        let words: Vec<&str> = text.split(' ').collect();
        let (decision, layer, reason, would) = match words.as_slice() {
            [decision, layer, reason] => (*decision, *layer, *reason, None),
            [decision, layer, reason, would] => (*decision, *layer, *reason, Some(*would)),
            _ => return Err(wrong()),
        };
        let would = would.map(|w| w.strip_prefix("would=").and_then(word).ok_or_else(wrong)).transpose()?;
        Ok(Self {
            decision: word(decision).ok_or_else(wrong)?,
            layer: word(layer).ok_or_else(wrong)?,
            reason: reason.to_owned(),
            would,
        })
    }
}

impl From<&DecisionEvent> for Decided {
    fn from(event: &DecisionEvent) -> Self {
        Self {
            decision: event.decision,
            layer: event.layer,
            reason: event.reason.clone(),
            would: event.would,
        }
    }
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |value: Value| value.as_str().unwrap_or_default().to_owned();
        let decision = name(serde_json::to_value(self.decision).unwrap_or_default());
        let layer = name(serde_json::to_value(self.layer).unwrap_or_default());
        write!(f, "{decision} {layer} {}", self.reason)?;
        match self.would {
            Some(would) => write!(f, " would={}", name(serde_json::to_value(would).unwrap_or_default())),
            None => Ok(()),
        }
    }
}

fn word<T: serde::de::DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(Value::String(word.to_owned())).ok()
}

fn empty_object() -> Value {
    Value::Object(serde_json::Map::new())
}
