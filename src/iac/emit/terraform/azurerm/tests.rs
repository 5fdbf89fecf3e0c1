//! The tables against recorded groups: how much is typed, and what the real provider is known to want.

mod inputs;
mod language;

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::{
    facts::{self, Facts, Names},
    section, tables,
};
use crate::{
    api::GenerateIacRequest,
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
    let mut node = Node::of_body(body["id"].as_str()?, type_name, api_version, body.clone())?;
    if node.label == Label::ResourceGroup {
        node.type_name = "Microsoft.Resources/resourceGroups".to_owned();
    }
    Some(node)
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
    all(&Terraform::new(plan, forms, with_imports).expect("a printer")).expect("printed")
}

/// What `tests/real` plans with the real provider.
const KINDS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/kinds.json"));

/// The resources of a recorded group.
fn recorded(text: &str) -> Planned {
    let scenario: Json = serde_json::from_str(text).expect("JSON");
    let rows = scenario["resources"].as_array().expect("resources").clone();
    planned(rows.iter().filter_map(|row| {
        node(&row["body"], row["type"].as_str().unwrap_or_default(), row["apiVersion"].as_str().unwrap_or_default())
    }))
}

/// Why resources of the types of the tables are left to azapi.
fn reasons((plan, forms): &Planned) -> Vec<String> {
    let mut found = Vec::new();
    for (number, item) in plan.items.iter().enumerate() {
        let is_listed = tables::TABLES.contains_key(&item.type_name.to_ascii_lowercase());
        if let Some(Form::Generic(reason)) = forms.get(number).filter(|_| is_listed) {
            found.push(format!("{} {}: {reason}", item.type_name, item.name()));
        }
    }
    found
}

#[test]
fn what_is_made_for_the_tables_is_typed_but_for_two() {
    // The whole address of a webhook is a secret, which no answer holds.
    let webhook = "Microsoft.EventGrid/systemTopics/eventSubscriptions to-hook: azurerm cannot carry \
                   properties.destination.properties.endpointUrl";
    let empty = "Microsoft.Compute/virtualMachineScaleSets vmss-empty: azurerm would replace a scale set that says \
                 nothing of its machines";
    assert_eq!(reasons(&recorded(KINDS)), [empty, webhook]);
}

/// Azure's own answers, where they lie beside the project: how many are typed may only grow.
#[test]
fn recorded_resources_of_the_types_of_the_tables_are_typed() {
    let Some(directory) = shared("azure-data/_scenarios") else {
        println!("skipped: no recorded groups beside the project");
        return;
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(directory).expect("readable").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    let mut typed = 0;
    for file in files {
        let plan = recorded(&std::fs::read_to_string(&file).expect("readable"));
        for reason in reasons(&plan) {
            println!("{reason}");
        }
        let forms = (0..plan.0.items.len()).filter_map(|number| plan.1.get(number));
        typed += forms.filter(|form| !matches!(form, Form::Generic(_))).count();
        if let Some(to) = std::env::var_os("ATGD_WRITE") {
            let to = Path::new(&to).join(file.file_stem().expect("a name"));
            std::fs::create_dir_all(&to).expect("a directory");
            for (file, text) in files_of(&plan, true) {
                std::fs::write(to.join(file), text).expect("written");
            }
        }
    }
    assert!(typed >= TYPED, "{typed} of the recorded resources are typed, {TYPED} were");
}

/// Of the 24 recorded groups, when this was written.
const TYPED: usize = 231;

/// Attributes and blocks that a line writes which the provider lacks, or has as the other.
fn misfits(facts: &Facts, path: &str, line: &section::Line, found: &mut Vec<String>) {
    let (blocks, name, is_block) = match &line.target {
        section::Target::Attribute { blocks, name } | section::Target::Constant { blocks, name, .. } => {
            (blocks, *name, false)
        }
        section::Target::Block { blocks, name } => (blocks, *name, true),
        _ => return,
    };
    let below = |above: &str, name: &str| if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
    let has = |names: &Names, above: &str, name: &str| names.get(above).is_some_and(|names| names.contains(&name));
    let mut here = path.to_owned();
    for block in blocks {
        if !has(&facts.blocks, &here, block) {
            found.push(format!("{here}: no block {block}"));
        }
        here = below(&here, block);
    }
    if !has(if is_block { &facts.blocks } else { &facts.attributes }, &here, name) {
        found.push(format!("{here}: no {} {name}", if is_block { "block" } else { "attribute" }));
    }
    for inner in &line.inner {
        misfits(facts, &below(&here, name), inner, found);
    }
}

/// Sections that are used, and the lines of what stands beside their resources.
fn written() -> impl Iterator<Item = (&'static str, &'static [section::Line])> {
    fn beside(lines: &'static [section::Line], found: &mut Vec<(&'static str, &'static [section::Line])>) {
        for line in lines {
            match line.target {
                section::Target::Association(kind, _) => found.push((kind, &line.inner)),
                _ => beside(&line.inner, found),
            }
        }
    }
    let used = tables::TABLES.values().flatten().filter(|section| section.left.is_none());
    used.flat_map(|section| {
        let mut found = vec![(section.kind, section.lines.as_slice())];
        beside(&section.lines, &mut found);
        found
    })
}

#[test]
fn the_provider_is_asked_for_every_kind_of_the_tables_and_has_what_they_write() {
    let mut found = Vec::new();
    for (kind, lines) in written() {
        let Some(facts) = facts::of(kind) else {
            found.push(format!("{kind} is not in facts.tsv: run packaging/azurerm-values/make"));
            continue;
        };
        let mut own = Vec::new();
        for line in lines {
            misfits(facts, "", line, &mut own);
        }
        found.extend(own.into_iter().map(|why| format!("{kind} {why}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What a section never writes would leave every such body to azapi.
#[test]
fn what_the_provider_requires_is_written_by_every_section() {
    let mut found = Vec::new();
    for section in tables::TABLES.values().flatten().filter(|section| section.left.is_none()) {
        let required = facts::of(section.kind).and_then(|facts| facts.required.get("")).cloned().unwrap_or_default();
        let writes = |name: &str| {
            let by_line = section.lines.iter().any(|line| match &line.target {
                section::Target::Attribute { blocks, name: own }
                | section::Target::Constant { blocks, name: own, .. }
                | section::Target::Block { blocks, name: own } => *blocks.first().unwrap_or(own) == name,
                _ => false,
            });
            by_line || section.ask.iter().any(|(own, _)| *own == name)
        };
        let lacking = required.into_iter().filter(|name| !writes(name));
        found.extend(lacking.map(|name| format!("{} never writes {name}", section.kind)));
    }
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
