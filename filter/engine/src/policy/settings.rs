//! The compiled settings one exchange is decided by: plain values, no `Option`s that "are set by then". They form
//! a lattice under "stricter than", so that a client can ask for a stricter tier and never get a laxer answer.

use std::sync::Arc;

use super::document::{
    AfterBlock, JudgeTiming, Layer, Mode, RefusalShape, StreamMode, Tier, Unavailable, Unscannable,
};
use super::exception::Exceptions;
use crate::detect::{Constraints, Finding, REGISTRY};
use crate::event::{Direction, UnixMillis};
use crate::segment::Role;
use crate::wire::decision::Action;

/// All settings of one exchange.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Risk tier.
    pub tier: Tier,
    /// Mode of each layer, over time.
    pub layers: Layers,
    /// Prompt injection and jailbreak.
    pub injection: Injection,
    /// Personal data.
    pub pii: Actions,
    /// Secrets.
    pub secrets: Actions,
    /// The system prompt in responses.
    pub leak: Action,
    /// Lexicons, in the order findings number them.
    pub lexicons: Arc<[Lexicon]>,
    /// Exfiltration and unsafe output.
    pub output: Output,
    /// Format and scope.
    pub format: Format,
    /// Single rules that are answered in another way.
    pub exceptions: Exceptions,
    /// Indices into [`crate::detect::REGISTRY`] of rules that do not run; sorted.
    pub disabled_rules: Arc<[u16]>,
    /// Streamed responses.
    pub streams: Streams,
    /// Bodies that cannot be inspected.
    pub unscannable: PerDirection<Unscannable>,
    /// Largest body, in bytes.
    pub max_body_bytes: PerDirection<usize>,
    /// The judge.
    pub judge: Judge,
    /// Time a person has to decide, in seconds.
    pub sla_seconds: u64,
    /// How long an approval may be used, in seconds.
    pub approval_seconds: u64,
    /// Age from which a control snapshot is stale, in milliseconds.
    pub max_age_ms: u64,
    /// Posture while it is stale or absent.
    pub on_stale: Unavailable,
    /// Safe fallback while a breaker is open.
    pub fallback: Fallback,
    /// How blocks look.
    pub refusal: RefusalSettings,
}

impl Settings {
    /// What events call the rule of `finding`: the rule's id, or the name of the list that a lexicon's finding is from.
    pub fn rule_name(&self, finding: &Finding) -> Option<&str> {
        match self.lexicon(finding) {
            Some(lexicon) => Some(&lexicon.id),
            None => REGISTRY.get(usize::from(finding.rule)).map(|rule| rule.id),
        }
    }

    /// The lexicon that `finding` is from.
    pub fn lexicon(&self, finding: &Finding) -> Option<&Lexicon> {
        self.lexicons.get(usize::from(finding.list?))
    }

    /// The settings that are at least as strict as both, field by field: the join of the lattice. Whatever `other`
    /// says, nothing becomes laxer, so a client may choose it. Texts and shapes of answers are not strict or lax:
    /// they stay those of `self`.
    #[must_use]
    pub fn tighten(&self, other: &Self) -> Self {
        Self {
            tier: self.tier.max(other.tier),
            layers: self.layers.tighten(&other.layers),
            injection: self.injection.tighten(&other.injection),
            pii: self.pii.zip(&other.pii, Ord::max),
            secrets: self.secrets.zip(&other.secrets, Ord::max),
            leak: self.leak.max(other.leak),
            // A policy has its lexicons once, for all traffic; a tier has none.
            lexicons: Arc::clone(if self.lexicons.is_empty() { &other.lexicons } else { &self.lexicons }),
            output: self.output.tighten(&other.output),
            format: self.format.tighten(&other.format),
            exceptions: self.exceptions.tighten(&other.exceptions),
            disabled_rules: in_both(&self.disabled_rules, &other.disabled_rules),
            streams: self.streams.tighten(&other.streams),
            unscannable: self.unscannable.zip(&other.unscannable, Ord::max),
            max_body_bytes: self.max_body_bytes.zip(&other.max_body_bytes, Ord::min),
            judge: self.judge.tighten(&other.judge),
            sla_seconds: self.sla_seconds.min(other.sla_seconds),
            approval_seconds: self.approval_seconds.min(other.approval_seconds),
            max_age_ms: self.max_age_ms.min(other.max_age_ms),
            on_stale: self.on_stale.max(other.on_stale),
            fallback: self.fallback.clone(),
            refusal: self.refusal.clone(),
        }
    }
}

