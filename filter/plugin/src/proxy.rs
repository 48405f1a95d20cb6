//! What the plugin asks of the proxy it runs in: the seam between decisions about streams and the ABI. Two
//! implementations exist, the proxy-wasm ABI (`host.rs`) and a recorder for native tests. Everything is bytes and
//! everything that can fail says so: a peer may send any header, and Envoy refuses calls in some phases.

use weir_engine::event::{Direction, Refusal, UnixMillis};

use crate::headers::HeaderMap;

/// The proxy.
pub trait Proxy: std::fmt::Debug {
    /// The time.
    fn now(&self) -> UnixMillis;
    /// Writes a line to the proxy's log. Never content.
    fn log(&self, level: LogLevel, line: &str);
    /// Wakes the root context up every `period_ms` milliseconds.
    fn set_tick_period(&self, period_ms: u32) -> Result<(), Status>;

    /// All headers of a map.
    fn headers(&self, map: Map) -> Result<HeaderMap, Status>;
    /// Sets a header, replacing all of its values. Fails once the headers have gone.
    fn set_header(&self, direction: Direction, name: &str, value: &str) -> Result<(), Status>;
    /// Removes every value of a header. Fails once the headers have gone.
    fn remove_header(&self, direction: Direction, name: &str) -> Result<(), Status>;

    /// The first `max` bytes of a buffer; an absent buffer is empty.
    fn buffer(&self, buffer: Buffer, max: usize) -> Result<Vec<u8>, Status>;
    /// Replaces the whole held body. Envoy leaves content-length as it is.
    fn replace_body(&self, direction: Direction, body: &[u8]) -> Result<(), Status>;

    /// Lets a paused stream go on.
    fn resume(&self, direction: Direction) -> Result<(), Status>;
    /// Resets a stream.
    fn reset(&self, direction: Direction) -> Result<(), Status>;
    /// Answers the client; `details` appears in the access log and has no spaces.
    fn reply(&self, refusal: &Refusal, details: &str) -> Result<(), Status>;
    /// Sends a request to a cluster; the answer comes with the token.
    fn call(&self, call: &HttpCall<'_>) -> Result<Token, Status>;

    /// A property of the stream or the proxy; `None` when it has none.
    fn property(&self, path: &[&str]) -> Option<Vec<u8>>;
    /// Writes a string into the stream's filter state, for access logs.
    fn set_property(&self, name: &str, value: &str) -> Result<(), Status>;

    /// A value shared by all workers.
    fn shared(&self, key: &str) -> Result<Option<Shared>, Status>;
    /// Writes a value shared by all workers.
    fn set_shared(&self, key: &str, value: &[u8], cas: Cas) -> Result<(), Status>;

    /// Defines a metric. Defining a name twice makes two, so the caller keeps the id.
    fn define_metric(&self, kind: MetricKind, name: &str) -> Result<u32, Status>;
    /// Adds to a counter.
    fn add_to_metric(&self, id: u32, delta: u32) -> Result<(), Status>;
    /// Sets a gauge.
    fn set_metric(&self, id: u32, value: u64) -> Result<(), Status>;
}

/// Why the proxy refused: the ABI's status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u32);

impl Status {
    /// Another worker wrote the value first.
    pub const CAS_MISMATCH: Self = Self(8);
    /// What came from the proxy could not be read.
    pub const UNREADABLE: Self = Self(3);
}

/// Header maps that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    /// Of the stream.
    Stream(Direction),
    /// Of the call whose answer is being delivered.
    Answer,
}

/// Buffers that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buffer {
    /// Body of the stream: what is held, or the chunk that passes.
    Body(Direction),
    /// Body of the answer being delivered.
    Answer,
    /// The plugin's configuration.
    Configuration,
}

/// A request to a cluster. Its headers are `:method`, `:path`, `:authority` and `content-type`, and nothing of
/// the client's: Envoy honours `x-envoy-*` headers of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HttpCall<'a> {
    /// Cluster of the sidecar.
    pub cluster: &'a str,
    /// `:authority`.
    pub authority: &'a str,
    /// `:method`.
    pub method: Method,
    /// `:path`.
    pub path: &'a str,
    /// JSON body.
    pub body: &'a [u8],
    /// Timeout in milliseconds; 0 would be "none" to Envoy, so it is sent as 1.
    pub timeout_ms: u32,
}

/// Methods of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

/// Names a call within its VM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token(pub u32);

/// A shared value and the token that guards its replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The value; another version of this filter may have written it.
    pub value: Vec<u8>,
    /// Changes with every write.
    pub cas: u32,
}

/// Condition of a shared write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cas {
    /// None: the last writer wins.
    Overwrite,
    /// Only when nobody has written since the value with this token was read.
    Unchanged(u32),
}

/// Kinds of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Last writer wins, in the whole proxy.
    Gauge,
}

/// Levels of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Something recovered.
    Info,
    /// Something degraded.
    Warn,
    /// A configuration was refused.
    Error,
}
