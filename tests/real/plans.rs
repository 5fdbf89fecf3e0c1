//! `terraform plan` of generated code, by Terraform's real azurerm provider, against the simulator.
//!
//! What is promised is "N to import, 0 to add, 0 to change, 0 to destroy". There is no such provider
//! for azapi on a machine without a registry: its resources are left out of the plan, and references to
//! them become the ids that they stand for.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use atgd::simulator::{Settings, Source};
use serde_json::{Value, json};

use crate::{
    harness::{Scanned, recorded_groups, say, shared},
    terraform::{Terraform, provider},
};

/// What the plan says of each type: clean imports, and all others with their reason.
#[derive(Debug, Default)]
struct Plan {
    clean: BTreeMap<String, usize>,
    rest: Vec<String>,
    summary: String,
}

/// Serves, scans, generates with imports, plans what is typed.
async fn planned(sources: Vec<Source>) -> Option<Plan> {
    let provider = provider()?;
    let settings = Settings { sources, ..Settings::default() }.for_foreign_programs();
    let scanned = Scanned::new(settings).await;
    let (directory, _) = scanned.generated("terraform", json!({"auto_import_existing": true})).await;
    if let Some(keep) = std::env::var_os("ATGD_WRITE") {
        let _ = std::fs::remove_dir_all(&keep);
        copy(&directory, Path::new(&keep));
    }
    let typed = scanned.house.path().join("typed");
    let variables = only_typed(&directory, &typed);
    let terraform = Terraform::new(&provider, scanned.house.path(), &typed, &scanned.sim);
    let plan = tokio::task::spawn_blocking(move || plan(&terraform, &variables)).await.expect("no panic");
    scanned.stop().await;
    Some(plan)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("readable") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
    }
}

/// The code without azapi; the answer is the names of secret variables.
fn only_typed(from: &Path, to: &Path) -> Vec<String> {
    std::fs::create_dir_all(to).expect("a directory");
    let files: BTreeMap<String, String> = std::fs::read_dir(from)
        .expect("readable")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("readable"))
        })
        .collect();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for block in blocks(&files["imports.tf"]) {
        let field = |name: &str| {
            let line = block.lines().find_map(|line| line.trim().strip_prefix(name)?.trim().strip_prefix("= "));
            line.unwrap_or_default().trim_matches('"').to_owned()
        };
        let id = field("id");
        ids.insert(field("to"), id.split("?api-version").next().unwrap_or_default().to_owned());
    }
    let is_ours = |block: &str| {
        !block.starts_with("resource \"azapi")
            && !block.starts_with("provider \"azapi")
            && !block.contains("to = azapi")
    };
    let mut variables = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| *name != "outputs.tf") {
        let mut kept: String = blocks(text).into_iter().filter(|block| is_ours(block)).collect();
        if name == "versions.tf" {
            let (before, rest) = kept.split_once("    azapi = {").expect("azapi is required");
            let (_, after) = rest.split_once("    }\n").expect("a block's end");
            kept = format!("{before}{after}");
        }
        // The longest addresses first: one may begin another.
        for (address, id) in ids.iter().rev().filter(|(address, _)| address.starts_with("azapi")) {
            let last = id.rsplit('/').next().unwrap_or_default();
            for (attribute, value) in [("id", id.as_str()), ("name", last)] {
                kept = kept.replace(&format!("${{{address}.{attribute}}}"), value);
                kept = kept.replace(&format!("{address}.{attribute}"), &format!("\"{value}\""));
            }
        }
        if name == "variables.tf" {
            let secret = blocks(&kept).into_iter().filter(|block| block.contains("sensitive "));
            variables.extend(secret.filter_map(|block| block.split('"').nth(1).map(str::to_owned)));
        }
        std::fs::write(to.join(name), kept).expect("written");
    }
    variables
}

/// Top-level blocks of formatted HCL.
fn blocks(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        let opens = line.starts_with(|c: char| c.is_ascii_alphabetic());
        match out.last_mut() {
            Some(block) if !opens => block.push_str(line),
            _ => out.push(line.to_owned()),
        }
    }
    out
}

