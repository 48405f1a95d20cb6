//! The HTTP context: one exchange. It turns callbacks into engine events and effects into host calls, and decides
//! nothing itself. Its own duty is that what the engine holds stays held: every end of a body (end of stream or
//! trailers) goes through `complete`, every way on goes through `step`, and whatever the proxy refuses to do ends
//! in a refusal, never in letting the message go.

use std::rc::Rc;

use weir_engine::event::{
    Answer, BodyPart, Call, CallId, ControlView, Direction, Effects, Endpoint, Event, Flow, HeaderEdit,
    Origin, Refusal, RequestHead, ResponseHead, Rest,
};
use weir_engine::limits::MAX_ANSWER_BYTES;
use weir_engine::policy::document::{HeaderHold, RefusalShape};
use weir_engine::protocol::refusal::{Kind, No, render};
use weir_engine::protocol::{Calls, Protocol};
use weir_engine::session::Session;

use crate::answer::Received;
use crate::half::{Body, Half, Headers};
use crate::limits::{MAX_DRAINED_BYTES, MAX_OPEN_CALLS, MAX_ROUNDS};
use crate::metrics::{Cause, Fault, Metric};
use crate::proxy::{Buffer, HttpCall, Map, Method, Token};
use crate::worker::Worker;

/// One exchange.
#[derive(Debug)]
pub struct Exchange {
    worker: Rc<Worker>,
    session: Session,
    stage: Stage,
    request: Half,
    response: Half,
    calls: Vec<OpenCall>,
    request_id: String,
    verdict: String,
    /// The body of an answer that is put into other words, until it is said.
    words: Vec<u8>,
}

/// What a callback tells the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Go on.
    Continue,
    /// Wait for us.
    Pause,
}

/// How far an exchange is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The engine has not heard of it. Envoy may answer before we see the request.
    Unseen,
    /// It runs.
    Open,
    /// Someone answered in the upstream's place, we or Envoy. No stream of it is touched again.
    Answered,
}

/// A call whose answer is awaited.
#[derive(Clone, Copy, Debug)]
struct OpenCall {
    token: Token,
    id: CallId,
    endpoint: Endpoint,
    /// The half that made it, and is released by its answer.
    direction: Direction,
}

impl Exchange {
    /// A new exchange.
    pub fn new(worker: Rc<Worker>) -> Self {
        let session = Session::with_cache(worker.cache.clone());
        Self {
            worker,
            session,
            stage: Stage::Unseen,
            request: Half::NEW,
            response: Half::NEW,
            calls: Vec::new(),
            request_id: String::new(),
            verdict: String::new(),
            words: Vec::new(),
        }
    }

    /// The request's headers have come.
    pub fn on_request_head(&mut self, end_of_stream: bool) -> Step {
        if self.stage == Stage::Answered {
            return after_answer(Direction::Request);
        }
        self.stage = Stage::Open;
        let Ok(headers) = self.worker.proxy.headers(Map::Stream(Direction::Request)) else {
            return self.fail(Direction::Request, Fault::ReadHeaders);
        };
        let now = self.worker.proxy.now();
        let control = self.worker.control.read(now);
        let (route, peer) = (self.text(&ROUTE_NAME), self.text(&PEER_SAN));
        self.request_id = self.worker.ids.request_id(headers.first("x-request-id"));
        let effects = self.session.on(Event::RequestHead(RequestHead {
            headers: &headers.pairs(),
            end_of_stream,
            route: &route,
            peer: &peer,
            request_id: &self.request_id,
            nonce: self.worker.ids.number(),
            control: ControlView {
                snapshot: control.snapshot,
                confirmed: control.confirmed,
                permits: self.worker.permits.clone(),
            },
            now,
        }));
        self.after_head(Direction::Request, effects, end_of_stream)
    }

