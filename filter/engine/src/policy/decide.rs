//! Findings and control state -> decision. Pure functions of compiled settings, findings and the control
//! snapshot; nothing here sees text, bodies or protocols. A decision states what is done and, when its layer only
//! detects, what would have been done.

use super::document::{JudgeTiming, Layer, Mode, StreamMode, Unavailable, Unscannable};
use super::score::{self, SegmentScore};
use super::settings::Settings;
use crate::detect::{Family, Finding, REGISTRY};
use crate::event::{ControlView, Direction, UnixMillis};
use crate::segment::Role;
use crate::wire::control::{BreakerState, Pace, Scope};
use crate::wire::decision::Action;
use crate::wire::judge::{Trigger, Verdict};
use crate::wire::review::ReviewStatus;

/// What is decided at one decision point, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What is done. `Allow` whenever the layer does not enforce.
    pub action: Action,
    /// What would have been done if the layer enforced; `None` when that is what is done.
    pub would: Option<Action>,
    /// Layer that decided.
    pub layer: Layer,
    /// Its mode.
    pub mode: Mode,
    /// Why.
    pub reason: Reason,
    /// Set when this is a failure posture, not a verdict.
    pub posture: Option<Unavailable>,
    /// Scope that decided, for breaker decisions.
    pub scope: Option<Scope>,
}

/// Reason codes: low-cardinality, stable, lower snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nothing was found.
    Clean,
    /// Prompt injection or jailbreak.
    PromptInjection,
    /// Personal data.
    Pii,
    /// A credential.
    Secret,
    /// The system prompt in a response.
    SystemPromptLeak,
    /// A term of a lexicon of the policy.
    Lexicon,
    /// Exfiltration or unsafe output.
    UnsafeOutput,
    /// Not of the length, language, citations or structure that the policy asks for.
    Format,
    /// The body cannot be inspected; the code says why.
    Unscannable(&'static str),
    /// An edit would have broken the body, or a value could not have its placeholder.
    EditFailed,
    /// The proxy answered in the upstream's place; nothing to inspect.
    ProxyReply,
    /// The judge is asked, and nothing waits for it.
    JudgeAsked,
    /// The judge found nothing.
    JudgePass,
    /// The judge wants a person to look later.
    JudgeReview,
    /// The judge stops it.
    JudgeEscalated,
    /// No usable verdict in time.
    JudgeUnavailable,
    /// Nobody has decided yet.
    ReviewPending,
    /// A person approved exactly this.
    ReviewApproved,
    /// A person, or the passing of time, denied it.
    ReviewDenied,
    /// The review queue cannot be reached.
    ReviewUnavailable,
    /// The kill switch is pulled.
    KillSwitch,
    /// A breaker is open.
    BreakerOpen,
    /// A breaker is probing and has no trial request left.
    BreakerProbing,
    /// PACE emergency.
    PaceEmergency,
    /// The control snapshot is too old, or never came.
    ControlStale,
    /// The client left before the verdict.
    Abandoned,
}

impl Reason {
    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::PromptInjection => "prompt_injection",
            Self::Pii => "pii",
            Self::Secret => "secret",
            Self::SystemPromptLeak => "system_prompt_leak",
            Self::Lexicon => "lexicon",
            Self::UnsafeOutput => "unsafe_output",
            Self::Format => "format",
            Self::Unscannable(code) => code,
            Self::EditFailed => "edit_failed",
            Self::ProxyReply => "proxy_reply",
            Self::JudgeAsked => "judge_asked",
            Self::JudgePass => "judge_pass",
            Self::JudgeReview => "judge_review",
            Self::JudgeEscalated => "judge_escalated",
            Self::JudgeUnavailable => "judge_unavailable",
            Self::ReviewPending => "review_pending",
            Self::ReviewApproved => "review_approved",
            Self::ReviewDenied => "review_denied",
            Self::ReviewUnavailable => "review_unavailable",
            Self::KillSwitch => "kill_switch",
            Self::BreakerOpen => "breaker_open",
            Self::BreakerProbing => "breaker_probing",
            Self::PaceEmergency => "pace_emergency",
            Self::ControlStale => "control_stale",
            Self::Abandoned => "abandoned",
        }
    }
}

