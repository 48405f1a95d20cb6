//! What must be true of every body that is held: the same decision however it is cut; every text maps into the body, on
//! characters; there is not much more text than body; any text can be replaced and what leaves is read again; what goes on
//! is built as what came; and a secret that was planted never goes on.

use weir_engine::act::edit::{Placeholders, replacements};
use weir_engine::act::token::Tokens;
use weir_engine::detect::{Finding, REGISTRY};
use weir_engine::event::Direction;
use weir_engine::protocol::event_stream::{looks_like_event_stream, messages};
use weir_engine::protocol::{Document, Unscannable};
use weir_engine::segment::Segment;
use weir_engine::wire::decision::Action;

use super::bodies::{Body, Draft, Framing};
use super::exchange::{End, Engines, Seen, play};
use super::tree::Tree;
use crate::mutate::Dice;

/// A credential that no scanner of repositories knows. Its underscore is in no base64.
pub const SECRET: &str = concat!("ghp_", "0a9Zk3LmQ7xR2vT8bN5cW1yE6uH4jD3nXhWk");
/// Text of all segments per byte of the body: a field of a stream may be read joined and line by line, and opened.
const MAX_TEXT_PER_BYTE: usize = 4;
/// Ranges of each segment that are mapped back.
const RANGES: usize = 4;

/// A body of this direction, broken or not; whether the secret was planted in a whole one.
pub fn body(seeds: &[Draft], direction: Direction, dice: &mut Dice) -> Option<(Body, bool)> {
    let seeds: Vec<&Draft> = seeds.iter().filter(|draft| draft.direction == direction).collect();
    let mut draft = (*dice.pick(&seeds)?).clone();
    draft.change(dice);
    let is_planted = dice.below(4) > 0 && draft.plant(&format!(" {SECRET} "), dice);
    let mut body = draft.write(dice);
    let breaks = dice.below(3) == 0;
    if breaks {
        body.break_bytes(dice);
    }
    Some((body, is_planted && !breaks))
}

/// What is wrong with how a body is treated.
pub fn wrong(engines: &Engines, body: &Body, is_planted: bool, dice: &mut Dice) -> Option<String> {
    let engine = if dice.below(4) == 0 { &engines.tokenising } else { &engines.redacting };
    let seen = play(engine, body, &[usize::MAX]);
    let lengths: Vec<usize> = (0..4).map(|_| 1 + dice.below(body.bytes.len().max(1))).collect();
    if play(engine, body, &lengths) != seen {
        return Some(format!("another decision in pieces of {lengths:?}"));
    }
    let read = body.read(&body.bytes).map(Document::into_owned);
    let reading = read.as_ref().ok().and_then(|document| reading(body, document, dice));
    // Files that are no text are skipped where files belong.
    let skips = body.framing == Framing::Parts && read.is_ok_and(|document| document.coverage.skipped > 0);
    reading.or_else(|| passing(body, &seen).filter(|_| !skips)).or_else(|| {
        let is_found = seen.end != End::Passed;
        (is_planted && !is_found && !skips).then(|| format!("the secret passes: {:?}", seen.decided))
    })
}

/// What is wrong with the texts of a body.
pub fn reading(body: &Body, document: &Document<'_>, dice: &mut Dice) -> Option<String> {
    let text: usize = document.segments.iter().map(|segment| segment.text.len()).sum();
    if text > MAX_TEXT_PER_BYTE * body.bytes.len() + 64 {
        return Some(format!("{text} bytes of text in a body of {}", body.bytes.len()));
    }
    let map = |segment: &Segment<'_>, dice: &mut Dice| wrong_map(body, document, segment, dice);
    document.segments.iter().find_map(|segment| map(segment, dice)).or_else(|| {
        let index = dice.below(document.segments.len());
        unreadable(body, document, index)
    })
}

