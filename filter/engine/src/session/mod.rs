//! The pipeline: one session per exchange. It owns the order of the stages and the phase of the exchange, and
//! nothing else: what headers say is in [`exchange`], what the sidecar's answers mean is in [`answer`], and no stage
//! is skipped without an event.

mod answer;
mod cache;
mod exchange;
mod flight;
mod head;
mod recall;
mod rewrite;
mod text;

use std::rc::Rc;
use std::sync::Arc;

use crate::act::refuse::{self, StatusLine};
use crate::act::{Evidence, ask, edit, record};
use crate::detect::{Allowed, Canaries, Detectors, Finding, Prompt, Repeated, Terms};
use crate::event::{BodyPart, CallId, Deferred, Direction, Effects, Event, Flow, UnixMillis};
use crate::limits::MAX_FINDINGS;
use crate::order;
use crate::policy::decide::{self, Decision};
use crate::policy::document::{HeaderHold, JudgeTiming, Layer, Mode};
use crate::policy::{Policy, PolicyError, Reason, Settings};
use crate::protocol::{self, Document, Hints, Unscannable};
use crate::segment::Segment;
use crate::wire::control::Pace;
use crate::wire::decision::Action;
use crate::wire::judge::Trigger;

pub use cache::{Cache, CacheCounts, CacheKey};
pub use exchange::Exchange;
pub(crate) use exchange::HeadFacts;
use recall::Recall;
use rewrite::EditFailed;
pub use text::TextDecision;

/// A compiled policy with its detectors: everything sessions share.
#[derive(Debug)]
pub struct Engine {
    policy: Policy,
    detectors: Detectors,
    canaries: Canaries,
    terms: Terms,
    allowed: Allowed,
}

