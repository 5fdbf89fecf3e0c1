//! Own: what is a resource of its own in code, and what is another's business.
//!
//! A nested object that is also a resource has one owner: its parent's body where it stands there
//! (subnets, rules, routes), else itself. Peerings are always their own: two networks that peer would
//! otherwise need each other. What Azure makes by itself is left out, with the reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use globset::{Glob, GlobBuilder, GlobMatcher};
use serde_json::Value;

use crate::iac::types::{self, Known};
use crate::{
    arm::{self, ResourceId},
    graph::model::{Label, Node},
};

/// Arrays of a parent's body whose elements are always resources of their own.
const ALWAYS_APART: [&str; 1] = ["virtualNetworkPeerings"];

static TABLE: LazyLock<Vec<(GlobMatcher, &'static str)>> = LazyLock::new(|| {
    let rows = include_str!("ownership.tsv").lines().filter(|line| !line.starts_with('#'));
    let glob = |text: &str| -> Option<Glob> { GlobBuilder::new(text).case_insensitive(true).build().ok() };
    rows.filter_map(|row| row.split_once('\t'))
        .filter_map(|(text, reason)| Some((glob(text)?.compile_matcher(), reason)))
        .collect()
});

/// Why a node is no resource of its own in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It stands in the body of the resource with this id, which is in the code.
    Within(String),
    /// It is in the code nowhere; the text goes into the report.
    Absent(String),
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::Absent(text)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::Absent(text.to_owned())
    }
}

/// Keys of nodes that are no resources of their own, with the reason. What is `split` off its parent is, though it can
/// only be read.
pub fn apart(nodes: &BTreeMap<String, Node>, split: &BTreeSet<String>) -> BTreeMap<String, Reason> {
    let mut out: BTreeMap<String, Reason> = BTreeMap::new();
    let managed: BTreeMap<&str, &str> = nodes
        .iter()
        .filter(|(_, node)| node.label == Label::ResourceGroup)
        .filter_map(|(key, node)| Some((key.as_str(), node.body.get("managedBy")?.as_str()?)))
        .filter(|(_, by)| !by.is_empty())
        .collect();
    let mut shown = BTreeMap::new();
    for (key, node) in nodes {
        if let Some(reason) = alone(node, split.contains(key))
            .or_else(|| beside(key, node, nodes, &mut shown))
            .or_else(|| grouped(key, node, &managed))
        {
            out.insert(key.clone(), reason);
        }
    }
    // What is below something that is left out goes with it, unless it stands in the body of one that stays.
    for (key, node) in nodes {
        let parent = ResourceId::parse(&node.id).filter(ResourceId::is_child).map(|id| arm::key(&id.parent()));
        if let Some(parent) = parent
            && !out.contains_key(key)
            && out.contains_key(&parent)
        {
            out.insert(key.clone(), format!("below {parent}, which is not emitted").into());
        }
    }
    // And a body that is nowhere holds nothing.
    let lost: Vec<(String, String)> = out
        .iter()
        .filter_map(|(key, reason)| match reason {
            Reason::Within(holder) if !is_held(holder, &out) => Some((key.clone(), holder.clone())),
            _ => None,
        })
        .collect();
    for (key, holder) in lost {
        out.insert(key, format!("in the body of {holder}, which is not emitted").into());
    }
    out
}

/// Whether a body is in the code: its own resource's, or within another's that is.
fn is_held(holder: &str, out: &BTreeMap<String, Reason>) -> bool {
    let mut holder = holder.to_owned();
    loop {
        match out.get(&arm::key(&holder)) {
            None => return true,
            // Holders stand above what they hold: this ends.
            Some(Reason::Within(above)) => holder.clone_from(above),
            Some(Reason::Absent(_)) => return false,
        }
    }
}

/// By what it is.
fn alone(node: &Node, is_split: bool) -> Option<Reason> {
    let Some(id) = ResourceId::parse(&node.id) else { return Some("its id is none of ARM's".into()) };
    if id.subscription.is_none() {
        return Some("stands above subscriptions".into());
    }
    if let Some((_, reason)) = TABLE.iter().find(|(glob, _)| glob.is_match(&node.type_name)) {
        // Tables that people made in a workspace end so.
        let is_own_table = node.type_name.ends_with("/tables") && node.name.ends_with("_CL");
        return (!is_own_table).then(|| (*reason).into());
    }
    if node.type_name.eq_ignore_ascii_case("Microsoft.Authorization/roleDefinitions") {
        let kind = node.body.pointer("/properties/type").and_then(Value::as_str);
        return (kind != Some("CustomRole")).then(|| "built into Azure".into());
    }
    if node.type_name.eq_ignore_ascii_case("Microsoft.Sql/servers/databases") && node.name == "master" {
        return Some("made by Azure with every server".into());
    }
    if !is_split && matches!(types::find(&node.type_name, &node.api_version, id.name()), Known::ReadOnly) {
        return Some("can only be read".into());
    }
    let is_endpoints_card = node.type_name.eq_ignore_ascii_case("Microsoft.Network/networkInterfaces")
        && node.body.pointer("/properties/privateEndpoint/id").is_some();
    is_endpoints_card.then(|| "made by Azure for its private endpoint".into())
}

