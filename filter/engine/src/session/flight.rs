//! A streamed response that passes while it comes: what bodies go through (read, detect, decide, edit), part by part.
//! Frames leave whole and in their order, as soon as nothing in them is undecided. It never lets a byte go that the
//! detectors have not seen, except words that cannot be data, which they see a little later.

mod notes;

use std::collections::VecDeque;

use super::exchange::Exchange;
use super::{Engine, Memory, Phase, Session, Watch, full_list};
use crate::act::edit::Placeholders;
use crate::act::refuse::{self, Underway};
use crate::act::token::Tokens;
use crate::act::{Evidence, ask, record};
use crate::detect::{Finding, Repeated, tail};
use crate::event::{Deferred, Direction, Effects, Flow, UnixMillis};
use crate::limits::{
    MAX_FINDINGS, MAX_RESTORED_BYTES, MAX_UNDECIDED_BYTES, STREAM_CONTEXT_BYTES, STREAM_STRIDE_BYTES,
};
use crate::policy::Settings;
use crate::policy::decide::{self, Decision};
use crate::policy::document::JudgeTiming;
use crate::protocol::carrier::{Carrier, Edit};
use crate::protocol::{Framing, Unscannable, framed};
use crate::segment::{Segment, Span};
use crate::stream::fields::{Field, Fields};
use crate::stream::frames::Frames;
use crate::wire::decision::Action;
use notes::{Notes, Transcript, given_back, note};

/// Whether bytes follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum More {
    Comes,
    Nothing,
}

/// A stream in flight. Addresses count from the beginning of the stream; behind each frame stand those of what it carries
/// encoded. INVARIANT: `left <= frame`, and `held` begins with the frames of `ends`, which end at `open`.
#[derive(Debug)]
pub(crate) struct Flight {
    framing: Framing,
    fields: Fields,
    frames: Frames,
    /// What has come and not left.
    held: Vec<u8>,
    /// How much has come, in bytes.
    come: u64,
    /// The address of what has not left.
    left: usize,
    /// The address of the frame that has not ended, and where it begins in what is held.
    frame: usize,
    open: usize,
    /// The held frames.
    ends: VecDeque<End>,
    /// What is to be replaced in them.
    edits: Vec<Edit>,
    /// In order of their fields.
    findings: Vec<Finding>,
    /// The fields that something was found in, and where they stand.
    paths: Vec<(u32, String)>,
    placeholders: Placeholders,
    tokens: Tokens,
    /// Bytes of the request's values that may still be given back.
    room: usize,
    /// What of the system prompt has come out.
    repeated: Repeated,
    /// What the judge will be asked about, in order of the fields; `None` when it will not be.
    transcripts: Option<Vec<(u32, Transcript)>>,
}

/// Where a frame ends.
#[derive(Clone, Copy, Debug)]
struct End {
    /// The first address behind it.
    address: usize,
    /// Its length, in bytes.
    len: usize,
}

/// Why a flight ends before its stream does.
enum Stop {
    Unscannable(Unscannable),
    Decided(Decision),
}

impl From<Unscannable> for Stop {
    fn from(why: Unscannable) -> Self {
        Self::Unscannable(why)
    }
}

/// What a flight works with.
struct Around<'e> {
    engine: &'e Engine,
    exchange: &'e Exchange,
    now: UnixMillis,
}

/// A field that something is to be decided about.
struct Due<'f> {
    path: &'f str,
    field: &'f mut Field,
    /// What stands before it can be decided.
    to: usize,
}

impl Due<'_> {
    /// Waits with what repeats the system prompt until it is known whether that is a leak.
    fn hold_suspect(&mut self, around: &Around<'_>, index: u32, repeated: &Repeated) {
        self.field.suspect = None;
        if self.field.is_ended || settings(around).leak == Action::Allow {
            return;
        }
        let (window, offset) = self.field.window(self.path);
        let Some(start) = repeated.open(index, window.text.len()) else { return };
        let start = (start.saturating_sub(offset) + self.field.base()).max(self.field.settled);
        if self.field.end() - start <= MAX_UNDECIDED_BYTES {
            self.to = self.to.min(start);
            self.field.suspect = Some(start);
        }
    }
}

