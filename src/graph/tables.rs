//! The tables of a tenant's file, and the verbs that begin and abandon a generation.
//!
//! Everything of a generation is keyed by its number first, so that an unpublished one is invisible
//! (nothing points to it) and can be removed as a range. Only bodies are shared: a row says in which
//! generation its body was written (`collect` says when that one goes).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::{EdgeKind, Fullness, Label};
use crate::store::{Bytes, Order, Record, Span, StoreError, StoreKey, Table, Write, record};

/// Rows that one transaction of a removal touches.
pub(super) const BATCH: usize = 2_000;

/// Scan id → the generation that it writes; gone once published or abandoned.
pub(super) const OPEN: Table<u128, OpenRow> = Table::new("open.v2");
/// 0 → the last number that was given out.
const NUMBERS: Table<u8, Number> = Table::new("numbers.v1");
/// Snapshot number → what it holds. A row here is what makes a generation visible.
pub(super) const SNAPSHOTS: Table<u64, SnapshotRow> = Table::new("snapshots.v2");
/// (generation, key) → node.
pub(super) const NODES: Table<(u64, String), NodeRow> = Table::new("nodes.v2");
/// (generation that wrote it, number) → JSON, zstd. What did not change keeps the body of the generation
/// before, told by its BLAKE3 in the node's row.
pub(super) const BODIES: Table<BodyAt, Bytes> = Table::new("bodies.v2");
/// (generation, key of the last holder in it) → edges of some holders in key order (see `adjacency`).
pub(super) const EDGES: Table<(u64, String), Bytes> = Table::new("edges.v2");
/// (generation, place by the hash of an end's key, batch) → who says edges with these ends.
pub(super) const EDGES_IN: Table<(u64, u64, u32), Bytes> = Table::new("edges_in.v3");
/// (generation, stream, page) → rows of the inventory, JSON lines, zstd: what a scan expects to read.
pub(super) const EXPECTED: Table<(u64, String, u32), Bytes> = Table::new("expected.v1");
/// (generation, key) → an id that a body mentions below a known parent and that nothing gave yet.
pub(super) const MENTIONED: Table<(u64, String), Text> = Table::new("mentioned.v1");
/// (generation, stream) → how far it was read.
pub(super) const CURSORS: Table<(u64, String), CursorRow> = Table::new("cursors.v1");
/// (generation, name) → note of the scan; generation 0: of the tenant.
pub(super) const NOTES: Table<(u64, String), Text> = Table::new("notes.v1");

/// The key of a body; (0, 0): none.
pub(super) type BodyAt = (u64, u64);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenRow {
    pub number: u64,
    pub begun_at: i64,
    /// The snapshot that it is compared with.
    pub base: Option<u64>,
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

/// Against the snapshot before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Change {
    New,
    Changed,
    Unchanged,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct NodeRow {
    pub label: Label,
    pub id: String,
    pub type_name: String,
    /// None: the last segment of the id.
    pub name: Option<String>,
    pub api_version: String,
    pub location: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub fullness: Fullness,
    /// All zeros: no body.
    pub hash: [u8; 32],
    pub body: BodyAt,
    /// 0: in this snapshot.
    pub first_seen: i64,
    /// 0: in this snapshot.
    pub last_seen: i64,
    pub change: Change,
    /// Why it was not seen although it is not known to be gone.
    pub stale: Option<String>,
}

impl NodeRow {
    pub(super) fn has_body(&self) -> bool {
        self.body != (0, 0)
    }

    pub(super) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_else(|| self.id.rsplit('/').next().unwrap_or_default())
    }

    /// Lower-cased.
    pub(super) fn subscription(&self) -> Option<String> {
        segment(&self.id, 0, "subscriptions").map(str::to_lowercase)
    }

    pub(super) fn resource_group(&self) -> Option<&str> {
        segment(&self.id, 0, "subscriptions")?;
        segment(&self.id, 2, "resourcegroups")
    }
}

/// The segment that follows a word at a position of an id.
fn segment<'a>(id: &'a str, at: usize, word: &str) -> Option<&'a str> {
    let mut parts = id.trim_start_matches('/').split('/').skip(at);
    parts.next().filter(|part| part.eq_ignore_ascii_case(word))?;
    parts.next().filter(|part| !part.is_empty())
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum CursorRow {
    Next(String),
    Done,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Text(pub String);

record!(OpenRow = 2, Number = 1, SnapshotRow = 2, NodeRow = 2, CursorRow = 1, Text = 1,);

/// An edge kind in rows; the order of the enum is frozen.
pub(super) fn kind_byte(kind: EdgeKind) -> u8 {
    EdgeKind::ALL.iter().position(|known| *known == kind).unwrap_or_default() as u8
}

pub(super) fn kind_of(byte: u8) -> EdgeKind {
    EdgeKind::ALL.get(usize::from(byte)).copied().unwrap_or(EdgeKind::References)
}

/// A key in 64 bits: for sets in memory and for rows that need no order.
pub(super) fn key_hash(key: &str) -> u64 {
    let hash = blake3::hash(key.as_bytes());
    let mut head = [0; 8];
    head.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_be_bytes(head)
}

/// The open generation of a scan, or a new one on top of the newest snapshot.
pub(super) fn begin(write: &mut Write<'_>, scan: Uuid, now: i64) -> Result<OpenRow, StoreError> {
    if let Some(open) = write.get(&OPEN, &scan.as_u128())? {
        return Ok(open);
    }
    let mut base = None;
    write.scan(&SNAPSHOTS, &Span::all(), Order::Falling, |number, _| {
        base = Some(number);
        Ok::<_, StoreError>(false)
    })?;
    let number = write.get(&NUMBERS, &0)?.unwrap_or_default().0 + 1;
    let open = OpenRow { number, begun_at: now, base };
    write.put(&NUMBERS, &0, &Number(number))?;
    write.put(&OPEN, &scan.as_u128(), &open)?;
    Ok(open)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_id_are_read_from_its_row() {
        let row = |id: &str| NodeRow {
            label: Label::Resource,
            id: id.to_owned(),
            type_name: String::new(),
            name: None,
            api_version: String::new(),
            location: None,
            tags: BTreeMap::new(),
            fullness: Fullness::Listed,
            hash: [0; 32],
            body: (0, 0),
            first_seen: 0,
            last_seen: 0,
            change: Change::New,
            stale: None,
        };
        let disk = row("/subscriptions/S/resourcegroups/G/providers/Microsoft.Compute/disks/d");
        assert_eq!((disk.subscription().as_deref(), disk.resource_group(), disk.name()), (Some("s"), Some("G"), "d"));
        let role = row("/providers/Microsoft.Authorization/roleAssignments/r");
        assert_eq!((role.subscription(), role.resource_group()), (None, None));
    }
}
