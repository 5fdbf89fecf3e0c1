//! ARM templates: one at subscription scope, a nested deployment (inner scope) a resource group.
//!
//! `resourceId()` orders nothing, so every need is a `dependsOn`. Groups may need each other: a group's
//! resources are then spread over stages, one deployment a stage, so that deployments form no circle.
//! Texts that begin with `[` and end with `]` are doubled at the front.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    Files,
    place::{Place, Places},
    plan::{Item, Parent, Plan},
    term::{Piece, Term, Text},
    types::Leaf,
};
use crate::arm::ResourceId;

const SUBSCRIPTION_SCHEMA: &str =
    "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#";
const GROUP_SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
const PARAMETERS_SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#";
const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";
const DEPLOYMENTS_VERSION: &str = "2022-09-01";

/// Prints a plan: `azuredeploy.json` and its parameters; beyond ARM's limits `azuredeploy-2.json` and
/// so on, to be deployed in order.
pub fn print(plan: &Plan) -> Files {
    let places = Places::new(plan);
    let printer = Printer { plan, places: &places };
    let text = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default() + "\n";
    let mut files = Files::new();
    for (at, bundle) in printer.bundles().iter().enumerate() {
        let name = if at == 0 { "azuredeploy".to_owned() } else { format!("azuredeploy-{}", at + 1) };
        let value = |number: &usize| {
            let parameter = &plan.parameters[*number];
            (parameter.name.clone(), json!({"value": empty(parameter.leaf)}))
        };
        let values: Map<String, Value> = bundle.parameters.iter().map(value).collect();
        let parameters = json!({"$schema": PARAMETERS_SCHEMA, "contentVersion": "1.0.0.0", "parameters": values});
        files.insert(format!("{name}.json"), text(&printer.template(bundle)));
        files.insert(format!("{name}.parameters.json"), text(&parameters));
    }
    files
}

/// What stands in the file of parameters until somebody fills it in.
fn empty(leaf: Leaf) -> Value {
    match leaf {
        Leaf::Text => json!(""),
        Leaf::Number => json!(0),
        Leaf::Bool => json!(false),
        Leaf::Any => json!({}),
    }
}

/// What one file may weigh; ARM takes 4 MB.
const MOST_BYTES: usize = 3_400_000;
/// What one file may declare; ARM takes 256.
const MOST_PARAMETERS: usize = 250;

struct Printer<'p> {
    plan: &'p Plan,
    places: &'p Places,
}

/// One template and the parameters that it declares.
#[derive(Default)]
struct Bundle {
    resources: Vec<Value>,
    parameters: BTreeSet<usize>,
    bytes: usize,
    deployments: BTreeSet<String>,
}

