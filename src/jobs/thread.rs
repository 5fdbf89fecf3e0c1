//! Work that holds its thread: an operation on one of its own, so that one which never yields delays neither requests
//! nor other jobs, and short work with files on those that the runtime keeps for it.

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::runner::Failure;

/// An operation on its thread. When this is dropped the operation ends at its next await.
pub(super) struct Operating {
    pub(super) ended: oneshot::Receiver<Result<Value, Failure>>,
    pub(super) gone: DropGuard,
}

impl Operating {
    pub(super) fn start(
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
            // Nothing of the operation is left by now. The receiver is gone if the operation was dropped.
            if let Some(done) = done {
                let _ = tell.send(done);
            }
        })?;
        Ok(Self { ended, gone: gone.drop_guard() })
    }
}

/// Does work that waits for the disk; `None` where it panicked, and the log says why.
///
/// A runtime that ends while the work stands in line never does it. That is a death, not an outcome: this does not
/// return then, so that nobody notes a failure, and the next start takes the job up.
pub(super) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Some(done),
        Err(error) if error.is_cancelled() => std::future::pending().await,
        Err(_) => None,
    }
}

/// What stands for the answer of work that panicked.
pub(super) fn panicked() -> std::io::Error {
    std::io::Error::other("the work with the file panicked; the log has the cause")
}
