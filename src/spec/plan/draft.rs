//! From the model to what is to be made: ids, types, versions, bodies, and what a type cannot exist without.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use super::{
    item::{Item, StepKind},
    target::{Home, Rewrites, Target},
};
use crate::{
    arm,
    iac::types::{Publication, publication},
    spec::{
        body::{Filled, fill},
        check,
        finding::Findings,
        model::{Group, Resource, Tenant, Word},
        node::{Key, Node},
        words::bare,
    },
};

const GROUPS_VERSION: &str = "2024-03-01";
const MACHINES: &str = "Microsoft.Compute/virtualMachines";
const CARDS: &str = "Microsoft.Network/networkInterfaces";
const NETWORKS: &str = "Microsoft.Network/virtualNetworks";
const SUBNETS: &str = "Microsoft.Network/virtualNetworks/subnets";
/// Entries of a body's list that may wait for each other's parents: they are made as resources of their own.
const APART: [(&str, &str); 1] = [(NETWORKS, "virtualNetworkPeerings")];
/// What a machine's text says of its interface.
const OF_CARDS: [&str; 10] = [
    "subnet",
    "subnetid",
    "publicip",
    "publicipaddress",
    "privateip",
    "privateipaddress",
    "networksecuritygroup",
    "nsg",
    "acceleratednetworking",
    "privateipallocationmethod",
];

/// What is to be made in subscriptions.
#[derive(Debug, Default)]
pub(in crate::spec) struct Draft {
    pub items: Vec<Item>,
    pub homes: Vec<Home>,
    pub narrative: Vec<Word>,
    pub rewrites: Rewrites,
}

/// Everything below subscriptions.
pub(in crate::spec) fn draft(tenant: &Tenant, target: &Target, findings: &mut Findings) -> Draft {
    let homes: Vec<Home> =
        tenant.subscriptions.iter().map(|subscription| target.home(subscription, findings)).collect();
    let rewrites = target.rewrites(tenant, &homes);
    let mut drafter =
        Drafter { target, findings, seen: HashMap::new(), out: Draft { homes, rewrites, ..Draft::default() } };
    for (number, subscription) in tenant.subscriptions.iter().enumerate() {
        let scope = format!("/subscriptions/{}", drafter.out.homes[number].id);
        for group in &subscription.groups {
            drafter.group(group, &scope);
        }
    }
    drafter.out
}

struct Drafter<'d> {
    target: &'d Target,
    findings: &'d mut Findings,
    /// Keys of ids, with the line of the first.
    seen: HashMap<String, u32>,
    out: Draft,
}

