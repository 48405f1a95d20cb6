//! Writes the JavaScript of the playground: wasm-bindgen's own generator, used as a library, so that its version is
//! the one of Cargo.lock and nothing has to be installed. It reads one file and writes one folder.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use wasm_bindgen_cli_support::Bindgen;

/// Generates `weir_playground.js` for Node, with its wasm and its TypeScript declarations.
#[derive(Debug, Parser)]
struct Arguments {
    /// The playground, built for wasm32-unknown-unknown.
    #[arg(long)]
    wasm: PathBuf,
    /// Folder to write to; it is made when it is not there.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> ExitCode {
    let Arguments { wasm, out } = Arguments::parse();
    let generated = Bindgen::new()
        .input_path(&wasm)
        .out_name("weir_playground")
        .nodejs(true)
        .and_then(|bindgen| bindgen.typescript(true).generate(&out));
    match generated {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "a build step reports to the terminal")]
            {
                eprintln!("bindings for `{}`: {error:#}", wasm.display());
            }
            ExitCode::FAILURE
        }
    }
}