impl Decision {
    /// `wanted` if `layer` enforces at `now`, otherwise allow and say what would have been done.
    pub fn by(layer: Layer, settings: &Settings, now: UnixMillis, wanted: Action, reason: Reason) -> Self {
        let mode = settings.layers.mode(layer, now);
        let (action, would) = match mode {
            Mode::Enforce => (wanted, None),
            Mode::Detect | Mode::Off => (Action::Allow, Some(wanted).filter(|w| *w != Action::Allow)),
        };
        Self { action, would, layer, mode, reason, posture: None, scope: None }
    }

    /// The same decision, marked as a failure posture.
    pub fn with_posture(mut self, posture: Unavailable) -> Self {
        self.posture = Some(posture);
        self
    }
}

/// What the breaker, PACE and the kill switch say about traffic of `scopes`; `None` when they have no objection.
/// A snapshot that is stale or absent follows the tier's posture, and what it last said to stop stays stopped.
pub fn control(
    settings: &Settings,
    view: &ControlView,
    scopes: &[Scope],
    now: UnixMillis,
) -> Option<Decision> {
    if settings.layers.mode(Layer::CircuitBreaker, now) == Mode::Off {
        return None;
    }
    let (reason, scope) = objection(view, scopes).or_else(|| {
        let refuse = settings.on_stale == Unavailable::Refuse && is_stale(settings, view, now);
        refuse.then_some((Reason::ControlStale, None))
    })?;
    let mut decision = Decision::by(Layer::CircuitBreaker, settings, now, Action::Block, reason);
    if reason == Reason::ControlStale {
        decision = decision.with_posture(Unavailable::Refuse);
    }
    decision.scope = scope;
    Some(decision)
}

fn objection(view: &ControlView, scopes: &[Scope]) -> Option<(Reason, Option<Scope>)> {
    let snapshot = view.snapshot.as_deref()?;
    if snapshot.kill.is_some() {
        return Some((Reason::KillSwitch, Some(Scope::Global)));
    }
    let mut applying = snapshot.scopes.iter().filter(|s| scopes.contains(&s.scope));
    applying.find_map(|state| {
        let reason = match state.breaker {
            _ if state.pace == Pace::Emergency => Reason::PaceEmergency,
            BreakerState::Open { .. } => Reason::BreakerOpen,
            BreakerState::Probing { permits, epoch } => {
                if view.permits.take(&state.scope.to_string(), epoch, permits) {
                    return None;
                }
                Reason::BreakerProbing
            }
            BreakerState::Closed => return None,
        };
        Some((reason, Some(state.scope.clone())))
    })
}

fn is_stale(settings: &Settings, view: &ControlView, now: UnixMillis) -> bool {
    view.snapshot.is_none() || now.0.saturating_sub(view.confirmed.0) > settings.max_age_ms
}

/// The strictest PACE state that applies to `scopes`.
pub fn pace(view: &ControlView, scopes: &[Scope]) -> Pace {
    let Some(snapshot) = view.snapshot.as_deref() else { return Pace::Primary };
    let applying = snapshot.scopes.iter().filter(|s| scopes.contains(&s.scope));
    applying.map(|s| s.pace).max().unwrap_or_default()
}

/// What a body that cannot be inspected gets.
pub fn unscannable(
    settings: &Settings,
    direction: Direction,
    code: &'static str,
    now: UnixMillis,
) -> Decision {
    let (wanted, posture) = match settings.unscannable.of(direction) {
        Unscannable::Allow => (Action::Allow, Unavailable::Degrade),
        Unscannable::Block => (Action::Block, Unavailable::Refuse),
    };
    Decision::by(Layer::Guardrail, settings, now, wanted, Reason::Unscannable(code)).with_posture(posture)
}

/// What the guardrails' findings mean under these settings.
pub fn guardrails(
    settings: &Settings,
    direction: Direction,
    findings: &[Finding],
    pace: Pace,
    now: UnixMillis,
) -> Decision {
    let scored = |family, block_at: &dyn Fn(Role) -> f32, action| {
        let scores = score::by_segment(settings, direction, findings, family);
        let is_blocked = scores.iter().any(|s| s.score >= tightened(block_at(s.role), pace));
        if is_blocked { action } else { Action::Allow }
    };
    let injection_at = |role| settings.injection.of(role).block_at;
    let injection = scored(Family::Injection, &injection_at, settings.injection.action);
    let output = scored(Family::Output, &|_| settings.output.block_at, settings.output.action);
    let family = |family| {
        let found = findings.iter().filter(|f| family_of(f) == Some(family));
        found.map(|f| action_on(settings, direction, f)).max().unwrap_or(Action::Allow)
    };
    let candidates = [
        (injection.max(family(Family::Injection)), Reason::PromptInjection),
        (output.max(family(Family::Output)), Reason::UnsafeOutput),
        (family(Family::Secret), Reason::Secret),
        (family(Family::Leak), Reason::SystemPromptLeak),
        (family(Family::Pii), Reason::Pii),
        (family(Family::Lexicon), Reason::Lexicon),
        (family(Family::Format), Reason::Format),
    ];
    let mut strictest = (Action::Allow, Reason::Clean);
    for candidate in candidates {
        if candidate.0 > strictest.0 {
            strictest = candidate;
        }
    }
    Decision::by(Layer::Guardrail, settings, now, strictest.0, strictest.1)
}

