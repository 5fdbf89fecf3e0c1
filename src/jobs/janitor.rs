//! Chores that keep the state directory small: each idempotent, on a period, in small batches.
//!
//! A chore takes no input but the settings and the clock; its last run and result are visible. A
//! batch is one transaction of at most [`BATCH`] jobs, so that no request waits for a purge.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Serialize;
use uuid::Uuid;

use super::{
    Shared, artifacts, persist,
    record::{ARTIFACTS, BY_STATUS, IDEMPOTENCY, JOBS, status_byte},
};
use crate::{
    api::{JobStatus, Time},
    store::{Order, Span, StoreError, WriteError},
};

/// Jobs that one transaction removes.
const BATCH: usize = 64;
/// How often the chores run.
const PERIOD: Duration = Duration::from_mins(5);
/// How long an idempotency key is kept.
const IDEMPOTENCY_MS: i64 = 24 * 3_600 * 1_000;

/// A chore's last run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChoreReport {
    pub name: &'static str,
    pub last_run: Time,
    /// What it removed, or why it could not.
    pub outcome: Result<u64, String>,
}

/// The reports, for `/status`.
#[derive(Clone, Default)]
pub(super) struct Reports(Arc<Mutex<BTreeMap<&'static str, ChoreReport>>>);

impl Reports {
    pub(super) fn all(&self) -> Vec<ChoreReport> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn note(&self, name: &'static str, outcome: Result<u64, StoreError>) {
        let outcome = outcome.map_err(|error| error.to_string());
        match &outcome {
            Ok(0) => tracing::debug!(chore = name, "nothing to do"),
            Ok(removed) => tracing::info!(chore = name, removed, "chore done"),
            Err(error) => tracing::warn!(chore = name, %error, "chore failed"),
        }
        let report = ChoreReport { name, last_run: Time::now(), outcome };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, report);
    }
}

/// Runs the chores until the daemon drains.
pub(super) async fn keep(shared: Arc<Shared>) {
    let mut period = tokio::time::interval(PERIOD);
    period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shared.draining.cancelled() => return,
            _ = period.tick() => {}
        }
        run_all(&shared, Time::now().millis()).await;
    }
}

/// Every chore once.
pub(super) async fn run_all(shared: &Arc<Shared>, now: i64) {
    let reports = shared.reports.clone();
    reports.note("finished_jobs", finished_jobs(shared, now).await);
    reports.note("artifacts", old_artifacts(shared, now).await);
    reports.note("idempotency", idempotency(shared, now).await);
    reports.note("orphans", orphans(shared));
}

/// Finished jobs older than the retention go with all that is theirs.
async fn finished_jobs(shared: &Arc<Shared>, now: i64) -> Result<u64, StoreError> {
    let oldest = now.saturating_sub(shared.settings.borrow().keep_jobs_ms);
    let mut removed = 0;
    for status in [JobStatus::Completed, JobStatus::Failed, JobStatus::Cancelled] {
        loop {
            let due = finished_before(shared, status, oldest)?;
            if due.is_empty() {
                break;
            }
            for id in &due {
                drop_directory(shared, *id);
            }
            removed += due.len() as u64;
            let purged: Result<(), WriteError<()>> = shared
                .store
                .write_urgent(move |write| {
                    for id in &due {
                        // Gone or changed since: then there is nothing to do.
                        let _ = persist::purge(write, id.as_u128())?;
                    }
                    Ok(Ok(()))
                })
                .await;
            store_error(purged)?;
            tokio::task::yield_now().await;
        }
    }
    Ok(removed)
}

fn finished_before(shared: &Shared, status: JobStatus, oldest: i64) -> Result<Vec<Uuid>, StoreError> {
    let mut due = Vec::new();
    shared.store.read(|read| {
        read.scan(&BY_STATUS, &Span::prefix(&status_byte(status)), Order::Rising, |(_, id), _| {
            let Some(row) = read.get(&JOBS, &id)? else { return Ok(true) };
            if row.created_at > oldest {
                return Ok(false);
            }
            if row.state.completed_at().is_some_and(|at| at <= oldest) {
                due.push(row.uuid());
            }
            Ok::<_, StoreError>(due.len() < BATCH)
        })
    })?;
    Ok(due)
}

