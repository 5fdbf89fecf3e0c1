//! A scan of changes only: what Resource Graph says has changed is read again, all else stays as it was.
//!
//! ```text
//! watermark − 35 min ▸ changed ids ▸ GET each ▸ what lies below them ▸ groups, access, identities in full
//!   ▸ of what was not seen: GET said gone → goes; below something read again → asked; else kept as it was
//! ```
//! The watermark is when the scan before began. Without one, with one older than 13 days (Azure keeps changes
//! for 14), after a scan of another scope, or with a filter or a limit, everything is read: a delta is never
//! less true than a full scan.

use serde::{Deserialize, Serialize};

use super::{below, inventory, leftover, resource_graph};
use crate::{
    api::{ScanRequest, Time},
    graph::{GraphError, TenantGraph},
    scan::{
        error::ScanError,
        facts::{
            catalogue::Catalogue,
            receipt::{self, Status},
            refusals::{Cause, LeftOut, Reason},
        },
        read::scan::Scan,
    },
};

/// Changes appear late: so much before the watermark is asked for again.
const OVERLAP_MS: i64 = 35 * 60_000;
/// Beyond this Azure may have forgotten changes.
const OLDEST_MS: i64 = 13 * 24 * 3_600_000;
const NOTE: &str = "watermark";

/// When a scan began, which snapshot it made, and what it was asked to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    snapshot: u64,
    begun_ms: i64,
    scope: String,
}

/// The last two marks: the newer one counts once its snapshot is published.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Marks {
    newest: Option<Mark>,
    before: Option<Mark>,
}

fn marks(graph: &TenantGraph) -> Result<Marks, GraphError> {
    let noted = graph.note(NOTE)?;
    Ok(noted.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// What widens or narrows a scan.
fn scope(request: &ScanRequest) -> String {
    let mut subscriptions: Vec<String> = request.subscription_ids.iter().map(ToString::to_string).collect();
    subscriptions.sort();
    let mut children = request.include_child_types.clone();
    children.sort();
    format!("{subscriptions:?} {} {} {children:?}", request.include_identities, request.include_diagnostics)
}

/// Notes when this scan began, for the delta after it. Written before its snapshot is published.
pub(crate) async fn note(
    graph: &TenantGraph,
    snapshot: u64,
    begun_ms: i64,
    request: &ScanRequest,
) -> Result<(), GraphError> {
    let latest = graph.latest()?.map(|snapshot| snapshot.number());
    let old = marks(graph)?;
    let before = [old.newest, old.before].into_iter().flatten().find(|mark| Some(mark.snapshot) == latest);
    let is_whole = request.filter_config.is_none() && request.resource_limit.is_none();
    let newest = is_whole.then(|| Mark { snapshot, begun_ms, scope: scope(request) });
    let text = serde_json::to_string(&Marks { newest, before }).map_err(|error| GraphError::Body(error.to_string()))?;
    graph.set_note(NOTE, text).await
}

/// Since when changes are to be read, or why everything is.
pub(crate) fn since(graph: &TenantGraph, request: &ScanRequest) -> Result<Result<String, &'static str>, GraphError> {
    if request.filter_config.is_some() || request.resource_limit.is_some() {
        return Ok(Err("a filter or a limit was given"));
    }
    let Some(latest) = graph.latest()? else { return Ok(Err("the tenant was not scanned before")) };
    let marks = marks(graph)?;
    let found = [marks.newest, marks.before].into_iter().flatten().find(|mark| mark.snapshot == latest.number());
    let Some(mark) = found else { return Ok(Err("the scan before was narrowed, or left no watermark")) };
    if mark.scope != scope(request) {
        return Ok(Err("the scan before was asked for something else"));
    }
    if Time::now().millis() - mark.begun_ms > OLDEST_MS {
        return Ok(Err("the scan before is older than 13 days"));
    }
    Ok(Ok(Time::from_millis(mark.begun_ms - OVERLAP_MS).to_string()))
}

/// What the scan before could not read is not known now either.
fn carry(scan: &Scan, graph: &TenantGraph) -> Result<(), GraphError> {
    let Some(latest) = graph.latest()? else { return Ok(()) };
    for row in receipt::stored(&latest.info().coverage).iter().filter(|row| row.status == Status::Partial) {
        let unsaid = || Reason::new(Cause::NotReadBefore, "it was not read by the scan before");
        scan.receipt.partial(&row.subscription, &row.type_name, row.why().unwrap_or_else(unsaid));
    }
    Ok(())
}

/// Reads what changed; children of what was read again as well. What is left out by a full scan is here too.
pub(crate) async fn read(
    scan: &Scan,
    graph: &TenantGraph,
    catalogue: &Catalogue,
    subscriptions: &[String],
    since: &str,
) -> Result<Vec<LeftOut>, ScanError> {
    carry(scan, graph)?;
    for (at, subscription) in subscriptions.iter().enumerate() {
        scan.report(
            "changes",
            &format!("asking what changed since {since}"),
            0.1,
            Some((subscriptions.len() - at) as u64),
        );
        resource_graph::changes(scan, subscription, since).await?;
        inventory::groups(scan, subscription).await?;
    }
    let changed = scan.generation.expected_cells().iter().map(|cell| cell.count).sum::<u64>();
    scan.report("changes", &format!("reading {changed} changed resources"), 0.2, Some(changed));
    leftover::top_level(scan, catalogue).await?;
    below::read(scan, catalogue).await
}
