//! Format and scope: what a policy asks of texts whatever they say. Lengths, languages, citations, and the shape of
//! structured answers. Nothing is asked unless the policy does; each rule is about a whole message or answer, so a finding
//! covers the first of its texts.

mod language;
mod schema;

use serde::Serialize;

pub use language::Language;
pub use schema::{JsonType, Kinds, Members, Scalar, Schema};

use super::{Family, Finding, Matcher, Roles, Rule, Severity, index_of};
use crate::normalize::Transforms;
use crate::segment::{Role, Segment};

/// What rules of this family have in common.
const FORMAT: Rule = Rule {
    id: "",
    version: 1,
    #[cfg(test)]
    description: "",
    family: Family::Format,
    pack: "",
    severity: Severity::Low,
    score: 1.0,
    label: "",
    owasp: &[],
    #[cfg(test)]
    controls: &["GR-OUT-01"],
    roles: Roles::of(&[Role::Assistant]),
    #[cfg(test)]
    hits: &[],
    #[cfg(test)]
    misses: &[],
    matcher: Matcher::Elsewhere,
};

/// Long messages of users.
static USER_LENGTH: Rule = Rule {
    id: "format_user_length",
    #[cfg(test)]
    description: "A user's message with more characters than the policy's `max_user_characters`.",
    owasp: &["LLM10:2025"],
    #[cfg(test)]
    controls: &["GR-IN-01"],
    roles: Roles::of(&[Role::User]),
    #[cfg(test)]
    hits: &["four, where three characters are allowed"],
    #[cfg(test)]
    misses: &["all, where three are"],
    ..FORMAT
};

/// Long answers.
static ANSWER_LENGTH: Rule = Rule {
    id: "format_answer_length",
    #[cfg(test)]
    description: "An answer with more characters than the policy's `max_answer_characters`.",
    owasp: &["LLM10:2025"],
    #[cfg(test)]
    hits: &["four, where three characters are allowed"],
    #[cfg(test)]
    misses: &["all, where three are"],
    ..FORMAT
};

/// Other languages.
static LANGUAGE: Rule = Rule {
    id: "format_language",
    #[cfg(test)]
    description: "A message or an answer that is plainly in none of the policy's `languages`: by its script, and for Latin and Cyrillic by \
        its commonest words. Short texts, names and code tell nothing and pass.",
    owasp: &["LLM01:2025"],
    #[cfg(test)]
    controls: &["GR-IN-01", "GR-OUT-01"],
    roles: Roles::of(&[Role::User, Role::Assistant]),
    #[cfg(test)]
    hits: &["Wie ist das Wetter, und was soll ich für die Reise mitnehmen?, where `languages` is `[en]`"],
    #[cfg(test)]
    misses: &["Guten Tag, where it is `[en]`: two words tell too little"],
    ..FORMAT
};

/// Missing citations.
static CITATIONS: Rule = Rule {
    id: "format_citations",
    #[cfg(test)]
    description: "An answer with fewer citation marks than the policy's `min_citations`.",
    owasp: &["LLM09:2025"],
    #[cfg(test)]
    hits: &["It opened in 1889., where one is asked for"],
    #[cfg(test)]
    misses: &["It opened in 1889 [1]., where one is asked for"],
    ..FORMAT
};

/// Structured answers of another structure.
static ANSWER_SCHEMA: Rule = Rule {
    id: "format_answer_schema",
    #[cfg(test)]
    description: "An answer that is not JSON of the policy's `answer_schema`.",
    owasp: &["LLM05:2025"],
    #[cfg(test)]
    hits: &["Sure! {\"total\": 3}, where `{type: object}` is asked for"],
    #[cfg(test)]
    misses: &["{\"total\": 3}, where it is"],
    ..FORMAT
};

/// The family's rules.
pub(super) const RULES: &[&Rule] = &[&USER_LENGTH, &ANSWER_LENGTH, &LANGUAGE, &CITATIONS, &ANSWER_SCHEMA];

/// What a policy asks of texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constraints {
    /// Most characters of one message of a user.
    pub max_user_characters: Option<usize>,
    /// Most characters of one answer.
    pub max_answer_characters: Option<usize>,
    /// Languages that users and the model may write; empty for all.
    pub languages: Vec<Language>,
    /// Fewest citation marks of one answer.
    pub min_citations: usize,
    /// The forms that count; empty for all.
    pub citation_forms: Vec<CitationForm>,
    /// What an answer must be as JSON.
    pub answer_schema: Option<Schema>,
}

