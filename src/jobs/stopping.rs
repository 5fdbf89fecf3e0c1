//! How the room stops: nothing new begins, viewers are told, tasks that run are waited for.

use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerWaitFuture},
};

#[derive(Default)]
pub(super) struct Stopping {
    draining: CancellationToken,
    tasks: TaskTracker,
}

impl Stopping {
    /// From now on nothing is claimed and no submit is taken; viewers go.
    pub(super) fn begin(&self) {
        self.draining.cancel();
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Returns when the room begins to stop.
    pub(super) async fn draining(&self) {
        self.draining.cancelled().await;
    }

    /// Fires when the room begins to stop: also for viewers.
    pub(super) fn token(&self) -> CancellationToken {
        self.draining.clone()
    }

    /// A task that a drain waits for.
    pub(super) fn spawn<F>(&self, task: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.tasks.spawn(task)
    }

    /// Resolves when all tasks have ended, those that are spawned meanwhile too.
    pub(super) fn all_ended(&self) -> TaskTrackerWaitFuture<'_> {
        self.tasks.close();
        self.tasks.wait()
    }
}
