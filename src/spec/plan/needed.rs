//! Secrets of a plan: those that the text names, and those that a type needs and the text leaves open.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    item::{Item, StepKind},
    steps::Secret,
};
use crate::{
    iac,
    spec::{body::set, finding::Findings, node::secret_name},
};

/// Names every secret that the items need, and puts `secret:NAME` where the text is silent.
pub(in crate::spec) fn secrets(items: &mut [Item], given: &BTreeSet<String>, findings: &mut Findings) -> Vec<Secret> {
    let mut found: Vec<Secret> = Vec::new();
    for item in items.iter() {
        named(&Value::Object(item.body.clone()), "", &mut |name, path| {
            let place = item.place_of(path);
            found.push(Secret {
                name: name.to_owned(),
                path: format!("{}.{path}", item.name),
                line: place.line,
                given: given.contains(name),
            });
        });
    }
    let mut taken: BTreeSet<String> = found.iter().map(|secret| secret.name.clone()).collect();
    for item in items.iter_mut().filter(|item| item.kind == StepKind::Resource) {
        let body = Value::Object(item.body.clone());
        for needed in iac::needed(&item.type_name, &item.api_version, &item.id, &body) {
            if !needed.is_secret {
                let message = format!(
                    "{} {:?} says nothing of {}, which its type requires",
                    item.type_name, item.name, needed.path
                );
                findings.warn(item.place, message);
                continue;
            }
            let last = item.name.rsplit('/').next().unwrap_or_default();
            let name = unique(last, &needed.path, &mut taken);
            if set(&mut item.body, &needed.path, Value::String(format!("secret:{name}"))) {
                let given = given.contains(&name);
                let path = format!("{}.{}", item.name, needed.path);
                found.push(Secret { name, path, line: item.place.line, given });
            }
        }
    }
    // A user's first password may be given.
    for item in items.iter().filter(|item| item.kind == StepKind::User) {
        let name = format!("{}.password", item.name);
        if given.contains(&name) {
            found.push(Secret { path: name.clone(), name, line: item.place.line, given: true });
        }
    }
    found.sort_by(|a, b| (a.line, &a.name, &a.path).cmp(&(b.line, &b.name, &b.path)));
    found.dedup();
    found
}

/// `<resource>.<property>`; more of the path where that is taken.
fn unique(resource: &str, path: &str, taken: &mut BTreeSet<String>) -> String {
    let parts: Vec<&str> = path.split('.').collect();
    for from in (0..parts.len()).rev() {
        let name = format!("{resource}.{}", parts[from..].join("."));
        if taken.insert(name.clone()) {
            return name;
        }
    }
    let mut number = 2;
    loop {
        let name = format!("{resource}.{path}.{number}");
        if taken.insert(name.clone()) {
            return name;
        }
        number += 1;
    }
}

fn named(value: &Value, path: &str, see: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => {
            if let Some(name) = secret_name(text) {
                see(name, path);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                named(item, &format!("{path}[{at}]"), see);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                named(value, &below, see);
            }
        }
        _ => {}
    }
}

/// Which of the request's secrets the plan does not need, and which it lacks.
pub(in crate::spec) fn compare(secrets: &[Secret], given: &BTreeSet<String>, is_dry: bool, findings: &mut Findings) {
    let needed: BTreeMap<&str, &Secret> = secrets.iter().map(|secret| (secret.name.as_str(), secret)).collect();
    for name in given.iter().filter(|name| !needed.contains_key(name.as_str())) {
        let message = format!("the plan needs no secret of this name; it needs {}", list(needed.keys().copied()));
        findings.error(format!("secrets.{name}"), crate::spec::place::Place::default(), message);
    }
    if is_dry {
        return;
    }
    for secret in needed.values().filter(|secret| !secret.given) {
        let place = crate::spec::place::Place { line: secret.line, column: 1 };
        let message = format!("expected a value in the request's secrets: it is for {}", secret.path);
        findings.error(format!("secrets.{}", secret.name), place, message);
    }
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.take(20).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
