//! The audit log: JSONL with a hash chain. [`chain`] is the pure format, [`log`] the single writer, [`verify`] the
//! independent check. Nothing here knows policies or HTTP.

pub mod chain;
pub mod log;
pub mod record;
pub mod verify;

pub use log::{AuditError, AuditLog, Batch};
pub use record::Record;
