//! The format of the audit log, as a pure state machine: each line's hash covers its exact bytes and the hash of the
//! line before. The hash is the line's first member and is taken over the line without that member, so any language
//! can check it with a string operation and SHA-256; nothing depends on how JSON is re-serialised.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::record::Record;
use crate::ident::{SHA256_HEX, is_sha256_hex, sha256_hex};

/// `prev_hash` of the first line.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const PREFIX: &str = r#"{"hash":""#;

/// A position in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Lines so far.
    pub count: u64,
    /// Hash of the last line, [`GENESIS`] when there is none.
    pub head: String,
}

/// A line's members, without its hash.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the log, from 1.
    pub seq: u64,
    /// Hash of the line before.
    pub prev_hash: String,
    /// When the sidecar received it, in Unix milliseconds.
    pub received_ms: u64,
    /// Who sent it.
    pub source: String,
    /// The source's own number for it; repeats are dropped by (source, number).
    pub source_seq: Option<u64>,
    /// What happened.
    #[serde(flatten)]
    pub record: Record,
}

/// Why a line does not continue the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It is not a line of this format.
    Malformed,
    /// Its bytes are not the ones that were hashed.
    Edited,
    /// It does not follow the line before it: something was removed, inserted or moved.
    OutOfPlace,
}

impl Default for Chain {
    fn default() -> Self {
        Self { count: 0, head: GENESIS.into() }
    }
}

impl Chain {
    /// Appends an entry: the line to write (with its newline) and the chain after it.
    ///
    /// # Errors
    /// When the record cannot be serialised.
    pub fn seal(&self, draft: Draft<'_>) -> Result<(String, Self), serde_json::Error> {
        let entry = EntryRef {
            seq: self.count + 1,
            prev_hash: &self.head,
            received_ms: draft.received_ms,
            source: draft.source,
            source_seq: draft.source_seq,
            record: draft.record,
        };
        let body = serde_json::to_string(&entry)?;
        let head = sha256_hex(body.as_bytes());
        let line = format!("{PREFIX}{head}\",{}\n", body.strip_prefix('{').unwrap_or(&body));
        Ok((line, Self { count: self.count + 1, head }))
    }

    /// Checks that `line` (without its newline) comes next: its entry and the chain after it.
    ///
    /// # Errors
    /// How it fails to.
    pub fn follow(&self, line: &str) -> Result<(Entry, Self), Broken> {
        let rest = line.strip_prefix(PREFIX).ok_or(Broken::Malformed)?;
        let (hash, rest) = rest.split_at_checked(SHA256_HEX).ok_or(Broken::Malformed)?;
        let rest = rest.strip_prefix("\",").filter(|_| is_sha256_hex(hash)).ok_or(Broken::Malformed)?;
        let body = format!("{{{rest}");
        if sha256_hex(body.as_bytes()) != hash {
            return Err(Broken::Edited);
        }
        let entry: Entry = serde_json::from_str(&body).map_err(|_| Broken::Malformed)?;
        if entry.seq != self.count + 1 || entry.prev_hash != self.head {
            return Err(Broken::OutOfPlace);
        }
        Ok((entry, Self { count: self.count + 1, head: hash.into() }))
    }
}

/// A record on its way into the chain.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// When it was received, in Unix milliseconds.
    pub received_ms: u64,
    /// Who sent it.
    pub source: &'a str,
    /// The source's own number.
    pub source_seq: Option<u64>,
    /// What happened.
    pub record: &'a Record,
}

/// [`Entry`] without copies; fields in the same order.
#[derive(Serialize)]
struct EntryRef<'a> {
    seq: u64,
    prev_hash: &'a str,
    received_ms: u64,
    source: &'a str,
    source_seq: Option<u64>,
    #[serde(flatten)]
    record: &'a Record,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a line of an audit log",
            Self::Edited => "the line was changed after it was written",
            Self::OutOfPlace => {
                "the line does not follow the one before it: lines were removed, inserted or moved"
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(n: u64) -> Vec<String> {
        let mut chain = Chain::default();
        let mut lines = Vec::new();
        for i in 0..n {
            let record = Record::Gap { from: i, to: i + 1 };
            let draft = Draft { received_ms: 7, source: "vm", source_seq: Some(i), record: &record };
            let (line, next) = chain.seal(draft).unwrap();
            lines.push(line.trim_end().to_owned());
            chain = next;
        }
        lines
    }

    fn check(lines: &[String]) -> Result<Chain, (usize, Broken)> {
        lines.iter().enumerate().try_fold(Chain::default(), |chain, (i, line)| {
            chain.follow(line).map(|(_, next)| next).map_err(|why| (i, why))
        })
    }

    #[test]
    fn what_is_sealed_follows() {
        let chain = check(&lines(3)).unwrap();
        assert_eq!(chain.count, 3);
    }

    #[test]
    fn every_tampering_is_seen_at_its_line() {
        type Tamper = fn(&mut Vec<String>);
        let cases: [(Tamper, usize, Broken); 6] = [
            (|l| l[1] = l[1].replace("\"received_ms\":7", "\"received_ms\":8"), 1, Broken::Edited),
            (|l| drop(l.remove(1)), 1, Broken::OutOfPlace),
            (|l| l.swap(1, 2), 1, Broken::OutOfPlace),
            (|l| l.insert(1, l[0].clone()), 1, Broken::OutOfPlace),
            (|l| l[2] = l[2].replacen("{\"hash\"", "{ \"hash\"", 1), 2, Broken::Malformed),
            (|l| drop(l.remove(0)), 0, Broken::OutOfPlace),
        ];
        for (i, (tamper, line, why)) in cases.into_iter().enumerate() {
            let mut lines = lines(4);
            tamper(&mut lines);
            assert_eq!(check(&lines), Err((line, why)), "case {i}");
        }
    }

    #[test]
    fn one_changed_byte_anywhere_breaks_the_line() {
        let line = lines(1).remove(0);
        for i in 0..line.len() {
            let mut bytes = line.clone().into_bytes();
            bytes[i] ^= 1;
            if let Ok(text) = String::from_utf8(bytes) {
                assert!(Chain::default().follow(&text).is_err(), "byte {i}");
            }
        }
    }
}
