//! A job's verbs on disk: submit, claim, append, note, finish, cancel, recover, purge.
//!
//! Each is called inside one transaction of the writer, decides before it writes, and keeps the indexes,
//! counts and events in step with the job row. Which state may follow which is decided by `state` alone. No
//! clock: times are parameters, in Unix milliseconds.

use uuid::Uuid;

use super::{
    pick::Shares,
    record::{
        ARTIFACTS, ArtifactsRow, BY_KEY, BY_STATUS, BY_TENANT, BY_TYPE, CLEANUP, COUNTS, Count, Due, EPOCH, EVENTS,
        EventRow, IDEMPOTENCY, IdempotencyRow, JOBS, JOURNAL, LANES, Mark, PURGED, QUEUE, RESULTS, Text, ZIPS,
        status_byte, type_byte,
    },
    row::JobRow,
    state::{Denied, Event, Fence, Interruption, State, apply},
    texts,
};
use crate::{
    api::{EventKind, JobStatus, LogLevel},
    audit::{Audit, Entry},
    store::{Order, Span, StoreError, Table, Write},
};

/// Jobs that one transaction of [`recover`] changes at most.
const BATCH: usize = 256;
/// Events that one transaction of a purge removes at most; a job with more loses them in several transactions.
pub(super) const EVENTS_AT_ONCE: u64 = 500;

/// A claimed job, the fence of its attempt, and how long it waited in the queue.
pub(super) struct Claimed {
    pub row: JobRow,
    pub fence: Fence,
    pub waited_ms: i64,
}

/// What is written at the end of an attempt.
pub(super) struct Ending {
    pub event: Event,
    /// JSON; stored if the job has ended for good.
    pub result: Option<String>,
    /// Stored if the job has completed.
    pub artifacts: Option<ArtifactsRow>,
    /// Log lines and progress that were not flushed yet.
    pub pending: Vec<EventKind>,
    /// How long the job has run by now, in all its attempts.
    pub ran_ms: u64,
}

/// The epoch of this start of the daemon: one more than that of the last start.
pub(super) fn next_epoch(write: &mut Write<'_>) -> Result<u64, StoreError> {
    let epoch = write.get(&EPOCH, &0)?.unwrap_or_default().0 + 1;
    write.put(&EPOCH, &0, &Count(epoch))?;
    Ok(epoch)
}

/// How many jobs are pending.
pub(super) fn queued(write: &mut Write<'_>) -> Result<u64, StoreError> {
    write.len(&QUEUE)
}

/// The job that was submitted with an idempotency key, if it is still stored; `key` is that of [`IDEMPOTENCY`].
pub(super) fn earlier(
    write: &mut Write<'_>,
    key: &(String, String, String),
) -> Result<Option<(IdempotencyRow, JobRow)>, StoreError> {
    let Some(row) = write.get(&IDEMPOTENCY, key)? else { return Ok(None) };
    Ok(write.get(&JOBS, &row.job)?.map(|job| (row, job)))
}

/// Stores a new pending job with its first event, its indexes, its idempotency key and a line of the audit log.
pub(super) fn submit(
    write: &mut Write<'_>,
    mut row: JobRow,
    idempotency: Option<((String, String, String), [u8; 32])>,
    audit: Entry,
) -> Result<JobRow, StoreError> {
    let now = row.created_at;
    events(write, &mut row, vec![EventKind::Status { status: JobStatus::Pending }], now)?;
    write.put(&BY_TYPE, &(type_byte(row.job_type.into()), row.id), &Mark)?;
    write.put(&BY_TENANT, &(row.tenant, row.id), &Mark)?;
    write.put(&BY_KEY, &(row.key_id.clone(), row.id), &Mark)?;
    place(write, &row, None, now)?;
    if let Some((key, body_hash)) = idempotency {
        write.put(&IDEMPOTENCY, &key, &IdempotencyRow { body_hash, job: row.id, created_at: now })?;
    }
    Audit::append_in(write, audit)?;
    Ok(row)
}

/// Starts a pending job. `None`: it is no longer pending, or another writer of its tenant is running.
pub(super) fn claim(write: &mut Write<'_>, id: u128, epoch: u64, now: i64) -> Result<Option<Claimed>, StoreError> {
    let Some(mut row) = write.get(&JOBS, &id)? else { return Ok(None) };
    let Some(queued) = write.get(&QUEUE, &row.queue_key())? else { return Ok(None) };
    if queued.writer {
        for other in running(write)? {
            let other = write.get(&JOBS, &other)?;
            if other.is_some_and(|other| other.tenant == row.tenant && other.is_writer()) {
                return Ok(None);
            }
        }
    }
    let Ok(state) = apply(&row.state, Event::Claim { epoch }, now) else { return Ok(None) };
    let State::Running { fence, .. } = state else { return Ok(None) };
    row.headway = false;
    change(write, &mut row, state, now)?;
    Ok(Some(Claimed { row, fence, waited_ms: now - queued.queued_at }))
}

