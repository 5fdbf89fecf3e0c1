//! Resources and their groups as a text can hold them: what the passes of generated code left of each body, with names in
//! the places of secrets.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value};

use super::{
    literals::literal_secrets,
    model::{Described, Group, Resource, Secret, Subscription},
};
use crate::{
    arm::{self, ResourceId},
    iac::{Bodies, IacError, Sendable},
    spec::node::{SECRET, escaped},
};

const ROLE_ASSIGNMENTS: &str = "Microsoft.Authorization/roleAssignments";

/// What else the bodies tell.
#[derive(Debug, Default)]
pub(in crate::spec) struct Found {
    /// Role assignments, as they were scanned.
    pub roles: Vec<Sendable>,
    /// Resources by the object ids of their identities, lower case.
    pub identities: HashMap<String, String>,
}

/// Puts resources into a description, at most so many where a limit is given.
pub(in crate::spec) fn add(
    bodies: &Bodies,
    limit: Option<u64>,
    names: &HashMap<String, String>,
    out: &mut Described,
) -> Result<Found, IacError> {
    let mut adder = Adder { out, found: Found::default(), homes: HashMap::new(), taken: HashSet::new(), count: 0 };
    let limit = limit.unwrap_or(u64::MAX);
    let mut beyond = 0_u64;
    for number in 0..bodies.count() {
        let sendable = bodies.at(number)?;
        if adder.count >= limit && !sendable.is_group {
            beyond += 1;
            continue;
        }
        adder.one(sendable, names);
    }
    let Adder { found, out, .. } = adder;
    for unsent in &bodies.left_out {
        out.leave_out(unsent.id.as_str(), &*unsent.reason);
    }
    out.nested = bodies.nested;
    out.warnings.extend(bodies.warnings.iter().cloned());
    if beyond > 0 {
        out.warnings.push(format!("{beyond} resources are beyond resource_limit: they are not described"));
        for subscription in &mut out.subscriptions {
            subscription.groups.retain(|group| !group.resources.is_empty());
        }
        out.subscriptions.retain(|subscription| !subscription.groups.is_empty());
    }
    Ok(found)
}

struct Adder<'a> {
    out: &'a mut Described,
    found: Found,
    /// Groups by the key of their ids.
    homes: HashMap<String, (usize, usize)>,
    /// Names of secrets.
    taken: HashSet<String>,
    count: u64,
}

impl Adder<'_> {
    fn one(&mut self, sendable: Sendable, names: &HashMap<String, String>) {
        let Some(id) = ResourceId::parse(&sendable.id) else {
            return self.out.leave_out(sendable.id, "its id can't be read");
        };
        if sendable.is_group {
            return self.group(&sendable, &id, names);
        }
        if sendable.type_name.eq_ignore_ascii_case(ROLE_ASSIGNMENTS) {
            return self.found.roles.push(sendable);
        }
        let (Some(subscription), Some(group)) = (&id.subscription, &id.resource_group) else {
            let what = if id.subscription.is_some() { "a subscription" } else { "the tenant or a management group" };
            let reason = format!("it is of {what}, and a specification makes what is in resource groups");
            return self.out.leave_out(sendable.id, reason);
        };
        let home = arm::key(&format!("/subscriptions/{subscription}/resourceGroups/{group}"));
        let Some((at, number)) = self.homes.get(&home).copied() else {
            return self.out.leave_out(sendable.id, "its resource group is not described");
        };
        for principal in &sendable.principals {
            self.found.identities.insert(principal.clone(), sendable.id.clone());
        }
        self.count += 1;
        let resource = self.resource(sendable, &id);
        self.out.subscriptions[at].groups[number].resources.push(resource);
    }

    fn group(&mut self, sendable: &Sendable, id: &ResourceId, names: &HashMap<String, String>) {
        let subscription = id.subscription.clone().unwrap_or_default().to_lowercase();
        let known = self.out.subscriptions.iter().position(|known| known.id == subscription);
        let at = known.unwrap_or_else(|| {
            let name = names.get(&subscription).cloned().unwrap_or_default();
            self.out.subscriptions.push(Subscription { id: subscription, name, groups: Vec::new() });
            self.out.subscriptions.len() - 1
        });
        let body = self.with_names(sendable, id.name());
        let location = arm::location_code(body["location"].as_str().unwrap_or_default());
        let groups = &mut self.out.subscriptions[at].groups;
        self.homes.insert(arm::key(&sendable.id), (at, groups.len()));
        groups.push(Group {
            id: sendable.id.clone(),
            name: id.name().to_owned(),
            location,
            tags: body["tags"].as_object().cloned().unwrap_or_default(),
            resources: Vec::new(),
        });
    }

    fn resource(&mut self, sendable: Sendable, id: &ResourceId) -> Resource {
        let names: Vec<&str> = id.segments.iter().map(|(_, name)| name.as_str()).collect();
        let is_extension = ResourceId::parse(&id.scope).is_some_and(|scope| scope.namespace.is_some());
        let mut body = match self.with_names(&sendable, id.name()) {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        if let Some(Value::String(location)) = body.get_mut("location") {
            *location = arm::location_code(location);
        }
        Resource {
            id: id.text.clone(),
            type_name: sendable.type_name,
            api_version: sendable.api_version,
            name: names.join("/"),
            scope: is_extension.then(|| id.scope.clone()),
            body,
            ..Resource::default()
        }
    }

    /// The body as a plan has it, with names in the places of secrets.
    fn with_names(&mut self, sendable: &Sendable, last: &str) -> Value {
        let mut body = planned(&sendable.body);
        for pointer in &sendable.secrets {
            self.name_secret(last, pointer, &mut body);
        }
        // What a submit would take for a secret is none, or one that the passes do not know: it is asked for.
        for pointer in literal_secrets(&body) {
            self.name_secret(last, &pointer, &mut body);
            let path = path_of(&pointer);
            let message = format!("{path} of {last} has the look of a secret: a specification can't hold its value");
            self.out.warnings.push(message);
        }
        for (pointer, of) in &sendable.old_principals {
            let of = of.rsplit('/').next().unwrap_or_default();
            let path = path_of(pointer);
            let message = format!("{path} of {last} is who {of} was when it was scanned: a new {of} is somebody else");
            self.out.warnings.push(message);
        }
        body
    }

    fn name_secret(&mut self, last: &str, pointer: &str, body: &mut Value) {
        let name = secret_name(last, pointer, body, &mut self.taken);
        if let Some(value) = body.pointer_mut(pointer) {
            *value = Value::String(format!("{SECRET}{name}"));
            self.out.secrets.push(Secret { name, path: format!("{last}.{}", path_of(pointer)) });
        }
    }
}

