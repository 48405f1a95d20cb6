//! What is timed: each stage on the output of the one before it, and a whole exchange by its events. Only public API
//! of the engine, as a proxy uses it.

use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use weir_engine::event::{
    BodyPart, ControlView, Direction, Effects, Event, Headers, Origin, Permits, RequestHead, ResponseHead,
    UnixMillis,
};
use weir_engine::normalize::{self, Doubtful, Survey};
use weir_engine::protocol::{self, Hints};
use weir_engine::segment::{Provenance, Role, Segment, SourceMap};
use weir_engine::session::{Engine, Session};

/// A part of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// JSON and protocol -> segments.
    Read,
    /// A segment -> its views.
    Normalise,
    /// A segment -> findings; makes the views it needs.
    Detect,
    /// A request and a small answer through a session, with the events as JSON.
    Exchange,
}

/// All of them.
pub const STAGES: &[Stage] = &[Stage::Read, Stage::Normalise, Stage::Detect, Stage::Exchange];

/// Steps of an exchange.
pub const STEPS: [&str; 5] =
    ["request head", "request body", "response head", "response body", "events as JSON"];

/// The engine, compiled.
#[derive(Debug)]
pub struct Bench {
    engine: Arc<Engine>,
    /// How long that took.
    pub compiling: Duration,
}

/// One text in every form the stages need.
#[derive(Debug)]
pub struct Work {
    body: Vec<u8>,
    segments: [Segment<'static>; 1],
}

impl Bench {
    /// Compiles a policy with every rule, for bodies of any size.
    pub fn new() -> Result<Self, String> {
        let started = Instant::now();
        let engine = Arc::new(Engine::compile(POLICY).map_err(|e| e.to_string())?);
        Ok(Self { engine, compiling: started.elapsed() })
    }

    /// The engine.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Memory of the compiled rules, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.engine.detectors().memory_bytes()
    }

    /// Puts `text` into a chat request.
    pub fn prepare(&self, text: &str) -> Result<Work, String> {
        let message = serde_json::json!({ "role": "user", "content": text });
        let body = serde_json::json!({ "model": "mock-1", "temperature": 0.2, "messages": [message] });
        let segment = Segment {
            role: Role::User,
            provenance: Provenance::User,
            path: "/messages/0/content".to_owned(),
            text: text.to_owned().into(),
            map: SourceMap::identity(0, text.len()),
            quote: "",
            is_seam: false,
        };
        let body = serde_json::to_vec(&body).map_err(|e| e.to_string())?;
        protocol::read_request(&HINTS, &body).map_err(|why| format!("the input is unscannable: {why:?}"))?;
        Ok(Work { body, segments: [segment] })
    }

    /// Runs a stage once.
    pub fn run(&self, stage: Stage, work: &Work) {
        match stage {
            Stage::Read => drop(black_box(protocol::read_request(&HINTS, black_box(&work.body)))),
            Stage::Normalise => work.segments.iter().for_each(|segment| normalise(&segment.text)),
            Stage::Detect => drop(black_box(self.engine.detectors().scan(black_box(&work.segments), &[]))),
            Stage::Exchange => self.exchange(work, &mut [Duration::ZERO; STEPS.len()]),
        }
    }

    /// Plays an exchange and adds up what its steps take.
    pub fn exchange(&self, work: &Work, spent: &mut [Duration; STEPS.len()]) {
        let mut session = Session::new(Arc::clone(&self.engine));
        let events = [
            Event::RequestHead(request_head()),
            Event::Body(Direction::Request, BodyPart::Complete(&work.body), NOW),
            Event::ResponseHead(RESPONSE_HEAD),
            Event::Body(Direction::Response, BodyPart::Complete(ANSWER.as_bytes()), NOW),
        ];
        let [steps @ .., writing] = spent;
        let mut effects: Vec<Effects> = Vec::with_capacity(events.len());
        for (event, spent) in events.into_iter().zip(steps) {
            let started = Instant::now();
            effects.push(session.on(event));
            *spent += started.elapsed();
        }
        let started = Instant::now();
        for event in effects.iter().flat_map(|effects| &effects.events) {
            drop(black_box(serde_json::to_vec(event)));
        }
        *writing += started.elapsed();
    }
}

/// The views that detection reads, each made whether or not the text calls for it.
fn normalise(text: &str) {
    let folded = normalize::folded(black_box(text));
    black_box((normalize::skeleton(text), normalize::tagged(text)));
    let survey = Survey::of(&folded.text);
    black_box((normalize::decoded(&folded, &survey), normalize::unspaced(&folded, &survey)));
    black_box(normalize::unleeted(&folded, &survey, Doubtful::AsI));
}

/// The headers of a chat request.
pub fn request_head() -> RequestHead<'static> {
    RequestHead {
        headers: REQUEST_HEADERS,
        end_of_stream: false,
        route: "default",
        peer: "",
        request_id: "0d3b7ef2-7a0a-4c7f-9f7c-0a1b2c3d4e5f",
        nonce: 7,
        control: ControlView { snapshot: None, confirmed: NOW, permits: Rc::new(NoPermits) },
        now: NOW,
    }
}

#[derive(Debug)]
struct NoPermits;

impl Permits for NoPermits {
    fn take(&self, _: &str, _: u64, _: u32) -> bool {
        false
    }
}

/// The time of all events.
pub const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const POLICY: &str =
    r#"{"default": {"judge": {"sample_rate": 0.0}, "limits": {"max_request_bytes": 16777216}}}"#;
/// What its headers say about its body.
pub const HINTS: Hints<'static> = Hints {
    path: "/v1/chat/completions",
    content_type: "application/json",
    copies: &[],
    has_trailers: false,
};
const REQUEST_HEADERS: Headers<'static> = &[
    (b":method", b"POST"),
    (b":path", b"/v1/chat/completions"),
    (b":authority", b"localhost"),
    (b"content-type", b"application/json"),
];
const RESPONSE_HEAD: ResponseHead<'static> = ResponseHead {
    headers: &[(b":status", b"200"), (b"content-type", b"application/json")],
    end_of_stream: false,
    origin: Origin::Upstream,
    now: NOW,
};
const ANSWER: &str = r#"{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"mock-1","choices":[{"index":0,"message":{"role":"assistant","content":"The harbour was quiet when the first boats came back, and the gulls had already settled on the sea wall.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":120,"completion_tokens":48,"total_tokens":168}}"#;
