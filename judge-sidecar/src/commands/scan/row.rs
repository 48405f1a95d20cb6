//! One line of `weir scan`: JSON -> text and role -> decision -> JSON. Offsets leave in characters, as most languages
//! count. An error names what is wrong with a line and never repeats its text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weir_engine::detect::{Finding, REGISTRY};
use weir_engine::event::UnixMillis;
use weir_engine::policy::settings::Settings;
use weir_engine::segment::Role;
use weir_engine::session::{Engine, TextDecision};
use weir_engine::wire::decision::Action;

use super::lines::TooLong;

/// A finding, for people and programs without our registry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found<'s> {
    /// Rule id; for a term of a lexicon, what events call its list (`lexicon_competitors`).
    pub rule: &'s str,
    /// What it is: the word of its placeholder (`EMAIL`), or its family (`injection`) for what is never replaced.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// First character.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
    /// 0.0 to 1.0.
    pub score: f32,
    /// Transforms that revealed it, in order; empty when it stands in the text as it is.
    pub view: Vec<&'static str>,
}

/// Appends the answer to a line, or the error that is the answer.
///
/// # Errors
/// What is wrong with the line; the error stands in `out` too.
pub fn answer(
    engine: &Engine,
    now: UnixMillis,
    number: u64,
    line: Result<&[u8], &TooLong>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let written = match line.map_err(too_long).and_then(|line| Row::read(number, line)) {
        Ok(Row { id, role, text }) => {
            let decided = engine.decide_text(engine.default_settings(), role, &text, now);
            write(out, &Answer::of(engine.default_settings(), &id, &text, &decided))
        }
        Err(Unread { id, why }) => write(out, &Refused { id, line: number, error: &why }).and(Err(why)),
    };
    out.push(b'\n');
    written
}

/// The role that a line names.
pub fn role(name: &str) -> Option<Role> {
    Some(match name {
        "user" => Role::User,
        "system" => Role::System,
        "assistant" => Role::Assistant,
        "reasoning" => Role::Reasoning,
        "tool" | "tool_result" => Role::ToolResult,
        "tool_call" => Role::ToolCall,
        "tool_definition" => Role::ToolDefinition,
        "document" => Role::Document,
        "agent_message" => Role::AgentMessage,
        _ => return None,
    })
}

/// `findings` of `text`, in its characters, by the names that `settings` has for them.
pub fn found<'s>(settings: &'s Settings, text: &str, findings: &[Finding]) -> Vec<Found<'s>> {
    let chars = Chars::of(text, findings);
    let found = |finding: &Finding| {
        let rule = REGISTRY.get(usize::from(finding.rule))?;
        Some(Found {
            rule: settings.rule_name(finding)?,
            kind: if rule.label.is_empty() { family(rule.id) } else { rule.label },
            start: chars.before(finding.range.start),
            end: chars.before(finding.range.end),
            score: finding.score,
            view: transforms(finding),
        })
    };
    findings.iter().filter_map(found).collect()
}

/// The family of a rule, which its id begins with.
pub fn family(rule: &'static str) -> &'static str {
    rule.split('_').next().unwrap_or(rule)
}

/// Names of the transforms that revealed a finding.
fn transforms(finding: &Finding) -> Vec<&'static str> {
    finding.transforms.names().collect()
}

/// The word for what the filter would do with a text: an action, or that it passes and somebody hears of it.
pub fn word(decided: &TextDecision) -> &'static str {
    match decided.decision.action {
        Action::Allow if decided.asks_judge => "judge",
        Action::Allow if !decided.findings.is_empty() => "flag",
        action => action.name(),
    }
}

/// How many characters stand before some bytes of a text: one pass, whatever the number of bytes asked about.
struct Chars(Option<BTreeMap<usize, usize>>);

impl Chars {
    fn of(text: &str, findings: &[Finding]) -> Self {
        if text.is_ascii() {
            return Self(None);
        }
        let ends = findings.iter().flat_map(|f| [f.range.start, f.range.end]);
        let mut counts: BTreeMap<usize, usize> = ends.map(|at| (at, 0)).collect();
        let (mut from, mut count) = (0, 0);
        for (at, chars) in &mut counts {
            // INVARIANT: findings are on character boundaries, and the map is in ascending order.
            count += text.get(from..*at).map_or(0, |between| between.chars().count());
            (from, *chars) = (*at, count);
        }
        Self(Some(counts))
    }

    fn before(&self, at: usize) -> usize {
        self.0.as_ref().map_or(at, |counts| counts.get(&at).copied().unwrap_or(at))
    }
}

/// A line that can be scanned.
struct Row<'l> {
    id: Value,
    role: Role,
    text: Cow<'l, str>,
}

/// A line that cannot.
struct Unread {
    id: Value,
    why: String,
}

