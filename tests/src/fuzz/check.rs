//! What must be true of every text, whatever it is: findings stand on characters of the text, in order, with a score
//! that is one; views keep their bound and map back into their text; the same text has the same findings again.

use weir_engine::detect::{Finding, REGISTRY};
use weir_engine::event::UnixMillis;
use weir_engine::limits::MAX_FINDINGS;
use weir_engine::normalize::{self, Doubtful, MAX_VIEW_GROWTH, Survey, View};
use weir_engine::segment::Role;
use weir_engine::session::Engine;

use crate::mutate::Dice;

/// Roles whose rules differ.
const ROLES: &[Role] = &[
    Role::User,
    Role::System,
    Role::Assistant,
    Role::ToolCall,
    Role::ToolResult,
    Role::ToolDefinition,
    Role::Document,
];
/// Ranges of each view that are mapped back.
const RANGES: usize = 8;

/// What is wrong with the decision about `text`.
pub fn decision(engine: &Engine, text: &str, dice: &mut Dice) -> Option<String> {
    let role = dice.pick(ROLES).copied().unwrap_or(Role::User);
    let decide = || engine.decide_text(engine.default_settings(), role, text, UnixMillis(0));
    let decided = decide();
    let wrong = findings(text, &decided.findings);
    if wrong.is_some() {
        return wrong;
    }
    if !(0.0..=1.0).contains(&decided.score) {
        return Some(format!("the score is {}", decided.score));
    }
    (dice.below(16) == 0 && decide() != decided).then(|| "the second decision differs".to_owned())
}

fn findings(text: &str, findings: &[Finding]) -> Option<String> {
    if findings.len() > MAX_FINDINGS {
        return Some(format!("{} findings", findings.len()));
    }
    let is_right = |finding: &Finding| {
        let is_text = text.get(finding.range.clone()).is_some_and(|found| !found.is_empty());
        is_text && (0.0..=1.0).contains(&finding.score) && usize::from(finding.rule) < REGISTRY.len()
    };
    if let Some(finding) = findings.iter().find(|finding| !is_right(finding)) {
        return Some(format!("a finding of {} bytes: {finding:?}", text.len()));
    }
    let is_ordered = findings.is_sorted_by_key(|finding| finding.range.start);
    (!is_ordered).then(|| "findings out of order".to_owned())
}

/// What is wrong with the views of `text`.
pub fn views(text: &str, dice: &mut Dice) -> Option<String> {
    let folded = normalize::folded(text);
    let more = [normalize::skeleton(text), normalize::tagged(text)];
    let survey = Survey::of(&folded.text);
    let mut further = normalize::decoded(&folded, &survey);
    further.extend(normalize::unspaced(&folded, &survey));
    further.extend(normalize::unleeted(&folded, &survey, Doubtful::AsI));
    further.extend(normalize::unleeted(&folded, &survey, Doubtful::AsL));
    further.extend([normalize::reversed(&folded), normalize::words_reversed(&folded)]);
    let views = std::iter::once(&folded).chain(more.iter().flatten()).chain(&further);
    views.enumerate().find_map(|(at, view)| Some(format!("view {at}: {}", wrong_view(text, view, dice)?)))
}

fn wrong_view(text: &str, view: &View<'_>, dice: &mut Dice) -> Option<String> {
    if view.text.len() > text.len().saturating_mul(MAX_VIEW_GROWTH) {
        return Some(format!("{} bytes became {}", text.len(), view.text.len()));
    }
    for _ in 0..RANGES {
        let start = view.text.floor_char_boundary(dice.below(view.text.len() + 1));
        let end = view.text.ceil_char_boundary((start + dice.below(32)).min(view.text.len()));
        let source = view.source(start..end);
        if text.get(source.clone()).is_none() {
            return Some(format!("{start}..{end} came from {source:?} of {} bytes", text.len()));
        }
    }
    None
}

/// Decides `text` as a user's, for timing.
pub fn once(engine: &Engine, text: &str) -> Option<String> {
    let decided = engine.decide_text(engine.default_settings(), Role::User, text, UnixMillis(0));
    (!decided.score.is_finite()).then(|| "the score is no number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::{mutation, seeds};

    #[test]
    fn a_few_hundred_mutated_texts_are_decided_without_fault() {
        let engine = Engine::compile("").unwrap();
        let odd = seeds::ODD.iter().map(|text| (*text).to_owned());
        let seeds: Vec<String> = seeds::of_families().unwrap().into_values().flatten().chain(odd).collect();
        for seed in 0..300 {
            let mut dice = Dice::new(seed);
            let text = mutation::text(&mut dice, &seeds);
            assert_eq!(views(&text, &mut dice), None, "seed {seed}");
            assert_eq!(decision(&engine, &text, &mut dice), None, "seed {seed}");
        }
    }
}
