//! What an attempt and those who ask for one share: the store, the runner, and the room's parts.
//!
//! Each part keeps its fields private: `slots` (scheduler and submit), `attempts` (what runs), `stopping` (the
//! drain), `janitor` (chores).

use std::{path::PathBuf, sync::Arc};

use futures_util::StreamExt;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    artifacts, attempts::Attempts, events::Hub, ids::Ids, janitor::Janitor, persist, record, runner::Runner, secrets,
    settings::Settings, slots::Slots, state, stopping::Stopping, thread::off_thread,
};
use crate::{
    api::Time,
    store::{Order, Span, Store, StoreError, WriteError},
};

/// Jobs whose remains are removed at once at a start.
const CLEANING: usize = 128;

pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) runner: Arc<dyn Runner>,
    pub(super) settings: watch::Receiver<Settings>,
    pub(super) directory: PathBuf,
    /// Of this start of the daemon.
    pub(super) epoch: u64,
    pub(super) ids: Ids,
    pub(super) hub: Hub,
    pub(super) slots: Slots,
    pub(super) attempts: Attempts,
    pub(super) stopping: Stopping,
    pub(super) janitor: Arc<Janitor>,
}

impl Shared {
    /// Jobs that ran when an earlier daemon died go back to the queue or end, and what they had half written is
    /// removed.
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
        self.sweep_secrets();
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
        let removed = off_thread(move || std::fs::remove_dir_all(directory)).await;
        if let Some(Err(error)) = removed
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

    /// Removes the values of a job's secrets.
    pub(super) async fn forget_secrets(&self, id: Uuid) {
        let directory = self.directory.clone();
        let _ = off_thread(move || secrets::forget(&directory, id)).await;
    }

    /// Removes the values of secrets that no unfinished job needs: of jobs that ended while nobody could remove them, and
    /// of submits that were never answered.
    pub(super) fn sweep_secrets(&self) {
        secrets::sweep(&self.directory, |id| {
            let row = self.store.read(|read| read.get(&record::JOBS, &id.as_u128()));
            // A store that can't be read says nothing.
            row.map_or(true, |row| row.is_some_and(|row| !row.state.status().is_terminal()))
        });
    }

    pub(super) fn is_cancel_asked(&self, id: Uuid) -> bool {
        let row = self.store.read(|read| read.get(&record::JOBS, &id.as_u128()));
        row.ok().flatten().is_some_and(|row| matches!(row.state, state::State::Running { cancel_asked: true, .. }))
    }
}
