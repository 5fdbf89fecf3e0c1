//! What was scanned is described with other names, and created of that: the same shape, and none of the names.

use std::collections::{BTreeMap, BTreeSet};

use atgd::{
    arm,
    simulator::{Settings, Source},
};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{EMPTY, Redeployed};
use crate::harness::{Scanned, recorded_groups, say};

/// Ids of the groups and resources of a text, in its order, and those of its subscriptions.
fn ids(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut out, mut subscriptions) = (Vec::new(), Vec::new());
    let (mut subscription, mut group) = (String::new(), String::new());
    let mut open: Option<(String, String)> = None;
    let close = |open: &mut Option<(String, String)>, scope: String, out: &mut Vec<String>| {
        let Some((name, kind)) = open.take() else { return };
        let (namespace, kinds) = kind.split_once('/').expect("a type");
        let pairs = kinds.split('/').zip(name.split('/')).map(|(kind, name)| format!("/{kind}/{name}"));
        out.push(arm::key(&format!("{scope}/providers/{namespace}{}", pairs.collect::<String>())));
    };
    for line in text.lines() {
        let bracket = |rest: &str| {
            let (name, inner) = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")).expect("a bracket");
            (name.replace('\\', ""), inner.to_owned())
        };
        if let Some(scope) = line.strip_prefix("- scope: ") {
            close(&mut open, scope.trim_matches('"').to_owned(), &mut out);
        } else if let Some(rest) = line.strip_prefix("## Subscription: ") {
            close(&mut open, group.clone(), &mut out);
            subscription = if rest.contains('(') { bracket(rest).1 } else { rest.to_owned() };
            subscriptions.push(subscription.clone());
        } else if let Some(rest) = line.strip_prefix("### Resource Group: ") {
            close(&mut open, group.clone(), &mut out);
            group = format!("/subscriptions/{subscription}/resourceGroups/{}", bracket(rest).0);
            out.push(arm::key(&group));
        } else if let Some(rest) = line.strip_prefix("#### Resource: ") {
            close(&mut open, group.clone(), &mut out);
            open = Some(bracket(rest));
        }
    }
    close(&mut open, group, &mut out);
    (out, subscriptions)
}

/// Names that Azure gives, or that mean something to it.
const AZURES: [&str; 9] = [
    "applicationinsights",
    "default",
    "current",
    "policy",
    "vulnerabilityassessments",
    "azurebastionsubnet",
    "azurefirewallsubnet",
    "gatewaysubnet",
    "system",
];

/// Whether a text holds a word, not as a part of another one.
fn holds(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next())
    })
}

/// Words of the tenant's own that no text may hold.
fn canaries(bodies: &[Value], plain: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for body in bodies {
        let id = body["id"].as_str().unwrap_or_default();
        let parts: Vec<String> = id.split('/').map(str::to_lowercase).collect();
        let names = (4..parts.len()).step_by(2).filter(|at| parts[at - 1] != "providers");
        found.extend(names.map(|at| parts[at].clone()));
        for (name, value) in body["tags"].as_object().into_iter().flatten() {
            found.insert(name.to_lowercase());
            found.insert(value.as_str().unwrap_or_default().to_lowercase());
        }
    }
    for line in
        plain.lines().skip_while(|line| !line.starts_with("## Users")).take_while(|line| !line.starts_with("## Role"))
    {
        let is_head = line.to_lowercase().starts_with("| display name");
        let cells =
            line.split('|').filter(|_| line.starts_with('|') && !is_head).map(|cell| cell.trim().to_lowercase());
        found.extend(cells.filter(|cell| cell.contains(['@', ' ']) && !cell.contains(", ")));
    }
    // Words of Azure's own, which mean something.
    let is_azures = |word: &String| word.starts_with("privatelink.") || AZURES.contains(&word.as_str());
    found.retain(|word| word.len() > 5 && word.contains(|c: char| c.is_ascii_alphabetic()) && !is_azures(word));
    found
}

async fn described(world: &Redeployed, anonymize: bool) -> (String, Value) {
    let body = json!({"tenant_id": world.scanned.house.tenant, "anonymize": anonymize});
    let daemon = &world.scanned.daemon;
    let id = daemon.submit("/api/v1/generate-spec", &body).await;
    assert_eq!(daemon.finished(&id).await["status"], "completed");
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].take();
    let text = daemon.bytes(&format!("/api/v1/jobs/{id}/artifacts/file/specification.md")).await;
    (String::from_utf8(text).expect("UTF-8"), result)
}

