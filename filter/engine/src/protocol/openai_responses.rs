//! OpenAI Responses: requests, responses and every event of a stream. Items are known by their members, never by their
//! `type`. Events that repeat in whole what deltas have said are texts of their own, at the path of their event, so
//! that what is taken out of the deltas is taken out of them too. Source: OpenAI API reference, Responses and its
//! streaming events.

use super::json::{Kind, Value};
use super::openai_chat::{ERROR, MEDIA, tokens};
use super::reader::{self, Reader, Voice};
use super::refusal::{Completion, Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Binary, Content, Label, Link, Measure, Media, One, Text, Whole, With};
use super::shape::{
    ASSISTANT, DOCUMENT, NOBODY, REASONING, SECONDS, SPEAKER, SYSTEM, Shape, TOOL_CALL, TOOL_DEFINITION,
    TOOL_RESULT, USER,
};

/// `POST .../responses`
pub(super) const ENTRY: Entry = Entry {
    name: "openai.responses",
    paths: &["/responses", "/responses/compact", "/responses/input_tokens", "/v1/conversations"],
    is_shape: |root| {
        let input = root.get("input");
        let has_items = |items: Value<'_, '_>| {
            items.kind() == Kind::Array
                && items.children().any(|item| ["role", "type"].iter().any(|k| item.get(k).is_some()))
        };
        input.is_some_and(|input| root.get("instructions").is_some() || has_items(input))
    },
    streams: Streams::Flag,
    framing: Framing::Events,
    request: One(NOBODY, &REQUEST),
    response: One(ASSISTANT, &RESPONSE),
    event: With(event),
    refusals: Refusals {
        error: ERROR,
        completion: Some(Completion {
            plain: concat!(
                r#"{"created_at":$created,"error":null,"id":$response_id,"incomplete_details":null,"#,
                r#""instructions":null,"metadata":{},"model":$model,"object":"response","output":[{"content":"#,
                r#"[{"annotations":[],"text":$text,"type":"output_text"},{"refusal":$text,"type":"refusal"}],"#,
                r#""id":$message_id,"role":"assistant","status":"completed","type":"message"}],"#,
                r#""parallel_tool_calls":true,"status":"completed","temperature":null,"tool_choice":"auto","#,
                r#""tools":[],"top_p":null,"usage":{"input_tokens":0,"input_tokens_details":{"cached_tokens":0},"#,
                r#""output_tokens":0,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":0}}"#,
            ),
            stream: concat!(
                "event: response.created\ndata: ",
                r#"{"response":{"created_at":$created,"error":null,"id":$response_id,"incomplete_details":null,"#,
                r#""instructions":null,"metadata":{},"model":$model,"object":"response","output":[],"#,
                r#""parallel_tool_calls":true,"status":"in_progress","tool_choice":"auto","tools":[]},"#,
                r#""sequence_number":0,"type":"response.created"}"#,
                "\n\nevent: response.output_item.added\ndata: ",
                r#"{"item":{"content":[],"id":$message_id,"role":"assistant","status":"in_progress","#,
                r#""type":"message"},"output_index":0,"sequence_number":1,"type":"response.output_item.added"}"#,
                "\n\nevent: response.content_part.added\ndata: ",
                r#"{"content_index":0,"item_id":$message_id,"output_index":0,"part":{"annotations":[],"text":"","#,
                r#""type":"output_text"},"sequence_number":2,"type":"response.content_part.added"}"#,
                "\n\nevent: response.output_text.delta\ndata: ",
                r#"{"content_index":0,"delta":$text,"item_id":$message_id,"logprobs":[],"output_index":0,"#,
                r#""sequence_number":3,"type":"response.output_text.delta"}"#,
                "\n\nevent: response.output_text.done\ndata: ",
                r#"{"content_index":0,"item_id":$message_id,"logprobs":[],"output_index":0,"sequence_number":4,"#,
                r#""text":$text,"type":"response.output_text.done"}"#,
                "\n\nevent: response.content_part.done\ndata: ",
                r#"{"content_index":0,"item_id":$message_id,"output_index":0,"part":{"annotations":[],"#,
                r#""text":$text,"type":"output_text"},"sequence_number":5,"type":"response.content_part.done"}"#,
                // The refusal again in its own part, as the whole response has it.
                "\n\nevent: response.content_part.added\ndata: ",
                r#"{"content_index":1,"item_id":$message_id,"output_index":0,"part":{"refusal":"","#,
                r#""type":"refusal"},"sequence_number":6,"type":"response.content_part.added"}"#,
                "\n\nevent: response.refusal.delta\ndata: ",
                r#"{"content_index":1,"delta":$text,"item_id":$message_id,"output_index":0,"sequence_number":7,"#,
                r#""type":"response.refusal.delta"}"#,
                "\n\nevent: response.refusal.done\ndata: ",
                r#"{"content_index":1,"item_id":$message_id,"output_index":0,"refusal":$text,"#,
                r#""sequence_number":8,"type":"response.refusal.done"}"#,
                "\n\nevent: response.content_part.done\ndata: ",
                r#"{"content_index":1,"item_id":$message_id,"output_index":0,"part":{"refusal":$text,"#,
                r#""type":"refusal"},"sequence_number":9,"type":"response.content_part.done"}"#,
                "\n\nevent: response.output_item.done\ndata: ",
                r#"{"item":{"content":[{"annotations":[],"text":$text,"type":"output_text"},"#,
                r#"{"refusal":$text,"type":"refusal"}],"id":$message_id,"#,
                r#""role":"assistant","status":"completed","type":"message"},"output_index":0,"#,
                r#""sequence_number":10,"type":"response.output_item.done"}"#,
                "\n\nevent: response.completed\ndata: ",
                r#"{"response":$plain,"sequence_number":11,"type":"response.completed"}"#,
                "\n\n",
            ),
        }),
        interruption: Interruption {
            error: concat!(
                "event: error\ndata: ",
                r#"{"code":$code,"message":$text,"param":null,"sequence_number":1000000000,"type":"error"}"#,
                "\n\n",
            ),
            completion: concat!(
                "event: response.incomplete\ndata: ",
                r#"{"response":{"created_at":$created,"error":null,"id":$response_id,"incomplete_details":"#,
                r#"{"reason":"content_filter"},"instructions":null,"metadata":{},"model":$model,"#,
                r#""object":"response","output":[],"parallel_tool_calls":true,"status":"incomplete","#,
                r#""tool_choice":"auto","tools":[]},"sequence_number":1000000000,"type":"response.incomplete"}"#,
                "\n\n",
            ),
        },
    },
};