/// Zips older than the retention, then the oldest beyond the total size.
async fn old_artifacts(shared: &Arc<Shared>, now: i64) -> Result<u64, StoreError> {
    let (oldest, most) = {
        let settings = shared.settings.borrow();
        (now.saturating_sub(settings.keep_artifacts_ms), settings.artifacts_max_bytes)
    };
    let mut kept: Vec<(i64, u64, u128)> = Vec::new();
    shared.store.read(|read| {
        read.scan(&ARTIFACTS, &Span::all(), Order::Rising, |id, row| {
            if !row.expired {
                kept.push((row.made_at, row.size, id));
            }
            Ok::<_, StoreError>(true)
        })
    })?;
    kept.sort_unstable();
    let mut total: u64 = kept.iter().map(|(_, size, _)| size).sum();
    let due: Vec<u128> = kept
        .into_iter()
        .take_while(|(made_at, size, _)| {
            let go = *made_at <= oldest || total > most;
            total -= if go { *size } else { 0 };
            go
        })
        .map(|(_, _, id)| id)
        .collect();
    let count = due.len() as u64;
    for batch in due.chunks(BATCH) {
        let ids = batch.to_vec();
        let marked: Result<(), WriteError<()>> = shared
            .store
            .write(move |write| {
                for id in ids {
                    if let Some(mut row) = write.get(&ARTIFACTS, &id)? {
                        row.expired = true;
                        write.put(&ARTIFACTS, &id, &row)?;
                    }
                }
                Ok(Ok(()))
            })
            .await;
        store_error(marked)?;
        for id in batch {
            drop_directory(shared, Uuid::from_u128(*id));
        }
    }
    Ok(count)
}

async fn idempotency(shared: &Arc<Shared>, now: i64) -> Result<u64, StoreError> {
    let mut due = Vec::new();
    shared.store.read(|read| {
        read.scan(&IDEMPOTENCY, &Span::all(), Order::Rising, |key, row| {
            if row.created_at <= now - IDEMPOTENCY_MS {
                due.push(key);
            }
            Ok::<_, StoreError>(true)
        })
    })?;
    let count = due.len() as u64;
    for batch in due.chunks(BATCH) {
        let keys = batch.to_vec();
        let removed: Result<(), WriteError<()>> = shared
            .store
            .write(move |write| {
                for key in keys {
                    write.remove(&IDEMPOTENCY, &key)?;
                }
                Ok(Ok(()))
            })
            .await;
        store_error(removed)?;
    }
    Ok(count)
}

/// Directories of jobs that are no more.
fn orphans(shared: &Shared) -> Result<u64, StoreError> {
    let Ok(entries) = fs::read_dir(&shared.directory) else { return Ok(0) };
    let mut removed = 0;
    for entry in entries.flatten() {
        let id = entry.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok());
        let Some(id) = id else { continue };
        let known = shared.store.read(|read| read.get(&JOBS, &id.as_u128()))?.is_some();
        if !known {
            drop_directory(shared, id);
            removed += 1;
        }
    }
    Ok(removed)
}

fn drop_directory(shared: &Shared, id: Uuid) {
    let directory = artifacts::job_directory(&shared.directory, id);
    if let Err(error) = fs::remove_dir_all(&directory)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(directory = %directory.display(), %error, "a job's directory could not be removed");
    }
}

fn store_error<T>(written: Result<T, WriteError<()>>) -> Result<T, StoreError> {
    written.map_err(|error| match error {
        WriteError::Store(error) => error,
        WriteError::Refused(()) => StoreError::Closed,
    })
}
