//! One event log per job, numbered from 1 without gaps; exactly one `complete`, always last.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{JobStatus, Time};

/// `{seq, job_id, type, timestamp, …}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    pub seq: u64,
    pub job_id: Uuid,
    pub timestamp: Time,
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    Status {
        status: JobStatus,
    },
    Progress {
        phase: String,
        message: String,
        /// 0 to 1.
        progress: f64,
        /// 0 to 100.
        percent: f64,
        #[schema(value_type = Object)]
        details: serde_json::Value,
    },
    Log {
        level: LogLevel,
        message: String,
    },
    Error {
        error_code: String,
        message: String,
    },
    Complete {
        status: JobStatus,
        #[schema(value_type = Object)]
        result: serde_json::Value,
    },
}

/// Level of a job's log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    Info,
    Warn,
    Error,
}
