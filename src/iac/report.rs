//! What was made of each resource, and why: `report.json`, `report.md`, `README.md`, and the job's result.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::{Value, json};

use super::{
    Files, Written,
    check::Checks,
    plan::{Item, Plan, Table},
    terraform,
};
use crate::{
    api::{GenerateIacRequest, OutputFormat, Time},
    graph::Snapshot,
};

/// The files that speak about the code.
pub fn files(plan: &Plan, request: &GenerateIacRequest, snapshot: &Snapshot, checks: &Checks, code: &Written) -> Files {
    let is_terraform = request.output_format == OutputFormat::Terraform;
    let report = json!({
        "tenant_id": snapshot.tenant_id(),
        "snapshot": snapshot.number(),
        "scanned_at": Time::from_millis(snapshot.info().at_ms),
        "partial_scan": snapshot.info().partial,
        "format": request.output_format,
        "totals": totals(plan, checks),
        "coverage": serde_json::from_str::<Value>(&snapshot.info().coverage).unwrap_or_default(),
        "parameters": plan.parameters,
        "resources": resources(plan, is_terraform),
        "warnings": warnings(plan),
    });
    let json = serde_json::to_string_pretty(&report).unwrap_or_default() + "\n";
    Files::from([
        ("report.json".to_owned(), json),
        ("report.md".to_owned(), markdown(plan, is_terraform)),
        ("README.md".to_owned(), readme(plan, request, code)),
    ])
}

/// What the job stores as its result.
pub fn result(plan: &Plan, written: &Written, checks: &Checks) -> Value {
    let mut result = totals(plan, checks);
    result["files_generated"] = json!(written.names.len());
    result["files"] = json!(written.names);
    result["imports"] = json!(written.imports);
    result["warnings"] = json!(warnings(plan));
    result
}

/// What people should know, in the report as in the result.
fn warnings(plan: &Plan) -> Vec<String> {
    let mut warnings = plan.warnings.clone();
    let circular: usize = plan.items.iter().map(|item| item.circular.len()).sum();
    if circular > 0 {
        warnings.push(format!(
            "{circular} references stay literal because they would close a circle; report.md lists them"
        ));
    }
    if !plan.parameters.is_empty() {
        warnings.push(format!("{} values have to be given; README.md lists them", plan.parameters.len()));
    }
    warnings
}

fn totals(plan: &Plan, checks: &Checks) -> Value {
    let typed = (0..plan.items.len()).filter(|number| terraform::is_typed(plan, *number)).count();
    let sum = |of: fn(&Item) -> usize| plan.items.iter().map(of).sum::<usize>();
    json!({
        "resources": {
            "selected": plan.selected,
            "dependencies": plan.dependencies,
            "emitted": plan.items.len(),
            "typed": typed,
            "generic": plan.items.len() - typed,
            "left_out": plan.left_out.len(),
            "external": sum(|item| item.external.len()),
        },
        "types": {
            "known": plan.items.iter().filter(|item| item.table == Table::Exact).count(),
            "known_in_other_versions": plan.items.iter().filter(|item| item.table == Table::Near).count(),
            "unknown": plan.items.iter().filter(|item| item.table == Table::Unknown).count(),
        },
        "secrets_lifted": plan.parameters.len(),
        "unresolved": sum(|item| item.unresolved.len()),
        "against_type": sum(|item| item.against.len()),
        "checks": checks,
    })
}

fn resources(plan: &Plan, is_terraform: bool) -> Vec<Value> {
    let mut rows: BTreeMap<&str, Value> = BTreeMap::new();
    for (number, item) in plan.items.iter().enumerate() {
        let emitted_as = if is_terraform {
            terraform::address(plan, number)
        } else {
            format!("{}@{}", item.type_name, item.api_version)
        };
        rows.insert(
            &item.key,
            json!({
                "id": item.id.text, "type": item.type_name, "emitted_as": emitted_as,
                "generic_because": terraform::reason(plan, number),
                "reason": if item.is_dependency { "referred to by what was selected" } else { "selected" },
                "known_type": match item.table {
                    Table::Exact => "this api-version",
                    Table::Near => "other api-versions",
                    Table::Unknown => "no",
                },
                "pruned": item.pruned, "respelled": item.respelled, "against_type": item.against, "secrets": item.secrets, "external": item.external,
                "unresolved": item.unresolved, "circular": item.circular,
            }),
        );
    }
    for (key, left) in &plan.left_out {
        let row = json!({"id": left.id, "type": left.type_name, "emitted_as": null, "reason": left.reason});
        rows.insert(key, row);
    }
    rows.into_values().collect()
}

