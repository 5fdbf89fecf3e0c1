//! Opens the file of each tenant, and begins generations, finds snapshots and removes old ones in it.
//!
//! Knows no Azure and no rule of an edge.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use parking_lot::Mutex;
use uuid::Uuid;

use super::{
    adjacency, collect,
    error::GraphError,
    generation::Generation,
    snapshot::{Snapshot, SnapshotInfo},
    tables,
};
use crate::store::{Migration, Order, Schema, Span, Store, StoreError, WriteError};

/// The note that holds the seed of names that stand for others.
const SEED: &str = "seed";

/// A tenant's file.
pub(super) const SCHEMA: Schema =
    Schema { name: "atgd-graph", format: 2, migrations: &[Migration { to: 2, run: adjacency::find_ends_again }] };

/// The graphs of all tenants: a directory of files, opened when first used. Clones share them.
#[derive(Clone)]
pub struct Graphs {
    directory: PathBuf,
    open: Arc<Mutex<HashMap<Uuid, TenantGraph>>>,
}

impl Graphs {
    pub fn open(directory: PathBuf) -> Self {
        Self { directory, open: Arc::default() }
    }

    /// The graph of a tenant; its file is made when there is none.
    pub fn tenant(&self, tenant: Uuid) -> Result<TenantGraph, GraphError> {
        let mut open = self.open.lock();
        if let Some(graph) = open.get(&tenant) {
            return Ok(graph.clone());
        }
        let store = Store::open(&self.file(tenant), &SCHEMA)?;
        let graph = TenantGraph { store, tenant };
        open.insert(tenant, graph.clone());
        Ok(graph)
    }

    /// The graph of a tenant that was scanned before.
    pub(crate) fn existing(&self, tenant: Uuid) -> Result<Option<TenantGraph>, GraphError> {
        if self.file(tenant).exists() { self.tenant(tenant).map(Some) } else { Ok(None) }
    }

    /// Tenants that have a file.
    pub fn tenants(&self) -> Vec<Uuid> {
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return Vec::new() };
        let id = |name: &str| Uuid::try_parse(name.strip_suffix(".redb")?).ok();
        let mut tenants: Vec<Uuid> =
            entries.flatten().filter_map(|entry| entry.file_name().to_str().and_then(id)).collect();
        tenants.sort_unstable();
        tenants
    }

    /// Removes of every tenant the snapshots beyond the `keep` newest and those made before a time; how many
    /// went. The newest of a tenant always stays.
    pub async fn trim(&self, keep: u64, before_ms: i64) -> Result<u64, GraphError> {
        let mut removed = 0;
        for tenant in self.tenants() {
            if let Some(graph) = self.existing(tenant)? {
                removed += graph.trim(keep, before_ms).await?;
            }
        }
        Ok(removed)
    }

    fn file(&self, tenant: Uuid) -> PathBuf {
        self.directory.join(format!("{tenant}.redb"))
    }
}

/// The graph of one tenant.
#[derive(Clone)]
pub struct TenantGraph {
    store: Store,
    tenant: Uuid,
}

