//! ARM templates, read back: nested deployments are followed, expressions evaluated.

use serde_json::{Map, Value, json};

use super::{Emitted, PARAMETER};
use crate::{
    arm::{Scope, evaluate},
    iac::Files,
};

/// Fields of a resource in a template that are no part of its body.
const AROUND: [&str; 7] = ["type", "apiVersion", "name", "dependsOn", "scope", "condition", "comments"];

struct Place {
    subscription: String,
    group: Option<String>,
    parameters: Map<String, Value>,
}

impl Scope for Place {
    fn subscription(&self) -> &str {
        &self.subscription
    }
    fn resource_group(&self) -> Option<&str> {
        self.group.as_deref()
    }
    fn parameter(&self, name: &str) -> Option<Value> {
        self.parameters.get(name).cloned()
    }
}

/// Every resource of the files, deployed to a made-up subscription where none is named.
pub fn read(files: &Files) -> Result<Vec<Emitted>, String> {
    let mut found = Vec::new();
    let main = files.get("azuredeploy.json").ok_or("there is no azuredeploy.json")?;
    let template: Value = serde_json::from_str(main).map_err(|error| error.to_string())?;
    let place = Place { subscription: subscription_of(&template), group: None, parameters: declared(&template) };
    resources(&template, &place, &mut found)?;
    Ok(found)
}

/// The generator says for which subscription a template is.
fn subscription_of(template: &Value) -> String {
    template["metadata"]["subscription"].as_str().unwrap_or_default().to_owned()
}

fn declared(template: &Value) -> Map<String, Value> {
    let declared = template["parameters"].as_object();
    declared.into_iter().flatten().map(|(name, _)| (name.clone(), json!({PARAMETER: name}))).collect()
}

fn resources(template: &Value, place: &Place, found: &mut Vec<Emitted>) -> Result<(), String> {
    for resource in template["resources"].as_array().into_iter().flatten() {
        let text = |name: &str| resource[name].as_str().unwrap_or_default();
        let evaluated = |text: &str| -> Result<String, String> {
            let value = evaluate(text, place).map_err(|error| error.to_string())?;
            value.as_str().map(str::to_owned).ok_or_else(|| format!("{text} is no text"))
        };
        if text("type") == "Microsoft.Resources/deployments" {
            let inner = &resource["properties"]["template"];
            let mut parameters = declared(inner);
            for (name, given) in resource["properties"]["parameters"].as_object().into_iter().flatten() {
                parameters.insert(name.clone(), value(&given["value"], place)?);
            }
            let group = resource["resourceGroup"].as_str().map(evaluated).transpose()?;
            let subscription = resource["subscriptionId"].as_str().unwrap_or(&place.subscription).to_owned();
            resources(inner, &Place { subscription, group, parameters }, found)?;
            continue;
        }
        let name = evaluated(text("name"))?;
        let scope = resource["scope"].as_str().map(evaluated).transpose()?;
        let Value::Object(fields) = resource else { continue };
        let mut body = Map::new();
        for (name, field) in fields.iter().filter(|(name, _)| !AROUND.contains(&name.as_str())) {
            body.insert(name.clone(), value(field, place)?);
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

fn id(kind: &str, name: &str, scope: Option<&str>, place: &Place) -> Result<String, String> {
    let at = format!("/subscriptions/{}", place.subscription);
    if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
        return Ok(format!("{at}/resourceGroups/{name}"));
    }
    let (namespace, kinds) = kind.split_once('/').ok_or_else(|| format!("{kind} is no type"))?;
    let (kinds, names): (Vec<&str>, Vec<&str>) = (kinds.split('/').collect(), name.split('/').collect());
    if kinds.len() != names.len() {
        return Err(format!("{name} has not one name for each part of {kind}"));
    }
    let pairs: Vec<String> = kinds.iter().zip(names).map(|(kind, name)| format!("{kind}/{name}")).collect();
    let above = match (scope, &place.group) {
        (Some(scope), _) => scope.to_owned(),
        (None, Some(group)) => format!("{at}/resourceGroups/{group}"),
        (None, None) => at,
    };
    Ok(format!("{above}/providers/{namespace}/{}", pairs.join("/")))
}

fn value(of: &Value, place: &Place) -> Result<Value, String> {
    Ok(match of {
        Value::String(text) => evaluate(text, place).map_err(|error| error.to_string())?,
        Value::Array(items) => items.iter().map(|item| value(item, place)).collect::<Result<_, _>>()?,
        Value::Object(fields) => {
            let mut out = Map::new();
            for (key, field) in fields {
                let Value::String(key) = evaluate(key, place).map_err(|error| error.to_string())? else {
                    return Err(format!("the key {key} is no text"));
                };
                out.insert(key, value(field, place)?);
            }
            Value::Object(out)
        }
        other => other.clone(),
    })
}