/// How an answer names its sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CitationForm {
    /// `https://example.org`, bare or in a Markdown link.
    Link,
    /// `[1]`, `[doc2]`, `【3†source】`.
    Mark,
    /// `[^1]`.
    Footnote,
}

impl Constraints {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        let lengths = [self.max_user_characters, self.max_answer_characters];
        lengths == [None; 2]
            && self.languages.is_empty()
            && self.min_citations == 0
            && self.answer_schema.is_none()
    }

    /// What is not as it is asked for: at most one finding per rule, at the first text of the message or answer.
    #[inline(never)]
    pub fn found(&self, segments: &[Segment<'_>]) -> Vec<Finding> {
        let mut findings = Vec::new();
        if self.is_empty() {
            return findings;
        }
        let mut rest = (0u32..).zip(segments).filter(|(_, s)| concerns(s)).peekable();
        while let Some((index, first)) = rest.next() {
            let mut texts = vec![first.text.as_ref()];
            while let Some((_, next)) = rest.next_if(|(_, s)| is_one(first, s)) {
                texts.push(&next.text);
            }
            for rule in self.broken(first.role, &texts) {
                let rule = index_of(rule);
                if findings.iter().any(|f: &Finding| f.rule == rule) {
                    continue;
                }
                let range = 0..first.text.len();
                findings.push(Finding {
                    rule,
                    segment: index,
                    role: first.role,
                    provenance: first.provenance,
                    range,
                    score: 1.0,
                    list: None,
                    transforms: Transforms::NONE,
                });
            }
        }
        findings
    }

    /// The rules that a message or an answer breaks.
    fn broken(&self, role: Role, texts: &[&str]) -> Vec<&'static Rule> {
        let is_answer = role == Role::Assistant;
        let (most, length) = match is_answer {
            true => (self.max_answer_characters, &ANSWER_LENGTH),
            false => (self.max_user_characters, &USER_LENGTH),
        };
        let is_long =
            || most.is_some_and(|most| texts.iter().map(|text| text.chars().count()).sum::<usize>() > most);
        let is_foreign = || !self.languages.is_empty() && language::is_foreign(texts, &self.languages);
        let is_unfounded = || is_answer && self.citations(texts) < self.min_citations;
        let is_shapeless =
            || is_answer && self.answer_schema.as_ref().is_some_and(|schema| !schema.admits(&texts.concat()));
        let checks: [(&'static Rule, &dyn Fn() -> bool); 4] = [
            (length, &is_long),
            (&LANGUAGE, &is_foreign),
            (&CITATIONS, &is_unfounded),
            (&ANSWER_SCHEMA, &is_shapeless),
        ];
        checks.into_iter().filter(|(_, is_broken)| is_broken()).map(|(rule, _)| rule).collect()
    }

    /// Citation marks in an answer.
    fn citations(&self, texts: &[&str]) -> usize {
        let counts = |form| self.citation_forms.is_empty() || self.citation_forms.contains(&form);
        let all = texts.iter().flat_map(|text| {
            text.match_indices(['[', '【', ':']).filter_map(|(at, sign)| citation(text, at, sign))
        });
        all.filter(|form| counts(*form)).count()
    }
}

/// The citation that `sign` at `at` belongs to.
fn citation(text: &str, at: usize, sign: &str) -> Option<CitationForm> {
    let (before, rest) = (text.get(..at)?, text.get(at + sign.len()..)?);
    if sign == ":" {
        let is_link = rest.starts_with("//") && (before.ends_with("http") || before.ends_with("https"));
        return is_link.then_some(CitationForm::Link);
    }
    let close = if sign == "[" { ']' } else { '】' };
    let (end, _) = rest.char_indices().take(MAX_MARK_CHARS).find(|(_, c)| *c == close)?;
    let mark = rest.get(..end)?;
    match mark.strip_prefix('^') {
        Some(name) => (!name.is_empty()).then_some(CitationForm::Footnote),
        None => mark.contains(|c: char| c.is_ascii_digit()).then_some(CitationForm::Mark),
    }
}

