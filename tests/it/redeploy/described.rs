//! What was scanned is described, and created again of its description: the same graph but for ids.

use std::collections::{BTreeMap, BTreeSet};

use atgd::{arm, simulator::Source};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{By, EMPTY, Redeployed, redeployed, told};
use crate::harness::{recorded_groups, say};

/// A tenant's specification.
pub struct Described {
    pub text: String,
    pub result: Value,
    /// Keys of what it says that it leaves out.
    left: BTreeSet<String>,
}

impl Described {
    /// Whether it says of a resource that it leaves it out, or what the resource is below.
    pub fn leaves(&self, key: &str) -> bool {
        self.left.iter().any(|left| key == left || key.starts_with(&format!("{left}/")))
    }

    /// Whether a warning tells of a difference: who an identity is, only Azure knows when it is made anew.
    pub fn tells(&self, difference: &str) -> bool {
        let Some((key, rest)) = difference.split_once(": .") else { return false };
        let Some((path, _)) = rest.split_once(": ") else { return false };
        let name = key.rsplit('/').next().unwrap_or_default();
        let begin = format!("{path} of {name} is who ");
        let mut warnings = self.result["warnings"].as_array().into_iter().flatten().filter_map(Value::as_str);
        warnings.any(|warning| warning.to_lowercase().starts_with(&begin))
    }
}

/// Who has which role where.
fn granted(node: &Value, moved: impl Fn(&str) -> String) -> (String, String, String) {
    let of = |name: &str| node["body"]["properties"][name].as_str().unwrap_or_default().to_owned();
    let id = node["id"].as_str().unwrap_or_default().to_lowercase();
    let scope = id.split("/providers/microsoft.authorization/roleassignments/").next().unwrap_or_default().to_owned();
    let role = of("roleDefinitionId").rsplit('/').next().unwrap_or_default().to_lowercase();
    (moved(&scope), moved(&of("principalId")), role)
}

impl Redeployed {
    /// The tenant's specification, with its own names.
    pub async fn described(&self) -> Described {
        let body = json!({"tenant_id": self.scanned.house.tenant, "anonymize": false});
        let daemon = &self.scanned.daemon;
        let id = daemon.submit("/api/v1/generate-spec", &body).await;
        let view = daemon.finished(&id).await;
        assert_eq!(view["status"], "completed", "{view}");
        let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await["result"].take();
        let text = daemon.bytes(&format!("/api/v1/jobs/{id}/artifacts/file/specification.md")).await;
        let text = String::from_utf8(text).expect("UTF-8");
        if let Some(keep) = std::env::var_os("ATGD_WRITE") {
            std::fs::write(std::path::Path::new(&keep).join("specification.md"), &text).expect("written");
            std::fs::write(std::path::Path::new(&keep).join("spec.json"), format!("{result:#}")).expect("written");
        }
        let rows = result["left_out"].as_array().expect("rows");
        let left = rows.iter().map(|row| arm::key(row["id"].as_str().expect("an id"))).collect();
        Described { text, result, left }
    }

    /// Notes which assignment of the new graph grants what one of the old did: their names are ids.
    pub async fn find_assignments(&mut self, bodies: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) {
        let mut new = BTreeMap::new();
        for (key, row) in after.iter().filter(|(key, _)| key.contains(&EMPTY.to_string())) {
            if key.contains("/microsoft.authorization/roleassignments/") {
                let node = self.node(row["id"].as_str().expect("an id")).await;
                new.insert(granted(&node, str::to_lowercase), key.clone());
            }
        }
        let mut found = BTreeMap::new();
        for (key, node) in bodies.iter().filter(|(key, _)| key.contains("/microsoft.authorization/roleassignments/")) {
            found.extend(new.get(&granted(node, |text| self.moved(text))).map(|new| (self.moved(key), new.clone())));
        }
        self.assignments = found;
    }

    /// Creates it in the empty subscription.
    pub async fn create(&self, described: &Described) {
        let map: Map<String, Value> = self.old.iter().map(|old| (old.clone(), json!(EMPTY))).collect();
        let names = described.result["secrets"].as_array().expect("secrets").iter();
        let secrets: Map<String, Value> =
            names.filter_map(|secret| Some((secret["name"].as_str()?.to_owned(), json!("Placeholder-1a")))).collect();
        let request = json!({"spec_content": described.text, "subscription_map": map, "secrets": secrets});
        let daemon = &self.scanned.daemon;
        let (status, body) = daemon.call(Method::POST, "/api/v1/create-tenant", Some(&request)).await;
        assert_eq!(status, 202, "{body:#}");
        let id = body["job_id"].as_str().expect("an id").to_owned();
        let view = daemon.finished(&id).await;
        let result = daemon.get(&format!("/api/v1/jobs/{id}/result")).await;
        assert_eq!(view["status"], "completed", "{view:#}\n{result:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn contoso_created_from_its_own_specification_is_contoso_again() {
    let differences = redeployed(vec![Source::Contoso], By::Specification).await;
    told("Contoso", &differences);
    assert!(differences.found.is_empty(), "{} differences", differences.found.len());
    assert!(differences.compared > 100, "{}", differences.compared);
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_groups_created_from_their_specifications_are_themselves_again() {
    let Some(files) = recorded_groups() else { return };
    let mut count = 0;
    for file in files {
        say(&format!("{}", file.display()));
        let differences = redeployed(vec![Source::Directory(file.clone())], By::Specification).await;
        told(&file.file_stem().expect("a name").to_string_lossy(), &differences);
        count += differences.found.len();
    }
    assert_eq!(count, 0, "differences");
}
