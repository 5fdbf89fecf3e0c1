//! Keeps the copy in Neo4j: at once after a scan, and in the background for each tenant whose copy is behind.
//!
//! Knows no statement of Neo4j: `write` does.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::{Mutex as Turn, Notify};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{error::MirrorError, settings::Settings, write::Writer};
use crate::graph::{GraphError, Graphs};

/// Note of the last snapshot that Neo4j has.
const NOTE: &str = "neo4j";
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// Longest that one sync may take in the background.
const PATIENCE: Duration = Duration::from_hours(1);

/// What came of a sync, as the scan's result has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// `ok` or `deferred`.
    pub status: &'static str,
    pub nodes: u64,
    pub relationships: u64,
    pub seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A handle on the copy; clones share it.
#[derive(Clone)]
pub struct Mirror {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    graphs: Graphs,
    /// Tenants whose copy is behind.
    due: Mutex<BTreeSet<Uuid>>,
    woken: Notify,
    /// One sync at a time: they share the server.
    turn: Turn<()>,
    health: Mutex<String>,
}

impl Mirror {
    pub fn new(settings: Settings, graphs: Graphs) -> Self {
        let inner = Inner {
            settings,
            graphs,
            due: Mutex::default(),
            woken: Notify::new(),
            turn: Turn::new(()),
            health: Mutex::new("unknown".to_owned()),
        };
        Self { inner: Arc::new(inner) }
    }

    /// `unknown` before the first word, `ok`, or what is wrong.
    pub fn health(&self) -> String {
        self.inner.health.lock().clone()
    }

    /// The copy of this tenant is made later.
    pub(crate) fn defer(&self, tenant: Uuid) -> Status {
        self.inner.due.lock().insert(tenant);
        self.inner.woken.notify_one();
        Status { status: "deferred", nodes: 0, relationships: 0, seconds: 0.0, reason: None }
    }

    /// Copies the tenant's latest snapshot, or defers it when that takes longer or fails.
    pub(crate) async fn sync_now(&self, tenant: Uuid, wait: Duration) -> Status {
        match tokio::time::timeout(wait, self.sync(tenant)).await {
            Ok(Ok(status)) => status,
            Ok(Err(error)) => {
                tracing::warn!(%tenant, %error, "the copy in Neo4j is deferred");
                Status { reason: Some(error.to_string()), ..self.defer(tenant) }
            }
            Err(_) => {
                let reason = Some(format!("not done within {} s", wait.as_secs()));
                Status { reason, ..self.defer(tenant) }
            }
        }
    }

    /// Looks whether the server answers, then makes what is due, until told to stop.
    pub async fn keep(self, stop: CancellationToken) {
        let work = async {
            match self.check().await {
                Ok(()) => tracing::info!(uri = %self.inner.settings.uri, "Neo4j answers"),
                Err(error) => tracing::warn!(%error, "Neo4j can't be used yet; scans go on without it"),
            }
            self.find_due();
            let mut pause = FIRST_PAUSE;
            loop {
                let next = self.inner.due.lock().first().copied();
                let Some(tenant) = next else {
                    self.inner.woken.notified().await;
                    continue;
                };
                match tokio::time::timeout(PATIENCE, self.sync(tenant)).await {
                    Ok(Ok(status)) => {
                        tracing::info!(%tenant, nodes = status.nodes, "the deferred copy in Neo4j is made");
                        pause = FIRST_PAUSE;
                    }
                    failed => {
                        if let Ok(Err(error)) = failed {
                            tracing::warn!(%tenant, %error, seconds = pause.as_secs(), "Neo4j: trying again later");
                        }
                        tokio::time::sleep(pause).await;
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = work => {}
        }
    }

    /// Tenants whose note says that their copy is behind.
    fn find_due(&self) {
        for tenant in self.inner.graphs.tenants() {
            let behind = || -> Result<bool, GraphError> {
                let Some(graph) = self.inner.graphs.existing(tenant)? else { return Ok(false) };
                let Some(latest) = graph.latest()? else { return Ok(false) };
                Ok(graph.note(NOTE)? != Some(latest.number().to_string()))
            };
            match behind() {
                Ok(true) => drop(self.defer(tenant)),
                Ok(false) => {}
                Err(error) => tracing::warn!(%tenant, %error, "a graph can't be looked at"),
            }
        }
    }

    async fn check(&self) -> Result<(), MirrorError> {
        let _turn = self.inner.turn.lock().await;
        let checked = Writer::connect(&self.inner.settings)?.prepare().await;
        self.note_health(checked.as_ref().err());
        checked
    }

    async fn sync(&self, tenant: Uuid) -> Result<Status, MirrorError> {
        let _turn = self.inner.turn.lock().await;
        let started = Instant::now();
        let graph = self.inner.graphs.tenant(tenant)?;
        // What is published from here on is a new debt, and will be deferred by its own scan.
        self.inner.due.lock().remove(&tenant);
        let copied = async {
            let Some(snapshot) = graph.latest()? else { return Ok((0, 0)) };
            let writer = Writer::connect(&self.inner.settings)?;
            writer.prepare().await?;
            let counts = writer.copy(&snapshot).await?;
            graph.set_note(NOTE, snapshot.number().to_string()).await?;
            Ok::<_, MirrorError>(counts)
        };
        // A sync that is given up half way (a cancelled scan) is due again.
        let guard = Due { mirror: self, tenant, is_done: false };
        let copied = copied.await;
        self.note_health(copied.as_ref().err());
        let (nodes, relationships) = copied?;
        guard.done();
        let seconds = started.elapsed().as_secs_f64();
        metrics::histogram!("atgd_neo4j_sync_seconds").record(seconds);
        Ok(Status { status: "ok", nodes, relationships, seconds, reason: None })
    }

    fn note_health(&self, error: Option<&MirrorError>) {
        let words = error.map_or_else(|| "ok".to_owned(), ToString::to_string);
        *self.inner.health.lock() = words;
    }
}

/// Puts a tenant back among those that are due, unless its sync was done.
struct Due<'a> {
    mirror: &'a Mirror,
    tenant: Uuid,
    is_done: bool,
}

impl Due<'_> {
    fn done(mut self) {
        self.is_done = true;
    }
}

impl Drop for Due<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            self.mirror.defer(self.tenant);
        }
    }
}
