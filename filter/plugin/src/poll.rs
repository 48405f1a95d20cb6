//! The control poll. Every worker ticks, one polls: the lease is a shared value with an owner and an expiry, taken
//! and renewed by compare-and-swap, so a worker whose VM died loses it by silence. The poll is long: the sidecar
//! answers at once when something changed, which is how a manual trip reaches traffic in well under a second.

use std::rc::Rc;

use weir_engine::event::UnixMillis;
use weir_engine::policy::document::SidecarDocument;
use weir_engine::wire::control::{BreakerState, ControlSnapshot, Pace};

use crate::answer::Received;
use crate::backoff::Backoff;
use crate::control::Control;
use crate::limits::{LEASE_MS, MAX_SNAPSHOT_BYTES, POLL_TIMEOUT_MS, POLL_WAIT_MS};
use crate::metrics::{Called, Cause, Metric, Metrics};
use crate::proxy::{Cas, HttpCall, LogLevel, Method, Proxy, Status, Token};

/// The poller of one root context. It polls only while it holds the lease.
#[derive(Debug)]
pub struct Poller {
    lease: Lease,
    in_flight: Option<Token>,
    backoff: Backoff,
}

/// What a poller works with.
#[derive(Clone, Copy, Debug)]
pub struct Means<'a> {
    /// The proxy.
    pub proxy: &'a dyn Proxy,
    /// Where the sidecar is.
    pub sidecar: &'a SidecarDocument,
    /// Where snapshots go.
    pub control: &'a Control,
    /// Where failures are counted.
    pub metrics: &'a Metrics,
}

impl Poller {
    /// A poller with the lease kept under a key that starts with `prefix`; `owner` is unique to this VM.
    pub fn new(proxy: Rc<dyn Proxy>, prefix: &str, owner: u64) -> Self {
        let key = format!("{prefix}/lease");
        Self { lease: Lease { proxy, key, owner }, in_flight: None, backoff: Backoff::default() }
    }

    /// Renews the lease, and polls when this worker holds it and no poll is open.
    pub fn on_tick(&mut self, means: Means<'_>) {
        let now = means.proxy.now();
        if !self.lease.hold(now) || self.in_flight.is_some() || !self.backoff.is_over(now) {
            return;
        }
        let after = means.control.read(now).snapshot.map_or(0, |snapshot| snapshot.version);
        let path = format!("/v1/control?after={after}&wait_ms={POLL_WAIT_MS}");
        let call = HttpCall {
            cluster: &means.sidecar.cluster,
            authority: &means.sidecar.authority,
            method: Method::Get,
            path: &path,
            body: &[],
            timeout_ms: POLL_TIMEOUT_MS,
        };
        match means.proxy.call(&call) {
            Ok(token) => self.in_flight = Some(token),
            Err(_) => self.failed(means, Cause::NotSent),
        }
    }

    /// Whether `token` is of the open poll, which is closed by this.
    pub fn claim(&mut self, token: Token) -> bool {
        self.in_flight.take_if(|open| *open == token).is_some()
    }

    /// Takes the answer to the poll that was claimed.
    pub fn on_answer(&mut self, means: Means<'_>, num_headers: usize, body_bytes: usize) {
        let now = means.proxy.now();
        // Another worker polls by now, and may have published something newer than this answer.
        if !self.lease.is_held(now) {
            return;
        }
        let published = Received::take(means.proxy, num_headers, body_bytes, MAX_SNAPSHOT_BYTES)
            .and_then(|received| publish(means, &received, now));
        match published {
            Ok(snapshot) => self.succeeded(means, &snapshot),
            Err(cause) => self.failed(means, cause),
        }
    }

    fn succeeded(&mut self, means: Means<'_>, snapshot: &ControlSnapshot) {
        if self.backoff.is_failing() {
            means.proxy.log(LogLevel::Info, "weir: control state is confirmed again");
        }
        self.backoff.succeeded();
        let restricted = snapshot
            .scopes
            .iter()
            .filter(|s| s.breaker != BreakerState::Closed || s.pace != Pace::Primary)
            .count();
        means.metrics.show(Metric::ControlVersion, snapshot.version);
        means.metrics.show(Metric::RestrictedScopes, u64::try_from(restricted).unwrap_or(u64::MAX));
        means.metrics.show(Metric::KillSwitch, u64::from(snapshot.kill.is_some()));
    }

