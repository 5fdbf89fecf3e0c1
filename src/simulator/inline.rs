//! Parts of a body that are resources of their own: a network's subnets, a security group's rules.
//!
//! What is put inline can be read by itself, and what is put by itself is shown inline, as Azure does.

use serde_json::{Map, Value, json};

use super::world::World;
use crate::arm::{self, ResourceId};

/// Arrays in `properties` whose elements are resources of their own.
const INLINE: [(&str, &[&str]); 4] = [
    ("microsoft.network/virtualnetworks", &["subnets", "virtualNetworkPeerings"]),
    ("microsoft.network/networksecuritygroups", &["securityRules"]),
    ("microsoft.network/routetables", &["routes"]),
    ("microsoft.network/loadbalancers", &["inboundNatRules", "backendAddressPools"]),
];
/// Gives named parts their ids, and answers those that are resources of their own.
pub(super) fn children_of(
    type_name: &str,
    id: &str,
    fields: &mut Map<String, Value>,
    done: &str,
) -> Vec<(String, Value)> {
    let kind = type_name.to_lowercase();
    let Some(Value::Object(properties)) = fields.get_mut("properties") else { return Vec::new() };
    let own = INLINE.iter().find(|(parent, _)| *parent == kind).map_or(&[][..], |(_, arrays)| *arrays);
    let mut children = Vec::new();
    for (array, value) in properties {
        let Value::Array(items) = value else { continue };
        for item in items {
            let Some(name) = item.get("name").and_then(Value::as_str).map(str::to_owned) else { continue };
            let Some(part) = item.as_object_mut() else { continue };
            if own.contains(&array.as_str()) {
                part.entry("properties").or_insert_with(|| json!({}));
            }
            if !part.contains_key("properties") {
                continue;
            }
            if !kind.starts_with("microsoft.network/") {
                continue;
            }
            let part_id = format!("{id}/{array}/{name}");
            part.insert("id".to_owned(), json!(part_id));
            part.insert("type".to_owned(), json!(format!("{type_name}/{array}")));
            if let Some(Value::Object(properties)) = part.get_mut("properties") {
                properties.insert("provisioningState".to_owned(), json!(done));
            }
            if own.contains(&array.as_str()) {
                children.push((part_id, item.clone()));
            }
        }
    }
    children
}

/// Shows a child in the array of its parent, if the parent has such arrays.
pub(super) fn into_parent(world: &mut World, child: &ResourceId) {
    let parent = arm::key(&child.parent());
    let (Some(mut body), Some(shown), Some(facts)) = (
        world.value(&parent),
        world.value(&child.key()),
        ResourceId::parse(&parent).map(|id| id.type_name().to_lowercase()),
    ) else {
        return;
    };
    let array = child.segments.last().map(|(kind, _)| kind.clone()).unwrap_or_default();
    let known = INLINE.iter().find(|(parent, _)| *parent == facts);
    let Some(array) = known.and_then(|(_, arrays)| arrays.iter().find(|name| name.eq_ignore_ascii_case(&array))) else {
        return;
    };
    let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let Value::Array(items) = properties.entry(*array).or_insert_with(|| json!([])) else { return };
    let same = |item: &Value| item["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(child.name()));
    match items.iter_mut().find(|item| same(item)) {
        Some(item) => *item = shown,
        None => items.push(shown),
    }
    let id = body["id"].as_str().unwrap_or(&parent).to_owned();
    world.put(&id, "", &body);
}

/// Takes a child that is gone out of its parent's array.
pub(super) fn out_of_parent(world: &mut World, child: &ResourceId) {
    let parent = arm::key(&child.parent());
    let Some(mut body) = world.value(&parent) else { return };
    let array = child.segments.last().map(|(kind, _)| kind.to_lowercase()).unwrap_or_default();
    let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let items = properties.iter_mut().find(|(name, _)| name.to_lowercase() == array).map(|(_, value)| value);
    let Some(Value::Array(items)) = items else { return };
    items.retain(|item| !item["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(child.name())));
    let id = body["id"].as_str().unwrap_or(&parent).to_owned();
    world.put(&id, "", &body);
}
