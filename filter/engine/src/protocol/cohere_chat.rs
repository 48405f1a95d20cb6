//! Cohere Chat, version 2 and the older one, which are two protocols with one vocabulary. Source: Cohere API
//! reference, Chat and its streaming events.

use super::json::Value;
use super::openai_chat::MEDIA;
use super::reader::{self, Reader, Voice};
use super::refusal::{Completion, Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Content, Each, Label, Media, One, Spelled, Text, Whole, With};
use super::shape::{
    ASSISTANT, DOCUMENT, NOBODY, REASONING, SPEAKER, SYSTEM, Shape, TOOL_CALL, TOOL_DEFINITION, TOOL_RESULT,
    USER,
};

/// `POST .../v2/chat`
pub(super) const ENTRY: Entry = Entry {
    name: "cohere.chat",
    paths: &["/v2/chat"],
    is_shape: |_| false,
    streams: Streams::Flag,
    framing: Framing::Events,
    request: One(USER, &REQUEST),
    response: One(ASSISTANT, &RESPONSE),
    event: With(event),
    refusals: Refusals {
        error: ERROR,
        completion: Some(Completion {
            plain: concat!(
                r#"{"finish_reason":"COMPLETE","id":$request_id,"message":{"content":[{"text":$text,"#,
                r#""type":"text"}],"role":"assistant"},"usage":{"tokens":{"input_tokens":0,"output_tokens":0}}}"#,
            ),
            stream: concat!(
                "event: message-start\ndata: ",
                r#"{"delta":{"message":{"citations":[],"content":[],"role":"assistant","tool_calls":[],"#,
                r#""tool_plan":""}},"id":$request_id,"type":"message-start"}"#,
                "\n\nevent: content-start\ndata: ",
                r#"{"delta":{"message":{"content":{"text":"","type":"text"}}},"index":0,"type":"content-start"}"#,
                "\n\nevent: content-delta\ndata: ",
                r#"{"delta":{"message":{"content":{"text":$text}}},"index":0,"type":"content-delta"}"#,
                "\n\nevent: content-end\ndata: ",
                r#"{"index":0,"type":"content-end"}"#,
                "\n\nevent: message-end\ndata: ",
                r#"{"delta":{"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":0,"output_tokens":0}}},"#,
                r#""type":"message-end"}"#,
                "\n\ndata: [DONE]\n\n",
            ),
        }),
        interruption: Interruption {
            error: concat!(
                "event: message-end\ndata: ",
                r#"{"delta":{"error":$text,"finish_reason":"ERROR"},"type":"message-end"}"#,
                "\n\ndata: [DONE]\n\n",
            ),
            completion: concat!(
                "event: message-end\ndata: ",
                r#"{"delta":{"finish_reason":"ERROR"},"type":"message-end"}"#,
                "\n\ndata: [DONE]\n\n",
            ),
        },
    },
};

/// `POST .../v1/chat`
pub(super) const V1: Entry = Entry {
    name: "cohere.chat_v1",
    paths: &["/v1/chat"],
    is_shape: |root| root.get("message").is_some() && root.get("chat_history").is_some(),
    streams: Streams::Flag,
    framing: Framing::Lines,
    request: One(USER, &REQUEST),
    response: With(response),
    event: With(event),
    refusals: Refusals {
        error: ERROR,
        completion: Some(Completion {
            plain: concat!(
                r#"{"chat_history":[],"finish_reason":"COMPLETE","generation_id":$request_id,"#,
                r#""response_id":$request_id,"text":$text}"#,
            ),
            stream: concat!(
                r#"{"event_type":"stream-start","generation_id":$request_id,"is_finished":false}"#,
                "\n",
                r#"{"event_type":"text-generation","is_finished":false,"text":$text}"#,
                "\n",
                r#"{"event_type":"stream-end","finish_reason":"COMPLETE","is_finished":true,"response":$plain}"#,
                "\n",
            ),
        }),
        interruption: Interruption {
            error: concat!(
                r#"{"error":$text,"event_type":"stream-end","finish_reason":"ERROR","is_finished":true,"#,
                r#""response":$plain}"#,
                "\n",
            ),
            completion: concat!(
                r#"{"event_type":"stream-end","finish_reason":"ERROR_TOXIC","is_finished":true,"response":$plain}"#,
                "\n",
            ),
        },
    },
};

const ERROR: &str = r#"{"id":$request_id,"message":$text}"#;

static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("messages chat_history", Each(NOBODY, &MESSAGE)),
        ("message", Text(USER)),
        ("preamble", Text(SYSTEM)),
        ("documents", All(DOCUMENT)),
        ("tools tool_choice response_format", All(TOOL_DEFINITION)),
        ("tool_results", Each(TOOL_RESULT, &RESULT)),
        (
            "model stream temperature max_tokens max_input_tokens k p seed stop_sequences frequency_penalty \
             presence_penalty logprobs strict_tools thinking safety_mode citation_options citation_quality \
             conversation_id prompt_truncation connectors search_queries_only force_single_step return_prompt \
             return_prompts raw_prompting priority",
            Label(NOBODY),
        ),
    ],
};

