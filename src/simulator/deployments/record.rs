//! What is kept of a deployment that was run: its body, and an operation for each resource.

use std::{collections::BTreeMap, time::Instant};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        state::State,
        template::{Failure, Outcome, Run},
    },
    store::Deployment,
};
use crate::arm;

/// The body of a deployment that was run.
pub(in crate::simulator) fn body(state: &State, id: &str, run: &Run<'_>, outcome: &Outcome, done: &str) -> Value {
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
pub(in crate::simulator) fn record(state: &State, id: &str, body: &Value, outcome: &Outcome) {
    let operations = operations(id, &outcome.resources, None);
    let deployment = Deployment {
        body: body.clone(),
        template: Value::Null,
        operations,
        ready: Instant::now(),
        failure: None,
        is_cancelled: false,
    };
    state.deployments.insert(id, deployment);
}

pub(super) fn operations(id: &str, resources: &[(String, Value)], failure: Option<&Failure>) -> Vec<Value> {
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