/// What a lexicon of the policy means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lexicon {
    /// What events call a finding: `lexicon_` and the list's name.
    pub id: String,
    /// What happens to a message that has one of its terms.
    pub actions: Actions,
}

/// Rules that are off in both; a rule that one side runs, runs.
fn in_both(a: &Arc<[u16]>, b: &Arc<[u16]>) -> Arc<[u16]> {
    a.iter().copied().filter(|rule| b.binary_search(rule).is_ok()).collect()
}

/// One value per direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerDirection<T> {
    /// For requests.
    pub request: T,
    /// For responses.
    pub response: T,
}

impl<T: Copy> PerDirection<T> {
    /// The value for `direction`.
    pub fn of(&self, direction: Direction) -> T {
        match direction {
            Direction::Request => self.request,
            Direction::Response => self.response,
        }
    }

    fn zip(&self, other: &Self, join: impl Fn(T, T) -> T) -> Self {
        Self { request: join(self.request, other.request), response: join(self.response, other.response) }
    }
}

/// Format and scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// What happens to a message that is not as asked.
    pub actions: Actions,
    /// What is asked: all of it.
    pub constraints: Vec<Arc<Constraints>>,
}

impl Format {
    fn tighten(&self, other: &Self) -> Self {
        let is_new = |one: &&Arc<Constraints>| !self.constraints.iter().any(|own| Arc::ptr_eq(own, one));
        let new = other.constraints.iter().filter(is_new);
        let constraints = self.constraints.iter().chain(new).cloned().collect();
        Self { actions: self.actions.zip(&other.actions, Action::max), constraints }
    }
}

/// What happens to a family of findings.
pub type Actions = PerDirection<Action>;

/// Modes of the four layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layers {
    /// Guardrails.
    pub guardrails: LayerMode,
    /// Judge.
    pub judge: LayerMode,
    /// Human oversight.
    pub human: LayerMode,
    /// Circuit breaker.
    pub circuit_breaker: LayerMode,
}

impl Layers {
    /// The mode of `layer` at `now`.
    pub fn mode(&self, layer: Layer, now: UnixMillis) -> Mode {
        let mode = match layer {
            Layer::Guardrail => self.guardrails,
            Layer::Judge => self.judge,
            Layer::Human => self.human,
            Layer::CircuitBreaker => self.circuit_breaker,
        };
        mode.at(now)
    }

    fn tighten(&self, other: &Self) -> Self {
        Self {
            guardrails: self.guardrails.tighten(other.guardrails),
            judge: self.judge.tighten(other.judge),
            human: self.human.tighten(other.human),
            circuit_breaker: self.circuit_breaker.tighten(other.circuit_breaker),
        }
    }
}

/// A mode that may end on a day, after which the layer enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerMode {
    /// Until `until`.
    pub mode: Mode,
    /// Exclusive; `None` is for ever.
    pub until: Option<UnixMillis>,
}

impl LayerMode {
    /// The mode at `now`.
    pub fn at(self, now: UnixMillis) -> Mode {
        match self.until {
            Some(until) if now >= until => Mode::Enforce,
            _ => self.mode,
        }
    }

    /// The stricter mode at every moment. After its day a layer enforces, which nothing exceeds; so the earlier
    /// day ends both.
    fn tighten(self, other: Self) -> Self {
        let mode = self.mode.max(other.mode);
        let earlier = match (self.until, other.until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self { mode, until: if mode == Mode::Enforce { None } else { earlier } }
    }
}

/// Prompt injection and jailbreak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Injection {
    /// Taken from `block_at`.
    pub action: Action,
    /// By role, in the order of [`Role`].
    thresholds: [Thresholds; ROLES],
}

