//! The engine's reader of JSON against serde_json, through the interface that bodies go through. What serde_json takes is
//! taken, with the same strings and numbers at the same places; what it refuses is refused. The exceptions are these:
//! keys that stand twice, containers deeper than `MAX_JSON_DEPTH` and bodies of more values or texts than the limits allow
//! are refused only by the engine; numbers that no double holds (`1e999`) are refused only by serde_json, and so are several
//! documents, a line each.

use weir_engine::limits::{MAX_JSON_DEPTH, MAX_JSON_NODES};
use weir_engine::protocol::event_stream::looks_like_event_stream;
use weir_engine::protocol::{Hints, Protocol, Unscannable, read_response};
use weir_engine::segment::Segment;
use weir_engine::stream::looks_like_stream;

use super::tree::{Leaf, Tree};

/// Paths are cut when they are longer; then only their beginnings are compared.
const LONG_PATH_BYTES: usize = 200;
/// A whole number of at least so much is read as text.
const LONG_NUMBER: u64 = 1_000_000_000;

/// What is wrong with how `body` is read.
pub fn wrong(body: &[u8]) -> Option<String> {
    if looks_like_event_stream(body) || looks_like_stream(body) {
        return None;
    }
    let own = read_response(Protocol::default(), &Hints::default(), body);
    match (Tree::read(body), own) {
        (Err(_), Ok(_)) if are_lines(body) => None,
        (Err(why), Ok(_)) if !why.to_string().contains("number out of range") => {
            Some(format!("accepted, and serde_json says {why}"))
        }
        (Err(_), _) => None,
        (Ok(tree), Err(why)) => (!may_refuse(&tree, why)).then(|| format!("refused as {why:?}")),
        (Ok(tree), Ok(document)) => {
            if tree.repeats_a_key() || tree.depth() > MAX_JSON_DEPTH {
                return Some("a key twice, or too deep, and accepted".to_owned());
            }
            differing(body, &tree, &document.segments)
        }
    }
}

/// Whether every line is JSON: such a body is several documents.
fn are_lines(body: &[u8]) -> bool {
    body.split(|byte| *byte == b'\n').all(|line| line.trim_ascii().is_empty() || Tree::read(line).is_ok())
}

fn may_refuse(tree: &Tree, why: Unscannable) -> bool {
    match why {
        Unscannable::DuplicateKey => tree.repeats_a_key(),
        Unscannable::TooDeep => tree.depth() > MAX_JSON_DEPTH,
        Unscannable::TooMany => tree.leaves().len() > MAX_JSON_NODES / 8,
        _ => false,
    }
}

/// The first place where the segments are not what the tree says.
fn differing(body: &[u8], tree: &Tree, segments: &[Segment<'_>]) -> Option<String> {
    let mut rest = segments.iter().peekable();
    let mut end = 0;
    for (path, leaf) in tree.leaves() {
        let found = rest.peek().is_some_and(|segment| is_at(body, segment, &path, leaf));
        if found && let Some(segment) = rest.next() {
            match place(body, segment, leaf, end) {
                Ok(at) => end = at,
                Err(why) => return Some(format!("{path}: {why}")),
            }
        } else if must_be_read(leaf) {
            return Some(format!("{path}: {leaf:?} is not read, but {:?}", rest.peek()));
        }
    }
    rest.next().map(|segment| format!("{segment:?} is in no JSON"))
}

fn is_at(body: &[u8], segment: &Segment<'_>, path: &str, leaf: Leaf<'_>) -> bool {
    let is_place = |path: &str| segment.path == path || path.len() > LONG_PATH_BYTES;
    match leaf {
        Leaf::Key(key) => segment.text == key && segment.path.ends_with('#') && is_place(&format!("{path}#")),
        Leaf::Text(text) => segment.text == text && segment.quote.is_empty() && is_place(path),
        Leaf::Number(number) => {
            let source =
                segment.map.spans(0..segment.text.len()).first().and_then(|span| body.get(span.clone()));
            let is_same =
                || source.and_then(|source| Tree::read(source).ok()) == Some(Tree::Number(number.clone()));
            segment.quote == "\"" && is_place(path) && (path.len() <= LONG_PATH_BYTES || is_same())
        }
    }
}

/// Words of protocols are no text as keys, and short numbers and fractions say nothing.
fn must_be_read(leaf: Leaf<'_>) -> bool {
    match leaf {
        Leaf::Key(key) => key.contains(' '),
        Leaf::Text(text) => !text.is_empty(),
        Leaf::Number(number) => number.as_u64().is_some_and(|number| number >= LONG_NUMBER),
    }
}

/// Where the bytes end that a segment came from, if they say what it says.
fn place(body: &[u8], segment: &Segment<'_>, leaf: Leaf<'_>, after: usize) -> Result<usize, String> {
    let spans = segment.map.spans(0..segment.text.len());
    let [span] = spans.as_slice() else { return Err(format!("it stands at {spans:?}")) };
    let source = body.get(span.clone()).ok_or_else(|| format!("{span:?} of {} bytes", body.len()))?;
    let is_same = match leaf {
        Leaf::Key(text) | Leaf::Text(text) => {
            let quoted = [b"\"", source, b"\""].concat();
            serde_json::from_slice::<String>(&quoted).is_ok_and(|said| said == text)
        }
        Leaf::Number(number) => Tree::read(source).is_ok_and(|said| said == Tree::Number(number.clone())),
    };
    match is_same && span.start >= after {
        true => Ok(span.end),
        false => Err(format!("{:?} stands there", String::from_utf8_lossy(source))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::json_text;
    use crate::mutate::Dice;

    #[test]
    fn twenty_thousand_texts_are_read_as_serde_json_reads_them() {
        let (mut accepted, mut refused) = (0, 0);
        for seed in 0..20_000 {
            let text = json_text::text(&mut Dice::new(seed));
            assert_eq!(wrong(&text), None, "seed {seed}: {}", String::from_utf8_lossy(&text));
            match read_response(Protocol::default(), &Hints::default(), &text) {
                Ok(_) => accepted += 1,
                Err(_) => refused += 1,
            }
        }
        assert!(
            accepted > 3_000 && refused > 3_000,
            "{accepted} accepted, {refused} refused: nothing is shown"
        );
    }

    #[test]
    fn the_exceptions_are_the_ones_that_are_written_down() {
        let deep = |depth: usize| [b"[".repeat(depth), b"]".repeat(depth)].concat();
        for body in [
            br#"{"a":1,"\u0061":2}"#.to_vec(),
            b"[1e999]".to_vec(),
            deep(MAX_JSON_DEPTH),
            deep(MAX_JSON_DEPTH + 1),
            deep(127),
            deep(128),
            br#"["\ud800"]"#.to_vec(),
            b"[\"\xff\"]".to_vec(),
            b"\xef\xbb\xbf[]".to_vec(),
        ] {
            assert_eq!(wrong(&body), None, "{}", String::from_utf8_lossy(&body));
        }
    }
}
