//! Child processes with an end: each runs in its own process group, logs to a file and is killed by its id when the
//! value is dropped. Waiting is always for a condition with a limit, never for a time.

use std::fs::File;
use std::future::Future;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{During, Failure, Result};

/// Time between two looks at a condition.
const POLL: Duration = Duration::from_millis(10);
/// How much of a log is shown when its process dies, in bytes.
const SHOWN_LOG_BYTES: usize = 4_000;

/// A running child.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

/// A signal that tests send.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// SIGTERM: asks it to end.
    Terminate,
    /// SIGKILL: ends it.
    Kill,
    /// SIGSTOP: freezes it.
    Stop,
    /// SIGCONT: thaws it.
    Continue,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        }
    }
}

impl Process {
    /// Starts `command`; its error output goes to `NAME.log` in `directory`, its output to `NAME.out`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(name: &str, mut command: Command, directory: &Path) -> Result<Self> {
        let log = directory.join(format!("{name}.log"));
        let create = |path: &Path| File::create(path).during(format!("creating `{}`", path.display()));
        let child = command
            .stdin(Stdio::null())
            .stdout(create(&directory.join(format!("{name}.out")))?)
            .stderr(create(&log)?)
            .process_group(0)
            .spawn()
            .during(format!("starting {name} (`{}`)", command.get_program().display()))?;
        Ok(Self { name: name.into(), child, log })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// When it is gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let command = format!("kill -{} {}", signal.name(), self.id());
        let sent = Command::new("/bin/sh").args(["-c", &command]).status().during("sending a signal")?;
        if sent.success() { Ok(()) } else { Err(Failure::new(format!("{} is gone", self.name))) }
    }

    /// Waits until `ready` gives a value.
    ///
    /// # Errors
    /// When the process ends before, or `limit` passes; shows the end of the log.
    pub async fn until<T, F: Future<Output = Option<T>>>(
        &mut self,
        limit: Duration,
        what: &str,
        mut ready: impl FnMut() -> F,
    ) -> Result<T> {
        let start = Instant::now();
        loop {
            if let Some(value) = ready().await {
                return Ok(value);
            }
            if let Some(status) = self.ended()? {
                return Err(self.complaint(&format!("ended with {status} before {what}")));
            }
            if start.elapsed() > limit {
                return Err(self.complaint(&format!("no {what} within {limit:?}")));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// How it ended; `None` while it runs.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().during(format!("asking for {}", self.name))
    }

    /// Waits for its end by itself.
    ///
    /// # Errors
    /// When it still runs after `limit`.
    pub async fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            match self.ended()? {
                Some(status) => return Ok(status),
                None if start.elapsed() > limit => {
                    return Err(self.complaint(&format!("still runs after {limit:?}")));
                }
                None => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The file that its standard output goes to.
    pub fn output_file(&self) -> PathBuf {
        self.log.with_extension("out")
    }

    /// What it has written to its standard output so far.
    pub fn output(&self) -> String {
        std::fs::read(self.output_file())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    fn complaint(&self, what: &str) -> Failure {
        let log = self.log();
        let start = log.len().saturating_sub(SHOWN_LOG_BYTES);
        let tail = log.get(log.ceil_char_boundary(start)..).unwrap_or_default();
        Failure::new(format!("{}: {what}; the end of `{}`:\n{tail}", self.name, self.log.display()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `ready` gives a value, of something that is no process of ours.
///
/// # Errors
/// When `limit` passes.
pub async fn until<T, F: Future<Output = Option<T>>>(
    limit: Duration,
    what: &str,
    mut ready: impl FnMut() -> F,
) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = ready().await {
            return Ok(value);
        }
        if start.elapsed() > limit {
            return Err(Failure::new(format!("no {what} within {limit:?}")));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// A directory for one test's files, removed with the value unless `WEIR_KEEP` is set.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new empty directory.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> Result<Self> {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("weir-{}-{number}", std::process::id()));
        // Audit logs and tokens are for the owner alone.
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .during(format!("making `{}`", path.display()))?;
        Ok(Self(path))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it and says where it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.0.join(name);
        std::fs::write(&path, content).during(format!("writing `{}`", path.display()))?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if std::env::var_os("WEIR_KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[tokio::test]
    async fn a_dropped_process_is_gone() {
        let scratch = Scratch::new().unwrap();
        let mut command = Command::new("sleep");
        command.arg("600");
        let process = Process::spawn("sleep", command, scratch.path()).unwrap();
        let proc_entry = PathBuf::from(format!("/proc/{}", process.id()));
        assert!(proc_entry.exists());
        drop(process);
        assert!(!proc_entry.exists());
    }

    #[tokio::test]
    async fn an_early_end_shows_the_log() {
        let scratch = Scratch::new().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo told you >&2; exit 3"]);
        let mut process = Process::spawn("quitter", command, scratch.path()).unwrap();
        let never = || async { None::<()> };
        let error = process.until(Duration::from_secs(10), "miracle", never).await.unwrap_err();
        assert!(error.to_string().contains("told you"), "{error}");
    }

    #[tokio::test]
    async fn a_killed_process_ends_by_signal() {
        let scratch = Scratch::new().unwrap();
        let mut command = Command::new("sleep");
        command.arg("600");
        let mut process = Process::spawn("sleep", command, scratch.path()).unwrap();
        process.signal(Signal::Kill).unwrap();
        let status = process.wait(Duration::from_secs(10)).await.unwrap();
        assert_eq!(status.signal(), Some(9));
    }
}
