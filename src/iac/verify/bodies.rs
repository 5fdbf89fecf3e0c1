//! What Azure's published types say of the resources of a printed template: versions, properties that are unknown,
//! read-only or missing, values of another kind, words and bounds, kinds, scopes and names.
//!
//! Works on what was printed. An expression counts as any value.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::iac::types::{self, Known, Shape};

const DEPLOYMENTS: &str = "Microsoft.Resources/deployments";
/// Fields of a resource that belong to the template language.
const AROUND: [&str; 6] = ["type", "apiVersion", "name", "dependsOn", "scope", "condition"];

/// What is wrong, a line each; nested templates are opened.
pub fn findings(template: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut templates = vec![template];
    while let Some(template) = templates.pop() {
        for resource in template["resources"].as_array().into_iter().flatten() {
            if resource["type"] == DEPLOYMENTS {
                templates.push(&resource["properties"]["template"]);
            } else {
                of_resource(resource, &mut found);
            }
        }
    }
    found
}

fn of_resource(resource: &Value, found: &mut Vec<String>) {
    let text = |name: &str| resource[name].as_str().unwrap_or_default();
    let (kind, version, name) = (text("type"), text("apiVersion"), text("name"));
    let mut say = |what: String| found.push(format!("{kind} {name}: {what}"));
    let own = name.rsplit('/').next().unwrap_or_default();
    match types::find(kind, version, own) {
        Known::Unknown => say("its type is not published".to_owned()),
        Known::ReadOnly => say(format!("can only be read in {version}")),
        Known::Writable(known) => {
            if !name.starts_with('[') && types::name_fault(kind, version, own).is_some() {
                say("its type takes no such name".to_owned());
            }
            if !known.is_exact {
                say(format!("the version {version} is not published"));
            }
            let Value::Object(fields) = resource else { return };
            object(fields, &known.shape, &mut String::new(), &mut say);
        }
    }
}

/// Whether a field of a resource is the language's, not the type's.
fn is_around(name: &str) -> bool {
    AROUND.contains(&name)
}

fn object(fields: &Map<String, Value>, shape: &Shape, path: &mut String, say: &mut impl FnMut(String)) {
    if let Some((by, cases)) = shape.cases() {
        let mut cases = cases.peekable();
        let are_any = cases.peek().is_some();
        let word = fields.get(by).and_then(Value::as_str);
        let is_known = word.is_none_or(|word| word.starts_with('[') || cases.any(|(known, _)| known == word));
        if are_any && (!is_known || !fields.contains_key(by)) {
            say(format!("{path}.{by} has to be one of the kinds of its type"));
        }
    }
    let shape = shape.of(fields);
    for prop in shape.required() {
        let is_elsewhere = path.is_empty() && is_around(prop.name);
        if !is_elsewhere && !fields.contains_key(prop.name) {
            say(format!("{path}.{} is required and missing", prop.name));
        }
    }
    let length = path.len();
    let is_top = path.is_empty();
    for (name, field) in fields.iter().filter(|(name, _)| !(is_top && is_around(name))) {
        path.push('.');
        path.push_str(name);
        match shape.prop(name) {
            Some(prop) if prop.is_read_only => say(format!("{path} can only be read")),
            Some(prop) => value(field, &prop.shape, path, say),
            None => match shape.more() {
                Some(more) => value(field, &more, path, say),
                None if shape.is_sure() => say(format!("{path} is unknown to its type")),
                None => {}
            },
        }
        path.truncate(length);
    }
}

fn value(at: &Value, shape: &Shape, path: &mut String, say: &mut impl FnMut(String)) {
    let is_expression = at.as_str().is_some_and(|text| text.starts_with('[') && !text.starts_with("[["));
    if shape.is_open() || is_expression {
        return;
    }
    if !shape.fits(at) {
        say(format!("{path} is none of its type's values"));
    }
    match at {
        Value::Object(fields) => object(fields, shape, path, say),
        Value::Array(items) => {
            let Some(of_items) = shape.items() else { return };
            let length = path.len();
            for (number, item) in items.iter().enumerate() {
                let _ = write!(path, "[{number}]");
                value(item, &of_items, path, say);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(resource: Value, expected: &[&str]) {
        let inner = json!({"resources": [resource]});
        let nested = json!({"resources": [{"type": DEPLOYMENTS, "properties": {"template": inner}}]});
        let found = findings(&nested);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found}: {expected}");
        }
    }

    #[test]
    fn each_rule_of_the_types_is_held_against_a_template() {
        let network = |version: &str, properties: Value| json!({"type": "Microsoft.Network/virtualNetworks", "apiVersion": version, "name": "v", "properties": properties});
        let good =
            json!({"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "enableDdosProtection": "[parameters('x')]"});
        check(network("2023-09-01", good.clone()), &[]);
        check(network("2023-09-02", good), &["not published"]);
        check(network("2023-09-01", json!({"provisioningState": "x"})), &["can only be read"]);
        check(network("2023-09-01", json!({"nonsense": 1})), &["unknown"]);
        check(network("2023-09-01", json!({"enableDdosProtection": "true"})), &["none of its type's"]);
        let account = json!({"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "storage1", "sku": {"name": "x"}, "location": "l"});
        check(account, &["kind is required"]);
        check(json!({"type": "Contoso.Made/things", "apiVersion": "2020-01-01", "name": "x"}), &["not published"]);
    }
}