/// A request. Conversations have `items` for `input`.
static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("input items", Content(USER, &ITEM)),
        ("instructions", Content(SYSTEM, &ITEM)),
        ("tools tool_choice text", All(TOOL_DEFINITION)),
        ("prompt", One(USER, &PROMPT)),
        (SETTINGS, Label(NOBODY)),
    ],
};

const SETTINGS: &str = "model stream stream_options store background conversation include max_output_tokens \
    max_tool_calls metadata parallel_tool_calls previous_response_id prompt_cache_key prompt_cache_retention \
    reasoning safety_identifier service_tier temperature top_logprobs top_p truncation user \
    context_management context";

/// A stored prompt: what fills its variables is the application's users'.
static PROMPT: Shape =
    Shape { speakers: None, fields: &[("variables", All(USER)), ("id version", Label(NOBODY))] };

/// An item of the input or of the output: a message, a call, what a call gave, or reasoning.
static ITEM: Shape = Shape {
    speakers: Some((
        "role",
        &[
            ("user", reader::USER),
            ("assistant", reader::ASSISTANT),
            ("system developer", reader::SYSTEM),
            ("tool", reader::TOOL_RESULT),
        ],
    )),
    fields: &[
        ("type role id status call_id phase", Label(NOBODY)),
        ("content", Content(SPEAKER, &PART)),
        ("summary", Content(REASONING, &PART)),
        ("name arguments input code action actions operation queries", All(TOOL_CALL)),
        ("output outputs results logs stdout stderr", Content(TOOL_RESULT, &OUTPUT)),
        ("error", All(TOOL_RESULT)),
        ("tools", All(TOOL_DEFINITION)),
        ("revised_prompt", Text(ASSISTANT)),
        ("reason", Text(USER)),
        ("text refusal", Text(SPEAKER)),
        ("encrypted_content result", Binary),
        ("image_url file_url file_data", Link(SPEAKER)),
        (
            "server_label approval_request_id approve container_id namespace execution environment \
             max_output_length pending_safety_checks acknowledged_safety_checks file_id detail filename size \
             quality background output_format created_by partial_image_index",
            Label(NOBODY),
        ),
    ],
};

