//! Embeddings (OpenAI and its copies, Ollama's): the texts of the request; the answer is numbers.
//! Source: OpenAI API reference, Embeddings; Ollama API reference, embeddings.

use super::openai_chat::{ERROR, PART, STREAM_ERROR};
use super::refusal::{Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Content, Each, Label, Measure, One, Vector};
use super::shape::{DOCUMENT, NANOSECONDS, NOBODY, Shape};

/// `POST .../embeddings`, `POST .../api/embed`
pub(super) const ENTRY: Entry = Entry {
    name: "openai.embeddings",
    paths: &["/embeddings", "/api/embed"],
    is_shape: |_| false,
    streams: Streams::Never,
    framing: Framing::Events,
    request: One(DOCUMENT, &REQUEST),
    response: One(NOBODY, &RESPONSE),
    event: One(NOBODY, &RESPONSE),
    refusals: Refusals {
        error: ERROR,
        completion: None,
        interruption: Interruption { error: STREAM_ERROR, completion: STREAM_ERROR },
    },
};

static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("input prompt", Content(DOCUMENT, &PART)),
        ("model encoding_format dimensions user truncate keep_alive options input_type", Label(NOBODY)),
        ("output_dtype output_dimension metadata", Label(NOBODY)),
    ],
};

static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("data", Each(NOBODY, &DATA)),
        ("embedding embeddings", Vector),
        ("object model usage id prompt_eval_count", Label(NOBODY)),
        ("total_duration load_duration", Measure(NANOSECONDS)),
        ("error", All(NOBODY)),
    ],
};

static DATA: Shape =
    Shape { speakers: None, fields: &[("embedding", Vector), ("index object", Label(NOBODY))] };