/// What is done about a finding for itself: what an exception says, else its family's setting; and nothing for what
/// counts by its score.
pub fn action_on(settings: &Settings, direction: Direction, finding: &Finding) -> Action {
    let family = match family_of(finding) {
        Some(Family::Pii) => settings.pii.of(direction),
        Some(Family::Secret) => settings.secrets.of(direction),
        Some(Family::Leak) => settings.leak,
        Some(Family::Lexicon) => settings.lexicon(finding).map_or(Action::Allow, |l| l.actions.of(direction)),
        Some(Family::Format) => settings.format.actions.of(direction),
        Some(Family::Injection | Family::Output) | None => Action::Allow,
    };
    settings.exceptions.action(finding, direction, family)
}

/// The injection score of the worst segment.
pub fn injection_score(settings: &Settings, direction: Direction, findings: &[Finding]) -> f32 {
    let scores = score::by_segment(settings, direction, findings, Family::Injection);
    scores.iter().fold(0.0, |worst, segment| segment.score.max(worst))
}

/// What an injection score asks for. Ordered: a later one is reached from a higher score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Nothing was found.
    Clear,
    /// Something was, and it is recorded.
    Flag,
    /// The judge is asked.
    Judge,
    /// The policy's action is taken.
    Block,
}

/// The highest grade that a segment of `findings` reaches.
pub fn grade(settings: &Settings, direction: Direction, findings: &[Finding], pace: Pace) -> Grade {
    let scores = score::by_segment(settings, direction, findings, Family::Injection);
    let grade = |segment: &SegmentScore| {
        let thresholds = settings.injection.of(segment.role);
        match segment.score {
            score if score >= tightened(thresholds.block_at, pace) => Grade::Block,
            score if score >= thresholds.judge_at => Grade::Judge,
            score if score > 0.0 && score >= thresholds.flag_at => Grade::Flag,
            _ => Grade::Clear,
        }
    };
    scores.iter().map(grade).max().unwrap_or(Grade::Clear)
}

/// Tighter from PACE Alternate on (AIRS 4.3: injection block 0.85 -> 0.70).
fn tightened(block_at: f32, pace: Pace) -> f32 {
    let tightening = if pace >= Pace::Alternate { PACE_TIGHTENING } else { 0.0 };
    block_at - tightening
}

const PACE_TIGHTENING: f32 = 0.15;

pub(super) fn family_of(finding: &Finding) -> Option<Family> {
    family_of_rule(finding.rule)
}

fn family_of_rule(rule: u16) -> Option<Family> {
    REGISTRY.get(usize::from(rule)).map(|rule| rule.family)
}

/// When, if at all, the judge is asked about this body, and why.
pub fn judge_question(
    settings: &Settings,
    direction: Direction,
    findings: &[Finding],
    pace: Pace,
    draw: f64,
    now: UnixMillis,
) -> Option<(JudgeTiming, Trigger)> {
    let timing = judge_timing(settings, direction, pace, now);
    if timing == JudgeTiming::Never {
        return None;
    }
    let grey = grade(settings, direction, findings, pace) >= Grade::Judge;
    let trigger = match () {
        () if grey => Trigger::GreyZone,
        () if pace >= Pace::Alternate => Trigger::Pace,
        () if draw < settings.judge.sample_rate => Trigger::Sampled,
        () => return None,
    };
    Some((timing, trigger))
}

