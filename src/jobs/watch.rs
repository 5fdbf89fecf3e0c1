//! Watches a running operation: stores its reports, and stops it on request, at its deadline, or after silence.
//!
//! The operation is told by its token and then has [`NOTICE`] to end by itself; after that it is dropped.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{sync::oneshot, time::Instant};
use uuid::Uuid;

use super::{
    attempts::{Handle, Stop},
    persist,
    report::Reporter,
    runner::Failure,
    shared::Shared,
    state::Fence,
    thread::Operating,
};
use crate::{api::Time, store::WriteError};

/// How long an operation may take to notice that it is to end.
const NOTICE: Duration = Duration::from_millis(500);
/// How long an aborted operation may take to be gone.
const UNWIND: Duration = Duration::from_millis(50);
/// How often progress reaches the event log.
const FLUSH: Duration = Duration::from_millis(100);
/// How often the time that a job ran is stored at least: so much of it a crash may lose.
const CLOCK: Duration = Duration::from_secs(5);

/// How long a job may run in all its attempts, what is left of that, and how long it may be silent.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    pub(super) job: Duration,
    pub(super) left: Duration,
    pub(super) step: Duration,
}

impl Deadline {
    pub(super) fn missed(&self) -> String {
        format!("the job was not done within {} seconds", self.job.as_secs())
    }
}

/// How long a job has run: before this attempt, and in it. A clock that is set makes no difference.
#[derive(Clone, Copy)]
pub(super) struct Ran {
    pub(super) before: Duration,
    pub(super) since: Instant,
}

impl Ran {
    pub(super) fn ms(&self) -> u64 {
        u64::try_from((self.before + self.since.elapsed()).as_millis()).unwrap_or(u64::MAX)
    }
}

/// What came of the operation's task.
pub(super) enum Ended {
    Done(Result<Value, Failure>),
    Panicked,
    /// With the result so far, where the operation had one.
    Stopped(Stop, Option<Value>),
    /// What was not done, and within how long; with the result so far, where the operation had one.
    TimedOut(String, Option<Value>),
}

/// One attempt of one job, while it runs.
pub(super) struct Attempt {
    pub(super) shared: Arc<Shared>,
    pub(super) id: Uuid,
    pub(super) fence: Fence,
    pub(super) handle: Handle,
    pub(super) reporter: Arc<Reporter>,
    pub(super) ran: Ran,
}

impl Attempt {
    /// Waits for the operation, its stop or its deadline, and flushes reports meanwhile.
    pub(super) async fn watch(&self, mut operating: Operating, deadline: Deadline) -> Ended {
        let handle = &self.handle;
        let end = Instant::now() + deadline.left;
        let mut recorded = Instant::now();
        let mut flush = tokio::time::interval(FLUSH);
        flush.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let stopped = loop {
            tokio::select! {
                biased;
                done = &mut operating.ended => return ended(done),
                () = handle.token.cancelled() => {
                    let fenced = || Ended::TimedOut("another attempt holds the job".to_owned(), None);
                    break handle.reason().map_or_else(fenced, |stop| Ended::Stopped(stop, None));
                }
                () = tokio::time::sleep_until(end) => {
                    handle.token.cancel();
                    break Ended::TimedOut(deadline.missed(), None);
                }
                _ = flush.tick() => {
                    if let Some(step) = self.reporter.silent(deadline.step) {
                        handle.token.cancel();
                        let seconds = deadline.step.as_secs();
                        break Ended::TimedOut(format!("{step} reported nothing for {seconds} seconds"), None);
                    }
                    self.flush(&mut recorded).await;
                }
            }
        };
        // What the operation finishes in its notice counts: it was past the point where it could be undone.
        match (tokio::time::timeout(NOTICE, &mut operating.ended).await, stopped) {
            (Ok(Ok(Ok(result))), _) => Ended::Done(Ok(result)),
            (Ok(Ok(Err(failure))), Ended::Stopped(stop, _)) => Ended::Stopped(stop, failure.partial),
            (Ok(Ok(Err(failure))), Ended::TimedOut(what, _)) => Ended::TimedOut(what, failure.partial),
            (Ok(_), stopped) => stopped,
            (Err(_), stopped) => {
                let Operating { mut ended, gone } = operating;
                drop(gone);
                // Most end at their next await; a thread that computes or blocks does not.
                let _ = tokio::time::timeout(UNWIND, &mut ended).await;
                stopped
            }
        }
    }

    /// Stores what was reported since, and at least every [`CLOCK`] how long the job ran.
    async fn flush(&self, recorded: &mut Instant) {
        let kinds = self.reporter.take();
        if kinds.is_empty() && recorded.elapsed() < CLOCK {
            return;
        }
        *recorded = Instant::now();
        let (id, fence) = (self.id.as_u128(), self.fence);
        let (now, told) = (Time::now().millis(), (kinds, self.ran.ms()));
        match self.shared.store.write(move |write| persist::append(write, id, fence, told, now)).await {
            Ok(seq) => self.shared.hub.grown(self.id, seq),
            Err(WriteError::Refused(_)) => self.handle.token.cancel(),
            Err(WriteError::Store(error)) => tracing::warn!(%error, "progress was not stored"),
        }
    }
}

fn ended(done: Result<Result<Value, Failure>, oneshot::error::RecvError>) -> Ended {
    match done {
        Ok(outcome) => Ended::Done(outcome),
        Err(_) => Ended::Panicked,
    }
}
