//! The load generator as a program: sends chat requests to a port and prints statuses and latencies.

use clap::Parser;
use weir_tests::failure::Result;
use weir_tests::load::Load;
use weir_tests::traffic;

/// Sends a fixed number of chat requests over kept connections.
#[derive(Debug, Parser)]
struct Arguments {
    /// Port on 127.0.0.1.
    #[arg(long, default_value_t = 10_000)]
    port: u16,
    /// Path.
    #[arg(long, default_value = "/v1/chat/completions")]
    path: String,
    /// Size of a request's body, in bytes.
    #[arg(long, default_value_t = 4_096)]
    bytes: usize,
    /// Connections.
    #[arg(long, default_value_t = 16)]
    concurrency: usize,
    /// Requests in all.
    #[arg(long, default_value_t = 10_000)]
    requests: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let Arguments { port, path, bytes, concurrency, requests } = Arguments::parse();
    let load = Load { port, path, body: traffic::chat_request(bytes), concurrency, requests };
    let outcome = load.run().await?;
    println!("statuses {:?}, broken {}", outcome.statuses, outcome.broken);
    println!(
        "{:.0} requests/s, p50 {:?}, p99 {:?}, max {:?}",
        f64::from(u32::try_from(requests).unwrap_or(u32::MAX)) / outcome.elapsed.as_secs_f64(),
        outcome.percentile(0.5),
        outcome.percentile(0.99),
        outcome.percentile(1.0),
    );
    Ok(())
}
