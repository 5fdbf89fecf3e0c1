//! Looking at jobs: one view, lists with filters and a cursor, counts, events, results.
//!
//! A list walks one index, newest first: the narrowest that a filter gives. Nothing here writes.

use std::collections::HashMap;

use uuid::Uuid;

use super::record::{
    ARTIFACTS, BY_KEY, BY_STATUS, BY_TENANT, BY_TYPE, COUNTS, EVENTS, IDEMPOTENCY, JOBS, JOURNAL, JobRow, Mark, QUEUE,
    RESULTS, STATUSES, TYPES, status_byte, type_byte,
};
use crate::{
    api::{Event, JobList, JobResult, JobStatus, JobType, JobView, Time},
    store::{Order, Read, Span, Store, StoreError, StoreKey, Table},
};

/// Up to this many matches are counted exactly.
pub const COUNTED: u64 = 10_000;
/// Queue rows that are looked at for a position.
const POSITIONS: u64 = 10_000;

/// What a list is asked for. `limit` is 1 to 200.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobQuery {
    pub status: Option<JobStatus>,
    pub job_type: Option<JobType>,
    pub tenant_id: Option<Uuid>,
    pub key_id: Option<String>,
    pub created_after: Option<Time>,
    pub created_before: Option<Time>,
    pub limit: usize,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Why a list could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    #[error("this cursor is not one that a list gave")]
    BadCursor,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Jobs by type and status, and how many wait and run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub pending: u64,
    pub running: u64,
    pub by_type_status: Vec<(JobType, JobStatus, u64)>,
}

pub(super) fn view(store: &Store, id: Uuid) -> Result<Option<JobView>, StoreError> {
    store.read(|read| {
        let Some(row) = read.get(&JOBS, &id.as_u128())? else { return Ok(None) };
        let position = if row.state.status() == JobStatus::Pending { position(read, &row)? } else { None };
        Ok(Some(row.view(position)))
    })
}

fn position(read: &Read, row: &JobRow) -> Result<Option<u64>, StoreError> {
    let mut ahead = 0;
    let mut found = None;
    read.scan(&QUEUE, &Span::all(), Order::Rising, |(_, id), _| {
        ahead += 1;
        if id == row.id {
            found = Some(ahead);
        }
        Ok::<_, StoreError>(found.is_none() && ahead < POSITIONS)
    })?;
    Ok(found)
}

pub(super) fn list(store: &Store, query: &JobQuery) -> Result<JobList, ListError> {
    let before = query.cursor.as_deref().map(parse_cursor).transpose()?;
    store.read(|read| {
        let mut jobs: Vec<JobRow> = Vec::new();
        let mut total = 0_u64;
        let mut more = false;
        let mut visit = |id: u128| -> Result<bool, StoreError> {
            let Some(row) = read.get(&JOBS, &id)? else { return Ok(true) };
            if !matches(query, &row) {
                return Ok(true);
            }
            total += 1;
            if before.is_none_or(|before| id < before) {
                if jobs.len() < query.limit {
                    jobs.push(row);
                } else {
                    more = true;
                }
            }
            Ok(total <= COUNTED || !more)
        };
        if let Some(status) = query.status {
            walk(read, &BY_STATUS, status_byte(status), &mut visit)?;
        } else if let Some(tenant) = query.tenant_id {
            walk(read, &BY_TENANT, tenant.as_u128(), &mut visit)?;
        } else if let Some(key) = &query.key_id {
            walk(read, &BY_KEY, key.clone(), &mut visit)?;
        } else if let Some(job_type) = query.job_type {
            walk(read, &BY_TYPE, type_byte(job_type), &mut visit)?;
        } else {
            read.scan(&JOBS, &Span::all(), Order::Falling, |id, _| visit(id))?;
        }
        let next_cursor = more.then(|| jobs.last().map(|row| row.uuid().simple().to_string())).flatten();
        let positions = positions(read, &jobs)?;
        let jobs = jobs.iter().map(|row| row.view(positions.get(&row.id).copied())).collect();
        let (total, total_at_least) = if total > COUNTED { (None, Some(COUNTED)) } else { (Some(total), None) };
        Ok(JobList { jobs, total, total_at_least, next_cursor })
    })
}

