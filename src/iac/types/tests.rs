//! What the checked-in table says, and that a test sees it.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    Known, find,
    node::{Leaf, Node},
    table::{self, Namespace},
};
use crate::arm::ApiVersion;

fn writable(type_name: &str, version: &str, name: &str) -> super::Type {
    match find(type_name, version, name) {
        Known::Writable(known) => known,
        other => panic!("{type_name}@{version}: {other:?}"),
    }
}

#[test]
fn a_version_that_the_table_has_is_exact_and_another_is_judged_by_its_neighbours() {
    let exact = writable("microsoft.network/virtualnetworks", "2020-11-01", "v");
    assert!(exact.is_exact && exact.shape.is_sure());
    assert_eq!(exact.name, "Microsoft.Network/virtualNetworks");
    let between = writable("Microsoft.Network/virtualNetworks", "2020-11-02", "v");
    assert!(!between.is_exact && between.shape.is_sure());
    let newer = writable("Microsoft.Network/virtualNetworks", "2099-01-01", "v");
    assert!(!newer.is_exact && newer.shape.is_sure());
}

#[test]
fn properties_are_read_only_required_or_spelled_as_the_type_does() {
    let network = writable("Microsoft.Network/virtualNetworks", "2020-11-01", "v");
    let properties = network.shape.prop("properties").expect("properties").shape;
    assert!(properties.prop("provisioningState").expect("known").is_read_only);
    assert_eq!(properties.prop("ADDRESSSPACE").expect("known in another case").name, "addressSpace");
    assert!(properties.prop("nonsense").is_none());
    let account = writable("Microsoft.Storage/storageAccounts", "2023-01-01", "s");
    let sku = account.shape.prop("sku").expect("sku");
    assert!(sku.is_required);
    let name = sku.shape.prop("name").expect("name").shape;
    assert_eq!(name.spelling("standard_lrs"), Some("Standard_LRS"));
    assert_eq!(name.spelling("Standard_LRS"), None);
}

#[test]
fn types_that_can_only_be_read_and_types_that_nobody_published_are_told_apart() {
    assert!(matches!(
        find("Microsoft.Compute/locations/publishers", "2024-07-01", "x"),
        Known::ReadOnly | Known::Unknown
    ));
    assert!(matches!(find("Contoso.Nothing/things", "2024-01-01", "x"), Known::Unknown));
}

#[test]
fn a_name_with_a_body_of_its_own_has_it() {
    let web = writable("Microsoft.Web/sites/config", "2022-03-01", "web");
    let settings = writable("Microsoft.Web/sites/config", "2022-03-01", "appsettings");
    assert!(web.shape.prop("properties").expect("properties").shape.prop("alwaysOn").is_some());
    assert!(settings.shape.prop("properties").expect("properties").shape.is_map());
}

#[test]
fn what_the_second_source_says_is_there() {
    let certificate = writable("Microsoft.Web/certificates", "2019-08-01", "c");
    let password = certificate.shape.prop("properties").and_then(|prop| prop.shape.prop("password"));
    assert!(password.is_some_and(|prop| prop.is_required), "flattened away by the first source");
    let replica = "Microsoft.Sql/servers/databases/replicationLinks";
    assert!(matches!(find(replica, "2014-04-01", "l"), Known::ReadOnly), "GET and DELETE, no PUT");
    assert_eq!(writable(replica, "2025-01-01", "l").name, replica);
}

#[test]
fn models_that_only_share_a_name_are_not_joined() {
    let alert = writable("Microsoft.Insights/activityLogAlerts", "2020-10-01", "a");
    let at = |shape: super::Shape, name: &str| shape.prop(name).expect("known").shape;
    let groups = at(at(at(alert.shape, "properties"), "actions"), "actionGroups").items().expect("a list");
    assert!(groups.prop("actionGroupId").is_some());
    assert!(groups.prop("enabled").is_none(), "that is an action group's own");
}

#[test]
fn a_number_out_of_its_bounds_is_none_of_its_type() {
    let door = writable("Microsoft.Network/frontDoors", "2021-06-01", "d");
    let at = |shape: super::Shape, name: &str| shape.prop(name).expect("known").shape;
    let timeout = at(at(at(door.shape, "properties"), "backendPoolsSettings"), "sendRecvTimeoutSeconds");
    assert!(timeout.takes(&serde_json::json!(30)) && !timeout.takes(&serde_json::json!(0)));
}

/// A namespace of the published types as the shared folder has it, and ours, walked together.
struct Pair<'p> {
    ours: &'p Namespace,
    theirs: &'p [Value],
    seen: HashMap<(u32, u64, bool), bool>,
}

