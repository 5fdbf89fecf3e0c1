//! Deployments that were made, and what was asked of what-if. In memory; knows no route.

use std::{collections::BTreeMap, time::Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::template::Failure;
use crate::arm;

/// A deployment as it will be when its time is over.
pub(super) struct Deployment {
    pub body: Value,
    pub template: Value,
    pub operations: Vec<Value>,
    pub ready: Instant,
    pub failure: Option<Failure>,
    pub is_cancelled: bool,
}

impl Deployment {
    /// The body as it is now.
    pub(super) fn shown(&self) -> Value {
        let mut body = self.body.clone();
        if self.ready > Instant::now() {
            body["properties"]["provisioningState"] = json!("Running");
        } else if self.is_cancelled {
            body["properties"]["provisioningState"] = json!("Canceled");
        }
        body
    }
}

/// By the keys of their ids.
#[derive(Default)]
pub(in crate::simulator) struct Deployments {
    all: Mutex<BTreeMap<String, Deployment>>,
    /// Results of what-if, by their ids, and when they are ready.
    previews: Mutex<BTreeMap<Uuid, (Instant, Value)>>,
}

/// What the keys of a scope's deployments begin with.
fn prefix(scope: &str) -> String {
    arm::key(&format!("{scope}/providers/Microsoft.Resources/deployments/")) + "/"
}

impl Deployments {
    pub(super) fn insert(&self, id: &str, deployment: Deployment) {
        self.all.lock().insert(arm::key(id), deployment);
    }

    /// Whether there was one.
    pub(super) fn remove(&self, id: &str) -> bool {
        self.all.lock().remove(&arm::key(id)).is_some()
    }

    /// Cancels one that is running; false: it is not. `None`: there is none.
    pub(super) fn cancel(&self, id: &str) -> Option<bool> {
        let mut all = self.all.lock();
        let deployment = all.get_mut(&arm::key(id))?;
        let now = Instant::now();
        if deployment.is_cancelled || deployment.ready <= now {
            return Some(false);
        }
        (deployment.is_cancelled, deployment.ready) = (true, now);
        Some(true)
    }

    /// What `read` makes of the deployment with an id, if there is one.
    pub(super) fn with<T>(&self, id: &str, read: impl FnOnce(&Deployment) -> T) -> Option<T> {
        self.all.lock().get(&arm::key(id)).map(read)
    }

    /// The body of a deployment by its key.
    pub(in crate::simulator) fn body(&self, key: &str) -> Option<Value> {
        self.all.lock().get(key).map(|deployment| deployment.body.clone())
    }

    /// Those at a scope, as they are now.
    pub(super) fn at(&self, scope: &str) -> Vec<Value> {
        let all = self.all.lock();
        let prefix = prefix(scope);
        let here = all.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        here.map(|(_, deployment)| deployment.shown()).collect()
    }

    /// Whether something was deployed at a scope.
    pub(super) fn any_at(&self, scope: &str) -> bool {
        let prefix = prefix(scope);
        self.all.lock().range(prefix.clone()..).next().is_some_and(|(key, _)| key.starts_with(&prefix))
    }

    pub(super) fn insert_preview(&self, id: Uuid, ready: Instant, answer: Value) {
        self.previews.lock().insert(id, (ready, answer));
    }

    /// The result of a what-if and when it is ready.
    pub(super) fn preview(&self, id: Uuid) -> Option<(Instant, Value)> {
        self.previews.lock().get(&id).cloned()
    }
}
