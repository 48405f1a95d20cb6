//! Jailbreaks: text that talks the model out of its own limits by a persona, a promise or a threat.

mod persona;
mod refusal;
mod unrestricted;

use super::{Family, Matcher, Roles, Rule, Severity};
use crate::segment::Role;

/// What rules of this file have in common.
const JAILBREAK: Rule = Rule {
    id: "",
    version: 1,
    #[cfg(test)]
    description: "",
    family: Family::Injection,
    pack: "",
    severity: Severity::High,
    score: 0.9,
    label: "",
    owasp: &["LLM01:2025", "ASI01:2026"],
    #[cfg(test)]
    controls: &["GR-IN-01", "PG-1.1"],
    roles: Roles::of(&[Role::User, Role::ToolResult, Role::Document, Role::AgentMessage]),
    #[cfg(test)]
    hits: &[],
    #[cfg(test)]
    misses: &[],
    matcher: Matcher::Phrases(&[]),
};

/// The family's rules, in order of precedence.
pub(super) const RULES: &[&Rule] = &[
    &persona::PERSONA,
    &unrestricted::UNRESTRICTED,
    &unrestricted::UNRESTRICTED_WEAK,
    &unrestricted::EXEMPTION,
    &unrestricted::UNRESTRICTED_FOREIGN,
    &refusal::REFUSAL_SUPPRESSION,
    &refusal::REFUSAL_SUPPRESSION_FOREIGN,
    &refusal::AMORAL,
    &persona::IN_CHARACTER,
    &persona::PERSONA_FOREIGN,
];
