//! Typed tables inside a transaction: get, put, remove, scan. Knows no room's records.

use std::{
    collections::HashMap,
    marker::PhantomData,
    ops::Bound,
    path::{Path, PathBuf},
};

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, TableError, WriteTransaction};

use super::{
    codec::{Record, StoreKey},
    error::{StoreError, storage_error},
};

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;
type OpenTable<'t> = redb::Table<'t, &'static [u8], &'static [u8]>;

/// A table: a constant with a doc block (key, value, invariants) and a versioned name such as `jobs.v1`.
pub struct Table<K, V> {
    pub name: &'static str,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: StoreKey, V: Record> Table<K, V> {
    pub const fn new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }

    const fn definition(&self) -> Definition {
        TableDefinition::new(self.name)
    }

    fn row(&self, key: &[u8], value: &[u8]) -> Result<(K, V), StoreError> {
        let mut rest = key;
        let decoded = K::decode(&mut rest).filter(|_| rest.is_empty());
        let key = decoded.ok_or_else(|| self.damaged("its key has another form".to_owned()))?;
        Ok((key, self.value(value)?))
    }

    fn value(&self, bytes: &[u8]) -> Result<V, StoreError> {
        let (version, payload) = bytes.split_first().ok_or_else(|| self.damaged("it is empty".to_owned()))?;
        V::decode(*version, payload).map_err(|cause| self.damaged(cause))
    }

    fn damaged(&self, cause: String) -> StoreError {
        StoreError::Record { table: self.name, cause }
    }
}

/// Which way a scan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Rising,
    Falling,
}

/// A range of keys.
#[derive(Debug, Clone)]
pub struct Span {
    lower: Bound<Vec<u8>>,
    upper: Bound<Vec<u8>>,
}

impl Span {
    /// Every key.
    pub const fn all() -> Self {
        Self { lower: Bound::Unbounded, upper: Bound::Unbounded }
    }

    /// Keys that begin with this part of a tuple.
    pub fn prefix(part: &impl StoreKey) -> Self {
        let lower = part.bytes();
        let mut next = lower.clone();
        while next.last() == Some(&0xff) {
            next.pop();
        }
        let upper = match next.last_mut() {
            Some(last) => {
                *last += 1;
                Bound::Excluded(next)
            }
            None => Bound::Unbounded,
        };
        Self { lower: Bound::Included(lower), upper }
    }

    /// Only what comes after this key in rising order.
    #[must_use]
    pub fn after(mut self, key: &impl StoreKey) -> Self {
        self.lower = Bound::Excluded(key.bytes());
        self
    }

    /// Only this key and what comes after it.
    #[must_use]
    pub fn from(mut self, key: &impl StoreKey) -> Self {
        self.lower = Bound::Included(key.bytes());
        self
    }

    /// Only what comes before this key.
    #[must_use]
    pub fn before(mut self, key: &impl StoreKey) -> Self {
        self.upper = Bound::Excluded(key.bytes());
        self
    }

    /// Empty or upside down: redb would panic on it.
    fn is_empty(&self) -> bool {
        match (&self.lower, &self.upper) {
            (Bound::Included(low), Bound::Included(high)) => low > high,
            (Bound::Included(low) | Bound::Excluded(low), Bound::Excluded(high))
            | (Bound::Excluded(low), Bound::Included(high)) => low >= high,
            _ => false,
        }
    }

    fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        fn slice(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
            match bound {
                Bound::Included(bytes) => Bound::Included(bytes.as_slice()),
                Bound::Excluded(bytes) => Bound::Excluded(bytes.as_slice()),
                Bound::Unbounded => Bound::Unbounded,
            }
        }
        (slice(&self.lower), slice(&self.upper))
    }
}

/// redb's own table of a snapshot.
type RawTable = redb::ReadOnlyTable<&'static [u8], &'static [u8]>;

/// A snapshot.
pub struct Read {
    transaction: ReadTransaction,
    path: PathBuf,
}

impl Read {
    pub(super) fn new(transaction: ReadTransaction, path: PathBuf) -> Self {
        Self { transaction, path }
    }