/// A part of a message.
static PART: Shape = Shape {
    speakers: Some(("type", &[("reasoning_text summary_text", reader::REASONING)])),
    fields: &[
        ("text transcript", Text(SPEAKER)),
        ("type", Label(NOBODY)),
        ("refusal", Text(ASSISTANT)),
        ("annotations", All(DOCUMENT)),
        ("logprobs", With(tokens)),
        ("image_url file_url file_data", Link(SPEAKER)),
        ("input_audio audio", Media(SPEAKER, &MEDIA)),
        ("file_id detail filename", Label(SPEAKER)),
    ],
};

/// What a call gave: text, parts, search results, logs or what a shell printed.
static OUTPUT: Shape = Shape {
    speakers: None,
    fields: &[
        ("text logs stdout stderr title snippet", Text(SPEAKER)),
        ("type file_id filename score status", Label(SPEAKER)),
        ("attributes outcome", All(SPEAKER)),
        ("image_url file_url file_data url", Link(SPEAKER)),
        ("detail max_output_length created_by", Label(NOBODY)),
    ],
};

/// A response: what it repeats of the request speaks as it did there.
static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("output data", Content(ASSISTANT, &ITEM)),
        ("output_text", Text(ASSISTANT)),
        ("instructions", Content(SYSTEM, &ITEM)),
        ("tools tool_choice text", All(TOOL_DEFINITION)),
        ("prompt", One(USER, &PROMPT)),
        ("created_at completed_at", Measure(SECONDS)),
        ("id object status usage incomplete_details billing input_tokens", Label(NOBODY)),
        ("error", All(NOBODY)),
        (SETTINGS, Label(NOBODY)),
    ],
};

/// An event of a stream, whatever its type.
static EVENT: Shape = Shape {
    speakers: Some((
        "type",
        &[
            ("response.output_text* response.refusal* response.audio*", reader::ASSISTANT),
            ("response.reasoning*", reader::REASONING),
            (
                "response.function_call* response.mcp_call* response.custom_tool* response.code_interpreter*",
                reader::TOOL_CALL,
            ),
            ("*", reader::ASSISTANT),
        ],
    )),
    fields: &[
        ("delta", Text(SPEAKER)),
        (
            "type sequence_number output_index content_index summary_index item_id annotation_index \
             partial_image_index param",
            Label(NOBODY),
        ),
        ("logprobs", With(tokens)),
        ("text refusal transcript arguments input code name", Whole(&Text(SPEAKER))),
        ("part", Whole(&One(SPEAKER, &PART))),
        ("item", Whole(&One(ASSISTANT, &ITEM))),
        ("response", Whole(&One(ASSISTANT, &RESPONSE))),
        ("annotation", Whole(&All(DOCUMENT))),
        ("partial_image_b64", Binary),
        ("obfuscation", Whole(&Text(NOBODY))),
        ("error message", All(NOBODY)),
    ],
};

/// Sound, which comes in deltas like text.
static SOUND: Shape = Shape { speakers: None, fields: &[("delta", Binary), (SOUND_LABELS, Label(NOBODY))] };

const SOUND_LABELS: &str = "type sequence_number response_id item_id output_index content_index";

/// Reads one event at a path made of its type and its indices: deltas of one part add up there, and nothing else does.
pub(super) fn event<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, voice: Voice) {
    let kind = root.get("type").and_then(Value::string).unwrap_or_default();
    let shape = if kind == "response.audio.delta" { &SOUND } else { &EVENT };
    let index = |name| root.get(name).and_then(|i| i.raw().parse().ok()).unwrap_or(0);
    let inner = index("content_index").max(index("summary_index"));
    reader.within(&kind, |r| r.at(index("output_index"), |r| r.at(inner, |r| shape.read(r, root, voice))));
}
