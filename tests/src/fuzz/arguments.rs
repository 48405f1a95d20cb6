//! The reader of JSON that comes in pieces, which is that of the arguments of a tool call in a stream in flight: the same
//! texts however JSON is cut, the strings and numbers that serde_json reads, and whatever is no JSON is still text.

use std::collections::BTreeMap;

use serde_json::json;
use weir_engine::protocol::{Framing, Protocol, Unscannable};
use weir_engine::stream::fields::Fields;

use super::held::SECRET;
use super::json_text;
use super::tree::{Leaf, Tree};
use crate::mutate::Dice;

/// Ways to cut each text.
const CUTS: usize = 3;
/// Where the arguments stand in a chat.
const PATH: &str = "/choices/0/delta/tool_calls/0/function/arguments";
/// A whole number of at least so much is read as text.
const LONG_NUMBER: u64 = 1_000_000_000;

/// Texts by path; pieces of one path are put together.
type Texts = BTreeMap<String, Vec<String>>;

/// Arguments: JSON, or nearly.
pub fn text(dice: &mut Dice) -> String {
    let (open, close) = if dice.below(2) == 0 { ("{\"a\":", "}") } else { ("[", "]") };
    let mut text = format!("{open}{}{close}", json_text::sound(dice)).into_bytes();
    if dice.below(4) == 0 {
        let at = dice.below(text.len() + 1);
        text.splice(at..at, format!(" {SECRET} ").into_bytes());
    }
    if dice.below(3) == 0 {
        for _ in 0..=dice.below(3) {
            json_text::change(&mut text, dice);
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// What is wrong with how `text` is read in pieces.
pub fn wrong(text: &str, dice: &mut Dice) -> Option<String> {
    let whole = read(&[text]);
    let tree = Tree::read(text.as_bytes()).ok().filter(|_| text.starts_with(['{', '[']));
    let is_same_when_cut = tree.as_ref().is_some_and(|tree| !begins_blank(tree));
    for _ in 0..CUTS {
        let pieces = cut(text, dice);
        let found = read(&pieces);
        if is_same_when_cut && found != whole {
            return Some(format!("{pieces:?} give {found:?} and not {whole:?}"));
        }
        if let (Ok(texts), Some(tree)) = (&found, &tree)
            && let Some(why) = differing(texts, tree)
        {
            return Some(format!("{pieces:?}: {why}"));
        }
    }
    let says = |texts: &Texts| texts.values().flatten().any(|said| said.contains(SECRET));
    let is_lost = text.contains(&format!(" {SECRET} ")) && whole.is_ok_and(|texts| !says(&texts));
    is_lost.then(|| "the secret is not read".to_owned())
}

/// Whether a string in it is blank before it is JSON itself: that is read as JSON only when both come in one piece.
fn begins_blank(tree: &Tree) -> bool {
    tree.leaves().iter().any(|(_, leaf)| match leaf {
        Leaf::Text(text) => {
            text.starts_with(char::is_whitespace) && text.trim_start().starts_with(['{', '['])
        }
        _ => false,
    })
}

/// The texts that arguments in these pieces have.
fn read(pieces: &[&str]) -> Result<Texts, Unscannable> {
    let chat = Protocol::named("openai.chat_completions").unwrap_or_default();
    let mut fields = Fields::new(chat, Framing::Events);
    let mut at = 0;
    for piece in pieces {
        let call = json!({ "index": 0, "function": { "arguments": piece } });
        let event = json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call] } }] });
        let frame = format!("data: {event}\n\n");
        fields.read(frame.as_bytes(), at)?;
        at += frame.len();
    }
    fields.end()?;
    let mut texts = Texts::new();
    for (path, field) in fields.iter_mut() {
        texts.entry(path.to_owned()).or_default().push(field.text_from(field.base()).to_owned());
    }
    texts.values_mut().for_each(|all| all.sort_unstable());
    Ok(texts)
}

/// Pieces of whole characters, as deltas of JSON are.
pub fn cut<'t>(text: &'t str, dice: &mut Dice) -> Vec<&'t str> {
    let longest = 1 + dice.below(12);
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let end = rest.ceil_char_boundary((1 + dice.below(longest)).min(rest.len()));
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// The first string or number of the tree that was not read where it stands. A string that holds JSON is read as such.
fn differing(texts: &Texts, tree: &Tree) -> Option<String> {
    for (path, leaf) in tree.leaves() {
        let said = texts.get(&format!("{PATH}{path}"));
        let has = |part: &str| said.is_some_and(|all| all.iter().any(|text| text.contains(part)));
        let is_read = match leaf {
            Leaf::Text(text) => text.is_empty() || text.trim_start().starts_with(['{', '[']) || has(text),
            Leaf::Number(number) => match number.as_u64().filter(|number| *number >= LONG_NUMBER) {
                Some(number) => has(&number.to_string()),
                None => true,
            },
            Leaf::Key(_) => true,
        };
        if !is_read {
            return Some(format!("{path}: {leaf:?} is not read: {said:?}"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_thousand_arguments_are_read_the_same_however_they_are_cut() {
        for seed in 0..2_000 {
            let mut dice = Dice::new(seed);
            let text = text(&mut dice);
            assert_eq!(wrong(&text, &mut dice), None, "seed {seed}: {text}");
        }
    }
}
