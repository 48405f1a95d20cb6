//! `make streams`: many streams at once through one worker of Envoy, with the filter guarding them in flight, and what
//! must be true of them: each comes whole and is nobody else's, and none takes much memory.

use std::time::Duration;

use clap::Parser;
use weir_tests::envoy::{self, Chain, Envoy, EnvoyPorts, EnvoySettings, Upstream, UpstreamProtocol};
use weir_tests::failure::{Failure, Result};
use weir_tests::stack::Stack;
use weir_tests::streams::{Crowd, STREAM_BYTES_BAR, Shape, crowd};

/// Opens many streams at once and checks every one of them.
#[derive(Debug, Parser)]
struct Arguments {
    /// Streams.
    #[arg(long, default_value_t = 1_000)]
    streams: usize,
    /// Events with text in each.
    #[arg(long, default_value_t = 60)]
    words: usize,
    /// Pause between events, in milliseconds.
    #[arg(long, default_value_t = 250)]
    pause_ms: u64,
    /// Worker threads of Envoy.
    #[arg(long, default_value_t = 1)]
    workers: u32,
    /// Version of Envoy.
    #[arg(long, default_value = envoy::DEFAULT_VERSION)]
    envoy: String,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let pause = Duration::from_millis(arguments.pause_ms);
    let shape = Shape { words: arguments.words, first: pause, pause };
    let upstream = shape.serve().await?;
    let builder = Stack::builder(upstream.port()).version(&arguments.envoy).concurrency(arguments.workers);
    let stack = builder.policy(envoy::shipped_policy()?).sampled().start().await?;
    let settings = EnvoySettings {
        version: arguments.envoy.clone(),
        concurrency: arguments.workers,
        chain: Chain::Plain,
        upstream: Upstream::Local(upstream.port(), UpstreamProtocol::Http1),
        sidecar_port: stack.sidecar.data_port(),
    };
    let plain = Envoy::start(&settings, EnvoyPorts::free()?, &stack.scratch).await?;
    let without = crowd(&plain, shape, arguments.streams).await?;
    print("plain Envoy", &without, arguments.streams);
    let with = crowd(&stack.envoy, shape, arguments.streams).await?;
    print("in flight", &with, arguments.streams);
    let mut wrong = without.wrong;
    wrong.extend(with.wrong);
    for count in ["vm_reload", "weir_engine_errors_total"] {
        let count_of = stack.envoy.stat_sum(count).await?;
        if count_of > 0 {
            wrong.push(format!("{count_of} of {count}"));
        }
    }
    if with.bytes_each > STREAM_BYTES_BAR {
        wrong.push(format!("{} bytes a stream, more than {STREAM_BYTES_BAR}", with.bytes_each));
    }
    for line in &wrong {
        println!("WRONG: {line}");
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::new("the streams found something")) }
}

fn print(name: &str, crowd: &Crowd, streams: usize) {
    println!(
        "{name:<12} {} of {streams} streams whole, {} bytes of memory each",
        crowd.whole, crowd.bytes_each
    );
}
