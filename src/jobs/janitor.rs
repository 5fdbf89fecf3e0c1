//! Chores that keep the state directory small: each idempotent, on its period, in small batches.
//!
//! A chore takes no input but the settings and the clock; its last run and result are visible. Other
//! rooms bring theirs as a [`Chore`]. A batch is one transaction of at most [`BATCH`] jobs and some
//! [`EVENTS`]; after each the janitor rests, so that no request waits for a purge. A nudge (new settings, a full
//! disk) runs all chores at once.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{
    sync::{Notify, Semaphore, SemaphorePermit, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    artifacts,
    chore::{Chore, ChoreReport, HOURLY, Outcome, Reports},
    ids, persist, query,
    record::{ARTIFACTS, BY_STATUS, IDEMPOTENCY, JOBS, PURGED, ZIPS, status_byte},
    settings::Settings,
    thread::off_thread,
};
use crate::{
    api::{JobStatus, Time},
    store::{Order, Span, Store, StoreError, WriteError},
};

/// Jobs that one transaction removes.
const BATCH: usize = 32;
/// Events that one transaction removes, if they are of more than one job.
const EVENTS: u64 = 2_000;
/// After a batch, so many times as long as it took.
const RESTS: u32 = 3;
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_millis(100);
/// How often is looked whether a chore is due.
const TICK: Duration = Duration::from_secs(20);
const OFTEN: Duration = Duration::from_mins(5);
/// How long an idempotency key is kept.
const IDEMPOTENCY_MS: i64 = 24 * 3_600 * 1_000;

/// Jobs that are purged at once by request.
const PURGES: usize = 2;

/// What the chores work on.
pub(super) struct Janitor {
    store: Store,
    settings: watch::Receiver<Settings>,
    /// Of all jobs.
    directory: PathBuf,
    draining: CancellationToken,
    /// Something is to be done at once.
    nudge: Notify,
    reports: Reports,
    /// Turns of those that purge: a client that removes many jobs takes no more of the store than the janitor.
    purges: Semaphore,
}

impl Janitor {
    pub(super) fn new(
        store: Store,
        settings: watch::Receiver<Settings>,
        directory: PathBuf,
        draining: CancellationToken,
    ) -> Self {
        let purges = Semaphore::new(PURGES);
        Self { store, settings, directory, draining, nudge: Notify::new(), reports: Reports::default(), purges }
    }

    /// The last runs.
    pub(super) fn reports(&self) -> Vec<ChoreReport> {
        self.reports.all()
    }

    /// All chores run soon.
    pub(super) fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// The turn of one that purges by request; held while it does.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.purges.acquire().await.ok()
    }
}

/// The jobs' own chores, then those of other rooms.
pub(super) fn chores(janitor: &Arc<Janitor>, more: Vec<Chore>) -> Vec<Chore> {
    fn own<F>(
        janitor: &Arc<Janitor>,
        name: &'static str,
        period: Duration,
        work: impl Fn(Arc<Janitor>, i64) -> F + Send + Sync + 'static,
    ) -> Chore
    where
        F: Future<Output = Result<u64, StoreError>> + Send + 'static,
    {
        let janitor = janitor.clone();
        let work = move |_, now| -> BoxFuture<'static, Outcome> {
            let done = work(janitor.clone(), now);
            Box::pin(async move { done.await.map_err(|error| error.to_string()) })
        };
        Chore { name, period, work: Arc::new(work) }
    }
    let mut all = vec![
        own(janitor, "finished_jobs", OFTEN, |janitor, now| async move { finished_jobs(&janitor, now).await }),
        own(janitor, "artifacts", OFTEN, |janitor, now| async move { old_artifacts(&janitor, now).await }),
        own(janitor, "idempotency", HOURLY, |janitor, now| async move { idempotency(&janitor, now).await }),
        own(janitor, "orphans", HOURLY, |janitor, _| async move {
            off_thread(move || orphans(&janitor)).await.unwrap_or(Ok(0))
        }),
    ];
    all.extend(more);
    all
}

