//! A scan from its request to its published snapshot: the phases, in their order.
//!
//! What a phase asks for is its step's to know; what is here decides which phases run, and when the scan ends.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::OptionFuture;
use serde_json::{Map, Value, json};

use super::{
    error::ScanError,
    facts::{catalogue::Catalogue, filter::Filter, receipt::Receipt, refusals::LeftOut},
    read::{listing::recall_nameless, mentions::Mentions, scan::Scan},
    steps::{
        access, artifacts, below, changes, identities, inventory, lists, providers, reconcile, resource_graph, result,
        subscriptions,
    },
};
use crate::{
    api::{ScanMode, ScanRequest, Time},
    azure::{Client, Strategy, Traffic},
    graph::{Cell, Facts, GraphError, Snapshot, TenantGraph},
    work::{Level, Work},
};

/// How long a scan that is to pause may take to reach its next checkpoint; beyond that it goes back to the
/// one before.
const CHECKPOINT: Duration = Duration::from_secs(5);
/// The journal's note of the result, written right before the snapshot is published.
const RESULT: &str = "result";

/// Scans a tenant: the result of `spec/graph.md` §7, without `neo4j`.
pub async fn discover(
    client: Client,
    graph: TenantGraph,
    request: ScanRequest,
    work: Work,
) -> Result<Value, ScanError> {
    let (cancel, pause) = (work.cancel.clone(), work.pause.clone());
    let is_read = AtomicBool::new(false);
    // What is read is published rather than left for later.
    let overdue = async {
        pause.cancelled().await;
        tokio::time::sleep(CHECKPOINT).await;
        if is_read.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(ScanError::Cancelled),
        () = overdue => Err(ScanError::Paused),
        result = run(client, graph, request, work, &is_read) => result,
    }
}

async fn run(
    client: Client,
    graph: TenantGraph,
    request: ScanRequest,
    work: Work,
    is_read: &AtomicBool,
) -> Result<Value, ScanError> {
    if let Some(result) = finished(&graph, &work).await? {
        return Ok(result);
    }
    let (mut phases, before) = (Phases::default(), client.traffic());
    work.progress.report("connecting", "checking the credential", 0.0, Map::new());
    client.check().await?;
    let mut scan = begin(client, &graph, request, work, phases.since).await?;
    let seen = read(&mut scan, &graph, &mut phases).await?;
    scan.check_cancel()?;
    is_read.store(true, Ordering::Relaxed);
    publish(&scan, &graph, seen, phases, before).await
}

/// What all phases share, on the generation of this job: a new one, or the one that an earlier run began.
async fn begin(
    client: Client,
    graph: &TenantGraph,
    request: ScanRequest,
    work: Work,
    started: Instant,
) -> Result<Scan, ScanError> {
    let generation = graph.begin(work.job_id, Time::now().millis()).await?;
    let receipt = Receipt::new(request.resource_limit, generation.admitted());
    recall_nameless(&generation, &receipt)?;
    Ok(Scan {
        client,
        filter: Arc::new(Filter::of(request.filter_config.as_ref())),
        receipt: Arc::new(receipt),
        begun_ms: generation.begun_ms(),
        mentions: Mentions::default(),
        request: Arc::new(request),
        started,
        work,
        generation,
    })
}

/// What was read, beside what stands in the generation.
struct Seen {
    subscriptions: Vec<String>,
    identities: BTreeMap<String, u64>,
    left_out: Vec<LeftOut>,
    /// Only what changed since then was read.
    since: Option<String>,
}

