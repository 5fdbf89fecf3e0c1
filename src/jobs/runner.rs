//! The trait between jobs and operations. It has two implementations: `ops`, and a scripted one for tests.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::{api::Operation, work::Work};

/// Runs operations. A future that is dropped must stop; blocking work watches `work.cancel`.
pub trait Runner: Send + Sync + 'static {
    /// The result that the job stores, or why there is none.
    fn run(&self, operation: Operation, work: Work) -> BoxFuture<'static, Result<Value, Failure>>;

    /// What the operation would cost, without a job (`POST /scan?plan=true`).
    fn preview(&self, operation: Operation) -> BoxFuture<'static, Result<Value, Failure>>;

    /// Tells the runner that a job has ended without completing (cancelled, failed): it removes what the
    /// job has written so far, such as a generation of the graph. Idempotent.
    fn abandon(&self, operation: Operation, job_id: uuid::Uuid) -> BoxFuture<'static, ()>;

    /// The operation as it becomes a job, or why it can't: whatever can be known before there is one. `secrets` are the
    /// names of those that the request gives. Asked before a submit.
    fn settle(
        &self,
        operation: Operation,
        secrets: BTreeSet<String>,
    ) -> BoxFuture<'static, Result<Operation, Failure>> {
        let _ = secrets;
        Box::pin(std::future::ready(Ok(operation)))
    }

    /// Why this operation can't be accepted at all (no such tenant is configured); asked before a submit.
    fn admit(&self, operation: &Operation) -> Result<(), Failure>;
}

/// Why an operation gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// A stable word: `credentials`, `unknown_tenant`, `no_snapshot`, `throttled`, `network`, …
    pub code: String,
    /// Lower case; what was expected and what to do.
    pub message: String,
    /// Whether the same job may succeed if it is run again as it is.
    pub transient: bool,
    /// The result so far, if there is any.
    pub partial: Option<Value>,
}

impl Failure {
    /// The code of an operation that ended at a checkpoint because the daemon stops.
    pub(crate) const STOPPED: &str = "stopped";

    /// What an operation answers that was asked to pause and can go on from where it is.
    pub fn stopped() -> Self {
        let message = "stopped at a checkpoint, to go on at the next start".to_owned();
        Self { code: Self::STOPPED.to_owned(), message, transient: true, partial: None }
    }
}