/// Runs the chores until the daemon drains.
pub(super) async fn keep(janitor: Arc<Janitor>, more: Vec<Chore>) {
    let mut settings = janitor.settings.clone();
    let mut due: Vec<(Chore, Instant)> =
        chores(&janitor, more).into_iter().map(|chore| (chore, Instant::now())).collect();
    loop {
        for (chore, at) in &mut due {
            if *at <= Instant::now() {
                run(&janitor, chore, Time::now().millis()).await;
                *at = Instant::now() + chore.period;
            }
            if janitor.draining.is_cancelled() {
                return;
            }
        }
        let is_nudged = tokio::select! {
            () = janitor.draining.cancelled() => return,
            () = janitor.nudge.notified() => true,
            changed = settings.changed(), if settings.has_changed().is_ok() => changed.is_ok(),
            () = tokio::time::sleep(TICK) => false,
        };
        if is_nudged {
            for (_, at) in &mut due {
                *at = Instant::now();
            }
        }
    }
}

pub(super) async fn run(janitor: &Arc<Janitor>, chore: &Chore, now: i64) {
    let began = Instant::now();
    let settings = janitor.settings.borrow().clone();
    let outcome = (chore.work)(settings, now).await;
    janitor.reports.note(chore.name, began.elapsed(), outcome);
}

/// Finished jobs older than the retention go with all that is theirs, and the oldest of a status beyond
/// the number that is kept of it.
async fn finished_jobs(janitor: &Arc<Janitor>, now: i64) -> Result<u64, StoreError> {
    let (oldest, most) = {
        let settings = janitor.settings.borrow();
        (now.saturating_sub(settings.keep_jobs_ms), settings.keep_per_status)
    };
    let mut removed = 0;
    for status in [JobStatus::Completed, JobStatus::Failed, JobStatus::Cancelled] {
        let of_it = query::counts(&janitor.store)?.by_type_status.into_iter().filter(|(_, of, _)| *of == status);
        let mut beyond = of_it.map(|(_, _, count)| count).sum::<u64>().saturating_sub(most);
        // A purge of a long history must not hold up a stop.
        while !janitor.draining.is_cancelled() {
            let began = Instant::now();
            let due = finished_before(janitor, status, oldest, beyond)?;
            if due.is_empty() {
                break;
            }
            drop_directories(janitor, due.clone()).await;
            removed += due.len() as u64;
            beyond = beyond.saturating_sub(due.len() as u64);
            let purged: Result<(), WriteError<()>> = janitor
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
            rest(began).await;
        }
    }
    remains(janitor).await?;
    Ok(removed)
}

/// Events of purged jobs that had many.
async fn remains(janitor: &Arc<Janitor>) -> Result<(), StoreError> {
    let mut purged = Vec::new();
    janitor.store.read(|read| {
        read.scan(&PURGED, &Span::all(), Order::Rising, |id, _| {
            purged.push(id);
            Ok::<_, StoreError>(true)
        })
    })?;
    for id in purged {
        drop_events(janitor, id).await?;
    }
    Ok(())
}

/// The events of a purged job, bit by bit.
pub(super) async fn drop_events(janitor: &Janitor, id: u128) -> Result<(), StoreError> {
    while !janitor.draining.is_cancelled() {
        let began = Instant::now();
        let more = janitor.store.write_urgent(move |write| persist::purge_events(write, id).map(Ok)).await;
        if !store_error(more)? {
            break;
        }
        rest(began).await;
    }
    Ok(())
}

/// Leaves the disk and the processors to others for a while.
pub(super) async fn rest(began: Instant) {
    tokio::time::sleep((began.elapsed() * RESTS).min(LONGEST_REST)).await;
}

/// A batch of those that are due, oldest first: `beyond` whatever their age, then those that ended before
/// `oldest`.
fn finished_before(janitor: &Janitor, status: JobStatus, oldest: i64, beyond: u64) -> Result<Vec<Uuid>, StoreError> {
    let (mut due, mut events) = (Vec::new(), 0);
    janitor.store.read(|read| {
        read.scan(&BY_STATUS, &Span::prefix(&status_byte(status)), Order::Rising, |(_, id), _| {
            let is_beyond = (due.len() as u64) < beyond;
            if !is_beyond && ids::created_at(id) > oldest {
                return Ok(false);
            }
            let Some(row) = read.get(&JOBS, &id)? else { return Ok(true) };
            if is_beyond || row.state.completed_at().is_some_and(|at| at <= oldest) {
                due.push(row.uuid());
                events += row.last_seq.min(persist::EVENTS_AT_ONCE);
            }
            Ok::<_, StoreError>(due.len() < BATCH && events < EVENTS)
        })
    })?;
    Ok(due)
}

