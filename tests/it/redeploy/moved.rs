//! A group for another subscription, region and suffix: it deploys, and what of the old place is left is in the report.

use std::collections::BTreeSet;

use atgd::{
    arm,
    simulator::{Settings, Source},
};
use serde_json::{Value, json};

use super::{EMPTY, Redeployed, said};
use crate::harness::{Scanned, recorded_groups, say};

/// What must not be left without a word.
struct Old {
    subscriptions: BTreeSet<String>,
    regions: BTreeSet<String>,
    /// Of what was renamed.
    names: BTreeSet<String>,
}

impl Old {
    /// What of the old place a text says.
    fn said_by(&self, text: &str) -> Option<String> {
        let lower = text.to_lowercase();
        let subscription = self.subscriptions.iter().find(|id| lower.contains(id.as_str()));
        let parts: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
        let region = || parts.iter().find(|part| self.regions.contains(**part)).map(|part| (*part).to_owned());
        let words = || lower.split(|c: char| !(c.is_alphanumeric() || c == '-'));
        let name = || words().find(|word| self.names.contains(*word)).map(str::to_owned);
        subscription.cloned().or_else(region).or_else(name)
    }
}

fn texts(value: &Value, path: &str, see: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => see(path, text),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| texts(item, &format!("{path}[{at}]"), see));
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                see(&below, name);
                texts(value, &below, see);
            }
        }
        _ => {}
    }
}

/// What is left of the old place in the new subscription, and not in the report.
async fn left(source: Source) -> (usize, Vec<String>) {
    let settings =
        Settings { sources: vec![source], empty_subscriptions: vec![EMPTY], any_version: true, ..Settings::default() };
    let mut world = Redeployed::new(Scanned::new(settings).await);
    let before = world.rows().await;
    world.old = before.values().filter_map(|row| row["subscription_id"].as_str()).map(str::to_lowercase).collect();
    let request = json!({"target_subscription_id": EMPTY, "location": "swedencentral", "name_suffix": "-dr"});
    let (directory, _) = world.scanned.generated("arm", request).await;
    let report: Value =
        serde_json::from_slice(&std::fs::read(directory.join("report.json")).expect("a report")).expect("JSON");
    let told = said(&report);
    let regions = before.values().filter_map(|row| row["location"].as_str()).map(arm::location_code);
    let renamed = before.keys().filter(|key| {
        let moved = world.moved(key);
        !told.contains_key(&moved) && ["-dr", "dr"].iter().any(|suffix| told.contains_key(&format!("{moved}{suffix}")))
    });
    let old = Old {
        subscriptions: world.old.clone(),
        regions: regions.filter(|code| !["global", "europe", "unitedstates"].contains(&code.as_str())).collect(),
        names: renamed.filter_map(|key| key.rsplit('/').next()).map(str::to_owned).collect(),
    };
    for row in before.values() {
        world.scanned.sim.remove(row["id"].as_str().expect("an id"));
    }
    world.deploy(&directory).await;
    world.scanned.again().await;
    let mut found = Vec::new();
    let mut count = 0;
    for (key, row) in world.rows().await {
        if !key.contains(&EMPTY.to_string()) || key.contains("/microsoft.resources/deployments/") {
            continue;
        }
        count += 1;
        let node = world.node(row["id"].as_str().expect("an id")).await;
        let rows = told.get(&key).and_then(|row| row["left_behind"].as_array()).cloned().unwrap_or_default();
        let circular = told.get(&key).and_then(|row| row["circular"].as_array()).cloned().unwrap_or_default();
        texts(&node["body"], "", &mut |path, text| {
            let is_address = ["id", "name", "type", "location"].contains(&path);
            let Some(word) = old.said_by(text).filter(|_| !is_address) else { return };
            let is_told = rows.iter().any(|row| text.contains(row["id"].as_str().unwrap_or("\0")))
                || circular.iter().any(|row| row["path"] == path);
            if !is_told {
                found.push(format!("{key}: {path}: {word} in {text:?}"));
            }
        });
        let location = node["body"]["location"].as_str().map(arm::location_code).unwrap_or_default();
        if old.regions.contains(&location) {
            found.push(format!("{key}: is in {location}"));
        }
    }
    world.scanned.stop().await;
    (count, found)
}

#[tokio::test(flavor = "multi_thread")]
async fn contoso_for_another_place_leaves_nothing_behind_without_a_word() {
    let (count, found) = left(Source::Contoso).await;
    assert_eq!(found, [] as [String; 0]);
    assert!(count > 100, "{count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_group_for_another_place_leaves_nothing_behind_without_a_word() {
    let Some(files) = recorded_groups() else { return };
    let mut all = Vec::new();
    for file in files {
        let (count, found) = left(Source::Directory(file.clone())).await;
        say(&format!("{}: {count} resources moved", file.file_stem().expect("a name").to_string_lossy()));
        all.extend(found);
    }
    assert_eq!(all, [] as [String; 0]);
}
