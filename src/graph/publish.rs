//! Making a generation visible: nested children, edges, counts, and one commit that flips it.
//!
//! Every step before the last writes only rows of the invisible generation and gives the same rows
//! when it is repeated, so a crash anywhere is followed by doing it again. Bodies are walked in
//! batches of short reads; memory holds one batch and the counts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    Generation, GraphError, Snapshot,
    generation::{Prepared, decompress, flatten, prepare, write_node},
    model::{Edge, EdgeKind, Found, Fullness, Label},
    rules::{self, Implied, Subject},
    tables::{
        BODIES, CURSORS, EDGES, EDGES_IN, EdgeRow, Mark, NODES, NOTES, NodeRow, OPEN, SNAPSHOTS, SnapshotRow,
        kind_byte, remove_range,
    },
};
use crate::{
    arm::{self, ResourceId},
    store::{Order, Read, Span, StoreError},
};

/// Nodes whose bodies are walked in one read.
const BATCH: usize = 500;

/// What the scan says of the whole.
#[derive(Debug, Clone)]
pub struct Facts {
    pub at_ms: i64,
    pub partial: bool,
    pub coverage: Value,
    pub cancel: CancellationToken,
}

/// A generation that is complete and not yet visible.
pub struct Draft {
    /// What it will be when it is published.
    pub published: Published,
    /// Reads it; only for who makes it.
    pub snapshot: Snapshot,
    row: SnapshotRow,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub number: u64,
    pub resources: Totals,
    pub relationships: u64,
    pub by_kind: BTreeMap<String, u64>,
    pub by_label: BTreeMap<String, u64>,
}

/// Resources against the snapshot before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    pub total: u64,
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub deleted: u64,
    pub by_type: BTreeMap<String, u64>,
}

/// Counts as a snapshot's row keeps them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    pub resources: u64,
    pub relationships: u64,
    pub by_type: BTreeMap<String, u64>,
    pub by_label: BTreeMap<String, u64>,
    pub by_kind: BTreeMap<String, u64>,
    pub by_region: BTreeMap<String, u64>,
    pub by_subscription: BTreeMap<String, u64>,
}

/// A node and what is written for it: its edges and the nodes they imply.
#[derive(Default)]
struct Batch {
    edges: Vec<Edge>,
    implied: Vec<Implied>,
    nested: Vec<Prepared>,
    last: Option<String>,
}

impl Generation {
    /// Derives nodes and edges and counts them: all that comes before the one commit of [`Self::publish`].
    pub async fn prepare(&self, facts: Facts) -> Result<Draft, GraphError> {
        let previous = self.previous()?;
        self.put_tenant().await?;
        self.pass(&facts.cancel, super::generation::Generation::nested).await?;
        self.pass(&facts.cancel, super::generation::Generation::edges).await?;
        let (counts, totals) = self.settle(previous, facts.at_ms, &facts.cancel).await?;
        let row = SnapshotRow {
            at_ms: facts.at_ms,
            scan: self.scan.as_u128(),
            partial: facts.partial,
            counts: serde_json::to_string(&counts).map_err(|error| GraphError::Body(error.to_string()))?,
            coverage: facts.coverage.to_string(),
        };
        let snapshot = Snapshot::new(self.store.clone(), self.tenant, self.number, &row)?;
        let published = Published {
            number: self.number,
            resources: totals,
            relationships: counts.relationships,
            by_kind: counts.by_kind,
            by_label: counts.by_label,
        };
        Ok(Draft { published, snapshot, row })
    }

    /// Makes the generation the newest snapshot, in one commit. There is no way back from here.
    pub async fn publish(&self, draft: Draft) -> Result<(), GraphError> {
        let (number, scan, tenant, row) = (self.number, self.scan, self.tenant, draft.row);
        let flipped = self
            .store
            .write(move |write| {
                if write.get(&OPEN, &scan.as_u128())?.is_none() {
                    return Ok(Err(GraphError::NotOpen(tenant, scan)));
                }
                write.put(&SNAPSHOTS, &number, &row)?;
                write.remove(&OPEN, &scan.as_u128())?;
                Ok(Ok(()))
            })
            .await;
        flipped.map_err(flatten)?;
        self.tidy_up().await
    }

