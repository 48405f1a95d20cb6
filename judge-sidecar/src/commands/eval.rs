//! `weir eval DATA_DIR`: what the rules find and what they disturb, on labelled data, by the code that decides in the
//! filter. Every figure is of one source, role or type: a pooled one would say how the data was mixed. It prints
//! counts, shares and ids, never a text of the data.

mod board;
mod data;
mod pii;
mod print;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::check;
use super::scan::now;
use crate::exit::Failure;
use board::{Board, Examiner};
use data::Manifest;

/// What to evaluate, and where the results go.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Directory of labelled rows (*.jsonl), with their hashes in MANIFEST.json
    data: PathBuf,
    /// Policy, YAML or JSON; its default settings decide
    #[arg(long)]
    policy: Option<PathBuf>,
    /// Where to write the scoreboard as JSON
    #[arg(long)]
    json: Option<PathBuf>,
    /// Where to write the rows that came out wrong, by id, as JSON lines
    #[arg(long)]
    misses: Option<PathBuf>,
    /// The training pipeline's report, whose leave-one-source-out figures are shown
    #[arg(long)]
    loo: Option<PathBuf>,
}

/// Evaluates and prints.
///
/// # Errors
/// When the policy is wrong, when a file cannot be read or written, and, after everything was printed, when a file is
/// not the one of the manifest.
pub fn eval(arguments: &Arguments, out: &mut impl Write) -> Result<(), Failure> {
    let engine = check::engine(arguments.policy.as_deref())?;
    let manifest = Manifest::read(&arguments.data)?;
    let mut misses = arguments.misses.as_deref().map(create).transpose()?;
    let mut board = Board::new(&engine);
    board.leave_one_out = arguments.loo.as_deref().map(report).transpose()?;
    let mut examiner = Examiner::new(&engine, now(), &mut board);
    for file in data::files(&arguments.data)? {
        let read = data::read(&file, &manifest, |row| {
            let miss = examiner.examine(row);
            match (miss, &mut misses) {
                (Some(miss), Some(misses)) => line(misses, &miss),
                _ => Ok(()),
            }
        })?;
        examiner.finished(read);
    }
    print::print(&board, out).map_err(Failure::other)?;
    if let Some(path) = &arguments.json {
        line(&mut create(path)?, &board)?;
    }
    let differing: Vec<&str> =
        board.files.iter().filter(|f| f.differs()).map(|file| file.name.as_str()).collect();
    if differing.is_empty() {
        return Ok(());
    }
    Err(Failure::data(format!("not the files of the manifest, or not all rows: {}", differing.join(", "))))
}

fn create(path: &Path) -> Result<BufWriter<File>, Failure> {
    let file = File::create(path);
    let file = file.map_err(|e| Failure::usage(format!("{}: cannot be written: {e}", path.display())))?;
    Ok(BufWriter::new(file))
}

fn line(out: &mut impl Write, value: &impl serde::Serialize) -> Result<(), Failure> {
    serde_json::to_writer(&mut *out, value).map_err(Failure::other)?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(Failure::other)
}

fn report(path: &Path) -> Result<Value, Failure> {
    let wrong = |e: &dyn std::fmt::Display| Failure::usage(format!("{}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(&e))?;
    serde_json::from_str(&text).map_err(|e| wrong(&e))
}
