//! `plan.md`: the plan as people read it.

use std::{collections::BTreeMap, fmt::Write as _};

use super::exists::{Action, Existing};
use crate::spec::{
    finding::Warning,
    plan::{Plan, StepKind},
};

/// The whole page.
pub(in crate::spec) fn page(plan: &Plan, existing: &BTreeMap<usize, Existing>, warnings: &[Warning]) -> String {
    let mut out = String::new();
    let title = if plan.display_name.is_empty() { plan.tenant.to_string() } else { plan.display_name.clone() };
    let _ = writeln!(
        out,
        "# Plan for {}\n\n- tenant: `{}`\n- hash: `{}`\n- steps: {}\n",
        cell(&title),
        plan.tenant,
        plan.hash,
        plan.steps.len()
    );
    let _ = writeln!(
        out,
        "## Steps\n\n| n | what | name | where | action | needs | defaults | line |\n|---|---|---|---|---|---|---|---|"
    );
    for step in &plan.steps {
        let action = existing.get(&step.n).map_or("", |existing| existing.action.word());
        let kind = if step.kind == StepKind::Resource { step.type_name.clone() } else { word(step.kind).to_owned() };
        let needs: Vec<String> = step.depends_on.iter().map(ToString::to_string).collect();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {action} | {} | {} | {} |",
            step.n,
            cell(&kind),
            cell(&step.name),
            cell(&step.scope),
            needs.join(", "),
            cell(&step.defaults.join(", ")),
            step.line
        );
    }
    let changed = plan.steps.iter().filter_map(|step| Some((step, existing.get(&step.n)?)));
    let changed: Vec<_> = changed.filter(|(_, existing)| existing.action == Action::Update).collect();
    if !changed.is_empty() {
        out.push_str("\n## Changes of what exists\n\n");
        for (step, existing) in changed {
            let _ = writeln!(out, "- {}: {}", cell(&step.name), cell(&existing.paths.join(", ")));
        }
    }
    if !plan.secrets.is_empty() {
        out.push_str("\n## Secrets\n\n| name | for | line | given |\n|---|---|---|---|\n");
        for secret in &plan.secrets {
            let given = if secret.given { "yes" } else { "no" };
            let _ = writeln!(out, "| {} | {} | {} | {given} |", cell(&secret.name), cell(&secret.path), secret.line);
        }
    }
    if !warnings.is_empty() {
        out.push_str("\n## Warnings\n\n");
        for warning in warnings {
            let _ = writeln!(out, "- line {}: {}", warning.place.line, cell(&warning.message));
        }
    }
    if !plan.narrative.is_empty() {
        out.push_str("\n## Narrative\n\n");
        for line in &plan.narrative {
            let _ = writeln!(out, "- line {}: {}", line.line, cell(&line.text));
        }
    }
    out
}

/// A step's kind for people.
pub(in crate::spec) const fn word(kind: StepKind) -> &'static str {
    match kind {
        StepKind::ResourceGroup => "resource group",
        StepKind::User => "user",
        StepKind::Group => "group",
        StepKind::ServicePrincipal => "service principal",
        StepKind::Resource => "resource",
        StepKind::Membership => "membership",
        StepKind::RoleAssignment => "role assignment",
    }
}

/// A text in a table or a bullet: no mark of markdown in it means anything.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '<' | '[' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}
