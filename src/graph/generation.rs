//! A generation being written: pages in, with their cursors; what the scan needs to look up again.
//!
//! A page's rows and its cursor are one commit, so a scan that was killed goes on after its last page.
//! Of two answers about one thing the fuller stays.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use super::{
    GraphError,
    model::{Found, Fullness, Label},
    tables::{BODIES, BY_TYPE, CURSORS, CursorRow, Mark, NODES, NOTES, NodeRow, OPEN, Text},
};
use crate::{
    arm::{self, ResourceId},
    store::{Bytes, Order, Span, Store, StoreError, WriteError},
};

const ZSTD_LEVEL: i32 = 1;
/// Largest body after decompression.
const BODY_BYTES: usize = 256 << 20;

/// A page of one stream of answers.
#[derive(Debug, Clone)]
pub struct Page {
    pub stream: String,
    pub found: Vec<Found>,
    pub cursor: Cursor,
}

/// Where the reading of a stream stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// The address of the next page.
    Next(String),
    Done,
}

/// What a page changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Put {
    pub added: u64,
    pub replaced: u64,
}

/// Which entries are wanted, in key order.
#[derive(Debug, Clone, Default)]
pub struct Select<'a> {
    pub type_name: &'a str,
    pub subscription: Option<&'a str>,
    /// Only what was read no fuller than this.
    pub at_most: Option<Fullness>,
    /// Key of the last entry before.
    pub after: Option<String>,
    pub limit: usize,
}

/// A thing found so far, without its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub id: String,
    pub type_name: String,
    pub subscription: Option<String>,
    pub api_version: String,
    pub fullness: Fullness,
}

/// How many resources of a type were found in a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    pub subscription: String,
    /// Lower-cased.
    pub type_name: String,
    pub count: u64,
}

/// A handle on an open generation; clones share it.
#[derive(Clone)]
pub struct Generation {
    pub(super) store: Store,
    pub(super) tenant: Uuid,
    pub(super) scan: Uuid,
    pub(super) number: u64,
}

/// A node with its body, ready to be written.
pub(super) struct Prepared {
    pub key: String,
    pub row: NodeRow,
    /// Hash and compressed JSON; none for nodes without a body.
    pub body: Option<([u8; 32], Vec<u8>)>,
}

impl Generation {
    pub(super) fn new(store: Store, tenant: Uuid, scan: Uuid, number: u64) -> Self {
        Self { store, tenant, scan, number }
    }

    /// Its number: that of the snapshot it becomes.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Writes a page and its cursor in one commit.
    pub async fn put(&self, page: Page) -> Result<Put, GraphError> {
        let (number, scan, tenant) = (self.number, self.scan, self.tenant);
        let prepared = page.found.into_iter().map(prepare).collect::<Result<Vec<_>, _>>()?;
        let cursor = match page.cursor {
            Cursor::Next(next) => CursorRow::Next(next),
            Cursor::Done => CursorRow::Done,
        };
        let stream = (number, page.stream);
        let written = self
            .store
            .write(move |write| {
                if write.get(&OPEN, &scan.as_u128())?.is_none() {
                    return Ok(Err(GraphError::NotOpen(tenant, scan)));
                }
                let mut put = Put::default();
                for node in prepared {
                    match write_node(write, number, &node)? {
                        Some(true) => put.added += 1,
                        Some(false) => put.replaced += 1,
                        None => {}
                    }
                }
                write.put(&CURSORS, &stream, &cursor)?;
                Ok(Ok(put))
            })
            .await;
        written.map_err(flatten)
    }

    /// Where the reading of a stream stands; `None`: not begun.
    pub fn cursor(&self, stream: &str) -> Result<Option<Cursor>, GraphError> {
        let row = self.store.read(|read| read.get(&CURSORS, &(self.number, stream.to_owned())))?;
        Ok(row.map(|row| match row {
            CursorRow::Next(next) => Cursor::Next(next),
            CursorRow::Done => Cursor::Done,
        }))
    }

