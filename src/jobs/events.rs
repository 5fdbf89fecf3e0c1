//! Follows a job: replays its events from the store, then goes on live, with no gap and no duplicate.
//!
//! The hub tells viewers only the number of the newest event; each viewer reads the events from the store, after
//! its own cursor. So a viewer costs a few words of memory however slow it is, and a commit never waits for one.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::query;
use crate::{
    api::{Event, EventKind},
    store::{Store, StoreError},
};

/// Events read at once for a viewer.
const PAGE: usize = 256;
/// The fallback poll.
const POLL: Duration = Duration::from_secs(5);

/// Wakes the viewers of a job after a commit.
#[derive(Clone, Default)]
pub(super) struct Hub {
    jobs: Arc<Mutex<HashMap<Uuid, watch::Sender<u64>>>>,
}

impl Hub {
    /// Tells the viewers of a job that its log has grown.
    pub(super) fn grown(&self, id: Uuid, seq: u64) {
        let mut jobs = self.jobs.lock();
        if let Some(sender) = jobs.get(&id)
            && sender.send(seq).is_err()
        {
            jobs.remove(&id);
        }
    }

    fn watch(&self, id: Uuid) -> watch::Receiver<u64> {
        let mut jobs = self.jobs.lock();
        jobs.retain(|_, sender| sender.receiver_count() > 0);
        jobs.entry(id).or_insert_with(|| watch::channel(0).0).subscribe()
    }
}

/// Why a viewer gets no more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    #[error("the daemon is stopping")]
    Stopping,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A viewer of one job.
pub struct Follow {
    store: Store,
    id: Uuid,
    after: u64,
    grown: watch::Receiver<u64>,
    stopping: CancellationToken,
    read: VecDeque<Event>,
    done: bool,
}

impl Follow {
    pub(super) fn new(store: Store, hub: &Hub, id: Uuid, after: u64, stopping: CancellationToken) -> Self {
        Self { store, id, after, grown: hub.watch(id), stopping, read: VecDeque::new(), done: false }
    }

    /// The next event; `None` after `complete`, or when the job is gone.
    pub async fn next(&mut self) -> Result<Option<Event>, FollowError> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.after = event.seq;
                self.done = matches!(event.kind, EventKind::Complete { .. });
                return Ok(Some(event));
            }
            if self.done {
                return Ok(None);
            }
            self.grown.borrow_and_update();
            self.read = query::events(&self.store, self.id, self.after, PAGE)?.into();
            if !self.read.is_empty() {
                continue;
            }
            match query::status(&self.store, self.id)? {
                // Terminal and nothing after the cursor: the caller has seen the end before.
                Some(status) if status.is_terminal() => {
                    if query::events(&self.store, self.id, self.after, 1)?.is_empty() {
                        return Ok(None);
                    }
                    continue;
                }
                None => return Ok(None),
                Some(_) => {}
            }
            tokio::select! {
                biased;
                () = self.stopping.cancelled() => return Err(FollowError::Stopping),
                _ = self.grown.changed() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }
}
