//! `make bench`: CPU per request and added latency of the filter, with the default policy and its sidecar, against
//! plain Envoy. Prints one table; `--json` writes the same as data.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use serde_json::{Value, json};
use weir_tests::bench::{Effort, Row, Variant, measure};
use weir_tests::envoy::{
    self, Chain, Envoy, EnvoyPorts, EnvoySettings, HeaderHold, Upstream, UpstreamProtocol,
};
use weir_tests::failure::{During, Failure, Result};
use weir_tests::server::{Received, Reply, Server};
use weir_tests::stack::Stack;
use weir_tests::streams::{FIRST_BYTE_BAR, FirstRow, Shape, first_bytes};
use weir_tests::traffic;

/// A model that takes a little to begin, and then is fast.
const STREAM: Shape = Shape { words: 20, first: Duration::from_millis(20), pause: Duration::from_millis(10) };

/// Measures the filter against plain Envoy.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rounds; the median counts.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Requests of one loaded run.
    #[arg(long, default_value_t = 8_000)]
    requests: usize,
    /// Worker threads of each Envoy.
    #[arg(long, default_value_t = 1)]
    workers: u32,
    /// Another filter to measure beside, as `NAME=FILE.wasm`; gets the same policy as `weir known`.
    #[arg(long, value_parser = named_module)]
    baseline: Option<(String, PathBuf)>,
    /// Another policy than the shipped one (YAML or JSON).
    #[arg(long)]
    policy: Option<PathBuf>,
    /// Writes the rows as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Fails when a bar is not met.
    #[arg(long)]
    enforce: bool,
}

fn named_module(text: &str) -> std::result::Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=FILE.wasm"))?;
    Ok((name.into(), path.into()))
}

fn policy(file: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(file).during("reading the policy")?;
    serde_saphyr::from_str(&text).during("parsing the policy")
}

/// `policy`, whose texts are scanned however often they come.
fn without_cache(mut policy: Value) -> Value {
    policy["verdict_cache_bytes"] = json!(0);
    policy
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let effort = Effort { rounds: arguments.rounds, requests: arguments.requests };
    let answer = traffic::chat_answer();
    let answers = move |received: &Received| {
        STREAM.reply(received).unwrap_or_else(|| Reply::whole(200, "application/json", answer.clone()))
    };
    let upstream = Server::start(0, UpstreamProtocol::Http1, answers).await?;
    let mut builder = Stack::builder(upstream.port()).concurrency(arguments.workers).sampled();
    let known = arguments.policy.as_deref().map_or_else(envoy::shipped_policy, policy)?;
    // Every request of a run is the same, and its texts would be known: `weir` scans them, `weir known` need not.
    builder = builder.policy(without_cache(known.clone()));
    let Stack { envoy, sidecar, scratch } = builder.start().await?;
    let settings = |chain| EnvoySettings {
        version: envoy::DEFAULT_VERSION.into(),
        concurrency: arguments.workers,
        chain,
        upstream: Upstream::Local(upstream.port(), UpstreamProtocol::Http1),
        sidecar_port: sidecar.data_port(),
    };
    let plain = Envoy::start(&settings(Chain::Plain), EnvoyPorts::free()?, &scratch).await?;
    let mut variants =
        vec![Variant { name: "plain".into(), envoy: plain }, Variant { name: "weir".into(), envoy }];
    let baseline = arguments.baseline.map(|(name, module)| (name, known.clone(), Some(module)));
    for (name, policy, module) in [("weir known".to_owned(), known, None)].into_iter().chain(baseline) {
        let chain = Chain::Weir { hold: HeaderHold::default(), policy, module };
        let envoy = Envoy::start(&settings(chain), EnvoyPorts::free()?, &scratch).await?;
        variants.push(Variant { name, envoy });
    }
    let rows = measure(&variants, effort).await?;
    print(&rows);
    let first = first_bytes(&variants, STREAM, arguments.rounds).await?;
    print_first(&first);
    let wasm_bytes = std::fs::metadata(envoy::wasm()?).during("the size of the filter")?.len();
    println!("\nweir.wasm: {wasm_bytes} bytes");
    let mut resident = serde_json::Map::new();
    for variant in &variants {
        let kib = variant.envoy.resident_kib()?;
        println!("resident memory, {}: {kib} KiB", variant.name);
        resident.insert(variant.name.clone(), json!(kib));
    }
    if let Some(path) = arguments.json {
        let report =
            json!({ "rows": rows, "streams": first, "wasm_bytes": wasm_bytes, "resident_kib": resident });
        std::fs::write(&path, format!("{report:#}\n")).during(format!("writing `{}`", path.display()))?;
    }
    judge(&rows, &first, arguments.enforce)
}

fn print(rows: &[Row]) {
    println!(
        "CPU of the Envoy process per request at concurrency 16; latency added to plain Envoy. Medians.\n"
    );
    println!(
        "{:>7} {:<11} {:>8} {:>6} {:>13} {:>6} {:>15} {:>15} {:>8}",
        "bytes", "envoy", "CPU us", "ratio", "min-max", "bar", "alone p50/p99", "at 16 p50/p99", "failures"
    );
    for row in rows {
        let spread = format!("{:.2}-{:.2}", row.cpu_ratio.min, row.cpu_ratio.max);
        let bar = row.bar.map_or_else(String::new, |bar| format!("{bar:.1}"));
        let added = |a: &weir_tests::bench::Added| format!("{:+.0}/{:+.0} us", a.p50_micros, a.p99_micros);
        println!(
            "{:>7} {:<11} {:>8.1} {:>6.2} {:>13} {:>6} {:>15} {:>15} {:>8}",
            row.bytes,
            row.variant,
            row.cpu_micros.median,
            row.cpu_ratio.median,
            spread,
            bar,
            added(&row.alone),
            added(&row.loaded),
            row.failures
        );
    }
}

fn print_first(rows: &[FirstRow]) {
    println!(
        "\nA clean stream, guarded in flight: time to its first byte and its first word, against plain Envoy.\n"
    );
    println!(
        "{:<10} {:>14} {:>6} {:>13} {:>6} {:>14} {:>6} {:>8}",
        "envoy", "first byte ms", "ratio", "min-max", "bar", "first word ms", "ratio", "failures"
    );
    for row in rows {
        let spread = format!("{:.2}-{:.2}", row.first_byte_ratio.min, row.first_byte_ratio.max);
        println!(
            "{:<10} {:>14.2} {:>6.3} {spread:>13} {FIRST_BYTE_BAR:>6.1} {:>14.2} {:>6.3} {:>8}",
            row.variant,
            row.first_byte_millis.median,
            row.first_byte_ratio.median,
            row.first_word_millis.median,
            row.first_word_ratio.median,
            row.failures
        );
    }
}

fn judge(rows: &[Row], first: &[FirstRow], enforce: bool) -> Result<()> {
    if rows.iter().any(|row| row.failures > 0) || first.iter().any(|row| row.failures > 0) {
        return Err(Failure::new("some requests failed: the figures mean nothing"));
    }
    let over =
        rows.iter().filter(|row| !row.within()).map(|row| format!("{} at {} bytes", row.variant, row.bytes));
    let late = first.iter().filter(|row| row.first_byte_ratio.median > FIRST_BYTE_BAR);
    let late = late.map(|row| format!("{} with the first byte of a stream", row.variant));
    let over: Vec<String> = over.chain(late).collect();
    match (over.is_empty(), enforce) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::new(format!("over the bar: {}", over.join(", ")))),
        (false, false) => {
            println!("over the bar: {}", over.join(", "));
            Ok(())
        }
    }
}
