//! A proxy for native tests: it keeps what it is told, answers from what a test has put in, and refuses what a test
//! says Envoy would refuse. Shared data behaves as Envoy's does, compare-and-swap included.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use weir_engine::event::{Direction, Refusal, UnixMillis};

use crate::headers::{HeaderMap, encode};
use crate::proxy::{Buffer, Cas, HttpCall, LogLevel, Map, Method, MetricKind, Proxy, Shared, Status, Token};

/// Remembers calls, answers from fields.
#[derive(Debug, Default)]
pub struct Recorder {
    /// The clock, in milliseconds.
    pub now_ms: Cell<u64>,
    /// Headers of the maps.
    pub headers: RefCell<HashMap<&'static str, HeaderMap>>,
    /// Buffers.
    pub buffers: RefCell<HashMap<&'static str, Vec<u8>>>,
    /// Properties, by path joined with dots.
    pub properties: RefCell<HashMap<String, Vec<u8>>>,
    /// Whatever was done to streams, in order.
    pub done: RefCell<Vec<String>>,
    /// Calls that were sent.
    pub calls: RefCell<Vec<Sent>>,
    /// Host calls that fail, by the word they leave in `done` (or `call`).
    pub failing: RefCell<Vec<&'static str>>,
    /// Log lines.
    pub lines: RefCell<Vec<String>>,
    /// Metrics by name.
    pub metrics: RefCell<Vec<(String, u64)>>,
    shared: RefCell<HashMap<String, Shared>>,
}

/// A call that was sent: method, path, body, timeout in milliseconds.
pub type Sent = (Method, String, Vec<u8>, u32);

impl Recorder {
    /// Puts the headers of a map.
    pub fn put_headers(&self, map: Map, pairs: &[(&str, &str)]) {
        let decoded = HeaderMap::decode(encode(pairs)).unwrap();
        self.headers.borrow_mut().insert(map_name(map), decoded);
    }

    /// Puts the bytes of a buffer.
    pub fn put_buffer(&self, buffer: Buffer, bytes: &[u8]) {
        self.buffers.borrow_mut().insert(buffer_name(buffer), bytes.to_vec());
    }

    /// Makes the host call `what` fail.
    pub fn fail(&self, what: &'static str) {
        self.failing.borrow_mut().push(what);
    }

    /// What was done since the last time this was asked.
    pub fn take_done(&self) -> Vec<String> {
        self.done.take()
    }

    /// Value of the metric whose name ends with `name`.
    pub fn metric(&self, name: &str) -> u64 {
        self.metrics.borrow().iter().filter(|(n, _)| n.contains(name)).map(|(_, v)| v).sum()
    }

    fn note(&self, what: &'static str, more: &str) -> Result<(), Status> {
        if self.failing.borrow().contains(&what) {
            return Err(Status(2));
        }
        self.done.borrow_mut().push(format!("{what} {more}").trim_end().to_owned());
        Ok(())
    }
}

impl Proxy for Recorder {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.now_ms.get())
    }

    fn log(&self, _: LogLevel, line: &str) {
        self.lines.borrow_mut().push(line.to_owned());
    }

    fn set_tick_period(&self, _: u32) -> Result<(), Status> {
        Ok(())
    }

    fn headers(&self, map: Map) -> Result<HeaderMap, Status> {
        self.headers.borrow().get(map_name(map)).cloned().ok_or(Status(2))
    }

    fn set_header(&self, direction: Direction, name: &str, value: &str) -> Result<(), Status> {
        self.note("set", &format!("{direction:?} {name}: {value}"))
    }

    fn remove_header(&self, direction: Direction, name: &str) -> Result<(), Status> {
        self.note("remove", &format!("{direction:?} {name}"))
    }

    fn buffer(&self, buffer: Buffer, max: usize) -> Result<Vec<u8>, Status> {
        if self.failing.borrow().contains(&"buffer") {
            return Err(Status(10));
        }
        let buffers = self.buffers.borrow();
        let bytes = buffers.get(buffer_name(buffer)).cloned().unwrap_or_default();
        Ok(bytes.into_iter().take(max).collect())
    }

    fn replace_body(&self, direction: Direction, body: &[u8]) -> Result<(), Status> {
        self.note("replace", &format!("{direction:?} {}", String::from_utf8_lossy(body)))
    }

    fn resume(&self, direction: Direction) -> Result<(), Status> {
        self.note("resume", &format!("{direction:?}"))
    }

    fn reset(&self, direction: Direction) -> Result<(), Status> {
        self.note("reset", &format!("{direction:?}"))
    }

    fn reply(&self, refusal: &Refusal, details: &str) -> Result<(), Status> {
        self.note("reply", &format!("{} {details}", refusal.status))
    }

    fn call(&self, call: &HttpCall<'_>) -> Result<Token, Status> {
        if self.failing.borrow().contains(&"call") {
            return Err(Status(10));
        }
        let mut calls = self.calls.borrow_mut();
        calls.push((call.method, call.path.to_owned(), call.body.to_vec(), call.timeout_ms));
        Ok(Token(u32::try_from(calls.len()).unwrap()))
    }

    fn property(&self, path: &[&str]) -> Option<Vec<u8>> {
        self.properties.borrow().get(&path.join(".")).cloned()
    }

    fn set_property(&self, name: &str, value: &str) -> Result<(), Status> {
        self.note("property", &format!("{name}={value}"))
    }

    fn shared(&self, key: &str) -> Result<Option<Shared>, Status> {
        Ok(self.shared.borrow().get(key).cloned())
    }

    fn set_shared(&self, key: &str, value: &[u8], cas: Cas) -> Result<(), Status> {
        let mut shared = self.shared.borrow_mut();
        let old = shared.get(key).map_or(0, |s| s.cas);
        if cas != Cas::Overwrite && cas != Cas::Unchanged(old) {
            return Err(Status::CAS_MISMATCH);
        }
        shared.insert(key.to_owned(), Shared { value: value.to_vec(), cas: old + 1 });
        Ok(())
    }

    fn define_metric(&self, _: MetricKind, name: &str) -> Result<u32, Status> {
        let mut metrics = self.metrics.borrow_mut();
        metrics.push((name.to_owned(), 0));
        Ok(u32::try_from(metrics.len() - 1).unwrap())
    }

    fn add_to_metric(&self, id: u32, delta: u32) -> Result<(), Status> {
        self.metrics.borrow_mut()[id as usize].1 += u64::from(delta);
        Ok(())
    }

    fn set_metric(&self, id: u32, value: u64) -> Result<(), Status> {
        self.metrics.borrow_mut()[id as usize].1 = value;
        Ok(())
    }
}

fn map_name(map: Map) -> &'static str {
    match map {
        Map::Stream(Direction::Request) => "request",
        Map::Stream(Direction::Response) => "response",
        Map::Answer => "answer",
    }
}

fn buffer_name(buffer: Buffer) -> &'static str {
    match buffer {
        Buffer::Body(Direction::Request) => "request",
        Buffer::Body(Direction::Response) => "response",
        Buffer::Answer => "answer",
        Buffer::Configuration => "configuration",
    }
}
