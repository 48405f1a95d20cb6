//! The scan: one automaton pass per view finds every word and every anchor; words advance phrases, anchors are
//! confirmed in a bounded window, runs of digits are read once. It decides nothing: it reports hits of rules.
//! Two automata know the same patterns: a table for views that are ASCII (nearly all traffic), and a compact NFA with
//! the words of other scripts for the rest, which keeps a VM's memory small.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::automaton::Automaton;
use aho_corasick::{Anchored, nfa::contiguous};

use super::classifier::Classifier;
use super::cue::{self, Cue, Cues};
use super::fence::{FENCE, Fence};
use super::numbers::{Numbers, Source};
use super::padding::Padding;
use super::phrase::{self, Progress, Step};
use super::probe::{Hit, Probe};
use super::settle::Findings;
use super::table::Table;
use super::{Family, Finding, Matcher, REGISTRY};
use crate::limits::{MAX_DERIVED_BYTES_PER_BYTE, MIN_DERIVED_BYTES};
use crate::normalize::{self, View};
use crate::segment::{Role, Segment};

/// The registry, compiled.
#[derive(Debug)]
pub(super) struct Scanner {
    ascii: Table,
    any: contiguous::NFA,
    patterns: Vec<Pattern>,
    steps: Vec<Step>,
    numbers: Numbers,
    classifier: Classifier,
    /// The rules that speak for it.
    classes: Vec<u16>,
}

/// What a pattern of the automata does when it is found.
#[derive(Debug)]
struct Pattern {
    text: String,
    edges: Edges,
    /// Steps it takes, last step first.
    steps: Vec<usize>,
    /// Rules whose anchor it is.
    anchors: Vec<u16>,
    /// What it gives away about the text.
    cue: Option<Cue>,
}

/// Whether a pattern must stand alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Edges {
    /// A word: no letter or digit beside it.
    Word,
    /// How a word begins: no letter or digit before it.
    Stem,
    /// Anywhere.
    Free,
}

/// Which rules a view is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// All.
    All,
    /// Personal data and secrets.
    Data,
    /// Injection and jailbreak.
    Injection,
}

impl Scanner {
    /// Compiles the registry.
    pub fn new() -> Result<Self, String> {
        let mut vocabulary = Vocabulary::default();
        let mut steps = Vec::new();
        let mut classes = Vec::new();
        for (index, rule) in REGISTRY.iter().enumerate() {
            let index = u16::try_from(index).map_err(|e| e.to_string())?;
            match &rule.matcher {
                Matcher::Phrases(phrases) => {
                    for phrase in *phrases {
                        phrase::compile(index, phrase, &mut steps, |word, step| vocabulary.word(word, step))?;
                    }
                }
                Matcher::Anchors { anchors, .. } | Matcher::Repeated { anchors, .. } => {
                    anchors.iter().for_each(|anchor| vocabulary.anchor(anchor, index));
                }
                Matcher::Token(token) => {
                    token.anchors.iter().for_each(|anchor| vocabulary.anchor(anchor, index));
                }
                Matcher::Keyed(keyed) => keyed.words.iter().for_each(|word| vocabulary.anchor(word, index)),
                Matcher::Classifier => classes.push(index),
                Matcher::Number { .. }
                | Matcher::Id(_)
                | Matcher::Named(_)
                | Matcher::Invisible(_)
                | Matcher::Escape(_)
                | Matcher::Elsewhere => {}
            }
        }
        vocabulary.entries.entry((FENCE.to_owned(), Edges::Free)).or_default();
        cue::patterns().for_each(|(word, cue)| vocabulary.cue(word, cue));
        let patterns = vocabulary.finish();
        let all: Vec<&str> = patterns.iter().map(|p| p.text.as_str()).collect();
        let in_ascii: Vec<&str> = all.iter().copied().take_while(|p| p.is_ascii()).collect();
        let ascii = Table::new(&in_ascii)?;
        let any = automaton(&all)?;
        let (numbers, classifier) = (Numbers::new()?, Classifier::new()?);
        Ok(Self { ascii, any, patterns, steps, numbers, classifier, classes })
    }

