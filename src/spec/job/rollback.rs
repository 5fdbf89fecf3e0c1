//! `on_failure: rollback`: removes what this job created, and only that, in the opposite order. What can't be removed, or
//! keeps its name, is on the clean-up list.

use serde_json::{Value, json};

use super::{
    ledger::{Ledger, Outcome, row},
    run::Run,
};
use crate::{
    arm,
    azure::AzureError,
    spec::plan::{Step, StepKind},
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

/// Removes what the ledger says that this job created.
pub(super) async fn roll_back(run: &Run<'_>, ledger: &Ledger<'_>) -> RolledBack {
    let mut out = RolledBack::default();
    let made: Vec<(&Step, String)> = ledger
        .done(run.plan)
        .filter(|(_, outcome, _)| *outcome == Outcome::Created)
        .map(|(step, _, id)| (step, id.to_owned()))
        .collect();
    for (step, id) in made.iter().rev() {
        match remove(run, step, id).await {
            Ok(true) => {
                out.rolled_back.push(row(step, id));
                if NAMES_STAY.iter().any(|kind| kind.eq_ignore_ascii_case(&step.type_name)) {
                    let why = "it is deleted softly: its name stays taken until it is purged";
                    out.clean_up.push(json!({"id": id, "state": "name_taken", "why": why}));
                }
            }
            Ok(false) => {
                let why = "the resource group holds what is not this job's";
                out.clean_up.push(json!({"id": id, "state": "exists", "why": why}));
            }
            Err(error) => {
                let why = run.masked(&error.to_string());
                out.clean_up.push(json!({"id": id, "state": "exists", "why": why}));
            }
        }
    }
    out
}

/// False: it was left, because others are in it.
async fn remove(run: &Run<'_>, step: &Step, id: &str) -> Result<bool, AzureError> {
    let client = run.client;
    match step.kind {
        StepKind::ResourceGroup => {
            if !is_empty(run, id).await? {
                return Ok(false);
            }
            client.delete(&format!("{id}?api-version={GROUPS_VERSION}")).await?;
        }
        StepKind::Resource => client.delete(&format!("{id}?api-version={}", step.api_version)).await?,
        StepKind::RoleAssignment => client.delete(&format!("{id}?api-version={ASSIGNMENTS_VERSION}")).await?,
        StepKind::Membership => client.directory_delete(&format!("{id}/$ref")).await?,
        StepKind::User => client.directory_delete(&format!("/v1.0/users/{id}")).await?,
        StepKind::Group => client.directory_delete(&format!("/v1.0/groups/{id}")).await?,
        StepKind::ServicePrincipal => principal(run, step, id).await?,
    }
    Ok(true)
}

/// Whether nothing is left in a group: what the job made in it is gone by now.
async fn is_empty(run: &Run<'_>, id: &str) -> Result<bool, AzureError> {
    let answer = run.client.arm(&format!("{id}/resources?api-version=2021-04-01")).await?;
    for row in answer.values() {
        let row = row?;
        let known = row["id"].as_str().map(arm::key).unwrap_or_default();
        // An inventory may show for a while what was deleted just now.
        if !run.plan.steps.iter().any(|step| arm::key(&step.id) == known) {
            return Ok(false);
        }
    }
    Ok(answer.next.is_none())
}

/// A principal goes with the application that was made for it.
async fn principal(run: &Run<'_>, step: &Step, id: &str) -> Result<(), AzureError> {
    let has_own = !step.body.contains_key("appId");
    let found = if has_own { run.client.directory(&format!("/v1.0/servicePrincipals/{id}")).await.ok() } else { None };
    run.client.directory_delete(&format!("/v1.0/servicePrincipals/{id}")).await?;
    if let Some(app) = found.as_ref().and_then(|found| found["appId"].as_str()) {
        let list = run.client.directory(&format!("/v1.0/applications?$filter=appId%20eq%20'{app}'")).await?;
        if let Some(object) = list["value"][0]["id"].as_str() {
            run.client.directory_delete(&format!("/v1.0/applications/{object}")).await?;
        }
    }
    Ok(())
}
