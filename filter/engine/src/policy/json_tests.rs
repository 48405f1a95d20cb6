//! Policies in JSON, as a proxy hands them to the filter: they mean the same and are refused as well as YAML ones,
//! with and without the feature `yaml`.

use super::document::Tier;
use super::{Mode, Policy, PolicyError, Selector};
use crate::limits::{MAX_POLICY_BYTES, MAX_POLICY_NODES};
use crate::wire::decision::Action;

fn error(text: &str) -> PolicyError {
    match Policy::parse(text) {
        Ok(policy) => panic!("accepted: {text}\n{policy:?}"),
        Err(error) => error,
    }
}

/// A bad document with the path, line, column and parts of the message it must be refused with.
fn refused(text: &str, path: &str, place: (usize, usize), parts: &[&str]) {
    let error = error(text);
    assert_eq!((error.path.as_str(), (error.line, error.column)), (path, place), "{text}\n{error}");
    for part in parts {
        assert!(error.to_string().contains(part), "{text}\nis refused with `{error}`, without `{part}`");
    }
    let first = error.message.chars().next();
    assert!(first.is_some_and(|c| !c.is_uppercase()) && !error.message.contains('\n'), "{error}");
}

/// The same on one line and spread over lines: a key at a time, indented, with spaces wherever JSON allows them.
fn refused_on_one_line_and_on_many(text: &str, path: &str, key: &str, parts: &[&str]) {
    let compact = error(text);
    assert_eq!((compact.path.as_str(), compact.line), (path, 1), "{text}\n{compact}");
    let pretty = pretty(text);
    let spread = error(&pretty);
    assert_eq!(spread.path, path, "{pretty}\n{spread}");
    let line = pretty.lines().nth(spread.line - 1).unwrap();
    assert!(line.contains(key), "{pretty}\n{spread}: points at `{line}`");
    for part in parts {
        assert!(compact.to_string().contains(part), "{text}\nis refused with `{compact}`, without `{part}`");
        assert!(spread.to_string().contains(part), "{pretty}\nis refused with `{spread}`, without `{part}`");
    }
}

fn pretty(text: &str) -> String {
    let spaced = text.replace('{', "{\n ").replace(',', " \n , ").replace('}', "\n }");
    format!("\n\t{}\n", spaced.replace(':', " : "))
}

#[test]
fn an_empty_document_is_tier_medium() {
    for text in ["", "{}", "\n", " { } ", "null", "\u{feff}{}"] {
        let policy = Policy::parse(text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        assert_eq!(policy.settings(&Selector::default(), None).tier, Tier::Medium, "{text:?}");
    }
}

#[test]
fn a_document_in_json_reaches_the_settings() {
    let policy = Policy::parse(
        r#"{"version": "weir/v1", "name": "acme", "identity": {"agent": "peer_san"},
            "default": {"tier": "high", "judge": {"sample_rate": 0.5, "deadline_ms": 5},
                        "layers": {"judge": "off", "human": {"mode": "detect", "until": "2027-01-01"}},
                        "guardrails": {"disabled_rules": ["pii_phone"]}},
            "overrides": [{"name": "pay", "match": {"tenant": "a\u0063me"},
                           "set": {"guardrails": {"pii": {"request": "allow"}}}}]}"#,
    )
    .unwrap();
    let s = policy.settings(&Selector { tenant: "acme", ..Selector::default() }, None);
    assert_eq!((s.tier, s.judge.sample_rate, s.judge.deadline_ms), (Tier::High, 0.5, 5));
    assert_eq!((s.layers.judge.mode, s.layers.human.mode), (Mode::Off, Mode::Detect));
    assert_eq!((s.pii.request, s.disabled_rules.len()), (Action::Allow, 2));
}

