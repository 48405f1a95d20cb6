//! The scoreboard: what was decided about the rows, counted in groups of one source each. It compares decisions with
//! labels and decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use weir_engine::detect::{Family, Finding, REGISTRY};
use weir_engine::event::UnixMillis;
use weir_engine::policy::decide::Grade;
use weir_engine::segment::Role;
use weir_engine::session::{Engine, TextDecision};
use weir_engine::wire::decision::Action;

use super::data::{FileRead, Row};
use super::pii::Types;
use crate::commands::scan::row::{Found, found, role, word};

/// All results.
#[derive(Debug, Serialize)]
pub struct Board {
    /// Name and hash of the policy.
    pub policy: String,
    /// Injection score from which the judge is asked.
    pub judge_at: f32,
    /// Injection score from which the policy's action is taken.
    pub block_at: f32,
    /// What was read.
    pub files: Vec<FileRead>,
    /// Injection, outputs, tools and secrets, group by group.
    pub groups: Vec<Group>,
    /// Personal data, type by type.
    pub pii: Types,
    /// The training pipeline's own figures.
    pub leave_one_out: Option<Value>,
}

/// What is asked of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// Attacks in text: are they found?
    Recall,
    /// Ordinary text: is it left alone?
    FalsePositives,
    /// Credentials, and what looks like them.
    Secrets,
    /// What models write.
    Outputs,
    /// Tool calls and definitions.
    Tools,
}

/// Rows that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// What is asked.
    pub section: Section,
    /// 1: to be found.
    pub label: u8,
    /// Role they were decided as.
    pub role: String,
    /// Data set.
    pub source: String,
    /// The data's kind.
    pub kind: String,
    /// Tier, variant or category; empty where a source is counted whole.
    pub division: String,
}

/// A key and its counts.
#[derive(Debug, Serialize)]
pub struct Group {
    /// Which rows.
    #[serde(flatten)]
    pub key: Key,
    /// What was decided.
    #[serde(flatten)]
    pub counts: Counts,
}

/// How many rows of a group came how far.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Counts {
    /// Rows.
    pub rows: u32,
    /// With an injection score at all.
    pub flag: u32,
    /// From `judge_at`.
    pub judge: u32,
    /// From `block_at`.
    pub block: u32,
    /// That the filter refuses or holds for approval, whatever for.
    pub refused: u32,
    /// That the filter edits.
    pub redacted: u32,
    /// With personal data.
    pub pii: u32,
    /// With a secret.
    pub secret: u32,
    /// With anything else.
    pub other: u32,
    /// With a labelled span, of whatever is labelled in this section.
    pub spans: u32,
    /// Of these, with a finding on it.
    pub spans_found: u32,
}

impl Board {
    /// An empty one.
    pub fn new(engine: &Engine) -> Self {
        let injection = engine.default_settings().injection.of(Role::User);
        Self {
            policy: engine.policy().version.clone(),
            judge_at: injection.judge_at,
            block_at: injection.block_at,
            files: Vec::new(),
            groups: Vec::new(),
            pii: Types::default(),
            leave_one_out: None,
        }
    }

    /// The groups of a section.
    pub fn section(&self, section: Section) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(move |group| group.key.section == section)
    }
}

/// Decides rows and fills a board.
#[derive(Debug)]
pub struct Examiner<'e> {
    engine: &'e Engine,
    now: UnixMillis,
    board: &'e mut Board,
    groups: BTreeMap<Key, Counts>,
}

/// A row that came out wrong. No text: it stands in the data.
#[derive(Debug, Serialize)]
pub struct Miss {
    id: String,
    source: String,
    kind: String,
    label: u8,
    role: String,
    decision: &'static str,
    score: f32,
    rules: BTreeSet<String>,
}

impl<'e> Examiner<'e> {
    /// Fills `board` with decisions of `engine` at `now`.
    pub fn new(engine: &'e Engine, now: UnixMillis, board: &'e mut Board) -> Self {
        Self { engine, now, board, groups: BTreeMap::new() }
    }

