//! What was generated is deployed: into an empty subscription, which is scanned again. The two graphs are
//! one but for ids.
//!
//! ```text
//! world ─scan─▶ graph ─generate─▶ template ─deploy─▶ empty subscription ─scan─▶ graph ─generate─▶ template
//!                 └───────────── the same nodes, bodies and edges ────────────────┘                  │
//!                                   └────────────────────── the same ───────────────────────────────┘
//! ```
//! The old resources are deleted before the deployment, for many names are unique in the world. What only the
//! service says of a resource may differ (read-only properties stand in the report), and who a new
//! system-assigned identity is.

mod anonymised;
mod described;
mod moved;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use atgd::{
    arm,
    simulator::{Settings, Source},
};
use serde_json::{Map, Value, json};
use uuid::{Uuid, uuid};

use crate::harness::{Scanned, recorded_groups, say};

const EMPTY: Uuid = uuid!("e0000000-0000-4000-8000-0000000000ee");

/// The scanned world, and how its ids read in the new subscription.
struct Redeployed {
    scanned: Scanned,
    /// Lower-case subscriptions of the old world.
    old: BTreeSet<String>,
    /// Principals of resources, and who they are in the new subscription.
    principals: BTreeMap<String, String>,
    /// Assignments by the keys that they would have, where they have others.
    assignments: BTreeMap<String, String>,
}

impl Redeployed {
    const fn new(scanned: Scanned) -> Self {
        Self { scanned, old: BTreeSet::new(), principals: BTreeMap::new(), assignments: BTreeMap::new() }
    }

    /// An id, or a text with ids in it, as it is in the new subscription; lower case.
    fn moved(&self, text: &str) -> String {
        let mut text = text.to_lowercase();
        for old in &self.old {
            text = text.replace(old.as_str(), &EMPTY.to_string());
        }
        // The name of an assignment is unique in its tenant: it is made anew, of the id that it would have.
        let marker = "/microsoft.authorization/roleassignments/";
        if let Some(at) = text.rfind(marker).filter(|_| text.contains(&EMPTY.to_string())) {
            let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, arm::key(&text).as_bytes());
            text = format!("{}{name}", &text[..at + marker.len()]);
            text = self.assignments.get(&text).cloned().unwrap_or(text);
        }
        if let Some(principal) = self.principals.get(&text) {
            text.clone_from(principal);
        }
        text
    }

    fn moved_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => json!(self.moved(text)),
            Value::Array(items) => items.iter().map(|item| self.moved_value(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (self.moved(name), self.moved_value(value))).collect()
            }
            other => other.clone(),
        }
    }

    /// All resources and groups of the last scan, by key.
    async fn rows(&self) -> BTreeMap<String, Value> {
        let (mut rows, mut cursor) = (BTreeMap::new(), String::new());
        loop {
            let path = format!("/api/v1/tenants/{}/resources?limit=1000{cursor}", self.scanned.house.tenant);
            let page = self.scanned.daemon.get(&path).await;
            for row in page["resources"].as_array().expect("rows") {
                rows.insert(arm::key(row["id"].as_str().expect("an id")), row.clone());
            }
            let Some(next) = page["next_cursor"].as_str() else { return rows };
            cursor = format!("&cursor={next}");
        }
    }

    async fn node(&self, id: &str) -> Value {
        let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
        self.scanned.daemon.get(&format!("/api/v1/tenants/{}/resources/{id}", self.scanned.house.tenant)).await
    }

    /// Deploys the templates of a directory in their order.
    async fn deploy(&self, directory: &Path) {
        let client = reqwest::Client::new();
        for number in 1.. {
            let name = if number == 1 { "azuredeploy".to_owned() } else { format!("azuredeploy-{number}") };
            let Ok(template) = std::fs::read_to_string(directory.join(format!("{name}.json"))) else { break };
            let template: Value = serde_json::from_str(&template).expect("JSON");
            let text = std::fs::read_to_string(directory.join(format!("{name}.parameters.json"))).expect("parameters");
            let mut parameters: Value = serde_json::from_str(&text).expect("JSON");
            for (name, declared) in template["parameters"].as_object().into_iter().flatten() {
                // What is known stands in the file of parameters: nothing empty is deployed.
                if parameters["parameters"].get(name).is_some() || declared.get("defaultValue").is_some() {
                    continue;
                }
                let value = match declared["type"].as_str() {
                    Some("int") => json!(0),
                    Some("bool") => json!(false),
                    Some("secureObject") => json!({}),
                    _ => json!("Placeholder-1a"),
                };
                parameters["parameters"][name] = json!({"value": value});
            }
            let url = format!(
                "{}/subscriptions/{EMPTY}/providers/Microsoft.Resources/deployments/{name}?api-version=2022-09-01",
                self.scanned.sim.url()
            );
            let properties =
                json!({"mode": "Incremental", "template": template, "parameters": parameters["parameters"]});
            let body = json!({"location": "westeurope", "properties": properties});
            let token = self.scanned.sim.token();
            let put = client.put(&url).bearer_auth(&token).json(&body).send().await.expect("an answer");
            let (status, text) = (put.status().as_u16(), put.text().await.expect("a body"));
            assert_eq!(status, 201, "{name}: {text}");
            let read = client.get(&url).bearer_auth(&token).send().await.expect("an answer");
            let read: Value = read.json().await.expect("JSON");
            assert_eq!(read["properties"]["provisioningState"], "Succeeded", "{}", read["properties"]["error"]);
        }
    }
}

