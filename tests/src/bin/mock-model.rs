//! The mock model as a program: `mock-model --port 8080`. Prints the port it serves and runs until it is ended.

use clap::Parser;
use weir_tests::envoy::UpstreamProtocol;
use weir_tests::failure::{During, Result};
use weir_tests::mock_model;

/// A mock model that speaks OpenAI Chat Completions and Anthropic Messages.
#[derive(Debug, Parser)]
struct Arguments {
    /// Port on 127.0.0.1; 0 for any.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Speak HTTP/2 with prior knowledge instead of HTTP/1.1.
    #[arg(long)]
    http2: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let protocol = if arguments.http2 { UpstreamProtocol::Http2 } else { UpstreamProtocol::Http1 };
    let server = mock_model::start(arguments.port, protocol).await?;
    println!("http://127.0.0.1:{}", server.port());
    tokio::signal::ctrl_c().await.during("waiting for Ctrl-C")
}