/// Starts a job that was submitted in this transaction, if no other job is pending and its key may have one more
/// running job.
pub(super) fn claim_at_once(
    write: &mut Write<'_>,
    row: &JobRow,
    shares: Shares,
    epoch: u64,
) -> Result<Option<Claimed>, StoreError> {
    if write.len(&QUEUE)? != 1 {
        return Ok(None);
    }
    if let Some(most) = shares.per_key {
        let mut running_of_key = 0;
        for other in running(write)? {
            running_of_key += u64::from(write.get(&JOBS, &other)?.is_some_and(|other| other.key_id == row.key_id));
        }
        if running_of_key >= most {
            return Ok(None);
        }
    }
    claim(write, row.id, epoch, row.created_at)
}

/// Appends progress and log lines of a running attempt, and stores how long the job has run by now. Returns the
/// number of the last event; refused if `fence` is not the job's any more.
pub(super) fn append(
    write: &mut Write<'_>,
    id: u128,
    fence: Fence,
    (kinds, ran_ms): (Vec<EventKind>, u64),
    now: i64,
) -> Result<Result<u64, Denied>, StoreError> {
    let mut row = match held(write, id, fence)? {
        Ok(row) => row,
        Err(denied) => return Ok(Err(denied)),
    };
    events(write, &mut row, kinds, now)?;
    row.ran_ms = ran_ms;
    write.put(&JOBS, &id, &row)?;
    Ok(Ok(row.last_seq))
}

/// The note of a job that another one took over; no operation has a step of this name.
const TAKEN_OVER: &str = "\u{0}taken_over";

/// Why a job's notes can't be taken over.
pub(super) enum NotTaken {
    /// It was removed in the meantime, and its notes with it.
    Gone,
    /// The job that has taken them over before.
    By(Uuid),
}

/// Gives a new job the notes of an old one, once.
pub(super) fn take_over(write: &mut Write<'_>, old: u128, new: u128) -> Result<Result<(), NotTaken>, StoreError> {
    let mark = (old, TAKEN_OVER.to_owned());
    if write.get(&JOBS, &old)?.is_none() {
        return Ok(Err(NotTaken::Gone));
    }
    if let Some(Text(by)) = write.get(&JOURNAL, &mark)? {
        return Ok(Err(NotTaken::By(by.parse().unwrap_or_default())));
    }
    let mut notes = Vec::new();
    write.scan(&JOURNAL, &Span::prefix(&old), Order::Rising, |(_, step), text| {
        notes.push((step, text));
        Ok::<_, StoreError>(true)
    })?;
    for (step, text) in notes {
        write.put(&JOURNAL, &(new, step), &text)?;
    }
    write.put(&JOURNAL, &mark, &Text(Uuid::from_u128(new).to_string()))?;
    Ok(Ok(()))
}

/// Stores a note of the operation under its step. It outlives the attempt, and marks that the attempt got somewhere.
pub(super) fn note(
    write: &mut Write<'_>,
    id: u128,
    fence: Fence,
    step: String,
    text: String,
) -> Result<Result<(), Denied>, StoreError> {
    let mut row = match held(write, id, fence)? {
        Ok(row) => row,
        Err(denied) => return Ok(Err(denied)),
    };
    write.put(&JOURNAL, &(id, step), &Text(text))?;
    if !row.headway {
        row.headway = true;
        write.put(&JOBS, &id, &row)?;
    }
    Ok(Ok(()))
}

/// Ends an attempt; refused if its fence is not the job's any more.
pub(super) fn finish(
    write: &mut Write<'_>,
    id: u128,
    ending: &Ending,
    now: i64,
) -> Result<Result<JobRow, Denied>, StoreError> {
    let Some(mut row) = write.get(&JOBS, &id)? else { return Ok(Err(Denied::Fenced)) };
    let event = match &ending.event {
        Event::Interrupted { cause, .. } => Event::Interrupted { cause: *cause, headway: row.headway },
        event => event.clone(),
    };
    let state = match apply(&row.state, event, now) {
        Ok(state) => state,
        Err(denied) => return Ok(Err(denied)),
    };
    events(write, &mut row, ending.pending.clone(), now)?;
    row.ran_ms = ending.ran_ms;
    if state.status().is_terminal() {
        if let Some(result) = &ending.result {
            write.put(&RESULTS, &id, &Text(result.clone()))?;
        }
        if let (JobStatus::Completed, Some(artifacts)) = (state.status(), &ending.artifacts) {
            write.put(&ARTIFACTS, &id, artifacts)?;
            write.put(&ZIPS, &(artifacts.made_at, id), &Count(artifacts.size))?;
        }
    }
    change(write, &mut row, state, now)?;
    Ok(Ok(row))
}

