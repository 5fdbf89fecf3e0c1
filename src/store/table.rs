//! Typed tables inside a transaction.

use std::{marker::PhantomData, ops::RangeBounds};

use super::{Record, StoreError, StoreKey};

/// A table: a constant with a doc block (key, value, invariants) and a versioned name such as `jobs.v1`.
pub struct Table<K, V> {
    pub name: &'static str,
    _types: PhantomData<fn() -> (K, V)>,
}

impl<K: StoreKey, V: Record> Table<K, V> {
    pub const fn new(name: &'static str) -> Self {
        Self { name, _types: PhantomData }
    }
}

/// A snapshot.
pub struct Read {
    _private: (),
}

/// The writer's open transaction: reads see what this group wrote before.
pub struct Write<'t> {
    _private: PhantomData<&'t ()>,
}

impl Read {
    pub fn get<K: StoreKey, V: Record>(&self, _table: &Table<K, V>, _key: &K) -> Result<Option<V>, StoreError> {
        todo!()
    }

    /// Rows in key order (`reverse`: backwards) until `visit` answers false.
    pub fn scan<K: StoreKey, V: Record>(
        &self,
        _table: &Table<K, V>,
        _range: impl RangeBounds<K>,
        _reverse: bool,
        _visit: impl FnMut(K, V) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        todo!()
    }

    pub fn len<K: StoreKey, V: Record>(&self, _table: &Table<K, V>) -> Result<u64, StoreError> {
        todo!()
    }
}

impl Write<'_> {
    pub fn get<K: StoreKey, V: Record>(&self, _table: &Table<K, V>, _key: &K) -> Result<Option<V>, StoreError> {
        todo!()
    }

    pub fn put<K: StoreKey, V: Record>(
        &mut self,
        _table: &Table<K, V>,
        _key: &K,
        _value: &V,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Whether it was there.
    pub fn remove<K: StoreKey, V: Record>(&mut self, _table: &Table<K, V>, _key: &K) -> Result<bool, StoreError> {
        todo!()
    }

    pub fn scan<K: StoreKey, V: Record>(
        &self,
        _table: &Table<K, V>,
        _range: impl RangeBounds<K>,
        _reverse: bool,
        _visit: impl FnMut(K, V) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        todo!()
    }

    pub fn len<K: StoreKey, V: Record>(&self, _table: &Table<K, V>) -> Result<u64, StoreError> {
        todo!()
    }
}
