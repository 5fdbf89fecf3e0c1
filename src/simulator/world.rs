//! What is served: resources by key, and the indexes that lists are answered from.
//!
//! Two kinds of resources stand side by side: those that were loaded or written, whose text is kept,
//! and those of the generator, which are made when asked for. What is written or deleted over a generated
//! one shadows it. A page is found by a cursor that names the last element, so that a list goes on
//! where it was although elements before it have come or gone.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    data_plane,
    generated::{Generated, KINDS, Kind, Scope},
};
use crate::arm::{self, ResourceId};

/// The api-version of types for which none is known.
pub(super) const VERSION: &str = "2023-01-01";

/// Everything in one tenant.
pub(super) struct World {
    pub tenant: Uuid,
    /// Bodies without an id that can be served, or ids that were there already.
    pub skipped: u64,
    pub(super) resources: BTreeMap<String, Stored>,
    /// Lower-cased type → keys.
    by_type: BTreeMap<String, BTreeSet<String>>,
    subscriptions: BTreeMap<String, String>,
    /// Lower-cased type → its spelling, versions, whether tracked.
    pub(super) types: BTreeMap<String, TypeFacts>,
    pub(super) generated: Generated,
    /// Keys of generated ones that were deleted or written over.
    pub(super) shadowed: BTreeSet<String>,
    /// Collection of Microsoft Graph → objects.
    pub directory: BTreeMap<String, Vec<Value>>,
    pub management_groups: Vec<Value>,
    /// Where data planes are served, if bodies are to be rewritten.
    pub data_plane: Option<String>,
    /// What was created, updated and deleted, oldest first.
    pub changes: Vec<Change>,
}

/// A resource or group as it is served.
pub(super) struct Stored {
    pub id: String,
    pub parsed: ResourceId,
    /// The JSON text, whole.
    pub text: String,
    /// Whether ARM's inventory lists it.
    pub listed: bool,
}

/// One entry of the change history.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub at: jiff::Timestamp,
    pub id: String,
    pub kind: &'static str,
    pub type_name: String,
}

impl Stored {
    pub(super) fn value(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    pub(super) fn type_name(&self) -> String {
        self.parsed.type_name()
    }
}

/// A type as the metadata shows it.
#[derive(Debug, Clone, Default)]
pub(super) struct TypeFacts {
    pub name: String,
    pub versions: BTreeSet<String>,
    pub tracked: bool,
    /// Some stand at other resources.
    pub extension: bool,
}

/// Which elements of a type a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Top-level ones below a prefix, no extension resources.
    Below,
    /// Also those that extend something below the prefix: role assignments, locks.
    Everywhere,
    /// Those that extend exactly the scope.
    Extending,
}

/// A page: elements that are JSON, joined by commas, and where the next begins.
#[derive(Debug, Default)]
pub(super) struct Slice {
    pub text: String,
    pub count: usize,
    pub next: Option<String>,
}

impl Slice {
    fn push(&mut self, text: &str) {
        if self.count > 0 {
            self.text.push(',');
        }
        self.text.push_str(text);
        self.count += 1;
    }
}

/// Where a list goes on: at a position among the generated, or after a key among the others.
enum Cursor {
    Generated(u64),
    After(String),
}

impl Cursor {
    fn read(token: Option<&str>) -> Self {
        match token.map(|token| token.split_at(1.min(token.len()))) {
            Some(("g", position)) => Self::Generated(position.parse().unwrap_or(0)),
            Some(("k", key)) => {
                Self::After(hex::decode(key).ok().and_then(|key| String::from_utf8(key).ok()).unwrap_or_default())
            }
            _ => Self::Generated(0),
        }
    }

    fn after(key: &str) -> String {
        format!("k{}", hex::encode(key))
    }
}