/// Who waits for the judge: a layer that only detects never delays, PACE Contingency always waits.
pub fn judge_timing(settings: &Settings, direction: Direction, pace: Pace, now: UnixMillis) -> JudgeTiming {
    match settings.layers.mode(Layer::Judge, now) {
        Mode::Off => JudgeTiming::Never,
        Mode::Detect => settings.judge.timing.of(direction).min(JudgeTiming::Async),
        Mode::Enforce if pace >= Pace::Contingency => JudgeTiming::Hold,
        Mode::Enforce => settings.judge.timing.of(direction),
    }
}

/// Whether a streamed response may pass while it comes: the policy says so, and nobody has to see all of it first.
pub fn flows_in_flight(settings: &Settings, pace: Pace, now: UnixMillis) -> bool {
    let lexicons = settings.lexicons.iter().map(|lexicon| lexicon.actions.response);
    let actions = [
        settings.injection.action,
        settings.output.action,
        settings.leak,
        settings.pii.response,
        settings.secrets.response,
    ];
    let asks_people = actions.into_iter().chain(lexicons).any(|action| action == Action::RequireApproval);
    // What the families' settings do not say is not looked for at the end of a text, except for data.
    let is_data = |rule| matches!(family_of_rule(rule), Some(Family::Pii | Family::Secret));
    let holds =
        |rule, action: Action| action == Action::RequireApproval || (action.is_edit() && !is_data(rule));
    let is_held_by_exception = settings.exceptions.any(Direction::Response, holds);
    let waits = judge_timing(settings, Direction::Response, pace, now) == JudgeTiming::Hold;
    // What is asked of the form of an answer is asked of the whole.
    let asks_for_form = !settings.format.constraints.is_empty();
    let is_asked_for = settings.streams.mode == StreamMode::InFlight;
    is_asked_for && !asks_people && !is_held_by_exception && !asks_for_form && !waits
}

/// What a verdict means.
pub fn judged(settings: &Settings, verdict: Verdict, now: UnixMillis) -> Decision {
    let (wanted, reason) = wanted_by(verdict);
    Decision::by(Layer::Judge, settings, now, wanted, reason)
}

/// What a judge with this verdict wants.
pub fn wanted_by(verdict: Verdict) -> (Action, Reason) {
    match verdict {
        Verdict::Pass => (Action::Allow, Reason::JudgePass),
        Verdict::Review => (Action::Allow, Reason::JudgeReview),
        Verdict::Escalate => (Action::Block, Reason::JudgeEscalated),
    }
}

/// What the lack of a verdict means.
pub fn judge_unavailable(settings: &Settings, pace: Pace, now: UnixMillis) -> Decision {
    let posture = if pace >= Pace::Contingency { Unavailable::Refuse } else { settings.judge.on_unavailable };
    let wanted = match posture {
        Unavailable::Degrade => Action::Allow,
        Unavailable::Refuse => Action::Block,
    };
    Decision::by(Layer::Judge, settings, now, wanted, Reason::JudgeUnavailable).with_posture(posture)
}

/// What a review's status means. `None`: the queue could not be reached, which never means approval.
pub fn reviewed(settings: &Settings, status: Option<ReviewStatus>, now: UnixMillis) -> Decision {
    let (wanted, reason) = match status {
        Some(ReviewStatus::Approved) => (Action::Allow, Reason::ReviewApproved),
        Some(ReviewStatus::Pending) => (Action::RequireApproval, Reason::ReviewPending),
        Some(ReviewStatus::Denied) => (Action::Block, Reason::ReviewDenied),
        None => (Action::Block, Reason::ReviewUnavailable),
    };
    let decision = Decision::by(Layer::Human, settings, now, wanted, reason);
    if status.is_none() { decision.with_posture(Unavailable::Refuse) } else { decision }
}

/// What needs approval while the human layer is off: there is nobody to ask.
pub fn reviewed_by_nobody(settings: &Settings, now: UnixMillis) -> Decision {
    Decision::by(Layer::Guardrail, settings, now, Action::Block, Reason::ReviewUnavailable)
        .with_posture(Unavailable::Refuse)
}

/// An edit that would have broken the body: what had to be redacted cannot pass.
pub fn edit_failed(settings: &Settings, now: UnixMillis) -> Decision {
    Decision::by(Layer::Guardrail, settings, now, Action::Block, Reason::EditFailed)
        .with_posture(Unavailable::Refuse)
}

/// The proxy answered in the upstream's place.
pub fn proxy_reply(settings: &Settings, now: UnixMillis) -> Decision {
    Decision::by(Layer::Guardrail, settings, now, Action::Allow, Reason::ProxyReply)
}
