//! ARM templates: one at subscription scope, a nested deployment (inner scope) a resource group.
//!
//! `resourceId()` orders nothing, so every need is a `dependsOn`. Groups may need each other: a group's
//! resources are then spread over stages, one deployment a stage, so that deployments form no circle.
//! Texts that begin with `[` and end with `]` are doubled at the front.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    Files,
    plan::{Item, Parent, Plan},
    term::{Piece, Term, Text},
};
use crate::arm::{self as ids, ResourceId};

const SUBSCRIPTION_SCHEMA: &str =
    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#";
const GROUP_SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
const PARAMETERS_SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#";
const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";
const DEPLOYMENTS_VERSION: &str = "2022-09-01";

/// Prints a plan: `azuredeploy.json` and its parameters.
pub fn print(plan: &Plan) -> Files {
    let template = Printer::new(plan).template();
    let values: Map<String, Value> =
        plan.parameters.iter().map(|parameter| (parameter.name.clone(), json!({"value": ""}))).collect();
    let parameters = json!({"$schema": PARAMETERS_SCHEMA, "contentVersion": "1.0.0.0", "parameters": values});
    let text = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default() + "\n";
    Files::from([
        ("azuredeploy.json".to_owned(), text(&template)),
        ("azuredeploy.parameters.json".to_owned(), text(&parameters)),
    ])
}

/// Where resources are deployed together: a subscription or a group of it, and the stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    subscription: String,
    /// Lower case; none: the subscription itself.
    group: Option<String>,
    stage: usize,
}

struct Printer<'p> {
    plan: &'p Plan,
    /// The subscription that the template is deployed to.
    main: String,
    places: Vec<Place>,
}

