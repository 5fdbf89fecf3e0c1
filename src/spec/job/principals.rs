//! Who is meant: principals of the plan and of the directory, and roles by their names.

use serde_json::Value;

use super::{
    exists::read,
    ledger::Ledger,
    objects::{self, quoted},
    run::{Run, StepError},
};
use crate::spec::plan::{Step, StepKind};

/// Built-in roles by name, as Azure documents them: the same in every tenant. Asked for only where the scope's list does
/// not have the name.
const BUILT_IN: [(&str, &str); 15] = [
    ("Owner", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ("User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
    ("Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"),
    ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("Key Vault Administrator", "00482a5a-887f-4fb3-b363-3b7fe8e74483"),
    ("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
    ("AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d"),
    ("AcrPush", "8311e382-0749-4cb8-b61a-304f252e45ec"),
    ("Virtual Machine Contributor", "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"),
    ("Network Contributor", "4d97b98b-1d4f-4787-a291-c67834d212e7"),
    ("Monitoring Reader", "43d0d8ad-25c7-4714-9337-8ba259a9fe05"),
    ("Log Analytics Reader", "73c42c96-874c-492b-b04d-ab87d138a893"),
];

/// The object id that a name means for a step, and what kind of principal it is.
pub(super) async fn of(
    run: &Run<'_>,
    ledger: &Ledger<'_>,
    step: &Step,
    name: &str,
) -> Result<(String, Option<String>), StepError> {
    let needed = step.depends_on.iter().filter_map(|n| run.plan.steps.get(n - 1));
    for other in needed.filter(|other| other.name == name) {
        let kind = match other.kind {
            StepKind::User => "User",
            StepKind::Group => "Group",
            StepKind::ServicePrincipal | StepKind::Resource => "ServicePrincipal",
            _ => continue,
        };
        let found = match other.kind {
            StepKind::Resource => identity_of(run, other).await?,
            _ => ledger.id_of(other.n).map(str::to_owned),
        };
        if let Some(id) = found {
            return Ok((id, Some(kind.to_owned())));
        }
    }
    if uuid::Uuid::try_parse(name).is_ok() {
        return Ok((name.to_lowercase(), None));
    }
    for (collection, field, kind) in [
        ("users", "userPrincipalName", "User"),
        ("groups", "displayName", "Group"),
        ("servicePrincipals", "displayName", "ServicePrincipal"),
        ("users", "displayName", "User"),
    ] {
        let list = objects::named(run.client, collection, field, name).await?;
        match list.as_slice() {
            [] => {}
            [only] => {
                let id = only["id"].as_str().filter(|id| !id.is_empty()).ok_or_else(|| {
                    StepError::told("no_id", format!("Microsoft Graph answered {name:?} without an id"))
                })?;
                return Ok((id.to_owned(), Some(kind.to_owned())));
            }
            several => {
                let message = format!("the tenant has {} {collection} that are called {name:?}", several.len());
                return Err(StepError::told("ambiguous_principal", message));
            }
        }
    }
    Err(StepError::told(
        "principal_not_found",
        format!("{name:?} is neither described in the text nor in the directory"),
    ))
}

/// The identity of a resource that was deployed.
async fn identity_of(run: &Run<'_>, step: &Step) -> Result<Option<String>, StepError> {
    let found = read(run.client, &step.id, &step.api_version).await?.unwrap_or_default();
    let of_own = found.pointer("/identity/principalId").or_else(|| found.pointer("/properties/principalId"));
    Ok(of_own.and_then(Value::as_str).map(str::to_owned))
}

/// The id of a role definition.
pub(super) async fn role(run: &Run<'_>, scope: &str, role: &str) -> Result<String, StepError> {
    let subscription = crate::arm::ResourceId::parse(scope).and_then(|id| id.subscription);
    let above = subscription.map(|id| format!("/subscriptions/{id}")).unwrap_or_default();
    let at = |id: &str| format!("{above}/providers/Microsoft.Authorization/roleDefinitions/{id}");
    if uuid::Uuid::try_parse(role).is_ok() {
        return Ok(at(&role.to_lowercase()));
    }
    let address = format!(
        "{above}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01&$filter=roleName%20eq%20'{}'",
        quoted(role)
    );
    if let Ok(answer) = run.client.arm(&address).await {
        for row in answer.values().flatten() {
            let is_it = row
                .pointer("/properties/roleName")
                .and_then(Value::as_str)
                .is_some_and(|name| name.eq_ignore_ascii_case(role));
            if let Some(name) = row["name"].as_str().filter(|_| is_it) {
                return Ok(at(name));
            }
        }
    }
    let known = BUILT_IN.iter().find(|(name, _)| name.eq_ignore_ascii_case(role));
    known.map(|(_, id)| at(id)).ok_or_else(|| {
        StepError::told(
            "role_not_found",
            format!("no role is called {role:?} at {scope}: expected a role's name or id"),
        )
    })
}
