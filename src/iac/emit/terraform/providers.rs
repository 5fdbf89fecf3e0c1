//! The files that are about the providers: versions, subscriptions, variables, outputs.

use std::collections::HashMap;

use super::{
    context::Context,
    hcl::{Block, Key, Value},
};
use crate::iac::{
    emit::describe::description,
    model::plan::{Given, Parameter, Plan},
    passes::placement,
    types::Leaf,
};

/// Subscriptions of the plan, the one with most resources first, each with its provider's alias.
pub fn subscriptions(plan: &Plan) -> Vec<(String, Option<String>)> {
    let alias = |(index, id): (usize, String)| (id, (index > 0).then(|| format!("subscription_{index}")));
    placement::subscriptions(plan).into_iter().enumerate().map(alias).collect()
}

pub fn versions() -> Block {
    let provider = |source: &str, version: &str| {
        Value::Object(vec![
            (Key::Name("source".to_owned()), Value::text(source)),
            (Key::Name("version".to_owned()), Value::text(version)),
        ])
    };
    let mut required = Block::new("required_providers", &[]);
    required.set("azapi", provider("Azure/azapi", "~> 2.12"));
    required.set("azurerm", provider("hashicorp/azurerm", "~> 5.2"));
    let mut terraform = Block::new("terraform", &[]);
    terraform.set("required_version", Value::text(">= 1.11"));
    terraform.push(required);
    terraform
}

fn variable_of(alias: Option<&String>) -> String {
    alias.map_or_else(|| "subscription_id".to_owned(), |alias| format!("{alias}_id"))
}

pub fn providers(subscriptions: &[(String, Option<String>)]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (_, alias) in subscriptions {
        let mut provider = Block::new("provider", &["azurerm"]);
        if let Some(alias) = alias {
            provider.set("alias", Value::text(alias.as_str()));
        }
        provider.set("subscription_id", Value::code(format!("var.{}", variable_of(alias.as_ref()))));
        provider.set("resource_provider_registrations", Value::text("none"));
        provider.push(Block::new("features", &[]));
        blocks.push(provider);
    }
    if subscriptions.is_empty() {
        let mut provider = Block::new("provider", &["azurerm"]);
        provider.push(Block::new("features", &[]));
        blocks.push(provider);
    }
    let mut azapi = Block::new("provider", &["azapi"]);
    if !subscriptions.is_empty() {
        azapi.set("subscription_id", Value::code("var.subscription_id"));
    }
    blocks.push(azapi);
    blocks
}

/// Groups that a description names; the rest is counted.
const MOST_GROUPS: usize = 3;

/// A variable for each subscription.
pub fn of_subscriptions(plan: &Plan, subscriptions: &[(String, Option<String>)]) -> impl Iterator<Item = Block> {
    let mut groups: HashMap<String, Vec<&str>> = HashMap::new();
    for item in plan.items.iter().filter(|item| item.is_group) {
        groups.entry(item.subscription()).or_default().push(item.name());
    }
    subscriptions.iter().map(move |(id, alias)| {
        let mut variable = Block::new("variable", &[&variable_of(alias.as_ref())]);
        let groups = groups.get(id).map(Vec::as_slice).unwrap_or_default();
        variable.set("description", Value::text(of_subscription(groups)));
        variable.set("type", Value::code("string"));
        variable.set("default", Value::text(id.as_str()));
        variable
    })
}

/// `Id of the subscription with the resource groups rg-a, rg-b, rg-c and 2 others.`
fn of_subscription(groups: &[&str]) -> String {
    let named = groups[..groups.len().min(MOST_GROUPS)].join(", ");
    match (groups.len(), groups.len().saturating_sub(MOST_GROUPS)) {
        (0, _) => "Id of the subscription that the resources are in.".to_owned(),
        (1, _) => format!("Id of the subscription with the resource group {named}."),
        (_, 0) => format!("Id of the subscription with the resource groups {named}."),
        (_, more) => format!("Id of the subscription with the resource groups {named} and {more} more."),
    }
}

/// A variable for what has to be given.
pub fn of_parameter(plan: &Plan, parameter: &Parameter) -> Block {
    let mut variable = Block::new("variable", &[&parameter.name]);
    variable.set("description", Value::text(description(plan, parameter)));
    variable.set(
        "type",
        Value::code(match parameter.leaf {
            Leaf::Text => "string",
            Leaf::Number => "number",
            Leaf::Bool => "bool",
            Leaf::Any => "any",
        }),
    );
    match parameter.kind {
        Given::Secret => {
            variable.set("sensitive", Value::Bool(true));
        }
        Given::Open | Given::Unneeded => {}
        Given::Idle => {
            variable.set("default", Value::text("asbefore"));
        }
    }
    variable
}

/// Ids of the resource groups, by their names.
pub fn outputs(context: &Context<'_>) -> Block {
    let mut seen = std::collections::BTreeSet::new();
    let groups = context.plan.items.iter().enumerate().filter(|(_, item)| item.is_group);
    let ids = groups.map(|(number, item)| {
        // Groups of one name in several subscriptions: the label tells them apart.
        let key = if seen.insert(item.name().to_owned()) { item.name() } else { &item.label };
        (Key::Name(key.to_owned()), Value::code(format!("{}.id", context.address(number))))
    });
    let ids = ids.collect();
    let mut output = Block::new("output", &["resource_group_ids"]);
    output.set("description", Value::text("Ids of the resource groups, by their names."));
    output.set("value", Value::Object(ids));
    output
}