    fn failed(&mut self, means: Means<'_>, cause: Cause) {
        if !self.backoff.is_failing() {
            let line = format!("weir: control state cannot be confirmed: {}", cause.name());
            means.proxy.log(LogLevel::Warn, &line);
        }
        self.backoff.failed(means.proxy.now());
        means.metrics.count(Metric::CallFailure(Called::Control, cause));
    }
}

fn publish(means: Means<'_>, received: &Received, now: UnixMillis) -> Result<ControlSnapshot, Cause> {
    if received.status != 200 {
        return Err(Cause::Status);
    }
    let snapshot = ControlSnapshot::read(&received.body).ok_or(Cause::Malformed)?;
    means.control.publish(&received.body, now).map_err(|_| Cause::Malformed)?;
    Ok(snapshot)
}

/// The right to poll, held by at most one worker (two, for one tick, at the very first start).
#[derive(Debug)]
struct Lease {
    proxy: Rc<dyn Proxy>,
    key: String,
    owner: u64,
}

impl Lease {
    /// Takes or renews the lease; whether this worker holds it now.
    fn hold(&self, now: UnixMillis) -> bool {
        let Ok(shared) = self.proxy.shared(&self.key) else { return false };
        let Some(shared) = shared else {
            // The first write cannot be guarded. It gives the lease to nobody, and the next tick competes.
            let _ = self.proxy.set_shared(&self.key, &Held::default().encode(), Cas::Overwrite);
            return false;
        };
        let held = Held::decode(&shared.value).unwrap_or_default();
        if held.owner != self.owner && !held.has_expired(now) {
            return false;
        }
        let renewed = Held { owner: self.owner, expires: UnixMillis(now.0.saturating_add(LEASE_MS)) };
        self.proxy.set_shared(&self.key, &renewed.encode(), Cas::Unchanged(shared.cas)).is_ok()
    }

    /// Whether this worker holds the lease.
    fn is_held(&self, now: UnixMillis) -> bool {
        let held: Result<_, Status> = self.proxy.shared(&self.key);
        let held = held.ok().flatten().and_then(|shared| Held::decode(&shared.value)).unwrap_or_default();
        held.owner == self.owner && !held.has_expired(now)
    }
}

/// Who holds the lease and until when, as 16 bytes. The default has expired.
#[derive(Default)]
struct Held {
    owner: u64,
    expires: UnixMillis,
}

impl Held {
    /// A lease that lies further ahead than any owner sets it is a foreign value.
    fn has_expired(&self, now: UnixMillis) -> bool {
        now >= self.expires || self.expires.0 > now.0.saturating_add(LEASE_MS.saturating_mul(2))
    }

