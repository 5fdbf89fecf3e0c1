//! The dry run: the plan, what exists already, ARM's own opinion of each deployment, and the artifacts. Nothing is
//! written: `validate` and `whatIf` are questions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    exists::{self, Action, Existing, read},
    files, known,
    templates::{self, Deployment},
    tenant,
};
use crate::{
    azure::{AzureError, Client},
    spec::{
        finding::{Finding, Findings, Warning},
        plan::Plan,
    },
    work::{ArtifactError, JournalError, Level, Work},
};

const DEPLOYMENTS_VERSION: &str = "2022-09-01";

/// Why a job has no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    #[error("the specification does not fit this tenant at {}; the first is line {}: {}", places(.0.len()), .0.first().map_or(0, |first| first.place.line), .0.first().map_or("", |first| first.message.as_str()))]
    Fields(Vec<Finding>),
    #[error(transparent)]
    Azure(#[from] AzureError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Journal(JournalError),
    #[error(
        "what the job has done so far was done by the plan {0}, and the plan is another one now: submit the text again"
    )]
    OtherPlan(String),
    #[error("the job was cancelled")]
    Cancelled,
}

fn places(count: usize) -> String {
    if count == 1 { "one place".to_owned() } else { format!("{count} places") }
}

/// Plans against the tenant; the answer is the job's result.
pub(crate) async fn dry_run(client: &Client, mut plan: Plan, work: &Work) -> Result<Value, JobError> {
    let began = std::time::Instant::now();
    let (existing, mut warnings) = against(client, &mut plan, work).await?;
    let bodies = merged(&existing);
    let deployments = templates::deployments(&plan, &bodies);
    let mut opinions = Vec::new();
    for (at, deployment) in deployments.iter().enumerate() {
        report(
            work,
            "validate",
            &format!("asking ARM about {}", deployment.group),
            0.5 + 0.4 * at as f64 / deployments.len().max(1) as f64,
        );
        opinions.push(opinion(client, deployment, work).await?);
    }
    report(work, "artifacts", "writing the plan", 0.95);
    files::write(work.artifacts.clone(), &plan, &deployments, &existing, &mut warnings).await?;
    Ok(result(&plan, &existing, &warnings, opinions, began.elapsed().as_secs_f64()))
}

/// Makes the plan what it is for this tenant, and looks up what exists.
pub(in crate::spec) async fn against(
    client: &Client,
    plan: &mut Plan,
    work: &Work,
) -> Result<(BTreeMap<usize, Existing>, Vec<Warning>), JobError> {
    tokio::select! {
        found = looked_up(client, plan, work) => found,
        () = work.cancel.cancelled() => Err(JobError::Cancelled),
    }
}

async fn looked_up(
    client: &Client,
    plan: &mut Plan,
    work: &Work,
) -> Result<(BTreeMap<usize, Existing>, Vec<Warning>), JobError> {
    report(work, "plan", "looking at the tenant", 0.05);
    client.check().await?;
    let mut findings = Findings::default();
    tenant::resolve(client, plan, &mut findings).await?;
    if findings.has_errors() {
        return Err(JobError::Fields(findings.errors()));
    }
    known::check(client, plan, &mut findings).await?;
    if findings.has_errors() {
        return Err(JobError::Fields(findings.errors()));
    }
    let count = plan.steps.len().max(1) as f64;
    let existing = exists::look_up(client, plan, &mut findings, |n| {
        report(work, "look up", &format!("step {n}"), 0.1 + 0.4 * n as f64 / count);
    });
    let existing = existing.await?;
    if findings.has_errors() {
        return Err(JobError::Fields(findings.errors()));
    }
    let mut warnings = plan.warnings.clone();
    warnings.extend(findings.warnings());
    Ok((existing, warnings))
}

/// What is sent of steps whose resource exists.
pub(in crate::spec) fn merged(existing: &BTreeMap<usize, Existing>) -> BTreeMap<usize, Map<String, Value>> {
    existing.iter().filter_map(|(n, existing)| Some((*n, existing.merged.clone()?))).collect()
}

