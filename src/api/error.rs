//! Error codes: a closed list, each with one HTTP status; this is the only table of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! codes {
    ($($variant:ident = $word:literal, $status:literal;)*) => {
        /// What went wrong, for programs. The word is stable; the message beside it is for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        pub enum ErrorCode { $(#[serde(rename = $word)] $variant,)* }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word on the wire.
            pub const fn word(self) -> &'static str { match self { $(Self::$variant => $word,)* } }

            /// The HTTP status it is answered with.
            pub const fn status(self) -> u16 { match self { $(Self::$variant => $status,)* } }
        }
    };
}

codes! {
    InvalidRequest = "invalid_request", 400;
    QueryFailed = "query_failed", 400;
    Unauthenticated = "unauthenticated", 401;
    ForbiddenScope = "forbidden_scope", 403;
    ForbiddenTenant = "forbidden_tenant", 403;
    HostNotAllowed = "host_not_allowed", 403;
    OriginNotAllowed = "origin_not_allowed", 403;
    NotFound = "not_found", 404;
    MethodNotAllowed = "method_not_allowed", 405;
    JobNotFinished = "job_not_finished", 409;
    JobAlreadyFinished = "job_already_finished", 409;
    AlreadyRetried = "already_retried", 409;
    IdempotencyConflict = "idempotency_conflict", 409;
    PlanChanged = "plan_changed", 409;
    ArtifactsExpired = "artifacts_expired", 410;
    PayloadTooLarge = "payload_too_large", 413;
    UnsupportedMediaType = "unsupported_media_type", 415;
    RangeNotSatisfiable = "range_not_satisfiable", 416;
    ValidationFailed = "validation_failed", 422;
    UnknownTenant = "unknown_tenant", 422;
    RateLimited = "rate_limited", 429;
    Internal = "internal", 500;
    QueueFull = "queue_full", 503;
    ShuttingDown = "shutting_down", 503;
    StorageFull = "storage_full", 507;
}

/// The one shape of every error answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorEnvelope {
    pub error: ErrorBody,
    /// The message again, for clients of the older description.
    pub detail: String,
}

/// What went wrong.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    pub code: ErrorCode,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub details: Option<serde_json::Value>,
    pub request_id: String,
}

/// One entry of `details.fields` of a `validation_failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    pub path: String,
    /// Of a specification: where it is in the text, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    pub message: String,
}

impl FieldError {
    /// One without a place in a text.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), line: None, column: None, message: message.into() }
    }
}
