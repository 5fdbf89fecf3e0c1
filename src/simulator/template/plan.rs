//! Which resources a template has: loops unrolled, children taken out of their parents, ids and dependencies known.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{frame::Frame, planned::Planned};
use crate::arm::{self, Target, below};

/// All resources, parents before their children.
pub(super) fn plan(frame: &Frame<'_>, template: &Value) -> Result<Vec<Planned>, String> {
    let mut out = Vec::new();
    match &template["resources"] {
        Value::Object(named) => {
            for (symbolic, resource) in named {
                all(frame, resource, Some(symbolic), None, &mut out)?;
            }
        }
        Value::Array(list) => {
            for resource in list {
                all(frame, resource, None, None, &mut out)?;
            }
        }
        _ => {}
    }
    Ok(out)
}

fn all(
    frame: &Frame<'_>,
    raw: &Value,
    symbolic: Option<&str>,
    parent: Option<&(String, String, String)>,
    out: &mut Vec<Planned>,
) -> Result<(), String> {
    let Some(copy) = raw.get("copy").filter(|copy| copy.get("count").is_some()) else {
        return one(frame, raw, symbolic, &[], parent, out);
    };
    let name = copy["name"].as_str().unwrap_or_default().to_owned();
    let count =
        frame.value(&copy["count"])?.as_u64().ok_or_else(|| format!("the count of the loop '{name}' is a number"))?;
    for at in 0..count.min(800) {
        let copies = [(name.clone(), at)];
        let _entered = frame.enter(&copies);
        one(frame, raw, symbolic, &copies, parent, out)?;
    }
    Ok(())
}

/// Where a resource will be: at the deployment's target, or at the scope that it names.
fn id_of(frame: &Frame<'_>, raw: &Value, type_name: &str, name: &str, scope: &str) -> Result<String, String> {
    let names = [name.to_owned()];
    if type_name.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
        // A nested deployment stands where it deploys to.
        return below(&nested_target(frame, raw)?.scope(), type_name, &names);
    }
    if scope.is_empty() {
        return frame.target().id(type_name, &names);
    }
    if scope.starts_with('/') {
        return below(scope, type_name, &names);
    }
    // `Microsoft.Storage/storageAccounts/name`: a resource of the same target.
    let parts: Vec<&str> = scope.split('/').collect();
    let kinds: Vec<&str> = parts.iter().skip(1).step_by(2).copied().collect();
    let owners: Vec<String> = parts.iter().skip(2).step_by(2).map(|part| (*part).to_owned()).collect();
    let holder = frame.target().id(&format!("{}/{}", parts[0], kinds.join("/")), &owners)?;
    below(&holder, type_name, &names)
}

fn depends_on(frame: &Frame<'_>, raw: &Value, name: &str) -> Result<Vec<String>, String> {
    let evaluated = raw["dependsOn"].as_array().into_iter().flatten().map(|entry| match frame.value(entry)? {
        Value::String(text) => Ok(text),
        other => Err(format!("'dependsOn' of '{name}' has {other}")),
    });
    evaluated.collect()
}

fn one(
    frame: &Frame<'_>,
    raw: &Value,
    symbolic: Option<&str>,
    copies: &[(String, u64)],
    parent: Option<&(String, String, String)>,
    out: &mut Vec<Planned>,
) -> Result<(), String> {
    let text = |field: &str| -> Result<String, String> {
        match frame.value(&raw[field])? {
            Value::String(text) => Ok(text),
            Value::Null => Ok(String::new()),
            other => Err(format!("'{field}' of a resource is a text, not {other}")),
        }
    };
    let (mut name, mut type_name) = (text("name")?, text("type")?);
    if name.is_empty() || type_name.is_empty() {
        return Err("a resource of the template has no name or no type".to_owned());
    }
    if let Some((_, parent_type, parent_name)) = parent {
        if !type_name.contains('.') {
            type_name = format!("{parent_type}/{type_name}");
        }
        if type_name.split('/').count() - 1 > name.split('/').count() {
            name = format!("{parent_name}/{name}");
        }
    }
    let api_version = text("apiVersion")?;
    if api_version.is_empty() {
        return Err(format!("The template resource '{name}' has no apiVersion"));
    }
    let id = id_of(frame, raw, &type_name, &name, &text("scope")?)?;
    let wanted = match raw.get("condition") {
        Some(condition) => frame.value(condition)? == json!(true),
        None => true,
    };
    let mut depends = depends_on(frame, raw, &name)?;
    if let Some((parent_id, ..)) = parent {
        depends.push(parent_id.clone());
    }
    let existing = raw.get("existing") == Some(&json!(true));
    let this = (id.clone(), type_name.clone(), name.clone());
    let (raw_body, copies, symbolic) = (raw.clone(), copies.to_vec(), symbolic.map(str::to_owned));
    let planned =
        Planned { raw: raw_body, copies, name, type_name, api_version, id, symbolic, wanted, existing, depends };
    out.push(planned);
    if wanted {
        for child in raw["resources"].as_array().into_iter().flatten() {
            all(frame, child, None, Some(&this), out)?;
        }
    }
    Ok(())
}