    /// Memory of the automata and the classifier's tables, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let automata = self.ascii.memory_bytes() + self.any.memory_usage() + self.numbers.memory_bytes();
        automata + self.classifier.memory_bytes()
    }

    /// The sum and the score of the strongest window of `text`.
    pub fn classify(&self, text: &str, role: Role) -> Option<(i32, f32)> {
        let view = normalize::folded(text);
        self.classifier.strongest(view.text.as_ref(), role).map(|s| (s.sum, s.score))
    }

    /// Every finding, and the bytes that confirmers read.
    pub fn scan(&self, segments: &[Segment<'_>], disabled: &[u16]) -> (Vec<Finding>, usize) {
        let mut pass = Pass::new(self, disabled);
        for (index, segment) in segments.iter().enumerate() {
            pass.begin(segment, index.checked_sub(1).and_then(|i| segments.get(i)));
            pass.segment(u32::try_from(index).unwrap_or(u32::MAX), segment);
        }
        let work = pass.work.get();
        (pass.findings.settle(), work)
    }
}

/// Finds `patterns`, without regard to ASCII case.
pub(super) fn automaton(patterns: &[&str]) -> Result<contiguous::NFA, String> {
    let mut builder = contiguous::NFA::builder();
    builder.ascii_case_insensitive(true).prefilter(false).build(patterns).map_err(|e| e.to_string())
}

/// A finder over a text as it is.
type FindRaw = fn(&str) -> Vec<Hit>;

/// One scan over the segments of a body.
pub(super) struct Pass<'d> {
    scanner: &'d Scanner,
    disabled: &'d [u16],
    plain: Progress,
    alike: Progress,
    /// Per rule that counts, how often its anchors stood in the current view, and where first.
    repeats: BTreeMap<u16, (usize, usize)>,
    /// Phrases in views of which each is a text of its own.
    pub apart: Progress,
    work: Cell<usize>,
    findings: Findings,
    fence: Fence,
    /// Bytes that further views may have.
    pub allowance: usize,
}

/// Where the hits of a view go.
pub(super) struct Target<'s> {
    pub segment: u32,
    pub source: &'s Segment<'s>,
    pub view: &'s View<'s>,
    pub reach: Reach,
    pub kind: Kind,
}

/// What a view is to the views before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is read on its own.
    First,
    /// Another one showed the same text already: only what this one reveals counts.
    Derived,
    /// Derived, and its words may have lost their edges.
    Joined,
}

impl<'d> Pass<'d> {
    fn new(scanner: &'d Scanner, disabled: &'d [u16]) -> Self {
        Self {
            scanner,
            disabled,
            plain: Progress::new(scanner.steps.len()),
            alike: Progress::new(scanner.steps.len()),
            repeats: BTreeMap::new(),
            apart: Progress::new(scanner.steps.len()),
            work: Cell::new(0),
            findings: Findings::default(),
            fence: Fence::default(),
            allowance: MIN_DERIVED_BYTES,
        }
    }

    /// Joins `next` to the segment before it when both speak with one voice, and parts them otherwise.
    fn begin(&mut self, next: &Segment<'_>, last: Option<&Segment<'_>>) {
        if !last.is_some_and(|last| last.role == next.role && last.provenance == next.provenance) {
            self.plain.part(0);
            self.alike.part(0);
        }
    }

    fn segment(&mut self, index: u32, segment: &Segment<'_>) {
        let view = normalize::folded(segment.text.as_ref());
        let reach = match injection_concerns(segment) {
            true => Reach::All,
            false => Reach::Data,
        };
        let target = Target { segment: index, source: segment, view: &view, reach, kind: Kind::First };
        let mut plain = std::mem::replace(&mut self.plain, Progress::new(0));
        let cues = self.view(&target, &mut plain);
        plain.join(view.text.len());
        self.plain = plain;
        if segment.text.as_bytes().contains(&0x1B) {
            self.escapes(&target);
        }
        self.allowance =
            self.allowance.saturating_add(view.text.len().saturating_mul(MAX_DERIVED_BYTES_PER_BYTE));
        self.views_of(&target, cues);
        if reach == Reach::All && !segment.text.is_ascii() {
            self.invisible(&target);
            self.look_alikes(&target);
        }
    }

