//! Edits of bodies by byte span. Bytes outside a finding leave as they came: unknown fields, key order, spelling of
//! numbers, whitespace. Equal values get equal placeholders: within one body when they are redacted (`[EMAIL_1]`), always
//! when they are tokenised.

use std::borrow::Cow;
use std::ops::Range;

use super::mask;
use super::token::{NoPlaceholder, Tokens};
use crate::detect::{Family, Finding, REGISTRY};
use crate::event::{HeaderEdit, Refusal};
use crate::order;
use crate::policy::document::HeaderHold;
use crate::protocol::carrier::Edit;
use crate::segment::Segment;
use crate::session::HeadFacts;
use crate::wire::decision::Action;

/// The edits that replace every finding for which `action_on` is one that edits. `placeholders` are those that the message
/// has so far.
///
/// # Errors
/// When a value cannot have the placeholder it must have.
#[inline(never)]
pub fn replacements(
    segments: &[Segment<'_>],
    findings: &[Finding],
    action_on: &dyn Fn(&Finding) -> Action,
    placeholders: &mut Placeholders,
    tokens: &mut Tokens,
) -> Result<Vec<Edit>, NoPlaceholder> {
    let mut edits = Vec::new();
    let edited = findings.iter().map(|f| (f, action_on(f))).filter(|(_, action)| action.is_edit());
    for hole in holes(edited.collect()) {
        let Some(segment) = segments.get(hole.segment) else { continue };
        let range = if segment.quote.is_empty() { hole.range } else { 0..segment.text.len() };
        let value = segment.text.get(range.clone()).unwrap_or_default();
        let replacement = match hole.action {
            Action::Mask => mask::masked(value),
            Action::Tokenise => tokens.placeholder(hole.label, value)?,
            _ => placeholders.of(hole.label, value),
        };
        let mut text = format!("{0}{replacement}{0}", segment.quote);
        for span in segment.map.spans(range) {
            edits.push((span, std::mem::take(&mut text)));
        }
    }
    Ok(edits)
}

/// A text with placeholders in it.
#[derive(Debug)]
pub struct Masked<'s> {
    /// The text.
    pub text: Cow<'s, str>,
    holes: Vec<Hole>,
}

/// A segment's text with personal data and secrets masked by their label, for readers other than the upstream.
/// `findings` are those of the segment.
pub fn masked<'s>(segment: &'s Segment<'_>, findings: &[Finding]) -> Masked<'s> {
    let sensitive = findings.iter().filter(|f| is_sensitive(f));
    let holes = holes(sensitive.map(|f| (f, Action::Redact)).collect());
    if holes.is_empty() {
        return Masked { text: Cow::Borrowed(segment.text.as_ref()), holes };
    }
    let mut text = String::with_capacity(segment.text.len());
    let mut at = 0;
    for hole in &holes {
        text.push_str(segment.text.get(at..hole.range.start).unwrap_or_default());
        text.push_str(&format!("[{}]", hole.label));
        at = hole.range.end;
    }
    text.push_str(segment.text.get(at..).unwrap_or_default());
    Masked { text: Cow::Owned(text), holes }
}

impl Masked<'_> {
    /// Where the byte `at` of the segment's text stands now.
    pub fn position(&self, at: usize) -> usize {
        let mut position = at;
        for hole in self.holes.iter().take_while(|hole| hole.range.start < at) {
            let covered = hole.range.end.min(at) - hole.range.start;
            position = position + hole.label.len() + "[]".len() - covered;
        }
        position
    }
}

/// The findings of one segment. Findings are in order of segment.
pub fn of_segment(findings: &[Finding], index: usize) -> &[Finding] {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    let start = findings.partition_point(|f| f.segment < index);
    let end = findings.partition_point(|f| f.segment <= index);
    findings.get(start..end).unwrap_or_default()
}

