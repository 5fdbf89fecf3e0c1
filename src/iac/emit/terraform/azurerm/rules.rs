//! What the provider's schema says of attributes together, and of those that nobody sets: what breaks a
//! rule fails a plan whole, and a default that Azure does not tell of would be a change. Such a body is
//! left to azapi.

use super::{
    draft::{Cell, Entry},
    facts::{self, Rule},
};
use crate::iac::model::term::Term;

/// What the provider would refuse.
pub fn broken(kind: &str, entries: &[Entry]) -> Option<String> {
    let is_there = |path: &&&str| is_present(entries, path);
    facts::of(kind)?.rules.iter().find_map(|(path, rule)| match rule {
        Rule::Conflicts(others) if is_present(entries, path) => {
            others.iter().find(is_there).map(|other| format!("{path} beside {other}"))
        }
        Rule::With(others) if is_present(entries, path) => {
            others.iter().find(|other| !is_there(other)).map(|other| format!("{path} without {other}"))
        }
        Rule::One(names) if is_open(entries, path) => {
            let count = names.iter().filter(is_there).count();
            (count != 1).then(|| format!("{count} of {}: it wants one", names.join(", ")))
        }
        Rule::Some(names) if is_open(entries, path) => {
            (!names.iter().any(|name| is_present(entries, name))).then(|| format!("none of {}", names.join(", ")))
        }
        Rule::Most(most) => {
            let count = longest(entries, path);
            (count > *most).then(|| format!("{count} of {path}: it wants {most} at most"))
        }
        Rule::Least(least) => {
            let count = longest(entries, path);
            (count > 0 && count < *least).then(|| format!("{count} of {path}: it wants {least} at least"))
        }
        _ => None,
    })
}

/// What nobody says and the provider would set, as its path and the value.
pub fn defaulted<'a>(kind: &str, entries: &'a [Entry]) -> impl Iterator<Item = (&'static str, &'static str)> + use<'a> {
    let defaults = facts::of(kind).map(|facts| facts.defaults.as_slice()).unwrap_or_default();
    defaults.iter().filter(|(path, _)| is_left_out(entries, path)).copied()
}

/// The blocks at a path, each with what is in it: the top itself for `""`.
fn blocks<'e>(entries: &'e [Entry], path: &str) -> Vec<&'e [Entry]> {
    let mut found = vec![entries];
    for step in path.split('.').filter(|step| !step.is_empty()) {
        found = found
            .into_iter()
            .flatten()
            .filter_map(|entry| match entry {
                Entry::Block(name, inner) if *name == step => Some(inner.as_slice()),
                _ => None,
            })
            .collect();
    }
    found
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

/// What stands above a path is there.
fn is_open(entries: &[Entry], path: &str) -> bool {
    !blocks(entries, split(path).0).is_empty()
}

fn is_present(entries: &[Entry], path: &str) -> bool {
    let (above, name) = split(path);
    blocks(entries, above).iter().any(|block| block.iter().any(|entry| entry.name() == name))
}

/// Some block lacks it.
fn is_left_out(entries: &[Entry], path: &str) -> bool {
    let (above, name) = split(path);
    blocks(entries, above).iter().any(|block| !block.iter().any(|entry| entry.name() == name))
}

/// How many there are of a block, or in a list, where there are most.
fn longest(entries: &[Entry], path: &str) -> usize {
    let (above, name) = split(path);
    let count = |block: &&[Entry]| -> usize {
        let items = |entry: &Entry| match entry {
            Entry::Attribute(_, Cell::List(items)) => items.len(),
            Entry::Attribute(_, Cell::Term(Term::List(items))) => items.len(),
            _ => 1,
        };
        block.iter().filter(|entry| entry.name() == name).map(items).sum()
    };
    blocks(entries, above).iter().map(count).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iac::model::term::Text;

    fn said(name: &'static str) -> Entry {
        Entry::Attribute(name, Cell::Term(Term::Text(Text::literal("x"))))
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        let of = |names: &[&'static str]| {
            let entries: Vec<Entry> = names.iter().map(|name| said(name)).collect();
            broken("azurerm_lb_nat_rule", &entries)
        };
        assert_eq!(of(&["frontend_port"]), None);
        assert_eq!(of(&["frontend_port_start", "frontend_port_end", "backend_address_pool_id"]), None);
        let why = of(&["frontend_port", "backend_address_pool_id"]).expect("a reason");
        assert!(why.contains("frontend_port") && why.contains("backend_address_pool_id"), "{why}");
        assert!(of(&["frontend_port_start"]).is_some_and(|why| why.contains("without")));
    }

    #[test]
    fn one_of_several_is_wanted_where_their_block_is_there() {
        let retention = |inner: Vec<Entry>| broken("azurerm_eventhub", &[Entry::Block("retention_description", inner)]);
        assert_eq!(retention(vec![said("retention_time_in_hours")]), None);
        assert!(retention(Vec::new()).is_some_and(|why| why.starts_with("0 of ")));
        assert!(broken("azurerm_eventhub", &[]).is_some_and(|why| why.starts_with("0 of message_retention")));
    }

    #[test]
    fn more_blocks_than_the_provider_takes_are_too_many() {
        let block = || Entry::Block("identity", vec![said("type")]);
        assert_eq!(broken("azurerm_api_management", &[block()]), None);
        assert!(broken("azurerm_api_management", &[block(), block()]).is_some_and(|why| why.contains("at most")));
    }

    #[test]
    fn a_default_that_nobody_says_is_told() {
        let left: Vec<_> = defaulted("azurerm_servicebus_queue", &[said("lock_duration")]).collect();
        assert!(left.contains(&("status", "Active")), "{left:?}");
        assert!(!left.iter().any(|(path, _)| *path == "lock_duration"), "{left:?}");
    }
}