impl Pair<'_> {
    /// Whether two nodes say the same of kinds, names and flags. A circle is equal where all else is.
    fn same(&mut self, ours: u32, theirs: u64, is_root: bool) -> bool {
        if let Some(known) = self.seen.get(&(ours, theirs, is_root)) {
            return *known;
        }
        self.seen.insert((ours, theirs, is_root), true);
        let is_same = self.compare(ours, theirs, is_root);
        self.seen.insert((ours, theirs, is_root), is_same);
        is_same
    }

    fn compare(&mut self, at: u32, their: u64, is_root: bool) -> bool {
        let namespace = self.ours;
        let ours = &namespace.nodes[at as usize];
        let theirs = self.theirs;
        let theirs = &theirs[usize::try_from(their).expect("small")];
        match (ours, theirs["k"].as_str().expect("a kind")) {
            (Node::Leaf(Leaf::Any), "any") | (Node::Leaf(Leaf::Bool), "bool") | (Node::Leaf(Leaf::Text), "str") => true,
            (Node::Text(rule), "str") => {
                let is_it = |bound: Option<u32>, name: &str| bound.map(u64::from) == theirs[name].as_u64();
                is_it(rule.least, "min")
                    && is_it(rule.most, "max")
                    && rule.pattern.as_deref() == theirs["pattern"].as_str()
                    && rule.is_secret == theirs["sensitive"].as_bool().unwrap_or_default()
            }
            (Node::Leaf(Leaf::Number), "int") => theirs.get("min").is_none() && theirs.get("max").is_none(),
            (Node::Bounded(least, most), "int") => *least == theirs["min"].as_f64() && *most == theirs["max"].as_f64(),
            (Node::Enum { words, is_open }, "enum") => {
                let mut values: Vec<&str> =
                    theirs["values"].as_array().expect("words").iter().filter_map(Value::as_str).collect();
                values.sort_unstable();
                values == *words && *is_open == theirs["open"].as_bool().unwrap_or_default()
            }
            (Node::List(item), "array") => self.same(*item, theirs["of"].as_u64().expect("a node"), false),
            (Node::Object { fields, more, cases, is_secret, .. }, "object" | "choice") => {
                if *is_secret != theirs["sensitive"].as_bool().unwrap_or_default() {
                    return false;
                }
                let empty = serde_json::Map::new();
                let props = theirs["props"].as_object().unwrap_or(&empty);
                let props: HashMap<&str, (u64, u8)> = props
                    .iter()
                    .filter(|(name, _)| !(is_root && *name == "name"))
                    .map(|(name, prop)| (name.as_str(), prop_of(prop)))
                    .collect();
                if props.len() != fields.len() || more.is_some() != theirs.get("more").is_some() {
                    return false;
                }
                for (name, field) in fields {
                    let Some((node, flags)) = props.get(name.as_str()) else { return false };
                    if (field.is_required(), field.is_read_only(), field.is_write_only())
                        != (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
                        || !self.same(field.node, *node, false)
                    {
                        return false;
                    }
                }
                if let Some(more) = more {
                    return self.same(*more, theirs["more"].as_u64().expect("a node"), false);
                }
                let words =
                    theirs["cases"].as_object().map(|cases| cases.keys().collect::<Vec<_>>()).unwrap_or_default();
                let ours: Vec<&String> = cases.iter().flat_map(|cases| cases.nodes.keys()).collect();
                words == ours
            }
            _ => false,
        }
    }
}

fn prop_of(prop: &Value) -> (u64, u8) {
    let number = |value: &Value| value.as_u64().expect("a number");
    match prop {
        Value::Array(pair) => (number(&pair[0]), u8::try_from(number(&pair[1])).expect("flags")),
        node => (number(node), 0),
    }
}

/// The source of the table is days older than the shared folder, which is what the azapi provider ships: what Azure changed
/// between is the difference. A table newer than the provider would choose versions that it refuses.
#[test]
fn the_table_says_what_the_published_types_say_type_by_type() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/azure-types");
    let Ok(files) = std::fs::read_dir(&directory) else {
        eprintln!("skipped: {} is not here", directory.display());
        return;
    };
    let (mut all, mut other) = (0, Vec::new());
    for file in
        files.map(|file| file.expect("an entry").path()).filter(|path| path.extension().is_some_and(|e| e == "gz"))
    {
        let unpacked = std::process::Command::new("gzip").arg("-dc").arg(&file).output().expect("gzip runs").stdout;
        let theirs: Value = serde_json::from_slice(&unpacked).expect("JSON");
        let Some(ours) = table::namespace(theirs["namespace"].as_str().expect("a name")) else { continue };
        let nodes = theirs["types"].as_array().expect("nodes");
        let mut pair = Pair { ours, theirs: nodes, seen: HashMap::new() };
        for (name, versions) in theirs["resources"].as_object().expect("types") {
            let kind = name.split_once('/').expect("a type").1.to_lowercase();
            for (version, row) in versions.as_object().expect("versions") {
                all += 1;
                let entry = ours.types.get(&kind);
                let known = entry.and_then(|entry| entry.versions.get(&ApiVersion::new(version.to_lowercase())));
                let is_same = known.is_some_and(|known| {
                    row[2] == known.writable && pair.same(known.body, row[0].as_u64().expect("a node"), true)
                });
                if !is_same {
                    other.push(format!("{name}@{version}"));
                }
            }
        }
    }
    eprintln!("{all} published versions, {} say otherwise", other.len());
    assert!(all > 33_000 && other.len() <= 10, "{} of {all} say otherwise: {other:?}", other.len());
}

#[test]
fn every_namespace_of_the_table_can_be_read() {
    let names: Vec<&str> = table::namespaces().collect();
    assert!(names.len() > 280, "{} namespaces", names.len());
    let unread: Vec<&&str> = names.iter().filter(|name| table::namespace(name).is_none()).collect();
    assert!(unread.is_empty(), "{unread:?}");
}
