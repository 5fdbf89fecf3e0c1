//! PUT, PATCH and DELETE, and what a body looks like after it was put.
//!
//! | what is put | what is served | source |
//! |---|---|---|
//! | `id`, `name`, `type`, `apiVersion`, `dependsOn`, `scope`, `condition`, `copy` | the first three as the address says; the rest is gone | documented |
//! | all other fields | as they were put | documented |
//! | passwords, `customData`, `protectedSettings`, the values of a vault's secrets | not returned | recorded |
//! | `location` | as a code: `westeurope` | recorded |
//! | (nothing) | `properties.provisioningState`, `systemAssigned` identities with `principalId` and `tenantId` | recorded |
//! | (nothing) | ids of principals: `principalId`, `clientId` by type | guessed |
//! | (nothing) | addresses of data planes: `vaultUri`, `keyUri`, `defaultHostName`, … (`arm::addresses`) | documented |
//! | children inline (`subnets`, `securityRules`, `routes`, …) | also by themselves; a child put by itself also inline | recorded |
//! | named parts of network resources (`ipConfigurations`, …) | with an `id` below the resource | recorded |
//! | machines, private endpoints | also what is made with them: OS disks, cards (`side_effects`) | documented |
//!
//! A PUT replaces: what an earlier PUT had and this one has not is gone, but for what was computed.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{inline, long_running, operations::Work, reply::Reply, side_effects, state::State, world::World};
use crate::arm::{self, ResourceId};

/// Fields of a template's resource that no body has.
const NOT_OF_BODIES: [&str; 9] =
    ["apiVersion", "dependsOn", "scope", "condition", "copy", "comments", "resources", "existing", "import"];
/// Values that are taken and never returned.
const NEVER_RETURNED: [&str; 8] = [
    "adminPassword",
    "administratorLoginPassword",
    "administratorPassword",
    "customData",
    "protectedSettings",
    "password",
    "servicePrincipalSecret",
    "sharedKey",
];
/// Computed once, kept by later PUTs.
const COMPUTED: [&str; 11] = [
    "principalId",
    "clientId",
    "tenantId",
    "vaultUri",
    "uniqueId",
    "vmId",
    "resourceGuid",
    "customerId",
    "createdAt",
    "keyUri",
    "keyUriWithVersion",
];

/// A write to `/…/{type}/{name}`.
pub(super) fn put(state: &State, path: &str, version: &str, body: &[u8], failed: bool) -> Reply {
    let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(body) else {
        let text = "The request content was invalid and could not be deserialized: a JSON object was expected.";
        return Reply::error(400, "InvalidRequestContent", text);
    };
    let Some(parsed) = ResourceId::parse(path) else {
        return Reply::error(404, "InvalidResourceType", "The resource type could not be found.");
    };
    let key = parsed.key();
    if let Some(refusal) = refused(state, &parsed, &body) {
        return refusal;
    }
    let created = !state.world().contains(&key);
    // Groups are written at once, as recorded.
    let done = if parsed.segments.is_empty() || (state.settings.write_time.is_zero() && !failed) {
        "Succeeded"
    } else if created {
        "Creating"
    } else {
        "Updating"
    };
    store(&mut state.world_mut(), &parsed, version, body, done);
    if parsed.segments.is_empty() {
        // Groups are written at once, as recorded.
        let text = state.world().text(&key).unwrap_or_default();
        return Reply::text(if created { 201 } else { 200 }, text);
    }
    long_running::begin(state, &key, Work::Write, created, failed, version)
}

