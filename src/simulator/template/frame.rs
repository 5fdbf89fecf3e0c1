//! What names mean in a template: parameters, variables, loops, ids, and what is deployed already.

use std::{cell::RefCell, collections::BTreeMap};

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{planned::Planned, run::Run};
use crate::{
    arm::{self, ResourceId, Target, shown},
    simulator::data_plane,
};

/// Begins the message of an expression that refers to what is not there yet.
pub(super) const NOT_YET: &str = "\u{1}";

/// The scope of one template's expressions.
pub(in crate::simulator) struct Frame<'a> {
    run: &'a Run<'a>,
    /// Where the expressions of this template are evaluated, if not here.
    outer: Option<&'a Frame<'a>>,
    parameters: Map<String, Value>,
    copies: RefCell<Vec<(String, u64)>>,
    /// Names and symbolic names, in lower case → ids.
    names: BTreeMap<String, String>,
}

/// Loops that are entered; left when dropped.
pub(super) struct Entered<'a> {
    copies: &'a RefCell<Vec<(String, u64)>>,
    before: usize,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.copies.borrow_mut().truncate(self.before);
    }
}

/// Whether a value has the type and is among the values that a parameter's definition allows.
fn fits(name: &str, kind: &str, definition: &Value, value: &Value) -> Result<(), String> {
    let right = match kind.to_lowercase().as_str() {
        _ if value.is_null() => definition["nullable"] == true || definition.get("defaultValue").is_some(),
        "string" | "securestring" => value.is_string(),
        "int" => value.is_i64(),
        "bool" => value.is_boolean(),
        "array" => value.is_array(),
        "object" | "secureobject" => value.is_object(),
        _ => true,
    };
    if !right {
        return Err(format!(
            "Template parameter JToken type is not valid. Expected '{kind}' for the parameter '{name}'"
        ));
    }
    if let Some(allowed) = definition["allowedValues"].as_array().filter(|allowed| !allowed.contains(value)) {
        let allowed: Vec<String> = allowed.iter().map(shown).collect();
        return Err(format!(
            "The provided value for the template parameter '{name}' is not valid. The value '{}' is not part of the allowed value(s): '{}'",
            shown(value),
            allowed.join(",")
        ));
    }
    Ok(())
}

impl<'a> Frame<'a> {
    pub(super) fn new(run: &'a Run<'a>, outer: Option<&'a Frame<'a>>) -> Self {
        Self { run, outer, parameters: Map::new(), copies: RefCell::default(), names: BTreeMap::new() }
    }

    pub(super) fn target(&self) -> &Target {
        &self.run.target
    }

    /// Checks the given parameters against those of the template. Answers what may be shown of them.
    pub(super) fn take_parameters(&mut self, given: &Value) -> Result<Map<String, Value>, String> {
        let empty = Map::new();
        let wanted = self.run.template.get("parameters").and_then(Value::as_object).unwrap_or(&empty);
        let given = given.as_object().unwrap_or(&empty);
        let find = |name: &str, map: &'_ Map<String, Value>| {
            map.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        if self.outer.is_none()
            && let Some(unknown) = given.keys().find(|name| find(name, wanted).is_none())
        {
            let known: Vec<&str> = wanted.keys().map(String::as_str).collect();
            return Err(format!(
                "The template parameters '{unknown}' in the parameters file are not valid; they are not present in the original template and can therefore not be provided at deployment time. The only supported parameters for this template are '{}'",
                known.join(", ")
            ));
        }
        let mut shown_parameters = Map::new();
        for (name, definition) in wanted {
            let kind = definition["type"].as_str().unwrap_or("string").to_owned();
            let value = match find(name, given) {
                Some(given) if given.get("reference").is_some() => json!("simulated-secret"),
                Some(given) => given.get("value").cloned().unwrap_or(Value::Null),
                None => match definition.get("defaultValue") {
                    Some(default) => arm::evaluate(default, self)?,
                    None if definition["nullable"] == true => Value::Null,
                    None => {
                        return Err(format!(
                            "The value for the template parameter '{name}' is not provided. Please see https://aka.ms/arm-create-parameter-file for usage details"
                        ));
                    }
                },
            };
            fits(name, &kind, definition, &value)?;
            let mut entry = json!({"type": kind});
            if !kind.to_lowercase().starts_with("secure") {
                entry["value"] = value.clone();
            }
            shown_parameters.insert(name.clone(), entry);
            self.parameters.insert(name.to_lowercase(), value);
        }
        Ok(shown_parameters)
    }