    /// Entries of a type.
    pub fn entries(&self, select: &Select<'_>) -> Result<Vec<Entry>, GraphError> {
        let type_name = select.type_name.to_lowercase();
        let span = match select.subscription {
            Some(subscription) => Span::prefix(&(self.number, type_name.clone(), subscription.to_lowercase())),
            None => Span::prefix(&(self.number, type_name.clone())),
        };
        let mut entries = Vec::new();
        self.store.read(|read| {
            read.scan(&BY_TYPE, &span, Order::Rising, |(_, _, _, key), _| {
                if select.after.as_ref().is_some_and(|after| key <= *after) {
                    return Ok(true);
                }
                let Some(row) = read.get(&NODES, &(self.number, key.clone()))? else { return Ok(true) };
                if select.at_most.is_none_or(|most| row.fullness <= most) {
                    entries.push(Entry {
                        key,
                        id: row.id,
                        type_name: row.type_name,
                        subscription: row.subscription,
                        api_version: row.api_version,
                        fullness: row.fullness,
                    });
                }
                Ok::<_, StoreError>(entries.len() < select.limit)
            })
        })?;
        Ok(entries)
    }

    /// How much of each type was found in each subscription.
    pub fn cells(&self) -> Result<Vec<Cell>, GraphError> {
        let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
        self.store.read(|read| {
            read.scan(&BY_TYPE, &Span::prefix(&self.number), Order::Rising, |(_, type_name, subscription, _), _| {
                *counts.entry((subscription, type_name)).or_default() += 1;
                Ok::<_, StoreError>(true)
            })
        })?;
        let cell = |((subscription, type_name), count)| Cell { subscription, type_name, count };
        Ok(counts.into_iter().map(cell).collect())
    }

    /// How many resources were found so far.
    pub fn count(&self) -> Result<u64, GraphError> {
        Ok(self.cells()?.iter().map(|cell| cell.count).sum())
    }

    /// Whether a thing was found.
    pub fn has(&self, id: &str) -> Result<bool, GraphError> {
        Ok(self.store.read(|read| read.get(&NODES, &(self.number, arm::key(id))))?.is_some())
    }

    /// A body found so far, by key.
    pub fn body(&self, key: &str) -> Result<Option<Value>, GraphError> {
        self.store.read(|read| {
            let Some(row) = read.get(&NODES, &(self.number, key.to_owned()))? else { return Ok(None) };
            match read.get(&BODIES, &row.hash)? {
                Some(body) => decompress(&body.0).map(Some),
                None => Ok(None),
            }
        })
    }

    /// Takes things out that Azure says are gone.
    pub async fn remove(&self, keys: Vec<String>) -> Result<(), GraphError> {
        let number = self.number;
        let written = self
            .store
            .write(move |write| {
                for key in keys {
                    if let Some(row) = write.get(&NODES, &(number, key.clone()))? {
                        write.remove(&BY_TYPE, &by_type(number, &row, &key))?;
                        write.remove(&NODES, &(number, key))?;
                    }
                }
                Ok(Ok(()))
            })
            .await;
        written.map_err(flatten)
    }

    /// A note of the scan, of this or an earlier run of it.
    pub fn note(&self, name: &str) -> Result<Option<String>, GraphError> {
        Ok(self.store.read(|read| read.get(&NOTES, &(self.number, name.to_owned())))?.map(|text| text.0))
    }

    pub async fn set_note(&self, name: &str, text: String) -> Result<(), GraphError> {
        let key = (self.number, name.to_owned());
        let written = self.store.write(move |write| write.put(&NOTES, &key, &Text(text)).map(Ok)).await;
        written.map_err(flatten)
    }
}

pub(super) fn flatten(error: WriteError<GraphError>) -> GraphError {
    match error {
        WriteError::Refused(error) => error,
        WriteError::Store(error) => error.into(),
    }
}

