//! Steps that ARM makes: resource groups, deployments, role assignments.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    exists::read,
    ledger::{Ledger, Note, Outcome},
    principals,
    run::{Run, StepError},
    templates::{Deployment, unescaped},
};
use crate::{
    azure::AzureError,
    spec::plan::{Step, StepKind},
};

const GROUPS_VERSION: &str = "2024-03-01";
pub(super) const DEPLOYMENTS_VERSION: &str = "2022-09-01";
const ASSIGNMENTS_VERSION: &str = "2022-04-01";

/// A resource group.
pub(super) async fn group(run: &Run<'_>, ledger: &mut Ledger<'_>, step: &Step) -> Result<(), StepError> {
    let outcome = run.outcome(step.n);
    if outcome != Outcome::Unchanged {
        ledger.note(step.n, Note::begun(step.id.clone())).await?;
        let body = Value::Object(run.plain(run.bodies.get(&step.n).unwrap_or(&step.body)));
        run.client.put(&format!("{}?api-version={GROUPS_VERSION}", step.id), &body).await?;
    }
    ledger.note(step.n, Note::done(outcome, step.id.clone())).await?;
    Ok(())
}

/// A deployment with all its steps. One of an earlier attempt is followed, not repeated.
pub(super) async fn deployment(
    run: &Run<'_>,
    ledger: &mut Ledger<'_>,
    deployment: &Deployment,
) -> Result<(), StepError> {
    let steps: Vec<&Step> = run.plan.steps.iter().filter(|step| deployment.steps.contains(&step.n)).collect();
    let is_nothing = steps.iter().all(|step| run.outcome(step.n) == Outcome::Unchanged);
    if is_nothing {
        return all_done(run, ledger, &steps).await;
    }
    let earlier = steps.iter().find_map(|step| match ledger.get(step.n) {
        Some(Note::Begun { deployment: Some(id), .. }) => Some(id.clone()),
        _ => None,
    });
    let own = run.deployment_id(deployment);
    if let Some(earlier) = &earlier {
        match run.client.follow(&format!("{earlier}?api-version={DEPLOYMENTS_VERSION}")).await {
            Ok(None) => return all_done(run, ledger, &steps).await,
            // What failed before is tried again under this job's own name.
            Ok(Some(_)) if *earlier != own => {}
            Ok(Some(error)) => return Err(told(run, ledger, earlier, &steps, error).await?),
            // It was never taken.
            Err(AzureError::Refused(refusal)) if refusal.status == 404 => {}
            // A look-up that fails says nothing of the deployment: it may still run, so no second one is sent.
            Err(error) => return Err(error.into()),
        }
    }
    for step in &steps {
        if !ledger.is_done(step.n) {
            ledger
                .note(step.n, Note::Begun { id: step.id.clone(), deployment: Some(own.clone()), application: None })
                .await?;
        }
    }
    let values = parameters(run, deployment)?;
    let template = without_unchanged(run, &deployment.template, &steps);
    let body = json!({"properties": {"mode": "Incremental", "template": template, "parameters": values}});
    let sent = run.client.put(&format!("{own}?api-version={DEPLOYMENTS_VERSION}"), &body).await;
    match sent {
        Ok(_) => all_done(run, ledger, &steps).await,
        Err(error) => Err(told(run, ledger, &own, &steps, error).await?),
    }
}

/// Resources that are as they should be are not sent, and nothing waits for them.
fn without_unchanged(run: &Run<'_>, template: &Value, steps: &[&Step]) -> Value {
    let mut template = template.clone();
    let unchanged: Vec<&str> =
        steps.iter().filter(|step| run.outcome(step.n) == Outcome::Unchanged).map(|step| step.id.as_str()).collect();
    let kept: Vec<bool> = steps.iter().map(|step| run.outcome(step.n) != Outcome::Unchanged).collect();
    if let Some(Value::Array(resources)) = template.get_mut("resources") {
        let mut kept = kept.into_iter();
        resources.retain(|_| kept.next().unwrap_or(true));
        for resource in resources {
            if let Some(Value::Array(needs)) = resource.get_mut("dependsOn") {
                needs.retain(|need| need.as_str().is_none_or(|need| !unchanged.contains(&need)));
            }
        }
    }
    template
}

/// Values of the parameters.
fn parameters(run: &Run<'_>, deployment: &Deployment) -> Result<Map<String, Value>, StepError> {
    let mut values = Map::new();
    for (name, secret) in &deployment.parameters {
        let value = run.secrets.get(secret).ok_or_else(|| {
            StepError::told(
                "secret_missing",
                format!("the value of the secret {secret} is not there: give it with the retry"),
            )
        })?;
        values.insert(name.clone(), json!({"value": value.expose()}));
    }
    Ok(values)
}