impl Session {
    /// Takes the next bytes of a stream in flight.
    pub(super) fn fly(&mut self, bytes: &[u8], more: More, now: UnixMillis) -> Effects {
        let phase = std::mem::replace(&mut self.response, Phase::Done);
        let (Some(exchange), Phase::Body(Watch::Flight(mut flight))) = (&self.exchange, phase) else {
            return Effects::default();
        };
        let around = Around { engine: &self.engine, exchange, now };
        let mut released = Vec::new();
        match (flight.push(&around, bytes, more, &mut released), more) {
            (Ok(()), More::Comes) => {
                let flow = Flow::Release(released);
                self.response = Phase::Body(Watch::Flight(flight));
                Effects { flow, ..Effects::default() }
            }
            (Ok(()), More::Nothing) => flight.landed(&around, Flow::Release(released)),
            (Err(stop), _) => flight.stopped(&around, stop, released),
        }
    }

    /// The exchange ended before the stream did: what has been found is recorded.
    pub(super) fn cut_short(&self, flight: &Flight, now: UnixMillis) -> Effects {
        let Some(exchange) = &self.exchange else { return Effects::default() };
        flight.landed(&Around { engine: &self.engine, exchange, now }, Flow::Pass)
    }
}

impl Flight {
    /// A stream of which nothing has come.
    pub fn new(exchange: &Exchange, now: UnixMillis) -> Self {
        let timing = decide::judge_timing(&exchange.settings, Direction::Response, exchange.pace, now);
        let framing = exchange.framing();
        Self {
            framing,
            fields: Fields::new(exchange.protocol, framing),
            frames: Frames::new(framing),
            held: Vec::new(),
            come: 0,
            left: 0,
            frame: 0,
            open: 0,
            ends: VecDeque::new(),
            edits: Vec::new(),
            findings: Vec::new(),
            paths: Vec::new(),
            placeholders: Placeholders::default(),
            tokens: exchange.known.tokens.clone(),
            room: MAX_RESTORED_BYTES,
            repeated: Repeated::default(),
            transcripts: (timing != JudgeTiming::Never).then(Vec::new),
        }
    }

    /// Takes the next bytes; `released` is what may leave.
    fn push(
        &mut self,
        around: &Around<'_>,
        bytes: &[u8],
        more: More,
        released: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        self.come += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let mut rest = bytes;
        let taken = self.take_frames(around, &mut rest, released);
        self.held.extend_from_slice(rest);
        taken?;
        let open = self.held.len() - self.open;
        let limit = around.exchange.settings.max_body_bytes.response;
        if self.held.len() > limit {
            return Err(Unscannable::TooLarge.into());
        }
        if more == More::Nothing {
            if open > 0 {
                self.read_frame()?;
            }
            self.fields.end()?;
            self.settle(around)?;
            self.decide(around)?;
        }
        self.release(around, released)
    }

    /// Takes the frames that end in `rest`, one after the other, so that it is the same however they are cut.
    fn take_frames(
        &mut self,
        around: &Around<'_>,
        rest: &mut &[u8],
        released: &mut Vec<u8>,
    ) -> Result<(), Stop> {
        while let Some((now, later)) = self.frames.end(rest).and_then(|end| rest.split_at_checked(end)) {
            *rest = later;
            self.held.extend_from_slice(now);
            self.read_frame()?;
            self.settle(around)?;
            self.release(around, released)?;
        }
        Ok(())
    }

    /// Reads the frame that ends with what is held.
    fn read_frame(&mut self) -> Result<(), Unscannable> {
        let frame = self.held.get(self.open..).unwrap_or_default();
        let decoded_bytes = self.fields.read(frame, self.frame)?;
        self.frame += frame.len() + decoded_bytes;
        self.ends.push_back(End { address: self.frame, len: frame.len() });
        self.open = self.held.len();
        Ok(())
    }

