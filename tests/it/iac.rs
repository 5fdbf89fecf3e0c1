//! Generated code before the real judges: Terraform's CLI, and Azure's published types.

use std::{path::Path, process::Command};

use atgd::simulator;
use serde_json::json;

use crate::harness::{Scanned, say, shared, skip};

async fn scanned(sources: Vec<simulator::Source>) -> Scanned {
    Scanned::new(simulator::Settings { sources, ..simulator::Settings::default() }).await
}

/// Runs a checker of the shared folder; `None` with a line where it is not to be had.
fn checked(tool: &Path, arguments: &[&Path]) -> Option<(bool, String)> {
    let output = Command::new(tool).args(arguments).output().expect("the checker runs");
    if output.status.code() == Some(3) {
        skip(&String::from_utf8_lossy(&output.stderr));
        return None;
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Some((output.status.success(), text))
}

/// Findings of the published types by their kind.
fn findings(text: &str, kind: &str) -> Vec<String> {
    text.lines().filter(|line| line.contains(&format!("error: {kind}"))).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn contosos_terraform_is_valid_for_the_real_cli_and_imports_everything() {
    let scanned = scanned(Vec::new()).await;
    let (directory, result) = scanned.generated("terraform", json!({"auto_import_existing": true})).await;
    let resources: usize = std::fs::read_dir(&directory)
        .expect("readable")
        .filter_map(|entry| std::fs::read_to_string(entry.expect("an entry").path()).ok())
        .map(|text| text.lines().filter(|line| line.starts_with("resource \"")).count())
        .sum();
    assert_eq!(result["imports"], resources, "{result}");
    assert_eq!(result["checks"]["parse"], "ok");
    let tags = std::fs::read_to_string(directory.join("locals.tf")).expect("shared tags");
    assert!(tags.contains("\"$${var.admin} %%{if true}\""), "a tag became a template: {tags}");
    if let Some(tool) = shared("tools/terraform-check/check")
        && let Some((valid, text)) = checked(&tool, &[&directory])
    {
        assert!(valid, "{text}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contosos_template_knows_its_types_and_lacks_nothing_that_is_required() {
    let scanned = scanned(Vec::new()).await;
    let (directory, _) = scanned.generated("arm", json!({})).await;
    if let Some(tool) = shared("tools/types-check/check")
        && let Some((_, text)) = checked(&tool, &[Path::new("--quiet"), &directory.join("azuredeploy.json")])
    {
        let summary = text.lines().last().unwrap_or_default().to_owned();
        say(&format!("Contoso's template: {summary}"));
        assert!(summary.contains("resources"), "{text}");
        let unknown = findings(&text, "unknown type");
        let missing = findings(&text, "missing");
        assert!(unknown.is_empty() && missing.is_empty(), "{unknown:#?}\n{missing:#?}");
        let others: Vec<&str> = text
            .lines()
            .filter(|line| line.contains(": error: ") && !line.contains("read-only given"))
            .filter(|line| !line.contains("unknown property"))
            .collect();
        assert!(others.is_empty(), "{others:#?}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_scenarios_give_terraform_that_the_real_cli_takes() {
    let Some(scenarios) = shared("azure-data/_scenarios") else { return };
    let scanned = scanned(vec![simulator::Source::Directory(scenarios)]).await;
    let (directory, result) = scanned.generated("terraform", json!({})).await;
    say(&format!("scenarios: {} resources emitted", result["resources"]["emitted"]));
    if let Some(tool) = shared("tools/terraform-check/check")
        && let Some((valid, text)) = checked(&tool, &[&directory])
    {
        assert!(valid, "{text}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_with_dependencies_brings_what_is_referred_to() {
    let scanned = scanned(Vec::new()).await;
    let filter = json!({"resource_types": ["Microsoft.Compute/virtualMachines"], "names": ["vm-app-01"]});
    let (directory, result) = scanned.generated("terraform", filter.clone()).await;
    assert_eq!(result["resources"]["selected"], 1, "{result}");
    assert!(result["resources"]["dependencies"].as_u64() > Some(2), "{result}");
    let code = std::fs::read_to_string(directory.join("rg_compute.tf")).expect("the group's file");
    assert!(code.contains("resource \"azurerm_linux_virtual_machine\" \"vm_app_01\""), "{code}");

    let mut alone = filter;
    alone["include_dependencies"] = json!(false);
    let (_, result) = scanned.generated("arm", alone).await;
    assert_eq!((&result["resources"]["emitted"], &result["resources"]["dependencies"]), (&json!(1), &json!(0)));
    scanned.stop().await;
}

/// The report of a generation, which says the same warnings as its result.
fn report(directory: &Path, result: &serde_json::Value) -> serde_json::Value {
    let text = std::fs::read(directory.join("report.json")).expect("readable");
    let report: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(report["warnings"], result["warnings"], "{result}");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_excluded_is_no_dependency_either() {
    let scanned = scanned(Vec::new()).await;
    let filter = json!({"resource_types": ["Microsoft.Compute/virtualMachines"], "names": ["vm-app-01"],
        "exclude_resource_types": ["microsoft.network/*", "*/disks"]});
    for format in ["terraform", "bicep", "arm"] {
        let (directory, result) = scanned.generated(format, filter.clone()).await;
        let report = report(&directory, &result);
        let rows = report["resources"].as_array().expect("a list");
        let types: Vec<&str> = rows.iter().filter_map(|row| row["type"].as_str()).collect();
        assert!(types.contains(&"Microsoft.Compute/virtualMachines"), "{types:?}");
        let kept = types.iter().find(|kind| kind.starts_with("Microsoft.Network/") || kind.ends_with("/disks"));
        assert_eq!(kept, None, "{format}: {types:?}");
        assert!(result["resources"]["external"].as_u64() > Some(0), "{format}: {result}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_of_nothing_says_which_filter_kept_nothing_and_what_there_is() {
    let scanned = scanned(Vec::new()).await;
    for (filter, words) in [
        (json!({"resource_groups": ["nope"]}), ["no resource group is like \"nope\"", "there are rg-"]),
        (
            json!({"resource_types": ["A.B/*"], "tags": {"nope": "x"}}),
            ["no resource type is like", "no tag is like \"nope=…\""],
        ),
        (json!({"names": ["vm-app-01"], "resource_types": ["*/virtualNetworks"]}), ["each filter", "all of them"]),
        (json!({"exclude_resource_types": ["*"]}), ["every resource", "excluded"]),
    ] {
        let (directory, result) = scanned.generated("terraform", filter).await;
        report(&directory, &result);
        assert_eq!(result["resources"]["emitted"], 0, "{result}");
        let warning = result["warnings"][0].as_str().expect("a warning");
        assert!(words.iter().all(|word| warning.contains(word)), "{warning}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_not_there_is_told_with_those_that_are() {
    let scanned = scanned(Vec::new()).await;
    for (at, words) in [
        (json!(99), "has no snapshot 99; there are 1 of 2"),
        (json!("2001-01-01T00:00:00Z"), "as early as 2001-01-01T00:00:00Z; there are 1 of 2"),
    ] {
        let body = json!({"tenant_id": scanned.house.tenant, "output_format": "arm", "at": at});
        let id = scanned.daemon.submit("/api/v1/generate-iac", &body).await;
        let job = scanned.daemon.finished(&id).await;
        assert_eq!(job["error"]["code"], "no_snapshot", "{job}");
        assert!(job["error"]["message"].as_str().is_some_and(|text| text.contains(words)), "{job}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_scan_was_not_let_read_is_told_to_who_generates() {
    let faults = vec!["forbidden@/resourceGroups/rg-web".parse().expect("a fault")];
    let scanned = Scanned::new(simulator::Settings { faults, ..simulator::Settings::default() }).await;
    let (directory, result) = scanned.generated("bicep", json!({})).await;
    assert!(result["warnings"][0].as_str().is_some_and(|text| text.starts_with("the scan was partial")), "{result}");
    let read = |name: &str| std::fs::read_to_string(directory.join(name)).expect("a file");
    let (report, readme) = (read("report.md"), read("README.md"));
    assert!(report.contains("**Attention:** the scan was partial") && report.contains("## Not read"), "{report}");
    assert!(readme.contains("the scan was partial"), "{readme}");
    scanned.stop().await;
}
