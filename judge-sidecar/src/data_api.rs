//! The data port, for filters: judge, reviews, control poll, events with the questions nobody waits for, health. It trusts its callers no further than
//! its bounds; whatever it cannot do well is an error status, which filters read as "no answer".

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::time::Instant;
use weir_engine::act::record;
use weir_engine::wire::control::ControlSnapshot;
use weir_engine::wire::decision::{DecisionEvent, DeferredQuestion, EventAck, EventBatch};
use weir_engine::wire::judge::{JudgeRequest, JudgeVerdict, Verdict};
use weir_engine::wire::review::{ReviewOutcome, ReviewRequest, ReviewStatus};

use crate::audit::record::SELF;
use crate::audit::{Batch, Record};
use crate::control::accounting;
use crate::ident;
use crate::judge::JudgeError;
use crate::limits::{
    MAX_BATCH_EVENTS, MAX_EVENTS_BODY_BYTES, MAX_JUDGE_BODY_BYTES, MAX_NAME_BYTES, MAX_POLL_WAIT,
    MAX_SMALL_BODY_BYTES, STORE_GRACE,
};
use crate::reply::{ApiError, JsonBody};
use crate::review::{ReviewError, Standing};
use crate::serve::Services;

/// How long Envoy will wait for our answer, in milliseconds.
const DEADLINE_HEADER: &str = "x-envoy-expected-rq-timeout-ms";

/// The data port's routes.
pub fn router(services: Arc<Services>) -> Router {
    let limited = |bytes| DefaultBodyLimit::max(bytes);
    Router::new()
        .route("/v1/judge", post(judge).layer(limited(MAX_JUDGE_BODY_BYTES)))
        .route("/v1/reviews", post(review).layer(limited(MAX_SMALL_BODY_BYTES)))
        .route("/v1/events", post(events).layer(limited(MAX_EVENTS_BODY_BYTES)))
        .route("/v1/control", get(control))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(services)
}

async fn judge(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<JudgeRequest>,
) -> Result<Json<JudgeVerdict>, ApiError> {
    if request.nonce.is_empty() {
        return Err(ApiError::invalid("the nonce is empty"));
    }
    let deadline = Instant::now() + services.judge.deadline(allowed(&headers));
    let work = answer(&services, &request, deadline);
    // The judge keeps the deadline itself and counts what misses it; this one is for a store that hangs.
    let late = |_| Err(JudgeError::Timeout.into());
    tokio::time::timeout_at(deadline + STORE_GRACE, work).await.unwrap_or_else(late).map(Json)
}

/// A verdict that a stream waits for: what people said about exactly this action when they said something, the
/// judge's otherwise.
async fn answer(
    services: &Services,
    request: &JudgeRequest,
    deadline: Instant,
) -> Result<JudgeVerdict, ApiError> {
    if let Some(review) = &request.review
        && let Standing::Known(outcome) = services.reviews.redeem(review, ident::now()).await?
    {
        return Ok(settled(services, request, outcome));
    }
    let mut verdict = evaluate(services, request, deadline).await?;
    if let Some(review) = to_review(request, &verdict) {
        verdict.review = Some(services.reviews.redeem_or_open(review, ident::now()).await?);
    }
    Ok(verdict)
}

/// Answers a question that nobody waits for: the verdict is counted, opens a review where it asks for one, and
/// completes the event that recorded the question.
pub async fn settle(services: &Services, question: &JudgeRequest, asked: DecisionEvent) {
    let deadline = Instant::now() + services.judge.deadline(None);
    let mut verdict = evaluate(services, question, deadline).await.ok();
    if let Some(verdict) = &mut verdict
        && let Some(review) = to_review(question, verdict)
    {
        // Nobody waits, so an approval must not be used up.
        match services.reviews.open(review, ident::now()).await.map_err(log_full) {
            Ok(opened) => verdict.review = Some(opened),
            Err(error) => tracing::warn!(?error, request_id = question.request_id, "no review was opened"),
        }
    }
    let event = Box::new(record::evaluated(asked, verdict.as_ref(), ident::now()));
    if let Err(error) = services.audit.note(Record::Evaluation { event }).await {
        tracing::error!(?error, request_id = question.request_id, "a verdict was not recorded");
    }
}

async fn evaluate(
    services: &Services,
    request: &JudgeRequest,
    deadline: Instant,
) -> Result<JudgeVerdict, ApiError> {
    let started = Instant::now();
    let asked = services.judge.ask(request, deadline).await;
    count(services, request, asked, started.elapsed()).await
}

/// The review that a verdict asks for, when the human layer enforces.
fn to_review<'r>(request: &'r JudgeRequest, verdict: &JudgeVerdict) -> Option<&'r ReviewRequest> {
    request.review.as_ref().filter(|_| verdict.verdict == Verdict::Escalate)
}

/// The verdict when people have spoken, or are being asked: the judge is not asked again, so that repeating a request
/// is no lottery.
fn settled(services: &Services, request: &JudgeRequest, outcome: ReviewOutcome) -> JudgeVerdict {
    let (verdict, score, reason) = match outcome.status {
        ReviewStatus::Approved => (Verdict::Pass, 0.0, "review_approved"),
        ReviewStatus::Pending => (Verdict::Escalate, 1.0, "review_pending"),
        ReviewStatus::Denied => (Verdict::Escalate, 1.0, "review_denied"),
    };
    JudgeVerdict {
        nonce: request.nonce.clone(),
        verdict,
        score,
        reason: reason.into(),
        judge: services.judge.identity(),
        latency_ms: 0,
        review: Some(outcome),
    }
}