    /// From now on names of planned resources can be referred to.
    pub(super) fn know(&mut self, plan: &[Planned]) {
        for planned in plan {
            for name in [Some(&planned.name), planned.symbolic.as_ref()].into_iter().flatten() {
                self.names.insert(name.to_lowercase(), planned.id.clone());
            }
        }
    }

    pub(super) fn enter(&self, copies: &[(String, u64)]) -> Entered<'_> {
        let mut all = self.copies.borrow_mut();
        let before = all.len();
        all.extend(copies.iter().cloned());
        Entered { copies: &self.copies, before }
    }

    /// Evaluates a value with all in it; property loops (`copy` with `input`) are unrolled.
    pub(super) fn value(&self, value: &Value) -> Result<Value, String> {
        match value {
            Value::Object(fields) => {
                let mut out = Map::with_capacity(fields.len());
                for (name, value) in fields {
                    let loops = value
                        .as_array()
                        .filter(|list| name == "copy" && list.iter().all(|item| item.get("input").is_some()));
                    if let Some(loops) = loops {
                        for item in loops {
                            let name = item["name"].as_str().unwrap_or_default().to_owned();
                            let unrolled = self.unroll(item, &name, &item["input"])?;
                            out.insert(name, unrolled);
                        }
                        continue;
                    }
                    let name = shown(&arm::evaluate_text(name, self)?);
                    out.insert(name, self.value(value)?);
                }
                Ok(Value::Object(out))
            }
            Value::Array(items) => {
                items.iter().map(|item| self.value(item)).collect::<Result<_, _>>().map(Value::Array)
            }
            other => arm::evaluate(other, self),
        }
    }

    fn unroll(&self, item: &Value, name: &str, input: &Value) -> Result<Value, String> {
        let count = self
            .value(&item["count"])?
            .as_u64()
            .ok_or_else(|| format!("the count of the loop '{name}' is a number"))?;
        (0..count.min(800))
            .map(|at| {
                let _entered = self.enter(&[(name.to_owned(), at)]);
                self.value(input)
            })
            .collect::<Result<_, _>>()
            .map(Value::Array)
    }

    fn variable(&self, name: &str) -> Result<Value, String> {
        let variables = self.run.template.get("variables").and_then(Value::as_object);
        let found = variables.and_then(|all| all.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)));
        if let Some((_, value)) = found {
            return self.value(value);
        }
        let loops = variables.and_then(|all| all.get("copy")).and_then(Value::as_array);
        let item = loops.and_then(|loops| {
            loops.iter().find(|item| item["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)))
        });
        match item {
            Some(item) => self.unroll(item, name, &item["input"]),
            None => Err(format!(
                "The template variable '{name}' is not found. Please see https://aka.ms/arm-syntax-variables for usage details"
            )),
        }
    }

    /// What is deployed under an id, or would be.
    fn look(&self, id: &str) -> Option<Value> {
        let key = arm::key(id);
        let mut body = self.run.dry.and_then(|dry| dry.borrow().get(&key).cloned());
        body = body.or_else(|| self.run.state.world().value(&key));
        body.or_else(|| self.run.state.deployments.body(&key))
    }

    fn reference(&self, arguments: &[Value]) -> Result<Value, String> {
        let named = arguments.first().map(shown).unwrap_or_default();
        let id = if named.starts_with('/') {
            named.clone()
        } else {
            self.names.get(&named.to_lowercase()).cloned().ok_or_else(|| {
                format!("The resource referenced in the expression 'reference({named})' is not defined in the template")
            })?
        };
        let full =
            arguments.iter().any(|argument| argument.as_str().is_some_and(|text| text.eq_ignore_ascii_case("Full")));
        let body = self.look(&id).ok_or_else(|| {
            let parsed = ResourceId::parse(&id);
            let kind = parsed.as_ref().map(ResourceId::type_name).unwrap_or_default();
            format!("{NOT_YET}The Resource '{kind}/{}' was not found", id.rsplit('/').next().unwrap_or_default())
        })?;
        Ok(if full { body } else { body.get("properties").cloned().unwrap_or_else(|| json!({})) })
    }
}

