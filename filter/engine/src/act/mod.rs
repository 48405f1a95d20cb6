//! Turns decisions into effects: byte-span edits ([`edit`]) that [`mask`], replace by a [`token`] or [`restore`]; refusals ([`refuse`]), questions ([`ask`]) and events
//! ([`record`]). It carries decisions out and never makes one.

pub mod ask;
pub mod edit;
pub mod mask;
pub mod record;
pub mod refuse;
pub(crate) mod restore;
pub mod token;

use crate::detect::{Finding, REGISTRY};
use crate::limits::MAX_EVENT_FINDINGS;
use crate::order;
use crate::policy::Settings;
use crate::policy::action::sha256_hex;
use crate::protocol::Document;
use crate::wire::decision::{Coverage, FindingRecord};

/// What an inspection leaves behind once the body is gone: enough for every later event, and no content.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What was looked at.
    pub coverage: Coverage,
    /// Strongest findings first, capped.
    pub findings: Vec<FindingRecord>,
    /// Findings in all.
    pub findings_total: u32,
    /// Length of the body, in bytes.
    pub body_bytes: u64,
    /// SHA-256 of the body, hex; empty when nothing was found.
    pub body_sha256: String,
}

impl Evidence {
    /// The evidence of an inspected body.
    pub fn of(document: &Document<'_>, findings: &[Finding], body: &[u8], settings: &Settings) -> Self {
        let path = |segment: u32| Some(document.segments.get(usize::try_from(segment).ok()?)?.path.as_str());
        let body_bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let evidence = Self::found(document.coverage.clone(), &path, findings, body_bytes, settings);
        let body_sha256 = if findings.is_empty() { String::new() } else { sha256_hex(body) };
        Self { body_sha256, ..evidence }
    }

    /// The evidence of a body that nobody has whole: it has no hash. `path` is where a segment stands.
    pub(crate) fn found<'p>(
        coverage: Coverage,
        path: &dyn Fn(u32) -> Option<&'p str>,
        findings: &[Finding],
        body_bytes: u64,
        settings: &Settings,
    ) -> Self {
        let record = |finding: &Finding| finding_record(path(finding.segment)?, finding, settings);
        let mut strongest =
            order::by_number(findings.iter().collect(), |f: &&Finding| order::descending(f.score));
        strongest.truncate(MAX_EVENT_FINDINGS);
        Self {
            coverage,
            findings: strongest.into_iter().filter_map(record).collect(),
            findings_total: u32::try_from(findings.len()).unwrap_or(u32::MAX),
            body_bytes,
            body_sha256: String::new(),
        }
    }
}

fn finding_record(path: &str, finding: &Finding, settings: &Settings) -> Option<FindingRecord> {
    let rule = REGISTRY.get(usize::from(finding.rule))?;
    Some(FindingRecord {
        rule: settings.rule_name(finding)?.to_owned(),
        rule_version: rule.version.into(),
        path: without_content(path),
        start: finding.range.start,
        end: finding.range.end,
        score: finding.score,
        view: finding.transforms.names().map(str::to_owned).collect(),
        owasp: rule.owasp.iter().map(|id| (*id).to_owned()).collect(),
    })
}

/// A path as it may be written down. Names of fields stay; a key that is not written as programs name fields may be
/// anything (an address, a card, a key that opens something) and becomes `*`.
fn without_content(path: &str) -> String {
    let (pointer, end) = path.strip_suffix('#').map_or((path, ""), |pointer| (pointer, "#"));
    let tokens: Vec<&str> = pointer.split('/').map(|t| if is_field_name(t) { t } else { "*" }).collect();
    tokens.join("/") + end
}

/// Whether this is an index or a name as programs write them: letters, few digits, begun by a small letter.
fn is_field_name(token: &str) -> bool {
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let is_plain = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_index = digits == token.len() && digits <= MAX_INDEX_DIGITS;
    let is_name = token.len() <= MAX_FIELD_NAME_BYTES && digits <= MAX_NAME_DIGITS;
    is_index || (is_plain && is_name && token.starts_with(|c: char| c.is_ascii_lowercase()))
}

const MAX_INDEX_DIGITS: usize = 6;
const MAX_NAME_DIGITS: usize = 3;
const MAX_FIELD_NAME_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::without_content;

    #[test]
    fn paths_in_events_name_fields_and_nothing_else() {
        for (path, written) in [
            ("/messages/0/content", "/messages/0/content"),
            (
                "/choices/12/delta/tool_calls/0/function/arguments/toAddress",
                "/choices/12/delta/tool_calls/0/function/arguments/toAddress",
            ),
            ("/system/1/cache_control#", "/system/1/cache_control#"),
            ("comment", "comment"),
            ("", ""),
            ("/jane.doe@example.org/x", "/*/x"),
            ("/John Public", "/*"),
            ("/4111111111111111#", "/*#"),
            ("/AKIAQ3EGRT7LP2WXN5VB", "/*"),
            ("/ghp_16C7e42F292c6912E7710c838347Ae178B4a/a~1b/", "/*/*/"),
        ] {
            assert_eq!(without_content(path), written);
        }
    }
}
