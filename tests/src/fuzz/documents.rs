//! Documents of policies, whole and broken: an error names a place in the document; and JSON means the same when it is read
//! as the YAML that it is too, which is another reader.

use weir_engine::policy::{Policy, PolicyError};

use super::json_text;
use crate::corpus;
use crate::failure::{During, Result};
use crate::mutate::Dice;

/// Most changes of one document.
const MAX_CHANGES: usize = 4;
/// Largest document that is made, in bytes: over the limit that there is, so that it is met.
const MAX_BYTES: usize = 300 * 1024;

/// What is put into documents.
const PIECES: &[&str] = &[
    ":",
    " ",
    "\n",
    "  ",
    "- ",
    "\t",
    "#",
    "'",
    "\"",
    "|",
    ">",
    "&a ",
    "*a",
    "*a\n*a",
    "<<: *a",
    "!!str ",
    "!x ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "~",
    "null",
    "off",
    "0x10",
    "1e400",
    "18446744073709551616",
    "-1",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\0",
    "\\",
    "\"\\ud800\"",
    "\"\\x41\"",
    "? ",
    "default:\n  tier: high\n",
    "default:\n  tier: high\ndefault:\n  tier: low\n",
    "guardrails",
    "redact",
    "a: &a [*a]\n",
    "{a: &a {b: 1}, c: *a, d: *a}",
];

/// The documents of the README, of the corpus, and of the proxies' configurations.
///
/// # Errors
/// When they cannot be read.
pub fn seeds() -> Result<Vec<String>> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = std::fs::read_to_string(root.join("README.md")).during("README.md")?;
    let mut all: Vec<String> = readme
        .split("```yaml\n")
        .skip(1)
        .filter_map(|block| Some(block.split_once("```")?.0.to_owned()))
        .filter(|block| Policy::parse(block).is_ok())
        .collect();
    for located in corpus::load()? {
        let policy = &located.case.policy;
        all.push(policy.to_string());
        all.extend(serde_json::to_string_pretty(policy).ok());
        all.extend(serde_saphyr::to_string(policy).ok());
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// A document.
pub fn document(seeds: &[String], dice: &mut Dice) -> String {
    let mut text = dice.pick(seeds).cloned().unwrap_or_default();
    for _ in 0..dice.below(MAX_CHANGES + 1) {
        text = changed(text, seeds, dice);
    }
    text.truncate(text.floor_char_boundary(MAX_BYTES));
    text
}

fn changed(mut text: String, seeds: &[String], dice: &mut Dice) -> String {
    let at = text.floor_char_boundary(dice.below(text.len() + 1));
    let end = text.ceil_char_boundary((at + dice.below(12)).min(text.len()));
    match dice.below(16) {
        0 => {
            let mut bytes = text.into_bytes();
            json_text::change(&mut bytes, dice);
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        1 => text.truncate(at),
        2 => text.insert_str(at, &json_text::sound(dice)),
        3 => {
            let part = text.get(at..end).unwrap_or_default().repeat(1 + dice.below(3_000));
            text.insert_str(at, &part);
        }
        4 => {
            let deep = dice.pick(&["[", "{a: ", "- ", "a:\n ", "{\"a\":["]).copied().unwrap_or_default();
            text.insert_str(at, &deep.repeat(dice.below(3_000)));
        }
        5 => text.insert_str(at, dice.pick(seeds).map_or("", String::as_str)),
        6 => text.replace_range(at..end, ""),
        _ => text.replace_range(at..end, dice.pick(PIECES).copied().unwrap_or_default()),
    }
    text
}

/// What is wrong with how a document is read.
pub fn wrong(text: &str) -> Option<String> {
    let read = Policy::parse(text).map(|policy| policy.version);
    if let Err(why) = &read
        && !is_place(text, why)
    {
        return Some(format!("line {} column {}: {}", why.line, why.column, why.message));
    }
    let value = serde_json::from_str::<serde_json::Value>(text);
    // YAML reads halves of characters, blanks and the ends of lines in other ways.
    let is_plain = !text.contains('\\')
        && !text.contains(['\t', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']);
    if let Ok(value) = value
        && is_plain
        && text.trim().len() > 4
    {
        let yaml = Policy::parse(&format!("# YAML\n{text}")).map(|policy| policy.version);
        // A number counts as it is written, in YAML as it is written again.
        let is_usual = || Policy::parse(&value.to_string()).map(|policy| policy.version) == read;
        if yaml.is_ok() != read.is_ok() || yaml.is_ok() && yaml != read && is_usual() {
            return Some(format!("as JSON {read:?}, as YAML {yaml:?}"));
        }
    }
    None
}

/// Whether an error names a place in the text, or none.
fn is_place(text: &str, why: &PolicyError) -> bool {
    let Some(number) = why.line.checked_sub(1) else { return why.column == 0 };
    // A lone CR ends a line of YAML and none of JSON. An end that is missing is missed behind the last line.
    let is_in = |lines: &[&str]| {
        let columns = lines.get(number).map_or(0, |line| line.chars().count());
        number <= lines.len() && why.column <= columns + 2
    };
    let yaml = text.replace("\r\n", "\n").replace('\r', "\n");
    is_in(&text.split('\n').collect::<Vec<_>>()) || is_in(&yaml.split('\n').collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_hundred_broken_documents_are_read_without_fault() {
        let seeds = seeds().unwrap();
        assert!(seeds.len() > 30, "{}", seeds.len());
        for seed in 0..600 {
            let text = document(&seeds, &mut Dice::new(seed));
            let start = text.get(..text.floor_char_boundary(2_000)).unwrap_or_default();
            assert_eq!(wrong(&text), None, "seed {seed}: {start}");
        }
    }
}