/// Cancels a pending job; of a running one it stores that a cancel was asked for. `Err(None)`: there is no such job.
pub(super) fn cancel(
    write: &mut Write<'_>,
    id: u128,
    audit: Entry,
    now: i64,
) -> Result<Result<JobRow, Option<Denied>>, StoreError> {
    let Some(mut row) = write.get(&JOBS, &id)? else { return Ok(Err(None)) };
    match &row.state {
        State::Cancelled { .. } | State::Running { cancel_asked: true, .. } => return Ok(Ok(row)),
        _ => {}
    }
    let state = match apply(&row.state, Event::CancelAsked, now) {
        Ok(state) => state,
        Err(denied) => return Ok(Err(Some(denied))),
    };
    if state.status() == JobStatus::Running {
        let message = "cancel requested".to_owned();
        events(write, &mut row, vec![EventKind::Log { level: LogLevel::Info, message }], now)?;
    }
    change(write, &mut row, state, now)?;
    Audit::append_in(write, audit)?;
    Ok(Ok(row))
}

/// Requeues or ends running jobs of earlier epochs, at most [`BATCH`] of them. Returns the jobs that it changed:
/// the caller repeats it until there are none.
pub(super) fn recover(write: &mut Write<'_>, epoch: u64, now: i64) -> Result<Vec<JobRow>, StoreError> {
    let mut changed = Vec::new();
    for id in running(write)? {
        let Some(mut row) = write.get(&JOBS, &id)? else { continue };
        if row.fence().is_none_or(|fence| fence.epoch >= epoch) {
            continue;
        }
        let event = Event::Interrupted { cause: Interruption::Crash, headway: row.headway };
        if let Ok(state) = apply(&row.state, event, now) {
            change(write, &mut row, state, now)?;
            changed.push(row);
        }
        if changed.len() >= BATCH {
            break;
        }
    }
    Ok(changed)
}

/// Removes a finished job. Its directory stays, and so do its events where there are more than
/// [`EVENTS_AT_ONCE`]: those are left to [`purge_events`]. `Err(None)`: there is no such job; `Err(Some(_))`: it
/// has not ended.
pub(super) fn purge(write: &mut Write<'_>, id: u128) -> Result<Result<(), Option<JobStatus>>, StoreError> {
    let Some(row) = write.get(&JOBS, &id)? else { return Ok(Err(None)) };
    let status = row.state.status();
    if !status.is_terminal() {
        return Ok(Err(Some(status)));
    }
    if row.last_seq > EVENTS_AT_ONCE {
        write.put(&PURGED, &id, &Count(row.last_seq))?;
    } else {
        for seq in 1..=row.last_seq {
            write.remove(&EVENTS, &(id, seq))?;
        }
    }
    let mut steps = Vec::new();
    write.scan(&JOURNAL, &Span::prefix(&id), Order::Rising, |key, _| {
        steps.push(key);
        Ok::<_, StoreError>(true)
    })?;
    for step in steps {
        write.remove(&JOURNAL, &step)?;
    }
    texts::forget(write, id)?;
    write.remove(&RESULTS, &id)?;
    if let Some(zip) = write.get(&ARTIFACTS, &id)? {
        write.remove(&ZIPS, &(zip.made_at, id))?;
        write.remove(&ARTIFACTS, &id)?;
    }
    let job_type = type_byte(row.job_type.into());
    write.remove(&BY_STATUS, &(status_byte(status), id))?;
    write.remove(&BY_TYPE, &(job_type, id))?;
    write.remove(&BY_TENANT, &(row.tenant, id))?;
    write.remove(&BY_KEY, &(row.key_id, id))?;
    count(write, job_type, status, false)?;
    write.remove(&JOBS, &id)?;
    Ok(Ok(()))
}

/// Removes at most [`EVENTS_AT_ONCE`] events of a purged job, the last first. Returns whether any are left.
pub(super) fn purge_events(write: &mut Write<'_>, id: u128) -> Result<bool, StoreError> {
    let Some(Count(last)) = write.get(&PURGED, &id)? else { return Ok(false) };
    let left = last.saturating_sub(EVENTS_AT_ONCE);
    for seq in left + 1..=last {
        write.remove(&EVENTS, &(id, seq))?;
    }
    if left == 0 {
        write.remove(&PURGED, &id)?;
    } else {
        write.put(&PURGED, &id, &Count(left))?;
    }
    Ok(left > 0)
}