fn wrong_map(body: &Body, document: &Document<'_>, segment: &Segment<'_>, dice: &mut Dice) -> Option<String> {
    let text = segment.text.as_ref();
    if segment.map.text_len() != text.len() {
        return Some(format!(
            "{}: {} bytes are mapped as {}",
            segment.path,
            text.len(),
            segment.map.text_len()
        ));
    }
    let source = std::str::from_utf8(&body.bytes).ok();
    for _ in 0..RANGES {
        let start = text.floor_char_boundary(dice.below(text.len() + 1));
        let end = text.ceil_char_boundary((start + dice.below(40)).min(text.len()));
        for span in segment.map.spans(start..end) {
            let span = document.carrier.source(span);
            let is_inside = span.start <= span.end && span.end <= body.bytes.len();
            let is_whole = source.is_none_or(|source| source.get(span.clone()).is_some());
            if !is_inside || !is_whole {
                return Some(format!("{}: {start}..{end} came from {span:?}", segment.path));
            }
        }
    }
    None
}

/// Why the body cannot be read any more once a text of it was replaced.
fn unreadable(body: &Body, document: &Document<'_>, index: usize) -> Option<String> {
    // Lines outside the data are one text; what empties one of them ends an event there, and does not go on.
    let segment = document.segments.get(index).filter(|segment| segment.path.starts_with('/'))?;
    let rule = REGISTRY.iter().position(|rule| rule.label == "EMAIL").unwrap_or_default();
    let (rule, number) = (u16::try_from(rule).ok()?, u32::try_from(index).ok()?);
    let (role, provenance) = (segment.role, segment.provenance);
    let (list, transforms) = (None, Default::default());
    let range = 0..segment.text.len();
    let finding = Finding { rule, segment: number, role, provenance, range, score: 1.0, list, transforms };
    let edits = replacements(
        &document.segments,
        &[finding],
        &|_: &Finding| Action::Redact,
        &mut Placeholders::default(),
        &mut Tokens::default(),
    );
    let edited = document.carrier.apply(&body.bytes, edits.unwrap_or_default());
    match body.read(&edited) {
        // A name that is replaced may be another member's name then; a header that copies the text stays as it was; a
        // part of a form has no name when its head is replaced as a whole. None of them goes on.
        Ok(_) | Err(Unscannable::DuplicateKey | Unscannable::HeaderMismatch) => None,
        Err(Unscannable::Malformed) if body.framing == Framing::Parts => None,
        // A longer name may make a path too long; a name twice in a line makes it no line.
        Err(Unscannable::Malformed | Unscannable::TooDeep) if segment.path.ends_with('#') => None,
        Err(why) => Some(format!("{} replaced makes it {why:?}: {}", segment.path, shown(&edited))),
    }
}

/// What is wrong with what goes on.
pub fn passing(body: &Body, seen: &Seen) -> Option<String> {
    if seen.end == End::Held {
        return Some("it is held for ever".to_owned());
    }
    // Glued to other letters it is another word; and an answer to its sender may name the call by its id.
    let is_answer = body.direction == Direction::Request && seen.end == End::Refused;
    let is_there = !is_answer && says(&seen.bytes, &format!(" {SECRET} "));
    if is_there {
        return Some(format!("the secret goes on ({:?}): {}", seen.end, shown(&seen.bytes)));
    }
    if seen.end != End::Edited {
        return None;
    }
    // Events that call themselves something else are read as words.
    if body.framing == Framing::Events && !body.content_type.contains("event-stream") {
        return None;
    }
    // Lines in flight are read one by one, whatever the first begins like.
    if body.read(&body.bytes).is_ok()
        && let Err(why) = body.read(&seen.bytes)
    {
        return Some(format!("edited it is {why:?}: {}", shown(&seen.bytes)));
    }
    let (before, after) = (documents(body, &body.bytes), documents(body, &seen.bytes));
    if before.len() != after.len() {
        return Some(format!("{} documents became {}: {}", before.len(), after.len(), shown(&seen.bytes)));
    }
    before.iter().zip(&after).find_map(|(before, after)| {
        let (was, is) = (Tree::read(before).ok()?, Tree::read(after));
        let why = match is {
            Ok(is) if was.is_built_as(&is) => return None,
            Ok(_) => "it is built otherwise".to_owned(),
            Err(why) => why.to_string(),
        };
        Some(format!("{why}: {} became {}", shown(before), shown(after)))
    })
}