/// Where the new graph is not the old one.
#[derive(Default)]
struct Differences {
    compared: usize,
    edges: usize,
    found: Vec<String>,
}

/// What is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Template,
    /// The tenant's specification, created again.
    Specification,
}

async fn redeployed(sources: Vec<Source>, by: By) -> Differences {
    let settings = Settings { sources, empty_subscriptions: vec![EMPTY], any_version: true, ..Settings::default() };
    let scanned = Scanned::new(settings).await;
    let mut world = Redeployed::new(scanned);
    let before = world.rows().await;
    world.old = before.values().filter_map(|row| row["subscription_id"].as_str()).map(str::to_lowercase).collect();
    let (directory, _) = world.scanned.generated("arm", json!({"target_subscription_id": EMPTY})).await;
    if let Some(keep) = std::env::var_os("ATGD_WRITE") {
        let _ = std::fs::create_dir_all(&keep);
        for file in ["azuredeploy.json", "report.json"] {
            std::fs::copy(directory.join(file), Path::new(&keep).join(file)).expect("copied");
        }
    }
    let described = match by {
        By::Template => None,
        By::Specification => Some(world.described().await),
    };
    let mut bodies = BTreeMap::new();
    for (key, row) in &before {
        bodies.insert(key.clone(), world.node(row["id"].as_str().expect("an id")).await);
    }
    for row in before.values() {
        world.scanned.sim.remove(row["id"].as_str().expect("an id"));
    }
    // Role definitions are no rows, and one guid is one definition wherever it is listed.
    let read = |directory: &Path, name: &str| -> Value {
        let text = std::fs::read_to_string(directory.join(name)).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    };
    let template = read(&directory, "azuredeploy.json");
    for resource in template["resources"].as_array().into_iter().flatten() {
        if resource["type"] == "Microsoft.Authorization/roleDefinitions" {
            let name = resource["name"].as_str().expect("a name");
            for old in &world.old {
                let kind = "providers/Microsoft.Authorization/roleDefinitions";
                world.scanned.sim.remove(&format!("/subscriptions/{old}/{kind}/{name}"));
            }
        }
    }
    match &described {
        None => world.deploy(&directory).await,
        Some(described) => world.create(described).await,
    }
    world.scanned.again().await;
    // And again: what is generated of the new graph is what was deployed.
    let filter = json!({
        "subscription_ids": [EMPTY], "target_subscription_id": EMPTY,
        "exclude_resource_types": ["Microsoft.Resources/deployments"],
    });
    let (again, _) = world.scanned.generated("arm", filter).await;
    let mut differences = Differences::default();
    if by == By::Template {
        let after = read(&again, "azuredeploy.json");
        unequal(&template, &after, "template", &mut differences.found);
    }
    let reports = (read(&directory, "report.json"), read(&again, "report.json"));
    let (first, second) = (said(&reports.0), said(&reports.1));
    let (was, is) = (by_reason(&first), by_reason(&second));
    for (reason, count) in &was {
        say(&format!("    {count:>3} left out: {reason}"));
    }
    let written = "written in its parent";
    if by == By::Template && was.get(written) != is.get(written) {
        differences.found.push(format!("left out: {was:?} -> {is:?}"));
    }

    let after = world.rows().await;
    let mut expected: BTreeMap<String, (&str, &Value)> = BTreeMap::new();
    for key in before.keys() {
        let moved = world.moved(key);
        let told = *first.get(&moved).unwrap_or_else(|| panic!("the report is silent about {key}"));
        // What the service makes by itself may be missing, or have another name.
        let is_services = ["made by Azure for its private endpoint", "a copy of data, made by the service"];
        let is_left = described.as_ref().is_some_and(|described| described.leaves(key));
        if !is_left && !is_services.iter().any(|reason| told["reason"] == *reason) {
            expected.insert(moved, (key, told));
        }
    }
    let identities = |old: &Value| -> Vec<&str> {
        let is_identity = old["type"].to_string().to_lowercase().contains("/userassignedidentities");
        let paths = ["/body/identity/principalId", "/body/properties/principalId", "/body/properties/clientId"];
        paths.into_iter().filter(|path| is_identity || !path.contains("properties")).collect()
    };
    for (key, (old, _)) in &expected {
        let Some(new) = after.get(key) else { continue };
        let (old, paths) = (&bodies[*old], identities(&bodies[*old]));
        if paths.iter().all(|path| old.pointer(path).is_none()) {
            continue;
        }
        let new = world.node(new["id"].as_str().expect("an id")).await;
        for path in paths {
            if let (Some(old), Some(new)) = (old.pointer(path).and_then(Value::as_str), new.pointer(path)) {
                world.principals.insert(old.to_lowercase(), new.as_str().unwrap_or_default().to_lowercase());
            }
        }
    }
    if by == By::Specification {
        world.find_assignments(&bodies, &after).await;
        expected =
            expected.into_iter().map(|(key, of)| (world.assignments.get(&key).cloned().unwrap_or(key), of)).collect();
    }
    let mut pairs = Vec::new();
    for (key, (old, told)) in &expected {
        let Some(new) = after.get(key) else {
            differences.found.push(format!("{key}: not in the new graph"));
            continue;
        };
        pairs.push((key, *told, &bodies[*old], world.node(new["id"].as_str().expect("an id")).await));
    }
    for (key, told, old, new) in &pairs {
        compare(&world, (key, told), old, new, &reports.0["parameters"], &expected, &mut differences);
    }
    if let Some(described) = &described {
        differences.found.retain(|line| !described.tells(line));
    }
    for key in after.keys().filter(|key| key.contains(&EMPTY.to_string())) {
        // A recording need not hold what Azure made beside.
        let is_azures = second.get(key).is_some_and(|told| {
            let reason = told["reason"].as_str().unwrap_or_default();
            reason.starts_with("made by Azure") || reason.starts_with("the OS disk")
        });
        if !expected.contains_key(key) && !is_azures && !key.contains("/microsoft.resources/deployments/") {
            differences.found.push(format!("{key}: only in the new graph"));
        }
    }
    world.scanned.stop().await;
    differences
}

