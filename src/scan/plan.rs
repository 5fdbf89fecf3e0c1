//! What a scan would cost: requests by bucket, the bucket that binds, the time that it takes.
//!
//! Where the tenant was scanned before its snapshot says how much there is; else only the groups and
//! types are counted that a look at the inventory gives.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ScanError, children};
use crate::{
    api::ScanRequest,
    azure::Client,
    graph::{GraphError, TenantGraph},
};

/// Elements of a LIST page.
const PAGE: u64 = 100;
/// Rows of a page of the inventory.
const INVENTORY_PAGE: u64 = 1_000;
/// Lists of a subscription beside those by type: providers, groups, roles and the like.
const FIXED: u64 = 8;

/// The plan, as `POST /scan?plan=true` answers it.
pub async fn estimate(client: Client, graph: Option<TenantGraph>, request: ScanRequest) -> Result<Value, ScanError> {
    client.check().await?;
    let mut subscriptions = Vec::new();
    let mut next = Some("/subscriptions?api-version=2022-12-01".to_owned());
    while let Some(address) = next.take() {
        let answer = client.arm(&address).await?;
        for item in answer.values() {
            subscriptions.extend(item?.get("subscriptionId").and_then(Value::as_str).map(str::to_lowercase));
        }
        next = answer.next.filter(|next| *next != address);
    }
    let asked = |id: &String| {
        request.subscription_ids.is_empty() || request.subscription_ids.iter().any(|wanted| wanted.to_string() == *id)
    };
    subscriptions.retain(asked);
    let counts = counts(&client, graph, &subscriptions).await?;
    let mut requests = BTreeMap::new();
    let (mut listed, mut skipped) = (Vec::new(), Vec::new());
    for subscription in &subscriptions {
        let mut types: BTreeMap<&String, u64> = BTreeMap::new();
        for ((_, type_name), count) in counts.iter().filter(|((of, _), _)| of == subscription) {
            types.insert(type_name, *count);
        }
        let rows: u64 = types.values().sum();
        let pages: u64 = types.values().map(|count| count.div_ceil(PAGE)).sum();
        requests.insert(format!("arm/{subscription}"), FIXED + rows.div_ceil(INVENTORY_PAGE) + pages);
    }
    // Children: one list for each parent and child type that the metadata has.
    for subscription in &subscriptions {
        let metadata = super::providers::metadata(&client, subscription).await?;
        for ((_, type_name), count) in counts.iter().filter(|((of, _), _)| of == subscription) {
            for child in metadata.children_of(subscription, type_name) {
                if children::is_planned(&request.include_child_types, child) {
                    *requests.entry(format!("arm/{subscription}")).or_default() += count;
                    listed.push(child.name.clone());
                } else {
                    skipped.push(child.name.clone());
                }
            }
        }
    }
    let binding = requests.iter().max_by_key(|(_, count)| **count).map(|(bucket, count)| (bucket.clone(), *count));
    let seconds = binding.as_ref().map_or(0.0, |(_, count)| count.saturating_sub(200) as f64 / 20.0);
    for names in [&mut listed, &mut skipped] {
        names.sort();
        names.dedup();
    }
    Ok(json!({
        "requests": requests,
        "binding": binding.map(|(bucket, _)| bucket),
        "seconds": seconds,
        "children": {"listed": listed, "skipped": skipped},
    }))
}

type Counts = BTreeMap<(String, String), u64>;

async fn counts(client: &Client, graph: Option<TenantGraph>, subscriptions: &[String]) -> Result<Counts, ScanError> {
    if let Some(snapshot) = graph.map(|graph| graph.latest()).transpose()?.flatten() {
        return tokio::task::spawn_blocking(move || {
            let mut counts = Counts::new();
            let mut after: Option<String> = None;
            loop {
                let nodes = snapshot.outlines(after.as_deref(), 1_000)?;
                let Some(last) = nodes.last() else { return Ok(counts) };
                after = Some(last.key.clone());
                for node in nodes {
                    if let Some(subscription) = node.subscription_id.filter(|_| node.type_name.contains('/')) {
                        *counts.entry((subscription, node.type_name)).or_default() += 1;
                    }
                }
            }
        })
        .await
        .map_err(|error| GraphError::Body(error.to_string()))?;
    }
    let mut counts = Counts::new();
    for subscription in subscriptions {
        for (type_name, count) in super::resources::counted(client, subscription).await? {
            counts.insert((subscription.clone(), type_name), count);
        }
    }
    Ok(counts)
}