/// The finding of the injection family with the highest score.
pub fn strongest_injection(findings: &[Finding]) -> Option<&Finding> {
    let family = |f: &Finding| REGISTRY.get(usize::from(f.rule)).map(|rule| rule.family);
    let injection = findings.iter().filter(|f| family(f) == Some(Family::Injection));
    injection.max_by(|a, b| a.score.total_cmp(&b.score))
}

/// Header edits that go with a replaced body of `length` bytes. Under `continue` they were made at the headers.
pub(crate) fn header_edits(facts: &HeadFacts, hold: HeaderHold, length: usize) -> Vec<HeaderEdit> {
    if hold == HeaderHold::Continue {
        return Vec::new();
    }
    let length = facts.content_length.map(|_| HeaderEdit::Set("content-length", length.to_string()));
    let digests = facts.digests.iter().map(|name| HeaderEdit::Remove((*name).to_owned()));
    length.into_iter().chain(digests).collect()
}

/// Header edits that make a later change of the body possible while the headers cannot be held: a surplus byte
/// behind an old content-length would be the next request to the upstream.
pub(crate) fn unlock_length(facts: &HeadFacts) -> Vec<HeaderEdit> {
    let length = facts.content_length.map(|_| HeaderEdit::Remove("content-length".to_owned()));
    let digests = facts.digests.iter().map(|name| HeaderEdit::Remove((*name).to_owned()));
    length.into_iter().chain(digests).collect()
}

/// Header edits that make an answer of the proxy's own one of ours.
pub(crate) fn reworded(refusal: &Refusal) -> Vec<HeaderEdit> {
    let length = ("content-length", refusal.body.len().to_string());
    let all = refusal.headers.iter().cloned().chain([length]);
    all.map(|(name, value)| HeaderEdit::Set(name, value)).collect()
}

/// A range of a segment to be replaced.
#[derive(Debug)]
struct Hole {
    segment: usize,
    range: Range<usize>,
    label: &'static str,
    action: Action,
}

/// Findings as ranges, in order, overlapping ones joined under the label of the widest and the strictest action.
fn holes(findings: Vec<(&Finding, Action)>) -> Vec<Hole> {
    let mut holes: Vec<Hole> = Vec::new();
    for (finding, action) in order::by_number(findings, |(f, _)| f.place()) {
        let Ok(segment) = usize::try_from(finding.segment) else { continue };
        if let Some(last) = holes.last_mut()
            && last.segment == segment
            && finding.range.start < last.range.end
        {
            last.range.end = last.range.end.max(finding.range.end);
            last.action = last.action.max(action);
            continue;
        }
        let label = REGISTRY.get(usize::from(finding.rule)).map_or("REDACTED", |r| r.label);
        holes.push(Hole { segment, range: finding.range.clone(), label, action });
    }
    holes
}

fn is_sensitive(finding: &Finding) -> bool {
    let family = REGISTRY.get(usize::from(finding.rule)).map(|r| r.family);
    matches!(family, Some(Family::Pii | Family::Secret))
}

/// Numbers distinct values of each label, so that the reader can still tell them apart. INVARIANT: there are no more than
/// findings, which are few, so that they can be looked through.
#[derive(Debug, Default)]
pub struct Placeholders {
    seen: Vec<(&'static str, String)>,
}

impl Placeholders {
    fn of(&mut self, label: &'static str, value: &str) -> String {
        let mut count = 0;
        for (_, seen) in self.seen.iter().filter(|(other, _)| *other == label) {
            count += 1;
            if seen == value {
                return format!("[{label}_{count}]");
            }
        }
        self.seen.push((label, value.to_owned()));
        format!("[{label}_{}]", count + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_get_equal_placeholders() {
        let mut placeholders = Placeholders::default();
        assert_eq!(placeholders.of("EMAIL", "a@b.c"), "[EMAIL_1]");
        assert_eq!(placeholders.of("EMAIL", "d@e.f"), "[EMAIL_2]");
        assert_eq!(placeholders.of("EMAIL", "a@b.c"), "[EMAIL_1]");
        assert_eq!(placeholders.of("IBAN", "a@b.c"), "[IBAN_1]");
    }
}