/// Ids of all running jobs.
fn running(write: &mut Write<'_>) -> Result<Vec<u128>, StoreError> {
    let mut ids = Vec::new();
    write.scan(&BY_STATUS, &Span::prefix(&status_byte(JobStatus::Running)), Order::Rising, |(_, id), _| {
        ids.push(id);
        Ok::<_, StoreError>(true)
    })?;
    Ok(ids)
}

/// The job, if `fence` is the one that may write for it.
fn held(write: &mut Write<'_>, id: u128, fence: Fence) -> Result<Result<JobRow, Denied>, StoreError> {
    Ok(match write.get(&JOBS, &id)? {
        Some(row) if row.state.is_held_by(fence) => Ok(row),
        _ => Err(Denied::Fenced),
    })
}

/// Gives a job its next state: the row, indexes, counts, and the events that report a new status.
fn change(write: &mut Write<'_>, row: &mut JobRow, state: State, now: i64) -> Result<(), StoreError> {
    let before = row.state.status();
    let status = state.status();
    row.state = state;
    if status != before {
        let mut kinds = Vec::new();
        if let State::Failed { reason, .. } = &row.state {
            kinds.push(EventKind::Error { error_code: reason.code.clone(), message: reason.message.clone() });
        }
        if status == JobStatus::Completed {
            row.progress = 1.0;
        }
        kinds.push(if status.is_terminal() {
            let result = write.get(&RESULTS, &row.id)?.and_then(|text| serde_json::from_str(&text.0).ok());
            EventKind::Complete { status, result: result.unwrap_or_default() }
        } else {
            EventKind::Status { status }
        });
        events(write, row, kinds, now)?;
    }
    place(write, row, Some(before), now)
}

/// Writes the row; where its status has changed since `before`, moves it between the indexes and counts.
fn place(write: &mut Write<'_>, row: &JobRow, before: Option<JobStatus>, now: i64) -> Result<(), StoreError> {
    let status = row.state.status();
    let job_type = type_byte(row.job_type.into());
    if before != Some(status) {
        if let Some(before) = before {
            write.remove(&BY_STATUS, &(status_byte(before), row.id))?;
            count(write, job_type, before, false)?;
        }
        write.put(&BY_STATUS, &(status_byte(status), row.id), &Mark)?;
        count(write, job_type, status, true)?;
        if leaves_remains(row) {
            write.put(&CLEANUP, &row.id, &Text(row.operation.clone()))?;
        }
        let (priority, id) = row.queue_key();
        if before == Some(JobStatus::Pending) {
            write.remove(&QUEUE, &(priority, id))?;
            write.remove(&LANES, &row.queue_row(now).lane_key(priority, id))?;
        }
        if status == JobStatus::Pending {
            let queued = row.queue_row(now);
            write.put(&QUEUE, &(priority, id), &queued)?;
            write.put(&LANES, &queued.lane_key(priority, id), &Due(queued.not_before))?;
        }
    }
    write.put(&JOBS, &row.id, row)
}

/// Whether a job may have left files or rows that must be removed: it was started at least once, and ended without
/// completing.
pub(super) fn leaves_remains(row: &JobRow) -> bool {
    matches!(row.state.status(), JobStatus::Cancelled | JobStatus::Failed) && row.state.tries().starts > 0
}

/// Counts one job more or less of a type and status.
fn count(write: &mut Write<'_>, job_type: u8, status: JobStatus, up: bool) -> Result<(), StoreError> {
    let key = (job_type, status_byte(status));
    let now = write.get(&COUNTS, &key)?.unwrap_or_default().0;
    write.put(&COUNTS, &key, &Count(if up { now + 1 } else { now.saturating_sub(1) }))
}

/// Appends events under the next sequence numbers and copies progress into `row`, which the caller writes.
fn events(write: &mut Write<'_>, row: &mut JobRow, kinds: Vec<EventKind>, now: i64) -> Result<(), StoreError> {
    const TABLE: &Table<(u128, u64), EventRow> = &EVENTS;
    for kind in kinds {
        if let EventKind::Progress { phase, progress, details, .. } = &kind {
            row.progress = row.progress.max(*progress);
            row.step = Some(phase.clone());
            row.detail = details.to_string();
        }
        row.last_seq += 1;
        let kind = serde_json::to_string(&kind)
            .map_err(|error| StoreError::Record { table: TABLE.name, cause: error.to_string() })?;
        write.put(TABLE, &(row.id, row.last_seq), &EventRow { at: now, kind })?;
    }
    Ok(())
}