/// Writing to a text cannot fail.
fn markdown(plan: &Plan, is_terraform: bool) -> String {
    let mut out = String::from("# What was generated\n\n");
    let _ = writeln!(
        out,
        "{} resources were selected and {} added as dependencies; {} are in the code, {} are left out.\n",
        plan.selected,
        plan.dependencies,
        plan.items.len(),
        plan.left_out.len()
    );
    for warning in warnings(plan) {
        let _ = writeln!(out, "- Warning: {}", cell(&warning));
    }
    out.push_str(if warnings(plan).is_empty() { "" } else { "\n" });
    let mut by_type: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (number, item) in plan.items.iter().enumerate() {
        let kind = if is_terraform {
            terraform::address(plan, number).split('.').next().unwrap_or_default().to_owned()
        } else {
            "resource".to_owned()
        };
        *by_type.entry((&item.type_name, kind)).or_default() += 1;
    }
    out.push_str("| type | count | as |\n|---|---:|---|\n");
    for ((name, kind), count) in by_type {
        let _ = writeln!(out, "| {name} | {count} | {kind} |");
    }
    if is_terraform {
        let rows =
            plan.items.iter().enumerate().filter_map(|(number, item)| Some((item, terraform::reason(plan, number)?)));
        let rows: Vec<(&Item, &str)> = rows.collect();
        if !rows.is_empty() {
            out.push_str("\n## As azapi_resource, and why\n\n| resource | reason |\n|---|---|\n");
        }
        for (item, reason) in rows {
            let _ = writeln!(out, "| {} | {} |", cell(&item.id.text), cell(reason));
        }
    }
    if !plan.left_out.is_empty() {
        out.push_str("\n## Left out\n\n| resource | reason |\n|---|---|\n");
        for left in plan.left_out.values() {
            let _ = writeln!(out, "| {} | {} |", cell(&left.id), cell(&left.reason));
        }
    }
    let against: Vec<(&Item, &String)> =
        plan.items.iter().flat_map(|item| item.against.iter().map(move |path| (item, path))).collect();
    if !against.is_empty() {
        out.push_str("\n## Values that Azure returned and its published type does not have so (kept as they are)\n\n| resource | property |\n|---|---|\n");
        for (item, path) in against {
            let _ = writeln!(out, "| {} | {} |", cell(&item.id.text), cell(path));
        }
    }
    let mut section = |title: &str, of: fn(&Item) -> &[super::plan::Mentioned]| {
        let rows: Vec<(&Item, &super::plan::Mentioned)> =
            plan.items.iter().flat_map(|item| of(item).iter().map(move |mentioned| (item, mentioned))).collect();
        if rows.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n## {title}\n\n| resource | property | id |\n|---|---|---|");
        for (item, mentioned) in rows {
            let _ = writeln!(out, "| {} | {} | {} |", cell(&item.id.text), cell(&mentioned.path), cell(&mentioned.id));
        }
    };
    section("Ids that no scan has read (literal in the code)", |item| &item.unresolved);
    section("Ids of resources outside of the code (literal)", |item| &item.external);
    section("References that would close a circle (literal)", |item| &item.circular);
    out
}

/// Names may hold what ends a cell.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn readme(plan: &Plan, request: &GenerateIacRequest, code: &Written) -> String {
    let mut out = String::new();
    if request.output_format == OutputFormat::Terraform {
        out.push_str("# Terraform of an Azure tenant\n\nGenerated by atgd from its stored graph.\n\n## Apply\n\n");
        out.push_str("```sh\nterraform init\nterraform plan\nterraform apply\n```\n\n");
        if code.names.contains("imports.tf") {
            out.push_str("`imports.tf` takes over what exists: the plan should say that everything is imported.\n\
                 What Azure never returns, and words that it spells otherwise than its own schema, stand in `sensitive_body`, whose changes\n\
                 are ignored: take it out of `ignore_changes` before you change such a resource.\n\n");
        } else {
            out.push_str("Everything is created anew; generate with imports to take over what exists.\n\n");
        }
    } else if request.output_format == OutputFormat::Bicep {
        out.push_str("# Bicep of an Azure tenant\n\nGenerated by atgd from its stored graph.\n\n## Deploy\n\n");
        let mut files: Vec<&String> = code.names.iter().filter(|name| name.ends_with(".bicepparam")).collect();
        // In this order: `main`, `main-2`, …, `main-10`.
        files.sort_by_key(|name| (name.len(), *name));
        for name in files {
            let _ = writeln!(out, "```sh\naz deployment sub create --location REGION --parameters {name}\n```\n");
        }
    } else {
        out.push_str("# ARM template of an Azure tenant\n\nGenerated by atgd from its stored graph.\n\n## Deploy\n\n");
        let templates = code
            .names
            .iter()
            .filter_map(|name| name.strip_suffix(".json"))
            .filter(|name| !name.ends_with(".parameters"));
        let mut templates: Vec<&str> = templates.collect();
        // In this order: `azuredeploy`, `azuredeploy-2`, …, `azuredeploy-10`.
        templates.sort_by_key(|name| (name.len(), *name));
        for name in templates {
            let _ = writeln!(
                out,
                "```sh\naz deployment sub create --location REGION \\\n  --template-file {name}.json --parameters @{name}.parameters.json\n```\n"
            );
        }
    }
    if plan.parameters.is_empty() {
        out.push_str("There is nothing to fill in.\n");
    } else {
        out.push_str("## Fill in\n\nSecrets are never copied; give a value for each:\n\n| name | of | property | why |\n|---|---|---|---|\n");
        for parameter in &plan.parameters {
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} |",
                parameter.name,
                cell(&parameter.resource),
                cell(&parameter.path),
                parameter.why
            );
        }
    }
    out.push_str("\n`report.md` says what became of every resource, `report.json` says it for programs.\n");
    out
}
