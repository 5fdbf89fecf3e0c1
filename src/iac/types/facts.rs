//! What is published of a type as a whole: the version to write it with, where it can be written, which names it takes.

use super::{
    lookup::has_name,
    node::Node,
    table::{self, Namespace, Version, namespace},
};
use crate::arm::ApiVersion;

/// A type as it is published, with the version that something new is written with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// As the version spells it.
    pub name: String,
    pub api_version: String,
    /// Where it can be written: 1 tenant, 2 management group, 4 subscription, 8 resource group, 16 at another resource.
    pub scopes: u8,
}

/// How far a type and a version are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publication {
    Writable(Published),
    /// It can only be read, in every version.
    ReadOnly,
    /// The type is known, the version is not; the versions that are, newest last.
    NoVersion(Vec<String>),
    /// Nothing is published of the type; the types of its namespace.
    NoType(Vec<String>),
    /// Nothing is published of the namespace.
    NoNamespace,
}

/// What is published of a type in a version; in the newest stable one that can be written where none is named, else in
/// the newest preview.
pub fn publication(type_name: &str, wanted: Option<&str>) -> Publication {
    let Some((space, kind)) = type_name.split_once('/') else { return Publication::NoNamespace };
    let Some(namespace) = namespace(space) else { return Publication::NoNamespace };
    let Some(entry) = namespace.types.get(&kind.to_ascii_lowercase()) else {
        let mut types: Vec<String> = namespace.types.values().map(|entry| entry.spelled.clone()).collect();
        types.sort();
        return Publication::NoType(types);
    };
    let found = if let Some(wanted) = wanted {
        let wanted = ApiVersion::new(wanted.to_ascii_lowercase());
        let Some(found) = entry.versions.get_key_value(&wanted) else {
            return Publication::NoVersion(entry.versions.keys().map(|version| version.as_str().to_owned()).collect());
        };
        Some(found).filter(|(_, facts)| facts.is_writable())
    } else {
        let newest = |is_preview: bool| {
            let mut newest = entry.versions.iter().rev();
            newest.find(|(version, facts)| version.is_preview() == is_preview && facts.is_writable())
        };
        newest(false).or_else(|| newest(true))
    };
    let Some((version, facts)) = found else { return Publication::ReadOnly };
    let spelled = facts.spelled.as_ref().unwrap_or(&entry.spelled);
    Publication::Writable(Published {
        name: spelled.clone(),
        api_version: version.as_str().to_owned(),
        scopes: facts.writable,
    })
}

/// What a name has to be for a type in a version, where this one is not; what is not published has no rule.
pub fn name_fault(type_name: &str, api_version: &str, name: &str) -> Option<String> {
    let (namespace, version) = table::version(type_name, api_version)?;
    rule(namespace, version, name)
}

fn rule(namespace: &Namespace, version: &Version, name: &str) -> Option<String> {
    if !has_name(namespace, version, name) {
        return match namespace.nodes.get(version.name as usize) {
            Some(Node::Enum { words, .. }) => Some(format!("expected one of {}", words.join(", "))),
            _ => Some("expected one of the names that its type enumerates".to_owned()),
        };
    }
    let Some(Node::Text(rule)) = namespace.nodes.get(version.name as usize) else { return None };
    if rule.takes(name) {
        return None;
    }
    let mut wanted = Vec::new();
    match (rule.least, rule.most) {
        (Some(least), Some(most)) => wanted.push(format!("{least} to {most} characters")),
        (Some(least), None) => wanted.push(format!("at least {least} characters")),
        (None, Some(most)) => wanted.push(format!("at most {most} characters")),
        (None, None) => {}
    }
    wanted.extend(rule.pattern.as_ref().map(|pattern| format!("the pattern {pattern}")));
    Some(format!("expected {}", wanted.join(" and ")))
}
