//! Prune: from what Azure answered to what can be sent, by general rules that need no table of types.
//!
//! Gone are: the envelope (`id`, `name`, `type`, `etag`, `systemData`), what names of `prune.tsv` hold,
//! back-references that other resources tell, ids and types of nested objects below the resource
//! itself, null and empty values, and objects that become empty by that. Entries of
//! `userAssignedIdentities` stay as `{}`.

use std::{collections::HashSet, sync::LazyLock};

use serde_json::{Map, Value};

use super::own;
use crate::{
    arm,
    graph::{model::Node, rules::is_back_reference},
};

/// Of the body's top level; `name` and `type` come from the id.
const ENVELOPE: [&str; 8] =
    ["id", "name", "type", "etag", "systemData", "managedBy", "managedByExtended", "resourceGroup"];

static COMPUTED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let rows = include_str!("prune.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.map(str::to_ascii_lowercase).collect()
});

/// The part of a body that can be sent, and the paths that went (not those that were null or empty).
pub fn prune(node: &Node) -> (Map<String, Value>, Vec<String>) {
    let mut walk = Walk { key: arm::key(&node.id), type_name: &node.type_name, pruned: Vec::new() };
    let mut kept = Map::new();
    let Value::Object(body) = &node.body else { return (kept, walk.pruned) };
    for (name, value) in body {
        if ENVELOPE.contains(&name.as_str()) {
            continue;
        }
        let pruned = match name.as_str() {
            // Names and values are people's.
            "tags" => Some(value.clone()).filter(|tags| !is_empty(tags)),
            "identity" => identity(value),
            _ => walk.value(name, value),
        };
        if let Some(value) = pruned {
            kept.insert(name.clone(), value);
        }
    }
    special(node, &mut kept, &mut walk.pruned);
    (kept, walk.pruned)
}

struct Walk<'a> {
    key: String,
    type_name: &'a str,
    pruned: Vec<String>,
}

