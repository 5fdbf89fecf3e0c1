//! The keys and counts of an open generation in memory: 64 bits a key, counts by subscription and type.
//!
//! Rebuilt from the rows when a scan goes on after a crash. Bound: 16 to 32 bytes a resource.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};

use super::{
    entry::Cell,
    model::Label,
    tables::{NodeRow, key_hash},
};
use crate::arm;

/// Keys are hashes already.
#[derive(Default)]
pub(super) struct Through(u64);

impl Hasher for Through {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

pub(super) type Hashes = HashSet<u64, BuildHasherDefault<Through>>;
pub(super) type ByHash<T> = HashMap<u64, T, BuildHasherDefault<Through>>;

/// What was found so far.
#[derive(Default)]
pub(super) struct Index {
    /// Resources.
    resources: Hashes,
    /// Everything else with a body.
    others: ByHash<Label>,
    /// Kept from the snapshot before without having been seen.
    stale: ByHash<Label>,
    cells: BTreeMap<(String, String), u64>,
    /// Key vaults by name.
    vaults: HashMap<String, String>,
    /// Rows of the inventory that the scan wants.
    expected: Hashes,
    expected_cells: BTreeMap<(String, String), u64>,
}

impl Index {
    pub(super) fn has(&self, hash: u64) -> bool {
        self.resources.contains(&hash) || self.others.contains_key(&hash)
    }

    pub(super) fn label_of(&self, key: &str) -> Option<Label> {
        self.label_at(key_hash(key))
    }

    /// The label of the node at a key that has a body, seen or stale.
    pub(super) fn label_at(&self, hash: u64) -> Option<Label> {
        if self.resources.contains(&hash) {
            return Some(Label::Resource);
        }
        self.others.get(&hash).or_else(|| self.stale.get(&hash)).copied()
    }

    pub(super) fn keep(&mut self, hash: u64, label: Label) {
        self.stale.insert(hash, label);
    }

    /// Notes a row that is written; `before`: the one that it replaces.
    pub(super) fn put(&mut self, hash: u64, row: &NodeRow, before: Option<&NodeRow>) {
        if let Some(before) = before.filter(|before| before.label == Label::Resource) {
            let cell = cell(before);
            if let Some(count) = self.cells.get_mut(&cell) {
                *count = count.saturating_sub(1);
            }
        }
        self.stale.remove(&hash);
        if row.label == Label::Resource {
            self.resources.insert(hash);
            if row.type_name.eq_ignore_ascii_case("Microsoft.KeyVault/vaults") {
                self.vaults.insert(row.name().to_lowercase(), arm::key(&row.id));
            }
            *self.cells.entry(cell(row)).or_default() += 1;
        } else {
            self.others.insert(hash, row.label);
        }
    }

    /// Forgets a row.
    pub(super) fn remove(&mut self, hash: u64, row: &NodeRow) {
        if self.resources.remove(&hash)
            && let Some(count) = self.cells.get_mut(&cell(row))
        {
            *count = count.saturating_sub(1);
        }
        self.others.remove(&hash);
    }

    pub(super) fn expect(&mut self, hash: u64, subscription: &str, type_name: &str) {
        if self.expected.insert(hash) {
            *self.expected_cells.entry((subscription.to_owned(), type_name.to_owned())).or_default() += 1;
        }
    }

    pub(super) fn is_expected(&self, hash: u64) -> bool {
        self.expected.contains(&hash)
    }

    pub(super) fn vault(&self, name: &str) -> Option<String> {
        self.vaults.get(name).cloned()
    }

    /// How many things of a kind that is no resource.
    pub(super) fn count_of(&self, label: Label) -> u64 {
        self.others.values().filter(|known| **known == label).count() as u64
    }

    pub(super) fn resources(&self) -> u64 {
        self.resources.len() as u64
    }

    /// Found, or expected and not found yet.
    pub(super) fn admitted(&self) -> u64 {
        self.resources() + self.expected.iter().filter(|hash| !self.resources.contains(hash)).count() as u64
    }

    pub(super) fn cells(&self) -> Vec<Cell> {
        as_cells(&self.cells)
    }

    pub(super) fn expected_cells(&self) -> Vec<Cell> {
        as_cells(&self.expected_cells)
    }

    /// The expectation is of no more use: its memory is given back.
    pub(super) fn forget_expected(&mut self) {
        self.expected = Hashes::default();
    }
}

fn as_cells(counts: &BTreeMap<(String, String), u64>) -> Vec<Cell> {
    let cell = |((subscription, type_name), count): (&(String, String), &u64)| Cell {
        subscription: subscription.clone(),
        type_name: type_name.clone(),
        count: *count,
    };
    counts.iter().filter(|(_, count)| **count > 0).map(cell).collect()
}

fn cell(row: &NodeRow) -> (String, String) {
    (row.subscription().unwrap_or_default(), row.type_name.to_lowercase())
}
