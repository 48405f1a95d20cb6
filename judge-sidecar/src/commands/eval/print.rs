//! The scoreboard as tables for people. It computes nothing but shares.

use std::io::{Result, Write};

use serde_json::Value;

use super::board::{Board, Counts, Group, Section};
use super::data::Agreement;

/// Prints all of it.
pub fn print(board: &Board, out: &mut impl Write) -> Result<()> {
    writeln!(out, "policy {}: judge from {}, block from {}", board.policy, board.judge_at, board.block_at)?;
    writeln!(out, "Shares are percent of the rows of one group; nothing is pooled.")?;
    files(board, out)?;
    let recall: Vec<_> = board.section(Section::Recall).map(injection).collect();
    table(out, "Attacks found", &[&RECALL_KEYS[..], &GRADES].concat(), &recall)?;
    let ordinary: Vec<_> = board.section(Section::FalsePositives).map(ordinary).collect();
    table(
        out,
        "Ordinary text disturbed",
        &["role", "source", "kind", "rows", "flag", "judge", "block", "refused", "redacted", "pii", "secret"],
        &ordinary,
    )?;
    personal(board, out)?;
    let secrets: Vec<_> = board.section(Section::Secrets).map(secret).collect();
    table(
        out,
        "Secrets (label 1: to be found; 0: to be left alone)",
        &["label", "source", "tier", "rows", "secret", "refused", "redacted"],
        &secrets,
    )?;
    for (section, title) in [
        (Section::Outputs, "Outputs (label 1: to be found; 0: to be left alone)"),
        (Section::Tools, "Tools (label 1: to be found; 0: to be left alone)"),
    ] {
        let rows: Vec<_> = board.section(section).map(other).collect();
        table(
            out,
            title,
            &[
                "label", "role", "source", "tier", "rows", "other", "on span", "judge", "block", "refused",
                "redacted",
            ],
            &rows,
        )?;
    }
    match &board.leave_one_out {
        Some(report) => leave_one_out(report, out),
        None => Ok(()),
    }
}

const RECALL_KEYS: [&str; 5] = ["role", "source", "kind", "tier", "rows"];
const GRADES: [&str; 5] = ["flag", "judge", "block", "refused", "redacted"];

fn files(board: &Board, out: &mut impl Write) -> Result<()> {
    let row = |file: &super::data::FileRead| {
        let agreement = match file.manifest {
            Agreement::Same => "as in the manifest",
            Agreement::Differs => "DIFFERS from the manifest",
            Agreement::Unlisted => "not in the manifest",
        };
        vec![
            file.name.clone(),
            file.rows.to_string(),
            file.bad.to_string(),
            file.sha256.clone(),
            agreement.to_owned(),
        ]
    };
    let rows: Vec<_> = board.files.iter().map(row).collect();
    table(out, "Data", &["file", "rows", "bad", "sha256", ""], &rows)
}

fn injection(group: &Group) -> Vec<String> {
    let Group { key, counts } = group;
    let mut row = vec![key.role.clone(), key.source.clone(), key.kind.clone(), key.division.clone()];
    row.push(counts.rows.to_string());
    row.extend(grades(counts));
    row
}

fn ordinary(group: &Group) -> Vec<String> {
    let Group { key, counts } = group;
    let mut row = vec![key.role.clone(), key.source.clone(), key.kind.clone(), counts.rows.to_string()];
    row.extend(grades(counts));
    row.extend([counts.pii, counts.secret].map(|count| share(count, counts.rows)));
    row
}

fn secret(group: &Group) -> Vec<String> {
    let Group { key, counts } = group;
    let mut row =
        vec![key.label.to_string(), key.source.clone(), key.division.clone(), counts.rows.to_string()];
    row.extend([counts.secret, counts.refused, counts.redacted].map(|count| share(count, counts.rows)));
    row
}

