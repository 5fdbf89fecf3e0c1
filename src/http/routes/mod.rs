//! The handlers, one file a subject. Each checks rights, calls one room, and says it in wire types.

pub(super) mod artifacts;
pub(super) mod events;
pub(super) mod graph;
pub(super) mod jobs;
pub(super) mod keys;
pub(super) mod older;
pub(super) mod service;
pub(super) mod socket;
pub(super) mod store;
pub(super) mod submit;

/// Reads that may walk a large table, off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, super::refusal::Refusal> + Send + 'static,
) -> Result<T, super::refusal::Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(super::refusal::Refusal::internal)?
}
