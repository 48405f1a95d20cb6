//! How HTTP requests are read and errors answered, on both ports. The client's text is fixed per code; what went
//! wrong inside goes to the log. Nothing a client sent is ever repeated to it.

use axum::Json;
use axum::body::Bytes;
use axum::extract::FromRequest;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::audit::AuditError;
use crate::control::ControlError;
use crate::judge::JudgeError;
use crate::limits::{MAX_NAME_BYTES, MAX_NOTE_BYTES};
use crate::review::ReviewError;
use crate::store::StoreError;

/// An error answer.
#[derive(Debug)]
pub struct ApiError {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code.
    pub code: &'static str,
    /// For the client.
    pub message: String,
}

impl ApiError {
    /// An error answer.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// The request is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        (self.status, Json(body)).into_response()
    }
}

/// A JSON body, whatever its content type says.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large")
            } else {
                ApiError::invalid("the body could not be read")
            }
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|e| {
            // serde's own text may repeat what was sent.
            let kind = if e.is_data() { "not what is asked for here" } else { "not JSON" };
            ApiError::invalid(format!("the body is {kind} (line {}, column {})", e.line(), e.column()))
        })
    }
}

/// A person who acts: named, with a reason or note.
#[derive(Debug)]
pub struct Name(String);

impl Name {
    /// The name.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let named =
            !text.trim().is_empty() && text.len() <= MAX_NAME_BYTES && !text.chars().any(char::is_control);
        if named { Ok(Self(text)) } else { Err(serde::de::Error::custom("a name is needed")) }
    }
}

/// A reason or note.
#[derive(Debug, Default)]
pub struct Note(String);

impl Note {
    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for Note {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() <= MAX_NOTE_BYTES { Ok(Self(text)) } else { Err(serde::de::Error::custom("too long")) }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "the store is unavailable")
    }
}

impl From<AuditError> for ApiError {
    fn from(error: AuditError) -> Self {
        tracing::error!(%error, "the audit log failed");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_stored", "nothing was stored; send it again")
    }
}

impl From<ReviewError> for ApiError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Invalid(why) => Self::invalid(why),
            ReviewError::QueueFull => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "queue_full", "too many reviews are pending")
            }
            ReviewError::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", "there is no such review"),
            ReviewError::AlreadyDecided(state) => {
                let message = format!("the review is {} already", state.code());
                Self::new(StatusCode::CONFLICT, "already_decided", message)
            }
            ReviewError::Store(error) => error.into(),
        }
    }
}

impl From<ControlError> for ApiError {
    fn from(error: ControlError) -> Self {
        tracing::error!(%error, "a control order failed");
        match error {
            ControlError::TooManyScopes => {
                Self::new(StatusCode::CONFLICT, "too_many_scopes", error.to_string())
            }
            ControlError::NotDurable(_) => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "not_durable",
                "in force now, but the store refused it: a restart would forget it",
            ),
            ControlError::Refused(error) => error.into(),
        }
    }
}

impl From<JudgeError> for ApiError {
    fn from(error: JudgeError) -> Self {
        let status = match error {
            JudgeError::QueueFull => StatusCode::SERVICE_UNAVAILABLE,
            JudgeError::DeadlineInQueue | JudgeError::Timeout => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        };
        Self::new(status, error.code(), "there is no verdict")
    }
}
