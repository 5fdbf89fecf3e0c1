//! Reads jobs: one view, lists with filters and a cursor, counts, events, results. Writes nothing.
//!
//! A list walks one index, newest first: the narrowest that a filter gives. A total that neither the counts nor a
//! scan of bounded length can give is reported as a lower bound.

use std::collections::HashMap;

use uuid::Uuid;

use super::{
    record::{
        BY_KEY, BY_STATUS, BY_TENANT, BY_TYPE, COUNTS, EVENTS, JOBS, Mark, QUEUE, RESULTS, STATUSES, TYPES,
        status_byte, type_byte,
    },
    row::JobRow,
};
use crate::{
    api::{Event, JobList, JobResult, JobStatus, JobType, JobView, Time},
    store::{Order, Read, Span, Store, StoreError, StoreKey, Table},
};

/// Up to this many matches are counted exactly.
pub(crate) const COUNTED: u64 = 10_000;
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

/// The positions of those that wait, in one walk along the queue.
fn positions(read: &Read, rows: &[JobRow]) -> Result<HashMap<u128, u64>, StoreError> {
    let mut wanted: Vec<&JobRow> = rows.iter().filter(|row| row.state.status() == JobStatus::Pending).collect();
    wanted.sort_by_key(|row| row.queue_key());
    let (mut positions, mut from, mut ahead) = (HashMap::new(), Span::all(), 0);
    for row in wanted {
        let key = row.queue_key();
        ahead += read.count(&QUEUE, &from.clone().before(&key), POSITIONS - ahead)?;
        if ahead >= POSITIONS {
            break;
        }
        positions.insert(row.id, ahead + 1);
        from = Span::all().from(&key);
    }
    Ok(positions)
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
        let (total, total_at_least) = match total(read, &index, query)? {
            Total::Exact(total) if total <= COUNTED => (Some(total), None),
            Total::Exact(_) => (None, Some(COUNTED)),
            Total::AtLeast(least) => (None, Some(least)),
        };
        let positions = positions(read, &jobs)?;
        let jobs = jobs.iter().map(|row| row.view(positions.get(&row.id).copied())).collect();
        let next_cursor = next.map(|id| Uuid::from_u128(id).simple().to_string());
        Ok(JobList { jobs, total, total_at_least, next_cursor })
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
        // How many these have is known; of tenants and keys it is not.
        let mut known = Vec::new();
        if let Some(status) = query.status {
            known.push((counted(read, Some(status), None)?, Self::Status(status)));
        }
        if let Some(job_type) = query.job_type {
            known.push((counted(read, None, Some(job_type))?, Self::Type(job_type)));
        }
        let fewest = known.into_iter().min_by_key(|(count, _)| *count);
        Ok(match (query.tenant_id, &query.key_id, fewest) {
            (_, _, Some((count, index))) if count <= COUNTED => index,
            (Some(tenant), _, _) => Self::Tenant(tenant.as_u128()),
            (None, Some(key), _) => Self::Key(key.clone()),
            (None, None, Some((_, index))) => index,
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
        let ids = (first, before.map_or(last, |before| last.min(before)));
        match self {
            Self::Status(status) => walk(read, &BY_STATUS, span(&status_byte(*status), ids), visit),
            Self::Tenant(tenant) => walk(read, &BY_TENANT, span(tenant, ids), visit),
            Self::Key(key) => walk(read, &BY_KEY, span(key, ids), visit),
            Self::Type(job_type) => walk(read, &BY_TYPE, span(&type_byte(*job_type), ids), visit),
            Self::All => {
                let span = Span::all().from(&ids.0).before(&ids.1);
                read.scan(&JOBS, &span, Order::Falling, |id, _| visit(id))
            }
        }
    }

    /// Its rows between the query's times, up to one more than are counted.
    fn count(&self, read: &Read, query: &JobQuery) -> Result<u64, StoreError> {
        let (ids, most) = (created(query), COUNTED + 1);
        match self {
            Self::Status(status) => read.count(&BY_STATUS, &span(&status_byte(*status), ids), most),
            Self::Tenant(tenant) => read.count(&BY_TENANT, &span(tenant, ids), most),
            Self::Key(key) => read.count(&BY_KEY, &span(key, ids), most),
            Self::Type(job_type) => read.count(&BY_TYPE, &span(&type_byte(*job_type), ids), most),
            Self::All => read.count(&JOBS, &Span::all().from(&ids.0).before(&ids.1), most),
        }
    }

    /// Whether it holds just the jobs that are asked for: the query names what it goes by, and no more.
    fn is_whole_answer(&self, query: &JobQuery) -> bool {
        let named =
            [query.status.is_some(), query.job_type.is_some(), query.tenant_id.is_some(), query.key_id.is_some()];
        named.into_iter().filter(|named| *named).count() == usize::from(!matches!(self, Self::All))
    }
}

/// Ids that a list's times allow: an id bears the time of creation.
fn created(query: &JobQuery) -> (u128, u128) {
    let id = |millis: i64| u128::from(millis.max(0).unsigned_abs()) << 80;
    let first = query.created_after.map_or(0, |after| id(after.millis().saturating_add(1)));
    (first, query.created_before.map_or(u128::MAX, |before| id(before.millis())))
}

/// The rows of one value of an index, between two ids.
fn span<K: StoreKey + Clone>(part: &K, (first, last): (u128, u128)) -> Span {
    Span::all().from(&(part.clone(), first)).before(&(part.clone(), last))
}

/// How many jobs a list has in all.
enum Total {
    Exact(u64),
    /// There are so many, and may be more.
    AtLeast(u64),
}

/// Exact up to [`COUNTED`] where not more than [`LOOKED_AT`] jobs had to be looked at for it.
fn total(read: &Read, index: &Index, query: &JobQuery) -> Result<Total, StoreError> {
    let is_by_count = query.tenant_id.is_none()
        && query.key_id.is_none()
        && query.created_after.is_none()
        && query.created_before.is_none();
    if is_by_count {
        return counted(read, query.status, query.job_type).map(Total::Exact);
    }
    if index.is_whole_answer(query) {
        return index.count(read, query).map(Total::Exact);
    }
    let (mut total, mut looked_at) = (0, 0);
    index.walk(read, query, None, |id| {
        looked_at += 1;
        total += u64::from(read.get(&JOBS, &id)?.is_some_and(|row| matches(query, &row)));
        Ok(total <= COUNTED && looked_at < LOOKED_AT)
    })?;
    let is_whole = looked_at < LOOKED_AT || total > COUNTED;
    Ok(if is_whole { Total::Exact(total) } else { Total::AtLeast(total) })
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

fn walk<K: StoreKey + 'static>(
    read: &Read,
    table: &Table<(K, u128), Mark>,
    span: Span,
    mut visit: impl FnMut(u128) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
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
