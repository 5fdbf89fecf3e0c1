//! Reads a published generation in short transactions: nodes, edges, search, neighbourhoods. Writes nothing.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    GraphError,
    adjacency::{self, Side},
    body::Opener,
    counts::Counts,
    model::{Edge, EdgeKind, Label, Node},
    tables::{BODIES, NODES, NodeRow, SnapshotRow},
};
use crate::{
    arm,
    store::{Order, Span, Store},
};

/// Edges of one node, in one direction, that a neighbourhood looks at.
const HUB: usize = 20_000;

/// What a snapshot holds, counted when it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotInfo {
    pub number: u64,
    pub at_ms: i64,
    pub partial: bool,
    pub resources: u64,
    /// Of them, those that its scan did not see and does not know to be gone.
    pub stale: u64,
    pub relationships: u64,
    pub by_type: BTreeMap<String, u64>,
    pub by_label: BTreeMap<String, u64>,
    pub by_kind: BTreeMap<String, u64>,
    pub by_region: BTreeMap<String, u64>,
    pub by_subscription: BTreeMap<String, u64>,
    /// Coverage as the scan gave it, JSON.
    pub coverage: String,
}

/// A type that a scan could not read whole: a row of its coverage.
#[derive(Debug, Clone, Deserialize)]
pub struct NotRead {
    /// Empty: of the tenant.
    pub subscription: String,
    #[serde(rename = "type")]
    pub type_name: String,
    pub reason: Option<String>,
    status: String,
    #[serde(default)]
    cause: Option<String>,
}

impl NotRead {
    /// Of a coverage's rows, those that are partial.
    pub fn of(coverage: &Value) -> Vec<Self> {
        let rows = Vec::<Self>::deserialize(coverage).unwrap_or_default();
        rows.into_iter().filter(|row| row.status == "partial").collect()
    }

    /// Of a coverage's rows, those of types that the scan left out although there may be something of them: none that
    /// their provider has no list of.
    pub fn left_out(coverage: &Value) -> Vec<Self> {
        let rows = Vec::<Self>::deserialize(coverage).unwrap_or_default();
        let is_left = |row: &Self| row.status == "skipped" && row.cause.as_deref() != Some("no_list");
        rows.into_iter().filter(is_left).collect()
    }
}

impl SnapshotInfo {
    pub(super) fn of(number: u64, row: &SnapshotRow) -> Result<Self, GraphError> {
        let counts: Counts = serde_json::from_str(&row.counts).map_err(|error| GraphError::Body(error.to_string()))?;
        Ok(Self {
            number,
            at_ms: row.at_ms,
            partial: row.partial,
            resources: counts.resources,
            stale: counts.stale,
            relationships: counts.relationships,
            by_type: counts.by_type,
            by_label: counts.by_label,
            by_kind: counts.by_kind,
            by_region: counts.by_region,
            by_subscription: counts.by_subscription,
            coverage: row.coverage.clone(),
        })
    }
}

/// A handle on a published generation; it never changes.
#[derive(Clone)]
pub struct Snapshot {
    store: Store,
    tenant: Uuid,
    info: Arc<SnapshotInfo>,
}

/// The position of an edge in the order of [`Snapshot::edges`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeKey(String);

/// Which resources are wanted; fields are combined with AND.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Glob, case-insensitive.
    pub type_name: Option<String>,
    pub resource_group: Option<String>,
    pub region: Option<String>,
    /// `name` or `name=value`.
    pub tag: Option<String>,
    /// Glob, case-insensitive.
    pub name: Option<String>,
    /// Part of the id, case-insensitive.
    pub text: Option<String>,
    /// Key of the last one before.
    pub after: Option<String>,
    pub limit: usize,
}

/// Nodes around one, and the edges between them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Neighbourhood {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

impl Snapshot {
    pub(super) fn new(store: Store, tenant: Uuid, number: u64, row: &SnapshotRow) -> Result<Self, GraphError> {
        Ok(Self { store, tenant, info: Arc::new(SnapshotInfo::of(number, row)?) })
    }

    pub fn number(&self) -> u64 {
        self.info.number
    }

    pub fn tenant_id(&self) -> Uuid {
        self.tenant
    }

    pub fn info(&self) -> &SnapshotInfo {
        &self.info
    }

