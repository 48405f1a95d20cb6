//! weir: the sidecar (`weir serve`) and every command around it. This file knows the command line and the exit codes
//! and nothing else; each command lives in its own module. The only crate of the workspace with tokio, HTTP and disk.
#![forbid(unsafe_code)]

mod admin_api;
mod audit;
mod commands;
mod config;
mod control;
mod data_api;
mod exit;
mod ident;
mod judge;
mod limits;
mod metrics;
mod reply;
mod review;
mod serve;
mod store;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use commands::admin_client::{Access, Operation};
use config::{Config, Overrides};
use exit::Failure;

/// AI runtime security for Envoy and Istio: the sidecar and its commands
#[derive(Debug, Parser)]
#[command(name = "weir", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the sidecar: judge, reviews, control state and audit log
    Serve(ServeArguments),
    /// Check policy documents
    Check {
        /// Policies, YAML or JSON
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of the policy document
    Schema,
    /// Decide texts: JSON lines of `id`, `role` and `text` on standard input, decisions on standard output
    Scan {
        /// Policy, YAML or JSON; its default settings decide
        #[arg(long)]
        policy: Option<PathBuf>,
    },
    /// Print the scoreboard on labelled data
    Eval(commands::eval::Arguments),
    /// The audit log
    #[command(subcommand)]
    Audit(AuditCommand),
    #[command(flatten)]
    Operate(Operation),
}

#[derive(clap::Args, Debug)]
struct ServeArguments {
    /// Configuration, YAML
    #[arg(long, env = "WEIR_CONFIG")]
    config: Option<PathBuf>,
    /// Address of the data port, instead of `data.listen`
    #[arg(long, env = "WEIR_DATA_LISTEN")]
    data_listen: Option<String>,
    /// Address of the admin port, instead of `admin.listen`
    #[arg(long, env = "WEIR_ADMIN_LISTEN")]
    admin_listen: Option<String>,
    /// Where to store everything, instead of `store.directory`
    #[arg(long, env = "WEIR_STORE")]
    store: Option<PathBuf>,
    /// Form of the log
    #[arg(long, env = "WEIR_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no record was changed, removed, inserted or moved
    Verify {
        /// The log, `audit.jsonl`
        file: PathBuf,
        /// A head noted earlier (`weir status`): also fail when the records up to it are gone
        #[arg(long)]
        head: Option<String>,
    },
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // With standard error gone there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "{}", failure.message);
            ExitCode::from(failure.code())
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let out = &mut std::io::stdout();
    match arguments.command {
        Command::Serve(serve) => run_serve(serve),
        Command::Check { files } => commands::check::check(&files, out),
        Command::Schema => commands::check::schema(out),
        Command::Scan { policy } => {
            commands::scan::scan(policy.as_deref(), std::io::stdin(), out, &mut std::io::stderr())
        }
        Command::Eval(arguments) => commands::eval::eval(&arguments, out),
        Command::Audit(AuditCommand::Verify { file, head }) => {
            commands::audit::verify_file(&file, head.as_deref(), out)
        }
        Command::Operate(operation) => {
            install_tls()?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(Failure::other)?;
            runtime.block_on(commands::admin_client::run(&arguments.access, operation, out))
        }
    }
}

fn run_serve(arguments: ServeArguments) -> Result<(), Failure> {
    start_log(arguments.log_format);
    install_tls()?;
    let overrides = Overrides {
        data: arguments.data_listen,
        admin: arguments.admin_listen,
        store: arguments.store,
        token_file: None,
    };
    let config = Config::load(arguments.config.as_deref(), overrides)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::other)?;
    runtime.block_on(serve::run(config))
}

fn install_tls() -> Result<(), Failure> {
    let installed = rustls::crypto::ring::default_provider().install_default();
    installed.map_err(|_| Failure::other("TLS was set up twice"))
}

/// Logs go to standard error; `WEIR_LOG` filters them as `RUST_LOG` would.
fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_env("WEIR_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

fn usage(error: &clap::Error) -> ExitCode {
    // clap prints help and version as "errors" to standard output.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(64) } else { ExitCode::SUCCESS }
}
