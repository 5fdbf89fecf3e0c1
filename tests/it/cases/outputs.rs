//! A case's tenant, scanned, and what is generated from it.
#![allow(dead_code, reason = "each kind of case asks for some")]

use std::path::PathBuf;

use atgd::simulator;
use serde_json::{Value, json};

use crate::harness::{Scanned, shared};

/// The case of a name, scanned with all child types; `None` where the shared folder is not beside the project.
pub async fn scanned(name: &str) -> Option<Scanned> {
    let directory = shared(&format!("cases/{name}"))?;
    let sources = vec![simulator::Source::Directory(directory)];
    Some(Scanned::new(simulator::Settings { sources, ..simulator::Settings::default() }).await)
}

/// What one generation left.
pub struct Output {
    pub directory: PathBuf,
    pub result: Value,
    pub report: Value,
}

/// Generates `format` with more of the request.
pub async fn generated(scanned: &Scanned, format: &str, more: Value) -> Output {
    let (directory, result) = scanned.generated(format, more).await;
    let text = std::fs::read(directory.join("report.json")).expect("a report");
    Output { directory, result, report: serde_json::from_slice(&text).expect("JSON") }
}

/// Terraform, Terraform with imports, Bicep and ARM.
pub async fn in_all_formats(scanned: &Scanned, more: &Value) -> [(&'static str, Output); 4] {
    let mut with_imports = more.clone();
    with_imports["auto_import_existing"] = json!(true);
    [
        ("terraform", generated(scanned, "terraform", more.clone()).await),
        ("imports", generated(scanned, "terraform", with_imports).await),
        ("bicep", generated(scanned, "bicep", more.clone()).await),
        ("arm", generated(scanned, "arm", more.clone()).await),
    ]
}

impl Output {
    /// All files with one of the endings, one after the other.
    pub fn text(&self, endings: &[&str]) -> String {
        let mut texts = Vec::new();
        let mut directories = vec![self.directory.clone()];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(&directory).expect("readable") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    directories.push(path);
                } else if endings.iter().any(|ending| path.extension().is_some_and(|own| own == *ending)) {
                    texts.push((path.clone(), std::fs::read_to_string(&path).expect("text")));
                }
            }
        }
        texts.sort();
        texts.into_iter().map(|(_, text)| text).collect()
    }

    /// The code of any format, without the report.
    pub fn code(&self) -> String {
        self.text(&["tf", "bicep", "bicepparam"])
            + &std::fs::read_to_string(self.directory.join("azuredeploy.json")).unwrap_or_default()
    }

    /// The report's row of a resource, by its name or the end of its id.
    pub fn row(&self, name: &str) -> Option<&Value> {
        let rows = self.report["resources"].as_array()?;
        rows.iter().find(|row| row["id"].as_str().is_some_and(|id| id.ends_with(name)))
    }

    /// Every resource of an ARM template, nested deployments opened.
    pub fn arm_resources(&self) -> Vec<Value> {
        let text = std::fs::read(self.directory.join("azuredeploy.json")).expect("a template");
        let template: Value = serde_json::from_slice(&text).expect("JSON");
        let mut found = Vec::new();
        let mut templates = vec![template];
        while let Some(template) = templates.pop() {
            for resource in template["resources"].as_array().cloned().unwrap_or_default() {
                if resource["type"] == "Microsoft.Resources/deployments" {
                    templates.push(resource["properties"]["template"].clone());
                } else {
                    found.push(resource);
                }
            }
        }
        found
    }
}