impl World {
    pub(super) fn new(tenant: Uuid) -> Self {
        Self {
            tenant,
            skipped: 0,
            resources: BTreeMap::new(),
            by_type: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            types: BTreeMap::new(),
            generated: Generated::default(),
            shadowed: BTreeSet::new(),
            directory: BTreeMap::new(),
            management_groups: Vec::new(),
            data_plane: None,
            changes: Vec::new(),
        }
    }

    /// How many can be read by id, groups included.
    pub(super) fn len(&self) -> usize {
        let made: u64 = (0..self.generated.subscriptions().len() as u64)
            .map(|subscription| {
                let scope = Scope { subscription, group: None };
                let account = if self.generated.children { 2 * self.generated.count(scope, Kind::Account) } else { 0 };
                self.generated.rows(scope)
                    + self.generated.groups_of(subscription)
                    + 3 * self.generated.count(scope, Kind::Network)
                    + account
            })
            .sum();
        self.resources.len() + made as usize - self.shadowed.len()
    }

    pub(super) fn subscriptions(&self) -> &BTreeMap<String, String> {
        &self.subscriptions
    }

    pub(super) fn add_subscription(&mut self, id: &str, name: &str) {
        self.subscriptions.entry(id.to_lowercase()).or_insert_with(|| name.to_owned());
    }

    pub(super) fn generate(&mut self, generated: Generated) {
        for (at, id) in generated.subscriptions().iter().enumerate() {
            self.add_subscription(id, &format!("Generated {at}"));
        }
        self.know("Microsoft.Resources/resourceGroups", "2021-04-01", false);
        for kind in KINDS {
            self.know(kind.type_name(), kind.version(), true);
        }
        self.know("Microsoft.Network/virtualNetworks/subnets", "2024-05-01", false);
        if generated.children {
            self.know("Microsoft.Storage/storageAccounts/blobServices", "2023-05-01", false);
            self.know("Microsoft.Storage/storageAccounts/blobServices/containers", "2023-05-01", false);
        }
        self.generated = generated;
    }

    pub(super) fn know(&mut self, type_name: &str, version: &str, tracked: bool) {
        let facts = self.types.entry(type_name.to_lowercase()).or_default();
        if facts.name.is_empty() {
            type_name.clone_into(&mut facts.name);
        }
        facts.tracked |= tracked;
        if !version.is_empty() {
            facts.versions.insert(version.to_owned());
        }
    }

    /// Some of the type stand at other resources.
    pub(super) fn extends(&mut self, type_name: &str) {
        if let Some(facts) = self.types.get_mut(&type_name.to_lowercase()) {
            facts.extension = true;
        }
    }

    /// Adds a resource; the first of equal ids stays.
    pub(super) fn add(&mut self, id: &str, api_version: &str, body: &Value) {
        let known = ResourceId::parse(id).is_none_or(|parsed| self.contains(&parsed.key()));
        if known || !self.put(id, api_version, body) {
            self.skipped += 1;
        }
    }

    /// The same while it is served: a type that was not there gets a version.
    pub(super) fn tell(&mut self, id: &str, body: &Value) -> bool {
        let is_put = self.put(id, "", body);
        let type_name = ResourceId::parse(id).map(|id| id.type_name().to_lowercase());
        if let Some(facts) = type_name.and_then(|name| self.types.get_mut(&name)).filter(|of| of.versions.is_empty()) {
            facts.versions.insert(VERSION.to_owned());
        }
        is_put
    }

    /// Puts a resource in the place of what bears its id. `false`: nothing with such an id can be served.
    pub(super) fn put(&mut self, id: &str, api_version: &str, body: &Value) -> bool {
        let Some(parsed) = ResourceId::parse(id) else { return false };
        if parsed.segments.is_empty() && parsed.resource_group.is_none() {
            return false;
        }
        let key = parsed.key();
        let type_name = parsed.type_name();
        let top = parsed.segments.len() == 1 && parsed.scope.matches("/providers/").count() == 0;
        let listed = top && parsed.subscription.is_some() && body.get("location").is_some_and(Value::is_string);
        self.know(&type_name, api_version, listed);
        if parsed.segments.len() == 1 && parsed.subscription.is_some() && parsed.scope.contains("/providers/") {
            self.extends(&type_name);
        }
        if let Some(subscription) = &parsed.subscription {
            let id = subscription.to_lowercase();
            self.subscriptions.entry(id.clone()).or_insert(id);
        }
        if self.generated.get(&key).is_some() {
            self.shadowed.insert(key.clone());
        }
        self.by_type.entry(type_name.to_lowercase()).or_default().insert(key.clone());
        let text = body.to_string();
        let text = self.data_plane.as_ref().map_or(text.clone(), |base| data_plane::rewrite(&text, base));
        self.resources.insert(key, Stored { id: parsed.text.clone(), parsed, text, listed });
        true
    }

