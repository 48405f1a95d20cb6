//! The labelled data: files of JSON lines with their hashes in a manifest. Raw types only; what a row means for the
//! scoreboard is not known here.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::commands::scan::lines::Lines;
use crate::exit::Failure;
use crate::limits::{MAX_SCAN_LINE_BYTES, SCAN_READ_BYTES};

/// One labelled text.
#[derive(Debug, Deserialize)]
pub struct Row {
    /// Stable id.
    pub id: String,
    /// Data set it is from.
    pub source: String,
    /// What it is an example of.
    pub kind: String,
    /// 1: it is to be found; 0: it is to be left alone.
    pub label: u8,
    /// The text.
    pub text: String,
    /// What is to be found in it.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// About it.
    pub context: Context,
}

/// A labelled range of a text, in characters.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Span {
    /// First character.
    pub start: usize,
    /// The character after the last.
    pub end: usize,
    /// The data's name of what it is.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What is known about a text.
#[derive(Debug, Deserialize)]
pub struct Context {
    /// Who speaks, as `weir scan` names it.
    pub role: String,
    /// How plain it is.
    pub tier: Option<String>,
    /// How it was made.
    pub variant: Option<String>,
    /// What it is about.
    pub category: Option<String>,
    /// Types that its labels are complete for.
    #[serde(default)]
    pub tested: Vec<String>,
    /// Whether the label needs context that the text does not have.
    #[serde(default)]
    pub weak: bool,
}

impl Context {
    /// The finest division of its source that is not the source again.
    pub fn division(&self) -> &str {
        let finest = self.tier.as_ref().or(self.variant.as_ref()).or(self.category.as_ref());
        finest.map_or("", String::as_str)
    }
}

/// What the manifest says of each file.
#[derive(Debug, Default, Deserialize)]
pub struct Manifest {
    #[serde(default)]
    files: BTreeMap<String, Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    sha256: String,
    rows: Option<u64>,
}

impl Manifest {
    /// Reads `MANIFEST.json`; without one no file is listed.
    ///
    /// # Errors
    /// When it is there and is none.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("MANIFEST.json");
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
        serde_json::from_str(&text).map_err(|e| unreadable(&path, &e))
    }
}

/// A file that was read.
#[derive(Debug, Serialize)]
pub struct FileRead {
    /// Name.
    pub name: String,
    /// Rows that were evaluated.
    pub rows: u64,
    /// Lines that are no rows.
    pub bad: u64,
    /// SHA-256, hex.
    pub sha256: String,
    /// Whether the manifest says the same.
    pub manifest: Agreement,
}

/// Whether a file is the one of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Hash and rows are the manifest's.
    Same,
    /// They are not.
    Differs,
    /// The manifest does not name it.
    Unlisted,
}

impl FileRead {
    /// Whether figures about it are figures about something else.
    pub fn differs(&self) -> bool {
        self.manifest == Agreement::Differs || self.bad > 0
    }
}

/// The files of rows, by name.
///
/// # Errors
/// When the directory cannot be read or has none.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(|e| unreadable(folder, &e)));
    let mut files: Vec<PathBuf> = paths.collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    if files.is_empty() { Err(unreadable(folder, &"no *.jsonl in it")) } else { Ok(files) }
}

/// Gives every row of a file to `take`, and hashes the file on the way.
///
/// # Errors
/// When it cannot be read, and whatever `take` fails with.
pub fn read(
    path: &Path,
    manifest: &Manifest,
    mut take: impl FnMut(&Row) -> Result<(), Failure>,
) -> Result<FileRead, Failure> {
    let hash = Rc::new(RefCell::new(Sha256::new()));
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let hashed = Hashed { file, hash: Rc::clone(&hash) };
    let mut lines = Lines::new(BufReader::with_capacity(SCAN_READ_BYTES, hashed), MAX_SCAN_LINE_BYTES);
    let (mut rows, mut bad) = (0, 0);
    while let Some(batch) = lines.batch().map_err(|e| unreadable(path, &e))? {
        for line in batch.lines {
            match line.ok().and_then(|line| serde_json::from_slice::<Row>(&line).ok()) {
                Some(row) => {
                    rows += 1;
                    take(&row)?;
                }
                None => bad += 1,
            }
        }
    }
    let sha256 = hash.take().finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let agreement = match manifest.files.get(&name) {
        None => Agreement::Unlisted,
        Some(listed) if listed.sha256 == sha256 && listed.rows.is_none_or(|n| n == rows) => Agreement::Same,
        Some(_) => Agreement::Differs,
    };
    Ok(FileRead { name, rows, bad, sha256, manifest: agreement })
}

/// A file whose bytes are hashed as they are read.
struct Hashed {
    file: File,
    hash: Rc<RefCell<Sha256>>,
}

impl Read for Hashed {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(into)?;
        self.hash.borrow_mut().update(into.get(..count).unwrap_or_default());
        Ok(count)
    }
}

fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("{}: cannot be read: {why}", path.display()))
}
