//! What a scan would cost: requests by bucket, the bucket that binds, the time that it takes.
//!
//! Where the tenant was scanned before, its snapshot says how much there is, children included, and which lists
//! their providers refuse; else the inventory is looked at, and what lies below children is not known: the plan names
//! those types as uncounted. The time is that of the bucket with the most to do: what exceeds its burst, at the share
//! of its refill that is used; or, where that is more, the time that answers take: the pages of the longest list come
//! one after the other. By Resource Graph the bodies are queries; of a scan of changes only what it reads in any case
//! is known beforehand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    error::ScanError,
    facts::{
        catalogue::{Catalogue, is_read_elsewhere, is_top_level},
        child_rules::{AT_CLUSTERS, is_cluster, is_in_body, is_planned, list_of},
        filter::Filter,
        receipt,
        refusals::{Cause, REFUSED},
    },
    read::scan::AT_ONCE,
    steps::{access, changes, inventory, management_groups, providers, resource_graph, subscriptions},
};
use crate::{
    api::{ScanMode, ScanRequest},
    arm::ResourceId,
    azure::{Client, Strategy},
    graph::{
        Cell, GraphError, Snapshot, TenantGraph,
        model::{Label, Node},
    },
};

/// Elements of a LIST page, unless recorded otherwise.
const PAGE: u64 = 100;
/// Rows of a page of the inventory, and of groups.
const INVENTORY_PAGE: u64 = 1_000;
/// Role definitions that every subscription has.
const BUILT_IN_ROLES: u64 = 600;

/// How much there is: by subscription and type as it is spelled.
#[derive(Default)]
struct Known {
    counts: BTreeMap<(String, String), u64>,
    groups: BTreeMap<String, u64>,
    identities: u64,
    management_groups: u64,
    /// Only the inventory is known, which has no children.
    is_of_inventory: bool,
    /// Lists that their providers refused in the scan before: (subscription, lower-cased type).
    refused: BTreeSet<(String, String)>,
}

/// What children a plan counts.
#[derive(Default)]
struct Children {
    listed: BTreeSet<String>,
    skipped: BTreeSet<String>,
    /// Read by the scan, and not counted: nothing is known yet of how many parents there are.
    uncounted: BTreeSet<String>,
}

/// Requests of one subscription.
#[derive(Default)]
struct Reads {
    total: u64,
    /// Of these, those that wait for one another.
    chain: u64,
}

/// The plan, as `POST /scan?plan=true` answers it.
pub async fn estimate(client: Client, graph: Option<TenantGraph>, request: ScanRequest) -> Result<Value, ScanError> {
    client.check().await?;
    let filter = Filter::of(request.filter_config.as_ref());
    let visible = subscriptions::visible(&client, &request).await?;
    let subscriptions: Vec<String> = visible.into_iter().map(|(id, _)| id).collect();
    let since = match &graph {
        Some(graph) if request.mode == ScanMode::Delta => changes::since(graph, &request)?.ok(),
        _ => None,
    };
    let known = match graph.map(|graph| graph.latest()).transpose()?.flatten() {
        Some(snapshot) => {
            from_snapshot(snapshot, request.filter_config.as_ref().map(|config| Filter::of(Some(config)))).await?
        }
        None => from_inventory(&client, &subscriptions, &filter).await?,
    };
    let mut requests: BTreeMap<String, u64> = BTreeMap::new();
    let (mut children, mut chain) = (Children::default(), 0);
    let way = if since.is_some() { Way::Changes } else { way(&client, &known, &subscriptions) };
    for subscription in &subscriptions {
        let metadata = providers::metadata(&client, subscription).await?;
        let asked = Asked { request: &request, filter: &filter, known: &known, metadata: &metadata, way };
        let reads = of_subscription(&asked, subscription, &mut children);
        requests.insert(format!("reads/{subscription}"), reads.total);
        chain = chain.max(reads.chain);
    }
    match way {
        Way::Lists => {}
        Way::Queries => drop(requests.insert("queries".to_owned(), 1 + known.queries(&subscriptions))),
        Way::Changes => drop(requests.insert("queries".to_owned(), subscriptions.len() as u64)),
    }
    // The lists of subscriptions and management groups; each group with what stands at it.
    requests.insert("reads/tenant".to_owned(), 2 + known.management_groups * (1 + access::AT_GROUPS));
    if request.include_identities {
        // Four lists, and members and owners of groups and applications by twenties.
        requests.insert("directory".to_owned(), 4 + known.identities.div_ceil(999) + known.identities.div_ceil(20));
    }
    let mut plan = times(&client, &requests, chain);
    let rest = json!({
        "requests": requests,
        "children": {"listed": children.listed, "skipped": children.skipped, "uncounted": children.uncounted},
        "basis": if known.is_of_inventory { "the inventory" } else { "the last snapshot" },
        "strategy": if way == Way::Queries { "graph" } else { "list" },
        "mode": if way == Way::Changes { "delta" } else { "full" },
    });
    plan.extend(rest.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(plan))
}

