//! Any other JSON, and plain text: every string, key and long number is a document. Nothing is known, so nothing is
//! counted unknown.

use super::refusal::{Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::All;
use super::shape::NOBODY;

/// Any other JSON (or text) body: every string is scanned.
pub(super) const ENTRY: Entry = Entry {
    name: "generic",
    paths: &[],
    is_shape: |_| true,
    streams: Streams::Flag,
    framing: Framing::Events,
    request: All(NOBODY),
    response: All(NOBODY),
    event: All(NOBODY),
    refusals: Refusals {
        error: r#"{"error":{"code":$code,"message":$message,"request_id":$request_id}}"#,
        completion: None,
        interruption: Interruption {
            error: "event: error\ndata: $error\n\n",
            completion: "event: error\ndata: $error\n\n",
        },
    },
};
