//! The tables against recorded groups: how much is typed, and what the real provider is known to want.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};

use super::{Form, table};
use crate::{
    api::GenerateIacRequest,
    arm::{self, ResourceId},
    graph::model::{Label, Node},
    iac::{plan, select::Selection, terraform},
};

/// Below the folder that the project shares with its checkers; `None` where it is not there.
fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    path.exists().then_some(path)
}

pub fn node(body: &Json, type_name: &str, api_version: &str) -> Option<Node> {
    let id = body["id"].as_str()?.to_owned();
    let parsed = ResourceId::parse(&id)?;
    let is_group = parsed.namespace.is_none();
    Some(Node {
        label: if is_group { Label::ResourceGroup } else { Label::Resource },
        key: arm::key(&id),
        name: parsed.name().to_owned(),
        id,
        type_name: if is_group { "Microsoft.Resources/resourceGroups" } else { type_name }.to_owned(),
        api_version: api_version.to_owned(),
        subscription_id: parsed.subscription.clone(),
        resource_group: parsed.resource_group.clone(),
        location: None,
        tags: BTreeMap::new(),
        content_hash: String::new(),
        first_seen: 0,
        last_seen: 0,
        body: body.clone(),
    })
}

pub fn planned(nodes: impl IntoIterator<Item = Node>) -> plan::Plan {
    let nodes = nodes.into_iter().map(|node| (node.key.clone(), node)).collect();
    let request = json!({"tenant_id": "00000000-0000-4000-8000-00000000000a", "output_format": "terraform", "auto_import_existing": true});
    let request: GenerateIacRequest = serde_json::from_value(request).expect("a request");
    plan::build(Selection { nodes, ..Selection::default() }, &request)
}

/// The recorded groups, one plan each.
fn scenarios() -> Option<Vec<(String, plan::Plan)>> {
    let directory = shared("azure-data/_scenarios")?;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("readable").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let plan = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).expect("readable");
        let scenario: Json = serde_json::from_str(&text).expect("JSON");
        let rows = scenario["resources"].as_array().expect("resources").clone();
        let nodes = rows.iter().filter_map(|row| {
            node(&row["body"], row["type"].as_str().unwrap_or_default(), row["apiVersion"].as_str().unwrap_or_default())
        });
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, planned(nodes))
    };
    Some(files.iter().map(plan).collect())
}

#[test]
fn every_word_of_the_tables_means_something() {
    assert_eq!(table::strangers(), Vec::<String>::new());
    assert!(table::TABLES.values().flatten().count() > 30);
}

#[test]
fn most_of_the_recorded_resources_of_listed_types_are_typed() {
    let Some(plans) = scenarios() else { return };
    let (mut listed, mut typed) = (0, 0);
    let mut reasons: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, plan) in &plans {
        for (number, item) in plan.items.iter().enumerate() {
            let is_listed = table::TABLES.contains_key(&item.type_name.to_ascii_lowercase());
            if let Some(Form::Generic(reason)) = plan.forms.get(number) {
                listed += usize::from(is_listed);
                if is_listed {
                    reasons.entry(item.type_name.clone()).or_default().insert(format!("{reason} ({name})"));
                }
            } else {
                listed += 1;
                typed += 1;
            }
        }
        if let Some(to) = std::env::var_os("ATGD_WRITE") {
            let to = Path::new(&to).join(name);
            std::fs::create_dir_all(&to).expect("a directory");
            for (file, text) in terraform::print(plan, true) {
                std::fs::write(to.join(file), text).expect("written");
            }
        }
    }
    for (kind, reasons) in &reasons {
        for reason in reasons {
            println!("{kind}: {reason}");
        }
    }
    println!("typed: {typed} of {listed} recorded resources of listed types");
    assert!(typed * 100 >= listed * 60, "{typed} of {listed}");
}
