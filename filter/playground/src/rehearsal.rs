//! Plays one exchange against a real session, as the filter would: headers, whole body, the sidecar's answers, end.
//! It holds no opinion: every field of the answer is an effect of the engine or a place in the body.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use weir_engine::event::{
    Answer as SidecarAnswer, BodyPart, Call, ControlView, Direction, Effects, Endpoint, Event, Flow,
    HeaderEdit, Origin, Permits, RequestHead, ResponseHead, UnixMillis,
};
use weir_engine::protocol::{self, Document, Hints};
use weir_engine::session::{Engine, Session};
use weir_engine::wire::decision::DecisionEvent;
use weir_engine::wire::judge::{JudgeIdentity, JudgeRequest, JudgeVerdict, Verdict};
use weir_engine::wire::review::{ReviewOutcome, ReviewRequest, ReviewStatus};

use crate::answer::{Answer, FoundSpans, HeaderChange, Outcome, Played, Rehearsed};
use crate::question::{Question, Request, Response, Sidecar};

/// Plays the exchange of `question`.
pub fn rehearse(question: &Question) -> Answer {
    let engine = match Engine::compile(&question.policy) {
        Ok(engine) => Arc::new(engine),
        Err(error) => return error.into(),
    };
    let mut stage = Stage {
        session: Session::new(Arc::clone(&engine)),
        sidecar: question.sidecar,
        now: UnixMillis(question.now_ms),
    };
    let mut request = stage.request(question);
    let goes_on = matches!(request.outcome, Outcome::Passed | Outcome::Edited { .. });
    let mut response =
        question.response.as_ref().filter(|_| goes_on).map(|r| stage.response(&question.request, r));
    let last = stage.session.on(Event::End(stage.now)).events;
    response.as_mut().unwrap_or(&mut request).events.extend(last);
    Answer::Decided(Box::new(Rehearsed {
        policy_version: engine.policy().version.clone(),
        request,
        response,
        verdict: stage.session.verdict().to_owned(),
    }))
}

/// A session and the world around it.
struct Stage {
    session: Session,
    sidecar: Sidecar,
    now: UnixMillis,
}

impl Stage {
    fn request(&mut self, question: &Question) -> Played {
        let request = &question.request;
        let mut headers = vec![
            (":method".to_owned(), request.method.clone()),
            (":path".to_owned(), request.path.clone()),
            (":authority".to_owned(), request.host.clone()),
        ];
        headers.extend(with_content_type(&request.headers));
        let head = self.session.on(Event::RequestHead(RequestHead {
            headers: &as_bytes(&headers),
            end_of_stream: request.body.is_empty(),
            route: &request.route,
            peer: &request.peer,
            request_id: "playground",
            nonce: NONCE,
            control: ControlView {
                snapshot: Some(Rc::new(question.control.clone())),
                confirmed: self.now,
                permits: Rc::new(Unlimited),
            },
            now: self.now,
        }));
        let document = read_request(request, &headers);
        self.play(Direction::Request, &request.body, document.as_ref(), head)
    }

    fn response(&mut self, request: &Request, response: &Response) -> Played {
        let mut headers = vec![(":status".to_owned(), response.status.to_string())];
        headers.extend(with_content_type(&response.headers));
        let head = self.session.on(Event::ResponseHead(ResponseHead {
            headers: &as_bytes(&headers),
            end_of_stream: response.body.is_empty(),
            origin: Origin::Upstream,
            now: self.now,
        }));
        let protocol = read_request(request, &with_content_type(&request.headers)).map(|d| d.protocol);
        let hints = Hints { path: &request.path, content_type: content_type(&headers), ..Hints::default() };
        let document =
            protocol::read_response(protocol.unwrap_or_default(), &hints, response.body.as_bytes());
        self.play(Direction::Response, &response.body, document.as_ref().ok(), head)
    }

    /// Plays what follows a message's headers, whose effects are `head`.
    fn play(
        &mut self,
        direction: Direction,
        body: &str,
        document: Option<&Document<'_>>,
        head: Effects,
    ) -> Played {
        let mut trace = Trace::default();
        let mut flow = trace.take(head);
        if matches!(flow, Flow::Hold | Flow::Observe | Flow::Stream) {
            let whole = BodyPart::Complete(body.as_bytes());
            flow = trace.take(self.session.on(Event::Body(direction, whole, self.now)));
        }
        while flow == Flow::Hold {
            let Some(call) = trace.unanswered.pop_front() else { break };
            let answer = self.sidecar.answer(&call);
            let answer = answer
                .as_deref()
                .map_or(SidecarAnswer::Failed, |body| SidecarAnswer::Http { status: 200, body });
            flow = trace.take(self.session.on(Event::Answer(call.id, answer, self.now)));
        }
        trace.played(flow, body, document)
    }
}

impl Sidecar {
    /// The body of the answer to `call`; `None` when the sidecar is unavailable.
    fn answer(self, call: &Call) -> Option<Vec<u8>> {
        match call.endpoint {
            Endpoint::Judge => self.verdict(&serde_json::from_slice(&call.body).ok()?),
            Endpoint::Review => {
                let request: ReviewRequest = serde_json::from_slice(&call.body).ok()?;
                serde_json::to_vec(&review_outcome(request, self.review?)).ok()
            }
        }
    }