/// A tenant takes sign-in names of its own domains alone: the made-up ones are replaced, as the result's warning asks.
fn with_a_verified_domain(text: &str) -> String {
    let mut parts = text.split('@');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let made_up = part.split_once(".example").filter(|(domain, _)| {
            domain.len() == 9 && domain.starts_with('d') && domain[1..].bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        match made_up {
            Some((_, rest)) => out.extend(["@simulated.example", rest]),
            None => out.extend(["@", part]),
        }
    }
    out
}

async fn create(world: &Redeployed, text: &str, result: &Value, subscriptions: &[String]) {
    let map: Map<String, Value> = subscriptions.iter().map(|old| (old.clone(), json!(EMPTY))).collect();
    let names = result["secrets"].as_array().expect("secrets").iter().filter_map(|secret| secret["name"].as_str());
    let secrets: Map<String, Value> = names.map(|name| (name.to_owned(), json!("Placeholder-1a"))).collect();
    let tenant = &world.scanned.house.tenant;
    let text = with_a_verified_domain(text);
    let request = json!({"spec_content": text, "tenant_id": tenant, "subscription_map": map, "secrets": secrets});
    let daemon = &world.scanned.daemon;
    let (status, body) = daemon.call(Method::POST, "/api/v1/create-tenant", Some(&request)).await;
    assert_eq!(status, 202, "{body:#}");
    let id = body["job_id"].as_str().expect("an id").to_owned();
    let view = daemon.finished(&id).await;
    let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await;
    assert_eq!(view["status"], "completed", "{:#}", result["result"]["failed"]);
}

/// Kinds of the edges that a node holds, with what they lead to: one of the pairs, or the kind of thing that it is.
fn edges(node: &Value, to: &BTreeMap<String, String>) -> BTreeSet<String> {
    let out = node["edges"]["out"].as_array().cloned().unwrap_or_default();
    // An address that its service makes of a name is no reference of the text's.
    let out: Vec<Value> = out.into_iter().filter(|edge| edge["path"] != "properties.uri").collect();
    let shown = |edge: &Value| {
        let kind = edge["kind"].as_str().unwrap_or_default().to_owned();
        let target = edge["target"].as_str().unwrap_or_default().to_lowercase();
        let shown = match to.get(&target) {
            Some(paired) => paired.clone(),
            None if target.starts_with("/subscriptions/") => {
                arm::ResourceId::parse(&target).map(|id| id.type_name()).unwrap_or_default()
            }
            None => String::new(),
        };
        // Who made it is somebody else, and what Azure makes beside is not in the text.
        let is_counted = kind != "CREATED_BY" && kind != "CONTAINS" && !shown.contains("roleassignments");
        is_counted.then(|| format!("{kind} {shown}"))
    };
    out.iter().filter_map(shown).collect()
}

async fn same_shape(source: Source) -> Vec<String> {
    let settings =
        Settings { sources: vec![source], empty_subscriptions: vec![EMPTY], any_version: true, ..Settings::default() };
    let world = Redeployed::new(Scanned::new(settings).await);
    let before = world.rows().await;
    let mut bodies = BTreeMap::new();
    for (key, row) in &before {
        bodies.insert(key.clone(), world.node(row["id"].as_str().expect("an id")).await);
    }
    let (plain, _) = described(&world, false).await;
    let (text, result) = described(&world, true).await;
    if let Some(keep) = std::env::var_os("ATGD_WRITE") {
        std::fs::write(std::path::Path::new(&keep).join("anonymised.md"), &text).expect("written");
        std::fs::write(std::path::Path::new(&keep).join("anonymised.json"), format!("{result:#}")).expect("written");
    }
    let mut found = Vec::new();
    if described(&world, true).await.0 != text {
        found.push("another text at another run".to_owned());
    }
    let lower = text.to_lowercase();
    let all: Vec<Value> = bodies.values().cloned().collect();
    let told = canaries(&all, &plain).into_iter().filter(|word| holds(&lower, word));
    found.extend(told.map(|word| format!("the text holds {word:?}")));
    let (old, _) = ids(&plain);
    let (new, subscriptions) = ids(&text);
    if old.len() != new.len() {
        found.push(format!("{} things became {}: {:#}", old.len(), new.len(), result["left_out"]));
        return found;
    }
    create(&world, &text, &result, &subscriptions).await;
    world.scanned.again().await;
    let moved =
        |id: &String| subscriptions.iter().fold(id.clone(), |id, old| id.replace(old.as_str(), &EMPTY.to_string()));
    let number = |at: usize| format!("#{at}");
    let of_old: BTreeMap<String, String> = old.iter().enumerate().map(|(at, id)| (id.clone(), number(at))).collect();
    let of_new: BTreeMap<String, String> = new.iter().map(moved).enumerate().map(|(at, id)| (id, number(at))).collect();
    let after = world.rows().await;
    for (old, new) in old.iter().zip(new.iter().map(moved)) {
        let Some(row) = after.get(&new) else {
            found.push(format!("{old}: its {new} is not in the graph"));
            continue;
        };
        let now = world.node(row["id"].as_str().expect("an id")).await;
        let (was, is) = (edges(&bodies[old], &of_old), edges(&now, &of_new));
        // Where a child is, its service tells, and of what is not in the text it may be that, too.
        let is_child = old.split('/').count() > 9;
        let is_told = |edge: &&String| edge.contains('#') || !(is_child || edge.contains('/'));
        for edge in was.symmetric_difference(&is).filter(is_told) {
            let side = if was.contains(edge) { "old" } else { "new" };
            found.push(format!("{old}: {edge} only in the {side} graph"));
        }
    }
    say(&format!(
        "{} things, {} left out, {} differences",
        old.len(),
        result["left_out"].as_array().map_or(0, Vec::len),
        found.len()
    ));
    world.scanned.stop().await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn contoso_with_other_names_has_its_shape_and_none_of_its_names() {
    let found = same_shape(Source::Contoso).await;
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_groups_with_other_names_have_their_shapes() {
    let Some(files) = recorded_groups() else { return };
    let mut all = Vec::new();
    for file in files {
        say(&format!("{}", file.display()));
        let found = same_shape(Source::Directory(file.clone())).await;
        for line in &found {
            say(&format!("    {line}"));
        }
        all.extend(found);
    }
    assert!(all.is_empty(), "{} differences", all.len());
}
