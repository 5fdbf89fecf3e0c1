//! What the parts of this room share: the store, the running attempts, the ways to wake one another.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use futures_util::StreamExt;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use super::{Runner, Settings, artifacts, events, ids, janitor, persist, pick::Shares, record, run, state};
use crate::{
    api::Time,
    store::{Order, Span, Store, StoreError, WriteError},
};

/// Jobs that are purged at once by request.
pub(super) const PURGES: usize = 2;
/// Jobs whose remains are removed at once at a start.
const CLEANING: usize = 128;

pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) runner: Arc<dyn Runner>,
    pub(super) settings: watch::Receiver<Settings>,
    pub(super) directory: PathBuf,
    pub(super) epoch: u64,
    pub(super) ids: ids::Ids,
    pub(super) hub: events::Hub,
    /// Something may be claimable.
    pub(super) work: Notify,
    pub(super) draining: CancellationToken,
    /// Viewers are told.
    pub(super) stopping: CancellationToken,
    pub(super) running: Mutex<HashMap<Uuid, run::Handle>>,
    pub(super) tasks: TaskTracker,
    pub(super) reports: janitor::Reports,
    /// The janitor has something to do at once.
    pub(super) nudge: Notify,
    /// When the scheduler last looked around: milliseconds since `started`.
    pub(super) beat: AtomicU64,
    pub(super) started: Instant,
    /// Attempts that ended while a thread of theirs goes on.
    pub(super) lingering: Mutex<BTreeMap<Uuid, Time>>,
    /// A slot that the scheduler had no job for: a submit may claim for itself with it.
    pub(super) offer: Mutex<Option<OwnedSemaphorePermit>>,
    /// Turns of those that purge: a client that removes many jobs takes no more of the store than the janitor.
    pub(super) purges: Semaphore,
    /// Whether more than one key may submit.
    pub(super) rivals: OnceLock<Box<dyn Fn() -> bool + Send + Sync>>,
}

impl Shared {
    /// Jobs that ran when an earlier daemon died go back or end; their viewers and runners are told.
    pub(super) async fn recover(self: &Arc<Self>) -> Result<(), StoreError> {
        let epoch = self.epoch;
        loop {
            let now = Time::now().millis();
            let written = self.store.write(move |write| persist::recover(write, epoch, now).map(Ok)).await;
            let rows = written.map_err(WriteError::into_store)?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                tracing::info!(job = %row.uuid(), status = row.state.status().word(), "a job of an earlier start was taken up");
            }
        }
        // Before anything new runs: a scan must not build on what a cancelled one has left.
        let mut left = Vec::new();
        self.store.read(|read| {
            read.scan(&record::CLEANUP, &Span::all(), Order::Rising, |id, operation| {
                left.push((Uuid::from_u128(id), operation.0));
                Ok::<_, StoreError>(true)
            })
        })?;
        // A death under many cancels leaves many: side by side they share their commits.
        futures_util::stream::iter(left)
            .for_each_concurrent(CLEANING, |(id, operation)| async move { self.clean_up(id, &operation).await })
            .await;
        Ok(())
    }

    /// Removes what a cancelled or failed job left half done, here and at the operation.
    pub(super) async fn clean_up(&self, id: Uuid, operation: &str) {
        let directory = artifacts::job_directory(&self.directory, id);
        let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(directory)).await;
        if let Ok(Err(error)) = removed
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(job = %id, %error, "a job's partial output could not be removed");
        }
        if let Ok(operation) = serde_json::from_str(operation) {
            self.runner.abandon(operation, id).await;
        }
        let done = self.store.write(move |write| write.remove(&record::CLEANUP, &id.as_u128()).map(|_| Ok(()))).await;
        if let Err(error) = done.map_err(WriteError::<std::convert::Infallible>::into_store) {
            tracing::warn!(job = %id, %error, "that a job's output is removed could not be noted");
        }
    }

    pub(super) fn is_cancel_asked(&self, id: Uuid) -> bool {
        let row = self.store.read(|read| read.get(&record::JOBS, &id.as_u128()));
        row.ok().flatten().is_some_and(|row| matches!(row.state, state::State::Running { cancel_asked: true, .. }))
    }

    /// Offers a slot, or takes the offer back.
    pub(super) fn offer(&self, slot: Option<OwnedSemaphorePermit>) -> Option<OwnedSemaphorePermit> {
        std::mem::replace(&mut *self.offer.lock().unwrap_or_else(PoisonError::into_inner), slot)
    }

    /// Running jobs that one key may have.
    pub(super) fn shares(&self) -> Shares {
        let (slots, per_key) = {
            let settings = self.settings.borrow();
            (settings.max_concurrent as u64, settings.per_key)
        };
        let fair = slots.saturating_sub(1).max(1);
        let is_shared = || self.rivals.get().is_some_and(|have_rivals| have_rivals());
        Shares { per_key: per_key.or_else(|| is_shared().then_some(fair)), fair }
    }

    pub(super) fn beat(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.beat.store(now, Ordering::Relaxed);
    }

    /// Shows what of an attempt goes on after its end, until it is gone.
    pub(super) fn linger(&self, id: Uuid, held: &Weak<run::Occupied>) {
        let mut lingering = self.lingering.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever lets go after this look takes it out again.
        if held.strong_count() > 0 {
            tracing::warn!(job = %id, "the operation does not end; its slot is taken until it does");
            lingering.insert(id, Time::now());
        }
    }

    /// Nothing of an attempt is left, and its slot is free.
    pub(super) fn leave(&self, id: Uuid) {
        self.lingering.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        self.wake();
    }

    pub(super) fn wake(&self) {
        self.work.notify_one();
    }

    pub(super) fn register(&self, id: Uuid, handle: run::Handle) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id, handle);
    }

    pub(super) fn forget(&self, id: Uuid) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }

    pub(super) fn handle(&self, id: Uuid) -> Option<run::Handle> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(super) fn handles(&self) -> Vec<run::Handle> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