    /// Decides what can be decided in every field.
    fn settle(&mut self, around: &Around<'_>) -> Result<(), Stop> {
        let mut due = Vec::new();
        for (path, field) in self.fields.iter_mut() {
            let to = decidable(around, field);
            let is_new = field.end() - field.scanned >= stride(around);
            let is_left_over = field.is_ended && field.scanned < field.end();
            if is_new
                || is_left_over
                || field.suspect.is_some()
                || (to > field.settled && !is_plain(around, field, to))
            {
                due.push(Due { path, field, to });
            } else if to > field.settled {
                note(self.transcripts.as_mut(), field, path, to, &[]);
                self.edits.extend(given_back(around, field, path, to, &mut self.room));
                field.settle(to);
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        let found = look(around, &due, &mut self.repeated);
        let before = self.findings.len();
        for (index, mut due) in (0u32..).zip(due) {
            due.hold_suspect(around, index, &self.repeated);
            let own: Vec<&Finding> = found.iter().filter(|f| f.segment == index).collect();
            let mut notes = Notes {
                findings: &mut self.findings,
                edits: &mut self.edits,
                placeholders: &mut self.placeholders,
                tokens: &mut self.tokens,
                room: &mut self.room,
                transcripts: self.transcripts.as_mut(),
                paths: &mut self.paths,
            };
            notes.take(around, due, &own)?;
        }
        self.fields.forget_ended();
        if self.findings.len() > before { self.decide(around) } else { Ok(()) }
    }

    /// What all that has been found means.
    fn decide(&self, around: &Around<'_>) -> Result<(), Stop> {
        let decision = self.decision(around);
        match decision.action {
            Action::Block => Err(Stop::Decided(decision)),
            _ if self.findings.len() >= MAX_FINDINGS => {
                Err(Stop::Decided(full_list(settings(around), Direction::Response, &decision, around.now)))
            }
            _ => Ok(()),
        }
    }

    fn decision(&self, around: &Around<'_>) -> Decision {
        let Around { exchange, now, .. } = around;
        decide::guardrails(&exchange.settings, Direction::Response, &self.findings, exchange.pace, *now)
    }

    /// Lets the frames go that may leave, with their edits.
    fn release(&mut self, around: &Around<'_>, released: &mut Vec<u8>) -> Result<(), Stop> {
        let wait = self.fields.unsettled().unwrap_or(usize::MAX);
        let count = self.ends.iter().take_while(|end| end.address <= wait).count();
        let (protocol, framing) = (around.exchange.protocol, self.framing);
        for frame in self.take(count) {
            let is_read = || Fields::new(protocol, framing).read(&frame.bytes, frame.address).is_ok();
            if frame.is_edited && !is_read() {
                return Err(Stop::Decided(decide::edit_failed(settings(around), around.now)));
            }
            released.extend_from_slice(&frame.bytes);
        }
        Ok(())
    }

    /// The end of a stream: its event, and the judge's question.
    fn landed(&self, around: &Around<'_>, flow: Flow) -> Effects {
        let (engine, exchange, now) = (around.engine, around.exchange, around.now);
        let decision = self.decision(around);
        let evidence = self.evidence(around);
        let event = record::event(engine, exchange, Direction::Response, &decision, &evidence, now);
        let deferred = self.question(around, &evidence).into_iter().collect();
        Effects { flow, events: vec![event], deferred, ..Effects::default() }
    }

    /// A stream that must not go on, or that nobody can look at any more.
    /// `released` leaves before it.
    fn stopped(&mut self, around: &Around<'_>, stop: Stop, mut released: Vec<u8>) -> Effects {
        let (engine, exchange, now) = (around.engine, around.exchange, around.now);
        let decision = match stop {
            Stop::Decided(decision) => decision,
            Stop::Unscannable(why) => {
                decide::unscannable(settings(around), Direction::Response, why.code(), now)
            }
        };
        let evidence = self.evidence(around);
        let event = record::event(engine, exchange, Direction::Response, &decision, &evidence, now);
        let flow = match decision.action {
            Action::Block => {
                let underway = match () {
                    () if self.left == 0 => Underway::NotYet,
                    () if self.fields.is_over() && self.ends.is_empty() => Underway::Over,
                    () => Underway::Begun,
                };
                let begun = (underway, self.fields.answer_id());
                let (ending, rest) = refuse::ending(exchange, &decision, begun, now);
                released.extend_from_slice(&ending);
                Flow::Finish(released, rest)
            }
            // The policy lets the unscannable pass; what was to be replaced in it still is.
            _ => {
                let frames = self.take(self.ends.len());
                released.extend(frames.into_iter().flat_map(|frame| frame.bytes));
                released.append(&mut self.held);
                Flow::Release(released)
            }
        };
        Effects { flow, events: vec![event], ..Effects::default() }
    }

    /// The first `count` of the held frames, with their edits. INVARIANT: no edit crosses the end of a frame.
    fn take(&mut self, count: usize) -> Vec<Leaving> {
        let ends: Vec<End> = self.ends.drain(..count).collect();
        let Some(last) = ends.last() else { return Vec::new() };
        let len: usize = ends.iter().map(|end| end.len).sum();
        let later = self.held.split_off(len.min(self.held.len()));
        let bytes = std::mem::replace(&mut self.held, later);
        self.open -= len;
        let edits = self.edits.extract_if(.., |(span, _)| span.end <= last.address).collect::<Vec<_>>();
        let left = std::mem::replace(&mut self.left, last.address);
        if edits.is_empty() {
            return vec![Leaving { address: left, bytes, is_edited: false }];
        }
        let mut rest = bytes.as_slice();
        let mut address = left;
        let frames = ends.iter().map(|end| {
            let (frame, later) = rest.split_at_checked(end.len).unwrap_or_default();
            rest = later;
            let start = std::mem::replace(&mut address, end.address);
            Leaving::new(self.framing, frame, start..end.address, &edits)
        });
        frames.collect()
    }

    fn evidence(&self, around: &Around<'_>) -> Evidence {
        let of = |field| self.paths.iter().find(|(of, _)| *of == field);
        let path = |field: u32| of(field).map(|(_, path)| path.as_str());
        Evidence::found(self.fields.coverage(), &path, &self.findings, self.come, settings(around))
    }

    /// The question for the judge, of what was kept for it.
    fn question(&self, around: &Around<'_>, evidence: &Evidence) -> Option<Deferred> {
        let Around { engine, exchange, now } = *around;
        let transcripts = self.transcripts.as_ref()?;
        let (settings, direction) = (&exchange.settings, Direction::Response);
        let (pace, draw) = (exchange.pace, exchange.draw());
        let (_, trigger) = decide::judge_question(settings, direction, &self.findings, pace, draw, now)?;
        let segments: Vec<Segment<'_>> =
            transcripts.iter().map(|(_, transcript)| transcript.segment()).collect();
        let body = segments.iter().map(|s| s.text.as_ref()).collect::<Vec<_>>().join("\n");
        let reason = crate::policy::Reason::JudgeEscalated;
        let inspection =
            ask::Inspection { direction, body: body.as_bytes(), segments: &segments, findings: &[], reason };
        let mut question = ask::question(engine, exchange, &inspection, trigger, now);
        question.findings = self.findings.iter().filter_map(|f| ask::named(exchange, f)).collect();
        let event = record::asked(engine, exchange, direction, trigger, evidence, now);
        Some(Deferred { event, question })
    }
}

/// A frame that leaves, or several of which none was edited.
struct Leaving {
    address: usize,
    bytes: Vec<u8>,
    is_edited: bool,
}

impl Leaving {
    /// The frame at these addresses with those of `edits` that are its own.
    fn new(framing: Framing, frame: &[u8], at: Span, edits: &[Edit]) -> Self {
        let own = edits.iter().filter(|(span, _)| at.start <= span.start && span.start < at.end);
        let own: Vec<Edit> =
            own.map(|(span, text)| (span.start - at.start..span.end - at.start, text.clone())).collect();
        let is_edited = !own.is_empty();
        let bytes = match framing {
            _ if !is_edited => frame.to_vec(),
            Framing::Frames => framed::carrier_of(frame).apply(frame, own),
            _ => Carrier::default().apply(frame, own),
        };
        Self { address: at.start, bytes, is_edited }
    }
}

fn settings<'e>(around: &Around<'e>) -> &'e Settings {
    &around.exchange.settings
}

