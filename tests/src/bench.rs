//! What the filter costs, measured against plain Envoy in the same run. Rounds are interleaved (A B A B ...), so that
//! what else the machine does hits both alike, and every figure is a median of per-round ratios or differences.
//! See docs/decisions/0007-measuring.md.

use std::time::Duration;

use serde::Serialize;

use crate::envoy::Envoy;
use crate::failure::Result;
use crate::load::{Load, Outcome};
use crate::traffic;

/// Sizes of the measured requests, in bytes.
pub const SIZES_BYTES: [usize; 3] = [512, 4_096, 32_768];
/// Connections of the loaded runs.
pub const CONCURRENCY: usize = 16;
/// The most CPU per request, against plain Envoy, by size in bytes (issue 2).
pub const BARS: [(usize, f64); 2] = [(512, 1.5), (4_096, 2.0)];
/// A run alone on its connection is shorter than a loaded one by this factor.
const ALONE_SHARE: usize = 8;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Rounds; the median of them counts.
    pub rounds: usize,
    /// Requests of one loaded run.
    pub requests: usize,
}

/// An Envoy that is measured.
#[derive(Debug)]
pub struct Variant {
    /// What it is.
    pub name: String,
    /// The process.
    pub envoy: Envoy,
}

/// One variant at one size.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Request body, in bytes.
    pub bytes: usize,
    /// Variant.
    pub variant: String,
    /// CPU of the Envoy process per request at concurrency 16, in microseconds.
    pub cpu_micros: Spread,
    /// The same, divided by that of the first variant in the same round.
    pub cpu_ratio: Spread,
    /// Latency added to the first variant's, in microseconds, alone on the connection.
    pub alone: Added,
    /// The same at concurrency 16.
    pub loaded: Added,
    /// Answers that were not 200, and broken exchanges.
    pub failures: usize,
    /// The bar for `cpu_ratio`, where there is one.
    pub bar: Option<f64>,
}

/// Added latency, in microseconds; medians over rounds.
#[derive(Clone, Debug, Serialize)]
pub struct Added {
    /// At the median.
    pub p50_micros: f64,
    /// At the 99th percentile.
    pub p99_micros: f64,
}

/// Median, smallest and largest of the rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Median.
    pub median: f64,
    /// Smallest.
    pub min: f64,
    /// Largest.
    pub max: f64,
}

impl Spread {
    /// Of `values`; zeros without any.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(0.0);
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(at(middle.saturating_sub(1)), at(middle))
        } else {
            at(middle)
        };
        Self { median, min: at(0), max: at(values.len().saturating_sub(1)) }
    }
}

impl Row {
    /// Whether it stays within its bar; true without one.
    pub fn within(&self) -> bool {
        self.bar.is_none_or(|bar| self.cpu_ratio.median <= bar)
    }
}

/// One variant in one round.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    cpu: f64,
    alone: [f64; 2],
    loaded: [f64; 2],
    failures: usize,
}

/// Measures every variant at every size. The first variant is what the others are compared with.
///
/// # Errors
/// When an Envoy is gone or cannot be reached.
pub async fn measure(variants: &[Variant], effort: Effort) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for bytes in SIZES_BYTES {
        for variant in variants {
            let warm_up = load(variant, bytes, CONCURRENCY, effort.requests / ALONE_SHARE);
            warm_up.run().await?;
        }
        let mut rounds = Vec::new();
        for number in 0..effort.rounds {
            rounds.push(round(variants, bytes, effort, number).await?);
        }
        rows.extend(
            variants.iter().enumerate().map(|(index, variant)| row(&variant.name, bytes, &rounds, index)),
        );
    }
    Ok(rows)
}

