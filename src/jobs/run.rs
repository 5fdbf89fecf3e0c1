//! One attempt of one job: the operation runs, is bounded, and its end is written down.
//!
//! An operation runs on a thread of its own: one that never yields holds up neither requests nor other
//! jobs. The token fires on cancel, deadline and shutdown; the operation then has [`NOTICE`] to end by
//! itself and is dropped after that. Whatever it still does is fenced: its artifacts and journal are
//! closed and the store refuses its epoch and start. A thread that does not end keeps its permit until
//! it does, for the permit lives in the `Work` that it was given.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::{
    sync::{OwnedSemaphorePermit, oneshot},
    time::Instant,
};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::{
    Failure, Shared, artifacts,
    persist::{self, Claimed, Ending},
    record::{JOURNAL, JobRow},
    report::Reporter,
    state::{Denied, Event, Fence, Interruption, Outcome, Reason, State},
};
use crate::{
    api::{EventKind, JobStatus, JobType, LogLevel, Operation, Time},
    store::WriteError,
    work::{Artifacts, Journal, JournalError, Slot, Work},
};

/// How long an operation may take to notice that it is to end.
const NOTICE: Duration = Duration::from_millis(500);
/// How long an aborted operation may take to be gone.
const UNWIND: Duration = Duration::from_millis(50);
/// How long artifacts may still be packed after the job was to end.
const PACKING: Duration = Duration::from_secs(1);
/// The wait before the end of an attempt is stored again after the store failed; doubled up to
/// [`LONGEST_RETRY`].
const RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// How often progress reaches the event log.
const FLUSH: Duration = Duration::from_millis(100);
/// How often the time that a job ran is stored at least: so much of it a crash may lose.
const CLOCK: Duration = Duration::from_secs(5);
/// The wait before the first repetition after a transient failure; doubled each time.
const BACKOFF_MS: i64 = 2_000;

/// Why a running attempt is told to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Cancel,
    Shutdown,
}

/// The way to a running attempt.
#[derive(Clone)]
pub(super) struct Handle {
    token: CancellationToken,
    pause: CancellationToken,
    stop: Arc<Mutex<Option<Stop>>>,
}

impl Handle {
    pub(super) fn new() -> Self {
        Self { token: CancellationToken::new(), pause: CancellationToken::new(), stop: Arc::default() }
    }

    /// The first reason stays.
    pub(super) fn stop(&self, why: Stop) {
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        self.token.cancel();
    }

    /// Asks the operation to end at its next checkpoint, if it can go on from there later.
    pub(super) fn pause(&self) {
        self.pause.cancel();
    }

    fn reason(&self) -> Option<Stop> {
        *self.stop.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a job may run in all its attempts, what is left of that, and how long it may be silent.
#[derive(Clone, Copy)]
struct Deadline {
    job: Duration,
    left: Duration,
    step: Duration,
}

impl Deadline {
    fn missed(&self) -> String {
        format!("the job was not done within {} seconds", self.job.as_secs())
    }
}

/// How long a job has run: before this attempt, and in it. A clock that is set makes no difference.
#[derive(Clone, Copy)]
struct Ran {
    before: Duration,
    since: Instant,
}

impl Ran {
    fn ms(&self) -> u64 {
        u64::try_from((self.before + self.since.elapsed()).as_millis()).unwrap_or(u64::MAX)
    }
}

struct Notes {
    shared: Arc<Shared>,
    id: u128,
    fence: Fence,
    reporter: Arc<Reporter>,
}

impl Journal for Notes {
    fn get(&self, step: &str) -> BoxFuture<'_, Result<Option<String>, JournalError>> {
        let key = (self.id, step.to_owned());
        Box::pin(async move {
            let found = self.shared.store.read(|read| read.get(&JOURNAL, &key));
            found.map(|text| text.map(|text| text.0)).map_err(|error| JournalError::Store(error.to_string()))
        })
    }

    fn record(&self, step: &str, note: &str) -> BoxFuture<'_, Result<(), JournalError>> {
        self.reporter.alive();
        let (id, fence, step, note) = (self.id, self.fence, step.to_owned(), note.to_owned());
        Box::pin(async move {
            let written = self.shared.store.write(move |write| persist::note(write, id, fence, step, note)).await;
            written.map_err(|error| match error {
                WriteError::Refused(_) => JournalError::Closed,
                WriteError::Store(error) => JournalError::Store(error.to_string()),
            })
        })
    }
}

