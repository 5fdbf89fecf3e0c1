//! The tables of a tenant's file, and the verbs that begin and abandon a generation.
//!
//! Everything of a generation is keyed by its number first, so that an unpublished one is invisible
//! (nothing points to it) and can be removed as a range.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{EdgeKind, Fullness, Label};
use crate::store::{Bytes, Order, Record, Span, StoreError, StoreKey, Table, Write, record};

/// Rows that one transaction of a removal touches.
const BATCH: usize = 2_000;

/// Scan id → the generation that it writes; gone once published or abandoned.
pub(super) const OPEN: Table<u128, OpenRow> = Table::new("open.v1");
/// 0 → the last number that was given out.
const NUMBERS: Table<u8, Number> = Table::new("numbers.v1");
/// Snapshot number → what it holds. A row here is what makes a generation visible.
pub(super) const SNAPSHOTS: Table<u64, SnapshotRow> = Table::new("snapshots.v1");
/// (generation, key) → node.
pub(super) const NODES: Table<(u64, String), NodeRow> = Table::new("nodes.v1");
/// (generation, lower-cased type, subscription, key): resources by what they are.
pub(super) const BY_TYPE: Table<(u64, String, String, String), Mark> = Table::new("nodes_by_type.v1");
/// BLAKE3 of the canonical JSON → the JSON, zstd.
pub(super) const BODIES: Table<[u8; 32], Bytes> = Table::new("bodies.v1");
/// (generation, source, (kind, target, discriminator)) → edge.
pub(super) const EDGES: Table<(u64, String, EdgeEnd), EdgeRow> = Table::new("edges.v1");
/// (generation, target, (kind, source, discriminator)): the same edges from the other end.
pub(super) const EDGES_IN: Table<(u64, String, EdgeEnd), Mark> = Table::new("edges_in.v1");
/// (generation, stream) → where its reading stands.
pub(super) const CURSORS: Table<(u64, String), CursorRow> = Table::new("cursors.v1");
/// (generation, name) → note of the scan; generation 0: of the tenant.
pub(super) const NOTES: Table<(u64, String), Text> = Table::new("notes.v1");

/// Kind, other end, discriminator.
pub(super) type EdgeEnd = (u8, String, String);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenRow {
    pub number: u64,
    pub begun_at: i64,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Number(pub u64);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SnapshotRow {
    pub at_ms: i64,
    pub scan: u128,
    pub partial: bool,
    /// Counts as JSON.
    pub counts: String,
    /// Coverage as JSON.
    pub coverage: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NodeRow {
    pub label: Label,
    pub id: String,
    pub type_name: String,
    pub name: String,
    pub api_version: String,
    pub subscription: Option<String>,
    pub resource_group: Option<String>,
    pub location: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub fullness: Fullness,
    /// All zeros: no body.
    pub hash: [u8; 32],
    pub first_seen: i64,
    pub last_seen: i64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Mark;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EdgeRow {
    pub path: String,
    pub properties: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum CursorRow {
    Next(String),
    Done,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Text(pub String);

record!(OpenRow = 1, Number = 1, SnapshotRow = 1, NodeRow = 1, Mark = 1, EdgeRow = 1, CursorRow = 1, Text = 1,);

/// An edge kind in keys; the order of the enum is frozen.
pub(super) fn kind_byte(kind: EdgeKind) -> u8 {
    EdgeKind::ALL.iter().position(|known| *known == kind).unwrap_or_default() as u8
}

pub(super) fn kind_of(byte: u8) -> EdgeKind {
    EdgeKind::ALL.get(usize::from(byte)).copied().unwrap_or(EdgeKind::References)
}

pub(super) fn begin(write: &mut Write<'_>, scan: Uuid, now: i64) -> Result<u64, StoreError> {
    if let Some(open) = write.get(&OPEN, &scan.as_u128())? {
        return Ok(open.number);
    }
    let number = write.get(&NUMBERS, &0)?.unwrap_or_default().0 + 1;
    write.put(&NUMBERS, &0, &Number(number))?;
    write.put(&OPEN, &scan.as_u128(), &OpenRow { number, begun_at: now })?;
    Ok(number)
}

/// Removes a batch of a generation's rows; whether there is more. One that the scan had published right
/// before it was cancelled is taken back first: a scan that did not complete has no snapshot.
pub(super) fn abandon(write: &mut Write<'_>, scan: Uuid) -> Result<bool, StoreError> {
    let Some(open) = write.get(&OPEN, &scan.as_u128())? else {
        let mut published = None;
        write.scan(&SNAPSHOTS, &Span::all(), Order::Falling, |number, row| {
            if row.scan == scan.as_u128() {
                published = Some(OpenRow { number, begun_at: row.at_ms });
            }
            Ok::<_, StoreError>(published.is_none())
        })?;
        let Some(open) = published else { return Ok(false) };
        write.remove(&SNAPSHOTS, &open.number)?;
        write.put(&OPEN, &scan.as_u128(), &open)?;
        return Ok(true);
    };
    let number = open.number;
    let removed = remove_range(write, &NODES, number)?
        + remove_range(write, &BY_TYPE, number)?
        + remove_range(write, &EDGES, number)?
        + remove_range(write, &EDGES_IN, number)?
        + remove_range(write, &CURSORS, number)?
        + remove_range(write, &NOTES, number)?;
    if removed == 0 {
        write.remove(&OPEN, &scan.as_u128())?;
    }
    Ok(removed > 0)
}

/// Removes up to a batch of the rows below a generation.
pub(super) fn remove_range<K: StoreKey, V: Record>(
    write: &mut Write<'_>,
    table: &Table<K, V>,
    generation: u64,
) -> Result<usize, StoreError> {
    let mut keys = Vec::new();
    write.scan(table, &Span::prefix(&generation), Order::Rising, |key, _| {
        keys.push(key);
        Ok::<_, StoreError>(keys.len() < BATCH)
    })?;
    for key in &keys {
        write.remove(table, key)?;
    }
    Ok(keys.len())
}
