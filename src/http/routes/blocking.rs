//! Runs reads that may walk a large table off the async threads.

use crate::http::refusal::Refusal;

/// Reads that may walk a large table: runs them off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(Refusal::internal)?
}
