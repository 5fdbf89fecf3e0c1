//! Runs one attempt of one job: prepares it, waits for the operation's end, seals the artifacts, stores the end.
//!
//! After its end an attempt is fenced: its artifacts and journal are closed, and the store refuses its epoch and
//! start. A thread that does not end keeps the attempt's permit until it does, because the permit lives in the
//! `Work` that the operation was given.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    artifacts::{self, SealError, Staging},
    attempts::{Handle, Stop},
    persist::{self, Claimed, Ending},
    record::{ArtifactsRow, JOURNAL},
    report::Reporter,
    row::JobRow,
    runner::Failure,
    secrets::{self, Secrets},
    shared::Shared,
    state::{Denied, Event, Fence, Interruption, Outcome, Reason, State},
    texts,
    thread::{Operating, off_thread, panicked},
    watch::{Attempt, Deadline, Ended, Ran},
};
use crate::{
    api::{EventKind, JobStatus, JobType, LogLevel, Operation, Time},
    store::WriteError,
    work::{Artifacts, Journal, JournalError, Progress, Slot, Work},
};

/// How long artifacts may still be packed after the job was to end.
const PACKING: Duration = Duration::from_secs(1);
/// The wait before the end of an attempt is stored again after the store failed; doubled up to
/// [`LONGEST_RETRY`].
const RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// The wait before the first repetition after a transient failure; doubled each time.
const BACKOFF_MS: i64 = 2_000;

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

/// The permit of an attempt, held by its `Work`: gone when no thread of it is left.
struct Occupied {
    permit: Option<OwnedSemaphorePermit>,
    shared: Arc<Shared>,
    id: Uuid,
}