fn other(group: &Group) -> Vec<String> {
    let Group { key, counts } = group;
    let mut row = vec![key.label.to_string(), key.role.clone(), key.source.clone(), key.division.clone()];
    row.push(counts.rows.to_string());
    row.push(share(counts.other, counts.rows));
    row.push(share(counts.spans_found, counts.spans));
    row.extend(
        [counts.judge, counts.block, counts.refused, counts.redacted].map(|count| share(count, counts.rows)),
    );
    row
}

fn grades(counts: &Counts) -> [String; 5] {
    [counts.flag, counts.judge, counts.block, counts.refused, counts.redacted]
        .map(|count| share(count, counts.rows))
}

fn personal(board: &Board, out: &mut impl Write) -> Result<()> {
    let row = |(kind, score): (&String, &super::pii::TypeScore)| {
        vec![
            kind.clone(),
            if score.rules.is_empty() { "(no rule)".to_owned() } else { score.rules.join(" ") },
            score.spans.to_string(),
            share(score.exact, score.spans),
            share(score.touched, score.spans),
            share(score.as_any, score.spans),
            score.findings.to_string(),
            share(score.right, score.findings),
            share(score.right_touched, score.findings),
            score.weak_spans.to_string(),
            share(score.weak_exact, score.weak_spans),
            score.clean_rows.to_string(),
            share(score.false_alarms, score.clean_rows),
        ]
    };
    let rows: Vec<_> = board.pii.0.iter().map(row).collect();
    let headers = [
        "type",
        "rules",
        "spans",
        "recall",
        "in part",
        "as any",
        "found",
        "precision",
        "in part",
        "weak",
        "recall",
        "clean",
        "alarms",
    ];
    table(out, "Personal data, span by span (recall and precision: from end to end)", &headers, &rows)
}

/// The pipeline's report: every list of flat objects in it is a table.
fn leave_one_out(report: &Value, out: &mut impl Write) -> Result<()> {
    let lists: Vec<(String, &Vec<Value>)> = match report {
        Value::Array(list) => vec![(String::new(), list)],
        Value::Object(fields) => {
            fields.iter().filter_map(|(name, value)| Some((name.clone(), value.as_array()?))).collect()
        }
        _ => Vec::new(),
    };
    for (name, list) in lists {
        let objects: Vec<_> = list.iter().filter_map(Value::as_object).collect();
        let Some(first) = objects.first() else { continue };
        let headers: Vec<&str> = first.keys().map(String::as_str).collect();
        let cell = |value: Option<&Value>| match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let rows: Vec<_> = objects
            .iter()
            .map(|object| headers.iter().map(|header| cell(object.get(*header))).collect())
            .collect();
        table(out, &format!("Classifier, each source left out of its training {name}"), &headers, &rows)?;
    }
    Ok(())
}

/// Percent; empty without rows.
fn share(count: u32, of: u32) -> String {
    if of == 0 { String::new() } else { format!("{:.1}", 100.0 * f64::from(count) / f64::from(of)) }
}

/// Columns as wide as their widest cell; numbers to the right.
fn table(out: &mut impl Write, title: &str, headers: &[&str], rows: &[Vec<String>]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    let cell = |row: &Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let width = |(column, header): (usize, &&str)| {
        let cells = rows.iter().map(|row| cell(row, column).chars().count());
        cells.max().unwrap_or(0).max(header.chars().count())
    };
    let widths: Vec<usize> = headers.iter().enumerate().map(width).collect();
    let is_number = |text: &str| text.is_empty() || text.parse::<f64>().is_ok();
    let is_numeric: Vec<bool> =
        (0..headers.len()).map(|column| rows.iter().all(|row| is_number(&cell(row, column)))).collect();
    let header: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
    for row in std::iter::once(&header).chain(rows) {
        let cells = widths.iter().zip(&is_numeric).enumerate().map(|(column, (width, is_numeric))| {
            let text = cell(row, column);
            if *is_numeric { format!("{text:>width$}") } else { format!("{text:<width$}") }
        });
        writeln!(out, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
