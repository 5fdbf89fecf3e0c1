//! The tables of jobs, and their rows but for the job's own. Field and variant order is frozen by bincode.
//!
//! Every index row is written in the transaction of the job row that it points to.

use serde::{Deserialize, Serialize};

use super::{older, row::JobRow, state::State};
use crate::{
    api::{JobStatus, JobType},
    store::{Migration, Order, Record, Schema, Span, StoreError, Table, Write, bincoded, record, unbincoded},
};

/// The file of jobs, keys and audit.
pub const SCHEMA: Schema = Schema { name: "atgd-state", format: 4, migrations: MIGRATIONS };
/// To 2: jobs count their fruitless starts in a row. To 3: they know how long they ran, and the queue has
/// lanes. To 4: texts of specifications have rows of their own. Rows of jobs are read in any version and written in the
/// newest, so none is touched; the number keeps an older atgd away from them.
const MIGRATIONS: &[Migration] =
    &[Migration { to: 2, run: |_| Ok(()) }, Migration { to: 3, run: fill_lanes }, Migration { to: 4, run: |_| Ok(()) }];

fn fill_lanes(write: &mut Write<'_>) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    write.scan(&QUEUE, &Span::all(), Order::Rising, |(priority, id), queued| {
        rows.push((queued.lane_key(priority, id), Due(queued.not_before)));
        Ok::<_, StoreError>(true)
    })?;
    rows.iter().try_for_each(|(key, due)| write.put(&LANES, key, due))
}

/// Job that ended without completing → its operation, until what it had written is removed.
pub(super) const CLEANUP: Table<u128, Text> = Table::new("cleanup.v1");
/// Job id → the job. Ids are version 7: their order is that of submission.
pub(super) const JOBS: Table<u128, JobRow> = Table::new("jobs.v1");
/// (255 − priority, job id) → what a claim needs to know. Pending jobs only.
pub(super) const QUEUE: Table<(u8, u128), QueueRow> = Table::new("queue.v1");
/// ((1, tenant) of a writer or (0, 0), key id, 255 − priority, job id) → when it may run. The rows of
/// [`QUEUE`] by what may hold them up: where one of a lane has to wait for others, all of it have.
pub(super) const LANES: Table<LaneKey, Due> = Table::new("queue_lanes.v1");
/// (status, job id), (type, job id), (tenant, job id), (key id, job id).
pub(super) const BY_STATUS: Table<(u8, u128), Mark> = Table::new("jobs_by_status.v1");
pub(super) const BY_TYPE: Table<(u8, u128), Mark> = Table::new("jobs_by_type.v1");
pub(super) const BY_TENANT: Table<(u128, u128), Mark> = Table::new("jobs_by_tenant.v1");
pub(super) const BY_KEY: Table<(String, u128), Mark> = Table::new("jobs_by_key.v1");
/// (type, status) → how many jobs.
pub(super) const COUNTS: Table<(u8, u8), Count> = Table::new("job_counts.v1");
/// (job id, sequence number from 1) → event.
pub(super) const EVENTS: Table<(u128, u64), EventRow> = Table::new("events.v1");
/// Id of a purged job → the number of its last event, until its events are removed too: there may be more
/// than one transaction should hold.
pub(super) const PURGED: Table<u128, Count> = Table::new("purged.v1");
/// Job id → result of a finished job.
pub(super) const RESULTS: Table<u128, Text> = Table::new("results.v1");
/// Job id → text of the specification, of a creation.
pub(super) const TEXTS: Table<u128, Text> = Table::new("texts.v1");
/// Job id → what its zip holds.
pub(super) const ARTIFACTS: Table<u128, ArtifactsRow> = Table::new("artifacts.v1");
/// (made at, job id) → size of a zip that is still there, oldest first.
pub(super) const ZIPS: Table<(i64, u128), Count> = Table::new("zips.v1");
/// (job id, step) → note of an operation.
pub(super) const JOURNAL: Table<(u128, String), Text> = Table::new("journal.v1");
/// (key id, route, idempotency key) → the job it made.
pub(super) const IDEMPOTENCY: Table<(String, String, String), IdempotencyRow> = Table::new("idempotency.v1");
/// 0 → the boot epoch, one higher at each start.
pub(super) const EPOCH: Table<u8, Count> = Table::new("epoch.v1");

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct QueueRow {
    pub tenant: u128,
    pub writer: bool,
    pub key_id: String,
    pub not_before: Option<i64>,
    pub queued_at: i64,
}

/// A row of a lane, and what tells the lane.
pub(super) type LaneKey = (Writes, String, u8, u128);
/// Whether a job writes, and for which tenant.
pub(super) type Writes = (u8, u128);

/// Not before this time; none: at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Due(pub Option<i64>);

/// An index row: the key says it all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Count(pub u64);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Text(pub String);

/// `api::EventKind` as JSON, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EventRow {
    pub at: i64,
    pub kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ArtifactsRow {
    pub size: u64,
    pub sha256: String,
    /// Path, size, SHA-256.
    pub entries: Vec<(String, u64, String)>,
    pub made_at: i64,
    pub expired: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct IdempotencyRow {
    pub body_hash: [u8; 32],
    pub job: u128,
    pub created_at: i64,
}

record!(QueueRow = 1, Due = 1, Mark = 1, Count = 1, Text = 1, EventRow = 1, ArtifactsRow = 1, IdempotencyRow = 1,);

impl Record for JobRow {
    const VERSION: u8 = 3;

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        bincoded(self)?.encode(out)
    }

    fn decode(version: u8, payload: &[u8]) -> Result<Self, String> {
        match version {
            1 => older::job1(payload),
            2 => older::job2(payload),
            3 => unbincoded(payload),
            _ => Err(format!("unknown version {version}, expected 1 to 3")),
        }
    }
}

/// A status in index keys.
pub(super) const fn status_byte(status: JobStatus) -> u8 {
    match status {
        JobStatus::Pending => 0,
        JobStatus::Running => 1,
        JobStatus::Completed => 2,
        JobStatus::Failed => 3,
        JobStatus::Cancelled => 4,
    }
}

/// The statuses by their bytes.
pub(super) const STATUSES: [JobStatus; 5] =
    [JobStatus::Pending, JobStatus::Running, JobStatus::Completed, JobStatus::Failed, JobStatus::Cancelled];

/// A type in index keys.
pub(super) const fn type_byte(job_type: JobType) -> u8 {
    match job_type {
        JobType::Scan => 0,
        JobType::GenerateIac => 1,
        JobType::CreateTenant => 2,
        JobType::GenerateSpec => 3,
    }
}

/// The types by their bytes.
pub(super) const TYPES: [JobType; 4] =
    [JobType::Scan, JobType::GenerateIac, JobType::CreateTenant, JobType::GenerateSpec];

impl QueueRow {
    pub(crate) fn lane_key(&self, priority: u8, id: u128) -> LaneKey {
        let writes = if self.writer { (1, self.tenant) } else { (0, 0) };
        (writes, self.key_id.clone(), priority, id)
    }
}

impl JobRow {
    pub(crate) fn queue_row(&self, now: i64) -> QueueRow {
        let not_before = match &self.state {
            State::Pending { not_before, .. } => *not_before,
            _ => None,
        };
        QueueRow {
            tenant: self.tenant,
            writer: self.is_writer(),
            key_id: self.key_id.clone(),
            not_before,
            queued_at: now,
        }
    }
}