impl Drafter<'_> {
    fn group(&mut self, group: &Group, scope: &str) {
        check::group(&group.name, &group.path, group.place, self.findings);
        let id = format!("{scope}/resourceGroups/{}", group.name);
        if !self.is_new(&id, group.place.line, &group.path, &format!("the resource group {:?}", group.name)) {
            return;
        }
        let location = if let Some(word) = &group.location {
            word.text.clone()
        } else {
            let message =
                format!("expected the location of resource group {:?}: a heading says it in brackets", group.name);
            self.findings.error(format!("{}.location", group.path), group.place, message);
            String::new()
        };
        let mut body = Map::new();
        body.insert("location".to_owned(), json!(location));
        if !group.tags.is_empty() {
            body.insert("tags".to_owned(), Value::Object(group.tags.clone()));
        }
        self.out.rewrites.map(&mut body);
        let number = self.out.items.len();
        self.out.items.push(Item {
            kind: StepKind::ResourceGroup,
            place: group.place,
            path: group.path.clone(),
            id: id.clone(),
            type_name: "Microsoft.Resources/resourceGroups".to_owned(),
            api_version: GROUPS_VERSION.to_owned(),
            name: group.name.clone(),
            scope: scope.to_owned(),
            body,
            defaults: Vec::new(),
            places: std::collections::BTreeMap::new(),
            mentions: Vec::new(),
            depends_on: Vec::new(),
            needs: BTreeSet::new(),
            home: arm::key(&id),
        });
        for resource in &group.resources {
            self.resource(resource, group, &id, number);
        }
        self.cards(number);
    }

    /// False where another of the same id came before: told as an error.
    fn is_new(&mut self, id: &str, line: u32, path: &str, what: &str) -> bool {
        match self.seen.insert(arm::key(id), line) {
            None => true,
            Some(first) => {
                self.seen.insert(arm::key(id), first);
                let place = crate::spec::place::Place { line, column: 1 };
                self.findings.error(path, place, format!("{what} stands twice: the first is at line {first}"));
                false
            }
        }
    }

    fn resource(&mut self, resource: &Resource, group: &Group, group_id: &str, group_number: usize) {
        let Some((type_name, api_version)) = self.published(resource) else { return };
        let resource = &Resource { type_name, ..resource.clone() };
        if !check::resource(
            &resource.type_name,
            &api_version,
            &resource.name,
            &resource.path,
            resource.place,
            self.findings,
        ) {
            return;
        }
        let (card, resource) = &Self::split_card(resource);
        let mut filled = fill(resource, group, &api_version, self.target.tenant, self.findings);
        let scope = match &resource.scope {
            Some(word) if word.text.starts_with('/') => {
                self.out.rewrites.text(&word.text).unwrap_or_else(|| word.text.clone())
            }
            _ => group_id.to_owned(),
        };
        let id = id_of(&scope, &resource.type_name, &resource.name);
        let what = format!("{} {:?}", resource.type_name, resource.name);
        if !self.is_new(&id, resource.place.line, &resource.path, &what) {
            return;
        }
        let apart = take_apart(&resource.type_name, &mut filled);
        self.push(resource, id, &scope, api_version, filled, group_number);
        if let Some(word) = resource.scope.as_ref().filter(|word| !word.text.starts_with('/'))
            && let Some(item) = self.out.items.last_mut()
        {
            // The resource that it extends is found with all others.
            let mention = crate::spec::body::Mention::sure("\u{0}scope", word.text.as_str(), word.place);
            item.mentions.push(mention);
        }
        if let Some(card) = card {
            self.resource(card, group, group_id, group_number);
        }
        for (kind, name, filled) in apart {
            let child = Resource {
                name: format!("{}/{name}", resource.name),
                type_name: format!("{}/{kind}", resource.type_name),
                fields: Vec::new(),
                api_version: None,
                ..resource.clone()
            };
            let Some((type_name, api_version)) = self.published(&child) else { continue };
            let child = Resource { type_name, ..child };
            let id = id_of(group_id, &child.type_name, &child.name);
            let what = format!("{} {:?}", child.type_name, child.name);
            if self.is_new(&id, child.place.line, &child.path, &what) {
                self.push(&child, id, group_id, api_version, filled, group_number);
            }
        }
    }

    fn push(
        &mut self,
        resource: &Resource,
        id: String,
        scope: &str,
        api_version: String,
        filled: Filled,
        group: usize,
    ) {
        let Filled { mut body, mentions, defaults, places, narrative } = filled;
        self.out.rewrites.map(&mut body);
        self.out.narrative.extend(narrative);
        let home = self.out.items[group].home.clone();
        self.out.items.push(Item {
            kind: StepKind::Resource,
            place: resource.place,
            path: resource.path.clone(),
            id,
            type_name: resource.type_name.clone(),
            api_version,
            name: resource.name.clone(),
            scope: scope.to_owned(),
            body,
            defaults,
            places,
            mentions,
            depends_on: resource.depends_on.clone(),
            needs: BTreeSet::from([group]),
            home,
        });
    }

    /// The type as it is published, and the version that it is written with.
    fn published(&mut self, resource: &Resource) -> Option<(String, String)> {
        let wanted = resource.api_version.as_ref();
        let place = wanted.map_or(resource.place, |word| word.place);
        let kind = &resource.type_name;
        let mut fault = |field: &str, place, message: String| {
            self.findings.error(format!("{}.{field}", resource.path), place, message);
        };
        match publication(kind, wanted.map(|word| word.text.as_str())) {
            Publication::Writable(found) => return Some((found.name, found.api_version)),
            Publication::ReadOnly => {
                fault("type", resource.place, format!("{kind} can only be read: nothing of it can be created"));
            }
            Publication::NoVersion(versions) => {
                let newest: Vec<&str> = versions.iter().rev().take(5).map(String::as_str).collect();
                fault(
                    "api_version",
                    place,
                    format!("{kind} has no such api-version; its newest are {}", newest.join(", ")),
                );
            }
            Publication::NoType(types) => {
                let near =
                    types.iter().min_by_key(|known| strsim::levenshtein(&known.to_lowercase(), &kind.to_lowercase()));
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                fault("type", resource.place, format!("{kind} is no type that Azure publishes{near}"));
            }
            Publication::NoNamespace => {
                fault("type", resource.place, format!("{kind} is no type: Azure publishes nothing of its namespace"));
            }
        }
        None
    }

    /// A machine without an interface of its own gets one, with what its text says of it.
    fn split_card(resource: &Resource) -> (Option<Resource>, Resource) {
        let is_card = |key: &Key| OF_CARDS.contains(&bare(&key.text).as_str());
        let has_own = resource.fields.iter().any(|(key, node)| {
            matches!(bare(&key.text).as_str(), "nic" | "networkinterface" | "networkinterfaces" | "networkprofile")
                || node.json().to_string().to_lowercase().contains("\"networkprofile\"")
        });
        if !resource.type_name.eq_ignore_ascii_case(MACHINES) || has_own {
            return (None, resource.clone());
        }
        let (of_card, own): (Vec<_>, Vec<_>) = resource.fields.iter().cloned().partition(|(key, _)| is_card(key));
        let name = format!("{}-nic", resource.name);
        let mut machine = Resource { fields: own, ..resource.clone() };
        machine.fields.push((
            Key::new("networkInterfaces", resource.place),
            Node::plain(format!("{CARDS}/{name}"), resource.place),
        ));
        let fields = of_card.into_iter().chain(
            resource
                .fields
                .iter()
                .filter(|(key, _)| bare(&key.text) == "location" || bare(&key.text) == "region")
                .cloned(),
        );
        let card = Resource {
            name,
            type_name: CARDS.to_owned(),
            fields: fields.collect(),
            api_version: None,
            ..resource.clone()
        };
        (Some(card), machine)
    }

    /// An interface that was added and names no subnet is in the only one of its group.
    fn cards(&mut self, group_number: usize) {
        let home = self.out.items[group_number].home.clone();
        let subnets = subnets(&self.out.items, &home);
        for number in 0..self.out.items.len() {
            let item = &mut self.out.items[number];
            let is_one = item.home == home && item.type_name.eq_ignore_ascii_case(CARDS);
            let at = "properties.ipConfigurations[0].properties.subnet";
            if !is_one
                || crate::spec::body::get(&item.body, at).is_some()
                || crate::spec::body::get(&item.body, "properties.ipConfigurations[1]").is_some()
            {
                continue;
            }
            match subnets.as_slice() {
                [only] => {
                    crate::spec::body::set(&mut item.body, at, json!({"id": only}));
                    item.defaults.push(at.to_owned());
                }
                found => {
                    let count = if found.is_empty() { "none".to_owned() } else { format!("{}", found.len()) };
                    let message =
                        format!("expected the subnet of {:?}: its resource group has {count}, not just one", item.name);
                    self.findings.error(format!("{}.subnet", item.path), item.place, message);
                }
            }
        }
    }
}