fn positions(read: &Read, jobs: &[JobRow]) -> Result<HashMap<u128, u64>, StoreError> {
    let mut wanted: usize = jobs.iter().filter(|row| row.state.status() == JobStatus::Pending).count();
    let mut found = HashMap::new();
    let mut ahead = 0;
    if wanted > 0 {
        read.scan(&QUEUE, &Span::all(), Order::Rising, |(_, id), _| {
            ahead += 1;
            if jobs.iter().any(|row| row.id == id) {
                found.insert(id, ahead);
                wanted -= 1;
            }
            Ok::<_, StoreError>(wanted > 0 && ahead < POSITIONS)
        })?;
    }
    Ok(found)
}

fn walk<K: StoreKey + 'static>(
    read: &Read,
    table: &Table<(K, u128), Mark>,
    part: K,
    visit: &mut impl FnMut(u128) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    read.scan(table, &Span::prefix(&part), Order::Falling, |(_, id), _| visit(id))
}

fn matches(query: &JobQuery, row: &JobRow) -> bool {
    query.status.is_none_or(|status| row.state.status() == status)
        && query.job_type.is_none_or(|job_type| JobType::from(row.job_type) == job_type)
        && query.tenant_id.is_none_or(|tenant| row.tenant == tenant.as_u128())
        && query.key_id.as_ref().is_none_or(|key| row.key_id == *key)
        && query.created_after.is_none_or(|after| row.created_at > after.millis())
        && query.created_before.is_none_or(|before| row.created_at < before.millis())
}

fn parse_cursor(text: &str) -> Result<u128, ListError> {
    Uuid::try_parse(text).map(|id| id.as_u128()).map_err(|_| ListError::BadCursor)
}

/// When the next job that waits for a time may run.
pub(super) fn next_due(store: &Store, now: i64) -> Result<Option<i64>, StoreError> {
    let mut due: Option<i64> = None;
    store.read(|read| {
        read.scan(&QUEUE, &Span::all(), Order::Rising, |_, queued| {
            if let Some(at) = queued.not_before.filter(|at| *at > now) {
                due = Some(due.map_or(at, |earliest| earliest.min(at)));
            }
            Ok::<_, StoreError>(true)
        })
    })?;
    Ok(due)
}

pub(super) fn result(store: &Store, id: Uuid) -> Result<Option<JobResult>, StoreError> {
    store.read(|read| {
        let Some(row) = read.get(&JOBS, &id.as_u128())? else { return Ok(None) };
        let Some(completed_at) = row.state.completed_at() else { return Ok(None) };
        let text = read.get(&RESULTS, &id.as_u128())?;
        let result = text.and_then(|text| serde_json::from_str(&text.0).ok()).unwrap_or_else(|| serde_json::json!({}));
        let started = row.state.started_at().unwrap_or(completed_at);
        let view = row.view(None);
        Ok(Some(JobResult {
            job_id: id,
            status: view.status,
            result,
            completed_at: Time::from_millis(completed_at),
            duration_seconds: (completed_at - started).max(0) as f64 / 1_000.0,
            error: view.error,
        }))
    })
}

pub(super) fn events(store: &Store, id: Uuid, after: u64, limit: usize) -> Result<Vec<Event>, StoreError> {
    let mut events = Vec::new();
    store.read(|read| {
        let span = Span::prefix(&id.as_u128()).after(&(id.as_u128(), after));
        read.scan(&EVENTS, &span, Order::Rising, |(_, seq), row| {
            if events.len() >= limit {
                return Ok(false);
            }
            let kind = serde_json::from_str(&row.kind)
                .map_err(|error| StoreError::Record { table: EVENTS.name, cause: error.to_string() })?;
            events.push(Event { seq, job_id: id, timestamp: Time::from_millis(row.at), kind });
            Ok::<_, StoreError>(true)
        })
    })?;
    Ok(events)
}

