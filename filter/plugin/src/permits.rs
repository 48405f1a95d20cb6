//! Trial requests of a probing breaker, counted across all workers with compare-and-swap on shared data. When the
//! count cannot be kept no permit is given: a scope that is probing stays closed to that request.
//!
//! One small value per scope that has ever probed; scopes come from the sidecar's snapshot, never from a client.

use std::rc::Rc;

use weir_engine::event::Permits;

use crate::limits::MAX_PERMIT_RACES;
use crate::proxy::{Cas, Proxy, Shared, Status};

/// Permits shared by all workers of this proxy.
#[derive(Debug)]
pub struct SharedPermits {
    proxy: Rc<dyn Proxy>,
    prefix: String,
}

impl SharedPermits {
    /// Permits kept under keys that start with `prefix`.
    pub fn new(proxy: Rc<dyn Proxy>, prefix: &str) -> Self {
        Self { proxy, prefix: format!("{prefix}/permits/") }
    }

    fn try_take(&self, key: &str, epoch: u64, max: u32) -> Try {
        let Ok(Some(Shared { value, cas })) = self.proxy.shared(key) else { return Try::Denied };
        let taken = Taken::decode(&value).unwrap_or(Taken { epoch, count: 0 });
        let count = match taken.epoch.cmp(&epoch) {
            // Another worker has a newer snapshot than ours: our period of probing is over.
            std::cmp::Ordering::Greater => return Try::Denied,
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => taken.count,
        };
        if count >= max {
            return Try::Denied;
        }
        let next = Taken { epoch, count: count.saturating_add(1) };
        match self.proxy.set_shared(key, &next.encode(), Cas::Unchanged(cas)) {
            Ok(()) => Try::Taken,
            Err(Status::CAS_MISMATCH) => Try::LostRace,
            Err(_) => Try::Denied,
        }
    }
}

impl Permits for SharedPermits {
    fn take(&self, scope: &str, epoch: u64, max: u32) -> bool {
        let key = format!("{}{scope}", self.prefix);
        // The first write of a key cannot be guarded, so it only creates the key and the race is for the second.
        if matches!(self.proxy.shared(&key), Ok(None)) {
            let _ = self.proxy.set_shared(&key, &Taken { epoch, count: 0 }.encode(), Cas::Overwrite);
        }
        for _ in 0..MAX_PERMIT_RACES {
            match self.try_take(&key, epoch, max) {
                Try::Taken => return true,
                Try::Denied => return false,
                Try::LostRace => {}
            }
        }
        false
    }
}

enum Try {
    Taken,
    Denied,
    LostRace,
}

/// Permits handed out in an epoch, as 12 bytes.
struct Taken {
    epoch: u64,
    count: u32,
}

impl Taken {
    fn encode(&self) -> Vec<u8> {
        let mut out = self.epoch.to_le_bytes().to_vec();
        out.extend(self.count.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (epoch, rest) = bytes.split_first_chunk::<8>()?;
        let count = u32::from_le_bytes(rest.try_into().ok()?);
        Some(Self { epoch: u64::from_le_bytes(*epoch), count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::Recorder;

    #[test]
    fn workers_share_the_permits_of_an_epoch() {
        let proxy = Rc::new(Recorder::default());
        let workers = [SharedPermits::new(proxy.clone(), "p"), SharedPermits::new(proxy.clone(), "p")];
        let taken =
            |scope: &str, epoch: u64| (0..10).filter(|i| workers[i % 2].take(scope, epoch, 3)).count();
        assert_eq!(taken("global", 1), 3);
        assert_eq!(taken("tenant:a", 1), 3, "scopes do not share");
        assert_eq!(taken("global", 2), 3, "a new epoch has new permits");
        assert_eq!(taken("global", 1), 0, "an old epoch has none");
        assert!(!workers[0].take("global", 3, 0));
    }

    #[test]
    fn a_foreign_value_gives_no_more_than_one_epoch_of_permits() {
        let proxy = Rc::new(Recorder::default());
        let permits = SharedPermits::new(proxy.clone(), "p");
        proxy.set_shared("p/permits/global", b"junk", Cas::Overwrite).unwrap();
        assert_eq!((0..9).filter(|_| permits.take("global", 1, 2)).count(), 2);
    }
}