#[test]
fn the_version_names_what_is_said_and_not_how() {
    let version = |text: &str| Policy::parse(text).unwrap().version;
    let base = version(r#"{"name": "acme", "default": {"tier": "high", "judge": {"criteria": "5"}}}"#);
    for same in [
        "{\"default\": {\"judge\":\n{\"criteria\": \"5\"}, \"tier\": \"high\"},\n \"name\": \"acme\"}",
        r#"{"name": "\u0061cme", "default": {"tier": "high", "judge": {"criteria": "\u0035"}}}"#,
    ] {
        assert_eq!(version(same), base, "{same}");
    }
    for other in [
        r#"{"name": "acme", "default": {"tier": "high"}}"#,
        r#"{"name": "acme", "default": {"tier": "low", "judge": {"criteria": "5"}}}"#,
        r#"{"name": "acme", "default": {"tier": "high", "judge": {"criteria": "5\ndefault.tier \"low\""}}}"#,
        r#"{"name": "acme", "default": {"tier": "high", "judge": {"criteria": "5"}, "guardrails": {"disabled_rules": []}}}"#,
    ] {
        assert_ne!(version(other), base, "{other}");
    }
}

#[test]
fn bad_shapes_are_refused_with_their_place() {
    let cases: &[(&str, &str, &str, &[&str])] = &[
        (r#"{"version": "weir/v2"}"#, "version", "weir/v2", &["`weir/v2`", "`weir/v1`"]),
        (r#"{"defualt": {}}"#, "defualt", "defualt", &["unknown field `defualt`", "mean `default`?"]),
        (r#"{"default": {"tire": "low"}}"#, "default.tire", "tire", &["did you mean `tier`?"]),
        (r#"{"default": {"judge": {}, "tire": {"a": 1}}}"#, "default.tire", "tire", &["`tier`?"]),
        (r#"{"default": {"tier": "hgih"}}"#, "default.tier", "hgih", &["unknown value `hgih`"]),
        (r#"{"default": {"tier": "High"}}"#, "default.tier", "High", &["did you mean `high`?"]),
        (r#"{"default": {"tier": ["low"]}}"#, "default.tier", "tier", &["a list does not fit"]),
        (r#"{"default": {"tier": {"low": 1}}}"#, "default.tier", "tier", &["a mapping", "a word: `low`"]),
        (r#"{"default": {"tier": 37}}"#, "default.tier", "37", &["the number `37`", "a word"]),
        (r#"{"default": {"tier": false}}"#, "default.tier", "false", &["`false`", "a word"]),
        (r#"{"default": {"tier": {}}}"#, "default.tier", "tier", &["a mapping", "a word"]),
        (r#"{"default": null}"#, "default", "default", &["no value", "leave the key out"]),
        (r#"{"default": "medium"}"#, "default", "medium", &["the text `medium`", "expected a mapping"]),
        (r#"{"default": ["medium"]}"#, "default", "default", &["a list does not fit"]),
        (r#"["weir/v1"]"#, "", "weir", &["a list does not fit"]),
        (r#""policy""#, "", "policy", &["the text `policy`", "expected a mapping"]),
        ("12", "", "12", &["the number `12`", "expected a mapping"]),
        (r#"{"name": 5}"#, "name", "5", &["number `5`", "text; put it in quotes"]),
        (r#"{"name": true, "default": {}}"#, "name", "true", &["`true`", "text"]),
        (r#"{"name": {"a": 1}}"#, "name", "name", &["a mapping does not fit", "text"]),
        (r#"{"default": {"layers": {"judge": "of"}}}"#, "default.layers.judge", "of", &["`off`?"]),
        (
            r#"{"default": {"layers": {"judge": false}}}"#,
            "default.layers.judge",
            "false",
            &["`detect`", "put it in quotes"],
        ),
        (
            r#"{"default": {"layers": {"judge": {"mode": "off"}, "human": "off"}}}"#,
            "default.layers.judge",
            "judge",
            &["missing field `until`"],
        ),
        (
            r#"{"default": {"layers": {"judge": {"mode": "off", "til": "x"}}}}"#,
            "default.layers.judge.til",
            "til",
            &["`until`?"],
        ),
        (
            r#"{"default": {"judge": {"deadline_ms": -1}}}"#,
            "default.judge.deadline_ms",
            "-1",
            &["`-1`", "0 or more"],
        ),
        (r#"{"default": {"judge": {"deadline_ms": 1.5}}}"#, "default.judge.deadline_ms", "1.5", &["`1.5`"]),
        (
            r#"{"default": {"judge": {"deadline_ms": 99999999999, "request": "hold"}}}"#,
            "default.judge.deadline_ms",
            "99999999999",
            &["`99999999999`"],
        ),
        (
            r#"{"default": {"judge": {"sample_rate": "0.5"}}}"#,
            "default.judge.sample_rate",
            "0.5",
            &["text `0.5`", "a number"],
        ),
        (
            r#"{"default": {"judge": {"sample_rate": 1e999}}}"#,
            "default.judge.sample_rate",
            "1e999",
            &["number out of range"],
        ),
        (r#"{"identity": {"tenant": {"headr": "x"}}}"#, "identity.tenant", "tenant", &["`header`?"]),
        (r#"{"identity": {"tenant": "body"}}"#, "identity.tenant", "body", &["`body`", "`peer_san`"]),
        (
            r#"{"identity": {"tenant": {"header": "x", "peer_san": 1}}}"#,
            "identity.tenant",
            "tenant",
            &["a mapping of one key"],
        ),
        (r#"{"overrides": [{"name": "x"}]}"#, "overrides[0]", "{", &["missing field `match`"]),
        (r#"{"overrides": {"name": "x"}}"#, "overrides", "overrides", &["a mapping does not fit", "a list"]),
        (r#"{"overrides": [["x"]]}"#, "overrides[0]", "overrides", &["a list does not fit"]),
    ];
    for (text, path, key, parts) in cases {
        refused_on_one_line_and_on_many(text, path, key, parts);
    }
}

#[test]
fn lines_and_columns_are_those_of_the_document() {
    refused("{\n  \"name\": \"ä\", \"defualt\": {}\n}", "defualt", (2, 16), &["unknown field"]);
    refused("{\"default\":\n {\"tier\":\n  \"hgih\"}}", "default.tier", (3, 3), &["`hgih`"]);
    refused("{\"default\": {\"tier\" : 37 }}", "default.tier", (1, 23), &["`37`"]);
    refused("\u{feff}{\"name\": 5}", "name", (1, 10), &["`5`"]);
    refused(r#"{"name": "a@b"}"#, "name", (1, 10), &["`a@b`", "letters"]);
    refused(
        "{\"default\": {\"judge\": {\r\n\"deadline_ms\": 0}}}",
        "default.judge.deadline_ms",
        (2, 16),
        &["1 to 60000"],
    );
    let narrow = r#"{"overrides": [{"name": "a", "match": {}, "set": {}}]}"#;
    refused(narrow, "overrides[0].match", (1, 30), &["empty"]);
}

#[test]
fn what_json_allows_and_a_policy_does_not_is_refused_with_its_place() {
    refused(r#"{"default": {"tier": "low", "tier": "high"}}"#, "", (1, 29), &["`tier`", "twice"]);
    refused(r#"{"name": "a", "n\u0061me": "b"}"#, "", (1, 15), &["`name`", "twice"]);
    refused(&format!("{{\"{}\": 1}}", "k".repeat(100)), "", (1, 2), &["longer than 64 bytes"]);
    let many: Vec<String> = (0..65).map(|i| format!("\"k{i}\":1")).collect();
    assert!(error(&format!("{{{}}}", many.join(","))).message.contains("too large"));
    let deep = format!("{}1{}", "{\"a\":".repeat(33), "}".repeat(33));
    refused(&deep, "", (1, 1 + 32 * 5 + 1), &["too large or too deep"]);
    let rules = vec!["\"x\""; MAX_POLICY_NODES].join(",");
    let wide = format!("{{\"default\": {{\"guardrails\": {{\"disabled_rules\": [{rules}]}}}}}}");
    assert!(error(&wide).message.contains("too large or too deep"));
    refused(&" ".repeat(MAX_POLICY_BYTES + 1), "", (0, 0), &["262145", "at most 262144 bytes"]);
}

#[cfg(not(feature = "yaml"))]
#[test]
fn what_is_not_json_is_refused_with_its_place() {
    for text in ["default: {tier: medium}", "# nothing", "---\n{}", "- a", "policy", "'{}'"] {
        refused(
            text,
            "",
            (1, 1),
            &["the policy is not JSON", "the filter reads JSON", "`google.protobuf.StringValue`"],
        );
    }
    refused("\n\n  default:\n    tier: low", "", (3, 3), &["not JSON"]);
    // What Envoy makes of a `google.protobuf.Struct`: `{"name": "acme"}` in binary.
    refused("\n\u{10}\n\u{4}name\u{12}\u{8}\u{1a}\u{6}acme", "", (2, 1), &["`google.protobuf.StringValue`"]);
    refused("{default: {}}", "", (1, 2), &["not JSON: key must be a string", "the filter reads JSON"]);
    refused("{\"name\": \"a\",\n}", "", (2, 1), &["key must be a string"]);
    refused("{\"name\": \"a\"\n \"default\": {}}", "", (2, 2), &["expected `,` or `}`"]);
    refused("{\"name\": 'a'}", "", (1, 10), &["expected value"]);
    refused("{\"name\": \"a\"} x", "", (1, 15), &["trailing characters"]);
    refused("{\"name\": \"a\n\"}", "", (1, 11), &["control character"]);
    refused("{\"name\": \"a\"", "", (1, 12), &["EOF"]);
    refused("{\"name\": \"\\ud800\"}", "", (1, 1), &["half of a character"]);
    assert!(error(&"[".repeat(100)).message.contains("too large or too deep"));
}

#[test]
fn no_bytes_make_the_parser_panic() {
    let seed = r#"{"name": "a\u00e4", "default": {"tier": "low", "judge": {"sample_rate": 0.5}},
        "overrides": [{"name": "b", "match": {"tenant": "c"}, "set": {"layers": {"judge": "off"}}}]}"#;
    let tokens: [&[u8]; 12] =
        [b"{", b"}", b"[", b"]", b",", b":", b"\"", b"\\u", b"null", b"1e9", b"\n", b"\xc3\xa4"];
    let mut random = Random(7);
    for _ in 0..4000 {
        let mut bytes = seed.as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len() + 1);
            match random.below(4) {
                0 => drop(bytes.splice(at..at, tokens[random.below(12)].iter().copied())),
                1 if at < bytes.len() => bytes[at] = (random.next() & 0xff) as u8,
                2 => bytes.truncate(at.max(1)),
                _ => drop(bytes.drain(at..(at + random.below(20)).min(bytes.len()))),
            }
        }
        if let Err(error) = Policy::parse(&String::from_utf8_lossy(&bytes)) {
            assert!(!error.message.is_empty(), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }
}

/// xorshift64*: seeded, so that a failure repeats.
pub(super) struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}