/// What binds, and how long it takes: the bucket with the most to do beyond its burst, or the time that answers take.
fn times(client: &Client, requests: &BTreeMap<String, u64>, chain: u64) -> Map<String, Value> {
    let limits = client.limits();
    let seconds = |bucket: &str, count: u64| {
        let (burst, refill) = match bucket {
            "directory" => limits.directory,
            "queries" => limits.queries,
            _ => limits.reads,
        };
        (count as f64 - burst).max(0.0) / refill
    };
    let binding = requests
        .iter()
        .map(|(bucket, count)| (bucket.as_str(), seconds(bucket, *count), *count))
        .max_by(|a, b| a.1.total_cmp(&b.1).then(a.2.cmp(&b.2)));
    let (binding, by_bucket) = binding.map_or((None, 0.0), |(bucket, seconds, _)| (Some(bucket), seconds));
    let answer = client.latency().as_secs_f64();
    let at_once = requests.values().sum::<u64>() as f64 / Client::in_flight() as f64;
    let by_latency = answer * at_once.max(chain as f64);
    let mut times = Map::new();
    times.insert("binding".to_owned(), json!(if by_latency > by_bucket { Some("latency") } else { binding }));
    times.insert("seconds".to_owned(), json!(by_bucket.max(by_latency)));
    let latency = json!({"answer_seconds": answer, "requests_in_a_row": chain, "seconds": by_latency});
    times.insert("latency".to_owned(), latency);
    times
}

/// How bodies are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Lists,
    Queries,
    Changes,
}

fn way(client: &Client, known: &Known, subscriptions: &[String]) -> Way {
    let (lists, queries) = resource_graph::seconds(client, &known.cells(subscriptions));
    match client.strategy() {
        Strategy::Graph => Way::Queries,
        Strategy::Auto if queries < lists => Way::Queries,
        _ => Way::Lists,
    }
}

/// What the reads of a subscription depend on.
struct Asked<'a> {
    request: &'a ScanRequest,
    filter: &'a Filter,
    known: &'a Known,
    metadata: &'a Catalogue,
    way: Way,
}

/// Reads of one subscription.
fn of_subscription(asked: &Asked<'_>, subscription: &str, children: &mut Children) -> Reads {
    let Asked { request, filter, known, metadata, way } = asked;
    let here =
        || known.counts.iter().filter(|((of, _), _)| of == subscription).map(|((_, name), count)| (name, *count));
    let tracked = || here().filter(|(name, _)| is_tracked(name)).map(|(_, count)| count);
    let lists: u64 = tracked().map(|count| count.div_ceil(PAGE)).sum();
    let longest = tracked().map(|count| count.div_ceil(PAGE)).max().unwrap_or(0);
    let inventory = tracked().sum::<u64>().div_ceil(INVENTORY_PAGE).max(filter.pushed_down(subscription).len() as u64);
    let groups = known.groups.get(subscription).copied().unwrap_or(0).div_ceil(INVENTORY_PAGE).max(1);
    let mut reads = Reads { total: 1 + groups, chain: 1 + groups };
    if *way == Way::Lists {
        reads.total += inventory + lists;
        // A list begins while the inventory is read.
        reads.chain += inventory.max(1 + longest);
    }
    // Role assignments, locks, policy assignments and exemptions; role definitions, and policies of somebody's own.
    for name in ["roleassignments", "locks", "policyassignments", "policyexemptions"] {
        let name = format!("microsoft.authorization/{name}");
        let count = here().find(|(known, _)| known.eq_ignore_ascii_case(&name)).map_or(0, |(_, count)| count);
        reads.total += count.div_ceil(PAGE).max(1);
        reads.chain = reads.chain.max(count.div_ceil(PAGE));
    }
    reads.total += BUILT_IN_ROLES.div_ceil(INVENTORY_PAGE) + access::POLICIES.len() as u64;
    if *way == Way::Changes {
        return reads;
    }
    let (mut below, mut levels) = (0, BTreeSet::new());
    for (name, count) in here() {
        let mut counted = BTreeSet::new();
        for child in metadata.children_of(subscription, name) {
            if is_planned(&request.include_child_types, &child.name) && !filter.excludes_type(&child.name) {
                let many =
                    here().find(|(known, _)| known.eq_ignore_ascii_case(&child.name)).map_or(0, |(_, count)| count);
                let is_refused = known.refused.contains(&(subscription.to_owned(), child.name.to_lowercase()));
                levels.insert(name.matches('/').count());
                children.listed.insert(child.name.clone());
                if many == 0 && !is_refused && known.is_of_inventory {
                    uncounted(asked, subscription, &child.name, &mut children.uncounted);
                }
                // Several types may come in one list, and what its parent's body holds comes in none.
                if is_in_body(&child.name) || !counted.insert(list_of(&child.name)) {
                    continue;
                }
                below += if is_refused { count.min(u64::from(REFUSED)) } else { count.max(many.div_ceil(PAGE)) };
            } else {
                children.skipped.insert(child.name.clone());
            }
        }
        if request.include_diagnostics {
            below += count;
        }
        below += count * at_cluster(asked, subscription, name, &mut children.listed);
    }
    reads.total += below;
    reads.chain += below.div_ceil(AT_ONCE as u64).max(levels.len() as u64);
    reads
}

