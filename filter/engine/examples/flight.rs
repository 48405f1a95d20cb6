//! What guarding a stream in flight costs: reads JSONL `{"text"}` on standard input, sends every text as a chat stream in
//! deltas the size of tokens, and prints how many bytes of text were held behind each delta, what the engine took for
//! a delta, and how often its decision differs from that about the same stream held whole. For developers; numbers in
//! the README come from here.
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a tool for developers"
)]

use std::io::BufRead;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use weir_engine::event::{
    BodyPart, ControlView, Direction, Event, Flow, Origin, Permits, RequestHead, ResponseHead, UnixMillis,
};
use weir_engine::session::{Engine, Session};

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

#[derive(Debug)]
struct NoPermits;

impl Permits for NoPermits {
    fn take(&self, _: &str, _: u64, _: u32) -> bool {
        false
    }
}

fn main() {
    let [flying, holding] = ["in_flight", "hold"].map(|mode| {
        let policy = json!({ "version": "weir/v1", "default": { "judge": { "response": "never" },
            "guardrails": { "streams": { "mode": mode } } } });
        Arc::new(Engine::compile(&policy.to_string()).expect("a policy"))
    });
    let (mut held, mut nanos, mut streams, mut differ, mut cut) = (Vec::new(), Vec::new(), 0, 0, 0);
    for line in std::io::stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let deltas = tokens(row["text"].as_str().unwrap_or_default());
        let decision = fly(&flying, &deltas, &mut held, &mut nanos);
        let whole = hold(&holding, &deltas);
        streams += 1;
        cut += usize::from(decision.contains("edit_failed"));
        if decision != whole {
            differ += 1;
            let all = deltas.concat();
            let cut = held.len().min(all.len());
            println!("{}: {decision}, held {whole} {cut}", row["id"]);
        }
    }
    held.sort_unstable();
    nanos.sort_unstable();
    let at = |of: &[usize], share: f64| of[((of.len() - 1) as f64 * share) as usize];
    println!("streams {streams}, deltas {}, decided otherwise {differ}, cut {cut}", held.len());
    println!(
        "bytes of text held behind a delta: p50 {} p90 {} p99 {} p99.9 {} max {}",
        at(&held, 0.5),
        at(&held, 0.9),
        at(&held, 0.99),
        at(&held, 0.999),
        at(&held, 1.0)
    );
    let mean = nanos.iter().sum::<usize>() / nanos.len();
    println!(
        "ns for a delta: mean {mean} p50 {} p90 {} p99 {}",
        at(&nanos, 0.5),
        at(&nanos, 0.9),
        at(&nanos, 0.99)
    );
}

/// Words with the space before them, long ones in pieces.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = vec![String::new()];
    for c in text.chars() {
        let last = tokens.last_mut().expect("one");
        let breaks = !last.is_empty() && (c.is_whitespace() || last.len() >= 5 || c.is_ascii_punctuation());
        if breaks { tokens.push(c.into()) } else { last.push(c) }
    }
    tokens
}

fn begin(engine: &Arc<Engine>) -> Session {
    let mut session = Session::new(Arc::clone(engine));
    let headers: Vec<(&[u8], &[u8])> =
        vec![(b":method", b"POST"), (b":path", b"/v1/chat/completions"), (b":authority", b"a")];
    let control = ControlView { snapshot: None, confirmed: UnixMillis(0), permits: Rc::new(NoPermits) };
    session.on(Event::RequestHead(RequestHead {
        headers: &headers,
        end_of_stream: false,
        route: "",
        peer: "",
        request_id: "r",
        nonce: 7,
        control,
        now: NOW,
    }));
    session.on(Event::Body(
        Direction::Request,
        BodyPart::Complete(br#"{"stream":true,"messages":[{"role":"user","content":"Hi"}]}"#),
        NOW,
    ));
    let headers: Vec<(&[u8], &[u8])> = vec![(b":status", b"200"), (b"content-type", b"text/event-stream")];
    session.on(Event::ResponseHead(ResponseHead {
        headers: &headers,
        end_of_stream: false,
        origin: Origin::Upstream,
        now: NOW,
    }));
    session
}

fn event(text: &str) -> String {
    let chunk = json!({ "id": "chatcmpl-AbC123xyz", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "gpt-4o",
        "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] });
    format!("data: {chunk}\n\n")
}

fn fly(engine: &Arc<Engine>, deltas: &[String], held: &mut Vec<usize>, nanos: &mut Vec<usize>) -> String {
    let mut session = begin(engine);
    let (mut come, mut left, mut lengths) = (0, 0, std::collections::VecDeque::new());
    for text in deltas {
        let event = event(text);
        let start = Instant::now();
        let effects = session.on(Event::Body(Direction::Response, BodyPart::Passing(event.as_bytes()), NOW));
        nanos.push(usize::try_from(start.elapsed().as_nanos()).unwrap_or_default());
        match effects.flow {
            Flow::Release(bytes) => {
                come += text.len();
                lengths.push_back(text.len());
                let events = bytes.windows(6).filter(|w| w == b"data: ").count();
                left += lengths.drain(..events.min(lengths.len())).sum::<usize>();
                held.push(come - left);
                if std::env::var_os("SHOW").is_some() && (come - left > 300) && (come - left < 310) {
                    let all: String = deltas.concat();
                    println!("{left}..{come}: {:?}", all.get(left..come));
                }
            }
            _ => {
                if std::env::var_os("SHOW").is_some() {
                    let all: String = deltas.concat();
                    let at = all.floor_char_boundary(come.saturating_sub(700));
                    println!(
                        "cut at {left}..{come} {:?} + {text:?} {:?}",
                        all.get(at..come),
                        effects.events.first().map(|e| &e.findings)
                    );
                }
                return effects
                    .events
                    .first()
                    .map(|e| format!("{:?} {}", e.decision, e.reason))
                    .unwrap_or_default();
            }
        }
    }
    let effects = session.on(Event::Body(Direction::Response, BodyPart::Complete(b"data: [DONE]\n\n"), NOW));
    if std::env::var_os("SHOW").is_some() && matches!(effects.flow, Flow::Finish(..)) {
        let all: String = deltas.concat();
        let at = all.floor_char_boundary(come.saturating_sub(700));
        println!(
            "cut at {left}..{come} {:?} {:?}",
            all.get(at..come),
            effects.events.first().map(|e| &e.findings)
        );
    }
    effects.events.first().map(|e| format!("{:?} {}", e.decision, e.reason)).unwrap_or_default()
}

fn hold(engine: &Arc<Engine>, deltas: &[String]) -> String {
    let mut session = begin(engine);
    let stream: String =
        deltas.iter().map(|text| event(text)).chain(["data: [DONE]\n\n".to_owned()]).collect();
    let effects = session.on(Event::Body(Direction::Response, BodyPart::Complete(stream.as_bytes()), NOW));
    effects.events.first().map(|e| format!("{:?} {}", e.decision, e.reason)).unwrap_or_default()
}