    /// The view without look-alikes, which like the first one goes on in the next segment, and hidden text.
    fn look_alikes(&mut self, first: &Target<'_>) {
        let text = first.source.text.as_ref();
        let mut alike = std::mem::replace(&mut self.alike, Progress::new(0));
        match normalize::skeleton(text) {
            Some(view) => {
                let target = Target { view: &view, reach: Reach::Injection, ..*first };
                let cues = self.view(&target, &mut alike);
                alike.join(view.text.len());
                self.views_of(&target, cues);
            }
            None => alike.part(0),
        }
        self.alike = alike;
        if let Some(view) = normalize::tagged(text) {
            let target = Target { view: &view, reach: Reach::Injection, ..*first };
            let cues = self.view_apart(&target);
            self.views_of(&target, cues);
        }
    }

    /// Scans a view that no other text goes on from.
    pub fn view_apart(&mut self, target: &Target<'_>) -> Cues {
        let mut apart = std::mem::replace(&mut self.apart, Progress::new(0));
        let cues = self.view(target, &mut apart);
        apart.part(target.view.text.len());
        self.apart = apart;
        cues
    }

    fn view(&mut self, target: &Target<'_>, progress: &mut Progress) -> Cues {
        let text = target.view.text.as_ref();
        let mut padding = Padding::new(text);
        self.repeats.clear();
        self.fence = Fence::default();
        let mut cues = Cues::default();
        let scanner = self.scanner;
        let mut found = |pattern, end| {
            cues.count(self.found(pattern, end, target, progress, &mut padding));
        };
        match text.is_ascii() {
            true => scanner.ascii.find(text.as_bytes(), &mut found),
            false => find(&scanner.any, text.as_bytes(), &mut found),
        }
        if target.reach != Reach::Injection {
            self.numbers(target);
        }
        // What joining, turning and respelling make of ordinary text is like nothing the classifier has learned.
        if target.reach == Reach::All {
            self.classify(target);
        }
        cues
    }

    /// Asks the classifier, in the name of the rule for the role that speaks.
    fn classify(&mut self, target: &Target<'_>) {
        let (scanner, role) = (self.scanner, target.source.role);
        let is_on = |rule: &u16| {
            let concerns = REGISTRY.get(usize::from(*rule)).is_some_and(|r| r.roles.contains(&role));
            concerns && self.disabled.binary_search(rule).is_err()
        };
        let Some(rule) = scanner.classes.iter().copied().find(is_on) else { return };
        if let Some(strongest) = scanner.classifier.find(target.view.text.as_ref(), role) {
            let hit = Hit { score: Some(strongest.evidence()), range: strongest.range };
            self.report(rule, hit, target);
        }
    }

    /// A pattern ends at `end` of the view.
    fn found(
        &mut self,
        pattern: usize,
        end: usize,
        target: &Target<'_>,
        progress: &mut Progress,
        padding: &mut Padding<'_>,
    ) -> Option<Cue> {
        let scanner = self.scanner;
        let pattern = scanner.patterns.get(pattern)?;
        if pattern.text == FENCE {
            self.fence.see(Probe::new(target.view.text.as_ref(), &self.work), end);
        }
        let text = target.view.text.as_ref();
        let range = end.saturating_sub(pattern.text.len())..end;
        let fits =
            pattern.edges.fit(text, &range) || (target.kind == Kind::Joined && target.view.is_joined(&range));
        if target.reach != Reach::Data && !pattern.steps.is_empty() && fits {
            self.work.set(self.work.get() + pattern.steps.len());
            for step in &pattern.steps {
                let whole = progress.hit(&scanner.steps, *step, range.clone(), padding);
                if let (Some(whole), Some(step)) = (whole, scanner.steps.get(*step)) {
                    self.report(step.rule, Hit::at(whole), target);
                }
            }
        }
        for rule in &pattern.anchors {
            let Some(entry) = REGISTRY.get(usize::from(*rule)) else { continue };
            let is_foreign = target.reach == Reach::Injection && entry.family != Family::Injection;
            let is_quoted = entry.family == Family::Output && self.fence.is_open();
            if is_foreign || is_quoted || !entry.roles.contains(&target.source.role) {
                continue;
            }
            let probe = Probe::new(text, &self.work);
            let hit = match &entry.matcher {
                Matcher::Anchors { confirm, .. } => confirm(probe, range.clone()),
                Matcher::Token(token) => token.read(probe, range.clone()),
                Matcher::Keyed(keyed) => keyed.read(probe, range.clone()),
                Matcher::Repeated { least, .. } => self.repeated(*rule, *least, &range),
                _ => None,
            };
            hit.into_iter().for_each(|hit| self.report(*rule, hit, target));
        }
        pattern.cue.filter(|_| fits)
    }