/// The id of a line of which something else is wrong.
fn id_alone(line: &str) -> Value {
    #[derive(Deserialize)]
    struct Id {
        id: Value,
    }
    let id = serde_json::from_str::<Id>(line).map_or(Value::Null, |row| row.id);
    if id.is_string() || id.is_number() { id } else { Value::Null }
}

/// A line as written; other fields are the caller's.
#[derive(Deserialize)]
struct RawRow<'l> {
    #[serde(default)]
    id: Value,
    role: Option<Value>,
    #[serde(borrow, default)]
    text: Option<Text<'l>>,
}

/// Borrows what has no escapes.
#[derive(Deserialize)]
struct Text<'l>(#[serde(borrow)] Cow<'l, str>);

impl<'l> Row<'l> {
    fn read(number: u64, line: &'l [u8]) -> Result<Self, Unread> {
        let unread = |why: String| Unread { id: Value::Null, why };
        let line = if number == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
        let line = std::str::from_utf8(line)
            .map_err(|e| unread(format!("invalid UTF-8 after byte {}", e.valid_up_to())))?;
        match line.trim_start().chars().next() {
            None => return Err(unread("the line is empty".to_owned())),
            // serde would take a list for the fields in order.
            Some('{') => {}
            Some(_) => return Err(unread("the line is not a JSON object".to_owned())),
        }
        match serde_json::from_str::<RawRow<'l>>(line) {
            Ok(raw) => Self::checked(raw),
            Err(error) => Err(Unread { id: id_alone(line), why: explained(&error) }),
        }
    }

    fn checked(raw: RawRow<'l>) -> Result<Self, Unread> {
        let RawRow { id, role: name, text } = raw;
        let why = match (&id, &name, &text) {
            (Value::Null, ..) => "missing field `id`".to_owned(),
            (Value::Bool(_) | Value::Array(_) | Value::Object(_), ..) => {
                return Err(Unread { id: Value::Null, why: "`id` is not a string or a number".to_owned() });
            }
            (_, None, _) => "missing field `role`".to_owned(),
            (_, _, None) => "missing field `text`".to_owned(),
            (_, Some(name), Some(_)) => match name.as_str().map(|name| (name, role(name))) {
                Some((_, Some(role))) => {
                    let text = text.map(|text| text.0).unwrap_or_default();
                    return Ok(Self { id, role, text });
                }
                Some((name, None)) => format!("unknown role `{}`; {ROLES}", shown(name)),
                None => "`role` is not a string".to_owned(),
            },
        };
        Err(Unread { id, why })
    }
}

/// What serde says, without the position on a line it always calls the first.
fn explained(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let words = text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words);
    if error.is_data() {
        // The value of a wrong type is content.
        let kind = words.rsplit_once("expected ").map_or(words, |(_, expected)| expected);
        return if words.starts_with("invalid type") {
            format!("a field is not {kind}")
        } else {
            words.to_owned()
        };
    }
    format!("not JSON: {words} at byte {}", error.column())
}

fn too_long(limit: &TooLong) -> Unread {
    Unread { id: Value::Null, why: format!("the line has more than {} bytes", limit.0) }
}

/// A word of the caller's as it may stand in a message.
fn shown(word: &str) -> String {
    word.chars().take(MAX_SHOWN_CHARS).flat_map(char::escape_default).collect()
}

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a Value,
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    would: Option<Action>,
    score: f32,
    findings: Vec<Found<'a>>,
}

impl<'a> Answer<'a> {
    fn of(settings: &'a Settings, id: &'a Value, text: &str, decided: &TextDecision) -> Self {
        Self {
            id,
            decision: word(decided),
            would: decided.decision.would,
            score: decided.score,
            findings: found(settings, text, &decided.findings),
        }
    }
}

#[derive(Serialize)]
struct Refused<'a> {
    id: Value,
    line: u64,
    error: &'a str,
}

