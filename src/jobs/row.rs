//! A job's record on disk. Field and variant order is frozen by bincode.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::state::{Fence, State};
use crate::api::{JobError, JobType, JobView, Time};

/// A job on disk. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct JobRow {
    pub id: u128,
    pub job_type: TypeRow,
    pub tenant: u128,
    pub key_id: String,
    /// `api::Operation` as JSON.
    pub operation: String,
    pub priority: i8,
    pub timeout_seconds: Option<u64>,
    pub created_at: i64,
    pub state: State,
    /// Number of the last event.
    pub last_seq: u64,
    /// Whether the present start has recorded anything.
    pub headway: bool,
    pub progress: f64,
    pub step: Option<String>,
    /// JSON object.
    pub detail: String,
    /// How long it has run in all its attempts, as far as was recorded.
    pub ran_ms: u64,
}

/// An operation on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TypeRow {
    Scan,
    GenerateIac,
    CreateTenant,
    GenerateSpec,
}

impl From<JobType> for TypeRow {
    fn from(job_type: JobType) -> Self {
        match job_type {
            JobType::Scan => Self::Scan,
            JobType::GenerateIac => Self::GenerateIac,
            JobType::CreateTenant => Self::CreateTenant,
            JobType::GenerateSpec => Self::GenerateSpec,
        }
    }
}

impl From<TypeRow> for JobType {
    fn from(row: TypeRow) -> Self {
        match row {
            TypeRow::Scan => Self::Scan,
            TypeRow::GenerateIac => Self::GenerateIac,
            TypeRow::CreateTenant => Self::CreateTenant,
            TypeRow::GenerateSpec => Self::GenerateSpec,
        }
    }
}

impl JobRow {
    pub(super) fn uuid(&self) -> Uuid {
        Uuid::from_u128(self.id)
    }

    /// Whether it writes the tenant or its graph: one such job a tenant at a time. A dry run of a creation does not.
    pub(super) fn is_writer(&self) -> bool {
        #[derive(Deserialize)]
        struct Dry {
            #[serde(default)]
            dry_run: bool,
        }
        #[derive(Deserialize)]
        struct Stored {
            parameters: Dry,
        }
        let is_dry = || serde_json::from_str::<Stored>(&self.operation).is_ok_and(|stored| stored.parameters.dry_run);
        match self.job_type {
            TypeRow::Scan => true,
            TypeRow::CreateTenant => !is_dry(),
            TypeRow::GenerateIac | TypeRow::GenerateSpec => false,
        }
    }

    pub(crate) fn queue_key(&self) -> (u8, u128) {
        (0x7f_u8.wrapping_sub(self.priority.cast_unsigned()), self.id)
    }

    pub(crate) fn fence(&self) -> Option<Fence> {
        match &self.state {
            State::Running { fence, .. } => Some(*fence),
            _ => None,
        }
    }

    pub(super) fn view(&self, queue_position: Option<u64>) -> JobView {
        let error = match &self.state {
            State::Failed { reason, .. } => Some(JobError {
                code: reason.code.clone(),
                message: reason.message.clone(),
                retryable: reason.retryable,
            }),
            _ => None,
        };
        JobView {
            job_id: self.uuid(),
            job_type: self.job_type.into(),
            tenant_id: Uuid::from_u128(self.tenant),
            key_id: self.key_id.clone(),
            status: self.state.status(),
            progress: self.progress,
            current_step: self.step.clone(),
            attempt: self.state.tries().attempt(),
            created_at: Time::from_millis(self.created_at),
            started_at: self.state.started_at().map(Time::from_millis),
            completed_at: self.state.completed_at().map(Time::from_millis),
            error,
            cancel_requested: matches!(self.state, State::Running { cancel_asked: true, .. } | State::Cancelled { .. }),
            queue_position,
            progress_detail: serde_json::from_str(&self.detail).unwrap_or_default(),
        }
    }
}
