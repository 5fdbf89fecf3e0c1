//! Subscriptions, groups, and the inventory: what the scan expects to find.

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::Value;

use super::{AT_ONCE, Scan, ScanError, filter::Filter};
use crate::{
    arm::ResourceId,
    azure::{AzureError, Client},
    graph::{
        Expected,
        model::{Found, Fullness, Label},
    },
};

const SUBSCRIPTIONS: &str = "2022-12-01";
pub(super) const GROUPS: &str = "2021-04-01";

/// Ids of the subscriptions to scan.
pub(super) async fn subscriptions(scan: &Scan) -> Result<Vec<String>, ScanError> {
    let wanted: BTreeSet<String> = {
        let asked = scan
            .request
            .subscription_ids
            .iter()
            .chain(scan.client.subscriptions().iter().filter(|_| scan.request.subscription_ids.is_empty()));
        asked.map(ToString::to_string).collect()
    };
    // Asked even after a restart: what may be read can have changed, and the list is short.
    let mut seen = Vec::new();
    let mut found = Vec::new();
    let mut next = Some(format!("/subscriptions?api-version={SUBSCRIPTIONS}"));
    let mut links = BTreeSet::new();
    while let Some(address) = next.take() {
        if !links.insert(address.clone()) {
            return Err(AzureError::EndlessList(address).into());
        }
        let answer = scan.client.arm(&address).await?;
        for body in answer.values() {
            let body = body?;
            let id = body.get("subscriptionId").and_then(Value::as_str).map(str::to_lowercase);
            let Some(id) = id.filter(|id| wanted.is_empty() || wanted.contains(id)) else { continue };
            found.push(Found {
                label: Label::Subscription,
                id: format!("/subscriptions/{id}"),
                type_name: "Microsoft.Resources/subscriptions".to_owned(),
                api_version: SUBSCRIPTIONS.to_owned(),
                fullness: Fullness::Listed,
                body,
            });
            seen.push(id);
        }
        next = answer.next;
    }
    scan.reader().settle("subscriptions", found).await?;
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

/// Groups and the inventory of every subscription.
pub(super) async fn inventory(scan: &Scan, subscriptions: &[String]) -> Result<(), ScanError> {
    let each = stream::iter(
        subscriptions.iter().cloned().map(|subscription| async move { one_inventory(scan, &subscription).await }),
    );
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// What is read of an inventory row before it is kept.
#[derive(Deserialize)]
struct Row {
    id: Option<Value>,
    #[serde(default)]
    location: Value,
    #[serde(default)]
    tags: Value,
}

/// Groups of a subscription, also empty ones.
pub(super) async fn groups(scan: &Scan, subscription: &str) -> Result<(), ScanError> {
    let groups = format!("/subscriptions/{subscription}/resourcegroups?api-version={GROUPS}");
    let group = |body: Value| {
        let id = body.get("id")?.as_str()?.to_owned();
        let found = Found {
            label: Label::ResourceGroup,
            id,
            type_name: "Microsoft.Resources/resourceGroups".to_owned(),
            api_version: GROUPS.to_owned(),
            fullness: Fullness::Listed,
            body,
        };
        scan.filter.keeps_group(&found.id).then_some(found)
    };
    let listed = scan.reader().list(&format!("groups/{subscription}"), &groups, group).await;
    if let Err(ScanError::Azure(error)) = &listed {
        scan.receipt.unlisted(subscription, "groups", &error.word());
    }
    settle(scan, &format!("/subscriptions/{subscription}/resourcegroups"), listed)
}

async fn one_inventory(scan: &Scan, subscription: &str) -> Result<(), ScanError> {
    groups(scan, subscription).await?;
    let expand = "$expand=createdTime,changedTime,provisioningState";
    let lists = scan.filter.pushed_down(subscription).into_iter().map(|(name, scope, filter)| async move {
        let first = format!("{scope}/resources?api-version={GROUPS}&$top=1000&{expand}{filter}");
        let wanted = move |text: &str| wanted(scan, subscription, text);
        let listed = scan.reader().expect(&format!("inventory/{subscription}{name}"), &first, wanted).await;
        if let Err(ScanError::Azure(error)) = &listed {
            // A group that the filter names need not be in every subscription.
            if error.refusal().is_some_and(|refusal| refusal.status == 404 && refusal.code == "ResourceGroupNotFound") {
                return Ok(());
            }
            // A filter that is not understood is no reason to read nothing: rows are looked at here anyway.
            if !filter.is_empty() && error.refusal().is_some_and(|refusal| refusal.status == 400) {
                let whole = format!("{scope}/resources?api-version={GROUPS}&$top=1000&{expand}");
                let listed = scan.reader().expect(&format!("inventory/{subscription}{name}"), &whole, wanted).await;
                return settle(scan, &format!("{scope}/resources"), listed);
            }
            scan.receipt.unlisted(subscription, "inventory", &error.word());
        }
        settle(scan, &format!("{scope}/resources"), listed)
    });
    stream::iter(lists).buffer_unordered(4).try_collect::<Vec<()>>().await?;
    Ok(())
}

fn wanted(scan: &Scan, subscription: &str, text: &str) -> Result<Option<Expected>, AzureError> {
    let row: Row = serde_json::from_str(text)
        .map_err(|error| AzureError::Unreadable { url: "the inventory".to_owned(), cause: error.to_string() })?;
    let Some(id) = row.id.as_ref().and_then(Value::as_str).and_then(ResourceId::parse) else { return Ok(None) };
    let type_name = id.type_name();
    let is_wanted = scan.generation.is_expected(&id.text)
        || scan.generation.has(&id.text)
        || (scan.filter.keeps_row(&id, &type_name, &row.location, &row.tags) && scan.receipt.admit());
    Ok(is_wanted.then(|| Expected {
        id: id.text,
        subscription: subscription.to_owned(),
        type_name: type_name.to_lowercase(),
        text: text.to_owned(),
    }))
}

/// A list that failed is a gap; what ends every scan ends this one.
pub(super) fn settle<T>(scan: &Scan, scope: &str, outcome: Result<T, ScanError>) -> Result<(), ScanError> {
    match outcome {
        Ok(_) => Ok(()),
        Err(ScanError::Azure(error)) if !is_fatal(&scan.client, &error) => {
            scan.receipt.gap(scope, &error);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Whether nothing more can be expected of this scan.
pub(super) fn is_fatal(client: &Client, error: &AzureError) -> bool {
    match error {
        AzureError::Credential(_) | AzureError::WrongTenant { .. } | AzureError::UnknownTenant(_) => true,
        AzureError::Network { .. } => client.is_cut_off(),
        _ => false,
    }
}

/// Ids and types in the inventory of a subscription, for a plan.
pub(super) async fn rows(
    client: &Client,
    subscription: &str,
    filter: &Filter,
) -> Result<Vec<(ResourceId, String)>, AzureError> {
    let mut rows = Vec::new();
    for (_, scope, more) in filter.pushed_down(subscription) {
        let mut links = BTreeSet::new();
        let mut next = Some(format!("{scope}/resources?api-version={GROUPS}&$top=1000{more}"));
        while let Some(address) = next.take() {
            if !links.insert(address.clone()) {
                return Err(AzureError::EndlessList(address));
            }
            let answer = client.arm(&address).await?;
            for row in answer.values() {
                if let Some(id) = row?.get("id").and_then(Value::as_str).and_then(ResourceId::parse) {
                    let type_name = id.type_name();
                    rows.push((id, type_name));
                }
            }
            next = answer.next;
        }
    }
    Ok(rows)
}
