//! What the compilers of the languages would say: reserved words, the style of Bicep, the published types.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use atgd::simulator;
use serde_json::{Value, json};

use super::outputs::{Output, generated, in_all_formats, scanned};
use crate::harness::{Scanned, say, shared};

const CASES: [&str; 4] = ["22-reserved-names", "05-odd-group-names", "09-container-secrets", "33-spelling"];

async fn scanned_from(sources: Vec<simulator::Source>) -> Scanned {
    Scanned::new(simulator::Settings { sources, ..simulator::Settings::default() }).await
}

/// What a tool says of files; `None`: it can't run here.
fn told(tool: &str, arguments: &[&str], files: &[PathBuf]) -> Option<String> {
    let tool = shared(tool)?;
    let output = Command::new(tool).args(arguments).args(files).output().expect("the tool runs");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn files(directory: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let (mut found, mut directories) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(&directory).expect("readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|own| endings.iter().any(|ending| own == *ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Lines of what the linter and the formatter would say.
fn style(output: &Output) -> Option<Vec<String>> {
    let text = told("tools/bicep-check/style", &[], &files(&output.directory, &["bicep", "bicepparam"]))?;
    Some(text.lines().filter(|line| line.starts_with('/')).map(str::to_owned).collect())
}

/// What the published types refuse and no row of the report names: `TYPE /path: message`.
fn unnamed(output: &Output) -> Option<Vec<String>> {
    let templates: Vec<PathBuf> = files(&output.directory, &["json"])
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("azuredeploy")))
        .filter(|path| !path.to_string_lossy().ends_with(".parameters.json"))
        .collect();
    let text = told("tools/types-check/check", &["--quiet"], &templates)?;
    let rows = output.report["resources"].as_array().expect("rows");
    let mut named = BTreeSet::new();
    for row in rows {
        let kind = row["type"].as_str().unwrap_or_default().to_lowercase();
        if row["known_type"] == "no" {
            named.insert((kind.clone(), "/type".to_owned()));
        }
        for path in row["against_type"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let pointer = path.replace(['.', '['], "/").replace(']', "");
            named.insert((kind.clone(), format!("/{pointer}")));
        }
    }
    let is_unnamed = |line: &&str| {
        let Some((head, _)) = line.split_once(": error: ") else { return false };
        let mut words = head.rsplit(' ');
        let (path, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let kind = kind.split('@').next().unwrap_or_default().to_lowercase();
        let above = path.rsplit_once('/').map(|(above, _)| above.to_owned()).unwrap_or_default();
        !named.contains(&(kind.clone(), path.to_owned())) && !named.contains(&(kind, above))
    };
    Some(text.lines().filter(is_unnamed).map(str::to_owned).collect())
}

async fn clean(name: &str, scanned: &Scanned) {
    let bicep = generated(scanned, "bicep", json!({})).await;
    if let Some(found) = style(&bicep) {
        say(&format!("{name}: {} findings of style", found.len()));
        assert!(found.is_empty(), "{found:#?}");
        assert_eq!(bicep.result["checks"]["style"], "ok");
    }
    let arm = generated(scanned, "arm", json!({})).await;
    if let Some(found) = unnamed(&arm) {
        assert!(found.is_empty(), "{found:#?}");
    }
    say(&format!("{name}: types {}", arm.result["checks"]["types"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn contosos_code_has_nothing_that_the_compiler_warns_of() {
    let scanned = scanned_from(Vec::new()).await;
    clean("Contoso", &scanned).await;
    idioms(&scanned).await;
    scanned.stop().await;
}

/// What a careful person would write: once what many say alike, and names that say what a thing is.
async fn idioms(scanned: &Scanned) {
    let expected: [(&str, &[&str]); 3] = [
        (
            "terraform",
            &[
                "= azurerm_resource_group.rg_aks.location\n",
                "= local.tags\n",
                "locals {\n  tags = {",
                "role_definition_name = \"AcrPull\"",
                "\"azurerm_role_assignment\" \"acrpull_for_id_aks_on_crcontoso\"",
            ],
        ),
        (
            "bicep",
            &[
                "param location string = resourceGroup().location\n",
                "  location: location\n",
                "var tags = {\n",
                "  tags: tags\n",
                "resource acrpullForIdAksOnCrcontoso '",
                "'privatelink.blob.${environment().suffixes.storage}'",
                "param vmssWorkerVirtualMachineProfileOsProfileAdminUsername = 'azureuser'\n",
            ],
        ),
        ("arm", &["\"[parameters('location')]\"", "\"[variables('tags')]\"", "\"[resourceGroup().location]\""]),
    ];
    for (format, parts) in expected {
        let code = generated(scanned, format, json!({})).await.code();
        for part in parts {
            assert!(code.contains(part), "{format} lacks {part}");
        }
    }
    let code = generated(scanned, "terraform", json!({"auto_import_existing": true})).await.code();
    assert!(code.contains("\"${azurerm_container_registry.crcontoso.login_server}/api:"), "an address is a reference");
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_groups_have_nothing_that_the_compiler_warns_of() {
    let Some(groups) = shared("azure-data/_scenarios") else { return };
    let scanned = scanned_from(vec![simulator::Source::Directory(groups)]).await;
    clean("recorded groups", &scanned).await;
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_have_nothing_that_the_compiler_warns_of() {
    for name in CASES {
        let Some(scanned) = scanned(name).await else { return };
        clean(name, &scanned).await;
        scanned.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_called_like_words_of_a_language_have_other_symbols() {
    let Some(scanned) = scanned("22-reserved-names").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        let code = output.code();
        for name in ["az", "sys", "this", "any", "null", "string"] {
            let has_name = match format {
                "bicep" => code.contains(&format!("name: '{name}'")),
                "arm" => code.contains(&format!("\"name\": \"{name}\"")),
                _ => code.contains(&format!("= \"{name}\"")),
            };
            assert!(has_name, "{format} lacks {name}");
            assert!(!code.contains(&format!("\nresource {name} '")), "{format}: {name} is a symbol");
        }
    }
    scanned.stop().await;
}
