//! ARM templates, read back: nested deployments are followed, expressions evaluated.

use serde_json::{Map, Value, json};

use super::emitted::{Emitted, PARAMETER};
use crate::{
    arm::{self, Scope, Target, below, evaluate, evaluate_text},
    iac::{emit::files::Files, model::plan::Plan},
};

/// Fields of a resource in a template that are no part of its body.
const AROUND: [&str; 7] = ["type", "apiVersion", "name", "dependsOn", "scope", "condition", "comments"];

struct Place<'p> {
    target: Target,
    parameters: Map<String, Value>,
    variables: Map<String, Value>,
    /// The region of the group, where the templates deploy it.
    location: Option<String>,
    plan: &'p Plan,
}

/// What a planned resource said of itself, its identity's ids too.
pub(super) fn said(plan: &Plan, id: &str) -> Value {
    let mut out = json!({"id": id, "properties": {}});
    let item = plan.numbers.get(&arm::key(id)).map(|number| &plan.items[number]);
    let outputs = item.into_iter().flat_map(|item| &item.outputs).map(|(path, was)| (&**path, &**was));
    let principals = item.into_iter().flat_map(|item| &item.principals).map(|(was, path)| (*path, was.as_str()));
    for (path, was) in outputs.chain(principals) {
        let (mut at, mut names) = (&mut out, path.split('.').peekable());
        while let Some(name) = names.next() {
            at[name] =
                if names.peek().is_some() { at.get(name).cloned().unwrap_or_else(|| json!({})) } else { json!(was) };
            at = &mut at[name];
        }
    }
    out
}

impl Scope for Place<'_> {
    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        if name.eq_ignore_ascii_case("parameters") {
            let wanted = arguments.first().and_then(Value::as_str).unwrap_or_default();
            let found = self.parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            return found.map(|(_, value)| value.clone()).ok_or_else(|| format!("no parameter {wanted:?}"));
        }
        if name.eq_ignore_ascii_case("variables") {
            let wanted = arguments.first().and_then(Value::as_str).unwrap_or_default();
            return self.variables.get(wanted).cloned().ok_or_else(|| format!("no variable {wanted:?}"));
        }
        if let ("reference", Some(Value::String(id))) = (name, arguments.first()) {
            let mut said = said(self.plan, id);
            let is_full =
                arguments.get(2).and_then(Value::as_str).is_some_and(|word| word.eq_ignore_ascii_case("full"));
            return Ok(if is_full { said } else { said["properties"].take() });
        }
        if name.eq_ignore_ascii_case("resourceGroup") {
            return Ok(json!({"id": self.target.scope(), "name": self.target.group, "location": self.location}));
        }
        known(&self.target, name, arguments)
    }
}

/// What can be known of a call before anything is deployed.
pub(super) fn known(target: &Target, name: &str, arguments: &[Value]) -> Result<Value, String> {
    let subscription = target.subscription.as_deref().unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        "subscription" => Ok(json!({"id": format!("/subscriptions/{subscription}"), "subscriptionId": subscription})),
        "resourcegroup" => Ok(json!({"id": target.scope(), "name": target.group})),
        // Where it will be deployed from is not known.
        "deployment" => Ok(json!({"name": "main", "location": ""})),
        _ => target
            .call(name, arguments)
            .or_else(|| arm::call(name, arguments))
            .unwrap_or_else(|| Err(format!("the function {name} has no value before a deployment"))),
    }
}

/// Every resource of the files, deployed to a made-up subscription where none is named.
pub fn read(files: &Files, plan: &Plan) -> Result<Vec<Emitted>, String> {
    let mut found = Vec::new();
    let is_template = |name: &str| name.starts_with("azuredeploy") && !name.ends_with(".parameters.json");
    for (name, text) in files.iter().filter(|(name, _)| is_template(name)) {
        let template: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let target = Target { subscription: Some(subscription_of(&template)), ..Target::default() };
        let given = files.get(&name.replace(".json", ".parameters.json"));
        let given: Value = given.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let mut place = Place { target, parameters: Map::new(), variables: Map::new(), location: None, plan };
        place.declare(&template, given["parameters"].as_object().unwrap_or(&Map::new()))?;
        resources(&template, &place, &mut found)?;
    }
    if found.is_empty() { Err("there is no azuredeploy.json".to_owned()) } else { Ok(found) }
}