/// Scores from which something happens. INVARIANT: `judge_at <= block_at`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// From which a text is flagged.
    pub flag_at: f32,
    /// From which the judge is asked.
    pub judge_at: f32,
    /// From which the action is taken.
    pub block_at: f32,
}

/// How many roles there are; a test counts them.
pub(super) const ROLES: usize = 9;

impl Injection {
    /// The same thresholds for everybody.
    pub fn new(action: Action, thresholds: Thresholds) -> Self {
        Self { action, thresholds: [thresholds; ROLES] }
    }

    /// The thresholds for what `role` says.
    pub fn of(&self, role: Role) -> Thresholds {
        let thresholds = self.thresholds.get(role as usize);
        thresholds.copied().unwrap_or(Thresholds { flag_at: 0.0, judge_at: 0.0, block_at: 0.0 })
    }

    /// Changes the thresholds for what `roles` say, or what everybody says when there are none.
    pub(super) fn set(&mut self, roles: &[Role], change: impl Fn(&mut Thresholds)) {
        for (index, thresholds) in self.thresholds.iter_mut().enumerate() {
            if roles.is_empty() || roles.iter().any(|role| *role as usize == index) {
                change(thresholds);
            }
        }
    }

    /// Keeps the invariant: each `judge_at` is at most its `block_at`, so the smaller is at most either.
    fn tighten(&self, other: &Self) -> Self {
        let mut joined = Self { action: self.action.max(other.action), ..*self };
        for (mine, theirs) in joined.thresholds.iter_mut().zip(&other.thresholds) {
            mine.flag_at = mine.flag_at.min(theirs.flag_at);
            mine.judge_at = mine.judge_at.min(theirs.judge_at);
            mine.block_at = mine.block_at.min(theirs.block_at);
        }
        joined
    }
}

/// Exfiltration and unsafe output.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Output {
    /// Taken from `block_at`.
    pub action: Action,
    /// Score.
    pub block_at: f32,
}

impl Output {
    fn tighten(&self, other: &Self) -> Self {
        Self { action: self.action.max(other.action), block_at: self.block_at.min(other.block_at) }
    }
}

/// Streamed responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    /// Whether they pass while they come.
    pub mode: StreamMode,
    /// What becomes of the upstream of an ended one.
    pub after_block: AfterBlock,
}

impl Streams {
    fn tighten(&self, other: &Self) -> Self {
        Self { mode: self.mode.max(other.mode), after_block: self.after_block.max(other.after_block) }
    }
}

/// The judge.
#[derive(Clone, Debug, PartialEq)]
pub struct Judge {
    /// Who waits.
    pub timing: PerDirection<JudgeTiming>,
    /// Share of exchanges judged, 0.0 to 1.0.
    pub sample_rate: f64,
    /// In milliseconds, never 0.
    pub deadline_ms: u32,
    /// Posture without a verdict.
    pub on_unavailable: Unavailable,
    /// What to look for; empty for the default.
    pub criteria: Arc<str>,
}

impl Judge {
    /// The longer deadline counts as the stricter one: with a short one a client could starve the judge and get the
    /// posture for its absence.
    fn tighten(&self, other: &Self) -> Self {
        let criteria = if self.criteria.is_empty() { &other.criteria } else { &self.criteria };
        Self {
            timing: self.timing.zip(&other.timing, Ord::max),
            sample_rate: self.sample_rate.max(other.sample_rate),
            deadline_ms: self.deadline_ms.max(other.deadline_ms),
            on_unavailable: self.on_unavailable.max(other.on_unavailable),
            criteria: Arc::clone(criteria),
        }
    }
}

/// The safe fallback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fallback {
    /// Error or completion.
    pub shape: RefusalShape,
    /// Text for the client.
    pub message: Arc<str>,
    /// Retry-After, in seconds.
    pub retry_after_seconds: u32,
}

