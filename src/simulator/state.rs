//! What all answers of a running simulator share: its settings, its world, the counts of requests, the faults.
//!
//! Knows no route.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{Hash, Hasher},
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use serde_json::Value;
use tokio::sync::Notify;

use super::{
    deployments::Deployments, error::SimulatorError, faults::Faults, inline, login::Login, operations::Operations,
    quirks::Quirks, settings::Settings, throttle::Throttle, world::World,
};
use crate::arm;

/// What the routes share.
pub(super) struct State {
    pub settings: Settings,
    world: RwLock<World>,
    pub login: Login,
    pub throttle: Throttle,
    counts: Mutex<BTreeMap<String, u64>>,
    held: AtomicBool,
    released: Notify,
    pub faults: Faults,
    pub quirks: Quirks,
    pub operations: Operations,
    pub deployments: Deployments,
    /// When objects of the directory were created, by id.
    young: Mutex<HashMap<String, Instant>>,
    /// Pages that were read, by a hash of their address: how often.
    pages: Mutex<HashMap<u64, u32>>,
    pub base: String,
}

impl State {
    pub(super) fn new(settings: Settings, base: String, world: World) -> Result<Self, SimulatorError> {
        let (faults, quirks) = (Faults::default(), Quirks::default());
        for fault in settings.faults.clone() {
            faults.add(fault, &base).map_err(SimulatorError::Asked)?;
        }
        quirks.set(&settings.quirks).map_err(SimulatorError::Asked)?;
        Ok(Self {
            faults,
            quirks,
            operations: Operations::default(),
            deployments: Deployments::default(),
            young: Mutex::default(),
            pages: Mutex::default(),
            throttle: Throttle::new(settings.quota),
            login: Login::new()?,
            base,
            settings,
            world: RwLock::new(world),
            counts: Mutex::default(),
            held: AtomicBool::new(false),
            released: Notify::new(),
        })
    }

    pub(super) fn world(&self) -> RwLockReadGuard<'_, World> {
        self.world.read()
    }

    pub(super) fn world_mut(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write()
    }

    /// Counts a request of a kind.
    pub(super) fn count(&self, kind: &str) {
        let mut counts = self.counts.lock();
        match counts.get_mut(kind) {
            Some(known) => *known += 1,
            None => drop(counts.insert(kind.to_owned(), 1)),
        }
    }

    /// Requests so far, by kind.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.counts.lock().clone()
    }

    pub(super) fn forget_counts(&self) {
        self.counts.lock().clear();
    }

    /// An object of the directory was created.
    pub(super) fn created(&self, id: &str) {
        self.young.lock().insert(id.to_lowercase(), Instant::now());
    }

    /// Whether an object of the directory is too young to be seen.
    pub(super) fn is_unseen(&self, id: &str) -> bool {
        let delay = self.faults.replication();
        !delay.is_zero() && self.young.lock().get(&id.to_lowercase()).is_some_and(|since| since.elapsed() < delay)
    }

    /// From now on answers wait, until [`Self::release`].
    pub(super) fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
    }

    pub(super) fn release(&self) {
        self.held.store(false, Ordering::SeqCst);
        self.released.notify_waiters();
    }

    /// Returns when answers are not held, at once if they are not.
    pub(super) async fn not_held(&self) {
        loop {
            // Registered before the look, so that a release in between is not missed.
            let released = self.released.notified();
            if !self.held.load(Ordering::SeqCst) {
                return;
            }
            released.await;
        }
    }

    /// Puts a body at once, as if somebody else had. `false`: its id cannot be served.
    pub(super) fn put(&self, id: &str, body: &Value) -> bool {
        let mut world = self.world_mut();
        let known = world.contains(&arm::key(id));
        let done = world.tell(id, body);
        inline::spread(&mut world, id);
        world.note(if known { "Update" } else { "Create" }, id);
        done
    }

    /// Counts a page; one that was read before counts as read again, too.
    pub(super) fn page_read(&self, path: &str, token: &str) {
        let mut hasher = std::hash::DefaultHasher::new();
        (path, token).hash(&mut hasher);
        let mut pages = self.pages.lock();
        let times = pages.entry(hasher.finish()).or_insert(0);
        *times += 1;
        if *times > 1 {
            drop(pages);
            self.count("pages_read_again");
        }
    }

    /// Removes something and all below it, as if somebody had deleted it.
    pub(super) fn remove(&self, id: &str) -> Vec<String> {
        let mut world = self.world_mut();
        let gone = world.remove(&arm::key(id));
        inline::forget(&mut world, id);
        for id in &gone {
            world.note("Delete", id);
        }
        gone
    }
}
