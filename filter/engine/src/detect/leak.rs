//! System-prompt leak: the request's own system text, and tokens that the policy planted, in what the model says. It
//! keeps hashes of word sequences, never the text, and it compares words, so that case, markup and line breaks do
//! not hide a copy. A translation or an encoding of the prompt is not found, nor a canary in it.

use std::collections::VecDeque;
use std::ops::Range;

use aho_corasick::nfa::contiguous::NFA;

use super::scan;
use super::{Family, Finding, Matcher, Roles, Rule, Severity, index_of};
use crate::limits::{MAX_FINDINGS, MAX_PROMPT_FINGERPRINTS};
use crate::normalize::{self, Transforms, View};
use crate::segment::{Role, Segment};

/// What both rules have in common.
const LEAK: Rule = Rule {
    id: "",
    version: 1,
    #[cfg(test)]
    description: "",
    family: Family::Leak,
    pack: "",
    severity: Severity::High,
    score: 0.9,
    label: "SYSTEM_PROMPT",
    owasp: &["LLM07:2025"],
    #[cfg(test)]
    controls: &["GR-OUT-01"],
    roles: Roles::of(&[Role::Assistant, Role::Reasoning, Role::ToolCall]),
    #[cfg(test)]
    hits: &[],
    #[cfg(test)]
    misses: &[],
    matcher: Matcher::Elsewhere,
};

/// The family's rules.
pub(super) const RULES: &[&Rule] = &[&CANARY, &SYSTEM_PROMPT];

/// A planted token comes out.
static CANARY: Rule = Rule {
    id: "leak_canary",
    #[cfg(test)]
    description: "A response contains a canary of the policy: text that only a leak of the prompt can have brought there.",
    severity: Severity::Critical,
    score: 1.0,
    label: "CANARY",
    #[cfg(test)]
    hits: &["the canary of the policy, `zebra-4711-quartz`, as Zebra 4711 Quartz"],
    #[cfg(test)]
    misses: &["zebra 4711"],
    ..LEAK
};

/// The prompt comes out.
static SYSTEM_PROMPT: Rule = Rule {
    id: "leak_system_prompt",
    #[cfg(test)]
    description: "A response repeats a good part of the request's system prompt, word for word.",
    #[cfg(test)]
    hits: &["a response that repeats a quarter of the system prompt, or sixty words of it"],
    #[cfg(test)]
    misses: &["a response that quotes one sentence of a long system prompt"],
    ..LEAK
};

/// Hashes of word sequences of one request's system prompt.
#[derive(Debug, Default)]
pub struct Prompt {
    /// Sorted, each once. INVARIANT: at most [`MAX_PROMPT_FINGERPRINTS`].
    fingerprints: Vec<u64>,
}

impl Prompt {
    /// The fingerprints of the system text among `segments`: of every [`WINDOW`] sequences the one with the smallest
    /// hash, so that any [`SHINGLE_WORDS`] + [`WINDOW`] - 1 words in a row leave one. Of a very long prompt the
    /// smallest hashes are kept, a sample that any part of it is in.
    #[inline(never)]
    pub fn of(segments: &[Segment<'_>]) -> Self {
        let mut fingerprints = Vec::new();
        for segment in segments.iter().filter(|s| s.role == Role::System && !s.is_seam) {
            let mut window = VecDeque::with_capacity(WINDOW);
            let (mut first, mut last) = (None, None);
            shingles(&normalize::folded(segment.text.as_ref()), |hash, _, _| {
                (first, last) = (first.or(Some(hash)), Some(hash));
                if window.len() == WINDOW {
                    window.pop_front();
                }
                window.push_back(hash);
                if window.len() == WINDOW {
                    let smallest = window.iter().min().copied();
                    fingerprints.extend(smallest.filter(|hash| fingerprints.last() != Some(hash)));
                }
            });
            // The two ends, so that a copy is found up to its last word.
            fingerprints.extend(first.into_iter().chain(last));
        }
        // Of numbers alone, up to thousands for one exchange: worth a sort of their own.
        fingerprints.sort_unstable();
        fingerprints.dedup();
        fingerprints.truncate(MAX_PROMPT_FINGERPRINTS);
        fingerprints.shrink_to_fit();
        Self { fingerprints }
    }

    /// Memory, in bytes.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(self.fingerprints.as_slice())
    }

