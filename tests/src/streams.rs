//! Streamed answers with real pauses between their events, as models send them, and a client that notes when each byte
//! came. Every stream has a marker in every event, so that one which gets another's bytes is seen. It only measures.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use hyper::Method;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bench::{Spread, Variant};
use crate::client::{Connection, request};
use crate::envoy::{Envoy, UpstreamProtocol};
use crate::failure::{During, Failure, Result};
use crate::server::{Chunk, Received, Reply, Server};

/// The most time to the first byte of a stream, against plain Envoy (issue 4).
pub const FIRST_BYTE_BAR: f64 = 1.1;
/// The most memory of a stream, in bytes (issue 4).
pub const STREAM_BYTES_BAR: u64 = 64 * 1024;
/// Names the stream to the upstream.
const MARKER: &str = "x-marker";
const CHAT: &str = "/v1/chat/completions";
const WORDS: [&str; 12] =
    ["The", " harbour", " was", " quiet", " when", " the", " first", " boats", " came", " back", ",", " and"];

/// What an upstream streams.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Events with text.
    pub words: usize,
    /// Before the first event.
    pub first: Duration,
    /// Before each of the others.
    pub pause: Duration,
}

impl Shape {
    /// An upstream that answers so.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn serve(self) -> Result<Server> {
        let answer = move |received: &Received| self.reply(received).unwrap_or_default();
        Server::start(0, UpstreamProtocol::Http1, answer).await
    }

    /// The stream, for whoever asks for one by a marker.
    pub fn reply(self, received: &Received) -> Option<Reply> {
        let marker = received.headers.get(MARKER)?.to_str().ok()?;
        let after = |index| if index == 0 { self.first } else { self.pause };
        let events = self.events(marker).into_iter().enumerate();
        let chunk = |(index, event): (usize, String)| Chunk { after: after(index), bytes: event.into() };
        let chunks: VecDeque<Chunk> = events.map(chunk).collect();
        let headers = vec![("content-type".into(), "text/event-stream".into())];
        Some(Reply { status: 200, headers, chunks, trailers: None })
    }

    /// The events of a stream: a role, words that name the marker now and then, an end.
    fn events(self, marker: &str) -> Vec<String> {
        let event = |delta: Value, finish: Value| {
            let choice = json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
            let chunk = json!({
                "id": format!("chatcmpl-{marker}"), "object": "chat.completion.chunk", "created": 1_700_000_000,
                "model": "mock-1", "choices": [choice],
            });
            format!("data: {chunk}\n\n")
        };
        let named = format!(" {marker}");
        let words = (0..self.words).map(|index| {
            let word = WORDS.get(index % (WORDS.len() + 1)).copied().unwrap_or(&named);
            event(json!({ "content": word }), Value::Null)
        });
        let mut events = vec![event(json!({ "role": "assistant", "content": "" }), Value::Null)];
        events.extend(words);
        events.push(event(json!({}), json!("stop")));
        events.push("data: [DONE]\n\n".into());
        events
    }
}

/// A name of letters for a number, which no detector takes for data.
fn marker(number: usize) -> String {
    let letter = |place: u32| {
        let digit = number / 20_usize.pow(place) % 20;
        "bcdfghjklmnpqrstvwxz".chars().nth(digit).unwrap_or('b')
    };
    (0..4).flat_map(|place| [letter(place), 'a']).collect()
}

/// One stream, as its client saw it.
#[derive(Clone, Debug)]
struct Seen {
    first_byte: Duration,
    first_word: Duration,
    body: Vec<u8>,
}