impl Engine {
    /// Compiles a policy document.
    ///
    /// # Errors
    /// What is wrong with the document.
    pub fn compile(document: &str) -> Result<Self, PolicyError> {
        let policy = Policy::parse(document)?;
        let detectors = Detectors::new().map_err(PolicyError::whole)?;
        let canaries = Canaries::new(&policy.canaries).map_err(PolicyError::whole)?;
        let terms = Terms::new(&policy.lexicons).map_err(PolicyError::whole)?;
        let allowed = Allowed::new(&policy.allow_lists).map_err(PolicyError::whole)?;
        Ok(Self { policy, detectors, canaries, terms, allowed })
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Everything the detectors find in a message, in order of segment and position. A list as long as
    /// [`MAX_FINDINGS`] may be missing some.
    fn findings(
        &self,
        settings: &Settings,
        direction: Direction,
        segments: &[Segment<'_>],
        memory: &Memory<'_>,
        repeated: &mut Repeated,
    ) -> Vec<Finding> {
        let disabled = &settings.disabled_rules;
        let recalled = memory.recall.as_ref().and_then(|recall| self.recalled(settings, segments, recall));
        let mut findings = recalled.unwrap_or_else(|| self.scanned(settings, segments));
        let misshapen = settings.format.constraints.iter().flat_map(|asked| asked.found(segments));
        findings.extend(misshapen.filter(|one| disabled.binary_search(&one.rule).is_err()));
        if direction == Direction::Response {
            let leaks =
                memory.prompt.leaks(segments, repeated).into_iter().chain(self.canaries.found(segments));
            findings.extend(leaks.filter(|leak| disabled.binary_search(&leak.rule).is_err()));
        }
        let mut findings = order::by_number(findings, Finding::place);
        findings.truncate(MAX_FINDINGS);
        // A full list stays full: what fell off it may have counted.
        if findings.len() < MAX_FINDINGS {
            findings.retain(|finding| settings.exceptions.heed(finding) && is_shown_here(segments, finding));
            findings = self.allowed.without(segments, findings);
        }
        findings
    }

    /// What rules and lexicons find, wherever they look for it.
    fn scanned(&self, settings: &Settings, segments: &[Segment<'_>]) -> Vec<Finding> {
        let disabled = &settings.disabled_rules;
        let mut findings = self.detectors.scan(segments, disabled);
        let terms = self.terms.found(segments).into_iter();
        findings.extend(terms.filter(|term| disabled.binary_search(&term.rule).is_err()));
        findings
    }

    /// The detectors.
    pub fn detectors(&self) -> &Detectors {
        &self.detectors
    }

    /// Detects and decides: what every text goes through, in a body or on its own.
    fn guard(
        &self,
        settings: &Settings,
        direction: Direction,
        segments: &[Segment<'_>],
        memory: &Memory<'_>,
        pace: Pace,
        now: UnixMillis,
    ) -> (Vec<Finding>, Decision) {
        let findings = match settings.layers.mode(Layer::Guardrail, now) {
            Mode::Off => Vec::new(),
            _ => self.findings(settings, direction, segments, memory, &mut Repeated::default()),
        };
        let decision = decide::guardrails(settings, direction, &findings, pace, now);
        (findings, decision)
    }
}

/// Whether a finding is not one that another segment shows as well.
fn is_shown_here(segments: &[Segment<'_>], finding: &Finding) -> bool {
    let segment = usize::try_from(finding.segment).ok().and_then(|index| segments.get(index));
    segment.is_none_or(|segment| segment.counts(finding.range.clone()))
}

/// What is known before a body is looked at.
struct Memory<'m> {
    /// Of the exchange's own request.
    prompt: &'m Prompt,
    /// Of earlier exchanges.
    recall: Option<Recall<'m>>,
}

/// One exchange, from its request's headers to its end.
#[derive(Debug)]
pub struct Session {
    engine: Arc<Engine>,
    cache: Option<Rc<Cache>>,
    exchange: Option<Exchange>,
    /// One phase per direction: an upstream may answer before the request is decided.
    request: Phase,
    response: Phase,
    calls: u32,
    verdict: record::Verdict,
}

/// Where one half of the exchange stands.
#[derive(Debug)]
enum Phase {
    /// Its headers have not been seen.
    Start,
    /// Its body is arriving.
    Body(Watch),
    /// It is held until the sidecar answers.
    Waiting(Waiting),
    /// It is decided.
    Done,
}

/// How a body is watched.
#[derive(Debug)]
pub(crate) enum Watch {
    /// The rim holds it.
    Hold,
    /// It passes; this is the copy so far. INVARIANT: never longer than the policy's limit.
    Observe(Vec<u8>),
    /// A stream that passes while it comes, except for what is undecided.
    Flight(Box<flight::Flight>),
}

/// A held message, and what it waits for.
#[derive(Debug)]
struct Waiting {
    id: CallId,
    asked: Asked,
    /// The edited body, if it was edited.
    edited: Option<Vec<u8>>,
    /// The action the answer must be about; empty when no person can be involved.
    action_sha256: String,
    evidence: Evidence,
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    Judge(Trigger),
    Review,
}

impl Session {
    /// A session for one exchange.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            cache: None,
            exchange: None,
            request: Phase::Start,
            response: Phase::Start,
            calls: 0,
            verdict: record::Verdict::default(),
        }
    }

    /// A session for one exchange that scans only what `cache` does not know. It does what every other session of the
    /// cache's engine does.
    pub fn with_cache(cache: Rc<Cache>) -> Self {
        let session = Self::new(Arc::clone(cache.engine()));
        let is_wanted = cache.engine().policy().cache_bytes > 0;
        Self { cache: is_wanted.then_some(cache), ..session }
    }

    /// Takes the next event and says what to do. Events out of order change nothing.
    pub fn on(&mut self, event: Event<'_>) -> Effects {
        let effects = match event {
            Event::RequestHead(head) => self.request_head(head),
            Event::ResponseHead(head) => self.response_head(&head),
            Event::Body(direction, part, now) => self.body(direction, part, now),
            Event::Answer(id, answer, now) => self.answered(id, answer, now),
            Event::End(now) => self.end(now),
        };
        self.verdict.learn(&effects.events);
        effects
    }

    /// Whether [`Event::End`] would say anything: a body is still watched or a message still held.
    pub fn is_open(&self) -> bool {
        [&self.request, &self.response].into_iter().any(|p| matches!(p, Phase::Body(_) | Phase::Waiting(_)))
    }

    /// The exchange's verdict so far, for access logs: `decision;layer;reason;rules` of its most restrictive
    /// decision; empty before the first.
    pub fn verdict(&self) -> &str {
        self.verdict.as_str()
    }

    fn body(&mut self, direction: Direction, part: BodyPart<'_>, now: UnixMillis) -> Effects {
        let phase = match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        };
        let (Some(exchange), Phase::Body(watch)) = (&self.exchange, phase) else {
            return self.unasked(direction);
        };
        let limit = exchange.settings.max_body_bytes.of(direction);
        match (part, watch) {
            (BodyPart::Passing(bytes), Watch::Flight(_)) => self.fly(bytes, flight::More::Comes, now),
            (BodyPart::Complete(bytes), Watch::Flight(_)) => self.fly(bytes, flight::More::Nothing, now),
            (BodyPart::Held(size), Watch::Hold) if size <= limit => flow(Flow::Hold),
            (BodyPart::Held(_), _) => self.unscannable(direction, Unscannable::TooLarge, now),
            (BodyPart::Passing(bytes) | BodyPart::Complete(bytes), Watch::Observe(seen))
                if seen.len() + bytes.len() > limit =>
            {
                self.unscannable(direction, Unscannable::TooLarge, now)
            }
            (BodyPart::Passing(bytes), Watch::Observe(seen)) => {
                seen.extend_from_slice(bytes);
                flow(Flow::Observe)
            }
            (BodyPart::Passing(_), Watch::Hold) => self.unscannable(direction, Unscannable::Malformed, now),
            (BodyPart::Complete(body), Watch::Hold) if body.len() > limit => {
                self.unscannable(direction, Unscannable::TooLarge, now)
            }
            (BodyPart::Complete(body), Watch::Hold) => self.inspect(direction, body, now),
            (BodyPart::Complete(bytes), Watch::Observe(seen)) => {
                let mut whole = std::mem::take(seen);
                whole.extend_from_slice(bytes);
                self.inspect(direction, &whole, now)
            }
        }
    }

    /// The pipeline, on a complete body: read, detect, decide, act.
    fn inspect(&mut self, direction: Direction, body: &[u8], now: UnixMillis) -> Effects {
        let Some(exchange) = &mut self.exchange else { return self.unasked(direction) };
        let document = match read(exchange, direction, body) {
            Ok(document) => document,
            Err(why) => {
                exchange.learn_calls(direction, body);
                return self.unscannable(direction, why, now);
            }
        };
        exchange.learn(direction, &document);
        let settings = Arc::clone(&exchange.settings);
        let recall = self.cache.as_deref().map(|cache| Recall::new(cache, &exchange.tenant, &settings));
        if direction == Direction::Request {
            let segments = &document.segments;
            exchange.known.prompt =
                recall.as_ref().map_or_else(|| Prompt::of(segments).into(), |recall| recall.prompt(segments));
        }
        let (findings, decision) = self.engine.guard(
            &settings,
            direction,
            &document.segments,
            &Memory { prompt: &exchange.known.prompt, recall },
            exchange.pace,
            now,
        );
        let evidence = Evidence::of(&document, &findings, body, &settings);
        let mut effects = Effects::default();
        if let Some(stop) = exchange.stop_after_reading(direction, now) {
            effects.events.push(record::event(&self.engine, exchange, direction, &stop, &evidence, now));
            if stop.action == Action::Block {
                return self.refuse(direction, &stop, "", effects, now);
            }
        }
        if findings.len() >= MAX_FINDINGS && decision.action != Action::Block {
            return self.too_many_findings(direction, &decision, &evidence, effects, now);
        }
        if decision.mode != Mode::Off {
            effects.events.push(record::event(&self.engine, exchange, direction, &decision, &evidence, now));
        }
        let inspected = Inspected { direction, body, document, findings, evidence };
        self.act(inspected, &decision, effects, now)
    }

    /// Carries out [`full_list`].
    fn too_many_findings(
        &mut self,
        direction: Direction,
        decision: &Decision,
        evidence: &Evidence,
        mut effects: Effects,
        now: UnixMillis,
    ) -> Effects {
        let Some(exchange) = &self.exchange else { return effects };
        let decided = full_list(&exchange.settings, direction, decision, now);
        effects.events.push(record::event(&self.engine, exchange, direction, &decided, evidence, now));
        if decided.action == Action::Block {
            return self.refuse(direction, &decided, "", effects, now);
        }
        self.release(direction, None, effects)
    }

    fn act(
        &mut self,
        seen: Inspected<'_>,
        decision: &Decision,
        mut effects: Effects,
        now: UnixMillis,
    ) -> Effects {
        let direction = seen.direction;
        let Some(exchange) = &mut self.exchange else { return effects };
        // An approval is about what needs one; what is to be replaced still is.
        let edited = exchange.rewritten(&seen, decision.action);
        let human = exchange.settings.layers.mode(Layer::Human, now);
        let stopped = match (decision.action, human, edited) {
            (Action::Block, ..) => return self.refuse(direction, decision, "", effects, now),
            // There is nobody to ask, so what needs approval cannot pass.
            (Action::RequireApproval, Mode::Off, _) => decide::reviewed_by_nobody(&exchange.settings, now),
            (_, _, Err(EditFailed)) => decide::edit_failed(&exchange.settings, now),
            (Action::RequireApproval, Mode::Enforce, Ok(edited)) => {
                return self.ask_review(seen, edited, decision, effects);
            }
            (_, _, Ok(edited)) => return self.ask_judge(seen, edited, effects, now),
        };
        effects.events.push(record::event(&self.engine, exchange, direction, &stopped, &seen.evidence, now));
        self.refuse(direction, &stopped, "", effects, now)
    }

    fn ask_judge(
        &mut self,
        seen: Inspected<'_>,
        edited: Option<Vec<u8>>,
        mut effects: Effects,
        now: UnixMillis,
    ) -> Effects {
        let Some(exchange) = &self.exchange else { return effects };
        let direction = seen.direction;
        let draw = exchange.draw();
        let wanted =
            decide::judge_question(&exchange.settings, direction, &seen.findings, exchange.pace, draw, now);
        let Some((timing, trigger)) = wanted else { return self.release(direction, edited, effects) };
        let inspection = seen.inspection(Reason::JudgeEscalated);
        let question = ask::question(&self.engine, exchange, &inspection, trigger, now);
        if timing != JudgeTiming::Hold {
            let event = record::asked(&self.engine, exchange, direction, trigger, &seen.evidence, now);
            effects.deferred.push(Deferred { event, question });
            return self.release(direction, edited, effects);
        }
        self.calls += 1;
        let id = CallId(self.calls);
        let asked = ask::judge(exchange, &question, id);
        effects.calls.push(asked.call);
        effects.flow = Flow::Hold;
        let waiting = Waiting {
            id,
            asked: Asked::Judge(trigger),
            edited,
            action_sha256: asked.action_sha256,
            evidence: seen.evidence,
        };
        *self.phase(direction) = Phase::Waiting(waiting);
        effects
    }

    #[cold]
    fn ask_review(
        &mut self,
        seen: Inspected<'_>,
        edited: Option<Vec<u8>>,
        decision: &Decision,
        mut effects: Effects,
    ) -> Effects {
        let Some(exchange) = &self.exchange else { return effects };
        self.calls += 1;
        let id = CallId(self.calls);
        let direction = seen.direction;
        let asked = ask::review(&self.engine, exchange, &seen.inspection(decision.reason), id);
        effects.calls.push(asked.call);
        effects.flow = Flow::Hold;
        let waiting = Waiting {
            id,
            asked: Asked::Review,
            edited,
            action_sha256: asked.action_sha256,
            evidence: seen.evidence,
        };
        *self.phase(direction) = Phase::Waiting(waiting);
        effects
    }

    /// Lets a decided message go, edited or not.
    fn release(&mut self, direction: Direction, edited: Option<Vec<u8>>, mut effects: Effects) -> Effects {
        let Some(exchange) = &self.exchange else { return effects };
        if let Some(body) = edited {
            effects.headers.extend(edit::header_edits(
                exchange.heads.of_ref(direction),
                exchange.header_hold,
                body.len(),
            ));
            effects.flow = Flow::Replace(body);
        } else {
            effects.flow = Flow::Pass;
        }
        *self.phase(direction) = Phase::Done;
        effects
    }

    fn phase(&mut self, direction: Direction) -> &mut Phase {
        match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        }
    }