impl Drop for Occupied {
    fn drop(&mut self) {
        self.permit = None;
        self.shared.attempts.gone(self.id);
        self.shared.slots.wake();
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
    let outcome = run(&shared, &row, fence, handle, permit).await;
    shared.attempts.forget(row.uuid());
    metrics::histogram!("atgd_run_seconds", "type" => job_type.word()).record(started.elapsed());
    shared.slots.wake();
    if let Some(row) = outcome {
        let status = row.state.status();
        if status.is_terminal() {
            shared.forget_secrets(row.uuid()).await;
        }
        metrics::counter!("atgd_jobs_finished_total", "type" => job_type.word(), "status" => status.word())
            .increment(u64::from(status.is_terminal()));
        if matches!(status, JobStatus::Cancelled | JobStatus::Failed) {
            shared.clean_up(row.uuid(), &row.operation).await;
        }
    }
}

/// The end of an attempt, and what is kept with it.
type Conclusion = (Event, Option<Value>, Option<ArtifactsRow>);

async fn run(
    shared: &Arc<Shared>,
    row: &JobRow,
    fence: Fence,
    handle: Handle,
    permit: OwnedSemaphorePermit,
) -> Option<JobRow> {
    let id = row.uuid();
    let ran = Ran { before: Duration::from_millis(row.ran_ms), since: Instant::now() };
    let attempt = Attempt { shared: shared.clone(), id, fence, handle, reporter: Arc::new(Reporter::new()), ran };
    let (operation, deadline, staging) = match prepare(&attempt, row).await {
        Ok(prepared) => prepared,
        Err(event) => {
            let ending = Ending { event, result: None, artifacts: None, pending: vec![], ran_ms: ran.ms() };
            return end(shared, id, ending).await;
        }
    };
    let occupied = Arc::new(Occupied { permit: Some(permit), shared: shared.clone(), id });
    let held = Arc::downgrade(&occupied);
    let reporter = attempt.reporter.clone();
    let secrets = match secrets_of(shared, id).await {
        Ok(secrets) => Arc::new(secrets),
        Err(error) => {
            let event = failed(fence, "secrets", format!("the values of the job's secrets can't be read: {error}"));
            let ending = Ending { event, result: None, artifacts: None, pending: vec![], ran_ms: ran.ms() };
            return end(shared, id, ending).await;
        }
    };
    let work = Work {
        secrets,
        job_id: id,
        attempt: row.state.tries().attempt(),
        progress: reporter.clone(),
        artifacts: staging.clone(),
        journal: Arc::new(Notes { shared: shared.clone(), id: row.id, fence, reporter }),
        cancel: attempt.handle.token.clone(),
        pause: attempt.handle.pause.clone(),
        slot: Slot::new(occupied),
    };
    let runner = shared.runner.clone();
    let ended = match Operating::start(move || runner.run(operation, work)) {
        Ok(operating) => attempt.watch(operating, deadline).await,
        Err(error) => {
            let message = format!("the operation's thread can't be started: {error}");
            Ended::Done(Err(Failure { code: "internal".to_owned(), message, transient: true, partial: None }))
        }
    };
    shared.attempts.linger(id, &held);

    let mut pending = attempt.reporter.take();
    let (event, result, artifacts) = conclude(&attempt, row, ended, &staging, &mut pending).await;
    staging.close();
    let result = result.map(|result| result.to_string());
    end(shared, id, Ending { event, result, artifacts, pending, ran_ms: ran.ms() }).await
}

async fn secrets_of(shared: &Arc<Shared>, id: Uuid) -> std::io::Result<Secrets> {
    let directory = shared.directory.clone();
    off_thread(move || secrets::read(&directory, id)).await.unwrap_or_else(|| Err(panicked()))
}

fn failed(fence: Fence, code: &str, message: String) -> Event {
    let reason = Reason { code: code.to_owned(), message, retryable: true };
    Event::Finish { fence, outcome: Outcome::Failed(reason) }
}

/// What the operation needs before it starts; otherwise the event that ends the attempt.
async fn prepare(attempt: &Attempt, row: &JobRow) -> Result<(Operation, Deadline, Arc<Staging>), Event> {
    let (shared, fence) = (&attempt.shared, attempt.fence);
    let operation = shared
        .store
        .read(|read| texts::whole(read, row))
        .map_err(|error| failed(fence, "internal", format!("the stored parameters can't be read: {error}")))?;
    let deadline = {
        let settings = shared.settings.borrow();
        let seconds = row.timeout_seconds.unwrap_or_else(|| settings.timeout(row.job_type.into()));
        let job = Duration::from_secs(seconds);
        Deadline { job, left: job.saturating_sub(attempt.ran.before), step: settings.step_timeout }
    };
    if deadline.left.is_zero() {
        return Err(failed(fence, "timed_out", deadline.missed()));
    }
    let (directory, id) = (shared.directory.clone(), attempt.id);
    let opening = off_thread(move || Staging::open(&directory, id, fence.start));
    let staging = opening.await.unwrap_or_else(|| Err(panicked()));
    let staging =
        staging.map_err(|error| failed(fence, "artifacts", format!("the job's directory can't be made: {error}")))?;
    Ok((operation, deadline, Arc::new(staging)))
}

/// What becomes of the job after its operation ended so.
async fn conclude(
    attempt: &Attempt,
    row: &JobRow,
    ended: Ended,
    staging: &Arc<Staging>,
    pending: &mut Vec<EventKind>,
) -> Conclusion {
    let (fence, handle) = (attempt.fence, &attempt.handle);
    match ended {
        Ended::Done(Ok(result)) => {
            if let Err(error) = staging.write("result.json", &serde_json::to_vec_pretty(&result).unwrap_or_default()) {
                (failed(fence, "artifacts", error.to_string()), Some(result), None)
            } else {
                seal(attempt, staging.clone(), result).await
            }
        }
        Ended::Done(Err(failure))
            if handle.reason() == Some(Stop::Shutdown)
                || (handle.pause.is_cancelled() && failure.code == Failure::STOPPED) =>
        {
            tracing::info!(job = %attempt.id, %failure, "the job stopped with the daemon");
            (Event::Interrupted { cause: Interruption::Shutdown, headway: false }, None, None)
        }
        Ended::Done(Err(failure)) => {
            let reason = Reason { code: failure.code, message: failure.message, retryable: failure.transient };
            let outcome = if failure.transient {
                let tries = row.state.tries();
                let message = format!("attempt {} failed: {} ({})", tries.attempt(), reason.message, reason.code);
                pending.push(EventKind::Log { level: LogLevel::Warn, message });
                Outcome::Transient { reason, wait: BACKOFF_MS << tries.transient.min(10) }
            } else {
                Outcome::Failed(reason)
            };
            (Event::Finish { fence, outcome }, failure.partial, None)
        }
        Ended::Panicked => {
            let message = "the operation panicked; the log has the cause".to_owned();
            (failed(fence, "panicked", message), None, None)
        }
        Ended::TimedOut(what, partial) => (failed(fence, "timed_out", what), partial, None),
        Ended::Stopped(Stop::Cancel, partial) => (Event::Finish { fence, outcome: Outcome::Cancelled }, partial, None),
        Ended::Stopped(Stop::Shutdown, _) => {
            (Event::Interrupted { cause: Interruption::Shutdown, headway: false }, None, None)
        }
    }
}

/// Packs the artifacts of an operation that is done.
async fn seal(attempt: &Attempt, staging: Arc<Staging>, result: Value) -> Conclusion {
    let (id, fence, handle) = (attempt.id, attempt.fence, &attempt.handle);
    let directory = attempt.shared.directory.clone();
    let now = Time::now().millis();
    let late = CancellationToken::new();
    let cancel = late.clone();
    let sealing = off_thread(move || artifacts::seal(&staging, &directory, id, now, &cancel));
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
        Some(Ok(row)) => (finish(Outcome::Completed), Some(result), Some(row)),
        Some(Err(SealError::Cancelled)) if handle.reason() == Some(Stop::Shutdown) => {
            (Event::Interrupted { cause: Interruption::Shutdown, headway: true }, None, None)
        }
        Some(Err(SealError::Cancelled)) => (finish(Outcome::Cancelled), None, None),
        Some(Err(error)) => {
            let reason = Reason { code: "artifacts".to_owned(), message: error.to_string(), retryable: true };
            (finish(Outcome::Failed(reason)), Some(result), None)
        }
        None => {
            let message = "packing the artifacts panicked".to_owned();
            let reason = Reason { code: "panicked".to_owned(), message, retryable: true };
            (finish(Outcome::Failed(reason)), Some(result), None)
        }
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
            Err(WriteError::Store(error)) if !shared.stopping.is_draining() => {
                tracing::error!(job = %id, %error, "the end of an attempt could not be stored yet");
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = shared.stopping.draining() => {}
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
