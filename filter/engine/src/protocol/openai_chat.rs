//! OpenAI Chat Completions: requests, responses and stream chunks. Which field speaks as whom; nothing else. Fields
//! are known by their names, never by a `type` beside them: what a field holds is read whatever its neighbour claims.
//! Source: OpenAI API reference, Chat Completions, and the fields of compatible servers (vLLM, OpenRouter, DeepSeek).

use super::json::{Kind, Value};
use super::reader::{self, Piece, Reader, Voice, bytes_of};
use super::refusal::{Completion, Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Binary, Each, Label, Link, Measure, Media, One, Parts, Text, Whole, With};
use super::shape::{
    ASSISTANT, DOCUMENT, NOBODY, REASONING, SECONDS, SPEAKER, Shape, TOOL_CALL, TOOL_DEFINITION,
};

/// `POST .../chat/completions`
pub(super) const ENTRY: Entry = Entry {
    name: "openai.chat_completions",
    paths: &["/chat/completions", "/agents/completions"],
    is_shape: has_roles,
    streams: Streams::Flag,
    framing: Framing::Events,
    request: One(NOBODY, &REQUEST),
    response: One(ASSISTANT, &RESPONSE),
    event: One(ASSISTANT, &RESPONSE),
    refusals: Refusals {
        error: ERROR,
        // In both fields: programs that know refusals look into `refusal`, all others show `content` to their user.
        completion: Some(Completion {
            plain: concat!(
                r#"{"choices":[{"finish_reason":"content_filter","index":0,"logprobs":null,"#,
                r#""message":{"content":$text,"refusal":$text,"role":"assistant"}}],"#,
                r#""created":$created,"id":$chat_id,"model":$model,"object":"chat.completion","#,
                r#""usage":{"completion_tokens":0,"prompt_tokens":0,"total_tokens":0}}"#,
            ),
            stream: concat!(
                r#"data: {"choices":[{"delta":{"content":$text,"refusal":$text,"role":"assistant"},"#,
                r#""finish_reason":null,"index":0,"logprobs":null}],"#,
                r#""created":$created,"id":$chat_id,"model":$model,"object":"chat.completion.chunk"}"#,
                "\n\n",
                r#"data: {"choices":[{"delta":{},"finish_reason":"content_filter","index":0,"logprobs":null}],"#,
                r#""created":$created,"id":$chat_id,"model":$model,"object":"chat.completion.chunk"}"#,
                "\n\ndata: [DONE]\n\n",
            ),
        }),
        interruption: Interruption {
            error: STREAM_ERROR,
            completion: concat!(
                r#"data: {"choices":[{"delta":{"refusal":$text},"finish_reason":"content_filter","index":0,"#,
                r#""logprobs":null}],"created":$created,"id":$chat_id,"model":$model,"#,
                r#""object":"chat.completion.chunk"}"#,
                "\n\ndata: [DONE]\n\n",
            ),
        },
    },
};

/// The error body of all of OpenAI's APIs.
pub(super) const ERROR: &str = r#"{"error":{"code":$code,"message":$text,"param":null,"type":$openai_type}}"#;

/// An error in the midst of a stream, and the stream's end: the SDKs raise it.
pub(super) const STREAM_ERROR: &str = "data: $error\n\ndata: [DONE]\n\n";

/// Whether a body holds messages with roles: a chat whatever its path.
pub(super) fn has_roles(root: Value<'_, '_>) -> bool {
    let messages = root.get("messages").filter(|m| m.kind() == Kind::Array);
    messages.is_some_and(|m| m.children().any(|one| one.get("role").is_some()))
}

/// A request.
static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("messages", Each(NOBODY, &MESSAGE)),
        ("tools functions tool_choice function_call response_format", All(TOOL_DEFINITION)),
        (
            "model stream stream_options temperature top_p n stop seed max_completion_tokens max_tokens \
             frequency_penalty presence_penalty logit_bias logprobs top_logprobs parallel_tool_calls user \
             reasoning_effort verbosity metadata modalities audio prediction prompt_cache_key \
             prompt_cache_retention safety_identifier service_tier store web_search_options random_seed \
             safe_prompt prompt_mode min_tokens agent_id",
            Label(NOBODY),
        ),
    ],
};

/// A response, or one chunk of a stream.
static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("choices", Each(ASSISTANT, &CHOICE)),
        ("created", Measure(SECONDS)),
        ("id object model usage system_fingerprint service_tier", Label(NOBODY)),
        ("obfuscation", Whole(&Text(NOBODY))),
        ("error", All(NOBODY)),
    ],
};

static CHOICE: Shape = Shape {
    speakers: None,
    fields: &[
        ("message delta", One(ASSISTANT, &SAID)),
        ("index finish_reason", Label(NOBODY)),
        ("logprobs", One(ASSISTANT, &LOGPROBS)),
    ],
};

static LOGPROBS: Shape = Shape { speakers: None, fields: &[("content refusal", With(tokens))] };

