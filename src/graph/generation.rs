//! A generation while a scan writes it: pages go in with their cursors, and the scan looks up what it has written.
//!
//! A page's rows and its cursor are one commit, so a scan that was killed goes on after its last page. Of two
//! answers about one resource the fuller stays. A resource that did not change since the snapshot before keeps
//! its body. Knows no edges: they are derived when it is published.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use uuid::Uuid;

use super::{
    body::{BodyEncoder, Prepared, decompress, key_of},
    entry::{Cell, Cursor, Entry, Page, Put, Select},
    error::GraphError,
    index::Index,
    model::{Found, Fullness, Label},
    tables::{
        BODIES, BodyAt, CURSORS, CursorRow, EDGES, EDGES_IN, MENTIONED, NODES, NOTES, NodeRow, OPEN, OpenRow,
        SNAPSHOTS, Text, key_hash, remove_range,
    },
};
use crate::{
    arm,
    store::{Bytes, Order, Span, Store, StoreError, Write, WriteError},
};

/// Rows that are looked at in one read when an open generation is taken up again.
const BATCH: usize = 2_000;

/// A handle on an open generation; clones share it.
#[derive(Clone)]
pub struct Generation {
    pub(super) store: Store,
    pub(super) tenant: Uuid,
    pub(super) scan: Uuid,
    pub(super) number: u64,
    /// The snapshot that it is compared with, and when that was.
    pub(super) base: Option<(u64, i64)>,
    begun_ms: i64,
    index: Arc<Mutex<Index>>,
    next_body: Arc<AtomicU64>,
    /// Encoders at rest: making one costs more than a page.
    encoders: Arc<Mutex<Vec<BodyEncoder>>>,
}

impl Generation {
    /// Takes up an open generation: rows that only publishing makes are removed, they will be made anew.
    pub(super) async fn open(store: Store, tenant: Uuid, scan: Uuid, open: OpenRow) -> Result<Self, GraphError> {
        let base = match open.base {
            Some(base) => store.read(|read| read.get(&SNAPSHOTS, &base))?.map(|row| (base, row.at_ms)),
            None => None,
        };
        let this = Self {
            store,
            tenant,
            scan,
            number: open.number,
            base,
            begun_ms: open.begun_at,
            index: Arc::default(),
            next_body: Arc::new(AtomicU64::new(1)),
            encoders: Arc::default(),
        };
        this.recall().await?;
        Ok(this)
    }

    /// Its number: that of the snapshot it becomes.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When the scan began, whatever interrupted it since.
    pub(crate) fn begun_ms(&self) -> i64 {
        self.begun_ms
    }

    /// Whether there is a snapshot that it is compared with.
    pub(crate) fn has_base(&self) -> bool {
        self.base.is_some()
    }

