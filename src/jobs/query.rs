//! Looking at jobs: one view, lists with filters and a cursor, counts, events, results.
//!
//! A list walks one index, newest first: the narrowest that a filter gives. Nothing here writes.

use uuid::Uuid;

use super::record::{
    BY_KEY, BY_STATUS, BY_TENANT, BY_TYPE, COUNTS, EVENTS, JOBS, JobRow, Mark, QUEUE, RESULTS, STATUSES, TYPES,
    status_byte, type_byte,
};
use crate::{
    api::{Event, JobList, JobResult, JobStatus, JobType, JobView, Time},
    store::{Order, Read, Span, Store, StoreError, StoreKey, Table},
};

/// Up to this many matches are counted exactly.
pub const COUNTED: u64 = 10_000;
/// Queue rows that are looked at for a position.
const POSITIONS: u64 = 10_000;
/// Jobs that one list looks at.
const LOOKED_AT: u64 = 20_000;

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
    let ahead = read.count(&QUEUE, &Span::all().before(&row.queue_key()), POSITIONS)?;
    Ok((ahead < POSITIONS).then_some(ahead + 1))
}

/// The status alone.
pub(super) fn status(store: &Store, id: Uuid) -> Result<Option<JobStatus>, StoreError> {
    Ok(store.read(|read| read.get(&JOBS, &id.as_u128()))?.map(|row| row.state.status()))
}

/// One page, from the cursor on: what comes before it is not looked at again, and no request looks at
/// more than [`LOOKED_AT`] jobs. A page that is short for that reason has a cursor all the same.
pub(super) fn list(store: &Store, query: &JobQuery) -> Result<JobList, ListError> {
    let cursor = query.cursor.as_deref().map(parse_cursor).transpose()?;
    store.read(|read| {
        let index = Index::of(read, query)?;
        let mut jobs: Vec<JobRow> = Vec::new();
        let mut looked_at = 0;
        let mut next = None;
        index.walk(read, query, cursor, |id| {
            looked_at += 1;
            let row = read.get(&JOBS, &id)?.filter(|row| matches(query, row));
            if jobs.len() == query.limit {
                // There is more if this one counts, and may be if the look ends here.
                if row.is_some() || looked_at >= LOOKED_AT {
                    next = jobs.last().map(|last| last.id);
                }
                return Ok(next.is_none());
            }
            jobs.extend(row);
            if looked_at >= LOOKED_AT {
                next = Some(id);
            }
            Ok(looked_at < LOOKED_AT)
        })?;
        let total = total(read, &index, query)?;
        let (total, total_at_least) = if total > COUNTED { (None, Some(COUNTED)) } else { (Some(total), None) };
        let jobs: Result<Vec<JobView>, StoreError> = jobs
            .iter()
            .map(|row| {
                let waits = row.state.status() == JobStatus::Pending;
                Ok(row.view(if waits { position(read, row)? } else { None }))
            })
            .collect();
        let next_cursor = next.map(|id| Uuid::from_u128(id).simple().to_string());
        Ok(JobList { jobs: jobs?, total, total_at_least, next_cursor })
    })
}

/// The index that a list goes by: the one with the fewest rows that is known to hold them all.
enum Index {
    Status(JobStatus),
    Tenant(u128),
    Key(String),
    Type(JobType),
    All,
}

impl Index {
    fn of(read: &Read, query: &JobQuery) -> Result<Self, StoreError> {
        if let Some(status) = query.status {
            let is_alone = query.tenant_id.is_none() && query.key_id.is_none();
            if is_alone || counted(read, Some(status), None)? <= COUNTED {
                return Ok(Self::Status(status));
            }
        }
        Ok(match (query.tenant_id, &query.key_id, query.job_type) {
            (Some(tenant), _, _) => Self::Tenant(tenant.as_u128()),
            (None, Some(key), _) => Self::Key(key.clone()),
            (None, None, Some(job_type)) => Self::Type(job_type),
            (None, None, None) => Self::All,
        })
    }

    fn walk(
        &self,
        read: &Read,
        query: &JobQuery,
        before: Option<u128>,
        mut visit: impl FnMut(u128) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let (first, last) = created(query);
        let last = before.map_or(last, |before| last.min(before));
        match self {
            Self::Status(status) => walk(read, &BY_STATUS, status_byte(*status), first, last, visit),
            Self::Tenant(tenant) => walk(read, &BY_TENANT, *tenant, first, last, visit),
            Self::Key(key) => walk(read, &BY_KEY, key.clone(), first, last, visit),
            Self::Type(job_type) => walk(read, &BY_TYPE, type_byte(*job_type), first, last, visit),
            Self::All => {
                let span = Span::all().from(&first).before(&last);
                read.scan(&JOBS, &span, Order::Falling, |id, _| visit(id))
            }
        }
    }
}

/// Ids that a list's times allow: an id bears the time of creation. The rows decide.
fn created(query: &JobQuery) -> (u128, u128) {
    let id = |time: Time| u128::from(time.millis().max(0).unsigned_abs()) << 80;
    (query.created_after.map_or(0, id), query.created_before.map_or(u128::MAX, id))
}

/// How many jobs a list has in all: exact up to [`COUNTED`].
fn total(read: &Read, index: &Index, query: &JobQuery) -> Result<u64, StoreError> {
    let is_by_count = query.tenant_id.is_none()
        && query.key_id.is_none()
        && query.created_after.is_none()
        && query.created_before.is_none();
    if is_by_count {
        return counted(read, query.status, query.job_type);
    }
    // The index alone says it where nothing else is asked for.
    let is_index = query.status.is_none()
        && query.job_type.is_none()
        && query.created_after.is_none()
        && query.created_before.is_none()
        && query.tenant_id.is_some() != query.key_id.is_some();
    let (mut total, mut looked_at) = (0, 0);
    index.walk(read, query, None, |id| {
        looked_at += 1;
        total += u64::from(is_index || read.get(&JOBS, &id)?.is_some_and(|row| matches(query, &row)));
        Ok(total <= COUNTED && looked_at < LOOKED_AT)
    })?;
    // Where the look ended early nobody knows, and the answer says "at least".
    Ok(if looked_at >= LOOKED_AT { COUNTED + 1 } else { total })
}

/// Jobs of a status and a type, as they are counted.
fn counted(read: &Read, status: Option<JobStatus>, job_type: Option<JobType>) -> Result<u64, StoreError> {
    let mut sum = 0;
    read.scan(&COUNTS, &Span::all(), Order::Rising, |(counted_type, counted_status), count| {
        if status.is_none_or(|status| status_byte(status) == counted_status)
            && job_type.is_none_or(|job_type| type_byte(job_type) == counted_type)
        {
            sum += count.0;
        }
        Ok::<_, StoreError>(true)
    })?;
    Ok(sum)
}

fn walk<K: StoreKey + Clone + 'static>(
    read: &Read,
    table: &Table<(K, u128), Mark>,
    part: K,
    first: u128,
    last: u128,
    mut visit: impl FnMut(u128) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let span = Span::all().from(&(part.clone(), first)).before(&(part, last));
    read.scan(table, &span, Order::Falling, |(_, id), _| visit(id))
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
