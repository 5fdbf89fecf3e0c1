//! The running attempts and how to reach each, and those that have ended while a thread of theirs still runs.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::api::Time;

/// Why a running attempt has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Cancel,
    Shutdown,
}

/// The way to a running attempt.
#[derive(Clone)]
pub(super) struct Handle {
    /// Fires when the operation is to end.
    pub(super) token: CancellationToken,
    pub(super) pause: CancellationToken,
    stop: Arc<Mutex<Option<Stop>>>,
}

impl Handle {
    pub(super) fn new() -> Self {
        Self { token: CancellationToken::new(), pause: CancellationToken::new(), stop: Arc::default() }
    }

    /// The first reason stays.
    pub(super) fn stop(&self, why: Stop) {
        self.stop.lock().get_or_insert(why);
        self.token.cancel();
    }

    /// Asks the operation to end at its next checkpoint, if it can go on from there later.
    pub(super) fn pause(&self) {
        self.pause.cancel();
    }

    pub(super) fn reason(&self) -> Option<Stop> {
        *self.stop.lock()
    }
}

#[derive(Default)]
pub(super) struct Attempts {
    running: Mutex<HashMap<Uuid, Handle>>,
    /// Those that ended while a thread of theirs goes on, and since when.
    lingering: Mutex<BTreeMap<Uuid, Time>>,
}

impl Attempts {
    pub(super) fn register(&self, id: Uuid, handle: Handle) {
        self.running.lock().insert(id, handle);
    }

    pub(super) fn forget(&self, id: Uuid) {
        self.running.lock().remove(&id);
    }

    pub(super) fn handle(&self, id: Uuid) -> Option<Handle> {
        self.running.lock().get(&id).cloned()
    }

    pub(super) fn handles(&self) -> Vec<Handle> {
        self.running.lock().values().cloned().collect()
    }

    /// Shows an attempt that has ended as long as something of it holds its slot, which `held` tells.
    pub(super) fn linger<T>(&self, id: Uuid, held: &Weak<T>) {
        let mut lingering = self.lingering.lock();
        // Whoever lets go after this look takes it out again.
        if held.strong_count() > 0 {
            tracing::warn!(job = %id, "the operation does not end; its slot is taken until it does");
            lingering.insert(id, Time::now());
        }
    }

    /// Nothing of an attempt is left.
    pub(super) fn gone(&self, id: Uuid) {
        self.lingering.lock().remove(&id);
    }

    pub(super) fn lingering(&self) -> Vec<(Uuid, Time)> {
        self.lingering.lock().iter().map(|(id, since)| (*id, *since)).collect()
    }
}
