//! What the provider's schema requires, of the resources of the tables: without it a plan would fail
//! whole, so a body that does not say it is left to azapi.
//!
//! `tables/required.tsv` is taken from the schema (`ATGD_WRITE_REQUIRED=1 cargo test --lib what_the_schema`): kind,
//! path of the block, names. A test holds it to the schema.

use std::{collections::HashMap, sync::LazyLock};

use super::draft::Entry;

/// Of a kind: required names by the path of their block, `""` at the top.
static REQUIRED: LazyLock<HashMap<&'static str, HashMap<&'static str, Vec<&'static str>>>> = LazyLock::new(|| {
    let mut all: HashMap<&str, HashMap<&str, Vec<&str>>> = HashMap::new();
    for row in include_str!("tables/required.tsv").lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split('\t');
        if let (Some(kind), Some(path), Some(names)) = (cells.next(), cells.next(), cells.next()) {
            all.entry(kind).or_default().insert(path, names.split(' ').collect());
        }
    }
    all
});

/// The first thing that is required and not there, as `block.name`.
pub fn missing(kind: &str, entries: &[Entry]) -> Option<String> {
    let required = REQUIRED.get(kind)?;
    within(required, "", entries)
}

fn within(required: &HashMap<&str, Vec<&str>>, path: &str, entries: &[Entry]) -> Option<String> {
    let joined = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let names = required.get(path).map(Vec::as_slice).unwrap_or_default();
    if let Some(name) = names.iter().find(|name| !entries.iter().any(|entry| entry.name() == **name)) {
        return Some(joined(name));
    }
    entries.iter().find_map(|entry| match entry {
        Entry::Block(name, inner) => within(required, &joined(name), inner),
        Entry::Attribute(..) => None,
    })
}