impl arm::Scope for Frame<'_> {
    fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, String> {
        if let Some(outer) = self.outer {
            return outer.call(name, arguments);
        }
        let text = |at: usize| arguments.get(at).map(shown).unwrap_or_default();
        let (state, target) = (self.run.state, &self.run.target);
        let in_subscription = || target.subscription.clone().ok_or("there is no subscription at this scope");
        match name.to_lowercase().as_str() {
            "parameters" => self.parameters.get(&text(0).to_lowercase()).cloned().ok_or_else(|| {
                format!("The template parameter '{}' is not found. Please see https://aka.ms/arm-syntax-parameters for usage details", text(0))
            }),
            "variables" => self.variable(&text(0)),
            "copyindex" => {
                let copies = self.copies.borrow();
                let (wanted, offset) = match arguments.first() {
                    Some(Value::String(name)) => (Some(name.clone()), arguments.get(1).and_then(Value::as_i64).unwrap_or(0)),
                    Some(number) => (None, number.as_i64().unwrap_or(0)),
                    None => (None, 0),
                };
                let found = copies.iter().rev().find(|(name, _)| wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(name)));
                let (_, at) = found.ok_or("The template function 'copyIndex' is not expected at this location")?;
                Ok(json!(*at as i64 + offset))
            }
            "reference" => self.reference(arguments),
            "subscription" => {
                let id = in_subscription()?;
                let name = state.world().subscriptions().get(&id.to_lowercase()).cloned();
                Ok(json!({"id": format!("/subscriptions/{id}"), "subscriptionId": id, "tenantId": state.settings.tenant_id, "displayName": name}))
            }
            "resourcegroup" => {
                let group = target.group.clone().ok_or("there is no resource group at this scope")?;
                let id = target.scope();
                let body = self.look(&id).unwrap_or_default();
                Ok(json!({
                    "id": id, "name": group, "type": "Microsoft.Resources/resourceGroups", "location": body["location"],
                    "tags": body["tags"], "properties": {"provisioningState": "Succeeded"},
                }))
            }
            "managementgroup" => {
                let group = target.management_group.clone().ok_or("there is no management group at this scope")?;
                Ok(json!({"id": target.scope(), "name": group, "type": "/providers/Microsoft.Management/managementGroups"}))
            }
            "tenant" => Ok(json!({"tenantId": state.settings.tenant_id, "countryCode": "CH", "displayName": "Simulated"})),
            "deployment" => Ok(json!({"name": self.run.name, "location": "westeurope", "properties": {"mode": "Incremental"}})),
            "environment" => Ok(json!({
                "name": "AzureCloud", "resourceManager": state.base, "authentication": {"loginEndpoint": state.base},
                "suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net", "sqlServerHostname": ".database.windows.net", "acrLoginServer": ".azurecr.io"},
            })),
            list if list.starts_with("list") && text(0).starts_with('/') => {
                let key = arm::key(&text(0));
                let body = self.look(&key).ok_or_else(|| format!("{NOT_YET}The resource '{}' was not found", text(0)))?;
                let kind = ResourceId::parse(&key).map(|id| id.type_name()).unwrap_or_default();
                let reply = data_plane::action(&kind, name, &key, Some(&body)).ok_or_else(|| format!("'{name}' is not known for '{kind}'"))?;
                serde_json::from_str(&reply.text).map_err(|error| error.to_string())
            }
            "newguid" => Ok(json!(Uuid::new_v4())),
            "utcnow" => Ok(json!(jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string())),
            _ => target
                .call(name, arguments)
                .or_else(|| arm::call(name, arguments))
                .unwrap_or_else(|| Err(format!("The template function '{name}' is not valid"))),
        }
    }
}
