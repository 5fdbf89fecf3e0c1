//! What a handler answers when it says no. The gate turns it into the one shape of errors, with the
//! request's id; the cause of an `internal` goes to the log and never to the caller.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    api::{ErrorBody, ErrorCode, ErrorEnvelope, FieldError},
    auth::{Denied, KeyError},
    graph::GraphError,
    jobs::{CancelError, Failure, ListError, PurgeError, RetryError, SubmitError},
};

/// A refusal on its way out.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub code: ErrorCode,
    pub message: String,
    pub details: Option<Value>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None, headers: Vec::new() }
    }

    /// `422` with the fields that are wrong.
    pub(super) fn fields(fields: Vec<FieldError>) -> Self {
        let message = match fields.as_slice() {
            [one] => format!("{}: {}", one.path, one.message),
            _ => format!("{} fields are not valid", fields.len()),
        };
        Self { details: Some(json!({ "fields": fields })), ..Self::new(ErrorCode::ValidationFailed, message) }
    }

    /// `422` of one field.
    pub(super) fn field(path: &str, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError::new(path, message)])
    }

    pub(crate) fn no_job() -> Self {
        Self::new(ErrorCode::NotFound, "there is no such job")
    }

    /// Fixed words for the caller; the cause is for the log alone.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed inside the daemon");
        Self::new(ErrorCode::Internal, "something went wrong inside the daemon; its log has the cause under this id")
    }

    /// A write that the store did not take.
    pub(super) fn stored(is_full: bool, cause: impl std::fmt::Display) -> Self {
        if is_full {
            return Self::new(ErrorCode::StorageFull, "no space is left on the disk of the daemon's state");
        }
        Self::internal(cause)
    }

    pub(super) fn with(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        self.with(header::RETRY_AFTER, seconds)
    }

    /// The answer, with the request's id in it.
    pub(crate) fn render(self, request_id: &str) -> Response {
        let envelope = ErrorEnvelope {
            detail: self.message.clone(),
            error: ErrorBody {
                code: self.code,
                message: self.message,
                details: self.details,
                request_id: request_id.to_owned(),
            },
        };
        let mut response = (status(self.code), axum::Json(envelope)).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

fn status(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = status(self.code).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        if failure.code == "validation_failed" {
            return Self { details: failure.partial, ..Self::new(ErrorCode::ValidationFailed, failure.message) };
        }
        let code = match failure.code.as_str() {
            "unknown_tenant" => ErrorCode::UnknownTenant,
            "plan_changed" => ErrorCode::PlanChanged,
            "invalid_request" | "unsupported" | "no_subscription" => ErrorCode::ValidationFailed,
            _ => return Self::internal(format!("{}: {failure}", failure.code)),
        };
        Self::new(code, failure.message)
    }
}

impl From<SubmitError> for Refusal {
    fn from(error: SubmitError) -> Self {
        let message = error.to_string();
        match error {
            SubmitError::QueueFull { retry_after_seconds, .. } => {
                Self::new(ErrorCode::QueueFull, message).retry_after(retry_after_seconds)
            }
            SubmitError::IdempotencyConflict => Self::new(ErrorCode::IdempotencyConflict, message),
            SubmitError::ShuttingDown => Self::new(ErrorCode::ShuttingDown, message).retry_after(5),
            SubmitError::AlreadyRetried(by) => {
                let details = Some(json!({ "job_id": by }));
                Self { details, ..Self::new(ErrorCode::AlreadyRetried, message) }
            }
            SubmitError::Gone => Self::no_job(),
            SubmitError::Refused(failure) => failure.into(),
            SubmitError::Store(error) => Self::stored(error.is_full(), error),
        }
    }
}

impl From<CancelError> for Refusal {
    fn from(error: CancelError) -> Self {
        let message = error.to_string();
        match error {
            CancelError::NotFound => Self::no_job(),
            CancelError::AlreadyFinished(_) => Self::new(ErrorCode::JobAlreadyFinished, message),
            CancelError::Store(error) => Self::stored(error.is_full(), error),
        }
    }
}

impl From<PurgeError> for Refusal {
    fn from(error: PurgeError) -> Self {
        let message = error.to_string();
        match error {
            PurgeError::NotFound => Self::no_job(),
            PurgeError::NotFinished(_) => Self::new(ErrorCode::JobNotFinished, message),
            PurgeError::Store(error) => Self::stored(error.is_full(), error),
        }
    }
}

impl From<RetryError> for Refusal {
    fn from(error: RetryError) -> Self {
        let message = error.to_string();
        match error {
            RetryError::NotFound => Self::no_job(),
            RetryError::NotRetryable(status) if status.is_terminal() => {
                Self::new(ErrorCode::JobAlreadyFinished, message)
            }
            RetryError::NotRetryable(_) => Self::new(ErrorCode::JobNotFinished, message),
            RetryError::Submit(error) => error.into(),
        }
    }
}

impl From<ListError> for Refusal {
    fn from(error: ListError) -> Self {
        match error {
            ListError::BadCursor => Self::field("cursor", error.to_string()),
            ListError::Store(error) => Self::stored(error.is_full(), error),
        }
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Invalid => Self::unauthenticated("the API key is not valid"),
            Denied::Busy => Self::new(ErrorCode::RateLimited, denied.to_string()).retry_after(1),
            Denied::Store(error) => Self::stored(error.is_full(), error),
        }
    }
}

impl Refusal {
    pub(super) fn unauthenticated(message: &str) -> Self {
        Self::new(ErrorCode::Unauthenticated, message)
            .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }
}

impl From<KeyError> for Refusal {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Invalid { path, message } => Self::field(path, message),
            KeyError::NotFound(_) | KeyError::Revoked(_) => Self::new(ErrorCode::NotFound, error.to_string()),
            KeyError::Hash(_) => Self::internal(error),
            KeyError::Store(error) => Self::stored(error.is_full(), error),
        }
    }
}

impl From<GraphError> for Refusal {
    fn from(error: GraphError) -> Self {
        Self::internal(error)
    }
}
