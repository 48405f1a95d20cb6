//! Plays a body through a session as the filter would, in pieces: what passes in the end, and what was decided.

use std::rc::Rc;
use std::sync::Arc;

use weir_engine::event::{
    BodyPart, ControlView, Direction, Effects, Event, Flow, Origin, Permits, RequestHead, ResponseHead,
    UnixMillis,
};
use weir_engine::session::{Engine, Session};
use weir_engine::wire::decision::Action;

use super::bodies::Body;
use crate::failure::{During, Result};

/// Engines of policies that edit, each compiled once.
#[derive(Debug)]
pub struct Engines {
    /// Redacts; streams are held.
    pub redacting: Arc<Engine>,
    /// Redacts; streams are in flight.
    pub flying: Arc<Engine>,
    /// Tokenises requests and masks responses; streams are held.
    pub tokenising: Arc<Engine>,
}

/// What became of a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// What goes on, or what takes its place.
    pub bytes: Vec<u8>,
    /// How it ended.
    pub end: End,
    /// Decision and reason of the last event.
    pub decided: Option<(Action, String)>,
    /// Most bytes that had come and not left.
    pub most_held: usize,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// As it came.
    Passed,
    /// Edited.
    Edited,
    /// Something else was answered, instead of it or behind a part of it.
    Refused,
    /// It waits for an answer.
    Held,
}

impl Engines {
    /// Compiles them.
    ///
    /// # Errors
    /// When a policy is wrong.
    pub fn new() -> Result<Self> {
        let engine = |request: &str, response: &str, streams: &str| {
            let policy = serde_json::json!({
                "version": "weir/v1",
                "placeholder_key": "0123456789abcdef0123456789abcdef",
                "header_hold": "stop_iteration",
                "default": {
                    "judge": { "request": "never", "response": "never" },
                    "guardrails": {
                        "injection": { "action": "allow" },
                        "output": { "action": "allow" },
                        "leak": { "response": "allow" },
                        "unscannable": { "request": "block", "response": "block" },
                        "pii": { "request": request, "response": response, "packs": ["all"] },
                        "secrets": { "request": request, "response": response },
                        "streams": { "mode": streams },
                    },
                },
            });
            Engine::compile(&policy.to_string()).map(Arc::new).during("compiling a policy")
        };
        Ok(Self {
            redacting: engine("redact", "redact", "hold")?,
            flying: engine("redact", "redact", "in_flight")?,
            tokenising: engine("tokenise", "mask", "hold")?,
        })
    }
}

/// Plays a body that comes in pieces of these lengths, again and again; the request before a response is `{}`.
pub fn play(engine: &Arc<Engine>, body: &Body, lengths: &[usize]) -> Seen {
    let mut session = Session::new(Arc::clone(engine));
    let is_request = body.direction == Direction::Request;
    let content_type = if is_request { &body.content_type } else { "application/json" };
    let mut headers: Vec<(&[u8], &[u8])> = vec![
        (b":method", b"POST"),
        (b":path", body.path.as_bytes()),
        (b":authority", b"api.local"),
        (b"content-type", content_type.as_bytes()),
    ];
    headers.extend(body.copies.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
    let control = ControlView { snapshot: None, confirmed: NOW, permits: Rc::new(NoPermits) };
    let mut flow = session
        .on(Event::RequestHead(RequestHead {
            headers: &headers,
            end_of_stream: false,
            route: "",
            peer: "",
            request_id: "fuzz",
            nonce: 7,
            control,
            now: NOW,
        }))
        .flow;
    if !is_request {
        session.on(Event::Body(Direction::Request, BodyPart::Complete(b"{\"stream\":true}"), NOW));
        let headers: Vec<(&[u8], &[u8])> =
            vec![(b":status", b"200"), (b"content-type", body.content_type.as_bytes())];
        let head =
            ResponseHead { headers: &headers, end_of_stream: false, origin: Origin::Upstream, now: NOW };
        flow = session.on(Event::ResponseHead(head)).flow;
    }
    pass(&mut session, body, flow, lengths)
}

fn pass(session: &mut Session, body: &Body, mut flow: Flow, lengths: &[usize]) -> Seen {
    let mut seen = Seen { bytes: Vec::new(), end: End::Held, decided: None, most_held: 0 };
    let (whole, mut at) = (body.bytes.as_slice(), 0);
    let mut lengths = lengths.iter().copied().cycle();
    let mut is_edited = false;
    loop {
        let end = (at + lengths.next().unwrap_or(usize::MAX).max(1)).min(whole.len());
        let piece = whole.get(at..end).unwrap_or_default();
        let is_last = end == whole.len();
        at = end;
        let part = match (&flow, is_last) {
            (Flow::Hold, true) => BodyPart::Complete(whole),
            (Flow::Hold, false) => BodyPart::Held(end),
            (_, true) => BodyPart::Complete(piece),
            (_, false) => BodyPart::Passing(piece),
        };
        let was_held = flow == Flow::Hold;
        let Effects { flow: next, events, .. } = session.on(Event::Body(body.direction, part, NOW));
        if let Some(event) = events.last() {
            seen.decided = Some((event.decision, event.reason.clone()));
        }
        match &next {
            Flow::Release(bytes) => seen.bytes.extend_from_slice(bytes),
            Flow::Finish(bytes, _) => {
                seen.bytes.extend_from_slice(bytes);
                return Seen { end: End::Refused, ..seen };
            }
            Flow::Replace(bytes) => return Seen { bytes: bytes.clone(), end: End::Edited, ..seen },
            Flow::Pass if was_held => return Seen { bytes: whole.to_vec(), end: End::Passed, ..seen },
            Flow::Pass | Flow::Observe => seen.bytes.extend_from_slice(piece),
            Flow::Refuse(refusal) => return Seen { bytes: refusal.body.clone(), end: End::Refused, ..seen },
            Flow::Hold | Flow::Stream => {}
        }
        if next != Flow::Hold {
            is_edited |= !whole.starts_with(&seen.bytes);
            if !is_edited {
                seen.most_held = seen.most_held.max(end - seen.bytes.len());
            }
        }
        if is_last {
            let end = match next {
                Flow::Hold => End::Held,
                _ if seen.bytes == whole => End::Passed,
                _ => End::Edited,
            };
            return Seen { end, ..seen };
        }
        flow = next;
    }
}

#[derive(Debug)]
struct NoPermits;

impl Permits for NoPermits {
    fn take(&self, _: &str, _: u64, _: u32) -> bool {
        false
    }
}

/// January 2027.
const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
