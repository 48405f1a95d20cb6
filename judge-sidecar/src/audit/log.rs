//! The one writer of the audit log: a thread that owns the file. An append is acknowledged when it is written and
//! fsynced; batches that wait during an fsync are committed together by the next one. The log itself is the only
//! memory of what each source has delivered, so "exactly once" cannot disagree with what is stored.

use std::collections::HashMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::Digest;
use tokio::sync::{mpsc, oneshot, watch};

use super::chain::{Chain, Draft, Entry};
use super::record::{Record, SELF};
use crate::ident;
use crate::limits::{MAX_AUDIT_LINE_BYTES, MAX_AUDIT_QUEUE, MAX_GROUP_BATCHES, MAX_SOURCES};

/// File name in the store's directory.
pub const FILE_NAME: &str = "audit.jsonl";

/// Records of one source, numbered without gaps from `first_seq`.
#[derive(Debug)]
pub struct Batch {
    /// Who sends.
    pub source: String,
    /// Number of the first record; `None` when they have no numbers and are told once.
    pub first_seq: Option<u64>,
    /// Records the source dropped since it started.
    pub lost_total: u64,
    /// The records, oldest first.
    pub records: Vec<Record>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// First number of the source that is not stored.
    pub next_seq: u64,
    /// How many records at the batch's front were stored before.
    pub repeated: usize,
    /// Loss the source reported for the first time.
    pub newly_lost: u64,
}

/// Why a batch was not stored. It may be sent again.
#[derive(Clone, Debug)]
pub enum AuditError {
    /// The disk refused; the log is as it was.
    Write(String),
    /// An fsync failed or the end could not be restored: what is on disk is unknown until a restart checks it.
    Poisoned,
    /// The writer is gone: the sidecar is ending.
    Closed,
}

/// Handle to the writer.
#[derive(Clone, Debug)]
pub struct AuditLog {
    jobs: mpsc::Sender<Job>,
    head: watch::Receiver<Head>,
    /// Where the sidecar's own records stood when the log was opened.
    own_next_seq: u64,
}

/// What the writer shows of itself.
#[derive(Debug)]
struct Head {
    chain: Chain,
    poisoned: bool,
}

#[derive(Debug)]
struct Job {
    batch: Batch,
    answer: oneshot::Sender<Result<Stored, AuditError>>,
}

impl AuditLog {
    /// Opens the log in `directory`, checks it, repairs a torn end, and starts its writer.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(directory: &Path) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let mut writer = Writer::open(directory)?;
        let own_next_seq = writer.sources.get(SELF).and_then(|p| p.next_seq).unwrap_or(1);
        let (jobs, mut waiting) = mpsc::channel(MAX_AUDIT_QUEUE);
        let (publish, head) = watch::channel(writer.head());
        let thread = std::thread::Builder::new().name("audit".into()).spawn(move || {
            while let Some(first) = waiting.blocking_recv() {
                let mut group = vec![first];
                while group.len() < MAX_GROUP_BATCHES {
                    let Ok(job) = waiting.try_recv() else { break };
                    group.push(job);
                }
                writer.commit(group, &publish);
            }
        })?;
        Ok((Self { jobs, head, own_next_seq }, thread))
    }

    /// Stores a batch, except what was stored before.
    ///
    /// # Errors
    /// See [`AuditError`]; nothing of the batch counts as stored then.
    pub async fn append(&self, batch: Batch) -> Result<Stored, AuditError> {
        let (answer, stored) = oneshot::channel();
        self.jobs.send(Job { batch, answer }).await.map_err(|_| AuditError::Closed)?;
        stored.await.map_err(|_| AuditError::Closed)?
    }

    /// Stores a record of the sidecar itself that has no number.
    ///
    /// # Errors
    /// See [`AuditError`].
    pub async fn note(&self, record: Record) -> Result<(), AuditError> {
        let batch = Batch { source: SELF.into(), first_seq: None, lost_total: 0, records: vec![record] };
        self.append(batch).await.map(|_| ())
    }

    /// First number of the sidecar's own records that was free when the log was opened.
    pub fn own_next_seq(&self) -> u64 {
        self.own_next_seq
    }

    /// Count and hash of the last stored line.
    pub fn head(&self) -> Chain {
        self.head.borrow().chain.clone()
    }

    /// Whether nothing more is stored until a restart.
    pub fn is_poisoned(&self) -> bool {
        self.head.borrow().poisoned
    }
}

/// How far a source has come.
#[derive(Clone, Copy, Debug, Default)]
struct Position {
    /// `None` when only its losses are known.
    next_seq: Option<u64>,
    lost_total: u64,
    /// Chain position of its last record, to forget the silent first.
    heard_at: u64,
}