/// Where a nested deployment deploys to.
pub(super) fn nested_target(frame: &Frame<'_>, raw: &Value) -> Result<Target, String> {
    let text = |name: &str| -> Result<Option<String>, String> {
        match raw.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match frame.value(value)? {
                Value::String(text) => Ok(Some(text)),
                other => Err(format!("'{name}' of a nested deployment is a text, not {other}")),
            },
        }
    };
    let mut target = frame.target().clone();
    if let Some(scope) = text("scope")? {
        target = Target::of(&scope).ok_or_else(|| format!("'{scope}' is no scope of a deployment"))?;
    }
    if let Some(subscription) = text("subscriptionId")? {
        target = Target { subscription: Some(subscription), group: None, management_group: None };
    }
    if let Some(group) = text("resourceGroup")? {
        target.group = Some(group);
    }
    Ok(target)
}

/// Which others each one waits for.
pub(super) fn dependencies(plan: &[Planned]) -> Result<Vec<Vec<usize>>, String> {
    let mut known: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, planned) in plan.iter().enumerate() {
        let last = planned.type_name.to_lowercase();
        let mut names =
            vec![arm::key(&planned.id), planned.name.to_lowercase(), format!("{last}/{}", planned.name.to_lowercase())];
        names.extend(planned.symbolic.as_ref().map(|name| name.to_lowercase()));
        names.extend(planned.copies.iter().map(|(name, _)| name.to_lowercase()));
        // `Microsoft.Network/virtualNetworks/a/subnets/b`, the id without its scope.
        names.extend(planned.id.to_lowercase().rsplit_once("/providers/").map(|(_, rest)| rest.to_owned()));
        for name in names {
            let all = known.entry(name).or_default();
            if !all.contains(&at) {
                all.push(at);
            }
        }
    }
    let mut waits = Vec::with_capacity(plan.len());
    for (at, planned) in plan.iter().enumerate() {
        let mut on = Vec::new();
        for wanted in &planned.depends {
            let key = if wanted.starts_with('/') { arm::key(wanted) } else { wanted.to_lowercase() };
            let Some(found) = known.get(&key) else {
                return Err(format!(
                    "The resource '{wanted}' is not defined in the template. Please see https://aka.ms/arm-syntax for usage details (dependsOn of '{}')",
                    planned.id
                ));
            };
            on.extend(found.iter().copied().filter(|other| *other != at));
        }
        waits.push(on);
    }
    if let Some(at) = circle(&waits) {
        return Err(format!(
            "Circular dependency detected on resource: '{}'. Please see https://aka.ms/arm-syntax-resources for usage details",
            plan[at].id
        ));
    }
    Ok(waits)
}

/// One that waits for itself by way of others.
fn circle(waits: &[Vec<usize>]) -> Option<usize> {
    let mut done = vec![false; waits.len()];
    loop {
        let next = (0..waits.len()).find(|at| !done[*at] && waits[*at].iter().all(|other| done[*other]));
        match next {
            Some(at) => done[at] = true,
            None => return done.iter().position(|done| !done),
        }
    }
}
