//! The slots that jobs run in, shared by the scheduler and by submits: wake-ups, an offered slot, fair shares.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, futures::Notified};

use super::{pick::Shares, settings::Settings};

pub(super) struct Slots {
    /// Something may be claimable.
    work: Notify,
    /// A slot that the scheduler had no job for: a submit may claim for itself with it.
    offer: Mutex<Option<OwnedSemaphorePermit>>,
    /// Whether more than one key may submit.
    rivals: OnceLock<Box<dyn Fn() -> bool + Send + Sync>>,
    /// When the scheduler last looked around: milliseconds since `started`.
    beat: AtomicU64,
    started: Instant,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self {
            work: Notify::new(),
            offer: Mutex::default(),
            rivals: OnceLock::new(),
            beat: AtomicU64::new(0),
            started: Instant::now(),
        }
    }

    /// Something may be claimable.
    pub(super) fn wake(&self) {
        self.work.notify_one();
    }

    pub(super) fn woken(&self) -> Notified<'_> {
        self.work.notified()
    }

    /// Offers a slot, or takes the offer back.
    pub(super) fn offer(&self, slot: Option<OwnedSemaphorePermit>) -> Option<OwnedSemaphorePermit> {
        std::mem::replace(&mut *self.offer.lock(), slot)
    }

    #[cfg(test)]
    pub(super) fn is_offered(&self) -> bool {
        self.offer.lock().is_some()
    }

    /// The first teller stays.
    pub(super) fn ask_for_rivals(&self, have_rivals: impl Fn() -> bool + Send + Sync + 'static) {
        let _ = self.rivals.set(Box::new(have_rivals));
    }

    /// Running jobs that one key may have.
    pub(super) fn shares(&self, settings: &Settings) -> Shares {
        let fair = (settings.max_concurrent as u64).saturating_sub(1).max(1);
        let is_shared = || self.rivals.get().is_some_and(|have_rivals| have_rivals());
        Shares { per_key: settings.per_key.or_else(|| is_shared().then_some(fair)), fair }
    }

    /// The scheduler looks around.
    pub(super) fn beat(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.beat.store(now, Ordering::Relaxed);
    }

    /// How long ago the scheduler looked around.
    pub(super) fn silent_for(&self) -> Duration {
        let beat = Duration::from_millis(self.beat.load(Ordering::Relaxed));
        self.started.elapsed().saturating_sub(beat)
    }
}
