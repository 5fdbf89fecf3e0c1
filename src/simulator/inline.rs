//! Parts of a body that are resources of their own: a network's subnets, a security group's rules.
//!
//! A parent's body is composed of the children that are served below it, whenever they were recorded or put; and what
//! its body alone shows can be read by itself. So the two never say different things, as in Azure.

use serde_json::{Map, Value, json};

use super::world::World;
use crate::arm::ResourceId;

/// Arrays in `properties` whose elements are resources of their own.
const INLINE: [(&str, &[&str]); 4] = [
    ("microsoft.network/virtualnetworks", &["subnets", "virtualNetworkPeerings"]),
    ("microsoft.network/networksecuritygroups", &["securityRules"]),
    ("microsoft.network/routetables", &["routes"]),
    ("microsoft.network/loadbalancers", &["inboundNatRules", "backendAddressPools"]),
];

/// Of these, those that are served by themselves only where they were put or recorded so: nothing tells whether what
/// a recorded balancer shows had a GET of its own.
const SHOWN_ONLY: [&str; 2] = ["inboundNatRules", "backendAddressPools"];

/// Gives named parts their ids, and answers those that are resources of their own.
pub(super) fn children_of(
    type_name: &str,
    id: &str,
    fields: &mut Map<String, Value>,
    done: &str,
) -> Vec<(String, Value)> {
    let kind = type_name.to_lowercase();
    let Some(Value::Object(properties)) = fields.get_mut("properties") else { return Vec::new() };
    let own = arrays_of(&kind);
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

/// What follows when something was put, as Azure composes bodies: a parent shows every child that is served below
/// it, and what only its body shows is served by itself too.
pub(super) fn follow(world: &mut World, id: &str) {
    let Some(parsed) = ResourceId::parse(id) else { return };
    compose(world, &parsed);
    if let Some(parent) = shown_by(&parsed) {
        compose(world, &parent);
    }
}

/// The same where somebody else has put a body whole: what it shows of its children is what they are from now on.
pub(super) fn spread(world: &mut World, id: &str) {
    let Some(parsed) = ResourceId::parse(id) else { return };
    let body = world.value(&parsed.key()).unwrap_or_default();
    for array in arrays_of(&parsed.type_name()) {
        for item in body["properties"][array].as_array().into_iter().flatten() {
            let name = item["name"].as_str().filter(|_| item["properties"].is_object() && !SHOWN_ONLY.contains(array));
            if let Some(child) = name.map(|name| format!("{}/{array}/{name}", parsed.text)) {
                world.tell(&child, item);
            }
        }
    }
    follow(world, id);
}

/// What follows when something was removed: its parent no longer shows it.
pub(super) fn forget(world: &mut World, id: &str) {
    let Some(child) = ResourceId::parse(id) else { return };
    let Some(parent) = shown_by(&child) else { return };
    let Some(mut body) = world.value(&parent.key()) else { return };
    let array = child.segments.last().map(|(kind, _)| kind.as_str()).unwrap_or_default();
    let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let items = properties.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(array)).map(|(_, value)| value);
    let Some(Value::Array(items)) = items else { return };
    items.retain(|item| !is_named(item, child.name()));
    store(world, &parent, &body);
}

/// The same for all that was loaded, in whatever order it came.
pub(super) fn settle(world: &mut World) {
    let parents = world.all().map(|stored| stored.parsed.clone()).filter(|id| !arrays_of(&id.type_name()).is_empty());
    for parent in parents.collect::<Vec<_>>() {
        compose(world, &parent);
    }
}

fn arrays_of(type_name: &str) -> &'static [&'static str] {
    INLINE.iter().find(|(parent, _)| parent.eq_ignore_ascii_case(type_name)).map_or(&[], |(_, arrays)| arrays)
}

/// The parent whose body shows a child.
fn shown_by(child: &ResourceId) -> Option<ResourceId> {
    let parent = ResourceId::parse(&child.parent()).filter(|_| child.is_child())?;
    let kind = child.segments.last().map(|(kind, _)| kind.as_str())?;
    arrays_of(&parent.type_name()).iter().any(|array| array.eq_ignore_ascii_case(kind)).then_some(parent)
}

