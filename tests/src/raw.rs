//! HTTP/1.1 as bytes, on both sides of the proxy: a client that writes what no library would, and an upstream that answers
//! with exactly the bytes of a script and keeps exactly the bytes it got. Framing is what is tested with it, so nothing
//! here parses leniently.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::failure::{During, Failure, Result};

/// Longest wait for the next byte.
const READ_LIMIT: Duration = Duration::from_secs(20);

/// A client connection.
#[derive(Debug)]
pub struct RawClient {
    stream: TcpStream,
    read: Vec<u8>,
}

impl RawClient {
    /// Connects to a port of 127.0.0.1.
    ///
    /// # Errors
    /// When nothing listens there.
    pub async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.during("connecting")?;
        stream.set_nodelay(true).during("setting TCP_NODELAY")?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.stream.write_all(bytes.as_ref()).await.during("writing")
    }

    /// Reads until `end` has come; everything read so far.
    ///
    /// # Errors
    /// When the connection ends or is silent before.
    pub async fn read_until(&mut self, end: &[u8]) -> Result<Vec<u8>> {
        while !contains(&self.read, end) {
            if self.more().await? == 0 {
                let got = String::from_utf8_lossy(&self.read).into_owned();
                return Err(Failure::new(format!("the connection ended after `{got}`")));
            }
        }
        Ok(self.read.clone())
    }

    /// Reads until the other side closes; everything read.
    ///
    /// # Errors
    /// When it is silent for too long.
    pub async fn read_to_end(&mut self) -> Result<Vec<u8>> {
        while self.more().await? > 0 {}
        Ok(self.read.clone())
    }

    /// Sends a request that closes the connection, and reads the whole answer.
    ///
    /// # Errors
    /// As the parts.
    pub async fn exchange(port: u16, request: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        let mut client = Self::open(port).await?;
        client.write(request).await?;
        client.read_to_end().await
    }

    async fn more(&mut self) -> Result<usize> {
        let read = tokio::time::timeout(READ_LIMIT, self.stream.read_buf(&mut self.read)).await;
        match read {
            Ok(Ok(count)) => Ok(count),
            // A reset ends the connection too.
            Ok(Err(_)) => Ok(0),
            Err(_) => Err(Failure::new(format!("nothing was read for {READ_LIMIT:?}"))),
        }
    }
}

/// A step of an upstream's answer.
#[derive(Clone, Debug)]
pub enum Step {
    /// Writes bytes.
    Write(Vec<u8>),
    /// Waits.
    Wait(Duration),
    /// Closes the connection.
    Close,
}

/// An upstream that answers every request by the same steps.
#[derive(Debug)]
pub struct RawUpstream {
    port: u16,
    connections: Arc<Mutex<Vec<Vec<u8>>>>,
    accepting: JoinHandle<()>,
}

impl RawUpstream {
    /// Starts one on any port of 127.0.0.1. It answers as soon as the bytes of a connection are `complete`.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(complete: fn(&[u8]) -> bool, steps: Vec<Step>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.during("binding an upstream")?;
        let port = listener.local_addr().during("asking for the port")?.port();
        let connections: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let accepting = tokio::spawn(accept(listener, complete, Arc::new(steps), connections.clone()));
        Ok(Self { port, connections, accepting })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Every byte of every connection so far.
    pub fn received(&self) -> Vec<Vec<u8>> {
        lock(&self.connections).clone()
    }
}

impl Drop for RawUpstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    complete: fn(&[u8]) -> bool,
    steps: Arc<Vec<Step>>,
    connections: Arc<Mutex<Vec<Vec<u8>>>>,
) {
    let mut tasks = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let index = {
            let mut all = lock(&connections);
            all.push(Vec::new());
            all.len() - 1
        };
        tasks.spawn(serve(stream, complete, steps.clone(), connections.clone(), index));
    }
}

