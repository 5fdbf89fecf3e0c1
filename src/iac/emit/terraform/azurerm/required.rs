//! What the provider's schema requires, of the resources of the tables: without it a plan would fail
//! whole, so a body that does not say it is left to azapi.

use super::{
    draft::Entry,
    facts::{self, Names},
};

/// The first thing that is required and not there, as `block.name`.
pub fn missing(kind: &str, entries: &[Entry]) -> Option<String> {
    within(&facts::of(kind)?.required, "", entries)
}

fn within(required: &Names, path: &str, entries: &[Entry]) -> Option<String> {
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
