//! What was made of each resource, and why: `report.json`, `report.md`, `README.md`, and the job's result.

mod markdown;
mod readme;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Value, json};

use crate::iac::{
    Files, Written,
    check::Checks,
    plan::{Given, Item, Plan, Table},
    terraform,
};
use crate::{
    api::{GenerateIacRequest, OutputFormat, Time},
    graph::{NotRead, Snapshot},
};

/// Types of resources with content that ARM does not return, lower case, and the content.
static CONTENT: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let rows = include_str!("content.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once('\t')).map(|(kind, content)| (kind.to_ascii_lowercase(), content)).collect()
});

/// What the code was generated from.
#[derive(Debug, Default)]
pub struct Source {
    tenant_id: String,
    snapshot: u64,
    scanned_at: String,
    is_partial: bool,
    /// The scan's own account, row by row.
    coverage: Value,
}

impl Source {
    pub fn of(snapshot: &Snapshot) -> Self {
        Self {
            tenant_id: snapshot.tenant_id().to_string(),
            snapshot: snapshot.number(),
            scanned_at: Time::from_millis(snapshot.info().at_ms).to_string(),
            is_partial: snapshot.info().partial,
            coverage: serde_json::from_str(&snapshot.info().coverage).unwrap_or_default(),
        }
    }

    /// What the scan could not read whole.
    fn not_read(&self) -> Vec<NotRead> {
        NotRead::of(&self.coverage)
    }

    /// That it is partial, in a sentence; `None`: it is whole.
    fn says_partial(&self) -> Option<String> {
        self.is_partial.then(|| match self.not_read().len() {
            0 => "the scan was partial: resources may be missing from the code; the result of the scan says why".to_owned(),
            count => format!(
                "the scan was partial: {count} types of resources were not read whole, so resources may be missing from the code"
            ),
        })
    }
}

/// What whoever uses the code should know of where it comes from, and of what it can't hold.
pub fn warnings(source: &Source, plan: &Plan) -> Vec<String> {
    let content = plan.items.iter().filter(|item| content(item).is_some()).count();
    let content = (content > 0).then(|| {
        format!(
            "{content} resources have content that ARM does not return, such as scripts and code; report.md lists them"
        )
    });
    let partial = source.says_partial().map(|sentence| format!("{sentence}; report.md lists what it knows of them"));
    partial.into_iter().chain(content).collect()
}

/// What a resource holds and ARM does not return.
fn content(item: &Item) -> Option<&'static str> {
    CONTENT.get(&item.type_name.to_ascii_lowercase()).copied()
}

/// The files that speak about the code.
pub fn files(plan: &Plan, request: &GenerateIacRequest, source: &Source, checks: &Checks, code: &Written) -> Files {
    let report = json!({
        "tenant_id": source.tenant_id,
        "snapshot": source.snapshot,
        "scanned_at": source.scanned_at,
        "partial_scan": source.is_partial,
        "format": request.output_format,
        "totals": totals(plan, checks),
        "coverage": source.coverage,
        "parameters": plan.parameters,
        "resources": resources(plan, request.output_format),
        "warnings": said(plan),
    });
    let json = serde_json::to_string_pretty(&report).unwrap_or_default() + "\n";
    Files::from([
        ("report.json".to_owned(), json),
        ("report.md".to_owned(), markdown::markdown(plan, request.output_format, source, &report["totals"])),
        ("README.md".to_owned(), readme::readme(plan, request.output_format, source, code)),
    ])
}

/// What the job stores as its result.
pub fn result(plan: &Plan, written: &Written, checks: &Checks) -> Value {
    let mut result = totals(plan, checks);
    result["files_generated"] = json!(written.names.len());
    result["files"] = json!(written.names);
    result["imports"] = json!(written.imports);
    result["warnings"] = json!(said(plan));
    result
}

/// What people should know, in the report as in the result.
fn said(plan: &Plan) -> Vec<String> {
    let mut warnings = plan.warnings.clone();
    let circular: usize = plan.items.iter().map(|item| item.circular.len()).sum();
    if circular > 0 {
        warnings.push(format!(
            "{circular} references stay literal because they would close a circle; report.md lists them"
        ));
    }
    let given = plan.parameters.iter().filter(|parameter| parameter.kind != Given::Idle).count();
    if given > 0 {
        warnings.push(format!("{given} values have to be given; README.md lists them"));
    }
    warnings
}

/// `selected` and `dependencies` together are `emitted` and `left_out` together; what is written in the body of
/// another counts as emitted.
fn totals(plan: &Plan, checks: &Checks) -> Value {
    let typed = (0..plan.items.len()).filter(|number| terraform::is_typed(plan, *number)).count();
    let holders = plan.holders();
    let typed_within = plan.within.keys().filter_map(|key| holders.get(key.as_str()));
    let typed = typed + typed_within.filter(|number| terraform::is_typed(plan, **number)).count();
    let sum = |of: fn(&Item) -> usize| plan.items.iter().map(of).sum::<usize>();
    json!({
        "resources": {
            "selected": plan.selected,
            "dependencies": plan.dependencies,
            "emitted": plan.emitted(),
            "within": plan.within.len(),
            "typed": typed,
            "generic": plan.emitted() - typed,
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

/// Terraform's address, or the type of a template.
fn emitted_as(plan: &Plan, number: usize, format: OutputFormat) -> String {
    let item = &plan.items[number];
    match format {
        OutputFormat::Terraform => terraform::address(plan, number),
        OutputFormat::Bicep | OutputFormat::Arm => format!("{}@{}", item.type_name, item.api_version),
    }
}

fn resources(plan: &Plan, format: OutputFormat) -> Vec<Value> {
    let mut rows: BTreeMap<&str, Value> = BTreeMap::new();
    for (number, item) in plan.items.iter().enumerate() {
        rows.insert(
            &item.key,
            json!({
                "id": item.id.text, "type": item.type_name, "emitted_as": emitted_as(plan, number, format),
                "generic_because": terraform::reason(plan, number),
                "reason": if item.is_dependency { "referred to by what was selected" } else { "selected" },
                "known_type": match item.table {
                    Table::Exact => "this api-version",
                    Table::Near => "other api-versions",
                    Table::Unknown => "no",
                },
                "pruned": item.pruned, "respelled": item.respelled, "against_type": item.against, "secrets": item.secrets, "external": item.external,
                "unresolved": item.unresolved, "circular": item.circular, "not_returned": content(item),
            }),
        );
    }
    let holders = plan.holders();
    for (key, within) in &plan.within {
        let of_holder = holders.get(key.as_str()).map(|number| emitted_as(plan, *number, format));
        let row = json!({
            "id": within.id, "type": within.type_name, "emitted_as": of_holder, "written_in": within.holder,
            "reason": "written in its parent",
        });
        rows.insert(key, row);
    }
    for (key, left) in &plan.left_out {
        let row = json!({"id": left.id, "type": left.type_name, "emitted_as": null, "reason": left.reason});
        rows.insert(key, row);
    }
    rows.into_values().collect()
}

/// Names may hold what ends a cell.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ")
}
