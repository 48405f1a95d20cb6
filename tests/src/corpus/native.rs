//! Plays a case against a session, as the filter would, in every manner in which bodies can arrive. It keeps to the
//! contract of `Flow`: what is held is reported by size, what passes is shown in pieces.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::json;
use weir_engine::event::{
    Answer, BodyPart, Call, ControlView, Direction, Effects, Event, Flow, Origin, Permits, RequestHead,
    ResponseHead, UnixMillis,
};
use weir_engine::session::{Engine, Session};

use super::case::{Case, Control, Decided, Message};
use super::{Seen, sidecar, wire};
use crate::failure::{During, Result};

/// How bodies arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// At once.
    Whole,
    /// In the pieces the case states, or in two halves.
    Pieces,
    /// Byte by byte.
    Bytes,
}

/// Every manner in which bodies can arrive.
pub const ARRIVALS: [Arrival; 3] = [Arrival::Whole, Arrival::Pieces, Arrival::Bytes];

/// Bodies longer than this are not played byte by byte.
const MAX_BYTEWISE_BYTES: usize = 20_000;

/// Plays cases, compiling each policy once: in a debug build that takes longer than the exchange.
#[derive(Debug, Default)]
pub struct Player {
    engines: BTreeMap<String, Arc<Engine>>,
}

impl Player {
    /// Plays a case.
    ///
    /// # Errors
    /// When its policy does not compile, or the session holds a message that nothing can release.
    pub fn play(&mut self, case: &Case, arrival: Arrival) -> Result<Seen> {
        let session = Session::new(self.engine(case)?);
        let mut stage = Stage { session, case, arrival, seen: Seen::default() };
        stage.exchange()?;
        let last = stage.session.on(Event::End(NOW));
        stage.record(&last);
        Ok(stage.seen)
    }

    fn engine(&mut self, case: &Case) -> Result<Arc<Engine>> {
        let mut policy = case.policy.clone();
        if let Some(policy) = policy.as_object_mut() {
            policy.insert("header_hold".into(), json!("stop_iteration"));
        }
        let text = policy.to_string();
        if let Some(engine) = self.engines.get(&text) {
            return Ok(engine.clone());
        }
        let engine = Arc::new(Engine::compile(&text).during("compiling the policy")?);
        self.engines.insert(text, engine.clone());
        Ok(engine)
    }
}

struct Stage<'c> {
    session: Session,
    case: &'c Case,
    arrival: Arrival,
    seen: Seen,
}

/// What becomes of a message in the end.
enum Fate {
    GoesOn(Vec<u8>),
    Refused,
}

