//! A client whose requests come in pieces, with pauses and trailers, over HTTP/1.1 or HTTP/2: what `client` does not
//! do, because most tests send a whole body. It can also leave before the answer.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::client::{EXCHANGE_LIMIT, Response};
use crate::failure::{During, Failure, Result};
use crate::server::{Chunk, PacedBody};

/// Version of the protocol that a request travels over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1
    Http1,
    /// HTTP/2 with prior knowledge.
    Http2,
}

/// A request in pieces.
#[derive(Clone, Debug)]
pub struct Paced {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    pieces: VecDeque<Chunk>,
    trailers: Vec<(String, String)>,
}

/// An answer with its trailers.
#[derive(Clone, Debug)]
pub struct Complete {
    /// The answer.
    pub response: Response,
    /// Its trailers.
    pub trailers: HeaderMap,
}

impl Paced {
    /// A request without a body.
    pub fn new(method: Method, path: &str) -> Self {
        let (headers, pieces, trailers) = (Vec::new(), VecDeque::new(), Vec::new());
        Self { method, path: path.to_owned(), headers, pieces, trailers }
    }

    /// `POST path` of JSON.
    pub fn post(path: &str) -> Self {
        Self::new(Method::POST, path).header("content-type", "application/json")
    }

    /// A header more.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A piece of body more. A body of one piece travels with its length, one of several without.
    pub fn piece(self, bytes: impl Into<Bytes>) -> Self {
        self.late_piece(Duration::ZERO, bytes)
    }

    /// A piece of body more, some time after the one before.
    pub fn late_piece(mut self, after: Duration, bytes: impl Into<Bytes>) -> Self {
        self.pieces.push_back(Chunk { after, bytes: bytes.into() });
        self
    }

    /// A trailer more.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends it and waits for the whole answer.
    ///
    /// # Errors
    /// When the connection breaks, the answer is malformed, or [`EXCHANGE_LIMIT`] passes.
    pub async fn send(self, port: u16, protocol: Protocol) -> Result<Response> {
        self.complete(port, protocol).await.map(|complete| complete.response)
    }

    /// The same, with the answer's trailers.
    ///
    /// # Errors
    /// As [`Paced::send`].
    pub async fn complete(self, port: u16, protocol: Protocol) -> Result<Complete> {
        tokio::time::timeout(EXCHANGE_LIMIT, self.exchange(port, protocol))
            .await
            .unwrap_or_else(|_| Err(Failure::new(format!("no complete answer within {EXCHANGE_LIMIT:?}"))))
    }

    async fn exchange(self, port: u16, protocol: Protocol) -> Result<Complete> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.during("connecting")?;
        stream.set_nodelay(true).during("setting TCP_NODELAY")?;
        let io = TokioIo::new(stream);
        let request = self.request(protocol)?;
        let answer = match protocol {
            Protocol::Http1 => {
                let (mut sender, connection) =
                    hyper::client::conn::http1::handshake(io).await.during("HTTP/1.1 handshake")?;
                tokio::spawn(connection);
                sender.send_request(request).await.during("sending a request")?
            }
            Protocol::Http2 => {
                let executor = TokioExecutor::new();
                let (mut sender, connection) =
                    hyper::client::conn::http2::handshake(executor, io).await.during("HTTP/2 handshake")?;
                tokio::spawn(connection);
                sender.send_request(request).await.during("sending a request")?
            }
        };
        let (head, body) = answer.into_parts();
        let collected = body.collect().await.during("reading a body")?;
        let trailers = collected.trailers().cloned().unwrap_or_default();
        let response =
            Response { status: head.status.as_u16(), headers: head.headers, body: collected.to_bytes() };
        Ok(Complete { response, trailers })
    }

    fn request(self, protocol: Protocol) -> Result<Request<PacedBody>> {
        let trailers = (!self.trailers.is_empty()).then(|| header_map(&self.trailers)).transpose()?;
        let mut headers = header_map(&self.headers)?;
        headers.entry(HOST).or_insert(HeaderValue::from_static("localhost"));
        let uri = match (protocol, headers.get(HOST).map(|host| host.to_str())) {
            (Protocol::Http2, Some(Ok(host))) => format!("http://{host}{}", self.path),
            _ => self.path,
        };
        if protocol == Protocol::Http2 {
            headers.remove(HOST);
        }
        let body = PacedBody::new(self.pieces, trailers);
        let mut request = Request::builder()
            .method(self.method)
            .uri(&uri)
            .body(body)
            .during(format!("request to `{uri}`"))?;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

fn header_map(pairs: &[(String, String)]) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        let name: HeaderName = name.parse().during(format!("header `{name}`"))?;
        map.append(name, value.parse().during("a header's value")?);
    }
    Ok(map)
}
