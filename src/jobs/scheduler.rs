//! Hands jobs to slots: takes a permit, then claims a job, then moves the permit into the job's task.
//!
//! The scheduler registers for the wake-up before it looks at the queue; a slow poll is the fallback. The
//! number of slots follows the settings while the daemon runs. While the scheduler waits for a job, it offers
//! its permit: a submit whose job is next takes the permit and claims the job in its own transaction, so that
//! only one commit lies between the request and the run.
//!
//! Knows neither the order of the queue, which is `pick`'s, nor what a job does, which is `run`'s.

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

/// The longest time between two looks at the queue while a permit is free, also when no wake-up comes.
const POLL: Duration = Duration::from_secs(1);

/// Runs until the daemon drains. The offered permit is then taken back, so that no submit claims a job any more.
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
        // A permit that no submit has taken is free again.
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

/// Adds permits at once; removes them as they become free.
fn resize(permits: &Arc<Semaphore>, from: usize, to: usize) {
    if to > from {
        permits.add_permits(to - from);
    }
    for _ in to..from {
        // A permit that a job holds is removed when the job ends.
        let permits = permits.clone();
        tokio::spawn(async move {
            if let Ok(permit) = permits.acquire_owned().await {
                permit.forget();
            }
        });
    }
}

/// The outcome of a look at the queue.
enum Next {
    Job(Box<Claimed>),
    /// The picked job could no longer be claimed: look again at once.
    Again,
    /// No job may run now: look again after this time, or when woken.
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

/// Starts the attempt of a claimed job in a task of its own, which holds the permit until it ends.
pub(super) fn start(shared: &Arc<Shared>, claimed: Claimed, permit: OwnedSemaphorePermit) {
    let id = claimed.row.uuid();
    shared.hub.grown(id, claimed.row.last_seq);
    let handle = Handle::new();
    shared.attempts.register(id, handle.clone());
    // A drain or a cancel between the claim and the registration found no handle: both are checked again.
    if shared.stopping.is_draining() {
        handle.pause();
    }
    if shared.is_cancel_asked(id) {
        handle.stop(Stop::Cancel);
    }
    let shared = shared.clone();
    shared.clone().stopping.spawn(run::attempt(shared, claimed, handle, permit));
}
