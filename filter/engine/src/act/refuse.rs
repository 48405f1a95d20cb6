//! How a decision not to pass reaches the client. "Blocked", "waiting for approval" and "unavailable" are different
//! answers, and none of them says why.

use crate::event::{Direction, Flow, Refusal, Rest, UnixMillis};
use crate::policy::Reason;
use crate::policy::decide::Decision;
use crate::policy::document::{AfterBlock, Layer, RefusalShape};
use crate::protocol::refusal::{Kind, No, interruption, render};
use crate::protocol::{Calls, Unscannable};
use crate::session::Exchange;

/// Whether the status line can still be ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusLine {
    /// Nothing has been sent.
    Ours,
    /// The response's headers went to the client before its body was seen (`header_hold: continue`).
    Gone,
}

/// How much of a stream in flight has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Underway {
    /// Nothing but its headers.
    NotYet,
    /// Some of it, to the end of an event.
    Begun,
    /// All of it that can be: nothing may follow.
    Over,
}

/// The end of a stream in flight: its protocol's own error or refusal, and what ends its streams.
pub fn ending(
    exchange: &Exchange,
    decision: &Decision,
    (underway, answer_id): (Underway, &str),
    now: UnixMillis,
) -> (Vec<u8>, Rest) {
    let settings = &exchange.settings;
    let (shape, message) = words(exchange, decision);
    let no = No {
        kind: kind(decision, Direction::Response, settings.fallback.retry_after_seconds),
        shape,
        message,
        request_id: &exchange.request_id,
        review_id: "",
        model: &exchange.model,
        answer_id: if underway == Underway::NotYet { "" } else { answer_id },
        path: &exchange.path,
        stream: true,
        now_seconds: now.0 / 1000,
        calls: &exchange.calls,
    };
    let rest = match settings.streams.after_block {
        AfterBlock::Drain => Rest::Drain,
        AfterBlock::Reset => Rest::Reset,
    };
    let is_first = underway == Underway::NotYet;
    let interrupted = || interruption(exchange.protocol, &no, exchange.framing(), is_first);
    let bytes = match shape {
        _ if underway == Underway::Over => Vec::new(),
        RefusalShape::Completion if is_first => {
            // Where the protocol knows no completion this is an error, and errors in streams are events.
            let refusal = render(exchange.protocol, &no);
            if refusal.status == 200 { refusal.body } else { interrupted() }
        }
        _ => interrupted(),
    };
    (bytes, rest)
}

/// The flow of a refusal. Where the response's headers are gone already, its body is replaced by a well-formed
/// refusal of the protocol, because a reset would leave the client with half an answer.
pub fn flow(
    exchange: &Exchange,
    direction: Direction,
    decision: &Decision,
    review_id: &str,
    status_line: StatusLine,
    now: UnixMillis,
) -> Flow {
    let settings = &exchange.settings;
    let headers_are_gone = status_line == StatusLine::Gone;
    let is_grpc = exchange.heads.request.is_grpc;
    let (shape, message) = words(exchange, decision);
    let no = No {
        kind: kind(decision, direction, settings.fallback.retry_after_seconds),
        shape: match (is_grpc, headers_are_gone) {
            (true, _) => RefusalShape::Error,
            (_, true) => RefusalShape::Completion,
            (_, false) => shape,
        },
        message,
        request_id: &exchange.request_id,
        review_id,
        model: &exchange.model,
        answer_id: "",
        path: &exchange.path,
        stream: if headers_are_gone { exchange.is_response_stream() } else { exchange.stream },
        now_seconds: now.0 / 1000,
        calls: &exchange.calls,
    };
    let mut refusal = render(exchange.protocol, &no);
    if is_grpc {
        // The proxy makes of the status that of a call, and of the body its message.
        refusal.body = message.as_bytes().to_vec();
    }
    if headers_are_gone { Flow::Replace(refusal.body) } else { Flow::Refuse(refusal) }
}

/// What Envoy says in plain words when it fails itself, in the shape of the caller's protocol; `None` for every other answer of
/// its own, which a filter or an operator has put into words.
pub fn reworded(exchange: &Exchange, now: UnixMillis) -> Option<Refusal> {
    let settings = &exchange.settings;
    let facts = &exchange.heads.response;
    let is_plain = facts.content_type.is_empty() || facts.content_type.starts_with("text/plain");
    let status = exchange.upstream_status;
    let (kind, message) = match status {
        413 => (Kind::Rejected(status), &settings.refusal.message),
        503 => {
            let retry_after_seconds = settings.fallback.retry_after_seconds;
            (Kind::Unavailable { retry_after_seconds }, &settings.fallback.message)
        }
        500 | 502 | 504 => (Kind::Rejected(status), &settings.fallback.message),
        _ => return None,
    };
    let is_ours = is_plain && !exchange.heads.request.is_grpc;
    let no = No {
        kind,
        shape: RefusalShape::Error,
        message,
        request_id: &exchange.request_id,
        review_id: "",
        model: &exchange.model,
        answer_id: "",
        path: &exchange.path,
        stream: false,
        now_seconds: now.0 / 1000,
        calls: &Calls::NONE,
    };
    is_ours.then(|| render(exchange.protocol, &no))
}

/// The shape and the text: the safe fallback's when something is unavailable, the refusal's otherwise.
fn words<'e>(exchange: &'e Exchange, decision: &Decision) -> (RefusalShape, &'e str) {
    let settings = &exchange.settings;
    if is_unavailable(decision) {
        (settings.fallback.shape, &settings.fallback.message)
    } else {
        (settings.refusal.shape, &settings.refusal.message)
    }
}

fn kind(decision: &Decision, direction: Direction, retry_after_seconds: u32) -> Kind {
    match decision.reason {
        _ if is_unavailable(decision) => Kind::Unavailable { retry_after_seconds },
        Reason::Unscannable(_) if direction == Direction::Response => Kind::Rejected(BAD_GATEWAY),
        Reason::Unscannable(code) if code == Unscannable::HeaderMismatch.code() => Kind::HeaderMismatch,
        Reason::Unscannable(code) => Kind::Rejected(Unscannable::status_of(code)),
        Reason::ReviewPending => Kind::PendingReview,
        _ => Kind::Blocked,
    }
}

fn is_unavailable(decision: &Decision) -> bool {
    decision.layer == Layer::CircuitBreaker
        || matches!(decision.reason, Reason::JudgeUnavailable | Reason::ReviewUnavailable)
}

/// An upstream whose answer cannot be inspected is a bad gateway to the client (AIRS middleware: 502).
const BAD_GATEWAY: u16 = 502;
