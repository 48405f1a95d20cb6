//! Any other JSON, and plain text: every string, key and long number is a document. Nothing is known, so nothing is
//! counted unknown.

use super::json::Value;
use super::reader::{NOBODY, Reader};

/// Reads a JSON body, or the data of one event of a stream.
pub(crate) fn json<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>) {
    reader.everything(NOBODY, root);
}