fn is_named(item: &Value, name: &str) -> bool {
    item["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name))
}

/// A child's own body wins over what its parent's body shows of it.
fn compose(world: &mut World, parent: &ResourceId) {
    let (key, type_name) = (parent.key(), parent.type_name());
    let arrays = arrays_of(&type_name);
    let Some(mut body) = world.value(&key).filter(|_| !arrays.is_empty()) else { return };
    let id = body["id"].as_str().unwrap_or(&parent.text).to_owned();
    let mut is_other = false;
    for array in arrays {
        let below = format!("{key}/{}/", array.to_lowercase());
        let mut served = world.directly_below(&below);
        let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) else { return };
        if served.is_empty() && !properties.contains_key(*array) {
            continue;
        }
        let Value::Array(items) = properties.entry(*array).or_insert_with(|| json!([])) else { continue };
        for item in items.iter_mut() {
            let Some(name) = item.get("name").and_then(Value::as_str).map(str::to_owned) else { continue };
            if let Some(own) = served.remove(&format!("{below}{}", name.to_lowercase())) {
                is_other |= *item != own;
                *item = own;
            } else if item["properties"].is_object() && !SHOWN_ONLY.contains(array) {
                let child = format!("{id}/{array}/{name}");
                let mut whole = item.clone();
                whole["id"] = json!(child);
                whole["type"] = json!(format!("{type_name}/{array}"));
                world.tell(&child, &whole);
                is_other |= *item != whole;
                *item = whole;
            }
        }
        is_other |= !served.is_empty();
        items.extend(served.into_values());
    }
    if is_other {
        store(world, parent, &body);
    }
}

fn store(world: &mut World, parent: &ResourceId, body: &Value) {
    let id = body["id"].as_str().unwrap_or(&parent.text).to_owned();
    world.put(&id, "", body);
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::arm;

    const NETWORK: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";

    fn subnet(name: &str, prefix: &str) -> Value {
        json!({"id": format!("{NETWORK}/subnets/{name}"), "name": name, "properties": {"addressPrefix": prefix}})
    }

    fn shown(world: &World) -> Vec<(String, String)> {
        let body = world.value(&arm::key(NETWORK)).expect("a body");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let items = body["properties"]["subnets"].as_array().expect("a list").iter();
        items.map(|item| (text(&item["name"]), text(&item["properties"]["addressPrefix"]))).collect()
    }

    #[test]
    fn a_parents_body_shows_every_child_whenever_it_came() {
        let mut world = World::new(Uuid::nil());
        world.add(&format!("{NETWORK}/subnets/early"), "", &subnet("early", "10.0.0.0/24"));
        let network = json!({"id": NETWORK, "name": "v", "location": "eastus", "properties": {"subnets": [
            subnet("early", "recorded before it changed"), subnet("inline", "10.0.1.0/24"),
        ]}});
        world.add(NETWORK, "", &network);
        world.add_missing();
        let of = |name: &str, prefix: &str| (name.to_owned(), prefix.to_owned());
        assert_eq!(shown(&world), [of("early", "10.0.0.0/24"), of("inline", "10.0.1.0/24")]);
        let inline = world.value(&arm::key(&format!("{NETWORK}/subnets/inline"))).expect("served by itself");
        assert_eq!(inline["type"], "Microsoft.Network/virtualNetworks/subnets");

        let late = format!("{NETWORK}/subnets/late");
        world.tell(&late, &subnet("late", "10.0.2.0/24"));
        follow(&mut world, &late);
        assert_eq!(shown(&world).len(), 3);
        world.remove(&arm::key(&late));
        forget(&mut world, &late);
        assert_eq!(shown(&world).len(), 2);

        let put = json!({"id": NETWORK, "name": "v", "properties": {"subnets": [subnet("early", "10.0.9.0/24")]}});
        world.tell(NETWORK, &put);
        spread(&mut world, NETWORK);
        assert_eq!(shown(&world)[0], of("early", "10.0.9.0/24"));
        let early = world.value(&arm::key(&format!("{NETWORK}/subnets/early"))).expect("served by itself");
        assert_eq!(early["properties"]["addressPrefix"], "10.0.9.0/24");
    }
}
