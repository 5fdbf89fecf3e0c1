//! Jobs as clients see them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{JobType, Time};

/// The five words for where a job is. `queued` is accepted for `pending`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    #[serde(alias = "queued")]
    Pending,
    Running,
    Completed,
    Failed,
    Cancelled,
}

impl JobStatus {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Terminal states never change.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// The `202` of a submit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    pub job_id: Uuid,
    pub job_type: JobType,
    pub status: JobStatus,
    pub created_at: Time,
    pub status_url: String,
    pub result_url: String,
    pub artifacts_url: String,
    pub websocket_url: String,
}

/// `GET /jobs/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    pub job_id: Uuid,
    pub job_type: JobType,
    pub tenant_id: Uuid,
    pub key_id: String,
    pub status: JobStatus,
    /// 0 to 1.
    pub progress: f64,
    pub current_step: Option<String>,
    pub attempt: u32,
    pub created_at: Time,
    pub started_at: Option<Time>,
    pub completed_at: Option<Time>,
    pub error: Option<JobError>,
    pub cancel_requested: bool,
    /// From 1 while pending.
    pub queue_position: Option<u64>,
    #[schema(value_type = Object)]
    pub progress_detail: BTreeMap<String, serde_json::Value>,
}

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobError {
    pub code: String,
    pub message: String,
    pub retryable: bool,
}

/// `GET /jobs`. `total` is exact to 10,000; beyond that `total_at_least` stands instead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobList {
    pub jobs: Vec<JobView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_at_least: Option<u64>,
    pub next_cursor: Option<String>,
}

/// `GET /jobs/{id}/result`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobResult {
    pub job_id: Uuid,
    pub status: JobStatus,
    #[schema(value_type = Object)]
    pub result: serde_json::Value,
    pub completed_at: Time,
    pub duration_seconds: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<JobError>,
}

/// `DELETE /jobs/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CancelAnswer {
    pub job_id: Uuid,
    pub status: JobStatus,
    pub cancel_requested: bool,
}

/// One row of `GET /jobs/{id}/artifacts/list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ArtifactEntry {
    pub path: String,
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
}
