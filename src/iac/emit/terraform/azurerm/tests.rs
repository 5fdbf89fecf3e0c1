//! The tables against recorded groups: how much is typed, and what the real provider is known to want.

mod inputs;
mod language;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};

use super::{section, tables};
use crate::{
    api::GenerateIacRequest,
    arm::{self, ResourceId},
    graph::model::{Label, Node},
    iac::{
        emit::{
            files::{Files, all},
            terraform::{Form, Forms, Terraform},
        },
        model::plan::Plan,
        recording,
    },
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

fn request(with_imports: bool) -> GenerateIacRequest {
    let tenant = "00000000-0000-4000-8000-00000000000a";
    let request = json!({"tenant_id": tenant, "output_format": "terraform", "auto_import_existing": with_imports});
    serde_json::from_value(request).expect("a request")
}

/// A plan and the forms of its items.
pub type Planned = (Plan, Forms);

pub fn planned(nodes: impl IntoIterator<Item = Node>) -> Planned {
    let nodes = nodes.into_iter().map(|node| (node.key.clone(), node)).collect();
    recording::typed(&nodes, &[], &request(true)).expect("a plan")
}

pub fn files_of((plan, forms): &Planned, with_imports: bool) -> Files {
    all(&Terraform::new(plan, forms, with_imports)).expect("printed")
}

/// The recorded groups, one plan each.
fn scenarios() -> Option<Vec<(String, Planned)>> {
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
fn most_of_the_recorded_resources_of_listed_types_are_typed() {
    let Some(plans) = scenarios() else { return };
    let (mut listed, mut typed) = (0, 0);
    let mut reasons: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, planned) in &plans {
        for (number, item) in planned.0.items.iter().enumerate() {
            let is_listed = tables::TABLES.contains_key(&item.type_name.to_ascii_lowercase());
            if let Some(Form::Generic(reason)) = planned.1.get(number) {
                listed += usize::from(is_listed);
                if is_listed {
                    reasons.entry(item.type_name.to_string()).or_default().insert(format!("{reason} ({name})"));
                }
            } else {
                listed += 1;
                typed += 1;
            }
        }
        if let Some(to) = std::env::var_os("ATGD_WRITE") {
            let to = Path::new(&to).join(name);
            std::fs::create_dir_all(&to).expect("a directory");
            for (file, text) in files_of(planned, true) {
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

/// The provider's own schema, where the checkers are.
fn schema() -> Option<Json> {
    let path = shared("tools/terraform-check/azurerm.json.gz")?;
    let unpacked = std::process::Command::new("gzip").arg("-dc").arg(path).output().expect("gzip runs");
    Some(serde_json::from_slice(&unpacked.stdout).expect("JSON"))
}

/// Attributes and blocks that a line writes which the schema lacks, or has as the other.
fn misfits(block: &Json, line: &section::Line, at: &str, found: &mut Vec<String>) {
    let (blocks, name, is_block) = match &line.target {
        section::Target::Attribute { blocks, name } | section::Target::Constant { blocks, name, .. } => {
            (blocks, *name, false)
        }
        section::Target::Block { blocks, name } => (blocks, *name, true),
        _ => return,
    };
    let mut here = block;
    for step in blocks {
        let next = &here["block_types"][*step]["block"];
        if next.is_null() {
            found.push(format!("{at}: no block {step}"));
            return;
        }
        here = next;
    }
    if is_block {
        let next = &here["block_types"][name]["block"];
        if next.is_null() {
            found.push(format!("{at}: no block {name}"));
            return;
        }
        for inner in &line.inner {
            misfits(next, inner, &format!("{at}.{name}"), found);
        }
        return;
    }
    let attribute = &here["attributes"][name];
    let is_writable = attribute["optional"] == true || attribute["required"] == true;
    if !is_writable {
        found.push(format!("{at}: nothing to write called {name}"));
    }
}

#[test]
fn what_tables_write_is_in_the_schema_of_the_provider() {
    let Some(schema) = schema() else {
        assert!(std::env::var_os("CI").is_none() || shared("tools").is_none(), "the schema is missing");
        println!("skipped: no schema of azurerm beside the project");
        return;
    };
    let mut found = Vec::new();
    for table in tables::TABLES.values().flatten().filter(|table| table.left.is_none()) {
        let block = &schema[table.kind]["block"];
        if block.is_null() {
            found.push(format!("{} is no resource", table.kind));
            continue;
        }
        for line in &table.lines {
            misfits(block, line, table.kind, &mut found);
            if let section::Target::Association(kind, _) = line.target {
                let block = &schema[kind]["block"];
                assert!(!block.is_null(), "{kind} is no resource");
                line.inner.iter().for_each(|inner| misfits(block, inner, kind, &mut found));
            }
        }
        for (name, attribute) in block["attributes"].as_object().into_iter().flatten() {
            let is_written = table.lines.iter().any(|line| match &line.target {
                section::Target::Attribute { blocks, name: own }
                | section::Target::Constant { blocks, name: own, .. } => blocks.is_empty() && own == name,
                _ => false,
            });
            if attribute["required"] == true && !is_written {
                found.push(format!("{} never writes {name}", table.kind));
            }
        }
    }
    found.sort();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The public SDK has it as something to be set.
#[test]
fn how_the_last_put_went_keeps_no_vault_from_its_typed_form() {
    let id =
        "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv";
    let body = json!({"id": id, "name": "kv", "type": "Microsoft.KeyVault/vaults", "location": "westeurope", "properties": {
        "tenantId": "00000000-0000-4000-8000-00000000000a", "sku": {"family": "A", "name": "standard"}, "accessPolicies": [],
        "enableRbacAuthorization": true, "vaultUri": "https://kv.vault.azure.net/", "provisioningState": "Succeeded",
    }});
    let plan = planned(node(&body, "Microsoft.KeyVault/vaults", "2023-07-01"));
    assert!(matches!(plan.1.all.as_slice(), [Form::Typed(_)]), "{:?}", plan.1.all);
}

/// Azure says `Disabled` where the type says `disabled`: azapi cannot compare that, and a typed form that
/// left it out would open the service.
#[test]
fn a_word_in_another_case_than_the_types_is_in_the_typed_form_and_beside_the_generic_body() {
    let id = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/Microsoft.Search/searchServices/find";
    let printed = |sku: &str| {
        let body = json!({"id": id, "name": "find", "type": "Microsoft.Search/searchServices", "location": "westeurope",
            "sku": {"name": sku}, "properties": {"replicaCount": 1, "partitionCount": 1, "hostingMode": "Default",
            "publicNetworkAccess": "Disabled", "disableLocalAuth": false, "networkRuleSet": {"ipRules": []}}});
        let plan = planned(node(&body, "Microsoft.Search/searchServices", "2023-11-01"));
        let files = files_of(&plan, true);
        (files.into_values().collect::<String>(), plan)
    };
    let (typed, _) = printed("standard");
    assert!(typed.contains("azurerm_search_service"), "{typed}");
    assert!(typed.contains("public_network_access_enabled = false"), "{typed}");
    let (generic, _) = printed("newer_than_azurerm");
    assert!(generic.contains("azapi_resource"), "{generic}");
    let (body, beside) = generic.split_once("sensitive_body = {").expect("a part that is not compared");
    assert!(!body.contains("publicNetworkAccess") && beside.contains("publicNetworkAccess"), "{generic}");
}

/// An import reads the parent from the child's id: another spelling would replace the child.
#[test]
fn a_parent_is_spelled_as_the_childs_own_id_spells_it() {
    let group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg";
    let one = |path: &str, kind: &str| {
        let id = format!("{group}/providers/{path}");
        let body = json!({"id": id, "name": "x", "type": kind, "location": "westeurope", "properties": {}});
        node(&body, kind, "2024-03-01").expect("a node")
    };
    let plan = planned([
        one("Microsoft.App/containerapps/app", "Microsoft.App/containerapps"),
        one("Microsoft.App/containerApps/app/authConfigs/current", "Microsoft.App/containerApps/authConfigs"),
        one("Microsoft.Sql/servers/Server", "Microsoft.Sql/servers"),
        one("Microsoft.Sql/servers/server/keys/k", "Microsoft.Sql/servers/keys"),
        one("Microsoft.Sql/servers/Server/keys/l", "Microsoft.Sql/servers/keys"),
    ]);
    let text: String = files_of(&plan, true).into_values().collect();
    assert!(text.contains(&format!("parent_id = \"{group}/providers/Microsoft.App/containerApps/app\"")), "{text}");
    assert!(text.contains(&format!("parent_id = \"{group}/providers/Microsoft.Sql/servers/server\"")), "{text}");
    assert!(text.contains("parent_id = azapi_resource.server.id"), "{text}");
}

/// Rows of what a block and the blocks in it require.
fn requirements(kind: &str, path: &str, block: &Json, rows: &mut BTreeSet<String>) {
    let attributes = block["attributes"].as_object().into_iter().flatten();
    let mut names: BTreeSet<&str> =
        attributes.filter(|(_, field)| field["required"] == true).map(|(name, _)| name.as_str()).collect();
    for (name, inner) in block["block_types"].as_object().into_iter().flatten() {
        if inner["min_items"].as_u64().is_some_and(|least| least > 0) {
            names.insert(name);
        }
        let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        requirements(kind, &below, &inner["block"], rows);
    }
    if !names.is_empty() {
        rows.insert(format!("{kind}\t{path}\t{}", names.into_iter().collect::<Vec<_>>().join(" ")));
    }
}

#[test]
fn what_the_schema_requires_is_known() {
    let Some(schema) = schema() else {
        println!("skipped: no schema of azurerm beside the project");
        return;
    };
    let mut rows = BTreeSet::new();
    for table in tables::TABLES.values().flatten() {
        requirements(table.kind, "", &schema[table.kind]["block"], &mut rows);
    }
    let text: String = rows.iter().flat_map(|row| [row.as_str(), "\n"]).collect();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/iac/emit/terraform/azurerm/tables/required.tsv");
    let head = "# Taken from the schema of azurerm. kind <tab> path of the block <tab> what it must have\n";
    if std::env::var_os("ATGD_WRITE_REQUIRED").is_some() {
        std::fs::write(&file, format!("{head}{text}")).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("readable"), format!("{head}{text}"));
}
