//! Ownership: what is a resource of its own in code, and what is another's business.
//!
//! A nested object that is also a resource has one owner: its parent's body where the body holds it whole
//! (subnets, rules, routes), else itself. Peerings are always their own: two networks that peer would
//! otherwise need each other. What Azure makes by itself is left out, with the reason: by its type (`ownership.tsv`), by
//! its name or its body (`made_by_service`), or as what lies in a group that another resource manages
//! (`managed_groups`).
//!
//! Each node is looked at once and makes its claims; all claims together decide.

use std::{collections::HashMap, sync::LazyLock};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::Value;

use super::{made_by_service, managed_groups};
use crate::{
    arm::{self, ResourceId},
    graph::model::{Label, Node},
    iac::{
        model::index::{Index, hash},
        types::Known,
    },
};

/// Arrays of a parent's body whose elements are always resources of their own.
const ALWAYS_APART: [&str; 1] = ["virtualNetworkPeerings"];

/// Types that are no resources of their own: all globs in one automaton, and the reasons by their rows.
static TABLE: LazyLock<(GlobSet, Vec<&'static str>)> = LazyLock::new(|| {
    let rows = include_str!("ownership.tsv").lines().filter(|line| !line.starts_with('#'));
    let (mut globs, mut reasons) = (GlobSetBuilder::new(), Vec::new());
    for (text, reason) in rows.filter_map(|row| row.split_once('\t')) {
        if let Ok(glob) = GlobBuilder::new(text).case_insensitive(true).build() {
            globs.add(glob);
            reasons.push(reason);
        }
    }
    (globs.build().unwrap_or_default(), reasons)
});

/// Why a type is no resource of its own; the first row that fits says so.
fn reason_of(type_name: &str) -> Option<&'static str> {
    let (globs, reasons) = &*TABLE;
    if !globs.is_match(type_name) {
        return None;
    }
    globs.matches(type_name).into_iter().min().and_then(|row| reasons.get(row).copied())
}

/// Who manages a group, by the hash of the group's key.
pub type Managers = HashMap<u64, Box<str>>;

/// What a node says of who owns it. Other nodes are meant by the hashes of their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// Why it is no resource of its own, whatever others say.
    pub absent: Option<&'static str>,
    /// Its type can only be read.
    pub is_read_only: bool,
    /// What manages it, of a group.
    pub managed_by: Option<Box<str>>,
    /// Keys of the groups that are made for it.
    pub manages: Box<[String]>,
    /// The disk that was made with it, of a machine.
    pub made: Option<u64>,
    /// The machine that it is the disk of.
    pub machine: Option<u64>,
}

/// A node among others.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub id: &'a str,
    pub claims: &'a Claims,
    /// It was taken out of its parent's body: it is emitted though it can only be read.
    pub is_split: bool,
}

/// Why a node is no resource of its own in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The body of the node with this number holds it, and is in the code.
    Within(usize),
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

/// What a node claims; with its id taken apart, and what the table of types says of its type.
pub fn claims(node: &Node, id: Option<&ResourceId>, known: &Known) -> Claims {
    let text = |pointer: &str| node.body.pointer(pointer).and_then(Value::as_str);
    let managed_by = text("/managedBy").filter(|by| !by.is_empty());
    let is_disk = is_of(node, DISKS);
    let disk = node.body.pointer("/properties/storageProfile/osDisk");
    let is_made = disk.is_some_and(|disk| disk.get("createOption").and_then(Value::as_str) != Some("Attach"));
    let mut claims = Claims {
        managed_by: managed_by.filter(|_| node.label == Label::ResourceGroup).map(Into::into),
        made: text("/properties/storageProfile/osDisk/managedDisk/id")
            .filter(|_| is_made)
            .map(|id| hash(&arm::key(id))),
        machine: text("/managedBy").filter(|_| is_disk).map(|id| hash(&arm::key(id))),
        manages: managed_groups::of(node).into(),
        ..Claims::default()
    };
    match alone(node, id, known) {
        Alone::Absent(reason) => claims.absent = Some(reason),
        Alone::ReadOnly => claims.is_read_only = true,
        Alone::Own => {}
    }
    claims
}

const DISKS: &str = "Microsoft.Compute/disks";

fn is_of(node: &Node, kind: &str) -> bool {
    node.type_name.eq_ignore_ascii_case(kind)
}

