//! Runs one operation on a thread of its own, so that one which never yields delays neither requests nor other jobs.

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
