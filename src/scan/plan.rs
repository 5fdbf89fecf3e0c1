//! What a scan would cost: requests by bucket, the bucket that binds, the time that it takes.
//!
//! Where the tenant was scanned before, its snapshot says how much there is, children included; else the
//! inventory is looked at, and what lies below children is not known. The time is that of the bucket with
//! the most to do: what exceeds its burst, at the share of its refill that is used. By Resource Graph the
//! bodies are queries; of a scan of changes only what it reads in any case is known beforehand.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{ScanError, children, delta, filter::Filter, providers::Providers, resource_graph, types::READ_ELSEWHERE};
use crate::{
    api::{ScanMode, ScanRequest},
    arm::ResourceId,
    azure::{Client, Strategy},
    graph::{
        Cell, GraphError, TenantGraph,
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
}

/// The plan, as `POST /scan?plan=true` answers it.
pub async fn estimate(client: Client, graph: Option<TenantGraph>, request: ScanRequest) -> Result<Value, ScanError> {
    client.check().await?;
    let filter = Filter::of(request.filter_config.as_ref());
    let subscriptions = subscriptions(&client, &request).await?;
    let since = match &graph {
        Some(graph) if request.mode == ScanMode::Delta => delta::since(graph, &request)?.ok(),
        _ => None,
    };
    let snapshot = graph.map(|graph| graph.latest()).transpose()?.flatten();
    let basis = if snapshot.is_some() { "the last snapshot" } else { "the inventory" };
    let mut known = match snapshot {
        Some(snapshot) => {
            from_snapshot(snapshot, request.filter_config.as_ref().map(|config| Filter::of(Some(config)))).await?
        }
        None => Known::default(),
    };
    if basis == "the inventory" {
        for subscription in &subscriptions {
            for (id, type_name) in super::resources::rows(&client, subscription, &filter).await? {
                if filter.keeps_name(&id, &type_name) {
                    *known.counts.entry((subscription.clone(), type_name)).or_default() += 1;
                }
            }
        }
    }
    let mut requests: BTreeMap<String, u64> = BTreeMap::new();
    let (mut listed, mut skipped) = (BTreeSet::new(), BTreeSet::new());
    let way = if since.is_some() { Way::Changes } else { way(&client, &known, &subscriptions) };
    for subscription in &subscriptions {
        let metadata = super::providers::metadata(&client, subscription).await?;
        let asked = Asked { request: &request, filter: &filter, known: &known, metadata: &metadata, way };
        let reads = of_subscription(&asked, subscription, &mut listed, &mut skipped);
        requests.insert(format!("reads/{subscription}"), reads);
    }
    match way {
        Way::Lists => {}
        Way::Queries => drop(requests.insert("queries".to_owned(), 1 + known.queries(&subscriptions))),
        Way::Changes => drop(requests.insert("queries".to_owned(), subscriptions.len() as u64)),
    }
    requests.insert("reads/tenant".to_owned(), 2 + known.management_groups);
    if request.include_identities {
        // Four lists, and members and owners of groups and applications by twenties.
        requests.insert("directory".to_owned(), 4 + known.identities.div_ceil(999) + known.identities.div_ceil(20));
    }
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
        .map(|(bucket, count)| (bucket.clone(), seconds(bucket, *count), *count))
        .max_by(|a, b| a.1.total_cmp(&b.1).then(a.2.cmp(&b.2)));
    Ok(json!({
        "requests": requests,
        "binding": binding.as_ref().map(|(bucket, ..)| bucket),
        "seconds": binding.map_or(0.0, |(_, seconds, _)| seconds),
        "children": {"listed": listed, "skipped": skipped},
        "basis": basis,
        "strategy": if way == Way::Queries { "graph" } else { "list" },
        "mode": if way == Way::Changes { "delta" } else { "full" },
    }))
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
    metadata: &'a Providers,
    way: Way,
}

/// Reads of one subscription.
fn of_subscription(
    asked: &Asked<'_>,
    subscription: &str,
    listed: &mut BTreeSet<String>,
    skipped: &mut BTreeSet<String>,
) -> u64 {
    let Asked { request, filter, known, metadata, way } = asked;
    let here =
        || known.counts.iter().filter(|((of, _), _)| of == subscription).map(|((_, name), count)| (name, *count));
    let rows: u64 = here().filter(|(name, _)| is_tracked(name)).map(|(_, count)| count).sum();
    let lists: u64 = here().filter(|(name, _)| is_tracked(name)).map(|(_, count)| count.div_ceil(PAGE)).sum();
    let inventory = rows.div_ceil(INVENTORY_PAGE).max(filter.pushed_down(subscription).len() as u64);
    let groups = known.groups.get(subscription).copied().unwrap_or(0).div_ceil(INVENTORY_PAGE).max(1);
    let mut total = 1 + groups + if *way == Way::Lists { inventory + lists } else { 0 };
    // Role assignments, locks, policy assignments, and role definitions.
    for name in ["roleassignments", "locks", "policyassignments"] {
        let name = format!("microsoft.authorization/{name}");
        let count = here().find(|(known, _)| known.eq_ignore_ascii_case(&name)).map_or(0, |(_, count)| count);
        total += count.div_ceil(PAGE).max(1);
    }
    total += BUILT_IN_ROLES.div_ceil(INVENTORY_PAGE);
    if *way == Way::Changes {
        return total;
    }
    for (name, count) in here() {
        for child in metadata.children_of(subscription, name) {
            if children::is_planned(&request.include_child_types, child) && !filter.excludes_type(&child.name) {
                let below =
                    here().find(|(known, _)| known.eq_ignore_ascii_case(&child.name)).map_or(0, |(_, count)| count);
                total += count.max(below.div_ceil(PAGE));
                listed.insert(child.name.clone());
            } else {
                skipped.insert(child.name.clone());
            }
        }
        if request.include_diagnostics {
            total += count;
        }
    }
    total
}

async fn subscriptions(client: &Client, request: &ScanRequest) -> Result<Vec<String>, ScanError> {
    let wanted: BTreeSet<String> = match request.subscription_ids.as_slice() {
        [] => client.subscriptions().iter().map(ToString::to_string).collect(),
        asked => asked.iter().map(ToString::to_string).collect(),
    };
    let mut found = Vec::new();
    let mut links = BTreeSet::new();
    let mut next = Some("/subscriptions?api-version=2022-12-01".to_owned());
    while let Some(address) = next.take().filter(|address| links.insert(address.clone())) {
        let answer = client.arm(&address).await?;
        for item in answer.values() {
            found.extend(item?.get("subscriptionId").and_then(Value::as_str).map(str::to_lowercase));
        }
        next = answer.next;
    }
    found.retain(|id| wanted.is_empty() || wanted.contains(id));
    Ok(found)
}

async fn from_snapshot(snapshot: crate::graph::Snapshot, filter: Option<Filter>) -> Result<Known, ScanError> {
    let counted = tokio::task::spawn_blocking(move || {
        let mut known = Known::default();
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

/// Whether the inventory and the lists of types give it.
fn is_tracked(name: &str) -> bool {
    name.matches('/').count() == 1 && !READ_ELSEWHERE.contains(&name.to_lowercase().as_str())
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
