//! The one writer thread: runs queued closures in a transaction, commits, then answers each of them.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    thread::JoinHandle,
    time::Instant,
};

use redb::{Database, Durability};
use tokio::sync::{mpsc, oneshot};

use super::{
    error::{StoreError, WriteError, storage_error},
    file::Held,
    guard::{caught, guarded},
    table::Write,
};

/// Most closures that share one commit.
const GROUP: usize = 256;

/// Writes that may wait; beyond that callers wait.
const QUEUE: usize = 1_024;

/// Tells the caller, once it is known how the commit ended.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// A closure with its caller: runs in the transaction, or gets the error that prevented one; the error aborts
/// the group.
pub(super) type Pending =
    Box<dyn for<'w, 't> FnOnce(Result<&'w mut Write<'t>, StoreError>) -> (Answer, Result<(), StoreError>) + Send>;

pub(super) struct Writer {
    queue: Option<mpsc::Sender<Pending>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(held: Arc<Held>) -> Result<Self, StoreError> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let path = held.path().display().to_string();
        let failed = |error: std::io::Error| StoreError::Io { path, cause: error.to_string() };
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || drain(&held, waiting));
        Ok(Self { queue: Some(queue), thread: Some(thread.map_err(failed)?) })
    }

    pub(super) async fn queue(&self, change: Pending) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(change).await.map_err(|_| StoreError::Closed)
    }
}

impl Drop for Writer {
    /// Ends the thread and waits for it, so that the file is free when the last handle is gone.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

/// Joins a change with the caller that waits for it.
pub(super) fn pending<T, E, F>(change: F, caller: oneshot::Sender<Result<T, WriteError<E>>>) -> Pending
where
    F: FnOnce(&mut Write<'_>) -> Result<Result<T, E>, StoreError> + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    Box::new(move |write| {
        let (ran, is_untouched) = match write {
            Ok(write) => {
                let before = write.changes;
                let ran = catch_unwind(AssertUnwindSafe(|| change(write)));
                (
                    ran.unwrap_or_else(|_| Err(caught().unwrap_or_else(|| bug("a write panicked")))),
                    write.changes == before,
                )
            }
            Err(error) => (Err(error), true),
        };
        let (outcome, verdict) = match ran {
            Ok(Err(refusal)) if is_untouched => (Err(WriteError::Refused(refusal)), Ok(())),
            Ok(Err(_)) => (Err(bug("a refused write had written").into()), Err(bug("a refused write had written"))),
            Ok(Ok(value)) => (Ok(value), Ok(())),
            Err(error) => (Err(error.clone().into()), Err(error)),
        };
        let answer: Answer = Box::new(move |committed| {
            // A caller that is gone needs no answer.
            let _ = caller.send(match (outcome, committed) {
                (Ok(_), Err(error)) => Err(error.into()),
                (outcome, _) => outcome,
            });
        });
        (answer, verdict)
    })
}

fn bug(what: &str) -> StoreError {
    StoreError::Io { path: "writer".to_owned(), cause: what.to_owned() }
}

fn drain(held: &Held, mut waiting: mpsc::Receiver<Pending>) {
    let path = held.path();
    let mut is_broken = false;
    while let Some(first) = waiting.blocking_recv() {
        let start = Instant::now();
        let mut answers = Vec::new();
        // After a failure of the disk redb wants to be opened again.
        let opened = if is_broken { guarded(path, || held.reopen()) } else { Ok(()) };
        let committed = match opened {
            Ok(()) => {
                let mut first = Some(first);
                let outcome = guarded(path, || {
                    held.with(|database| group(database, path, &mut first, &mut waiting, &mut answers))
                });
                match (first.take(), outcome) {
                    (Some(unrun), Err(error)) => {
                        answers.push(unrun(Err(error.clone())).0);
                        Err(error)
                    }
                    (_, outcome) => outcome,
                }
            }
            Err(error) => {
                answers.push(first(Err(error.clone())).0);
                Err(error)
            }
        };
        is_broken = matches!(committed, Err(StoreError::Full { .. } | StoreError::Io { .. }));
        metrics::histogram!("atgd_store_commit_seconds").record(start.elapsed());
        metrics::histogram!("atgd_store_group_size").record(answers.len() as f64);
        if let Err(error) = &committed {
            tracing::error!(path = %path.display(), writes = answers.len(), %error, "store commit failed");
        }
        for answer in answers {
            answer(committed.clone());
        }
    }
}

/// Runs `first` (taken when it ran) and what waits in one transaction.
fn group(
    database: &Database,
    path: &Path,
    first: &mut Option<Pending>,
    waiting: &mut mpsc::Receiver<Pending>,
    answers: &mut Vec<Answer>,
) -> Result<(), StoreError> {
    let failed = |error: redb::Error| storage_error(path, &error);
    let mut transaction = database.begin_write().map_err(|error| failed(error.into()))?;
    transaction.set_durability(Durability::Immediate).map_err(|error| failed(error.into()))?;
    transaction.set_quick_repair(true);
    let verdict = {
        let mut write = Write::new(&transaction, path);
        let mut next = first.take();
        let mut verdict = Ok(());
        while let Some(change) = next.take() {
            let (answer, ran) = change(Ok(&mut write));
            answers.push(answer);
            if ran.is_err() {
                verdict = ran;
                break;
            }
            if answers.len() < GROUP {
                next = waiting.try_recv().ok();
            }
        }
        verdict
    };
    match verdict {
        Ok(()) => transaction.commit().map_err(|error| failed(error.into())),
        Err(error) => {
            transaction.abort().map_err(|error| failed(error.into()))?;
            Err(error)
        }
    }
}