/// Up to where a field can be decided before more of it comes.
fn decidable(around: &Around<'_>, field: &Field) -> usize {
    let end = field.end();
    if field.is_ended {
        return end;
    }
    let open = field.text_from(field.settled);
    let mut to = field.settled + tail::undecided(open, 0);
    if redacts_terms(around) {
        to = to.min(end.saturating_sub(around.engine.terms.longest()));
    }
    let to = field.floor(to.max(end.saturating_sub(MAX_UNDECIDED_BYTES))).max(field.settled);
    uncut(around, field, to)
}

/// `to`, or where a placeholder of the request begins that would be in two there, or may be.
fn uncut(around: &Around<'_>, field: &Field, to: usize) -> usize {
    let tokens = &around.exchange.known.tokens;
    field.settled + tokens.cut(field.text_from(field.settled), to - field.settled)
}

/// Whether words of the policy are to be replaced: then none is only a word.
fn redacts_terms(around: &Around<'_>) -> bool {
    settings(around).lexicons.iter().any(|lexicon| lexicon.actions.response.is_edit())
}

/// Whether what is new up to `to` is only words, the ones before it included: `password:` makes data of a word.
fn is_plain(around: &Around<'_>, field: &Field, to: usize) -> bool {
    if redacts_terms(around) {
        return false;
    }
    let from = field.floor(field.settled.saturating_sub(NAME_BYTES).max(field.base()));
    let text = field.text_from(from);
    tail::is_plain(text.get(..to.saturating_sub(from)).unwrap_or(text))
}

