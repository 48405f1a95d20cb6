//! Scores the rules on a labelled JSONL file: `cargo run --release -p weir-engine --example score -- FILE...`.
//! Rows have `text`, `label`, `source`, and `context.role`, `context.tier`. Per source it prints how many rows reach
//! each combined injection score, and how many rows each family found something in; `MISSES=1` lists the ids of
//! unexpected rows, `DATA=1` the data found in each row, `RULES=1` the rules that fired on rows labelled 0. The data is not part of this repository.
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a tool for developers"
)]

use std::collections::BTreeMap;

use serde_json::Value;
use weir_engine::detect::{Detectors, Family, Finding, REGISTRY};
use weir_engine::segment::{Provenance, Role, Segment, SourceMap};

#[derive(Default)]
struct Row {
    rows: u32,
    any: u32,
    grey: u32,
    block: u32,
    pii: u32,
    secret: u32,
}

fn main() {
    let detectors = Detectors::new().expect("rules compile");
    let mut table: BTreeMap<String, Row> = BTreeMap::new();
    let mut rules: BTreeMap<&str, u32> = BTreeMap::new();
    for path in std::env::args().skip(1) {
        let file = std::fs::read_to_string(&path).expect("file");
        for line in file.lines() {
            let row: Value = serde_json::from_str(line).expect("JSON");
            score(&detectors, &row, &mut table, &mut rules);
        }
    }
    println!(
        "{:<44} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}",
        "label source role tier", "rows", "any", "0.5", "0.8", "pii", "secret"
    );
    for (key, r) in &table {
        let share = |n: u32| format!("{:.1}", 100.0 * f64::from(n) / f64::from(r.rows));
        println!(
            "{key:<44} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6}",
            r.rows,
            share(r.any),
            share(r.grey),
            share(r.block),
            share(r.pii),
            share(r.secret)
        );
    }
    if std::env::var_os("RULES").is_some() {
        for (rule, count) in rules {
            println!("{rule:<40} {count}");
        }
    }
}

fn score(
    detectors: &Detectors,
    row: &Value,
    table: &mut BTreeMap<String, Row>,
    rules: &mut BTreeMap<&str, u32>,
) {
    let text = row["text"].as_str().unwrap_or_default();
    let context = &row["context"];
    let role = match context["role"].as_str().unwrap_or("user") {
        "system" => Role::System,
        "assistant" => Role::ToolCall,
        "tool" => Role::ToolResult,
        "tool_definition" => Role::ToolDefinition,
        _ => Role::User,
    };
    let segment = Segment {
        role,
        provenance: Provenance::Unknown,
        path: String::new(),
        text: text.into(),
        map: SourceMap::identity(0, text.len()),
        quote: "",
    };
    let findings = detectors.scan(&[segment], &[]);
    let injection = injection_score(&findings);
    let has = |family: Family| findings.iter().any(|f| REGISTRY[usize::from(f.rule)].family == family);
    let label = row["label"].as_u64().unwrap_or(0);
    let tier = context["variant"].as_str().or(context["tier"].as_str()).unwrap_or("-");
    for key in
        [format!("{label} {} {role:?} {tier}", row["source"].as_str().unwrap_or("?")), format!("{label} ALL")]
    {
        let entry = table.entry(key).or_default();
        entry.rows += 1;
        entry.any += u32::from(injection > 0.0);
        entry.grey += u32::from(injection >= 0.5);
        entry.block += u32::from(injection >= 0.8);
        entry.pii += u32::from(has(Family::Pii));
        entry.secret += u32::from(has(Family::Secret));
    }
    if label == 0 {
        let mut ids: Vec<_> = findings.iter().map(|f| REGISTRY[usize::from(f.rule)].id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().for_each(|id| *rules.entry(id).or_default() += 1);
    }
    if std::env::var_os("DATA").is_some() {
        let data: Vec<Finding> = findings
            .iter()
            .filter(|f| REGISTRY[usize::from(f.rule)].family != Family::Injection)
            .cloned()
            .collect();
        println!("D{label} {} {}", row["id"], show(&data, text));
    }
    let floor: f32 = std::env::var("FLOOR").ok().and_then(|f| f.parse().ok()).unwrap_or(0.8);
    if std::env::var_os("MISSES").is_some() && (injection >= floor) != (label == 1) {
        println!("{label} {injection:.2} {} {}", row["id"], show(&findings, text));
    }
}

fn injection_score(findings: &[Finding]) -> f32 {
    let mut worst: BTreeMap<u16, f32> = BTreeMap::new();
    for f in findings.iter().filter(|f| REGISTRY[usize::from(f.rule)].family == Family::Injection) {
        let score = worst.entry(f.rule).or_default();
        *score = score.max(f.score);
    }
    1.0 - worst.values().map(|s| 1.0 - s).product::<f32>()
}

fn show(findings: &[Finding], text: &str) -> String {
    let show = |f: &Finding| {
        let found: String = text.get(f.range.clone()).unwrap_or_default().chars().take(120).collect();
        format!("{}={found:?}", REGISTRY[usize::from(f.rule)].id)
    };
    findings.iter().map(show).collect::<Vec<_>>().join(" ")
}