    fn encode(&self) -> Vec<u8> {
        [self.owner.to_le_bytes(), self.expires.0.to_le_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (owner, rest) = bytes.split_first_chunk::<8>()?;
        let expires = u64::from_le_bytes(rest.try_into().ok()?);
        Some(Self { owner: u64::from_le_bytes(*owner), expires: UnixMillis(expires) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::Recorder;

    const SNAPSHOT: &[u8] = br#"{"version":3,"kill":null,"scopes":[]}"#;

    struct Worker {
        proxy: Rc<Recorder>,
        sidecar: SidecarDocument,
        control: Control,
        metrics: Metrics,
        poller: Poller,
    }

    fn worker(proxy: &Rc<Recorder>, owner: u64) -> Worker {
        Worker {
            sidecar: SidecarDocument::default(),
            control: Control::new(proxy.clone(), "p"),
            metrics: Metrics::new(proxy.clone()),
            poller: Poller::new(proxy.clone(), "p", owner),
            proxy: proxy.clone(),
        }
    }

    impl Worker {
        fn means(&self) -> (Rc<Recorder>, SidecarDocument) {
            (self.proxy.clone(), self.sidecar.clone())
        }

        /// Ticks; the path that was polled, if one was.
        fn tick(&mut self) -> Option<String> {
            let (proxy, sidecar) = self.means();
            let before = proxy.calls.borrow().len();
            self.poller.on_tick(Means {
                proxy: &*proxy,
                sidecar: &sidecar,
                control: &self.control,
                metrics: &self.metrics,
            });
            proxy.calls.borrow().get(before).map(|call| call.1.clone())
        }

        fn answer(&mut self, status: &str, body: &[u8]) {
            let (proxy, sidecar) = self.means();
            use crate::proxy::{Buffer, Map};
            proxy.put_headers(Map::Answer, &[(":status", status)]);
            proxy.put_buffer(Buffer::Answer, body);
            let token = Token(u32::try_from(proxy.calls.borrow().len()).unwrap());
            assert!(self.poller.claim(token));
            let means =
                Means { proxy: &*proxy, sidecar: &sidecar, control: &self.control, metrics: &self.metrics };
            self.poller.on_answer(means, 1, body.len());
        }

        fn version(&self) -> Option<u64> {
            self.control.read(self.proxy.now()).snapshot.map(|s| s.version)
        }
    }

    #[test]
    fn of_many_workers_one_polls_and_all_read() {
        let proxy = Rc::new(Recorder::default());
        let mut workers: Vec<Worker> = (1..=8).map(|owner| worker(&proxy, owner)).collect();
        let polls: Vec<String> =
            (0..5).flat_map(|_| workers.iter_mut().filter_map(Worker::tick).collect::<Vec<_>>()).collect();
        assert_eq!(polls, ["/v1/control?after=0&wait_ms=2000"]);
        let poller = workers.iter_mut().find(|w| w.poller.in_flight.is_some()).unwrap();
        poller.answer("200", SNAPSHOT);
        assert!(workers.iter().all(|w| w.version() == Some(3)));
    }

    #[test]
    fn a_worker_that_falls_silent_is_replaced_and_its_late_answer_is_dropped() {
        let proxy = Rc::new(Recorder::default());
        let (mut old, mut new) = (worker(&proxy, 1), worker(&proxy, 2));
        old.tick();
        assert!(old.tick().is_some() && new.tick().is_none());
        let late = Token(1);
        proxy.now_ms.set(LEASE_MS);
        assert!(new.tick().is_some());
        new.answer("200", SNAPSHOT);
        assert!(old.poller.claim(late));
        proxy.put_buffer(crate::proxy::Buffer::Answer, br#"{"version":1,"kill":null,"scopes":[]}"#);
        let (p, s) = old.means();
        old.poller.on_answer(
            Means { proxy: &*p, sidecar: &s, control: &old.control, metrics: &old.metrics },
            1,
            37,
        );
        assert_eq!(new.version(), Some(3));
    }

    #[test]
    fn a_poll_that_fails_changes_nothing_and_is_tried_again_after_a_pause() {
        for (status, body) in [("503", &b"{}"[..]), ("200", b"junk"), ("200", b"{}"), ("304", SNAPSHOT)] {
            let proxy = Rc::new(Recorder::default());
            let mut worker = worker(&proxy, 1);
            worker.tick();
            assert!(worker.tick().is_some());
            worker.answer(status, body);
            assert_eq!(worker.version(), None, "{status}");
            assert_eq!(worker.tick(), None, "{status}: pause");
            proxy.now_ms.set(crate::limits::MIN_BACKOFF_MS);
            assert!(worker.tick().is_some(), "{status}");
        }
    }

    #[test]
    fn a_foreign_lease_does_not_stop_polling_for_ever() {
        let proxy = Rc::new(Recorder::default());
        let eternal = Held { owner: 9, expires: UnixMillis(u64::MAX) }.encode();
        for foreign in [b"junk".to_vec(), eternal] {
            proxy.set_shared("p/lease", &foreign, Cas::Overwrite).unwrap();
            assert!(worker(&proxy, 1).tick().is_some());
        }
    }
}
