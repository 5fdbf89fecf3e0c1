//! What changes jobs on request: submit, cancel, purge, retry. Each is one transaction. Knows no HTTP.

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    artifacts,
    attempts::Stop,
    handle::Jobs,
    janitor,
    persist::{self, Claimed, NotTaken},
    pick::Shares,
    record::{JOBS, Text},
    row::JobRow,
    runner::Failure,
    scheduler,
    secrets::{self, Secrets},
    state::{Denied, State},
    texts,
    thread::{off_thread, panicked},
};
use crate::{
    api::{CancelAnswer, JobStatus, JobType, JobView, Operation, Time},
    audit::{Audit, Entry},
    store::{StoreError, Write, WriteError},
};

/// A job to be made.
#[derive(Debug, Clone)]
pub struct Submission {
    pub operation: Operation,
    pub key_id: String,
    pub remote: String,
    pub idempotency: Option<Idempotency>,
}

/// A promise of the client that the same key means the same job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    pub key: String,
    pub route: &'static str,
    pub body_hash: [u8; 32],
}

/// Why a job was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    #[error("{queued} jobs are waiting, which is the limit; try again later")]
    QueueFull { queued: u64, retry_after_seconds: u64 },
    #[error("this Idempotency-Key was used with another body")]
    IdempotencyConflict,
    #[error("the daemon is stopping")]
    ShuttingDown,
    #[error("the job was retried before: {0} took it over")]
    AlreadyRetried(Uuid),
    #[error("the job that was to be retried was removed in the meantime")]
    Gone,
    #[error(transparent)]
    Refused(Failure),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a job was not cancelled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    #[error("there is no such job")]
    NotFound,
    #[error("the job has already {}", .0.word())]
    AlreadyFinished(JobStatus),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a job was not purged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PurgeError {
    #[error("there is no such job")]
    NotFound,
    #[error("the job is {}; cancel it first", .0.word())]
    NotFinished(JobStatus),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a job was not retried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetryError {
    #[error("there is no such job")]
    NotFound,
    #[error("the job is {}: only failed and cancelled jobs can be retried", .0.word())]
    NotRetryable(JobStatus),
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

/// A submit's part in a transaction.
struct Taking {
    row: JobRow,
    /// The text of its specification.
    text: Option<Text>,
    /// The promise, and the hash of the body.
    idempotency: Option<((String, String, String), [u8; 32])>,
    audit: Entry,
    /// Jobs that may wait.
    limit: u64,
    /// A job whose journal this one goes on with.
    takes_over: Option<u128>,
    /// What a claim in the same transaction needs; the job is claimed if no other job comes before it.
    claim: Option<(Shares, u64, CancellationToken)>,
}

/// The job that answers a submit.
struct Taken {
    row: JobRow,
    /// Otherwise it is the one that an earlier submit with the same promise has made.
    is_new: bool,
    claimed: Option<Claimed>,
}

impl Taking {
    fn in_transaction(self, write: &mut Write<'_>) -> Result<Result<Taken, SubmitError>, StoreError> {
        if let Some((key, body_hash)) = &self.idempotency
            && let Some((earlier, row)) = persist::earlier(write, key)?
        {
            let is_same = earlier.body_hash == *body_hash;
            let taken = Taken { row, is_new: false, claimed: None };
            return Ok(if is_same { Ok(taken) } else { Err(SubmitError::IdempotencyConflict) });
        }
        let queued = persist::queued(write)?;
        if queued >= self.limit {
            return Ok(Err(SubmitError::QueueFull { queued, retry_after_seconds: 10 }));
        }
        if let Some(old) = self.takes_over
            && let Err(not_taken) = persist::take_over(write, old, self.row.id)?
        {
            return Ok(Err(match not_taken {
                NotTaken::By(by) => SubmitError::AlreadyRetried(by),
                NotTaken::Gone => SubmitError::Gone,
            }));
        }
        if let Some(text) = &self.text {
            texts::keep(write, self.row.id, text)?;
        }
        let row = persist::submit(write, self.row, self.idempotency, self.audit)?;
        let claimed = match self.claim {
            Some((shares, epoch, draining)) if !draining.is_cancelled() => {
                persist::claim_at_once(write, &row, shares, epoch)?
            }
            _ => None,
        };
        Ok(Ok(Taken { row, is_new: true, claimed }))
    }
}

impl Jobs {
    /// Takes a job; it is on disk when this returns.
    pub async fn submit(&self, submission: Submission) -> Result<JobView, SubmitError> {
        self.submit_with(submission, Secrets::new()).await
    }

    /// The same, with values of secrets: they are on disk before the job is, and in a file of their own.
    pub async fn submit_with(&self, submission: Submission, secrets: Secrets) -> Result<JobView, SubmitError> {
        self.take(submission, secrets, None).await
    }

    async fn take(
        &self,
        submission: Submission,
        secrets: Secrets,
        takes_over: Option<u128>,
    ) -> Result<JobView, SubmitError> {
        let shared = &self.shared;
        if self.is_draining() {
            return Err(SubmitError::ShuttingDown);
        }
        shared.runner.admit(&submission.operation).map_err(SubmitError::Refused)?;
        if shared.store.is_short() {
            shared.janitor.nudge();
            return Err(StoreError::Full { path: shared.store.path().display().to_string() }.into());
        }
        let job_type = submission.operation.job_type();
        let mut taking = self.taking(submission)?;
        taking.takes_over = takes_over;
        let id = taking.row.uuid();
        let has_secrets = self.keep_secrets(id, secrets).await?;
        let slot = shared.slots.offer(None);
        if slot.is_some() {
            let shares = shared.slots.shares(&shared.settings.borrow());
            taking.claim = Some((shares, shared.epoch, shared.stopping.token()));
        }
        let change = move |write: &mut Write<'_>| taking.in_transaction(write);
        let written = match slot {
            None => shared.store.write(change).await,
            // A caller that goes away must not leave a claimed job without its attempt.
            Some(slot) => {
                let shared = shared.clone();
                let running = self.shared.stopping.spawn(async move {
                    let mut written = shared.store.write(change).await;
                    if let Ok(taken) = &mut written
                        && let Some(claimed) = taken.claimed.take()
                    {
                        scheduler::start(&shared, claimed, slot);
                    }
                    // Another slot may be offered.
                    shared.slots.wake();
                    written
                });
                running.await.unwrap_or(Err(WriteError::Store(StoreError::Closed)))
            }
        };
        if has_secrets && !written.as_ref().is_ok_and(|taken| taken.is_new) {
            self.shared.forget_secrets(id).await;
        }
        let Taken { row, is_new, .. } = written.map_err(|error| match error {
            WriteError::Refused(refusal) => refusal,
            WriteError::Store(error) => error.into(),
        })?;
        if is_new {
            metrics::counter!("atgd_jobs_submitted_total", "type" => job_type.word()).increment(1);
            shared.hub.grown(row.uuid(), row.last_seq);
            shared.slots.wake();
        }
        Ok(row.view(None))
    }

    /// Whether there were any.
    async fn keep_secrets(&self, id: Uuid, secrets: Secrets) -> Result<bool, SubmitError> {
        if secrets.is_empty() {
            return Ok(false);
        }
        let directory = self.shared.directory.clone();
        let kept = off_thread(move || secrets::keep(&directory, id, &secrets)).await;
        let kept = kept.unwrap_or_else(|| Err(panicked()));
        kept.map(|()| true).map_err(|error| {
            let path = self.shared.directory.with_file_name("secrets").display().to_string();
            if error.kind() == std::io::ErrorKind::StorageFull {
                return StoreError::Full { path }.into();
            }
            StoreError::Record { table: "secrets", cause: error.to_string() }.into()
        })
    }

    /// What the transaction of a submit needs.
    fn taking(&self, mut submission: Submission) -> Result<Taking, SubmitError> {
        let text = texts::taken(&mut submission.operation);
        let shared = &self.shared;
        let now = Time::now().millis();
        let row = new_row(&submission, shared.ids.next(now))?;
        let audit = entry(now, &submission.key_id, &submission.remote, "job.submit", row.uuid());
        let key_id = submission.key_id;
        let idempotency = submission
            .idempotency
            .map(|idempotency| ((key_id, idempotency.route.to_owned(), idempotency.key), idempotency.body_hash));
        let limit = shared.settings.borrow().max_queued;
        Ok(Taking { row, text, idempotency, audit, limit, takes_over: None, claim: None })
    }

    /// Asks for a job's end: a pending one is cancelled when this returns, a running one soon after.
    pub async fn cancel(&self, id: Uuid, by: &str, remote: &str) -> Result<CancelAnswer, CancelError> {
        let now = Time::now().millis();
        let audit = entry(now, by, remote, "job.cancel", id);
        let written =
            self.shared.store.write_urgent(move |write| persist::cancel(write, id.as_u128(), audit.clone(), now)).await;
        let row = written.map_err(|error| match error {
            WriteError::Refused(None) => CancelError::NotFound,
            WriteError::Refused(Some(Denied::Ended(status))) => CancelError::AlreadyFinished(status),
            WriteError::Refused(Some(denied)) => {
                CancelError::Store(StoreError::Record { table: JOBS.name, cause: denied.to_string() })
            }
            WriteError::Store(error) => error.into(),
        })?;
        self.shared.hub.grown(id, row.last_seq);
        let status = row.state.status();
        if let Some(handle) = self.shared.attempts.handle(id) {
            handle.stop(Stop::Cancel);
        } else if status.is_terminal() {
            self.shared.forget_secrets(id).await;
        }
        if self.shared.attempts.handle(id).is_none() && persist::leaves_remains(&row) {
            let shared = self.shared.clone();
            self.shared.stopping.spawn(async move { shared.clean_up(row.uuid(), &row.operation).await });
        }
        Ok(CancelAnswer { job_id: id, status, cancel_requested: true })
    }

    /// Removes a finished job with its artifacts and events.
    pub async fn purge(&self, id: Uuid, by: &str, remote: &str) -> Result<(), PurgeError> {
        // Many that purge at once take turns.
        let _turn = self.shared.janitor.turn().await;
        let began = Instant::now();
        let audit = entry(Time::now().millis(), by, remote, "job.purge", id);
        let written = self
            .shared
            .store
            .write_urgent(move |write| {
                Ok(match persist::purge(write, id.as_u128())? {
                    Ok(()) => {
                        Audit::append_in(write, audit.clone())?;
                        Ok(())
                    }
                    Err(refusal) => Err(refusal),
                })
            })
            .await;
        written.map_err(|error| match error {
            WriteError::Refused(None) => PurgeError::NotFound,
            WriteError::Refused(Some(status)) => PurgeError::NotFinished(status),
            WriteError::Store(error) => error.into(),
        })?;
        let directory = artifacts::job_directory(&self.shared.directory, id);
        // What can't be removed now is an orphan, and the janitor's.
        let _ = off_thread(move || std::fs::remove_dir_all(directory)).await;
        janitor::rest(began).await;
        let janitor = self.shared.janitor.clone();
        self.shared.stopping.spawn(async move {
            // What is left of them is the janitor's.
            if let Err(error) = janitor::drop_events(&janitor, id.as_u128()).await {
                tracing::warn!(job = %id, %error, "events of a purged job could not be removed yet");
            }
        });
        Ok(())
    }

    /// A new job with the parameters of a failed or cancelled one.
    pub async fn retry(&self, id: Uuid, key_id: &str, remote: &str) -> Result<JobView, RetryError> {
        self.retry_with(id, key_id, remote, Secrets::new()).await
    }

    /// The same, with the values of its secrets, which were not kept.
    pub async fn retry_with(
        &self,
        id: Uuid,
        key_id: &str,
        remote: &str,
        secrets: Secrets,
    ) -> Result<JobView, RetryError> {
        let row = self.shared.store.read(|read| read.get(&JOBS, &id.as_u128())).map_err(SubmitError::from)?;
        let row = row.ok_or(RetryError::NotFound)?;
        let status = row.state.status();
        if !matches!(status, JobStatus::Failed | JobStatus::Cancelled) {
            return Err(RetryError::NotRetryable(status));
        }
        let operation = self.shared.store.read(|read| texts::whole(read, &row)).map_err(SubmitError::from)?;
        let names = secrets.keys().cloned().collect();
        let operation = self.shared.runner.settle(operation, names).await.map_err(SubmitError::Refused)?;
        let submission =
            Submission { operation, key_id: key_id.to_owned(), remote: remote.to_owned(), idempotency: None };
        // What a creation made is not made again: the new job goes on with the old one's notes. A dry run makes nothing.
        let takes_over =
            (submission.operation.job_type() == JobType::CreateTenant && row.is_writer()).then_some(row.id);
        self.take(submission, secrets, takes_over).await.map_err(|error| match error {
            SubmitError::Gone => RetryError::NotFound,
            error => RetryError::Submit(error),
        })
    }
}

pub(super) fn new_row(submission: &Submission, (id, created_at): (u128, i64)) -> Result<JobRow, SubmitError> {
    let operation = &submission.operation;
    let text = serde_json::to_string(operation)
        .map_err(|error| StoreError::Record { table: JOBS.name, cause: error.to_string() })?;
    Ok(JobRow {
        id,
        job_type: operation.job_type().into(),
        tenant: operation.tenant_id().as_u128(),
        key_id: submission.key_id.clone(),
        operation: text,
        priority: operation.priority(),
        timeout_seconds: operation.timeout_seconds(),
        created_at,
        state: State::new(),
        last_seq: 0,
        headway: false,
        progress: 0.0,
        step: None,
        detail: "{}".to_owned(),
        ran_ms: 0,
    })
}

pub(super) fn entry(at_ms: i64, actor: &str, remote: &str, action: &str, job: Uuid) -> Entry {
    Entry {
        at_ms,
        actor: actor.to_owned(),
        remote: remote.to_owned(),
        action: action.to_owned(),
        target: job.to_string(),
        outcome: "ok".to_owned(),
    }
}
