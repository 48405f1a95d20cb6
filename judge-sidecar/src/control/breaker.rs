//! The circuit breaker of one scope, as a pure state machine: closed, open, probing. It opens when too many upstream
//! calls fail, tries again after a back-off with a few trial requests, and closes when they succeed. Guardrail blocks
//! are no input of it, so one user's blocks cannot trip it.

use serde::{Deserialize, Serialize};
use weir_engine::wire::control::BreakerState;

use super::window::{Outcome, Window};

/// When a breaker moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Length of the window, in milliseconds.
    pub window_ms: u64,
    /// Fewer calls than this say nothing.
    pub minimum_calls: u64,
    /// Share of failures above which it opens, 0.0 to 1.0.
    pub failure_rate: f64,
    /// First time it stays open, in milliseconds; doubles with every failed probe.
    pub open_ms: u64,
    /// Longest time it stays open.
    pub max_open_ms: u64,
    /// Trial requests per proxy and probing epoch.
    pub probe_permits: u32,
    /// Successes that close it.
    pub probe_successes: u32,
    /// Without an outcome for this long, new trial requests are handed out.
    pub probe_ms: u64,
}

/// The breaker of one scope.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    phase: Phase,
    window: Window,
}

/// What outlives a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Traffic flows.
    #[default]
    Closed,
    /// Nothing flows.
    Open {
        /// When probing begins; `None` until a person resets it.
        until_ms: Option<u64>,
        /// Failed probes since it was closed.
        failed_probes: u32,
    },
    /// Trial requests flow.
    Probing {
        /// Grows with every handing out of permits; the time it happened, so that it never repeats.
        epoch: u64,
        /// Successes in this epoch.
        successes: u32,
        /// Failed probes since it was closed.
        failed_probes: u32,
    },
}

/// What can happen to a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// An upstream call ended.
    Call(Outcome),
    /// Time passed.
    Tick,
    /// A person opens it, for so many milliseconds or until reset.
    Trip {
        /// How long.
        for_ms: Option<u64>,
    },
    /// A person closes it.
    Reset,
}

impl Breaker {
    /// The breaker as it was before a restart.
    pub fn resumed(phase: Phase) -> Self {
        Self { phase, window: Window::default() }
    }

    /// What must outlive a restart.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What proxies are told.
    pub fn state(&self, thresholds: &Thresholds) -> BreakerState {
        match self.phase {
            Phase::Closed => BreakerState::Closed,
            Phase::Open { until_ms, .. } => BreakerState::Open { until_unix_ms: until_ms },
            Phase::Probing { epoch, .. } => {
                BreakerState::Probing { permits: thresholds.probe_permits, epoch }
            }
        }
    }

    /// Whether it is as if it had never been used.
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Closed && self.window.is_empty()
    }

    /// The breaker after `input` at `now_ms`.
    pub fn step(self, input: Input, now_ms: u64, thresholds: &Thresholds) -> Self {
        match input {
            Input::Call(outcome) => self.count(outcome, now_ms, thresholds),
            Input::Tick => self.tick(now_ms, thresholds),
            Input::Trip { for_ms } => {
                let until_ms = for_ms.map(|ms| now_ms.saturating_add(ms));
                Self::resumed(Phase::Open { until_ms, failed_probes: 0 })
            }
            Input::Reset => Self::default(),
        }
    }

    fn count(mut self, outcome: Outcome, now_ms: u64, thresholds: &Thresholds) -> Self {
        match (self.phase, outcome) {
            (Phase::Closed, _) => {
                self.window.record(outcome, now_ms, thresholds.window_ms);
                let counts = self.window.counts(now_ms, thresholds.window_ms);
                if counts.exceed(thresholds.failure_rate, thresholds.minimum_calls) {
                    return Self::resumed(opened(0, now_ms, thresholds));
                }
                self
            }
            // What was in flight when it opened.
            (Phase::Open { .. }, _) => self,
            (Phase::Probing { failed_probes, .. }, Outcome::Failure) => {
                Self::resumed(opened(failed_probes.saturating_add(1), now_ms, thresholds))
            }
            (Phase::Probing { epoch, successes, failed_probes }, Outcome::Success) => {
                let successes = successes + 1;
                if successes >= thresholds.probe_successes {
                    return Self::default();
                }
                self.phase = Phase::Probing { epoch, successes, failed_probes };
                self
            }
        }
    }

    fn tick(mut self, now_ms: u64, thresholds: &Thresholds) -> Self {
        self.phase = match self.phase {
            Phase::Open { until_ms: Some(until), failed_probes } if now_ms >= until => {
                Phase::Probing { epoch: now_ms, successes: 0, failed_probes }
            }
            Phase::Probing { epoch, successes, failed_probes }
                if now_ms >= epoch.saturating_add(thresholds.probe_ms) =>
            {
                Phase::Probing { epoch: now_ms, successes, failed_probes }
            }
            same => same,
        };
        // Forgets what is older than the window.
        self.window.counts(now_ms, thresholds.window_ms);
        self
    }
}

