//! What the rim tells the engine and what the engine answers: the only interface between them. Both sides are
//! plain values; nothing here knows Envoy. One [`Effects`] answers one [`Event`], and its [`Flow`] is one of a
//! closed set of outcomes, so a rim cannot forget one.

use std::rc::Rc;

use crate::wire::control::ControlSnapshot;
use crate::wire::decision::DecisionEvent;
use crate::wire::judge::JudgeRequest;

/// Milliseconds since the Unix epoch. Time only ever arrives inside an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub u64);

/// Which half of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Client to upstream.
    Request,
    /// Upstream to client.
    Response,
}

/// Something that happened on the wire.
#[derive(Debug)]
pub enum Event<'a> {
    /// The request's headers are here. Always the first event of a session.
    RequestHead(RequestHead<'a>),
    /// The response's headers are here.
    ResponseHead(ResponseHead<'a>),
    /// Something happened to a body.
    Body(Direction, BodyPart<'a>, UnixMillis),
    /// The sidecar answered a [`Call`], or it could not be made.
    Answer(CallId, Answer<'a>, UnixMillis),
    /// The stream is over, for whatever reason. Always the last event; only `events` and `deferred` of its effects count.
    End(UnixMillis),
}

/// What became of a body. Under [`Flow::Hold`] the rim keeps the bytes and reports `Held` until the end; under
/// [`Flow::Observe`] they pass and a copy is shown; under [`Flow::Stream`] the answer takes their place.
#[derive(Clone, Copy, Debug)]
pub enum BodyPart<'a> {
    /// The rim holds this many bytes so far and more will come.
    Held(usize),
    /// The next bytes, and more will come. Under `Observe` they have passed already.
    Passing(&'a [u8]),
    /// The body is complete, by end of stream or by trailers: all of it under `Hold`, its last bytes under
    /// `Observe` and `Stream`.
    Complete(&'a [u8]),
}

/// A header list. Values are raw bytes: a peer may send anything.
pub type Headers<'a> = &'a [(&'a [u8], &'a [u8])];

/// The request's headers and what the proxy knows about its sender.
#[derive(Debug)]
pub struct RequestHead<'a> {
    /// All headers, with the `:method`, `:path` and `:authority` pseudo-headers; names are lower case.
    pub headers: Headers<'a>,
    /// Whether the request ends here (no body).
    pub end_of_stream: bool,
    /// Route name as the proxy configured it (`xds.route_name`); empty when unknown.
    pub route: &'a str,
    /// URI SAN of the peer's certificate (SPIFFE id); empty without mTLS.
    pub peer: &'a str,
    /// An id for this exchange, unique in the mesh; shown to the client and written into every event.
    pub request_id: &'a str,
    /// Unpredictable to clients and upstreams; binds the judge's answer to this exchange.
    pub nonce: u64,
    /// The last control snapshot this worker has.
    pub control: ControlView,
    /// Arrival time.
    pub now: UnixMillis,
}

/// The response's headers.
#[derive(Debug)]
pub struct ResponseHead<'a> {
    /// All headers with `:status`; names are lower case.
    pub headers: Headers<'a>,
    /// Whether the response ends here (HEAD, 204, 304).
    pub end_of_stream: bool,
    /// Who wrote it.
    pub origin: Origin,
    /// Arrival time.
    pub now: UnixMillis,
}

/// Who wrote a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The upstream.
    Upstream,
    /// The proxy itself (timeout, no healthy host, our own refusal): passed, never inspected.
    Proxy,
}

/// The control state as this worker sees it.
#[derive(Clone, Debug)]
pub struct ControlView {
    /// The last snapshot; `None` before the first one arrives.
    pub snapshot: Option<Rc<ControlSnapshot>>,
    /// When it was last confirmed by the sidecar (arrival of the poll that carried or confirmed it).
    pub confirmed: UnixMillis,
    /// Hands out trial requests while a breaker is probing.
    pub permits: Rc<dyn Permits>,
}

/// Trial requests of a probing breaker, counted across all workers of a proxy.
pub trait Permits: std::fmt::Debug {
    /// Takes one of `max` permits of this `scope` and probing `epoch`; `false` when none is left.
    fn take(&self, scope: &str, epoch: u64, max: u32) -> bool;
}

/// What to do, in answer to one event.
#[derive(Debug, Default)]
pub struct Effects {
    /// What happens to the stream.
    pub flow: Flow,
    /// Edits of the headers that are still held, to be applied before `flow`.
    pub headers: Vec<HeaderEdit>,
    /// Calls to the sidecar, to be sent now.
    pub calls: Vec<Call>,
    /// Decisions to record, one each.
    pub events: Vec<DecisionEvent>,
    /// Questions whose answer nothing waits for. They travel with the events, so that a question outlives its stream
    /// and costs no call of its own.
    pub deferred: Vec<Deferred>,
}

/// A question for the judge that nobody waits for.
#[derive(Debug)]
pub struct Deferred {
    /// Records that it was asked; to be delivered like any other event. The sidecar completes it with the verdict.
    pub event: DecisionEvent,
    /// The question.
    pub question: JudgeRequest,
}

/// What happens to the stream now.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// Let it through, and what follows in this direction too; no more body events are wanted.
    #[default]
    Pass,
    /// Let it through and show a copy of what follows in this direction.
    Observe,
    /// Let the headers go, and show what follows in this direction piece by piece, before any of it goes: the answer to
    /// each piece is what goes in its place.
    Stream,
    /// Let these bytes go in place of the piece that was shown, and go on as under `Stream`.
    Release(Vec<u8>),
    /// Let these bytes go as the last ones of the body; what still comes of it never leaves.
    Finish(Vec<u8>, Rest),
    /// Keep it until told otherwise.
    Hold,
    /// Replace the whole held body by this and let it through; whatever of the body still arrives is dropped.
    /// Content-length is the engine's business (`headers`).
    Replace(Vec<u8>),
    /// Answer the client in the upstream's place.
    Refuse(Refusal),
}

/// What becomes of an upstream whose stream was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It may finish, unheard, as long as that takes few bytes.
    Drain,
    /// It is cut off, so that it stops working (and costing).
    Reset,
}

/// An answer of our own, in the caller's protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Headers, without content-length.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// One edit of the held headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderEdit {
    /// Sets a header, replacing all of its values.
    Set(&'static str, String),
    /// Removes every value of a header.
    Remove(String),
}

/// Names a call within its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u32);

/// A call to the sidecar's data port.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// Names the answer.
    pub id: CallId,
    /// What is asked.
    pub endpoint: Endpoint,
    /// JSON body.
    pub body: Vec<u8>,
    /// When the answer is worthless, in milliseconds from now. Never zero (zero is "no timeout" to Envoy).
    pub deadline_ms: u32,
}

/// Endpoints of the sidecar's data port, relative to its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `POST /v1/judge`
    Judge,
    /// `POST /v1/reviews`
    Review,
}

impl Endpoint {
    /// The path of the endpoint.
    pub fn path(self) -> &'static str {
        match self {
            Self::Judge => "/v1/judge",
            Self::Review => "/v1/reviews",
        }
    }
}

/// What came back from a [`Call`].
#[derive(Clone, Copy, Debug)]
pub enum Answer<'a> {
    /// Something answered. Only a status of 200 and a body of the wire type is believed.
    Http {
        /// Status, as a number; 0 when it could not be read.
        status: u16,
        /// Body, at most [`crate::limits::MAX_ANSWER_BYTES`].
        body: &'a [u8],
    },
    /// The call could not be made or nothing usable came back.
    Failed,
}