    #[cold]
    fn refuse(
        &mut self,
        direction: Direction,
        decision: &Decision,
        review_id: &str,
        mut effects: Effects,
        now: UnixMillis,
    ) -> Effects {
        let Some(exchange) = &self.exchange else { return effects };
        // A refused request whose early answer is on its way is reset by the rim: its status line is gone, and a
        // replaced request body would not stop that answer.
        let is_underway =
            direction == Direction::Response && matches!(self.response, Phase::Body(_) | Phase::Waiting(_));
        self.request = Phase::Done;
        self.response = Phase::Done;
        let status_line = if is_underway && exchange.header_hold == HeaderHold::Continue {
            StatusLine::Gone
        } else {
            StatusLine::Ours
        };
        effects.flow = refuse::flow(exchange, direction, decision, review_id, status_line, now);
        effects
    }

    #[cold]
    fn unscannable(&mut self, direction: Direction, why: Unscannable, now: UnixMillis) -> Effects {
        let Some(exchange) = &self.exchange else { return Effects::default() };
        let mut effects = Effects::default();
        let nothing = Evidence::default();
        if let Some(stop) = exchange.stop_after_reading(direction, now).filter(|s| s.action == Action::Block)
        {
            effects.events.push(record::event(&self.engine, exchange, direction, &stop, &nothing, now));
            return self.refuse(direction, &stop, "", effects, now);
        }
        let decision = decide::unscannable(&exchange.settings, direction, why.code(), now);
        effects.events.push(record::event(&self.engine, exchange, direction, &decision, &nothing, now));
        if decision.action == Action::Block {
            return self.refuse(direction, &decision, "", effects, now);
        }
        self.release(direction, None, effects)
    }

