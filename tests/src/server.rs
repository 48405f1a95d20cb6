//! A small HTTP server on loopback whose answers are values: status, headers and chunks with delays. It remembers the
//! last requests, so that a test can see what really arrived behind the proxy.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::Sleep;

use crate::envoy::UpstreamProtocol;
use crate::failure::{During, Result};

/// How many requests are remembered.
const MAX_REMEMBERED: usize = 64;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Whole body; what had arrived when the client broke off.
    pub body: Bytes,
    /// Trailers, empty when there were none.
    pub trailers: HeaderMap,
    /// Whether the client broke off before the end.
    pub broken_off: bool,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body, piece by piece. One piece without delay is sent with a content-length, anything else chunked.
    pub chunks: VecDeque<Chunk>,
    /// Trailers.
    pub trailers: Option<HeaderMap>,
}

/// A piece of a body.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Waited before it is sent.
    pub after: Duration,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Reply {
    /// A whole body of a content type.
    pub fn whole(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let chunks = VecDeque::from([Chunk { after: Duration::ZERO, bytes: body.into() }]);
        Self { status, headers: vec![("content-type".into(), content_type.into())], chunks, trailers: None }
    }

    /// A JSON body.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::whole(status, "application/json", body.to_string())
    }

    /// A stream of server-sent events.
    pub fn events(events: impl IntoIterator<Item = String>) -> Self {
        let chunk = |event: String| Chunk { after: Duration::ZERO, bytes: event.into() };
        let headers = vec![("content-type".into(), "text/event-stream".into())];
        Self { status: 200, headers, chunks: events.into_iter().map(chunk).collect(), trailers: None }
    }

    /// The same, with its first byte of body delayed.
    pub fn delayed(mut self, after: Duration) -> Self {
        if let Some(first) = self.chunks.front_mut() {
            first.after = after;
        }
        self
    }
}

/// A running server; it ends with this value.
#[derive(Debug)]
pub struct Server {
    port: u16,
    memory: Arc<Memory>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Memory {
    last: Mutex<VecDeque<Received>>,
    total: std::sync::atomic::AtomicU64,
}

impl Server {
    /// Starts one on `port` of 127.0.0.1 (0 for any).
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start<A>(port: u16, protocol: UpstreamProtocol, answer: A) -> Result<Self>
    where
        A: Fn(&Received) -> Reply + Send + Sync + 'static,
    {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.during(format!("binding port {port}"))?;
        let port = listener.local_addr().during("asking for the port")?.port();
        let memory = Arc::new(Memory::default());
        let accepting = tokio::spawn(accept(listener, protocol, memory.clone(), Arc::new(answer)));
        Ok(Self { port, memory, accepting })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The last requests, oldest first; at most 64.
    pub fn received(&self) -> Vec<Received> {
        self.memory.last().iter().cloned().collect()
    }

    /// How many requests there were in all.
    pub fn total(&self) -> u64 {
        self.memory.total.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Memory {
    fn last(&self) -> MutexGuard<'_, VecDeque<Received>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, received: Received) {
        self.total.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut last = self.last();
        if last.len() == MAX_REMEMBERED {
            last.pop_front();
        }
        last.push_back(received);
    }
}

type Answer = dyn Fn(&Received) -> Reply + Send + Sync;

/// Connections live as long as this task: dropping the set ends them all.
async fn accept(listener: TcpListener, protocol: UpstreamProtocol, memory: Arc<Memory>, answer: Arc<Answer>) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while connections.try_join_next().is_some() {}
        connections.spawn(serve(stream, protocol, memory.clone(), answer.clone()));
    }
}

async fn serve(stream: TcpStream, protocol: UpstreamProtocol, memory: Arc<Memory>, answer: Arc<Answer>) {
    let _ = stream.set_nodelay(true);
    let io = TokioIo::new(stream);
    let service = service_fn(move |request| exchange(request, memory.clone(), answer.clone()));
    // A broken connection is the client's business; tests see it there.
    let _ = match protocol {
        UpstreamProtocol::Http1 => {
            hyper::server::conn::http1::Builder::new().serve_connection(io, service).await
        }
        UpstreamProtocol::Http2 => {
            hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
        }
    };
}

async fn exchange(
    request: Request<Incoming>,
    memory: Arc<Memory>,
    answer: Arc<Answer>,
) -> std::result::Result<hyper::Response<PacedBody>, Infallible> {
    let received = receive(request).await;
    let reply = answer(&received);
    memory.remember(received);
    let mut response = hyper::Response::new(PacedBody::new(reply.chunks, reply.trailers));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &reply.headers {
        let parsed = (name.parse::<hyper::header::HeaderName>(), value.parse());
        if let (Ok(name), Ok(value)) = parsed {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

async fn receive(request: Request<Incoming>) -> Received {
    let (head, mut body) = request.into_parts();
    let mut received = Received {
        method: head.method,
        path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        headers: head.headers,
        body: Bytes::new(),
        trailers: HeaderMap::new(),
        broken_off: false,
    };
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => bytes.extend_from_slice(&data),
            Ok(Err(frame)) => received.trailers = frame.into_trailers().unwrap_or_default(),
            Err(_) => {
                received.broken_off = true;
                break;
            }
        }
    }
    received.body = bytes.into();
    received
}

/// Sends chunks, each after its delay, then the trailers.
#[derive(Debug)]
pub(crate) struct PacedBody {
    chunks: VecDeque<Chunk>,
    trailers: Option<HeaderMap>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl PacedBody {
    pub(crate) fn new(chunks: VecDeque<Chunk>, trailers: Option<HeaderMap>) -> Self {
        Self { chunks, trailers, sleep: None }
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, Infallible>>> {
        let Some(next) = self.chunks.front() else {
            return Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))));
        };
        if !next.after.is_zero() {
            let after = next.after;
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(after)));
            ready!(sleep.as_mut().poll(context));
            self.sleep = None;
        }
        Poll::Ready(self.chunks.pop_front().map(|chunk| Ok(Frame::data(chunk.bytes))))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        let known = self.chunks.len() < 2 && self.trailers.is_none();
        let length = || self.chunks.iter().map(|chunk| chunk.bytes.len() as u64).sum();
        if known { hyper::body::SizeHint::with_exact(length()) } else { hyper::body::SizeHint::new() }
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.is_empty() && self.trailers.is_none()
    }
}
