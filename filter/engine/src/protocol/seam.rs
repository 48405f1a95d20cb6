//! What two parts of one message say where they meet: whoever reads the message puts them together, so a key that is cut
//! there is whole again. Each part is read by itself already; this is only its end with the next one's beginning. What lies
//! within one part is found there, so a finding counts here only across a cut ([`Segment::counts`](crate::segment::Segment::counts)).

use super::json::{Mapped, Value};
use crate::limits::{MAX_SEAM_BYTES, SEAM_BYTES};
use crate::segment::SourceMap;

/// A part, and how it begins and ends a seam.
struct Part<'b> {
    whole: Mapped<'b>,
    /// Where the end of its beginning is.
    head: usize,
    /// Where its end begins.
    tail: usize,
}

/// The texts around the places where `parts` meet. Short parts lie in one text whole, with their neighbours on both sides.
pub(super) fn seams(parts: &[Value<'_, '_>]) -> Vec<(String, SourceMap)> {
    let (mut done, mut open) = (Vec::new(), (String::new(), SourceMap::default()));
    for (place, part) in parts.iter().map(|value| Part::of(value.mapped())).enumerate() {
        let (is_first, is_last) = (place == 0, place + 1 == parts.len());
        match (is_first, is_last) {
            (true, _) => part.append(part.tail, usize::MAX, &mut open),
            (_, true) => part.append(0, part.head, &mut open),
            _ if part.tail <= part.head => part.append(0, usize::MAX, &mut open),
            _ => {
                part.append(0, part.head, &mut open);
                done.push(std::mem::take(&mut open));
                part.append(part.tail, usize::MAX, &mut open);
            }
        }
    }
    done.push(open);
    done
}

impl<'b> Part<'b> {
    fn of(whole: Mapped<'b>) -> Self {
        let (head, tail) = (beginning(&whole.0), ending(&whole.0));
        Self { whole, head, tail }
    }

    /// Adds what stands from `from` to `to`.
    fn append(&self, from: usize, to: usize, (text, map): &mut (String, SourceMap)) {
        let (own, own_map) = &self.whole;
        let piece = own.get(from..to.min(own.len())).unwrap_or_default();
        text.push_str(piece);
        map.append(&own_map.compose(&SourceMap::identity(from, piece.len())));
    }
}

/// Where the beginning of `text` ends that something before it may go on in: a few words, the whole of a long one, and a
/// private key up to its end.
fn beginning(text: &str) -> usize {
    let most = text.floor_char_boundary(MAX_SEAM_BYTES);
    let head = text.get(..most).unwrap_or_default();
    let word = head.find(char::is_whitespace).unwrap_or(most);
    let key = head.find(ARMOUR_END).map_or(0, |at| at + SEAM_BYTES);
    text.ceil_char_boundary(word.max(key).max(SEAM_BYTES).min(most))
}

/// Where the end of `text` begins that may go on: a few words, the whole of a long one, and a private key from its begin.
fn ending(text: &str) -> usize {
    let least = text.ceil_char_boundary(text.len().saturating_sub(MAX_SEAM_BYTES));
    let tail = text.get(least..).unwrap_or_default();
    let word = tail.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let key = tail.rfind(ARMOUR_BEGIN).unwrap_or(tail.len());
    let near = tail.len().saturating_sub(SEAM_BYTES);
    text.floor_char_boundary(least + word.min(key).min(near)).max(least)
}

/// What stands around keys (RFC 7468).
const ARMOUR_BEGIN: &str = "-----BEGIN";
const ARMOUR_END: &str = "-----END";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::json::{Duplicates, Json, Place};

    fn read(parts: &[&str]) -> Vec<String> {
        let body = serde_json::to_string(parts).unwrap();
        let json = Json::parse(&body, Place::At(0), Duplicates::Refuse).unwrap();
        let values: Vec<Value<'_, '_>> = json.root().unwrap().children().collect();
        let seams = seams(&values);
        for (text, map) in &seams {
            assert_eq!(map.text_len(), text.len());
            let source: String =
                map.spans(0..text.len()).into_iter().map(|span| body.get(span).unwrap()).collect();
            assert_eq!(source.replace("\\n", "\n"), *text);
        }
        seams.into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn short_parts_are_one_text_and_of_long_ones_the_ends_that_meet_are_read() {
        let (words, long) = ("lorem ipsum ".repeat(100), "x".repeat(600));
        let head = words.get(..SEAM_BYTES).unwrap();
        let tail = words.get(words.len() - SEAM_BYTES..).unwrap();
        for (parts, expected) in [
            (vec!["AK", "IA", "", "X"], vec!["AKIAX".to_owned()]),
            (vec![&words, "x"], vec![format!("{tail}x")]),
            (vec!["x", &words, "y", "z"], vec![format!("x{head}"), format!("{tail}yz")]),
            (vec![&words, &words], vec![format!("{tail}{head}")]),
            (vec!["a b", &long, "c d"], vec![format!("a b{long}c d")]),
            (vec!["é", "ü"], vec!["éü".to_owned()]),
        ] {
            assert_eq!(read(&parts), expected);
        }
    }

    #[test]
    fn a_private_key_is_read_from_its_begin_to_its_end() {
        let lines = "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn\n".repeat(25);
        let (first, second) =
            (format!("text -----BEGIN KEY-----\n{lines}"), format!("{lines}-----END KEY-----\n{lines}"));
        let [seam] = read(&[&first, &second]).try_into().unwrap();
        assert!(seam.starts_with("-----BEGIN") && seam.contains("-----END KEY-----"));
    }

    #[test]
    fn a_seam_is_bounded_whatever_the_parts_are() {
        for part in ["x".repeat(100_000), "é".repeat(50_000), "-----BEGIN".repeat(9_000), " ".repeat(70_000)]
        {
            let all = read(&[&part, &part, &part]);
            assert!(all.iter().all(|seam| seam.len() <= 2 * MAX_SEAM_BYTES + 4));
        }
    }
}