async fn serve(
    mut stream: TcpStream,
    complete: fn(&[u8]) -> bool,
    steps: Arc<Vec<Step>>,
    connections: Arc<Mutex<Vec<Vec<u8>>>>,
    index: usize,
) {
    let _ = stream.set_nodelay(true);
    let mut buffer = [0_u8; 16_384];
    let mut unanswered = Vec::new();
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        let bytes = buffer.get(..count).unwrap_or_default();
        unanswered.extend_from_slice(bytes);
        if let Some(all) = lock(&connections).get_mut(index) {
            all.extend_from_slice(bytes);
        }
        if complete(&unanswered) {
            unanswered.clear();
            for step in steps.iter() {
                match step {
                    Step::Write(bytes) if stream.write_all(bytes).await.is_ok() => {}
                    Step::Wait(time) => tokio::time::sleep(*time).await,
                    Step::Write(_) | Step::Close => return,
                }
            }
        }
    }
}

/// One message as it stood on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framed {
    /// Start line and headers, without the blank line.
    pub head: String,
    /// Body, without its framing.
    pub body: Vec<u8>,
    /// What came behind the message.
    pub rest: Vec<u8>,
}

/// Reads one message off bytes, strictly: the body is as long as its framing says, or this is an error.
///
/// # Errors
/// What is wrong with the framing.
pub fn frame(bytes: &[u8]) -> Result<Framed> {
    let at = find(bytes, b"\r\n\r\n").during("the end of the headers")?;
    let head = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default()).into_owned();
    let body = bytes.get(at + 4..).unwrap_or_default();
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines
            .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.trim().to_owned())
            .collect::<Vec<_>>()
    };
    match (header("content-length").as_slice(), header("transfer-encoding").as_slice()) {
        ([], []) => Ok(Framed { rest: body.to_vec(), body: Vec::new(), head }),
        ([length], []) => {
            let length: usize = length.parse().during("content-length")?;
            let whole = body.get(..length).during(format!("{length} bytes of body in {}", body.len()))?;
            let rest = body.get(length..).unwrap_or_default().to_vec();
            Ok(Framed { body: whole.to_vec(), rest, head })
        }
        ([], [coding]) if coding == "chunked" => {
            let (body, rest) = chunks(body)?;
            Ok(Framed { head, body, rest })
        }
        _ => Err(Failure::new(format!("two kinds of framing in `{head}`"))),
    }
}

fn chunks(mut bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let mut body = Vec::new();
    loop {
        let line = find(bytes, b"\r\n").during("a chunk's length")?;
        let length = String::from_utf8_lossy(bytes.get(..line).unwrap_or_default()).into_owned();
        let length = usize::from_str_radix(&length, 16).during("a chunk's length")?;
        let start = line + 2;
        body.extend_from_slice(bytes.get(start..start + length).during("a chunk's bytes")?);
        if bytes.get(start + length..start + length + 2) != Some(b"\r\n") {
            return Err(Failure::new("a chunk without its end"));
        }
        bytes = bytes.get(start + length + 2..).unwrap_or_default();
        if length == 0 {
            return Ok((body, bytes.to_vec()));
        }
    }
}

/// Where `part` first stands.
pub fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Whether `part` stands anywhere.
pub fn contains(bytes: &[u8], part: &[u8]) -> bool {
    find(bytes, part).is_some()
}

/// Whether bytes end with a complete message.
pub fn is_complete(bytes: &[u8]) -> bool {
    frame(bytes).is_ok()
}

/// `bytes` as a gzip member that is not compressed (RFC 1951, 3.2.4; RFC 1952): enough for a decompressor to work on.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let blocks: Vec<&[u8]> = bytes.chunks(0xffff).collect();
    for (index, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(index + 1 == blocks.len()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let mask = (crc & 1).wrapping_neg();
            crc = (crc >> 1) ^ (0xedb8_8320 & mask);
        }
    }
    !crc
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framing_is_read_strictly() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let framed = frame(text.as_bytes()).ok();
            let got =
                framed.map(|f| (String::from_utf8(f.body).unwrap(), String::from_utf8(f.rest).unwrap()));
            assert_eq!(got, expected.map(|(b, r)| (b.to_owned(), r.to_owned())), "{text}");
        };
        check("A\r\nContent-Length: 2\r\n\r\nabcd", Some(("ab", "cd")));
        check("A\r\ncontent-length: 3\r\n\r\nab", None);
        check("A\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\nX", Some(("abc", "X")));
        check("A\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab", None);
        check("A\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n0\r\n\r\n", None);
        check("A\r\n\r\n", Some(("", "")));
    }

    #[test]
    fn crc32_is_the_standard_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
