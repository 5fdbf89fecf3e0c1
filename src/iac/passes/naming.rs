//! Name: labels from the names of resources, stable across runs; where two collide, both get a short
//! hash of their ids.

use std::collections::BTreeMap;

/// Characters of a label before its hash.
const LONGEST: usize = 60;

/// A label for each `(name, id)`, in order. The same input gives the same labels, and adding a resource
/// changes only those that it collides with.
pub fn labels<'a>(named: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (name, _) in named.clone() {
        *counts.entry(label(name)).or_default() += 1;
    }
    named
        .map(|(name, id)| {
            let plain = label(name);
            if counts[&plain] == 1 {
                return plain;
            }
            let hash = blake3::hash(crate::arm::key(id).as_bytes()).to_hex();
            format!("{plain}_{}", &hash[..8])
        })
        .collect()
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
        let labels = labels(named.iter().copied());
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