    fn verdict(self, request: &JudgeRequest) -> Option<Vec<u8>> {
        let verdict = self.judge?;
        let review = request.review.clone().filter(|_| verdict == Verdict::Escalate);
        let answer = JudgeVerdict {
            nonce: request.nonce.clone(),
            verdict,
            score: if verdict == Verdict::Pass { 0.0 } else { 1.0 },
            reason: "as_asked".to_owned(),
            judge: JudgeIdentity {
                kind: "playground".to_owned(),
                model: String::new(),
                prompt_sha256: String::new(),
            },
            latency_ms: 0,
            review: review.zip(self.review).map(|(request, status)| review_outcome(request, status)),
        };
        serde_json::to_vec(&answer).ok()
    }
}

fn review_outcome(request: ReviewRequest, status: ReviewStatus) -> ReviewOutcome {
    ReviewOutcome { review_id: "playground".to_owned(), status, action_sha256: request.action_sha256 }
}

/// Everything the engine said about one message so far.
#[derive(Default)]
struct Trace {
    headers: Vec<HeaderChange>,
    events: Vec<DecisionEvent>,
    calls: Vec<&'static str>,
    unanswered: VecDeque<Call>,
}

impl Trace {
    fn take(&mut self, effects: Effects) -> Flow {
        self.headers.extend(effects.headers.into_iter().map(|edit| match edit {
            HeaderEdit::Set(name, value) => HeaderChange { name: name.to_owned(), value: Some(value) },
            HeaderEdit::Remove(name) => HeaderChange { name, value: None },
        }));
        self.events.extend(effects.events);
        self.events.extend(effects.deferred.into_iter().map(|deferred| deferred.event));
        self.calls.extend(effects.calls.iter().map(|call| call.endpoint.path()));
        self.unanswered.extend(effects.calls);
        effects.flow
    }

    fn played(self, flow: Flow, body: &str, document: Option<&Document<'_>>) -> Played {
        Played {
            outcome: outcome(flow, body),
            findings: document.map(|document| found_spans(&self.events, document)).unwrap_or_default(),
            coverage: document.map(|document| document.coverage.clone()),
            headers: self.headers,
            events: self.events,
            calls: self.calls,
        }
    }
}

fn outcome(flow: Flow, body: &str) -> Outcome {
    match flow {
        Flow::Pass | Flow::Observe | Flow::Stream => Outcome::Passed,
        Flow::Hold => Outcome::Stuck,
        Flow::Release(bytes) | Flow::Finish(bytes, _) if bytes == body.as_bytes() => Outcome::Passed,
        Flow::Release(body) | Flow::Finish(body, _) => Outcome::Edited { body: lossy(body) },
        Flow::Replace(body) => Outcome::Edited { body: lossy(body) },
        Flow::Refuse(refusal) => Outcome::Refused {
            status: refusal.status,
            headers: refusal.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: lossy(refusal.body),
        },
    }
}

/// Maps the findings of the events, which speak of a field's text, back to the bytes of the body.
fn found_spans(events: &[DecisionEvent], document: &Document<'_>) -> Vec<FoundSpans> {
    let mut found: Vec<FoundSpans> = Vec::new();
    for record in events.iter().flat_map(|event| &event.findings) {
        let segment = document.segments.iter().find(|s| s.path == record.path && s.text.len() >= record.end);
        let Some(segment) = segment else { continue };
        let spans = segment.map.spans(record.start..record.end).into_iter();
        let spans =
            spans.map(|span| document.carrier.source(span)).map(|span| (span.start, span.end)).collect();
        let at = FoundSpans {
            rule: record.rule.clone(),
            path: record.path.clone(),
            score: record.score,
            view: record.view.clone(),
            spans,
        };
        // Every later event of a message (the judge's, the queue's) repeats the findings of the first.
        if !found.contains(&at) {
            found.push(at);
        }
    }
    found.sort_by(|a, b| a.spans.cmp(&b.spans).then_with(|| a.rule.cmp(&b.rule)));
    found
}

fn read_request<'b>(request: &'b Request, headers: &[(String, String)]) -> Option<Document<'b>> {
    let hints = Hints { path: &request.path, content_type: content_type(headers), ..Hints::default() };
    protocol::read_request(&hints, request.body.as_bytes()).ok()
}

fn with_content_type(headers: &[(String, String)]) -> Vec<(String, String)> {
    let mut all: Vec<_> = headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())).collect();
    if content_type(&all).is_empty() {
        all.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    all
}

fn content_type(headers: &[(String, String)]) -> &str {
    headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value)
}

fn as_bytes(headers: &[(String, String)]) -> Vec<(&[u8], &[u8])> {
    headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

/// The engine edits UTF-8 bodies on character boundaries; were it ever to fail in that, the page shows it.
fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// A probing breaker lets every rehearsal through: there is no other traffic here.
#[derive(Debug)]
struct Unlimited;

impl Permits for Unlimited {
    fn take(&self, _scope: &str, _epoch: u64, max: u32) -> bool {
        max > 0
    }
}

/// Fixed, so that the same question always has the same answer.
const NONCE: u64 = 0;
