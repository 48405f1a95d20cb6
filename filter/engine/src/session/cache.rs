//! The verdict cache: what scans found, kept under a keyed hash of everything they depend on, so that the history a
//! client sends again with every turn is not scanned again. It keeps findings (rules, places, scores), never text and
//! never a decision. Bounded in bytes; when it is full the largest share gives up what it used last, so that a
//! tenant who sends much pushes out its own entries and no other tenant's. The key comes from the rim: without it nobody
//! can make two texts that share an entry.

use std::cell::{Cell, RefCell};
use std::hash::Hasher;
use std::rc::Rc;
use std::sync::Arc;

use siphasher::sip128::{Hash128, Hasher128, SipHasher13};

use super::Engine;
use crate::detect::{Finding, Prompt, RunFindings};
use crate::limits::CACHE_SHARES;

/// A cache for the sessions of one engine, in one thread.
#[derive(Debug)]
pub struct Cache {
    engine: Arc<Engine>,
    key: CacheKey,
    store: RefCell<Store>,
    hits: Cell<u32>,
    misses: Cell<u32>,
}

/// The secret under which texts are hashed: random, of this process alone, never written anywhere.
#[derive(Clone, Copy)]
pub struct CacheKey(pub [u64; 2]);

impl std::fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CacheKey")
    }
}

/// How often texts were known, since the cache was last asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    /// Runs of segments that were not scanned.
    pub hits: u32,
    /// Runs of segments that were.
    pub misses: u32,
}

/// What an entry is found by.
pub(super) type EntryId = [u64; 2];

/// What is kept.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    /// What was found in a run of segments.
    Run(RunFindings),
    /// Of a system prompt.
    Prompt(Rc<Prompt>),
}

impl Kept {
    /// Memory that it has allocated, in bytes.
    fn bytes(&self) -> usize {
        match self {
            Self::Run(found) => found.findings.capacity().saturating_mul(size_of::<Finding>()),
            Self::Prompt(prompt) => prompt.memory_bytes(),
        }
    }
}

impl Cache {
    /// An empty cache for sessions of `engine`, which allows it so many bytes as its policy says.
    pub fn new(engine: Arc<Engine>, key: CacheKey) -> Self {
        let store = RefCell::new(Store::new(engine.policy().cache_bytes));
        Self { engine, key, store, hits: Cell::default(), misses: Cell::default() }
    }

    /// The engine whose findings it keeps.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// What was counted since this was last called.
    pub fn take_counts(&self) -> CacheCounts {
        CacheCounts { hits: self.hits.take(), misses: self.misses.take() }
    }

    /// Memory of the entries, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.store.borrow().bytes
    }

    pub(super) fn hasher(&self) -> SipHasher13 {
        let [one, other] = self.key.0;
        SipHasher13::new_with_keys(one, other)
    }

    pub(super) fn get(&self, id: EntryId) -> Option<Kept> {
        self.store.borrow_mut().get(id)
    }

    pub(super) fn put(&self, id: EntryId, share: usize, kept: Kept) {
        self.store.borrow_mut().put(id, share, kept);
    }

    pub(super) fn count(&self, is_hit: bool) {
        let counter = if is_hit { &self.hits } else { &self.misses };
        counter.set(counter.get().saturating_add(1));
    }
}

/// Hashes `bytes` too. One copy of the loop for all of them: the filter is small.
#[inline(never)]
pub(super) fn write(hasher: &mut SipHasher13, bytes: &[u8]) {
    hasher.write(bytes);
}

/// The id that a hash ends in.
#[inline(never)]
pub(super) fn id_of(hasher: &SipHasher13) -> EntryId {
    let Hash128 { h1, h2 } = hasher.finish128();
    [h1, h2]
}

/// Entries by id, and for each share in the order of their last use.
#[derive(Debug)]
struct Store {
    /// The first entry of each chain. Empty until the first entry comes.
    chains: Vec<Link>,
    entries: Vec<Entry>,
    /// The first of the entries that are not in use, chained like the others.
    free: Link,
    shares: Vec<Share>,
    /// INVARIANT: the sum of the shares' bytes, at most `max_bytes`.
    bytes: usize,
    max_bytes: usize,
}

/// An index of `entries`; `NONE` for none.
type Link = u32;
const NONE: Link = Link::MAX;