/// For each of `count` nodes, in the order of their keys, why it is no resource of its own; `shown` are pairs of
/// what a body holds whole and what holds it (see [`shows`]); `managers`, by the hashes of their groups' keys, are
/// resources that are not among the nodes.
pub fn apart<'a>(
    count: usize,
    node: impl Fn(usize) -> Candidate<'a>,
    numbers: &Index,
    shown: &[(u64, u64)],
    mut managers: Managers,
) -> HashMap<usize, Reason> {
    let mut out: HashMap<usize, Reason> = HashMap::new();
    for number in 0..count {
        let Candidate { id, claims, .. } = node(number);
        managers.extend(claims.manages.iter().map(|group| (hash(group), Box::from(id))));
    }
    let all = All { node: &node, numbers, shown, managers };
    for number in 0..count {
        let reason = all.alone(number).or_else(|| all.beside(number)).or_else(|| all.grouped(number));
        out.extend(reason.map(|reason| (number, reason)));
    }
    // What is below something that is left out goes with it, unless the body of one that stays holds it.
    for number in 0..count {
        let parent = ResourceId::parse(node(number).id).filter(ResourceId::is_child).map(|id| arm::key(&id.parent()));
        if let Some(parent) = parent
            && !out.contains_key(&number)
            && numbers.get(&parent).is_some_and(|parent| out.contains_key(&parent))
        {
            out.insert(number, format!("below {parent}, which is not emitted").into());
        }
    }
    // And a body that is nowhere holds nothing.
    let lost: Vec<(usize, usize)> = out
        .iter()
        .filter_map(|(number, reason)| match reason {
            Reason::Within(holder) if !is_held(*holder, &out) => Some((*number, *holder)),
            _ => None,
        })
        .collect();
    for (number, holder) in lost {
        out.insert(number, format!("in the body of {}, which is not emitted", node(holder).id).into());
    }
    out
}

/// Whether a body is in the code: its own resource's, or within another's that is.
fn is_held(mut holder: usize, out: &HashMap<usize, Reason>) -> bool {
    loop {
        match out.get(&holder) {
            None => return true,
            // Holders are above what they hold: this ends.
            Some(Reason::Within(above)) => holder = *above,
            Some(Reason::Absent(_)) => return false,
        }
    }
}

enum Alone {
    Own,
    Absent(&'static str),
    ReadOnly,
}

/// By what it is.
fn alone(node: &Node, id: Option<&ResourceId>, known: &Known) -> Alone {
    let Some(id) = id else { return Alone::Absent("its id is none of ARM's") };
    if id.subscription.is_none() {
        return Alone::Absent("stands above subscriptions");
    }
    if let Some(reason) = reason_of(&node.type_name) {
        // Tables that people made in a workspace end so.
        let is_own_table = node.type_name.ends_with("/tables") && node.name.ends_with("_CL");
        return if is_own_table { Alone::Own } else { Alone::Absent(reason) };
    }
    if is_of(node, "Microsoft.Authorization/roleDefinitions") {
        let kind = node.body.pointer("/properties/type").and_then(Value::as_str);
        return if kind == Some("CustomRole") { Alone::Own } else { Alone::Absent("built into Azure") };
    }
    if matches!(known, Known::ReadOnly) {
        return Alone::ReadOnly;
    }
    if let Some(reason) = made_by_service::reason(node, id.name(), known) {
        return Alone::Absent(reason);
    }
    let is_endpoints_card = is_of(node, "Microsoft.Network/networkInterfaces")
        && node.body.pointer("/properties/privateEndpoint/id").is_some();
    if is_endpoints_card { Alone::Absent("made by Azure for its private endpoint") } else { Alone::Own }
}

/// All nodes, and what their bodies hold.
struct All<'s, F> {
    node: &'s F,
    numbers: &'s Index,
    shown: &'s [(u64, u64)],
    managers: Managers,
}

