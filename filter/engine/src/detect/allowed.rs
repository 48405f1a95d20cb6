//! Allow lists: texts that a policy declares harmless. A finding that lies within one of them does not count; one that
//! reaches beyond it does, so that nothing is smuggled in beside an allowed text. Only plain text is allowed: what had to
//! be decoded to be found stays found. It looks at segments with findings alone, and knows no actions.

use aho_corasick::nfa::contiguous::NFA;

use super::scan::{self, Edges};
use super::{Finding, folded_term};
use crate::normalize;
use crate::segment::{Provenance, Role, Segment};

/// One list.
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    /// Its texts: whole words, without case or accents.
    pub terms: Vec<String>,
    /// Registry indices of the rules it is about, in order; empty for all.
    pub rules: Vec<u16>,
    /// Who says it; empty for everybody.
    pub roles: Vec<Role>,
    /// Where it came from; empty for anywhere.
    pub provenance: Vec<Provenance>,
}

/// All allow lists of a policy, compiled.
#[derive(Debug, Default)]
pub struct Allowed {
    automaton: Option<NFA>,
    /// Length and list of each term.
    terms: Vec<(usize, usize)>,
    lists: Vec<AllowList>,
}

impl Allowed {
    /// Compiles `lists`.
    ///
    /// # Errors
    /// When they are too large together.
    pub fn new(lists: &[AllowList]) -> Result<Self, String> {
        let (mut texts, mut terms) = (Vec::new(), Vec::new());
        for (index, list) in lists.iter().enumerate() {
            for term in &list.terms {
                let text = folded_term(term);
                terms.push((text.len(), index));
                texts.push(text);
            }
        }
        let patterns: Vec<&str> = texts.iter().map(String::as_str).collect();
        let automaton = if patterns.is_empty() { None } else { Some(scan::automaton(&patterns)?) };
        Ok(Self { automaton, terms, lists: lists.to_vec() })
    }

    /// `findings` of `segments`, in order, without those that lie within allowed texts.
    #[inline(never)]
    pub fn without(&self, segments: &[Segment<'_>], findings: Vec<Finding>) -> Vec<Finding> {
        let Some(automaton) = &self.automaton else { return findings };
        let mut is_allowed = vec![false; findings.len()];
        let mut from = 0;
        for group in findings.chunk_by(|a, b| a.segment == b.segment) {
            let marks = is_allowed.get_mut(from..from + group.len()).unwrap_or_default();
            from += group.len();
            let index = group.first().and_then(|f| usize::try_from(f.segment).ok());
            if let Some(segment) = index.and_then(|index| segments.get(index)) {
                self.mark(automaton, segment, group, marks);
            }
        }
        let kept = findings.into_iter().zip(is_allowed).filter(|(_, is_allowed)| !is_allowed);
        kept.map(|(finding, _)| finding).collect()
    }

    /// Marks the `findings` of `segment` that lie within allowed texts. A term is short, so few of them begin in it.
    fn mark(&self, automaton: &NFA, segment: &Segment<'_>, findings: &[Finding], marks: &mut [bool]) {
        let view = normalize::folded(segment.text.as_ref());
        scan::find(automaton, view.text.as_bytes(), &mut |pattern, end| {
            let Some((len, list)) = self.terms.get(pattern) else { return };
            let (range, Some(list)) = (end.saturating_sub(*len)..end, self.lists.get(*list)) else { return };
            if !Edges::Word.fit(&view.text, &range) {
                return;
            }
            let range = view.source(range);
            let first = findings.partition_point(|f| f.range.start < range.start);
            let rest = findings.iter().zip(marks.iter_mut()).skip(first);
            for (finding, mark) in rest.take_while(|(f, _)| f.range.start < range.end) {
                *mark |= finding.range.end <= range.end && list.concerns(finding);
            }
        });
    }
}

impl AllowList {
    fn concerns(&self, finding: &Finding) -> bool {
        finding.transforms.disguises() == 0
            && (self.rules.is_empty() || self.rules.binary_search(&finding.rule).is_ok())
            && (self.roles.is_empty() || self.roles.contains(&finding.role))
            && (self.provenance.is_empty() || self.provenance.contains(&finding.provenance))
    }
}
