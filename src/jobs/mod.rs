//! Jobs: state machine, queue, scheduler, events, artifacts, janitor. Knows a [`Runner`], not Azure.
//!
//! [`Jobs`] is the handle that `http` and `daemon` use. Reading order: `state` (the diagram and the one
//! transition function), `record` (tables), `persist` (the verbs on disk), `scheduler` and `run` (from
//! the queue to the end of an attempt), `events` (following), `artifacts`, `query`, `janitor`.
//!
//! Invariants: a submit is answered after its fsync; a job's row, indexes, counts, queue row and events
//! change in one transaction; a write for a running job bears its epoch and start and is refused when
//! another holds the job; each job has exactly one `complete` event, the last.

mod artifacts;
mod check;
mod events;
mod ids;
mod janitor;
mod older;
mod persist;
mod pick;
mod query;
mod record;
mod report;
mod run;
mod runner;
mod scheduler;
mod shared;
mod state;
mod submit;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

pub use check::{Checked, check_records, export};
pub use events::{Follow, FollowError};
pub use janitor::{Chore, ChoreOutcome, ChoreReport};
pub use query::{Counts, JobQuery, ListError};
pub use record::SCHEMA;
pub use runner::{Failure, Runner};
use shared::Shared;
pub use submit::{CancelError, Idempotency, PurgeError, RetryError, Submission, SubmitError};
use tokio::sync::{Notify, Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    api::{ArtifactEntry, Event, JobList, JobResult, JobStatus, JobType, JobView, Operation, Time},
    store::{Order, Span, Store, StoreError, WriteError},
};

/// Time for interrupted attempts to be written down at the end of a drain.
const INTERRUPT: Duration = Duration::from_secs(5);

/// What can be set of jobs; followed while running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub max_concurrent: usize,
    /// Running jobs of one key; none: all slots, but one less while other keys may submit too.
    pub per_key: Option<u64>,
    pub max_queued: u64,
    pub grace: Duration,
    pub scan_timeout_seconds: u64,
    pub other_timeout_seconds: u64,
    pub keep_jobs_ms: i64,
    /// Finished jobs of each status, the newest.
    pub keep_per_status: u64,
    pub keep_artifacts_ms: i64,
    pub artifacts_max_bytes: u64,
    /// A job whose operation reports nothing for so long has failed.
    pub step_timeout: Duration,
    /// For chores of other rooms: keys after their end, audit lines, snapshots of a tenant.
    pub keep_keys_ms: i64,
    pub keep_audit_ms: i64,
    pub keep_snapshots: u64,
    pub keep_snapshots_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_concurrent: 3,
            per_key: None,
            max_queued: 1_000,
            grace: Duration::from_secs(30),
            scan_timeout_seconds: 4 * 3_600,
            other_timeout_seconds: 3_600,
            keep_jobs_ms: 30 * 86_400_000,
            keep_per_status: 1_000_000,
            keep_artifacts_ms: 7 * 86_400_000,
            artifacts_max_bytes: 10 << 30,
            step_timeout: Duration::from_mins(30),
            keep_keys_ms: 90 * 86_400_000,
            keep_audit_ms: 365 * 86_400_000,
            keep_snapshots: 30,
            keep_snapshots_ms: 365 * 86_400_000,
        }
    }
}

impl Settings {
    const fn timeout(&self, job_type: JobType) -> u64 {
        if matches!(job_type, JobType::Scan) { self.scan_timeout_seconds } else { self.other_timeout_seconds }
    }
}

/// Why the jobs could not be started.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    #[error("the directory of jobs {path}: {source}")]
    Directory { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What there is of a job's artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArtifactsState {
    NoJob,
    NotFinished(JobStatus),
    /// A failed or cancelled job has none.
    Nothing,
    Expired,
    Ready(ArtifactsZip),
}

/// A finished zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactsZip {
    pub path: PathBuf,
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
    pub entries: Vec<ArtifactEntry>,
}

/// A handle on the jobs; clones share everything.
#[derive(Clone)]
pub struct Jobs {
    shared: Arc<Shared>,
}

