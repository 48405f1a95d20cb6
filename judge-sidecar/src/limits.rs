//! Every bound of the sidecar that is not configurable, with its unit in the name.

use std::time::Duration;

/// Largest body of `POST /v1/judge`, in bytes. The engine sends at most 64 KiB of text; escapes may grow it sixfold.
pub const MAX_JUDGE_BODY_BYTES: usize = 1024 * 1024;
/// Largest body of `POST /v1/events`, in bytes.
pub const MAX_EVENTS_BODY_BYTES: usize = 4 * 1024 * 1024;
/// Largest body of `POST /v1/reviews` and of admin requests, in bytes.
pub const MAX_SMALL_BODY_BYTES: usize = 64 * 1024;
/// Most events in one batch.
pub const MAX_BATCH_EVENTS: usize = 10_000;
/// Longest name of an actor, source, scope or tenant, in bytes.
pub const MAX_NAME_BYTES: usize = 256;
/// Longest reason or note of an operator, in bytes.
pub const MAX_NOTE_BYTES: usize = 4_096;
/// Longest wait of one control poll.
pub const MAX_POLL_WAIT: Duration = Duration::from_secs(10);
/// Most scopes whose state is not the default. With names of [`MAX_NAME_BYTES`] the snapshot stays under the
/// 64 KiB a filter reads.
pub const MAX_LISTED_SCOPES: usize = 96;
/// Most scopes whose calls are counted.
pub const MAX_TRACKED_SCOPES: usize = 1_024;
/// Largest answer of a judge model that is read, in bytes.
pub const MAX_MODEL_ANSWER_BYTES: usize = 256 * 1024;
/// Longest reason code, in bytes.
pub const MAX_REASON_CODE_BYTES: usize = 64;
/// Most review ids on one page of `GET /v1/reviews`.
pub const MAX_PAGE: u32 = 200;
/// Longest SLA and longest life of an approval, in seconds (30 days).
pub const MAX_REVIEW_SECONDS: u64 = 30 * 24 * 3_600;
/// Most time by which a judge error is sent before the caller's deadline.
pub const MAX_HEAD_START: Duration = Duration::from_millis(25);
/// How long a store that does not answer may delay a judge's answer.
pub const STORE_GRACE: Duration = Duration::from_millis(250);
/// Longest line of the audit log that is read, in bytes.
pub const MAX_AUDIT_LINE_BYTES: usize = 4 * 1024 * 1024;
/// Most batches one fsync commits.
pub const MAX_GROUP_BATCHES: usize = 64;
/// Batches that wait for the audit writer.
pub const MAX_AUDIT_QUEUE: usize = 64;
/// Most event sources whose position is remembered; the half heard from longest ago is forgotten beyond it.
pub const MAX_SOURCES: usize = 65_536;
/// Jobs that wait for the database thread.
pub const MAX_STORE_QUEUE: usize = 1_024;
/// Outbox rows moved to the audit log at once.
pub const MAX_OUTBOX_ROWS: u32 = 256;
/// Shortest admin token, in bytes.
pub const MIN_TOKEN_BYTES: usize = 16;
/// How long requests in flight may take after SIGTERM.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(10);
/// How often time-driven transitions are looked for.
pub const TICK: Duration = Duration::from_millis(250);
/// Longest line that `weir scan` and `weir eval` read, in bytes: the largest body the engine inspects.
pub const MAX_SCAN_LINE_BYTES: usize = 16 * 1024 * 1024;
/// How much of its input `weir scan` reads at once, in bytes.
pub const SCAN_READ_BYTES: usize = 64 * 1024;
/// Most threads of `weir scan`.
pub const MAX_SCAN_WORKERS: usize = 16;
/// Batches that wait for each of them, and answers that wait for the output.
pub const MAX_SCAN_QUEUE_BATCHES: usize = 2;