/// By what others say of it.
fn beside<'n>(
    key: &str,
    node: &Node,
    nodes: &'n BTreeMap<String, Node>,
    shown: &mut BTreeMap<&'n str, BTreeSet<String>>,
) -> Option<Reason> {
    if node.type_name.eq_ignore_ascii_case("Microsoft.Compute/disks") {
        let machine = nodes.get(&arm::key(node.body.get("managedBy")?.as_str()?))?;
        let disk = machine.body.pointer("/properties/storageProfile/osDisk")?;
        let is_its = disk.pointer("/managedDisk/id").and_then(Value::as_str).is_some_and(|id| arm::key(id) == key);
        let is_made = disk.get("createOption").and_then(Value::as_str) != Some("Attach");
        return (is_its && is_made).then(|| "the OS disk, made with its machine".into());
    }
    let id = ResourceId::parse(&node.id)?;
    if !id.is_child() {
        return None;
    }
    // Its parent, or the parent's parent (a rule of a group in a policy): the nearest body that shows it.
    let mut above = id.parent();
    while let Some(parsed) = ResourceId::parse(&above) {
        if let Some((above, parent)) = nodes.get_key_value(&arm::key(&above))
            && shown.entry(above).or_insert_with(|| shows(&parent.body)).contains(key)
        {
            return Some(Reason::Within(parent.id.clone()));
        }
        if !parsed.is_child() {
            break;
        }
        above = parsed.parent();
    }
    None
}

/// By the group it is in.
fn grouped(key: &str, node: &Node, managed: &BTreeMap<&str, &str>) -> Option<Reason> {
    let id = ResourceId::parse(&node.id)?;
    let group = arm::key(&format!("/subscriptions/{}/resourceGroups/{}", id.subscription?, id.resource_group?));
    let by = managed.get(group.as_str())?;
    let by = if arm::looks_like_id(by) { by } else { "another resource" };
    let reason = if key == group { format!("managed by {by}") } else { format!("in a group that is managed by {by}") };
    Some(reason.into())
}

/// Keys of the nested objects that a body holds whole.
fn shows(body: &Value) -> BTreeSet<String> {
    fn walk(body: &Value, found: &mut BTreeSet<String>) {
        match body {
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(fields) => {
                if let Some(id) = fields.get("id").and_then(Value::as_str).filter(|_| fields.contains_key("properties"))
                {
                    found.insert(arm::key(id));
                }
                let others = fields.iter().filter(|(name, _)| !ALWAYS_APART.contains(&name.as_str()));
                others.for_each(|(_, value)| walk(value, found));
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(body, &mut found);
    found
}

/// Whether a field of a body holds what is emitted elsewhere, or what Azure made.
pub fn is_apart(name: &str) -> bool {
    ALWAYS_APART.contains(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_nested_object_is_its_parents_but_a_peering_is_its_own() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";
        let body = json!({"properties": {
            "subnets": [{"id": format!("{id}/subnets/a"), "properties": {}}, {"id": format!("{id}/subnets/b")}],
            "virtualNetworkPeerings": [{"id": format!("{id}/virtualNetworkPeerings/p"), "properties": {}}],
        }});
        assert_eq!(shows(&body), BTreeSet::from([arm::key(&format!("{id}/subnets/a"))]));
    }

    #[test]
    fn what_is_written_in_a_body_that_is_not_emitted_is_not_emitted() {
        let group = "/subscriptions/s/resourceGroups/MC_x";
        let id = format!("{group}/providers/Microsoft.Network/networkSecurityGroups/n");
        let rule = format!("{id}/securityRules/r");
        let apart_in = |managed_by: &str| {
            let nodes = [
                (group.to_owned(), json!({"managedBy": managed_by})),
                (id.clone(), json!({"properties": {"securityRules": [{"id": rule, "properties": {}}]}})),
                (rule.clone(), json!({"properties": {}})),
            ];
            let nodes = nodes.map(|(id, body)| (arm::key(&id), crate::iac::tests::node(&id, body)));
            apart(&nodes.into(), &BTreeSet::new()).remove(&arm::key(&rule))
        };
        assert_eq!(apart_in(""), Some(Reason::Within(id.clone())));
        let cluster = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";
        assert_eq!(apart_in(cluster), Some(format!("in the body of {id}, which is not emitted").into()));
    }

    #[test]
    fn every_row_of_the_table_is_a_glob_and_a_reason() {
        let rows = include_str!("ownership.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(TABLE.len(), rows);
        assert!(
            TABLE.iter().any(|(glob, _)| glob.is_match("Microsoft.Storage/storageAccounts/privateEndpointConnections"))
        );
    }
}
