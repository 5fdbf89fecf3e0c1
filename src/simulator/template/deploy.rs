//! Runs a template: plans its resources and puts them, round after round.

use serde_json::{Value, json};

use super::{
    failure::Failure,
    frame::{Frame, NOT_YET},
    plan,
    planned::Planned,
    run::{Outcome, Run},
};
use crate::{
    arm::{self, ResourceId},
    simulator::{deployments, write},
};

/// Deepest nesting of deployments, as documented.
const NESTING: usize = 5;
/// Most resources of one template, as documented.
const RESOURCES: usize = 800;
/// Fields of a template's resource that its body has not.
const NOT_OF_BODIES: [&str; 10] =
    ["resources", "dependsOn", "copy", "condition", "scope", "name", "type", "apiVersion", "comments", "metadata"];

/// Puts what the template has. `outer`: where its expressions are evaluated, if not in itself.
pub(in crate::simulator) fn deploy(run: &Run<'_>, outer: Option<&Frame<'_>>) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    deploy_into(run, outer, &mut outcome)?;
    Ok(outcome)
}

/// The same; `outcome` has what was put before a failure, too.
pub(in crate::simulator) fn deploy_into(
    run: &Run<'_>,
    outer: Option<&Frame<'_>>,
    outcome: &mut Outcome,
) -> Result<(), Failure> {
    if run.depth > NESTING {
        return Err(Failure::template("deployments are nested too deeply"));
    }
    if !run.template.get("resources").is_some_and(|list| list.is_array() || list.is_object()) {
        return Err(Failure::template("Required property 'resources' not found in JSON"));
    }
    let mut frame = Frame::new(run, outer);
    let parameters = frame.take_parameters(run.parameters).map_err(Failure::template)?;
    let plan = plan::plan(&frame, run.template).map_err(Failure::template)?;
    if plan.len() > RESOURCES {
        let message = format!("the template has {} resources; {RESOURCES} are allowed", plan.len());
        return Err(Failure::template(message));
    }
    frame.know(&plan);
    outcome.parameters = parameters;
    rounds(run, &frame, &plan, outcome)?;
    outputs(run, &frame, outcome)
}

/// Puts each resource when those that it depends on are put and its expressions can be evaluated.
fn rounds(run: &Run<'_>, frame: &Frame<'_>, plan: &[Planned], outcome: &mut Outcome) -> Result<(), Failure> {
    let waits = plan::dependencies(plan).map_err(Failure::template)?;
    let mut done = vec![false; plan.len()];
    let mut missing = None;
    while done.contains(&false) {
        let mut moved = false;
        for at in 0..plan.len() {
            if done[at] || waits[at].iter().any(|other| !done[*other]) {
                continue;
            }
            match one(run, frame, &plan[at], outcome) {
                Ok(()) => {
                    done[at] = true;
                    moved = true;
                }
                Err(failure) if failure.message.starts_with(NOT_YET) => missing = Some(failure),
                Err(failure) => return Err(failure),
            }
        }
        if !moved {
            let failure = missing.unwrap_or_else(|| Failure::template("Circular dependency detected on resource"));
            let message = failure.message.trim_start_matches(NOT_YET).trim().to_owned();
            return Err(Failure { code: "ResourceNotFound".to_owned(), message, target: failure.target });
        }
    }
    Ok(())
}

fn outputs(run: &Run<'_>, frame: &Frame<'_>, outcome: &mut Outcome) -> Result<(), Failure> {
    for (name, output) in run.template.get("outputs").and_then(Value::as_object).into_iter().flatten() {
        if output.get("condition").is_some_and(|condition| frame.value(condition).ok() != Some(json!(true))) {
            continue;
        }
        match frame.value(&output["value"]) {
            Ok(value) => {
                outcome.outputs.insert(name.clone(), json!({"type": output["type"], "value": value}));
            }
            Err(_) if run.dry.is_some() => {}
            Err(message) => {
                let message =
                    format!("The template output '{name}' is not valid: {}.", message.trim_start_matches(NOT_YET));
                return Err(Failure { code: "DeploymentOutputEvaluationFailed".to_owned(), message, target: None });
            }
        }
    }
    Ok(())
}

