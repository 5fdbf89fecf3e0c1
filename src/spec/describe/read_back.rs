//! What was written is read back before it is kept: the plan of the text must say what was described. What is read
//! otherwise is written otherwise; what no form can hold is left out, with the reason that its reader gives.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    model::{Described, Form},
    text::{Written, write},
};
use crate::{
    arm,
    spec::{
        finding::Finding,
        plan::{Order, Plan, Reading, Refused, Step, StepKind, Target, prepare},
    },
};

/// How often a text is written again.
const MOST_ROUNDS: usize = 12;
/// Warnings about differences that are listed.
const MOST_TOLD: usize = 50;

/// The text of a description, from which goes what no text can hold.
pub(in crate::spec) fn settle(described: &mut Described) -> String {
    let tenant = Uuid::try_parse(&described.id).unwrap_or_default();
    let target = Target { tenant, subscription_map: BTreeMap::new(), configured: Vec::new() };
    let mut written = write(described);
    let (mut told, mut refused) = (Vec::new(), None);
    for _ in 0..MOST_ROUNDS {
        let order = Order { target: &target, secrets: BTreeSet::new(), is_dry: true };
        let changed = match prepare(Reading::of(&written.text), &order) {
            Ok(plan) => {
                refused = None;
                told = differences(described, &plan);
                mended(described, &told)
            }
            Err(Refused::Fields(findings)) => {
                told.clear();
                refused = findings.first().map(|first| format!("line {}: {}", first.place.line, first.message));
                removed(described, &written, &findings)
            }
            Err(Refused::Prose) => false,
        };
        if !changed {
            break;
        }
        written = write(described);
    }
    if let Some(refused) = refused {
        described.warnings.push(format!("this text can not be created as it is: {refused}"));
    }
    let more = told.len().saturating_sub(MOST_TOLD);
    described.warnings.extend(told.into_iter().take(MOST_TOLD).map(|difference| difference.message));
    if more > 0 {
        described.warnings.push(format!("{more} more differences between the text and the tenant are not listed"));
    }
    written.text
}

/// Where a plan does not say what was described.
struct Difference {
    /// Of the resource.
    id: String,
    is_default: bool,
    message: String,
}

fn differences(described: &Described, plan: &Plan) -> Vec<Difference> {
    let steps: HashMap<String, &Step> = plan.steps.iter().map(|step| (arm::key(&step.id), step)).collect();
    let mut out = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    let mut see = |id: &str, expected: &Map<String, Value>, is_group: bool| {
        known.insert(arm::key(id));
        let Some(step) = steps.get(&arm::key(id)) else {
            let message = format!("{id} is in no step of the text's plan");
            return out.push(Difference { id: id.to_owned(), is_default: false, message });
        };
        let mut paths = Vec::new();
        unequal(&Value::Object(expected.clone()), &Value::Object(step.body.clone()), "", &mut paths);
        let what = if is_group { "resource group" } else { &step.type_name };
        for path in paths {
            let is_default = step.defaults.iter().any(|default| {
                path == *default || path.starts_with(&format!("{default}.")) || default.starts_with(&format!("{path}."))
            });
            let message = format!("{what} {}: {path} reads back otherwise than it was scanned", step.name);
            out.push(Difference { id: id.to_owned(), is_default, message });
        }
    };
    for group in described.groups() {
        let mut body = Map::new();
        body.insert("location".to_owned(), Value::String(group.location.clone()));
        if !group.tags.is_empty() {
            body.insert("tags".to_owned(), Value::Object(group.tags.clone()));
        }
        see(&group.id, &body, true);
    }
    for resource in described.resources() {
        see(&resource.id, &resource.body, false);
    }
    for step in plan.steps.iter().filter(|step| matches!(step.kind, StepKind::Resource | StepKind::ResourceGroup)) {
        if !known.contains(&arm::key(&step.id)) {
            let message = format!("the text also makes {} {}", step.type_name, step.name);
            out.push(Difference { id: step.id.clone(), is_default: false, message });
        }
    }
    out.extend(of_people(described, plan).map(|message| Difference { id: String::new(), is_default: false, message }));
    out
}

