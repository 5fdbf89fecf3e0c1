//! Common types: what people call them, what a body of them needs at least, and what people call its fields.
//!
//! `catalogue.json`, by hand: names are those of the portal, the command line and everyday talk; defaults are what a
//! type cannot exist without, or what its documentation recommends, as small and as closed as it goes. A type that is
//! not in it is known by its full name, and has no defaults.

use std::{collections::HashMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::words::bare;

/// A type of the catalogue.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    #[serde(rename = "type")]
    pub type_name: String,
    names: Vec<String>,
    /// By their path in the body.
    #[serde(default)]
    pub defaults: Map<String, Value>,
    /// Paths by what people call them.
    #[serde(default)]
    fields: HashMap<String, String>,
    /// What a short entry of a list says: of a subnet its prefix.
    #[serde(default)]
    main: HashMap<String, String>,
}

struct Catalogue {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    by_type: HashMap<String, usize>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let mut entries: Vec<Entry> = serde_json::from_str(include_str!("catalogue.json")).unwrap_or_default();
    for entry in &mut entries {
        entry.fields = entry.fields.iter().map(|(name, path)| (bare(name), path.clone())).collect();
    }
    let names =
        |(number, entry): (usize, &Entry)| entry.names.iter().map(move |name| (bare(name), number)).collect::<Vec<_>>();
    let by_name = entries.iter().enumerate().flat_map(names).collect();
    let by_type = entries.iter().enumerate().map(|(number, entry)| (entry.type_name.to_lowercase(), number)).collect();
    Catalogue { entries, by_name, by_type }
});

/// Longest short name: what is longer is no type.
const LONGEST: usize = 60;

/// The type that a word means; a full name means itself.
pub(super) fn type_of(word: &str) -> Option<String> {
    let word = word.trim();
    if is_full(word) {
        return Some(word.to_owned());
    }
    if word.len() > LONGEST {
        return None;
    }
    let name = bare(word);
    let found = CATALOGUE.by_name.get(&name).or_else(|| CATALOGUE.by_name.get(name.strip_suffix('s')?));
    found.map(|number| CATALOGUE.entries[*number].type_name.clone())
}

/// Whether a word has the shape of a full type: `Microsoft.Network/virtualNetworks`.
pub(super) fn is_full(word: &str) -> bool {
    let mut parts = word.split('/');
    let is_plain = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.')
    };
    parts.next().is_some_and(|space| {
        space.contains('.')
            && is_plain(space)
            && space.starts_with(|c: char| c.is_ascii_alphabetic())
            && !space.ends_with('.')
    }) && word.contains('/')
        && parts.all(is_plain)
}

/// What is known of a type.
pub(super) fn of_type(type_name: &str) -> Option<&'static Entry> {
    CATALOGUE.by_type.get(&type_name.to_lowercase()).map(|number| &CATALOGUE.entries[*number])
}

impl Entry {
    /// The path of what people call a field.
    pub(super) fn field(&self, key: &str) -> Option<&str> {
        self.fields.get(&bare(key)).map(String::as_str)
    }

    /// What a short entry of a list says.
    pub(super) fn main(&self, list: &str) -> Option<&str> {
        self.main.get(list).map(String::as_str)
    }
}

/// All entries.
#[cfg(test)]
pub(super) fn all() -> &'static [Entry] {
    &CATALOGUE.entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_read_and_its_names_are_unique() {
        assert!(all().len() > 80);
        let mut seen = HashMap::new();
        for entry in all() {
            for name in &entry.names {
                assert_eq!(seen.insert(bare(name), &entry.type_name), None, "{name}");
            }
        }
    }

    #[test]
    fn common_words_are_types_and_full_names_are_themselves() {
        assert_eq!(type_of("VM").as_deref(), Some("Microsoft.Compute/virtualMachines"));
        assert_eq!(type_of("Key Vaults").as_deref(), Some("Microsoft.KeyVault/vaults"));
        assert_eq!(type_of("Contoso.Lab/things").as_deref(), Some("Contoso.Lab/things"));
        for word in ["westeurope", "10.0.0.0/16", "a/b", "Standard_LRS", "v1.2"] {
            assert_eq!(type_of(word), None, "{word}");
        }
    }
}