fn one(run: &Run<'_>, frame: &Frame<'_>, planned: &Planned, outcome: &mut Outcome) -> Result<(), Failure> {
    let failed = |message: String| {
        if message.starts_with(NOT_YET) {
            Failure { code: String::new(), message, target: Some(planned.id.clone()) }
        } else {
            Failure::template(format!("{} ({})", message, planned.id))
        }
    };
    if !planned.wanted {
        return Ok(());
    }
    let _copies = frame.enter(&planned.copies);
    if planned.type_name.eq_ignore_ascii_case("Microsoft.Resources/deployments") {
        return nested(run, frame, planned, outcome);
    }
    let mut body = planned.raw.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|name, _| !NOT_OF_BODIES.contains(&name.as_str()));
    }
    let body = match frame.value(&body) {
        Err(message) if message.starts_with(NOT_YET) && run.dry.is_some() => body,
        other => other.map_err(failed)?,
    };
    let parsed = ResourceId::parse(&planned.id)
        .ok_or_else(|| Failure::template(format!("'{}' is no id of a resource", planned.id)))?;
    if planned.existing {
        return Ok(());
    }
    if let Some(dry) = run.dry {
        let shaped = write::shaped(&run.state.world(), &parsed, body.clone(), "Succeeded");
        dry.borrow_mut().insert(parsed.key(), shaped.body);
    } else {
        let fate = run.state.faults.fate(&format!("{}?", planned.id.to_lowercase()), false);
        if let Some(refusal) = fate.reply.or_else(|| write::refused(run.state, &parsed, &body)) {
            let error: Value = serde_json::from_str(&refusal.text).unwrap_or_default();
            let text = |name: &str| error["error"][name].as_str().unwrap_or_default().to_owned();
            return Err(Failure { code: text("code"), message: text("message"), target: Some(planned.id.clone()) });
        }
        write::store(&mut run.state.world_mut(), &parsed, &planned.api_version, body.clone(), "Succeeded");
    }
    outcome.resources.push((planned.id.clone(), body));
    Ok(())
}

fn nested(run: &Run<'_>, frame: &Frame<'_>, planned: &Planned, outcome: &mut Outcome) -> Result<(), Failure> {
    let properties = &planned.raw["properties"];
    let inner = properties["expressionEvaluationOptions"]["scope"]
        .as_str()
        .is_some_and(|scope| scope.eq_ignore_ascii_case("inner"));
    let template = &properties["template"];
    if !template.is_object() {
        return Err(Failure::template("a nested deployment needs its template inline: a templateLink is not fetched"));
    }
    let parameters = frame.value(&properties["parameters"]).map_err(|message| Failure {
        code: String::new(),
        message,
        target: Some(planned.id.clone()),
    })?;
    let target = plan::nested_target(frame, &planned.raw).map_err(Failure::template)?;
    let inside = Run {
        state: run.state,
        name: planned.id.rsplit('/').next().unwrap_or_default(),
        target,
        template,
        parameters: &parameters,
        dry: run.dry,
        depth: run.depth + 1,
    };
    let result = deploy(&inside, if inner { None } else { Some(frame) })?;
    let id = format!("{}/providers/Microsoft.Resources/deployments/{}", inside.target.scope(), inside.name);
    let body = deployments::body(run.state, &id, &inside, &result, "Succeeded");
    if let Some(dry) = run.dry {
        dry.borrow_mut().insert(arm::key(&planned.id), body);
    } else {
        deployments::record(run.state, &id, &body, &result);
    }
    outcome.resources.extend(result.resources);
    Ok(())
}