/// Counts, for what they are made of is told by their readers.
fn of_people(described: &Described, plan: &Plan) -> impl Iterator<Item = String> {
    let people = &described.people;
    let relations = people.groups.iter().map(|group| group.members.len() + group.owners.len());
    let owners = people.principals.iter().map(|principal| principal.owners.len());
    let counts = [
        (StepKind::User, "users", people.users.len()),
        (StepKind::Group, "groups", people.groups.len()),
        (StepKind::ServicePrincipal, "service principals", people.principals.len()),
        (StepKind::Membership, "memberships", relations.chain(owners).sum()),
        (StepKind::RoleAssignment, "role assignments", people.roles.len()),
    ];
    let found = counts.map(|(kind, what, expected)| {
        let found = plan.steps.iter().filter(|step| step.kind == kind).count();
        (found != expected).then(|| format!("{expected} {what} are described, and the text's plan has {found}"))
    });
    found.into_iter().flatten()
}

/// Paths where two values differ.
fn unequal(expected: &Value, found: &Value, path: &str, out: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let names: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
            for name in names {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                match (expected.get(name), found.get(name)) {
                    (Some(expected), Some(found)) => unequal(expected, found, &below, out),
                    _ => out.push(below),
                }
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
                unequal(expected, found, &format!("{path}[{at}]"), out);
            }
        }
        (expected, found) if expected == found => {}
        _ => out.push(path.to_owned()),
    }
}

/// Writes otherwise what was read otherwise: whether there is another form for any of it.
fn mended(described: &mut Described, differences: &[Difference]) -> bool {
    let mut by_id: HashMap<&str, (bool, bool)> = HashMap::new();
    for difference in differences {
        let (filled, other) = by_id.entry(&difference.id).or_default();
        *filled |= difference.is_default;
        *other |= !difference.is_default;
    }
    let mut is_changed = false;
    for resource in described.resources_mut() {
        let Some((filled, other)) = by_id.get(resource.id.as_str()) else { continue };
        if *filled && !resource.is_bare {
            (resource.is_bare, is_changed) = (true, true);
        } else if *other && resource.form == Form::Bullets {
            (resource.form, is_changed) = (Form::Spans, true);
        }
    }
    is_changed
}

/// Leaves out what the text's reader refuses, and what is below it: whether that was anything.
fn removed(described: &mut Described, written: &Written, findings: &[Finding]) -> bool {
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    for finding in findings {
        let at = written.lines.partition_point(|(lines, _)| lines.end <= finding.place.line);
        if let Some((_, id)) = written.lines.get(at).filter(|(lines, _)| lines.contains(&finding.place.line)) {
            refused.entry(id.clone()).or_insert_with(|| finding.message.clone());
        }
    }
    let keys: HashMap<String, String> = refused.iter().map(|(id, why)| (arm::key(id), why.clone())).collect();
    let why = |id: &str| {
        let key = arm::key(id);
        let mut above = key.match_indices('/').map(|(at, _)| &key[..at]).chain([key.as_str()]);
        above.find_map(|above| keys.get(above)).cloned()
    };
    let mut left = Vec::new();
    for subscription in &mut described.subscriptions {
        for group in &mut subscription.groups {
            group.resources.retain(|resource| {
                let reason = why(&resource.id).or_else(|| resource.scope.as_deref().and_then(why));
                left.extend(reason.clone().map(|reason| (resource.id.clone(), reason)));
                reason.is_none()
            });
        }
        subscription.groups.retain(|group| {
            let reason = why(&group.id);
            left.extend(reason.clone().map(|reason| (group.id.clone(), reason)));
            reason.is_none()
        });
    }
    let people = &mut described.people;
    let mut goes = |id: &str| {
        let reason = refused.get(id);
        left.extend(reason.map(|reason| (id.to_owned(), reason.clone())));
        reason.is_some()
    };
    people.users.retain(|user| !goes(&user.id));
    people.groups.retain(|group| !goes(&group.id));
    people.principals.retain(|principal| !goes(&principal.id));
    people.roles.retain(|role| !goes(&role.id));
    let is_changed = !left.is_empty();
    for (id, reason) in left {
        described.leave_out(id, format!("no text can hold it: {reason}"));
    }
    is_changed
}
