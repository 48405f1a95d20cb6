//! `weir check` and `weir schema`: the policy document before it is deployed, by the code that will run it.

use std::io::Write;
use std::path::{Path, PathBuf};

use weir_engine::policy::document::PolicyDocument;
use weir_engine::policy::{Policy, PolicyError};
use weir_engine::session::Engine;

use crate::exit::Failure;

/// Checks policies; prints the version of each.
///
/// # Errors
/// Everything that is wrong, one line each, as `FILE:LINE:COLUMN: path: what is wrong; what is allowed`.
pub fn check(files: &[PathBuf], out: &mut impl Write) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for file in files {
        match check_one(file) {
            Ok(version) => writeln!(out, "{}: {version}", file.display()).map_err(Failure::other)?,
            Err(why) => wrong.push(why),
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::usage(wrong.join("\n"))) }
}

/// Prints the JSON Schema of the policy document.
///
/// # Errors
/// When it cannot be printed.
pub fn schema(out: &mut impl Write) -> Result<(), Failure> {
    let schema = schemars::schema_for!(PolicyDocument);
    let text = serde_json::to_string_pretty(&schema).map_err(Failure::other)?;
    writeln!(out, "{text}").map_err(Failure::other)
}

/// The engine under a policy; without one, under the policy that says nothing.
///
/// # Errors
/// What is wrong with the policy, as [`check`] says it.
pub fn engine(policy: Option<&Path>) -> Result<Engine, Failure> {
    let Some(file) = policy else { return Engine::compile("").map_err(Failure::other) };
    let text = read(file).map_err(Failure::usage)?;
    Engine::compile(&text).map_err(|error| Failure::usage(written(file, &error)))
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|e| format!("{}: cannot be read: {e}", file.display()))
}

fn check_one(file: &Path) -> Result<String, String> {
    let text = read(file)?;
    let policy = Policy::parse(&text).map_err(|error| written(file, &error))?;
    Ok(policy.version)
}

fn written(file: &Path, error: &PolicyError) -> String {
    let path = if error.path.is_empty() { String::new() } else { format!("{}: ", error.path) };
    let help = if error.help.is_empty() { String::new() } else { format!("; {}", error.help) };
    format!("{}:{}:{}: {path}{}{help}", file.display(), error.line, error.column, error.message)
}
