//! What exists already: each step compared with it. Equal is unchanged; else it is an update, and what is sent is what is
//! there with the text's properties laid over it. A default never overwrites.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use serde_json::{Map, Value};

use super::objects;
use crate::{
    arm,
    azure::{AzureError, Client},
    spec::{
        finding::Findings,
        node,
        place::Place,
        plan::{Plan, Step, StepKind},
    },
};

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::spec) enum Action {
    Create,
    Update,
    Unchanged,
}

impl Action {
    pub(in crate::spec) const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
        }
    }
}

/// What is there of one step.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::spec) struct Existing {
    pub action: Action,
    /// What differs.
    pub paths: Vec<String>,
    /// What is sent of an update.
    pub merged: Option<Map<String, Value>>,
    /// The object's id in the directory.
    pub object_id: Option<String>,
}

impl Existing {
    fn new(action: Action) -> Self {
        Self { action, paths: Vec::new(), merged: None, object_id: None }
    }
}

/// Fields of an answer that are not sent.
const ENVELOPE: [&str; 6] = ["id", "name", "type", "systemData", "etag", "apiVersion"];

/// Looks that are taken at once.
pub(in crate::spec) const AT_ONCE: usize = 16;

/// Looks up every step, many at once; groups first.
pub(in crate::spec) async fn look_up(
    client: &Client,
    plan: &Plan,
    findings: &mut Findings,
    mut looked: impl FnMut(usize),
) -> Result<BTreeMap<usize, Existing>, AzureError> {
    let mut out = BTreeMap::new();
    let (groups, others): (Vec<&Step>, Vec<&Step>) =
        plan.steps.iter().partition(|step| step.kind == StepKind::ResourceGroup);
    let mut absent: BTreeSet<String> = BTreeSet::new();
    for steps in [groups, others] {
        let gone = absent.clone();
        let looks: Vec<_> = steps.into_iter().map(|step| look(client, step, &gone)).collect();
        let mut looks = stream::iter(looks).buffered(AT_ONCE);
        while let Some(found) = looks.next().await {
            let (step, found, named) = found?;
            if named > 1 {
                let message = format!(
                    "the tenant has {named} {} that are called {:?}: which is meant can't be told",
                    objects::collection(step.kind),
                    step.name
                );
                findings.error(step.path.clone(), Place { line: step.line, column: 1 }, message);
            }
            if step.kind == StepKind::ResourceGroup && found.action == Action::Create {
                absent.insert(arm::key(&step.id));
            }
            out.insert(step.n, found);
            looked(out.len());
        }
    }
    Ok(out)
}

/// One step, and how many objects of the directory have its name.
async fn look<'s>(
    client: &Client,
    step: &'s Step,
    absent_groups: &BTreeSet<String>,
) -> Result<(&'s Step, Existing, usize), AzureError> {
    let found = match step.kind {
        // In a group that is not there, nothing is.
        StepKind::Resource if group_of(&step.id).is_some_and(|group| absent_groups.contains(&group)) => None,
        StepKind::ResourceGroup | StepKind::Resource => {
            read(client, &step.id, &step.api_version).await?.map(|there| compared(step, there))
        }
        StepKind::User | StepKind::Group | StepKind::ServicePrincipal => {
            let named = objects::of(client, step).await?;
            let count = if step.kind == StepKind::User { 1 } else { named.len() };
            let found = named.into_iter().next().map(|there| of_object(step, there));
            return Ok((step, found.unwrap_or_else(|| Existing::new(Action::Create)), count));
        }
        StepKind::Membership | StepKind::RoleAssignment => None,
    };
    Ok((step, found.unwrap_or_else(|| Existing::new(Action::Create)), 1))
}

pub(in crate::spec) fn group_of(id: &str) -> Option<String> {
    let parsed = arm::ResourceId::parse(id)?;
    Some(arm::key(&format!("/subscriptions/{}/resourceGroups/{}", parsed.subscription?, parsed.resource_group?)))
}

/// The body at an id; `None`: there is nothing.
pub(in crate::spec) async fn read(client: &Client, id: &str, api_version: &str) -> Result<Option<Value>, AzureError> {
    let mut answer = client.arm(&format!("{id}?api-version={api_version}")).await;
    // A version that is published and not served here yet: the newest that the error names serves.
    if let Err(AzureError::Refused(refusal)) = &answer
        && refusal.is_about_version()
        && let Some(version) =
            arm::newest(refusal.named_versions().iter().map(String::as_str).filter(|named| *named != api_version))
    {
        answer = client.arm(&format!("{id}?api-version={}", version.as_str())).await;
    }
    match answer {
        Ok(answer) if answer.is_nothing => Ok(None),
        Ok(answer) => answer.value().map(Some),
        Err(AzureError::Refused(refusal)) if refusal.status == 404 => Ok(None),
        Err(error) => Err(error),
    }
}

