//! Lexicons: lists of terms that a policy brings (denied words, topics, promises, competitors), thousands of them in one
//! automaton. All lists are found by one rule; a finding says which list it was, and the policy what that means.

use aho_corasick::nfa::contiguous::NFA;

use super::scan::{self, Edges};
use super::{EVERYONE, Family, Finding, Matcher, Rule, Severity, index_of, placeholder};
use crate::limits::MAX_FINDINGS;
use crate::normalize;
use crate::segment::{Role, Segment};

/// The rule that stands for every list.
static LEXICON: Rule = Rule {
    id: "lexicon",
    version: 1,
    #[cfg(test)]
    description: "A term of one of the policy's lexicons; events name the list, as `lexicon_competitors`.",
    family: Family::Lexicon,
    pack: "",
    severity: Severity::Low,
    score: 1.0,
    label: "TERM",
    owasp: &["LLM09:2025"],
    #[cfg(test)]
    controls: &["GR-OUT-01"],
    roles: EVERYONE,
    #[cfg(test)]
    hits: &["Globex is cheaper, where a list has the term `globex`"],
    #[cfg(test)]
    misses: &["Globexit, where a list has the term `globex` and not `globex*`"],
    matcher: Matcher::Elsewhere,
};

/// The family's rules.
pub(super) const RULES: &[&Rule] = &[&LEXICON];

/// One list.
#[derive(Clone, Debug)]
pub struct TermList {
    /// Roles it applies to; empty for all.
    pub roles: Vec<Role>,
    /// Its terms: whole words, without case; `stem*` is any word that begins so.
    pub terms: Vec<String>,
}

/// All lists of a policy, compiled.
#[derive(Debug, Default)]
pub struct Terms {
    automaton: Option<NFA>,
    terms: Vec<Term>,
    /// Roles by list.
    roles: Vec<Vec<Role>>,
}

#[derive(Debug)]
struct Term {
    len: usize,
    edges: Edges,
    list: u16,
}

impl Terms {
    /// Compiles `lists`.
    ///
    /// # Errors
    /// When they are too large together.
    pub fn new(lists: &[TermList]) -> Result<Self, String> {
        let (mut texts, mut terms, mut roles) = (Vec::new(), Vec::new(), Vec::new());
        for (list, one) in (0u16..).zip(lists) {
            for term in &one.terms {
                let stem = term.strip_suffix('*');
                let edges = if stem.is_some() { Edges::Stem } else { Edges::Word };
                let text = folded_term(stem.unwrap_or(term));
                terms.push(Term { len: text.len(), edges, list });
                texts.push(text);
            }
            roles.push(one.roles.clone());
        }
        let patterns: Vec<&str> = texts.iter().map(String::as_str).collect();
        let automaton = if patterns.is_empty() { None } else { Some(scan::automaton(&patterns)?) };
        Ok(Self { automaton, terms, roles })
    }

    /// Bytes that the longest term may have with its ending; 0 without terms.
    pub(crate) fn longest(&self) -> usize {
        self.terms.iter().map(|term| term.len + MAX_ENDING_CHARS).max().unwrap_or(0)
    }

    /// Every term in `segments`, at most [`MAX_FINDINGS`].
    #[inline(never)]
    pub fn found(&self, segments: &[Segment<'_>]) -> Vec<Finding> {
        const RULE: u16 = index_of(&LEXICON);
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let mut findings = Vec::new();
        for (index, segment) in (0u32..).zip(segments) {
            let view = normalize::folded(segment.text.as_ref());
            scan::find(automaton, view.text.as_bytes(), &mut |pattern, end| {
                let Some(term) = self.terms.get(pattern) else { return };
                let range = end.saturating_sub(term.len)..end;
                let concerns = self.roles.get(usize::from(term.list));
                let applies = concerns.is_some_and(|r| r.is_empty() || r.contains(&segment.role));
                if applies && term.edges.fit(&view.text, &range) && findings.len() < MAX_FINDINGS {
                    let whole = range.start..word_end(&view.text, range.end, term.edges);
                    if placeholder::holds(&view.text, &whole) {
                        return;
                    }
                    let transforms = view.transforms(whole.clone());
                    let (range, list) = (view.source(whole), Some(term.list));
                    let score = LEXICON.score;
                    let Segment { role, provenance, .. } = *segment;
                    findings.push(Finding {
                        rule: RULE,
                        segment: index,
                        role,
                        provenance,
                        range,
                        score,
                        list,
                        transforms,
                    });
                }
            });
        }
        findings
    }
}

/// Where the word ends whose stem ends at `end`.
fn word_end(text: &str, end: usize, edges: Edges) -> usize {
    let rest = text.get(end..).unwrap_or_default().chars();
    let rest = rest.take_while(|c| edges == Edges::Stem && c.is_alphanumeric()).take(MAX_ENDING_CHARS);
    end + rest.map(char::len_utf8).sum::<usize>()
}

/// Longest ending of a stem, in characters.
const MAX_ENDING_CHARS: usize = 32;

/// A term as folded views have it; empty when nothing of it shows.
pub(crate) fn folded_term(term: &str) -> String {
    normalize::folded(term.trim()).text.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::{Provenance, SourceMap};

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

    fn list(roles: &[Role], terms: &[&str]) -> TermList {
        TermList { roles: roles.to_vec(), terms: terms.iter().map(|t| (*t).to_owned()).collect() }
    }

    #[test]
    fn terms_are_whole_words_without_case_and_name_their_list() {
        let lists = vec![
            list(&[], &["Globex", "acme corp", "C++", "Straße", "百度"]),
            list(&[Role::Assistant], &["guarante*", "globex"]),
        ];
        let terms = Terms::new(&lists).unwrap();
        let check = |role, text: &str, expected: &[(u16, &str)]| {
            let found = terms.found(&[segment(role, text)]);
            let found: Vec<_> =
                found.into_iter().map(|f| (f.list.unwrap(), text.get(f.range).unwrap().to_owned())).collect();
            let expected: Vec<_> = expected.iter().map(|(list, text)| (*list, (*text).to_owned())).collect();
            assert_eq!(found, expected, "{text}");
        };
        check(Role::User, "GLOBEX and Acme Corp.", &[(0, "GLOBEX"), (0, "Acme Corp")]);
        check(Role::User, "globexit, acme corporation, guaranteed", &[]);
        check(
            Role::User,
            "Ｇｌｏｂｅｘ, C++ und die STRASSE; 我用百度搜索",
            &[(0, "Ｇｌｏｂｅｘ"), (0, "C++"), (0, "STRASSE"), (0, "百度")],
        );
        check(Role::Assistant, "We guaranteed globex", &[(1, "guaranteed"), (0, "globex"), (1, "globex")]);
    }

    #[test]
    fn thousands_of_terms_compile_and_are_found() {
        let many: Vec<String> = (0..8_000).map(|i| format!("product {i:05}")).collect();
        let terms = Terms::new(&[TermList { roles: Vec::new(), terms: many }]).unwrap();
        assert_eq!(terms.found(&[segment(Role::User, "product 07999, product 08000")]).len(), 1);
        let text = "product 00001 ".repeat(3_000);
        assert_eq!(terms.found(&[segment(Role::User, &text)]).len(), MAX_FINDINGS);
        assert!(Terms::new(&[]).unwrap().found(&[segment(Role::User, "x")]).is_empty());
    }
}