    /// The response's headers have come.
    pub fn on_response_head(&mut self, end_of_stream: bool) -> Step {
        if self.stage != Stage::Open {
            return after_answer(Direction::Response);
        }
        let Ok(headers) = self.worker.proxy.headers(Map::Stream(Direction::Response)) else {
            return self.fail(Direction::Response, Fault::ReadHeaders);
        };
        let origin = self.origin(headers.first(":status"));
        let effects = self.session.on(Event::ResponseHead(ResponseHead {
            headers: &headers.pairs(),
            end_of_stream,
            origin,
            now: self.worker.proxy.now(),
        }));
        if origin == Origin::Proxy {
            self.record(&effects);
            self.stage = Stage::Answered;
            return self.reword(effects);
        }
        self.after_head(Direction::Response, effects, end_of_stream)
    }

    /// Bytes of a body have come. `bytes` counts what is held, or the chunk when nothing is held.
    pub fn on_body(&mut self, direction: Direction, bytes: usize, end_of_stream: bool) -> Step {
        match self.half(direction).body {
            Body::Discarded => return self.discard(direction),
            Body::Ended(left) => return self.drain(direction, left, bytes),
            Body::Reworded => return self.say(direction),
            _ => {}
        }
        if self.stage != Stage::Open {
            return after_answer(direction);
        }
        match (self.half(direction).body, end_of_stream) {
            (Body::Passing | Body::Discarded | Body::Ended(_) | Body::Reworded, _) => Step::Continue,
            (Body::Judged, _) => Step::Pause,
            (Body::Flowing, _) => self.on_piece(direction, bytes, end_of_stream),
            (Body::Observed, false) => {
                let chunk = self.copy(direction, bytes);
                self.on_part(direction, BodyPart::Passing(&chunk))
            }
            (Body::Observed, true) => {
                let chunk = self.copy(direction, bytes);
                self.complete(direction, &chunk)
            }
            (Body::Collecting(_), false) => {
                self.half_mut(direction).body = Body::Collecting(bytes);
                self.on_part(direction, BodyPart::Held(bytes))
            }
            (Body::Collecting(_), true) => self.complete_held(direction, bytes, bytes),
        }
    }

    /// Trailers have come: the body ended without an end of stream.
    pub fn on_trailers(&mut self, direction: Direction) -> Step {
        if self.stage != Stage::Open {
            return after_answer(direction);
        }
        match self.half(direction).body {
            Body::Passing | Body::Discarded | Body::Ended(_) | Body::Reworded => Step::Continue,
            Body::Judged => Step::Pause,
            Body::Observed => self.complete(direction, &[]),
            Body::Flowing => self.on_last_piece_gone(direction),
            Body::Collecting(bytes) => self.complete_held(direction, bytes, usize::MAX),
        }
    }

    /// The sidecar has answered a call, or Envoy in its place.
    pub fn on_answer(&mut self, token: Token, num_headers: usize, body_bytes: usize) {
        let Some(at) = self.calls.iter().position(|call| call.token == token) else { return };
        let call = self.calls.swap_remove(at);
        if self.stage != Stage::Open {
            return;
        }
        let received = Received::take(&*self.worker.proxy, num_headers, body_bytes, MAX_ANSWER_BYTES);
        if let Some(cause) = failure(&received) {
            self.worker.metrics.count(Metric::CallFailure(call.endpoint.into(), cause));
        }
        let answer = received.as_ref().map_or(Answer::Failed, Received::as_answer);
        let was_held = self.half(call.direction).is_held();
        let effects = self.session.on(Event::Answer(call.id, answer, self.worker.proxy.now()));
        let failed = self.apply_answer(call.direction, effects);
        self.answer_all_failed(call.direction, failed);
        self.refuse_what_nothing_releases(call.direction);
        if was_held && self.step(call.direction) == Step::Continue {
            // The stream is gone when this fails, and there is nothing left to release.
            let _ = self.worker.proxy.resume(call.direction);
        }
    }

    /// The exchange is over.
    pub fn on_end(&mut self) {
        let stage = std::mem::replace(&mut self.stage, Stage::Answered);
        if stage == Stage::Unseen || !self.session.is_open() {
            return;
        }
        let effects = self.session.on(Event::End(self.worker.proxy.now()));
        self.record(&effects);
    }