/// A body as a plan has it.
fn planned(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(escaped(text)),
        Value::Array(items) => Value::Array(items.iter().map(planned).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), planned(value))).collect())
        }
        other => other.clone(),
    }
}

/// `/properties/a/0/b` as `properties.a[0].b`.
pub(in crate::spec) fn path_of(pointer: &str) -> String {
    let mut out = String::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) {
            out.extend(["[", &step, "]"]);
        } else {
            if !out.is_empty() {
                out.push('.');
            }
            out.push_str(&step);
        }
    }
    out
}

/// `<resource>.<property>`; of a value with a name beside it that name, and more of the path where that is taken.
fn secret_name(resource: &str, pointer: &str, body: &Value, taken: &mut HashSet<String>) -> String {
    let mut steps: Vec<String> = pointer.split('/').skip(1).map(str::to_owned).collect();
    let above = pointer.rsplit_once('/').map_or("", |(above, _)| above);
    let beside = body.pointer(above).and_then(|above| above.get("name").or_else(|| above.get("key")));
    if let (Some(name), Some(last)) = (beside.and_then(Value::as_str), steps.last_mut())
        && last.eq_ignore_ascii_case("value")
    {
        name.clone_into(last);
    }
    let plain = |text: &str| {
        let legal = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
        text.chars().map(legal).take(120).collect::<String>()
    };
    for from in (0..steps.len()).rev() {
        let name = plain(&format!("{resource}.{}", steps[from..].join(".")));
        if taken.insert(name.clone()) {
            return name;
        }
    }
    let mut number = 2_u32;
    loop {
        let name = format!("{}.{number}", plain(&format!("{resource}.{}", steps.join("."))));
        if taken.insert(name.clone()) {
            return name;
        }
        number += 1;
    }
}

/// Names of identities that a role can be given to, by how often each is there: as the reader of a text finds them.
pub(in crate::spec) fn identity_names(described: &Described) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    for resource in described.resources() {
        let has_own = resource.body.get("identity").and_then(|identity| identity["type"].as_str());
        let has_own = has_own.is_some_and(|kind| kind.to_lowercase().contains("systemassigned"));
        if has_own || resource.type_name.eq_ignore_ascii_case("Microsoft.ManagedIdentity/userAssignedIdentities") {
            *names.entry(resource.name.to_lowercase()).or_default() += 1;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_called_by_its_resource_and_what_says_which_it_is() {
        let body = json!({"properties": {"adminPassword": null, "env": [{"name": "DB PASS", "value": null}]}});
        let mut taken = HashSet::new();
        let mut name = |pointer: &str| secret_name("web", pointer, &body, &mut taken);
        assert_eq!(name("/properties/adminPassword"), "web.adminPassword");
        assert_eq!(name("/properties/env/0/value"), "web.DB-PASS");
        assert_eq!(name("/properties/env/0/value"), "web.0.DB-PASS", "no two are called alike");
        assert_eq!(path_of("/properties/env/0/value"), "properties.env[0].value");
    }
}
