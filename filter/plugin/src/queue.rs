//! Decision events on their way to the sidecar, and the questions for the judge that nobody waits for. They wait as
//! JSON in a bounded queue, leave in batches, one at a
//! time, and are forgotten only when the sidecar says they are stored. When the queue is full the newest event is
//! dropped and counted: what was recorded first stays recorded, sequence numbers have no gaps, and the loss is in
//! every later batch. (Dropping the oldest would let whoever can make noise erase the trace of what came before.)

use std::collections::VecDeque;

use weir_engine::event::Deferred;
use weir_engine::policy::document::SidecarDocument;
use weir_engine::wire::decision::{DecisionEvent, EventAck};

use crate::answer::Received;
use crate::backoff::Backoff;
use crate::limits::{
    BATCH_TIMEOUT_MS, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_QUEUED_EVENT_BYTES, MAX_QUEUED_EVENTS,
    MAX_QUEUED_QUESTION_BYTES,
};
use crate::metrics::{Called, Cause, Metric, Metrics};
use crate::proxy::{HttpCall, LogLevel, Method, Proxy, Token};

/// The queue of one VM.
#[derive(Debug)]
pub struct Queue {
    source: String,
    events: VecDeque<Queued>,
    bytes: Bytes,
    /// Sequence number of the first event in `events`.
    first_seq: u64,
    lost: u64,
    in_flight: Option<Sent>,
    backoff: Backoff,
}

/// An event, and the question it records.
#[derive(Debug)]
struct Queued {
    event: Vec<u8>,
    /// Empty for none.
    question: Vec<u8>,
}

/// What waits, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bytes {
    events: usize,
    questions: usize,
}

/// A batch on its way. INVARIANT: `count <= events.len()`, as events leave the queue only through its answer.
#[derive(Clone, Copy, Debug)]
struct Sent {
    token: Token,
    count: usize,
}

impl Queue {
    /// An empty queue of the VM called `source`.
    pub fn new(source: String) -> Self {
        Self {
            source,
            events: VecDeque::new(),
            bytes: Bytes::default(),
            first_seq: 0,
            lost: 0,
            in_flight: None,
            backoff: Backoff::default(),
        }
    }

    /// Adds an event; counts it as lost when there is no room.
    pub fn push(&mut self, event: &DecisionEvent, metrics: &Metrics) {
        self.push_both(event, Vec::new(), metrics);
    }

    /// Adds a question with its event. Questions have less room than events, so that judged text never takes the
    /// place of the record: without room the event says that it was asked, and the question is counted as lost.
    pub fn push_question(&mut self, deferred: &Deferred, metrics: &Metrics) {
        let question = deferred.question.written();
        let has_room = self.bytes.questions.saturating_add(question.len()) <= MAX_QUEUED_QUESTION_BYTES;
        if question.is_empty() || !has_room {
            metrics.count(Metric::QuestionsLost);
            self.push(&deferred.event, metrics);
            return;
        }
        self.push_both(&deferred.event, question, metrics);
    }

    fn push_both(&mut self, event: &DecisionEvent, question: Vec<u8>, metrics: &Metrics) {
        let event = event.written();
        if event.is_empty() || !self.has_room_for(event.len()) {
            self.lost = self.lost.saturating_add(1);
            metrics.count(Metric::EventsLost);
            return;
        }
        self.bytes.events = self.bytes.events.saturating_add(event.len());
        self.bytes.questions = self.bytes.questions.saturating_add(question.len());
        self.events.push_back(Queued { event, question });
    }

    /// Sends the next batch, if there is one and none is on its way. Only the root context may call this: the
    /// answer goes to the context that made the call, and a stream is gone before it comes.
    pub fn send(&mut self, proxy: &dyn Proxy, sidecar: &SidecarDocument, metrics: &Metrics) {
        let now = proxy.now();
        if self.events.is_empty() || self.in_flight.is_some() || !self.backoff.is_over(now) {
            return;
        }
        let (count, body) = self.batch();
        let call = HttpCall {
            cluster: &sidecar.cluster,
            authority: &sidecar.authority,
            method: Method::Post,
            path: "/v1/events",
            body: &body,
            timeout_ms: BATCH_TIMEOUT_MS,
        };
        match proxy.call(&call) {
            Ok(token) => self.in_flight = Some(Sent { token, count }),
            Err(_) => self.failed(proxy, metrics, Cause::NotSent),
        }
    }

