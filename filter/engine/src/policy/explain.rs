//! What is wrong with a value and what is allowed, in words for a person. It makes texts and knows no positions.

use super::select::nearest;
use super::source::shortened;
use crate::protocol::json::{Kind, Value};

/// A value that stands where something else is `expected`.
pub(super) fn misfit(value: Value<'_, '_>, expected: &str) -> (String, String) {
    let found = match value.kind() {
        Kind::Null => "nothing".into(),
        Kind::True | Kind::False => format!("boolean `{}`", value.raw()),
        Kind::Number => format!("the number `{}`", shortened(value.raw())),
        Kind::String => format!("the text `{}`", shortened(&value.string().unwrap_or_default())),
        Kind::Array => "a list".into(),
        Kind::Object => "a mapping".into(),
    };
    (format!("{found} does not fit here"), format!("expected {expected}"))
}

/// A name that is none of the `known`; `what` it should be a name of.
pub(super) fn unknown(what: &str, name: &str, known: &[&str]) -> (String, String) {
    let list = quoted(known);
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? allowed: {list}"),
        None => format!("allowed: {list}"),
    };
    (format!("unknown {what} `{}`", shortened(name)), help)
}

/// Names as they stand in a message.
pub(super) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
