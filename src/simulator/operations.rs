//! Long-running operations: which way a type answers a write, and those that were begun.
//!
//! Which way it is is documented for a few types and guessed for the others: a hash of the type picks, the
//! same one always, unless [`Style`] says otherwise. What is answered and polled is in `long_running`.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use uuid::Uuid;

/// How writes are answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    /// By the type, all of the others.
    #[default]
    Mixed,
    AtOnce,
    AsyncOperation,
    Location,
    Both,
    /// 202 without a body, and `Location` alone.
    LocationOnly,
}

impl std::str::FromStr for Style {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "mixed" => Self::Mixed,
            "at-once" => Self::AtOnce,
            "async-operation" => Self::AsyncOperation,
            "location" => Self::Location,
            "both" => Self::Both,
            "location-only" => Self::LocationOnly,
            other => {
                let known = "mixed, at-once, async-operation, location, both, location-only";
                return Err(format!("no such way to answer writes: {other:?}; known are {known}"));
            }
        })
    }
}

/// How some services answer PUT and DELETE, as documented: their SDKs refuse any other status.
/// The first prefix of the type that fits decides.
const KNOWN: [(&str, Style, Style); 7] = [
    ("microsoft.storage/storageaccounts/", Style::AtOnce, Style::AtOnce),
    ("microsoft.storage/", Style::LocationOnly, Style::AtOnce),
    ("microsoft.network/", Style::AsyncOperation, Style::Both),
    ("microsoft.compute/", Style::Both, Style::Both),
    ("microsoft.authorization/", Style::AtOnce, Style::AtOnce),
    ("microsoft.managedidentity/", Style::AtOnce, Style::AtOnce),
    ("microsoft.keyvault/", Style::AtOnce, Style::AtOnce),
];

impl Style {
    pub(super) fn of(self, type_name: &str, work: Work) -> Self {
        if self != Self::Mixed {
            return self;
        }
        let name = type_name.to_lowercase();
        if let Some((_, put, delete)) = KNOWN.iter().find(|(prefix, ..)| name.starts_with(prefix)) {
            return if work == Work::Write { *put } else { *delete };
        }
        match blake3::hash(name.as_bytes()).as_bytes()[0] % 5 {
            0 => Self::AtOnce,
            1 => Self::AsyncOperation,
            2 => Self::Location,
            3 => Self::Both,
            _ => Self::LocationOnly,
        }
    }
}

/// What happens to the target when the time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    Write,
    Delete,
}

#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub key: String,
    pub work: Work,
    pub ready: Instant,
    pub failed: bool,
    applied: bool,
}

/// Those that were started; an operation is kept as Azure keeps it, longer than any client polls.
#[derive(Default)]
pub(super) struct Operations(Mutex<HashMap<Uuid, Operation>>);

impl Operations {
    pub(super) fn begin(&self, key: &str, work: Work, time: Duration, failed: bool) -> Uuid {
        let id = Uuid::new_v4();
        let operation = Operation { key: key.to_owned(), work, ready: Instant::now() + time, failed, applied: false };
        self.0.lock().insert(id, operation);
        id
    }

    /// Those whose time is over and whose work is still to be done.
    pub(super) fn due(&self) -> Vec<Operation> {
        let mut all = self.0.lock();
        let now = Instant::now();
        let due = all.values_mut().filter(|operation| !operation.applied && operation.ready <= now);
        due.map(|operation| {
            operation.applied = true;
            operation.clone()
        })
        .collect()
    }

    pub(super) fn get(&self, id: Uuid) -> Option<Operation> {
        self.0.lock().get(&id).cloned()
    }

    /// Whether one is under way for what bears the key.
    pub(super) fn busy(&self, key: &str) -> bool {
        let all = self.0.lock();
        let now = Instant::now();
        all.values().any(|operation| operation.key == key && operation.ready > now)
    }
}
