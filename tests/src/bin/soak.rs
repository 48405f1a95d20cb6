//! `make soak`: many requests through Envoy with the default policy, and what must be true afterwards: no failure of
//! ours, no VM reloaded, memory flat after warm-up, every decision stored.

use clap::Parser;
use weir_tests::envoy::UpstreamProtocol;
use weir_tests::evidence;
use weir_tests::failure::{Failure, Result};
use weir_tests::load::Load;
use weir_tests::server::{Reply, Server};
use weir_tests::stack::Stack;
use weir_tests::traffic;

/// Parts the run is cut into; memory is read after each.
const PARTS: usize = 10;
/// Parts that warm up: pools, queues and V8's code reach their size in them.
const WARM_UP_PARTS: usize = 3;
/// How much memory may grow after warm-up, in KiB. Allocators keep pages; a leak of one event per request is more.
const MAX_GROWTH_KIB: u64 = 8 * 1024;

/// Sends many requests and checks that nothing wears out.
#[derive(Debug, Parser)]
struct Arguments {
    /// Requests in all.
    #[arg(long, default_value_t = 100_000)]
    requests: usize,
    /// Connections.
    #[arg(long, default_value_t = 16)]
    concurrency: usize,
    /// Worker threads of Envoy.
    #[arg(long, default_value_t = 2)]
    workers: u32,
    /// Size of a request's body, in bytes.
    #[arg(long, default_value_t = 1_024)]
    bytes: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let answer = traffic::chat_answer();
    let json_answer = move |_: &_| Reply::whole(200, "application/json", answer.clone());
    let upstream = Server::start(0, UpstreamProtocol::Http1, json_answer).await?;
    let stack = Stack::builder(upstream.port()).concurrency(arguments.workers).sampled().start().await?;
    let load = Load {
        port: stack.port(),
        path: "/v1/chat/completions".into(),
        body: traffic::chat_request(arguments.bytes),
        concurrency: arguments.concurrency,
        requests: arguments.requests / PARTS,
    };
    let mut resident = Vec::new();
    let mut wrong = Vec::new();
    for part in 1..=PARTS {
        let outcome = load.run().await?;
        resident.push(stack.envoy.resident_kib()?);
        println!(
            "{part:>2}/{PARTS}: statuses {:?}, broken {}, p50 {:?}, p99 {:?}, {} KiB",
            outcome.statuses,
            outcome.broken,
            outcome.percentile(0.5),
            outcome.percentile(0.99),
            resident.last().copied().unwrap_or_default()
        );
        if outcome.count(200) != load.requests {
            wrong.push(format!("part {part}: {} of {} answers are 200", outcome.count(200), load.requests));
        }
    }
    wrong.extend(afterwards(&stack, &resident).await?);
    for line in &wrong {
        println!("WRONG: {line}");
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::new("the soak found something")) }
}

async fn afterwards(stack: &Stack, resident: &[u64]) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    let reloads = stack.envoy.stat_sum("vm_reload").await?;
    println!("VM reloads: {reloads}");
    if reloads > 0 {
        wrong.push(format!("{reloads} VM reloads"));
    }
    let steady = resident.get(WARM_UP_PARTS - 1).copied().unwrap_or_default();
    let growth = resident.last().copied().unwrap_or_default().saturating_sub(steady);
    println!("memory: {steady} KiB after warm-up, {growth} KiB more at the end");
    if growth > MAX_GROWTH_KIB {
        wrong.push(format!("memory grew by {growth} KiB after warm-up"));
    }
    let lost = stack.envoy.stat_sum("weir_events_lost_total").await?;
    match evidence::settled(stack).await {
        Ok(count) => println!("decisions counted = events stored = {}, lost {lost}", count),
        Err(error) => wrong.push(format!("{error} ({lost} lost by the filter's queue)")),
    }
    Ok(wrong)
}
