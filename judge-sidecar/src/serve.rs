//! `weir serve`: opens the store, starts the services, listens, and ends in order: no new requests, those in flight
//! finished within a bound, everything written down.

use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::audit::AuditLog;
use crate::config::{Config, Token};
use crate::control::Control;
use crate::exit::Failure;
use crate::judge::openai_compatible::OpenAiCompatible;
use crate::judge::{Backend, Judge};
use crate::limits::{DRAIN_LIMIT, TICK};
use crate::metrics::Metrics;
use crate::review::Reviews;
use crate::store::Store;
use crate::{admin_api, data_api, ident};

/// What both ports serve from.
#[derive(Debug)]
pub struct Services {
    /// The judge.
    pub judge: Judge,
    /// The review queue.
    pub reviews: Reviews,
    /// Control state.
    pub control: Control,
    /// The audit log.
    pub audit: AuditLog,
    /// Metrics.
    pub metrics: Metrics,
    /// Token of the admin port.
    pub token: Token,
    /// Turns true when the sidecar ends: long polls answer at once.
    pub ending: watch::Receiver<bool>,
}

/// Runs the sidecar until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start, or did not end in order.
pub async fn run(config: Config) -> Result<(), Failure> {
    let _alone = lock(&config.directory)?;
    let (end, ending) = watch::channel(false);
    let (services, writers) = start(&config, ending.clone()).await?;
    let listeners = Listeners::bind(&config).await?;
    listeners.announce();
    let mut servers = listeners.serve(&services, &ending);
    let ticker = tokio::spawn(tick(services.clone()));
    stopped(&mut servers).await?;
    tracing::info!("ending: finishing what is in flight");
    end.send_replace(true);
    let drained =
        tokio::time::timeout(DRAIN_LIMIT, async { while servers.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        tracing::warn!("requests still in flight were cut off");
        servers.shutdown().await;
    }
    ticker.abort();
    // Cancellation is what was asked for.
    let _ = ticker.await;
    if let Err(why) = services.reviews.store().drain_outbox().await {
        tracing::warn!(%why, "changes stay in the outbox until the next start");
    }
    if let Some(path) = &config.unix {
        // Already gone is as good.
        let _ = std::fs::remove_file(path);
    }
    drop(services);
    finish(writers).await
}

type Writers = [JoinHandle<()>; 2];

async fn start(config: &Config, ending: watch::Receiver<bool>) -> Result<(Arc<Services>, Writers), Failure> {
    let backend = match &config.model {
        None => Backend::Builtin,
        Some(settings) => {
            let model = OpenAiCompatible::new(settings.clone());
            let model = model.map_err(|why| Failure::usage(format!("judge.openai_compatible: {why}")))?;
            Backend::OpenAiCompatible(Box::new(model))
        }
    };
    let (audit, audit_writer) = AuditLog::open(&config.directory)
        .map_err(|e| Failure::unavailable(format!("the audit log cannot be opened: {e}")))?;
    let (store, store_writer) =
        Store::open(&config.directory, audit.clone()).map_err(Failure::unavailable)?;
    store.continue_after(audit.own_next_seq()).await.map_err(Failure::unavailable)?;
    store.drain_outbox().await.map_err(Failure::unavailable)?;
    let control = Control::resume(store.clone(), config.thresholds, ident::now()).await;
    let services = Services {
        judge: Judge::new(backend, config.judge_bounds),
        reviews: Reviews::new(store, config.reviews),
        control: control.map_err(Failure::unavailable)?,
        audit,
        metrics: Metrics::new(),
        token: config.token.clone(),
        ending,
    };
    Ok((Arc::new(services), [store_writer, audit_writer]))
}

/// One sidecar per directory: two would break the chain.
fn lock(directory: &Path) -> Result<File, Failure> {
    let path = directory.join("weir.lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|e| Failure::usage(format!("`store.directory`: `{}`: {e}", path.display())))?;
    file.try_lock()
        .map_err(|_| Failure::unavailable(format!("`{}` is in use by another sidecar", path.display())))?;
    Ok(file)
}

struct Listeners {
    data: TcpListener,
    unix: Option<UnixListener>,
    admin: TcpListener,
}

impl Listeners {
    async fn bind(config: &Config) -> Result<Self, Failure> {
        let unix = match &config.unix {
            Some(path) => Some(bind_unix(path).await?),
            None => None,
        };
        Ok(Self {
            data: bind_tcp("data", config.data).await?,
            unix,
            admin: bind_tcp("admin", config.admin).await?,
        })
    }

    fn announce(&self) {
        let text = |listener: &TcpListener| listener.local_addr().map(|a| a.to_string()).unwrap_or_default();
        tracing::info!(
            data = text(&self.data),
            admin = text(&self.admin),
            unix = self.unix.is_some(),
            "listening"
        );
    }

    fn serve(self, services: &Arc<Services>, ending: &watch::Receiver<bool>) -> JoinSet<std::io::Result<()>> {
        let mut servers = JoinSet::new();
        let data = data_api::router(services.clone());
        if let Some(unix) = self.unix {
            servers.spawn(serve(unix, data.clone(), ending.clone()));
        }
        servers.spawn(serve(self.data, data, ending.clone()));
        servers.spawn(serve(self.admin, admin_api::router(services.clone()), ending.clone()));
        servers
    }
}

async fn serve<L>(listener: L, router: Router, mut ending: watch::Receiver<bool>) -> std::io::Result<()>
where
    L: axum::serve::Listener,
    L::Addr: std::fmt::Debug,
{
    let end = async move {
        // An error means that the sender is gone, which is an end too.
        let _ = ending.wait_for(|ending| *ending).await;
    };
    axum::serve(listener, router).with_graceful_shutdown(end).await
}

async fn bind_tcp(port: &str, address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|e| Failure::unavailable(format!("{port} port {address}: {e}")))
}

/// Binds under another name and moves the socket into place with its mode set: there is no moment in which it can be
/// reached with a laxer one, and one that a crash left behind is replaced. A living one is not.
async fn bind_unix(path: &Path) -> Result<UnixListener, Failure> {
    let wrong = |e: std::io::Error| Failure::unavailable(format!("data.unix `{}`: {e}", path.display()));
    if UnixStream::connect(path).await.is_ok() {
        return Err(Failure::unavailable(format!("data.unix `{}` is in use", path.display())));
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let new = PathBuf::from(name);
    let _ = std::fs::remove_file(&new);
    let listener = UnixListener::bind(&new).map_err(wrong)?;
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o660)).map_err(wrong)?;
    std::fs::rename(&new, path).map_err(wrong)?;
    Ok(listener)
}

async fn tick(services: Arc<Services>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = ident::now();
        services.control.tick(now).await;
        if let Err(error) = services.reviews.expire(now).await {
            tracing::warn!(?error, "reviews could not be expired");
        }
    }
}

/// Waits for a signal, or for a server that fails.
async fn stopped(servers: &mut JoinSet<std::io::Result<()>>) -> Result<(), Failure> {
    let handler = |kind| signal(kind).map_err(|e| Failure::other(format!("no signal handler: {e}")));
    let (mut term, mut int) = (handler(SignalKind::terminate())?, handler(SignalKind::interrupt())?);
    tokio::select! {
        _ = term.recv() => Ok(()),
        _ = int.recv() => Ok(()),
        ended = servers.join_next() => Err(Failure::other(format!("a server ended by itself: {ended:?}"))),
    }
}

/// The writers end when the last handle to them is gone; then everything is on disk.
async fn finish(writers: Writers) -> Result<(), Failure> {
    let joined = tokio::task::spawn_blocking(move || writers.into_iter().all(|writer| writer.join().is_ok()));
    match tokio::time::timeout(DRAIN_LIMIT, joined).await {
        Ok(Ok(true)) => Ok(()),
        _ => Err(Failure::other("a writer did not end in order")),
    }
}