/// Asks for a stream and reads it to its end. `words` is told when the first word has come.
async fn watch_one(port: u16, marker: &str, words: Option<&AtomicUsize>) -> Result<Seen> {
    let body = json!({ "model": "mock-1", "stream": true, "messages": [{ "role": "user", "content": "How was it?" }] });
    let request = request(Method::POST, CHAT, &[(MARKER, marker)], body.to_string())?;
    let mut connection = Connection::open(port).await?;
    let start = Instant::now();
    let mut response = connection.begin(request).await?;
    if response.status() != 200 {
        return Err(Failure::new(format!("status {}", response.status())));
    }
    let mut seen = Seen { first_byte: Duration::ZERO, first_word: Duration::ZERO, body: Vec::new() };
    while let Some(frame) = response.body_mut().frame().await {
        let frame = frame.during("reading a stream")?;
        let Some(bytes) = frame.data_ref() else { continue };
        if seen.body.is_empty() {
            seen.first_byte = start.elapsed();
        }
        seen.body.extend_from_slice(bytes);
        if seen.first_word.is_zero() && contains(&seen.body, b"\"The\"") {
            seen.first_word = start.elapsed();
            if let Some(words) = words {
                words.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    Ok(seen)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// Time to the first byte of body and to the first word of a variant, each against the first variant's.
#[derive(Clone, Debug, Serialize)]
pub struct FirstRow {
    /// Variant.
    pub variant: String,
    /// To the first byte of body, in milliseconds.
    pub first_byte_millis: Spread,
    /// The same, divided by that of the first variant in the same round.
    pub first_byte_ratio: Spread,
    /// To the first word of the answer, in milliseconds.
    pub first_word_millis: Spread,
    /// The same, divided by that of the first variant in the same round.
    pub first_word_ratio: Spread,
    /// Streams that broke or differ from what was sent.
    pub failures: usize,
}

/// Measures one stream after the other, variant by variant in turn. Variants must stand before an upstream of `shape`.
///
/// # Errors
/// When an Envoy cannot be reached.
pub async fn first_bytes(variants: &[Variant], shape: Shape, rounds: usize) -> Result<Vec<FirstRow>> {
    let mut figures = vec![Vec::new(); variants.len()];
    let mut failures = vec![0; variants.len()];
    for round in 0..=rounds {
        for (index, variant) in variants.iter().enumerate() {
            let mut seen = Vec::new();
            for number in 0..STREAMS_A_ROUND {
                match watch_one(variant.envoy.port(), &marker(number), None).await {
                    Ok(one) if one.body == shape.events(&marker(number)).concat().as_bytes() => {
                        seen.push(one)
                    }
                    _ => failures.get_mut(index).into_iter().for_each(|count| *count += 1),
                }
            }
            let median = |of: &dyn Fn(&Seen) -> Duration| {
                Spread::of(seen.iter().map(|one| of(one).as_secs_f64() * 1e3).collect()).median
            };
            // The first round warms up.
            if let (1.., Some(figures)) = (round, figures.get_mut(index)) {
                figures.push([median(&|one| one.first_byte), median(&|one| one.first_word)]);
            }
        }
    }
    let plain = figures.first().cloned().unwrap_or_default();
    let rows = variants.iter().zip(figures).zip(failures).map(|((variant, own), failures)| {
        let [first_byte, first_word] = [0, 1].map(|which: usize| {
            let at = |round: &[f64; 2]| round.get(which).copied().unwrap_or_default();
            let ratios =
                own.iter().zip(&plain).map(|(own, plain)| at(own) / at(plain).max(f64::MIN_POSITIVE));
            (Spread::of(own.iter().map(at).collect()), Spread::of(ratios.collect()))
        });
        FirstRow {
            variant: variant.name.clone(),
            first_byte_millis: first_byte.0,
            first_byte_ratio: first_byte.1,
            first_word_millis: first_word.0,
            first_word_ratio: first_word.1,
            failures,
        }
    });
    Ok(rows.collect())
}

/// Streams of a variant in one round.
const STREAMS_A_ROUND: usize = 5;

/// What many streams at once did to an Envoy.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// Streams that came whole and as they were sent.
    pub whole: usize,
    /// What is wrong with others; the first few.
    pub wrong: Vec<String>,
    /// How much resident memory grew while all of them were open, for each, in bytes.
    pub bytes_each: u64,
}

/// Opens `count` streams at once before an upstream of `shape` and reads all of them to their end.
///
/// # Errors
/// When Envoy is gone.
pub async fn crowd(envoy: &Envoy, shape: Shape, count: usize) -> Result<Crowd> {
    watch_one(envoy.port(), "warm", None).await?;
    let before = envoy.resident_kib()?;
    let (begun, stop) = (Arc::new(AtomicUsize::new(0)), watch::channel(false));
    let mut streams = JoinSet::new();
    for number in 0..count {
        let (port, begun) = (envoy.port(), begun.clone());
        streams.spawn(async move {
            let marker = marker(number);
            let seen = watch_one(port, &marker, Some(&begun)).await;
            (marker, seen)
        });
    }
    let peak = tokio::spawn(peak(envoy.id(), stop.1));
    let mut crowd = Crowd { whole: 0, wrong: Vec::new(), bytes_each: 0 };
    let mut all_open = false;
    while let Some(stream) = streams.join_next().await {
        all_open |= crowd.whole == 0 && begun.load(Ordering::Relaxed) == count;
        let (marker, seen) = stream.during("a stream")?;
        match seen {
            Ok(seen) if seen.body == shape.events(&marker).concat().as_bytes() => crowd.whole += 1,
            Ok(seen) => crowd.note(&marker, &format!("differs: {} bytes", seen.body.len())),
            Err(error) => crowd.note(&marker, &error.to_string()),
        }
    }
    let _ = stop.0.send(true);
    let peak = peak.await.during("reading memory")?;
    if !all_open {
        crowd.wrong.push("not all were open at once: make them longer (--words)".into());
    }
    crowd.bytes_each = peak.saturating_sub(before) * 1024 / u64::try_from(count.max(1)).unwrap_or(u64::MAX);
    Ok(crowd)
}

impl Crowd {
    fn note(&mut self, marker: &str, what: &str) {
        if self.wrong.len() < 10 {
            self.wrong.push(format!("{marker}: {what}"));
        }
    }
}

/// The most resident memory of a process until it is told to stop looking, in KiB.
async fn peak(id: u32, mut stop: watch::Receiver<bool>) -> u64 {
    let mut most = 0;
    loop {
        most = crate::envoy::resident_kib(id).unwrap_or_default().max(most);
        if tokio::time::timeout(Duration::from_millis(50), stop.changed()).await.is_ok() {
            return most;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<String> = (0..5_000).map(marker).collect();
        assert_eq!(names.len(), 5_000);
    }
}
