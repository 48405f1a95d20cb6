//! The control snapshot as the workers share it. The poller writes, every request reads: a clock of 24 bytes, at most
//! every [`REREAD_MS`], and the snapshot itself only when the clock names another one. The snapshot is written before the
//! clock, so a fresh confirmation never stands beside an older snapshot. A value that cannot be read (another
//! version of this filter shares the keys, or the snapshot is half way there) leaves what this worker already has,
//! with the time of its own confirmation: it ages, and never becomes laxer.

use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use weir_engine::event::UnixMillis;
use weir_engine::policy::document::SidecarDocument;
use weir_engine::wire::control::ControlSnapshot;

use crate::limits::{MAX_CLOCK_SKEW_MS, REREAD_MS};
use crate::proxy::{Cas, Proxy, Status};

/// The shared control state, as one root context sees it.
#[derive(Debug)]
pub struct Control {
    proxy: Rc<dyn Proxy>,
    clock_key: String,
    snapshot_key: String,
    last_good: RefCell<Current>,
}

/// A snapshot and when it was last confirmed.
#[derive(Clone, Debug, Default)]
pub struct Current {
    /// `None` before the first one.
    pub snapshot: Option<Rc<ControlSnapshot>>,
    /// When the sidecar last confirmed it.
    pub confirmed: UnixMillis,
    digest: u64,
    /// When the clock was last looked at.
    read: UnixMillis,
}

/// Prefix of every shared key of this format, for one sidecar: two configurations that name different sidecars share
/// a VM while one replaces the other, and must not share its state.
pub fn key_prefix(sidecar: &SidecarDocument) -> String {
    format!("weir/1/{:016x}", digest(&[sidecar.cluster.as_bytes(), sidecar.authority.as_bytes()]))
}

impl Control {
    /// Control state kept under keys that start with `prefix`.
    pub fn new(proxy: Rc<dyn Proxy>, prefix: &str) -> Self {
        Self {
            proxy,
            clock_key: format!("{prefix}/clock"),
            snapshot_key: format!("{prefix}/snapshot"),
            last_good: RefCell::default(),
        }
    }

    /// The newest state this worker can read.
    pub fn read(&self, now: UnixMillis) -> Current {
        let mut last = self.last_good.borrow_mut();
        let is_recent = now.0.checked_sub(last.read.0).is_some_and(|age| age < REREAD_MS);
        if last.snapshot.is_some() && is_recent {
            return last.clone();
        }
        last.read = now;
        if let Some(clock) = self.clock(now) {
            if clock.digest == last.digest && last.snapshot.is_some() {
                last.confirmed = clock.confirmed;
            } else if let Some(snapshot) = self.snapshot(clock.digest) {
                *last = Current {
                    snapshot: Some(Rc::new(snapshot)),
                    confirmed: clock.confirmed,
                    digest: clock.digest,
                    read: now,
                };
            }
        }
        last.clone()
    }

    /// Publishes a snapshot, `json` as the sidecar sent it, confirmed now.
    pub fn publish(&self, json: &[u8], now: UnixMillis) -> Result<(), Status> {
        let digest = digest(&[json]);
        self.last_good.borrow_mut().read = UnixMillis::default();
        if self.clock(now).is_none_or(|clock| clock.digest != digest) {
            self.proxy.set_shared(&self.snapshot_key, json, Cas::Overwrite)?;
        }
        self.proxy.set_shared(&self.clock_key, &Clock { digest, confirmed: now }.encode(), Cas::Overwrite)
    }

    fn clock(&self, now: UnixMillis) -> Option<Clock> {
        let shared = self.proxy.shared(&self.clock_key).ok()??;
        // A confirmation from the future would keep a snapshot fresh for ever.
        Clock::decode(&shared.value).filter(|c| c.confirmed.0 <= now.0.saturating_add(MAX_CLOCK_SKEW_MS))
    }

    fn snapshot(&self, wanted: u64) -> Option<ControlSnapshot> {
        let shared = self.proxy.shared(&self.snapshot_key).ok()??;
        if digest(&[&shared.value]) != wanted {
            return None;
        }
        ControlSnapshot::read(&shared.value)
    }
}

/// What every request reads.
struct Clock {
    digest: u64,
    confirmed: UnixMillis,
}

impl Clock {
    fn encode(&self) -> Vec<u8> {
        [MAGIC, self.digest.to_le_bytes(), self.confirmed.0.to_le_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<8>()?;
        let (digest, rest) = rest.split_first_chunk::<8>()?;
        let confirmed = u64::from_le_bytes(rest.try_into().ok()?);
        (*magic == MAGIC)
            .then_some(Self { digest: u64::from_le_bytes(*digest), confirmed: UnixMillis(confirmed) })
    }
}

/// The same in every VM of a proxy; it names content and defends nothing.
fn digest(parts: &[&[u8]]) -> u64 {
    #[expect(deprecated, reason = "std's only hasher with fixed keys; workers must agree on the digest")]
    let mut hasher = std::hash::SipHasher::new();
    parts.hash(&mut hasher);
    hasher.finish()
}

const MAGIC: [u8; 8] = *b"weirclk1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::Recorder;

    const NOW: UnixMillis = UnixMillis(1_000_000);

    fn json(version: u64) -> Vec<u8> {
        serde_json::to_vec(&ControlSnapshot { version, ..Default::default() }).unwrap()
    }

    fn seen(control: &Control, now: u64) -> (Option<u64>, u64) {
        let current = control.read(UnixMillis(now));
        (current.snapshot.map(|s| s.version), current.confirmed.0)
    }

    #[test]
    fn what_one_worker_publishes_every_worker_reads() {
        let proxy = Rc::new(Recorder::default());
        let (a, b) = (Control::new(proxy.clone(), "p"), Control::new(proxy.clone(), "p"));
        assert_eq!(seen(&b, NOW.0), (None, 0));
        a.publish(&json(1), NOW).unwrap();
        assert_eq!(seen(&b, NOW.0), (Some(1), NOW.0));
        a.publish(&json(1), UnixMillis(NOW.0 + 5)).unwrap();
        assert_eq!(seen(&b, NOW.0 + REREAD_MS), (Some(1), NOW.0 + 5));
        let later = NOW.0 + 2 * REREAD_MS;
        a.publish(&json(2), UnixMillis(later)).unwrap();
        assert_eq!(seen(&a, later), (Some(2), later), "who publishes knows at once");
        assert_eq!(seen(&b, later - 1), (Some(1), NOW.0 + 5));
        assert_eq!(seen(&b, later), (Some(2), later));
    }

    #[test]
    fn an_unreadable_value_keeps_the_last_good_one_and_its_age() {
        let proxy = Rc::new(Recorder::default());
        let control = Control::new(proxy.clone(), "p");
        control.publish(&json(7), NOW).unwrap();
        assert_eq!(seen(&control, NOW.0), (Some(7), NOW.0));
        let later = UnixMillis(NOW.0 + 50);
        let future = Clock { digest: 1, confirmed: UnixMillis(u64::MAX) }.encode();
        let unknown = Clock { digest: 1, confirmed: later }.encode();
        for (key, value) in [
            ("p/clock", b"junk".to_vec()),
            ("p/clock", future),
            ("p/clock", unknown),
            ("p/snapshot", vec![0xff]),
        ] {
            proxy.set_shared(key, &value, Cas::Overwrite).unwrap();
            assert_eq!(seen(&control, later.0), (Some(7), NOW.0), "{key}");
        }
    }
}
