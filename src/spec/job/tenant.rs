//! What only the tenant knows: which subscriptions there are, what names mean that the text does not explain.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use uuid::Uuid;

use super::exists::AT_ONCE;

use crate::{
    arm,
    azure::{AzureError, Client},
    spec::{
        body::set,
        finding::Findings,
        place::Place,
        plan::{Home, Lookup, Plan},
    },
};

const SUBSCRIPTIONS: &str = "/subscriptions?api-version=2022-12-01";

/// Puts the real subscriptions in the place of names, and looks up other names.
pub(in crate::spec) async fn resolve(
    client: &Client,
    plan: &mut Plan,
    findings: &mut Findings,
) -> Result<(), AzureError> {
    let rows = client.pages(SUBSCRIPTIONS).all().await?;
    let mut known: Vec<(Uuid, String)> = rows
        .iter()
        .filter_map(|row| {
            let id = row["subscriptionId"].as_str()?.parse().ok()?;
            Some((id, row["displayName"].as_str().unwrap_or_default().to_owned()))
        })
        .collect();
    if !client.subscriptions().is_empty() {
        known.retain(|(id, _)| client.subscriptions().contains(id));
    }
    let mut replaced: BTreeMap<String, String> = BTreeMap::new();
    for home in &plan.homes {
        match real(home, &known) {
            Ok(id) => {
                replaced.insert(home.id.to_string(), id.to_string());
            }
            Err(message) => findings.error("subscriptions", Place { line: home.line, column: 1 }, message),
        }
    }
    replaced.retain(|old, new| old != new);
    if !replaced.is_empty() {
        rewrite(plan, &replaced);
    }
    for home in &mut plan.homes {
        if let Some(id) = replaced.get(&home.id.to_string()).and_then(|id| id.parse().ok()) {
            home.id = id;
        }
    }
    if !findings.has_errors() {
        names(client, plan, findings).await?;
    }
    Ok(())
}

/// The first subscriptions that the credential sees, in brackets.
fn seen(known: &[(Uuid, String)]) -> String {
    let first: Vec<String> = known.iter().take(5).map(|(id, name)| format!("{name} {id}")).collect();
    if first.is_empty() { String::new() } else { format!(" (it sees {})", first.join(", ")) }
}

fn real(home: &Home, known: &[(Uuid, String)]) -> Result<Uuid, String> {
    match home.stands_for.as_deref() {
        None if known.iter().any(|(id, _)| *id == home.id) => Ok(home.id),
        None => Err(format!(
            "the credential sees no subscription {}: map the text's to one with subscription_map{}",
            home.id,
            seen(known)
        )),
        Some("") => match known {
            [(only, _)] => Ok(*only),
            [] => Err("the credential sees no subscription".to_owned()),
            _ => Err(format!("expected a subscription above this resource group: the tenant has {}", known.len())),
        },
        Some(name) => {
            let found: Vec<Uuid> =
                known.iter().filter(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(id, _)| *id).collect();
            match found.as_slice() {
                [only] => Ok(*only),
                [] => Err(format!(
                    "the tenant has no subscription that is called {name:?}: name one with subscription_map"
                )),
                _ => Err(format!(
                    "the tenant has {} subscriptions that are called {name:?}: name one with subscription_map",
                    found.len()
                )),
            }
        }
    }
}

/// Replaces ids of subscriptions in everything that steps say.
fn rewrite(plan: &mut Plan, replaced: &BTreeMap<String, String>) {
    let new = |text: &str| {
        let mut text = text.to_owned();
        for (old, id) in replaced {
            if text.contains(old.as_str()) {
                text = text.replace(old.as_str(), id);
            }
        }
        text
    };
    for step in &mut plan.steps {
        step.id = new(&step.id);
        step.scope = new(&step.scope);
        let mut body = Value::Object(std::mem::take(&mut step.body));
        texts(&mut body, &new);
        if let Value::Object(body) = body {
            step.body = body;
        }
    }
}

fn texts(value: &mut Value, new: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = new(text),
        Value::Array(items) => items.iter_mut().for_each(|item| texts(item, new)),
        Value::Object(fields) => {
            let old = std::mem::take(fields);
            for (key, mut value) in old {
                texts(&mut value, new);
                fields.insert(new(&key), value);
            }
        }
        _ => {}
    }
}

/// Ids of the resources that have the name of a look-up, in the subscription of its step.
async fn ids_of(client: &Client, plan: &Plan, lookup: &Lookup) -> Result<Vec<String>, AzureError> {
    let step = plan.steps.iter().find(|step| step.n == lookup.step);
    let subscription = step.and_then(|step| arm::ResourceId::parse(&step.id)?.subscription).unwrap_or_default();
    let last = lookup.text.rsplit('/').next().unwrap_or_default();
    let filter = percent_encoding::utf8_percent_encode(last, percent_encoding::NON_ALPHANUMERIC);
    let address =
        format!("/subscriptions/{subscription}/resources?$filter=name%20eq%20'{filter}'&api-version=2021-04-01");
    let rows = client.pages(&address).all().await?;
    let named = rows.iter().filter(|row| row["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(last)));
    Ok(named.filter_map(|row| row["id"].as_str().map(str::to_owned)).collect())
}

/// Names that the text does not explain: resources that are there already.
async fn names(client: &Client, plan: &mut Plan, findings: &mut Findings) -> Result<(), AzureError> {
    let lookups = std::mem::take(&mut plan.lookups);
    let looks: Vec<_> = lookups.iter().map(|lookup| ids_of(client, plan, lookup)).collect();
    let found: Vec<Vec<String>> = stream::iter(looks).buffered(AT_ONCE).try_collect().await?;
    for (lookup, found) in lookups.iter().zip(found) {
        let Some(step) = plan.steps.iter_mut().find(|step| step.n == lookup.step) else { continue };
        match found.as_slice() {
            [only] if lookup.path.contains('\u{0}') => {
                let message = format!("{:?} is not described here: write the whole id {only}", lookup.text);
                findings.error(format!("{}.{}", step.path, lookup.path.replace('\u{0}', "")), lookup.place, message);
            }
            [only] => {
                set(&mut step.body, &lookup.path, Value::String(only.clone()));
            }
            [] => {
                let message = format!(
                    "{:?} is neither described here nor in the tenant: expected a name, type/name or an id",
                    lookup.text
                );
                findings.error(format!("{}.{}", step.path, lookup.path.replace('\u{0}', "")), lookup.place, message);
            }
            _ => {
                let message =
                    format!("{:?} is the name of {} resources of the tenant: write an id", lookup.text, found.len());
                findings.error(format!("{}.{}", step.path, lookup.path.replace('\u{0}', "")), lookup.place, message);
            }
        }
    }
    Ok(())
}
