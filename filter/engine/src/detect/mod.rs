//! Rules over text views. One registry slice holds every rule; adding one touches its family's file and nothing
//! else. Detectors see text and roles; never policy, actions or protocols. Linear time: one pass
//! finds words and anchors; words advance phrases, and a bounded confirmer looks around each anchor.

mod allowed;
mod checksum;
mod classifier;
mod context;
mod cue;
mod dictionary;
mod fence;
mod format;
mod injection;
mod jailbreak;
mod leak;
mod literals;
mod numbers;
mod output;
mod padding;
mod phrase;
mod pii;
pub(crate) mod placeholder;
mod probe;
mod progress;
mod quotation;
mod run;
mod scan;
mod secrets;
mod settle;
mod shape;
pub(crate) mod tail;
mod terms;
mod tokens;
mod tool_arguments;
mod tool_targets;
mod views;
mod weights;
mod words;

use std::ops::Range;

pub use allowed::{AllowList, Allowed};
pub(crate) use context::field_name;
pub use format::{CitationForm, Constraints, JsonType, Kinds, Language, Members, Scalar, Schema};
pub(crate) use leak::canary_letters;
pub use leak::{Canaries, Prompt, Repeated};
pub use pii::packs;
use probe::{Hit, Probe};
pub(crate) use run::{RunFindings, RunScan, runs};
pub(crate) use terms::folded_term;
pub use terms::{TermList, Terms};

use crate::normalize::Transforms;
use crate::segment::{Provenance, Role, Segment};

/// A rule: what it finds, whom it concerns, and its own examples.
#[derive(Debug)]
pub struct Rule {
    /// Stable id, lower snake case with its family as prefix (`pii_email`).
    pub id: &'static str,
    /// Grows when the rule's decisions change.
    pub version: u8,
    /// One sentence for people. The filter does not carry it.
    #[cfg(test)]
    pub description: &'static str,
    /// Which policy setting governs it.
    pub family: Family,
    /// The pack that a policy switches it on with (`global`, `us`); empty for rules that belong to none.
    pub pack: &'static str,
    /// How bad a hit is.
    pub severity: Severity,
    /// Score of one hit, 0.0 to 1.0. Scores of different rules on one body combine as `1 - product(1 - score)`.
    pub score: f32,
    /// Word for placeholders (`EMAIL` makes `[EMAIL_1]`); empty for rules that are never redacted.
    pub label: &'static str,
    /// OWASP LLM 2025 and Agentic 2026 ids.
    pub owasp: &'static [&'static str],
    /// AIRS and AISecOps control ids. The filter does not carry them.
    #[cfg(test)]
    pub controls: &'static [&'static str],
    /// Roles it applies to.
    pub roles: Roles,
    /// Texts it must find. The filter does not carry them.
    #[cfg(test)]
    pub hits: &'static [&'static str],
    /// Texts it must leave alone.
    #[cfg(test)]
    pub misses: &'static [&'static str],
    matcher: Matcher,
}

/// How a rule finds. Every kind takes time linear in the text, whatever the text is.
#[derive(Debug)]
enum Matcher {
    /// Any of these phrases, in the notation of [`phrase`].
    Phrases(&'static [&'static str]),
    /// Any of these literals, ASCII without case, where the confirmer agrees.
    Anchors { anchors: &'static [&'static str], confirm: fn(Probe<'_>, Range<usize>) -> Option<Hit> },
    /// These literals at the `least`th occurrence in one text.
    Repeated { anchors: &'static [&'static str], least: usize },
    /// A credential that its prefix gives away.
    Token(&'static secrets::shape::Token),
    /// A credential that its issuer's name gives away.
    Keyed(&'static secrets::keyed::Keyed),
    /// A run of digits that this confirmer takes, with what is around it.
    Number { confirm: fn(Probe<'_>, Range<usize>) -> Option<Hit>, turn: Turn },
    /// Letters and digits in one of these layouts.
    Id(shape::Shape),
    /// A form around a run of digits, where a word says what it is.
    Named(context::Named),
    /// Runs of characters that show nothing, in the text as it is.
    Invisible(fn(&str) -> Vec<Hit>),
    /// By a pass of its own, with what the exchange or the policy knows.
    Elsewhere,
    /// Terminal escapes, in the text as it is.
    Escape(fn(&str) -> Vec<Hit>),
    /// The strongest window of the text, in the eyes of the [`classifier`] for the role that speaks.
    Classifier,
}

/// When a confirmer sees a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Before identifiers: nothing else has this shape.
    First,
    /// After them: many things have this shape.
    Last,
}

/// A set of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles(u16);

impl Roles {
    /// These roles.
    pub const fn of(mut roles: &[Role]) -> Self {
        let mut set = 0;
        while let Some((role, others)) = roles.split_first() {
            set |= 1 << *role as u16;
            roles = others;
        }
        Self(set)
    }

    /// Whether `role` is one of them.
    pub const fn contains(self, role: Role) -> bool {
        self.0 >> role as u16 & 1 == 1
    }
}

/// Roles whose text may carry somebody else's instructions.
const UNTRUSTED: Roles = Roles::of(&[Role::User, Role::ToolResult, Role::Document, Role::AgentMessage]);
/// Roles whose text nobody should speak to the model in, beyond saying what a tool does.
const DEFINING: Roles = Roles::of(&[Role::ToolDefinition]);
/// Every role.
const EVERYONE: Roles = Roles(u16::MAX);

/// Rule families; each is one setting of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Prompt injection and jailbreak.
    Injection,
    /// Personal data.
    Pii,
    /// Credentials.
    Secret,
    /// The system prompt, in what the model says.
    Leak,
    /// Terms of the policy's lexicons.
    Lexicon,
    /// Exfiltration and unsafe output: what an answer or a tool call must not carry.
    Output,
    /// Lengths, languages, citations and structure that the policy asks for.
    Format,
}

/// Severity, as in OCSF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

/// Something a rule found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Index into [`REGISTRY`].
    pub rule: u16,
    /// Index of the segment.
    pub segment: u32,
    /// Who speaks there.
    pub role: Role,
    /// Where that came from.
    pub provenance: Provenance,
    /// Byte range of the segment's text. INVARIANT: on character boundaries, not empty.
    pub range: Range<usize>,
    /// 0.0 to 1.0.
    pub score: f32,
    /// Which list of the policy, counted from 0, for the rule that stands for all of them.
    pub list: Option<u16>,
    /// What had to be undone to see it; empty when it stands in the text as everybody reads it.
    pub transforms: Transforms,
}