fn opened(failed_probes: u32, now_ms: u64, thresholds: &Thresholds) -> Phase {
    let doubled = 2_u64.saturating_pow(failed_probes).saturating_mul(thresholds.open_ms);
    let open_ms = doubled.min(thresholds.max_open_ms);
    Phase::Open { until_ms: Some(now_ms.saturating_add(open_ms)), failed_probes }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Thresholds = Thresholds {
        window_ms: 10_000,
        minimum_calls: 10,
        failure_rate: 0.5,
        open_ms: 1_000,
        max_open_ms: 5_000,
        probe_permits: 3,
        probe_successes: 2,
        probe_ms: 2_000,
    };
    const OK: Input = Input::Call(Outcome::Success);
    const BAD: Input = Input::Call(Outcome::Failure);

    fn run(breaker: Breaker, inputs: &[(Input, u64)]) -> Breaker {
        inputs.iter().fold(breaker, |b, (input, now)| b.step(*input, *now, &T))
    }

    fn check(inputs: &[(Input, u64)], expected: BreakerState) {
        assert_eq!(run(Breaker::default(), inputs).state(&T), expected, "{inputs:?}");
    }

    fn failures(n: u64, from: u64) -> Vec<(Input, u64)> {
        (0..n).map(|i| (BAD, from + i)).collect()
    }

    #[test]
    fn few_failures_say_nothing() {
        check(&failures(9, 0), BreakerState::Closed);
    }

    #[test]
    fn half_failing_is_not_more_than_half() {
        let mut inputs = failures(5, 0);
        inputs.extend((0..10).map(|i| (OK, i)));
        check(&inputs, BreakerState::Closed);
    }

    #[test]
    fn failures_spread_over_more_than_the_window_do_not_add_up() {
        let inputs: Vec<_> = (0..50).map(|i| (BAD, i * 2_000)).collect();
        check(&inputs, BreakerState::Closed);
    }

    #[test]
    fn the_whole_life_cycle() {
        let opened = run(Breaker::default(), &failures(10, 0));
        assert_eq!(opened.state(&T), BreakerState::Open { until_unix_ms: Some(1_009) });
        let still = run(opened.clone(), &[(OK, 500), (BAD, 600), (Input::Tick, 1_008)]);
        assert_eq!(still.state(&T), BreakerState::Open { until_unix_ms: Some(1_009) });
        let probing = run(still, &[(Input::Tick, 1_009)]);
        assert_eq!(probing.state(&T), BreakerState::Probing { permits: 3, epoch: 1_009 });
        let again = run(probing.clone(), &[(OK, 1_100), (BAD, 1_200)]);
        assert_eq!(again.state(&T), BreakerState::Open { until_unix_ms: Some(3_200) });
        let closed = run(probing, &[(OK, 1_100), (OK, 1_200)]);
        assert_eq!(closed.state(&T), BreakerState::Closed);
    }

    #[test]
    fn back_off_doubles_up_to_its_cap() {
        let mut breaker = run(Breaker::default(), &failures(10, 0));
        let mut lengths = Vec::new();
        for _ in 0..5 {
            let BreakerState::Open { until_unix_ms: Some(until) } = breaker.state(&T) else { panic!() };
            breaker = run(breaker, &[(Input::Tick, until), (BAD, until)]);
            let BreakerState::Open { until_unix_ms: Some(next) } = breaker.state(&T) else { panic!() };
            lengths.push(next - until);
        }
        assert_eq!(lengths, [2_000, 4_000, 5_000, 5_000, 5_000]);
    }

    #[test]
    fn lost_trial_requests_are_handed_out_anew() {
        let inputs = [(Input::Trip { for_ms: Some(100) }, 0), (Input::Tick, 100), (Input::Tick, 2_100)];
        check(&inputs, BreakerState::Probing { permits: 3, epoch: 2_100 });
    }

    #[test]
    fn a_manual_trip_stays_until_reset() {
        let trip = (Input::Trip { for_ms: None }, 0);
        check(&[trip, (Input::Tick, u64::MAX), (OK, 5)], BreakerState::Open { until_unix_ms: None });
        check(&[trip, (Input::Reset, 5)], BreakerState::Closed);
    }
}
