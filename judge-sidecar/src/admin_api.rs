//! The admin port, for operators: control state, reviews, audit head, metrics. Whatever is asked, known route or not,
//! is refused without the token, and the refusal is always the same.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use weir_engine::wire::control::{ControlSnapshot, Pace, Scope};

use crate::control::{Command, Order};
use crate::ident;
use crate::limits::{MAX_NAME_BYTES, MAX_PAGE, MAX_SMALL_BODY_BYTES};
use crate::metrics::Gauges;
use crate::reply::{ApiError, JsonBody, Name, Note};
use crate::review::{Review, Ruling, State as ReviewState};
use crate::serve::Services;

/// The admin port's routes, all of them behind the token.
pub fn router(services: Arc<Services>) -> Router {
    let routes = Router::new()
        .route("/metrics", get(metrics))
        .route("/v1/status", get(status))
        .route("/v1/control", get(control))
        .route("/v1/control/trip", post(trip))
        .route("/v1/control/reset", post(reset))
        .route("/v1/control/pace", post(pace))
        .route("/v1/control/kill", post(kill))
        .route("/v1/control/unkill", post(unkill))
        .route("/v1/reviews", get(reviews))
        .route("/v1/reviews/{id}", get(review))
        .route("/v1/reviews/{id}/approve", post(approve))
        .route("/v1/reviews/{id}/deny", post(deny))
        .fallback(|| async { ApiError::new(StatusCode::NOT_FOUND, "not_found", "there is no such route") })
        .layer(DefaultBodyLimit::max(MAX_SMALL_BODY_BYTES))
        .with_state(services.clone());
    // Around the whole router, so that no route, no method and no typing error is reached without the token.
    Router::new().fallback_service(routes).layer(middleware::from_fn_with_state(services, authenticate))
}

async fn authenticate(State(services): State<Arc<Services>>, request: Request, next: Next) -> Response {
    let offered = request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes());
    let offered = offered.and_then(|value| value.strip_prefix(b"Bearer "));
    if offered.is_some_and(|token| services.token.is(token)) {
        return next.run(request).await;
    }
    let refusal = ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "the admin token is needed");
    ([(header::WWW_AUTHENTICATE, "Bearer")], refusal).into_response()
}

async fn metrics(State(services): State<Arc<Services>>) -> Result<Response, ApiError> {
    let counts = review_counts(&services).await?;
    let control = services.control.watch().borrow().clone();
    let gauges = Gauges { judge_inside: services.judge.inside(), reviews: &counts, control: &control };
    let text = services.metrics.text(gauges);
    let text = text.map_err(|_| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "metrics", "no metrics"))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

async fn review_counts(services: &Services) -> Result<Vec<(String, u64)>, ApiError> {
    let counted = services.reviews.counts().await?;
    let count = |code: &str| counted.iter().find(|(status, _)| status == code).map_or(0, |(_, n)| *n);
    Ok(ReviewState::ALL.iter().map(|s| (s.code().to_owned(), count(s.code()))).collect())
}

async fn status(State(services): State<Arc<Services>>) -> Result<Json<Value>, ApiError> {
    let reviews: serde_json::Map<String, Value> =
        review_counts(&services).await?.into_iter().map(|(status, n)| (status, n.into())).collect();
    let head = services.audit.head();
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "judge": services.judge.identity(),
        "control": *services.control.watch().borrow().clone(),
        "reviews": reviews,
        "audit": { "records": head.count, "head": head.head },
    })))
}

