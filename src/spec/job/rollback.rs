//! `on_failure: rollback`: removes what this job created, and only that, in the opposite order. What can't be removed, or
//! keeps its name, is on the clean-up list.

use serde_json::{Value, json};

use super::{
    ledger::{Ledger, Note, Outcome, row},
    run::Run,
};
use crate::{
    arm,
    azure::AzureError,
    spec::plan::{Step, StepKind},
    work::JournalError,
};

const GROUPS_VERSION: &str = "2024-03-01";
const ASSIGNMENTS_VERSION: &str = "2022-04-01";

/// Types whose names stay taken for days after a deletion.
const NAMES_STAY: [&str; 6] = [
    "Microsoft.KeyVault/vaults",
    "Microsoft.CognitiveServices/accounts",
    "Microsoft.ApiManagement/service",
    "Microsoft.AppConfiguration/configurationStores",
    "Microsoft.OperationalInsights/workspaces",
    "Microsoft.MachineLearningServices/workspaces",
];

/// What a rollback did.
#[derive(Debug, Default)]
pub(super) struct RolledBack {
    pub rolled_back: Vec<Value>,
    pub clean_up: Vec<Value>,
}

/// Removes what the ledger says that this job created, and notes each removal. An attempt that lost its job can't note,
/// and removes nothing. `out` has what was done so far wherever this is dropped.
pub(super) async fn roll_back(
    run: &Run<'_>,
    ledger: &mut Ledger<'_>,
    out: &mut RolledBack,
) -> Result<(), JournalError> {
    for step in run.plan.steps.iter().rev() {
        match ledger.get(step.n).cloned() {
            Some(Note::Done { outcome: Outcome::Created, id, application }) => {
                // If the daemon dies now, a later attempt looks up whether it is still there.
                ledger
                    .note(step.n, Note::Begun { id: id.clone(), deployment: None, application: application.clone() })
                    .await?;
                let is_gone = out.take_back(run, ledger, step, &id).await;
                let kept = Note::Done { outcome: Outcome::Created, id, application };
                ledger.note(step.n, if is_gone { Note::Removed } else { kept }).await?;
            }
            // The application was made and its principal was not. What can't be removed stays noted, and is told as such.
            Some(Note::Begun { application: Some(application), .. })
                if run.client.directory_delete(&format!("/v1.0/applications/{application}")).await.is_ok() =>
            {
                ledger.note(step.n, Note::Removed).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

impl RolledBack {
    /// Removes what a step created, or puts it on the clean-up list; whether it is gone.
    async fn take_back(&mut self, run: &Run<'_>, ledger: &Ledger<'_>, step: &Step, id: &str) -> bool {
        let (is_gone, why) = match remove(run, ledger, step, id).await {
            Ok(true) => (true, String::new()),
            Ok(false) if id.is_empty() => (false, "its id is not known".to_owned()),
            Ok(false) => (false, "the resource group holds what is not this job's".to_owned()),
            Err(error) => (false, run.masked(&error.to_string())),
        };
        if !is_gone {
            let id = if id.is_empty() { &step.name } else { id };
            self.clean_up.push(json!({"id": id, "state": "exists", "why": why}));
            return false;
        }
        self.rolled_back.push(row(step, id));
        if NAMES_STAY.iter().any(|kind| kind.eq_ignore_ascii_case(&step.type_name)) {
            let why = "it is deleted softly: its name stays taken until it is purged";
            self.clean_up.push(json!({"id": id, "state": "name_taken", "why": why}));
        }
        let has_own = step.kind == StepKind::ServicePrincipal && !step.body.contains_key("appId");
        if has_own && ledger.application_of(step.n).is_none() {
            let why = "an application of this name was found after a crash: whether this job made it is not known";
            self.clean_up.push(json!({"id": step.name, "state": "exists", "why": why}));
        }
        true
    }
}

/// False: it was left, because others are in it or its id is not known.
async fn remove(run: &Run<'_>, ledger: &Ledger<'_>, step: &Step, id: &str) -> Result<bool, AzureError> {
    let client = run.client;
    if id.is_empty() {
        return Ok(false);
    }
    match step.kind {
        StepKind::ResourceGroup => {
            if !is_empty(run, ledger, id).await? {
                return Ok(false);
            }
            client.delete(&format!("{id}?api-version={GROUPS_VERSION}")).await?;
        }
        StepKind::Resource => client.delete(&format!("{id}?api-version={}", step.api_version)).await?,
        StepKind::RoleAssignment => client.delete(&format!("{id}?api-version={ASSIGNMENTS_VERSION}")).await?,
        StepKind::Membership => client.directory_delete(&format!("{id}/$ref")).await?,
        StepKind::User => client.directory_delete(&format!("/v1.0/users/{id}")).await?,
        StepKind::Group => client.directory_delete(&format!("/v1.0/groups/{id}")).await?,
        StepKind::ServicePrincipal => {
            client.directory_delete(&format!("/v1.0/servicePrincipals/{id}")).await?;
            // It goes with the application that this job made for it, and with no other.
            if let Some(application) = ledger.application_of(step.n) {
                client.directory_delete(&format!("/v1.0/applications/{application}")).await?;
            }
        }
    }
    Ok(true)
}

/// Whether nothing is left in a group: what the job made in it is gone by now.
async fn is_empty(run: &Run<'_>, ledger: &Ledger<'_>, id: &str) -> Result<bool, AzureError> {
    let answer = run.client.arm(&format!("{id}/resources?api-version=2021-04-01")).await?;
    for row in answer.values() {
        let row = row?;
        let known = row["id"].as_str().map(arm::key).unwrap_or_default();
        // An inventory may show for a while what was deleted just now.
        let is_own = |step: &Step| ledger.get(step.n).is_some() && run.outcome(step.n) == Outcome::Created;
        if !run.plan.steps.iter().any(|step| arm::key(&step.id) == known && is_own(step)) {
            return Ok(false);
        }
    }
    Ok(answer.next.is_none())
}