    fn open(&self, definition: Definition) -> Result<Option<RawTable>, StoreError> {
        match self.transaction.open_table(definition) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(storage_error(&self.path, &error.into())),
        }
    }

    pub fn get<K: StoreKey, V: Record>(&self, table: &Table<K, V>, key: &K) -> Result<Option<V>, StoreError> {
        let Some(open) = self.open(table.definition())? else { return Ok(None) };
        let found = open.get(key.bytes().as_slice()).map_err(|error| storage_error(&self.path, &error.into()))?;
        found.map(|bytes| table.value(bytes.value())).transpose()
    }

    /// Rows of a span until `visit` answers false.
    pub fn scan<K: StoreKey, V: Record, E: From<StoreError>>(
        &self,
        table: &Table<K, V>,
        span: &Span,
        order: Order,
        visit: impl FnMut(K, V) -> Result<bool, E>,
    ) -> Result<(), E> {
        match self.open(table.definition())? {
            Some(open) => walk(&open, table, span, order, &self.path, visit),
            None => Ok(()),
        }
    }

    pub fn len<K: StoreKey, V: Record>(&self, table: &Table<K, V>) -> Result<u64, StoreError> {
        let Some(open) = self.open(table.definition())? else { return Ok(0) };
        open.len().map_err(|error| storage_error(&self.path, &error.into()))
    }

    /// How many rows a span has, up to `most`; values are not looked at.
    pub fn count<K: StoreKey, V: Record>(
        &self,
        table: &Table<K, V>,
        span: &Span,
        most: u64,
    ) -> Result<u64, StoreError> {
        let Some(open) = self.open(table.definition())?.filter(|_| !span.is_empty()) else { return Ok(0) };
        let rows = open.range::<&[u8]>(span.bounds());
        let rows = rows.map_err(|error| storage_error(&self.path, &error.into()))?;
        Ok(rows.take(most as usize).count() as u64)
    }

    /// Every row that can be read; the answer is how many can't.
    pub(crate) fn salvage<K: StoreKey, V: Record, E: From<StoreError>>(
        &self,
        table: &Table<K, V>,
        span: &Span,
        mut visit: impl FnMut(K, V) -> Result<(), E>,
    ) -> Result<u64, E> {
        let Some(open) = self.open(table.definition())? else { return Ok(0) };
        let failed = |error: redb::StorageError| storage_error(&self.path, &error.into());
        let mut lost = 0;
        if span.is_empty() {
            return Ok(lost);
        }
        for row in open.range::<&[u8]>(span.bounds()).map_err(failed)? {
            let (key, value) = row.map_err(failed)?;
            match table.row(key.value(), value.value()) {
                Ok((key, value)) => visit(key, value)?,
                Err(_) => lost += 1,
            }
        }
        Ok(lost)
    }

    /// Decodes every row of a table: how many there are, or the first that can't be read.
    pub fn check<K: StoreKey, V: Record>(&self, table: &Table<K, V>) -> Result<u64, StoreError> {
        let mut rows = 0;
        self.scan(table, &Span::all(), Order::Rising, |_, _| {
            rows += 1;
            Ok::<_, StoreError>(true)
        })?;
        Ok(rows)
    }
}

/// The writer's open transaction: reads see what this group wrote before.
pub struct Write<'t> {
    transaction: &'t WriteTransaction,
    path: &'t Path,
    tables: HashMap<&'static str, OpenTable<'t>>,
    /// Puts and removals so far: a refusal after one of its own aborts the group.
    pub(super) changes: u64,
}

impl<'t> Write<'t> {
    pub(super) fn new(transaction: &'t WriteTransaction, path: &'t Path) -> Self {
        Self { transaction, path, tables: HashMap::new(), changes: 0 }
    }

    fn open<K: StoreKey, V: Record>(&mut self, table: &Table<K, V>) -> Result<&mut OpenTable<'t>, StoreError> {
        use std::collections::hash_map::Entry;
        match self.tables.entry(table.name) {
            Entry::Occupied(open) => Ok(open.into_mut()),
            Entry::Vacant(vacant) => {
                let open = self.transaction.open_table(table.definition());
                Ok(vacant.insert(open.map_err(|error| storage_error(self.path, &error.into()))?))
            }
        }
    }

    pub fn get<K: StoreKey, V: Record>(&mut self, table: &Table<K, V>, key: &K) -> Result<Option<V>, StoreError> {
        let path = self.path;
        let open = self.open(table)?;
        let found = open.get(key.bytes().as_slice()).map_err(|error| storage_error(path, &error.into()))?;
        found.map(|bytes| table.value(bytes.value())).transpose()
    }

    pub fn put<K: StoreKey, V: Record>(&mut self, table: &Table<K, V>, key: &K, value: &V) -> Result<(), StoreError> {
        let mut bytes = vec![V::VERSION];
        value.encode(&mut bytes).map_err(|cause| table.damaged(cause))?;
        let path = self.path;
        self.changes += 1;
        let open = self.open(table)?;
        open.insert(key.bytes().as_slice(), bytes.as_slice()).map_err(|error| storage_error(path, &error.into()))?;
        Ok(())
    }

    /// Whether it was there.
    pub fn remove<K: StoreKey, V: Record>(&mut self, table: &Table<K, V>, key: &K) -> Result<bool, StoreError> {
        let path = self.path;
        self.changes += 1;
        let open = self.open(table)?;
        let removed = open.remove(key.bytes().as_slice()).map_err(|error| storage_error(path, &error.into()))?;
        Ok(removed.is_some())
    }

    /// Rows of a span until `visit` answers false.
    pub fn scan<K: StoreKey, V: Record, E: From<StoreError>>(
        &mut self,
        table: &Table<K, V>,
        span: &Span,
        order: Order,
        visit: impl FnMut(K, V) -> Result<bool, E>,
    ) -> Result<(), E> {
        let path = self.path;
        let open = self.open(table)?;
        walk(&*open, table, span, order, path, visit)
    }

    pub fn len<K: StoreKey, V: Record>(&mut self, table: &Table<K, V>) -> Result<u64, StoreError> {
        let path = self.path;
        self.open(table)?.len().map_err(|error| storage_error(path, &error.into()))
    }
}

fn walk<K: StoreKey, V: Record, E: From<StoreError>>(
    open: &impl ReadableTable<&'static [u8], &'static [u8]>,
    table: &Table<K, V>,
    span: &Span,
    order: Order,
    path: &Path,
    mut visit: impl FnMut(K, V) -> Result<bool, E>,
) -> Result<(), E> {
    if span.is_empty() {
        return Ok(());
    }
    let failed = |error: redb::StorageError| storage_error(path, &error.into());
    let mut rows = open.range::<&[u8]>(span.bounds()).map_err(failed)?;
    loop {
        let next = match order {
            Order::Rising => rows.next(),
            Order::Falling => rows.next_back(),
        };
        let Some(row) = next else { return Ok(()) };
        let (key, value) = row.map_err(failed)?;
        let (key, value) = table.row(key.value(), value.value())?;
        if !visit(key, value)? {
            return Ok(());
        }
    }
}
