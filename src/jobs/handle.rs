//! [`Jobs`], the handle that `http` and `daemon` hold: starts the room, reads jobs, drains.
//!
//! What changes jobs (submit, cancel, purge, retry) is in `submit`.

use std::{
    collections::BTreeSet,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    artifacts::{self, ArtifactsState, ArtifactsZip},
    attempts::{Attempts, Stop},
    check::{Checked, check_records},
    chore::{Chore, ChoreReport},
    events::{Follow, Hub},
    ids::Ids,
    janitor::{self, Janitor},
    persist,
    query::{self, Counts, JobQuery, ListError},
    record,
    runner::{Failure, Runner},
    scheduler,
    settings::Settings,
    shared::Shared,
    slots::Slots,
    stopping::Stopping,
};
use crate::{
    api::{ArtifactEntry, Event, JobList, JobResult, JobView, Operation, Time},
    store::{Order, Span, Store, StoreError, WriteError},
};

/// Time for interrupted attempts to be written down at the end of a drain.
const INTERRUPT: Duration = Duration::from_secs(5);

/// Why the jobs could not be started.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    #[error("the directory of jobs {path}: {source}")]
    Directory { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A handle on the jobs; clones share everything.
#[derive(Clone)]
pub struct Jobs {
    pub(super) shared: Arc<Shared>,
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
        let stopping = Stopping::default();
        let janitor = Janitor::new(store.clone(), settings.clone(), directory.clone(), stopping.token());
        let shared = Arc::new(Shared {
            store,
            runner,
            settings,
            directory,
            epoch,
            ids: Ids::after(highest),
            hub: Hub::default(),
            slots: Slots::new(),
            attempts: Attempts::default(),
            stopping,
            janitor: Arc::new(janitor),
        });
        shared.recover().await?;
        shared.stopping.spawn(scheduler::schedule(shared.clone()));
        shared.stopping.spawn(janitor::keep(shared.janitor.clone(), chores));
        Ok(Self { shared })
    }

    /// Tells how to find out whether more than one key may submit: then none may hold every slot. Asked at
    /// each look at the queue; the first teller stays.
    pub(crate) fn share_slots(&self, have_rivals: impl Fn() -> bool + Send + Sync + 'static) {
        self.shared.slots.ask_for_rivals(have_rivals);
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
        Follow::new(shared.store.clone(), &shared.hub, id, after, shared.stopping.token())
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

    /// The operation as it becomes a job; see [`Runner::settle`].
    pub async fn settle(&self, operation: Operation, secrets: BTreeSet<String>) -> Result<Operation, Failure> {
        self.shared.runner.settle(operation, secrets).await
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
        self.shared.janitor.reports()
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
    pub(crate) fn store_path(&self) -> &Path {
        self.shared.store.path()
    }

    /// How long ago the scheduler looked around: what a watchdog wants to know.
    pub(crate) fn silent_for(&self) -> Duration {
        self.shared.slots.silent_for()
    }

    /// Jobs that have ended while a thread of theirs goes on and keeps its slot, and since when.
    pub fn lingering(&self) -> Vec<(Uuid, Time)> {
        self.shared.attempts.lingering()
    }

    /// Size of the state file.
    pub(crate) fn store_bytes(&self) -> u64 {
        self.shared.store.size_bytes()
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.shared.stopping.is_draining()
    }

    /// Stops claiming, refuses submits, asks what runs to end at a checkpoint; viewers go when [`Self::drain`] ends or at once by this.
    pub(crate) fn begin_drain(&self) {
        self.shared.stopping.begin();
        for handle in self.shared.attempts.handles() {
            handle.pause();
        }
    }

    /// Lets running jobs end for the grace (`hurry` cuts it short), then returns the rest to the queue.
    pub async fn drain(&self, hurry: CancellationToken) {
        self.begin_drain();
        let grace = self.shared.settings.borrow().grace;
        tokio::select! {
            () = self.shared.stopping.all_ended() => return,
            () = tokio::time::sleep(grace) => {}
            () = hurry.cancelled() => {}
        }
        for handle in self.shared.attempts.handles() {
            handle.stop(Stop::Shutdown);
        }
        if tokio::time::timeout(INTERRUPT, self.shared.stopping.all_ended()).await.is_err() {
            tracing::warn!("some jobs did not stop in time; the next start takes them up");
        }
    }
}
