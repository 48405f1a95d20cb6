//! One score for each segment, from everything that speaks for it: rules, disguises and the classifier. This is the one
//! place where evidence is added up; thresholds and actions are elsewhere.
//!
//! The pieces of evidence are taken as independent (noisy-or): each leaves a share of the doubt there was,
//!
//! ```text
//! score = 1 - (1 - disguise) * product over the rules that found something of (1 - score of the rule)
//! ```
//!
//! - A rule counts once, with its strongest finding: who repeats himself is no more dangerous.
//! - The classifier is a rule like any other, whose score is its evidence: 0.5 to 0.6 (decision 0009). So alone it reaches
//!   the judge and never a block of the presets, and beside a rule of 0.6 it tips the scale.
//! - `disguise` is 0.3 where one transform that hides a text and serves nothing else (base64, ROT13, leetspeak, letters
//!   apart, tags, look-alikes) had to be undone to see what a rule found, 0.5 where two or more had to be. Without a rule
//!   it is nothing: much base64 is harmless, and the classifier is not asked to vouch for disguises.
//!
//! Segments are not added up, or every long conversation would cross the threshold in the end.

use super::decide::family_of;
use super::settings::Settings;
use crate::detect::{Family, Finding};
use crate::event::Direction;
use crate::segment::Role;

/// What speaks for a family in one segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SegmentScore {
    /// Who speaks in it.
    pub role: Role,
    /// 0.0 to 1.0.
    pub score: f32,
}

/// The score of every segment in which `family` found something. `findings` are in order of segment; what the policy only
/// counts is no evidence.
pub fn by_segment(
    settings: &Settings,
    direction: Direction,
    findings: &[Finding],
    family: Family,
) -> Vec<SegmentScore> {
    let mut scores = Vec::new();
    for segment in findings.chunk_by(|a, b| a.segment == b.segment) {
        let counts = |f: &&Finding| family_of(f) == Some(family);
        let mut evidence: Vec<&Finding> = segment.iter().filter(counts).collect();
        evidence.retain(|finding| !settings.exceptions.only_count(finding, direction));
        if let Some(first) = evidence.first() {
            scores.push(SegmentScore { role: first.role, score: combined(&evidence) });
        }
    }
    scores
}

/// The formula above, over the findings of one segment.
fn combined(findings: &[&Finding]) -> f32 {
    let mut rules: Vec<(u16, f32)> = Vec::new();
    let mut disguises = 0;
    for finding in findings {
        match rules.iter_mut().find(|(rule, _)| *rule == finding.rule) {
            Some((_, score)) => *score = score.max(finding.score),
            None => rules.push((finding.rule, finding.score)),
        }
        if !finding.is_classified() {
            disguises = disguises.max(finding.transforms.disguises());
        }
    }
    let disguise = match disguises {
        0 => 0.0,
        1 => ONE_DISGUISE,
        _ => MORE_DISGUISES,
    };
    1.0 - rules.iter().fold(1.0 - disguise, |doubt, (_, score)| doubt * (1.0 - score))
}

/// What a transform says that had to be undone.
const ONE_DISGUISE: f32 = 0.3;
/// Two of them happen to nobody by chance.
const MORE_DISGUISES: f32 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::REGISTRY;
    use crate::normalize::Transforms;
    use crate::policy::document::Tier;
    use crate::policy::preset::preset;
    use crate::segment::Provenance;

    fn finding(id: &str, segment: u32, score: f32, transforms: Transforms) -> Finding {
        let rule = REGISTRY.iter().position(|rule| rule.id == id).unwrap();
        let (rule, role, provenance) = (u16::try_from(rule).unwrap(), Role::User, Provenance::User);
        Finding { rule, segment, role, provenance, range: 0..1, score, list: None, transforms }
    }

    fn check(findings: &[(&str, u32, f32, Transforms)], expected: &[f32]) {
        let findings: Vec<_> =
            findings.iter().map(|(id, at, score, t)| finding(id, *at, *score, *t)).collect();
        let settings = preset(Tier::Medium);
        let scores = by_segment(&settings, Direction::Request, &findings, Family::Injection);
        let scores: Vec<f32> = scores.iter().map(|s| (s.score * 1000.0).round() / 1000.0).collect();
        assert_eq!(scores, expected, "{findings:?}");
    }

    const PLAIN: Transforms = Transforms::NONE;
    const RULE: &str = "injection_override";
    const OTHER: &str = "injection_override_weak";
    const CLASSIFIER: &str = "injection_classifier_user";

    #[test]
    fn distinct_rules_of_one_segment_add_up_and_segments_do_not() {
        check(&[], &[]);
        check(&[(RULE, 0, 0.5, PLAIN), (OTHER, 0, 0.5, PLAIN)], &[0.75]);
        check(&[(RULE, 0, 0.5, PLAIN), (OTHER, 1, 0.5, PLAIN)], &[0.5, 0.5]);
        check(&[(RULE, 0, 0.5, PLAIN), ("pii_email", 0, 1.0, PLAIN)], &[0.5]);
    }

    #[test]
    fn a_weak_finding_in_front_shields_nothing() {
        check(&[(RULE, 0, 0.3, PLAIN), (RULE, 0, 0.7, PLAIN), (RULE, 0, 0.7, PLAIN)], &[0.7]);
    }

    #[test]
    fn a_disguise_is_evidence_of_its_own_and_ordinary_spelling_is_none() {
        let (once, twice) = (Transforms::BASE64, Transforms::BASE64 | Transforms::LEET);
        check(&[(RULE, 0, 0.5, once)], &[0.65]);
        check(&[(RULE, 0, 0.5, twice)], &[0.75]);
        check(&[(RULE, 0, 0.5, once), (OTHER, 0, 0.5, once)], &[0.825]);
        check(&[(RULE, 0, 0.5, Transforms::ESCAPE | Transforms::PERCENT)], &[0.5]);
    }

    #[test]
    fn the_classifier_vouches_for_no_disguise() {
        check(&[(CLASSIFIER, 0, 0.6, Transforms::BASE64 | Transforms::ROT13)], &[0.6]);
        check(&[(CLASSIFIER, 0, 0.6, Transforms::BASE64), (RULE, 0, 0.5, PLAIN)], &[0.8]);
    }
}
