//! Findings as they come -> findings as they are reported: one finding per rule and place, nothing reported twice by
//! rules of one family, at most [`MAX_FINDINGS`]. It never looks at text.

use std::collections::BTreeMap;

use super::{Family, Finding, REGISTRY};
use crate::limits::MAX_FINDINGS;
use crate::order;

/// The findings of a scan, as they come.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Finding>,
    /// How often the list has grown. INVARIANT: `made >= list.len()`.
    made: usize,
    /// Whether some were dropped for want of room. INVARIANT: from then on `list.len() >= MAX_FINDINGS`, so that the
    /// result is full and says that there were more.
    is_cut: bool,
}

impl Findings {
    /// Adds a finding; what its rule found at the same place, in this view or another, becomes one finding.
    pub fn add(&mut self, new: Finding) {
        let mut near = self.list.iter_mut().rev().take(NEAR_FINDINGS);
        if let Some(old) = near.find(|old| touch(old, &new)) {
            merge(old, &new);
            return;
        }
        self.list.push(new);
        self.made += 1;
        if self.list.len() >= 2 * MAX_FINDINGS {
            self.compact();
        }
    }

    /// How many findings were made of what was added. Up to [`MAX_FINDINGS`] of them none is dropped for want of room, and
    /// those of each segment are settled as if there were no other segment.
    pub fn made(&self) -> usize {
        self.made
    }

    /// Drops what is covered, keeps the strongest, in order of segment and position.
    pub fn settle(mut self) -> Vec<Finding> {
        self.compact();
        self.list
    }

    fn compact(&mut self) {
        self.list = sorted(std::mem::take(&mut self.list));
        // A list that has been cut stays full, even if the rest is covered: what is gone may not have been.
        if !self.is_cut {
            self.list = without_covered(std::mem::take(&mut self.list));
        }
        self.is_cut |= self.list.len() > MAX_FINDINGS;
        keep_strongest(&mut self.list);
    }
}

/// Whether a rule found the same thing twice.
fn touch(old: &Finding, new: &Finding) -> bool {
    let is_same = old.rule == new.rule && old.segment == new.segment;
    is_same && old.range.start <= new.range.end && new.range.start <= old.range.end
}

/// Makes `new` part of `old`. What is found with less undone needs no more.
fn merge(old: &mut Finding, new: &Finding) {
    old.range = old.range.start.min(new.range.start)..old.range.end.max(new.range.end);
    old.score = old.score.max(new.score);
    if new.transforms.count() < old.transforms.count() {
        old.transforms = new.transforms;
    }
}

/// How many of the latest findings may be the same one again.
const NEAR_FINDINGS: usize = 16;

/// `findings`, which are in order, without those that others make redundant.
fn without_covered(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings {
        while kept.last().is_some_and(|last| covers(&finding, last)) {
            kept.pop();
        }
        let mut near = kept.iter_mut().rev().take(NEAR_FINDINGS);
        match near.find(|k| touch(k, &finding) || covers(k, &finding)) {
            Some(same) if same.rule == finding.rule => merge(same, &finding),
            Some(_) => {}
            None => kept.push(finding),
        }
    }
    kept
}

/// Whether `a` makes `b` redundant: `b` lies within it, both are data of one family, and `a`'s rule comes first in the
/// registry. Each family has its own action in the policy, so a secret that is let through must not take the
/// personal data inside it along. Ranges that only overlap both stay, since redacting one would leave part of the other.
fn covers(a: &Finding, b: &Finding) -> bool {
    let is_data = matches!(family(a), Some(Family::Secret | Family::Pii));
    let is_within = a.segment == b.segment && a.range.start <= b.range.start && b.range.end <= a.range.end;
    is_data && family(a) == family(b) && is_within && a.rule <= b.rule
}

/// Keeps the strongest of every family in turn, so that no family can be drowned by another.
fn keep_strongest(findings: &mut Vec<Finding>) {
    if findings.len() <= MAX_FINDINGS {
        return;
    }
    let strongest = order::by_number(std::mem::take(findings), |f| order::descending(f.score));
    let mut taken: BTreeMap<Option<Family>, u128> = BTreeMap::new();
    let mut ranked: Vec<(u128, Finding)> = Vec::with_capacity(strongest.len());
    for finding in strongest {
        let rank = taken.entry(family(&finding)).or_default();
        *rank += 1;
        ranked.push((*rank, finding));
    }
    let by_rank = order::by_number(ranked, |(rank, _)| *rank);
    let kept = by_rank.into_iter().take(MAX_FINDINGS).map(|(_, finding)| finding).collect();
    *findings = sorted(kept);
}

fn family(finding: &Finding) -> Option<Family> {
    REGISTRY.get(usize::from(finding.rule)).map(|rule| rule.family)
}

/// In order of segment and position, the longer one first, then by rule.
fn sorted(findings: Vec<Finding>) -> Vec<Finding> {
    order::by_number(findings, |f| f.place() << 16 | u128::from(f.rule))
}
