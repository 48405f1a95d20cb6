//! The tier presets: what each AIRS risk tier means when a policy says nothing else. One table, read top to bottom;
//! every tier is at least as strict as the one before it, and a test proves that. Numbers without a source in AIRS
//! are ours and marked so.

use std::sync::Arc;

use super::document::{
    AfterBlock, JudgeTiming, Mode, Preset, RefusalShape, StreamMode, Tier, Unavailable, Unscannable,
};
use super::exception::Exceptions;
use super::settings::{
    Fallback, Format, Injection, Judge, LayerMode, Layers, Output, PerDirection, RefusalSettings, Settings,
    Streams, Thresholds,
};
use crate::detect::packs;
use crate::limits::DEFAULT_BODY_BYTES;
use crate::wire::decision::Action;

/// All settings of `tier`. Every layer enforces: a lighter mode is a choice the policy has to write down.
pub(super) fn preset(tier: Tier) -> Settings {
    let row = row(tier);
    Settings {
        tier,
        layers: enforcing(),
        injection: Injection::new(Action::Block, row.thresholds),
        pii: row.pii,
        secrets: row.secrets,
        leak: row.leak,
        lexicons: Arc::from([]),
        output: Output { action: Action::Block, block_at: row.thresholds.block_at },
        exceptions: Exceptions::none(),
        format: Format { actions: both(Action::Block), constraints: Vec::new() },
        disabled_rules: packs::off_by_default().into(),
        streams: Streams { mode: StreamMode::InFlight, after_block: AfterBlock::Drain },
        unscannable: both(row.unscannable),
        max_body_bytes: both(DEFAULT_BODY_BYTES),
        judge: Judge {
            timing: both(row.judge),
            sample_rate: row.sample_rate,
            deadline_ms: row.deadline_ms,
            on_unavailable: row.on_unavailable,
            criteria: Arc::from(""),
        },
        sla_seconds: row.sla_hours * 3600,
        approval_seconds: row.approval_seconds,
        max_age_ms: MAX_AGE_MS,
        on_stale: row.on_stale,
        fallback: Fallback {
            shape: RefusalShape::Error,
            message: Arc::from(FALLBACK_MESSAGE),
            retry_after_seconds: RETRY_AFTER_SECONDS,
        },
        refusal: RefusalSettings { shape: RefusalShape::Error, message: Arc::from(REFUSAL_MESSAGE) },
    }
}

/// What differs between tiers.
struct Row {
    /// For injection and, ours, for unsafe output. AIRS 4.3: an injection score of 0.85 blocks in Primary and 0.70 in
    /// Alternate; high and critical start lower. Ours: the grey zone below, in which the judge is asked.
    thresholds: Thresholds,
    /// AIRS 4.1: input PII none / warn / block / block, output PII warn / block / block / block. Medium redacts
    /// both ways instead: what AIRS wants kept out stays out, and the work goes on.
    pii: PerDirection<Action>,
    /// Ours (AIRS has no row): credentials are redacted even at low, since a leaked one is a loss at any tier.
    secrets: PerDirection<Action>,
    /// Ours: a prompt that an attacker has read shows where to push; at low there is little behind it.
    leak: Action,
    /// AIRS 4.1, fail posture: low fails open. Medium is open there too, but AIRS 7 wants customer-facing medium
    /// closed, and an unreadable body is how an attacker would choose.
    unscannable: Unscannable,
    /// AIRS 4.1, judge timing, and 7: in real time where actions or harm are at stake.
    judge: JudgeTiming,
    /// AIRS 4.1: 1-5 %, 5-10 %, 20-50 %, 100 %.
    sample_rate: f64,
    /// AIRS 4.4: a judge takes 0.5 to 5 s.
    deadline_ms: u32,
    /// AIRS 4.1, fail posture, and 4.3: judge down means guardrails only, hold, pause.
    on_unavailable: Unavailable,
    /// AIRS 4.1, fail posture: only critical is closed always; a breaker that is open stays open at every tier.
    on_stale: Unavailable,
    /// AIRS 4.1: 72 h, 24 h, 4 h, 1 h.
    sla_hours: u64,
    /// Ours: long enough to try again after a decision, too short to be kept for later.
    approval_seconds: u64,
}