/// Every phase that asks Azure.
async fn read(scan: &mut Scan, graph: &TenantGraph, phases: &mut Phases) -> Result<Seen, ScanError> {
    let mut since = since(scan, graph).await?;
    scan.report("subscriptions", "listing subscriptions", 0.01, None);
    let subscriptions = subscriptions::read(scan).await?;
    scan.work.journal.record("pages", "begun").await?;
    phases.done("subscriptions");
    scan.report("providers", "reading which types there are", 0.03, Some(subscriptions.len() as u64));
    let catalogue = Arc::new(providers::load(scan, &subscriptions).await?);
    scan.filter.learn(catalogue.names());
    scan.mentions = Mentions::new(catalogue.clone(), &scan.filter);
    phases.done("providers");
    let scan = &*scan;
    let left_out = resources(scan, graph, &catalogue, &subscriptions, &mut since, phases).await?;
    scan.report("access", "reading role assignments, locks and policies", 0.75, None);
    access::read(scan, &subscriptions).await?;
    phases.done("access");
    let mut identities = BTreeMap::new();
    if scan.request.include_identities {
        scan.report("identities", "reading identities", 0.8, None);
        identities = identities::read(scan).await?;
        phases.done("identities");
    }
    scan.check_cancel()?;
    if scan.generation.has_base() {
        scan.report("comparing", "asking for what the snapshot before has and this scan did not see", 0.85, None);
        reconcile::reconcile(scan, &catalogue, &subscriptions, &left_out, since.is_some()).await?;
        phases.done("comparing");
    }
    Ok(Seen { subscriptions, identities, left_out, since })
}

/// Resources with all that lies below them: those that changed, or, where that can't be told, all of them; what was
/// left out.
async fn resources(
    scan: &Scan,
    graph: &TenantGraph,
    catalogue: &Catalogue,
    subscriptions: &[String],
    since: &mut Option<String>,
    phases: &mut Phases,
) -> Result<Vec<LeftOut>, ScanError> {
    if let Some(time) = since.clone() {
        let read = changes::read(scan, graph, catalogue, subscriptions, &time).await;
        phases.done("changes");
        match read {
            Err(error) if !scan.ends(&error) => {
                let why = format!("changes can't be read, so everything is: {error}");
                scan.work.progress.log(Level::Warn, &why);
                *since = None;
            }
            read => return read,
        }
    }
    bodies(scan, catalogue, subscriptions, phases).await?;
    scan.check_cancel()?;
    scan.report("children", "reading child resources", 0.45, None);
    let left_out = below::read(scan, catalogue).await?;
    phases.done("children");
    Ok(left_out)
}

/// Derives the relationships, writes the files, and publishes: the result.
async fn publish(
    scan: &Scan,
    graph: &TenantGraph,
    seen: Seen,
    mut phases: Phases,
    before: Traffic,
) -> Result<Value, ScanError> {
    scan.report("publishing", "deriving relationships", 0.9, None);
    let coverage = scan.receipt.coverage(scan.generation.cells(), &seen.left_out);
    let facts = Facts {
        at_ms: Time::now().millis(),
        partial: scan.receipt.is_partial(),
        coverage: json!(coverage),
        cancel: scan.work.cancel.clone(),
    };
    let draft = scan.generation.prepare(facts).await?;
    phases.done("publishing");
    files(&scan.work, draft.snapshot.clone(), json!(coverage)).await?;
    phases.done("artifacts");
    for gap in scan.receipt.gaps() {
        scan.work.progress.log(Level::Warn, &format!("{}: {} ({})", gap.scope, gap.message, gap.code));
    }
    let facts = result::Facts {
        published: draft.published.clone(),
        subscriptions: seen.subscriptions,
        identities: seen.identities,
        coverage,
        phases: phases.all,
        before,
        started: scan.started,
        since: seen.since,
    };
    let result = result::result(scan, facts);
    scan.work.journal.record(RESULT, &result.to_string()).await?;
    changes::note(graph, scan.generation.number(), scan.begun_ms, &scan.request).await?;
    // Last of all: who cancels before this finds the old snapshot, who dies after it finds the result.
    scan.generation.publish(draft).await?;
    Ok(result)
}

/// Since when changes are to be read; `None`: everything is read. Decided once for all runs of a scan.
async fn since(scan: &Scan, graph: &TenantGraph) -> Result<Option<String>, ScanError> {
    const NOTE: &str = "since";
    if scan.request.mode != ScanMode::Delta {
        return Ok(None);
    }
    if let Some(noted) = scan.generation.note(NOTE)? {
        return Ok(Some(noted).filter(|since| !since.is_empty()));
    }
    let since = match changes::since(graph, &scan.request)? {
        Ok(since) => Some(since),
        Err(why) => {
            scan.work.progress.log(Level::Info, &format!("{why}: everything is read instead of changes only"));
            None
        }
    };
    scan.generation.set_note(NOTE, since.clone().unwrap_or_default()).await?;
    Ok(since)
}