    /// Removes what bears a key and all below it. The ids that went.
    pub(super) fn remove(&mut self, key: &str) -> Vec<String> {
        let below = format!("{key}/");
        let range = self.resources.range(below.clone()..).take_while(|(other, _)| other.starts_with(&below));
        let mut keys: Vec<String> = range.map(|(key, _)| key.clone()).collect();
        keys.push(key.to_owned());
        let mut gone = Vec::new();
        for key in keys {
            if let Some(stored) = self.resources.remove(&key) {
                if let Some(of_type) = self.by_type.get_mut(&stored.type_name().to_lowercase()) {
                    of_type.remove(&key);
                }
                gone.push(stored.id);
            }
        }
        let mut made: Vec<(String, String)> = Vec::new();
        for (id, _) in self.generated.below(key) {
            let key = arm::key(&id);
            if self.shadowed.insert(key.clone()) {
                made.push((key, id));
            }
        }
        gone.extend(made.into_iter().map(|(_, id)| id));
        gone
    }

    pub(super) fn note(&mut self, kind: &'static str, id: &str) {
        let type_name = ResourceId::parse(id).map(|id| id.type_name()).unwrap_or_default();
        self.changes.push(Change { at: jiff::Timestamp::now(), id: id.to_owned(), kind, type_name });
    }

    pub(super) fn contains(&self, key: &str) -> bool {
        self.resources.contains_key(key) || !self.shadowed.contains(key) && self.generated.get(key).is_some()
    }