#[derive(Debug)]
struct Writer {
    file: File,
    length: u64,
    chain: Chain,
    sources: HashMap<String, Position>,
    poisoned: bool,
}

impl Writer {
    fn open(directory: &Path) -> std::io::Result<Self> {
        let path = directory.join(FILE_NAME);
        let read = Existing::read(&path)?;
        let (chain, sources, repair) = match read.end {
            End::Clean => (read.chain, read.sources, None),
            End::Torn { removed_bytes } => {
                tracing::warn!(removed_bytes, "the audit log ended in a torn line, which was removed");
                (read.chain, read.sources, Some(Record::Repaired { removed_bytes }))
            }
            End::Broken { line } => {
                let (file, file_sha256) = set_aside(&path)?;
                tracing::error!(line, file, "the audit log is broken; it was set aside and a new one begun");
                let record = Record::Continued { file, broken_line: line, file_sha256 };
                (Chain::default(), read.sources, Some(record))
            }
        };
        let mut file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(&path)?;
        let length = if chain.count == 0 { 0 } else { read.length };
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        file.sync_all()?;
        File::open(directory)?.sync_all()?;
        let mut writer = Self { file, length, chain, sources, poisoned: false };
        if let Some(record) = repair {
            writer.write_note(&record)?;
        }
        Ok(writer)
    }

    fn head(&self) -> Head {
        Head { chain: self.chain.clone(), poisoned: self.poisoned }
    }

    fn write_note(&mut self, record: &Record) -> std::io::Result<()> {
        let draft = Draft { received_ms: ident::now().0, source: SELF, source_seq: None, record };
        let (line, chain) = self.chain.seal(draft)?;
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        self.length += line.len() as u64;
        self.chain = chain;
        Ok(())
    }

    /// Stores a group with one fsync, shows the new head, and only then answers every job of it: who was answered
    /// finds the head of what it stored.
    fn commit(&mut self, group: Vec<Job>, publish: &watch::Sender<Head>) {
        let mut draft = Staged::after(self);
        let mut answers = Vec::with_capacity(group.len());
        for job in group {
            let stored = draft.stage(&self.sources, &job.batch);
            answers.push((job.answer, stored));
        }
        let written = self.write(draft);
        publish.send_replace(self.head());
        for (answer, stored) in answers {
            // A receiver that is gone has given up waiting; what is stored stays stored.
            let _ = answer.send(written.clone().and(stored));
        }
    }

    fn write(&mut self, staged: Staged) -> Result<(), AuditError> {
        if self.poisoned {
            return Err(AuditError::Poisoned);
        }
        if let Err(error) = self.file.write_all(staged.bytes.as_bytes()) {
            self.poisoned = self.file.set_len(self.length).is_err();
            return Err(AuditError::Write(error.to_string()));
        }
        if let Err(error) = self.file.sync_data() {
            // After a failed fsync the kernel may have dropped the pages: only a restart can tell what is stored.
            self.poisoned = true;
            tracing::error!(%error, "the audit log cannot be made durable; nothing more is stored until a restart");
            return Err(AuditError::Poisoned);
        }
        self.length += staged.bytes.len() as u64;
        self.chain = staged.chain;
        self.sources.extend(staged.sources);
        forget_silent(&mut self.sources);
        Ok(())
    }
}

/// Lines that are not written yet, and the state they lead to.
struct Staged {
    chain: Chain,
    bytes: String,
    sources: HashMap<String, Position>,
    received_ms: u64,
}

impl Staged {
    fn after(writer: &Writer) -> Self {
        let received_ms = ident::now().0;
        Self { chain: writer.chain.clone(), bytes: String::new(), sources: HashMap::new(), received_ms }
    }

    fn stage(&mut self, known: &HashMap<String, Position>, batch: &Batch) -> Result<Stored, AuditError> {
        let source = batch.source.as_str();
        let Some(first_seq) = batch.first_seq else {
            batch.records.iter().try_for_each(|record| self.seal(source, None, record))?;
            return Ok(Stored { next_seq: 0, repeated: 0, newly_lost: 0 });
        };
        let before = self.sources.get(source).or_else(|| known.get(source)).copied().unwrap_or_default();
        let mut next_seq = before.next_seq.unwrap_or(first_seq);
        if first_seq > next_seq {
            self.seal(source, None, &Record::Gap { from: next_seq, to: first_seq })?;
            next_seq = first_seq;
        }
        let newly_lost = batch.lost_total.saturating_sub(before.lost_total);
        if newly_lost > 0 {
            self.seal(source, None, &Record::Lost { lost: newly_lost, lost_total: batch.lost_total })?;
        }
        let repeated = usize::try_from(next_seq - first_seq).unwrap_or(usize::MAX);
        let repeated = repeated.min(batch.records.len());
        for record in batch.records.iter().skip(repeated) {
            self.seal(source, Some(next_seq), record)?;
            next_seq = next_seq.saturating_add(1);
        }
        let lost_total = batch.lost_total.max(before.lost_total);
        let position = Position { next_seq: Some(next_seq), lost_total, heard_at: self.chain.count };
        self.sources.insert(source.to_owned(), position);
        Ok(Stored { next_seq, repeated, newly_lost })
    }

