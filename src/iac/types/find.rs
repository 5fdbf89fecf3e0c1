//! What the table knows of a type in a version.

use std::sync::Arc;

use super::{
    shape::Shape,
    table::{LOADED, namespace},
};
use crate::arm::ApiVersion;

/// A resource type as the table sees it.
#[derive(Debug, Clone)]
pub enum Known {
    /// Can be written; the shape is that of the whole body.
    Writable(Type),
    /// Can only be read, in this version or in all.
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
    /// As the SDK spells it.
    pub name: String,
    /// Whether the table has the very version.
    pub is_exact: bool,
    /// The name as the SDK spells it, where there is a body for this one name.
    pub singleton: Option<String>,
    pub shape: Shape,
}

/// Looks a type up. `name` is the resource's: some types have a body of their own for one name.
pub fn find(type_name: &str, api_version: &str, name: &str) -> Known {
    let Some((space, rest)) = type_name.split_once('/') else { return Known::Unknown };
    let Some(namespace) = namespace(space) else { return Known::Unknown };
    let kind = rest.to_ascii_lowercase();
    let special = format!("{kind}#{}", name.to_ascii_lowercase());
    let entry = namespace.types.get(&special).or_else(|| namespace.types.get(&kind)).or_else(|| {
        // A name that the SDK does not spell: the body of its only sibling, if all have one.
        let prefix = format!("{kind}#");
        let mut siblings = namespace.types.iter().filter(|(key, _)| key.starts_with(&prefix));
        siblings.next().filter(|_| siblings.next().is_none()).map(|(_, entry)| entry)
    });
    let Some(entry) = entry else { return Known::Unknown };
    let wanted = ApiVersion::new(api_version.to_ascii_lowercase());
    if entry.versions.is_empty() || entry.read_only.contains(&wanted) {
        return Known::ReadOnly;
    }
    let exact = entry.versions.get(&wanted).copied();
    let roots = exact.map_or_else(|| entry.neighbours(&wanted), |root| vec![root]);
    let (spelled, singleton) = match entry.spelled.split_once('#') {
        Some((spelled, singleton)) => (spelled, Some(singleton.to_owned()).filter(|s| s.eq_ignore_ascii_case(name))),
        None => (entry.spelled.as_str(), None),
    };
    Known::Writable(Type {
        name: format!("{}/{spelled}", namespace.name),
        singleton,
        is_exact: exact.is_some(),
        shape: Shape::new(Arc::clone(&namespace), roots),
    })
}

/// The newest version of a type that the table has.
pub fn newest(type_name: &str) -> Option<String> {
    let (space, rest) = type_name.split_once('/')?;
    let namespace = namespace(space)?;
    let entry = namespace.types.get(&rest.to_ascii_lowercase())?;
    entry.versions.keys().next_back().map(|version| version.as_str().to_owned())
}

/// Whether the SDK calls a property of this name read-only nearly wherever it knows it.
pub fn is_computed_name(name: &str) -> bool {
    LOADED.computed.contains(&name.to_ascii_lowercase())
}
