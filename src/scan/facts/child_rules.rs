//! Rules for types of children, from `child_types.tsv`: which are no resources, which come by the thousand, which come
//! together in one list, of which only those are kept that somebody set; and what is read at clusters.
//!
//! Types come from the provider metadata, so that none need be known; a rule only says where the metadata leads astray.

use std::sync::LazyLock;

use super::filter::Filter;

const TABLE: &str = include_str!("child_types.tsv");

/// What the table says of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChildRule {
    /// No resource: never asked.
    Skip,
    /// Another list, or the parent's body, gives the same: never asked.
    Needless,
    /// Comes by the thousand: asked on request.
    Many,
    /// Parameters of a server: of one list those are kept that somebody set, and all of them on request.
    OnlySet,
    /// It comes with its siblings in one list of this name.
    OneList(&'static str),
    /// Its parent's body holds it whole, in this array of its properties: taken from there, and not listed.
    InBody(&'static str),
}

impl ChildRule {
    fn read(words: &'static str) -> Option<Self> {
        Some(match words.split_once(' ') {
            Some(("other", name)) => Self::OneList(name),
            Some(("body", name)) => Self::InBody(name),
            None if words == "skip" => Self::Skip,
            None if words == "needless" => Self::Needless,
            None if words == "many" => Self::Many,
            None if words == "set" => Self::OnlySet,
            _ => return None,
        })
    }
}

/// Rules with the types that they are of; the first that fits counts.
static RULES: LazyLock<Vec<(ChildRule, globset::GlobMatcher)>> = LazyLock::new(|| rows().flatten().collect());

/// The rows of the table; `None`: one that can't be read, which a test refuses.
fn rows() -> impl Iterator<Item = Option<(ChildRule, globset::GlobMatcher)>> {
    TABLE.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut cells = line.split('\t');
        let (rule, glob, source) = (ChildRule::read(cells.next()?)?, cells.next()?, cells.next());
        let glob = globset::GlobBuilder::new(glob).case_insensitive(true).literal_separator(true).build().ok()?;
        // What is never asked for must be documented to be elsewhere.
        (matches!(rule, ChildRule::InBody(_)) == source.is_some()).then(|| (rule, glob.compile_matcher()))
    })
}

/// What the table says of a type, if anything.
pub(crate) fn rule_of(type_name: &str) -> Option<ChildRule> {
    RULES.iter().find(|(_, glob)| glob.is_match(type_name)).map(|(rule, _)| *rule)
}

/// Whether a type is never asked for: it is no resource, or comes with another list.
pub(crate) fn is_skipped(type_name: &str) -> bool {
    matches!(rule_of(type_name), Some(ChildRule::Skip | ChildRule::Needless))
}

/// Whether a plan counts a child type's lists; `asked` are the request's `include_child_types`.
pub(crate) fn is_planned(asked: &[String], type_name: &str) -> bool {
    match rule_of(type_name) {
        Some(ChildRule::Skip | ChildRule::Needless) => false,
        Some(ChildRule::Many) => Filter::of(None).asks_for(asked, type_name),
        Some(ChildRule::OnlySet | ChildRule::OneList(_) | ChildRule::InBody(_)) | None => true,
    }
}

/// What is read at clusters, though it is of another provider: what runs in a cluster belongs to it as its children do
/// (REST reference of Microsoft.KubernetesConfiguration, whose scope is a cluster).
pub(crate) const AT_CLUSTERS: [&str; 2] =
    ["Microsoft.KubernetesConfiguration/extensions", "Microsoft.KubernetesConfiguration/fluxConfigurations"];
const CLUSTERS: [&str; 3] = [
    "Microsoft.ContainerService/managedClusters",
    "Microsoft.Kubernetes/connectedClusters",
    "Microsoft.HybridContainerService/provisionedClusters",
];

/// Whether a type is that of clusters.
pub(crate) fn is_cluster(type_name: &str) -> bool {
    CLUSTERS.iter().any(|known| known.eq_ignore_ascii_case(type_name))
}

/// Whether a child type costs no request: the body of its parent holds it.
pub(crate) fn is_in_body(type_name: &str) -> bool {
    matches!(rule_of(type_name), Some(ChildRule::InBody(_)))
}

/// The name of the list that gives a child type: its own, or one that gives its siblings too.
pub(crate) fn list_of(child: &str) -> String {
    match (rule_of(child), child.rsplit_once('/')) {
        (Some(ChildRule::OneList(segment)), Some((above, _))) => format!("{above}/{segment}"),
        _ => child.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_a_rule() {
        let unread: Vec<usize> = rows().enumerate().filter(|(_, row)| row.is_none()).map(|(at, _)| at).collect();
        assert!(unread.is_empty(), "rows {unread:?} of child_types.tsv are no rules");
    }

    #[test]
    fn records_of_a_zone_come_in_one_list() {
        assert_eq!(list_of("Microsoft.Network/dnszones/TXT"), "Microsoft.Network/dnszones/recordsets");
        assert_eq!(list_of("Microsoft.Sql/servers/databases"), "Microsoft.Sql/servers/databases");
        assert!(is_skipped("Microsoft.Network/dnszones/recordsets") && !is_skipped("Microsoft.Sql/servers/databases"));
    }
}