    /// The body of whatever bears a key, generated or not.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        if let Some(stored) = self.resources.get(key) {
            return Some(stored.text.clone());
        }
        if self.shadowed.contains(key) {
            return None;
        }
        let text = self.generated.get(key)?.1;
        Some(self.rewritten(text))
    }

    pub(super) fn rewritten(&self, text: String) -> String {
        match &self.data_plane {
            Some(base) if text.contains("vault.azure.net") => data_plane::rewrite(&text, base),
            _ => text,
        }
    }

    pub(super) fn value(&self, key: &str) -> Option<Value> {
        serde_json::from_str(&self.text(key)?).ok()
    }

    /// What was loaded or written.
    pub(super) fn all(&self) -> impl Iterator<Item = &Stored> {
        self.resources.values()
    }

    /// Bodies by key of what lies right below a lower-cased prefix that ends with a slash, generated or not.
    pub(super) fn directly_below(&self, prefix: &str) -> BTreeMap<String, Value> {
        let is_direct = |key: &str| key.strip_prefix(prefix).is_some_and(|rest| !rest.contains('/'));
        let stored = self.resources.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        let stored = stored.filter(|(key, _)| is_direct(key)).map(|(key, stored)| (key.clone(), stored.value()));
        let made = self.generated.below(prefix.trim_end_matches('/').rsplit_once('/').map_or("", |(parent, _)| parent));
        let made = made.into_iter().map(|(id, text)| (arm::key(&id), text));
        let made = made.filter(|(key, _)| is_direct(key) && !self.shadowed.contains(key));
        made.map(|(key, text)| (key, serde_json::from_str(&text).unwrap_or_default())).chain(stored).collect()
    }

    /// Everything that can be read by id in a subscription; generated ones are made here.
    pub(super) fn everything(&self) -> Vec<(String, Value)> {
        let loaded = self.resources.values().filter(|stored| stored.parsed.subscription.is_some());
        let mut all: Vec<(String, Value)> = loaded.map(|stored| (stored.id.clone(), stored.value())).collect();
        for subscription in self.generated.subscriptions() {
            for (id, text) in self.generated.below(&format!("/subscriptions/{subscription}")) {
                if !self.shadowed.contains(&arm::key(&id)) {
                    all.push((id, serde_json::from_str(&self.rewritten(text)).unwrap_or_default()));
                }
            }
        }
        all
    }

    pub(super) fn facts(&self, type_name: &str) -> Option<&TypeFacts> {
        self.types.get(&type_name.to_lowercase())
    }

    /// Whether any type of a provider is known.
    pub(super) fn has_namespace(&self, namespace: &str) -> bool {
        let prefix = format!("{}/", namespace.to_lowercase());
        self.types.range(prefix.clone()..).next().is_some_and(|(name, _)| name.starts_with(&prefix))
    }

    pub(super) fn types(&self) -> impl Iterator<Item = &TypeFacts> {
        self.types.values()
    }

    /// A page of a type below a lower-cased prefix that ends with a slash.
    pub(super) fn list(&self, type_name: &str, prefix: &str, reach: Reach, from: Option<&str>, take: usize) -> Slice {
        let kind = type_name.to_lowercase();
        let mut slice = Slice { text: String::with_capacity(take.min(64) * 1_024), ..Slice::default() };
        let mut after = String::new();
        match Cursor::read(from) {
            Cursor::After(key) => after = key,
            Cursor::Generated(position) => {
                if let Some(next) = self.generated_list(&kind, prefix, position, take, &mut slice) {
                    slice.next = Some(format!("g{next}"));
                    return slice;
                }
            }
        }
        let Some(keys) = self.by_type.get(&kind) else { return slice };
        let begin = if after.is_empty() { Bound::Included(prefix.to_owned()) } else { Bound::Excluded(after) };
        let holder = prefix.trim_end_matches('/');
        let mut last: Option<&String> = None;
        for key in keys.range((begin, Bound::Unbounded)).take_while(|key| key.starts_with(prefix)) {
            let Some(stored) = self.resources.get(key) else { continue };
            let wanted = match reach {
                Reach::Everywhere => true,
                Reach::Extending => arm::key(&stored.parsed.scope) == holder,
                Reach::Below => {
                    !arm::key(&stored.parsed.scope).get(holder.len()..).is_some_and(|rest| rest.contains("/providers/"))
                }
            };
            if !wanted {
                continue;
            }
            if slice.count >= take {
                slice.next = Some(last.map_or_else(|| "g0".to_owned(), |key| Cursor::after(key)));
                break;
            }
            slice.push(&stored.text);
            last = Some(key);
        }
        // The page is full with generated ones alone and others follow: the cursor is the prefix itself.
        if slice.next.as_deref() == Some("g0") {
            slice.next = Some(Cursor::after(prefix));
        }
        slice
    }

    /// Fills with generated elements; `Some`: it is full, and goes on there.
    fn generated_list(
        &self,
        kind: &str,
        prefix: &str,
        mut position: u64,
        take: usize,
        slice: &mut Slice,
    ) -> Option<u64> {
        let mut text = String::with_capacity(1_200);
        if let Some(found) = KINDS.into_iter().find(|known| known.type_name().eq_ignore_ascii_case(kind)) {
            let scope = self.generated.scope(prefix)?;
            let many = self.generated.count(scope, found);
            while position < many {
                if slice.count >= take {
                    return Some(position);
                }
                let element = self.generated.at(scope, found, position);
                position += 1;
                if !self.shadowed.is_empty() && self.shadowed.contains(&arm::key(&self.generated.id(element))) {
                    continue;
                }
                text.clear();
                self.generated.body(element, &mut text);
                if found == Kind::Vault {
                    slice.push(&self.rewritten(text.clone()));
                } else {
                    slice.push(&text);
                }
            }
            return None;
        }
        let made: Vec<(String, String)> = if kind == "microsoft.resources/resourcegroups" {
            let scope = self.generated.scope(prefix)?;
            let many = self.generated.groups_of(scope.subscription);
            (position..many.min(position + take as u64 + 1))
                .map(|at| self.generated.group(scope.subscription, at))
                .map(|group| (self.generated.group_scope(group), self.generated.group_body(group)))
                .collect()
        } else {
            // Children below one parent: their list's address is the parent's and the last word of the type.
            let parent = prefix.trim_end_matches('/').rsplit_once('/')?.0;
            let below = self.generated.below(parent).into_iter();
            let of_kind = below
                .filter(|(id, _)| ResourceId::parse(id).is_some_and(|id| id.type_name().eq_ignore_ascii_case(kind)));
            of_kind.filter(|(id, _)| arm::key(id).starts_with(prefix)).skip(position as usize).collect()
        };
        for (id, text) in made {
            if slice.count >= take {
                return Some(position);
            }
            position += 1;
            if !self.shadowed.contains(&arm::key(&id)) {
                slice.push(&text);
            }
        }
        None
    }

    /// A page of ARM's inventory: top-level resources that have a location, without their properties.
    pub(super) fn inventory(&self, prefix: &str, kind: Option<&str>, from: Option<&str>, take: usize) -> Slice {
        let mut slice = Slice { text: String::with_capacity(take.min(1_000) * 400), ..Slice::default() };
        let mut after = String::new();
        match Cursor::read(from) {
            Cursor::After(key) => after = key,
            Cursor::Generated(mut position) => {
                if let Some(scope) = self.generated.scope(prefix) {
                    let many = self.generated.rows(scope);
                    let mut text = String::with_capacity(512);
                    while position < many {
                        if slice.count >= take {
                            slice.next = Some(format!("g{position}"));
                            return slice;
                        }
                        let element = self.generated.row(scope, position);
                        position += 1;
                        let wanted = kind.is_none_or(|kind| kind.eq_ignore_ascii_case(element.kind.type_name()));
                        if !wanted
                            || !self.shadowed.is_empty()
                                && self.shadowed.contains(&arm::key(&self.generated.id(element)))
                        {
                            continue;
                        }
                        text.clear();
                        self.generated.inventory_row(element, &mut text);
                        slice.push(&text);
                    }
                }
            }
        }
        let begin = if after.is_empty() { Bound::Included(prefix.to_owned()) } else { Bound::Excluded(after) };
        let mut last = prefix;
        for (key, stored) in
            self.resources.range((begin, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(prefix))
        {
            if !stored.listed || kind.is_some_and(|kind| !stored.type_name().eq_ignore_ascii_case(kind)) {
                continue;
            }
            if slice.count >= take {
                slice.next = Some(Cursor::after(last));
                break;
            }
            slice.push(&row(stored).to_string());
            last = key;
        }
        slice
    }
}

/// A row of the inventory: no `properties`.
pub(super) fn row(stored: &Stored) -> Value {
    let body = stored.value();
    let mut row = Map::new();
    let kept = [
        "id",
        "name",
        "type",
        "location",
        "tags",
        "sku",
        "kind",
        "identity",
        "plan",
        "managedBy",
        "zones",
        "extendedLocation",
    ];
    for name in kept {
        if let Some(value) = body.get(name) {
            row.insert(name.to_owned(), value.clone());
        }
    }
    row.insert("id".to_owned(), json!(stored.id));
    let state = body.pointer("/properties/provisioningState").cloned().unwrap_or_else(|| json!("Succeeded"));
    row.insert("provisioningState".to_owned(), state);
    row.insert("createdTime".to_owned(), json!("2024-01-02T03:04:05.0000000Z"));
    row.insert("changedTime".to_owned(), json!("2024-02-03T04:05:06.0000000Z"));
    Value::Object(row)
}