fn by_type(number: u64, row: &NodeRow, key: &str) -> (u64, String, String, String) {
    let subscription = row.subscription.as_deref().unwrap_or_default().to_lowercase();
    (number, row.type_name.to_lowercase(), subscription, key.to_owned())
}

/// Writes a node unless a fuller one stands: whether it is new, or `None` where it changed nothing.
pub(super) fn write_node(
    write: &mut crate::store::Write<'_>,
    number: u64,
    node: &Prepared,
) -> Result<Option<bool>, StoreError> {
    let at = (number, node.key.clone());
    let before = write.get(&NODES, &at)?;
    if before.as_ref().is_some_and(|before| before.fullness > node.row.fullness) {
        return Ok(None);
    }
    if let Some((hash, body)) = &node.body
        && write.get(&BODIES, hash)?.is_none()
    {
        write.put(&BODIES, hash, &Bytes(body.clone()))?;
    }
    if matches!(node.row.label, Label::Resource) {
        write.put(&BY_TYPE, &by_type(number, &node.row, &node.key), &Mark)?;
    }
    write.put(&NODES, &at, &node.row)?;
    Ok(Some(before.is_none()))
}

/// What is stored of a thing found.
pub(super) fn prepare(found: Found) -> Result<Prepared, GraphError> {
    let parsed = ResourceId::parse(&found.id);
    let key = key_of(found.label, &found.id);
    let text = found.body.to_string();
    let hash = *blake3::hash(text.as_bytes()).as_bytes();
    let body =
        zstd::bulk::compress(text.as_bytes(), ZSTD_LEVEL).map_err(|error| GraphError::Body(error.to_string()))?;
    let name = match &parsed {
        Some(id) => id.name().to_owned(),
        None => text_at(&found.body, &["displayName", "name"]).unwrap_or_else(|| found.id.clone()),
    };
    let tags = found.body.get("tags").and_then(Value::as_object).map(|tags| {
        tags.iter().map(|(tag, value)| (tag.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    });
    let location = found.body.get("location").and_then(Value::as_str).filter(|location| !location.trim().is_empty());
    let row = NodeRow {
        label: found.label,
        id: if parsed.is_some() && !found.id.trim().starts_with('/') {
            format!("/{}", found.id.trim())
        } else {
            found.id.trim().to_owned()
        },
        type_name: found.type_name,
        name,
        api_version: found.api_version,
        subscription: parsed.as_ref().and_then(|id| id.subscription.as_deref().map(str::to_lowercase)),
        resource_group: parsed.as_ref().and_then(|id| id.resource_group.clone()),
        location: location.map(arm::location_code),
        tags: tags.unwrap_or_default(),
        fullness: found.fullness,
        hash,
        first_seen: 0,
        last_seen: 0,
    };
    Ok(Prepared { key, row, body: Some((hash, body)) })
}

/// The key of a thing: its ARM id's, a role definition's guid, an identity's object id.
pub(super) fn key_of(label: Label, id: &str) -> String {
    match label {
        Label::RoleDefinition => id.trim_end_matches('/').rsplit('/').next().unwrap_or(id).to_lowercase(),
        Label::User
        | Label::Group
        | Label::ServicePrincipal
        | Label::Application
        | Label::ManagedIdentity
        | Label::Principal
        | Label::Tenant => id.to_lowercase(),
        _ => arm::key(id),
    }
}

fn text_at(body: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| body.get(name)?.as_str().map(str::to_owned))
}

pub(super) fn decompress(bytes: &[u8]) -> Result<Value, GraphError> {
    let size = zstd::bulk::Decompressor::upper_bound(bytes).unwrap_or(BODY_BYTES).min(BODY_BYTES);
    let text = zstd::bulk::decompress(bytes, size).map_err(|error| GraphError::Body(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| GraphError::Body(error.to_string()))
}
