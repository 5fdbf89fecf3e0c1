//! A type in one version, as a resource of a name has it.

use super::{
    node::{Cases, Node},
    shape::Shape,
    table::{Namespace, Version, entry},
};
use crate::arm::ApiVersion;

/// A resource type as the table sees it.
#[derive(Debug, Clone)]
pub enum Known {
    /// Can be written; the shape is that of the whole body.
    Writable(Type),
    /// Can only be read in this version.
    ReadOnly,
    /// Not in the table.
    Unknown,
}

impl Known {
    pub fn writable(self) -> Option<Type> {
        match self {
            Self::Writable(known) => Some(known),
            Self::ReadOnly | Self::Unknown => None,
        }
    }
}

/// A writable type in one version.
#[derive(Debug, Clone)]
pub struct Type {
    /// As the version spells it.
    pub name: &'static str,
    /// Whether the table has the very version.
    pub is_exact: bool,
    /// The resource's name as the type spells it, where the type enumerates its names.
    pub singleton: Option<&'static str>,
    pub shape: Shape,
}

/// Looks a type up. `name` is the resource's: some types have a body of their own for one name.
pub fn find(type_name: &str, api_version: &str, name: &str) -> Known {
    let Some((namespace, entry)) = entry(type_name) else { return Known::Unknown };
    let wanted = ApiVersion::new(api_version.to_ascii_lowercase());
    let exact = entry.versions.get(&wanted);
    let mut found = exact.map_or_else(|| entry.neighbours(&wanted), |version| vec![version]);
    found.retain(|version| version.is_writable());
    let Some(first) = found.first() else { return Known::ReadOnly };
    let spelled = first.spelled.as_ref().unwrap_or(&entry.spelled);
    Known::Writable(Type {
        name: spelled,
        is_exact: exact.is_some(),
        singleton: singleton(namespace, first, name),
        shape: Shape::new(namespace, found.iter().map(|version| body(namespace, version, name)).collect()),
    })
}

/// The newest version of a type that the table has.
pub fn newest(type_name: &str) -> Option<String> {
    let (_, entry) = entry(type_name)?;
    entry.versions.keys().next_back().map(|version| version.as_str().to_owned())
}

/// Whether a version of a type has this name among its names, where it enumerates them.
pub(super) fn has_name(namespace: &Namespace, version: &Version, name: &str) -> bool {
    if let Some(cases) = names_with_bodies(namespace, version) {
        return cases.find(name).is_some();
    }
    match namespace.nodes.get(version.name as usize) {
        Some(Node::Enum { words, is_open: false }) => words.iter().any(|word| word.eq_ignore_ascii_case(name)),
        _ => true,
    }
}

/// Whether a name keeps the rule that a version of a type has for names.
pub(super) fn is_name_regular(namespace: &Namespace, version: &Version, name: &str) -> bool {
    match namespace.nodes.get(version.name as usize) {
        Some(Node::Text(rule)) => rule.takes(name),
        _ => true,
    }
}

/// The bodies of a type that has one for each of its names.
fn names_with_bodies<'n>(namespace: &'n Namespace, version: &Version) -> Option<&'n Cases> {
    match namespace.nodes.get(version.body as usize) {
        Some(Node::Object { cases: Some(cases), .. }) if cases.by == "name" => Some(cases),
        _ => None,
    }
}

/// The node of a body; where names have bodies of their own, that of this name, or of the only one.
pub(super) fn body(namespace: &Namespace, version: &Version, name: &str) -> u32 {
    let Some(cases) = names_with_bodies(namespace, version) else { return version.body };
    let only = cases.nodes.values().next().filter(|_| cases.nodes.len() == 1).copied();
    cases.find(name).map(|(_, node)| node).or(only).unwrap_or(version.body)
}

fn singleton(namespace: &'static Namespace, version: &Version, name: &str) -> Option<&'static str> {
    if let Some(cases) = names_with_bodies(namespace, version) {
        return cases.find(name).map(|(spelled, _)| spelled);
    }
    let Some(Node::Enum { words, is_open: false }) = namespace.nodes.get(version.name as usize) else { return None };
    words.iter().find(|word| word.eq_ignore_ascii_case(name)).map(String::as_str)
}
