//! How long something takes: the best of several samples, each long enough for the clock and short enough to fit
//! between two interruptions. Other load on a machine only ever adds, so the best sample is nearest to the truth.

use std::time::{Duration, Instant};

use crate::stages::STEPS;

/// Times things.
#[derive(Clone, Copy, Debug)]
pub struct Timer {
    /// How long a sample is.
    at_least: Duration,
    /// Samples that are always taken.
    samples: u32,
    /// How long more are taken.
    budget: Duration,
}

impl Timer {
    /// For figures.
    pub fn thorough() -> Self {
        Self { at_least: Duration::from_millis(2), samples: 3, budget: Duration::from_millis(50) }
    }

    /// For seeing that it runs.
    pub fn once() -> Self {
        Self { at_least: Duration::ZERO, samples: 1, budget: Duration::ZERO }
    }

    /// Nanoseconds of one `run`.
    pub fn time(self, mut run: impl FnMut()) -> f64 {
        let rounds = self.rounds(&mut run);
        let (mut best, mut samples, begun) = (f64::INFINITY, 0, Instant::now());
        while samples < self.samples || begun.elapsed() < self.budget {
            let started = Instant::now();
            (0..rounds).for_each(|_| run());
            best = best.min(nanoseconds(started.elapsed()) / f64::from(rounds));
            samples += 1;
        }
        best
    }

    /// Nanoseconds of each step of one `run`, on average.
    pub fn steps(self, mut run: impl FnMut(&mut [Duration; STEPS.len()])) -> [f64; STEPS.len()] {
        let rounds = self.rounds(&mut || run(&mut [Duration::ZERO; STEPS.len()]));
        let mut spent = [Duration::ZERO; STEPS.len()];
        (0..rounds).for_each(|_| run(&mut spent));
        spent.map(|spent| nanoseconds(spent) / f64::from(rounds))
    }

    /// How many rounds a sample needs. They warm caches up, and a compiler that compiles what runs often.
    fn rounds(self, run: &mut impl FnMut()) -> u32 {
        let mut rounds: u32 = 1;
        loop {
            let started = Instant::now();
            (0..rounds).for_each(|_| run());
            if started.elapsed() >= self.at_least {
                return rounds;
            }
            rounds = rounds.saturating_mul(2);
        }
    }
}

fn nanoseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}
