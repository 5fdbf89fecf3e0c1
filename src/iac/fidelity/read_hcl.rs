//! `azapi_resource` blocks, read back with hcl-rs: references and variables are evaluated.

use std::collections::HashMap;

use hcl::{Expression, ObjectKey, TraversalOperator, template::Element};
use serde_json::{Map, Value, json};

use super::emitted::{Emitted, PARAMETER};
use crate::iac::{
    emit::files::Files,
    model::plan::{Plan, Said},
};

/// Every generic resource of the files. Labels stand for the items of the plan.
pub fn read(files: &Files, plan: &Plan) -> Result<Vec<Emitted>, String> {
    let ids: HashMap<&str, &str> = plan.items.iter().map(|item| (&*item.label, &*item.id)).collect();
    let principals = plan.items.iter().map(|item| (&*item.label, &*item.principals)).collect();
    let outputs = plan.items.iter().map(|item| (&*item.label, &*item.outputs)).collect();
    let mut reader = Reader { ids, principals, outputs, locals: HashMap::new() };
    let mut found = Vec::new();
    let mut bodies = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| name.rsplit('.').next() == Some("tf")) {
        bodies.push(hcl::parse(text).map_err(|error| format!("{name}: {error}"))?);
    }
    for block in bodies.iter().flat_map(hcl::Body::blocks).filter(|block| block.identifier() == "locals") {
        for attribute in block.body().attributes() {
            let value = reader.value(attribute.expr())?;
            reader.locals.insert(attribute.key().to_owned(), value);
        }
    }
    for body in &bodies {
        for block in body.blocks().filter(|block| block.identifier() == "resource") {
            found.push(reader.resource(block)?);
        }
    }
    Ok(found)
}

struct Reader<'p> {
    ids: HashMap<&'p str, &'p str>,
    /// Who the identities of each are, and where its body says so.
    principals: HashMap<&'p str, &'p [(String, &'static str)]>,
    locals: HashMap<String, Value>,
    /// What each says of itself besides, by the paths in its body.
    outputs: HashMap<&'p str, &'p [Said]>,
}

impl Reader<'_> {
    fn resource(&self, block: &hcl::Block) -> Result<Emitted, String> {
        let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
        let label = labels.get(1).copied().unwrap_or_default();
        let id = self.ids.get(label).ok_or_else(|| format!("no item is called {label}"))?;
        let mut fields = Map::new();
        for attribute in block.body().attributes().filter(|attribute| attribute.key() != "depends_on") {
            fields.insert(attribute.key().to_owned(), self.value(attribute.expr())?);
        }
        let mut body = fields.remove("body").unwrap_or_else(|| json!({}));
        if let Some(secrets) = fields.remove("sensitive_body") {
            merge(&mut body, secrets);
        }
        for name in ["location", "tags"] {
            if let (Some(value), Value::Object(body)) = (fields.remove(name), &mut body) {
                body.insert(name.to_owned(), value);
            }
        }
        if let Some(identity) = block.body().blocks().find(|inner| inner.identifier() == "identity") {
            body["identity"] = self.identity(identity)?;
        }
        let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
        let (type_name, api_version) = kind.split_once('@').ok_or_else(|| format!("{kind} is no type"))?;
        Ok(Emitted { id: (*id).to_owned(), type_name: type_name.to_owned(), api_version: api_version.to_owned(), body })
    }

    fn identity(&self, block: &hcl::Block) -> Result<Value, String> {
        let mut out = Map::new();
        for attribute in block.body().attributes() {
            let value = self.value(attribute.expr())?;
            if attribute.key() == "type" {
                out.insert("type".to_owned(), value);
            } else if let Some(ids) = value.as_array().filter(|ids| !ids.is_empty()) {
                let entries = ids.iter().filter_map(Value::as_str).map(|id| (id.to_owned(), json!({})));
                out.insert("userAssignedIdentities".to_owned(), Value::Object(entries.collect()));
            }
        }
        Ok(Value::Object(out))
    }

    fn value(&self, expression: &Expression) -> Result<Value, String> {
        Ok(match expression {
            Expression::Null => Value::Null,
            Expression::Bool(flag) => json!(flag),
            Expression::Number(number) => serde_json::from_str(&number.to_string()).map_err(|e| e.to_string())?,
            Expression::String(text) => json!(text),
            Expression::Array(items) => items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?,
            Expression::Object(fields) => {
                let mut out = Map::new();
                for (key, value) in fields {
                    let key = match key {
                        ObjectKey::Identifier(name) => name.to_string(),
                        ObjectKey::Expression(key) => self.text(key)?,
                        other => return Err(format!("a key {other:?}")),
                    };
                    out.insert(key, self.value(value)?);
                }
                Value::Object(out)
            }
            Expression::TemplateExpr(template) => {
                let template = hcl::Template::from_expr(template).map_err(|error| error.to_string())?;
                let mut out = String::new();
                for element in template.elements() {
                    match element {
                        Element::Literal(text) => out.push_str(text),
                        Element::Interpolation(inner) => out.push_str(&self.text(&inner.expr)?),
                        Element::Directive(_) => return Err("a directive".to_owned()),
                    }
                }
                Value::String(out)
            }
            Expression::Parenthesis(inner) => self.value(inner)?,
            Expression::Traversal(traversal) => {
                let names: Vec<String> = std::iter::once(traversal.expr.to_string())
                    .chain(traversal.operators.iter().filter_map(|operator| match operator {
                        TraversalOperator::GetAttr(name) => Some(name.to_string()),
                        _ => None,
                    }))
                    .collect();
                match names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                    ["local", name] => {
                        self.locals.get(*name).cloned().ok_or_else(|| format!("no local is called {name}"))?
                    }
                    ["var", name] => json!({PARAMETER: name}),
                    [_, label, "id"] => json!(self.ids.get(label).ok_or_else(|| format!("no item is called {label}"))?),
                    [_, label, "output", path @ ..] => self.output(label, &path.join("."))?,
                    [_, label, "identity", "principal_id"] => self.principal(label, "identity.principalId")?,
                    [_, label, "principal_id"] => self.principal(label, "properties.principalId")?,
                    [_, label, "workspace_id"] => self.principal(label, "properties.customerId")?,
                    [_, label, "client_id"] => self.principal(label, "properties.clientId")?,
                    other => return Err(format!("a reference to {}", other.join("."))),
                }
            }
            other => return Err(format!("an expression {other:?}")),
        })
    }

    fn output(&self, label: &str, path: &str) -> Result<Value, String> {
        let found = self.outputs.get(label).and_then(|known| known.iter().find(|(at, _)| **at == *path));
        found.map(|(_, was)| json!(was)).ok_or_else(|| format!("{label} does not export {path}"))
    }

    fn principal(&self, label: &str, path: &str) -> Result<Value, String> {
        let found = self.principals.get(label).and_then(|known| known.iter().find(|(_, at)| *at == path));
        found.map(|(id, _)| json!(id)).ok_or_else(|| format!("nobody knows {path} of {label}"))
    }

    fn text(&self, expression: &Expression) -> Result<String, String> {
        let value = self.value(expression)?;
        Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}

/// As the provider merges: maps by key, lists of one length by place.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) if !from.contains_key(PARAMETER) => {
            for (name, value) in from {
                match into.get_mut(&name) {
                    Some(known) => merge(known, value),
                    None => drop(into.insert(name, value)),
                }
            }
        }
        (Value::Array(into), Value::Array(from)) if into.len() == from.len() => {
            into.iter_mut().zip(from).for_each(|(into, from)| merge(into, from));
        }
        (into, from) => *into = from,
    }
}