/// What came of the operation's task.
enum Ended {
    Done(Result<Value, Failure>),
    Panicked,
    Stopped(Stop),
    /// What was not done, and within how long.
    TimedOut(String),
}

/// The permit of an attempt, held by its `Work`: gone when no thread of it is left.
pub(super) struct Occupied {
    permit: Option<OwnedSemaphorePermit>,
    shared: Arc<Shared>,
    id: Uuid,
}

impl Drop for Occupied {
    fn drop(&mut self) {
        self.permit = None;
        self.shared.leave(self.id);
    }
}

/// Runs a claimed job to the end of this attempt.
pub(super) async fn attempt(shared: Arc<Shared>, claimed: Claimed, handle: Handle, permit: OwnedSemaphorePermit) {
    let Claimed { row, fence, waited_ms } = claimed;
    let job_type = JobType::from(row.job_type);
    metrics::histogram!("atgd_queue_wait_seconds").record(waited_ms.max(0) as f64 / 1_000.0);
    let (tenant, attempt) = (Uuid::from_u128(row.tenant), row.state.tries().attempt());
    tracing::info!(job = %row.uuid(), job_type = job_type.word(), %tenant, key = row.key_id, attempt, "job attempt began");
    let started = Instant::now();
    let outcome = run(&shared, &row, fence, &handle, permit).await;
    shared.forget(row.uuid());
    metrics::histogram!("atgd_run_seconds", "type" => job_type.word()).record(started.elapsed());
    shared.wake();
    if let Some(row) = outcome {
        let status = row.state.status();
        metrics::counter!("atgd_jobs_finished_total", "type" => job_type.word(), "status" => status.word())
            .increment(u64::from(status.is_terminal()));
        if matches!(status, JobStatus::Cancelled | JobStatus::Failed) {
            shared.clean_up(row.uuid(), &row.operation).await;
        }
    }
}

async fn run(
    shared: &Arc<Shared>,
    row: &JobRow,
    fence: Fence,
    handle: &Handle,
    permit: OwnedSemaphorePermit,
) -> Option<JobRow> {
    let id = row.uuid();
    let reporter = Arc::new(Reporter::new());
    let ran = Ran { before: Duration::from_millis(row.ran_ms), since: Instant::now() };
    let over = |event| Ending { event, result: None, artifacts: None, pending: vec![], ran_ms: ran.ms() };
    let fail = |code: &str, message: String| {
        let reason = Reason { code: code.to_owned(), message, retryable: true };
        Event::Finish { fence, outcome: Outcome::Failed(reason) }
    };
    let operation: Operation = match serde_json::from_str(&row.operation) {
        Ok(operation) => operation,
        Err(error) => {
            let event = fail("internal", format!("the stored parameters can't be read: {error}"));
            return end(shared, id, over(event)).await;
        }
    };
    let seconds = row.timeout_seconds.unwrap_or_else(|| shared.settings.borrow().timeout(row.job_type.into()));
    let job = Duration::from_secs(seconds);
    let step = shared.settings.borrow().step_timeout;
    let deadline = Deadline { job, left: job.saturating_sub(ran.before), step };
    if deadline.left.is_zero() {
        return end(shared, id, over(fail("timed_out", deadline.missed()))).await;
    }
    let directory = shared.directory.clone();
    let opening = tokio::task::spawn_blocking(move || artifacts::Staging::open(&directory, id, fence.start));
    let staging = match opening.await.unwrap_or_else(|error| Err(error.into())) {
        Ok(staging) => Arc::new(staging),
        Err(error) => {
            let event = fail("artifacts", format!("the job's directory can't be made: {error}"));
            return end(shared, id, over(event)).await;
        }
    };
    let occupied = Arc::new(Occupied { permit: Some(permit), shared: shared.clone(), id });
    let held = Arc::downgrade(&occupied);
    let work = Work {
        job_id: id,
        attempt: row.state.tries().attempt(),
        progress: reporter.clone(),
        artifacts: staging.clone(),
        journal: Arc::new(Notes { shared: shared.clone(), id: row.id, fence, reporter: reporter.clone() }),
        cancel: handle.token.clone(),
        pause: handle.pause.clone(),
        slot: Slot::new(occupied),
    };
    let runner = shared.runner.clone();
    let ended = match Operating::start(move || runner.run(operation, work)) {
        Ok(operating) => watch(shared, row.id, fence, operating, handle, (deadline, ran), &reporter).await,
        Err(error) => {
            let message = format!("the operation's thread can't be started: {error}");
            Ended::Done(Err(Failure { code: "internal".to_owned(), message, transient: true, partial: None }))
        }
    };
    shared.linger(id, &held);

    let mut pending = reporter.take();
    let (event, result, artifacts) = match ended {
        Ended::Done(Ok(result)) => {
            if let Err(error) = staging.write("result.json", &serde_json::to_vec_pretty(&result).unwrap_or_default()) {
                (fail("artifacts", error.to_string()), Some(result), None)
            } else {
                seal(shared, staging.clone(), id, fence, handle, result).await
            }
        }
        Ended::Done(Err(failure))
            if handle.reason() == Some(Stop::Shutdown)
                || (handle.pause.is_cancelled() && failure.code == Failure::STOPPED) =>
        {
            tracing::info!(job = %id, %failure, "the job stopped with the daemon");
            (Event::Interrupted { cause: Interruption::Shutdown, headway: false }, None, None)
        }
        Ended::Done(Err(failure)) => {
            let reason = Reason { code: failure.code, message: failure.message, retryable: failure.transient };
            if failure.transient {
                let tries = row.state.tries();
                let message = format!("attempt {} failed: {} ({})", tries.attempt(), reason.message, reason.code);
                pending.push(EventKind::Log { level: LogLevel::Warn, message });
                let wait = BACKOFF_MS << tries.transient.min(10);
                (Event::Finish { fence, outcome: Outcome::Transient { reason, wait } }, failure.partial, None)
            } else {
                (Event::Finish { fence, outcome: Outcome::Failed(reason) }, failure.partial, None)
            }
        }
        Ended::Panicked => (fail("panicked", "the operation panicked; the log has the cause".to_owned()), None, None),
        Ended::TimedOut(what) => (fail("timed_out", what), None, None),
        Ended::Stopped(Stop::Cancel) => (Event::Finish { fence, outcome: Outcome::Cancelled }, None, None),
        Ended::Stopped(Stop::Shutdown) => {
            (Event::Interrupted { cause: Interruption::Shutdown, headway: false }, None, None)
        }
    };
    staging.close();
    let result = result.map(|result| result.to_string());
    end(shared, id, Ending { event, result, artifacts, pending, ran_ms: ran.ms() }).await
}

