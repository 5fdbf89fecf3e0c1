//! Addresses of data planes that services document: by the type of a resource, a path of its body and what stands there.

use std::{collections::HashMap, sync::LazyLock};

use super::id::ResourceId;

/// By the type in lower case: paths and patterns.
static TABLE: LazyLock<HashMap<String, Vec<(&'static str, &'static str)>>> = LazyLock::new(|| {
    let mut table: HashMap<String, Vec<_>> = HashMap::new();
    for row in include_str!("addresses.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut cells = row.split('\t');
        if let (Some(kind), Some(path), Some(pattern)) = (cells.next(), cells.next(), cells.next()) {
            table.entry(kind.to_ascii_lowercase()).or_default().push((path, pattern));
        }
    }
    table
});

/// Paths in the body of a resource and what Azure's public cloud has there, from its names alone; `{version}` is left
/// where only the service knows it.
pub fn addresses(id: &ResourceId) -> Vec<(&'static str, String)> {
    let Some(rows) = TABLE.get(&id.type_name().to_ascii_lowercase()) else { return Vec::new() };
    let name = |up: usize| id.segments.iter().rev().nth(up).map(|(_, name)| name.as_str()).unwrap_or_default();
    let filled = |pattern: &str| pattern.replace("{1}", &name(1).to_lowercase()).replace("{0}", name(0));
    rows.iter().map(|(path, pattern)| (*path, lower_host(&filled(pattern)))).collect()
}

/// Host names are in lower case, whatever the name.
fn lower_host(address: &str) -> String {
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find('/').map_or(address.len(), |at| start + at);
    format!("{}{}{}", &address[..start], address[start..end].to_lowercase(), &address[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_of_the_names_in_an_id() {
        let of = |rest: &str| {
            let id = format!("/subscriptions/s/resourceGroups/g/providers/{rest}");
            addresses(&ResourceId::parse(&id).expect("an id"))
        };
        let key = of("Microsoft.KeyVault/vaults/KV/keys/Cmk");
        assert_eq!(key[0], ("properties.keyUri", "https://kv.vault.azure.net/keys/Cmk".to_owned()));
        assert_eq!(key[1].1, "https://kv.vault.azure.net/keys/Cmk/{version}");
        let site = of("Microsoft.Web/sites/Shop");
        assert_eq!(site, [("properties.defaultHostName", "shop.azurewebsites.net".to_owned())]);
        assert_eq!(of("Microsoft.Storage/storageAccounts/st").len(), 6);
        assert_eq!(of("A.B/c/d"), []);
    }

    #[test]
    fn every_row_has_a_path_and_a_pattern() {
        let rows = include_str!("addresses.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(TABLE.values().map(Vec::len).sum::<usize>(), rows);
        assert!(
            TABLE.values().flatten().all(|(path, pattern)| path.starts_with("properties.") && pattern.contains("{0}"))
        );
    }
}
