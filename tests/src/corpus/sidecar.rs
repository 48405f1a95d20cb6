//! A sidecar whose answers are a case's: the judge and the queue say what the case states, control state is what is set,
//! events are kept. Over HTTP/2, as the shipped configuration reaches the real one. It can also misbehave on purpose,
//! which the real one cannot.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use weir_engine::wire::control::ControlSnapshot;
use weir_engine::wire::decision::{DecisionEvent, EventAck, EventBatch};
use weir_engine::wire::judge::{JudgeIdentity, JudgeRequest, JudgeVerdict, Verdict};
use weir_engine::wire::review::{ReviewOutcome, ReviewRequest, ReviewStatus};

use super::case::{Events, JudgeAnswer};
use crate::failure::{During, Result};

/// The answer of a case's sidecar to a call; `None` when it has none.
pub fn answer(events: &Events, path: &str, call: &[u8]) -> Option<Vec<u8>> {
    match path {
        "/v1/judge" => judge(events, &serde_json::from_slice(call).ok()?),
        "/v1/reviews" => {
            let request: ReviewRequest = serde_json::from_slice(call).ok()?;
            serde_json::to_vec(&outcome(request, events.review?)).ok()
        }
        _ => None,
    }
}

fn judge(events: &Events, request: &JudgeRequest) -> Option<Vec<u8>> {
    let said = events.judge?;
    let verdict = match said {
        JudgeAnswer::Garbage => return Some(b"{\"verdict\":\"pass\"}".to_vec()),
        JudgeAnswer::Pass | JudgeAnswer::WrongNonce => Verdict::Pass,
        JudgeAnswer::Review => Verdict::Review,
        JudgeAnswer::Escalate => Verdict::Escalate,
    };
    let nonce = match said {
        JudgeAnswer::WrongNonce => "0000000000000000".to_owned(),
        _ => request.nonce.clone(),
    };
    let review = request.review.clone().filter(|_| verdict == Verdict::Escalate);
    let verdict = JudgeVerdict {
        nonce,
        verdict,
        score: if verdict == Verdict::Pass { 0.0 } else { 0.9 },
        reason: "as_the_case_says".into(),
        judge: JudgeIdentity { kind: "corpus".into(), model: String::new(), prompt_sha256: String::new() },
        latency_ms: 1,
        review: review.zip(events.review).map(|(request, status)| outcome(request, status)),
    };
    serde_json::to_vec(&verdict).ok()
}

fn outcome(request: ReviewRequest, status: ReviewStatus) -> ReviewOutcome {
    ReviewOutcome { review_id: REVIEW_ID.into(), status, action_sha256: request.action_sha256 }
}

/// The id that the playground's queue gives, so that one `want` holds in every runner.
const REVIEW_ID: &str = "playground";

/// How calls other than the control poll and events are answered.
type Answerer = dyn Fn(&str, &[u8]) -> Manner + Send + Sync;

/// One way to answer a call.
#[derive(Clone, Debug)]
pub enum Manner {
    /// Status and body.
    Say(u16, Vec<u8>),
    /// So many bytes of nothing, with status 200.
    Flood(usize),
    /// Never.
    Silence,
}

/// A running sidecar of this kind.
#[derive(Debug)]
pub struct ScriptedSidecar {
    port: u16,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    answer: Box<Answerer>,
    control: watch::Sender<Option<ControlSnapshot>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    events: Vec<DecisionEvent>,
    next_seq: BTreeMap<String, u64>,
    /// Version that each poller (by `:authority`) has confirmed last, and how often it has polled.
    polls: BTreeMap<String, Polls>,
}

