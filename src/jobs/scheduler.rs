//! Hands jobs to slots: a permit first, then the claim; the permit moves into the job's task.
//!
//! Wake-ups are registered before the queue is looked at; a slow poll is the fallback. The number of
//! slots follows the settings while the daemon runs. A slot that there is no job for is offered while the
//! scheduler waits: the submit of a job that is next claims it in its own transaction, so
//! that one commit lies between the request and the run.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{
    attempts::{Handle, Stop},
    persist::{self, Claimed},
    pick::pick,
    run,
    settings::Settings,
    shared::Shared,
};
use crate::{api::Time, store::WriteError};

/// The fallback poll.
const POLL: Duration = Duration::from_secs(1);

/// Runs until the daemon drains.
pub(super) async fn schedule(shared: Arc<Shared>) {
    hand_out(&shared).await;
    drop(shared.slots.offer(None));
}

async fn hand_out(shared: &Arc<Shared>) {
    let mut settings = shared.settings.clone();
    let mut slots = settings.borrow_and_update().max_concurrent;
    let permits = Arc::new(Semaphore::new(slots));
    loop {
        let wanted = settings.borrow_and_update().max_concurrent;
        resize(&permits, slots, wanted);
        slots = wanted;
        shared.slots.beat();
        drop(shared.slots.offer(None));
        let permit = tokio::select! {
            () = shared.stopping.draining() => return,
            () = changed(&mut settings) => continue,
            () = tokio::time::sleep(POLL) => continue,
            permit = permits.clone().acquire_owned() => permit,
        };
        let Ok(permit) = permit else { return };
        let woken = shared.slots.woken();
        tokio::pin!(woken);
        woken.as_mut().enable();
        let wait = match next(shared).await {
            Next::Job(claimed) => {
                start(shared, *claimed, permit);
                continue;
            }
            Next::Again => continue,
            Next::Wait(wait) => wait,
        };
        drop(shared.slots.offer(Some(permit)));
        tokio::select! {
            () = shared.stopping.draining() => return,
            () = woken => {}
            () = changed(&mut settings) => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Returns when the settings change; never if their sender is gone.
async fn changed(settings: &mut watch::Receiver<Settings>) {
    if settings.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn resize(permits: &Arc<Semaphore>, from: usize, to: usize) {
    if to > from {
        permits.add_permits(to - from);
    }
    for _ in to..from {
        // Slots that are in use go when their jobs end.
        let permits = permits.clone();
        tokio::spawn(async move {
            if let Ok(permit) = permits.acquire_owned().await {
                permit.forget();
            }
        });
    }
}

/// What comes after a look at the queue.
enum Next {
    Job(Box<Claimed>),
    /// The picked job was gone.
    Again,
    Wait(Duration),
}

async fn next(shared: &Arc<Shared>) -> Next {
    if shared.stopping.is_draining() {
        return Next::Wait(POLL);
    }
    let (epoch, now) = (shared.epoch, Time::now().millis());
    let shares = shared.slots.shares(&shared.settings.borrow());
    let failed = |error: &dyn std::fmt::Display| {
        tracing::error!(%error, "no job could be claimed");
        Next::Wait(POLL)
    };
    let picked = match shared.store.read(|read| pick(read, shares, now)) {
        Ok(picked) => picked,
        Err(error) => return failed(&error),
    };
    let Some(id) = picked.job else {
        let until = picked.next_due.map_or(POLL, |at| Duration::from_millis(at.saturating_sub(now).unsigned_abs()));
        return Next::Wait(until.clamp(Duration::from_millis(5), POLL));
    };
    let claimed: Result<Option<Claimed>, WriteError<Infallible>> =
        shared.store.write(move |write| persist::claim(write, id, epoch, now).map(Ok)).await;
    match claimed {
        Ok(Some(claimed)) => Next::Job(Box::new(claimed)),
        Ok(None) => Next::Again,
        Err(error) => failed(&error),
    }
}

pub(super) fn start(shared: &Arc<Shared>, claimed: Claimed, permit: OwnedSemaphorePermit) {
    let id = claimed.row.uuid();
    shared.hub.grown(id, claimed.row.last_seq);
    let handle = Handle::new();
    shared.attempts.register(id, handle.clone());
    // A stop and a cancel that came after the claim and before the registration have found no handle.
    if shared.stopping.is_draining() {
        handle.pause();
    }
    if shared.is_cancel_asked(id) {
        handle.stop(Stop::Cancel);
    }
    let shared = shared.clone();
    shared.clone().stopping.spawn(run::attempt(shared, claimed, handle, permit));
}