/// Why nothing can be put there.
pub(super) fn refused(state: &State, parsed: &ResourceId, body: &Value) -> Option<Reply> {
    let world = state.world();
    if let (Some(subscription), Some(group)) = (&parsed.subscription, &parsed.resource_group)
        && !parsed.segments.is_empty()
        && !world.contains(&arm::key(&format!("/subscriptions/{subscription}/resourceGroups/{group}")))
    {
        let text = format!("Resource group '{group}' could not be found.");
        return Some(Reply::error(404, "ResourceGroupNotFound", &text));
    }
    if parsed.is_child() && !world.contains(&arm::key(&parsed.parent())) {
        let text = format!(
            "Can not perform requested operation on nested resource. Parent resource '{}' not found.",
            parsed.segments[parsed.segments.len() - 2].1
        );
        return Some(Reply::error(404, "ParentResourceNotFound", &text));
    }
    let tracked = parsed.segments.is_empty() || world.facts(&parsed.type_name()).is_some_and(|facts| facts.tracked);
    if tracked && !parsed.is_child() && body.get("location").is_none() {
        return Some(Reply::error(400, "LocationRequired", "The location property is required for this definition."));
    }
    let principal = body.pointer("/properties/principalId").and_then(Value::as_str).unwrap_or_default();
    if parsed.type_name().eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments") && state.is_unseen(principal)
    {
        let text = format!("Principal {principal} does not exist in the directory {}.", state.settings.tenant_id);
        return Some(Reply::error(400, "PrincipalNotFound", &text));
    }
    if state.operations.busy(&parsed.key()) {
        let text =
            "Another operation on this or dependent resource is in progress. Please try again after it is complete.";
        return Some(Reply::error(409, "AnotherOperationInProgress", text));
    }
    None
}

/// A body as it is after a PUT, and those of its parts that are resources of their own.
pub(super) struct Shaped {
    pub id: String,
    pub body: Value,
    children: Vec<(String, Value)>,
    fresh: bool,
}

/// Puts a resource and what belongs to it. Also what deployments call.
pub(super) fn store(world: &mut World, parsed: &ResourceId, version: &str, body: Value, done: &str) {
    let Shaped { id, body, children, fresh } = shaped(world, parsed, body, done);
    world.put(&id, version, &body);
    world.note(if fresh { "Create" } else { "Update" }, &id);
    for (child_id, child) in children {
        world.put(&child_id, version, &child);
    }
    inline::follow(world, &id);
    side_effects::follow(world, &id, &body);
}

/// What would be stored.
pub(super) fn shaped(world: &World, parsed: &ResourceId, mut body: Value, done: &str) -> Shaped {
    let key = parsed.key();
    let existing = world.value(&key);
    let fresh = existing.is_none();
    let type_name = parsed.type_name();
    let spelled = existing.as_ref().and_then(|old| old["id"].as_str()).unwrap_or(&parsed.text).to_owned();
    forget_secrets(&mut body);
    if type_name.eq_ignore_ascii_case("Microsoft.KeyVault/vaults/secrets")
        && let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut)
    {
        properties.remove("value");
    }
    let given = body.as_object().cloned().unwrap_or_default();
    let mut fields = Map::new();
    fields.insert("id".to_owned(), json!(spelled));
    fields.insert("name".to_owned(), json!(spelled.rsplit('/').next()));
    fields.insert("type".to_owned(), json!(type_name));
    for (name, value) in given {
        let computed = ["id", "name", "type", "systemData", "etag"].contains(&name.as_str());
        if !computed && !NOT_OF_BODIES.contains(&name.as_str()) && !value.is_null() {
            fields.insert(name, value);
        }
    }
    if let Some(Value::String(location)) = fields.get_mut("location") {
        *location = arm::location_code(location);
    }
    if let Some(by) = existing.as_ref().and_then(|old| old.get("managedBy")) {
        fields.entry("managedBy").or_insert_with(|| by.clone());
    }
    identities(world, &key, &mut fields);
    let properties = fields.entry("properties").or_insert_with(|| json!({}));
    if let Value::Object(properties) = properties {
        for name in COMPUTED {
            let old = existing.as_ref().map(|old| old["properties"][name].clone()).filter(|old| !old.is_null());
            if let Some(old) = old {
                properties.entry(name).or_insert(old);
            }
        }
        computed(&type_name, &key, world.tenant, properties);
        properties.insert("provisioningState".to_owned(), json!(done));
    }
    let children = inline::children_of(&type_name, &spelled, &mut fields, done);
    Shaped { id: spelled, body: Value::Object(fields), children, fresh }
}

fn forget_secrets(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| !NEVER_RETURNED.contains(&name.as_str()) || value.is_array());
            fields.values_mut().for_each(forget_secrets);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_secrets),
        _ => {}
    }
}