pub(in crate::spec) fn report(work: &Work, phase: &str, message: &str, fraction: f64) {
    work.progress.report(phase, message, fraction, Map::new());
}

/// What ARM says of a deployment into a group that is there; into one that is not it can't be asked.
async fn opinion(client: &Client, deployment: &Deployment, work: &Work) -> Result<Value, JobError> {
    let group = format!("/subscriptions/{}/resourceGroups/{}", deployment.subscription, deployment.group);
    let mut told =
        json!({"subscription": deployment.subscription, "resource_group": deployment.group, "steps": deployment.steps});
    if read(client, &group, DEPLOYMENTS_VERSION).await?.is_none() {
        told["validate"] = json!({"status": "skipped", "message": "the resource group does not exist yet: ARM can't be asked about what goes into it"});
        return Ok(told);
    }
    let at = format!(
        "{group}/providers/Microsoft.Resources/deployments/atgd-{}-{}",
        work.job_id.simple(),
        deployment.number + 1
    );
    let body = asked(deployment);
    for (name, action) in [("validate", "validate"), ("what_if", "whatIf")] {
        let address = format!("{at}/{action}?api-version={DEPLOYMENTS_VERSION}");
        let asking = client.post(&address, &body);
        let answer = tokio::select! {
            answer = asking => answer,
            () = work.cancel.cancelled() => return Err(JobError::Cancelled),
        };
        told[name] = match answer {
            Ok(answer) if name == "validate" => match answer.get("error").filter(|error| !error.is_null()) {
                Some(error) => json!({"status": "refused", "code": error["code"], "message": error["message"]}),
                None => json!({"status": "ok"}),
            },
            Ok(answer) => json!({"status": "ok", "changes": changes(&answer)}),
            Err(AzureError::Refused(refusal)) => {
                work.progress
                    .log(Level::Warn, &format!("ARM refuses to {action} {}: {}", deployment.group, refusal.code));
                json!({"status": "refused", "code": refusal.code, "message": refusal.message})
            }
            Err(error) => return Err(error.into()),
        };
    }
    Ok(told)
}

/// A deployment as a question: its secrets have a value that is none.
fn asked(deployment: &Deployment) -> Value {
    let values: Map<String, Value> =
        deployment.parameters.keys().map(|name| (name.clone(), json!({"value": "Not-The-Value-0"}))).collect();
    json!({"properties": {"mode": "Incremental", "template": deployment.template, "parameters": values}})
}

/// Ids, kinds of change and paths of a what-if: no values.
fn changes(answer: &Value) -> Vec<Value> {
    let list = answer.pointer("/properties/changes").or_else(|| answer.get("changes")).and_then(Value::as_array);
    let one = |change: &Value| {
        let delta = change["delta"].as_array().into_iter().flatten();
        let paths: Vec<&str> = delta.filter_map(|part| part["path"].as_str()).collect();
        json!({"id": change["resourceId"], "change": change["changeType"], "paths": paths})
    };
    list.into_iter().flatten().map(one).collect()
}

fn result(
    plan: &Plan,
    existing: &BTreeMap<usize, Existing>,
    warnings: &[Warning],
    opinions: Vec<Value>,
    seconds: f64,
) -> Value {
    let preview: Vec<Value> = plan
        .steps
        .iter()
        .filter_map(|step| {
            let existing = existing.get(&step.n)?;
            Some(json!({"n": step.n, "action": existing.action.word(), "paths": existing.paths}))
        })
        .collect();
    let count = |action: Action| existing.values().filter(|existing| existing.action == action).count();
    json!({
        "plan_hash": plan.hash,
        "dry_run": true,
        "plan": plan,
        "preview": preview,
        "would": {"create": count(Action::Create), "update": count(Action::Update), "leave": count(Action::Unchanged)},
        "deployments": opinions,
        "created": [], "updated": [], "unchanged": [], "failed": [], "skipped": [], "rolled_back": [], "clean_up": [],
        "warnings": warnings,
        "duration_seconds": (seconds * 1_000.0).round() / 1_000.0,
    })
}