/// How far before a word the name may begin that makes data of it, in bytes.
const NAME_BYTES: usize = 24;

/// How much new text of a field is looked at together. A prompt that comes out should be noticed early.
fn stride(around: &Around<'_>) -> usize {
    let looks_for_prompt = settings(around).leak != Action::Allow && !around.exchange.known.prompt.is_empty();
    if looks_for_prompt { STREAM_STRIDE_BYTES / 4 } else { STREAM_STRIDE_BYTES }
}

/// What the detectors find in the windows of `due`; positions count from the beginning of the field.
fn look(around: &Around<'_>, due: &[Due<'_>], repeated: &mut Repeated) -> Vec<Finding> {
    let (mut segments, mut bases) = (Vec::new(), Vec::new());
    for Due { path, field, .. } in due {
        let (window, offset) = field.window(path);
        segments.push(window);
        bases.push((field.base(), offset));
    }
    let exchange = around.exchange;
    // Windows of a stream never come again: nothing is known of them.
    let memory = Memory { prompt: &exchange.known.prompt, recall: None };
    let engine = around.engine;
    let mut found = engine.findings(&exchange.settings, Direction::Response, &segments, &memory, repeated);
    found.retain_mut(|finding| {
        let index = usize::try_from(finding.segment).unwrap_or(usize::MAX);
        let (base, offset) = bases.get(index).copied().unwrap_or_default();
        // What begins with the window may have begun before it, unless nothing stood there.
        let is_cut = base > 0 && due.get(index).is_some_and(|due| due.field.scanned > base);
        if is_cut && finding.range.start < EDGE_BYTES + offset {
            return false;
        }
        let place = |at: usize| at.saturating_sub(offset) + base;
        finding.range = place(finding.range.start)..place(finding.range.end);
        true
    });
    found
}

/// Beginning of a window in which nothing counts: it was counted when it stood further in.
const EDGE_BYTES: usize = STREAM_CONTEXT_BYTES / 4;

#[cfg(test)]
#[path = "flight_tests.rs"]
mod tests;