/// How many types are read at each resource of a type for being a cluster.
fn at_cluster(asked: &Asked<'_>, subscription: &str, type_name: &str, listed: &mut BTreeSet<String>) -> u64 {
    if !is_cluster(type_name) {
        return 0;
    }
    let known = AT_CLUSTERS.iter().filter_map(|name| asked.metadata.type_of(subscription, name));
    let names: Vec<String> =
        known.filter(|facts| !asked.filter.excludes_type(&facts.name)).map(|facts| facts.name.clone()).collect();
    let count = names.len() as u64;
    listed.extend(names);
    count
}

/// Types below one whose number is not known.
fn uncounted(asked: &Asked<'_>, subscription: &str, type_name: &str, into: &mut BTreeSet<String>) {
    for child in asked.metadata.children_of(subscription, type_name) {
        if is_planned(&asked.request.include_child_types, &child.name) && !asked.filter.excludes_type(&child.name) {
            into.insert(child.name.clone());
            uncounted(asked, subscription, &child.name, into);
        }
    }
}

/// What the inventory has; children are not known.
async fn from_inventory(client: &Client, subscriptions: &[String], filter: &Filter) -> Result<Known, ScanError> {
    let mut known = Known { is_of_inventory: true, ..Known::default() };
    for subscription in subscriptions {
        for (id, type_name) in inventory::rows(client, subscription, filter).await? {
            if filter.keeps_name(&id, &type_name) {
                *known.counts.entry((subscription.clone(), type_name)).or_default() += 1;
            }
        }
    }
    known.management_groups = management_groups::count(client).await;
    Ok(known)
}

async fn from_snapshot(snapshot: Snapshot, filter: Option<Filter>) -> Result<Known, ScanError> {
    let counted = tokio::task::spawn_blocking(move || {
        let mut known = Known { refused: refused(&snapshot.info().coverage), ..Known::default() };
        let mut after: Option<String> = None;
        loop {
            let nodes = snapshot.outlines(after.as_deref(), 1_000)?;
            let Some(last) = nodes.last() else { return Ok::<_, GraphError>(known) };
            after = Some(last.key.clone());
            for node in nodes {
                known.count(node, filter.as_ref());
            }
        }
    });
    Ok(counted.await.map_err(|error| GraphError::Body(error.to_string()))??)
}

/// Lists that their providers have not, by what the receipt says.
fn refused(coverage: &str) -> BTreeSet<(String, String)> {
    let rows = receipt::stored(coverage).into_iter();
    let of = rows.filter(|row| row.why().is_some_and(|reason| reason.cause == Cause::NoList));
    of.map(|row| (row.subscription, row.type_name)).collect()
}

/// Whether the inventory and the lists of types give it.
fn is_tracked(name: &str) -> bool {
    is_top_level(name) && !is_read_elsewhere(name)
}

impl Known {
    fn cells(&self, subscriptions: &[String]) -> Vec<Cell> {
        let here = self.counts.iter().filter(|((of, name), _)| subscriptions.contains(of) && is_tracked(name));
        let cell = |((of, name), count): (&(String, String), &u64)| Cell {
            subscription: of.clone(),
            type_name: name.to_lowercase(),
            count: *count,
        };
        here.map(cell).collect()
    }

    /// Pages of bodies by Resource Graph.
    fn queries(&self, subscriptions: &[String]) -> u64 {
        let mut rows: BTreeMap<String, u64> = BTreeMap::new();
        for cell in self.cells(subscriptions) {
            *rows.entry(cell.subscription).or_default() += cell.count;
        }
        rows.values().map(|rows| rows.div_ceil(INVENTORY_PAGE)).sum()
    }

    fn count(&mut self, node: Node, filter: Option<&Filter>) {
        let subscription = node.subscription_id.clone().unwrap_or_default();
        match node.label {
            Label::ResourceGroup => *self.groups.entry(subscription).or_default() += 1,
            Label::Resource => {
                let Some(id) = ResourceId::parse(&node.id) else { return };
                let is_kept = filter.is_none_or(|filter| {
                    let location = node.location.as_deref().map_or(Value::Null, Value::from);
                    id.is_child() || filter.keeps_row(&id, &node.type_name, &location, &json!(node.tags))
                });
                if is_kept {
                    *self.counts.entry((subscription, node.type_name)).or_default() += 1;
                }
            }
            Label::ManagementGroup => self.management_groups += 1,
            Label::User | Label::Group | Label::ServicePrincipal | Label::Application => self.identities += 1,
            _ => {}
        }
    }
}
