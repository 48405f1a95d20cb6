//! Edits of bodies by byte span. Bytes outside a finding leave as they came: unknown fields, key order, spelling of
//! numbers, whitespace. Equal values get equal placeholders within one body (`[EMAIL_1]`).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::detect::{Family, Finding, REGISTRY};
use crate::event::HeaderEdit;
use crate::order;
use crate::policy::document::HeaderHold;
use crate::protocol::Document;
use crate::segment::{Segment, Span};
use crate::session::HeadFacts;

/// `body`, which `document` was read from, with every finding that `is_redacted` replaced by its placeholder.
pub fn redact(
    body: &[u8],
    document: &Document<'_>,
    findings: &[Finding],
    is_redacted: impl Fn(&Finding) -> bool,
) -> Vec<u8> {
    let mut placeholders = Placeholders::default();
    let mut edits: Vec<(Span, String)> = Vec::new();
    for hole in holes(findings.iter().filter(|f| is_redacted(f))) {
        let Some(segment) = document.segments.get(hole.segment) else { continue };
        let range = if segment.quote.is_empty() { hole.range } else { 0..segment.text.len() };
        let value = segment.text.get(range.clone()).unwrap_or_default();
        let placeholder = placeholders.of(hole.label, value);
        let mut text = format!("{0}{placeholder}{0}", segment.quote);
        for span in segment.map.spans(range) {
            edits.push((span, std::mem::take(&mut text)));
        }
    }
    document.carrier.apply(body, edits)
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
    let holes = holes(findings.iter().filter(|f| is_sensitive(f)));
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

/// A range of a segment to be replaced.
#[derive(Debug)]
struct Hole {
    segment: usize,
    range: Range<usize>,
    label: &'static str,
}

/// Findings as ranges, in order, overlapping ones joined under the label of the widest.
fn holes<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<Hole> {
    let mut holes: Vec<Hole> = Vec::new();
    for finding in order::by_number(findings.collect(), |f| f.place()) {
        let Ok(segment) = usize::try_from(finding.segment) else { continue };
        if let Some(last) = holes.last_mut()
            && last.segment == segment
            && finding.range.start < last.range.end
        {
            last.range.end = last.range.end.max(finding.range.end);
            continue;
        }
        let label = REGISTRY.get(usize::from(finding.rule)).map_or("REDACTED", |r| r.label);
        holes.push(Hole { segment, range: finding.range.clone(), label });
    }
    holes
}

fn is_sensitive(finding: &Finding) -> bool {
    let family = REGISTRY.get(usize::from(finding.rule)).map(|r| r.family);
    matches!(family, Some(Family::Pii | Family::Secret))
}

/// Numbers distinct values of each label, so that the reader can still tell them apart.
#[derive(Default)]
struct Placeholders {
    seen: BTreeMap<(&'static str, String), usize>,
    counts: BTreeMap<&'static str, usize>,
}

impl Placeholders {
    fn of(&mut self, label: &'static str, value: &str) -> String {
        let number = self.seen.entry((label, value.to_owned())).or_insert_with(|| {
            let count = self.counts.entry(label).or_insert(0);
            *count += 1;
            *count
        });
        format!("[{label}_{number}]")
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