async fn seal(
    shared: &Arc<Shared>,
    staging: Arc<artifacts::Staging>,
    id: Uuid,
    fence: Fence,
    handle: &Handle,
    result: Value,
) -> (Event, Option<Value>, Option<super::record::ArtifactsRow>) {
    let directory = shared.directory.clone();
    let now = Time::now().millis();
    let late = CancellationToken::new();
    let cancel = late.clone();
    let sealing = tokio::task::spawn_blocking(move || artifacts::seal(&staging, &directory, id, now, &cancel));
    // The operation is done: only a packing that outlasts the wish to end by much is given up.
    let deadline = async {
        handle.token.cancelled().await;
        tokio::time::sleep(PACKING).await;
        late.cancel();
        std::future::pending::<()>().await;
    };
    tokio::pin!(sealing);
    let sealed = tokio::select! {
        sealed = &mut sealing => sealed,
        () = deadline => sealing.await,
    };
    let finish = |outcome| Event::Finish { fence, outcome };
    match sealed {
        Ok(Ok(row)) => (finish(Outcome::Completed), Some(result), Some(row)),
        Ok(Err(artifacts::SealError::Cancelled)) if handle.reason() == Some(Stop::Shutdown) => {
            (Event::Interrupted { cause: Interruption::Shutdown, headway: true }, None, None)
        }
        Ok(Err(artifacts::SealError::Cancelled)) => (finish(Outcome::Cancelled), None, None),
        Ok(Err(error)) => {
            let reason = Reason { code: "artifacts".to_owned(), message: error.to_string(), retryable: true };
            (finish(Outcome::Failed(reason)), Some(result), None)
        }
        Err(_) => {
            let message = "packing the artifacts panicked".to_owned();
            let reason = Reason { code: "panicked".to_owned(), message, retryable: true };
            (finish(Outcome::Failed(reason)), Some(result), None)
        }
    }
}

/// An operation on its thread. Dropped, it is told to go, which it does at its next await.
struct Operating {
    ended: oneshot::Receiver<Result<Value, Failure>>,
    gone: DropGuard,
}

