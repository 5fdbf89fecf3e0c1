//! Managed groups: groups that a service makes for a resource, told by the resource that manages them.
//!
//! Azure writes `managedBy` at some of them and not at others; the manager's body names each of them in any case
//! (`nodeResourceGroup`, `managedResourceGroupId`). What lies in such a group is the service's. So is what the manager's
//! own body says of it (the kubelet's identity of a cluster): it is taken out of the body.

use serde_json::{Map, Value};

use crate::{
    arm::{self, ResourceId},
    graph::model::Node,
    iac::types,
};

/// How properties are called that name such a group, in lower case, before `Id`, `Name` and the like. Of the published
/// types these are all whose group the service makes; a test looks for others.
const NAMES: [&str; 9] = [
    "appnetworkresourcegroup",
    "infraresourcegroup",
    "infrastructureresourcegroup",
    "managedresourcegroup",
    "managementresourcegroup",
    "networkingresourcegroup",
    "noderesourcegroup",
    "serviceprovisionedresourcegroup",
    "serviceruntimenetworkresourcegroup",
];
/// The same, of properties whose own name says less: what they stand in, and the name.
const NAMED_WITHIN: [(&str, &str); 2] = [("clusterProfile", "resourceGroupId"), ("managedResources", "resourceGroup")];
const ENDINGS: [&str; 4] = ["id", "name", "configuration", "settings"];
/// How many texts say which resource an identity is: its id and those that other services know it by.
const MOST_SAID: usize = 4;
/// Where the group is said in an object of such a name.
const SAID_IN: [&str; 3] = ["name", "id", "resourceId"];

