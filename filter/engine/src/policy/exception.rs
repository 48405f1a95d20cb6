//! Exceptions from what a family's setting says: single rules that are switched off, believed from another score or answered
//! in another way, for everybody or for some sources. The first exception of a list that is about a finding applies.
//! Lists form a lattice, as settings do: under several lists the strictest answer stands.

use std::sync::Arc;

use super::document::ExceptionDocument;
use super::settings::PerDirection;
use crate::detect::{Finding, REGISTRY};
use crate::event::Direction;
use crate::segment::{Provenance, Role};
use crate::wire::decision::Action;

/// An exception, compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Exception {
    /// Registry indices, in order.
    rules: Vec<u16>,
    /// Empty for all.
    roles: Vec<Role>,
    /// Empty for all.
    provenance: Vec<Provenance>,
    /// Findings below do not count; above 1 none does.
    least_score: f32,
    /// In place of what the family says, where there is one.
    actions: PerDirection<Option<Action>>,
}

/// The exceptions of some settings: several lists, of which each could apply.
#[derive(Clone, Debug, PartialEq)]
pub struct Exceptions {
    /// All lists of the policy. The one at 0 is empty.
    lists: Arc<[Vec<Exception>]>,
    /// Which could apply, in order.
    active: Vec<u16>,
}

impl Exceptions {
    /// No exceptions.
    pub fn none() -> Self {
        Self { lists: Arc::from([]), active: vec![0] }
    }

    /// The list `active` of `lists`.
    pub fn of(lists: &Arc<[Vec<Exception>]>, active: usize) -> Self {
        let is_empty = lists.get(active).is_none_or(Vec::is_empty);
        let active = if is_empty { 0 } else { u16::try_from(active).unwrap_or_default() };
        Self { lists: Arc::clone(lists), active: vec![active] }
    }

    /// Whether `finding` counts.
    pub fn heed(&self, finding: &Finding) -> bool {
        self.each(finding).any(|exception| exception.is_none_or(|e| finding.score >= e.least_score))
    }

    /// What is done about `finding` in `direction`, where its family says `otherwise`.
    pub fn action(&self, finding: &Finding, direction: Direction, otherwise: Action) -> Action {
        let actions =
            self.each(finding).map(|e| e.and_then(|e| e.actions.of(direction)).unwrap_or(otherwise));
        actions.max().unwrap_or(otherwise)
    }

    /// Whether `finding` is counted and nothing else.
    pub fn only_count(&self, finding: &Finding, direction: Direction) -> bool {
        self.each(finding).all(|e| e.is_some_and(|e| e.actions.of(direction) == Some(Action::Allow)))
    }

    /// Whether `is` holds for any action in `direction`, with a rule that it is about.
    pub fn any(&self, direction: Direction, is: impl Fn(u16, Action) -> bool) -> bool {
        let lists = self.active.iter().filter_map(|list| self.lists.get(usize::from(*list)));
        lists.flatten().any(|exception| {
            let action = exception.actions.of(direction);
            action.is_some_and(|action| exception.rules.iter().any(|rule| is(*rule, action)))
        })
    }

    /// At least as strict as both.
    #[must_use]
    pub fn tighten(&self, other: &Self) -> Self {
        let lists = if self.lists.is_empty() { &other.lists } else { &self.lists };
        let mut active = self.active.clone();
        for list in &other.active {
            if let Err(at) = active.binary_search(list) {
                active.insert(at, *list);
            }
        }
        Self { lists: Arc::clone(lists), active }
    }

    /// For each list, its exception about `finding`.
    fn each(&self, finding: &Finding) -> impl Iterator<Item = Option<&Exception>> {
        self.active.iter().map(|list| {
            let list = self.lists.get(usize::from(*list))?;
            list.iter().find(|exception| exception.concerns(finding))
        })
    }

    #[cfg(test)]
    pub(super) fn covers(&self, other: &Self) -> bool {
        other.active.iter().all(|list| self.active.contains(list))
    }
}

impl Exception {
    /// Compiles what a document says.
    pub fn new(document: &ExceptionDocument) -> Self {
        let is_off = document.enabled == Some(false);
        Self {
            rules: rules(&document.rules),
            roles: document.roles.clone(),
            provenance: document.provenance.clone(),
            least_score: if is_off { f32::INFINITY } else { document.least_score.unwrap_or_default() },
            actions: PerDirection { request: document.request, response: document.response },
        }
    }

    fn concerns(&self, finding: &Finding) -> bool {
        self.rules.binary_search(&finding.rule).is_ok()
            && (self.roles.is_empty() || self.roles.contains(&finding.role))
            && (self.provenance.is_empty() || self.provenance.contains(&finding.provenance))
    }
}

/// Indices of the rules with these ids, in order. `pii_us_*` is every id that begins so.
pub(super) fn rules(ids: &[String]) -> Vec<u16> {
    let is_named = |id: &str| ids.iter().any(|name| names(name, id));
    (0..u16::MAX).zip(REGISTRY).filter(|(_, rule)| is_named(rule.id)).map(|(index, _)| index).collect()
}

/// Whether `name` is the id, or begins it and ends in `*`.
pub(super) fn names(name: &str, id: &str) -> bool {
    name.strip_suffix('*').map_or(name == id, |stem| id.starts_with(stem))
}