/// The rows of a report by key.
fn said(report: &Value) -> BTreeMap<String, &Value> {
    let rows = report["resources"].as_array().expect("rows");
    rows.iter().map(|row| (arm::key(row["id"].as_str().expect("an id")), row)).collect()
}

/// How many are left out, by why.
fn by_reason<'r>(rows: &BTreeMap<String, &'r Value>) -> BTreeMap<&'r str, usize> {
    let mut counts = BTreeMap::new();
    for row in rows.values().filter(|row| row["emitted_as"].is_null() || !row["written_in"].is_null()) {
        let reason = row["reason"].as_str().unwrap_or_default();
        *counts.entry(reason).or_default() += 1;
    }
    counts
}

fn compare(
    world: &Redeployed,
    (key, told): (&str, &Value),
    old: &Value,
    new: &Value,
    parameters: &Value,
    expected: &BTreeMap<String, (&str, &Value)>,
    differences: &mut Differences,
) {
    differences.compared += 1;
    let pruned: Vec<&str> = told["pruned"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for field in ["type", "name", "location", "tags", "resource_group"] {
        let is_made = field == "name" && key.contains("/roleassignments/") || pruned.contains(&field);
        if !is_made && old[field].to_string().to_lowercase() != new[field].to_string().to_lowercase() {
            differences.found.push(format!("{key}: {field} {} -> {}", old[field], new[field]));
        }
    }
    // What is written in another's body is compared there.
    if !told["emitted_as"].is_null() && told["written_in"].is_null() {
        let mut without = old["body"].clone();
        let own = parameters.as_array().into_iter().flatten().filter(|parameter| parameter["resource"] == told["id"]);
        let secrets = own.filter_map(|parameter| parameter["path"].as_str());
        // A number that stands for a word is written as the word.
        let respelled = told["respelled"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for path in
            pruned.iter().copied().chain(respelled).chain(["id", "name", "type", "etag", "systemData"]).chain(secrets)
        {
            remove(&mut without, path);
        }
        if let Some(Value::String(location)) = without.get_mut("location") {
            *location = arm::location_code(location);
        }
        if let Some(Value::Object(identities)) = without.pointer_mut("/identity/userAssignedIdentities") {
            identities.values_mut().for_each(|identity| *identity = Value::Null);
        }
        lacks(&world.moved_value(&without), &lower(&new["body"]), "", &mut |path, is, was| {
            differences.found.push(format!("{key}: {path}: {was} -> {is}"));
        });
    }
    let edges = |node: &Value, is_old: bool| -> BTreeSet<(String, String)> {
        let out = node["edges"]["out"].as_array().cloned().unwrap_or_default();
        let is_told = |edge: &&Value| edge["path"].as_str().is_none_or(|path| !pruned.contains(&path));
        out.iter()
            .filter(is_told)
            .map(|edge| {
                let target = edge["target"].as_str().unwrap_or_default().to_lowercase();
                let target = if is_old { world.moved(&target) } else { target };
                (edge["kind"].as_str().unwrap_or_default().to_owned(), target)
            })
            // Who made it, and the name of what Azure makes, is not in a template.
            .filter(|(kind, target)| {
                kind != "CREATED_BY" && (!target.contains(&EMPTY.to_string()) || expected.contains_key(target))
            })
            .collect()
    };
    let (was, is) = (edges(old, true), edges(new, false));
    differences.edges += was.len();
    for edge in was.symmetric_difference(&is) {
        let side = if was.contains(edge) { "old" } else { "new" };
        differences.found.push(format!("{key}: {} {} only in the {side} graph", edge.0, edge.1));
    }
}

/// Whatever differs between two values.
fn unequal(a: &Value, b: &Value, path: &str, found: &mut Vec<String>) {
    match (a, b) {
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let (a, b) = (one.get(name).unwrap_or(&Value::Null), other.get(name).unwrap_or(&Value::Null));
                unequal(a, b, &format!("{path}.{name}"), found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (at, (a, b)) in one.iter().zip(other).enumerate() {
                let name = a["name"].as_str().unwrap_or_default();
                unequal(a, b, &format!("{path}[{at} {name}]"), found);
            }
        }
        (a, b) if a == b => {}
        // A place is told by its name or by its code.
        (Value::String(one), Value::String(other))
            if path.ends_with(".location") && arm::location_code(one) == arm::location_code(other) => {}
        (a, b) => found.push(format!("{path}: {a} -> {b}")),
    }
}

fn lower(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.to_lowercase()),
        Value::Array(items) => items.iter().map(lower).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.to_lowercase(), lower(value))).collect())
        }
        other => other.clone(),
    }
}

