//! Which subscriptions there are, and which of them are scanned.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    api::ScanRequest,
    azure::{AzureError, Client},
    graph::model::{Found, Fullness, Label},
    scan::{error::ScanError, facts::stream_key::StreamKey, read::scan::Scan},
};

const VERSION: &str = "2022-12-01";

/// Ids of the subscriptions to scan.
pub(crate) async fn read(scan: &Scan) -> Result<Vec<String>, ScanError> {
    // Asked even after a restart: what may be read can have changed, and the list is short.
    let bodies = visible(&scan.client, &scan.request).await?;
    let mut seen: Vec<String> = bodies.iter().map(|(id, _)| id.clone()).collect();
    let found = bodies.into_iter().map(|(id, body)| Found {
        label: Label::Subscription,
        id: format!("/subscriptions/{id}"),
        type_name: "Microsoft.Resources/subscriptions".to_owned(),
        api_version: VERSION.to_owned(),
        fullness: Fullness::Listed,
        body,
    });
    scan.settle(&StreamKey::Subscriptions, found.collect()).await?;
    let wanted = wanted(&scan.client, &scan.request);
    for missing in wanted.iter().filter(|id| !seen.contains(id)) {
        scan.receipt.missing_subscription(missing);
    }
    if seen.is_empty() {
        let which = if wanted.is_empty() { "the credential sees none".to_owned() } else { format!("{wanted:?}") };
        return Err(ScanError::NoSubscription(which));
    }
    seen.sort();
    seen.dedup();
    Ok(seen)
}

/// Of those that the credential sees, the wanted ones: id and body.
pub(crate) async fn visible(client: &Client, request: &ScanRequest) -> Result<Vec<(String, Value)>, AzureError> {
    let wanted = wanted(client, request);
    let bodies = client.pages(&format!("/subscriptions?api-version={VERSION}")).all().await?;
    let found = bodies.into_iter().filter_map(|body| {
        let id = body.get("subscriptionId").and_then(Value::as_str)?.to_lowercase();
        (wanted.is_empty() || wanted.contains(&id)).then_some((id, body))
    });
    Ok(found.collect())
}

/// What the request asks for, or else what the configuration keeps to; empty: all.
fn wanted(client: &Client, request: &ScanRequest) -> BTreeSet<String> {
    let asked = match request.subscription_ids.as_slice() {
        [] => client.subscriptions(),
        asked => asked,
    };
    asked.iter().map(ToString::to_string).collect()
}
