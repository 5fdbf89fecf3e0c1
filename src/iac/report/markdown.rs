//! `report.md`: what became of each resource, for people.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::Value;

use super::{Source, cell, content, emitted_as, said};
use crate::{
    api::OutputFormat,
    arm::ResourceId,
    iac::{
        plan::{Item, Mentioned, Plan},
        select::prefixes,
        terraform,
    },
};

/// Rows that are listed of what was not read; the rest is counted.
const NOT_READ: usize = 50;

/// What the words of the totals mean, by where they stand.
const MEANINGS: [(&str, &str); 11] = [
    ("/types/known", "the table of Azure's published types has the very api-version: it says what can be sent"),
    (
        "/types/known_in_other_versions",
        "the table has other api-versions of the type: the nearest ones say what can be sent",
    ),
    (
        "/types/unknown",
        "the table lacks the type: general rules say what can be sent, so a read-only property may remain",
    ),
    ("/against_type", "values that Azure returned and its published type does not have so: kept, and listed here"),
    ("/resources/external", "ids of resources that the scan knows and the code does not hold, listed here"),
    ("/unresolved", "ids that no scan has read: literal in the code, and listed here"),
    ("/secrets_lifted", "values that have to be given: `README.md` lists them"),
    ("/checks/parse", "`ok`: every file was read back by a parser of its language"),
    (
        "/checks/limits",
        "whether Azure Resource Manager would take the templates: its limits, and whether each name in them names something; `not run`: Terraform has no templates",
    ),
    (
        "/checks/fmt",
        "`terraform fmt -check`; `not run`: no Terraform, or no `terraform_plugin_dir` in the configuration",
    ),
    (
        "/checks/validate",
        "`terraform validate`; `not run`: no Terraform, or no `terraform_plugin_dir` in the configuration",
    ),
];

/// What the reasons of the list of generic resources mean.
const WHY_GENERIC: &str = "`azurerm_*` is used only where it says all that Azure says of a resource, and nothing else. A property alone: the\n\
     provider can't say it. A property and a value: the provider refuses the value. `azurerm would set A to B, of which Azure says\n\
     nothing`: the provider has a value of its own for what is not given, so that an import would change the resource.\n\n";

/// Writing to a text cannot fail.
pub fn markdown(plan: &Plan, format: OutputFormat, source: &Source, totals: &Value) -> String {
    let mut out = String::from("# What was generated\n\n");
    let partial = source.says_partial();
    if let Some(sentence) = &partial {
        let _ = writeln!(out, "**Attention:** {sentence}.\n");
    }
    let _ = writeln!(
        out,
        "{} resources were selected and {} added as dependencies, {} together: {} are in the code ({} of them written in the body of their parent), {} are left out.\n",
        plan.selected,
        plan.dependencies,
        plan.selected + plan.dependencies,
        plan.emitted(),
        plan.within.len(),
        plan.left_out.len()
    );
    let warnings = said(plan);
    for warning in &warnings {
        let _ = writeln!(out, "- Warning: {}", cell(warning));
    }
    out.push_str(if warnings.is_empty() { "" } else { "\n" });
    types(&mut out, plan, format);
    if partial.is_some() {
        not_read(&mut out, source);
    }
    out.push_str("\n## Numbers and checks of the result\n\n| name | value | meaning |\n|---|---|---|\n");
    for (pointer, meaning) in MEANINGS {
        let value =
            totals.pointer(pointer).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let name = pointer.trim_start_matches('/').replace('/', ".");
        let _ = writeln!(out, "| `{name}` | {} | {meaning} |", cell(&value.unwrap_or_default()));
    }
    let generic: Vec<[&str; 2]> = plan
        .items
        .iter()
        .enumerate()
        .filter_map(|(number, item)| Some([item.id.text.as_str(), terraform::reason(plan, number)?]))
        .collect();
    table(&mut out, "As azapi_resource, and why", WHY_GENERIC, ["resource", "reason"], generic);
    let within = plan.within.values().map(|within| [within.id.as_str(), within.holder.as_str()]);
    table(&mut out, "Written in its parent", "", ["resource", "in the body of"], within);
    let left = plan.left_out.values().map(|left| [left.id.as_str(), left.reason.as_str()]);
    table(&mut out, "Left out", "", ["resource", "reason"], left);
    let contents = plan.items.iter().filter_map(|item| Some([item.id.text.as_str(), content(item)?]));
    table(
        &mut out,
        "Content that ARM does not return, so the code does not hold it",
        "",
        ["resource", "content"],
        contents,
    );
    let against =
        plan.items.iter().flat_map(|item| item.against.iter().map(|path| [item.id.text.as_str(), path.as_str()]));
    let title = "Values that Azure returned and its published type does not have so (kept as they are)";
    table(&mut out, title, "", ["resource", "property"], against);
    mentions(&mut out, "Ids that no scan has read (literal in the code)", plan, |item| &item.unresolved);
    let title = "Ids of resources that are known and not in the code";
    let external = plan.items.iter().flat_map(|item| {
        let row = |told: &'_ Mentioned| {
            [item.id.text.clone(), told.path.clone(), told.id.clone(), spelled(plan, format, told)]
        };
        item.external.iter().map(row)
    });
    table(&mut out, title, "", ["resource", "property", "id", "in the code as"], external);
    mentions(&mut out, "References that would close a circle (literal)", plan, |item| &item.circular);
    out
}

