//! Names that are unique in the world, and what they become. It knows no bodies.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::LazyLock,
};

use crate::{
    arm,
    iac::{model::index::hash, passes::selection::Selection},
};

/// How a type names its resources in the world.
#[derive(Debug)]
pub struct Rule {
    longest: usize,
    /// Only letters and digits are allowed.
    is_plain: bool,
    /// Domains below which a host name begins with the name.
    domains: Vec<&'static str>,
}

/// By the type in lower case.
static RULES: LazyLock<BTreeMap<String, Rule>> = LazyLock::new(|| {
    let rows = include_str!("../global_names.tsv").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| {
        let mut cells = row.split('\t');
        let (kind, longest, alphabet) = (cells.next()?, cells.next()?, cells.next()?);
        let domains = cells.next().unwrap_or_default().split(' ').filter(|cell| !cell.is_empty()).collect();
        let rule = Rule { longest: longest.parse().ok()?, is_plain: alphabet == "alphanumeric", domains };
        Some((kind.to_ascii_lowercase(), rule))
    })
    .collect()
});

/// Properties whose values are labels in a domain of Azure's, in lower case: whatever the type, two resources can't have the
/// same. They are all of the published types that are called so.
const LABELS: [&str; 8] = [
    "customsubdomain",
    "customsubdomainname",
    "dnsnamelabel",
    "domainnamelabel",
    "fqdnsubdomain",
    "leafdomainlabel",
    "relativename",
    "subdomain",
];
/// The most that a label of a host name may have.
const LONGEST_LABEL: usize = 63;

/// Whether a property of this name is a label in a domain of Azure's.
pub fn is_label(property: &str) -> bool {
    LABELS.iter().any(|label| label.eq_ignore_ascii_case(property))
}

/// A label with a suffix, cut where the whole would be too long.
pub fn relabelled(old: &str, suffix: &str) -> String {
    let rule = Rule { longest: LONGEST_LABEL, is_plain: false, domains: Vec::new() };
    rule.renamed(old, &suffix.to_lowercase())
}

/// The rule of a type.
pub fn rule(type_name: &str) -> Option<&'static Rule> {
    RULES.get(&type_name.to_ascii_lowercase())
}

impl Rule {
    /// A name with a suffix, cut where the whole would be too long.
    pub fn renamed(&self, old: &str, suffix: &str) -> String {
        let suffix: String = if self.is_plain {
            suffix.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
        } else {
            suffix.to_owned()
        };
        let kept: String = old.chars().take(self.longest.saturating_sub(suffix.chars().count())).collect();
        format!("{kept}{suffix}")
    }
}

/// A renamed resource, by its old name.
#[derive(Debug)]
struct Renamed {
    new: String,
    rule: &'static Rule,
}

/// What is renamed.
#[derive(Debug, Default)]
pub struct Names {
    /// Keys of renamed resources and their new names.
    by_key: HashMap<String, String>,
    /// By the old name in lower case.
    by_name: HashMap<String, Vec<Renamed>>,
    /// In lower case.
    new: HashSet<String>,
    /// Hashes of the names, in lower case, of selected resources that keep theirs.
    others: HashSet<u64>,
}

impl Names {
    pub fn of(selection: &Selection, suffix: Option<&str>) -> Self {
        let mut names = Self::default();
        let Some(suffix) = suffix else { return names };
        for row in &selection.rows {
            let old = row.id.rsplit('/').next().unwrap_or_default();
            let Some(rule) = rule(&row.type_name) else {
                names.others.insert(hash(&old.to_lowercase()));
                continue;
            };
            let new = rule.renamed(old, suffix);
            names.new.insert(new.to_lowercase());
            names.by_name.entry(old.to_lowercase()).or_default().push(Renamed { new: new.clone(), rule });
            names.by_key.insert(arm::key(&row.id), new);
        }
        names
    }

    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// The new name of the resource with a key.
    pub fn of_key(&self, key: &str) -> Option<&str> {
        self.by_key.get(key).map(String::as_str)
    }

    /// What a name becomes that stands alone; `None`: it may mean something else.
    pub fn alone(&self, name: &str) -> Option<&str> {
        let lower = name.to_lowercase();
        let found = self.by_name.get(&lower).filter(|_| !self.others.contains(&hash(&lower)))?;
        let new: BTreeSet<&str> = found.iter().map(|renamed| renamed.new.as_str()).collect();
        new.first().copied().filter(|_| new.len() == 1)
    }