    fn after_head(&mut self, direction: Direction, effects: Effects, end_of_stream: bool) -> Step {
        self.act(direction, effects);
        if end_of_stream {
            // No body callback will come, so only an open call may keep it.
            if self.half(direction).is_held() {
                self.half_mut(direction).body = Body::Judged;
            }
            self.refuse_what_nothing_releases(direction);
            return self.step(direction);
        }
        let step = self.step(direction);
        let held = self.half(direction).is_held();
        if held && self.worker.engine.policy().header_hold == HeaderHold::StopIteration {
            return Step::Pause;
        }
        if held || step == Step::Continue {
            // Without the means to hold headers they go now, and the body callbacks hold the body.
            self.half_mut(direction).headers = Headers::Gone;
            return Step::Continue;
        }
        step
    }

    /// A piece of a stream in flight: what the engine lets go takes its place.
    fn on_piece(&mut self, direction: Direction, bytes: usize, end_of_stream: bool) -> Step {
        let piece = match bytes {
            0 => Ok(Vec::new()),
            _ => self.worker.proxy.buffer(Buffer::Body(direction), bytes),
        };
        let Some(piece) = piece.ok().filter(|piece| piece.len() >= bytes) else {
            return self.fail(direction, Fault::ReadBody);
        };
        let part = if end_of_stream { BodyPart::Complete(&piece) } else { BodyPart::Passing(&piece) };
        self.on_part(direction, part)
    }

    /// A stream in flight ended with trailers, behind which nothing can be sent: what is still to go would be missing
    /// without anybody noticing, so the stream is cut off.
    fn on_last_piece_gone(&mut self, direction: Direction) -> Step {
        let now = self.worker.proxy.now();
        let effects = self.session.on(Event::Body(direction, BodyPart::Complete(&[]), now));
        self.record(&effects);
        self.half_mut(direction).body = Body::Passing;
        if matches!(&effects.flow, Flow::Release(bytes) | Flow::Finish(bytes, _) if !bytes.is_empty()) {
            self.worker.metrics.count(Metric::EngineError(Fault::TailLost));
            let _ = self.worker.proxy.reset(direction);
            // Envoy crashes when trailers go on to a stream that is gone.
            return Step::Pause;
        }
        Step::Continue
    }

    fn on_part(&mut self, direction: Direction, part: BodyPart<'_>) -> Step {
        let effects = self.session.on(Event::Body(direction, part, self.worker.proxy.now()));
        self.act(direction, effects);
        self.step(direction)
    }

    /// Reads a held body that has ended: at least `held` and at most `max` bytes. A short read would be a partly
    /// inspected message.
    fn complete_held(&mut self, direction: Direction, held: usize, max: usize) -> Step {
        let body = match max {
            0 => Ok(Vec::new()),
            _ => self.worker.proxy.buffer(Buffer::Body(direction), max),
        };
        match body {
            Ok(body) if body.len() >= held => self.complete(direction, &body),
            _ => self.fail(direction, Fault::ReadBody),
        }
    }

    /// A body has ended, by end of stream or by trailers.
    fn complete(&mut self, direction: Direction, body: &[u8]) -> Step {
        self.half_mut(direction).body = Body::Judged;
        let effects =
            self.session.on(Event::Body(direction, BodyPart::Complete(body), self.worker.proxy.now()));
        self.act(direction, effects);
        self.refuse_what_nothing_releases(direction);
        self.step(direction)
    }

    fn act(&mut self, direction: Direction, effects: Effects) {
        let failed = self.apply(direction, effects);
        self.answer_all_failed(direction, failed);
    }

    /// Calls that fail at once are answered at once, within the same callback.
    fn answer_all_failed(&mut self, direction: Direction, mut failed: Vec<CallId>) {
        for _ in 0..MAX_ROUNDS {
            let Some(id) = failed.pop() else { return };
            failed.extend(self.answer_failed(direction, id));
        }
        if !failed.is_empty() {
            self.fail(direction, Fault::TooManyCalls);
        }
    }

