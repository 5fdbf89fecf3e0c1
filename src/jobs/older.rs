//! Reads job rows as older formats wrote them; writes none.
//!
//! Version 1 did not distinguish fruitless starts in a row from others: all that it counts are taken as in a row.
//! Version 2 did not know how long a job had run.

use serde::{Deserialize, Serialize};

use super::{
    row::{JobRow, TypeRow},
    state::{Fence, Reason, State, Tries},
};
use crate::store::unbincoded;

/// A payload of version 2.
pub(super) fn job2(payload: &[u8]) -> Result<JobRow, String> {
    unbincoded::<JobRow2>(payload).map(JobRow::from)
}

#[derive(Serialize, Deserialize)]
struct JobRow2 {
    id: u128,
    job_type: TypeRow,
    tenant: u128,
    key_id: String,
    operation: String,
    priority: i8,
    timeout_seconds: Option<u64>,
    created_at: i64,
    state: State,
    last_seq: u64,
    headway: bool,
    progress: f64,
    step: Option<String>,
    detail: String,
}

/// A payload of version 1.
pub(super) fn job1(payload: &[u8]) -> Result<JobRow, String> {
    unbincoded::<JobRow1>(payload).map(|row| JobRow2::from(row).into())
}

#[derive(Serialize, Deserialize)]
pub(super) struct JobRow1 {
    id: u128,
    job_type: TypeRow,
    tenant: u128,
    key_id: String,
    operation: String,
    priority: i8,
    timeout_seconds: Option<u64>,
    created_at: i64,
    state: State1,
    last_seq: u64,
    headway: bool,
    progress: f64,
    step: Option<String>,
    detail: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Tries1 {
    starts: u32,
    fruitless: u32,
    transient: u32,
}

#[derive(Serialize, Deserialize)]
enum State1 {
    Pending { tries: Tries1, not_before: Option<i64> },
    Running { tries: Tries1, fence: Fence, started_at: i64, cancel_asked: bool },
    Completed { tries: Tries1, started_at: i64, completed_at: i64 },
    Failed { tries: Tries1, started_at: Option<i64>, completed_at: i64, reason: Reason },
    Cancelled { tries: Tries1, started_at: Option<i64>, completed_at: i64 },
}

impl From<Tries1> for Tries {
    fn from(old: Tries1) -> Self {
        let Tries1 { starts, fruitless, transient } = old;
        Self { starts, fruitless, transient, idle: fruitless, fruitful: 0 }
    }
}

impl From<State1> for State {
    fn from(old: State1) -> Self {
        match old {
            State1::Pending { tries, not_before } => Self::Pending { tries: tries.into(), not_before },
            State1::Running { tries, fence, started_at, cancel_asked } => {
                Self::Running { tries: tries.into(), fence, started_at, cancel_asked }
            }
            State1::Completed { tries, started_at, completed_at } => {
                Self::Completed { tries: tries.into(), started_at, completed_at }
            }
            State1::Failed { tries, started_at, completed_at, reason } => {
                Self::Failed { tries: tries.into(), started_at, completed_at, reason }
            }
            State1::Cancelled { tries, started_at, completed_at } => {
                Self::Cancelled { tries: tries.into(), started_at, completed_at }
            }
        }
    }
}

impl From<JobRow1> for JobRow2 {
    fn from(old: JobRow1) -> Self {
        Self {
            id: old.id,
            job_type: old.job_type,
            tenant: old.tenant,
            key_id: old.key_id,
            operation: old.operation,
            priority: old.priority,
            timeout_seconds: old.timeout_seconds,
            created_at: old.created_at,
            state: old.state.into(),
            last_seq: old.last_seq,
            headway: old.headway,
            progress: old.progress,
            step: old.step,
            detail: old.detail,
        }
    }
}

impl From<JobRow2> for JobRow {
    fn from(old: JobRow2) -> Self {
        Self {
            id: old.id,
            job_type: old.job_type,
            tenant: old.tenant,
            key_id: old.key_id,
            operation: old.operation,
            priority: old.priority,
            timeout_seconds: old.timeout_seconds,
            created_at: old.created_at,
            state: old.state,
            last_seq: old.last_seq,
            headway: old.headway,
            progress: old.progress,
            step: old.step,
            detail: old.detail,
            ran_ms: 0,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::{Table, record};

    record!(JobRow1 = 1);

    /// The table of jobs, written as version 1 wrote it.
    pub(in crate::jobs) const JOBS1: Table<u128, JobRow1> = Table::new("jobs.v1");

    /// A row as version 1 would have written it.
    pub(in crate::jobs) fn as_it_was(row: &JobRow) -> JobRow1 {
        let tries =
            |tries: Tries| Tries1 { starts: tries.starts, fruitless: tries.fruitless, transient: tries.transient };
        let state = match row.state.clone() {
            State::Pending { tries: now, not_before } => State1::Pending { tries: tries(now), not_before },
            State::Running { tries: now, fence, started_at, cancel_asked } => {
                State1::Running { tries: tries(now), fence, started_at, cancel_asked }
            }
            State::Completed { tries: now, started_at, completed_at } => {
                State1::Completed { tries: tries(now), started_at, completed_at }
            }
            State::Failed { tries: now, started_at, completed_at, reason } => {
                State1::Failed { tries: tries(now), started_at, completed_at, reason }
            }
            State::Cancelled { tries: now, started_at, completed_at } => {
                State1::Cancelled { tries: tries(now), started_at, completed_at }
            }
        };
        JobRow1 {
            id: row.id,
            job_type: row.job_type,
            tenant: row.tenant,
            key_id: row.key_id.clone(),
            operation: row.operation.clone(),
            priority: row.priority,
            timeout_seconds: row.timeout_seconds,
            created_at: row.created_at,
            state,
            last_seq: row.last_seq,
            headway: row.headway,
            progress: row.progress,
            step: row.step.clone(),
            detail: row.detail.clone(),
        }
    }
}