fn types(out: &mut String, plan: &Plan, format: OutputFormat) {
    let mut by_type: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (number, item) in plan.items.iter().enumerate() {
        let kind = match format {
            OutputFormat::Terraform => {
                emitted_as(plan, number, format).split('.').next().unwrap_or_default().to_owned()
            }
            OutputFormat::Bicep | OutputFormat::Arm => "resource".to_owned(),
        };
        *by_type.entry((&item.type_name, kind)).or_default() += 1;
    }
    for within in plan.within.values() {
        *by_type.entry((&within.type_name, "written in its parent".to_owned())).or_default() += 1;
    }
    out.push_str("| type | count | as |\n|---|---:|---|\n");
    for ((name, kind), count) in by_type {
        let _ = writeln!(out, "| {} | {count} | {kind} |", cell(name));
    }
}

fn not_read(out: &mut String, source: &Source) {
    let rows = source.not_read();
    let shown = rows.iter().take(NOT_READ).map(|row| {
        let scope = if row.subscription.is_empty() { "the tenant" } else { row.subscription.as_str() };
        [scope, row.type_name.as_str(), row.reason.as_deref().unwrap_or("not said")]
    });
    table(out, "Not read", "", ["subscription", "type", "reason"], shown);
    if rows.len() > NOT_READ {
        let _ = writeln!(out, "\nand {} more: `coverage` of `report.json` has them.", rows.len() - NOT_READ);
    }
}

fn mentions(out: &mut String, title: &str, plan: &Plan, of: fn(&Item) -> &[Mentioned]) {
    let rows = plan
        .items
        .iter()
        .flat_map(|item| of(item).iter().map(|told| [item.id.text.as_str(), told.path.as_str(), told.id.as_str()]));
    table(out, title, "", ["resource", "property", "id"], rows);
}

/// A section with a table; nothing where there are no rows.
fn table<const N: usize, T: AsRef<str>>(
    out: &mut String,
    title: &str,
    about: &str,
    heads: [&str; N],
    rows: impl IntoIterator<Item = [T; N]>,
) {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "\n## {title}\n\n{about}| {} |\n|{}", heads.join(" | "), "---|".repeat(N));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.map(|text| cell(text.as_ref())).join(" | "));
    }
}

/// How the code says an id of something that is not in it.
fn spelled(plan: &Plan, format: OutputFormat, told: &Mentioned) -> String {
    let is_declared = prefixes(&told.id).iter().any(|key| plan.outside.contains_key(key));
    let word = match format {
        OutputFormat::Terraform if terraform::is_read(plan, &told.id) => "a data source",
        OutputFormat::Bicep if is_declared => "an `existing` resource",
        OutputFormat::Bicep | OutputFormat::Arm if ResourceId::parse(&told.id).is_some() => "a function",
        _ => "the literal id",
    };
    word.to_owned()
}