impl Operating {
    fn start(
        operation: impl FnOnce() -> BoxFuture<'static, Result<Value, Failure>> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (tell, ended) = oneshot::channel();
        let gone = CancellationToken::new();
        let (go, runtime) = (gone.clone(), tokio::runtime::Handle::current());
        std::thread::Builder::new().name("job".to_owned()).spawn(move || {
            let done = runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = go.cancelled() => None,
                    done = operation() => Some(done),
                }
            });
            // Nothing of the operation is left by now. Who does not listen any more has dropped it.
            if let Some(done) = done {
                let _ = tell.send(done);
            }
        })?;
        Ok(Self { ended, gone: gone.drop_guard() })
    }
}

/// Waits for the operation, its stop or its deadline, and flushes reports meanwhile.
async fn watch(
    shared: &Arc<Shared>,
    id: u128,
    fence: Fence,
    mut operating: Operating,
    handle: &Handle,
    (deadline, ran): (Deadline, Ran),
    reporter: &Arc<Reporter>,
) -> Ended {
    let end = Instant::now() + deadline.left;
    let mut recorded = Instant::now();
    let mut flush = tokio::time::interval(FLUSH);
    flush.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let stopped = loop {
        tokio::select! {
            biased;
            done = &mut operating.ended => return settled(done),
            () = handle.token.cancelled() => {
                let fenced = || Ended::TimedOut("another attempt holds the job".to_owned());
                break handle.reason().map_or_else(fenced, Ended::Stopped);
            }
            () = tokio::time::sleep_until(end) => {
                handle.token.cancel();
                break Ended::TimedOut(deadline.missed());
            }
            _ = flush.tick() => {
                if let Some(step) = reporter.silent(deadline.step) {
                    handle.token.cancel();
                    break Ended::TimedOut(format!("{step} reported nothing for {} seconds", deadline.step.as_secs()));
                }
                let kinds = reporter.take();
                if !kinds.is_empty() || recorded.elapsed() >= CLOCK {
                    recorded = Instant::now();
                    let (now, told) = (Time::now().millis(), (kinds, ran.ms()));
                    let appended = shared.store.write(move |write| persist::append(write, id, fence, told, now)).await;
                    match appended {
                        Ok(seq) => shared.hub.grown(Uuid::from_u128(id), seq),
                        Err(WriteError::Refused(_)) => handle.token.cancel(),
                        Err(WriteError::Store(error)) => tracing::warn!(%error, "progress was not stored"),
                    }
                }
            }
        }
    };
    // What the operation finishes in its notice counts: it was past the point where it could be undone.
    match (tokio::time::timeout(NOTICE, &mut operating.ended).await, stopped) {
        (Ok(Ok(Ok(result))), _) => Ended::Done(Ok(result)),
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

fn settled(done: Result<Result<Value, Failure>, oneshot::error::RecvError>) -> Ended {
    match done {
        Ok(outcome) => Ended::Done(outcome),
        Err(_) => Ended::Panicked,
    }
}

/// Writes the end down; `None` where another attempt holds the job by now.
async fn end(shared: &Arc<Shared>, id: Uuid, ending: Ending) -> Option<JobRow> {
    let now = Time::now().millis();
    let ending = Arc::new(ending);
    let mut pause = RETRY;
    let written: Result<JobRow, WriteError<Denied>> = loop {
        let given = ending.clone();
        let written = shared.store.write_urgent(move |write| persist::finish(write, id.as_u128(), &given, now)).await;
        match written {
            // A disk that is full or failing may recover: the end is kept until it can be stored.
            Err(WriteError::Store(error)) if !shared.draining.is_cancelled() => {
                tracing::error!(job = %id, %error, "the end of an attempt could not be stored yet");
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = shared.draining.cancelled() => {}
                }
                pause = (pause * 2).min(LONGEST_RETRY);
            }
            written => break written,
        }
    };
    match written {
        Ok(row) => {
            shared.hub.grown(id, row.last_seq);
            let status = row.state.status().word();
            if let State::Failed { reason: Reason { code, message, .. }, .. } = &row.state {
                tracing::warn!(job = %id, status, %code, %message, "job attempt ended");
            } else {
                tracing::info!(job = %id, status, "job attempt ended");
            }
            Some(row)
        }
        Err(WriteError::Refused(denied)) => {
            tracing::warn!(job = %id, %denied, "the end of an attempt came too late");
            None
        }
        Err(WriteError::Store(error)) => {
            // The job stays running under this epoch; the next start of the daemon settles it.
            tracing::error!(job = %id, %error, "the end of an attempt could not be stored");
            None
        }
    }
}
