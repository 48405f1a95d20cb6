//! A small HTTP/1.1 client for loopback: a connection that is kept, or one exchange. Every exchange has a limit, since
//! a hang is a result that tests must see as a failure.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::failure::{During, Failure, Result};

/// Longest time for one exchange.
pub const EXCHANGE_LIMIT: Duration = Duration::from_secs(60);

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Whole body.
    pub body: Bytes,
}

impl Response {
    /// The body as text, with invalid UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is not.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).during(format!("reading `{}` as JSON", self.text()))
    }

    /// A header as text; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A kept connection.
#[derive(Debug)]
pub struct Connection {
    port: u16,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects to a port of 127.0.0.1.
    ///
    /// # Errors
    /// When nothing listens there.
    pub async fn open(port: u16) -> Result<Self> {
        Ok(Self { port, sender: connect(port).await? })
    }

    /// Sends a request; the answer as soon as its headers have come.
    ///
    /// # Errors
    /// When the connection breaks, or [`EXCHANGE_LIMIT`] passes before its headers.
    pub async fn begin(&mut self, request: Request<Full<Bytes>>) -> Result<hyper::Response<Incoming>> {
        tokio::time::timeout(EXCHANGE_LIMIT, self.sender.send_request(request))
            .await
            .during("waiting for an answer")?
            .during("sending a request")
    }

    /// One exchange. A connection that the server closed after the last answer is replaced first.
    ///
    /// # Errors
    /// When the connection breaks, the answer is malformed, or [`EXCHANGE_LIMIT`] passes.
    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response> {
        let exchange = async {
            if self.sender.ready().await.is_err() {
                self.sender = connect(self.port).await?;
            }
            let (head, body) =
                self.sender.send_request(request).await.during("sending a request")?.into_parts();
            let body = body.collect().await.during("reading a body")?.to_bytes();
            Ok(Response { status: head.status.as_u16(), headers: head.headers, body })
        };
        tokio::time::timeout(EXCHANGE_LIMIT, exchange)
            .await
            .unwrap_or_else(|_| Err(Failure::new(format!("no complete answer within {EXCHANGE_LIMIT:?}"))))
    }
}

async fn connect(port: u16) -> Result<SendRequest<Full<Bytes>>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect(address).await.during(format!("connecting to {address}"))?;
    stream.set_nodelay(true).during("setting TCP_NODELAY")?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.during("HTTP handshake")?;
    tokio::spawn(connection);
    Ok(sender)
}

/// One exchange on a connection of its own.
///
/// # Errors
/// As [`Connection::send`].
pub async fn send(port: u16, request: Request<Full<Bytes>>) -> Result<Response> {
    Connection::open(port).await?.send(request).await
}

/// `GET path`.
///
/// # Errors
/// As [`Connection::send`].
pub async fn get(port: u16, path: &str) -> Result<Response> {
    send(port, request(Method::GET, path, &[], Bytes::new())?).await
}

/// `POST path` with a JSON body.
///
/// # Errors
/// As [`Connection::send`].
pub async fn post(
    port: u16,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Response> {
    send(port, request(Method::POST, path, headers, body)?).await
}

/// A request with a host, and JSON as its content type when it has a body and `headers` name none.
///
/// # Errors
/// When a header or the path cannot be written.
pub fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Result<Request<Full<Bytes>>> {
    let body = body.into();
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let empty = body.is_empty();
    let mut request = builder.body(Full::new(body)).during(format!("request to `{path}`"))?;
    let headers = request.headers_mut();
    headers.entry(HOST).or_insert(hyper::header::HeaderValue::from_static("localhost"));
    if !empty {
        headers.entry(CONTENT_TYPE).or_insert(hyper::header::HeaderValue::from_static("application/json"));
    }
    Ok(request)
}
