//! GET by id: a body, the word that it is gone, or why neither is known; and what is denied so often that it is not
//! asked for any more.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::Value;

use super::{scan::Scan, versions::with_versions};
use crate::{
    arm::{self, ResourceId},
    azure::{AzureError, Refusal},
    graph::model::{Found, Fullness, Label},
    scan::{
        error::ScanError,
        facts::body::{encoded, is_resource},
    },
};

/// Refusals for lack of rights after which a type of a subscription, or one group of it, is not asked for
/// one by one any more.
const DENIED: u32 = 5;

/// GET by id; `None`: Azure says it is gone.
pub(crate) async fn get(scan: &Scan, id: &str, type_name: &str, version: &str) -> Result<Option<Found>, ScanError> {
    let asked = with_versions(version, |version| async move {
        let answer = scan.client.arm(&format!("{}?api-version={version}", encoded(id))).await?;
        match answer.value()? {
            body if is_resource(&body, id) => Ok(Some(found(body, id, type_name, version))),
            _ if answer.is_nothing => Ok(None),
            // Empty, a list, or the state of an operation: it says neither what is there nor that nothing is.
            _ => {
                let cause = "it is no resource".to_owned();
                Err(AzureError::Unreadable { url: id.to_owned(), cause }.into())
            }
        }
    });
    match asked.await {
        Err(ScanError::Azure(error)) if error.refusal().is_some_and(Refusal::says_gone) => Ok(None),
        outcome => outcome,
    }
}

fn found(body: Value, id: &str, type_name: &str, version: String) -> Found {
    // As Azure spells it, where it is the same thing.
    let own = body.get("id").and_then(Value::as_str).filter(|own| arm::key(own) == arm::key(id));
    Found {
        label: Label::Resource,
        id: own.unwrap_or(id).to_owned(),
        type_name: type_name.to_owned(),
        api_version: version,
        fullness: Fullness::Read,
        body,
    }
}

/// What was denied so often that it is not asked for again: types of a subscription, and groups.
#[derive(Default)]
pub(crate) struct Denied(Mutex<BTreeMap<String, (u32, bool)>>);

impl Denied {
    /// What an id is counted under: its type in its subscription, its group.
    pub(crate) fn places(subscription: &str, type_name: &str, id: &str) -> [String; 2] {
        let group = ResourceId::parse(id).and_then(|id| id.resource_group).unwrap_or_default();
        [format!("{subscription}/{}", type_name.to_lowercase()), format!("{subscription}//{}", group.to_lowercase())]
    }

    pub(crate) fn gave_up(&self, places: &[String; 2]) -> bool {
        let counts = self.0.lock();
        places.iter().any(|place| counts.get(place).is_some_and(|(count, answered)| *count >= DENIED && !answered))
    }

    pub(crate) fn note(&self, places: &[String; 2], is_denied: bool) {
        let mut counts = self.0.lock();
        for place in places {
            let entry = counts.entry(place.clone()).or_default();
            entry.0 += u32::from(is_denied);
            entry.1 |= !is_denied;
        }
    }
}
