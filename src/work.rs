//! What an operation sees of its job, and all that it sees.
//!
//! `jobs` makes a [`Work`] for each attempt and hands it to the `Runner`; `scan`, `iac` and `spec`
//! take it (or a part) as a parameter. Nothing here knows a queue, a store or HTTP. Every call is
//! refused silently once the attempt is fenced (cancelled, timed out, superseded): a late writer
//! changes nothing.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::telemetry::Secret;

/// The handles of one attempt of one job.
#[derive(Clone)]
pub struct Work {
    pub job_id: Uuid,
    /// From 1.
    pub attempt: u32,
    pub progress: Arc<dyn Progress>,
    pub artifacts: Arc<dyn Artifacts>,
    pub journal: Arc<dyn Journal>,
    /// Cancelled when the job is cancelled, past its deadline, or the daemon stops.
    pub cancel: CancellationToken,
    /// Cancelled when the daemon begins to stop: an operation that can go on later ends at its next
    /// checkpoint, and tells so by its failure.
    pub pause: CancellationToken,
    pub slot: Slot,
    /// Values of secrets that the request gave, by name.
    pub secrets: Arc<BTreeMap<String, Secret>>,
}

/// What the attempt occupies, for as long as a clone of it is held: a thread that outlives its attempt
/// has its `Work`, and so keeps the slot that it works in.
#[derive(Clone)]
pub struct Slot(Arc<dyn Send + Sync>);

impl Slot {
    pub fn new(occupied: Arc<impl Send + Sync + 'static>) -> Self {
        Self(occupied)
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Slot(held {} times)", Arc::strong_count(&self.0))
    }
}

/// How far the work is. Calls are cheap and never block; they are coalesced before they are stored.
pub trait Progress: Send + Sync {
    /// `fraction` is 0 to 1 of the whole job and never goes back (a smaller value is raised).
    fn report(&self, phase: &str, message: &str, fraction: f64, details: Map<String, Value>);
    /// A sign of life without words: what the job waits for goes on.
    fn alive(&self);
    /// A line in the job's event log.
    fn log(&self, level: Level, message: &str);
}

/// Level of a job's log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

/// Files that become the job's zip when it completes.
pub trait Artifacts: Send + Sync {
    /// Writes one whole file. `path` is relative, `/`-separated, of a safe alphabet; a second write
    /// of a path replaces the first. Blocking: call it off the async threads when files are large.
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), ArtifactError>;
    /// A file to stream into: it becomes part of the artifacts as it stands when the job completes.
    fn create(&self, path: &str) -> Result<std::fs::File, ArtifactError>;
    /// The directory behind, for tools that want files on disk (`terraform fmt`).
    fn directory(&self) -> PathBuf;
}

/// Why an artifact was refused.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    #[error("artifact name {0:?} is refused: use relative paths of letters, digits, '.', '_', '-' and '/'")]
    Name(String),
    #[error("the job's artifacts would pass the limit of {limit} {what}")]
    Limit { limit: u64, what: &'static str },
    #[error("the attempt is over: its artifacts are closed")]
    Closed,
    #[error("writing artifact {path:?}: {source}")]
    Io { path: String, source: std::io::Error },
}

/// Durable notes of the job, kept over attempts: what was done, so that it is not done twice.
pub trait Journal: Send + Sync {
    /// The note under `step`, of this or an earlier attempt.
    fn get(&self, step: &str) -> BoxFuture<'_, Result<Option<String>, JournalError>>;
    /// Stores a note; durable when it returns. Counts as headway: an attempt that recorded a step
    /// and was then killed does not use up one of the job's attempts.
    fn record(&self, step: &str, note: &str) -> BoxFuture<'_, Result<(), JournalError>>;
}

/// Why a note could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("the attempt is over: its journal is closed")]
    Closed,
    #[error("job journal: {0}")]
    Store(String),
}