fn plan(terraform: &Terraform, variables: &[String]) -> Plan {
    let run = |arguments: &[&str]| {
        let mut command = terraform.command(arguments);
        for name in variables {
            command.env(format!("TF_VAR_{name}"), "Placeholder-1a");
        }
        command.output().expect("terraform runs")
    };
    let planned = run(&["plan", "-input=false", "-no-color", "-out=plan"]);
    let text = String::from_utf8_lossy(&planned.stdout).into_owned() + &String::from_utf8_lossy(&planned.stderr);
    let summary = text.lines().find(|line| line.starts_with("Plan:") || line.contains("No changes"));
    let mut plan = Plan { summary: summary.unwrap_or("no plan").to_owned(), ..Plan::default() };
    if !planned.status.success() {
        let errors = text.split("Error: ").skip(1).map(|error| error.replace(['│', '\n'], " "));
        plan.rest.extend(errors.map(|error| error.split_whitespace().collect::<Vec<_>>().join(" ")));
        let replaced =
            text.lines().filter(|line| line.contains("forces replacement") || line.contains("must be replaced"));
        plan.rest.extend(replaced.map(|line| line.trim().to_owned()));
        if plan.rest.is_empty() {
            plan.rest.push(text);
        }
        return plan;
    }
    let shown = run(&["show", "-json", "plan"]);
    let shown: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    for row in shown["resource_changes"].as_array().into_iter().flatten() {
        let change = &row["change"];
        if change["actions"] == json!(["no-op"]) && change.get("importing").is_some() {
            *plan.clean.entry(row["type"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
            continue;
        }
        let fields = |side: &str| change[side].as_object().cloned().unwrap_or_default();
        let (before, after) = (fields("before"), fields("after"));
        let unknown = &change["after_unknown"];
        let differ = after.iter().filter(|(name, value)| before.get(*name) != Some(value) && unknown[*name].is_null());
        let differ: Vec<String> = differ
            .map(|(name, value)| format!("{name}: {} -> {value}", before.get(name).unwrap_or(&Value::Null)))
            .collect();
        plan.rest.push(format!("{} {}: {}", row["address"], change["actions"], differ.join("; ")));
    }
    plan
}

fn told(name: &str, plan: &Plan) {
    say(&format!("{name}: {}", plan.summary));
    for line in &plan.rest {
        say(&format!("    {line}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn contosos_plan_imports_and_changes_nothing() {
    let Some(plan) = planned(vec![Source::Contoso]).await else { return };
    told("Contoso", &plan);
    for (kind, count) in &plan.clean {
        say(&format!("    {count:>4} {kind}"));
    }
    assert!(plan.rest.is_empty(), "{}", plan.summary);
    assert!(plan.clean.len() >= 80, "{} types", plan.clean.len());
}

/// Bodies of ours, for the kinds that no recorded group has.
#[tokio::test(flavor = "multi_thread")]
async fn plans_of_bodies_made_for_the_tables_import_and_change_nothing() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/kinds.json");
    let Some(plan) = planned(vec![Source::Directory(file)]).await else { return };
    told("kinds", &plan);
    assert!(plan.rest.is_empty(), "{}", plan.summary);
    let imported: usize = plan.clean.values().sum();
    assert!(imported >= KINDS, "{imported} imported");
}

/// All that the file holds, with what stands beside them.
const KINDS: usize = 49;

#[tokio::test(flavor = "multi_thread")]
async fn plans_of_recorded_groups_import_and_change_nothing() {
    let Some(files) = recorded_groups() else { return };
    let wanted = std::env::var("ATGD_SCENARIO").unwrap_or_default();
    let (mut clean, mut rest) = (BTreeMap::<String, usize>::new(), 0);
    for file in files {
        let Some(plan) = planned(vec![Source::Directory(file.clone())]).await else { return };
        told(&file.file_stem().expect("a name").to_string_lossy(), &plan);
        rest += plan.rest.len();
        for (kind, count) in plan.clean {
            *clean.entry(kind).or_default() += count;
        }
    }
    for (kind, count) in &clean {
        say(&format!("    {count:>4} {kind}"));
    }
    assert_eq!(rest, 0, "plans with changes or errors");
    let imported: usize = clean.values().sum();
    assert!(!wanted.is_empty() || imported >= 185, "{imported} imported");
}

/// Bodies stand here without what they need, and some were told by api-versions that lacked what the
/// provider asks for: what is clean is counted, and may only grow.
#[tokio::test(flavor = "multi_thread")]
async fn most_single_bodies_that_azure_gave_are_imported_without_a_change() {
    let Some(directory) = shared("azure-data") else { return };
    let wanted = std::env::var("ATGD_NAMESPACE").unwrap_or_default();
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("readable").map(|entry| entry.expect("an entry").path()).collect();
    folders.retain(|folder| folder.is_dir() && folder.to_string_lossy().contains("/Microsoft."));
    folders.retain(|folder| folder.to_string_lossy().contains(&wanted));
    folders.sort();
    let (mut clean, mut rest) = (0, 0);
    for folder in folders {
        let bodies = tempfile::tempdir().expect("a directory");
        if !keep_recorded(&folder, bodies.path()) {
            continue;
        }
        let Some(plan) = planned(vec![Source::Directory(bodies.path().to_owned())]).await else { return };
        told(&folder.file_name().expect("a name").to_string_lossy(), &plan);
        clean += plan.clean.values().sum::<usize>();
        rest += plan.rest.len();
    }
    say(&format!("{clean} clean, {rest} lines of changes and errors"));
    assert!(!wanted.is_empty() || clean >= 195, "{clean} clean");
}

/// Writes the bodies that were recorded, not those of the documentation; whether there are any of a subscription.
fn keep_recorded(from: &Path, to: &Path) -> bool {
    let mut found = false;
    for entry in std::fs::read_dir(from).expect("readable") {
        let path = entry.expect("an entry").path();
        let Ok(mut table) = serde_json::from_slice::<Value>(&std::fs::read(&path).expect("readable")) else { continue };
        let Some(instances) = table["instances"].as_array_mut() else { continue };
        instances.retain(|instance| {
            let id = instance["body"]["id"].as_str().unwrap_or_default().to_ascii_lowercase();
            instance["kind"].as_str().is_some_and(|kind| kind.starts_with("recorded"))
                && id.contains("/resourcegroups/")
        });
        found |= !instances.is_empty();
        let name = path.file_name().expect("a name");
        std::fs::write(to.join(name), table.to_string()).expect("written");
    }
    found
}
