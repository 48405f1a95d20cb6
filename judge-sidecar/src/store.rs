//! The embedded store: one thread owns one SQLite connection and runs jobs in order, so a transaction is never held
//! across an await. A job's records go into an outbox in the same transaction and from there, exactly once, into the
//! audit log: a crash between the two loses neither.

use std::fmt;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::audit::record::{Change, SELF};
use crate::audit::{AuditLog, Batch, Record};
use crate::limits::{MAX_OUTBOX_ROWS, MAX_STORE_QUEUE};

/// File name in the store's directory.
pub const FILE_NAME: &str = "weir.sqlite";

/// Schema changes, oldest first; the database's `user_version` says how many are applied.
const MIGRATIONS: &[&str] = &["
    CREATE TABLE reviews (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        action_sha256 TEXT NOT NULL,
        tenant TEXT NOT NULL,
        status TEXT NOT NULL,
        request TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        due_ms INTEGER NOT NULL,
        decided_ms INTEGER,
        actor TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT '',
        usable_until_ms INTEGER,
        consumed_ms INTEGER
    ) STRICT;
    CREATE INDEX reviews_by_action ON reviews (action_sha256, position);
    CREATE INDEX reviews_by_status ON reviews (status, position);
    CREATE UNIQUE INDEX one_open_review ON reviews (action_sha256) WHERE status IN ('pending', 'approved');
    CREATE TABLE control (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), state TEXT NOT NULL) STRICT;
    CREATE TABLE outbox (number INTEGER PRIMARY KEY, change TEXT NOT NULL) STRICT;
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    INSERT INTO counters VALUES ('outbox', 0);
"];

/// What can go wrong with the store.
#[derive(Debug)]
pub enum StoreError {
    /// SQLite refused.
    Sqlite(rusqlite::Error),
    /// What is stored cannot be read back.
    Corrupt(String),
    /// The database is newer than this binary.
    TooNew,
    /// The database thread is gone: the sidecar is ending.
    Closed,
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Handle to the store.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    audit: AuditLog,
    draining: Arc<Mutex<()>>,
}

impl Store {
    /// Opens the database in `directory` and starts its thread.
    ///
    /// # Errors
    /// When it cannot be opened or migrated.
    pub fn open(
        directory: &Path,
        audit: AuditLog,
    ) -> Result<(Self, std::thread::JoinHandle<()>), StoreError> {
        let mut connection = open(&directory.join(FILE_NAME))?;
        let (jobs, mut waiting) = mpsc::channel::<Job>(MAX_STORE_QUEUE);
        let thread = std::thread::Builder::new().name("store".into()).spawn(move || {
            while let Some(job) = waiting.blocking_recv() {
                job(&mut connection);
            }
        });
        let thread = thread.map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok((Self { jobs, audit, draining: Arc::default() }, thread))
    }

    /// Reads.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.run(move |connection| query(connection)).await
    }

    /// Changes something: durable when this returns, together with the changes it pushes, which are then moved to
    /// the audit log. A full disk under the audit log delays that move and is logged; it loses nothing.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing is changed then.
    pub async fn change<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>, &mut Vec<Change>) -> Result<T, StoreError> + Send + 'static,
    {
        let (value, changed) = self
            .run(move |connection| {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let mut changes = Vec::new();
                let value = work(&transaction, &mut changes)?;
                post(&transaction, &changes)?;
                transaction.commit()?;
                Ok((value, !changes.is_empty()))
            })
            .await?;
        if changed && let Err(why) = self.drain_outbox().await {
            tracing::error!(%why, "changes are stored but not in the audit log yet");
        }
        Ok(value)
    }

    /// Moves what waits in the outbox to the audit log.
    ///
    /// # Errors
    /// When the log or the store refuses; what waits stays.
    pub async fn drain_outbox(&self) -> Result<(), String> {
        let _one_at_a_time = self.draining.lock().await;
        loop {
            let rows = self.run(|connection| waiting(connection)).await.map_err(|e| e.to_string())?;
            let Some((first_seq, _)) = rows.first().map(|(n, c)| (*n, c)) else { return Ok(()) };
            let last = rows.last().map_or(first_seq, |(n, _)| *n);
            let records = rows.into_iter().map(|(_, change)| Record::Change(change)).collect();
            let batch = Batch { source: SELF.into(), first_seq: Some(first_seq), lost_total: 0, records };
            self.audit.append(batch).await.map_err(|e| e.to_string())?;
            let delete = move |connection: &mut Connection| {
                connection.execute("DELETE FROM outbox WHERE number <= ?1", params![signed(last)])?;
                Ok(())
            };
            self.run(delete).await.map_err(|e: StoreError| e.to_string())?;
        }
    }

    /// After the audit log was opened: makes sure the outbox never reuses a number the log has seen, even when the
    /// database was lost and the log was not.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn continue_after(&self, next_seq: u64) -> Result<(), StoreError> {
        self.run(move |connection| {
            let sql = "UPDATE counters SET value = max(value, ?1) WHERE name = 'outbox'";
            connection.execute(sql, params![signed(next_seq.saturating_sub(1))])?;
            Ok(())
        })
        .await
    }

    async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // A receiver that is gone has given up waiting; the work is done either way.
            let _ = answer.send(work(connection));
        });
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        result.await.map_err(|_| StoreError::Closed)?
    }
}

/// SQLite stores signed integers; times and counts here stay far below the limit.
pub fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The reverse of [`signed`].
pub fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    // SQLite gives its journals the mode of the database, so it is enough to make this file private.
    let private = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    private.map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: a commit survives power loss, not only a crash.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.busy_timeout(std::time::Duration::from_secs(1))?;
    migrate(&mut connection)?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let applied: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if applied as usize > MIGRATIONS.len() {
        return Err(StoreError::TooNew);
    }
    for (version, sql) in (1_u32..).zip(MIGRATIONS).skip(applied as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

fn post(transaction: &Transaction<'_>, changes: &[Change]) -> Result<(), StoreError> {
    for change in changes {
        let sql = "UPDATE counters SET value = value + 1 WHERE name = 'outbox' RETURNING value";
        let number: i64 = transaction.query_row(sql, [], |row| row.get(0))?;
        let text = serde_json::to_string(change).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        transaction.execute("INSERT INTO outbox VALUES (?1, ?2)", params![number, text])?;
    }
    Ok(())
}

fn waiting(connection: &Connection) -> Result<Vec<(u64, Change)>, StoreError> {
    let mut query =
        connection.prepare_cached("SELECT number, change FROM outbox ORDER BY number LIMIT ?1")?;
    let rows =
        query.query_map([MAX_OUTBOX_ROWS], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (number, text) = row?;
        let change = serde_json::from_str(&text).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        Ok((unsigned(number), change))
    })
    .collect()
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(error) => write!(f, "the store refused: {error}"),
            Self::Corrupt(what) => write!(f, "the store holds something unreadable: {what}"),
            Self::TooNew => f.write_str("the store was written by a newer version of weir"),
            Self::Closed => f.write_str("the store is closed"),
        }
    }
}
