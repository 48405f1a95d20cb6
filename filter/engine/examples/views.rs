//! What the engine makes of rows of text, for `filter/model`: reads JSONL `{"id", "role", "text"}` on standard input
//! and writes, in order, JSONL `{"id", "folded", "undone", "rules", "both", "sum", "classifier"}`: the folded view, the parts of it in which
//! something was decoded or put together, the combined injection score of the rules alone and with the classifier, and the classifier's
//! raw score of the strongest window. The pipeline trains on what the filter sees, and checks its own arithmetic against the filter's.
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a tool for developers"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use serde_json::{Value, json};
use weir_engine::detect::{Detectors, Family, Finding, REGISTRY};
use weir_engine::normalize::{self, Doubtful, Survey};
use weir_engine::segment::{Provenance, Role, Segment, SourceMap};

fn main() {
    let detectors = Detectors::new().expect("rules compile");
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let text = row["text"].as_str().unwrap_or_default();
        let findings = detectors.scan(&[segment(&row, text)], &[]);
        let role = segment(&row, text).role;
        let (sum, score) = detectors.classify(text, role).unwrap_or((0, 0.0));
        let answer = json!({
            "id": row["id"],
            "folded": normalize::folded(text).text,
            "undone": undone(text),
            "rules": combined(&findings, |id| !id.starts_with("injection_classifier")),
            "both": combined(&findings, |_| true),
            "sum": sum,
            "classifier": score,
        });
        writeln!(out, "{answer}").expect("standard output");
    }
}

/// What a model of windows reads beside the folded text: the parts of it that were encoded, spaced out or spelt in digits.
fn undone(text: &str) -> Vec<String> {
    let folded = normalize::folded(text);
    let survey = Survey::of(&folded.text);
    let decoded = normalize::decoded(&folded, &survey).into_iter();
    let views = decoded.chain(normalize::unspaced(&folded, &survey)).chain(normalize::unleeted(
        &folded,
        &survey,
        Doubtful::AsI,
    ));
    views.map(|view| view.text.into_owned()).collect()
}

fn segment<'t>(row: &Value, text: &'t str) -> Segment<'t> {
    let role = match row["role"].as_str().unwrap_or("user") {
        "system" => Role::System,
        "assistant" => Role::ToolCall,
        "tool" => Role::ToolResult,
        "document" => Role::Document,
        "tool_definition" => Role::ToolDefinition,
        _ => Role::User,
    };
    Segment {
        role,
        provenance: Provenance::Unknown,
        path: String::new(),
        text: text.into(),
        map: SourceMap::identity(0, text.len()),
        quote: "",
        is_seam: false,
    }
}

/// `1 - product(1 - score)` over the distinct injection rules that count.
fn combined(findings: &[Finding], counts: impl Fn(&str) -> bool) -> f32 {
    let mut worst: BTreeMap<u16, f32> = BTreeMap::new();
    let rule = |f: &&Finding| REGISTRY[usize::from(f.rule)];
    let counts = |f: &&Finding| rule(f).family == Family::Injection && counts(rule(f).id);
    for f in findings.iter().filter(counts) {
        let score = worst.entry(f.rule).or_default();
        *score = score.max(f.score);
    }
    1.0 - worst.values().map(|s| 1.0 - s).product::<f32>()
}