impl Finding {
    /// Whether a statistical model found it, and no rule that somebody can read.
    pub fn is_classified(&self) -> bool {
        let rule = REGISTRY.get(usize::from(self.rule));
        rule.is_some_and(|rule| matches!(rule.matcher, Matcher::Classifier))
    }

    /// A number in the order of segment and position, the longer one first. INVARIANT: it is less than 2^112, since
    /// bodies are shorter than 4 GiB ([`MAX_BODY_BYTES`](crate::limits::MAX_BODY_BYTES)).
    pub(crate) fn place(&self) -> u128 {
        let u32_of = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (start, end) = (u32_of(self.range.start), u32_of(self.range.end));
        u128::from(self.segment) << 64 | u128::from(start) << 32 | u128::from(!end)
    }
}

/// All compiled rules. Built once per policy, shared by all sessions.
#[derive(Debug)]
pub struct Detectors {
    scanner: scan::Scanner,
}

/// Every rule. Order is precedence among rules of the same family that take the same text: the earlier has it.
pub static REGISTRY: &[&Rule] = &join::<{ count(FAMILIES) }>(FAMILIES);

/// The lists of the families; a new family is one line here.
const FAMILIES: &[&[&Rule]] = &[
    injection::RULES,
    jailbreak::RULES,
    classifier::RULES,
    pii::RULES,
    secrets::RULES,
    output::RULES,
    tool_arguments::RULES,
    tool_targets::RULES,
    leak::RULES,
    terms::RULES,
    format::RULES,
];

/// The rules of `lists`, in order; `N` is their [`count`].
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses what is out of range")]
const fn join<const N: usize>(mut lists: &[&[&'static Rule]]) -> [&'static Rule; N] {
    let mut all = [lists[0][0]; N];
    let mut at = 0;
    while let Some((list, other_lists)) = lists.split_first() {
        let mut rules = *list;
        while let Some((rule, others)) = rules.split_first() {
            all[at] = *rule;
            (rules, at) = (others, at + 1);
        }
        lists = other_lists;
    }
    all
}

const fn count(mut lists: &[&[&Rule]]) -> usize {
    let mut count = 0;
    while let Some((list, others)) = lists.split_first() {
        count += list.len();
        lists = others;
    }
    count
}

/// The registry index of `rule`, found by the compiler: a walk over the registry is a walk over a hundred kilobytes.
const fn index_of(rule: &Rule) -> u16 {
    let mut index = 0;
    let mut rules = REGISTRY;
    while let Some((entry, others)) = rules.split_first() {
        if is_same(entry.id.as_bytes(), rule.id.as_bytes()) {
            return index;
        }
        (rules, index) = (others, index + 1);
    }
    // No rule has it: a test asks for each.
    u16::MAX
}

const fn is_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let (Some((a, one_rest)), Some((b, other_rest))) = (one.split_first(), other.split_first()) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}

impl Detectors {
    /// Compiles the registry.
    ///
    /// # Errors
    /// When a rule's own pattern does not compile; a test makes sure this never ships.
    pub fn new() -> Result<Self, String> {
        Ok(Self { scanner: scan::Scanner::new()? })
    }

    /// Every finding of the enabled rules in `segments`, in order of segment and position. `disabled` holds sorted
    /// registry indices. At most [`crate::limits::MAX_FINDINGS`]; a full list means that there may be more.
    pub fn scan(&self, segments: &[Segment<'_>], disabled: &[u16]) -> Vec<Finding> {
        self.scanner.scan(segments, disabled).0
    }

    /// What the classifier alone makes of a text as it is: the sum of its strongest window and the score, without the
    /// floor below which nothing is found. For tools that train and measure it.
    pub fn classify(&self, text: &str, role: Role) -> Option<(i32, f32)> {
        self.scanner.classify(text, role)
    }

    /// Memory of the compiled rules, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.scanner.memory_bytes()
    }
}

#[cfg(test)]
mod tests;
