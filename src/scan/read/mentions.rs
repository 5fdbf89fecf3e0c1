//! Which ids a scan notes as it reads bodies, to ask later for what no list gave.

use std::{collections::HashSet, sync::Arc};

use parking_lot::Mutex;
use serde_json::Value;

use crate::{
    arm,
    graph::{
        model::{Found, Label},
        rules::each_id,
    },
    scan::facts::{catalogue::Catalogue, filter::Filter},
};

/// Principals that something refers to are noted below this.
pub(crate) const PRINCIPALS: &str = "/principals/";

/// What was noted, each id once a scan. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Mentions {
    catalogue: Arc<Catalogue>,
    /// Every resource is noted, not only children.
    is_wide: bool,
    /// Principals are noted too.
    with_principals: bool,
    noted: Arc<Mutex<HashSet<u64>>>,
}

impl Mentions {
    pub(crate) fn new(catalogue: Arc<Catalogue>, filter: &Filter) -> Self {
        let (is_wide, with_principals) = (filter.wants_referenced(), !filter.is_open());
        Self { catalogue, is_wide, with_principals, noted: Arc::default() }
    }

    /// Ids in a body that may be resources nobody lists, each once a scan.
    pub(crate) fn of(&self, found: &Found, into: &mut Vec<String>) {
        if found.label != Label::Resource {
            return;
        }
        if self.with_principals {
            self.principals_of(found, into);
        }
        let own = arm::key(&found.id);
        each_id(&found.body, &mut |id| {
            // A child has a provider, and two types with their names.
            let depth = id.trim_matches('/').split('/').count();
            if depth < if self.is_wide { 6 } else { 8 } {
                return;
            }
            let key = arm::key(id);
            if key == own || !self.is_wide && !self.is_child(&key) {
                return;
            }
            if self.noted.lock().insert(short_hash(&key)) {
                into.push(id.to_owned());
            }
        });
    }

    fn principals_of(&self, found: &Found, into: &mut Vec<String>) {
        let text = |pointer: &str| found.body.pointer(pointer).and_then(Value::as_str);
        let assigned = found.body.pointer("/identity/userAssignedIdentities").and_then(Value::as_object);
        let assigned = assigned.into_iter().flatten().filter_map(|(_, one)| one.get("principalId")?.as_str());
        // An assignment's principal, the identity of a resource, a user-assigned identity's own.
        let named = ["/properties/principalId", "/identity/principalId"].into_iter().filter_map(text);
        for id in named.chain(assigned).filter(|id| uuid::Uuid::try_parse(id).is_ok()) {
            let id = format!("{PRINCIPALS}{}", id.to_lowercase());
            if self.noted.lock().insert(short_hash(&id)) {
                into.push(id);
            }
        }
    }

    fn is_child(&self, key: &str) -> bool {
        // The key is lower-cased, as the types of the metadata are.
        let Some((_, below)) = key.rsplit_once("/providers/") else { return false };
        let mut parts = below.split('/');
        let mut type_name = parts.next().unwrap_or_default().to_owned();
        let mut levels = 0;
        while let (Some(kind), Some(_)) = (parts.next(), parts.next()) {
            type_name.push('/');
            type_name.push_str(kind);
            levels += 1;
        }
        let subscription = key.split('/').nth(2).unwrap_or_default();
        levels > 1 && self.catalogue.knows(subscription, &type_name)
    }
}

fn short_hash(key: &str) -> u64 {
    let mut head = [0; 8];
    head.copy_from_slice(&blake3::hash(key.as_bytes()).as_bytes()[..8]);
    u64::from_be_bytes(head)
}