impl Jobs {
    /// Recovers what an earlier daemon left, then schedules. Needs a tokio runtime.
    pub async fn start(
        store: Store,
        runner: Arc<dyn Runner>,
        settings: watch::Receiver<Settings>,
        state_dir: &Path,
        chores: Vec<Chore>,
    ) -> Result<Self, JobsError> {
        use std::os::unix::fs::DirBuilderExt;
        let directory = state_dir.join("jobs");
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|source| JobsError::Directory { path: directory.clone(), source })?;
        let epoch = store.write(|write| persist::next_epoch(write).map(Ok)).await.map_err(WriteError::into_store)?;
        let mut highest = None;
        store.read(|read| {
            read.scan(&record::JOBS, &Span::all(), Order::Falling, |id, _| {
                highest = Some(id);
                Ok::<_, StoreError>(false)
            })
        })?;
        let shared = Arc::new(Shared {
            store,
            runner,
            settings,
            directory,
            epoch,
            ids: ids::Ids::after(highest),
            hub: events::Hub::default(),
            work: Notify::new(),
            draining: CancellationToken::new(),
            stopping: CancellationToken::new(),
            running: Mutex::default(),
            tasks: TaskTracker::new(),
            reports: janitor::Reports::default(),
            nudge: Notify::new(),
            beat: AtomicU64::new(0),
            started: Instant::now(),
            lingering: Mutex::default(),
            offer: Mutex::default(),
            purges: Semaphore::new(shared::PURGES),
            rivals: OnceLock::new(),
        });
        shared.recover().await?;
        shared.tasks.spawn(scheduler::schedule(shared.clone()));
        shared.tasks.spawn(janitor::keep(shared.clone(), chores));
        Ok(Self { shared })
    }

    /// Tells how to find out whether more than one key may submit: then none may hold every slot. Asked at
    /// each look at the queue; the first teller stays.
    pub fn share_slots(&self, have_rivals: impl Fn() -> bool + Send + Sync + 'static) {
        let _ = self.shared.rivals.set(Box::new(have_rivals));
    }

    /// One job as clients see it.
    pub fn view(&self, id: Uuid) -> Result<Option<JobView>, StoreError> {
        query::view(&self.shared.store, id)
    }

    /// Jobs by filters, newest first. Blocking for large histories: call it off the async threads.
    pub fn list(&self, query: &JobQuery) -> Result<JobList, ListError> {
        query::list(&self.shared.store, query)
    }

    /// The result of a finished job; `None`: no such job, or not finished.
    pub fn result(&self, id: Uuid) -> Result<Option<JobResult>, StoreError> {
        query::result(&self.shared.store, id)
    }

    /// Events after a number, oldest first.
    pub fn events(&self, id: Uuid, after: u64, limit: usize) -> Result<Vec<Event>, StoreError> {
        query::events(&self.shared.store, id, after, limit)
    }

    /// A viewer: replay after a number, then live.
    pub fn follow(&self, id: Uuid, after: u64) -> Follow {
        let shared = &self.shared;
        Follow::new(shared.store.clone(), &shared.hub, id, after, shared.stopping.clone())
    }

    /// What there is of a job's artifacts.
    pub fn artifacts(&self, id: Uuid) -> Result<ArtifactsState, StoreError> {
        let Some(view) = self.view(id)? else { return Ok(ArtifactsState::NoJob) };
        if !view.status.is_terminal() {
            return Ok(ArtifactsState::NotFinished(view.status));
        }
        let row = self.shared.store.read(|read| read.get(&record::ARTIFACTS, &id.as_u128()))?;
        let path = artifacts::zip_path(&self.shared.directory, id);
        Ok(match row {
            None => ArtifactsState::Nothing,
            Some(row) if row.expired || !path.exists() => ArtifactsState::Expired,
            Some(row) => ArtifactsState::Ready(ArtifactsZip {
                path,
                size: row.size,
                sha256: row.sha256,
                entries: row
                    .entries
                    .into_iter()
                    .map(|(path, size, sha256)| ArtifactEntry { path, size, sha256 })
                    .collect(),
            }),
        })
    }

    /// What an operation would cost, without a job.
    pub async fn preview(&self, operation: Operation) -> Result<serde_json::Value, Failure> {
        self.shared.runner.admit(&operation)?;
        self.shared.runner.preview(operation).await
    }

    /// How many jobs there are.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        query::counts(&self.shared.store)
    }

    /// What is in effect.
    pub fn settings(&self) -> Settings {
        self.shared.settings.borrow().clone()
    }

    /// The janitor's last runs.
    pub fn chores(&self) -> Vec<ChoreReport> {
        self.shared.reports.all()
    }

    /// Decodes every record and recounts the indexes. Blocking: call it off the async threads.
    pub fn check(&self) -> Result<Checked, StoreError> {
        self.shared.store.read(check_records)
    }

    /// Copies the state file, as it is now, into a new directory below `backups`; where that is, and the
    /// copy's size. Blocking.
    pub fn backup(&self, now: Time) -> Result<(PathBuf, u64), StoreError> {
        let name = now.to_string().replace(':', "-");
        let directory = self.shared.directory.with_file_name("backups").join(name);
        let bytes = self.shared.store.backup(&directory.join("state.redb"))?;
        Ok((directory, bytes))
    }

    /// The state file.
    pub fn store_path(&self) -> &Path {
        self.shared.store.path()
    }

    /// How long ago the scheduler looked around: what a watchdog wants to know.
    pub fn silent_for(&self) -> Duration {
        let beat = Duration::from_millis(self.shared.beat.load(Ordering::Relaxed));
        self.shared.started.elapsed().saturating_sub(beat)
    }

    /// Jobs that have ended while a thread of theirs goes on and keeps its slot, and since when.
    pub fn lingering(&self) -> Vec<(Uuid, Time)> {
        let lingering = self.shared.lingering.lock().unwrap_or_else(PoisonError::into_inner);
        lingering.iter().map(|(id, since)| (*id, *since)).collect()
    }

    /// Size of the state file.
    pub fn store_bytes(&self) -> u64 {
        self.shared.store.size_bytes()
    }

    pub fn is_draining(&self) -> bool {
        self.shared.draining.is_cancelled()
    }

    /// Stops claiming, refuses submits, asks what runs to end at a checkpoint; viewers go when [`Self::drain`] ends or at once by this.
    pub fn begin_drain(&self) {
        self.shared.draining.cancel();
        self.shared.stopping.cancel();
        for handle in self.shared.handles() {
            handle.pause();
        }
    }

    /// Lets running jobs end for the grace (`hurry` cuts it short), then returns the rest to the queue.
    pub async fn drain(&self, hurry: CancellationToken) {
        self.begin_drain();
        let grace = self.shared.settings.borrow().grace;
        self.shared.tasks.close();
        tokio::select! {
            () = self.shared.tasks.wait() => return,
            () = tokio::time::sleep(grace) => {}
            () = hurry.cancelled() => {}
        }
        for handle in self.shared.handles() {
            handle.stop(run::Stop::Shutdown);
        }
        if tokio::time::timeout(INTERRUPT, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!("some jobs did not stop in time; the next start takes them up");
        }
    }
}

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod tests;