async fn all_done(run: &Run<'_>, ledger: &mut Ledger<'_>, steps: &[&Step]) -> Result<(), StepError> {
    for step in steps {
        if !ledger.is_done(step.n) {
            ledger.note(step.n, Note::done(run.outcome(step.n), step.id.clone())).await?;
        }
    }
    Ok(())
}

/// Which steps of a failed deployment are done, and which one failed and why.
async fn told(
    run: &Run<'_>,
    ledger: &mut Ledger<'_>,
    id: &str,
    steps: &[&Step],
    error: AzureError,
) -> Result<StepError, StepError> {
    if error.is_transient() {
        return Ok(StepError::Azure(error));
    }
    let listed = run.client.arm(&format!("{id}/operations?api-version={DEPLOYMENTS_VERSION}")).await;
    let mut failed: Option<(usize, String, String)> = None;
    let mut states: BTreeMap<String, Value> = BTreeMap::new();
    if let Ok(answer) = listed {
        for operation in answer.values().flatten() {
            let target = operation.pointer("/properties/targetResource/id").and_then(Value::as_str).unwrap_or_default();
            states.insert(crate::arm::key(target), operation);
        }
    }
    for step in steps {
        let Some(operation) = states.get(&crate::arm::key(&step.id)) else { continue };
        match operation.pointer("/properties/provisioningState").and_then(Value::as_str) {
            Some("Succeeded") => {
                ledger.note(step.n, Note::done(run.outcome(step.n), step.id.clone())).await?;
            }
            Some("Failed") if failed.is_none() => {
                let status = operation.pointer("/properties/statusMessage/error").cloned().unwrap_or_default();
                let word = |name: &str| status[name].as_str().unwrap_or_default().to_owned();
                failed = Some((step.n, word("code"), word("message")));
            }
            _ => {}
        }
    }
    let whole = error.refusal().map_or_else(
        || ("azure".to_owned(), error.to_string()),
        |refusal| (refusal.code.clone(), refusal.message.clone()),
    );
    let first = steps.iter().find(|step| ledger.id_of(step.n).is_none()).map_or(0, |step| step.n);
    let (n, code, message) = failed.unwrap_or((first, whole.0.clone(), whole.1.clone()));
    let message = if message.is_empty() { whole.1 } else { message };
    let code = if code.is_empty() { whole.0 } else { code };
    Ok(StepError::At { n, code, message })
}

/// A role assignment: its name is made of what it says, so the same is never made twice.
pub(super) async fn role(run: &Run<'_>, ledger: &mut Ledger<'_>, step: &Step) -> Result<(), StepError> {
    let word = |name: &str| step.body.get(name).and_then(Value::as_str).map(unescaped);
    let (who, role) = (word("principal").unwrap_or_default(), word("role").unwrap_or_default());
    let (principal, kind) = principals::of(run, ledger, step, &who).await?;
    let definition = principals::role(run, &step.scope, &role).await?;
    let name = uuid::Uuid::new_v5(
        &uuid::Uuid::NAMESPACE_OID,
        format!("{}|{principal}|{definition}", crate::arm::key(&step.scope)).as_bytes(),
    );
    let scope = step.scope.trim_end_matches('/');
    let id = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
    let is_begun = ledger.is_begun(step.n);
    if read(run.client, &id, ASSIGNMENTS_VERSION).await?.is_some() {
        let outcome = if is_begun { Outcome::Created } else { Outcome::Unchanged };
        ledger.note(step.n, Note::done(outcome, id)).await?;
        return Ok(());
    }
    ledger.note(step.n, Note::begun(id.clone())).await?;
    let mut properties = json!({"principalId": principal, "roleDefinitionId": definition});
    if let Some(kind) = word("principalType").or(kind) {
        properties["principalType"] = json!(kind);
    }
    for name in ["condition", "conditionVersion", "description"] {
        if let Some(text) = word(name) {
            properties[name] = json!(text);
        }
    }
    let address = format!("{id}?api-version={ASSIGNMENTS_VERSION}");
    let outcome = match run.client.put(&address, &json!({ "properties": properties })).await {
        Ok(_) => Outcome::Created,
        // The same role of the same principal over the same scope, under another name.
        Err(AzureError::Refused(refusal)) if refusal.code.eq_ignore_ascii_case("RoleAssignmentExists") => {
            Outcome::Unchanged
        }
        Err(error) => return Err(error.into()),
    };
    ledger.note(step.n, Note::done(outcome, id)).await?;
    Ok(())
}

/// Whether what a step made is there.
pub(super) async fn is_there(run: &Run<'_>, step: &Step, id: &str) -> Result<bool, AzureError> {
    let version = match step.kind {
        StepKind::RoleAssignment => ASSIGNMENTS_VERSION,
        _ => &step.api_version,
    };
    Ok(read(run.client, id, version).await?.is_some())
}
