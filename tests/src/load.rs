//! The load generator: a fixed number of requests over a fixed number of kept HTTP/1.1 connections, each sending its
//! next request as soon as its last was answered. A fixed count makes CPU per request comparable between runs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Method;
use tokio::task::JoinSet;

use crate::client::{Connection, request};
use crate::failure::{During, Result};

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct Load {
    /// Port of 127.0.0.1.
    pub port: u16,
    /// Path.
    pub path: String,
    /// Body of every request.
    pub body: Bytes,
    /// Connections.
    pub concurrency: usize,
    /// Requests in all.
    pub requests: usize,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Answers by status.
    pub statuses: BTreeMap<u16, usize>,
    /// Exchanges without an answer.
    pub broken: usize,
    /// Time of every answered exchange, sorted.
    pub latencies: Vec<Duration>,
    /// From the first request to the last answer.
    pub elapsed: Duration,
}

impl Load {
    /// Sends it.
    ///
    /// # Errors
    /// When no connection can be made. A connection that breaks later is counted and replaced.
    pub async fn run(&self) -> Result<Outcome> {
        let next = Arc::new(AtomicUsize::new(0));
        let start = Instant::now();
        let mut connections = JoinSet::new();
        for _ in 0..self.concurrency {
            connections.spawn(one_connection(self.clone(), next.clone()));
        }
        let mut outcome = Outcome::default();
        while let Some(finished) = connections.join_next().await {
            outcome.add(finished.during("a connection of the loader")??);
        }
        outcome.elapsed = start.elapsed();
        outcome.latencies.sort_unstable();
        Ok(outcome)
    }
}

impl Outcome {
    /// The latency that `share` (0.0 to 1.0) of the exchanges did not exceed; zero without any.
    pub fn percentile(&self, share: f64) -> Duration {
        percentile(&self.latencies, share)
    }

    /// Answers with `status`.
    pub fn count(&self, status: u16) -> usize {
        self.statuses.get(&status).copied().unwrap_or(0)
    }

    fn add(&mut self, other: Self) {
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.broken += other.broken;
        self.latencies.extend(other.latencies);
    }
}

/// Nearest-rank percentile of sorted values.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are far below 2^52 and the share is clamped to 0..=1"
)]
fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let rank = (sorted.len() as f64 * share.clamp(0.0, 1.0)).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

async fn one_connection(load: Load, next: Arc<AtomicUsize>) -> Result<Outcome> {
    let mut connection = Connection::open(load.port).await?;
    let mut outcome = Outcome::default();
    while next.fetch_add(1, Ordering::Relaxed) < load.requests {
        let request = request(Method::POST, &load.path, &[], load.body.clone())?;
        let start = Instant::now();
        if let Ok(response) = connection.send(request).await {
            outcome.latencies.push(start.elapsed());
            *outcome.statuses.entry(response.status).or_default() += 1;
        } else {
            outcome.broken += 1;
            connection = Connection::open(load.port).await?;
        }
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::UpstreamProtocol;
    use crate::server::{Reply, Server};

    #[tokio::test]
    async fn exactly_the_requests_asked_for_are_sent() {
        let server = Server::start(0, UpstreamProtocol::Http1, |_| Reply::whole(200, "text/plain", "ok"))
            .await
            .unwrap();
        let body = Bytes::from_static(b"{}");
        let load = Load { port: server.port(), path: "/".into(), body, concurrency: 7, requests: 100 };
        let outcome = load.run().await.unwrap();
        assert_eq!((outcome.count(200), outcome.broken, server.total()), (100, 0, 100));
        assert_eq!(outcome.latencies.len(), 100);
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let sorted: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        for (share, expected) in [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)] {
            assert_eq!(percentile(&sorted, share), Duration::from_millis(expected));
        }
        assert_eq!(percentile(&[], 0.5), Duration::ZERO);
    }
}