    /// Cursors and notes of a published scan are of no more use.
    async fn tidy_up(&self) -> Result<(), GraphError> {
        let number = self.number;
        loop {
            let removed = self
                .store
                .write(move |write| {
                    Ok(Ok(remove_range(write, &CURSORS, number)? + remove_range(write, &NOTES, number)?))
                })
                .await;
            if removed.map_err(flatten)? == 0 {
                return Ok(());
            }
        }
    }

    fn previous(&self) -> Result<Option<u64>, GraphError> {
        let mut number = None;
        self.store.read(|read| {
            read.scan(&SNAPSHOTS, &Span::all().before(&self.number), Order::Falling, |at, _| {
                number = Some(at);
                Ok::<_, StoreError>(false)
            })
        })?;
        Ok(number)
    }

    async fn put_tenant(&self) -> Result<(), GraphError> {
        let number = self.number;
        let tenant = self.tenant.to_string();
        let node = bare(Label::Tenant, &tenant, &tenant);
        let written = self.store.write(move |write| write_node(write, number, &node).map(|_| Ok(()))).await;
        written.map_err(flatten)
    }

    /// Walks all nodes in batches: reads off the async threads, writes each batch in one commit.
    async fn pass(
        &self,
        cancel: &CancellationToken,
        look: impl Fn(&Self, Option<String>) -> Result<Batch, GraphError> + Clone + Send + 'static,
    ) -> Result<(), GraphError> {
        let mut after = None;
        loop {
            if cancel.is_cancelled() {
                return Err(GraphError::Cancelled);
            }
            let (generation, look) = (self.clone(), look.clone());
            let batch = tokio::task::spawn_blocking(move || look(&generation, after))
                .await
                .map_err(|error| GraphError::Body(error.to_string()))??;
            let Some(last) = batch.last.clone() else { return Ok(()) };
            after = Some(last);
            self.write_batch(batch).await?;
        }
    }

    async fn write_batch(&self, batch: Batch) -> Result<(), GraphError> {
        if batch.edges.is_empty() && batch.implied.is_empty() && batch.nested.is_empty() {
            return Ok(());
        }
        let number = self.number;
        let written = self
            .store
            .write(move |write| {
                for node in &batch.nested {
                    write_node(write, number, node)?;
                }
                for implied in &batch.implied {
                    let at = (number, implied.key.clone());
                    let before = write.get(&NODES, &at)?;
                    // A kind that is known replaces `Principal`, never the other way.
                    let wanted = before
                        .as_ref()
                        .is_none_or(|before| before.hash == [0; 32] && rank(implied.label) > rank(before.label));
                    if wanted {
                        let node = bare(implied.label, &implied.key, &implied.id);
                        write.put(&NODES, &at, &node.row)?;
                    }
                }
                for edge in batch.edges {
                    let kind = kind_byte(edge.kind);
                    let tell_apart = match edge.properties.get("assignment_id") {
                        Some(assignment) => arm::key(assignment),
                        None => edge.path.clone(),
                    };
                    let out = (number, edge.source.clone(), (kind, edge.target.clone(), tell_apart.clone()));
                    write.put(&EDGES, &out, &EdgeRow { path: edge.path, properties: edge.properties })?;
                    write.put(&EDGES_IN, &(number, edge.target, (kind, edge.source, tell_apart)), &Mark)?;
                }
                Ok(Ok(()))
            })
            .await;
        written.map_err(flatten)
    }

    fn batch(
        &self,
        after: Option<&str>,
        mut visit: impl FnMut(&Read, &str, &NodeRow, &Value) -> Result<(), GraphError>,
    ) -> Result<Option<String>, GraphError> {
        let mut span = Span::prefix(&self.number);
        if let Some(after) = after {
            span = span.after(&(self.number, after.to_owned()));
        }
        let mut last = None;
        let mut seen = 0;
        self.store.read(|read| {
            read.scan(&NODES, &span, Order::Rising, |(_, key), row| {
                if row.hash != [0; 32]
                    && let Some(body) = read.get(&BODIES, &row.hash)?
                {
                    visit(read, &key, &row, &decompress(&body.0)?)?;
                }
                last = Some(key);
                seen += 1;
                Ok::<_, GraphError>(seen < BATCH)
            })
        })?;
        Ok(last)
    }