/// What is known of the polls under one authority.
#[derive(Clone, Copy, Debug, Default)]
pub struct Polls {
    /// `after` of the last one.
    pub confirmed: u64,
    /// Polls in all.
    pub total: u64,
    /// Polls that wait now.
    pub open: u64,
    /// Most polls that ever waited at once.
    pub most_open: u64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl ScriptedSidecar {
    /// Starts one on a port of 127.0.0.1 (0 for any).
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(
        port: u16,
        answer: impl Fn(&str, &[u8]) -> Manner + Send + Sync + 'static,
    ) -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.during("binding the scripted sidecar")?;
        let port = listener.local_addr().during("asking for the port")?.port();
        let control = watch::Sender::new(Some(ControlSnapshot { version: 1, ..ControlSnapshot::default() }));
        let shared = Arc::new(Shared { answer: Box::new(answer), control, state: Mutex::default() });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self { port, shared, accepting })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sets the control state; `None` refuses polls.
    pub fn set_control(&self, snapshot: Option<ControlSnapshot>) {
        self.shared.control.send_replace(snapshot);
    }

    /// What is known of the polls under `authority`.
    pub fn polls(&self, authority: &str) -> Polls {
        self.shared.state().polls.get(authority).copied().unwrap_or_default()
    }

    /// Every event received so far.
    pub fn events(&self) -> Vec<DecisionEvent> {
        self.shared.state().events.clone()
    }

    /// The events of one exchange.
    pub fn events_of(&self, request_id: &str) -> Vec<DecisionEvent> {
        self.shared.state().events.iter().filter(|event| event.request_id == request_id).cloned().collect()
    }
}

impl Drop for ScriptedSidecar {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn exchange(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let authority = head.uri.authority().map(ToString::to_string).unwrap_or_default();
        match head.uri.path() {
            "/v1/control" => self.control(&authority, head.uri.query().unwrap_or_default()).await,
            "/v1/events" => self.events(&body),
            path => match (self.answer)(path, &body) {
                Manner::Say(status, body) => reply(status, body),
                Manner::Flood(bytes) => reply(200, vec![b' '; bytes]),
                Manner::Silence => std::future::pending().await,
            },
        }
    }

    /// As the real one: at once when the version is another, or when the wait is over.
    async fn control(&self, authority: &str, query: &str) -> Response<Full<Bytes>> {
        let number = |name: &str| {
            let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            found.and_then(|value| value.parse::<u64>().ok()).unwrap_or(0)
        };
        let (after, wait) = (number("after"), Duration::from_millis(number("wait_ms")));
        {
            let mut state = self.state();
            let polls = state.polls.entry(authority.to_owned()).or_default();
            polls.confirmed = after;
            polls.total += 1;
            polls.open += 1;
            polls.most_open = polls.most_open.max(polls.open);
        }
        // Counted down also when Envoy gives the poll up.
        let _open = OpenPoll { shared: self, authority };
        let mut changes = self.control.subscribe();
        let changed = changes.wait_for(|now| now.as_ref().is_none_or(|s| s.version != after));
        let _ = tokio::time::timeout(wait, changed).await;
        let snapshot = self.control.borrow().clone();
        match snapshot {
            Some(snapshot) => reply(200, serde_json::to_vec(&snapshot).unwrap_or_default()),
            None => reply(503, Vec::new()),
        }
    }

    fn events(&self, body: &[u8]) -> Response<Full<Bytes>> {
        let Ok(batch) = serde_json::from_slice::<EventBatch>(body) else { return reply(400, Vec::new()) };
        let mut state = self.state();
        let next = state.next_seq.get(&batch.source).copied().unwrap_or(batch.first_seq);
        let repeated = usize::try_from(next.saturating_sub(batch.first_seq)).unwrap_or(usize::MAX);
        let end = batch.first_seq + batch.events.len() as u64;
        state.next_seq.insert(batch.source, end.max(next));
        state.events.extend(batch.events.into_iter().skip(repeated));
        reply(200, serde_json::to_vec(&EventAck { next_seq: end.max(next) }).unwrap_or_default())
    }
}

struct OpenPoll<'s> {
    shared: &'s Shared,
    authority: &'s str,
}

impl Drop for OpenPoll<'_> {
    fn drop(&mut self) {
        if let Some(polls) = self.shared.state().polls.get_mut(self.authority) {
            polls.open = polls.open.saturating_sub(1);
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let _ = stream.set_nodelay(true);
        let shared = shared.clone();
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let shared = shared.clone();
                async move { Ok::<_, Infallible>(shared.exchange(request).await) }
            });
            // A broken connection is Envoy's business.
            let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn reply(status: u16, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}