/// How blocks look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalSettings {
    /// Error or completion.
    pub shape: RefusalShape,
    /// Text for the client.
    pub message: Arc<str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::exception::Exception;
    use crate::policy::json_tests::Random;
    use crate::policy::preset::preset;

    const DAYS: [u64; 4] = [0, 1000, 2000, u64::MAX];

    fn any(random: &mut Random) -> Settings {
        let mut s = preset(pick(random, &[Tier::Low, Tier::Medium, Tier::High, Tier::Critical]));
        s.tier = pick(random, &[Tier::Low, Tier::Medium, Tier::High, Tier::Critical]);
        for layer in [
            &mut s.layers.guardrails,
            &mut s.layers.judge,
            &mut s.layers.human,
            &mut s.layers.circuit_breaker,
        ] {
            let mode = pick(random, &[Mode::Off, Mode::Detect, Mode::Enforce]);
            let until = pick(random, &[None, Some(UnixMillis(1000)), Some(UnixMillis(2000))]);
            *layer = LayerMode { mode, until: until.filter(|_| mode != Mode::Enforce) };
        }
        s.injection.action = action(random);
        for role in [Role::System, Role::User, Role::AgentMessage] {
            let block_at = pick(random, &[0.2, 0.5, 0.9]);
            let judge_at = pick(random, &[0.1, 0.2, 0.5, 0.9f32]).min(block_at);
            let thresholds = Thresholds { flag_at: pick(random, &[0.0, 0.3]), judge_at, block_at };
            s.injection.set(&[role], |all| *all = thresholds);
        }
        let exception = crate::policy::document::ExceptionDocument::default();
        let lists = Arc::from(vec![vec![Exception::new(&exception)]; 4]);
        s.exceptions = Exceptions::of(&lists, random.below(4));
        s.pii = PerDirection { request: action(random), response: action(random) };
        s.secrets = PerDirection { request: action(random), response: action(random) };
        s.output = Output { action: action(random), block_at: pick(random, &[0.2, 0.5, 0.9]) };
        s.disabled_rules = (0..6u16).filter(|_| random.below(2) == 0).collect();
        s.streams.mode = pick(random, &[StreamMode::InFlight, StreamMode::Hold]);
        s.streams.after_block = pick(random, &[AfterBlock::Drain, AfterBlock::Reset]);
        s.unscannable.request = pick(random, &[Unscannable::Allow, Unscannable::Block]);
        s.unscannable.response = pick(random, &[Unscannable::Allow, Unscannable::Block]);
        s.max_body_bytes = PerDirection { request: random.below(5), response: random.below(5) };
        s.judge.timing.request = pick(random, &[JudgeTiming::Never, JudgeTiming::Async, JudgeTiming::Hold]);
        s.judge.timing.response = pick(random, &[JudgeTiming::Never, JudgeTiming::Async, JudgeTiming::Hold]);
        s.judge.sample_rate = pick(random, &[0.0, 0.5, 1.0]);
        s.judge.deadline_ms = pick(random, &[1, 2, 3]);
        s.judge.on_unavailable = pick(random, &[Unavailable::Degrade, Unavailable::Refuse]);
        s.judge.criteria = pick(random, &["", "a", "b"]).into();
        s.sla_seconds = pick(random, &[1, 2, 3]);
        s.approval_seconds = pick(random, &[1, 2, 3]);
        s.max_age_ms = pick(random, &[5000, 6000]);
        s.on_stale = pick(random, &[Unavailable::Degrade, Unavailable::Refuse]);
        s.refusal.message = pick(random, &["a", "b"]).into();
        s.fallback.message = pick(random, &["a", "b"]).into();
        s
    }

    fn action(random: &mut Random) -> Action {
        pick(random, &[Action::Allow, Action::Redact, Action::RequireApproval, Action::Block])
    }

    fn pick<T: Copy>(random: &mut Random, from: &[T]) -> T {
        from[random.below(from.len())]
    }

    /// Whether `a` is at least as strict as `b` in every field: written apart from `tighten`, field by field.
    fn at_least_as_strict(a: &Settings, b: &Settings) -> bool {
        let layers = [Layer::Guardrail, Layer::Judge, Layer::Human, Layer::CircuitBreaker];
        let times = DAYS.iter().flat_map(|d| [d.saturating_sub(1), *d]).map(UnixMillis);
        let modes = times.flat_map(|t| layers.map(|l| a.layers.mode(l, t) >= b.layers.mode(l, t)));
        let both = [Direction::Request, Direction::Response];
        let directions = both.iter().all(|d| {
            a.pii.of(*d) >= b.pii.of(*d)
                && a.secrets.of(*d) >= b.secrets.of(*d)
                && a.unscannable.of(*d) >= b.unscannable.of(*d)
                && a.max_body_bytes.of(*d) <= b.max_body_bytes.of(*d)
                && a.judge.timing.of(*d) >= b.judge.timing.of(*d)
        });
        modes.into_iter().all(|stricter| stricter)
            && directions
            && a.tier >= b.tier
            && a.injection.action >= b.injection.action
            && a.injection
                .thresholds
                .iter()
                .zip(&b.injection.thresholds)
                .all(|(a, b)| a.block_at <= b.block_at && a.judge_at <= b.judge_at && a.flag_at <= b.flag_at)
            && a.exceptions.covers(&b.exceptions)
            && a.output.action >= b.output.action
            && a.output.block_at <= b.output.block_at
            && a.disabled_rules.iter().all(|r| b.disabled_rules.contains(r))
            && a.judge.sample_rate >= b.judge.sample_rate
            && a.judge.deadline_ms >= b.judge.deadline_ms
            && a.judge.on_unavailable >= b.judge.on_unavailable
            && a.streams.mode >= b.streams.mode
            && a.streams.after_block >= b.streams.after_block
            && a.sla_seconds <= b.sla_seconds
            && a.approval_seconds <= b.approval_seconds
            && a.max_age_ms <= b.max_age_ms
            && a.on_stale >= b.on_stale
    }

    fn without_texts(s: &Settings) -> Settings {
        let mut s = s.clone();
        let bare = preset(Tier::Low);
        (s.judge.criteria, s.refusal, s.fallback) = (bare.judge.criteria, bare.refusal, bare.fallback);
        s
    }

    #[test]
    fn tighten_is_the_join_of_a_lattice() {
        let mut random = Random(7);
        for _ in 0..3000 {
            let (a, b, c) = (any(&mut random), any(&mut random), any(&mut random));
            let join = a.tighten(&b);
            assert!(at_least_as_strict(&join, &a) && at_least_as_strict(&join, &b), "{a:?}\n{b:?}");
            assert!(join.injection.thresholds.iter().all(|t| t.judge_at <= t.block_at));
            assert_eq!(a.tighten(&a), a, "idempotent");
            assert_eq!(join.tighten(&b), join, "absorbs");
            assert_eq!(without_texts(&join), without_texts(&b.tighten(&a)), "commutative but for texts");
            assert_eq!(a.tighten(&b.tighten(&c)), join.tighten(&c), "associative");
            assert_eq!((&join.refusal, &join.fallback), (&a.refusal, &a.fallback), "texts stay");
            if at_least_as_strict(&a, &b) {
                assert_eq!(without_texts(&join), without_texts(&a), "no stricter than needed");
            }
        }
    }

    #[test]
    fn every_role_has_thresholds() {
        let injection = preset(Tier::Medium).injection;
        assert_eq!(Role::AgentMessage as usize + 1, ROLES, "the last of them");
        assert!(injection.of(Role::AgentMessage).block_at > 0.0);
    }

    #[test]
    fn a_lighter_mode_ends_when_the_first_of_both_ends() {
        let mode = |mode, until: Option<u64>| LayerMode { mode, until: until.map(UnixMillis) };
        let check = |a: LayerMode, b: LayerMode, want| assert_eq!(a.tighten(b), want);
        let off = mode(Mode::Off, None);
        let detect = mode(Mode::Detect, Some(5));
        check(off, detect, mode(Mode::Detect, Some(5)));
        check(mode(Mode::Off, Some(3)), detect, mode(Mode::Detect, Some(3)));
        check(off, mode(Mode::Enforce, None), mode(Mode::Enforce, None));
        check(off, off, off);
    }
}
