//! Address spaces: what a network holds lies in it and does not overlap.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use crate::spec::{finding::Findings, place::Place};

/// A prefix: the family, the first address and the length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Prefix {
    is_v6: bool,
    first: u128,
    last: u128,
}

impl Prefix {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.trim().split_once('/')?;
        let length: u32 = length.parse().ok()?;
        let (is_v6, bits, number) = match address.parse::<Ipv4Addr>() {
            Ok(address) => (false, 32, u128::from(u32::from(address))),
            Err(_) => (true, 128, u128::from(address.parse::<Ipv6Addr>().ok()?)),
        };
        if length > bits {
            return None;
        }
        let host = bits - length;
        let size = 1_u128.checked_shl(host).unwrap_or(0).wrapping_sub(1);
        let first = number & !size;
        Some(Self { is_v6, first, last: first | size })
    }

    fn overlaps(self, other: Self) -> bool {
        self.is_v6 == other.is_v6 && self.first <= other.last && other.first <= self.last
    }

    fn holds(self, other: Self) -> bool {
        self.is_v6 == other.is_v6 && self.first <= other.first && other.last <= self.last
    }
}

/// A network's space, or a subnet's part of it, with where the text says it.
#[derive(Debug, Clone)]
pub(in crate::spec) struct Space {
    /// Which network: the key of its id.
    pub network: String,
    pub name: String,
    pub is_subnet: bool,
    pub prefixes: Vec<String>,
    pub path: String,
    pub place: Place,
    /// Keys of the networks that it is peered with.
    pub peers: Vec<String>,
}

/// Compares all spaces of a text.
pub(in crate::spec) fn addresses(spaces: &[Space], findings: &mut Findings) {
    let mut all: Vec<(Prefix, &Space)> = Vec::new();
    for space in spaces {
        for text in &space.prefixes {
            if let Some(prefix) = Prefix::parse(text) {
                all.push((prefix, space));
            } else {
                let shown: String = text.chars().take(60).collect();
                let message = format!("{shown:?} is no address prefix: expected one such as 10.0.0.0/16");
                findings.error(space.path.clone(), space.place, message);
            }
        }
    }
    outside(&all, findings);
    all.sort_by(|a, b| (a.0, a.1.place, &a.1.path).cmp(&(b.0, b.1.place, &b.1.path)));
    // What begins before the end of an earlier one overlaps it: only those are looked at.
    let mut open: Vec<(Prefix, &Space)> = Vec::new();
    let mut told = 0;
    for (prefix, space) in all {
        open.retain(|(other, _)| other.is_v6 == prefix.is_v6 && other.last >= prefix.first);
        for (other, known) in &open {
            if told > MOST_TOLD {
                return;
            }
            told += usize::from(pair((prefix, space), (*other, known), findings));
        }
        open.push((prefix, space));
        if open.len() > MOST_OPEN {
            open.remove(0);
        }
    }
}

/// Overlaps that are told; spaces that are compared with one.
const MOST_TOLD: usize = 200;
const MOST_OPEN: usize = 400;

fn pair((prefix, space): (Prefix, &Space), (other, known): (Prefix, &Space), findings: &mut Findings) -> bool {
    if space.is_subnet != known.is_subnet || !prefix.overlaps(other) {
        return false;
    }
    let (first, second) = if known.place <= space.place { (known, space) } else { (space, known) };
    let message =
        format!("the addresses of {} overlap those of {} at line {}", second.name, first.name, first.place.line);
    if space.network == known.network {
        findings.error(second.path.clone(), second.place, message);
        return true;
    }
    if space.is_subnet {
        return false;
    }
    if space.peers.contains(&known.network) || known.peers.contains(&space.network) {
        findings.error(second.path.clone(), second.place, format!("{message}, and the two are peered"));
    } else {
        findings.warn(second.place, format!("{message}: the two can't be peered"));
    }
    true
}

/// Subnets that are not within their network.
fn outside(all: &[(Prefix, &Space)], findings: &mut Findings) {
    let mut networks: std::collections::HashMap<&str, Vec<Prefix>> = std::collections::HashMap::new();
    for (prefix, space) in all.iter().filter(|(_, space)| !space.is_subnet) {
        networks.entry(&space.network).or_default().push(*prefix);
    }
    for (prefix, space) in all.iter().filter(|(_, space)| space.is_subnet) {
        if let Some(spaces) = networks.get(space.network.as_str())
            && !spaces.iter().any(|known| known.holds(*prefix))
        {
            let message = format!("the addresses of {} are not within those of its network", space.name);
            findings.error(space.path.clone(), space.place, message);
        }
    }
}

/// Prefixes in a body: one text, or a list of them.
pub(in crate::spec) fn prefixes(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(network: &str, name: &str, prefix: &str, line: u32) -> Space {
        Space {
            network: network.to_owned(),
            name: name.to_owned(),
            is_subnet: name != network,
            prefixes: vec![prefix.to_owned()],
            path: name.to_owned(),
            place: Place { line, column: 1 },
            peers: Vec::new(),
        }
    }

    #[test]
    fn overlaps_and_strays_are_told_with_both_lines() {
        let spaces = [
            space("v", "v", "10.0.0.0/16", 1),
            space("v", "a", "10.0.0.0/24", 2),
            space("v", "b", "10.0.0.128/25", 3),
            space("v", "c", "10.1.0.0/24", 4),
            space("w", "w", "10.0.0.0/8", 5),
            space("w", "d", "10.0.0.0/24", 6),
            space("w", "e", "nonsense", 7),
        ];
        let mut findings = Findings::default();
        addresses(&spaces, &mut findings);
        let errors = findings.errors();
        assert_eq!(errors.iter().map(|error| error.place.line).collect::<Vec<_>>(), [3, 4, 7]);
        assert!(errors[0].message.contains("line 2"), "{errors:?}");
        assert_eq!(findings.warnings().len(), 1, "networks that are not peered may overlap");
    }

    #[test]
    fn the_whole_of_both_families_is_a_prefix() {
        assert!(Prefix::parse("0.0.0.0/0").is_some_and(|all| all.holds(Prefix::parse("10.0.0.0/8").expect("one"))));
        assert!(Prefix::parse("::/0").is_some_and(|all| all.last == u128::MAX));
        assert_eq!(Prefix::parse("10.0.0.0/33"), None);
    }
}