/// A message of a request: its role says who speaks.
static MESSAGE: Shape = Shape {
    speakers: Some((
        "role",
        &[
            ("system developer", reader::SYSTEM),
            ("user", reader::USER),
            ("assistant", reader::ASSISTANT),
            ("tool function", reader::TOOL_RESULT),
        ],
    )),
    fields: SAID.fields,
};

/// A message, or a delta of one, whoever says it.
static SAID: Shape = Shape {
    speakers: None,
    fields: &[
        ("content", Parts(SPEAKER, &PART)),
        ("role tool_call_id prefix", Label(NOBODY)),
        ("refusal", Text(ASSISTANT)),
        ("reasoning_content reasoning", Text(REASONING)),
        ("tool_calls", Each(TOOL_CALL, &TOOL_CALL_ITEM)),
        ("function_call", One(TOOL_CALL, &CALL)),
        ("audio", Media(SPEAKER, &MEDIA)),
        ("annotations", All(DOCUMENT)),
        ("name", Label(SPEAKER)),
    ],
};

pub(super) static PART: Shape = Shape {
    speakers: None,
    fields: &[
        ("text", Text(SPEAKER)),
        ("type", Label(NOBODY)),
        ("refusal", Text(ASSISTANT)),
        ("thinking", Parts(REASONING, &PART)),
        ("image_url input_audio file document_url video_url audio_url", Media(SPEAKER, &MEDIA)),
        ("document_name", Text(SPEAKER)),
        ("file_id detail reference_ids", Label(SPEAKER)),
        ("cache_control", All(NOBODY)),
    ],
};

/// Media: names, links and transcripts are text, data is not.
pub(super) static MEDIA: Shape = Shape {
    speakers: None,
    fields: &[
        ("url", Link(SPEAKER)),
        ("data file_data", Binary),
        ("transcript", Text(SPEAKER)),
        ("expires_at", Measure(SECONDS)),
        ("id file_id filename format detail", Label(SPEAKER)),
    ],
};

static TOOL_CALL_ITEM: Shape = Shape {
    speakers: None,
    fields: &[("function custom", One(TOOL_CALL, &CALL)), ("index id type", Label(NOBODY))],
};

/// Some servers send arguments as an object and not as JSON in a string.
pub(super) static CALL: Shape =
    Shape { speakers: None, fields: &[("name", Text(TOOL_CALL)), ("arguments input", All(TOOL_CALL))] };

/// Tokens with their probabilities. They spell the answer once more, cut where no pattern would match; joined they
/// are read like it. The likeliest alternatives make a second text. Bytes, and alternatives that are the token itself,
/// spell it yet again: what is taken out of the one goes from the others too.
pub(super) fn tokens<'b>(reader: &mut Reader<'b>, list: Value<'_, 'b>, voice: Voice) {
    let (mut chosen, mut others, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
    reader.array(list, |r, one| {
        let mut token = token(r, one, &mut bytes);
        if let Some(alternatives) = one.get("top_logprobs") {
            r.within("top_logprobs", |r| {
                r.array(alternatives, |r, one| {
                    let other = alternative(r, one, &mut bytes);
                    match (&mut token, other) {
                        (Some(token), Some(other)) if token.value.string() == other.value.string() => {
                            token.echoes.push(other.value);
                            token.echoes.extend(other.echoes);
                        }
                        (_, other) => others.extend(other),
                    }
                });
            });
        }
        chosen.extend(token);
    });
    reader.joined(voice, &chosen);
    reader.within("top_logprobs", |r| r.joined(voice, &others));
    reader.within("bytes", |r| r.joined_bytes(voice, &bytes));
}

/// A token that was not chosen. It has no alternatives of its own.
fn alternative<'j, 'b>(
    reader: &mut Reader<'b>,
    one: Value<'j, 'b>,
    bytes: &mut Vec<Value<'j, 'b>>,
) -> Option<Piece<'j, 'b>> {
    let nested = one.children().filter(|m| m.key() == "top_logprobs" && one.kind() == Kind::Object);
    nested.for_each(|m| reader.within("top_logprobs", |r| r.unknown_member(m)));
    token(reader, one, bytes)
}

/// A token, with the bytes that spell it; its alternatives are the caller's. Bytes that spell something else go to
/// `others`.
fn token<'j, 'b>(
    reader: &mut Reader<'b>,
    token: Value<'j, 'b>,
    others: &mut Vec<Value<'j, 'b>>,
) -> Option<Piece<'j, 'b>> {
    let value = token.get("token").filter(|t| t.kind() == Kind::String);
    let text = value.and_then(Value::string).unwrap_or_default();
    let mut echoes = Vec::new();
    reader.object(token, |r, name, member| match name {
        "token" if member.kind() == Kind::String => {}
        "logprob" => r.label(reader::NOBODY, member),
        "bytes" if member.kind() == Kind::Array && member.children().all(|b| b.kind() == Kind::Number) => {
            let is_echo = bytes_of(member).eq(text.bytes());
            if is_echo { echoes.push(member) } else { others.push(member) }
        }
        "top_logprobs" => {}
        _ => r.unknown_member(member),
    });
    value.map(|value| Piece { value, echoes })
}
