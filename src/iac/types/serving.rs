//! Which api-version a resource is written with: the newest is not always the one.
//!
//! A version serves a resource if it is published, can be written in the resource's scope, has its name among the type's
//! names, and knows what its body holds. The version that the scan read with is kept where it serves. Else the version
//! is taken that misses the least of the body: of equals the newest stable one, else the newest preview. A
//! version that serves but for properties is replaced by newer ones only, a stable one by stable ones only: previews are
//! withdrawn. What no version knows goes with all of them.

use serde_json::{Map, Value};
use smallvec::smallvec;

use super::{
    lookup,
    shape::Shape,
    table::{self, Entry, Namespace, Version, entry, is_computed_name},
};
use crate::arm::{ApiVersion, ResourceId};

/// What ARM puts around a body, also where the type has no such property: it says nothing of a version.
const ENVELOPE: [&str; 9] = ["id", "name", "type", "apiVersion", "etag", "systemData", "location", "tags", "kind"];

/// The api-version that serves a resource better than the one it was read with; `None`: that one does, or the type is not
/// published.
pub fn better_version(type_name: &str, read_with: &str, id: &ResourceId, body: &Value) -> Option<String> {
    let Value::Object(fields) = body else { return None };
    let (namespace, entry) = entry(type_name)?;
    let own = ApiVersion::new(read_with.to_ascii_lowercase());
    let own_cost = match entry.versions.get(&own) {
        Some(version) if !version.is_writable() => return None,
        Some(version) if serves(namespace, version, id) => {
            // Nearly every body ends here: what the version requires is looked at only where it does not serve.
            if count(namespace, version, id, fields, Asked::Known).unknown == 0 {
                return None;
            }
            Some(count(namespace, version, id, fields, Asked::Required).cost())
        }
        _ => None,
    };
    let mut best: Option<(&ApiVersion, usize)> = None;
    let is_asked =
        |version: &ApiVersion| own_cost.is_none() || (*version > own && (own.is_preview() || !version.is_preview()));
    for (version, facts) in candidates(entry).filter(|(version, _)| is_asked(version)) {
        if !serves(namespace, facts, id) {
            continue;
        }
        let cost = count(namespace, facts, id, fields, Asked::Required).cost();
        if best.is_none_or(|(_, least)| cost < least) {
            best = Some((version, cost));
        }
    }
    let (version, cost) = best?;
    own_cost.is_none_or(|own| cost < own).then(|| version.as_str().to_owned())
}

/// Stable versions, newest first, then previews, newest first.
fn candidates(entry: &Entry) -> impl Iterator<Item = (&ApiVersion, &Version)> {
    let of =
        |is_preview: bool| entry.versions.iter().rev().filter(move |(version, _)| version.is_preview() == is_preview);
    of(false).chain(of(true))
}

/// Whether a type can be written in resource groups alone, and the id has none.
pub fn is_out_of_scope(type_name: &str, version: &str, id: &ResourceId) -> bool {
    table::version(type_name, version)
        .is_some_and(|(_, version)| version.writable == IN_GROUP && matches!(scope_of(id), 1 | 2 | 4))
}

const IN_GROUP: u8 = 8;

fn serves(namespace: &'static Namespace, version: &Version, id: &ResourceId) -> bool {
    version.writable & scope_of(id) != 0 && lookup::has_name(namespace, version, id.name())
}

