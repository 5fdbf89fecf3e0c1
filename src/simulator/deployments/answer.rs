//! The routes of deployments: list, put, read, validate, what-if, export.

use std::{cell::RefCell, time::Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        reply::Reply,
        request::Asked,
        state::State,
        template::{self, Failure, Outcome, Run},
    },
    record::{body, operations},
    store::Deployment,
};
use crate::arm::{self, Target};

/// Answers what lies at `…/providers/Microsoft.Resources/deployments…`; `None`: something else.
pub(in crate::simulator) fn answer(state: &State, asked: &Asked<'_>) -> Option<Reply> {
    let at = asked.words.windows(3).rposition(|three| three == ["providers", "microsoft.resources", "deployments"])?;
    let scope = asked.segments[..at].iter().fold(String::new(), |all, part| format!("{all}/{part}"));
    let Some(target) = Target::of(&scope) else {
        return Some(Reply::error(404, "InvalidResourceType", "There are no deployments at this scope."));
    };
    let rest: Vec<&str> = asked.words[at + 3..].to_vec();
    let name = asked.segments.get(at + 3).copied().unwrap_or_default();
    let id = format!("{scope}/providers/Microsoft.Resources/deployments/{name}");
    // Those that were loaded as bodies are read as any other resource.
    let loaded = match rest.as_slice() {
        [] => state.world().facts("Microsoft.Resources/deployments").is_some() && !state.deployments.any_at(&scope),
        [_] => state.world().contains(&arm::key(&id)) && state.deployments.body(&arm::key(&id)).is_none(),
        _ => false,
    };
    if loaded && asked.method == axum::http::Method::GET {
        return None;
    }
    state.count("deployments");
    Some(match (asked.method.as_str(), rest.as_slice()) {
        ("GET", []) => Reply::ok(&json!({"value": state.deployments.at(&scope)})),
        ("PUT", [_]) => put(state, &id, name, &target, asked.body),
        ("GET", [_]) => get(state, &id),
        ("HEAD", [_]) => Reply::empty(if get(state, &id).status == 200 { 204 } else { 404 }),
        ("DELETE", [_]) => Reply::empty(if state.deployments.remove(&id) { 202 } else { 204 }),
        ("POST", [_, "validate"]) => validate(state, &id, name, &target, asked.body),
        ("POST", [_, "whatif"]) => what_if(state, &id, name, &target, asked.body),
        // What was taken is made here at once: a cancel comes too late for the resources, as it may with Azure.
        ("POST", [_, "cancel"]) => {
            state.count("deployment_cancels");
            match state.deployments.cancel(&id) {
                None => found(state, &id, |_| Reply::empty(204)),
                Some(true) => Reply::empty(204),
                Some(false) => {
                    let text = format!("The deployment '{name}' is not running and can not be cancelled.");
                    Reply::error(409, "DeploymentCannotBeCancelled", &text)
                }
            }
        }
        ("POST", [_, "exporttemplate"]) => {
            found(state, &id, |deployment| Reply::ok(&json!({"template": deployment.template})))
        }
        ("GET", [_, "operations"]) => {
            found(state, &id, |deployment| Reply::ok(&json!({"value": deployment.operations})))
        }
        ("GET", [_, "operations", wanted]) => found(state, &id, |deployment| {
            let one = deployment.operations.iter().find(|one| one["operationId"].as_str() == Some(wanted));
            one.map_or_else(
                || Reply::error(404, "DeploymentOperationNotFound", "The operation was not found."),
                Reply::ok,
            )
        }),
        ("GET", [_, "operationstatuses", _]) => found(state, &id, status),
        ("GET", [_, "whatifresults", preview]) => previewed(state, &id, preview),
        _ => Reply::error(405, "MethodNotAllowed", "This is not known of deployments."),
    })
}

fn found(state: &State, id: &str, answer: impl FnOnce(&Deployment) -> Reply) -> Reply {
    state.deployments.with(id, answer).unwrap_or_else(|| {
        let name = id.rsplit('/').next().unwrap_or_default();
        Reply::error(404, "DeploymentNotFound", &format!("Deployment '{name}' could not be found."))
    })
}

fn get(state: &State, id: &str) -> Reply {
    found(state, id, |deployment| Reply::ok(&deployment.shown()))
}

fn status(deployment: &Deployment) -> Reply {
    if deployment.ready > Instant::now() {
        return Reply::ok(&json!({"status": "Running"})).with("retry-after", "1");
    }
    Reply::ok(&match &deployment.failure {
        None if deployment.is_cancelled => json!({"status": "Canceled"}),
        None => json!({"status": "Succeeded"}),
        Some(failure) => json!({"status": "Failed", "error": failed(failure)}),
    })
}

fn failed(failure: &Failure) -> Value {
    json!({
        "code": "DeploymentFailed",
        "message": "At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/arm-deployment-operations for usage details.",
        "details": [failure.shown()],
    })
}

/// Template and parameters of a request for a target that is there.
fn taken(state: &State, target: &Target, body: &[u8]) -> Result<(Value, Value), Reply> {
    if let Some(refused) = unknown(state, target) {
        return Err(refused);
    }
    let refused = |text: &str| Reply::error(400, "InvalidRequestContent", text);
    let body: Value =
        serde_json::from_slice(body).map_err(|error| refused(&format!("The request content was invalid: {error}.")))?;
    let properties = &body["properties"];
    let mode = properties["mode"].as_str().unwrap_or("Incremental");
    if !mode.eq_ignore_ascii_case("Incremental") {
        return Err(refused("This simulator deploys in mode Incremental only."));
    }
    if !properties["template"].is_object() {
        return Err(refused("The template has to be inline: this simulator fetches no templateLink."));
    }
    Ok((properties["template"].clone(), properties["parameters"].clone()))
}

