//! Anthropic Messages: requests, responses and stream events. Which field speaks as whom; nothing else. A block's
//! type decides who speaks, never whether its text is read. Source: Anthropic API reference, Messages and streaming.

use super::json::{Kind, Value};
use super::openai_chat::has_roles;
use super::reader::{
    ASSISTANT, DOCUMENT, NOBODY, REASONING, Reader, SYSTEM, TOOL_CALL, TOOL_DEFINITION, TOOL_RESULT, USER,
    Voice,
};
use super::refusal::{Completion, Refusals};
use super::registry::Entry;

/// `POST .../v1/messages`
pub(super) static ENTRY: Entry = Entry {
    name: "anthropic.messages",
    paths: &["/v1/messages", "/v1/messages/count_tokens"],
    is_shape: |root| {
        has_roles(root) && ["system", "anthropic_version"].iter().any(|key| root.get(key).is_some())
    },
    request,
    response,
    event,
    refusals: Refusals {
        error: r#"{"error":{"message":$text,"type":$anthropic_type},"request_id":$request_id,"type":"error"}"#,
        completion: Some(Completion {
            plain: concat!(
                r#"{"content":[{"text":$text,"type":"text"}],"id":$message_id,"model":$model,"role":"assistant","#,
                r#""stop_reason":"refusal","stop_sequence":null,"type":"message","#,
                r#""usage":{"input_tokens":0,"output_tokens":0}}"#,
            ),
            stream: concat!(
                "event: message_start\ndata: ",
                r#"{"message":{"content":[],"id":$message_id,"model":$model,"role":"assistant","stop_reason":null,"#,
                r#""stop_sequence":null,"type":"message","usage":{"input_tokens":0,"output_tokens":0}},"#,
                r#""type":"message_start"}"#,
                "\n\nevent: content_block_start\ndata: ",
                r#"{"content_block":{"text":"","type":"text"},"index":0,"type":"content_block_start"}"#,
                "\n\nevent: content_block_delta\ndata: ",
                r#"{"delta":{"text":$text,"type":"text_delta"},"index":0,"type":"content_block_delta"}"#,
                "\n\nevent: content_block_stop\ndata: ",
                r#"{"index":0,"type":"content_block_stop"}"#,
                "\n\nevent: message_delta\ndata: ",
                r#"{"delta":{"stop_reason":"refusal","stop_sequence":null},"type":"message_delta","#,
                r#""usage":{"output_tokens":0}}"#,
                "\n\nevent: message_stop\ndata: ",
                r#"{"type":"message_stop"}"#,
                "\n\n",
            ),
        }),
    },
};

