//! Objects of the directory by what the text calls them.

use serde_json::Value;

use crate::{
    azure::{AzureError, Client},
    spec::plan::{Step, StepKind},
};

pub(in crate::spec) const fn collection(kind: StepKind) -> &'static str {
    match kind {
        StepKind::User => "users",
        StepKind::Group => "groups",
        _ => "servicePrincipals",
    }
}

/// A text in an address of Microsoft Graph.
pub(in crate::spec) fn quoted(text: &str) -> String {
    percent_encoding::utf8_percent_encode(&text.replace('\'', "''"), percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Those that a step may mean: a user by its sign-in name, a guest by its mail (its sign-in name is another), a principal
/// by its application where that is known, others by their names.
pub(in crate::spec) async fn of(client: &Client, step: &Step) -> Result<Vec<Value>, AzureError> {
    let app_id = step.body.get("appId").and_then(Value::as_str).filter(|_| step.kind == StepKind::ServicePrincipal);
    let (field, text) = match (step.kind, app_id) {
        (StepKind::User, _) if step.body.contains_key("userType") => ("mail", step.name.as_str()),
        (StepKind::User, _) => ("userPrincipalName", step.name.as_str()),
        (_, Some(id)) => ("appId", id),
        _ => ("displayName", step.name.as_str()),
    };
    named(client, collection(step.kind), field, text).await
}

/// Those of a collection that have a text in a field.
pub(in crate::spec) async fn named(
    client: &Client,
    collection: &str,
    field: &str,
    text: &str,
) -> Result<Vec<Value>, AzureError> {
    client.graph_pages(&format!("/v1.0/{collection}?$filter={field}%20eq%20'{}'", quoted(text))).all().await
}
