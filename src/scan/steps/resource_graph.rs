//! Azure Resource Graph: bodies by the thousand, counts, and what changed.
//!
//! Pages go by key (`where id > last | order by id asc`), so that nothing is lost or doubled when rows come
//! and go between two of them; that there is more is said by `$skipToken` alone. How many rows a page asks
//! for follows the bytes that pages had, for an answer may not pass 16 MiB. What Resource Graph counts is
//! the expectation: a type of which it gave fewer bodies is listed at its provider as well.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::type_list;
use crate::{
    arm::ResourceId,
    azure::{AzureError, Client},
    graph::{
        Cell, Expected,
        model::{Found, Fullness, Label},
    },
    scan::{
        error::ScanError,
        facts::{
            catalogue::Catalogue,
            receipt::Ground,
            refusals::{Cause, Reason},
            stream_key::StreamKey,
        },
        read::{
            keyed::{Keyed, ROWS, ask, unreadable},
            scan::Scan,
        },
    },
};

/// Subscriptions at once.
const AT_ONCE: usize = 4;
/// What a row says of where it stands, and the body does not.
const PLACE: [&str; 3] = ["resourceGroup", "subscriptionId", "tenantId"];

const COUNTS: &str = "summarize count_ = count() by subscriptionId, type";
const BODIES: &str = "project id, name, type, location, kind, tags, sku, plan, identity, zones, managedBy, extendedLocation, systemData, properties, resourceGroup, subscriptionId, tenantId";

/// How many resources of each type there are in each subscription. `filter` is a step before the counting.
pub(crate) async fn counts(client: &Client, subscriptions: &[String], filter: &str) -> Result<Vec<Cell>, AzureError> {
    let query = format!("resources | {filter}{COUNTS}");
    let mut cells = Vec::new();
    for some in subscriptions.chunks(ROWS) {
        let answer = ask(client, some, &query, ROWS).await?;
        // Without an order there are no further pages to ask for: then the lists are the better way.
        if answer.next.is_some() {
            let cause = "there are more types than one page of counts holds".to_owned();
            return Err(AzureError::Unreadable { url: "Resource Graph".to_owned(), cause });
        }
        let rows = answer.value()?["data"].as_array().cloned().ok_or_else(|| unreadable("it has no list of rows"))?;
        for row in rows {
            let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_lowercase);
            if let (Some(subscription), Some(type_name), Some(count)) =
                (text("subscriptionId"), text("type"), row.get("count_").and_then(Value::as_u64))
            {
                cells.push(Cell { subscription, type_name, count });
            }
        }
    }
    Ok(cells)
}