async fn control(State(services): State<Arc<Services>>) -> Json<ControlSnapshot> {
    Json(ControlSnapshot::clone(&services.control.watch().borrow()))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TripBody {
    scope: Scope,
    actor: Name,
    reason: Name,
    seconds: Option<u64>,
}

async fn trip(
    State(services): State<Arc<Services>>,
    JsonBody(body): JsonBody<TripBody>,
) -> Result<Json<ControlSnapshot>, ApiError> {
    if body.seconds == Some(0) {
        return Err(ApiError::invalid("`seconds` must be at least 1; leave it out for \"until reset\""));
    }
    let command = Command::Trip { scope: checked(body.scope)?, seconds: body.seconds };
    order(&services, body.actor, body.reason, command).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeBody {
    scope: Scope,
    actor: Name,
    reason: Name,
}

async fn reset(
    State(services): State<Arc<Services>>,
    JsonBody(body): JsonBody<ScopeBody>,
) -> Result<Json<ControlSnapshot>, ApiError> {
    let command = Command::Reset { scope: checked(body.scope)? };
    order(&services, body.actor, body.reason, command).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PaceBody {
    scope: Scope,
    state: Pace,
    actor: Name,
    reason: Name,
}

async fn pace(
    State(services): State<Arc<Services>>,
    JsonBody(body): JsonBody<PaceBody>,
) -> Result<Json<ControlSnapshot>, ApiError> {
    let command = Command::Pace { scope: checked(body.scope)?, state: body.state };
    order(&services, body.actor, body.reason, command).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KillBody {
    actor: Name,
    reason: Name,
}

async fn kill(
    State(services): State<Arc<Services>>,
    JsonBody(body): JsonBody<KillBody>,
) -> Result<Json<ControlSnapshot>, ApiError> {
    order(&services, body.actor, body.reason, Command::Kill).await
}

async fn unkill(
    State(services): State<Arc<Services>>,
    JsonBody(body): JsonBody<KillBody>,
) -> Result<Json<ControlSnapshot>, ApiError> {
    order(&services, body.actor, body.reason, Command::Unkill).await
}

async fn order(
    services: &Services,
    actor: Name,
    reason: Name,
    command: Command,
) -> Result<Json<ControlSnapshot>, ApiError> {
    let order = Order { actor: actor.into_string(), reason: reason.into_string(), command };
    tracing::info!(order = order.command.name(), actor = order.actor, "control order");
    let snapshot = services.control.order(&order, ident::now()).await?;
    Ok(Json(ControlSnapshot::clone(&snapshot)))
}

fn checked(scope: Scope) -> Result<Scope, ApiError> {
    let text = scope.to_string();
    if text.len() <= MAX_NAME_BYTES && !text.chars().any(char::is_control) {
        return Ok(scope);
    }
    Err(ApiError::invalid("a scope is at most 256 bytes, without control characters"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    status: Option<ReviewState>,
    #[serde(default)]
    after: u64,
    limit: Option<u32>,
}

async fn reviews(
    State(services): State<Arc<Services>>,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(page) = page.map_err(|_| {
        ApiError::invalid(
            "allowed: `status` (pending, approved, denied, expired, consumed), `after`, `limit`",
        )
    })?;
    let limit = page.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
    let found = services.reviews.list(page.status, page.after, limit, ident::now()).await?;
    let full = found.len() >= limit as usize;
    let next = found.last().filter(|_| full).map(|review| review.position);
    Ok(Json(json!({ "reviews": found, "next": next })))
}

async fn review(
    State(services): State<Arc<Services>>,
    Path(id): Path<String>,
) -> Result<Json<Review>, ApiError> {
    Ok(Json(services.reviews.find(id, ident::now()).await?))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RulingBody {
    actor: Name,
    #[serde(default)]
    note: Note,
}

async fn approve(
    State(services): State<Arc<Services>>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<RulingBody>,
) -> Result<Json<Review>, ApiError> {
    decide(&services, id, Ruling::Approve, body).await
}

async fn deny(
    State(services): State<Arc<Services>>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody<RulingBody>,
) -> Result<Json<Review>, ApiError> {
    decide(&services, id, Ruling::Deny, body).await
}

async fn decide(
    services: &Services,
    id: String,
    ruling: Ruling,
    body: RulingBody,
) -> Result<Json<Review>, ApiError> {
    let (actor, note) = (body.actor.into_string(), body.note.into_string());
    Ok(Json(services.reviews.decide(id, ruling, actor, note, ident::now()).await?))
}