static MESSAGE: Shape = Shape {
    speakers: Some((
        "role",
        &[
            ("user USER User", reader::USER),
            ("assistant CHATBOT Chatbot", reader::ASSISTANT),
            ("system SYSTEM System", reader::SYSTEM),
            ("tool TOOL Tool", reader::TOOL_RESULT),
        ],
    )),
    fields: SAID.fields,
};

static SAID: Shape = Shape {
    speakers: None,
    fields: &[
        ("content", Content(SPEAKER, &PART)),
        ("message", Text(SPEAKER)),
        ("role tool_call_id id", Label(NOBODY)),
        ("tool_plan", Text(REASONING)),
        ("tool_calls", Content(TOOL_CALL, &CALL)),
        ("tool_results", Each(TOOL_RESULT, &RESULT)),
        ("citations", Whole(&Content(DOCUMENT, &CITATION))),
    ],
};

static PART: Shape = Shape {
    speakers: None,
    fields: &[
        ("text", Text(SPEAKER)),
        ("thinking", Text(REASONING)),
        ("type", Label(NOBODY)),
        ("image_url", Media(SPEAKER, &MEDIA)),
        ("document", All(TOOL_RESULT)),
        ("id", Label(NOBODY)),
    ],
};

static CALL: Shape = Shape {
    speakers: None,
    fields: &[
        ("function", One(TOOL_CALL, &CALL)),
        ("name arguments parameters", All(TOOL_CALL)),
        ("id type index", Label(NOBODY)),
        ("text", Text(REASONING)),
    ],
};

static RESULT: Shape =
    Shape { speakers: None, fields: &[("call", One(TOOL_CALL, &CALL)), ("outputs", All(TOOL_RESULT))] };

static CITATION: Shape = Shape {
    speakers: None,
    fields: &[
        ("text", Text(ASSISTANT)),
        ("sources document_ids documents", All(DOCUMENT)),
        ("start end type content_index", Label(NOBODY)),
    ],
};

/// A response, plain or at the end of a stream of the older version.
static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("message", Content(ASSISTANT, &SAID)),
        ("text", Text(ASSISTANT)),
        (
            "id finish_reason usage meta generation_id response_id conversation_id is_search_required",
            Label(NOBODY),
        ),
        ("logprobs", Spelled(ASSISTANT, "text")),
        ("tool_calls", Content(TOOL_CALL, &CALL)),
        ("citations", Content(DOCUMENT, &CITATION)),
        ("chat_history", Each(NOBODY, &MESSAGE)),
        ("documents search_results", All(DOCUMENT)),
        ("search_queries", All(TOOL_CALL)),
        ("prompt", Text(SYSTEM)),
        ("error", All(NOBODY)),
    ],
};

/// An event of either version.
static EVENT: Shape = Shape {
    speakers: None,
    fields: &[
        ("delta", One(ASSISTANT, &DELTA)),
        ("text", Text(ASSISTANT)),
        ("type index id event_type is_finished finish_reason generation_id", Label(NOBODY)),
        ("logprobs", Spelled(ASSISTANT, "text")),
        ("response", Whole(&One(ASSISTANT, &RESPONSE))),
        ("tool_call_delta", Content(TOOL_CALL, &CALL)),
        ("tool_calls", Whole(&Content(TOOL_CALL, &CALL))),
        ("citations", Whole(&Content(DOCUMENT, &CITATION))),
        ("documents search_results", Whole(&All(DOCUMENT))),
        ("search_queries", Whole(&All(TOOL_CALL))),
        ("error message", All(NOBODY)),
        ("prompt", Whole(&Text(SYSTEM))),
    ],
};

static DELTA: Shape = Shape {
    speakers: None,
    fields: &[
        ("message", One(ASSISTANT, &SAID)),
        ("finish_reason usage", Label(NOBODY)),
        ("error", All(NOBODY)),
        ("text", Text(ASSISTANT)),
    ],
};

/// A stream of one line looks like a plain answer.
fn response<'b>(r: &mut Reader<'b>, root: Value<'_, 'b>, voice: Voice) {
    match root.get("event_type") {
        Some(_) => event(r, root, voice),
        None => RESPONSE.read(r, root, reader::ASSISTANT),
    }
}

/// Reads one event at the path of the part it is about.
fn event<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, voice: Voice) {
    let index = |value: Value<'_, 'b>| value.get("index").and_then(|i| i.raw().parse().ok());
    let stated = index(root).or_else(|| root.get("tool_call_delta").and_then(index));
    reader.at(stated.unwrap_or(0), |r| EVENT.read(r, root, voice));
}
