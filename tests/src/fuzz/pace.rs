//! Slow texts. A text is repeated to one size and its time per byte is held against that of prose, measured in turn
//! with it, so that other load on the machine slows both. The slowest are kept, to breed from.

use std::time::{Duration, Instant};

/// Size at which texts are timed, in bytes.
pub const TIMED_BYTES: usize = 16 * 1024;
/// Size at which the slowest are timed again, in bytes: what is not linear shows.
const LARGE_BYTES: usize = 8 * TIMED_BYTES;
/// Most texts that are kept.
const MAX_KEPT: usize = 24;
/// How often a suspect and prose are timed in turn.
const ROUNDS: u32 = 7;

/// How often growth is measured again.
const RETRIES: u32 = 4;

const PROSE: &str = "The harbour was quiet when the first boats came back, and the gulls had already settled on the sea \
wall. Our team is planning the autumn programme for the library and would like a draft of the announcement. ";

/// The slowest texts so far.
#[derive(Debug, Default)]
pub struct Slowest {
    /// Times prose's time per byte, and the text. Slowest first.
    kept: Vec<(f64, String)>,
}

impl Slowest {
    /// Times `text` and keeps it if it is one of the slowest. `expected` is prose's time for [`TIMED_BYTES`].
    pub fn consider(&mut self, text: &str, expected: Duration, run: impl Fn(&str)) {
        let filled = filled(text, TIMED_BYTES);
        let least = self.kept.last().filter(|_| self.kept.len() >= MAX_KEPT).map_or(1.5, |kept| kept.0);
        if text.is_empty() || once(&filled, &run).as_secs_f64() < least * expected.as_secs_f64() {
            return;
        }
        let ratio = ratio(&filled, &run);
        if ratio > least && self.kept.iter().all(|kept| kept.1 != text) {
            self.kept.push((ratio, text.to_owned()));
            self.kept.sort_by(|a, b| b.0.total_cmp(&a.0));
            self.kept.truncate(MAX_KEPT);
        }
    }

    /// The slowest, timed once more, and how many times prose it takes per byte.
    pub fn worst(&self, run: impl Fn(&str)) -> Option<(f64, &str)> {
        let (_, text) = self.kept.first()?;
        Some((ratio(&filled(text, TIMED_BYTES), &run), text))
    }

    /// The text whose bytes cost most in a large text against a small one, and how many times.
    pub fn least_linear(&self, run: impl Fn(&str)) -> Option<(f64, &str)> {
        let growth = |text: &str| {
            let best = |bytes| {
                let filled = filled(text, bytes);
                (0..ROUNDS).map(|_| once(&filled, &run)).min().unwrap_or_default().as_secs_f64()
            };
            best(LARGE_BYTES) / best(TIMED_BYTES) / 8.0
        };
        let all = self.kept.iter().map(|(_, text)| (growth(text), text.as_str()));
        let (first, text) = all.max_by(|a, b| a.0.total_cmp(&b.0))?;
        // An interruption of a long run looks like growth, but not every time.
        Some(((0..RETRIES).map(|_| growth(text)).fold(first, f64::min), text))
    }

    /// A text to breed from.
    pub fn nth(&self, n: usize) -> Option<&str> {
        self.kept.get(n % self.kept.len().max(1)).map(|kept| kept.1.as_str())
    }
}

/// The best of several times that prose takes.
pub fn prose(run: impl Fn(&str)) -> Duration {
    let prose = filled(PROSE, TIMED_BYTES);
    (0..ROUNDS * 3).map(|_| once(&prose, &run)).min().unwrap_or_default()
}

fn ratio(text: &str, run: &impl Fn(&str)) -> f64 {
    let prose = filled(PROSE, text.len());
    let rounds = (0..ROUNDS).map(|_| (once(text, run), once(&prose, run)));
    let (own, other) = rounds.reduce(|best, now| (best.0.min(now.0), best.1.min(now.1))).unwrap_or_default();
    own.as_secs_f64() / other.as_secs_f64().max(1e-9)
}

fn once(text: &str, run: &impl Fn(&str)) -> Duration {
    let started = Instant::now();
    run(text);
    started.elapsed()
}

fn filled(text: &str, bytes: usize) -> String {
    let mut filled = text.repeat(bytes / text.len().max(1) + 1);
    filled.truncate(filled.floor_char_boundary(bytes));
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_filled_to_a_size_on_a_character() {
        for text in ["a", "語", "longer than that", PROSE] {
            let filled = filled(text, 100);
            assert!(filled.len() <= 100 && filled.len() > 96, "{text}: {}", filled.len());
        }
        assert_eq!(filled("", 100), "");
    }
}
