//! Prompt injection: text that speaks to the model as if it were its operator. One file for each way to take over;
//! scores say how seldom ordinary text uses the same words: from 0.8 on hardly ever, below 0.5 only in company.

mod addressed;
mod extraction;
mod forced_output;
mod fragments;
mod hidden_markup;
mod invisible;
mod overriding;
mod template;
mod tool_hijack;

use super::{Family, Matcher, Roles, Rule, Severity, UNTRUSTED};
use crate::segment::Role;

/// Roles whose text comes from outside the conversation.
const OUTSIDE: Roles =
    Roles::of(&[Role::ToolResult, Role::Document, Role::AgentMessage, Role::ToolDefinition]);
/// Untrusted roles and tool definitions.
const INSTRUCTED: Roles =
    Roles::of(&[Role::User, Role::ToolResult, Role::Document, Role::AgentMessage, Role::ToolDefinition]);

/// What rules of this family have in common.
const INJECTION: Rule = Rule {
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
    roles: INSTRUCTED,
    #[cfg(test)]
    hits: &[],
    #[cfg(test)]
    misses: &[],
    matcher: Matcher::Phrases(&[]),
};

/// The family's rules, in order of precedence.
pub(super) const RULES: &[&Rule] = &[
    &overriding::OVERRIDE,
    &overriding::OVERRIDE_WEAK,
    &overriding::OVERRIDE_OUTSIDE,
    &overriding::OVERRIDE_FOREIGN,
    &overriding::OVERRIDE_FOREIGN_WEAK,
    &overriding::NEW_TASK,
    &overriding::NEW_TASK_FOREIGN,
    &extraction::PROMPT_EXTRACTION,
    &extraction::PROMPT_EXTRACTION_WEAK,
    &extraction::PROMPT_EXTRACTION_FOREIGN,
    &template::CHAT_TEMPLATE,
    &template::CHAT_TEMPLATE_OUTSIDE,
    &forced_output::FORCED_OUTPUT,
    &forced_output::FORCED_OUTPUT_OUTSIDE,
    &addressed::TO_THE_ASSISTANT,
    &addressed::TO_THE_ASSISTANT_FOREIGN,
    &addressed::AUTHORITY,
    &tool_hijack::BEHIND_THE_USER,
    &tool_hijack::BEHIND_THE_USER_FOREIGN,
    &tool_hijack::TOOL_ORDER,
    &tool_hijack::AGENT_ACTION,
    &tool_hijack::AGENT_ACTION_WEAK,
    &tool_hijack::IMPORTANT_TAG,
    &hidden_markup::HIDDEN_MARKUP,
    &fragments::PAYLOAD_SPLIT,
    &fragments::PAYLOAD_JOIN,
    &fragments::MANY_SHOT,
    &fragments::ADVERSARIAL_SUFFIX,
    &invisible::INVISIBLE_TEXT,
];
