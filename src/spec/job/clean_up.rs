//! What a run that ends too early leaves behind: a deployment that goes on, things that are there or may still come.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{
    arm_steps::{self, DEPLOYMENTS_VERSION},
    exists::{group_of, read},
    ledger::{Ledger, Note, Outcome},
    run::{Run, StepError},
};
use crate::{
    arm,
    azure::AzureError,
    spec::plan::{Step, StepKind},
    work::JournalError,
};

/// How long Azure may take to hear of a cancel: the job has to end.
const HEARING: Duration = Duration::from_millis(300);

/// Asks Azure to cancel the deployment that runs. Whether it is heard, the clean-up list says what may come.
pub(super) async fn cancel_running(run: &Run<'_>, ledger: &mut Ledger<'_>) -> Result<(), JournalError> {
    let running = run.plan.steps.iter().find_map(|step| match ledger.get(step.n) {
        Some(Note::Begun { deployment: Some(id), .. }) => Some((step.n, id.clone())),
        _ => None,
    });
    let Some((n, id)) = running else { return Ok(()) };
    // Only the attempt that holds the job can note: one that lost it leaves the deployment to its successor.
    if let Some(note) = ledger.get(n).cloned()
        && let Err(JournalError::Closed) = ledger.note(n, note).await
    {
        return Err(JournalError::Closed);
    }
    let (address, body) = (format!("{id}/cancel?api-version={DEPLOYMENTS_VERSION}"), json!({}));
    let asked = run.client.post(&address, &body);
    let _ = tokio::time::timeout(HEARING, asked).await;
    Ok(())
}

/// What had begun to be created and is not known to be done: all of it may come. Of what was there before, nothing: its
/// owner must not remove it.
pub(super) fn may_come(run: &Run<'_>, ledger: &Ledger<'_>) -> Vec<Value> {
    begun(run, ledger).flat_map(|(step, note)| rows(step, note, Some(("may_come", why(note))))).collect()
}

/// The same after a failure, when there is time to look: what Azure has refused, and what it says is not there, does not
/// come.
pub(super) async fn left(run: &Run<'_>, ledger: &Ledger<'_>, error: &StepError) -> Vec<Value> {
    let is_refused = match error {
        StepError::Azure(AzureError::Refused(_)) => !is_transient(error),
        StepError::At { .. } => true,
        _ => false,
    };
    let mut left = Vec::new();
    let mut ended = BTreeMap::new();
    for (step, note) in begun(run, ledger) {
        let Note::Begun { id, deployment, .. } = note else { continue };
        let mut is_over = is_refused;
        if let Some(deployment) = deployment {
            if !ended.contains_key(deployment) {
                ended.insert(deployment.clone(), has_ended(run, deployment).await);
            }
            is_over = ended.get(deployment).copied().unwrap_or(false);
        }
        let is_arm = matches!(step.kind, StepKind::Resource | StepKind::ResourceGroup | StepKind::RoleAssignment);
        let found = if is_arm { arm_steps::is_there(run, step, id).await.ok() } else { None };
        let state = match found {
            Some(true) => Some(("exists", "it is there, and its creation did not succeed")),
            _ if is_over && (found.is_some() || !is_arm) => None,
            _ => Some(("may_come", why(note))),
        };
        left.extend(rows(step, note, state));
    }
    left
}

pub(super) fn is_transient(error: &StepError) -> bool {
    matches!(error, StepError::Azure(error) if error.is_transient())
}

/// Whether a deployment makes nothing more. One that Azure does not know was never taken.
async fn has_ended(run: &Run<'_>, deployment: &str) -> bool {
    match read(run.client, deployment, DEPLOYMENTS_VERSION).await {
        Ok(None) => true,
        Ok(Some(found)) => {
            let state = found.pointer("/properties/provisioningState").and_then(Value::as_str).unwrap_or_default();
            ["Succeeded", "Failed", "Canceled"].iter().any(|end| state.eq_ignore_ascii_case(end))
        }
        Err(_) => false,
    }
}

/// Steps that had begun to create, but for those in a group that a rollback has removed.
fn begun<'b>(run: &'b Run<'_>, ledger: &'b Ledger<'_>) -> impl Iterator<Item = (&'b Step, &'b Note)> {
    let is_removed = |step: &&Step| matches!(ledger.get(step.n), Some(Note::Removed));
    let gone: Vec<String> = run.plan.steps.iter().filter(is_removed).map(|step| arm::key(&step.id)).collect();
    run.plan.steps.iter().filter_map(move |step| {
        let note = ledger.get(step.n).filter(|note| matches!(note, Note::Begun { .. }))?;
        let is_gone = group_of(&step.id).is_some_and(|group| gone.contains(&group));
        (run.outcome(step.n) == Outcome::Created && !is_gone).then_some((step, note))
    })
}

const fn why(note: &Note) -> &'static str {
    match note {
        Note::Begun { deployment: Some(_), .. } => "its deployment had begun when the job ended",
        _ => "it was being created when the job ended",
    }
}

fn rows(step: &Step, note: &Note, state: Option<(&str, &str)>) -> Vec<Value> {
    let Note::Begun { id, application, .. } = note else { return Vec::new() };
    let mut rows = Vec::new();
    if let Some(application) = application {
        let why = "this application was made, and its principal was being created when the job ended";
        rows.push(json!({"id": application, "state": "exists", "why": why}));
    }
    if let Some((state, why)) = state {
        let id = if id.is_empty() { &step.name } else { id };
        rows.push(json!({"id": id, "state": state, "why": why}));
    }
    rows
}