async fn count(
    services: &Services,
    request: &JudgeRequest,
    asked: Result<JudgeVerdict, JudgeError>,
    took: Duration,
) -> Result<JudgeVerdict, ApiError> {
    let call = match &asked {
        Ok(verdict) => {
            services.metrics.verdict(verdict.verdict, took.as_secs_f64());
            Some(accounting::JudgeCall::Verdict)
        }
        Err(error) => {
            tracing::warn!(%error, request_id = request.request_id, "no verdict");
            services.metrics.judge_error(error.code());
            error.accounting()
        }
    };
    if let Some(call) = call {
        services.control.judge_calls(accounting::judge(call, &request.scopes), ident::now()).await;
    }
    Ok(asked?)
}

fn allowed(headers: &HeaderMap) -> Option<Duration> {
    let milliseconds: u64 = headers.get(DEADLINE_HEADER)?.to_str().ok()?.parse().ok()?;
    // Envoy's zero is "no deadline".
    (milliseconds > 0).then(|| Duration::from_millis(milliseconds))
}

async fn review(
    State(services): State<Arc<Services>>,
    JsonBody(request): JsonBody<ReviewRequest>,
) -> Result<Json<ReviewOutcome>, ApiError> {
    let outcome = services.reviews.redeem_or_open(&request, ident::now()).await.map_err(log_full)?;
    Ok(Json(outcome))
}

fn log_full(error: ReviewError) -> ReviewError {
    if matches!(error, ReviewError::QueueFull) {
        tracing::warn!("a review was not opened: too many are pending");
    }
    error
}

async fn events(
    State(services): State<Arc<Services>>,
    JsonBody(batch): JsonBody<EventBatch>,
) -> Result<Json<EventAck>, ApiError> {
    if batch.source.is_empty() || batch.source.len() > MAX_NAME_BYTES || batch.source == SELF {
        return Err(ApiError::invalid("`source` must be 1 to 256 bytes and not the sidecar's own"));
    }
    if batch.events.len() > MAX_BATCH_EVENTS {
        return Err(ApiError::invalid("too many events in one batch"));
    }
    let questions = recorded(&batch)?;
    let decisions: Vec<_> = batch.events.iter().map(|event| event.decision).collect();
    let calls: Vec<_> = batch.events.iter().map(accounting::upstream).collect();
    let first_seq = batch.first_seq;
    let records = batch.events.into_iter().map(|event| Record::Decision { event: Box::new(event) }).collect();
    let batch = Batch { source: batch.source, first_seq: Some(first_seq), lost_total: batch.lost, records };
    let stored = services.audit.append(batch).await.inspect_err(|_| {
        services.metrics.events_refused.inc();
    })?;
    let new = decisions.len().saturating_sub(stored.repeated);
    services.metrics.events_stored.inc_by(new as u64);
    services.metrics.events_repeated.inc_by(stored.repeated as u64);
    services.metrics.events_lost.inc_by(stored.newly_lost);
    decisions.into_iter().skip(stored.repeated).for_each(|decision| services.metrics.decision(decision));
    let calls: Vec<_> = calls.into_iter().skip(stored.repeated).flatten().collect();
    if !calls.is_empty() {
        services.control.upstream_calls(calls, ident::now()).await;
    }
    let first_new = first_seq.saturating_add(stored.repeated as u64);
    for (_, question, asked) in questions.into_iter().filter(|(seq, ..)| *seq >= first_new) {
        let services = services.clone();
        // The judge bounds how many wait; one too many is answered at once, with an error that is recorded.
        tokio::spawn(async move { settle(&services, &question, asked).await });
    }
    Ok(Json(EventAck { next_seq: stored.next_seq }))
}

/// The questions of a batch with the events that record them.
fn recorded(batch: &EventBatch) -> Result<Vec<(u64, JudgeRequest, DecisionEvent)>, ApiError> {
    let event_of = |seq: u64| {
        let index = usize::try_from(seq.checked_sub(batch.first_seq)?).ok()?;
        batch.events.get(index).filter(|event| event.judge.is_some())
    };
    let with_event = |deferred: &DeferredQuestion| {
        let event = event_of(deferred.seq).filter(|_| !deferred.question.nonce.is_empty())?;
        Some((deferred.seq, deferred.question.clone(), event.clone()))
    };
    let all: Option<Vec<_>> = batch.questions.iter().map(with_event).collect();
    all.ok_or_else(|| ApiError::invalid("a question without a nonce, or without its event"))
}

#[derive(Debug, Deserialize)]
struct Poll {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    wait_ms: u64,
}

/// Answers as soon as the snapshot is another one than `after`, or when the wait is over.
async fn control(
    State(services): State<Arc<Services>>,
    poll: Result<Query<Poll>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<ControlSnapshot>, ApiError> {
    let Query(poll) = poll.map_err(|_| ApiError::invalid("`after` and `wait_ms` are whole numbers"))?;
    let mut snapshots = services.control.watch();
    let wait = Duration::from_millis(poll.wait_ms).min(MAX_POLL_WAIT);
    let mut ending = services.ending.clone();
    tokio::select! {
        // An error means that the sender is gone: the last snapshot is still the answer.
        _ = snapshots.wait_for(|s| s.version != poll.after) => {}
        () = tokio::time::sleep(wait) => {}
        _ = ending.wait_for(|ending| *ending) => {}
    }
    let snapshot = ControlSnapshot::clone(&snapshots.borrow());
    Ok(Json(snapshot))
}

async fn ready(State(services): State<Arc<Services>>) -> impl IntoResponse {
    if *services.ending.borrow() {
        return (StatusCode::SERVICE_UNAVAILABLE, "ending\n");
    }
    if services.audit.is_poisoned() {
        return (StatusCode::SERVICE_UNAVAILABLE, "audit log unavailable\n");
    }
    match services.reviews.store().read(|_| Ok(())).await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "store unavailable\n"),
    }
}
