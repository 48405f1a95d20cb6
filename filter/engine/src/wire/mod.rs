//! Types the filter and the sidecar exchange, defined once. Each is JSON; unknown fields are ignored by readers
//! (either side may be newer), unknown enum values are errors (a verdict that is not understood is no verdict).

pub mod control;
pub mod decision;
pub mod judge;
mod read;
pub mod review;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

use control::ControlSnapshot;
use decision::{DecisionEvent, EventAck};
use judge::JudgeRequest;

// What the filter's rim reads and writes, once for all callers.

impl ControlSnapshot {
    /// The snapshot that `body` holds; `None` when that is anything else.
    pub fn read(body: &[u8]) -> Option<Self> {
        read(body)
    }
}

impl EventAck {
    /// The acknowledgement that `body` holds; `None` when that is anything else.
    pub fn read(body: &[u8]) -> Option<Self> {
        read(body)
    }
}

impl DecisionEvent {
    /// As JSON.
    pub fn written(&self) -> Vec<u8> {
        write(self)
    }
}

impl JudgeRequest {
    /// As JSON.
    pub fn written(&self) -> Vec<u8> {
        write(self)
    }
}