    fn answer_failed(&mut self, direction: Direction, id: CallId) -> Vec<CallId> {
        let now = self.worker.proxy.now();
        let effects = self.session.on(Event::Answer(id, Answer::Failed, now));
        self.apply_answer(direction, effects)
    }

    /// An answer moves only what waits for it: a body that passes is neither held by it nor lost sight of.
    fn apply_answer(&mut self, direction: Direction, effects: Effects) -> Vec<CallId> {
        if self.half(direction).is_held() || matches!(effects.flow, Flow::Refuse(_)) {
            return self.apply(direction, effects);
        }
        let flow = match self.half(direction).body {
            Body::Observed => Flow::Observe,
            Body::Flowing => Flow::Stream,
            _ => Flow::Pass,
        };
        self.apply(direction, Effects { flow, ..effects })
    }

    /// Carries out effects once; which of its calls failed at once.
    fn apply(&mut self, direction: Direction, effects: Effects) -> Vec<CallId> {
        self.record(&effects);
        if self.stage != Stage::Open {
            return Vec::new();
        }
        if self.edit_headers(direction, &effects.headers).is_err() {
            self.fail(direction, Fault::EditHeaders);
            return Vec::new();
        }
        let failed = effects.calls.iter().filter_map(|call| self.send(direction, call)).collect();
        self.flow(direction, effects.flow);
        failed
    }

    fn flow(&mut self, direction: Direction, flow: Flow) {
        match flow {
            Flow::Pass => self.half_mut(direction).body = Body::Passing,
            Flow::Observe => self.half_mut(direction).body = Body::Observed,
            Flow::Stream => self.half_mut(direction).body = Body::Flowing,
            Flow::Release(bytes) => self.let_go(direction, &bytes, Body::Flowing),
            Flow::Finish(bytes, Rest::Drain) => {
                self.let_go(direction, &bytes, Body::Ended(MAX_DRAINED_BYTES))
            }
            Flow::Finish(bytes, Rest::Reset) => self.let_go(direction, &bytes, Body::Ended(0)),
            Flow::Hold => self.half_mut(direction).hold(),
            Flow::Refuse(refusal) => self.refuse(direction, &refusal, "weir_refused"),
            Flow::Replace(body) => self.replace(direction, &body),
        }
    }

    /// Lets `bytes` go in place of the piece that has come.
    fn let_go(&mut self, direction: Direction, bytes: &[u8], next: Body) {
        match self.worker.proxy.replace_body(direction, bytes) {
            Ok(()) => self.half_mut(direction).body = next,
            Err(_) => {
                self.fail(direction, Fault::ReplaceBody);
            }
        }
    }

    /// Throws a piece away that comes behind the end of a stream; `left` bytes more may.
    fn drain(&mut self, direction: Direction, left: usize, bytes: usize) -> Step {
        let Some(left) = left.checked_sub(bytes) else {
            // The end has reached the client: what was written in an earlier callback is not lost by a reset.
            let _ = self.worker.proxy.replace_body(direction, &[]);
            let _ = self.worker.proxy.reset(direction);
            return Step::Continue;
        };
        self.half_mut(direction).body = Body::Ended(left);
        if bytes == 0 { Step::Continue } else { self.discard(direction) }
    }

    /// Replaces all that is held; what still comes of that body is dropped.
    fn replace(&mut self, direction: Direction, body: &[u8]) {
        let rest = match self.half(direction).body {
            Body::Judged => Body::Passing,
            Body::Collecting(_) => Body::Discarded,
            // Bytes have passed already, so what is left cannot be the whole.
            Body::Passing
            | Body::Observed
            | Body::Flowing
            | Body::Ended(_)
            | Body::Discarded
            | Body::Reworded => {
                self.fail(direction, Fault::ReplaceBody);
                return;
            }
        };
        match self.worker.proxy.replace_body(direction, body) {
            Ok(()) => self.half_mut(direction).body = rest,
            Err(_) => {
                self.fail(direction, Fault::ReplaceBody);
            }
        }
    }