impl<'p> Printer<'p> {
    fn new(plan: &'p Plan) -> Self {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for item in &plan.items {
            *counts.entry(item.subscription()).or_default() += 1;
        }
        let most = counts.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)));
        let main = most.map(|(id, _)| id.clone()).unwrap_or_default();
        Self { plan, main, places: places(plan) }
    }

    fn template(&self) -> Value {
        let mut resources = Vec::new();
        let mut by_place: BTreeMap<&Place, Vec<usize>> = BTreeMap::new();
        for (number, place) in self.places.iter().enumerate() {
            by_place.entry(place).or_default().push(number);
        }
        let mut used = BTreeSet::new();
        for (place, numbers) in &by_place {
            if place.group.is_none() && place.subscription == self.main && place.stage == 0 {
                resources.extend(numbers.iter().map(|number| self.resource(*number, place)));
                used.extend(numbers.iter().flat_map(|number| parameters_of(&self.plan.items[*number])));
            } else {
                resources.push(self.deployment(place, numbers));
            }
        }
        let mut template = json!({
            "$schema": SUBSCRIPTION_SCHEMA,
            "contentVersion": "1.0.0.0",
            "metadata": {"generator": {"name": "atgd", "version": env!("CARGO_PKG_VERSION")}},
            "parameters": self.declared(0..self.plan.parameters.len()),
        });
        template["resources"] = Value::Array(resources);
        template
    }

    fn declared(&self, numbers: impl Iterator<Item = usize>) -> Value {
        let mut declared = Map::new();
        for number in numbers {
            let parameter = &self.plan.parameters[number];
            let description = format!("{} of {}: {}.", parameter.path, parameter.resource, parameter.why);
            let value = json!({"type": "securestring", "metadata": {"description": description}});
            declared.insert(parameter.name.clone(), value);
        }
        Value::Object(declared)
    }

    /// Everything of a place as one nested deployment.
    fn deployment(&self, place: &Place, numbers: &[usize]) -> Value {
        let used: BTreeSet<usize> =
            numbers.iter().flat_map(|number| parameters_of(&self.plan.items[*number])).collect();
        let handed: Map<String, Value> = used
            .iter()
            .map(|number| {
                let name = &self.plan.parameters[*number].name;
                (name.clone(), json!({"value": format!("[parameters({})]", quoted(name))}))
            })
            .collect();
        let schema = if place.group.is_some() { GROUP_SCHEMA } else { SUBSCRIPTION_SCHEMA };
        let mut needs: BTreeSet<&Place> = BTreeSet::new();
        let mut groups = BTreeSet::new();
        for number in numbers {
            for need in self.plan.items[*number].needs() {
                let at = &self.places[need];
                if at == place {
                    continue;
                }
                if self.is_top(at) {
                    groups.insert(need);
                } else {
                    needs.insert(at);
                }
            }
        }
        let mut depends: Vec<String> =
            groups.into_iter().map(|number| format!("[{}]", self.id(&self.plan.items[number], None))).collect();
        depends.extend(needs.into_iter().map(|place| format!("[{}]", self.deployment_id(place))));
        let mut deployment = json!({
            "type": DEPLOYMENTS,
            "apiVersion": DEPLOYMENTS_VERSION,
            "name": deployment_name(place),
        });
        if place.subscription != self.main {
            deployment["subscriptionId"] = json!(place.subscription);
        }
        match &place.group {
            Some(_) => deployment["resourceGroup"] = json!(literal(&self.group_name(place))),
            None => deployment["location"] = json!("[deployment().location]"),
        }
        if !depends.is_empty() {
            deployment["dependsOn"] = json!(depends);
        }
        deployment["properties"] = json!({
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": handed,
            "template": {
                "$schema": schema,
                "contentVersion": "1.0.0.0",
                "parameters": self.declared(used.into_iter()),
                "resources": numbers.iter().map(|number| self.resource(*number, place)).collect::<Vec<_>>(),
            },
        });
        deployment
    }

    fn is_top(&self, place: &Place) -> bool {
        place.group.is_none() && place.subscription == self.main && place.stage == 0
    }

    fn group_name(&self, place: &Place) -> String {
        let item = self.plan.items.iter().zip(&self.places).find(|(_, at)| *at == place);
        item.and_then(|(item, _)| item.id.resource_group.clone()).unwrap_or_default()
    }

    /// The id of a nested deployment, as its siblings see it.
    fn deployment_id(&self, place: &Place) -> String {
        let name = quoted(&deployment_name(place));
        let subscription = subscription_seen(&place.subscription, &self.main);
        match &place.group {
            Some(_) => {
                let group = quoted(&self.group_name(place));
                format!("resourceId({subscription}, {group}, '{DEPLOYMENTS}', {name})")
            }
            None => format!("subscriptionResourceId({subscription}, '{DEPLOYMENTS}', {name})"),
        }
    }

    fn resource(&self, number: usize, place: &Place) -> Value {
        let item = &self.plan.items[number];
        let mut out = Map::new();
        out.insert("type".to_owned(), json!(item.type_name));
        out.insert("apiVersion".to_owned(), json!(item.api_version));
        let names: Vec<&str> = item.id.segments.iter().map(|(_, name)| name.as_str()).collect();
        let name = if item.is_group { item.name.clone() } else { names.join("/") };
        out.insert("name".to_owned(), json!(literal(&name)));
        if let Some(scope) = self.scope(item, place) {
            out.insert("scope".to_owned(), json!(scope));
        }
        let same: BTreeSet<usize> =
            item.needs().into_iter().filter(|need| *need != number && self.places[*need] == *place).collect();
        if !same.is_empty() {
            let depends: Vec<String> =
                same.into_iter().map(|need| format!("[{}]", self.id(&self.plan.items[need], Some(place)))).collect();
            out.insert("dependsOn".to_owned(), json!(depends));
        }
        if let Term::Map(fields) = &item.body {
            for (key, value) in fields {
                out.insert(self.text(key, place, true), self.value(value, place));
            }
        }
        Value::Object(out)
    }

    /// What an extension resource extends, where that is not the place of the deployment itself.
    fn scope(&self, item: &Item, place: &Place) -> Option<String> {
        if item.is_group || item.id.is_child() {
            return None;
        }
        let above = ResourceId::parse(&item.id.scope)?;
        above.namespace.as_ref()?;
        if let Parent::Item(parent) = item.parent {
            return Some(format!("[{}]", self.id(&self.plan.items[parent], Some(place))));
        }
        Some(literal(&item.id.scope))
    }

    /// An expression for the id of an item, seen from a place (none: the template itself).
    fn id(&self, item: &Item, from: Option<&Place>) -> String {
        let here = from.map_or(self.main.as_str(), |place| place.subscription.as_str());
        let subscription = item.subscription();
        let in_subscription = subscription_seen(&subscription, here);
        if item.is_group {
            return format!(
                "subscriptionResourceId({in_subscription}, 'Microsoft.Resources/resourceGroups', {})",
                quoted(&item.name)
            );
        }
        let names: Vec<String> = item.id.segments.iter().map(|(_, name)| quoted(name)).collect();
        let arguments = format!("{}, {}", quoted(&item.type_name), names.join(", "));
        let extended = ResourceId::parse(&item.id.scope).filter(|scope| scope.namespace.is_some());
        if let Some(extended) = extended {
            let scope = match item.parent {
                Parent::Item(parent) if !item.id.is_child() => self.id(&self.plan.items[parent], from),
                _ => quoted(&extended.text),
            };
            return format!("extensionResourceId({scope}, {arguments})");
        }
        match &item.id.resource_group {
            Some(group) => {
                let is_here = from.is_some_and(|place| {
                    place.subscription == subscription && place.group.as_deref() == Some(&group.to_lowercase())
                });
                if is_here {
                    format!("resourceId({arguments})")
                } else {
                    format!("resourceId({in_subscription}, {}, {arguments})", quoted(group))
                }
            }
            None => format!("subscriptionResourceId({in_subscription}, {arguments})"),
        }
    }

    fn value(&self, term: &Term, place: &Place) -> Value {
        match term {
            Term::Null => Value::Null,
            Term::Bool(flag) => json!(flag),
            Term::Number(number) => Value::Number(number.clone()),
            Term::Text(text) => Value::String(self.text(text, place, false)),
            Term::List(items) => Value::Array(items.iter().map(|item| self.value(item, place)).collect()),
            Term::Map(fields) => Value::Object(
                fields.iter().map(|(key, value)| (self.text(key, place, true), self.value(value, place))).collect(),
            ),
        }
    }

    fn text(&self, text: &Text, place: &Place, is_key: bool) -> String {
        if let Some(plain) = text.as_literal() {
            return if is_key { plain.to_owned() } else { literal(plain) };
        }
        let parts: Vec<String> = text
            .0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => quoted(text),
                Piece::Reference(number) => self.id(&self.plan.items[*number], Some(place)),
                Piece::Parameter(number) => format!("parameters({})", quoted(&self.plan.parameters[*number].name)),
            })
            .collect();
        match parts.as_slice() {
            [one] => format!("[{one}]"),
            many => format!("[concat({})]", many.join(", ")),
        }
    }
}