/// The generator says for which subscription a template is.
fn subscription_of(template: &Value) -> String {
    template["metadata"]["subscription"].as_str().unwrap_or_default().to_owned()
}

impl Place<'_> {
    /// Takes the parameters and variables of a template: as they are given (`{"value": …}`), else by their defaults.
    fn declare(&mut self, template: &Value, given: &Map<String, Value>) -> Result<(), String> {
        for (name, declared) in template["parameters"].as_object().into_iter().flatten() {
            let value = match (given.get(name), declared.get("defaultValue")) {
                (Some(given), _) => given["value"].clone(),
                (None, Some(default)) => evaluate(default, self)?,
                (None, None) => json!({PARAMETER: name}),
            };
            self.parameters.insert(name.clone(), value);
        }
        for (name, value) in template["variables"].as_object().into_iter().flatten() {
            let value = evaluate(value, self)?;
            self.variables.insert(name.clone(), value);
        }
        Ok(())
    }
}

fn resources(template: &Value, place: &Place<'_>, found: &mut Vec<Emitted>) -> Result<(), String> {
    for resource in template["resources"].as_array().into_iter().flatten() {
        let text = |name: &str| resource[name].as_str().unwrap_or_default();
        let evaluated = |text: &str| -> Result<String, String> {
            let value = evaluate_text(text, place)?;
            value.as_str().map(str::to_owned).ok_or_else(|| format!("{text} is no text"))
        };
        if text("type") == "Microsoft.Resources/deployments" {
            let inner = &resource["properties"]["template"];
            let mut given = Map::new();
            for (name, value) in resource["properties"]["parameters"].as_object().into_iter().flatten() {
                given.insert(name.clone(), json!({"value": evaluate(&value["value"], place)?}));
            }
            let group = resource["resourceGroup"].as_str().map(evaluated).transpose()?;
            let subscription = resource["subscriptionId"].as_str().map(str::to_owned);
            let subscription = subscription.or_else(|| place.target.subscription.clone());
            let target = Target { subscription, group, management_group: None };
            let location = location_of(&target.scope(), found);
            let mut below = Place { target, parameters: Map::new(), variables: Map::new(), location, plan: place.plan };
            below.declare(inner, &given)?;
            resources(inner, &below, found)?;
            continue;
        }
        let name = evaluated(text("name"))?;
        let scope = resource["scope"].as_str().map(evaluated).transpose()?;
        let Value::Object(fields) = resource else { continue };
        let mut body = Map::new();
        for (name, field) in fields.iter().filter(|(name, _)| !AROUND.contains(&name.as_str())) {
            body.insert(name.clone(), evaluate(field, place)?);
        }
        found.push(Emitted {
            id: id(text("type"), &name, scope.as_deref(), place)?,
            type_name: text("type").to_owned(),
            api_version: text("apiVersion").to_owned(),
            body: Value::Object(body),
        });
    }
    Ok(())
}

/// The region of a group that was deployed before.
pub(super) fn location_of(group: &str, found: &[Emitted]) -> Option<String> {
    let group = found.iter().find(|resource| resource.id.eq_ignore_ascii_case(group))?;
    group.body.get("location").and_then(Value::as_str).map(str::to_owned)
}

/// The id of what a template puts at a place, or at another scope.
fn id(kind: &str, name: &str, scope: Option<&str>, place: &Place<'_>) -> Result<String, String> {
    let names = [name.to_owned()];
    match scope {
        Some(scope) => below(scope, kind, &names),
        None => place.target.id(kind, &names),
    }
}
