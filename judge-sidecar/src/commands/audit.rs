//! `weir audit verify`: whether an audit log is whole.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;

use crate::audit::verify::{Outcome, verify};
use crate::exit::Failure;

/// Checks the log and prints its count and head.
///
/// # Errors
/// The first broken line, or a head that is none of its lines.
pub fn verify_file(file: &Path, head: Option<&str>, out: &mut impl Write) -> Result<(), Failure> {
    let name = file.display();
    let unreadable = |e: std::io::Error| Failure::usage(format!("{name}: cannot be read: {e}"));
    let log = BufReader::new(File::open(file).map_err(unreadable)?);
    match verify(log, head).map_err(unreadable)? {
        Outcome::Whole(chain) => writeln!(out, "{name}: whole, {} records, head {}", chain.count, chain.head)
            .map_err(Failure::other),
        Outcome::Broken(line, why) => Err(Failure::other(format!("{name}:{line}: {why}"))),
        Outcome::HeadMissing(chain) => Err(Failure::other(format!(
            "{name}:{}: the log ends, and no record has the given head: records were cut off",
            chain.count + 1
        ))),
    }
}
