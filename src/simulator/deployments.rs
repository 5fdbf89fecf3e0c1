//! Deployments at resource group, subscription, management group and tenant scope.
//!
//! ```text
//! PUT      {scope}/providers/Microsoft.Resources/deployments/{name}      201 + Azure-AsyncOperation
//! GET      …/{name}/operationStatuses/{id}                               Running → Succeeded | Failed, as HTTP 200
//! POST     …/{name}/validate                                             200, or 400 with InvalidTemplate
//! POST     …/{name}/whatIf                                               202 + Location → 200 with changes
//! GET      …/{name} · …/{name}/operations · list · HEAD · DELETE · POST …/{name}/exportTemplate
//! ```
//! A template that is wrong is refused at the PUT; what goes wrong later is a failed deployment whose
//! resources so far stay, as documented. Resources appear when the deployment is accepted; its state
//! follows after the time that writes take.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    State,
    reply::Reply,
    routes::{Asked, count},
    template::{Failure, Outcome, Run},
};
use crate::arm::{self, Target};

/// A deployment as it will be when its time is over.
struct Deployment {
    body: Value,
    template: Value,
    operations: Vec<Value>,
    ready: Instant,
    failure: Option<Failure>,
}

#[derive(Default)]
pub(super) struct Deployments {
    all: Mutex<BTreeMap<String, Deployment>>,
    /// Results of what-if, by their ids.
    questions: Mutex<BTreeMap<Uuid, (Instant, Value)>>,
}

/// Answers what lies at `…/providers/Microsoft.Resources/deployments…`; `None`: something else.
pub(super) fn answer(state: &State, asked: &Asked<'_>) -> Option<Reply> {
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
        [] => state.world().facts("Microsoft.Resources/deployments").is_some() && !any(state, &scope),
        [_] => state.world().contains(&arm::key(&id)) && find(state, &arm::key(&id)).is_none(),
        _ => false,
    };
    if loaded && asked.method == axum::http::Method::GET {
        return None;
    }
    count(state, "deployments");
    Some(match (asked.method.as_str(), rest.as_slice()) {
        ("GET", []) => list(state, &scope),
        ("PUT", [_]) => put(state, &id, name, &target, asked.body),
        ("GET", [_]) => get(state, &id),
        ("HEAD", [_]) => Reply::empty(if get(state, &id).status == 200 { 204 } else { 404 }),
        ("DELETE", [_]) => {
            let gone = state.deployments.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&arm::key(&id));
            Reply::empty(if gone.is_some() { 202 } else { 204 })
        }
        ("POST", [_, "validate"]) => validate(state, &id, name, &target, asked.body),
        ("POST", [_, "whatif"]) => what_if(state, &id, name, &target, asked.body),
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
        ("GET", [_, "whatifresults", question]) => question_answer(state, &id, question),
        _ => Reply::error(405, "MethodNotAllowed", "This is not known of deployments."),
    })
}

fn found(state: &State, id: &str, answer: impl FnOnce(&Deployment) -> Reply) -> Reply {
    let all = state.deployments.all.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(&arm::key(id)).map_or_else(
        || {
            let name = id.rsplit('/').next().unwrap_or_default();
            Reply::error(404, "DeploymentNotFound", &format!("Deployment '{name}' could not be found."))
        },
        answer,
    )
}

fn shown(deployment: &Deployment) -> Value {
    let mut body = deployment.body.clone();
    if deployment.ready > Instant::now() {
        body["properties"]["provisioningState"] = json!("Running");
    }
    body
}

fn get(state: &State, id: &str) -> Reply {
    found(state, id, |deployment| Reply::ok(&shown(deployment)))
}

fn list(state: &State, scope: &str) -> Reply {
    let all = state.deployments.all.lock().unwrap_or_else(PoisonError::into_inner);
    let prefix = arm::key(&format!("{scope}/providers/Microsoft.Resources/deployments/")) + "/";
    let here = all.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
    Reply::ok(&json!({"value": here.map(|(_, deployment)| shown(deployment)).collect::<Vec<_>>()}))
}

/// Whether something was deployed at a scope.
fn any(state: &State, scope: &str) -> bool {
    let all = state.deployments.all.lock().unwrap_or_else(PoisonError::into_inner);
    let prefix = arm::key(&format!("{scope}/providers/Microsoft.Resources/deployments/")) + "/";
    all.range(prefix.clone()..).next().is_some_and(|(key, _)| key.starts_with(&prefix))
}