fn made(key: &str, what: &str) -> Value {
    json!(Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{what} {key}").as_bytes()))
}

/// Ids of principals, made from the resource's: the same after each PUT.
fn identities(world: &World, key: &str, fields: &mut Map<String, Value>) {
    let Some(Value::Object(identity)) = fields.get_mut("identity") else { return };
    let system = identity.get("type").and_then(Value::as_str).is_some_and(|kind| kind.contains("SystemAssigned"));
    if system {
        identity.entry("principalId").or_insert_with(|| made(key, "principal"));
        identity.entry("tenantId").or_insert_with(|| json!(world.tenant));
    }
    if let Some(Value::Object(assigned)) = identity.get_mut("userAssignedIdentities") {
        for (id, value) in assigned {
            let known = world.value(&arm::key(id)).unwrap_or_default();
            *value =
                json!({"principalId": known["properties"]["principalId"], "clientId": known["properties"]["clientId"]});
        }
    }
}

fn computed(type_name: &str, key: &str, tenant: Uuid, properties: &mut Map<String, Value>) {
    addresses(key, properties);
    let mut set = |field: &str, value: Value| {
        properties.entry(field).or_insert(value);
    };
    match type_name.to_lowercase().as_str() {
        "microsoft.managedidentity/userassignedidentities" => {
            set("principalId", made(key, "principal"));
            set("clientId", made(key, "client"));
            set("tenantId", json!(tenant));
        }
        "microsoft.compute/virtualmachines" => set("vmId", made(key, "machine")),
        "microsoft.operationalinsights/workspaces" => set("customerId", made(key, "workspace")),
        "microsoft.network/virtualnetworks" | "microsoft.network/networkinterfaces" => {
            set("resourceGuid", made(key, "resource"));
        }
        "microsoft.authorization/roleassignments" => {
            let scope = key.split("/providers/microsoft.authorization/").next().unwrap_or_default().to_owned();
            set("scope", json!(scope));
        }
        _ => {}
    }
}

/// Addresses of data planes, as services document them.
fn addresses(key: &str, properties: &mut Map<String, Value>) {
    for (path, address) in ResourceId::parse(key).map(|id| arm::addresses(&id)).unwrap_or_default() {
        let version = made(key, "version").as_str().unwrap_or_default().replace('-', "");
        let mut names = path.split('.').skip(1).peekable();
        let mut at = &mut *properties;
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                at.entry(name).or_insert_with(|| json!(address.replace("{version}", &version)));
                break;
            }
            match at.entry(name).or_insert_with(|| json!({})) {
                Value::Object(below) => at = below,
                _ => break,
            }
        }
    }
}

/// A merge into what is there.
pub(super) fn patch(state: &State, path: &str, version: &str, body: &[u8], failed: bool) -> Reply {
    let key = arm::key(path);
    let Some(mut merged) = state.world().value(&key) else {
        return Reply::error(404, "ResourceNotFound", "The resource to be changed was not found.");
    };
    let Ok(change) = serde_json::from_slice::<Value>(body) else {
        return Reply::error(400, "InvalidRequestContent", "The request content was invalid: JSON was expected.");
    };
    merge(&mut merged, change);
    put(state, path, version, merged.to_string().as_bytes(), failed)
}

fn merge(into: &mut Value, change: Value) {
    match (into, change) {
        (Value::Object(into), Value::Object(change)) => {
            for (name, value) in change {
                if value.is_null() {
                    into.remove(&name);
                } else {
                    merge(into.entry(name).or_insert(Value::Null), value);
                }
            }
        }
        (into, change) => *into = change,
    }
}

/// Deletes, with all below it.
pub(super) fn delete(state: &State, path: &str, version: &str, failed: bool) -> Reply {
    let key = arm::key(path);
    if !state.world().contains(&key) {
        return Reply::empty(204);
    }
    if state.operations.busy(&key) {
        return Reply::error(409, "AnotherOperationInProgress", "Another operation is in progress.");
    }
    let reply = long_running::begin(state, &key, Work::Delete, false, failed, version);
    if state.settings.write_time.is_zero() {
        long_running::finish_due(state);
    }
    reply
}
