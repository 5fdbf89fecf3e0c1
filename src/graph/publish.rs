//! Makes a generation visible: derives the edges and the nodes that they imply, counts, then publishes in one commit.
//!
//! Every step before that commit writes rows of the invisible generation only, and these are removed when an
//! interrupted scan goes on. Bodies are read once, in batches: read in order, derived on several threads, written
//! in order. Memory holds the batches under way and the counts. Which edges a body implies is known to `rules` alone.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    future::{self, Future as _},
    sync::Arc,
    task::Poll,
};

use futures_util::{TryStreamExt, stream};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    adjacency::{EdgeSet, Rows},
    body::{Opener, bare},
    counts::{Counts, Totals, add, count},
    error::GraphError,
    generation::{Generation, flatten},
    index::{ByHash, Index},
    model::Label,
    rules::{self, Implied, Known, Subject},
    snapshot::Snapshot,
    tables::{
        BODIES, CURSORS, EXPECTED, MENTIONED, NODES, NOTES, NodeRow, OPEN, SNAPSHOTS, SnapshotRow, key_hash,
        remove_range,
    },
};
use crate::store::{Order, Span};

/// Nodes that one batch holds.
const BATCH: usize = 512;
/// Batches whose edges are derived at once.
const AT_ONCE: usize = 2;
/// Batches that may wait for their commit; while there are as many, no other is derived.
const WRITING: usize = 3;

/// What the scan knows of the snapshot as a whole.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The time of the snapshot, in Unix milliseconds.
    pub at_ms: i64,
    /// Whether something could not be read.
    pub partial: bool,
    pub coverage: Value,
    pub cancel: CancellationToken,
}

/// A generation that is complete and not yet visible.
pub struct Draft {
    /// Its number and counts, as they will be published.
    pub published: Published,
    /// Reads the generation before readers see it: only for the scan that makes it.
    pub snapshot: Snapshot,
    row: SnapshotRow,
}

/// The number and the counts of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub number: u64,
    pub resources: Totals,
    pub relationships: u64,
    pub by_kind: BTreeMap<String, u64>,
    pub by_label: BTreeMap<String, u64>,
}

/// Rows of a batch with their bodies, still compressed.
struct Batch {
    number: u32,
    rows: Vec<(String, NodeRow, Option<Vec<u8>>)>,
}

/// What was derived from a batch.
struct DerivedBatch {
    rows: Rows,
    implied: BTreeSet<Implied>,
    counts: Counts,
    totals: Totals,
}