fn row(tier: Tier) -> Row {
    match tier {
        Tier::Low => Row {
            thresholds: thresholds(Preset::Permissive),
            pii: both(Action::Allow),
            secrets: both(Action::Redact),
            leak: Action::Allow,
            unscannable: Unscannable::Allow,
            judge: JudgeTiming::Async,
            sample_rate: 0.01,
            deadline_ms: 1000,
            on_unavailable: Unavailable::Degrade,
            on_stale: Unavailable::Degrade,
            sla_hours: 72,
            approval_seconds: 3600,
        },
        Tier::Medium => Row {
            thresholds: thresholds(Preset::Balanced),
            pii: both(Action::Redact),
            secrets: both(Action::Redact),
            leak: Action::Redact,
            unscannable: Unscannable::Block,
            judge: JudgeTiming::Async,
            sample_rate: 0.05,
            deadline_ms: 1000,
            on_unavailable: Unavailable::Degrade,
            on_stale: Unavailable::Degrade,
            sla_hours: 24,
            approval_seconds: 3600,
        },
        Tier::High => Row {
            thresholds: Thresholds { flag_at: 0.30, judge_at: 0.40, block_at: 0.75 },
            pii: both(Action::Block),
            secrets: both(Action::Block),
            leak: Action::Block,
            unscannable: Unscannable::Block,
            judge: JudgeTiming::Hold,
            sample_rate: 0.35,
            deadline_ms: 3000,
            on_unavailable: Unavailable::Refuse,
            on_stale: Unavailable::Degrade,
            sla_hours: 4,
            approval_seconds: 900,
        },
        Tier::Critical => Row {
            thresholds: thresholds(Preset::Strict),
            pii: both(Action::Block),
            secrets: both(Action::Block),
            leak: Action::Block,
            unscannable: Unscannable::Block,
            judge: JudgeTiming::Hold,
            sample_rate: 1.0,
            deadline_ms: 3000,
            on_unavailable: Unavailable::Refuse,
            on_stale: Unavailable::Refuse,
            sla_hours: 1,
            approval_seconds: 300,
        },
    }
}

/// The thresholds of a preset.
pub(super) fn thresholds(preset: Preset) -> Thresholds {
    match preset {
        Preset::Permissive => Thresholds { flag_at: 0.50, judge_at: 0.60, block_at: 0.90 },
        Preset::Balanced => Thresholds { flag_at: 0.30, judge_at: 0.50, block_at: 0.80 },
        Preset::Strict => Thresholds { flag_at: 0.30, judge_at: 0.30, block_at: 0.70 },
    }
}

fn enforcing() -> Layers {
    let on = LayerMode { mode: Mode::Enforce, until: None };
    Layers { guardrails: on, judge: on, human: on, circuit_breaker: on }
}

fn both<T: Copy>(value: T) -> PerDirection<T> {
    PerDirection { request: value, response: value }
}

/// Ours: one missed long poll and a retry.
const MAX_AGE_MS: u64 = 10_000;
/// AIRS 4.4: retry cooldown is 10 s for reads and 60 s for writes.
const RETRY_AFTER_SECONDS: u32 = 30;
/// AIRS 2.4, `fallback_response`, without its promise to process the request later: nothing here queues it.
const FALLBACK_MESSAGE: &str = "This service is temporarily unavailable. Please try again later.";
/// Says nothing of why: a reason would be an oracle (AIRS 6.14).
const REFUSAL_MESSAGE: &str = "This request was blocked by policy.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Role;

    #[test]
    fn every_tier_is_at_least_as_strict_as_the_one_before() {
        let tiers = [Tier::Low, Tier::Medium, Tier::High, Tier::Critical];
        for pair in tiers.windows(2) {
            let (laxer, stricter) = (preset(pair[0]), preset(pair[1]));
            assert_eq!(laxer.tighten(&stricter), stricter, "{pair:?}");
            assert_ne!(laxer, stricter);
        }
    }

    #[test]
    fn the_grey_zone_lies_below_the_block() {
        for tier in [Tier::Low, Tier::Medium, Tier::High, Tier::Critical] {
            let p = preset(tier).injection.of(Role::User);
            assert!(
                0.0 < p.flag_at && p.flag_at <= p.judge_at && p.judge_at < p.block_at && p.block_at <= 1.0,
                "{tier:?}"
            );
        }
    }
}