/// Keys of the groups that a resource's body names as made for it.
pub fn of(node: &Node) -> Vec<String> {
    let Some(properties) = node.body.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, value) in properties {
        if is_naming(name) {
            found.extend(texts(value));
        } else if let Some(fields) = value.as_object() {
            let inner =
                |(own, _): &(&String, &Value)| is_naming(own) || NAMED_WITHIN.contains(&(name.as_str(), own.as_str()));
            found.extend(fields.iter().filter(inner).filter_map(|(_, value)| texts(value)));
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let Some(own) = ResourceId::parse(&node.id) else { return Vec::new() };
    let own_group = own.resource_group.as_deref().unwrap_or_default();
    let key = |text: &str| match ResourceId::parse(text).filter(|_| arm::looks_like_id(text)) {
        Some(id) => id.resource_group.filter(|_| id.namespace.is_none()).map(|_| arm::key(text)),
        None if text.contains('/') => None,
        None => Some(arm::key(&format!("/subscriptions/{}/resourceGroups/{text}", own.subscription.as_deref()?))),
    };
    let is_other = |key: &String| !key.rsplit('/').next().unwrap_or_default().eq_ignore_ascii_case(own_group);
    found.into_iter().filter_map(key).filter(is_other).collect()
}

/// Whether a property of this name names a group that is made for its resource.
fn is_naming(name: &str) -> bool {
    // Most names are told by their length alone.
    if name.len() < "nodeResourceGroup".len() {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let bare = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    NAMES.contains(&bare)
}

fn texts(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text.as_str()),
        Value::Object(fields) => SAID_IN.iter().find_map(|name| fields.get(*name)?.as_str()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

/// Whether resources of a type may have such a group.
pub fn may_have(type_name: &str, api_version: &str) -> bool {
    let Some(known) = types::find(type_name, api_version, "").writable() else { return false };
    let Some(properties) = known.shape.prop("properties") else { return false };
    let is_in = |shape: &types::Shape, bare: &str| {
        let spelled = [bare.to_owned()].into_iter().chain(ENDINGS.iter().map(|ending| format!("{bare}{ending}")));
        spelled.into_iter().any(|name| shape.prop(&name).is_some())
    };
    let within =
        |(above, name): &(&str, &str)| properties.shape.prop(above).is_some_and(|prop| prop.shape.prop(name).is_some());
    NAMES.iter().any(|bare| is_in(&properties.shape, bare)) || NAMED_WITHIN.iter().any(within)
}

/// Gives the groups that a body names as made for its resource other names. `of` is the node that the body is of.
pub fn each_name(of: &Node, body: &mut Map<String, Value>, rename: impl Fn(&str) -> String) {
    let own = ResourceId::parse(&of.id).and_then(|id| id.resource_group).unwrap_or_default();
    let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) else { return };
    let renamed = |value: &mut Value| {
        let Some(text) = text_mut(value) else { return };
        let at = text.rfind('/').map_or(0, |at| at + 1);
        if !text[at..].eq_ignore_ascii_case(&own) {
            let name = rename(&text[at..]);
            text.replace_range(at.., &name);
        }
    };
    for (name, value) in properties.iter_mut() {
        if is_naming(name) {
            renamed(value);
        } else if let Some(fields) = value.as_object_mut() {
            let within = |inner: &str| is_naming(inner) || NAMED_WITHIN.contains(&(name.as_str(), inner));
            fields.iter_mut().filter(|(inner, _)| within(inner)).for_each(|(_, value)| renamed(value));
        }
    }
}

fn text_mut(value: &mut Value) -> Option<&mut String> {
    let value = match value {
        Value::Object(fields) => {
            let name = SAID_IN.iter().find(|name| fields.get(**name).is_some_and(Value::is_string))?;
            fields.get_mut(*name)?
        }
        value => value,
    };
    match value {
        Value::String(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Takes out of a body what it says of resources in the groups that are made for its resource: the id, with the object
/// that holds it where that says no more than which resource it is. The paths of what went.
pub fn take_out(body: &mut Map<String, Value>, groups: &[String]) -> Vec<String> {
    let mut gone = Vec::new();
    if let Some(properties) = body.get_mut("properties").and_then(Value::as_object_mut) {
        fields(properties, "properties", groups, &mut gone);
    }
    gone
}

fn fields(of: &mut Map<String, Value>, path: &str, groups: &[String], gone: &mut Vec<String>) {
    of.retain(|name, value| {
        let below = format!("{path}.{name}");
        let stays = stays(value, &below, groups, gone);
        if !stays {
            gone.push(below);
        }
        stays
    });
}

/// Whether a value stays; what is below it goes on its own.
fn stays(value: &mut Value, path: &str, groups: &[String], gone: &mut Vec<String>) -> bool {
    match value {
        Value::String(text) => !is_in(text, groups),
        Value::Object(inner) => {
            let is_reference = inner.len() <= MOST_SAID && inner.values().all(Value::is_string);
            if is_reference && inner.values().filter_map(Value::as_str).any(|text| is_in(text, groups)) {
                return false;
            }
            let was_empty = inner.is_empty();
            fields(inner, path, groups, gone);
            was_empty || !inner.is_empty()
        }
        Value::Array(items) => {
            let was_empty = items.is_empty();
            let mut at = 0;
            items.retain_mut(|item| {
                let below = format!("{path}[{at}]");
                at += 1;
                let stays = stays(item, &below, groups, gone);
                if !stays {
                    gone.push(below);
                }
                stays
            });
            was_empty || !items.is_empty()
        }
        _ => true,
    }
}

/// Whether a text is the id of something in one of the groups.
fn is_in(text: &str, groups: &[String]) -> bool {
    arm::looks_like_id(text) && {
        let key = arm::key(text);
        groups.iter().any(|group| key.strip_prefix(group.as_str()).is_some_and(|rest| rest.starts_with('/')))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iac::example_nodes::node;

    const CLUSTER: &str = "/subscriptions/S/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";

    fn named(properties: Value) -> Vec<String> {
        of(&node(CLUSTER, json!({"properties": properties})))
    }

    #[test]
    fn a_managed_group_is_named_by_name_or_id_at_the_top_or_one_level_deeper() {
        let key = "/subscriptions/s/resourcegroups/mc_x";
        for properties in [
            json!({"nodeResourceGroup": "MC_x"}),
            json!({"managedResourceGroupId": "/subscriptions/S/resourceGroups/MC_x"}),
            json!({"managedResourceGroupConfiguration": {"name": "MC_x", "location": "westeurope"}}),
            json!({"managedResourceGroup": {"resourceId": "/subscriptions/S/resourceGroups/MC_x"}}),
            json!({"clusterProfile": {"resourceGroupId": "/subscriptions/S/resourceGroups/MC_x"}}),
            json!({"networkProfile": {"serviceRuntimeNetworkResourceGroup": "MC_x"}}),
        ] {
            assert_eq!(named(properties.clone()), [key], "{properties}");
        }
        for properties in [
            json!({"resourceGroup": "other"}),
            json!({"nodeResourceGroup": "g"}),
            json!({"nodeResourceGroup": ""}),
            json!({"targetResourceGroupId": "/subscriptions/S/resourceGroups/MC_x"}),
        ] {
            assert!(named(properties.clone()).is_empty(), "{properties}");
        }
    }

    #[test]
    fn types_that_may_have_such_a_group_are_told_by_the_published_types() {
        for name in [
            "Microsoft.ContainerService/managedClusters",
            "Microsoft.Databricks/workspaces",
            "Microsoft.App/managedEnvironments",
            "Microsoft.Synapse/workspaces",
            "Microsoft.RedHatOpenShift/openShiftClusters",
        ] {
            assert!(may_have(name, &types::newest(name).expect("a version")), "{name}");
        }
        assert!(!may_have("Microsoft.Storage/storageAccounts", "2023-01-01"));
    }

    #[test]
    fn what_the_manager_says_of_its_group_is_taken_out_and_the_group_stays() {
        let mut body = json!({"properties": {
            "nodeResourceGroup": "MC_x",
            "groupId": "/subscriptions/s/resourceGroups/MC_x",
            "identityProfile": {"kubelet": {"resourceId": "/subscriptions/s/resourcegroups/mc_X/providers/N.X/ids/i", "clientId": "c"}},
            "subnets": ["/subscriptions/s/resourceGroups/MC_x/providers/N.X/vnets/v/subnets/a", "/subscriptions/s/resourceGroups/MC_x2/providers/N.X/vnets/v"],
            "empty": {},
        }});
        let gone = take_out(body.as_object_mut().expect("a map"), &["/subscriptions/s/resourcegroups/mc_x".to_owned()]);
        assert_eq!(
            body,
            json!({"properties": {
                "nodeResourceGroup": "MC_x",
                "groupId": "/subscriptions/s/resourceGroups/MC_x",
                "subnets": ["/subscriptions/s/resourceGroups/MC_x2/providers/N.X/vnets/v"],
                "empty": {},
            }})
        );
        assert_eq!(gone, ["properties.identityProfile.kubelet", "properties.identityProfile", "properties.subnets[0]"]);
    }
}
