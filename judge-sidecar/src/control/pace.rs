//! The PACE state of one scope, as a pure state machine fed by the judge's health (AIRS 4.3): more than 5 % errors
//! mean alternate, more than 50 % contingency; a healthy dwell leads back one step at a time. What a person sets wins
//! until it is reset.

use serde::{Deserialize, Serialize};
use weir_engine::wire::control::Pace;

use super::window::{Outcome, Window};

/// When the state moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Length of the window, in milliseconds.
    pub window_ms: u64,
    /// Fewer judge calls than this say nothing.
    pub minimum_calls: u64,
    /// Share of errors above which it is alternate.
    pub alternate_rate: f64,
    /// Share of errors above which it is contingency.
    pub contingency_rate: f64,
    /// Healthy time before it steps back, in milliseconds.
    pub recover_ms: u64,
}

/// The PACE state of one scope.
#[derive(Clone, Debug, Default)]
pub struct PaceMachine {
    kept: Kept,
    window: Window,
}

/// What outlives a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    automatic: Pace,
    /// Last moment at which the state was deserved.
    deserved_ms: u64,
    /// Whether a call has succeeded since then: silence is not health.
    proven: bool,
    manual: Option<Pace>,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A judge call ended.
    Call(Outcome),
    /// Time passed.
    Tick,
    /// A person sets the state.
    Set(Pace),
    /// A person hands it back to the automatic, which begins at primary.
    Reset,
}

impl Kept {
    /// Whether it says no more than a new machine would.
    pub fn is_default(&self) -> bool {
        self.manual.is_none() && self.automatic == Pace::Primary
    }
}

impl PaceMachine {
    /// The machine as it was before a restart.
    pub fn resumed(kept: Kept) -> Self {
        Self { kept, window: Window::default() }
    }

    /// What must outlive a restart.
    pub fn kept(&self) -> Kept {
        self.kept
    }

    /// The state in force.
    pub fn state(&self) -> Pace {
        self.kept.manual.unwrap_or(self.kept.automatic)
    }

    /// Whether it is as if it had never been used.
    pub fn is_idle(&self) -> bool {
        self.kept.is_default() && self.window.is_empty()
    }

    /// The machine after `input` at `now_ms`.
    pub fn step(mut self, input: Input, now_ms: u64, thresholds: &Thresholds) -> Self {
        match input {
            Input::Set(state) => self.kept.manual = Some(state),
            Input::Reset => return Self::default(),
            Input::Tick => self.weigh(now_ms, thresholds),
            Input::Call(outcome) => {
                self.window.record(outcome, now_ms, thresholds.window_ms);
                self.kept.proven |= outcome == Outcome::Success;
                self.weigh(now_ms, thresholds);
            }
        }
        self
    }

    fn weigh(&mut self, now_ms: u64, thresholds: &Thresholds) {
        let deserved = self.deserved(now_ms, thresholds);
        let kept = &mut self.kept;
        if deserved >= kept.automatic {
            let moved = deserved > kept.automatic;
            if moved || deserved > Pace::Primary {
                (kept.deserved_ms, kept.proven) = (now_ms, false);
            }
            kept.automatic = deserved;
        } else if kept.proven && now_ms >= kept.deserved_ms.saturating_add(thresholds.recover_ms) {
            kept.automatic = step_back(kept.automatic);
            (kept.deserved_ms, kept.proven) = (now_ms, false);
        }
    }

    fn deserved(&mut self, now_ms: u64, thresholds: &Thresholds) -> Pace {
        let counts = self.window.counts(now_ms, thresholds.window_ms);
        if counts.exceed(thresholds.contingency_rate, thresholds.minimum_calls) {
            Pace::Contingency
        } else if counts.exceed(thresholds.alternate_rate, thresholds.minimum_calls) {
            Pace::Alternate
        } else {
            Pace::Primary
        }
    }
}

fn step_back(state: Pace) -> Pace {
    match state {
        Pace::Primary | Pace::Alternate => Pace::Primary,
        Pace::Contingency => Pace::Alternate,
        Pace::Emergency => Pace::Contingency,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: Thresholds = Thresholds {
        window_ms: 10_000,
        minimum_calls: 20,
        alternate_rate: 0.05,
        contingency_rate: 0.5,
        recover_ms: 60_000,
    };

    fn calls(machine: PaceMachine, good: u32, bad: u32, now: u64) -> PaceMachine {
        let good = (0..good).map(|_| Outcome::Success);
        let outcomes = good.chain((0..bad).map(|_| Outcome::Failure));
        outcomes.fold(machine, |m, outcome| m.step(Input::Call(outcome), now, &T))
    }

    #[test]
    fn error_rates_lead_to_states() {
        for (good, bad, expected) in [
            (0, 19, Pace::Primary),
            (95, 5, Pace::Primary),
            (94, 6, Pace::Alternate),
            (50, 50, Pace::Alternate),
            (20, 21, Pace::Contingency),
            (0, 20, Pace::Contingency),
        ] {
            let machine = calls(PaceMachine::default(), good, bad, 0);
            assert_eq!(machine.state(), expected, "{good} good, {bad} bad");
        }
    }

    #[test]
    fn it_recovers_one_step_per_healthy_dwell() {
        let mut machine = calls(PaceMachine::default(), 0, 20, 0);
        machine = calls(machine, 1, 0, 20_000);
        machine = machine.step(Input::Tick, 59_999, &T);
        assert_eq!(machine.state(), Pace::Contingency);
        machine = machine.step(Input::Tick, 60_000, &T);
        assert_eq!(machine.state(), Pace::Alternate);
        machine = calls(machine, 1, 0, 100_000).step(Input::Tick, 120_000, &T);
        assert_eq!(machine.state(), Pace::Primary);
    }

    #[test]
    fn silence_is_not_health() {
        let machine = calls(PaceMachine::default(), 0, 20, 0).step(Input::Tick, 10_000_000, &T);
        assert_eq!(machine.state(), Pace::Contingency);
    }

    #[test]
    fn errors_during_the_dwell_start_it_anew() {
        let mut machine = calls(PaceMachine::default(), 0, 20, 0);
        machine = calls(machine, 0, 20, 50_000);
        machine = calls(machine, 1, 0, 90_000).step(Input::Tick, 100_000, &T);
        assert_eq!(machine.state(), Pace::Contingency);
    }

    #[test]
    fn a_person_wins_until_reset() {
        let set = PaceMachine::default().step(Input::Set(Pace::Emergency), 0, &T);
        assert_eq!(calls(set.clone(), 100, 0, 5).state(), Pace::Emergency);
        assert_eq!(set.step(Input::Reset, 9, &T).state(), Pace::Primary);
        let laxer = calls(PaceMachine::default(), 0, 20, 0).step(Input::Set(Pace::Primary), 1, &T);
        assert_eq!(laxer.state(), Pace::Primary);
    }
}
