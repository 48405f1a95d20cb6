//! Schemas of answers, from the policy that writes them to the answers they admit.

use super::{Policy, Selector};

fn check(schema: &str, admitted: &[&str], refused: &[&str]) {
    let policy = Policy::parse(&format!(
        r#"{{"default": {{"guardrails": {{"format": {{"answer_schema": {schema}}}}}}}}}"#
    ))
    .unwrap();
    let settings = policy.settings(&Selector::default(), None);
    let schema = settings.format.constraints[0].answer_schema.as_ref().unwrap();
    for (texts, expected) in [(admitted, true), (refused, false)] {
        for text in texts {
            assert_eq!(schema.admits(text), expected, "{schema:?}: {text}");
        }
    }
}

#[test]
fn each_keyword_asks_for_what_it_says() {
    check(
        "{}",
        &["{}", " [1, \"x\"]\n", "null"],
        &["", "{", "Sure: {}", "{} {}", "```json\n{}\n```", "{\"a\":1,\"a\":2}"],
    );
    check(r#"{"type":"integer"}"#, &["1", "-2", "1.0", "1e3"], &["1.5", "\"1\"", "null"]);
    check(r#"{"type":["string","null"]}"#, &["\"x\"", "null"], &["1", "false"]);
    check(r#"{"type":"boolean"}"#, &["true", "false"], &["0"]);
    check(
        r#"{"enum":["a",2,true]}"#,
        &["\"a\"", "\"\\u0061\"", "2", "2.0", "true"],
        &["\"b\"", "\"2\"", "false"],
    );
    check(r#"{"minLength":2,"maxLength":3}"#, &["\"üü\"", "\"abc\"", "1"], &["\"a\"", "\"abcd\""]);
    check(r#"{"minimum":0,"maximum":1.5}"#, &["0", "1.5", "\"x\""], &["-1", "1.6"]);
    check(
        r#"{"minItems":1,"maxItems":2,"items":{"type":"number"}}"#,
        &["[1]", "[1,2]", "{}"],
        &["[]", "[1,2,3]", "[\"a\"]"],
    );
    check(
        r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"items":{"required":["c"]}}},"required":["a"],"additionalProperties":false}"#,
        &[r#"{"a":"x"}"#, r#"{"b":[{"c":1}],"a":""}"#],
        &["{}", r#"{"a":1}"#, r#"{"a":"x","z":1}"#, r#"{"a":"x","b":[{}]}"#, "[]"],
    );
}