    /// Whether more than one batch waits. Then the next leaves as soon as the last is stored; otherwise it waits for
    /// the tick and fills, because a call costs the proxy far more than an event in it.
    pub fn is_behind(&self) -> bool {
        self.events.len() >= MAX_BATCH_EVENTS
    }

    /// Takes the answer if `token` is of the batch on its way; whether it was.
    pub fn on_answer(
        &mut self,
        token: Token,
        received: impl FnOnce() -> Result<Received, Cause>,
        proxy: &dyn Proxy,
        metrics: &Metrics,
    ) -> bool {
        let Some(sent) = self.in_flight.take_if(|sent| sent.token == token) else { return false };
        let received = received();
        if received.as_ref().is_ok_and(|r| REFUSED.contains(&r.status)) {
            self.give_up(sent.count, metrics);
        }
        match received.and_then(|received| self.stored(&received, sent.count)) {
            Ok(count) => {
                self.forget(count);
                self.backoff.succeeded();
            }
            Err(cause) => self.failed(proxy, metrics, cause),
        }
        true
    }

    /// Counts a batch as lost that the sidecar will never take: sent again and again it would keep all later events
    /// from being stored.
    fn give_up(&mut self, count: usize, metrics: &Metrics) {
        self.forget(count);
        self.lost = self.lost.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        (0..count).for_each(|_| metrics.count(Metric::EventsLost));
    }

    fn has_room_for(&self, bytes: usize) -> bool {
        self.events.len() < MAX_QUEUED_EVENTS
            && self.bytes.events.saturating_add(bytes) <= MAX_QUEUED_EVENT_BYTES
    }