/// Takes what stands at `a.b[0].c` out of a body.
fn remove(body: &mut Value, path: &str) {
    let Some((above, last)) = path.rsplit_once('.') else {
        if let Value::Object(fields) = body {
            fields.remove(path);
        }
        return;
    };
    let mut at = body;
    for part in above.split('.') {
        let mut parts = part.split('[');
        let name = parts.next().unwrap_or_default();
        let Some(below) = at.get_mut(name) else { return };
        at = below;
        for index in parts {
            let Some(below) = index.trim_end_matches(']').parse::<usize>().ok().and_then(|index| at.get_mut(index))
            else {
                return;
            };
            at = below;
        }
    }
    if let Value::Object(fields) = at {
        fields.remove(last);
    }
}

/// What `old` has and `new` has not, or otherwise. Nothing is nothing in any form.
fn lacks(old: &Value, new: &Value, path: &str, found: &mut impl FnMut(&str, &Value, &Value)) {
    let is_nothing = |value: &Value| {
        value.is_null()
            || value == &json!("")
            || value.as_array().is_some_and(|items| items.iter().all(|item| item == &json!("")))
            || value.as_object().is_some_and(Map::is_empty)
    };
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in old {
                lacks(value, new.get(name).unwrap_or(&Value::Null), &format!("{path}.{name}"), found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (at, (old, new)) in old.iter().zip(new).enumerate() {
                lacks(old, new, &format!("{path}[{at}]"), found);
            }
        }
        (Value::Object(fields), Value::Null) if fields.values().all(is_nothing) => {}
        (old, new) if old == new || is_nothing(old) => {}
        (old, new) => found(path, new, old),
    }
}

fn told(name: &str, differences: &Differences) {
    say(&format!("{name}: {} resources, {} edges", differences.compared, differences.edges));
    for line in differences.found.iter().take(400) {
        say(&format!("    {line}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn contoso_deployed_into_an_empty_subscription_is_contoso_again() {
    let differences = redeployed(vec![Source::Contoso], By::Template).await;
    told("Contoso", &differences);
    assert!(differences.found.is_empty(), "{} differences", differences.found.len());
    assert!(differences.compared > 100, "{}", differences.compared);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_group_deployed_into_an_empty_subscription_is_itself_again() {
    let Some(files) = recorded_groups() else { return };
    let mut count = 0;
    for file in files {
        let differences = redeployed(vec![Source::Directory(file.clone())], By::Template).await;
        told(&file.file_stem().expect("a name").to_string_lossy(), &differences);
        count += differences.found.len();
    }
    assert_eq!(count, 0, "differences");
}