    fn seal(&mut self, source: &str, source_seq: Option<u64>, record: &Record) -> Result<(), AuditError> {
        let draft = Draft { received_ms: self.received_ms, source, source_seq, record };
        let (line, chain) = self.chain.seal(draft).map_err(|e| AuditError::Write(e.to_string()))?;
        self.bytes += &line;
        self.chain = chain;
        Ok(())
    }
}

/// What a log on disk says.
struct Existing {
    chain: Chain,
    sources: HashMap<String, Position>,
    /// Bytes of all lines that follow.
    length: u64,
    end: End,
}

enum End {
    Clean,
    Torn { removed_bytes: u64 },
    Broken { line: u64 },
}

impl Existing {
    fn read(path: &Path) -> std::io::Result<Self> {
        let mut existing =
            Self { chain: Chain::default(), sources: HashMap::new(), length: 0, end: End::Clean };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(existing),
            Err(error) => return Err(error),
        };
        let total = file.metadata()?.len();
        let mut log = BufReader::new(file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let limit = MAX_AUDIT_LINE_BYTES as u64 + 1;
            if log.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
                return Ok(existing);
            }
            if !existing.follow(&line) {
                existing.end = existing.judge_end(&line, total);
                return Ok(existing);
            }
        }
    }

    fn follow(&mut self, line: &[u8]) -> bool {
        let text = line.strip_suffix(b"\n").and_then(|l| std::str::from_utf8(l).ok());
        let Some(Ok((entry, chain))) = text.map(|t| self.chain.follow(t)) else { return false };
        self.chain = chain;
        self.length += line.len() as u64;
        self.note(&entry);
        forget_silent(&mut self.sources);
        true
    }

    fn note(&mut self, entry: &Entry) {
        let position = self.sources.entry(entry.source.clone()).or_default();
        position.heard_at = entry.seq;
        match (&entry.record, entry.source_seq) {
            (_, Some(seq)) => position.next_seq = Some(seq.saturating_add(1)),
            (Record::Lost { lost_total, .. }, _) => position.lost_total = *lost_total,
            (Record::Gap { to, .. }, _) => position.next_seq = Some(*to),
            _ => {}
        }
    }

    /// A crash leaves an incomplete last line, or one the file system filled with zeros. Anything else was done by
    /// somebody and is evidence.
    fn judge_end(&self, line: &[u8], total: u64) -> End {
        let removed_bytes = total.saturating_sub(self.length);
        let last = removed_bytes == line.len() as u64;
        let torn = last && (!line.ends_with(b"\n") || line.iter().all(|b| *b == 0));
        if torn { End::Torn { removed_bytes } } else { End::Broken { line: self.chain.count + 1 } }
    }
}

fn set_aside(path: &Path) -> std::io::Result<(String, String)> {
    let mut hash = sha2::Sha256::new();
    let mut file = BufReader::new(File::open(path)?);
    loop {
        let chunk = file.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        hash.update(chunk);
        let read = chunk.len();
        file.consume(read);
    }
    let name = format!("{FILE_NAME}.broken-{}", ident::now().0);
    let to: PathBuf = path.with_file_name(&name);
    std::fs::rename(path, to)?;
    Ok((name, ident::hex(&hash.finalize())))
}

fn forget_silent(sources: &mut HashMap<String, Position>) {
    if sources.len() <= MAX_SOURCES {
        return;
    }
    let mut heard: Vec<u64> = sources.values().map(|p| p.heard_at).collect();
    heard.sort_unstable();
    let median = heard.get(heard.len() / 2).copied().unwrap_or_default();
    sources.retain(|name, position| position.heard_at >= median || name == SELF);
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(why) => write!(f, "the audit log cannot be written: {why}"),
            Self::Poisoned => f.write_str("the audit log could not be made durable; restart to check it"),
            Self::Closed => f.write_str("the audit log is closed"),
        }
    }
}
