//! Times whole exchanges by their events, without a proxy:
//! `cargo run --release -p weir-engine --example exchange -- REQUEST.json RESPONSE.json`. Also runs as wasm32-wasip1,
//! which is how the engine's share of the filter's cost is told from the host's.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "a tool for developers")]

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use weir_engine::event::{
    BodyPart, ControlView, Direction, Effects, Event, Headers, Origin, Permits, RequestHead, ResponseHead,
    UnixMillis,
};
use weir_engine::session::{Engine, Session};

const ROUNDS: u32 = 50_000;
const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const STEPS: [&str; 5] = ["request head", "request body", "response head", "response body", "events as JSON"];
const REQUEST: Headers<'static> = &[
    (b":method", b"POST"),
    (b":path", b"/v1/chat/completions"),
    (b":authority", b"localhost"),
    (b"content-type", b"application/json"),
];
const RESPONSE: Headers<'static> = &[(b":status", b"200"), (b"content-type", b"application/json")];

#[derive(Debug)]
struct NoPermits;

impl Permits for NoPermits {
    fn take(&self, _: &str, _: u64, _: u32) -> bool {
        false
    }
}

fn main() {
    let mut files = std::env::args().skip(1).map(|file| std::fs::read(file).expect("a readable file"));
    let (request, response) = (files.next().expect("a request"), files.next().expect("a response"));
    let policy = r#"{"default": {"judge": {"sample_rate": 0.0}}}"#;
    let engine = Arc::new(Engine::compile(policy).expect("a policy"));
    let mut spent = [Duration::ZERO; STEPS.len()];
    for _ in 0..ROUNDS {
        exchange(&engine, &request, &response, &mut spent);
    }
    for (step, spent) in STEPS.iter().zip(spent) {
        println!("{step:15} {:6.2} us", spent.as_secs_f64() * 1e6 / f64::from(ROUNDS));
    }
}

fn exchange(engine: &Arc<Engine>, request: &[u8], response: &[u8], spent: &mut [Duration; STEPS.len()]) {
    let mut session = Session::new(engine.clone());
    let control = ControlView { snapshot: None, confirmed: NOW, permits: Rc::new(NoPermits) };
    let head = RequestHead {
        headers: REQUEST,
        end_of_stream: false,
        route: "default",
        peer: "",
        request_id: "0d3b7ef2-7a0a-4c7f-9f7c-0a1b2c3d4e5f",
        nonce: 7,
        control,
        now: NOW,
    };
    let back = ResponseHead { headers: RESPONSE, end_of_stream: false, origin: Origin::Upstream, now: NOW };
    let events = [
        Event::RequestHead(head),
        Event::Body(Direction::Request, BodyPart::Complete(request), NOW),
        Event::ResponseHead(back),
        Event::Body(Direction::Response, BodyPart::Complete(response), NOW),
    ];
    let [steps @ .., writing] = spent;
    let mut effects: Vec<Effects> = Vec::with_capacity(events.len());
    for (event, spent) in events.into_iter().zip(steps) {
        let start = Instant::now();
        effects.push(session.on(event));
        *spent += start.elapsed();
    }
    let start = Instant::now();
    for event in effects.iter().flat_map(|e| &e.events) {
        std::hint::black_box(serde_json::to_vec(event).expect("JSON"));
    }
    *writing += start.elapsed();
}