/// Compares what the text says, and lays it over what is there.
fn compared(step: &Step, there: Value) -> Existing {
    let Value::Object(mut there) = there else { return Existing::new(Action::Create) };
    for name in ENVELOPE {
        there.remove(name);
    }
    if let Some(Value::Object(properties)) = there.get_mut("properties") {
        properties.remove("provisioningState");
    }
    let mut wanted = Value::Object(step.body.clone());
    for path in &step.defaults {
        remove(&mut wanted, path);
    }
    let mut paths = Vec::new();
    let mut merged = escaped(Value::Object(there));
    lay_over(&mut merged, &wanted, "", &mut paths);
    let action = if paths.is_empty() { Action::Unchanged } else { Action::Update };
    let merged = match merged {
        Value::Object(fields) => Some(fields),
        _ => None,
    };
    Existing { action, paths, merged, object_id: None }
}

/// What Azure answered, as texts are in the body of a step: none of it is a secret of the plan.
fn escaped(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(node::escaped(&text)),
        Value::Array(items) => items.into_iter().map(escaped).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, escaped(value))).collect(),
        other => other,
    }
}

fn remove(value: &mut Value, path: &str) {
    let Some((above, last)) = path.rsplit_once('.') else {
        if let Value::Object(fields) = value {
            fields.remove(path);
        }
        return;
    };
    let pointer = format!("/{}", above.replace('[', "/").replace(']', "").replace('.', "/"));
    if let Some(Value::Object(fields)) = value.pointer_mut(&pointer) {
        fields.remove(last);
    }
}

/// Lays values over others and notes the paths that change.
fn lay_over(there: &mut Value, wanted: &Value, path: &str, changed: &mut Vec<String>) {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            for (name, value) in wanted {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let known = there.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
                match known {
                    Some(known) => lay_over(there.entry(known).or_insert(Value::Null), value, &below, changed),
                    // A secret that is never returned says nothing of a change.
                    None if is_secret(value) => {
                        there.insert(name.clone(), value.clone());
                    }
                    None if is_empty(value) => {}
                    None => {
                        there.insert(name.clone(), value.clone());
                        changed.push(below);
                    }
                }
            }
        }
        (Value::Array(there), Value::Array(wanted)) if are_named(there) && are_named(wanted) => {
            lay_by_name(there, wanted, path, changed);
        }
        (Value::Array(there), Value::Array(wanted)) => {
            if there.len() == wanted.len() {
                for (at, (there, wanted)) in there.iter_mut().zip(wanted).enumerate() {
                    lay_over(there, wanted, &format!("{path}[{at}]"), changed);
                }
            } else {
                there.clone_from(wanted);
                changed.push(path.to_owned());
            }
        }
        (there, wanted) => {
            if !is_same(there, wanted) {
                *there = wanted.clone();
                changed.push(path.to_owned());
            }
        }
    }
}

/// The name of a list's entry, as it is compared.
fn name_in(entry: &Value) -> Option<String> {
    entry.as_object()?.get("name")?.as_str().map(str::to_lowercase)
}

/// Whether every entry of a list has a name, and no two the same. An empty list has none: one that the text says empties.
fn are_named(list: &[Value]) -> bool {
    let mut names = BTreeSet::new();
    !list.is_empty() && list.iter().all(|entry| name_in(entry).is_some_and(|name| names.insert(name)))
}

/// Lays entries over those of the same name, and adds new ones. An entry that the text does not name stays: without it
/// the PUT would delete it.
fn lay_by_name(there: &mut Vec<Value>, wanted: &[Value], path: &str, changed: &mut Vec<String>) {
    for entry in wanted {
        let name = name_in(entry);
        if let Some(at) = there.iter().position(|known| name_in(known) == name) {
            // A name in another case is the same name.
            let own = there[at]["name"].clone();
            let mut entry = entry.clone();
            entry["name"] = own;
            lay_over(&mut there[at], &entry, &format!("{path}[{at}]"), changed);
        } else {
            changed.push(format!("{path}[{}]", there.len()));
            there.push(entry.clone());
        }
    }
}

fn is_secret(value: &Value) -> bool {
    value.as_str().is_some_and(|text| crate::spec::secret_name(text).is_some())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// Equal but for what ARM spells otherwise: ids and locations in any case.
fn is_same(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::String(there), Value::String(wanted)) => {
            there == wanted
                || (arm::looks_like_id(wanted) && arm::key(there) == arm::key(wanted))
                || arm::location_code(there) == arm::location_code(wanted)
        }
        (Value::Number(there), Value::Number(wanted)) => there.as_f64() == wanted.as_f64(),
        (there, wanted) => there == wanted,
    }
}