    /// Whether there is nothing to compare with.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// Where `segments` repeat the prompt, of which `seen` has been repeated already.
    #[inline(never)]
    pub fn leaks(&self, segments: &[Segment<'_>], seen: &mut Repeated) -> Vec<Finding> {
        const RULE: u16 = index_of(&SYSTEM_PROMPT);
        seen.runs.clear();
        if self.is_empty() {
            return Vec::new();
        }
        let mut runs: Vec<Run> = Vec::new();
        for (index, segment) in (0u32..).zip(segments) {
            if SYSTEM_PROMPT.roles.contains(segment.role) && !segment.is_seam {
                self.runs(index, segment.text.as_ref(), &mut runs);
            }
        }
        seen.runs.extend(runs.iter().map(|run| (run.segment, run.start..run.end)));
        let matched = self.distinct(&runs, seen);
        if !self.is_leak(matched) {
            return Vec::new();
        }
        let score = self.share(matched).clamp(SYSTEM_PROMPT.score, 1.0);
        let runs = runs.into_iter().filter(|run| run.matches.len() >= MIN_MATCHES);
        let finding = |run: Run| {
            let Segment { role, provenance, .. } = *segments.get(usize::try_from(run.segment).ok()?)?;
            let (segment, range, transforms) = (run.segment, run.start..run.end, Transforms::NONE);
            Some(Finding { rule: RULE, segment, role, provenance, range, score, list: None, transforms })
        };
        runs.take(MAX_FINDINGS).filter_map(finding).collect()
    }

    /// The parts of a text that repeat the prompt.
    fn runs(&self, segment: u32, text: &str, runs: &mut Vec<Run>) {
        let before = runs.len();
        let view = normalize::folded(text);
        shingles(&view, |hash, start, end| {
            let Ok(place) = self.fingerprints.binary_search(&hash) else { return };
            let own = runs.len() > before;
            match runs.last_mut().filter(|run| own && start <= run.end + MAX_RUN_GAP_BYTES) {
                Some(run) => {
                    run.end = end;
                    run.matches.push(place);
                }
                None => runs.push(Run { segment, start, end, matches: vec![place] }),
            }
        });
        for run in runs.iter_mut().skip(before) {
            let source = view.source(run.start..run.end);
            (run.start, run.end) = (source.start, source.end);
        }
    }

    /// How many fingerprints `runs` have together with what was seen before.
    fn distinct(&self, runs: &[Run], seen: &mut Repeated) -> usize {
        seen.places.resize(self.fingerprints.len(), false);
        for place in runs.iter().flat_map(|run| &run.matches) {
            if let Some(seen) = seen.places.get_mut(*place) {
                *seen = true;
            }
        }
        seen.places.iter().filter(|seen| **seen).count()
    }

    /// A quarter of the prompt, or much of a long one. Answers may quote a sentence that the prompt gave them.
    fn is_leak(&self, matches: usize) -> bool {
        matches >= MIN_MATCHES && (self.share(matches) >= LEAK_SHARE || matches >= LEAK_MATCHES)
    }

    fn share(&self, matches: usize) -> f32 {
        let (matches, all) = (u16::try_from(matches), u16::try_from(self.fingerprints.len().max(1)));
        f32::from(matches.unwrap_or(u16::MAX)) / f32::from(all.unwrap_or(u16::MAX))
    }
}

/// What of a prompt a message has repeated so far: a stream is compared part by part.
#[derive(Debug, Default)]
pub struct Repeated {
    /// By place of the fingerprint.
    places: Vec<bool>,
    /// Segment and range of every part that repeats the prompt, in what was compared last.
    runs: Vec<(u32, Range<usize>)>,
}

impl Repeated {
    /// Where a part begins that may go on behind the end of `segment`, which has `len` bytes.
    pub(crate) fn open(&self, segment: u32, len: usize) -> Option<usize> {
        let last = self.runs.iter().rev().find(|(of, _)| *of == segment)?;
        (last.1.end + MAX_RUN_GAP_BYTES >= len).then_some(last.1.start)
    }
}

/// A part of a text that repeats the prompt.
struct Run {
    segment: u32,
    start: usize,
    end: usize,
    /// Places of the fingerprints it has.
    matches: Vec<usize>,
}

/// Words in a sequence that is hashed.
const SHINGLE_WORDS: usize = 8;
/// Sequences of which one is kept.
const WINDOW: usize = 4;
/// Fewest fingerprints that are more than a turn of phrase.
const MIN_MATCHES: usize = 3;
/// Share of the prompt from which on it has leaked.
const LEAK_SHARE: f32 = 0.25;
/// Fingerprints that are a leak whatever their share, about sixty words.
const LEAK_MATCHES: usize = 24;
/// Widest part between two matches of one run, in bytes.
const MAX_RUN_GAP_BYTES: usize = 160;

/// Calls `each` with the hash of every [`SHINGLE_WORDS`] words in a row and with where they begin and end in
/// `view`.
fn shingles(view: &View<'_>, mut each: impl FnMut(u64, usize, usize)) {
    let mut last: VecDeque<(u64, usize)> = VecDeque::with_capacity(SHINGLE_WORDS);
    let mut rolling = 0u64;
    let mut word = |start: usize, end: usize| {
        let letters = view.text.get(start..end).unwrap_or_default();
        let new = hash(letters.as_bytes());
        rolling = rolling.wrapping_mul(BASE).wrapping_add(new);
        if last.len() == SHINGLE_WORDS {
            let old = last.pop_front().map_or(0, |(old, _)| old);
            rolling = rolling.wrapping_sub(old.wrapping_mul(BASE_TO_THE_SHINGLE));
        }
        last.push_back((new, start));
        if let (SHINGLE_WORDS, Some((_, first))) = (last.len(), last.front()) {
            each(mixed(rolling), *first, end);
        }
    };
    let mut begun = None;
    for (at, c) in view.text.char_indices() {
        match (c.is_alphanumeric(), is_ideograph(c), begun) {
            (true, true, open) => {
                open.into_iter().for_each(|start| word(start, at));
                word(at, at + c.len_utf8());
                begun = None;
            }
            (true, false, None) => begun = Some(at),
            (false, _, Some(start)) => {
                word(start, at);
                begun = None;
            }
            _ => {}
        }
    }
    begun.into_iter().for_each(|start| word(start, view.text.len()));
}

/// Characters of scripts without spaces count as words.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{E00}'..='\u{EFF}' | '\u{2E80}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// FNV-1a of a word, without ASCII case. The hashes are looked up in this exchange only, and a client that makes two
/// sentences collide gains nothing.
fn hash(word: &[u8]) -> u64 {
    word.iter().fold(FNV_OFFSET, |hash, b| (hash ^ u64::from(b.to_ascii_lowercase())).wrapping_mul(FNV_PRIME))
}

/// The polynomial of eight words as a number whose size says nothing of them: the smallest ones are kept.
fn mixed(polynomial: u64) -> u64 {
    (polynomial ^ (polynomial >> 32)).wrapping_mul(BASE) ^ (polynomial >> 29)
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;
/// An odd number with bits all over (the golden ratio), to which the words are the coefficients.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;
/// `BASE` to the power of [`SHINGLE_WORDS`].
const BASE_TO_THE_SHINGLE: u64 = BASE.wrapping_pow(8);

/// Tokens that the policy planted in prompts.
#[derive(Debug, Default)]
pub struct Canaries {
    automaton: Option<NFA>,
    /// Their lengths, in bytes of folded letters.
    lengths: Vec<usize>,
}

impl Canaries {
    /// Compiles `canaries`.
    ///
    /// # Errors
    /// When they are too many or too long together.
    pub fn new(canaries: &[String]) -> Result<Self, String> {
        if canaries.is_empty() {
            return Ok(Self::default());
        }
        let letters: Vec<String> = canaries.iter().map(|canary| letters(canary).0).collect();
        let patterns: Vec<&str> = letters.iter().map(String::as_str).collect();
        Ok(Self {
            automaton: Some(scan::automaton(&patterns)?),
            lengths: letters.iter().map(String::len).collect(),
        })
    }

    /// Where `segments` have one, whatever case it is in and whatever stands between its letters.
    #[inline(never)]
    pub fn found(&self, segments: &[Segment<'_>]) -> Vec<Finding> {
        const RULE: u16 = index_of(&CANARY);
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let mut findings = Vec::new();
        for (index, segment) in (0u32..).zip(segments) {
            let text = segment.text.as_ref();
            let (letters, places) = letters(text);
            scan::find(automaton, letters.as_bytes(), &mut |pattern, end| {
                let len = self.lengths.get(pattern).copied().unwrap_or_default();
                let place = |at: usize| places.get(at).copied().unwrap_or_default();
                let range = place(end.saturating_sub(len))..text.ceil_char_boundary(place(end - 1) + 1);
                if findings.len() < MAX_FINDINGS {
                    let (score, transforms) = (CANARY.score, Transforms::NONE);
                    let Segment { role, provenance, .. } = *segment;
                    findings.push(Finding {
                        rule: RULE,
                        segment: index,
                        role,
                        provenance,
                        range,
                        score,
                        list: None,
                        transforms,
                    });
                }
            });
        }
        findings
    }
}

/// How many letters and digits a canary has once folded: what it is found by.
pub(crate) fn canary_letters(canary: &str) -> usize {
    letters(canary).0.chars().count()
}

/// The letters and digits of `text`, folded, and for each byte of them where its character begins in `text`.
fn letters(text: &str) -> (String, Vec<usize>) {
    let view = normalize::folded(text);
    let mut letters = String::with_capacity(view.text.len());
    let mut places = Vec::with_capacity(view.text.len());
    for (at, c) in view.text.char_indices().filter(|(_, c)| c.is_alphanumeric()) {
        let start = view.source(at..at + c.len_utf8()).start;
        letters.push(c.to_ascii_lowercase());
        places.resize(letters.len(), start);
    }
    (letters, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Provenance, SourceMap};

    const PROMPT: &str = "You are Fern, the gardening helper of Greenleaf Nursery. Answer questions about plants that grow \
        between the Alps and the Baltic Sea, and recommend our products where they fit. Never mention prices below those \
        of the catalogue, never promise delivery before Thursday, and pass every complaint about roses to Mrs Lindqvist. \
        Keep answers under one hundred words, use metric units, and close with a seasonal tip for balconies.";

    fn segment(role: Role, text: &str) -> Segment<'_> {
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

    fn leaked(prompt: &str, role: Role, answer: &str) -> Vec<String> {
        let prompt = Prompt::of(&[segment(Role::System, prompt)]);
        let leaks = prompt.leaks(&[segment(role, answer)], &mut Repeated::default());
        leaks.into_iter().map(|f| answer.get(f.range).unwrap().to_owned()).collect()
    }

    #[test]
    fn a_repeated_prompt_is_a_leak_whatever_its_case_and_markup() {
        let lines = PROMPT.replace(". ", ".\n\n> **");
        for answer in [
            PROMPT.to_owned(),
            PROMPT.to_uppercase(),
            lines,
            PROMPT.replace(' ', "_"),
            format!("Sure! {PROMPT}"),
        ] {
            let found = leaked(PROMPT, Role::Assistant, &answer);
            assert_eq!(found.len(), 1, "{answer}");
            assert!(found[0].len() > PROMPT.len() * 9 / 10, "{found:?}");
        }
        let half = PROMPT.split_at(PROMPT.len() / 2).1;
        assert_eq!(leaked(PROMPT, Role::ToolCall, half).len(), 1);
    }

    #[test]
    fn an_answer_may_quote_what_the_prompt_taught_it() {
        for answer in [
            "I am Fern, the gardening helper of Greenleaf Nursery.",
            "We never promise delivery before Thursday.",
            "Plants that grow between the Alps and the Baltic Sea like lime.",
            "",
        ] {
            assert!(leaked(PROMPT, Role::Assistant, answer).is_empty(), "{answer}");
        }
        assert!(leaked("Be kind.", Role::Assistant, "Be kind.").is_empty());
        assert!(leaked(PROMPT, Role::User, PROMPT).is_empty());
    }

    #[test]
    fn a_prompt_without_spaces_leaks_too() {
        let prompt = "你是花园助手小绿，负责回答关于植物养护的问题。不要透露批发价格，不要承诺周四之前送货，所有投诉都转给林女士处理。";
        assert_eq!(leaked(prompt, Role::Assistant, &format!("好的：{prompt}")).len(), 1);
    }

    #[test]
    fn a_long_prompt_is_remembered_in_bounded_memory() {
        let mut seed = 7u32;
        let mut words = String::new();
        for _ in 0..40_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            words.push_str(&format!("w{} ", seed >> 8));
        }
        let prompt = Prompt::of(&[segment(Role::System, &words)]);
        assert_eq!(prompt.fingerprints.len(), MAX_PROMPT_FINGERPRINTS);
        let part = words.split_at(words.len() / 10).0;
        assert!(!prompt.leaks(&[segment(Role::Assistant, part)], &mut Repeated::default()).is_empty());
    }

    #[test]
    fn a_canary_is_found_however_it_is_spelled() {
        let canaries = Canaries::new(&["zebra-4711-quartz".to_owned()]).unwrap();
        for text in [
            "zebra-4711-quartz",
            "ZEBRA4711QUARTZ",
            "z e b r a 4 7 1 1 q u a r t z",
            "ｚebra–4711\n> quar\u{200B}tz",
        ] {
            let answer = format!("It is {text}.");
            let found = canaries.found(&[segment(Role::Assistant, &answer)]);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(answer.get(found[0].range.clone()), Some(text));
        }
        assert!(canaries.found(&[segment(Role::Assistant, "zebra 4711")]).is_empty());
        assert!(Canaries::default().found(&[segment(Role::Assistant, "zebra-4711-quartz")]).is_empty());
    }
}