/// Groups, and whole bodies of everything that the inventory or Resource Graph has.
async fn bodies(
    scan: &Scan,
    catalogue: &Catalogue,
    subscriptions: &[String],
    phases: &mut Phases,
) -> Result<(), ScanError> {
    scan.report("inventory", "reading groups and the inventory", 0.05, Some(subscriptions.len() as u64));
    let counted = match scan.client.strategy() {
        Strategy::List => None,
        strategy => resource_graph_counts(scan, subscriptions, strategy).await?,
    };
    if let Some(cells) = counted {
        for subscription in subscriptions {
            inventory::groups(scan, subscription).await?;
        }
        phases.done("inventory");
        scan.report("resources", "reading resources by Resource Graph", 0.15, None);
        resource_graph::read(scan, catalogue, cells).await?;
        lists::untracked(scan, catalogue).await?;
    } else {
        let mut inventory = Some(inventory::read(scan, subscriptions));
        if scan.request.resource_limit.is_some()
            && let Some(first) = inventory.take()
        {
            // What counts towards a limit is counted once: row by row.
            first.await?;
        }
        lists::read(scan, catalogue, async { OptionFuture::from(inventory).await.unwrap_or(Ok(())) }).await?;
    }
    phases.done("resources");
    Ok(())
}

/// What Resource Graph counts, if bodies are to be read from it. Once decided, a scan stays with its way.
async fn resource_graph_counts(
    scan: &Scan,
    subscriptions: &[String],
    strategy: Strategy,
) -> Result<Option<Vec<Cell>>, ScanError> {
    const NOTE: &str = "strategy";
    let noted = scan.generation.note(NOTE)?;
    if noted.as_deref() == Some(Strategy::List.word()) {
        return Ok(None);
    }
    let cells = match resource_graph::counts(&scan.client, subscriptions, &scan.filter.kusto()).await {
        Ok(cells) => Some(cells),
        Err(error) if scan.is_fatal(&error) => return Err(error.into()),
        Err(error) => {
            let why = format!("Resource Graph can't be read, so the lists of each type are: {error}");
            scan.work.progress.log(Level::Warn, &why);
            None
        }
    };
    let cells = cells.filter(|cells| {
        let (lists, queries) = resource_graph::seconds(&scan.client, cells);
        strategy == Strategy::Graph || noted.is_some() || queries < lists
    });
    let chosen = if cells.is_some() { Strategy::Graph } else { Strategy::List };
    scan.generation.set_note(NOTE, chosen.word().to_owned()).await?;
    Ok(cells)
}

/// A scan that had published when its attempt ended: the files again, and the result that was noted.
async fn finished(graph: &TenantGraph, work: &Work) -> Result<Option<Value>, ScanError> {
    let Some(snapshot) = graph.published_by(work.job_id)? else { return Ok(None) };
    let Some(noted) = work.journal.get(RESULT).await? else { return Ok(None) };
    let Ok(result) = serde_json::from_str::<Value>(&noted) else { return Ok(None) };
    files(work, snapshot, result["coverage"].clone()).await?;
    Ok(Some(result))
}

async fn files(work: &Work, snapshot: Snapshot, coverage: Value) -> Result<(), ScanError> {
    let work = work.clone();
    let written = tokio::task::spawn_blocking(move || artifacts::write(&work, &snapshot, &coverage)).await;
    written.map_err(|error| GraphError::Body(error.to_string()))?
}

/// How long each phase took.
struct Phases {
    all: Vec<(&'static str, f64)>,
    since: Instant,
}

impl Default for Phases {
    fn default() -> Self {
        Self { all: Vec::new(), since: Instant::now() }
    }
}

impl Phases {
    fn done(&mut self, name: &'static str) {
        self.all.push((name, self.since.elapsed().as_secs_f64()));
        self.since = Instant::now();
    }
}