/// Zips older than the retention, then the oldest beyond the total size.
async fn old_artifacts(janitor: &Arc<Janitor>, now: i64) -> Result<u64, StoreError> {
    let (oldest, most) = {
        let settings = janitor.settings.borrow();
        (now.saturating_sub(settings.keep_artifacts_ms), settings.artifacts_max_bytes)
    };
    let mut kept: Vec<(i64, u128, u64)> = Vec::new();
    janitor.store.read(|read| {
        read.scan(&ZIPS, &Span::all(), Order::Rising, |(made_at, id), size| {
            kept.push((made_at, id, size.0));
            Ok::<_, StoreError>(true)
        })
    })?;
    let mut total: u64 = kept.iter().map(|(_, _, size)| size).sum();
    metrics::gauge!("atgd_artifacts_bytes").set(total as f64);
    let due: Vec<(i64, u128)> = kept
        .into_iter()
        .take_while(|(made_at, _, size)| {
            let go = *made_at <= oldest || total > most;
            total -= if go { *size } else { 0 };
            go
        })
        .map(|(made_at, id, _)| (made_at, id))
        .collect();
    let count = due.len() as u64;
    for batch in due.chunks(BATCH) {
        let began = Instant::now();
        let ids = batch.to_vec();
        let marked: Result<(), WriteError<()>> = janitor
            .store
            .write_urgent(move |write| {
                for zip in ids.clone() {
                    write.remove(&ZIPS, &zip)?;
                    if let Some(mut row) = write.get(&ARTIFACTS, &zip.1)? {
                        row.expired = true;
                        write.put(&ARTIFACTS, &zip.1, &row)?;
                    }
                }
                Ok(Ok(()))
            })
            .await;
        store_error(marked)?;
        drop_directories(janitor, batch.iter().map(|(_, id)| Uuid::from_u128(*id)).collect()).await;
        rest(began).await;
    }
    Ok(count)
}

async fn idempotency(janitor: &Arc<Janitor>, now: i64) -> Result<u64, StoreError> {
    let mut due = Vec::new();
    janitor.store.read(|read| {
        read.scan(&IDEMPOTENCY, &Span::all(), Order::Rising, |key, row| {
            if row.created_at <= now - IDEMPOTENCY_MS {
                due.push(key);
            }
            Ok::<_, StoreError>(true)
        })
    })?;
    let count = due.len() as u64;
    for batch in due.chunks(BATCH) {
        let began = Instant::now();
        let keys = batch.to_vec();
        let removed: Result<(), WriteError<()>> = janitor
            .store
            .write_urgent(move |write| {
                for key in &keys {
                    write.remove(&IDEMPOTENCY, key)?;
                }
                Ok(Ok(()))
            })
            .await;
        store_error(removed)?;
        rest(began).await;
    }
    Ok(count)
}

/// Directories of jobs that are no more.
fn orphans(janitor: &Janitor) -> Result<u64, StoreError> {
    let Ok(entries) = fs::read_dir(&janitor.directory) else { return Ok(0) };
    let mut removed = 0;
    for entry in entries.flatten() {
        let id = entry.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok());
        let Some(id) = id else { continue };
        let known = janitor.store.read(|read| read.get(&JOBS, &id.as_u128()))?.is_some();
        if !known {
            drop_directory(janitor, id);
            removed += 1;
        }
    }
    Ok(removed)
}

async fn drop_directories(janitor: &Arc<Janitor>, ids: Vec<Uuid>) {
    let janitor = janitor.clone();
    off_thread(move || ids.into_iter().for_each(|id| drop_directory(&janitor, id))).await;
}

fn drop_directory(janitor: &Janitor, id: Uuid) {
    let directory = artifacts::job_directory(&janitor.directory, id);
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
