//! Numbers by key, without the keys: a hash of 64 bits stands for each. Of a million keys two share one
//! with a chance of one in thirty million.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hasher},
};

/// Numbers by the keys of ids.
#[derive(Debug, Default)]
pub struct Index(HashMap<u64, u32>);

/// The same for the same text in every run.
pub fn hash(text: &str) -> u64 {
    hash_of(text.as_bytes())
}

/// The same of bytes.
pub fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

impl Index {
    pub fn with_capacity(count: usize) -> Self {
        Self(HashMap::with_capacity(count))
    }

    pub fn insert(&mut self, key: u64, number: usize) {
        self.0.insert(key, u32::try_from(number).unwrap_or(u32::MAX));
    }

    pub fn get(&self, key: &str) -> Option<usize> {
        self.at(hash(key))
    }

    /// By the hash of a key.
    pub fn at(&self, key: u64) -> Option<usize> {
        self.0.get(&key).map(|number| *number as usize)
    }
}