    /// Children that stand only in their parent's body: what has the id of a child of a known type.
    fn nested(&self, after: Option<String>) -> Result<Batch, GraphError> {
        let mut batch = Batch::default();
        let mut nested = Vec::new();
        batch.last = self.batch(after.as_deref(), |_, key, row, body| {
            if row.label == Label::Resource {
                nested_children(key, row, body, &mut nested);
            }
            Ok(())
        })?;
        batch.nested = nested.into_iter().map(prepare).collect::<Result<_, _>>()?;
        Ok(batch)
    }

    fn edges(&self, after: Option<String>) -> Result<Batch, GraphError> {
        let mut batch = Batch::default();
        let tenant = self.tenant.to_string();
        let (mut edges, mut implied) = (Vec::new(), Vec::new());
        batch.last = self.batch(after.as_deref(), |read, key, row, body| {
            let subject = Subject {
                label: row.label,
                key,
                id: &row.id,
                type_name: &row.type_name,
                location: row.location.as_deref(),
                tags: &row.tags,
                body,
            };
            let known = |key: &str| match read.get(&NODES, &(self.number, key.to_owned())) {
                // Externals of an earlier batch are no knowledge: longer ids must not end at them.
                Ok(Some(row)) if row.label != Label::External => Some(row.label),
                _ => None,
            };
            let derived = rules::derive(&subject, &tenant, &known);
            edges.extend(derived.edges);
            implied.extend(derived.implied);
            Ok(())
        })?;
        batch.edges = edges;
        batch.implied = implied;
        Ok(batch)
    }

    /// Stamps when things were first and last seen, and counts.
    async fn settle(
        &self,
        previous: Option<u64>,
        at_ms: i64,
        cancel: &CancellationToken,
    ) -> Result<(Counts, Totals), GraphError> {
        let mut counts = Counts::default();
        let mut totals = Totals::default();
        let mut after: Option<String> = None;
        loop {
            if cancel.is_cancelled() {
                return Err(GraphError::Cancelled);
            }
            let rows = self.rows_after(after.as_deref(), previous)?;
            let Some((last, ..)) = rows.last() else { break };
            after = Some(last.clone());
            let number = self.number;
            let mut stamped = Vec::with_capacity(rows.len());
            for (key, mut row, before) in rows {
                count(&mut counts, &mut totals, &row, before.as_ref());
                row.first_seen = before.map_or(at_ms, |before| before.first_seen);
                row.last_seen = at_ms;
                stamped.push((key, row));
            }
            let written = self
                .store
                .write(move |write| {
                    for (key, row) in stamped {
                        write.put(&NODES, &(number, key), &row)?;
                    }
                    Ok(Ok(()))
                })
                .await;
            written.map_err(flatten)?;
        }
        self.store.read(|read| {
            read.scan(&EDGES, &Span::prefix(&self.number), Order::Rising, |(_, _, (kind, ..)), _| {
                counts.relationships += 1;
                *counts.by_kind.entry(super::tables::kind_of(kind).word().to_owned()).or_default() += 1;
                Ok::<_, StoreError>(true)
            })
        })?;
        if let Some(previous) = previous {
            let mut before = 0;
            self.store.read(|read| {
                read.scan(&NODES, &Span::prefix(&previous), Order::Rising, |_, row| {
                    before += u64::from(is_resource(row.label));
                    Ok::<_, StoreError>(true)
                })
            })?;
            totals.deleted = before - totals.changed - totals.unchanged;
        }
        Ok((counts, totals))
    }

    #[allow(clippy::type_complexity, reason = "a row beside the one before it")]
    fn rows_after(
        &self,
        after: Option<&str>,
        previous: Option<u64>,
    ) -> Result<Vec<(String, NodeRow, Option<NodeRow>)>, GraphError> {
        let mut span = Span::prefix(&self.number);
        if let Some(after) = after {
            span = span.after(&(self.number, after.to_owned()));
        }
        let mut rows = Vec::new();
        self.store.read(|read| {
            read.scan(&NODES, &span, Order::Rising, |(_, key), row| {
                let before = match previous {
                    Some(previous) => read.get(&NODES, &(previous, key.clone()))?,
                    None => None,
                };
                rows.push((key, row, before));
                Ok::<_, GraphError>(rows.len() < BATCH)
            })
        })?;
        Ok(rows)
    }
}

