//! Groups, and the inventory: what the scan expects to find.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    arm::ResourceId,
    azure::{AzureError, Client},
    graph::{
        Expected,
        model::{Found, Fullness, Label},
    },
    scan::{
        error::ScanError,
        facts::{filter::Filter, receipt::Ground, stream_key::StreamKey},
        read::{
            listing::{Address, Row},
            scan::{AT_ONCE, Scan},
        },
    },
};

/// The api-version of groups and of the inventory.
pub(crate) const VERSION: &str = "2021-04-01";
/// Lists of one subscription at once, where the filter makes several of its inventory.
const PARTS_AT_ONCE: usize = 4;
const EXPAND: &str = "$expand=createdTime,changedTime,provisioningState";

/// Groups and the inventory of every subscription.
pub(crate) async fn read(scan: &Scan, subscriptions: &[String]) -> Result<(), ScanError> {
    let each = stream::iter(subscriptions.iter().cloned().map(|subscription| one(scan, subscription)));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// What the coverage calls the type of a row that says none.
const NO_TYPE: &str = "unknown";

/// What is read of an inventory row before it is kept.
#[derive(Default, Deserialize)]
struct Fields {
    id: Option<Value>,
    #[serde(default, rename = "type")]
    type_name: Value,
    #[serde(default)]
    location: Value,
    #[serde(default)]
    tags: Value,
}

/// Groups of a subscription, also empty ones.
pub(crate) async fn groups(scan: &Scan, subscription: &str) -> Result<(), ScanError> {
    let path = format!("/subscriptions/{subscription}/resourcegroups");
    let group = |body: Value, version: &str| {
        let id = body.get("id")?.as_str()?.to_owned();
        let found = Found {
            label: Label::ResourceGroup,
            id,
            type_name: "Microsoft.Resources/resourceGroups".to_owned(),
            api_version: version.to_owned(),
            fullness: Fullness::Listed,
            body,
        };
        scan.filter.keeps_group(&found.id).then_some(found)
    };
    let listed = scan.list(&StreamKey::Groups { subscription }, Address::of(&path), VERSION, group).await;
    if let Err(error) = scan.unless_fatal(listed)? {
        scan.receipt.unlisted(Ground::groups(subscription), &error.word());
        scan.receipt.gap(&path, &error);
    }
    Ok(())
}

async fn one(scan: &Scan, subscription: String) -> Result<(), ScanError> {
    groups(scan, &subscription).await?;
    let parts = scan.filter.pushed_down(&subscription).into_iter();
    let parts = parts.map(|(name, scope, filter)| part(scan, &subscription, name, scope, filter));
    stream::iter(parts).buffer_unordered(PARTS_AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// One of the lists that together are the inventory of a subscription.
async fn part(scan: &Scan, subscription: &str, name: String, scope: String, filter: String) -> Result<(), ScanError> {
    let stream = StreamKey::Inventory { subscription, part: &name };
    let address = |filter: &str| format!("{scope}/resources?api-version={VERSION}&$top=1000&{EXPAND}{filter}");
    let wanted = |text: &str| wanted(scan, subscription, text);
    let mut listed = scan.unless_fatal(scan.expect(&stream, subscription, &address(&filter), wanted).await)?;
    let refusal = listed.as_ref().err().and_then(AzureError::refusal);
    // A group that the filter names need not be in every subscription.
    if refusal.is_some_and(|refusal| refusal.status == 404 && refusal.code == "ResourceGroupNotFound") {
        return Ok(());
    }
    // A filter that is not understood is no reason to read nothing: rows are looked at here anyway.
    if !filter.is_empty() && refusal.is_some_and(|refusal| refusal.status == 400) {
        listed = scan.unless_fatal(scan.expect(&stream, subscription, &address(""), wanted).await)?;
    }
    if let Err(error) = listed {
        scan.receipt.unlisted(Ground::inventory(subscription), &error.word());
        scan.receipt.gap(&format!("{scope}/resources"), &error);
    }
    Ok(())
}

/// What a row of the inventory stands for.
fn wanted(scan: &Scan, subscription: &str, text: &str) -> Row {
    // A row that is no object costs itself.
    let row: Fields = serde_json::from_str(text).unwrap_or_default();
    let Some(id) = row.id.as_ref().and_then(Value::as_str).and_then(ResourceId::parse) else {
        return Row::Nameless(row.type_name.as_str().filter(|name| name.contains('/')).unwrap_or(NO_TYPE).to_owned());
    };
    let type_name = id.type_name();
    let is_wanted = scan.generation.is_expected(&id.text)
        || scan.generation.has(&id.text)
        || (scan.filter.keeps_row(&id, &type_name, &row.location, &row.tags) && scan.receipt.admit());
    if !is_wanted {
        return Row::Unwanted;
    }
    Row::Wanted(Expected {
        id: id.text,
        subscription: subscription.to_owned(),
        type_name: type_name.to_lowercase(),
        text: text.to_owned(),
    })
}

/// Ids and types in the inventory of a subscription, for a plan.
pub(crate) async fn rows(
    client: &Client,
    subscription: &str,
    filter: &Filter,
) -> Result<Vec<(ResourceId, String)>, AzureError> {
    let mut rows = Vec::new();
    for (_, scope, more) in filter.pushed_down(subscription) {
        let mut pages = client.pages(&format!("{scope}/resources?api-version={VERSION}&$top=1000{more}"));
        while let Some(answer) = pages.next().await? {
            for row in answer.values() {
                if let Some(id) = row?.get("id").and_then(Value::as_str).and_then(ResourceId::parse) {
                    let type_name = id.type_name();
                    rows.push((id, type_name));
                }
            }
        }
    }
    Ok(rows)
}