    /// Whatever is still open is counted: a copy that passed is inspected, a held message is abandoned.
    fn end(&mut self, now: UnixMillis) -> Effects {
        let mut effects = Effects::default();
        for direction in [Direction::Request, Direction::Response] {
            let ended = match std::mem::replace(self.phase(direction), Phase::Done) {
                Phase::Body(Watch::Observe(seen)) if !seen.is_empty() => self.inspect(direction, &seen, now),
                Phase::Body(Watch::Flight(flight)) => self.cut_short(&flight, now),
                Phase::Waiting(waiting) => self.abandoned(direction, &waiting, now),
                _ => continue,
            };
            effects.events.extend(ended.events);
            effects.deferred.extend(ended.deferred);
        }
        effects
    }

    /// The answer to an event that changes nothing: what waits stays held, everything else passes.
    fn unasked(&self, direction: Direction) -> Effects {
        let phase = match direction {
            Direction::Request => &self.request,
            Direction::Response => &self.response,
        };
        match phase {
            Phase::Waiting(_) | Phase::Body(Watch::Hold) => flow(Flow::Hold),
            Phase::Body(Watch::Observe(_)) => flow(Flow::Observe),
            Phase::Body(Watch::Flight(_)) => flow(Flow::Stream),
            Phase::Start | Phase::Done => flow(Flow::Pass),
        }
    }
}