fn write(out: &mut Vec<u8>, answer: &impl Serialize) -> Result<(), String> {
    serde_json::to_writer(out, answer).map_err(|e| format!("the answer cannot be written: {e}"))
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
const MAX_SHOWN_CHARS: usize = 32;
const ROLES: &str =
    "expected `user`, `system`, `assistant`, `tool`, `tool_call`, `tool_definition` or `document`";

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(line: &[u8]) -> (Value, Option<String>) {
        let engine = Engine::compile("").unwrap();
        let mut out = Vec::new();
        let error = answer(&engine, UnixMillis(0), 1, Ok(line), &mut out).err();
        assert!(out.ends_with(b"\n") && !out[..out.len() - 1].contains(&b'\n'));
        (serde_json::from_slice(&out).unwrap(), error)
    }

    #[test]
    fn a_line_that_cannot_be_read_is_answered_with_what_is_wrong() {
        for (line, id, why) in [
            (&b""[..], Value::Null, "the line is empty"),
            (b" \r", Value::Null, "the line is empty"),
            (b"{", Value::Null, "not JSON: EOF while parsing an object at byte 1"),
            (b"[1", Value::Null, "the line is not a JSON object"),
            (b"[7,\"user\",\"secret\"]", Value::Null, "the line is not a JSON object"),
            (b"\"secret\"", Value::Null, "the line is not a JSON object"),
            (b"{\"id\":1,\"text\":\"x\xff\"}", Value::Null, "invalid UTF-8 after byte 17"),
            (br#"{"role":"user","text":"x"}"#, Value::Null, "missing field `id`"),
            (br#"{"id":[1],"role":"user","text":"x"}"#, Value::Null, "`id` is not a string or a number"),
            (br#"{"id":7,"text":"x"}"#, 7.into(), "missing field `role`"),
            (br#"{"id":7,"role":"user"}"#, 7.into(), "missing field `text`"),
            (br#"{"id":7,"role":"user","text":null}"#, 7.into(), "missing field `text`"),
            (br#"{"id":7,"role":3,"text":"x"}"#, 7.into(), "`role` is not a string"),
            (br#"{"id":"a","role":"root\n","text":"x"}"#, "a".into(), r"unknown role `root\n`; expected"),
            (br#"{"id":7,"role":"user","text":["secret"]}"#, 7.into(), "a field is not a string"),
            (br#"{"id":7,"role":"user","text":"\ud800"}"#, 7.into(), "not JSON: "),
            (br#"{"id":1,"id":2,"role":"user","text":"x"}"#, Value::Null, "duplicate field `id`"),
        ] {
            let (out, error) = answered(line);
            let error = error.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(line)));
            assert!(error.starts_with(why), "{error} for {}", String::from_utf8_lossy(line));
            assert!(!error.contains("secret"), "{error}");
            assert_eq!((&out["id"], &out["line"], &out["error"]), (&id, &1.into(), &Value::from(error)));
        }
    }

    #[test]
    fn ids_return_as_they_came_and_other_fields_are_the_callers() {
        for id in [r#""a\"b""#, "7", "-1", "18446744073709551615", "\"\"", "0.5"] {
            let line =
                format!(r#"{{"label":1,"id":{id},"role":"user","text":"hello","context":{{"x":[1]}}}}"#);
            let (out, error) = answered(line.as_bytes());
            assert_eq!((out["id"].to_string(), error), (id.to_owned(), None));
        }
    }

    #[test]
    fn a_byte_order_mark_and_carriage_returns_are_no_content() {
        let (out, error) = answered(b"\xEF\xBB\xBF{\"id\":1,\"role\":\"user\",\"text\":\"hello\"}\r");
        assert_eq!((out["decision"].as_str(), error), (Some("allow"), None));
    }

    #[test]
    fn offsets_count_characters() {
        let text = "Grüße 🦀 an jane.doe@example.org, 😀 und joe@example.org";
        let line = serde_json::json!({ "id": 1, "role": "user", "text": text }).to_string();
        let (out, _) = answered(line.as_bytes());
        let chars: Vec<char> = text.chars().collect();
        let found: Vec<String> = out["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| {
                let (start, end) =
                    (f["start"].as_u64().unwrap() as usize, f["end"].as_u64().unwrap() as usize);
                chars[start..end].iter().collect()
            })
            .collect();
        assert_eq!(found, ["jane.doe@example.org", "joe@example.org"]);
        let first = &out["findings"][0];
        assert_eq!((first["type"].as_str(), first["rule"].as_str()), (Some("EMAIL"), Some("pii_email")));
        assert_eq!(first["view"], serde_json::json!([]));
    }

    #[test]
    fn a_term_is_found_by_the_name_of_its_list() {
        let policy =
            "lexicons:\n- {name: competitors, terms: [globex]}\n- {name: promises, terms: [guarante*]}\n";
        let engine = Engine::compile(policy).unwrap();
        let line = br#"{"id":1,"role":"user","text":"Is Globex guaranteed?"}"#;
        let mut out = Vec::new();
        answer(&engine, UnixMillis(0), 1, Ok(line), &mut out).unwrap();
        let out: Value = serde_json::from_slice(&out).unwrap();
        let rules = [0, 1].map(|i| out["findings"][i]["rule"].as_str());
        assert_eq!(rules, [Some("lexicon_competitors"), Some("lexicon_promises")]);
    }

    #[test]
    fn every_rule_begins_with_the_word_of_its_family() {
        for rule in REGISTRY {
            let word = family(rule.id);
            let is_alone = word == rule.id && rule.id == "lexicon";
            assert!(!word.is_empty() && (is_alone || word.len() < rule.id.len()), "{}", rule.id);
        }
    }
}
