//! Numbers of what was generated, and what people should know of it.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Value, json};

use super::{
    source::Source,
    subject::{Subject, Written},
};
use crate::{
    api::OutputFormat,
    iac::{
        emit::terraform::Forms,
        model::plan::{Counts, Given, Parameter, Plan, Table},
        verify::checks::Checks,
    },
};

/// Types of resources with content that ARM does not return, lower case, and the content.
static CONTENT: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let rows = include_str!("content.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once('\t')).map(|(kind, content)| (kind.to_ascii_lowercase(), content)).collect()
});

/// What a resource holds and ARM does not return.
pub fn content(type_name: &str) -> Option<&'static str> {
    CONTENT.get(&type_name.to_ascii_lowercase()).copied()
}

/// What whoever uses the code should know of where it comes from, and of what it can't hold.
pub fn warnings(source: &Source, plan: &Plan) -> Vec<String> {
    let content = plan.items.iter().filter(|item| content(&item.type_name).is_some()).count();
    let content = (content > 0).then(|| {
        format!(
            "{content} resources have content that ARM does not return, such as scripts and code; report.md lists them"
        )
    });
    let partial = source.says_partial().map(|sentence| format!("{sentence}; report.md lists what it knows of them"));
    let left_out = source.says_left_out().map(|sentence| format!("{sentence}; report.md says how to read them"));
    partial.into_iter().chain(left_out).chain(content).collect()
}

/// What the job stores as its result.
pub fn result(plan: &Plan, forms: &Forms, written: &Written, checks: &Checks) -> Value {
    let mut result = totals(plan, forms, checks);
    result["files_generated"] = json!(written.names.len());
    result["files"] = json!(written.names);
    result["imports"] = json!(written.imports);
    result["warnings"] = json!(said(plan));
    result
}

/// What people should know, in the report as in the result.
pub fn said(plan: &Plan) -> Vec<String> {
    let mut warnings = plan.warnings.clone();
    let circular = sum(plan, |counts| counts.circular);
    if circular > 0 {
        warnings.push(format!(
            "{circular} references stay literal because they would close a circle; report.md lists them"
        ));
    }
    let left = sum(plan, |counts| counts.left_behind);
    if left > 0 {
        warnings
            .push(format!("{left} texts still name the source's subscription, region or names; report.md lists them"));
    }
    let is_given = |given: &&Parameter| given.is_asked() && given.kind != Given::Idle && given.value.is_none();
    let given = plan.parameters.iter().filter(is_given).count();
    if given > 0 {
        warnings.push(format!("{given} values have to be given; README.md lists them"));
    }
    warnings
}

fn sum(plan: &Plan, of: fn(&Counts) -> u32) -> u64 {
    plan.items.iter().map(|item| u64::from(of(&item.counts))).sum()
}

/// `selected` and `dependencies` together are `emitted` and `left_out` together; what is written in the body of
/// another counts as emitted.
pub fn totals(plan: &Plan, forms: &Forms, checks: &Checks) -> Value {
    let typed = (0..plan.items.len()).filter(|number| forms.is_typed(*number)).count();
    let typed = typed + plan.within.iter().filter(|within| forms.is_typed(within.item)).count();
    let known = |table: Table| plan.items.iter().filter(|item| item.table == table).count();
    json!({
        "resources": {
            "selected": plan.selected,
            "dependencies": plan.dependencies,
            "emitted": plan.emitted(),
            "within": plan.within.len(),
            "typed": typed,
            "generic": plan.emitted() - typed,
            "left_out": plan.left_out.len(),
            "external": sum(plan, |counts| counts.external),
        },
        "types": {
            "known": known(Table::Exact),
            "known_in_other_versions": known(Table::Near),
            "unknown": known(Table::Unknown),
        },
        "secrets_lifted": plan.parameters.iter().filter(|parameter| parameter.is_asked()).count(),
        "unresolved": sum(plan, |counts| counts.unresolved),
        "against_type": sum(plan, |counts| counts.against),
        "checks": checks,
    })
}

/// Terraform's address, or the type of a template.
pub fn emitted_as(subject: &Subject<'_>, number: usize) -> String {
    let item = &subject.plan.items[number];
    match subject.format {
        OutputFormat::Terraform => subject.forms.address(subject.plan, number),
        OutputFormat::Bicep | OutputFormat::Arm => format!("{}@{}", item.type_name, item.api_version),
    }
}