impl Walk<'_> {
    /// What stays of a value; `None`: nothing.
    fn value(&mut self, path: &str, value: &Value) -> Option<Value> {
        match value {
            Value::Object(fields) => self.object(path, fields),
            Value::Array(items) => {
                let kept: Vec<Value> = items
                    .iter()
                    .enumerate()
                    .filter_map(|(index, item)| self.value(&format!("{path}[{index}]"), item))
                    .collect();
                (!kept.is_empty()).then_some(Value::Array(kept))
            }
            Value::Null => None,
            Value::String(text) if text.is_empty() => None,
            other => Some(other.clone()),
        }
    }

    fn object(&mut self, path: &str, fields: &Map<String, Value>) -> Option<Value> {
        if path.ends_with("userAssignedIdentities") {
            let entries = fields.keys().map(|id| (id.clone(), Value::Object(Map::new())));
            return (!fields.is_empty()).then(|| Value::Object(entries.collect()));
        }
        let is_nested = fields.len() > 1 && fields.get("id").is_some_and(|id| self.is_below(id));
        let mut kept = Map::new();
        for (name, value) in fields {
            let below = format!("{path}.{name}");
            let is_envelope = is_nested && matches!(name.as_str(), "id" | "type" | "etag" | "resourceGroup");
            let is_computed = COMPUTED.contains(&name.to_ascii_lowercase())
                || name == "etag" && value.is_string()
                || own::is_apart(name)
                || is_back_reference(self.type_name, &below);
            if is_envelope || is_computed {
                if !is_empty(value) {
                    self.pruned.push(below);
                }
            } else if let Some(value) = self.value(&below, value) {
                kept.insert(name.clone(), value);
            }
        }
        (!kept.is_empty()).then_some(Value::Object(kept))
    }

    fn is_below(&self, id: &Value) -> bool {
        id.as_str().is_some_and(|id| {
            let id = arm::key(id);
            id.strip_prefix(&self.key).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

fn identity(value: &Value) -> Option<Value> {
    let fields = value.as_object()?;
    let mut kept = Map::new();
    if let Some(kind) = fields.get("type").filter(|kind| !is_empty(kind)) {
        kept.insert("type".to_owned(), kind.clone());
    }
    if let Some(Value::Object(ids)) = fields.get("userAssignedIdentities").filter(|ids| !is_empty(ids)) {
        let entries = ids.keys().map(|id| (id.clone(), Value::Object(Map::new())));
        kept.insert("userAssignedIdentities".to_owned(), Value::Object(entries.collect()));
    }
    (!kept.is_empty()).then_some(Value::Object(kept))
}

/// Rules of what depends on other properties.
fn special(node: &Node, body: &mut Map<String, Value>, pruned: &mut Vec<String>) {
    let is = |kind: &str| node.type_name.eq_ignore_ascii_case(kind);
    let mut remove = |pointer: &str, name: &str| {
        let parent = body.get_mut("properties").and_then(|properties| {
            let pointer = pointer.strip_prefix("/properties").unwrap_or(pointer);
            properties.pointer_mut(pointer).and_then(Value::as_object_mut)
        });
        if parent.is_some_and(|parent| parent.remove(name).is_some()) {
            pruned.push(format!("{}.{name}", pointer.trim_start_matches('/').replace('/', ".")));
        }
    };
    if is("Microsoft.Compute/virtualMachines") {
        let option = node.body.pointer("/properties/storageProfile/osDisk/createOption").and_then(Value::as_str);
        if option != Some("Attach") {
            // The disk is made with the machine: its id can't be sent.
            remove("/properties/storageProfile/osDisk/managedDisk", "id");
        }
        remove("/properties/osProfile", "requireGuestProvisionSignal");
    }
    if is("Microsoft.Insights/components") {
        for name in ["InstrumentationKey", "ConnectionString", "AppId", "ApplicationId", "CreationDate"] {
            remove("/properties", name);
        }
    }
    if is("Microsoft.Network/privateEndpoints") {
        remove("/properties", "networkInterfaces");
    }
    if is("Microsoft.Web/sites/config") {
        // Told of the site, taken of nobody.
        for name in ["location", "tags"] {
            if body.remove(name).is_some() {
                pruned.push(name.to_owned());
            }
        }
        return;
    }
    if is("Microsoft.Authorization/roleAssignments") {
        // The scope is where the assignment stands.
        remove("/properties", "scope");
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graph::model::Label;

    fn pruned(kind: &str, body: Value) -> Value {
        let id = body["id"].as_str().expect("an id").to_owned();
        let node = Node {
            label: Label::Resource,
            key: arm::key(&id),
            name: id.rsplit('/').next().unwrap_or_default().to_owned(),
            id,
            type_name: kind.to_owned(),
            api_version: "2024-01-01".to_owned(),
            subscription_id: None,
            resource_group: None,
            location: None,
            tags: std::collections::BTreeMap::new(),
            content_hash: String::new(),
            first_seen: 0,
            last_seen: 0,
            body,
        };
        Value::Object(prune(&node).0)
    }

    #[test]
    fn what_arm_computes_goes_and_references_to_itself_stay() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/loadBalancers/l";
        let front = format!("{id}/frontendIPConfigurations/f");
        let body = json!({
            "id": id, "name": "l", "type": "x", "etag": "W/1", "location": "westeurope", "tags": {"a": ""},
            "identity": {"type": "SystemAssigned", "principalId": "p", "tenantId": "t"},
            "properties": {
                "provisioningState": "Succeeded",
                "frontendIPConfigurations": [{"id": front, "name": "f", "type": "t", "etag": "e", "properties": {"provisioningState": "Succeeded"}}],
                "loadBalancingRules": [{"name": "r", "properties": {"frontendIPConfiguration": {"id": front}, "probe": null}}],
                "probes": [],
            },
        });
        assert_eq!(
            pruned("Microsoft.Network/loadBalancers", body),
            json!({
                "location": "westeurope", "tags": {"a": ""}, "identity": {"type": "SystemAssigned"},
                "properties": {
                    "frontendIPConfigurations": [{"name": "f"}],
                    "loadBalancingRules": [{"name": "r", "properties": {"frontendIPConfiguration": {"id": front}}}],
                },
            })
        );
    }

    #[test]
    fn entries_of_assigned_identities_stay_as_empty_objects() {
        let body = json!({"id": "/subscriptions/s/resourceGroups/g/providers/A.B/c/d", "identity": {
            "type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s/i": {"clientId": "c", "principalId": "p"}},
        }});
        assert_eq!(
            pruned("A.B/c", body)["identity"],
            json!({"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/s/i": {}}})
        );
    }
}
