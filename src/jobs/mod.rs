//! Jobs: state machine, queue, scheduler, events, artifacts, janitor. Knows a [`Runner`], not Azure.
//!
//! [`Jobs`] is the handle that `http` and `daemon` use. Reading order: `state` (the diagram and the one
//! transition function), `record` (tables), `persist` (the verbs on disk), `scheduler` and `run` (from
//! the queue to the end of an attempt), `events` (following), `artifacts`, `query`, `janitor`.
//!
//! Invariants: a submit is answered after its fsync; a job's row, indexes, counts, queue row and events
//! change in one transaction; a write for a running job bears its epoch and start and is refused when
//! another holds the job; each job has exactly one `complete` event, the last.

mod artifacts;
mod attempts;
mod check;
mod chore;
mod events;
mod handle;
mod ids;
mod janitor;
mod older;
mod persist;
mod pick;
mod query;
mod record;
mod report;
mod row;
mod run;
mod runner;
mod scheduler;
mod secrets;
mod settings;
mod shared;
mod slots;
mod state;
mod stopping;
mod submit;
mod texts;
mod thread;
mod watch;

pub use self::{
    artifacts::{ArtifactsState, ArtifactsZip},
    check::{Checked, check_records, export},
    chore::{Chore, ChoreOutcome, ChoreReport},
    events::{Follow, FollowError},
    handle::{Jobs, JobsError},
    query::{Counts, JobQuery, ListError},
    record::SCHEMA,
    runner::{Failure, Runner},
    secrets::Secrets,
    settings::Settings,
    submit::{CancelError, Idempotency, PurgeError, RetryError, Submission, SubmitError},
};

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod tests;
