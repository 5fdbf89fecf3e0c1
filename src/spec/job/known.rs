//! What the tenant has to know of the values of steps before anything is made: locations, and the domains of sign-in names.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    arm,
    azure::{AzureError, Client},
    spec::{
        finding::Findings,
        place::Place,
        plan::{Plan, Step, StepKind},
    },
};

/// Of resources that are nowhere in particular.
const NOWHERE: &str = "global";
/// Names that a message lists at most.
const SHOWN: usize = 8;

/// Tells the locations that a subscription does not have, and the sign-in names of a domain that is not verified.
pub(in crate::spec) async fn check(client: &Client, plan: &Plan, findings: &mut Findings) -> Result<(), AzureError> {
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for step in plan.steps.iter().filter(|step| step.kind == StepKind::ResourceGroup) {
        let Some(text) = step.body.get("location").and_then(Value::as_str) else { continue };
        let subscription = arm::ResourceId::parse(&step.id).and_then(|id| id.subscription).unwrap_or_default();
        if !known.contains_key(&subscription) {
            known.insert(subscription.clone(), locations(client, &subscription).await?);
        }
        let there = &known[&subscription];
        let code = arm::location_code(text);
        if !there.is_empty() && code != NOWHERE && !there.contains(&code) {
            let message = format!("expected a location of the subscription, and {text:?} is none: {}", listed(there));
            findings.error(format!("{}.location", step.path), place(step), message);
        }
    }
    domains(client, plan, findings).await
}

/// Codes; none where the credential may not list them.
async fn locations(client: &Client, subscription: &str) -> Result<BTreeSet<String>, AzureError> {
    let address = format!("/subscriptions/{subscription}/locations?api-version=2022-12-01");
    let rows = listed_or_forbidden(client.pages(&address).all().await)?;
    Ok(rows.iter().filter_map(|row| row["name"].as_str()).map(arm::location_code).collect())
}

async fn domains(client: &Client, plan: &Plan, findings: &mut Findings) -> Result<(), AzureError> {
    let is_own = |step: &&Step| step.kind == StepKind::User && !step.body.contains_key("userType");
    let users: Vec<(&Step, String)> = plan
        .steps
        .iter()
        .filter(is_own)
        .filter_map(|step| Some((step, step.name.rsplit_once('@')?.1.to_lowercase())))
        .collect();
    if users.is_empty() {
        return Ok(());
    }
    let rows = listed_or_forbidden(client.graph_pages("/v1.0/organization?$select=verifiedDomains").all().await)?;
    let domains = rows.iter().flat_map(|row| row["verifiedDomains"].as_array().into_iter().flatten());
    let verified: BTreeSet<String> = domains.filter_map(|row| row["name"].as_str()).map(str::to_lowercase).collect();
    for (step, domain) in users.iter().filter(|(_, domain)| !verified.is_empty() && !verified.contains(domain)) {
        let message =
            format!("expected a verified domain of the tenant, and {domain:?} is none: {}", listed(&verified));
        findings.error(format!("{}.upn", step.path), place(step), message);
    }
    Ok(())
}

fn listed_or_forbidden(rows: Result<Vec<Value>, AzureError>) -> Result<Vec<Value>, AzureError> {
    match rows {
        Err(AzureError::Refused(refusal)) if refusal.status == 403 => Ok(Vec::new()),
        rows => rows,
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", "))
}

const fn place(step: &Step) -> Place {
    Place { line: step.line, column: 1 }
}
