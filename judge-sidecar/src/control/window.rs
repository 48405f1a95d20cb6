//! Good and bad outcomes of the last while, in constant memory: ten slots slide over the window.

use std::collections::VecDeque;

const SLOTS: u64 = 10;

/// Counts over a sliding window.
#[derive(Clone, Debug, Default)]
pub struct Window {
    slots: VecDeque<Slot>,
}

/// Good or bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It worked.
    Success,
    /// It failed.
    Failure,
}

/// Sums over the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// What failed.
    pub failures: u64,
    /// What failed or worked.
    pub calls: u64,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    index: u64,
    counts: Counts,
}

impl Window {
    /// Counts one outcome at `now_ms`.
    pub fn record(&mut self, outcome: Outcome, now_ms: u64, window_ms: u64) {
        let index = now_ms / slot_ms(window_ms);
        self.forget(index);
        // A clock that went back counts into the newest slot.
        if self.slots.back().is_none_or(|s| s.index < index) {
            self.slots.push_back(Slot { index, counts: Counts::default() });
        }
        if let Some(slot) = self.slots.back_mut() {
            slot.counts.calls += 1;
            slot.counts.failures += u64::from(outcome == Outcome::Failure);
        }
    }

    /// What happened in the window that ends at `now_ms`.
    pub fn counts(&mut self, now_ms: u64, window_ms: u64) -> Counts {
        self.forget(now_ms / slot_ms(window_ms));
        self.slots.iter().fold(Counts::default(), |sum, slot| Counts {
            failures: sum.failures + slot.counts.failures,
            calls: sum.calls + slot.counts.calls,
        })
    }

    /// Whether nothing is counted.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn forget(&mut self, index: u64) {
        while self.slots.front().is_some_and(|s| s.index + SLOTS <= index) {
            self.slots.pop_front();
        }
    }
}

impl Counts {
    /// Whether at least `minimum` calls are counted and more than `rate` of them failed.
    pub fn exceed(self, rate: f64, minimum: u64) -> bool {
        self.calls >= minimum.max(1) && self.failures as f64 > rate * self.calls as f64
    }
}

fn slot_ms(window_ms: u64) -> u64 {
    (window_ms / SLOTS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let mut window = Window::default();
        for now in 0..20 {
            window.record(Outcome::Failure, now * 1_000, 10_000);
        }
        assert_eq!(window.counts(19_000, 10_000), Counts { failures: 10, calls: 10 });
        assert_eq!(window.counts(60_000, 10_000), Counts::default());
        assert!(window.is_empty());
    }

    #[test]
    fn memory_is_constant_and_a_clock_that_goes_back_is_harmless() {
        let mut window = Window::default();
        for now in (0..100_000_u64).rev() {
            window.record(Outcome::Success, now, 1_000);
        }
        assert_eq!(window.slots.len(), 1);
    }
}