    pub(super) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock()
    }

    async fn recall(&self) -> Result<(), GraphError> {
        let mut after: Option<String> = None;
        loop {
            let mut span = Span::prefix(&self.number);
            if let Some(after) = after.take() {
                span = span.after(&(self.number, after));
            }
            let (mut seen, mut derived) = (0, Vec::new());
            self.store.read(|read| {
                read.scan(&NODES, &span, Order::Rising, |(_, key), row| {
                    after = Some(key.clone());
                    seen += 1;
                    // What has only a row of the inventory will be asked for again.
                    if row.stale.is_some() || !row.has_body() || row.fullness == Fullness::Inventory {
                        derived.push((key, row.body));
                    } else {
                        self.index().put(key_hash(&key), &row, None);
                    }
                    Ok::<_, StoreError>(seen < BATCH)
                })
            })?;
            if !derived.is_empty() {
                self.remove(derived).await?;
            }
            if seen < BATCH {
                break;
            }
        }
        let mut last = 0;
        self.store.read(|read| {
            read.scan(&BODIES, &Span::prefix(&self.number), Order::Falling, |(_, number), _| {
                last = number;
                Ok::<_, StoreError>(false)
            })
        })?;
        self.next_body.store(last + 1, Ordering::Relaxed);
        self.each_expected(&mut |row| {
            self.index().expect(key_hash(&arm::key(&row.id)), &row.subscription, &row.type_name);
            Ok(())
        })?;
        let number = self.number;
        loop {
            let removed = self
                .write(move |write| Ok(remove_range(write, &EDGES, number)? + remove_range(write, &EDGES_IN, number)?))
                .await?;
            if removed == 0 {
                return Ok(());
            }
        }
    }

    /// One change of an open generation.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Write<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, GraphError> {
        let (scan, tenant) = (self.scan, self.tenant);
        let written = self
            .store
            .write(move |write| {
                if write.get(&OPEN, &scan.as_u128())?.is_none() {
                    return Ok(Err(GraphError::NotOpen(tenant, scan)));
                }
                change(write).map(Ok)
            })
            .await;
        written.map_err(flatten)
    }

    /// Writes a page and its cursor in one commit.
    pub async fn put(&self, page: Page) -> Result<Put, GraphError> {
        let mut draft = self.draft()?;
        for found in page.found {
            draft.add(found)?;
        }
        draft.commit(&page.stream, page.cursor).await
    }

    /// A page that is filled one by one, so that only one body is held as a tree.
    pub fn draft(&self) -> Result<PageDraft<'_>, GraphError> {
        Ok(PageDraft { generation: self, encoder: None, prepared: Vec::new(), mentioned: Vec::new() })
    }

    /// Writes a node unless a fuller one is stored: whether it is new; `None`: nothing changed.
    pub(super) fn write_node(&self, write: &mut Write<'_>, node: Prepared) -> Result<Option<bool>, StoreError> {
        let Prepared { key, hash, mut row, body } = node;
        let at = (self.number, key);
        let is_there = self.index().has(hash);
        let before = if is_there { write.get(&NODES, &at)? } else { None };
        if let Some(before) = &before {
            // One definition of a role is listed in each subscription: it has the least of its ids.
            let is_again = row.label == Label::RoleDefinition
                && before.body.0 == self.number
                && before.fullness == row.fullness
                && before.id < row.id;
            if before.fullness > row.fullness || is_again {
                return Ok(None);
            }
            if before.body.0 == self.number && before.body != row.body {
                write.remove(&BODIES, &before.body)?;
            }
        }
        if let Some(body) = body {
            row.body = self.new_body();
            write.put(&BODIES, &row.body, &Bytes(body))?;
        }
        write.put(&NODES, &at, &row)?;
        self.index().put(hash, &row, before.as_ref());
        Ok(Some(before.is_none()))
    }

    fn new_body(&self) -> BodyAt {
        (self.number, self.next_body.fetch_add(1, Ordering::Relaxed))
    }

    /// How far a stream was read; `None`: not begun.
    pub fn cursor(&self, stream: &str) -> Result<Option<Cursor>, GraphError> {
        let row = self.store.read(|read| read.get(&CURSORS, &(self.number, stream.to_owned())))?;
        Ok(row.map(|row| match row {
            CursorRow::Next(next) => Cursor::Next(next),
            CursorRow::Done => Cursor::Done,
        }))
    }

    /// Everything found so far, in key order.
    pub fn entries(&self, select: &Select) -> Result<Vec<Entry>, GraphError> {
        let mut span = Span::prefix(&self.number);
        if let Some(after) = &select.after {
            span = span.after(&(self.number, after.clone()));
        }
        let mut entries = Vec::new();
        self.store.read(|read| {
            read.scan(&NODES, &span, Order::Rising, |(_, key), row| {
                entries.push(entry(key, row));
                Ok::<_, StoreError>(entries.len() < select.limit)
            })
        })?;
        Ok(entries)
    }

    /// How much of each type was found in each subscription.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        self.index().cells()
    }

    /// How much of each type the inventory lists in each subscription.
    pub(crate) fn expected_cells(&self) -> Vec<Cell> {
        self.index().expected_cells()
    }

    /// How many resources were found so far.
    pub fn count(&self) -> u64 {
        self.index().resources()
    }

    /// How many identities of a kind were found so far.
    pub(crate) fn count_of(&self, label: Label) -> u64 {
        self.index().count_of(label)
    }

    /// How many are found, or expected and not found yet.
    pub(crate) fn admitted(&self) -> u64 {
        self.index().admitted()
    }

    /// Whether a thing was found.
    pub fn has(&self, id: &str) -> bool {
        // What is no id of ARM is known by its text: object ids.
        let key = if id.contains('/') { arm::key(id) } else { key_of(Label::User, id) };
        self.index().has(key_hash(&key))
    }

    /// Whether the snapshot that it is compared with has it.
    pub(crate) fn base_has(&self, id: &str) -> Result<bool, GraphError> {
        let Some((base, _)) = self.base else { return Ok(false) };
        let row = self.store.read(|read| read.get(&NODES, &(base, arm::key(id))))?;
        Ok(row.is_some_and(|row| row.has_body()))
    }

    /// Whether the inventory lists it and the scan wants it.
    pub(crate) fn is_expected(&self, id: &str) -> bool {
        self.index().is_expected(key_hash(&arm::key(id)))
    }

    /// A body of the snapshot that it is compared with, by key.
    pub(crate) fn base_body(&self, key: &str) -> Result<Option<Value>, GraphError> {
        self.base.map_or(Ok(None), |(base, _)| self.body_in(base, key))
    }

    /// A body found so far, by key.
    pub fn body(&self, key: &str) -> Result<Option<Value>, GraphError> {
        self.body_in(self.number, key)
    }

    fn body_in(&self, number: u64, key: &str) -> Result<Option<Value>, GraphError> {
        self.store.read(|read| {
            let Some(row) = read.get(&NODES, &(number, key.to_owned()))? else { return Ok(None) };
            match read.get(&BODIES, &row.body)? {
                Some(body) => decompress(&body.0).map(Some),
                None => Ok(None),
            }
        })
    }

    /// A page of the mentioned ids, in key order: key and id.
    pub(crate) fn mentioned(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, String)>, GraphError> {
        let mut span = Span::prefix(&self.number);
        if let Some(after) = after {
            span = span.after(&(self.number, after.to_owned()));
        }
        let mut ids = Vec::new();
        self.store.read(|read| {
            read.scan(&MENTIONED, &span, Order::Rising, |(_, key), id| {
                ids.push((key, id.0));
                Ok::<_, StoreError>(ids.len() < limit)
            })
        })?;
        Ok(ids)
    }

    /// Takes things that were found out again.
    pub(crate) async fn drop_found(&self, keys: Vec<String>) -> Result<(), GraphError> {
        let mut rows = Vec::with_capacity(keys.len());
        self.store.read(|read| {
            for key in keys {
                if let Some(row) = read.get(&NODES, &(self.number, key.clone()))? {
                    self.index().remove(key_hash(&key), &row);
                    rows.push((key, row.body));
                }
            }
            Ok::<_, StoreError>(())
        })?;
        self.remove(rows).await
    }

    async fn remove(&self, rows: Vec<(String, BodyAt)>) -> Result<(), GraphError> {
        let number = self.number;
        self.write(move |write| {
            for (key, body) in rows {
                write.remove(&NODES, &(number, key))?;
                if body.0 == number {
                    write.remove(&BODIES, &body)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// A note of the scan, of this or an earlier run of it.
    pub fn note(&self, name: &str) -> Result<Option<String>, GraphError> {
        Ok(self.store.read(|read| read.get(&NOTES, &(self.number, name.to_owned())))?.map(|text| text.0))
    }

    /// Notes whose names begin so.
    pub fn notes(&self, prefix: &str) -> Result<Vec<(String, String)>, GraphError> {
        let mut notes = Vec::new();
        self.store.read(|read| {
            let span = Span::prefix(&self.number).from(&(self.number, prefix.to_owned()));
            read.scan(&NOTES, &span, Order::Rising, |(_, name), text| {
                let within = name.starts_with(prefix);
                if within {
                    notes.push((name, text.0));
                }
                Ok::<_, StoreError>(within)
            })
        })?;
        Ok(notes)
    }

    pub(crate) async fn set_note(&self, name: &str, text: String) -> Result<(), GraphError> {
        let key = (self.number, name.to_owned());
        self.write(move |write| write.put(&NOTES, &key, &Text(text))).await
    }
}

/// A page on its way: what was found is packed at once.
pub struct PageDraft<'a> {
    generation: &'a Generation,
    encoder: Option<BodyEncoder>,
    prepared: Vec<Prepared>,
    mentioned: Vec<String>,
}

impl PageDraft<'_> {
    pub fn add(&mut self, found: Found) -> Result<(), GraphError> {
        let encoder = if let Some(encoder) = &mut self.encoder {
            encoder
        } else {
            let resting = self.generation.encoders.lock().pop();
            self.encoder.insert(resting.map_or_else(BodyEncoder::new, Ok)?)
        };
        let Some((base, at_ms)) = self.generation.base else {
            return encoder.encode(found, &|_| Ok(None), &mut self.prepared);
        };
        self.generation.store.read(|read| {
            let before = |key: &str| {
                let row = read.get(&NODES, &(base, key.to_owned()))?;
                Ok(row.filter(NodeRow::has_body).map(|row| since(row, at_ms)))
            };
            encoder.encode(found, &before, &mut self.prepared)
        })
    }

    /// Ids that bodies mention, to be looked at when all lists are read.
    pub(crate) fn mentioned(&mut self) -> &mut Vec<String> {
        &mut self.mentioned
    }

    /// How many things are in it.
    pub fn len(&self) -> usize {
        self.prepared.len()
    }

    pub fn is_empty(&self) -> bool {
        self.prepared.is_empty()
    }

    /// Writes everything and the stream's cursor in one commit.
    pub async fn commit(self, stream: &str, cursor: Cursor) -> Result<Put, GraphError> {
        let Self { generation, prepared, mentioned, encoder } = self;
        // No more of them than pages were filled at one moment.
        generation.encoders.lock().extend(encoder);
        let number = generation.number;
        let stream = (number, stream.to_owned());
        let cursor = match cursor {
            Cursor::Next(next) => CursorRow::Next(next),
            Cursor::Done => CursorRow::Done,
        };
        let this = generation.clone();
        let written = generation.write(move |write| {
            let mut put = Put::default();
            for node in prepared {
                match this.write_node(write, node)? {
                    Some(true) => put.added += 1,
                    Some(false) => put.replaced += 1,
                    None => {}
                }
            }
            for id in mentioned {
                write.put(&MENTIONED, &(number, arm::key(&id)), &Text(id))?;
            }
            write.put(&CURSORS, &stream, &cursor)?;
            Ok(put)
        });
        written.await
    }
}

/// A row of an earlier snapshot with its times spelled out.
pub(super) fn since(mut row: NodeRow, at_ms: i64) -> NodeRow {
    for time in [&mut row.first_seen, &mut row.last_seen] {
        if *time == 0 {
            *time = at_ms;
        }
    }
    row
}

pub(super) fn entry(key: String, row: NodeRow) -> Entry {
    let subscription = row.subscription();
    Entry {
        is_stale: row.stale.is_some(),
        key,
        label: row.label,
        id: row.id,
        type_name: row.type_name,
        subscription,
        api_version: row.api_version,
        location: row.location,
        tags: row.tags,
        fullness: row.fullness,
    }
}

pub(super) fn flatten(error: WriteError<GraphError>) -> GraphError {
    match error {
        WriteError::Refused(error) => error,
        WriteError::Store(error) => error.into(),
    }
}
