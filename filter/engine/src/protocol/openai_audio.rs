//! OpenAI Audio: transcriptions and translations (form in, text out, plain or streamed), and the text that is to be
//! spoken. What somebody said into a microphone is a document of somebody else. Source: OpenAI API reference, Audio.

use super::json::Value;
use super::openai_chat::{ERROR, STREAM_ERROR};
use super::reader::{Reader, Voice};
use super::refusal::{Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Each, Label, One, Spelled, Text, Whole, With};
use super::shape::{DOCUMENT, NOBODY, SYSTEM, Shape, USER};

/// `POST .../audio/transcriptions`, `.../audio/translations`, `.../audio/speech`
pub(super) const ENTRY: Entry = Entry {
    name: "openai.audio",
    paths: &["/audio/transcriptions", "/audio/translations", "/audio/speech"],
    is_shape: |_| false,
    streams: Streams::Flag,
    framing: Framing::Events,
    request: One(USER, &REQUEST),
    response: One(DOCUMENT, &RESPONSE),
    event: With(event),
    refusals: Refusals {
        error: ERROR,
        completion: None,
        interruption: Interruption { error: STREAM_ERROR, completion: STREAM_ERROR },
    },
};

/// A request: JSON, or the fields of a form, whose names may end with `[]`.
static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("prompt input", Text(USER)),
        ("instructions", Text(SYSTEM)),
        (
            "model language response_format temperature timestamp_granularities timestamp_granularities[] \
             include include[] stream chunking_strategy voice speed stream_format known_speaker_names \
             known_speaker_names[]",
            Label(NOBODY),
        ),
    ],
};

static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("text", Whole(&Text(DOCUMENT))),
        ("segments", Each(DOCUMENT, &SEGMENT)),
        ("words", Spelled(DOCUMENT, "word")),
        ("logprobs", Spelled(DOCUMENT, "token")),
        ("delta", Text(DOCUMENT)),
        ("task language duration usage type id start end speaker segment_id", Label(NOBODY)),
        ("error", All(NOBODY)),
    ],
};

static SEGMENT: Shape = Shape {
    speakers: None,
    fields: &[
        ("text", Text(DOCUMENT)),
        (
            "id type seek start end tokens temperature avg_logprob compression_ratio no_speech_prob speaker",
            Label(NOBODY),
        ),
    ],
};

/// Deltas add up, and the whole that follows is a text of its own.
fn event<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, voice: Voice) {
    let kind = root.get("type").and_then(Value::string).unwrap_or_default();
    reader.within(&kind, |r| RESPONSE.read(r, root, voice));
}