impl Generation {
    /// Derives the edges and counts: all the work before the one commit of [`Self::publish`].
    pub async fn prepare(&self, facts: Facts) -> Result<Draft, GraphError> {
        let (counts, mut totals) = self.edges(&facts.cancel).await?;
        totals.deleted = self.base_resources()?.saturating_sub(totals.changed + totals.unchanged + totals.stale);
        totals.by_type.clone_from(&counts.by_type);
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

    /// Makes the generation the newest snapshot, in one commit, which can't be undone.
    pub async fn publish(&self, draft: Draft) -> Result<(), GraphError> {
        let (number, scan, row) = (self.number, self.scan, draft.row);
        self.write(move |write| {
            write.put(&SNAPSHOTS, &number, &row)?;
            write.remove(&OPEN, &scan.as_u128())
        })
        .await?;
        self.tidy_up().await
    }

    /// Removes the rows that only an unfinished scan needs.
    async fn tidy_up(&self) -> Result<(), GraphError> {
        let number = self.number;
        loop {
            let removed = self.store.write(move |write| {
                let removed = remove_range(write, &CURSORS, number)?
                    + remove_range(write, &NOTES, number)?
                    + remove_range(write, &EXPECTED, number)?
                    + remove_range(write, &MENTIONED, number)?;
                Ok(Ok(removed))
            });
            if removed.await.map_err(flatten)? == 0 {
                return Ok(());
            }
        }
    }

    /// How many resources and resource groups the base snapshot has; 0 without one.
    fn base_resources(&self) -> Result<u64, GraphError> {
        let Some((base, _)) = self.base else { return Ok(0) };
        let row = self.store.read(|read| read.get(&SNAPSHOTS, &base))?;
        let counts = row.map(|row| serde_json::from_str::<Counts>(&row.counts)).transpose();
        Ok(counts.map_err(|error| GraphError::Body(error.to_string()))?.map_or(0, |counts| counts.resources))
    }

    async fn edges(&self, cancel: &CancellationToken) -> Result<(Counts, Totals), GraphError> {
        // No node is added any more: the index leaves its lock, and the threads share it.
        let index = Arc::new(std::mem::take(&mut *self.index()));
        let outcome = self.derive_all(&index, cancel).await;
        if let Some(index) = Arc::into_inner(index) {
            *self.index() = index;
        }
        outcome
    }

    async fn derive_all(&self, index: &Arc<Index>, cancel: &CancellationToken) -> Result<(Counts, Totals), GraphError> {
        let (mut counts, mut totals) = (Counts::default(), Totals::default());
        let mut ranks = ByHash::default();
        let tenant = self.tenant.to_string();
        let root = wanted(index, &mut ranks, BTreeSet::from([implied(Label::Tenant, &tenant)]));
        self.write_derived(Rows::default(), root).await?;
        let tenant: Arc<str> = tenant.into();
        let names = Arc::new(self.names()?);
        let begin = (self.clone(), None::<String>, 0_u32);
        let batches = stream::try_unfold(begin, |(this, after, number)| async move {
            let reader = this.clone();
            let read = tokio::task::spawn_blocking(move || reader.batch(after.as_deref(), number)).await;
            let batch = read.map_err(|error| GraphError::Body(error.to_string()))??;
            let next = batch.rows.last().map(|(key, ..)| key.clone());
            Ok::<_, GraphError>(next.map(|next| (batch, (this, Some(next), number + 1))))
        });
        let (this, shared) = (self.clone(), index.clone());
        let derived = batches.map_ok(move |batch| {
            let (this, index, names, tenant) = (this.clone(), shared.clone(), names.clone(), tenant.clone());
            async move {
                let derived = tokio::task::spawn_blocking(move || {
                    this.derive(batch, &Knowledge { index: &index, names: &names }, &tenant)
                })
                .await;
                derived.map_err(|error| GraphError::Body(error.to_string()))?
            }
        });
        let mut derived = std::pin::pin!(derived.try_buffered(AT_ONCE));
        let mut writing = VecDeque::new();
        while let Some(batch) = derived.try_next().await? {
            if cancel.is_cancelled() {
                return Err(GraphError::Cancelled);
            }
            add(&mut counts, &mut totals, batch.counts, batch.totals);
            let implied = wanted(index, &mut ranks, batch.implied);
            if writing.len() >= WRITING
                && let Some(written) = writing.pop_front()
            {
                finish(written).await?;
            }
            // Queued in the order of the batches, because a later batch may have a better label for an implied node: the
            // first poll queues a write. If the scan is given up, its generation is closed: queued writes are refused.
            let (this, rows) = (self.clone(), batch.rows);
            let mut write = Box::pin(async move { this.write_derived(rows, implied).await });
            let polled = future::poll_fn(|context| Poll::Ready(write.as_mut().poll(context))).await;
            writing.push_back(match polled {
                Poll::Ready(done) => tokio::spawn(future::ready(done)),
                Poll::Pending => tokio::spawn(write),
            });
        }
        for written in writing {
            finish(written).await?;
        }
        for (label, _) in ranks.into_values() {
            *counts.by_label.entry(label.word().to_owned()).or_default() += 1;
        }
        Ok((counts, totals))
    }

    /// Sign-in names, mail addresses and application ids of identities. Only keys behind "0" are read: keys of Azure
    /// resources begin with "/" and come before it, those of identities do not.
    fn names(&self) -> Result<Names, GraphError> {
        let mut names = Names::default();
        let mut opener = Opener::new()?;
        let mut after = "0".to_owned();
        loop {
            let span = Span::prefix(&self.number).after(&(self.number, after.clone()));
            let mut seen = 0;
            self.store.read(|read| {
                read.scan(&NODES, &span, Order::Rising, |(_, key), row| {
                    seen += 1;
                    after.clone_from(&key);
                    let is_named = matches!(row.label, Label::User | Label::ServicePrincipal | Label::Application);
                    if is_named && let Some(body) = read.get(&BODIES, &row.body)? {
                        names.note(row.label, key, &opener.json(&body.0)?);
                    }
                    Ok::<_, GraphError>(seen < BATCH)
                })
            })?;
            if seen < BATCH {
                return Ok(names);
            }
        }
    }

    /// The nodes that follow the key `after`.
    fn batch(&self, after: Option<&str>, number: u32) -> Result<Batch, GraphError> {
        let mut span = Span::prefix(&self.number);
        if let Some(after) = after {
            span = span.after(&(self.number, after.to_owned()));
        }
        let mut rows = Vec::with_capacity(BATCH);
        self.store.read(|read| {
            read.scan(&NODES, &span, Order::Rising, |(_, key), row| {
                let body = if row.has_body() { read.get(&BODIES, &row.body)?.map(|body| body.0) } else { None };
                rows.push((key, row, body));
                Ok::<_, GraphError>(rows.len() < BATCH)
            })
        })?;
        Ok(Batch { number, rows })
    }

    /// Derives edges, implied nodes and counts from the nodes of a batch that have a body.
    fn derive(&self, batch: Batch, known: &Knowledge<'_>, tenant: &str) -> Result<DerivedBatch, GraphError> {
        let mut set = EdgeSet::default();
        let mut implied = BTreeSet::new();
        let (mut counts, mut totals) = (Counts::default(), Totals::default());
        let mut opener = Opener::new()?;
        for (key, row, body) in &batch.rows {
            let Some(body) = body else { continue };
            count(&mut counts, &mut totals, row);
            let body = opener.json(body)?;
            let subject = Subject {
                label: row.label,
                key,
                id: &row.id,
                type_name: &row.type_name,
                location: row.location.as_deref(),
                tags: &row.tags,
                body: &body,
            };
            let derived = rules::derive(&subject, tenant, known);
            for edge in &derived.edges {
                *counts.by_kind.entry(edge.kind.word().to_owned()).or_default() += 1;
            }
            counts.relationships += derived.edges.len() as u64;
            implied.extend(derived.implied);
            set.by_source.push((key.clone(), derived.edges.into_iter().collect()));
        }
        Ok(DerivedBatch { rows: Rows::pack(self.number, batch.number, set)?, implied, counts, totals })
    }

    /// Writes the edges of a batch and the nodes that they imply.
    async fn write_derived(&self, rows: Rows, implied: Vec<Implied>) -> Result<(), GraphError> {
        let number = self.number;
        self.write(move |write| {
            for one in implied {
                write.put(&NODES, &(number, one.key), &bare(one.label, &one.id))?;
            }
            rows.write(write)
        })
        .await
    }
}

/// The implied nodes to write: those that the scan did not find, and that were not implied before under a label of the
/// same [`rank`] or a higher one.
fn wanted(index: &Index, ranks: &mut ByHash<(Label, u8)>, implied: BTreeSet<Implied>) -> Vec<Implied> {
    let mut wanted = Vec::new();
    for one in implied {
        let hash = key_hash(&one.key);
        let is_better = ranks.get(&hash).is_none_or(|(_, known)| rank(one.label) > *known);
        if is_better && index.label_at(hash).is_none() {
            ranks.insert(hash, (one.label, rank(one.label)));
            wanted.push(one);
        }
    }
    wanted
}

async fn finish(written: tokio::task::JoinHandle<Result<(), GraphError>>) -> Result<(), GraphError> {
    written.await.map_err(|error| GraphError::Body(error.to_string()))?
}

/// Other names of identities than their object ids, lower-cased, each with the key of its node.
#[derive(Default)]
struct Names {
    /// Users by sign-in name and mail address, service principals by application id.
    principals: HashMap<String, String>,
    /// Applications by application id.
    applications: HashMap<String, String>,
}

impl Names {
    fn note(&mut self, label: Label, key: String, body: &Value) {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_lowercase);
        match label {
            Label::Application => drop(text("appId").map(|id| self.applications.insert(id, key))),
            Label::ServicePrincipal => drop(text("appId").map(|id| self.principals.insert(id, key))),
            _ => {
                for name in [text("userPrincipalName"), text("mail")].into_iter().flatten() {
                    self.principals.insert(name, key.clone());
                }
            }
        }
    }
}

/// What the rules may ask of the whole generation.
struct Knowledge<'a> {
    index: &'a Index,
    names: &'a Names,
}

impl Known for Knowledge<'_> {
    fn label_of(&self, key: &str) -> Option<Label> {
        self.index.label_of(key)
    }

    fn principal(&self, name: &str) -> Option<String> {
        self.names.principals.get(&name.to_lowercase()).cloned()
    }

    fn application(&self, app_id: &str) -> Option<String> {
        self.names.applications.get(&app_id.to_lowercase()).cloned()
    }

    fn vault(&self, name: &str) -> Option<String> {
        self.index.vault(name)
    }
}

/// An implied node whose id is its key.
fn implied(label: Label, key: &str) -> Implied {
    Implied { label, key: key.to_owned(), id: key.to_owned() }
}

/// How much the label of an implied node says; a label of a higher rank replaces one of a lower rank.
const fn rank(label: Label) -> u8 {
    match label {
        Label::External => 0,
        Label::Principal => 1,
        Label::ServicePrincipal => 2,
        _ => 3,
    }
}
