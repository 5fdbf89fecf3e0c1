//! The errors of client commands, in words for the person who typed the command.

use std::{fmt::Write, path::PathBuf, time::Duration};

use uuid::Uuid;

use super::Exit;
use crate::api::{ErrorBody, ErrorCode, JobStatus};

/// Why a client command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The daemon answered, and said no.
    #[error("{}", refusal(*.status, .body, .hint.as_deref()))]
    Refused {
        status: u16,
        body: Box<ErrorBody>,
        hint: Option<String>,
        /// How long the daemon asks to wait.
        retry_after: Option<Duration>,
    },
    /// Something answered, but not as the daemon does.
    #[error("{url} answered {status} with something that is not atgd's: is it another service, or a proxy?")]
    Foreign { url: String, status: u16 },
    #[error(
        "cannot reach the daemon at {url}: {reason} (is `atgd serve` running? another address: --server or ATGD_SERVER)"
    )]
    Unreachable { url: String, reason: String },
    #[error("the daemon's answer from {url} broke off: {reason}")]
    BrokenOff { url: String, reason: String },
    #[error("no job's id begins with {0:?}; `atgd jobs` lists them")]
    NoSuchJob(String),
    #[error("several jobs' ids begin with {prefix:?}: {}", list(.candidates))]
    Ambiguous { prefix: String, candidates: Vec<Uuid> },
    #[error("{0:?} is no job id: expected hexadecimal digits and hyphens, at least 4 characters")]
    NoJobId(String),
    #[error("job {id} is {}: it has no artifacts yet", .status.word())]
    NotFinished { id: Uuid, status: JobStatus },
    #[error("{0}")]
    Usage(String),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("the archive is refused: {0}")]
    Archive(String),
    #[error("the downloaded file's checksum is not the one that the daemon announced; try again")]
    Checksum,
}

impl ClientError {
    /// The exit code that scripts see.
    pub fn exit(&self) -> Exit {
        match self {
            Self::File { .. } | Self::Usage(_) | Self::Archive(_) | Self::Checksum => Exit::Local,
            _ => Exit::Refused,
        }
    }

    /// The daemon's code, where it answered with one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Refused { body, .. } => Some(body.code),
            _ => None,
        }
    }

    /// How long to wait before the same is asked again: there were too many requests, and it was said.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { status: 429, retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether waiting may help: the daemon is away, starting or stopping.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::BrokenOff { .. } => true,
            Self::Refused { status, .. } | Self::Foreign { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            _ => false,
        }
    }

    pub(super) fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Writing to a text cannot fail.
fn refusal(status: u16, body: &ErrorBody, hint: Option<&str>) -> String {
    let mut text = format!("{} ({status} {})", body.message, body.code.word());
    let fields = body.details.as_ref().and_then(|details| details["fields"].as_array());
    for field in fields.into_iter().flatten() {
        let word = |key: &str| field[key].as_str().unwrap_or_default();
        let line = match field["line"].as_u64() {
            Some(number) => format!("line {number}: {}", word("message")),
            None => format!("{}: {}", word("path"), word("message")),
        };
        // Where one field is wrong, the message says it.
        if line != body.message {
            let _ = write!(text, "\n  {line}");
        }
    }
    if let Some(hint) = hint {
        let _ = write!(text, "\n  {hint}");
    }
    if !body.request_id.is_empty() {
        let _ = write!(text, "\n  request {}", body.request_id);
    }
    text
}

fn list(ids: &[Uuid]) -> String {
    ids.iter().map(Uuid::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_where_and_which_request() {
        let body = ErrorBody {
            code: ErrorCode::ValidationFailed,
            message: "the request is not valid".into(),
            details: Some(serde_json::json!({"fields": [{"path": "tenant_id", "message": "expected a UUID"}]})),
            request_id: "r-1".into(),
        };
        let error = ClientError::Refused { status: 422, body: Box::new(body), hint: None, retry_after: None };
        let text = error.to_string();
        assert!(text.contains("422 validation_failed") && text.contains("tenant_id: expected a UUID"), "{text}");
        assert!(text.ends_with("request r-1"), "{text}");
        assert_eq!(error.exit(), Exit::Refused);
    }

    #[test]
    fn what_the_message_says_of_the_only_wrong_field_is_not_said_twice() {
        let body = ErrorBody {
            code: ErrorCode::ValidationFailed,
            message: "at: expected a time".into(),
            details: Some(serde_json::json!({"fields": [{"path": "at", "message": "expected a time"}]})),
            request_id: String::new(),
        };
        let error = ClientError::Refused { status: 422, body: Box::new(body), hint: None, retry_after: None };
        assert_eq!(error.to_string(), "at: expected a time (422 validation_failed)");
    }
}