    /// Counts an anchor of `rule` in this view; the `least`th makes a hit that begins at the first.
    fn repeated(&mut self, rule: u16, least: usize, range: &Range<usize>) -> Option<Hit> {
        let (count, first) = self.repeats.entry(rule).or_insert((0, range.start));
        *count += 1;
        (*count == least).then(|| Hit::at(*first..range.end))
    }

    /// Reads every token with a digit once.
    fn numbers(&mut self, target: &Target<'_>) {
        let scanner = self.scanner;
        let work = Cell::new(0);
        let source = Source::new(target.view.text.as_ref(), target.source, self.disabled, &work);
        let mut at = 0;
        while let Some((next, hit)) = scanner.numbers.next(&source, at) {
            at = next;
            hit.into_iter().for_each(|(rule, hit)| self.report(rule, hit, target));
        }
        self.work.set(self.work.get() + work.get());
    }

    /// Runs of characters that show nothing, which only rules about them see: every view has dropped them.
    fn invisible(&mut self, first: &Target<'_>) {
        self.raw(first, |matcher| match matcher {
            Matcher::Invisible(find) => Some(*find),
            _ => None,
        });
    }

    /// Terminal escapes, which every view has dropped.
    fn escapes(&mut self, first: &Target<'_>) {
        self.raw(first, |matcher| match matcher {
            Matcher::Escape(find) => Some(*find),
            _ => None,
        });
    }

    /// Rules that `choose` gives a finder for, over the text as it is.
    fn raw(&mut self, first: &Target<'_>, choose: fn(&Matcher) -> Option<FindRaw>) {
        let text = first.source.text.as_ref();
        let view = View::raw(text);
        let target = Target { view: &view, reach: Reach::Injection, ..*first };
        for (rule, entry) in REGISTRY.iter().enumerate() {
            let (Some(find), Ok(rule)) = (choose(&entry.matcher), u16::try_from(rule)) else { continue };
            find(text).into_iter().for_each(|hit| self.report(rule, hit, &target));
        }
    }

    fn report(&mut self, rule: u16, hit: Hit, target: &Target<'_>) {
        let Some(entry) = REGISTRY.get(usize::from(rule)) else { return };
        if !entry.roles.contains(&target.source.role) || self.disabled.binary_search(&rule).is_ok() {
            return;
        }
        if target.kind != Kind::First && !target.view.reveals(&hit.range) {
            return;
        }
        let range = target.view.source(hit.range.clone());
        if range.is_empty() {
            return;
        }
        let score = hit.score.unwrap_or(entry.score);
        let transforms = target.view.transforms(hit.range);
        self.findings.add(Finding { rule, segment: target.segment, range, score, list: None, transforms });
    }
}

