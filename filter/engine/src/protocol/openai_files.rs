//! Files of JSON lines: the requests and answers of OpenAI's Batch API, and conversations to train with. Each line is
//! read as the protocol it is of, which its `url`, its `object` or its shape tells. Source: OpenAI API reference,
//! Batch, Files and Fine-tuning.

use super::json::Value;
use super::openai_chat::{self, ERROR, STREAM_ERROR};
use super::reader::{Reader, Voice};
use super::refusal::{Interruption, Refusals};
use super::registry::{Entry, Framing, Protocol, Streams};
use super::shape::Field::{All, Label, Measure, One, With};
use super::shape::{NOBODY, SECONDS, Shape};
use super::{openai_completions, openai_embeddings, openai_responses};

/// `POST .../files` and `GET .../files/*/content`
pub(super) const ENTRY: Entry = Entry {
    name: "openai.files",
    paths: &["/v1/files", "/openai/files", "/v1/files/*/content", "/openai/files/*/content"],
    is_shape: |root| root.get("custom_id").is_some() && root.get("url").is_some(),
    streams: Streams::Never,
    framing: Framing::Events,
    request: With(line),
    response: With(line),
    event: With(line),
    refusals: Refusals {
        error: ERROR,
        completion: None,
        interruption: Interruption { error: STREAM_ERROR, completion: STREAM_ERROR },
    },
};

static LINE: Shape = Shape {
    speakers: None,
    fields: &[
        (
            "id custom_id method url purpose object bytes filename status deleted expires_after file",
            Label(NOBODY),
        ),
        ("created_at expires_at", Measure(SECONDS)),
        ("response", One(NOBODY, &ANSWER)),
        ("error status_details", All(NOBODY)),
        // Read apart, as the protocol of the url.
        ("body", With(|_, _, _| {})),
    ],
};

static ANSWER: Shape =
    Shape { speakers: None, fields: &[("status_code request_id", Label(NOBODY)), ("body", With(answer))] };

fn line<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, voice: Voice) {
    let shape = Protocol::of_shape(root);
    let is_alone = ["custom_id", "id"].iter().all(|name| root.get(name).is_none());
    if is_alone && shape != Protocol::default() {
        return shape.entry().request.read(reader, root, voice);
    }
    LINE.read(reader, root, voice);
    let url = root.get("url").and_then(Value::string).unwrap_or_default();
    if let Some(body) = root.get("body") {
        reader.within("body", |r| Protocol::of_path(&url).entry().request.read(r, body, voice));
    }
}

fn answer<'b>(reader: &mut Reader<'b>, body: Value<'_, 'b>, voice: Voice) {
    let object = body.get("object").and_then(Value::string).unwrap_or_default();
    let entry = match object.as_ref() {
        "response" => &openai_responses::ENTRY,
        "text_completion" => &openai_completions::ENTRY,
        "list" => &openai_embeddings::ENTRY,
        _ => &openai_chat::ENTRY,
    };
    entry.response.read(reader, body, voice);
}