    /// A node by its key or id, whatever its case.
    pub fn node(&self, key: &str) -> Result<Option<Node>, GraphError> {
        let mut spellings = vec![key.to_owned(), arm::key(key), key.to_lowercase()];
        // A role is one node, whichever scope its id was read at.
        if let Some((_, role)) = spellings[1].split_once("/roledefinitions/") {
            spellings.push(role.to_owned());
        }
        self.store.read(|read| {
            for key in spellings {
                if let Some(row) = read.get(&NODES, &(self.number(), key.clone()))? {
                    let body = read.get(&BODIES, &row.body)?;
                    return self.shape(&mut Opener::new()?, key, row, body.map(|body| body.0)).map(Some);
                }
            }
            Ok(None)
        })
    }

    /// A page of nodes with their bodies, in key order.
    pub fn nodes(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError> {
        self.nodes_with_bodies(after, limit, &|_| true)
    }

    /// A page of nodes in key order, with the bodies of those that `is_wanted` takes; the others have none (`Null`).
    pub(crate) fn nodes_with_bodies(
        &self,
        after: Option<&str>,
        limit: usize,
        is_wanted: &dyn Fn(&Node) -> bool,
    ) -> Result<Vec<Node>, GraphError> {
        let mut nodes = Vec::new();
        let mut opener = Opener::new()?;
        self.store.read(|read| {
            read.scan(&NODES, &self.span(after), Order::Rising, |(_, key), row| {
                let at = row.body;
                let mut node = self.outline(key, row);
                if is_wanted(&node)
                    && let Some(body) = read.get(&BODIES, &at)?
                {
                    node.body = opener.json(&body.0)?;
                }
                nodes.push(node);
                Ok::<_, GraphError>(nodes.len() < limit)
            })
        })?;
        Ok(nodes)
    }

    /// The same without bodies (`Null`).
    pub(crate) fn outlines(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError> {
        let mut nodes = Vec::new();
        self.store.read(|read| {
            read.scan(&NODES, &self.span(after), Order::Rising, |(_, key), row| {
                nodes.push(self.outline(key, row));
                Ok::<_, GraphError>(nodes.len() < limit)
            })
        })?;
        Ok(nodes)
    }

    /// Why a node is there although the scan did not see it; `None`: it was seen.
    pub fn stale(&self, key: &str) -> Result<Option<String>, GraphError> {
        let row = self.store.read(|read| read.get(&NODES, &(self.number(), arm::key(key))))?;
        Ok(row.and_then(|row| row.stale))
    }

    fn span(&self, after: Option<&str>) -> Span {
        let span = Span::prefix(&self.number());
        match after {
            Some(after) => span.after(&(self.number(), after.to_owned())),
            None => span,
        }
    }

    /// Edges that a node holds.
    pub(crate) fn edges_out(&self, key: &str) -> Result<Vec<Edge>, GraphError> {
        self.store.read(|read| adjacency::of(read, self.number(), key, Side::Out, usize::MAX))
    }

    /// Edges that point to a node.
    pub(crate) fn edges_in(&self, key: &str) -> Result<Vec<Edge>, GraphError> {
        self.store.read(|read| adjacency::of(read, self.number(), key, Side::In, usize::MAX))
    }

    /// A page of all edges, about `limit` of them, and where the next one begins.
    pub fn edges(&self, after: Option<&EdgeKey>, limit: usize) -> Result<(Vec<Edge>, Option<EdgeKey>), GraphError> {
        let after = after.map(|after| after.0.as_str());
        let (edges, last) = self.store.read(|read| adjacency::page(read, self.number(), after, limit))?;
        Ok((edges, last.map(EdgeKey)))
    }

    /// Resources and groups that match, how many there are in all, and the key to go on after.
    #[allow(clippy::type_complexity, reason = "a page, its total and where it goes on")]
    pub(crate) fn search(&self, search: &Search) -> Result<(Vec<Node>, u64, Option<String>), GraphError> {
        let wanted = Wanted::of(search);
        let mut nodes = Vec::new();
        let mut total = 0;
        let mut more = false;
        self.store.read(|read| {
            read.scan(&NODES, &self.span(None), Order::Rising, |(_, key), row| {
                if !matches!(row.label, Label::Resource | Label::ResourceGroup) || !wanted.takes(&row) {
                    return Ok(true);
                }
                total += 1;
                if search.after.as_ref().is_none_or(|after| key > *after) {
                    if nodes.len() < search.limit {
                        nodes.push(self.outline(key, row));
                    } else {
                        more = true;
                    }
                }
                Ok::<_, GraphError>(true)
            })
        })?;
        let next = more.then(|| nodes.last().map(|node: &Node| node.key.clone())).flatten();
        Ok((nodes, total, next))
    }

    /// What is reached from a node over at most `depth` edges in either direction, up to `limit` nodes.
    pub(crate) fn neighbours(
        &self,
        key: &str,
        depth: usize,
        kinds: &[EdgeKind],
        limit: usize,
    ) -> Result<Neighbourhood, GraphError> {
        let mut found = Neighbourhood::default();
        let Some(start) = self.node(key)? else { return Ok(found) };
        let mut seen = BTreeSet::from([start.key.clone()]);
        let mut edges = BTreeSet::new();
        let mut queue = VecDeque::from([(start.key.clone(), 0)]);
        found.nodes.push(start);
        while let Some((key, at)) = queue.pop_front() {
            if at >= depth {
                continue;
            }
            for edge in self.around(&key)? {
                if !kinds.is_empty() && !kinds.contains(&edge.kind) {
                    continue;
                }
                let other = if edge.source == key { edge.target.clone() } else { edge.source.clone() };
                if !seen.contains(&other) {
                    if found.nodes.len() >= limit {
                        continue;
                    }
                    let Some(node) = self.node(&other)? else { continue };
                    seen.insert(other.clone());
                    found.nodes.push(node);
                    queue.push_back((other, at + 1));
                }
                edges.insert(edge);
            }
        }
        found.edges =
            edges.into_iter().filter(|edge| seen.contains(&edge.source) && seen.contains(&edge.target)).collect();
        Ok(found)
    }

    /// Edges of a node in either direction; of hubs (a region, a tag) only some.
    fn around(&self, key: &str) -> Result<Vec<Edge>, GraphError> {
        self.store.read(|read| {
            let mut edges = adjacency::of(read, self.number(), key, Side::Out, HUB)?;
            edges.extend(adjacency::of(read, self.number(), key, Side::In, HUB)?);
            Ok(edges)
        })
    }

    fn shape(&self, opener: &mut Opener, key: String, row: NodeRow, body: Option<Vec<u8>>) -> Result<Node, GraphError> {
        let body = body.map(|body| opener.json(&body)).transpose()?.unwrap_or_default();
        Ok(Node { body, ..self.outline(key, row) })
    }

    /// A node without its body.
    fn outline(&self, key: String, row: NodeRow) -> Node {
        let is_arm = row.id.starts_with('/');
        let at_or = |time: i64| if time == 0 { self.info.at_ms } else { time };
        Node {
            name: row.name().to_owned(),
            subscription_id: row.subscription().filter(|_| is_arm),
            resource_group: row.resource_group().map(str::to_owned),
            content_hash: blake3::Hash::from(row.hash).to_hex().to_string(),
            first_seen: at_or(row.first_seen),
            last_seen: at_or(row.last_seen),
            label: row.label,
            key,
            id: row.id,
            type_name: row.type_name,
            api_version: row.api_version,
            location: row.location,
            tags: row.tags,
            body: serde_json::Value::Null,
        }
    }
}

struct Wanted<'a> {
    search: &'a Search,
    type_name: Option<GlobMatcher>,
    name: Option<GlobMatcher>,
    region: Option<String>,
    text: Option<String>,
}

impl<'a> Wanted<'a> {
    fn of(search: &'a Search) -> Self {
        let glob = |text: &String| {
            GlobBuilder::new(text)
                .case_insensitive(true)
                .literal_separator(false)
                .build()
                .ok()
                .map(|glob| glob.compile_matcher())
        };
        Self {
            search,
            type_name: search.type_name.as_ref().and_then(glob),
            name: search.name.as_ref().and_then(glob),
            region: search.region.as_deref().map(arm::location_code),
            text: search.text.as_deref().map(str::to_lowercase),
        }
    }

    fn takes(&self, row: &NodeRow) -> bool {
        let search = self.search;
        self.type_name.as_ref().is_none_or(|glob| glob.is_match(&row.type_name))
            && self.name.as_ref().is_none_or(|glob| glob.is_match(row.name()))
            && search
                .resource_group
                .as_ref()
                .is_none_or(|wanted| row.resource_group().is_some_and(|group| group.eq_ignore_ascii_case(wanted)))
            && self.region.as_ref().is_none_or(|region| row.location.as_ref() == Some(region))
            && self.text.as_ref().is_none_or(|text| row.id.to_lowercase().contains(text))
            && search.tag.as_ref().is_none_or(|tag| match tag.split_once('=') {
                Some((name, value)) => row
                    .tags
                    .iter()
                    .any(|(known, is)| known.eq_ignore_ascii_case(name) && is.eq_ignore_ascii_case(value)),
                None => row.tags.keys().any(|known| known.eq_ignore_ascii_case(tag)),
            })
    }
}