impl Printer<'_> {
    /// The templates, to be deployed in this order: one, but for plans beyond ARM's limits.
    fn bundles(&self) -> Vec<Bundle> {
        let mut bundles = vec![Bundle::default()];
        for (place, numbers) in &self.places.items {
            let used = self.places.parameters(self.plan, place);
            let current = &bundles[bundles.len() - 1];
            let printed: Vec<Value> = if self.places.is_top(place) {
                numbers.iter().map(|number| self.resource(*number, place)).collect()
            } else {
                vec![self.deployment(place, numbers, &used, &current.deployments)]
            };
            let bytes: usize = printed.iter().map(size).sum();
            let is_full = current.bytes + bytes > MOST_BYTES
                || current.resources.len() + printed.len() > 790
                || current.parameters.union(&used).count() > MOST_PARAMETERS;
            if is_full && !current.resources.is_empty() {
                bundles.push(Bundle::default());
            }
            let is_fresh = is_full && !self.places.is_top(place);
            let Some(current) = bundles.last_mut() else { continue };
            current.bytes += bytes;
            current.parameters.extend(&used);
            // What came before stands in a template that is deployed before: nothing to wait for.
            let printed =
                if is_fresh { vec![self.deployment(place, numbers, &used, &current.deployments)] } else { printed };
            current.deployments.insert(place.name());
            current.resources.extend(printed);
        }
        bundles
    }

    fn template(&self, bundle: &Bundle) -> Value {
        let mut template = json!({
            "$schema": SUBSCRIPTION_SCHEMA,
            "contentVersion": "1.0.0.0",
            "metadata": {
                "generator": {"name": "atgd", "version": env!("CARGO_PKG_VERSION")},
                "subscription": self.places.main,
            },
            "parameters": self.declared(bundle.parameters.iter().copied()),
        });
        template["resources"] = Value::Array(bundle.resources.clone());
        template
    }

    fn declared(&self, numbers: impl Iterator<Item = usize>) -> Value {
        let mut declared = Map::new();
        for number in numbers {
            let parameter = &self.plan.parameters[number];
            let description = format!("{} of {}: {}.", parameter.path, parameter.resource, parameter.why);
            let kind = match parameter.leaf {
                Leaf::Text => "securestring",
                Leaf::Number => "int",
                Leaf::Bool => "bool",
                Leaf::Any => "secureObject",
            };
            let value = json!({"type": kind, "metadata": {"description": description}});
            declared.insert(parameter.name.clone(), value);
        }
        Value::Object(declared)
    }

    /// Everything of a place as one nested deployment; `beside` are the deployments of the same template.
    fn deployment(&self, place: &Place, numbers: &[usize], used: &BTreeSet<usize>, beside: &BTreeSet<String>) -> Value {
        let handed: Map<String, Value> = used
            .iter()
            .map(|number| {
                let name = &self.plan.parameters[*number].name;
                (name.clone(), json!({"value": format!("[parameters({})]", quoted(name))}))
            })
            .collect();
        let schema = if place.group.is_some() { GROUP_SCHEMA } else { SUBSCRIPTION_SCHEMA };
        let (items, needs) = self.places.needs(self.plan, place);
        let has_top = self.places.items.keys().any(|at| self.places.is_top(at) && beside.contains(&at.name()));
        let items = items.into_iter().filter(|_| has_top);
        let mut depends: Vec<String> =
            items.map(|number| format!("[{}]", self.id(&self.plan.items[number], None))).collect();
        let needs = needs.into_iter().filter(|place| beside.contains(&place.name()));
        depends.extend(needs.map(|place| format!("[{}]", self.deployment_id(place))));
        let mut deployment = json!({
            "type": DEPLOYMENTS,
            "apiVersion": DEPLOYMENTS_VERSION,
            "name": place.name(),
        });
        if place.subscription != self.places.main {
            deployment["subscriptionId"] = json!(place.subscription);
        }
        match &place.group {
            Some(_) => deployment["resourceGroup"] = json!(literal(&self.places.group_name(self.plan, place))),
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
                "parameters": self.declared(used.iter().copied()),
                "resources": numbers.iter().map(|number| self.resource(*number, place)).collect::<Vec<_>>(),
            },
        });
        deployment
    }

    /// The id of a nested deployment, as its siblings see it.
    fn deployment_id(&self, place: &Place) -> String {
        let name = quoted(&place.name());
        let subscription = subscription_seen(&place.subscription, &self.places.main);
        match &place.group {
            Some(_) => {
                let group = quoted(&self.places.group_name(self.plan, place));
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
            item.needs().into_iter().filter(|need| *need != number && self.places.of[*need] == *place).collect();
        if !same.is_empty() {
            let depends: Vec<String> =
                same.into_iter().map(|need| format!("[{}]", self.id(&self.plan.items[need], Some(place)))).collect();
            out.insert("dependsOn".to_owned(), json!(depends));
        }
        if let Term::Map(fields) = &item.body {
            for (key, value) in fields {
                out.insert(self.text(key, place), self.value(value, place));
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
        let here = from.map_or(self.places.main.as_str(), |place| place.subscription.as_str());
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

    /// An expression for who an item's identity is, once it is deployed.
    fn principal(&self, item: &Item, path: &str, place: &Place) -> String {
        let (id, version) = (self.id(item, Some(place)), quoted(&item.api_version));
        match path.strip_prefix("properties.") {
            Some(property) => format!("reference({id}, {version}).{property}"),
            None => format!("reference({id}, {version}, 'Full').{path}"),
        }
    }

    fn value(&self, term: &Term, place: &Place) -> Value {
        match term {
            Term::Null => Value::Null,
            Term::Bool(flag) => json!(flag),
            Term::Number(number) => Value::Number(number.clone()),
            Term::Text(text) => Value::String(self.text(text, place)),
            Term::List(items) => Value::Array(items.iter().map(|item| self.value(item, place)).collect()),
            Term::Map(fields) => Value::Object(
                fields.iter().map(|(key, value)| (self.text(key, place), self.value(value, place))).collect(),
            ),
        }
    }

    fn text(&self, text: &Text, place: &Place) -> String {
        if let Some(plain) = text.as_literal() {
            return literal(plain);
        }
        let parts: Vec<String> = text
            .0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => quoted(text),
                Piece::Reference(number) => self.id(&self.plan.items[*number], Some(place)),
                Piece::Principal(number, path) => self.principal(&self.plan.items[*number], path, place),
                Piece::External(id) => external(id, place),
                Piece::Parameter(number) => format!("parameters({})", quoted(&self.plan.parameters[*number].name)),
            })
            .collect();
        match parts.as_slice() {
            [one] => format!("[{one}]"),
            many => format!("[concat({})]", many.join(", ")),
        }
    }
}

/// An expression for the id of something that is not in the plan.
fn external(id: &str, place: &Place) -> String {
    let Some(parsed) = ResourceId::parse(id) else { return quoted(id) };
    let (Some(subscription), Some(_)) = (parsed.subscription.as_deref(), parsed.namespace.as_ref()) else {
        return quoted(id);
    };
    if ResourceId::parse(&parsed.scope).is_some_and(|scope| scope.namespace.is_some()) {
        return quoted(id);
    }
    let in_subscription = subscription_seen(&subscription.to_lowercase(), &place.subscription);
    let names: Vec<String> = parsed.segments.iter().map(|(_, name)| quoted(name)).collect();
    let arguments = format!("{}, {}", quoted(&parsed.type_name()), names.join(", "));
    match &parsed.resource_group {
        Some(group) => format!("resourceId({in_subscription}, {}, {arguments})", quoted(group)),
        None => format!("subscriptionResourceId({in_subscription}, {arguments})"),
    }
}

/// How many bytes a value takes in the file.
fn size(value: &Value) -> usize {
    serde_json::to_string_pretty(value).map_or(0, |text| text.len() + text.matches('\n').count() * 4)
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
