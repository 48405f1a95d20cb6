//! serde's words -> ours: what is wrong, and what is allowed, for a person who has never seen serde. Text to text; it
//! knows neither documents nor positions.

use super::outline::Shape;
use super::select::nearest;
use super::source::shortened;

/// Explains serde's message about a value: what is wrong, and what is allowed.
pub(super) fn explain(text: &str) -> (String, String) {
    let (what, allowed) = text.split_once(", expected ").unwrap_or((text, ""));
    if let Some(name) = what.strip_prefix("unknown field ") {
        return (format!("unknown field {}", shortened(name)), suggestion(name, allowed));
    }
    if let Some(name) = what.strip_prefix("unknown variant ") {
        return (format!("unknown value {}", shortened(name)), suggestion(name, allowed));
    }
    // The value itself may hold the words `, expected `; what is expected never does.
    let (what, expected) = text.rsplit_once(", expected ").unwrap_or((text, ""));
    let Some(found) = what.strip_prefix("invalid type: ").or_else(|| what.strip_prefix("invalid value: "))
    else {
        return (shortened(text), String::new());
    };
    (format!("{} does not fit here", found_value(found)), format!("expected {}", expected_value(expected)))
}

fn found_value(found: &str) -> String {
    let quoted = found.strip_prefix("string \"").and_then(|f| f.strip_suffix('"'));
    match (quoted, found) {
        (Some(text), _) => format!("the text `{}`", shortened(text)),
        (None, "null") => "nothing".into(),
        (None, "sequence") => "a list".into(),
        (None, "map") => "a mapping".into(),
        (None, other) => {
            shortened(&other.replace("floating point ", "the number ").replace("integer ", "the number "))
        }
    }
}

fn expected_value(expected: &str) -> &str {
    match expected {
        "string or map" => "a word",
        "a string" => "text; put it in quotes",
        "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "a mapping",
        other if other.starts_with("struct ") => "a mapping",
        other => other,
    }
}

/// Help for an unknown name, given serde's list of the known ones.
fn suggestion(name: &str, allowed: &str) -> String {
    let known: Vec<&str> = allowed.split('`').skip(1).step_by(2).collect();
    if known.is_empty() {
        return String::new();
    }
    let list = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    match nearest(name.trim_matches('`'), known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? allowed: {list}"),
        None => format!("allowed: {list}"),
    }
}

/// Explains that serde_json stopped before a value, `raw`, because no word stands there: it reads the variants of an
/// enum only from text, and calls anything else bad syntax.
pub(super) fn explain_no_word(shape: Shape, raw: &str) -> (String, String) {
    let found = match (shape, raw) {
        (Shape::List, _) => "a list".into(),
        (Shape::Mapping, _) => "a mapping".into(),
        (Shape::Scalar, "true" | "false") => format!("boolean `{raw}`"),
        (Shape::Null | Shape::Scalar, _) => format!("the number `{}`", shortened(raw)),
    };
    (format!("{found} does not fit here"), "expected a word".into())
}