    /// Puts an answer of the proxy's own into other words: its headers now, its body when that comes.
    fn reword(&mut self, effects: Effects) -> Step {
        let Flow::Replace(body) = effects.flow else { return Step::Continue };
        if self.edit_headers(Direction::Response, &effects.headers).is_err() {
            self.worker.metrics.count(Metric::EngineError(Fault::EditHeaders));
            let _ = self.worker.proxy.reset(Direction::Response);
            return Step::Pause;
        }
        self.words = body;
        self.response.body = Body::Reworded;
        Step::Continue
    }

    fn say(&mut self, direction: Direction) -> Step {
        self.half_mut(direction).body = Body::Discarded;
        if self.worker.proxy.replace_body(direction, &std::mem::take(&mut self.words)).is_err() {
            self.worker.metrics.count(Metric::EngineError(Fault::ReplaceBody));
            let _ = self.worker.proxy.reset(direction);
            return Step::Pause;
        }
        Step::Continue
    }

    fn edit_headers(&self, direction: Direction, edits: &[HeaderEdit]) -> Result<(), crate::proxy::Status> {
        let proxy = &self.worker.proxy;
        edits.iter().try_for_each(|edit| match edit {
            HeaderEdit::Set(name, value) => proxy.set_header(direction, name, value),
            HeaderEdit::Remove(name) => proxy.remove_header(direction, name),
        })
    }

    /// Sends a call; its id when it failed at once.
    fn send(&mut self, direction: Direction, call: &Call) -> Option<CallId> {
        let sidecar = self.worker.sidecar();
        let room = self.calls.len() < MAX_OPEN_CALLS;
        let sent = room.then(|| {
            self.worker.proxy.call(&HttpCall {
                cluster: &sidecar.cluster,
                authority: &sidecar.authority,
                method: Method::Post,
                path: call.endpoint.path(),
                body: &call.body,
                timeout_ms: call.deadline_ms,
            })
        });
        let Some(Ok(token)) = sent else {
            self.worker.metrics.count(Metric::CallFailure(call.endpoint.into(), Cause::NotSent));
            return Some(call.id);
        };
        self.calls.push(OpenCall { token, id: call.id, endpoint: call.endpoint, direction });
        None
    }

    /// Nothing else comes for a body that has ended: without an open call it would wait for ever.
    fn refuse_what_nothing_releases(&mut self, direction: Direction) {
        let waits = self.calls.iter().any(|call| call.direction == direction);
        if self.stage == Stage::Open && self.half(direction).body == Body::Judged && !waits {
            self.fail(direction, Fault::HeldForEver);
        }
    }

    /// The proxy would not do what was decided. Posture: closed, as unavailable.
    fn fail(&mut self, direction: Direction, fault: Fault) -> Step {
        self.worker.metrics.count(Metric::EngineError(fault));
        self.show(&format!("block;plugin;{};", fault.name()));
        let refusal = unavailable(&self.request_id, self.worker.proxy.now().0 / 1000);
        self.refuse(direction, &refusal, "weir_failed_closed");
        self.step(direction)
    }

    /// Answers the client, once.
    fn refuse(&mut self, direction: Direction, refusal: &Refusal, details: &str) {
        if self.stage == Stage::Answered {
            return;
        }
        self.stage = Stage::Answered;
        let proxy = self.worker.proxy.clone();
        let done = match (direction, self.half(direction).headers) {
            // The status has gone with the headers: the refusal takes the place of the body that is left.
            (Direction::Response, Headers::Gone) => {
                self.half_mut(direction).body = Body::Discarded;
                proxy.replace_body(direction, &refusal.body)
            }
            _ => proxy.reply(refusal, details),
        };
        if done.is_err() {
            self.worker.metrics.count(Metric::EngineError(Fault::Reply));
            // Nothing of the message may pass, and the client cannot be told why: the stream ends.
            let _ = proxy.reset(direction);
            self.half_mut(direction).body = Body::Judged;
        }
    }

    fn discard(&self, direction: Direction) -> Step {
        if self.worker.proxy.replace_body(direction, &[]).is_err() {
            let _ = self.worker.proxy.reset(direction);
            return Step::Pause;
        }
        Step::Continue
    }