impl TenantGraph {
    /// A graph on a store of the caller's, for tests.
    pub fn on(store: Store, tenant: Uuid) -> Self {
        Self { store, tenant }
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub fn tenant_id(&self) -> Uuid {
        self.tenant
    }

    /// The generation of a scan: its unpublished one if there is one, else a new one.
    pub async fn begin(&self, scan: Uuid, now_ms: i64) -> Result<Generation, GraphError> {
        let open = self.store.write(move |write| tables::begin(write, scan, now_ms).map(Ok)).await;
        Generation::open(self.store.clone(), self.tenant, scan, open.map_err(WriteError::into_store)?).await
    }

    /// Removes what a scan has written, also a snapshot that it published before it was cancelled. Nothing
    /// happens where it was never begun.
    pub async fn abandon(&self, scan: Uuid) -> Result<(), GraphError> {
        loop {
            let more = self.store.write(move |write| collect::abandon(write, scan).map(Ok)).await;
            if !more.map_err(WriteError::into_store)? {
                return Ok(());
            }
        }
    }

    /// Removes the snapshots beyond the `keep` newest and those made before a time, but never the newest, with
    /// the bodies that only they have; how many went.
    pub async fn trim(&self, keep: u64, before_ms: i64) -> Result<u64, GraphError> {
        let mut scans = Vec::new();
        self.store.read(|read| {
            read.scan(&tables::SNAPSHOTS, &Span::all(), Order::Falling, |_, row| {
                scans.push((row.scan, row.at_ms));
                Ok::<_, StoreError>(true)
            })
        })?;
        let mut removed = 0;
        for (number, (scan, at_ms)) in scans.into_iter().enumerate().skip(1) {
            if (number as u64) < keep && at_ms >= before_ms {
                continue;
            }
            self.abandon(Uuid::from_u128(scan)).await?;
            removed += 1;
        }
        Ok(removed)
    }

    /// The newest published snapshot.
    pub fn latest(&self) -> Result<Option<Snapshot>, GraphError> {
        let mut found = None;
        self.store.read(|read| {
            read.scan(&tables::SNAPSHOTS, &Span::all(), Order::Falling, |number, row| {
                found = Some((number, row));
                Ok::<_, StoreError>(false)
            })
        })?;
        found.map(|(number, row)| Snapshot::new(self.store.clone(), self.tenant, number, &row)).transpose()
    }

    /// The snapshot that a scan has published, if it got so far.
    pub(crate) fn published_by(&self, scan: Uuid) -> Result<Option<Snapshot>, GraphError> {
        let mut found = None;
        self.store.read(|read| {
            read.scan(&tables::SNAPSHOTS, &Span::all(), Order::Falling, |number, row| {
                if row.scan == scan.as_u128() {
                    found = Some((number, row));
                }
                Ok::<_, StoreError>(found.is_none())
            })
        })?;
        found.map(|(number, row)| Snapshot::new(self.store.clone(), self.tenant, number, &row)).transpose()
    }

    /// A snapshot by its number.
    pub fn snapshot(&self, number: u64) -> Result<Option<Snapshot>, GraphError> {
        let row = self.store.read(|read| read.get(&tables::SNAPSHOTS, &number))?;
        row.map(|row| Snapshot::new(self.store.clone(), self.tenant, number, &row)).transpose()
    }

    /// The newest snapshot at a time.
    pub(crate) fn at_time(&self, ms: i64) -> Result<Option<Snapshot>, GraphError> {
        let newest = self.snapshots()?.into_iter().filter(|info| info.at_ms <= ms).map(|info| info.number).max();
        newest.map_or(Ok(None), |number| self.snapshot(number))
    }

    /// Every published snapshot, oldest first.
    pub fn snapshots(&self) -> Result<Vec<SnapshotInfo>, GraphError> {
        let mut infos = Vec::new();
        self.store.read(|read| {
            read.scan(&tables::SNAPSHOTS, &Span::all(), Order::Rising, |number, row| {
                infos.push(SnapshotInfo::of(number, &row)?);
                Ok::<_, GraphError>(true)
            })
        })?;
        Ok(infos)
    }

    /// A note kept with the tenant, such as the last snapshot that Neo4j has.
    pub fn note(&self, name: &str) -> Result<Option<String>, GraphError> {
        Ok(self.store.read(|read| read.get(&tables::NOTES, &(0, name.to_owned())))?.map(|text| text.0))
    }

    /// What names are made of that stand for the tenant's own: 32 random bytes, made when they are first asked for.
    pub(crate) async fn seed(&self) -> Result<[u8; 32], GraphError> {
        let new: [u8; 32] = rand::random();
        let written = self.store.write(move |write| {
            let key = (0, SEED.to_owned());
            if let Some(tables::Text(known)) = write.get(&tables::NOTES, &key)? {
                return Ok(Ok(known));
            }
            let text = hex::encode(new);
            write.put(&tables::NOTES, &key, &tables::Text(text.clone()))?;
            Ok(Ok(text))
        });
        let text = written.await.map_err(WriteError::into_store)?;
        let mut seed = [0; 32];
        hex::decode_to_slice(&text, &mut seed).map_err(|error| GraphError::Body(error.to_string()))?;
        Ok(seed)
    }

    pub(crate) async fn set_note(&self, name: &str, text: String) -> Result<(), GraphError> {
        let key = (0, name.to_owned());
        let written = self.store.write(move |write| write.put(&tables::NOTES, &key, &tables::Text(text)).map(Ok)).await;
        Ok(written.map_err(WriteError::into_store)?)
    }
}