/// A body after the reading stages.
struct Inspected<'b> {
    direction: Direction,
    body: &'b [u8],
    document: Document<'b>,
    findings: Vec<Finding>,
    evidence: Evidence,
}

impl Inspected<'_> {
    fn inspection(&self, reason: Reason) -> ask::Inspection<'_> {
        ask::Inspection {
            direction: self.direction,
            body: self.body,
            segments: &self.document.segments,
            findings: &self.findings,
            reason,
        }
    }
}

/// What a full list of findings means: there may be more, and what is not on it would pass unredacted. A policy that
/// lets the unscannable pass does not mean what is known to need an edit.
fn full_list(settings: &Settings, direction: Direction, decision: &Decision, now: UnixMillis) -> Decision {
    let posture = decide::unscannable(settings, direction, Unscannable::TooMany.code(), now);
    let needs_edit = decision.action != Action::Allow;
    match posture.action {
        Action::Allow if needs_edit => decide::edit_failed(settings, now),
        _ => posture,
    }
}

fn read<'b>(exchange: &Exchange, direction: Direction, body: &'b [u8]) -> Result<Document<'b>, Unscannable> {
    if body.is_empty() {
        return Err(Unscannable::Empty);
    }
    reread(exchange.protocol, direction, &exchange.hints(direction), body)
}

fn reread<'b>(
    protocol: protocol::Protocol,
    direction: Direction,
    hints: &Hints<'_>,
    body: &'b [u8],
) -> Result<Document<'b>, Unscannable> {
    match direction {
        Direction::Request => protocol::read_request(hints, body),
        Direction::Response => protocol::read_response(protocol, hints, body),
    }
}

fn flow(flow: Flow) -> Effects {
    Effects { flow, ..Effects::default() }
}
