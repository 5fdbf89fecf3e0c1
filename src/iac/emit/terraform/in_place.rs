//! What Azure makes with its parent, so that it is there before Terraform makes anything: `azapi_resource` refuses to create
//! what exists, `azapi_update_resource` changes it where it is. An import takes over what exists in any case.
//!
//! Which resources these are is a table with its sources (`in_place.tsv`), because no published type says it.

use std::{collections::HashMap, sync::LazyLock};

/// What is said of each in the report.
pub const REASON: &str = "Azure makes it with its parent: it is updated in place";

/// Names by the type in lower case; `*`: any name.
static TABLE: LazyLock<HashMap<String, Vec<&'static str>>> = LazyLock::new(|| {
    let mut table: HashMap<String, Vec<&'static str>> = HashMap::new();
    for (type_name, name) in rows() {
        table.entry(type_name.to_ascii_lowercase()).or_default().push(name);
    }
    table
});

/// A row without its source is none.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("in_place.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| match *line.split('\t').collect::<Vec<_>>() {
        [type_name, name, source] if !source.is_empty() => Some((type_name, name)),
        _ => None,
    })
}

/// How it is known that a resource is there with its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// All of its type are: who writes a provider for the type knows it.
    AsItsType,
    /// Of its type this name alone is: a provider would create it.
    ByName,
}

/// `None`: it is there once somebody makes it.
pub fn made(type_name: &str, name: &str) -> Option<Made> {
    let names = TABLE.get(&type_name.to_ascii_lowercase())?;
    let found = names.iter().find(|known| **known == "*" || known.eq_ignore_ascii_case(name))?;
    Some(if *found == "*" { Made::AsItsType } else { Made::ByName })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iac::types;

    #[test]
    fn every_row_is_a_published_type_a_name_and_a_source() {
        let lines = include_str!("in_place.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(rows().count(), lines);
        let unknown: Vec<&str> =
            rows().map(|(type_name, _)| type_name).filter(|name| types::newest(name).is_none()).collect();
        assert!(unknown.is_empty(), "no published types: {unknown:?}");
    }

    #[test]
    fn a_name_is_told_from_others_of_its_type() {
        let tables = "Microsoft.Network/virtualHubs/hubRouteTables";
        assert_eq!(made(tables, "DefaultRouteTable"), Some(Made::ByName));
        assert_eq!(made(tables, "mine"), None);
        assert_eq!(made("microsoft.storage/storageAccounts/blobServices", "default"), Some(Made::AsItsType));
    }
}
