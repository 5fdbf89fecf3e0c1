//! The table of paths that ARM derives from other resources' references (`derived.tsv`).

use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

static TABLE: LazyLock<Vec<(&'static str, String)>> = LazyLock::new(|| {
    let rows = include_str!("derived.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| line.split_once('\t')).map(|(kind, path)| (kind, path.to_ascii_lowercase())).collect()
});

/// True for back-references: the other resource's body holds the same relation.
pub(crate) fn is_back_reference(type_name: &str, path: &str) -> bool {
    is_derived(&type_name.to_ascii_lowercase(), &without_indexes(path))
}

/// The same for a type and a path that are lower-cased, the path without indexes.
pub(super) fn is_derived(kind: &str, path: &str) -> bool {
    static BY_TYPE: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
        let mut paths: HashMap<&str, Vec<&str>> = HashMap::new();
        TABLE.iter().for_each(|(kind, path)| paths.entry(kind).or_default().push(path));
        paths
    });
    let mut paths = ["*", kind].into_iter().filter_map(|kind| BY_TYPE.get(kind)).flatten();
    paths.any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])))
}

/// Whether a back-reference begins at this very path. Most names begin none, which is seen at once.
pub(crate) fn begins_back_reference(type_name: &str, path: &str) -> bool {
    static SORTED: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let names: BTreeSet<&str> = TABLE.iter().filter_map(|(_, path)| path.rsplit('.').next()).collect();
        names.into_iter().collect()
    });
    let name = path.rsplit('.').next().unwrap_or_default();
    let lower = || name.bytes().map(|byte| byte.to_ascii_lowercase());
    SORTED.binary_search_by(|known| known.bytes().cmp(lower())).is_ok() && is_back_reference(type_name, path)
}

/// `a[3].b` as `a[].b`, lower-cased.
pub(super) fn without_indexes(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => {
                inside = true;
                out.push(c);
            }
            ']' => {
                inside = false;
                out.push(c);
            }
            c if inside && c.is_ascii_digit() => {}
            c => out.extend(c.to_lowercase()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_path_covers_what_lies_below_it_and_nothing_beside_it() {
        let subnet = "Microsoft.Network/virtualNetworks/subnets";
        assert!(is_back_reference(subnet, "properties.ipConfigurations[12].id"));
        assert!(!is_back_reference(subnet, "properties.ipConfigurationsOther[0].id"));
        assert!(!is_back_reference(
            "Microsoft.Network/networkInterfaces",
            "properties.ipConfigurations[0].properties.subnet.id"
        ));
    }

    #[test]
    fn every_row_of_the_table_has_a_type_and_a_path() {
        assert!(
            TABLE.iter().all(|(kind, path)| (*kind == "*" || kind.contains('/')) && path.starts_with("properties."))
        );
    }
}
