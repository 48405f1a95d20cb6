//! Every bound of the plugin, with its unit in the name. The engine has its own; these are about the VM, the calls
//! to the sidecar and what is shared between workers.

/// How often every worker (and the main thread) wakes up, in milliseconds.
pub const TICK_MS: u32 = 100;

/// How long an elected poller owns the lease without renewing it, in milliseconds. It renews on every tick; ten
/// missed ticks mean its VM is dead or stuck and another worker takes over.
pub const LEASE_MS: u64 = 1_000;
/// How long the sidecar may hold a control poll back, in milliseconds.
pub const POLL_WAIT_MS: u32 = 2_000;
/// Timeout of a control poll, in milliseconds. Longer than [`POLL_WAIT_MS`], so that a quiet sidecar is no failure.
pub const POLL_TIMEOUT_MS: u32 = 3_000;
/// Largest control snapshot that is read, in bytes.
pub const MAX_SNAPSHOT_BYTES: usize = 1024 * 1024;
/// How long a worker goes on with the control state it has read, in milliseconds: looking costs two crossings of the
/// VM's border on a path that every request takes.
pub const REREAD_MS: u64 = 20;
/// How far in the future a confirmation may lie before it is taken for a foreign value, in milliseconds.
pub const MAX_CLOCK_SKEW_MS: u64 = 5_000;

/// Shortest pause after a failed call of the root context, in milliseconds; doubles with every failure.
pub const MIN_BACKOFF_MS: u64 = 100;
/// Longest pause after failed calls of the root context, in milliseconds.
pub const MAX_BACKOFF_MS: u64 = 1_000;

/// Most events waiting in one VM for the sidecar.
pub const MAX_QUEUED_EVENTS: usize = 8_192;
/// Most bytes of events waiting in one VM for the sidecar.
pub const MAX_QUEUED_EVENT_BYTES: usize = 8 * 1024 * 1024;
/// Most bytes of questions for the judge waiting in one VM beside their events.
pub const MAX_QUEUED_QUESTION_BYTES: usize = 1024 * 1024;
/// Most events in one batch.
pub const MAX_BATCH_EVENTS: usize = 256;
/// Most bytes of events and questions in one batch; a larger single event is sent alone.
pub const MAX_BATCH_BYTES: usize = 512 * 1024;
/// Timeout of a batch, in milliseconds.
pub const BATCH_TIMEOUT_MS: u32 = 2_000;

/// Most bytes of an upstream that are thrown away behind the end of its stream before it is cut off.
pub const MAX_DRAINED_BYTES: usize = 64 * 1024;

/// Most calls one exchange may have open; more are answered as failed.
pub const MAX_OPEN_CALLS: usize = 8;
/// Most answers the engine is given within one callback (calls that fail at once); after it the exchange fails.
pub const MAX_ROUNDS: usize = 16;
/// Longest request id taken from a header, in bytes.
pub const MAX_REQUEST_ID_BYTES: usize = 64;
/// Longest log line, in bytes.
pub const MAX_LOG_BYTES: usize = 512;
/// Attempts to take a permit before giving up (each attempt lost a race with another worker).
pub const MAX_PERMIT_RACES: usize = 16;
