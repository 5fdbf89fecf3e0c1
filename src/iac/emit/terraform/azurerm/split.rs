//! Nested objects that azurerm has as resources of their own (subnets, rules, routes, pools) leave their
//! parent's body where the parent can be typed without them.

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
    iac::{prune, select::Selection, term::Term},
};

/// Takes them out of the bodies; those that the scan did not read as resources become nodes.
pub fn split(selection: &mut Selection, is_compared: bool) {
    let Selection { nodes, dependencies, split, .. } = selection;
    let parents: Vec<String> =
        nodes.iter().filter(|(_, node)| !apart_of(&node.type_name).is_empty()).map(|(key, _)| key.clone()).collect();
    for key in parents {
        let Some(parent) = nodes.get(&key) else { continue };
        let mut bare = parent.clone();
        let mut children: Vec<Node> = Vec::new();
        let mut fits = true;
        for rule in apart_of(&parent.type_name) {
            for nested in take(&mut bare.body, &rule.path.steps) {
                let child = child(parent, rule.kind, nested);
                fits &= child.as_ref().is_some_and(|child| rule.may_stay || is_typed(child, is_compared));
                children.extend(child);
            }
        }
        if children.is_empty() || !fits || !is_typed(&bare, is_compared) {
            continue;
        }
        let is_dependency = dependencies.contains(&key);
        nodes.insert(key, bare);
        split.extend(children.iter().map(|child| child.key.clone()));
        for node in children {
            if !nodes.contains_key(&node.key) {
                if is_dependency {
                    dependencies.insert(node.key.clone());
                }
                nodes.insert(node.key.clone(), node);
            }
        }
    }
}

fn apart_of(type_name: &str) -> Vec<&'static Apart> {
    let tables = TABLES.get(&type_name.to_ascii_lowercase());
    tables.into_iter().flatten().flat_map(|table| &table.apart).collect()
}

/// As the passes will see it, but for references and secrets.
fn is_typed(node: &Node, is_compared: bool) -> bool {
    let Some(id) = ResourceId::parse(&node.id) else { return false };
    let body = prune::body(node);
    let told = told::told(&node.type_name, &node.body);
    let body = Term::of_map(&body);
    let subject = walk::Subject { id: &id, type_name: &node.type_name, body: &body, told: &told, is_compared };
    walk::translate(subject, &[]).is_ok()
}

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

/// A nested object as a node; `None` where it says no id of its own.
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
