//! Takes nested objects that are resources of their own in azurerm (subnets, rules, routes, pools) out of their
//! parent's body, if the parent can be an `azurerm_*` resource without them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    section::{Apart, Step},
    tables::TABLES,
    told, walk,
};
use crate::{
    arm::{self, ResourceId},
    graph::model::Node,
    iac::{
        model::{
            capabilities::{Capabilities, Split},
            term::Term,
        },
        passes::prune,
    },
};

/// Splits a resource from its nested resources. `None`: its body stays whole.
pub fn split(parent: &Node, capabilities: &Capabilities) -> Option<Split> {
    let rules = apart_of(&parent.type_name);
    if rules.is_empty() {
        return None;
    }
    let is_typed = |node: &Node| is_typed(node, capabilities.compares);
    let mut bare = parent.clone();
    let mut children: Vec<Node> = Vec::new();
    for rule in rules {
        for nested in take(&mut bare.body, &rule.path.steps) {
            let child = child(parent, rule.kind, nested)?;
            if !rule.may_stay && !is_typed(&child) {
                return None;
            }
            children.push(child);
        }
    }
    (!children.is_empty() && is_typed(&bare)).then_some(Split { bare, children })
}

/// What the tables of a type take out of its body.
fn apart_of(type_name: &str) -> Vec<&'static Apart> {
    let tables = TABLES.get(&type_name.to_ascii_lowercase());
    tables.into_iter().flatten().flat_map(|table| &table.apart).collect()
}

/// Whether a resource can be an `azurerm_*` one. Its body is pruned as the passes will prune it, but has no references
/// yet and still has its secrets.
fn is_typed(node: &Node, is_compared: bool) -> bool {
    let Some(id) = ResourceId::parse(&node.id) else { return false };
    let body = prune::body(node);
    let told = told::told(&node.type_name, &node.body);
    let body = Term::of_map(body);
    let subject = walk::Subject { id: &id, type_name: &node.type_name, body: &body, told: &told, is_compared };
    walk::translate(subject, &[]).is_ok()
}

/// Removes the array at a path and returns its elements; none where there is no array.
fn take(body: &mut Value, steps: &[Step]) -> Vec<Value> {
    let mut at = body;
    for step in steps {
        let Step::Field(name) = step else { return Vec::new() };
        let Some(fields) = at.as_object_mut() else { return Vec::new() };
        let Some((_, next)) = fields.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)) else {
            return Vec::new();
        };
        at = next;
    }
    match at.take() {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

/// A nested object as a node. `None`: it has no id, or its id is not of the expected type.
fn child(parent: &Node, kind: &str, nested: Value) -> Option<Node> {
    let id = nested.get("id")?.as_str()?.to_owned();
    let parsed = ResourceId::parse(&id)?;
    parsed.type_name().eq_ignore_ascii_case(kind).then(|| Node {
        key: arm::key(&id),
        name: parsed.name().to_owned(),
        id,
        type_name: kind.to_owned(),
        location: None,
        tags: BTreeMap::new(),
        body: nested,
        ..parent.clone()
    })
}
