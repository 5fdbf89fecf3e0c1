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
    let tags = std::fs::read_to_string(directory.join("rg_spoke_network.tf")).expect("the group's file");
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