/// The place of each item. An item's stage is above those of what it needs in other places, so that
/// places, which are deployed as wholes, never need each other in a circle.
fn places(plan: &Plan) -> Vec<Place> {
    let count = plan.items.len();
    let home: Vec<(String, Option<String>)> = plan
        .items
        .iter()
        .map(|item| {
            let group = item.id.resource_group.as_ref().filter(|_| !item.is_group).map(|group| group.to_lowercase());
            (item.subscription(), group)
        })
        .collect();
    let mut stages: Vec<Option<usize>> = vec![None; count];
    for start in 0..count {
        let mut stack = vec![start];
        while let Some(item) = stack.last().copied() {
            if stages[item].is_some() {
                stack.pop();
                continue;
            }
            let needs: Vec<usize> = plan.items[item].needs().into_iter().filter(|need| *need != item).collect();
            if let Some(open) = needs.iter().find(|need| stages[**need].is_none()) {
                // Circles were cut: this ends.
                stack.push(*open);
                continue;
            }
            let after = |need: &usize| {
                let stage = stages[*need].unwrap_or_default();
                // Groups are made by the template itself, before any deployment.
                let is_free = plan.items[*need].is_group || home[*need] == home[item];
                if is_free { stage } else { stage + 1 }
            };
            stages[item] = Some(needs.iter().map(after).max().unwrap_or(0));
            stack.pop();
        }
    }
    home.into_iter()
        .zip(stages)
        .map(|((subscription, group), stage)| Place { subscription, group, stage: stage.unwrap_or_default() })
        .collect()
}

fn parameters_of(item: &Item) -> Vec<usize> {
    fn walk(term: &Term, found: &mut Vec<usize>) {
        match term {
            Term::Text(text) => found.extend(text.0.iter().filter_map(|piece| match piece {
                Piece::Parameter(number) => Some(*number),
                _ => None,
            })),
            Term::List(items) => items.iter().for_each(|item| walk(item, found)),
            Term::Map(fields) => fields.iter().for_each(|(_, value)| walk(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&item.body, &mut found);
    found
}

/// At most 64 characters of the alphabet of deployments, the same for the same place.
fn deployment_name(place: &Place) -> String {
    let of = format!("/subscriptions/{}/{}", place.subscription, place.group.as_deref().unwrap_or_default());
    let hash = blake3::hash(ids::key(&of).as_bytes()).to_hex();
    let group = place.group.as_deref().unwrap_or("subscription");
    let plain: String =
        group.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(40).collect();
    let stage = if place.stage == 0 { String::new() } else { format!("-{}", place.stage + 1) };
    format!("{plain}-{}{stage}", &hash[..8])
}

/// A subscription, as a place in another sees it.
fn subscription_seen(wanted: &str, here: &str) -> String {
    if wanted == here { "subscription().subscriptionId".to_owned() } else { quoted(wanted) }
}

/// A literal of an expression.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A literal value: what would be read as an expression is escaped.
fn literal(text: &str) -> String {
    if text.starts_with('[') && text.ends_with(']') { format!("[{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_like_expressions_are_escaped_and_others_left() {
        assert_eq!(literal("[x]"), "[[x]");
        assert_eq!(literal("[[x]]"), "[[[x]]");
        assert_eq!(literal("[x"), "[x");
        assert_eq!(quoted("it's"), "'it''s'");
    }
}