/// Longest citation mark, in characters.
const MAX_MARK_CHARS: usize = 32;

/// Whether constraints are about such a text.
fn concerns(segment: &Segment<'_>) -> bool {
    matches!(segment.role, Role::User | Role::Assistant)
        && !segment.is_seam
        && !segment.text.trim().is_empty()
}

/// Whether `next` goes on in the message or answer of `first`.
fn is_one(first: &Segment<'_>, next: &Segment<'_>) -> bool {
    first.role == next.role && place(first) == place(next)
}

/// The place of a message in a conversation, or of an answer among several: a name and a number that paths begin with.
/// The content of one answer has numbers as well, which part nothing.
fn place<'p>(segment: &'p Segment<'_>) -> &'p str {
    let path = segment.path.as_str();
    let end = path.match_indices('/').nth(2).map_or(path.len(), |(at, _)| at);
    let is_part = segment.role == Role::Assistant
        && ["/content/", "/output/"].iter().any(|name| path.starts_with(name));
    if is_part { "" } else { path.get(..end).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::REGISTRY;
    use crate::segment::{Provenance, SourceMap};

    fn segment<'t>(role: Role, path: &str, text: &'t str) -> Segment<'t> {
        Segment {
            role,
            provenance: Provenance::Unknown,
            path: path.to_owned(),
            text: text.into(),
            map: SourceMap::identity(0, text.len()),
            quote: "",
            is_seam: false,
        }
    }

    fn broken(constraints: &Constraints, segments: &[Segment<'_>]) -> Vec<&'static str> {
        let findings = constraints.found(segments);
        assert!(findings.iter().all(|f| !f.range.is_empty()));
        findings.iter().map(|f| REGISTRY[usize::from(f.rule)].id).collect()
    }

    #[test]
    fn lengths_are_those_of_one_message_or_answer_in_characters() {
        let asked = Constraints {
            max_user_characters: Some(4),
            max_answer_characters: Some(4),
            ..Constraints::default()
        };
        let user = |path: &str, text| segment(Role::User, path, text);
        let model = |path: &str, text| segment(Role::Assistant, path, text);
        for (segments, expected) in [
            (vec![user("/messages/0/content", "üüüü")], vec![]),
            (vec![user("/messages/0/content", "12345")], vec!["format_user_length"]),
            (vec![user("/messages/0/content", "123"), user("/messages/1/content", "123")], vec![]),
            (
                vec![user("/messages/0/content/0/text", "123"), user("/messages/0/content/1/text", "12")],
                vec!["format_user_length"],
            ),
            (
                vec![model("/choices/0/message/content", "123"), model("/choices/1/message/content", "123")],
                vec![],
            ),
            (
                vec![model("/content/0/text", "123"), model("/content/1/text", "12")],
                vec!["format_answer_length"],
            ),
            (vec![segment(Role::System, "/messages/0/content", "12345")], vec![]),
            (vec![segment(Role::Document, "/x", "12345")], vec![]),
            (vec![], vec![]),
        ] {
            assert_eq!(broken(&asked, &segments), expected, "{segments:?}");
        }
        assert!(broken(&Constraints::default(), &[user("", "12345")]).is_empty());
    }

    #[test]
    fn answers_must_cite_in_the_forms_that_count() {
        for (forms, text, count) in [
            (vec![], "see [1], [doc2] and 【4:0†source】", 3),
            (vec![], "as [this](https://example.org/a) says[^n]", 2),
            (vec![CitationForm::Footnote], "as [this](https://example.org/a) says [1]", 0),
            (vec![CitationForm::Link], "http://a.b and xhttps://c.d and file:///x", 2),
            (vec![], "a[i] = b[] : c // [no close 1", 0),
        ] {
            for (min, is_missing) in [(count, false), (count + 1, true)] {
                let asked = Constraints {
                    min_citations: min,
                    citation_forms: forms.clone(),
                    ..Constraints::default()
                };
                let found = broken(&asked, &[segment(Role::Assistant, "", text)]);
                assert_eq!(!found.is_empty(), is_missing, "{text} {min}");
                assert!(broken(&asked, &[segment(Role::User, "", text)]).is_empty());
            }
        }
    }
}
