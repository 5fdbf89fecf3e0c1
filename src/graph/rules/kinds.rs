//! The table of what a reference says (`kinds.tsv`): by its holder, its path, and what it leads to.

use std::sync::LazyLock;

use crate::graph::model::EdgeKind;

struct Row {
    kind: EdgeKind,
    holder: &'static str,
    path: &'static str,
    target: &'static str,
}

static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let rows = include_str!("kinds.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let mut parts = line.split('\t');
        let kind = EdgeKind::of(parts.next()?)?;
        Some(Row { kind, holder: parts.next()?, path: parts.next()?, target: parts.next()? })
    })
    .collect()
});

/// The kind of an edge. All three lower-cased, the path without indexes.
pub(super) fn kind_of(holder: &str, path: &str, target: &str) -> EdgeKind {
    let found = TABLE
        .iter()
        .find(|row| is_match(row.target, target) && is_match(row.path, path) && is_match(row.holder, holder));
    found.map_or(EdgeKind::References, |row| row.kind)
}

/// `*` is any text, also none.
fn is_match(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "acb", false),
            ("*b*b", "ab", false),
            ("*b*b", "bb", true),
            ("abc", "abc", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(is_match(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn every_row_is_whole_and_lower_cased_and_every_kind_of_a_reference_has_one() {
        let lines: Vec<&str> = include_str!("kinds.tsv").lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), TABLE.len());
        for row in TABLE.iter() {
            for part in [row.holder, row.path, row.target] {
                assert_eq!(part, part.to_lowercase());
            }
        }
        use EdgeKind as K;
        for kind in [
            K::Uses,
            K::ConnectedTo,
            K::SecuredBy,
            K::RoutesVia,
            K::ExposedBy,
            K::BalancedBy,
            K::MemberOfAsg,
            K::PeeredWith,
            K::ConnectedToPe,
            K::ResolvesTo,
            K::StoresOn,
            K::HostedOn,
            K::Replicates,
            K::UsesKey,
            K::UsesIdentity,
            K::LogsTo,
            K::Monitors,
            K::Protects,
            K::SendsTo,
        ] {
            assert!(TABLE.iter().any(|row| row.kind == kind), "{}", kind.word());
        }
    }

    #[test]
    fn a_path_says_more_than_its_target() {
        let nic = "microsoft.network/networkinterfaces";
        let subnet = "microsoft.network/virtualnetworks/subnets";
        assert_eq!(kind_of(nic, "properties.ipconfigurations[].properties.subnet.id", subnet), EdgeKind::ConnectedTo);
        let rule = "properties.networkacls.virtualnetworkrules[].id";
        assert_eq!(kind_of("microsoft.storage/storageaccounts", rule, subnet), EdgeKind::References);
        assert_eq!(
            kind_of("contoso.x/y", "properties.agentpoolprofiles[].vnetsubnetid", subnet),
            EdgeKind::ConnectedTo
        );
        assert_eq!(kind_of("contoso.x/y", "properties.z.id", "contoso.x/w"), EdgeKind::References);
    }
}
