//! What is true of every body, or of one type whatever its version.

use std::{collections::HashSet, sync::LazyLock};

use serde_json::{Map, Value};

use crate::{graph::model::Node, iac::types};

static COMPUTED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let rows = include_str!("prune/computed.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.map(str::to_ascii_lowercase).collect()
});

/// What a service fills in: type in lower case, the object, the name.
static FILLED: LazyLock<Vec<(String, &'static str, &'static str)>> = LazyLock::new(|| {
    let rows = include_str!("prune/filled.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let mut cells = row.split('\t');
        Some((cells.next()?.to_ascii_lowercase(), cells.next()?, cells.next()?))
    })
    .collect()
});

/// Of the body's top level; `name` and `type` come from the id.
pub fn is_envelope(name: &str) -> bool {
    ["id", "name", "type", "systemData", "apiVersion", "managedByExtended", "resourceGroup"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a property of this name is ARM's wherever it stands below `properties`.
pub fn is_computed(name: &str) -> bool {
    COMPUTED.contains(&name.to_ascii_lowercase()) || types::is_computed_name(name)
}

/// Whether a property of this name tells when a resource came to be and how it fares: no input of any type.
pub fn is_of_its_life(name: &str) -> bool {
    ["provisioningState", "provisioningStatus", "creationDate", "createdDate", "lastModifiedTimeUtc", "dateCreated"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether something beside `properties` can be sent of a type that no table knows. Children often
/// return a location that they do not take; what is tracked on its own returns `tags`, too.
pub fn stands_outside(name: &str, body: &Map<String, Value>, is_child: bool) -> bool {
    match name {
        "managedBy" | "etag" => false,
        "location" | "tags" if is_child => body.get("tags").is_some_and(Value::is_object),
        _ => true,
    }
}

/// Names and values of tags are people's; a value can only be a text, so a null is none.
pub fn tags(value: &Value) -> Option<Value> {
    let Value::Object(tags) = value else { return Some(value.clone()).filter(|value| !is_empty(value)) };
    let kept: Map<String, Value> =
        tags.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone())).collect();
    (!kept.is_empty()).then_some(Value::Object(kept))
}

/// Kind and assigned identities; who they are is Azure's to say.
pub fn identity(value: &Value) -> Option<Value> {
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
pub fn special(node: &Node, body: &mut Map<String, Value>, pruned: &mut Vec<String>) {
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
    for (_, pointer, name) in FILLED.iter().filter(|(kind, ..)| is(kind)) {
        remove(pointer, name);
    }
    if is("Microsoft.Compute/virtualMachines") {
        let option = node.body.pointer("/properties/storageProfile/osDisk/createOption").and_then(Value::as_str);
        if option != Some("Attach") {
            // The disk is made with the machine: its id can't be sent.
            remove("/properties/storageProfile/osDisk/managedDisk", "id");
        }
        remove("/properties/osProfile", "requireGuestProvisionSignal");
    }
    if is("Microsoft.KeyVault/vaults") {
        // Where the vault answers follows from its name and its cloud.
        remove("/properties", "vaultUri");
    }
    if is("Microsoft.Network/privateEndpoints") {
        // Names and addresses that the service gave to what the endpoint leads to.
        remove("/properties", "customDnsConfigs");
    }
    if node.type_name.to_ascii_lowercase().starts_with("microsoft.documentdb/") {
        // Azure returns what is provisioned at the moment, too; it takes one or the other.
        for pointer in ["/properties/resource", "/properties/options"] {
            let scales = node.body.pointer(&format!("{pointer}/autoscaleSettings"));
            if scales.is_some_and(|scales| !is_empty(scales)) {
                remove(pointer, "throughput");
            }
        }
    }
    if is("Microsoft.Authorization/roleAssignments") {
        // The scope is where the assignment stands.
        remove("/properties", "scope");
    }
}

/// Whether a value says nothing.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}
