//! Completions of a prompt without roles: OpenAI's older API, its copies, and fill-in-the-middle (Mistral, DeepSeek).
//! Source: OpenAI API reference, Completions; Mistral API reference, FIM.

use super::json::Kind;
use super::openai_chat::{self, ERROR, STREAM_ERROR};
use super::refusal::{Completion, Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Content, Each, Label, Measure, One, Spelled, Text, Whole};
use super::shape::{ASSISTANT, NOBODY, SECONDS, Shape, TOOL_DEFINITION, USER};

/// `POST .../completions`
pub(super) const ENTRY: Entry = Entry {
    name: "openai.completions",
    paths: &["/v1/completions", "/beta/completions", "/deployments/*/completions"],
    is_shape: |_| false,
    streams: Streams::Flag,
    framing: Framing::Events,
    request: One(USER, &REQUEST),
    response: One(ASSISTANT, &RESPONSE),
    event: One(ASSISTANT, &RESPONSE),
    refusals: Refusals {
        error: ERROR,
        completion: Some(Completion {
            plain: concat!(
                r#"{"choices":[{"finish_reason":"content_filter","index":0,"logprobs":null,"text":$text}],"#,
                r#""created":$created,"id":$chat_id,"model":$model,"object":"text_completion","#,
                r#""usage":{"completion_tokens":0,"prompt_tokens":0,"total_tokens":0}}"#,
            ),
            stream: "data: $plain\n\ndata: [DONE]\n\n",
        }),
        interruption: Interruption {
            error: STREAM_ERROR,
            completion: concat!(
                r#"data: {"choices":[{"finish_reason":"content_filter","index":0,"logprobs":null,"text":""}],"#,
                r#""created":$created,"id":$chat_id,"model":$model,"object":"text_completion"}"#,
                "\n\ndata: [DONE]\n\n",
            ),
        },
    },
};

/// `POST .../fim/completions`: the prompt's API, the chat's answers.
pub(super) const FIM: Entry = Entry {
    name: "mistral.fim",
    paths: &["/fim/completions"],
    is_shape: |root| {
        ["prompt", "suffix"].iter().all(|key| root.get(key).is_some_and(|m| m.kind() == Kind::String))
    },
    request: One(USER, &REQUEST),
    ..openai_chat::ENTRY
};

static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("prompt suffix", Content(USER, &NO_PARTS)),
        ("response_format", All(TOOL_DEFINITION)),
        (
            "model stream stream_options best_of echo frequency_penalty logit_bias logprobs max_tokens n \
             presence_penalty seed stop temperature top_p user metadata min_tokens random_seed",
            Label(NOBODY),
        ),
    ],
};

/// Prompts are strings, or numbers of tokens.
static NO_PARTS: Shape = Shape { speakers: None, fields: &[] };

static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("choices", Each(ASSISTANT, &CHOICE)),
        ("id object model usage system_fingerprint service_tier", Label(NOBODY)),
        ("created", Measure(SECONDS)),
        ("obfuscation", Whole(&Text(NOBODY))),
        ("error", All(NOBODY)),
    ],
};

static CHOICE: Shape = Shape {
    speakers: None,
    fields: &[
        ("text", Text(ASSISTANT)),
        ("index finish_reason stop_reason", Label(NOBODY)),
        ("logprobs", One(ASSISTANT, &LOGPROBS)),
    ],
};

static LOGPROBS: Shape = Shape {
    speakers: None,
    fields: &[
        ("tokens", Spelled(ASSISTANT, "token")),
        ("token_logprobs text_offset", Label(NOBODY)),
        ("top_logprobs", All(ASSISTANT)),
    ],
};
