//! Words of Azure that its types do not enumerate: a table with its source.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use crate::spec::words::bare;

static TABLE: LazyLock<HashMap<&str, HashSet<&str>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, HashSet<&str>> = HashMap::new();
    for row in include_str!("vocabulary.tsv").lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split('\t');
        if let Some(kind) = cells.next() {
            table.entry(kind).or_default().extend(cells);
        }
    }
    table
});

fn has(kind: &str, word: &str) -> bool {
    TABLE.get(kind).is_some_and(|words| words.contains(word))
}

/// Whether a resource of this name is a special one.
pub(super) fn is_name(name: &str) -> bool {
    has("name", &name.to_lowercase())
}

/// Whether a text says the same in every tenant: a word, or a number with its unit.
pub(super) fn is_value(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    has("value", &text.to_lowercase())
        || (unit.len() < text.len() && text.len() < 8 && has("value", &unit.to_lowercase()))
}

/// Whether what stands in a field is Azure's word: a size, a region, a version.
pub(super) fn is_field(name: &str) -> bool {
    let name = bare(name);
    has("field", &name) || name.ends_with("version")
}

/// Whether it is the name of a field in what people write.
pub(super) fn is_key(name: &str) -> bool {
    name.starts_with('$') || has("key", &bare(name))
}

/// The part of a host name that is Azure's, with its dot.
pub(super) fn suffix(host: &str) -> Option<&str> {
    let lower = host.to_ascii_lowercase();
    let found =
        TABLE.get("suffix")?.iter().filter(|suffix| lower.ends_with(**suffix)).map(|suffix| suffix.len()).max()?;
    host.get(host.len() - found..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_spelling() {
        assert!(is_name("GatewaySubnet") && is_field("vmSize") && is_field("linuxFxVersion") && is_key("$schema"));
        assert!(!is_name("web") && !is_field("computerName") && !is_key("Send_mail"));
        assert_eq!(suffix("kv.vault.azure.net"), Some(".azure.net"));
        assert_eq!(suffix("contoso.example"), None);
    }
}
