//! What is served: resources by key, and the indexes that lists are answered from.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::data_plane;
use crate::arm::{self, ResourceId};

/// Everything in one tenant.
pub(super) struct World {
    pub tenant: Uuid,
    /// Bodies without an id that can be served, or ids that were there already.
    pub skipped: u64,
    resources: BTreeMap<String, Stored>,
    /// Lower-cased type → keys.
    by_type: BTreeMap<String, BTreeSet<String>>,
    subscriptions: BTreeMap<String, String>,
    /// Lower-cased type → its spelling, versions, whether tracked.
    types: BTreeMap<String, TypeFacts>,
    /// Collection of Microsoft Graph → objects.
    pub directory: BTreeMap<&'static str, Vec<Value>>,
    pub management_groups: Vec<Value>,
    /// Where data planes are served, if bodies are to be rewritten.
    pub data_plane: Option<String>,
}

/// A resource or group as it is served.
pub(super) struct Stored {
    pub id: String,
    pub parsed: ResourceId,
    /// The JSON text, whole.
    pub text: String,
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

impl World {
    pub(super) fn new(tenant: Uuid) -> Self {
        Self {
            tenant,
            skipped: 0,
            resources: BTreeMap::new(),
            by_type: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            types: BTreeMap::new(),
            directory: BTreeMap::new(),
            management_groups: Vec::new(),
            data_plane: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.resources.len()
    }

    pub(super) fn subscriptions(&self) -> &BTreeMap<String, String> {
        &self.subscriptions
    }

    pub(super) fn add_subscription(&mut self, id: &str, name: &str) {
        self.subscriptions.entry(id.to_lowercase()).or_insert_with(|| name.to_owned());
    }

    /// Adds a resource; the first of equal ids stays.
    pub(super) fn add(&mut self, id: &str, api_version: &str, body: &Value) {
        let Some(parsed) = ResourceId::parse(id).filter(|id| id.subscription.is_some()) else {
            self.skipped += 1;
            return;
        };
        let key = parsed.key();
        if self.resources.contains_key(&key) || parsed.segments.is_empty() && parsed.resource_group.is_none() {
            self.skipped += 1;
            return;
        }
        let type_name = parsed.type_name();
        let facts = self.types.entry(type_name.to_lowercase()).or_default();
        if facts.name.is_empty() {
            facts.name.clone_from(&type_name);
        }
        facts.tracked |= parsed.segments.len() == 1 && body.get("location").is_some();
        facts.extension |= parsed.segments.len() == 1 && parsed.scope.contains("/providers/");
        if !api_version.is_empty() {
            facts.versions.insert(api_version.to_owned());
        }
        if let Some(subscription) = &parsed.subscription {
            let id = subscription.to_lowercase();
            self.subscriptions.entry(id.clone()).or_insert(id);
        }
        self.by_type.entry(type_name.to_lowercase()).or_default().insert(key.clone());
        let text = body.to_string();
        let text = self.data_plane.as_ref().map_or(text.clone(), |base| data_plane::rewrite(&text, base));
        let stored = Stored { id: parsed.text.clone(), parsed, text };
        self.resources.insert(key, stored);
    }

    /// Makes the resources and groups that others lie in and nobody gave, and versions for types without one.
    pub(super) fn settle(&mut self) {
        self.make_parents();
        let mut missing = BTreeMap::new();
        for stored in self.resources.values() {
            let (Some(subscription), Some(group)) = (&stored.parsed.subscription, &stored.parsed.resource_group) else {
                continue;
            };
            let id = format!("/subscriptions/{subscription}/resourceGroups/{group}");
            if !self.resources.contains_key(&arm::key(&id)) {
                missing.entry(arm::key(&id)).or_insert((id, group.clone()));
            }
        }
        for (id, name) in missing.into_values() {
            let body = json!({
                "id": id, "name": name, "type": "Microsoft.Resources/resourceGroups", "location": "eastus",
                "properties": {"provisioningState": "Succeeded"},
            });
            self.add(&id, "2021-04-01", &body);
        }
        for facts in self.types.values_mut().filter(|facts| facts.versions.is_empty()) {
            facts.versions.insert("2023-01-01".to_owned());
        }
        for name in ["roleAssignments", "roleDefinitions", "locks", "policyAssignments"] {
            let name = format!("Microsoft.Authorization/{name}");
            let facts = self.types.entry(name.to_lowercase()).or_default();
            facts.name = name;
            facts.versions.extend(["2022-04-01", "2020-05-01", "2023-04-01"].map(str::to_owned));
            facts.extension = true;
        }
        let facts = self.types.entry("microsoft.insights/diagnosticsettings".to_owned()).or_default();
        "Microsoft.Insights/diagnosticSettings".clone_into(&mut facts.name);
        facts.extension = true;
        facts.versions.insert("2021-05-01-preview".to_owned());
    }

    /// A child can't be without what it is a child of.
    fn make_parents(&mut self) {
        loop {
            let mut missing = BTreeMap::new();
            for stored in self.resources.values().filter(|stored| stored.parsed.namespace.is_some()) {
                let parent = stored.parsed.parent();
                if parent.contains("/providers/") && !self.resources.contains_key(&arm::key(&parent)) {
                    missing.entry(arm::key(&parent)).or_insert(parent);
                }
            }
            let before = self.len();
            for id in missing.into_values() {
                let type_name = ResourceId::parse(&id).map(|id| id.type_name());
                let body = json!({
                    "id": id, "name": id.rsplit('/').next(), "type": type_name, "location": "eastus",
                    "properties": {"provisioningState": "Succeeded"},
                });
                self.add(&id, "", &body);
            }
            if self.len() == before {
                return;
            }
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Stored> {
        self.resources.get(key)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Stored> {
        self.resources.values()
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

    /// Resources of a type whose key begins with a prefix, from a position on.
    pub(super) fn of_type<'a>(&'a self, type_name: &str, below: &'a str) -> impl Iterator<Item = &'a Stored> + use<'a> {
        let keys = self.by_type.get(&type_name.to_lowercase());
        let keys = keys
            .into_iter()
            .flat_map(move |keys| keys.range(below.to_owned()..).take_while(move |key| key.starts_with(below)));
        keys.filter_map(|key| self.resources.get(key))
    }

    /// What ARM's inventory lists: top-level resources that have a location.
    pub(super) fn inventory<'a>(&'a self, below: &'a str) -> impl Iterator<Item = &'a Stored> + use<'a> {
        let rows = self.resources.range(below.to_owned()..).take_while(move |(key, _)| key.starts_with(below));
        rows.map(|(_, stored)| stored).filter(|stored| {
            stored.parsed.segments.len() == 1
                && stored.parsed.scope.matches("/providers/").count() == 0
                && self.facts(&stored.type_name()).is_some_and(|facts| facts.tracked)
                && stored.text.contains("\"location\":")
        })
    }
}

/// A row of the inventory: no `properties`.
pub(super) fn row(stored: &Stored) -> Value {
    let body = stored.value();
    let mut row = Map::new();
    for name in [
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
    ] {
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