/// Resources in the sense of the counts: what ARM holds.
const fn is_resource(label: Label) -> bool {
    matches!(label, Label::Resource | Label::ResourceGroup)
}

fn count(counts: &mut Counts, totals: &mut Totals, row: &NodeRow, before: Option<&NodeRow>) {
    *counts.by_label.entry(row.label.word().to_owned()).or_default() += 1;
    if !is_resource(row.label) {
        return;
    }
    counts.resources += 1;
    *counts.by_type.entry(row.type_name.clone()).or_default() += 1;
    if let Some(location) = &row.location {
        *counts.by_region.entry(location.clone()).or_default() += 1;
    }
    if let Some(subscription) = &row.subscription {
        *counts.by_subscription.entry(subscription.clone()).or_default() += 1;
    }
    totals.total += 1;
    *totals.by_type.entry(row.type_name.clone()).or_default() += 1;
    match before {
        None => totals.new += 1,
        Some(before) if before.hash == row.hash => totals.unchanged += 1,
        Some(_) => totals.changed += 1,
    }
}

/// How much a label without a body says of an identity or a target.
const fn rank(label: Label) -> u8 {
    match label {
        Label::External => 0,
        Label::Principal => 1,
        Label::ServicePrincipal => 2,
        _ => 3,
    }
}

/// A node that has no body of its own.
fn bare(label: Label, key: &str, id: &str) -> Prepared {
    let parsed = ResourceId::parse(id).filter(|_| label == Label::External);
    let row = NodeRow {
        label,
        id: id.to_owned(),
        type_name: parsed.as_ref().map_or_else(|| label.word().to_owned(), ResourceId::type_name),
        name: parsed.as_ref().map_or_else(|| id.to_owned(), |id| id.name().to_owned()),
        api_version: String::new(),
        subscription: parsed.as_ref().and_then(|id| id.subscription.as_deref().map(str::to_lowercase)),
        resource_group: parsed.as_ref().and_then(|id| id.resource_group.clone()),
        location: None,
        tags: BTreeMap::new(),
        fullness: Fullness::Inventory,
        hash: [0; 32],
        first_seen: 0,
        last_seen: 0,
    };
    Prepared { key: key.to_owned(), row, body: None }
}

/// Types whose objects inside a parent's body are resources of their own.
const NESTED: &[(&str, &str)] = &[
    ("microsoft.network/virtualnetworks", "subnets"),
    ("microsoft.network/virtualnetworks", "virtualNetworkPeerings"),
    ("microsoft.network/networksecuritygroups", "securityRules"),
    ("microsoft.network/routetables", "routes"),
];

fn nested_children(key: &str, row: &NodeRow, body: &Value, found: &mut Vec<Found>) {
    let type_name = row.type_name.to_lowercase();
    for (_, list) in NESTED.iter().filter(|(parent, _)| *parent == type_name) {
        let items = body.get("properties").and_then(|properties| properties.get(list)).and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            let Some(id) = item.get("id").and_then(Value::as_str) else { continue };
            let child = arm::key(id).strip_prefix(&format!("{key}/{}/", list.to_lowercase())).map(str::to_owned);
            if child.is_some_and(|name| !name.is_empty() && !name.contains('/')) && item.get("properties").is_some() {
                found.push(Found {
                    label: Label::Resource,
                    id: id.to_owned(),
                    type_name: format!("{}/{list}", row.type_name),
                    api_version: row.api_version.clone(),
                    fullness: Fullness::Nested,
                    body: item.clone(),
                });
            }
        }
    }
}

impl EdgeKind {
    /// Whether it says where a thing lies, not what it uses.
    pub const fn is_structure(self) -> bool {
        matches!(self, Self::Contains | Self::LocatedIn | Self::TaggedWith)
    }
}
