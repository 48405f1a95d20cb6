//! Any other JSON, and plain text: every string, key and long number is a document. Nothing is known, so nothing is
//! counted unknown.

use super::json::Value;
use super::reader::{NOBODY, Reader};
use super::refusal::Refusals;
use super::registry::Entry;

/// Any other JSON (or text) body: every string is scanned.
pub(super) static ENTRY: Entry = Entry {
    name: "generic",
    paths: &[],
    is_shape: |_| true,
    request: json,
    response: json,
    event: json,
    refusals: Refusals {
        error: r#"{"error":{"code":$code,"message":$message,"request_id":$request_id}}"#,
        completion: None,
    },
};

/// Reads a JSON body, or the data of one event of a stream.
pub(crate) fn json<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>) {
    reader.everything(NOBODY, root);
}