impl Stage<'_> {
    fn exchange(&mut self) -> Result<()> {
        let request = &self.case.events.request;
        let body = wire::body(request);
        let head = self.request_head(request, &body);
        let Fate::GoesOn(body) = self.message(Direction::Request, request, body, head)? else {
            return Ok(());
        };
        self.seen.upstream = Some(body);
        let response = wire::response(self.case);
        let body = wire::body(&response);
        let head = self.response_head(&response, &body);
        if let Fate::GoesOn(body) = self.message(Direction::Response, &response, body, head)? {
            self.seen.status = response.status.unwrap_or(200);
            self.seen.headers = wire::headers(&response);
            self.seen.body = body;
        }
        Ok(())
    }

    fn request_head(&mut self, request: &Message, body: &[u8]) -> Effects {
        let mut headers = vec![
            (":method".to_owned(), request.method.clone().unwrap_or_else(|| "POST".into())),
            (":path".to_owned(), request.path.clone().unwrap_or_else(|| "/v1/chat/completions".into())),
        ];
        let mut own = wire::headers(request);
        headers.push((":authority".into(), own.remove("host").unwrap_or_else(|| "localhost".into())));
        headers.extend(own);
        self.announce_length(&mut headers, request, body);
        let (snapshot, confirmed) = match &self.case.events.control {
            Control::Word(_) => (None, UnixMillis(0)),
            Control::Snapshot(snapshot) => (Some(Rc::new(snapshot.clone())), NOW),
        };
        self.session.on(Event::RequestHead(RequestHead {
            headers: &as_bytes(&headers),
            end_of_stream: body.is_empty() && request.trailers.is_empty(),
            route: "default",
            peer: "",
            request_id: "native",
            nonce: NONCE,
            control: ControlView { snapshot, confirmed, permits: Rc::new(Unlimited) },
            now: NOW,
        }))
    }

    fn response_head(&mut self, response: &Message, body: &[u8]) -> Effects {
        let mut headers = vec![(":status".to_owned(), response.status.unwrap_or(200).to_string())];
        headers.extend(wire::headers(response));
        self.announce_length(&mut headers, response, body);
        self.session.on(Event::ResponseHead(ResponseHead {
            headers: &as_bytes(&headers),
            end_of_stream: body.is_empty() && response.trailers.is_empty(),
            origin: Origin::Upstream,
            now: NOW,
        }))
    }

    fn announce_length(&self, headers: &mut Vec<(String, String)>, message: &Message, body: &[u8]) {
        let is_chunked = !message.splits.is_empty() || !message.trailers.is_empty();
        if !is_chunked && !body.is_empty() {
            headers.push(("content-length".into(), body.len().to_string()));
        }
    }

    /// Plays what follows a message's headers, whose effects are `head`.
    fn message(
        &mut self,
        direction: Direction,
        message: &Message,
        body: Vec<u8>,
        head: Effects,
    ) -> Result<Fate> {
        let mut waiting = VecDeque::new();
        let mut flow = self.take(head, &mut waiting);
        let mut held = 0;
        let mut pieces = VecDeque::from(self.pieces(message, &body));
        let mut left = Vec::new();
        while let (Flow::Hold | Flow::Observe | Flow::Stream | Flow::Release(_), Some(piece)) =
            (&flow, pieces.pop_front())
        {
            held += piece.len();
            let is_held = flow == Flow::Hold;
            let part = match (is_held, pieces.is_empty()) {
                (true, true) => BodyPart::Complete(&body),
                (true, false) => BodyPart::Held(held),
                (false, true) => BodyPart::Complete(&piece),
                (false, false) => BodyPart::Passing(&piece),
            };
            let effects = self.session.on(Event::Body(direction, part, NOW));
            flow = self.take(effects, &mut waiting);
            if let Flow::Release(bytes) | Flow::Finish(bytes, _) = &flow {
                left.extend_from_slice(bytes);
            }
        }
        // An answer moves only what is held; what passes has gone.
        while let Some(call) = waiting.pop_front() {
            let effects = self.answer(&call);
            let after = self.take(effects, &mut waiting);
            if flow == Flow::Hold {
                flow = after;
            }
        }
        Ok(match flow {
            Flow::Pass | Flow::Observe => Fate::GoesOn(body),
            Flow::Replace(edited) => Fate::GoesOn(edited),
            Flow::Stream | Flow::Release(_) | Flow::Finish(..) => Fate::GoesOn(left),
            Flow::Hold => {
                return Err(crate::failure::Failure::new(format!("the {direction:?} is held for ever")));
            }
            Flow::Refuse(refusal) => {
                self.seen.status = refusal.status;
                self.seen.headers = refusal.headers.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
                self.seen.body = refusal.body;
                Fate::Refused
            }
        })
    }

    fn pieces(&self, message: &Message, body: &[u8]) -> Vec<Vec<u8>> {
        match self.arrival {
            Arrival::Whole => vec![body.to_vec()],
            Arrival::Bytes if body.len() <= MAX_BYTEWISE_BYTES && !body.is_empty() => {
                body.iter().map(|byte| vec![*byte]).collect()
            }
            _ if message.splits.is_empty() => {
                let (first, second) = body.split_at(body.len() / 2);
                vec![first.to_vec(), second.to_vec()]
            }
            _ => wire::pieces(message),
        }
    }

    fn answer(&mut self, call: &Call) -> Effects {
        let body = sidecar::answer(&self.case.events, call.endpoint.path(), &call.body);
        let answer = body.as_deref().map_or(Answer::Failed, |body| Answer::Http { status: 200, body });
        self.session.on(Event::Answer(call.id, answer, NOW))
    }

    fn take(&mut self, effects: Effects, waiting: &mut VecDeque<Call>) -> Flow {
        self.record(&effects);
        waiting.extend(effects.calls);
        effects.flow
    }

    fn record(&mut self, effects: &Effects) {
        for event in effects.events.iter().chain(effects.deferred.iter().map(|deferred| &deferred.event)) {
            match event.direction {
                Direction::Request => self.seen.request.push(Decided::from(event)),
                Direction::Response => self.seen.response.push(Decided::from(event)),
            }
        }
    }
}

fn as_bytes(headers: &[(String, String)]) -> Vec<(&[u8], &[u8])> {
    headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

/// There is no other traffic here that could use permits up.
#[derive(Debug)]
struct Unlimited;

impl Permits for Unlimited {
    fn take(&self, _: &str, _: u64, max: u32) -> bool {
        max > 0
    }
}

const NONCE: u64 = 0x5eed;
/// January 2027.
const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