impl Edges {
    /// Whether `range` may stand where it stands.
    pub fn fit(self, text: &str, range: &Range<usize>) -> bool {
        if self == Self::Free {
            return true;
        }
        let bytes = text.as_bytes();
        let before = range.start.checked_sub(1).and_then(|i| bytes.get(i));
        let after = bytes.get(range.end);
        let letter = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let ends = self == Self::Word;
        if (letter(before) && !after_escape(bytes, range.start)) || (ends && letter(after)) {
            return false;
        }
        let wide = |b: Option<&u8>| b.is_some_and(|b| !b.is_ascii());
        let word_before =
            || text.get(..range.start).and_then(|t| t.chars().next_back()).is_some_and(part_of_word);
        let word_after = || text.get(range.end..).and_then(|t| t.chars().next()).is_some_and(part_of_word);
        !((wide(before) && word_before()) || (ends && wide(after) && word_after()))
    }
}

/// Calls `found` with the number and the end of every pattern in `text`, overlapping ones too.
pub(super) fn find(automaton: &contiguous::NFA, text: &[u8], found: &mut impl FnMut(usize, usize)) {
    let Ok(mut state) = automaton.start_state(Anchored::No) else { return };
    for (at, byte) in text.iter().enumerate() {
        state = automaton.next_state(Anchored::No, state, *byte);
        if automaton.is_special(state) && automaton.is_match(state) {
            for i in 0..automaton.match_len(state) {
                found(automaton.match_pattern(state, i).as_usize(), at + 1);
            }
        }
    }
}

/// Whether the letter before `at` belongs to an escaped line break or tab (`\n`), as text inside JSON has them.
fn after_escape(bytes: &[u8], at: usize) -> bool {
    let pair = at.checked_sub(2).and_then(|from| bytes.get(from..at));
    matches!(pair, Some([b'\\', b'n' | b'r' | b't']))
}

/// Letters of scripts that put spaces between words (all below U+0800, in a folded view).
fn part_of_word(c: char) -> bool {
    c < '\u{800}' && c.is_alphanumeric()
}

/// Whether rules about instructions concern a segment.
fn injection_concerns(segment: &Segment<'_>) -> bool {
    super::UNTRUSTED.contains(&segment.role) || super::DEFINING.contains(&segment.role)
}

/// Collects words and anchors into patterns.
#[derive(Debug, Default)]
struct Vocabulary {
    entries: BTreeMap<(String, Edges), Entry>,
}

/// What a pattern is for.
#[derive(Debug, Default)]
struct Entry {
    steps: Vec<usize>,
    anchors: Vec<u16>,
    cue: Option<Cue>,
}

impl Vocabulary {
    /// A word of a phrase. Written in any script; matched in folded views, so folded here. A `*` before it lifts the
    /// rule that it must stand alone, as do scripts without spaces; a `*` after it lets the word go on.
    fn word(&mut self, word: &str, step: usize) {
        let free = word.starts_with('*') || word.chars().next().is_some_and(|c| c >= '\u{800}');
        let edges = match (free, word.ends_with('*')) {
            (true, _) => Edges::Free,
            (false, true) => Edges::Stem,
            (false, false) => Edges::Word,
        };
        let text = normalize::folded(word.trim_matches('*')).text.to_ascii_lowercase();
        self.entries.entry((text, edges)).or_default().steps.push(step);
    }

    fn cue(&mut self, word: String, cue: Cue) {
        self.entries.entry((word, Edges::Word)).or_default().cue = Some(cue);
    }

    fn anchor(&mut self, anchor: &str, rule: u16) {
        self.entries.entry((anchor.to_ascii_lowercase(), Edges::Free)).or_default().anchors.push(rule);
    }

    /// The patterns, those in ASCII first so that both automata number them alike.
    fn finish(self) -> Vec<Pattern> {
        let (mut ascii, others): (Vec<Pattern>, Vec<Pattern>) = self
            .entries
            .into_iter()
            .map(|((text, edges), Entry { mut steps, mut anchors, cue })| {
                // Steps are numbered in the order they are added: turned round, they fall.
                steps.reverse();
                steps.dedup();
                anchors.dedup();
                Pattern { text, edges, steps, anchors, cue }
            })
            .partition(|pattern| pattern.text.is_ascii());
        ascii.extend(others);
        ascii
    }
}
