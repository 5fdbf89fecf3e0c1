//! Completes bodies with what newer api-versions of Azure always return, and repeats what Azure shows in two places.
//!
//! A recording holds what one api-version returned; programs that use another fail over missing properties, or take
//! them for a change. `completion.json` is the table: `lacks` is merged into a body where it is missing; `gathers`
//! repeats children in their parent's list, and `spreads` makes children of the items of such a list.
//! `{subscription}` is the resource's. Children that exist without having been made are in `built_in`; a recorded
//! one is completed from there. Also the built-in roles.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{
    built_in,
    world::{Stored, World},
};
use crate::arm;

static RULES: LazyLock<Vec<Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("completion.json")).unwrap_or_default());

/// Well-known roles.
const ROLES: [(&str, &str); 9] = [
    ("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner"),
    ("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor"),
    ("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader"),
    ("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator"),
    ("00482a5a-887f-4fb3-b363-3b7fe8e74483", "Key Vault Administrator"),
    ("4633458b-17de-408a-b874-0445c86b69e6", "Key Vault Secrets User"),
    ("ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor"),
    ("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader"),
    ("7f951dda-4ed3-4680-a7ca-43fe172d538d", "AcrPull"),
];

/// Merges below a body what its newer api-versions say.
pub(super) fn complete(kind: &str, id: &str, body: &mut Value) {
    for rule in RULES.iter().filter(|rule| rule["of"].as_str().is_some_and(|of| of.eq_ignore_ascii_case(kind))) {
        below(body, &filled(&rule["lacks"], id));
    }
}

/// Completes a world that is otherwise whole.
pub(super) fn fill(world: &mut World) {
    apply(world);
    let held = world.all().filter_map(|stored| {
        let lacks = built_in::properties(&stored.type_name(), stored.parsed.name())?;
        let mut whole = stored.value();
        below(&mut whole, &json!({"properties": lacks}));
        Some((stored.id.clone(), whole))
    });
    for (id, whole) in held.collect::<Vec<_>>() {
        world.put(&id, "", &whole);
    }
}

fn apply(world: &mut World) {
    for rule in RULES.iter() {
        let Some(kind) = rule["of"].as_str() else { continue };
        let parents = world.all().filter(|stored| stored.type_name().eq_ignore_ascii_case(kind));
        let parents: Vec<(String, Value)> = parents.map(|stored| (stored.id.clone(), stored.value())).collect();
        for (id, parent) in parents {
            if let Some(lacks) = rule.get("lacks") {
                let mut whole = parent;
                below(&mut whole, &filled(lacks, &id));
                world.put(&id, "", &whole);
            } else if let Some(list) = rule["spreads"].as_str() {
                for item in parent["properties"][list].as_array().into_iter().flatten() {
                    if let Some(child) = item["id"].as_str().filter(|child| !world.contains(&arm::key(child))) {
                        world.put(child, "", item);
                    }
                }
            } else if let Some(list) = rule["gathers"].as_str() {
                gather(world, kind, &id, parent, list);
            }
        }
    }
}

/// Children that stand in their parent's list too; those there stay as they are.
fn gather(world: &mut World, kind: &str, id: &str, mut parent: Value, list: &str) {
    let prefix = format!("{}/{}/", arm::key(id), list.to_lowercase());
    let type_name = format!("{kind}/{list}");
    let children = world.all().filter(|stored| stored.type_name().eq_ignore_ascii_case(&type_name));
    let children: Vec<Value> =
        children.filter(|stored| stored.parsed.key().starts_with(&prefix)).map(Stored::value).collect();
    let Some(properties) = parent.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let held = properties.entry(list).or_insert_with(|| json!([]));
    let Some(held) = held.as_array_mut() else { return };
    let is_same = |one: &Value, other: &Value| match (one["id"].as_str(), other["id"].as_str()) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    };
    let missing: Vec<Value> =
        children.into_iter().filter(|child| !held.iter().any(|item| is_same(item, child))).collect();
    if !missing.is_empty() {
        held.extend(missing);
        world.put(id, "", &parent);
    }
}

/// Merges what is missing.
fn below(body: &mut Value, lacks: &Value) {
    let (Some(fields), Some(lacks)) = (body.as_object_mut(), lacks.as_object()) else { return };
    for (name, value) in lacks {
        match fields.get_mut(name) {
            None | Some(Value::Null) => {
                fields.insert(name.clone(), value.clone());
            }
            Some(held) => below(held, value),
        }
    }
}

fn filled(template: &Value, id: &str) -> Value {
    match template {
        Value::String(text) if text.contains('{') => {
            json!(text.replace("{subscription}", id.split('/').nth(2).unwrap_or_default()))
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| filled(item, id)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), filled(value, id))).collect())
        }
        other => other.clone(),
    }
}

/// A role that Azure has by itself, where it is well known or somebody has it.
pub(super) fn role(world: &World, id: &str) -> Option<String> {
    let guid = id.rsplit('/').next()?;
    let known = ROLES.iter().find(|(known, _)| known.eq_ignore_ascii_case(guid)).map(|(_, name)| (*name).to_owned());
    let name = known.or_else(|| {
        let mut assigned = world
            .all()
            .filter(|stored| stored.type_name().eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments"));
        let is_it = |stored: &Stored| {
            let value = stored.value();
            let role = value["properties"]["roleDefinitionId"].as_str().unwrap_or_default();
            role.rsplit('/').next().is_some_and(|own| own.eq_ignore_ascii_case(guid))
        };
        assigned.any(is_it).then(|| format!("Role {guid}"))
    })?;
    let body = json!({
        "id": id, "name": guid, "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": name, "type": "BuiltInRole", "description": name, "assignableScopes": ["/"],
            "permissions": [{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}],
        },
    });
    Some(body.to_string())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_balancer_repeats_its_rules_and_a_recorded_service_is_completed() {
        let mut world = World::new(Uuid::nil());
        let group = "/subscriptions/s/resourceGroups/g/providers";
        let service = format!("{group}/Microsoft.Storage/storageAccounts/st/blobServices/default");
        world.add(&service, "2023-01-01", &json!({"id": service, "properties": {"isVersioningEnabled": true}}));
        let balancer = format!("{group}/Microsoft.Network/loadBalancers/lb");
        let pool = format!("{balancer}/backendAddressPools/pool");
        let pools = json!([{"id": pool, "name": "pool", "properties": {}}]);
        world.add(&balancer, "2023-01-01", &json!({"id": balancer, "properties": {"backendAddressPools": pools}}));
        let rule = format!("{balancer}/inboundNatRules/ssh");
        world.add(&rule, "2023-01-01", &json!({"id": rule, "properties": {"backendPort": 22}}));
        fill(&mut world);
        let service = world.value(&arm::key(&service)).expect("there");
        assert_eq!(service["properties"]["isVersioningEnabled"], true);
        assert_eq!(service["properties"]["deleteRetentionPolicy"]["enabled"], false);
        let balancer = world.value(&arm::key(&balancer)).expect("there");
        assert_eq!(balancer["properties"]["inboundNatRules"][0]["properties"]["backendPort"], 22);
        assert!(world.contains(&arm::key(&pool)), "made of what stands in the balancer");
    }

    #[test]
    fn every_rule_of_the_table_can_be_applied() {
        assert!(!RULES.is_empty(), "completion.json is no list of rules");
        for rule in RULES.iter() {
            let ways = ["lacks", "gathers", "spreads"].iter().filter(|way| rule.get(**way).is_some()).count();
            assert!(rule["of"].is_string() && ways == 1, "{rule}");
        }
    }
}
