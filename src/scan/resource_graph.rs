//! Azure Resource Graph: bodies by the thousand, counts, and what changed.
//!
//! Pages go by key (`where id > last | order by id asc`), so that nothing is lost or doubled when rows come
//! and go between two of them; that there is more is said by `$skipToken` alone. How many rows a page asks
//! for follows the bytes that pages had, for an answer may not pass 16 MiB. What Resource Graph counts is
//! the expectation: a type of which it gave fewer bodies is listed at its provider as well.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{
    Scan, ScanError,
    providers::Providers,
    resources::{is_fatal, settle},
    types,
};
use crate::{
    arm::ResourceId,
    azure::{Answer, AzureError, Client},
    graph::{
        Cell, Cursor,
        model::{Found, Fullness, Label},
    },
};

/// Rows of a page at most; Resource Graph gives no more.
const ROWS: usize = 1_000;
/// Bytes that a page should have.
const BYTES: usize = 8 << 20;
/// Pages of one stream.
const PAGES: usize = 100_000;
/// Subscriptions at once.
const AT_ONCE: usize = 4;
/// What a row says of where it stands, and the body does not.
const PLACE: [&str; 3] = ["resourceGroup", "subscriptionId", "tenantId"];

const COUNTS: &str = "summarize count_ = count() by subscriptionId, type";
const BODIES: &str = "project id, name, type, location, kind, tags, sku, plan, identity, zones, managedBy, extendedLocation, systemData, properties, resourceGroup, subscriptionId, tenantId";