    /// Decides and counts a row, and says when it came out wrong.
    pub fn examine(&mut self, row: &Row) -> Option<Miss> {
        let mut wrong = None;
        for name in roles(row) {
            // A role nobody knows would be untrusted text.
            let role = role(name).unwrap_or(Role::Document);
            let settings = self.engine.default_settings();
            let decided = self.engine.decide_text(settings, role, &row.text, self.now);
            let found = found(settings, &row.text, &decided.findings);
            if !self.count(row, name, &decided, &found) {
                wrong = Some(Miss::of(row, name, &decided, &found));
            }
        }
        wrong
    }

    /// Notes a file that was read to its end.
    pub fn finished(&mut self, file: FileRead) {
        self.board.files.push(file);
        let group = |(key, counts): (&Key, &Counts)| Group { key: key.clone(), counts: *counts };
        self.board.groups = self.groups.iter().map(group).collect();
    }

    fn count(&mut self, row: &Row, role: &str, decided: &TextDecision, found: &[Found<'_>]) -> bool {
        if row.kind == "pii" {
            return self.board.pii.count(row, found);
        }
        let key = key(row, role);
        let section = key.section;
        let counts = self.groups.entry(key).or_default();
        let before = *counts;
        counts.add(row, section, decided, found);
        let is_found = match section {
            Section::Secrets => counts.secret > before.secret,
            Section::Outputs => counts.other > before.other,
            _ => counts.block > before.block || counts.refused > before.refused,
        };
        is_found == (row.label == 1)
    }
}

/// What a tool call is decided as: the data says who writes it, the wire also where it stands.
fn roles(row: &Row) -> Vec<&str> {
    let given = row.context.role.as_str();
    if row.kind == "tool_call" { vec![given, "tool_call"] } else { vec![given] }
}

fn key(row: &Row, role: &str) -> Key {
    let section = match (row.kind.as_str(), row.label) {
        ("secret", _) => Section::Secrets,
        ("exfil_output", _) => Section::Outputs,
        (kind, _) if kind.starts_with("tool_") => Section::Tools,
        (_, 0) => Section::FalsePositives,
        _ => Section::Recall,
    };
    let division = match section {
        // Ordinary text has a category for every web site it speaks of.
        Section::FalsePositives => "",
        _ => row.context.division(),
    };
    Key {
        section,
        label: row.label,
        role: role.to_owned(),
        source: row.source.clone(),
        kind: row.kind.clone(),
        division: division.to_owned(),
    }
}

impl Counts {
    fn add(&mut self, row: &Row, section: Section, decided: &TextDecision, found: &[Found<'_>]) {
        let any =
            |is: fn(Family) -> bool| u32::from(decided.findings.iter().any(|f| family(f).is_some_and(is)));
        self.rows += 1;
        self.flag += u32::from(decided.grade >= Grade::Flag);
        self.judge += u32::from(decided.grade >= Grade::Judge);
        self.block += u32::from(decided.grade >= Grade::Block);
        self.refused += u32::from(decided.decision.action >= Action::RequireApproval);
        self.redacted += u32::from(decided.decision.action.is_edit());
        self.pii += any(|family| family == Family::Pii);
        self.secret += any(|family| family == Family::Secret);
        self.other += any(|family| !matches!(family, Family::Pii | Family::Secret));
        if matches!(section, Section::Outputs | Section::Secrets) {
            let on = |start, end| found.iter().any(|f| start < f.end && f.start < end);
            self.spans += u32::from(!row.spans.is_empty());
            self.spans_found += u32::from(row.spans.iter().any(|span| on(span.start, span.end)));
        }
    }
}

fn family(finding: &Finding) -> Option<Family> {
    REGISTRY.get(usize::from(finding.rule)).map(|rule| rule.family)
}

impl Miss {
    fn of(row: &Row, role: &str, decided: &TextDecision, found: &[Found<'_>]) -> Self {
        Self {
            id: row.id.clone(),
            source: row.source.clone(),
            kind: row.kind.clone(),
            label: row.label,
            role: role.to_owned(),
            decision: word(decided),
            score: decided.score,
            rules: found.iter().map(|found| found.rule.to_owned()).collect(),
        }
    }
}