/// The scope that an id is in, as the table counts scopes.
fn scope_of(id: &ResourceId) -> u8 {
    let is_below = |word: &str| id.scope.to_ascii_lowercase().contains(word);
    if is_below("/providers/")
        && !id.scope.to_ascii_lowercase().starts_with("/providers/microsoft.management/managementgroups/")
    {
        16
    } else if id.resource_group.is_some() {
        8
    } else if id.subscription.is_some() {
        4
    } else if is_below("/providers/") {
        2
    } else {
        1
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Only what a version does not know.
    Known,
    /// Also what it requires.
    Required,
}

/// Values of a body that a version does not know, but for what ARM computes nearly everywhere, and that it requires and the body lacks.
#[derive(Debug)]
struct Counts {
    asked: Asked,
    unknown: usize,
    lacking: usize,
    /// 1 where the name breaks the version's rule for names: resources with such names exist all the same.
    irregular: usize,
}

fn count(
    namespace: &'static Namespace,
    version: &Version,
    id: &ResourceId,
    fields: &Map<String, Value>,
    asked: Asked,
) -> Counts {
    let shape = Shape::new(namespace, smallvec![lookup::body(namespace, version, id.name())]).of(fields);
    let is_irregular = asked == Asked::Required && !lookup::is_name_regular(namespace, version, id.name());
    let mut counts = Counts { asked, unknown: 0, lacking: 0, irregular: usize::from(is_irregular) };
    for (name, value) in fields.iter().filter(|(name, _)| !ENVELOPE.contains(&name.as_str())) {
        counts.field(&shape, name, value);
    }
    counts.lacks(&shape, fields);
    counts
}

impl Counts {
    /// A value that has to be asked for costs more than one that is lost.
    const fn cost(&self) -> usize {
        self.unknown + 2 * self.lacking + self.irregular
    }

    fn lacks(&mut self, shape: &Shape, fields: &Map<String, Value>) {
        if self.asked == Asked::Known {
            return;
        }
        self.lacking += shape.required().iter().filter(|prop| !fields.contains_key(prop.name)).count();
    }

    fn field(&mut self, shape: &Shape, name: &str, value: &Value) {
        match (shape.prop(name), shape.more()) {
            (Some(prop), _) if prop.is_read_only => {}
            (Some(prop), _) => self.value(&prop.shape, value),
            (None, Some(more)) => self.value(&more, value),
            (None, None) if shape.is_sure() && !is_computed_name(name) => self.unknown += leaves(value),
            (None, None) => {}
        }
    }

    fn value(&mut self, shape: &Shape, value: &Value) {
        match value {
            _ if shape.is_open() => {}
            Value::Object(fields) => {
                let shape = shape.of(fields);
                fields.iter().for_each(|(name, value)| self.field(&shape, name, value));
                self.lacks(&shape, fields);
            }
            Value::Array(items) => match shape.items() {
                Some(of_items) => items.iter().for_each(|item| self.value(&of_items, item)),
                None => self.unknown += leaves(value),
            },
            _ => {}
        }
    }
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Object(fields) => fields.values().map(leaves).sum(),
        Value::Array(items) => items.iter().map(leaves).sum(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chosen(type_name: &str, read_with: &str, id: &str, body: &Value) -> Option<String> {
        better_version(type_name, read_with, &ResourceId::parse(id).expect("an id"), body)
    }

    fn registry(properties: &Value) -> Option<String> {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r";
        let body = json!({"location": "westeurope", "sku": {"name": "Premium"}, "properties": properties});
        chosen("Microsoft.ContainerRegistry/registries", "2023-07-01", id, &body)
    }

    #[test]
    fn the_version_that_the_scan_read_with_is_kept_where_it_knows_the_body() {
        assert_eq!(registry(&json!({"adminUserEnabled": true})), None);
        assert_eq!(registry(&json!({"nobodyKnowsThis": true})), None, "no version is better");
    }

    #[test]
    fn a_version_that_knows_what_the_body_holds_is_taken_instead() {
        let version = registry(&json!({"adminUserEnabled": true, "anonymousPullEnabled": false}));
        let version = version.expect("another version");
        let known = lookup::find("Microsoft.ContainerRegistry/registries", &version, "r").writable().expect("writable");
        let properties = known.shape.prop("properties").expect("known").shape;
        assert!(known.is_exact && properties.prop("anonymousPullEnabled").is_some(), "{version}");
    }

    #[test]
    fn a_version_that_nobody_published_is_replaced_by_the_newest_that_is() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";
        let body =
            json!({"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}});
        let version = chosen("Microsoft.Network/virtualNetworks", "2020-11-02", id, &body).expect("published");
        assert!(!version.contains("preview") && version.as_str() > "2025", "{version}");
    }

    #[test]
    fn a_version_whose_only_name_is_another_serves_nobody() {
        let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/w/providers/Microsoft.Insights/diagnosticSettings/mine";
        let body = json!({"properties": {"logs": []}});
        let version = chosen("Microsoft.Insights/diagnosticSettings", "2015-07-01", id, &body);
        assert_ne!(version.as_deref(), Some("2016-09-01"), "its name is always `service`");
    }
}
