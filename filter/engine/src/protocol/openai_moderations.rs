//! OpenAI Moderations: the texts of the request; the answer is categories and scores.
//! Source: OpenAI API reference, Moderations.

use super::openai_chat::{ERROR, PART, STREAM_ERROR};
use super::refusal::{Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Content, Label, One};
use super::shape::{NOBODY, Shape, USER};

/// `POST .../moderations`
pub(super) const ENTRY: Entry = Entry {
    name: "openai.moderations",
    paths: &["/moderations"],
    is_shape: |_| false,
    streams: Streams::Never,
    framing: Framing::Events,
    request: One(USER, &REQUEST),
    response: One(NOBODY, &RESPONSE),
    event: One(NOBODY, &RESPONSE),
    refusals: Refusals {
        error: ERROR,
        completion: None,
        interruption: Interruption { error: STREAM_ERROR, completion: STREAM_ERROR },
    },
};

static REQUEST: Shape =
    Shape { speakers: None, fields: &[("input", Content(USER, &PART)), ("model metadata", Label(NOBODY))] };

static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[("id model object usage", Label(NOBODY)), ("results error", All(NOBODY))],
};
