//! `make mutate`: hostile bodies through Envoy, in both directions. Afterwards no VM may have been reloaded, and every
//! answer must have been well-formed: the model's own bytes, an edit of them that is still of their kind, or a
//! refusal with a request id.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use hyper::Method;
use tokio::task::JoinSet;
use weir_tests::client::{Connection, Response, request};
use weir_tests::envoy::UpstreamProtocol;
use weir_tests::evidence;
use weir_tests::failure::{During, Failure, Result};
use weir_tests::mutate::{Dice, request_body, response_body};
use weir_tests::server::{Chunk, Received, Reply, Server};
use weir_tests::stack::Stack;
use weir_tests::traffic;

/// Names the response that the upstream is to give.
const SEED_HEADER: &str = "x-mutation-seed";
const PATHS: [&str; 4] = ["/v1/chat/completions", "/v1/messages", "/other", "/v1/chat/completions?x=%ff"];
const TYPES: [&str; 6] = [
    "application/json",
    "text/event-stream",
    "text/plain; charset=utf-8",
    "application/octet-stream",
    "",
    "json;;=",
];

/// Sends hostile bodies through Envoy.
#[derive(Debug, Parser)]
struct Arguments {
    /// Exchanges in all.
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// First seed; exchange `n` has the seed `seed + n`.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Connections.
    #[arg(long, default_value_t = 4)]
    concurrency: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { count, seed, concurrency } = Arguments::parse();
    let upstream = Server::start(0, UpstreamProtocol::Http1, hostile_reply).await?;
    let stack = Stack::builder(upstream.port()).start().await?;
    let next = Arc::new(AtomicU64::new(seed));
    let mut senders = JoinSet::new();
    for _ in 0..concurrency {
        senders.spawn(send_until(stack.port(), next.clone(), seed + count));
    }
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    while let Some(finished) = senders.join_next().await {
        let (own, complaints) = finished.during("a sender")??;
        own.into_iter().for_each(|(status, number)| *statuses.entry(status).or_default() += number);
        wrong.extend(complaints);
    }
    println!("{count} exchanges, statuses {statuses:?}");
    let reloads = stack.envoy.stat_sum("vm_reload").await?;
    println!("VM reloads: {reloads}");
    if reloads > 0 {
        wrong.push(format!("{reloads} VM reloads; Envoy's log:\n{}", stack.envoy.log()));
    }
    let count = evidence::settled(&stack).await?;
    println!("decisions counted = events stored = {count}");
    for line in &wrong {
        println!("WRONG: {line}");
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::new(format!("{} exchanges went wrong", wrong.len()))) }
}

type Tally = (BTreeMap<u16, usize>, Vec<String>);

async fn send_until(port: u16, next: Arc<AtomicU64>, end: u64) -> Result<Tally> {
    let mut connection = Connection::open(port).await?;
    let mut tally = Tally::default();
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return Ok(tally);
        }
        match exchange(&mut connection, seed).await {
            Ok(response) => {
                *tally.0.entry(response.status).or_default() += 1;
                tally.1.extend(complaint(seed, &response));
            }
            Err(error) => {
                if !may_be_reset(seed) {
                    tally.1.push(format!("seed {seed}: {error}"));
                }
                connection = Connection::open(port).await?;
            }
        }
    }
}

/// Odd seeds break the request, even ones the response.
async fn exchange(connection: &mut Connection, seed: u64) -> Result<Response> {
    let mut dice = Dice::new(seed);
    let text = seed.to_string();
    let path = dice.pick(&PATHS).copied().unwrap_or("/");
    if broken_is_response(seed) {
        let headers = [(SEED_HEADER, text.as_str())];
        connection.send(request(Method::POST, path, &headers, traffic::chat_request(300))?).await
    } else {
        let kind = dice.pick(&TYPES).copied().unwrap_or_default();
        connection
            .send(request(Method::POST, path, &[("content-type", kind)], request_body(&mut dice))?)
            .await
    }
}

fn hostile_reply(received: &Received) -> Reply {
    let seed = received.headers.get(SEED_HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
    let Some(seed) = seed else { return Reply::whole(200, "application/json", traffic::chat_answer()) };
    let mut dice = response_dice(seed);
    let body = response_body(&mut dice);
    let kind = dice.pick(&TYPES).copied().unwrap_or_default();
    let mut reply = Reply::whole(200, kind, "");
    let pieces = body.chunks(1 + dice.below(2_000));
    let chunk = |piece: &[u8]| Chunk { after: Duration::ZERO, bytes: piece.to_vec().into() };
    reply.chunks = pieces.map(chunk).collect();
    if seed.is_multiple_of(64) {
        reply.headers.push(("content-encoding".into(), "gzip".into()));
    }
    reply
}

/// Client and upstream draw the same body for a seed.
fn response_dice(seed: u64) -> Dice {
    Dice::new(seed.rotate_left(32))
}

/// What is not well-formed about an answer.
fn complaint(seed: u64, response: &Response) -> Option<String> {
    let refused = !response.header("x-weir-request-id").is_empty();
    let answer = || response.text();
    if refused {
        let well_formed = Kind::of(&response.body) != Kind::Neither;
        return (!well_formed).then(|| format!("seed {seed}: a malformed refusal: {}", answer()));
    }
    if response.status != 200 {
        return Some(format!("seed {seed}: status {} that is not ours: {}", response.status, answer()));
    }
    let original = if broken_is_response(seed) {
        response_body(&mut response_dice(seed))
    } else {
        traffic::chat_answer().to_vec()
    };
    let kept = original == response.body;
    let kind = Kind::of(&original);
    // What calls itself a stream and cannot be read as one is ended as a stream is.
    let says_stream = response.header("content-type").starts_with("text/event-stream");
    if says_stream && Kind::of(&response.body) == Kind::Events && answer().contains("request id: ") {
        return None;
    }
    (!kept && kind != Kind::Neither && kind != Kind::of(&response.body))
        .then(|| format!("seed {seed}: an edit broke the body: {}", answer()))
}

/// Whether an answer is so long that a stream which was ended in it is reset behind its end: the filter throws no more away.
fn may_be_reset(seed: u64) -> bool {
    broken_is_response(seed) && response_body(&mut response_dice(seed)).len() > MAX_DRAINED_BYTES
}

/// What the filter throws away of a stream that it has ended, in bytes.
const MAX_DRAINED_BYTES: usize = 64 * 1024;

fn broken_is_response(seed: u64) -> bool {
    seed.is_multiple_of(2)
}

/// What a client could read a body as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Json,
    Events,
    Neither,
}

impl Kind {
    fn of(body: &[u8]) -> Self {
        if serde_json::from_slice::<serde_json::Value>(body).is_ok() {
            return Self::Json;
        }
        let Ok(text) = std::str::from_utf8(body) else { return Self::Neither };
        let mut data = text.lines().filter_map(|line| line.strip_prefix("data: ")).peekable();
        let is_json =
            |event: &str| event == "[DONE]" || serde_json::from_str::<serde_json::Value>(event).is_ok();
        if data.peek().is_some() && data.all(is_json) { Self::Events } else { Self::Neither }
    }
}