fn of_object(step: &Step, there: Value) -> Existing {
    let there = escaped(there);
    let object_id = there["id"].as_str().map(str::to_owned);
    let mut paths = Vec::new();
    let mut changed = Map::new();
    for (name, value) in &step.body {
        let is_default = step.defaults.contains(name);
        // Microsoft Graph returns some fields only on request: what is not there says nothing.
        let differs = there.get(name).is_some_and(|there| !is_same(there, value));
        if differs
            && !is_default
            && !matches!(name.as_str(), "userPrincipalName" | "userType" | "appId" | "groupTypes" | "tags")
        {
            paths.push(name.clone());
            changed.insert(name.clone(), value.clone());
        }
    }
    let action = if paths.is_empty() { Action::Unchanged } else { Action::Update };
    Existing { action, paths, merged: Some(changed), object_id }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn step(body: Value, defaults: &[&str]) -> Step {
        Step {
            n: 1,
            kind: StepKind::Resource,
            type_name: "Microsoft.X/y".to_owned(),
            name: "y".to_owned(),
            scope: String::new(),
            depends_on: Vec::new(),
            defaults: defaults.iter().map(|path| (*path).to_owned()).collect(),
            line: 1,
            body: body.as_object().cloned().unwrap_or_default(),
            id: String::new(),
            api_version: String::new(),
            deployment: None,
            path: String::new(),
        }
    }

    #[test]
    fn a_default_never_overwrites_and_what_the_text_says_does() {
        let wanted = step(
            json!({"location": "West Europe", "sku": {"name": "B"}, "properties": {"a": 1, "pw": "secret:x"}}),
            &["sku.name"],
        );
        let there = json!({"id": "/x", "location": "westeurope", "sku": {"name": "A"}, "properties": {"a": 1, "more": true, "provisioningState": "Succeeded"}});
        let found = compared(&wanted, there.clone());
        assert_eq!((found.action, found.paths.len()), (Action::Unchanged, 0), "{found:?}");
        let found = compared(&step(json!({"properties": {"a": 2}}), &[]), there);
        assert_eq!(found.paths, ["properties.a"]);
        let merged = found.merged.expect("a body");
        assert_eq!(
            Value::Object(merged),
            json!({"location": "westeurope", "sku": {"name": "A"}, "properties": {"a": 2, "more": true}})
        );
    }
    #[test]
    fn entries_with_names_are_laid_over_those_of_the_same_name_and_no_other_is_lost() {
        let subnets = |list: Value| json!({"properties": {"subnets": list}});
        let there = subnets(json!([
            {"name": "a", "properties": {"addressPrefix": "10.0.1.0/24"}},
            {"name": "Web", "id": "/web", "properties": {"addressPrefix": "10.0.2.0/24"}},
            {"name": "c", "properties": {"addressPrefix": "10.0.3.0/24"}},
        ]));
        let same = step(subnets(json!([{"name": "web", "properties": {"addressPrefix": "10.0.2.0/24"}}])), &[]);
        let found = compared(&same, there.clone());
        assert_eq!((found.action, found.merged.map(Value::Object)), (Action::Unchanged, Some(there.clone())));
        let other = subnets(json!([{"name": "web", "properties": {"addressPrefix": "10.0.9.0/24"}}, {"name": "d"}]));
        let found = compared(&step(other, &[]), there.clone());
        assert_eq!(found.paths, ["properties.subnets[1].properties.addressPrefix", "properties.subnets[3]"]);
        let mut expected = there;
        expected["properties"]["subnets"][1]["properties"]["addressPrefix"] = json!("10.0.9.0/24");
        expected["properties"]["subnets"].as_array_mut().expect("a list").push(json!({"name": "d"}));
        assert_eq!(found.merged.map(Value::Object), Some(expected));
    }

    #[test]
    fn a_text_that_looks_like_a_secret_is_compared_as_what_it_is() {
        let tags = |text: &str| json!({"tags": {"note": text}});
        let there = || tags("secret:x");
        assert_eq!(compared(&step(tags("secret::x"), &[]), there()).action, Action::Unchanged);
        let other = compared(&step(tags("secret::y"), &[]), there());
        assert_eq!((other.action, other.merged.map(Value::Object)), (Action::Update, Some(tags("secret::y"))));
        let kept = compared(&step(json!({"location": "x"}), &[]), there());
        assert_eq!(kept.merged.expect("a body")["tags"], tags("secret::x")["tags"], "no secret of the plan");
    }

    #[test]
    fn lists_without_names_are_laid_over_by_place_or_replaced() {
        let there = json!({"tiers": [{"name": "a"}, {"name": "A"}], "prefixes": ["10.0.0.0/16", "10.1.0.0/16"]});
        let found = compared(&step(json!({"tiers": [{"name": "a"}], "prefixes": ["10.0.0.0/16"]}), &[]), there.clone());
        assert_eq!(found.paths, ["prefixes", "tiers"], "two of one name can't be told apart");
        let found = compared(&step(json!({"tiers": []}), &[]), there);
        assert_eq!(found.merged.expect("a body")["tiers"], json!([]), "a list that the text empties");
    }
}