/// Ids of the subnets of a group.
fn subnets(items: &[Item], home: &str) -> Vec<String> {
    let mut found = Vec::new();
    for item in items.iter().filter(|item| item.home == home) {
        if item.type_name.eq_ignore_ascii_case(SUBNETS) {
            found.push(item.id.clone());
        } else if item.type_name.eq_ignore_ascii_case(NETWORKS) {
            let inline = crate::spec::body::get(&item.body, "properties.subnets").and_then(Value::as_array);
            let names = inline.into_iter().flatten().filter_map(|subnet| subnet["name"].as_str());
            found.extend(names.map(|name| format!("{}/subnets/{name}", item.id)));
        }
    }
    // Those of gateways, firewalls and bastions take no machines.
    found.retain(|id| {
        let name = id.rsplit('/').next().unwrap_or_default().to_lowercase();
        !matches!(
            name.as_str(),
            "gatewaysubnet"
                | "azurefirewallsubnet"
                | "azurebastionsubnet"
                | "azurefirewallmanagementsubnet"
                | "routeserversubnet"
        )
    });
    found.sort();
    found.dedup();
    found
}

/// Entries of a list that become resources of their own: kind, name, body.
fn take_apart(type_name: &str, filled: &mut Filled) -> Vec<(String, String, Filled)> {
    let mut out = Vec::new();
    for (_, list) in APART.iter().filter(|(kind, _)| kind.eq_ignore_ascii_case(type_name)) {
        let Some(Value::Object(properties)) = filled.body.get_mut("properties") else { continue };
        let Some(Value::Array(entries)) = properties.remove(*list) else { continue };
        for (at, entry) in entries.into_iter().enumerate() {
            let start = format!("properties.{list}[{at}]");
            let mut child = Filled::default();
            let (of_child, own): (Vec<_>, Vec<_>) =
                std::mem::take(&mut filled.mentions).into_iter().partition(|mention| mention.path.starts_with(&start));
            filled.mentions = own;
            let Value::Object(mut fields) = entry else { continue };
            let target = of_child
                .iter()
                .find(|mention| mention.path.ends_with("remoteVirtualNetwork.id"))
                .map(|mention| mention.text.clone());
            let name = fields.remove("name").and_then(|name| name.as_str().map(str::to_owned));
            let properties = fields.entry("properties").or_insert_with(|| json!({}));
            // A peering that is only a name is one with the network of that name.
            let mut mentions: Vec<_> = of_child
                .into_iter()
                .map(|mention| crate::spec::body::Mention {
                    path: mention.path.replacen(&format!("{start}."), "", 1),
                    ..mention
                })
                .collect();
            if target.is_none()
                && properties["remoteVirtualNetwork"].is_null()
                && let Some(name) = &name
            {
                properties["remoteVirtualNetwork"] = json!({"id": name});
                let place = filled.places.get(&start).copied().unwrap_or_default();
                let path = "properties.remoteVirtualNetwork.id".to_owned();
                mentions.push(crate::spec::body::Mention::sure(path, name.as_str(), place));
            }
            let name = name.or_else(|| {
                target.as_ref().map(|target| format!("to-{}", target.rsplit('/').next().unwrap_or(target)))
            });
            if properties["allowVirtualNetworkAccess"].is_null() {
                properties["allowVirtualNetworkAccess"] = json!(true);
                child.defaults.push("properties.allowVirtualNetworkAccess".to_owned());
            }
            child.mentions = mentions;
            child.body = fields;
            out.push(((*list).to_owned(), name.unwrap_or_else(|| format!("peering{at}")), child));
        }
    }
    out
}

/// `{scope}/providers/{Ns}/{type}/{name}/{type}/{name}`.
pub(in crate::spec) fn id_of(scope: &str, type_name: &str, name: &str) -> String {
    let (namespace, types) = type_name.split_once('/').unwrap_or((type_name, ""));
    let mut id = format!("{scope}/providers/{namespace}");
    for (kind, name) in types.split('/').zip(name.split('/')) {
        id.extend(["/", kind, "/", name]);
    }
    id
}
