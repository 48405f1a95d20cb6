//! When a failed call of the root context may be tried again: the pause doubles up to a limit and ends with the
//! first success. Time is a value.

use weir_engine::event::UnixMillis;

use crate::limits::{MAX_BACKOFF_MS, MIN_BACKOFF_MS};

/// The pause after failures.
#[derive(Debug, Default)]
pub struct Backoff {
    pause_ms: u64,
    until: UnixMillis,
}

impl Backoff {
    /// Whether the pause is over.
    pub fn is_over(&self, now: UnixMillis) -> bool {
        now >= self.until
    }

    /// Whether the last try failed.
    pub fn is_failing(&self) -> bool {
        self.pause_ms > 0
    }

    /// A try failed.
    pub fn failed(&mut self, now: UnixMillis) {
        self.pause_ms = self.pause_ms.saturating_mul(2).clamp(MIN_BACKOFF_MS, MAX_BACKOFF_MS);
        self.until = UnixMillis(now.0.saturating_add(self.pause_ms));
    }

    /// A try succeeded.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }
}