/// Whole bodies of everything that Resource Graph has; `cells` is what it counts.
pub(crate) async fn read(scan: &Scan, catalogue: &Catalogue, cells: Vec<Cell>) -> Result<(), ScanError> {
    let rows: u64 = cells.iter().map(|cell| cell.count).sum();
    if scan.filter.is_open() {
        for cell in &cells {
            scan.receipt.expect(&cell.subscription, &cell.type_name, cell.count);
        }
    }
    let subscriptions: BTreeSet<String> = cells.iter().map(|cell| cell.subscription.clone()).collect();
    let each = stream::iter(subscriptions.into_iter().map(|subscription| async move {
        if let Err(error) = scan.unless_fatal(bodies(scan, catalogue, &subscription, rows).await)? {
            scan.receipt.unlisted(Ground::inventory(&subscription), &error.word());
            scan.receipt.gap(&format!("/subscriptions/{subscription}/resources by Resource Graph"), &error);
        }
        Ok::<_, ScanError>(())
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    if scan.filter.is_open() {
        short(scan, catalogue, cells).await?;
    }
    Ok(())
}

/// Types of which fewer bodies came than were counted.
async fn short(scan: &Scan, catalogue: &Catalogue, cells: Vec<Cell>) -> Result<(), ScanError> {
    let read = || -> BTreeMap<(String, String), u64> {
        let cells = scan.generation.cells().into_iter();
        cells.map(|cell| ((cell.subscription, cell.type_name), cell.count)).collect()
    };
    let lacks = |read: &BTreeMap<(String, String), u64>, cell: &Cell| {
        read.get(&(cell.subscription.clone(), cell.type_name.clone())).copied().unwrap_or(0) < cell.count
    };
    let before = read();
    for cell in cells.iter().filter(|cell| lacks(&before, cell)) {
        type_list::at_subscription(scan, catalogue, cell).await?;
    }
    let after = read();
    for cell in cells.iter().filter(|cell| lacks(&after, cell) && !scan.receipt.is_limited()) {
        let reason = Reason::new(Cause::Incomplete, format!("Resource Graph counts {}", cell.count));
        scan.receipt.partial(&cell.subscription, &cell.type_name, reason);
    }
    Ok(())
}

async fn bodies(scan: &Scan, catalogue: &Catalogue, subscription: &str, rows: u64) -> Result<(), ScanError> {
    let within = [subscription.to_owned()];
    let mut pages = Keyed::begin(scan, &StreamKey::Bodies { subscription })?;
    while let Some(page) = pages.next(scan, "id")? {
        let query = format!("resources | {}{page}order by id asc | {BODIES}", scan.filter.kusto());
        let Some(answer) = pages.ask(&scan.client, &within, &query).await? else { continue };
        let mut found = Vec::with_capacity(answer.len());
        let mut last = None;
        for row in answer.values() {
            let row = row?;
            // A row without an id costs itself; what it stands for is counted, and missed by the count.
            let Some(id) = row.get("id").and_then(Value::as_str).map(str::to_lowercase) else { continue };
            last = Some(id);
            found.extend(
                body(catalogue, subscription, row).filter(|found| {
                    scan.generation.has(&found.id) || (scan.filter.keeps(found) && scan.receipt.admit())
                }),
            );
        }
        let cursor = pages.turn(&answer, last);
        scan.put(&pages.stream, found, cursor).await?;
        let done = scan.generation.count();
        let message = format!("{done} of {rows} resources by Resource Graph");
        let share = 0.15 + 0.25 * (done as f64 / rows.max(1) as f64).min(1.0);
        scan.report("resources", &message, share, Some(rows.saturating_sub(done)));
    }
    Ok(())
}

/// A row as the body that ARM would give: what it says of its place goes, and what it does not have.
fn body(catalogue: &Catalogue, subscription: &str, row: Value) -> Option<Found> {
    let Value::Object(mut row) = row else { return None };
    let id = ResourceId::parse(row.get("id")?.as_str()?)?;
    for name in PLACE {
        row.remove(name);
    }
    row.retain(|name, value| !(value.is_null() || value.as_str() == Some("") && name != "id"));
    let type_name = catalogue.spelled(subscription, &id.type_name());
    row.insert("type".to_owned(), Value::String(type_name.clone()));
    Some(Found {
        label: Label::Resource,
        api_version: catalogue.version_of(subscription, &type_name),
        id: id.text,
        type_name,
        fullness: Fullness::Listed,
        body: Value::Object(row),
    })
}

/// Ids of what changed in a subscription after a time, handed over page by page with where it stands.
pub(crate) async fn changes(scan: &Scan, subscription: &str, since: &str) -> Result<(), ScanError> {
    let within = [subscription.to_owned()];
    let mut pages = Keyed::begin(scan, &StreamKey::Changes { subscription })?;
    while let Some(page) = pages.next(scan, "target")? {
        let query = format!(
            "resourcechanges | extend at = todatetime(properties.changeAttributes.timestamp), target = tolower(tostring(properties.targetResourceId)) | where at > datetime('{since}') | summarize at = max(at) by target | {page}order by target asc | project target, at"
        );
        let Some(answer) = pages.ask(&scan.client, &within, &query).await? else { continue };
        let mut changed = Vec::with_capacity(answer.len());
        let mut last = None;
        for row in answer.values() {
            let row = row?;
            let Some(target) = row.get("target").and_then(Value::as_str) else { continue };
            last = Some(target.to_lowercase());
            // Groups and subscriptions are listed anyway.
            if let Some(id) = ResourceId::parse(target).filter(|id| id.namespace.is_some()) {
                changed.push(Expected {
                    subscription: subscription.to_owned(),
                    type_name: id.type_name().to_lowercase(),
                    id: id.text,
                    text: String::new(),
                });
            }
        }
        let cursor = pages.turn(&answer, last);
        scan.generation.expect(&pages.stream, changed, cursor).await?;
    }
    Ok(())
}

/// What reading everything costs by either way, in seconds: by lists, by Resource Graph.
pub(crate) fn seconds(client: &Client, cells: &[Cell]) -> (f64, f64) {
    let limits = client.limits();
    let mut reads: BTreeMap<&str, u64> = BTreeMap::new();
    let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
    for cell in cells {
        *reads.entry(&cell.subscription).or_default() += cell.count.div_ceil(100);
        *rows.entry(&cell.subscription).or_default() += cell.count;
    }
    for (subscription, rows) in &rows {
        *reads.entry(subscription).or_default() += rows.div_ceil(ROWS as u64) + 2;
    }
    let queries: u64 = rows.values().map(|rows| rows.div_ceil(ROWS as u64)).sum();
    let wait = |count: u64, (burst, refill): (f64, f64)| (count as f64 - burst).max(0.0) / refill;
    let lists = reads.values().map(|count| wait(*count, limits.reads)).fold(0.0, f64::max);
    (lists, wait(queries + 1, limits.queries))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_becomes_the_body_that_arm_would_give() {
        let row = json!({
            "id": "/subscriptions/s/resourceGroups/g/providers/microsoft.x/things/n", "type": "microsoft.x/things",
            "name": "n", "kind": "", "sku": null, "tags": {}, "location": "eastus", "properties": {"a": null},
            "resourceGroup": "g", "subscriptionId": "s", "tenantId": "t",
        });
        let found = body(&Catalogue::default(), "s", row).expect("a body");
        let expected = json!({
            "id": "/subscriptions/s/resourceGroups/g/providers/microsoft.x/things/n", "type": "microsoft.x/things",
            "name": "n", "tags": {}, "location": "eastus", "properties": {"a": null},
        });
        assert_eq!(found.body, expected);
    }
}
