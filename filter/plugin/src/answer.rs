//! Reads the answer to a call. Envoy invents answers (503 without a connection, 504 after the timeout) and delivers
//! an answer without headers when the real one was too large, so a status of 200 is the only one that is believed,
//! and headers are read only when there are any.

use weir_engine::event::Answer;

use crate::metrics::Cause;
use crate::proxy::{Buffer, Map, Proxy};

/// An answer as it arrived.
#[derive(Debug, PartialEq, Eq)]
pub struct Received {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

impl Received {
    /// Takes the answer that is being delivered, if its body has at most `max_bytes`.
    pub fn take(
        proxy: &dyn Proxy,
        num_headers: usize,
        body_bytes: usize,
        max_bytes: usize,
    ) -> Result<Self, Cause> {
        if num_headers == 0 {
            return Err(Cause::NoAnswer);
        }
        if body_bytes > max_bytes {
            return Err(Cause::TooLarge);
        }
        let headers = proxy.headers(Map::Answer).map_err(|_| Cause::NoAnswer)?;
        let status = headers.first(":status").and_then(number).ok_or(Cause::NoAnswer)?;
        let body = match body_bytes {
            0 => Vec::new(),
            _ => proxy.buffer(Buffer::Answer, body_bytes).map_err(|_| Cause::NoAnswer)?,
        };
        Ok(Self { status, body })
    }

    /// As the engine is told.
    pub fn as_answer(&self) -> Answer<'_> {
        Answer::Http { status: self.status, body: &self.body }
    }
}

fn number(text: &[u8]) -> Option<u16> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
