//! `make bench`: CPU per request and added latency of the filter, with the default policy and its sidecar, against
//! plain Envoy. Prints one table; `--json` writes the same as data.

use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::{Value, json};
use weir_tests::bench::{Effort, Row, Variant, measure};
use weir_tests::envoy::{
    self, Chain, Envoy, EnvoyPorts, EnvoySettings, HeaderHold, Upstream, UpstreamProtocol,
};
use weir_tests::failure::{During, Failure, Result};
use weir_tests::server::{Reply, Server};
use weir_tests::stack::Stack;
use weir_tests::traffic;

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
    /// Another filter to measure beside, as `NAME=FILE.wasm`; gets the same policy.
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

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let effort = Effort { rounds: arguments.rounds, requests: arguments.requests };
    let answer = traffic::chat_answer();
    let json_answer = move |_: &_| Reply::whole(200, "application/json", answer.clone());
    let upstream = Server::start(0, UpstreamProtocol::Http1, json_answer).await?;
    let mut builder = Stack::builder(upstream.port()).concurrency(arguments.workers).sampled();
    if let Some(file) = &arguments.policy {
        builder = builder.policy(policy(file)?);
    }
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
    if let Some((name, module)) = arguments.baseline {
        let policy = envoy::shipped_policy()?;
        let chain = Chain::Weir { hold: HeaderHold::default(), policy, module: Some(module) };
        let envoy = Envoy::start(&settings(chain), EnvoyPorts::free()?, &scratch).await?;
        variants.push(Variant { name, envoy });
    }
    let rows = measure(&variants, effort).await?;
    print(&rows);
    let wasm_bytes = std::fs::metadata(envoy::wasm()?).during("the size of the filter")?.len();
    println!("\nweir.wasm: {wasm_bytes} bytes");
    let mut resident = serde_json::Map::new();
    for variant in &variants {
        let kib = variant.envoy.resident_kib()?;
        println!("resident memory, {}: {kib} KiB", variant.name);
        resident.insert(variant.name.clone(), json!(kib));
    }
    if let Some(path) = arguments.json {
        let report = json!({ "rows": rows, "wasm_bytes": wasm_bytes, "resident_kib": resident });
        std::fs::write(&path, format!("{report:#}\n")).during(format!("writing `{}`", path.display()))?;
    }
    judge(&rows, arguments.enforce)
}

fn print(rows: &[Row]) {
    println!(
        "CPU of the Envoy process per request at concurrency 16; latency added to plain Envoy. Medians.\n"
    );
    println!(
        "{:>7} {:<10} {:>8} {:>6} {:>13} {:>6} {:>15} {:>15} {:>8}",
        "bytes", "envoy", "CPU us", "ratio", "min-max", "bar", "alone p50/p99", "at 16 p50/p99", "failures"
    );
    for row in rows {
        let spread = format!("{:.2}-{:.2}", row.cpu_ratio.min, row.cpu_ratio.max);
        let bar = row.bar.map_or_else(String::new, |bar| format!("{bar:.1}"));
        let added = |a: &weir_tests::bench::Added| format!("{:+.0}/{:+.0} us", a.p50_micros, a.p99_micros);
        println!(
            "{:>7} {:<10} {:>8.1} {:>6.2} {:>13} {:>6} {:>15} {:>15} {:>8}",
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

fn judge(rows: &[Row], enforce: bool) -> Result<()> {
    if rows.iter().any(|row| row.failures > 0) {
        return Err(Failure::new("some requests failed: the figures mean nothing"));
    }
    let over =
        rows.iter().filter(|row| !row.within()).map(|row| format!("{} at {} bytes", row.variant, row.bytes));
    let over: Vec<String> = over.collect();
    match (over.is_empty(), enforce) {
        (true, _) => Ok(()),
        (false, true) => Err(Failure::new(format!("over the bar: {}", over.join(", ")))),
        (false, false) => {
            println!("over the bar: {}", over.join(", "));
            Ok(())
        }
    }
}
