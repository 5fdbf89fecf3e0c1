//! Users, groups with members, service principals and applications by Microsoft Graph, where permitted.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{AT_ONCE, Scan, ScanError};
use crate::{
    azure::AzureError,
    graph::model::{Found, Fullness, Label},
};

const LISTS: [(Label, &str, &str); 4] = [
    (Label::User, "users", "/v1.0/users?$top=999"),
    (Label::Group, "groups", "/v1.0/groups?$top=999"),
    (Label::ServicePrincipal, "service_principals", "/v1.0/servicePrincipals?$top=999"),
    (Label::Application, "applications", "/v1.0/applications?$top=999"),
];

/// How many of each kind were read; what may not be read is a gap, not an error.
pub(super) async fn read(scan: &Scan) -> Result<BTreeMap<String, u64>, ScanError> {
    let mut counts = BTreeMap::new();
    for (label, name, address) in LISTS {
        let items = match scan.client.graph_list(address).await {
            Ok(items) => items,
            Err(error @ AzureError::WrongTenant { .. }) => return Err(error.into()),
            Err(error) => {
                scan.receipt.gap(&format!("graph/{name}"), &error);
                continue;
            }
        };
        counts.insert(name.to_owned(), items.len() as u64);
        let each = stream::iter(items.into_iter().map(|item| with_members(scan, label, item)));
        let found: Vec<Found> = each.buffered(AT_ONCE).filter_map(|found| async { found }).collect().await;
        scan.reader().settle(&format!("graph/{name}"), found).await?;
    }
    Ok(counts)
}

async fn with_members(scan: &Scan, label: Label, mut body: Value) -> Option<Found> {
    let id = body.get("id")?.as_str()?.to_owned();
    let lists: &[(&str, &str)] = match label {
        Label::Group => &[("members", "groups"), ("owners", "groups")],
        Label::Application => &[("owners", "applications")],
        _ => &[],
    };
    for (list, collection) in lists {
        match scan.client.graph_list(&format!("/v1.0/{collection}/{id}/{list}?$select=id")).await {
            Ok(entries) => {
                let ids = entries.iter().filter_map(|entry| entry.get("id")).map(|id| json!({"id": id})).collect();
                if let Some(fields) = body.as_object_mut() {
                    fields.insert((*list).to_owned(), Value::Array(ids));
                }
            }
            Err(error) => scan.receipt.gap(&format!("graph/{collection}/{list}"), &error),
        }
    }
    Some(Found {
        label,
        id,
        type_name: label.word().to_owned(),
        api_version: "v1.0".to_owned(),
        fullness: Fullness::Listed,
        body,
    })
}
