//! The root context: one for each configuration in each VM. It compiles the policy, ticks, and takes the answers
//! to the calls that belong to no stream.

use std::fmt;
use std::rc::Rc;

use weir_engine::limits::MAX_ANSWER_BYTES;
use weir_engine::session::Engine;

use crate::answer::Received;
use crate::control::key_prefix;
use crate::exchange::Exchange;
use crate::limits::TICK_MS;
use crate::poll::{Means, Poller};
use crate::proxy::{Buffer, LogLevel, Proxy, Token};
use crate::worker::Worker;

/// A root context.
#[derive(Debug)]
pub struct Root {
    proxy: Rc<dyn Proxy>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// No policy has been accepted. Envoy does not send traffic to such a context.
    Unconfigured,
    /// Serving.
    Serving { worker: Rc<Worker>, poller: Poller },
}

impl Root {
    /// A root context without a policy.
    pub fn new(proxy: Rc<dyn Proxy>) -> Self {
        Self { proxy, state: State::Unconfigured }
    }

    /// Compiles the policy of `size` bytes. `false` makes Envoy refuse the update and keep what it has; the reason
    /// is in the log.
    pub fn configure(&mut self, size: usize) -> bool {
        match self.compile(size) {
            Ok(engine) => {
                self.serve(engine);
                true
            }
            Err(reason) => {
                self.proxy.log(LogLevel::Error, &format!("weir: the policy is refused: {reason}"));
                false
            }
        }
    }

    /// A new exchange; `None` without a policy.
    pub fn exchange(&self) -> Option<Exchange> {
        match &self.state {
            State::Unconfigured => None,
            State::Serving { worker, .. } => Some(Exchange::new(worker.clone())),
        }
    }

    /// Renews the lease, polls, sends events, counts. Safe at any time and any number of times.
    pub fn tick(&mut self) {
        if let State::Serving { worker, poller } = &mut self.state {
            poller.on_tick(means(worker));
            send_events(worker);
            worker.count_cache();
        }
    }

    /// Takes the answer to a poll or to a batch of events.
    pub fn answer(&mut self, token: Token, num_headers: usize, body_bytes: usize) {
        let State::Serving { worker, poller } = &mut self.state else { return };
        if poller.claim(token) {
            poller.on_answer(means(worker), num_headers, body_bytes);
            return;
        }
        let received = || Received::take(&*worker.proxy, num_headers, body_bytes, MAX_ANSWER_BYTES);
        worker.with_queue(|queue| {
            let taken = queue.on_answer(token, received, &*worker.proxy, &worker.metrics);
            if taken && queue.is_behind() {
                queue.send(&*worker.proxy, worker.sidecar(), &worker.metrics);
            }
        });
    }

    /// The context is going away: sends what is waiting. Nobody hears the answer.
    pub fn done(&mut self) {
        if let State::Serving { worker, .. } = &self.state {
            send_events(worker);
        }
    }

    fn compile(&self, size: usize) -> Result<Engine, String> {
        let bytes = self.proxy.buffer(Buffer::Configuration, size).map_err(|s| unreadable(&s))?;
        let document = std::str::from_utf8(&bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        Engine::compile(document).map_err(|error| error.to_string())
    }

    fn serve(&mut self, engine: Engine) {
        let worker = Worker::new(engine, self.proxy.clone());
        let prefix = key_prefix(worker.sidecar());
        let poller = Poller::new(self.proxy.clone(), &prefix, worker.ids.number());
        self.state = State::Serving { worker: Rc::new(worker), poller };
        if self.proxy.set_tick_period(TICK_MS).is_err() {
            // Without ticks there is no control state and no delivery of events: postures apply, and this line says why.
            self.proxy.log(LogLevel::Error, "weir: no ticks: control state and events will not flow");
        }
    }
}

fn means(worker: &Worker) -> Means<'_> {
    Means {
        proxy: &*worker.proxy,
        sidecar: worker.sidecar(),
        control: &worker.control,
        metrics: &worker.metrics,
    }
}

fn send_events(worker: &Worker) {
    worker.with_queue(|queue| queue.send(&*worker.proxy, worker.sidecar(), &worker.metrics));
}

fn unreadable(status: &impl fmt::Debug) -> String {
    format!("it cannot be read: {status:?}")
}
