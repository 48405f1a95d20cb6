//! What all exchanges of one configuration in one VM share. It belongs to a root context and is never static: during
//! a configuration update the old and the new one serve side by side in the same VM.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use weir_engine::event::Deferred;
use weir_engine::policy::document::SidecarDocument;
use weir_engine::session::{Cache, CacheKey, Engine};
use weir_engine::wire::decision::DecisionEvent;

use crate::control::{Control, key_prefix};
use crate::ids::Ids;
use crate::metrics::{Metric, Metrics};
use crate::permits::SharedPermits;
use crate::proxy::Proxy;
use crate::queue::Queue;

/// Shared by the exchanges of one root context.
#[derive(Debug)]
pub struct Worker {
    /// The compiled policy.
    pub engine: Arc<Engine>,
    /// What its scans found. It lives as long as the policy does, so that no other policy's findings are in it.
    pub cache: Rc<Cache>,
    /// The proxy.
    pub proxy: Rc<dyn Proxy>,
    /// The control state.
    pub control: Control,
    /// Trial requests of probing breakers.
    pub permits: Rc<SharedPermits>,
    /// Ids and nonces.
    pub ids: Ids,
    /// Counters.
    pub metrics: Metrics,
    queue: RefCell<Queue>,
}

impl Worker {
    /// A worker for `engine`.
    pub fn new(engine: Engine, proxy: Rc<dyn Proxy>) -> Self {
        let prefix = key_prefix(&engine.policy().sidecar);
        let ids = Ids::new();
        let engine = Arc::new(engine);
        // A key for nothing else: ids are seen by clients.
        let secret = Ids::new();
        let key = CacheKey([secret.number(), secret.number()]);
        Self {
            cache: Rc::new(Cache::new(Arc::clone(&engine), key)),
            control: Control::new(proxy.clone(), &prefix),
            permits: Rc::new(SharedPermits::new(proxy.clone(), &prefix)),
            metrics: Metrics::new(proxy.clone()),
            queue: RefCell::new(Queue::new(ids.name())),
            ids,
            engine,
            proxy,
        }
    }

    /// Where the sidecar is.
    pub fn sidecar(&self) -> &SidecarDocument {
        &self.engine.policy().sidecar
    }

    /// Counts an event and queues it.
    pub fn record(&self, event: &DecisionEvent) {
        self.metrics.decision(event);
        self.queue.borrow_mut().push(event, &self.metrics);
    }

    /// Counts the event of a question that nobody waits for and queues both.
    pub fn ask(&self, deferred: &Deferred) {
        self.metrics.decision(&deferred.event);
        self.queue.borrow_mut().push_question(deferred, &self.metrics);
    }

    /// Shows what the cache was good for.
    pub fn count_cache(&self) {
        let counts = self.cache.take_counts();
        self.metrics.add(Metric::CacheHits, counts.hits);
        self.metrics.add(Metric::CacheMisses, counts.misses);
    }

    /// Runs `work` on the queue.
    pub fn with_queue<T>(&self, work: impl FnOnce(&mut Queue) -> T) -> T {
        work(&mut self.queue.borrow_mut())
    }
}
