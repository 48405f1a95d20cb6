//! Anthropic Messages: requests, responses and stream events. Which field speaks as whom; nothing else. A block's
//! type decides who speaks, never whether its text is read. Source: Anthropic API reference, Messages and streaming.

use super::json::Value;
use super::openai_chat::has_roles;
use super::reader::{self, Reader, Voice};
use super::refusal::{Completion, Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Binary, Content, Each, Label, Link, One, Text, With};
use super::shape::{
    ASSISTANT, DOCUMENT, NOBODY, REASONING, SPEAKER, SYSTEM, Shape, TOOL_CALL, TOOL_DEFINITION,
};

/// `POST .../v1/messages`
pub(super) const ENTRY: Entry = Entry {
    name: "anthropic.messages",
    paths: &[
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v1/messages/batches",
        "/v1/messages/batches/*/results",
        "/publishers/anthropic/models/*:rawPredict",
        "/publishers/anthropic/models/*:streamRawPredict",
    ],
    is_shape: |root| {
        has_roles(root) && ["system", "anthropic_version"].iter().any(|key| root.get(key).is_some())
    },
    streams: Streams::Flag,
    framing: Framing::Events,
    request: One(NOBODY, &REQUEST),
    response: One(ASSISTANT, &RESPONSE),
    event: With(event),
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
        interruption: Interruption {
            error: "event: error\ndata: $error\n\n",
            completion: concat!(
                "event: message_delta\ndata: ",
                r#"{"delta":{"stop_reason":"refusal","stop_sequence":null},"type":"message_delta","#,
                r#""usage":{"output_tokens":0}}"#,
                "\n\nevent: message_stop\ndata: ",
                r#"{"type":"message_stop"}"#,
                "\n\n",
            ),
        },
    },
};

/// A request.
static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("messages", Each(NOBODY, &MESSAGE)),
        ("system", Content(SYSTEM, &BLOCK)),
        ("tools tool_choice mcp_servers output_format output_config", All(TOOL_DEFINITION)),
        ("requests", Each(NOBODY, &BATCHED)),
        (
            "model max_tokens stream temperature top_k top_p stop_sequences thinking metadata anthropic_beta \
             anthropic_version betas cache_control container context_management inference_geo service_tier \
             speed user_profile_id",
            Label(NOBODY),
        ),
    ],
};

/// A request of a batch.
static BATCHED: Shape =
    Shape { speakers: None, fields: &[("params", One(NOBODY, &REQUEST)), ("custom_id", Label(NOBODY))] };

static MESSAGE: Shape = Shape {
    speakers: Some((
        "role",
        &[("user", reader::USER), ("assistant", reader::ASSISTANT), ("system", reader::SYSTEM)],
    )),
    fields: &[("content", Content(SPEAKER, &BLOCK)), ("role", Label(NOBODY))],
};

/// A response.
static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("content", Content(ASSISTANT, &BLOCK)),
        (
            "id type role model stop_reason stop_sequence stop_details usage input_tokens container \
             context_management request_id custom_id processing_status request_counts results_url ended_at \
             created_at expires_at archived_at cancel_initiated_at data has_more first_id last_id",
            Label(NOBODY),
        ),
        ("error", All(NOBODY)),
        ("result", One(ASSISTANT, &RESULT)),
    ],
};

/// A line of a batch's results.
static RESULT: Shape = Shape {
    speakers: None,
    fields: &[("message", One(ASSISTANT, &RESPONSE)), ("type", Label(NOBODY)), ("error", All(NOBODY))],
};

/// A content block, or a delta of one. Server tools answer with one block in place of a list.
static BLOCK: Shape = Shape {
    speakers: Some((
        "type",
        &[("*tool_result", reader::TOOL_RESULT), ("document search_result", reader::DOCUMENT)],
    )),
    fields: &[
        ("text", Text(SPEAKER)),
        ("type", Label(NOBODY)),
        ("thinking", Text(REASONING)),
        ("name", Text(TOOL_CALL)),
        ("input partial_json", All(TOOL_CALL)),
        ("content", Content(SPEAKER, &BLOCK)),
        ("source", With(source)),
        ("title context url stdout stderr lines tool_name error_message", All(SPEAKER)),
        ("tool_references", Content(SPEAKER, &BLOCK)),
        ("citations citation", Content(DOCUMENT, &CITATION)),
        ("signature data encrypted_content encrypted_index", Binary),
        (
            "id tool_use_id is_error cache_control caller container error_code file_id page_age retrieved_at \
             server_name stop_details stop_reason stop_sequence return_code file_type num_lines start_line \
             total_lines old_start old_lines new_start new_lines is_file_update",
            Label(NOBODY),
        ),
    ],
};

/// Citations quote documents.
static CITATION: Shape = Shape {
    speakers: None,
    fields: &[
        ("cited_text document_title title url source", All(DOCUMENT)),
        ("encrypted_index", Binary),
        ("type", Label(NOBODY)),
        (
            "document_index start_char_index end_char_index start_page_number end_page_number \
             start_block_index end_block_index search_result_index file_id enabled",
            All(DOCUMENT),
        ),
    ],
};

/// One event of a stream, but for the block it is about.
static EVENT: Shape = Shape {
    speakers: None,
    fields: &[
        ("message", One(ASSISTANT, &RESPONSE)),
        ("type index usage request_id", Label(NOBODY)),
        ("error", All(NOBODY)),
        // Read apart, at the path of their block.
        ("content_block delta", With(|_, _, _| {})),
    ],
};

/// Reads one event of a stream. What a block starts with and its deltas are read at the block's own path, so that
/// they add up.
fn event<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, voice: Voice) {
    EVENT.read(reader, root, voice);
    let index = root.get("index").and_then(|i| i.raw().parse().ok()).unwrap_or(0);
    let pieces = root.children().filter(|m| matches!(m.key().as_ref(), "content_block" | "delta"));
    let block = Content(ASSISTANT, &BLOCK);
    reader.within("content", |r| r.at(index, |r| pieces.for_each(|piece| block.read(r, piece, voice))));
}

/// The source of an image or a document: text and links are read, base64 is not.
fn source<'b>(reader: &mut Reader<'b>, source: Value<'_, 'b>, voice: Voice) {
    let is_text = source.get("type").and_then(Value::string).is_some_and(|kind| kind == "text");
    let shape = if is_text { &TEXT_SOURCE } else { &SOURCE };
    Content(SPEAKER, shape).read(reader, source, voice);
}

static SOURCE: Shape = Shape {
    speakers: None,
    fields: &[
        ("data", Binary),
        ("content", Content(SPEAKER, &BLOCK)),
        ("url", Link(SPEAKER)),
        ("type media_type file_id", Label(NOBODY)),
    ],
};

static TEXT_SOURCE: Shape = Shape {
    speakers: None,
    fields: &[
        ("data", Text(SPEAKER)),
        ("content", Content(SPEAKER, &BLOCK)),
        ("url", Link(SPEAKER)),
        ("type media_type file_id", Label(NOBODY)),
    ],
};