#[derive(Debug)]
struct Entry {
    id: EntryId,
    share: usize,
    /// The next of its chain.
    next: Link,
    newer: Link,
    older: Link,
    kept: Option<Kept>,
}

/// What the tenants have together whose names hash alike.
#[derive(Clone, Copy, Debug)]
struct Share {
    newest: Link,
    oldest: Link,
    bytes: usize,
}

impl Store {
    fn new(max_bytes: usize) -> Self {
        let share = Share { newest: NONE, oldest: NONE, bytes: 0 };
        Self {
            chains: Vec::new(),
            entries: Vec::new(),
            free: NONE,
            shares: (0..CACHE_SHARES).map(|_| share).collect(),
            bytes: 0,
            max_bytes,
        }
    }

    fn get(&mut self, id: EntryId) -> Option<Kept> {
        let link = self.find(id)?;
        let entry = self.entry(link)?;
        let (kept, share) = (entry.kept.clone()?, entry.share);
        if self.shares.get(share)?.newest != link {
            self.detach(link);
            self.attach(link, share);
        }
        Some(kept)
    }

    /// Keeps `kept`, unless there already is something under `id`, or it is larger than all may be.
    fn put(&mut self, id: EntryId, share: usize, kept: Kept) {
        let bytes = kept.bytes().saturating_add(ENTRY_BYTES);
        if bytes > self.max_bytes || self.find(id).is_some() {
            return;
        }
        while self.bytes.saturating_add(bytes) > self.max_bytes {
            if !self.drop_oldest() {
                return;
            }
        }
        if self.chains.is_empty() {
            let chains = (self.max_bytes / ENTRY_BYTES / ENTRIES_PER_CHAIN).next_power_of_two();
            self.chains.resize(chains, NONE);
        }
        let next = self.chain(id).map_or(NONE, |chain| std::mem::replace(chain, NONE));
        let entry = Entry { id, share, next, newer: NONE, older: NONE, kept: Some(kept) };
        let link = match self.entry(self.free) {
            Some(free) => {
                let next_free = free.next;
                *free = entry;
                std::mem::replace(&mut self.free, next_free)
            }
            None => {
                self.entries.push(entry);
                // INVARIANT: an entry has at least `ENTRY_BYTES`, so there are far fewer than a link can count.
                Link::try_from(self.entries.len() - 1).unwrap_or(NONE)
            }
        };
        if let Some(chain) = self.chain(id) {
            *chain = link;
        }
        self.attach(link, share);
        self.bytes += bytes;
        if let Some(share) = self.shares.get_mut(share) {
            share.bytes += bytes;
        }
    }

    /// Drops what the largest share has not used for longest. `false` when there is nothing.
    fn drop_oldest(&mut self) -> bool {
        let largest = self.shares.iter().max_by_key(|share| share.bytes).map_or(NONE, |share| share.oldest);
        self.detach(largest);
        let free = self.free;
        let Some(entry) = self.entry(largest) else { return false };
        let bytes = entry.kept.take().map_or(0, |kept| kept.bytes()).saturating_add(ENTRY_BYTES);
        let (id, share, next) = (entry.id, entry.share, entry.next);
        entry.next = free;
        self.free = largest;
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(share) = self.shares.get_mut(share) {
            share.bytes = share.bytes.saturating_sub(bytes);
        }
        self.unchain(id, largest, next);
        true
    }

    /// Takes `link`, which stands before `next`, out of the chain of `id`.
    fn unchain(&mut self, id: EntryId, link: Link, next: Link) {
        let mut at = match self.chain(id) {
            Some(first) if *first == link => {
                *first = next;
                return;
            }
            Some(first) => *first,
            None => return,
        };
        while let Some(entry) = self.entry(at) {
            if entry.next == link {
                entry.next = next;
                return;
            }
            at = entry.next;
        }
    }

    fn find(&mut self, id: EntryId) -> Option<Link> {
        let mut link = *self.chain(id)?;
        while let Some(entry) = self.entry(link) {
            if entry.id == id {
                return Some(link);
            }
            link = entry.next;
        }
        None
    }

    fn chain(&mut self, id: EntryId) -> Option<&mut Link> {
        let [low, _] = id;
        let mask = self.chains.len().checked_sub(1)?;
        #[expect(clippy::cast_possible_truncation, reason = "the lowest bits are what is asked for")]
        let at = low as usize & mask;
        self.chains.get_mut(at)
    }