impl<'a, F: Fn(usize) -> Candidate<'a>> All<'_, F> {
    fn alone(&self, number: usize) -> Option<Reason> {
        let Candidate { claims, is_split, .. } = (self.node)(number);
        claims.absent.or_else(|| (claims.is_read_only && !is_split).then_some("can only be read")).map(Reason::from)
    }

    /// By what others say of it.
    fn beside(&self, number: usize) -> Option<Reason> {
        let Candidate { id, claims, .. } = (self.node)(number);
        let key = hash(&arm::key(id));
        if let Some(machine) = claims.machine {
            let made = (self.node)(self.numbers.at(machine)?).claims.made;
            return (made == Some(key)).then(|| "the OS disk, made with its machine".into());
        }
        let start = self.shown.partition_point(|(held, _)| *held < key);
        let holders = || self.shown[start..].iter().take_while(|(held, _)| *held == key).map(|(_, holder)| *holder);
        holders().next()?;
        let id = ResourceId::parse(id).filter(ResourceId::is_child)?;
        // Its parent, or the parent's parent (a rule of a group in a policy): the nearest body that shows it.
        let mut above = id.parent();
        while let Some(parsed) = ResourceId::parse(&above) {
            let parent = hash(&arm::key(&above));
            if holders().any(|holder| holder == parent)
                && let Some(parent) = self.numbers.at(parent)
            {
                return Some(Reason::Within(parent));
            }
            if !parsed.is_child() {
                break;
            }
            above = parsed.parent();
        }
        None
    }

    /// By the group it is in.
    fn grouped(&self, number: usize) -> Option<Reason> {
        let id = ResourceId::parse((self.node)(number).id)?;
        let group = arm::key(&format!("/subscriptions/{}/resourceGroups/{}", id.subscription?, id.resource_group?));
        let read = self.numbers.get(&group);
        let by = read.and_then(|read| (self.node)(read).claims.managed_by.as_deref());
        let by = by.map(|by| if arm::looks_like_id(by) { by } else { "another resource" });
        let by = by.or_else(|| self.managers.get(&hash(&group)).map(|manager| &**manager))?;
        let is_group = read == Some(number);
        Some(if is_group { format!("managed by {by}") } else { format!("in a group that is managed by {by}") }.into())
    }
}

/// What a node's body holds whole: pairs of hashes of keys, of what is held and of the node.
pub fn shows(node: &Node) -> impl Iterator<Item = (u64, u64)> {
    let own = &node.key;
    let holder = hash(own);
    let mut found = nested(&node.body);
    found.retain(|key| key.strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with('/')));
    found.into_iter().map(move |key| (hash(&key), holder))
}

/// Keys of the nested objects that a body holds whole.
fn nested(body: &Value) -> Vec<String> {
    fn walk(body: &Value, found: &mut Vec<String>) {
        match body {
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Object(fields) => {
                if let Some(id) = fields.get("id").and_then(Value::as_str).filter(|_| fields.contains_key("properties"))
                {
                    found.push(arm::key(id));
                }
                let others = fields.iter().filter(|(name, _)| !ALWAYS_APART.contains(&name.as_str()));
                others.for_each(|(_, value)| walk(value, found));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
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
    use crate::iac::types;

    #[test]
    fn a_nested_object_is_its_parents_but_a_peering_is_its_own() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";
        let body = json!({"properties": {
            "subnets": [{"id": format!("{id}/subnets/a"), "properties": {}}, {"id": format!("{id}/subnets/b")}],
            "virtualNetworkPeerings": [{"id": format!("{id}/virtualNetworkPeerings/p"), "properties": {}}],
        }});
        assert_eq!(nested(&body), [arm::key(&format!("{id}/subnets/a"))]);
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
            let nodes = nodes.map(|(id, body)| crate::iac::example_nodes::node(&id, body));
            let claims = nodes.each_ref().map(|node| {
                let id = ResourceId::parse(&node.id).expect("an id");
                let known = types::find(&node.type_name, &node.api_version, id.name());
                claims(node, Some(&id), &known)
            });
            let mut numbers = Index::default();
            (0..).zip(&nodes).for_each(|(number, node)| numbers.insert(hash(&node.key), number));
            let shown: Vec<(u64, u64)> = nodes.iter().flat_map(shows).collect();
            let node = |at: usize| Candidate { id: &nodes[at].id, claims: &claims[at], is_split: false };
            apart(nodes.len(), node, &numbers, &shown, Managers::new()).remove(&2)
        };
        assert_eq!(apart_in(""), Some(Reason::Within(1)));
        let cluster = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";
        assert_eq!(apart_in(cluster), Some(format!("in the body of {id}, which is not emitted").into()));
    }

    #[test]
    fn every_row_of_the_table_is_a_glob_and_a_reason() {
        let rows = include_str!("ownership.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!((TABLE.0.len(), TABLE.1.len()), (rows, rows));
        assert!(reason_of("Microsoft.Storage/storageAccounts/privateEndpointConnections").is_some());
        assert_eq!(reason_of("Microsoft.Storage/storageAccounts"), None);
    }
}