/// Whether bytes say a text: as they stand, escaped, or in base64.
pub fn says(bytes: &[u8], text: &str) -> bool {
    let plain = String::from_utf8_lossy(bytes);
    if plain.contains(text) {
        return true;
    }
    // Only what is near the text in some spelling can hide it.
    let lines = plain.lines().map(|line| line.strip_prefix("data:").unwrap_or(line));
    lines.chain([plain.as_ref()]).any(|line| {
        let tree = line.contains("\\u").then(|| Tree::read(line.as_bytes()).ok()).flatten();
        tree.is_some_and(|tree| tree.says(text))
    })
}

/// The documents of a body, found by other means than the engine's.
fn documents(body: &Body, bytes: &[u8]) -> Vec<Vec<u8>> {
    if looks_like_event_stream(bytes) {
        let payload = |span: &std::ops::Range<usize>| bytes.get(span.clone()).unwrap_or_default().to_vec();
        return messages(bytes).unwrap_or_default().iter().map(|message| payload(&message.payload)).collect();
    }
    let text = String::from_utf8_lossy(bytes);
    let lines = || text.split('\n').map(|line| line.trim_end_matches('\r'));
    match body.framing {
        Framing::Lines => {
            lines().filter(|line| !line.trim().is_empty()).map(|line| line.as_bytes().to_vec()).collect()
        }
        Framing::Events if Tree::read(bytes).is_err() => events(&text),
        _ => vec![bytes.to_vec()],
    }
}

/// The data of server-sent events.
pub fn events(text: &str) -> Vec<Vec<u8>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let (mut all, mut data) = (Vec::new(), None::<String>);
    for line in text.split('\n') {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        match (name, data.as_mut()) {
            ("", _) if line.is_empty() => all.extend(data.take().map(String::into_bytes)),
            ("data", Some(data)) => {
                data.push('\n');
                data.push_str(value);
            }
            ("data", None) => data = Some(value.to_owned()),
            _ => {}
        }
    }
    all.extend(data.map(String::into_bytes));
    all
}

/// The start of a body, on one line.
pub fn shown(bytes: &[u8]) -> String {
    let start = bytes.get(..bytes.len().min(600)).unwrap_or_default();
    String::from_utf8_lossy(start).chars().flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::drafts;

    #[test]
    fn a_few_hundred_bodies_of_every_protocol_are_treated_without_fault() {
        let (engines, seeds) = (Engines::new().unwrap(), drafts::drafts().unwrap());
        let (mut edited, mut passed) = (0, 0);
        for direction in [Direction::Request, Direction::Response] {
            for seed in 0..400 {
                let mut dice = Dice::new(seed);
                let (body, is_planted) = body(&seeds, direction, &mut dice).unwrap();
                assert_eq!(
                    wrong(&engines, &body, is_planted, &mut dice),
                    None,
                    "seed {seed}: {}",
                    shown(&body.bytes)
                );
                match play(&engines.redacting, &body, &[usize::MAX]).end {
                    End::Edited => edited += 1,
                    End::Passed => passed += 1,
                    End::Refused | End::Held => {}
                }
            }
        }
        assert!(edited > 200 && passed > 20, "{edited} edited, {passed} passed: the test shows nothing");
    }

    #[test]
    fn what_says_the_secret_in_escapes_says_it() {
        let escaped = SECRET.replace('g', "\\u0067");
        for (bytes, is_said) in [
            (format!("x {SECRET}"), true),
            (format!("{{\"a\":\"{escaped}\"}}"), true),
            (format!("data: {{\"a\":[\"{escaped}\"]}}\n\n"), true),
            ("{\"a\":\"\\u0067hp_\"}".to_owned(), false),
        ] {
            assert_eq!(says(bytes.as_bytes(), SECRET), is_said, "{bytes}");
        }
    }
}