    fn entry(&mut self, link: Link) -> Option<&mut Entry> {
        self.entries.get_mut(usize::try_from(link).ok()?)
    }

    /// Makes `link` the newest of `share`.
    fn attach(&mut self, link: Link, share: usize) {
        let Some(own) = self.shares.get_mut(share) else { return };
        let before = std::mem::replace(&mut own.newest, link);
        if own.oldest == NONE {
            own.oldest = link;
        }
        if let Some(entry) = self.entry(link) {
            (entry.older, entry.newer) = (before, NONE);
        }
        if let Some(before) = self.entry(before) {
            before.newer = link;
        }
    }

    /// Takes `link` out of the order of its share.
    fn detach(&mut self, link: Link) {
        let Some(entry) = self.entry(link) else { return };
        let (share, newer, older) = (entry.share, entry.newer, entry.older);
        let Some(own) = self.shares.get_mut(share) else { return };
        if own.newest == link {
            own.newest = older;
        }
        if own.oldest == link {
            own.oldest = newer;
        }
        if let Some(entry) = self.entry(newer) {
            entry.older = older;
        }
        if let Some(entry) = self.entry(older) {
            entry.newer = newer;
        }
    }
}

/// What an entry takes beside its findings, in bytes: itself and its part of the chains.
const ENTRY_BYTES: usize = size_of::<Entry>() + 2 * size_of::<Link>();
/// How many entries a chain has when the cache is full of the smallest.
const ENTRIES_PER_CHAIN: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Prompt;

    const SMALLEST: usize = ENTRY_BYTES + size_of::<Prompt>();

    fn kept() -> Kept {
        Kept::Prompt(Rc::new(Prompt::default()))
    }

    /// What a store does, written plainly: ids by share, the latest used last.
    struct Model(Vec<(usize, EntryId)>);

    impl Model {
        fn get(&mut self, id: EntryId) -> bool {
            let at = self.0.iter().position(|(_, one)| *one == id);
            at.map(|at| self.0.remove(at)).map(|used| self.0.push(used)).is_some()
        }

        fn put(&mut self, id: EntryId, share: usize, most: usize) {
            if self.0.iter().any(|(_, one)| *one == id) {
                return;
            }
            if self.0.len() == most {
                let count = |share: usize| self.0.iter().filter(|(one, _)| *one == share).count();
                let largest = (0..CACHE_SHARES as usize).max_by_key(|share| count(*share)).unwrap();
                let oldest = self.0.iter().position(|(one, _)| *one == largest).unwrap();
                self.0.remove(oldest);
            }
            self.0.push((share, id));
        }
    }

    #[test]
    fn a_store_keeps_what_its_shares_used_last() {
        for most in [1, 2, 7, 40] {
            let (mut store, mut model) = (Store::new(most * SMALLEST), Model(Vec::new()));
            let mut seed = 1u64;
            let mut draw = |below: u64| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 33) % below
            };
            for _ in 0..5_000 {
                // Many ids in few chains.
                let id = [draw(8), draw(12)];
                if draw(2) == 0 {
                    assert_eq!(store.get(id).is_some(), model.get(id));
                } else {
                    let share = usize::try_from(draw(4) * draw(2)).unwrap();
                    store.put(id, share, kept());
                    model.put(id, share, most);
                }
                assert_eq!(store.bytes, model.0.len() * SMALLEST);
                assert_eq!(store.bytes, store.shares.iter().map(|share| share.bytes).sum::<usize>());
            }
            assert!(store.entries.len() <= most, "places are used again");
        }
    }

    #[test]
    fn what_is_too_large_is_not_kept() {
        let mut store = Store::new(SMALLEST - 1);
        store.put([1, 2], 0, kept());
        assert!(store.get([1, 2]).is_none() && store.bytes == 0);
    }

    #[test]
    fn every_process_hashes_in_its_own_way() {
        let engine = Arc::new(Engine::compile("").unwrap());
        let id = |key: [u64; 2]| {
            let mut hasher = Cache::new(Arc::clone(&engine), CacheKey(key)).hasher();
            write(&mut hasher, b"text");
            id_of(&hasher)
        };
        assert_eq!(id([1, 2]), id([1, 2]));
        assert!(id([1, 2]) != id([1, 3]) && id([1, 2]) != id([2, 2]));
        assert_eq!(format!("{:?}", CacheKey([1, 2])), "CacheKey", "a secret is never printed");
    }
}