/// How many resources of each type there are in each subscription. `filter` is a step before the counting.
pub(super) async fn counts(client: &Client, subscriptions: &[String], filter: &str) -> Result<Vec<Cell>, AzureError> {
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

fn unreadable(cause: &str) -> AzureError {
    AzureError::Unreadable { url: "Resource Graph".to_owned(), cause: cause.to_owned() }
}

async fn ask(client: &Client, subscriptions: &[String], query: &str, rows: usize) -> Result<Answer, AzureError> {
    let options = json!({"resultFormat": "objectArray", "$top": rows});
    client.query(&json!({"subscriptions": subscriptions, "query": query, "options": options})).await
}

/// Whole bodies of everything that Resource Graph has; `cells` is what it counts.
pub(super) async fn read(scan: &Scan, providers: &Providers, cells: Vec<Cell>) -> Result<(), ScanError> {
    let rows: u64 = cells.iter().map(|cell| cell.count).sum();
    if scan.filter.is_open() {
        for cell in &cells {
            scan.receipt.expect(&cell.subscription, &cell.type_name, cell.count);
        }
    }
    let subscriptions: BTreeSet<String> = cells.iter().map(|cell| cell.subscription.clone()).collect();
    let each = stream::iter(subscriptions.into_iter().map(|subscription| async move {
        let read = bodies(scan, providers, &subscription, rows).await;
        if let Err(ScanError::Azure(error)) = &read {
            scan.receipt.unlisted(&subscription, "inventory", &error.word());
        }
        settle(scan, &format!("/subscriptions/{subscription}/resources by Resource Graph"), read)
    }));
    each.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    if scan.filter.is_open() {
        short(scan, providers, cells).await?;
    }
    Ok(())
}

/// Types of which fewer bodies came than were counted.
async fn short(scan: &Scan, providers: &Providers, cells: Vec<Cell>) -> Result<(), ScanError> {
    let read = || -> BTreeMap<(String, String), u64> {
        let cells = scan.generation.cells().into_iter();
        cells.map(|cell| ((cell.subscription, cell.type_name), cell.count)).collect()
    };
    let lacks = |read: &BTreeMap<(String, String), u64>, cell: &Cell| {
        read.get(&(cell.subscription.clone(), cell.type_name.clone())).copied().unwrap_or(0) < cell.count
    };
    let before = read();
    for cell in cells.iter().filter(|cell| lacks(&before, cell)) {
        types::one_list(scan, providers, cell).await?;
    }
    let after = read();
    for cell in cells.iter().filter(|cell| lacks(&after, cell) && !scan.receipt.is_limited()) {
        let reason = format!("Resource Graph counts {}", cell.count);
        scan.receipt.partial(&cell.subscription, &cell.type_name, &reason);
    }
    Ok(())
}

async fn bodies(scan: &Scan, providers: &Providers, subscription: &str, rows: u64) -> Result<(), ScanError> {
    let within = [subscription.to_owned()];
    let mut pages = Keyed::begin(scan, &format!("bodies/{subscription}"))?;
    while let Some(page) = pages.next(scan, "id")? {
        let query = format!("resources | {}{page}order by id asc | {BODIES}", scan.filter.kusto());
        let Some(answer) = pages.ask(&scan.client, &within, &query).await? else { continue };
        let mut found = Vec::with_capacity(answer.len());
        let mut last = None;
        for row in answer.values() {
            let row = row?;
            let id = row.get("id").and_then(Value::as_str).map(str::to_lowercase);
            last = Some(id.ok_or_else(|| unreadable("a row has no id"))?);
            found.extend(
                body(providers, subscription, row).filter(|found| {
                    scan.generation.has(&found.id) || (scan.filter.keeps(found) && scan.receipt.admit())
                }),
            );
        }
        let cursor = pages.turn(&answer, last);
        scan.reader().put(&pages.stream, found, cursor).await?;
        let done = scan.generation.count();
        let message = format!("{done} of {rows} resources by Resource Graph");
        let share = 0.15 + 0.25 * (done as f64 / rows.max(1) as f64).min(1.0);
        scan.report("resources", &message, share, Some(rows.saturating_sub(done)));
    }
    Ok(())
}

/// A row as the body that ARM would give: what it says of its place goes, and what it does not have.
fn body(providers: &Providers, subscription: &str, row: Value) -> Option<Found> {
    let Value::Object(mut row) = row else { return None };
    let id = ResourceId::parse(row.get("id")?.as_str()?)?;
    for name in PLACE {
        row.remove(name);
    }
    row.retain(|name, value| !(value.is_null() || value.as_str() == Some("") && name != "id"));
    let type_name = providers.spelled(subscription, &id.type_name());
    row.insert("type".to_owned(), Value::String(type_name.clone()));
    Some(Found {
        label: Label::Resource,
        api_version: providers.version_of(subscription, &type_name),
        id: id.text,
        type_name,
        fullness: Fullness::Listed,
        body: Value::Object(row),
    })
}

/// Ids of what changed in a subscription after a time, handed over page by page with where it stands.
pub(super) async fn changes(scan: &Scan, subscription: &str, since: &str) -> Result<(), ScanError> {
    let within = [subscription.to_owned()];
    let mut pages = Keyed::begin(scan, &format!("changes/{subscription}"))?;
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
                changed.push(crate::graph::Expected {
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

/// Where a stream of pages stands.
enum At {
    Begin,
    After(String),
    End,
}

/// Pages by key: where the stream stands, and how many rows a page asks for.
struct Keyed {
    stream: String,
    at: At,
    rows: usize,
    pages: usize,
}

impl Keyed {
    fn begin(scan: &Scan, stream: &str) -> Result<Self, ScanError> {
        let at = match scan.generation.cursor(stream)? {
            Some(Cursor::Done) => At::End,
            Some(Cursor::Next(last)) => At::After(last),
            None => At::Begin,
        };
        Ok(Self { stream: stream.to_owned(), at, rows: ROWS, pages: 0 })
    }

    /// The condition that the next page's rows go on after the last key; `None`: all is read.
    fn next(&mut self, scan: &Scan, key: &str) -> Result<Option<String>, ScanError> {
        scan.check_cancel()?;
        self.pages += 1;
        if self.pages > PAGES {
            return Err(AzureError::EndlessList(self.stream.clone()).into());
        }
        Ok(match &self.at {
            At::Begin => Some(String::new()),
            At::After(last) => Some(format!("where {key} > '{}' | ", quoted(last))),
            At::End => None,
        })
    }

    /// A page; `None`: it was too large, and the next try asks for fewer rows.
    async fn ask(&mut self, client: &Client, within: &[String], query: &str) -> Result<Option<Answer>, AzureError> {
        match ask(client, within, query, self.rows).await {
            Ok(answer) if answer.is_empty() && !answer.value()?["data"].is_array() => {
                Err(unreadable("it has no list of rows"))
            }
            Ok(answer) => {
                let per_row = answer.size() / answer.len().max(1) + 1;
                self.rows = (BYTES / per_row).clamp(1, ROWS);
                Ok(Some(answer))
            }
            Err(AzureError::Refused(refusal))
                if self.rows > 1 && (refusal.status == 413 || refusal.code == "ResponsePayloadTooLarge") =>
            {
                self.rows = (self.rows / 4).max(1);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Where the stream stands after a page that ended with a key.
    fn turn(&mut self, answer: &Answer, last: Option<String>) -> Cursor {
        let is_fresh = |last: &String| !matches!(&self.at, At::After(before) if before == last);
        if let Some(last) = last.filter(|last| answer.next.is_some() && is_fresh(last)) {
            self.at = At::After(last.clone());
            Cursor::Next(last)
        } else {
            self.at = At::End;
            Cursor::Done
        }
    }
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

/// What reading everything costs by either way, in seconds: by lists, by Resource Graph.
pub(super) fn seconds(client: &Client, cells: &[Cell]) -> (f64, f64) {
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

/// Whether what failed means that Resource Graph is not to be had here.
pub(super) fn is_absent(client: &Client, error: &ScanError) -> bool {
    matches!(error, ScanError::Azure(error) if !is_fatal(client, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_becomes_the_body_that_arm_would_give() {
        let row = json!({
            "id": "/subscriptions/s/resourceGroups/g/providers/microsoft.x/things/n", "type": "microsoft.x/things",
            "name": "n", "kind": "", "sku": null, "tags": {}, "location": "eastus", "properties": {"a": null},
            "resourceGroup": "g", "subscriptionId": "s", "tenantId": "t",
        });
        let found = body(&Providers::default(), "s", row).expect("a body");
        let expected = json!({
            "id": "/subscriptions/s/resourceGroups/g/providers/microsoft.x/things/n", "type": "microsoft.x/things",
            "name": "n", "tags": {}, "location": "eastus", "properties": {"a": null},
        });
        assert_eq!(found.body, expected);
    }

    #[test]
    fn a_key_in_a_query_can_not_end_its_text() {
        assert_eq!(quoted(r"a'b\c"), r"a\'b\\c");
    }
}
