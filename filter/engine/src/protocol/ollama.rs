//! Ollama's own API: chat and generate, which stream JSON lines unless they are told not to. Source: Ollama API
//! reference.

use super::openai_chat::CALL;
use super::reader;
use super::refusal::{Completion, Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Binary, Each, Label, Measure, One, Spelled, Text, Whole};
use super::shape::{
    ASSISTANT, NANOSECONDS, NOBODY, REASONING, SPEAKER, SYSTEM, Shape, TOOL_CALL, TOOL_DEFINITION, USER,
};

/// `POST .../api/chat`
pub(super) const CHAT: Entry = Entry {
    name: "ollama.chat",
    paths: &["/api/chat"],
    is_shape: |_| false,
    streams: Streams::UnlessOff,
    framing: Framing::Lines,
    request: One(NOBODY, &REQUEST),
    response: One(ASSISTANT, &RESPONSE),
    event: One(ASSISTANT, &RESPONSE),
    refusals: Refusals {
        error: ERROR,
        completion: Some(Completion {
            plain: concat!(
                r#"{"created_at":"0001-01-01T00:00:00Z","done":true,"done_reason":"stop","#,
                r#""message":{"content":$text,"role":"assistant"},"model":$model}"#,
            ),
            stream: "$plain\n",
        }),
        interruption: Interruption { error: "$error\n", completion: "$plain\n" },
    },
};

/// `POST .../api/generate`
pub(super) const GENERATE: Entry = Entry {
    name: "ollama.generate",
    paths: &["/api/generate"],
    refusals: Refusals {
        error: ERROR,
        completion: Some(Completion {
            plain: concat!(
                r#"{"created_at":"0001-01-01T00:00:00Z","done":true,"done_reason":"stop","model":$model,"#,
                r#""response":$text}"#,
            ),
            stream: "$plain\n",
        }),
        interruption: Interruption { error: "$error\n", completion: "$plain\n" },
    },
    ..CHAT
};

const ERROR: &str = r#"{"error":$text}"#;

/// A request of either.
static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("messages", Each(NOBODY, &MESSAGE)),
        ("prompt suffix", Text(USER)),
        ("system template", Text(SYSTEM)),
        ("images", Binary),
        ("tools format", All(TOOL_DEFINITION)),
        (
            "model stream options keep_alive think raw context logprobs top_logprobs truncate shift width \
             height steps",
            Label(NOBODY),
        ),
    ],
};

static MESSAGE: Shape = Shape {
    speakers: Some((
        "role",
        &[
            ("user", reader::USER),
            ("assistant", reader::ASSISTANT),
            ("system", reader::SYSTEM),
            ("tool", reader::TOOL_RESULT),
        ],
    )),
    fields: SAID.fields,
};

static SAID: Shape = Shape {
    speakers: None,
    fields: &[
        ("content", Text(SPEAKER)),
        ("role tool_call_id", Label(NOBODY)),
        ("thinking", Text(REASONING)),
        ("tool_calls", Each(TOOL_CALL, &TOOL_CALL_ITEM)),
        ("tool_name", Label(SPEAKER)),
        ("images", Binary),
    ],
};

/// Calls are never cut: each event has whole ones.
static TOOL_CALL_ITEM: Shape = Shape {
    speakers: None,
    fields: &[("function", Whole(&One(TOOL_CALL, &CALL))), ("id type index", Label(NOBODY))],
};

/// A response, or a line of a streamed one.
static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("message", One(ASSISTANT, &SAID)),
        ("response", Text(ASSISTANT)),
        ("thinking", Text(REASONING)),
        ("model done done_reason context remote_model remote_host", Label(NOBODY)),
        ("created_at", Whole(&Text(NOBODY))),
        (
            "total_duration load_duration prompt_eval_count prompt_eval_duration eval_count eval_duration",
            Measure(NANOSECONDS),
        ),
        ("logprobs", Spelled(ASSISTANT, "token")),
        ("image", Binary),
        ("completed total", Label(NOBODY)),
        ("error", All(NOBODY)),
    ],
};