/// Refusals that come before anything is deployed.
fn refusal(failure: &Failure) -> Reply {
    Reply::json(400, &json!({"error": failure.shown()}))
}

/// The refusal of a subscription or a group that nobody has.
fn unknown(state: &State, target: &Target) -> Option<Reply> {
    let world = state.world();
    let (subscription, group) = (target.subscription.as_ref()?, target.group.as_ref());
    if !world.subscriptions().contains_key(&subscription.to_lowercase()) {
        return Some(Reply::error(
            404,
            "SubscriptionNotFound",
            &format!("The subscription '{subscription}' could not be found."),
        ));
    }
    let group = group?;
    (!world.contains(&arm::key(&target.scope())))
        .then(|| Reply::error(404, "ResourceGroupNotFound", &format!("Resource group '{group}' could not be found.")))
}

fn put(state: &State, id: &str, name: &str, target: &Target, body_bytes: &[u8]) -> Reply {
    let (template, parameters) = match taken(state, target, body_bytes) {
        Ok(taken) => taken,
        Err(reply) => return reply,
    };
    let dry = RefCell::default();
    let run =
        |dry| Run { state, name, target: target.clone(), template: &template, parameters: &parameters, dry, depth: 0 };
    if let Err(failure) = template::deploy(&run(Some(&dry)), None) {
        return refusal(&failure);
    }
    let real = run(None);
    let mut outcome = Outcome::default();
    let failure = template::deploy_into(&real, None, &mut outcome).err();
    let mut shown = body(state, id, &real, &outcome, if failure.is_some() { "Failed" } else { "Succeeded" });
    if let Some(failure) = &failure {
        shown["properties"]["error"] = failed(failure);
    }
    let existed = state.deployments.body(&arm::key(id)).is_some();
    let deployment = Deployment {
        body: shown.clone(),
        operations: operations(id, &outcome.resources, failure.as_ref()),
        template: template.clone(),
        ready: Instant::now() + state.settings.write_time,
        failure,
        is_cancelled: false,
    };
    state.count("deployment_puts");
    state.deployments.insert(id, deployment);
    shown["properties"]["provisioningState"] = json!("Accepted");
    let url = format!("{}{id}/operationStatuses/{}?api-version=2022-09-01", state.base, Uuid::new_v4().simple());
    Reply::json(if existed { 200 } else { 201 }, &shown).with("azure-asyncoperation", url)
}

/// Runs a template without writing anything, and answers with what came of it.
fn rehearse(
    state: &State,
    name: &str,
    target: &Target,
    body_bytes: &[u8],
    answer: impl FnOnce(&Run<'_>, Result<Outcome, Failure>) -> Reply,
) -> Reply {
    let (template, parameters) = match taken(state, target, body_bytes) {
        Ok(taken) => taken,
        Err(reply) => return reply,
    };
    let dry = RefCell::default();
    let (target, dry) = (target.clone(), Some(&dry));
    let run = Run { state, name, target, template: &template, parameters: &parameters, dry, depth: 0 };
    answer(&run, template::deploy(&run, None))
}

fn validate(state: &State, id: &str, name: &str, target: &Target, body_bytes: &[u8]) -> Reply {
    rehearse(state, name, target, body_bytes, |run, outcome| match outcome {
        Ok(outcome) => {
            let mut shown = body(state, id, run, &outcome, "Succeeded");
            shown["properties"]["validatedResources"] =
                outcome.resources.iter().map(|(id, _)| json!({"id": id})).collect();
            Reply::ok(&shown)
        }
        Err(failure) => refusal(&failure),
    })
}

fn what_if(state: &State, id: &str, name: &str, target: &Target, body_bytes: &[u8]) -> Reply {
    rehearse(state, name, target, body_bytes, |_, outcome| {
        let answer = match outcome {
            Ok(outcome) => {
                let changes: Vec<Value> =
                    outcome.resources.iter().map(|(id, after)| change(state, id, after)).collect();
                json!({"status": "Succeeded", "properties": {"correlationId": Uuid::new_v4(), "changes": changes}})
            }
            Err(failure) => json!({"status": "Failed", "error": failure.shown()}),
        };
        let preview = Uuid::new_v4();
        state.deployments.insert_preview(preview, Instant::now() + state.settings.write_time, answer);
        not_ready(state, id, preview)
    })
}

/// What a resource's PUT would do: nothing, if all that it writes is so already.
fn change(state: &State, id: &str, after: &Value) -> Value {
    let before = state.world().value(&arm::key(id));
    let kind = match &before {
        None => "Create",
        Some(before) if within(after, before) => "NoChange",
        Some(_) => "Modify",
    };
    json!({"resourceId": id, "changeType": kind, "before": before, "after": after})
}

fn within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(name, value)| whole.get(name).is_some_and(|other| within(value, other)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(part, whole)| within(part, whole))
        }
        (part, whole) => part == whole,
    }
}

/// The result of a what-if, once it is ready.
fn previewed(state: &State, id: &str, preview: &str) -> Reply {
    let parsed: Option<Uuid> = preview.parse().ok();
    match parsed.and_then(|preview| Some((preview, state.deployments.preview(preview)?))) {
        None => Reply::error(404, "NotFound", "There is no such result of a what-if."),
        Some((preview, (ready, _))) if ready > Instant::now() => not_ready(state, id, preview),
        Some((_, (_, answer))) => Reply::ok(&answer),
    }
}

fn not_ready(state: &State, id: &str, preview: Uuid) -> Reply {
    Reply::empty(202)
        .with("location", format!("{}{id}/whatIfResults/{preview}?api-version=2022-09-01", state.base))
        .with("retry-after", "1")
}