    /// What a host name becomes; `None`: it is of nothing that is renamed.
    pub fn host(&self, host: &str) -> Option<String> {
        let (first, rest) = host.split_once('.')?;
        let (name, more) = match first.len().checked_sub(SECONDARY.len()).map(|at| first.split_at_checked(at)) {
            Some(Some((name, end))) if end.eq_ignore_ascii_case(SECONDARY) => (name, end),
            _ => (first, ""),
        };
        let domain = rest.trim_end_matches('.').to_ascii_lowercase();
        let is_of =
            |renamed: &&Renamed| {
                renamed.rule.domains.iter().any(|known| {
                    domain.strip_suffix(known).is_some_and(|above| above.is_empty() || above.ends_with('.'))
                })
            };
        let renamed = self.by_name.get(&name.to_lowercase())?.iter().find(is_of)?;
        Some(format!("{}{more}.{rest}", renamed.new))
    }

    /// Whether a word is the old name of something, or a part of it between hyphens is.
    pub fn is_old(&self, word: &str) -> bool {
        let lower = word.to_lowercase();
        if self.by_name.is_empty() || self.new.contains(&lower) {
            return false;
        }
        let starts = std::iter::once(0).chain(lower.match_indices('-').map(|(at, _)| at + 1));
        let ends: Vec<usize> = lower.match_indices('-').map(|(at, _)| at).chain([lower.len()]).collect();
        // A new name within is no old one.
        let is_new = |start: usize, end: usize| {
            ends.iter().any(|longer| *longer > end && self.new.contains(&lower[start..*longer]))
        };
        let mut parts =
            starts.flat_map(|start| ends.iter().filter(move |end| **end > start).map(move |end| (start, *end)));
        parts.any(|(start, end)| self.by_name.contains_key(&lower[start..end]) && !is_new(start, end))
    }
}

/// What a storage account's second endpoint has behind the name.
const SECONDARY: &str = "-secondary";

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        let renamed = [
            ("kv", "kv-dr", "Microsoft.KeyVault/vaults"),
            ("st34", "st34dr", "Microsoft.Storage/storageAccounts"),
            ("shop34", "shop34-dr", "Microsoft.Cdn/profiles/endpoints"),
            ("app", "app-dr", "Microsoft.Web/sites"),
            ("app", "appdr", "Microsoft.Storage/storageAccounts"),
        ];
        for (old, new, kind) in renamed {
            let rule = rule(kind).expect("a rule");
            names.new.insert(new.to_owned());
            names.by_name.entry(old.to_owned()).or_default().push(Renamed { new: new.to_owned(), rule });
        }
        names.others.insert(hash("shop34"));
        names
    }

    #[test]
    fn a_host_name_follows_only_below_a_domain_of_its_service() {
        let names = names();
        for (host, expected) in [
            ("Kv.vault.azure.net", Some("kv-dr.vault.azure.net")),
            ("st34-secondary.blob.core.windows.net", Some("st34dr-secondary.blob.core.windows.net")),
            ("st34.z6.web.core.windows.net", Some("st34dr.z6.web.core.windows.net")),
            ("app.azurewebsites.net", Some("app-dr.azurewebsites.net")),
            ("app.file.core.windows.net", Some("appdr.file.core.windows.net")),
            ("shop34.azureedge.net", Some("shop34-dr.azureedge.net")),
            ("shop34.westeurope.cloudapp.azure.com", None),
            ("kv.vault.azure.net.example.org", None),
            ("kv.myvault.azure.net", None),
            ("kv-a.vault.azure.net", None),
        ] {
            assert_eq!(names.host(host).as_deref(), expected, "{host}");
        }
    }

    #[test]
    fn a_name_alone_follows_only_where_it_means_one_thing() {
        let names = names();
        assert_eq!(names.alone("ST34"), Some("st34dr"));
        assert_eq!((names.alone("app"), names.alone("shop34"), names.alone("other")), (None, None, None));
    }

    #[test]
    fn an_old_name_is_seen_between_hyphens_and_not_in_a_new_one() {
        let names = names();
        for (word, is_old) in [("kv", true), ("pe-kv-1", true), ("kv-dr", false), ("pe-kv-dr", false), ("kvx", false)] {
            assert_eq!(names.is_old(word), is_old, "{word}");
        }
    }

    #[test]
    fn a_name_keeps_its_suffix_however_long_it_is() {
        let of = |kind: &str, old: &str, suffix: &str| rule(kind).expect("a rule").renamed(old, suffix);
        assert_eq!(
            of("Microsoft.Storage/storageAccounts", "averylongstorageaccountx", "-Dr"),
            "averylongstorageaccoundr"
        );
        assert_eq!(of("Microsoft.KeyVault/vaults", "kv-a", "-dr"), "kv-a-dr");
    }

    #[test]
    fn every_row_of_the_table_is_a_type_a_length_and_an_alphabet() {
        let rows = include_str!("../global_names.tsv").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(RULES.len(), rows);
        assert!(RULES.values().flat_map(|rule| &rule.domains).all(|domain| domain.contains('.')));
    }
}