    /// The next batch: how many events, and its JSON. The same events again after a failure, perhaps more of them.
    fn batch(&self) -> (usize, Vec<u8>) {
        let (source, first_seq, lost) = (&self.source, self.first_seq, self.lost);
        let mut body =
            format!(r#"{{"source":"{source}","first_seq":{first_seq},"lost":{lost},"events":["#).into_bytes();
        let mut questions = Vec::new();
        let mut count: usize = 0;
        for (seq, queued) in (first_seq..).zip(self.events.iter().take(MAX_BATCH_EVENTS)) {
            if count > 0 {
                let more = queued.event.len().saturating_add(queued.question.len());
                if body.len().saturating_add(questions.len()).saturating_add(more) > MAX_BATCH_BYTES {
                    break;
                }
                body.push(b',');
            }
            body.extend(&queued.event);
            count = count.saturating_add(1);
            if !queued.question.is_empty() {
                let comma = if questions.is_empty() { "" } else { "," };
                questions.extend(format!(r#"{comma}{{"seq":{seq},"question":"#).into_bytes());
                questions.extend(&queued.question);
                questions.push(b'}');
            }
        }
        body.extend(b"],\"questions\":[");
        body.extend(questions);
        body.extend(b"]}");
        (count, body)
    }

    /// How many of the `sent` events are stored, by the sidecar's answer. No progress is no answer.
    fn stored(&self, received: &Received, sent: usize) -> Result<usize, Cause> {
        if received.status != 200 {
            return Err(Cause::Status);
        }
        let ack = EventAck::read(&received.body).ok_or(Cause::Malformed)?;
        let stored = usize::try_from(ack.next_seq.saturating_sub(self.first_seq)).unwrap_or(usize::MAX);
        // Believing in more than was sent would lose events nobody has seen.
        if stored == 0 { Err(Cause::Malformed) } else { Ok(stored.min(sent)) }
    }

    fn forget(&mut self, count: usize) {
        let count = count.min(self.events.len());
        for queued in self.events.drain(..count) {
            self.bytes.events = self.bytes.events.saturating_sub(queued.event.len());
            self.bytes.questions = self.bytes.questions.saturating_sub(queued.question.len());
        }
        self.first_seq = self.first_seq.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }

    fn failed(&mut self, proxy: &dyn Proxy, metrics: &Metrics, cause: Cause) {
        if !self.backoff.is_failing() {
            proxy.log(LogLevel::Warn, &format!("weir: events cannot be delivered: {}", cause.name()));
        }
        self.backoff.failed(proxy.now());
        metrics.count(Metric::CallFailure(Called::Events, cause));
    }
}

/// Answers that say the batch itself is wrong. Any other may change by itself.
const REFUSED: [u16; 3] = [400, 413, 422];

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use weir_engine::wire::decision::EventBatch;

    use super::*;
    use crate::recorder::Recorder;

    struct Bench {
        proxy: Rc<Recorder>,
        metrics: Metrics,
        queue: Queue,
    }

    fn bench() -> Bench {
        let proxy = Rc::new(Recorder::default());
        Bench { metrics: Metrics::new(proxy.clone()), proxy, queue: Queue::new("vm".into()) }
    }

    fn event(id: usize) -> DecisionEvent {
        serde_json::from_value(serde_json::json!({
            "event_type": "guardrail_decision", "timestamp_ms": 1, "request_id": id.to_string(),
            "direction": "request", "tenant": "", "user": "", "agent": "", "route": "", "protocol": "",
            "model": "", "tier": "low", "mode": "enforce", "layer": "guardrail", "decision": "allow",
            "would": null, "reason": "clean", "posture": null, "findings": [], "findings_total": 0,
            "coverage": { "scanned": 0, "skipped": 0, "unknown": 0 }, "body_bytes": 0, "body_sha256": "",
            "policy_version": "", "pace": "primary", "scope": null, "judge": null, "review_id": "",
            "review_status": null, "upstream_status": 0, "control_age_ms": null,
        }))
        .unwrap()
    }

    impl Bench {
        fn push(&mut self, ids: std::ops::Range<usize>) {
            ids.for_each(|id| self.queue.push(&event(id), &self.metrics));
        }

        /// Sends; sequence number and ids of the batch, if one was sent.
        fn send(&mut self) -> Option<(u64, Vec<usize>)> {
            let sent = self.proxy.calls.borrow().len();
            self.queue.send(&*self.proxy, &SidecarDocument::default(), &self.metrics);
            let calls = self.proxy.calls.borrow();
            let (_, path, body, _) = calls.get(sent)?;
            assert_eq!(path, "/v1/events");
            let batch: EventBatch = serde_json::from_slice(body).unwrap();
            Some((batch.first_seq, batch.events.iter().map(|e| e.request_id.parse().unwrap()).collect()))
        }

        fn answer(&mut self, status: u16, body: &str) {
            let token = Token(u32::try_from(self.proxy.calls.borrow().len()).unwrap());
            let received = || Ok(Received { status, body: body.as_bytes().to_vec() });
            assert!(self.queue.on_answer(token, received, &*self.proxy, &self.metrics));
        }
    }

    #[test]
    fn a_batch_is_sent_again_until_it_is_stored() {
        let bad = [(503, "{\"next_seq\":9}"), (200, "not json"), (200, "{\"next_seq\":0}"), (200, "{}")];
        let mut bench = bench();
        bench.push(0..3);
        for (status, body) in bad {
            assert_eq!(bench.send(), Some((0, vec![0, 1, 2])), "{status} {body}");
            assert_eq!(bench.send(), None, "one batch at a time");
            bench.answer(status, body);
            assert_eq!(bench.send(), None, "a pause after a failure");
            bench.proxy.now_ms.set(bench.proxy.now_ms.get() + crate::limits::MAX_BACKOFF_MS);
        }
        assert_eq!(bench.send(), Some((0, vec![0, 1, 2])));
        bench.answer(200, "{\"next_seq\":2}");
        assert_eq!(bench.send(), Some((2, vec![2])), "what is not stored stays");
        bench.answer(200, "{\"next_seq\":99}");
        assert_eq!(bench.send(), None);
    }

    #[test]
    fn a_batch_that_is_refused_for_good_is_lost_and_does_not_stop_the_next() {
        let mut bench = bench();
        bench.push(0..3);
        assert_eq!(bench.send(), Some((0, vec![0, 1, 2])));
        bench.push(3..4);
        bench.answer(422, "{}");
        assert_eq!(bench.proxy.metric("weir_events_lost_total"), 3);
        bench.proxy.now_ms.set(bench.proxy.now_ms.get() + crate::limits::MAX_BACKOFF_MS);
        assert_eq!(bench.send(), Some((3, vec![3])));
    }

    #[test]
    fn more_than_was_sent_is_never_forgotten() {
        let mut bench = bench();
        bench.push(0..MAX_BATCH_EVENTS + 5);
        assert_eq!(bench.send().unwrap().1.len(), MAX_BATCH_EVENTS);
        bench.answer(200, "{\"next_seq\":18446744073709551615}");
        assert_eq!(bench.send().unwrap().1.len(), 5);
    }

    #[test]
    fn a_full_queue_drops_the_newest_and_says_how_many() {
        let mut bench = bench();
        bench.push(0..MAX_QUEUED_EVENTS + 7);
        assert_eq!(bench.proxy.metric("weir_events_lost_total"), 7);
        let (first, ids) = bench.send().unwrap();
        assert_eq!((first, ids[0]), (0, 0));
        let lost = serde_json::from_slice::<EventBatch>(&bench.proxy.calls.borrow()[0].2).unwrap().lost;
        assert_eq!(lost, 7);
        assert!(bench.queue.bytes.events <= MAX_QUEUED_EVENT_BYTES);
    }

    #[test]
    fn the_room_of_stored_events_is_free_again() {
        let mut bench = bench();
        bench.push(0..3);
        bench.send();
        bench.answer(200, "{\"next_seq\":3}");
        assert_eq!((bench.queue.bytes, bench.queue.events.len()), (Bytes::default(), 0));
    }

    #[test]
    fn a_question_travels_with_its_event_and_never_takes_the_room_of_events() {
        let deferred = |id: usize, bytes: usize| Deferred {
            event: event(id),
            question: serde_json::from_value(serde_json::json!({
                "request_id": "r", "nonce": "1", "direction": "request", "trigger": "sampled", "criteria": "",
                "segments": [{ "role": "user", "provenance": "user", "text": "x".repeat(bytes) }],
                "findings": [], "review": null, "scopes": [],
            }))
            .unwrap(),
        };
        let mut bench = bench();
        bench.push(0..2);
        bench.queue.push_question(&deferred(2, 10), &bench.metrics);
        for id in 3..6 {
            bench.queue.push_question(&deferred(id, MAX_QUEUED_QUESTION_BYTES / 2), &bench.metrics);
        }
        assert_eq!(bench.proxy.metric("weir_questions_lost_total"), 2);
        assert_eq!(bench.send(), Some((0, vec![0, 1, 2])), "a batch has its bounds");
        let batch: EventBatch = serde_json::from_slice(&bench.proxy.calls.borrow()[0].2).unwrap();
        assert_eq!(batch.questions.iter().map(|q| q.seq).collect::<Vec<_>>(), [2]);
        bench.answer(200, "{\"next_seq\":3}");
        assert_eq!(bench.send(), Some((3, vec![3])));
        bench.answer(200, "{\"next_seq\":4}");
        assert_eq!(bench.send(), Some((4, vec![4, 5])), "what was lost is the question");
        bench.answer(200, "{\"next_seq\":6}");
        assert_eq!(bench.queue.bytes, Bytes::default());
    }
}