/// One sample per variant. Every other round goes backwards, so that no variant always runs after the same one.
async fn round(variants: &[Variant], bytes: usize, effort: Effort, number: usize) -> Result<Vec<Sample>> {
    let mut order: Vec<usize> = (0..variants.len()).collect();
    if number % 2 == 1 {
        order.reverse();
    }
    let mut samples = vec![Sample::default(); variants.len()];
    for index in order {
        if let (Some(variant), Some(place)) = (variants.get(index), samples.get_mut(index)) {
            *place = sample(variant, bytes, effort).await?;
        }
    }
    Ok(samples)
}

async fn sample(variant: &Variant, bytes: usize, effort: Effort) -> Result<Sample> {
    let before = variant.envoy.cpu_time()?;
    let loaded = load(variant, bytes, CONCURRENCY, effort.requests).run().await?;
    let used = variant.envoy.cpu_time()?.saturating_sub(before);
    let alone = load(variant, bytes, 1, effort.requests / ALONE_SHARE).run().await?;
    Ok(Sample {
        cpu: used.as_secs_f64() * 1e6 / as_f64(effort.requests),
        failures: failures(&loaded) + failures(&alone),
        alone: percentiles(&alone),
        loaded: percentiles(&loaded),
    })
}

fn row(name: &str, bytes: usize, rounds: &[Vec<Sample>], index: usize) -> Row {
    let pairs = || rounds.iter().filter_map(|samples| Some((samples.first()?, samples.get(index)?)));
    let spread =
        |value: &dyn Fn(&Sample, &Sample) -> f64| Spread::of(pairs().map(|(a, b)| value(a, b)).collect());
    let [alone50, alone99] = spread_each(pairs().map(|(a, b)| (a.alone, b.alone)));
    let [loaded50, loaded99] = spread_each(pairs().map(|(a, b)| (a.loaded, b.loaded)));
    Row {
        bytes,
        variant: name.into(),
        cpu_micros: spread(&|_, own| own.cpu),
        cpu_ratio: spread(&|first, own| if first.cpu > 0.0 { own.cpu / first.cpu } else { 0.0 }),
        alone: Added { p50_micros: alone50, p99_micros: alone99 },
        loaded: Added { p50_micros: loaded50, p99_micros: loaded99 },
        failures: pairs().map(|(_, own)| own.failures).sum(),
        bar: (index > 0).then(|| BARS.iter().find(|(size, _)| *size == bytes).map(|(_, bar)| *bar)).flatten(),
    }
}

fn spread_each(pairs: impl Iterator<Item = ([f64; 2], [f64; 2])>) -> [f64; 2] {
    let (p50, p99) = pairs.map(|([a50, a99], [b50, b99])| (b50 - a50, b99 - a99)).unzip();
    [Spread::of(p50).median, Spread::of(p99).median]
}

fn load(variant: &Variant, bytes: usize, concurrency: usize, requests: usize) -> Load {
    Load {
        port: variant.envoy.port(),
        path: "/v1/chat/completions".into(),
        body: traffic::chat_request(bytes),
        concurrency,
        requests,
    }
}

fn percentiles(outcome: &Outcome) -> [f64; 2] {
    [0.5, 0.99].map(|share| outcome.percentile(share).max(Duration::ZERO).as_secs_f64() * 1e6)
}

fn failures(outcome: &Outcome) -> usize {
    outcome.latencies.len() - outcome.count(200) + outcome.broken
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are far below 2^52")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_of_the_middle() {
        assert_eq!(Spread::of(vec![3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
        assert!((Spread::of(vec![4.0, 1.0, 2.0, 3.0]).median - 2.5).abs() < f64::EPSILON);
        assert_eq!(Spread::of(vec![]), Spread::default());
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let sample = |cpu| Sample { cpu, alone: [cpu, cpu], ..Sample::default() };
        let rounds = vec![vec![sample(10.0), sample(15.0)], vec![sample(100.0), sample(150.0)]];
        let row = row("weir", 512, &rounds, 1);
        assert_eq!(row.cpu_ratio, Spread { median: 1.5, min: 1.5, max: 1.5 });
        assert!((row.alone.p50_micros - 27.5).abs() < 1e-9, "median of 5 and 50");
        assert!(row.within());
    }
}
