//! Name: labels from the names of resources, stable across runs; where two collide, both get a short
//! hash of their ids.

use std::collections::{HashMap, HashSet};

use crate::{
    arm::ResourceId,
    iac::model::{
        index::hash,
        reserved::{is_bicep_symbol, is_terraform_variable},
        style::Style,
    },
};

/// Characters of a label before its hash.
const LONGEST: usize = 60;

/// Counts names before they are given, so that each is known to be the only one of its label or not.
#[derive(Debug, Default)]
pub struct Labels {
    style: Style,
    counts: HashMap<u64, u32>,
}

impl Labels {
    pub fn new(style: Style) -> Self {
        Self { style, counts: HashMap::new() }
    }

    /// What a resource is called.
    pub fn name_of(&self, id: &ResourceId) -> String {
        self.free(name_of(id), id)
    }

    /// A name that is no word of the language: with its kind where it is one.
    pub fn free(&self, name: String, id: &ResourceId) -> String {
        let is_taken = self.style == Style::Camel && is_bicep_symbol(&self.style.of(&label(&name)));
        let kind = id.segments.last().map_or("resource", |(kind, _)| kind.strip_suffix('s').unwrap_or(kind));
        if is_taken { format!("{name}_{kind}") } else { name }
    }

    pub fn count(&mut self, name: &str) {
        *self.counts.entry(hash(&self.style.of(&label(name)))).or_default() += 1;
    }

    /// The label of a name that was counted; where it is not the only one, with a hash of the id.
    pub fn of(&self, name: &str, id: &str) -> String {
        let plain = self.style.of(&label(name));
        if self.counts.get(&hash(&plain)).is_none_or(|count| *count == 1) {
            return plain;
        }
        self.style.of(&format!("{}_{}", label(name), short_hash(id)))
    }

    /// A name for a parameter: that of no other, no label, and no word of the language.
    pub fn parameter(&self, wanted: &str, taken: &mut HashSet<String>) -> String {
        let name = self.style.of(wanted);
        let is_reserved = match self.style {
            Style::Camel => is_bicep_symbol(&name) || self.counts.contains_key(&hash(&name)),
            Style::Snake => is_terraform_variable(&name),
        };
        let wanted = if is_reserved { format!("{wanted}_value") } else { wanted.to_owned() };
        unique(&wanted, self.style, taken)
    }
}

/// Eight letters that tell an id from others.
pub fn short_hash(id: &str) -> String {
    blake3::hash(crate::arm::key(id).as_bytes()).to_hex()[..8].to_owned()
}

/// A label for each `(name, id)`, in order. The same input gives the same labels, and adding a resource
/// changes only those that it collides with.
pub fn labels<'a>(style: Style, named: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<String> {
    let mut labels = Labels::new(style);
    named.clone().for_each(|(name, _)| labels.count(name));
    named.map(|(name, id)| labels.of(name, id)).collect()
}

/// What a resource is called: a child with its parents, for `default` alone says nothing.
fn name_of(id: &ResourceId) -> String {
    let segments = &id.segments;
    let is_group = id.namespace.is_none() && id.resource_group.is_some();
    if is_group || segments.is_empty() {
        return format!("rg_{}", id.name().trim_start_matches("rg-").trim_start_matches("RG-"));
    }
    let names: Vec<&str> = segments.iter().map(|(_, name)| name.as_str()).collect();
    let is_guid = |name: &str| uuid::Uuid::try_parse(name).is_ok();
    match names.as_slice() {
        [name] if is_guid(name) => {
            let kind = segments.last().map(|(kind, _)| kind.trim_end_matches('s')).unwrap_or_default();
            format!("{kind}_{}", &name[..8])
        }
        names => names.join("_"),
    }
}

/// A name that no other parameter has.
pub fn unique(wanted: &str, style: Style, taken: &mut HashSet<String>) -> String {
    let plain = style.of(wanted);
    let mark = if style == Style::Snake { "_" } else { "" };
    let (mut name, mut number) = (plain.clone(), 1);
    // A template's parameters have no case.
    while !taken.insert(name.to_ascii_lowercase()) {
        number += 1;
        name = format!("{plain}{mark}{number}");
    }
    name
}

/// Letters, digits and underscores; starts with a letter.
pub fn label(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    out.truncate(LONGEST);
    let out = out.trim_matches('_');
    match out.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => out.to_owned(),
        Some(_) => format!("r_{out}"),
        None => "unnamed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_fold_to_one_label_are_told_apart_and_stay_so() {
        let named = [("a-b", "/1"), ("a.b", "/2"), ("c", "/3"), ("A_B", "/4")];
        let labels = labels(Style::Snake, named.iter().copied());
        assert_eq!(labels[2], "c");
        let distinct: std::collections::BTreeSet<&String> = labels.iter().collect();
        assert_eq!(distinct.len(), 4, "{labels:?}");
        assert!(labels[0].starts_with("a_b_"), "{labels:?}");
    }

    #[test]
    fn a_label_is_an_identifier_whatever_the_name() {
        for (name, expected) in [("10.0.0.0", "r_10_0_0_0"), ("*", "unnamed"), ("ümlaut", "mlaut"), ("a${b}", "a_b")] {
            assert_eq!(label(name), expected);
        }
    }
}
