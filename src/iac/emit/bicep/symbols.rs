//! Symbols and names of files: what the resources, modules and `existing` resources of the plan are called.
//!
//! A symbol is the label of its item. What the plan does not label gets a symbol that no item and no parameter has.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    arm::{self, ResourceId},
    iac::{
        model::{plan::Plan, reserved::is_bicep_symbol, style::Style},
        passes::{
            naming,
            placement::{Place, Places},
        },
        types,
    },
};

/// What declares a place's module.
#[derive(Debug)]
pub struct Module {
    /// The file's name below `modules`, without its ending.
    pub file: String,
    pub symbol: String,
}

/// How an `existing` resource outside of the plan is declared.
#[derive(Debug)]
pub struct Declared {
    pub symbol: String,
    /// `type@api-version`.
    pub kind: String,
}

/// Every symbol that is not given here.
fn taken(plan: &Plan) -> BTreeSet<&str> {
    let parameters = plan.parameters.iter().map(|parameter| parameter.name.as_str());
    plan.items.iter().map(|item| &*item.label).chain(parameters).collect()
}

/// A module for each place but the main one.
pub fn modules(plan: &Plan, places: &Places) -> BTreeMap<Place, Module> {
    let taken = taken(plan);
    let others: Vec<&Place> = places.items.keys().filter(|place| !places.is_top(place)).collect();
    let name = |place: &&Place| {
        let group = place.group.as_deref().unwrap_or("subscription");
        if place.number == 0 { group.to_owned() } else { format!("{group}-{}", place.number + 1) }
    };
    let named: Vec<(String, String)> = others.iter().map(|place| (name(place), place.name())).collect();
    let labels = naming::labels(Style::Snake, named.iter().map(|(name, id)| (name.as_str(), id.as_str())));
    let of = |(place, label): (&Place, String)| {
        let symbol = format!("{}Module", Style::Camel.of(&label));
        let symbol = if taken.contains(symbol.as_str()) { hashed(&symbol, &place.name()) } else { symbol };
        (place.clone(), Module { file: label.replace('_', "-"), symbol })
    };
    others.into_iter().zip(labels).map(of).collect()
}

/// What is outside of the plan, by key: what is referred to, and its parents.
pub fn outside(plan: &Plan) -> BTreeMap<String, Declared> {
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    for outside in plan.outside.values() {
        let mut kind = outside.kind.clone();
        let mut at = ResourceId::parse(&outside.id);
        while let Some(id) = at {
            let known = plan.outside.get(&id.key()).map(|outside| outside.kind.clone());
            kind = known.unwrap_or_else(|| kind_beside(&id.type_name(), &kind));
            found.insert(id.key(), (id.name().to_owned(), kind.clone()));
            at = ResourceId::parse(&id.parent()).filter(|_| id.is_child());
        }
    }
    let taken = if found.is_empty() { BTreeSet::new() } else { taken(plan) };
    let labels = naming::labels(Style::Camel, found.iter().map(|(key, (name, _))| (name.as_str(), key.as_str())));
    let told_apart = |((key, (_, kind)), label): ((String, (String, String)), String)| {
        let is_taken = taken.contains(label.as_str()) || is_bicep_symbol(&label);
        let symbol = if is_taken { hashed(&label, &key) } else { label };
        (key, Declared { symbol, kind })
    };
    found.into_iter().zip(labels).map(told_apart).collect()
}

/// The symbol of a resource that neither the plan nor the graph knows.
pub fn unknown(id: &ResourceId) -> String {
    hashed(&Style::Camel.of(&naming::label(id.name())), &arm::key(&id.text))
}

/// A type in the version of another of its namespace, where it has that; else in its newest.
fn kind_beside(type_name: &str, other: &str) -> String {
    let version = other.rsplit('@').next().unwrap_or_default();
    if types::find(type_name, version, "").writable().is_some_and(|known| known.is_exact) {
        return format!("{type_name}@{version}");
    }
    format!("{type_name}@{}", types::newest(type_name).unwrap_or_else(|| version.to_owned()))
}

fn hashed(label: &str, id: &str) -> String {
    format!("{label}{}", naming::short_hash(id))
}