    fn record(&mut self, effects: &Effects) {
        effects.events.iter().for_each(|event| self.worker.record(event));
        effects.deferred.iter().for_each(|deferred| self.worker.ask(deferred));
        if self.stage == Stage::Open && self.session.verdict() != self.verdict {
            let verdict = self.session.verdict().to_owned();
            self.show(&verdict);
        }
    }

    /// Puts the verdict into the filter state, for access logs.
    fn show(&mut self, verdict: &str) {
        verdict.clone_into(&mut self.verdict);
        // An access log without a verdict is worse than none, but not a reason to fail the exchange.
        let _ = self.worker.proxy.set_property(VERDICT, verdict);
    }

    /// Whether a callback of `direction` lets it go on.
    fn step(&self, direction: Direction) -> Step {
        let half = self.half(direction);
        let answered_by_us = self.stage == Stage::Answered && half.body != Body::Discarded;
        if answered_by_us || half.is_held() { Step::Pause } else { Step::Continue }
    }

    /// Who wrote the response. Envoy names its own answers; ours never get here. Its own are errors, so it is only
    /// asked about those: an answer of another status that it made itself is inspected like an upstream's.
    fn origin(&self, status: Option<&[u8]>) -> Origin {
        if matches!(status, Some([b'1'..=b'3', ..])) {
            return Origin::Upstream;
        }
        match self.worker.proxy.property(&CODE_DETAILS) {
            // Without details it may be the upstream's, so it is inspected.
            Some(details) if !is_of_upstream(&details) => Origin::Proxy,
            _ => Origin::Upstream,
        }
    }

    fn copy(&self, direction: Direction, bytes: usize) -> Vec<u8> {
        if bytes == 0 {
            return Vec::new();
        }
        self.worker.proxy.buffer(Buffer::Body(direction), bytes).unwrap_or_else(|_| {
            self.worker.metrics.count(Metric::EngineError(Fault::ReadBody));
            Vec::new()
        })
    }

    fn text(&self, path: &[&str]) -> String {
        let bytes = self.worker.proxy.property(path).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn half(&self, direction: Direction) -> Half {
        match direction {
            Direction::Request => self.request,
            Direction::Response => self.response,
        }
    }

    fn half_mut(&mut self, direction: Direction) -> &mut Half {
        match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        }
    }
}

/// Whether Envoy says that an upstream wrote the response, now or before: behind a cache filter it says
/// `cache.insert_via_upstream` or `cache.response_from_cache_filter`, and what is cached was never inspected.
fn is_of_upstream(details: &[u8]) -> bool {
    details.ends_with(b"via_upstream") || details.starts_with(b"cache.")
}

/// After an answer in the upstream's place the request goes nowhere, and the answer goes to the client.
fn after_answer(direction: Direction) -> Step {
    match direction {
        Direction::Request => Step::Pause,
        Direction::Response => Step::Continue,
    }
}

fn failure(received: &Result<Received, Cause>) -> Option<Cause> {
    match received {
        Err(cause) => Some(*cause),
        Ok(received) => (received.status != 200).then_some(Cause::Status),
    }
}

/// What a client gets when the plugin cannot do what was decided.
pub fn unavailable(request_id: &str, now_seconds: u64) -> Refusal {
    render(
        Protocol::default(),
        &No {
            kind: Kind::Unavailable { retry_after_seconds: 1 },
            shape: RefusalShape::Error,
            message: "The request could not be processed.",
            request_id,
            review_id: "",
            model: "",
            answer_id: "",
            path: "",
            stream: false,
            now_seconds,
            calls: &Calls::NONE,
        },
    )
}

/// Property that holds the verdict; `%FILTER_STATE(wasm.weir_verdict:PLAIN)%` in access logs.
const VERDICT: &str = "weir_verdict";
const ROUTE_NAME: [&str; 2] = ["xds", "route_name"];
const PEER_SAN: [&str; 2] = ["connection", "uri_san_peer_certificate"];
const CODE_DETAILS: [&str; 2] = ["response", "code_details"];

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
