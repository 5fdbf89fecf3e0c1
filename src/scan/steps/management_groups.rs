//! Management groups with what lies in them.

use futures_util::{StreamExt, stream};
use serde_json::Value;

use crate::{
    arm::ResourceId,
    azure::{AzureError, Client},
    graph::model::{Found, Fullness, Label},
    scan::{
        error::ScanError,
        facts::{body::encoded, receipt::Ground, stream_key::StreamKey},
        read::{
            scan::{AT_ONCE, Scan},
            versions::with_versions,
        },
    },
};

const TYPE: &str = "Microsoft.Management/managementGroups";
const SCOPE: &str = "/providers/Microsoft.Management/managementGroups";
const VERSION: &str = "2021-04-01";

/// Reads them; their ids.
pub(crate) async fn read(scan: &Scan) -> Result<Vec<String>, ScanError> {
    let items = match scan.unless_fatal(listed(&scan.client).await)? {
        Ok(items) => items,
        Err(error) => {
            scan.receipt.unlisted(Ground::ManagementGroups, &error.word());
            scan.receipt.gap(SCOPE, &error);
            return Ok(Vec::new());
        }
    };
    let each = stream::iter(items.into_iter().map(|item| one(scan, item)));
    let found: Vec<Option<Found>> = each.buffered(AT_ONCE).collect().await;
    let found: Vec<Found> = found.into_iter().flatten().collect();
    let ids = found.iter().map(|found| found.id.clone()).collect();
    scan.settle(&StreamKey::ManagementGroups, found).await?;
    Ok(ids)
}

/// A group with its children; as its list shows it, where it can't be read itself.
async fn one(scan: &Scan, item: Value) -> Option<Found> {
    let id = item.get("id").and_then(Value::as_str).map(str::to_owned)?;
    ResourceId::parse(&id).filter(|id| id.type_name().eq_ignore_ascii_case(TYPE))?;
    let path = &encoded(&id);
    let whole = with_versions(VERSION, |version| async move {
        let answer = scan.client.arm(&format!("{path}?api-version={version}&$expand=children")).await?;
        Ok(answer.value()?)
    });
    let (body, fullness) = match whole.await {
        Ok(body) => (body, Fullness::Read),
        Err(error) => {
            if let ScanError::Azure(error) = &error {
                scan.receipt.gap(&id, error);
            }
            (item, Fullness::Listed)
        }
    };
    Some(Found {
        label: Label::ManagementGroup,
        id,
        type_name: TYPE.to_owned(),
        api_version: VERSION.to_owned(),
        fullness,
        body,
    })
}

/// How many there are; none where they can't be read.
pub(crate) async fn count(client: &Client) -> u64 {
    listed(client).await.map_or(0, |groups| groups.len() as u64)
}

async fn listed(client: &Client) -> Result<Vec<Value>, ScanError> {
    with_versions(VERSION, |version| async move {
        let items: Result<Vec<Value>, AzureError> = client.pages(&format!("{SCOPE}?api-version={version}")).all().await;
        Ok(items?)
    })
    .await
}