fn status(deployment: &Deployment) -> Reply {
    if deployment.ready > Instant::now() {
        return Reply::ok(&json!({"status": "Running"})).with("retry-after", "1");
    }
    Reply::ok(&match &deployment.failure {
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

/// The body of a deployment that was run.
pub(super) fn body(state: &State, id: &str, run: &Run<'_>, outcome: &Outcome, done: &str) -> Value {
    let providers: BTreeMap<String, Vec<Value>> = outcome.resources.iter().fold(BTreeMap::new(), |mut all, (id, _)| {
        if let Some((namespace, kind)) =
            arm::ResourceId::parse(id).map(|id| id.type_name()).as_deref().and_then(|kind| kind.split_once('/'))
        {
            let kinds = all.entry(namespace.to_owned()).or_default();
            if !kinds.iter().any(|known| known["resourceType"] == kind) {
                kinds.push(json!({"resourceType": kind, "locations": [null]}));
            }
        }
        all
    });
    let providers: Vec<Value> = providers
        .into_iter()
        .map(|(namespace, kinds)| json!({"namespace": namespace, "resourceTypes": kinds}))
        .collect();
    json!({
        "id": id, "name": run.name, "type": "Microsoft.Resources/deployments",
        "properties": {
            "templateHash": blake3::hash(run.template.to_string().as_bytes()).to_hex().to_string(),
            "parameters": outcome.parameters, "mode": "Incremental", "provisioningState": done,
            "timestamp": jiff::Timestamp::now().to_string(), "duration": format!("PT{}S", state.settings.write_time.as_secs_f64()),
            "correlationId": Uuid::new_v4(), "providers": providers, "dependencies": [], "outputs": outcome.outputs,
            "outputResources": outcome.resources.iter().map(|(id, _)| json!({"id": id})).collect::<Vec<_>>(),
        },
    })
}

/// Keeps a deployment that is over: nested ones.
pub(super) fn record(state: &State, id: &str, body: &Value, outcome: &Outcome) {
    let operations = operations(id, &outcome.resources, None);
    let deployment =
        Deployment { body: body.clone(), template: Value::Null, operations, ready: Instant::now(), failure: None };
    state.deployments.all.lock().unwrap_or_else(PoisonError::into_inner).insert(arm::key(id), deployment);
}

/// The body of a deployment by its key.
pub(super) fn find(state: &State, key: &str) -> Option<Value> {
    let all = state.deployments.all.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(key).map(|deployment| deployment.body.clone())
}

fn operations(id: &str, resources: &[(String, Value)], failure: Option<&Failure>) -> Vec<Value> {
    let one = |target: &str, state: &str, message: Value| {
        let parsed = arm::ResourceId::parse(target);
        let number = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{id}{target}").as_bytes()).simple().to_string();
        json!({
            "id": format!("{id}/operations/{number}"), "operationId": number,
            "properties": {
                "provisioningOperation": "Create", "provisioningState": state, "timestamp": jiff::Timestamp::now().to_string(),
                "statusCode": if state == "Succeeded" { "OK" } else { "BadRequest" }, "statusMessage": message,
                "targetResource": {
                    "id": target, "resourceName": target.rsplit('/').next(), "resourceType": parsed.map(|id| id.type_name()),
                },
            },
        })
    };
    let mut all: Vec<Value> = resources.iter().map(|(id, _)| one(id, "Succeeded", Value::Null)).collect();
    if let Some(failure) = failure {
        all.push(one(
            failure.target.as_deref().unwrap_or(id),
            "Failed",
            json!({"status": "Failed", "error": failure.shown()}),
        ));
    }
    all
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
    if let Err(failure) = run(Some(&dry)).go(None) {
        return refusal(&failure);
    }
    let real = run(None);
    let (outcome, failure) = match real.go(None) {
        Ok(outcome) => (outcome, None),
        Err(failure) => (Outcome::default(), Some(failure)),
    };
    let mut shown = body(state, id, &real, &outcome, if failure.is_some() { "Failed" } else { "Succeeded" });
    if let Some(failure) = &failure {
        shown["properties"]["error"] = failed(failure);
    }
    let existed = find(state, &arm::key(id)).is_some();
    let deployment = Deployment {
        body: shown.clone(),
        operations: operations(id, &outcome.resources, failure.as_ref()),
        template: template.clone(),
        ready: Instant::now() + state.settings.write_time,
        failure,
    };
    state.deployments.all.lock().unwrap_or_else(PoisonError::into_inner).insert(arm::key(id), deployment);
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
    answer(&run, run.go(None))
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
        let question = Uuid::new_v4();
        let ready = Instant::now() + state.settings.write_time;
        state.deployments.questions.lock().unwrap_or_else(PoisonError::into_inner).insert(question, (ready, answer));
        Reply::empty(202)
            .with("location", format!("{}{id}/whatIfResults/{question}?api-version=2022-09-01", state.base))
            .with("retry-after", "1")
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

fn question_answer(state: &State, id: &str, question: &str) -> Reply {
    let questions = state.deployments.questions.lock().unwrap_or_else(PoisonError::into_inner);
    match question.parse().ok().and_then(|question| questions.get(&question)) {
        None => Reply::error(404, "NotFound", "There is no such result of a what-if."),
        Some((ready, _)) if *ready > Instant::now() => Reply::empty(202)
            .with("location", format!("{}{id}/whatIfResults/{question}?api-version=2022-09-01", state.base))
            .with("retry-after", "1"),
        Some((_, answer)) => Reply::ok(answer),
    }
}
