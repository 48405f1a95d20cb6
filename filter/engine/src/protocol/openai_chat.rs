//! OpenAI Chat Completions: requests, responses and stream chunks. Which field speaks as whom; nothing else. Fields
//! are known by their names, never by a `type` beside them: what a field holds is read whatever its neighbour claims.
//! Source: OpenAI API reference, Chat Completions, and the fields of compatible servers (vLLM, OpenRouter, DeepSeek).

use super::json::{Kind, Value};
use super::reader::{
    ASSISTANT, DOCUMENT, NOBODY, Piece, REASONING, Reader, SYSTEM, TOOL_CALL, TOOL_DEFINITION, TOOL_RESULT,
    USER, Voice, bytes_of,
};
use super::refusal::{Completion, Refusals};
use super::registry::Entry;

/// `POST .../chat/completions`
pub(super) static ENTRY: Entry = Entry {
    name: "openai.chat_completions",
    paths: &["/chat/completions"],
    is_shape: has_roles,
    request,
    response,
    event: response,
    refusals: Refusals {
        error: r#"{"error":{"code":$code,"message":$text,"param":null,"type":$openai_type}}"#,
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
    },
};

/// Whether a body holds messages with roles: a chat whatever its path.
pub(super) fn has_roles(root: Value<'_, '_>) -> bool {
    let messages = root.get("messages").filter(|m| m.kind() == Kind::Array);
    messages.is_some_and(|m| m.children().any(|one| one.get("role").is_some()))
}

/// Reads a request.
fn request<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>) {
    reader.object(root, |r, name, member| match name {
        "messages" => r.array(member, message),
        "tools" | "functions" | "tool_choice" | "function_call" | "response_format" => {
            r.everything(TOOL_DEFINITION, member)
        }
        _ if REQUEST_FIELDS.contains(&name) => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

/// Reads a response, or one chunk of a stream.
fn response<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>) {
    reader.object(root, |r, name, member| match name {
        "choices" => r.array(member, choice),
        // A count of seconds, which looks like an account number and is none.
        "created" if is_time(member) => {}
        "error" => r.everything(NOBODY, member),
        _ if RESPONSE_FIELDS.contains(&name) => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

fn choice<'b>(reader: &mut Reader<'b>, choice: Value<'_, 'b>) {
    reader.object(choice, |r, name, member| match name {
        "message" | "delta" => fields(r, member, ASSISTANT),
        "logprobs" => r.object(member, |r, name, list| match name {
            "content" | "refusal" => tokens(r, list),
            _ => r.unknown_member(list),
        }),
        "index" | "finish_reason" => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

fn message<'b>(reader: &mut Reader<'b>, message: Value<'_, 'b>) {
    let role = message.get("role").and_then(Value::string).unwrap_or_default();
    let voice = match role.as_ref() {
        "system" | "developer" => SYSTEM,
        "user" => USER,
        "assistant" => ASSISTANT,
        "tool" | "function" => TOOL_RESULT,
        _ => NOBODY,
    };
    fields(reader, message, voice);
}

fn fields<'b>(reader: &mut Reader<'b>, message: Value<'_, 'b>, voice: Voice) {
    reader.object(message, |r, name, member| match name {
        "content" if member.kind() == Kind::Array => r.array(member, |r, part| self::part(r, part, voice)),
        "content" => r.text(voice, member),
        "refusal" => r.text(ASSISTANT, member),
        "reasoning_content" | "reasoning" => r.text(REASONING, member),
        "tool_calls" => r.array(member, tool_call),
        "function_call" => call(r, member),
        "audio" => media(r, member, voice),
        "annotations" => r.everything(DOCUMENT, member),
        "name" => r.label(voice, member),
        "role" | "tool_call_id" => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

fn part<'b>(reader: &mut Reader<'b>, part: Value<'_, 'b>, voice: Voice) {
    if part.kind() == Kind::String {
        return reader.text(voice, part);
    }
    reader.object(part, |r, name, member| match name {
        "text" => r.text(voice, member),
        "refusal" => r.text(ASSISTANT, member),
        "image_url" | "input_audio" | "file" => media(r, member, voice),
        "type" => r.label(NOBODY, member),
        "cache_control" => r.everything(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

/// Media: names, links and transcripts are text, data is not.
fn media<'b>(reader: &mut Reader<'b>, media: Value<'_, 'b>, voice: Voice) {
    if media.kind() == Kind::String {
        return reader.link(voice, media);
    }
    reader.object(media, |r, name, member| match name {
        "url" | "file_data" if member.string().is_some_and(|s| s.contains(':')) => r.link(voice, member),
        "data" | "file_data" => r.binary(member),
        "url" | "transcript" => r.text(voice, member),
        "expires_at" if is_time(member) => {}
        "expires_at" | "id" | "file_id" | "filename" | "format" | "detail" => r.label(voice, member),
        _ => r.unknown_member(member),
    });
}

fn tool_call<'b>(reader: &mut Reader<'b>, one: Value<'_, 'b>) {
    reader.object(one, |r, name, member| match name {
        "function" | "custom" => call(r, member),
        "index" | "id" | "type" => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

fn call<'b>(reader: &mut Reader<'b>, call: Value<'_, 'b>) {
    reader.object(call, |r, name, member| match name {
        "name" => r.text(TOOL_CALL, member),
        // Some servers send arguments as an object and not as JSON in a string.
        "arguments" | "input" => r.everything(TOOL_CALL, member),
        _ => r.unknown_member(member),
    });
}

/// Whether this is a count of seconds of our time: ten digits.
fn is_time(value: Value<'_, '_>) -> bool {
    value.kind() == Kind::Number && value.raw().len() <= SECONDS_DIGITS
}

const SECONDS_DIGITS: usize = 10;

/// Tokens with their probabilities. They spell the answer once more, cut where no pattern would match; joined they
/// are read like it. The likeliest alternatives make a second text. Bytes, and alternatives that are the token itself,
/// spell it yet again: what is taken out of the one goes from the others too.
fn tokens<'b>(reader: &mut Reader<'b>, list: Value<'_, 'b>) {
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
    reader.joined(ASSISTANT, &chosen);
    reader.within("top_logprobs", |r| r.joined(ASSISTANT, &others));
    reader.within("bytes", |r| r.joined_bytes(ASSISTANT, &bytes));
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
        "logprob" => r.label(NOBODY, member),
        "bytes" if member.kind() == Kind::Array && member.children().all(|b| b.kind() == Kind::Number) => {
            let is_echo = bytes_of(member).eq(text.bytes());
            if is_echo { echoes.push(member) } else { others.push(member) }
        }
        "top_logprobs" => {}
        _ => r.unknown_member(member),
    });
    value.map(|value| Piece { value, echoes })
}

/// Request fields that are known and not part of the conversation.
const REQUEST_FIELDS: &[&str] = &[
    "audio",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning_effort",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Response fields that are known and not part of the answer.
const RESPONSE_FIELDS: &[&str] =
    &["id", "object", "model", "usage", "system_fingerprint", "service_tier", "obfuscation", "created"];