pub(super) fn counts(store: &Store) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    store.read(|read| {
        read.scan(&COUNTS, &Span::all(), Order::Rising, |(job_type, status), count| {
            let (Some(job_type), Some(status)) = (TYPES.get(usize::from(job_type)), STATUSES.get(usize::from(status)))
            else {
                return Ok(true);
            };
            match status {
                JobStatus::Pending => counts.pending += count.0,
                JobStatus::Running => counts.running += count.0,
                _ => {}
            }
            counts.by_type_status.push((*job_type, *status, count.0));
            Ok::<_, StoreError>(true)
        })
    })?;
    Ok(counts)
}

/// What a check of the jobs' tables saw.
#[derive(Debug, Default)]
pub struct Checked {
    pub counted: Vec<(&'static str, u64)>,
    pub findings: Vec<String>,
}

/// Decodes every record and recounts the indexes against the jobs.
pub fn check_records(read: &Read) -> Result<Checked, StoreError> {
    let mut checked = Checked::default();
    let mut finding = |text: String| checked.findings.push(text);
    let mut jobs = 0;
    let mut recount: HashMap<(u8, u8), u64> = HashMap::new();
    read.scan(&JOBS, &Span::all(), Order::Rising, |id, row| {
        jobs += 1;
        let status = row.state.status();
        let job_type = type_byte(row.job_type.into());
        *recount.entry((job_type, status_byte(status))).or_default() += 1;
        let indexed = read.get(&BY_STATUS, &(status_byte(status), id))?.is_some()
            && read.get(&BY_TYPE, &(job_type, id))?.is_some()
            && read.get(&BY_TENANT, &(row.tenant, id))?.is_some()
            && read.get(&BY_KEY, &(row.key_id.clone(), id))?.is_some();
        let name = row.uuid();
        if !indexed {
            finding(format!("job {name} is missing from an index"));
        }
        if read.get(&QUEUE, &row.queue_key())?.is_some() != (status == JobStatus::Pending) {
            finding(format!("job {name} is {} but the queue says otherwise", status.word()));
        }
        let mut next = 1;
        let mut completes = 0;
        read.scan(&EVENTS, &Span::prefix(&id), Order::Rising, |(_, seq), event| {
            if seq != next {
                finding(format!("job {name} lacks event {next}"));
            }
            next = seq + 1;
            completes += u32::from(event.kind.starts_with("{\"type\":\"complete\""));
            Ok::<_, StoreError>(true)
        })?;
        if next != row.last_seq + 1 || completes != u32::from(status.is_terminal()) {
            finding(format!("job {name} has {} events and {completes} ends", next - 1));
        }
        Ok::<_, StoreError>(true)
    })?;
    for (table, rows) in [
        ("status", read.len(&BY_STATUS)?),
        ("type", read.len(&BY_TYPE)?),
        ("tenant", read.len(&BY_TENANT)?),
        ("key", read.len(&BY_KEY)?),
    ] {
        if rows != jobs {
            finding(format!("the index by {table} has {rows} rows for {jobs} jobs"));
        }
    }
    read.scan(&COUNTS, &Span::all(), Order::Rising, |key, count| {
        if recount.get(&key).copied().unwrap_or(0) != count.0 {
            finding(format!("the count of {key:?} is {}", count.0));
        }
        Ok::<_, StoreError>(true)
    })?;
    checked.counted = vec![
        ("jobs", jobs),
        ("events", read.check(&EVENTS)?),
        ("results", read.check(&RESULTS)?),
        ("artifacts", read.check(&ARTIFACTS)?),
        ("journal notes", read.check(&JOURNAL)?),
        ("idempotency keys", read.check(&IDEMPOTENCY)?),
    ];
    Ok(checked)
}
