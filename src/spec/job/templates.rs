//! ARM templates of the deployments that a plan makes: one a deployment, with its parameters for secrets.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    arm::ResourceId,
    spec::{
        node::secret_name,
        plan::{Plan, Step, StepKind},
    },
};

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
const PARAMETERS: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#";

/// One deployment of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::spec) struct Deployment {
    pub number: usize,
    pub subscription: String,
    pub group: String,
    /// `n` of its steps.
    pub steps: Vec<usize>,
    pub template: Value,
    /// Parameters by name, with the secret that each stands for.
    pub parameters: BTreeMap<String, String>,
}

/// All deployments in running order. `bodies`: what is sent of a step where that is not the plan's body.
pub(in crate::spec) fn deployments(plan: &Plan, bodies: &BTreeMap<usize, Map<String, Value>>) -> Vec<Deployment> {
    (0..plan.deployments).filter_map(|number| deployment(plan, number, bodies)).collect()
}

fn deployment(plan: &Plan, number: usize, bodies: &BTreeMap<usize, Map<String, Value>>) -> Option<Deployment> {
    let steps: Vec<&Step> =
        plan.steps.iter().filter(|step| step.kind == StepKind::Resource && step.deployment == Some(number)).collect();
    let first = ResourceId::parse(&steps.first()?.id)?;
    let mut parameters = BTreeMap::new();
    let ids: BTreeMap<usize, &str> = steps.iter().map(|step| (step.n, step.id.as_str())).collect();
    let resources: Vec<Value> = steps
        .iter()
        .map(|step| resource(step, bodies.get(&step.n).unwrap_or(&step.body), &ids, &mut parameters))
        .collect();
    let declared: Map<String, Value> =
        parameters.keys().map(|name| (name.clone(), json!({"type": "securestring"}))).collect();
    let template = json!({
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": declared,
        "resources": resources,
    });
    Some(Deployment {
        number,
        subscription: first.subscription.unwrap_or_default(),
        group: first.resource_group.unwrap_or_default(),
        steps: steps.iter().map(|step| step.n).collect(),
        template,
        parameters,
    })
}

fn resource(
    step: &Step,
    body: &Map<String, Value>,
    ids: &BTreeMap<usize, &str>,
    parameters: &mut BTreeMap<String, String>,
) -> Value {
    let mut out = Map::new();
    out.insert("type".to_owned(), json!(step.type_name));
    out.insert("apiVersion".to_owned(), json!(step.api_version));
    out.insert("name".to_owned(), json!(literal(&step.name)));
    if let Some(scope) = extended(step) {
        out.insert("scope".to_owned(), json!(scope));
    }
    let needs: Vec<&str> = step.depends_on.iter().filter_map(|need| ids.get(need).copied()).collect();
    if !needs.is_empty() {
        out.insert("dependsOn".to_owned(), json!(needs));
    }
    for (name, value) in body {
        out.insert(literal(name), self::value(value, parameters));
    }
    Value::Object(out)
}

/// What an extension resource extends.
fn extended(step: &Step) -> Option<String> {
    let id = ResourceId::parse(&step.id)?;
    let scope = ResourceId::parse(&id.scope)?;
    (scope.namespace.is_some() && !id.is_child()).then(|| id.scope.clone())
}

fn value(value: &Value, parameters: &mut BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => match secret_name(text) {
            Some(secret) => {
                let name = parameter(secret, parameters);
                json!(format!("[parameters('{name}')]"))
            }
            None => json!(literal(&unescaped(text))),
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| self::value(item, parameters)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, item)| (literal(name), self::value(item, parameters))).collect())
        }
        other => other.clone(),
    }
}

/// A parameter's name for a secret: letters and digits, and no two alike.
fn parameter(secret: &str, parameters: &mut BTreeMap<String, String>) -> String {
    let plain: String = secret.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(200).collect();
    let plain = if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain } else { format!("s_{plain}") };
    let mut name = plain.clone();
    let mut number = 2;
    while parameters.get(&name).is_some_and(|known| known != secret) {
        name = format!("{plain}_{number}");
        number += 1;
    }
    parameters.insert(name.clone(), secret.to_owned());
    name
}

/// `secret::x` in a plan is the text `secret:x`.
pub(in crate::spec) fn unescaped(text: &str) -> String {
    text.strip_prefix("secret::").map_or_else(|| text.to_owned(), |rest| format!("secret:{rest}"))
}

/// A text that looks like an expression is none.
fn literal(text: &str) -> String {
    if text.starts_with('[') && text.ends_with(']') { format!("[{text}") } else { text.to_owned() }
}

impl Deployment {
    /// The file's name below `arm`, without what says of which file it is: the first of a group has no number.
    pub(in crate::spec) fn files(all: &[Self]) -> Vec<(String, &Self)> {
        let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
        all.iter()
            .map(|deployment| {
                let count = seen.entry((deployment.subscription.clone(), deployment.group.to_lowercase())).or_default();
                *count += 1;
                let suffix = if *count > 1 { format!("-{count}") } else { String::new() };
                (format!("arm/{}/{}{suffix}", deployment.subscription, safe(&deployment.group)), deployment)
            })
            .collect()
    }

    /// The parameters file: every value is to be filled in.
    pub(in crate::spec) fn parameters_file(&self) -> Value {
        let values: Map<String, Value> =
            self.parameters.keys().map(|name| (name.clone(), json!({"value": ""}))).collect();
        json!({"$schema": PARAMETERS, "contentVersion": "1.0.0.0", "parameters": values})
    }
}

fn safe(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '_' }).collect()
}
