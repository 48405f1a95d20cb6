//! The scan: one pass over a view finds every word and every anchor; words advance phrases, anchors are confirmed in a
//! bounded window, runs of digits are read once. It decides nothing: it reports hits of rules. Views in ASCII (nearly all
//! traffic) are read as tokens and literals, which touches little memory; other views by one compact automaton that knows
//! the same patterns and the words of other scripts.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::automaton::Automaton;
use aho_corasick::{Anchored, nfa::contiguous};

use super::classifier::{Classifier, Strongest, Window};
use super::cue::{self, Cue, Cues};
use super::dictionary::Dictionary;
use super::fence::{FENCE, Fence};
use super::literals::Literals;
use super::numbers::{Numbers, Source};
use super::padding::Padding;
use super::phrase::Phrases;
use super::probe::{Hit, Probe};
use super::progress::{Progress, Reader, Word};
use super::run::{Allowance, runs};
use super::settle::Findings;
use super::tokens::{self, Letters};
use super::{Family, Finding, Matcher, REGISTRY, placeholder, quotation};
use crate::limits::{MAX_DERIVED_BYTES_PER_BYTE, MIN_DERIVED_BYTES};
use crate::normalize::{self, View};
use crate::segment::{Role, Segment};

/// The registry, compiled.
#[derive(Debug)]
pub(super) struct Scanner {
    dictionary: Dictionary,
    literals: Literals,
    any: contiguous::NFA,
    patterns: Vec<Pattern>,
    /// What each pattern means to phrases.
    words: Vec<Word>,
    phrases: Phrases,
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
    /// Whether a token of a text in ASCII is or begins with it: the dictionary has it.
    is_token: bool,
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
        let mut phrases = Phrases::default();
        let mut classes = Vec::new();
        for (index, rule) in REGISTRY.iter().enumerate() {
            let index = u16::try_from(index).map_err(|e| e.to_string())?;
            match &rule.matcher {
                Matcher::Phrases(all) => {
                    for phrase in *all {
                        phrases
                            .add(index, phrase, |word, step, rarest| vocabulary.word(word, step, rarest))?;
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
        vocabulary.entry(FENCE.to_owned(), Edges::Free);
        cue::patterns().for_each(|(word, cue)| vocabulary.cue(word, cue));
        let (patterns, words) = vocabulary.finish();
        let all: Vec<&str> = patterns.iter().map(|p| p.text.as_str()).collect();
        let any = automaton(&all)?;
        let mut dictionary = Dictionary::new();
        let mut literals = Vec::new();
        for (pattern, number) in patterns.iter().zip(0..).filter(|(pattern, _)| pattern.text.is_ascii()) {
            match pattern.is_token {
                true => dictionary.add(&pattern.text, pattern.edges == Edges::Stem, number)?,
                false => literals.push((number, pattern.text.as_str())),
            }
        }
        let literals = Literals::new(&literals)?;
        let (numbers, classifier) = (Numbers::new()?, Classifier::new()?);
        Ok(Self { dictionary, literals, any, patterns, words, phrases, numbers, classifier, classes })
    }

    /// Memory of the automata and the classifier's tables, in bytes.
    pub fn memory_bytes(&self) -> usize {
        let words = self.dictionary.memory_bytes() + self.literals.memory_bytes();
        let automata = words + self.any.memory_usage() + self.numbers.memory_bytes();
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
        for (first, run) in runs(segments) {
            pass.run(first, run);
        }
        let work = pass.work.get();
        let mut findings = pass.findings.settle();
        quotation::discount(&mut findings, segments, &self.classifier);
        (findings, work)
    }
}

/// Finds `patterns`, without regard to ASCII case.
pub(super) fn automaton(patterns: &[&str]) -> Result<contiguous::NFA, String> {
    let mut builder = contiguous::NFA::builder();
    builder.ascii_case_insensitive(true).prefilter(false).build(patterns).map_err(|e| e.to_string())
}

/// Tokens put aside at most.
const TOKENS_ASIDE: usize = 64;

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
    pub allowance: Allowance,
}

/// The words of a view.
struct Words<'w, 't> {
    progress: &'w mut Progress,
    padding: Padding<'t>,
    target: &'w Target<'t>,
}

/// Where the hits of a view go.
pub(super) struct Target<'s> {
    pub segment: u32,
    pub source: &'s Segment<'s>,
    pub view: &'s View<'s>,
    pub reach: Reach,
    pub kind: Kind,
    /// Whether phrases may go on in the same view of the next segment.
    pub goes_on: bool,
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
    pub fn new(scanner: &'d Scanner, disabled: &'d [u16]) -> Self {
        Self {
            scanner,
            disabled,
            plain: Progress::default(),
            alike: Progress::default(),
            repeats: BTreeMap::new(),
            apart: Progress::default(),
            work: Cell::new(0),
            findings: Findings::default(),
            fence: Fence::default(),
            allowance: Allowance::new(MIN_DERIVED_BYTES),
        }
    }

    /// Scans a run, whose first segment has the number `first`.
    pub fn run(&mut self, first: u32, run: &[Segment<'_>]) {
        let mut rest = run;
        let mut index = first;
        while let Some((segment, others)) = rest.split_first() {
            self.segment(index, segment, !others.is_empty());
            (rest, index) = (others, index.saturating_add(1));
        }
        // The last segment may have had no such view: what came before it is over all the same.
        self.alike.end(0, false);
    }

    /// What has been found since the last time, settled, and how many findings were made of it.
    pub fn take(&mut self, segments: &[Segment<'_>]) -> (Vec<Finding>, usize) {
        let findings = std::mem::take(&mut self.findings);
        let made = findings.made();
        let mut findings = findings.settle();
        quotation::discount(&mut findings, segments, &self.scanner.classifier);
        (findings, made)
    }

    /// Scans a segment. `goes_on` says that the next one speaks with the same voice: a phrase may go on there.
    fn segment(&mut self, index: u32, segment: &Segment<'_>, goes_on: bool) {
        let view = normalize::folded(segment.text.as_ref());
        let reach = match injection_concerns(segment) {
            true => Reach::All,
            false => Reach::Data,
        };
        let target =
            Target { segment: index, source: segment, view: &view, reach, kind: Kind::First, goes_on };
        let mut plain = std::mem::take(&mut self.plain);
        let cues = self.view(&target, &mut plain);
        plain.end(view.text.len(), goes_on);
        self.plain = plain;
        if segment.text.as_bytes().contains(&0x1B) {
            self.escapes(&target);
        }
        self.allowance.give(view.text.len().saturating_mul(MAX_DERIVED_BYTES_PER_BYTE));
        self.views_of(&target, cues);
        if reach == Reach::All && !segment.text.is_ascii() {
            self.invisible(&target);
            self.look_alikes(&target);
        }
    }

    /// The view without look-alikes, which like the first one goes on in the next segment, and hidden text.
    #[inline(never)]
    fn look_alikes(&mut self, first: &Target<'_>) {
        let text = first.source.text.as_ref();
        let mut alike = std::mem::take(&mut self.alike);
        match normalize::skeleton(text) {
            Some(view) => {
                let target = Target { view: &view, reach: Reach::Injection, ..*first };
                let cues = self.view(&target, &mut alike);
                alike.end(view.text.len(), first.goes_on);
                self.views_of(&target, cues);
            }
            None => alike.end(0, false),
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
        let mut apart = std::mem::take(&mut self.apart);
        let cues = self.view(&Target { goes_on: false, ..*target }, &mut apart);
        apart.end(target.view.text.len(), false);
        self.apart = apart;
        cues
    }

    fn view(&mut self, target: &Target<'_>, progress: &mut Progress) -> Cues {
        let text = target.view.text.as_ref();
        self.repeats.clear();
        self.fence = Fence::default();
        let mut cues = Cues::default();
        let mut words = Words { progress, padding: Padding::new(text), target };
        let class = self.class(target);
        let classifier = &self.scanner.classifier;
        // Words that are joined have no edges that would make them tokens.
        let strongest = match text.is_ascii() && target.kind != Kind::Joined {
            true => self.ascii(&mut words, &mut cues, class.map(|_| classifier.window(target.source.role))),
            false => {
                self.any(&mut words, &mut cues);
                class.and_then(|_| classifier.strongest(text, target.source.role))
            }
        };
        self.phrases(&mut words, target.goes_on);
        if target.reach != Reach::Injection {
            self.numbers(target);
        }
        if let (Some(rule), Some(strongest)) = (class, strongest.filter(Strongest::counts)) {
            let hit = Hit { score: Some(strongest.evidence(text)), range: strongest.range };
            self.report(rule, hit, target);
        }
        cues
    }

    /// The rule that speaks for the classifier about a view, if it is asked.
    fn class(&self, target: &Target<'_>) -> Option<u16> {
        let is_on = |rule: &u16| {
            let entry = REGISTRY.get(usize::from(*rule));
            let concerns = entry.is_some_and(|entry| entry.roles.contains(target.source.role));
            concerns && self.disabled.binary_search(rule).is_err()
        };
        // What joining, turning and respelling make of ordinary text is like nothing the classifier has learned.
        let mut rules = self.scanner.classes.iter().copied().filter(|_| target.reach == Reach::All);
        rules.find(is_on)
    }

    /// The patterns of any view, found by the automaton.
    fn any(&mut self, words: &mut Words<'_, '_>, cues: &mut Cues) {
        let any = &self.scanner.any;
        find(any, words.target.view.text.as_bytes(), &mut |pattern, end| {
            if let Ok(pattern) = u16::try_from(pattern) {
                cues.count(self.found(pattern, end, words));
            }
        });
    }

    /// The literals and then the tokens of a view in ASCII. Words of phrases that are literals wait for their turn.
    /// Returns what the classifier's window saw, if it looked.
    fn ascii(
        &mut self,
        words: &mut Words<'_, '_>,
        cues: &mut Cues,
        mut window: Option<Window<'_>>,
    ) -> Option<Strongest> {
        let scanner = self.scanner;
        let text = words.target.view.text.as_bytes();
        let mut waiting: Vec<(u16, Range<usize>)> = Vec::new();
        scanner.literals.find(text, |pattern, end| {
            cues.count(self.pattern(pattern, end, words.target, |range| waiting.push((pattern, range))));
        });
        if words.target.reach == Reach::Data {
            return None;
        }
        let mut waiting = waiting.into_iter().peekable();
        let mut read = |start, end| {
            scanner.dictionary.find(text, start, end, |pattern, len| {
                while let Some((pattern, range)) = waiting.next_if(|(_, range)| range.end <= start) {
                    self.word(pattern, range, words);
                }
                cues.count(scanner.patterns.get(usize::from(pattern)).and_then(|pattern| pattern.cue));
                self.word(pattern, start..start + len, words);
            });
        };
        // Which tokens are words nothing can predict: they are put aside without a branch, and read in a row.
        let mut aside = [(0, 0); TOKENS_ASIDE];
        let mut count = 0;
        tokens::ascii_tokens(text, |start, end| {
            let letters = Letters::of(text, start, end);
            if let Some(window) = &mut window {
                window.token(letters, start, end);
            }
            let is_escaped = after_escape(text, start + 1);
            if let Some(slot) = aside.get_mut(count) {
                *slot = (start, end);
            }
            count += usize::from(scanner.dictionary.may_have(letters) | is_escaped);
            if count == TOKENS_ASIDE || is_escaped {
                aside.iter().take(count).for_each(|(start, end)| read(*start, *end));
                count = 0;
            }
            if is_escaped {
                read(start + 1, end);
            }
        });
        aside.iter().take(count).for_each(|(start, end)| read(*start, *end));
        waiting.for_each(|(pattern, range)| self.word(pattern, range, words));
        window.and_then(Window::finish)
    }

    /// A word of a phrase stands at `range` of the view.
    #[inline]
    fn word(&mut self, pattern: u16, range: Range<usize>, words: &mut Words<'_, '_>) {
        if words.progress.see(pattern, &range) {
            self.phrases(words, true);
        }
    }

    /// Looks for phrases among the words seen. `more` says that there may be more of them.
    fn phrases(&mut self, words: &mut Words<'_, '_>, more: bool) {
        let scanner = self.scanner;
        let Words { progress, padding, target } = words;
        let mut by = Reader { phrases: &scanner.phrases, words: &scanner.words, padding };
        progress.read(&mut by, more, |phrase, range| self.report(phrase.rule, Hit::at(range), target));
    }

    /// A pattern of the automaton ends at `end` of the view.
    #[inline(always)]
    fn found(&mut self, pattern: u16, end: usize, words: &mut Words<'_, '_>) -> Option<Cue> {
        let mut whole = None;
        let cue = self.pattern(pattern, end, words.target, |range| whole = Some(range));
        whole.into_iter().for_each(|range| self.word(pattern, range, words));
        cue
    }

    /// A pattern ends at `end` of the view: reads its anchors, and calls `word` when it is a word of a phrase.
    #[inline(always)]
    fn pattern(
        &mut self,
        number: u16,
        end: usize,
        target: &Target<'_>,
        word: impl FnOnce(Range<usize>),
    ) -> Option<Cue> {
        let pattern = self.scanner.patterns.get(usize::from(number))?;
        let text = target.view.text.as_ref();
        if pattern.text == FENCE {
            self.fence.see(Probe::new(text, &self.work), end);
        }
        let range = end.saturating_sub(pattern.text.len())..end;
        let fits =
            pattern.edges.fit(text, &range) || (target.kind == Kind::Joined && target.view.is_joined(&range));
        let is_word = self.scanner.words.get(usize::from(number)).is_some_and(|word| !word.steps.is_empty());
        if target.reach != Reach::Data && is_word && fits {
            word(range.clone());
        }
        self.anchors(pattern, &range, target);
        pattern.cue.filter(|_| fits)
    }

    /// Asks the rules whose anchor a pattern is.
    fn anchors(&mut self, pattern: &Pattern, range: &Range<usize>, target: &Target<'_>) {
        let text = target.view.text.as_ref();
        for rule in &pattern.anchors {
            let Some(entry) = REGISTRY.get(usize::from(*rule)) else { continue };
            let is_foreign = target.reach == Reach::Injection && entry.family != Family::Injection;
            let is_quoted = entry.family == Family::Output && self.fence.is_open();
            if is_foreign || is_quoted || !entry.roles.contains(target.source.role) {
                continue;
            }
            let probe = Probe::new(text, &self.work);
            let hit = match &entry.matcher {
                Matcher::Anchors { confirm, .. } => confirm(probe, range.clone()),
                Matcher::Token(token) => token.read(probe, range.clone()),
                Matcher::Keyed(keyed) => keyed.read(probe, range.clone()),
                Matcher::Repeated { least, .. } => self.repeated(*rule, *least, range),
                _ => None,
            };
            hit.into_iter().for_each(|hit| self.report(*rule, hit, target));
        }
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
    #[inline(never)]
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
        if !entry.roles.contains(target.source.role) || self.disabled.binary_search(&rule).is_ok() {
            return;
        }
        if target.kind != Kind::First && !target.view.reveals(&hit.range) {
            return;
        }
        if placeholder::holds(target.view.text.as_ref(), &hit.range) {
            return;
        }
        let range = target.view.source(hit.range.clone());
        if range.is_empty() {
            return;
        }
        let score = hit.score.unwrap_or(entry.score);
        let transforms = target.view.transforms(hit.range);
        let Segment { role, provenance, .. } = *target.source;
        let segment = target.segment;
        self.findings.add(Finding { rule, segment, role, provenance, range, score, list: None, transforms });
    }
}

impl Edges {
    /// Whether `range` may stand where it stands.
    #[inline]
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
#[inline(always)]
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
#[inline]
fn part_of_word(c: char) -> bool {
    c < '\u{800}' && c.is_alphanumeric()
}

/// Whether rules about instructions concern a segment.
fn injection_concerns(segment: &Segment<'_>) -> bool {
    super::UNTRUSTED.contains(segment.role) || super::DEFINING.contains(segment.role)
}

/// Collects words and anchors into patterns.
#[derive(Debug, Default)]
struct Vocabulary {
    entries: BTreeMap<(String, Edges), Entry>,
}

/// What a pattern is for.
#[derive(Debug, Default)]
struct Entry {
    word: Word,
    anchors: Vec<u16>,
    cue: Option<Cue>,
}

impl Vocabulary {
    /// A word of a phrase, of the step with this number, which may be the rarest of a phrase. Written in any script;
    /// matched in folded views, so folded here. A `*` before it lifts the rule that it must stand alone, as do scripts
    /// without spaces; a `*` after it lets the word go on.
    fn word(&mut self, word: &str, step: u16, rarest: Option<u16>) {
        let free = word.starts_with('*') || word.chars().next().is_some_and(|c| c >= '\u{800}');
        let edges = match (free, word.ends_with('*')) {
            (true, _) => Edges::Free,
            (false, true) => Edges::Stem,
            (false, false) => Edges::Word,
        };
        let text = normalize::folded(word.trim_matches('*')).text.to_ascii_lowercase();
        let word = &mut self.entry(text, edges).word;
        word.steps.push(step);
        word.wakes.extend(rarest);
    }

    fn cue(&mut self, word: String, cue: Cue) {
        self.entry(word, Edges::Word).cue = Some(cue);
    }

    fn anchor(&mut self, anchor: &str, rule: u16) {
        self.entry(anchor.to_ascii_lowercase(), Edges::Free).anchors.push(rule);
    }

    fn entry(&mut self, text: String, edges: Edges) -> &mut Entry {
        self.entries.entry((text, edges)).or_default()
    }

    /// The patterns, and what each means to phrases.
    fn finish(self) -> (Vec<Pattern>, Vec<Word>) {
        let pattern = |((text, edges), entry): ((String, Edges), Entry)| {
            let Entry { mut word, mut anchors, cue } = entry;
            // Steps and phrases are numbered in the order they are added.
            word.steps.dedup();
            word.wakes.dedup();
            anchors.dedup();
            let is_token = edges != Edges::Free && Dictionary::takes(&text, edges == Edges::Stem);
            (Pattern { text, edges, is_token, anchors, cue }, word)
        };
        self.entries.into_iter().map(pattern).unzip()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Patterns that stand in `text` where they may, with their ends, as the automaton sees them.
    fn by_automaton(scanner: &Scanner, text: &str) -> BTreeSet<(usize, usize)> {
        let mut all = BTreeSet::new();
        find(&scanner.any, text.as_bytes(), &mut |pattern, end| {
            let known = &scanner.patterns[pattern];
            if known.edges.fit(text, &(end - known.text.len()..end)) {
                all.insert((pattern, end));
            }
        });
        all
    }

    fn by_tokens(scanner: &Scanner, text: &str) -> BTreeSet<(usize, usize)> {
        let mut all = BTreeSet::new();
        scanner.literals.find(text.as_bytes(), |pattern, end| {
            let known = &scanner.patterns[usize::from(pattern)];
            if known.edges.fit(text, &(end - known.text.len()..end)) {
                all.insert((usize::from(pattern), end));
            }
        });
        tokens::ascii_tokens(text.as_bytes(), |start, end| {
            let letters = Letters::of(text.as_bytes(), start, end);
            let mut read = |from| {
                scanner.dictionary.find(text.as_bytes(), from, end, |pattern, len| {
                    assert!(from > start || scanner.dictionary.may_have(letters));
                    all.insert((usize::from(pattern), from + len));
                });
            };
            read(start);
            if after_escape(text.as_bytes(), start + 1) {
                read(start + 1);
            }
        });
        all
    }

    #[test]
    fn tokens_and_literals_are_what_the_automaton_finds() {
        let scanner = Scanner::new().unwrap();
        let ascii: Vec<&str> =
            scanner.patterns.iter().map(|p| p.text.as_str()).filter(|t| t.is_ascii()).collect();
        let joints = ["", " ", ".", "\\n", "\\", "\n", "s", "9", "_", "-", "X"];
        let mut seed = 1usize;
        let mut next = |count: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % count
        };
        for round in 0..2_000 {
            let mut text = String::new();
            for _ in 0..40 {
                let pattern = ascii[next(ascii.len())];
                let cut = if next(4) == 0 { next(pattern.len()) } else { pattern.len() };
                text.push_str(joints[next(joints.len())]);
                text.push_str(pattern.get(..cut).unwrap());
            }
            if round % 2 == 0 {
                text.make_ascii_uppercase();
            }
            assert_eq!(by_tokens(&scanner, &text), by_automaton(&scanner, &text), "{text:?}");
        }
    }
}