/// Reads a request.
fn request<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>) {
    reader.object(root, |r, name, member| match name {
        "system" => content(r, member, SYSTEM),
        "messages" => r.array(member, message),
        "tools" | "tool_choice" | "mcp_servers" | "output_format" | "output_config" => {
            r.everything(TOOL_DEFINITION, member)
        }
        _ if REQUEST_FIELDS.contains(&name) => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

/// Reads a response.
fn response<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>) {
    reader.object(root, |r, name, member| match name {
        "content" => content(r, member, ASSISTANT),
        "error" => r.everything(NOBODY, member),
        _ if RESPONSE_FIELDS.contains(&name) => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

/// Reads one event of a stream. What a block starts with and its deltas are read at the block's own path, so that
/// they add up.
fn event<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>) {
    let index = root.get("index").and_then(|i| i.raw().parse().ok()).unwrap_or(0);
    reader.object(root, |r, name, member| match name {
        "message" => response(r, member),
        "error" => r.everything(NOBODY, member),
        // Read below, at the path of their block.
        "content_block" | "delta" => {}
        "type" | "index" | "usage" | "request_id" => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
    let pieces = root.children().filter(|m| matches!(m.key().as_ref(), "content_block" | "delta"));
    reader.within("content", |r| r.at(index, |r| pieces.for_each(|piece| block(r, piece, ASSISTANT))));
}

fn message<'b>(reader: &mut Reader<'b>, message: Value<'_, 'b>) {
    let role = message.get("role").and_then(Value::string).unwrap_or_default();
    let voice = match role.as_ref() {
        "user" => USER,
        "assistant" => ASSISTANT,
        "system" => SYSTEM,
        _ => NOBODY,
    };
    reader.object(message, |r, name, member| match name {
        "content" => content(r, member, voice),
        "role" => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

fn content<'b>(reader: &mut Reader<'b>, content: Value<'_, 'b>, voice: Voice) {
    match content.kind() {
        Kind::Array => reader.array(content, |r, one| block(r, one, voice)),
        // Server tools answer with one block in place of a list.
        Kind::Object => block(reader, content, voice),
        _ => reader.text(voice, content),
    }
}

/// A content block, or a delta of one.
fn block<'b>(reader: &mut Reader<'b>, block: Value<'_, 'b>, voice: Voice) {
    if block.kind() == Kind::String {
        return reader.text(voice, block);
    }
    let kind = block.get("type").and_then(Value::string).unwrap_or_default();
    let voice = match kind.as_ref() {
        _ if kind.ends_with("tool_result") => TOOL_RESULT,
        "document" | "search_result" if voice != TOOL_RESULT => DOCUMENT,
        _ => voice,
    };
    reader.object(block, |r, name, member| match name {
        "text" => r.text(voice, member),
        "thinking" => r.text(REASONING, member),
        "name" => r.text(TOOL_CALL, member),
        "input" | "partial_json" => r.everything(TOOL_CALL, member),
        "content" => content(r, member, voice),
        "source" => source(r, member, voice),
        "title" | "context" | "url" => r.text(voice, member),
        "citations" | "citation" => citations(r, member),
        "signature" | "data" | "encrypted_content" | "encrypted_index" => r.binary(member),
        _ if BLOCK_FIELDS.contains(&name) => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

/// The source of an image or a document: text and links are read, base64 is not.
fn source<'b>(reader: &mut Reader<'b>, source: Value<'_, 'b>, voice: Voice) {
    if source.kind() == Kind::String {
        return reader.text(voice, source);
    }
    let is_text = source.get("type").and_then(Value::string).is_some_and(|kind| kind == "text");
    reader.object(source, |r, name, member| match name {
        "data" if !is_text => r.binary(member),
        "data" => r.text(voice, member),
        "content" => content(r, member, voice),
        "url" => r.link(voice, member),
        "type" | "media_type" | "file_id" => r.label(NOBODY, member),
        _ => r.unknown_member(member),
    });
}

/// Citations quote documents.
fn citations<'b>(reader: &mut Reader<'b>, citations: Value<'_, 'b>) {
    match citations.kind() {
        Kind::Array => reader.array(citations, self::citations),
        Kind::Object => reader.object(citations, |r, name, member| match name {
            "encrypted_index" => r.binary(member),
            "type" => r.label(NOBODY, member),
            _ => r.everything(DOCUMENT, member),
        }),
        _ => reader.text(DOCUMENT, citations),
    }
}

/// Request fields that are known and not part of the conversation.
const REQUEST_FIELDS: &[&str] = &[
    "anthropic_beta",
    "anthropic_version",
    "betas",
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "max_tokens",
    "metadata",
    "model",
    "service_tier",
    "stop_sequences",
    "stream",
    "temperature",
    "thinking",
    "top_k",
    "top_p",
];

/// Response fields that are known and not part of the answer.
const RESPONSE_FIELDS: &[&str] = &[
    "container",
    "context_management",
    "id",
    "input_tokens",
    "model",
    "request_id",
    "role",
    "stop_details",
    "stop_reason",
    "stop_sequence",
    "type",
    "usage",
];

/// Fields of blocks and deltas that are known and not text of the conversation.
const BLOCK_FIELDS: &[&str] = &[
    "cache_control",
    "caller",
    "container",
    "error_code",
    "file_id",
    "id",
    "is_error",
    "page_age",
    "retrieved_at",
    "server_name",
    "stop_details",
    "stop_reason",
    "stop_sequence",
    "tool_use_id",
    "type",
];
