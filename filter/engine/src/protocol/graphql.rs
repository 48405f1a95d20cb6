//! GraphQL over HTTP: a document, its variables, and answers. A generic protocol: no field has a role, but the document is
//! a text with escapes of its own, so its string literals are read as what they say.

use super::generic;
use super::json::Kind;
use super::refusal::{Interruption, Refusals};
use super::registry::Entry;
use super::shape::Field::{All, Content, Label, Text, With};
use super::shape::{NOBODY, SPEAKER, Shape};

/// `POST .../graphql`
pub(super) const ENTRY: Entry = Entry {
    name: "graphql",
    paths: &["/graphql"],
    is_shape: |root| {
        let query = root.get("query").filter(|query| query.kind() == Kind::String);
        query.is_some() && ["variables", "operationName"].iter().any(|name| root.get(name).is_some())
    },
    request: Content(NOBODY, &REQUEST),
    response: Content(NOBODY, &RESPONSE),
    event: Content(NOBODY, &RESPONSE),
    refusals: Refusals {
        error: r#"{"errors":[{"extensions":{"code":$code,"request_id":$request_id},"message":$text}]}"#,
        completion: None,
        interruption: Interruption { error: "data: $error\n\n", completion: "data: $error\n\n" },
    },
    ..generic::ENTRY
};

static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("query", With(|reader, document, voice| reader.escaped(voice, document))),
        ("variables extensions", All(SPEAKER)),
        ("operationName", Text(SPEAKER)),
        ("id doc_id documentId", Label(SPEAKER)),
    ],
};

static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("data errors extensions incremental items", All(SPEAKER)),
        ("completed hasNext label path pending", Label(SPEAKER)),
    ],
};
