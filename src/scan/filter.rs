//! What a scan keeps: fields combined with AND, entries of one with OR, all case-insensitive.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::Value;

use crate::{
    api::FilterConfig,
    arm::{self, ResourceId},
    graph::model::Found,
};

/// A compiled `filter_config`.
pub(super) struct Filter {
    types: Option<GlobSet>,
    excluded: Option<GlobSet>,
    regions: Vec<String>,
    groups: Option<GlobSet>,
    names: Option<GlobSet>,
    tags: Vec<(String, Option<String>)>,
}

impl Filter {
    pub(super) fn of(config: Option<&FilterConfig>) -> Self {
        let empty = FilterConfig::default();
        let config = config.unwrap_or(&empty);
        Self {
            types: globs(&config.resource_types),
            excluded: globs(&config.exclude_resource_types),
            regions: config.regions.iter().map(|region| arm::location_code(region)).collect(),
            groups: globs(&config.resource_groups),
            names: globs(&config.names),
            tags: config.tags.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    /// Whether everything is kept.
    pub(super) fn is_open(&self) -> bool {
        self.types.is_none()
            && self.excluded.is_none()
            && self.regions.is_empty()
            && self.groups.is_none()
            && self.names.is_none()
            && self.tags.is_empty()
    }

    /// Whether a resource is kept; children come with their parents.
    pub(super) fn keeps(&self, found: &Found) -> bool {
        let Some(id) = ResourceId::parse(&found.id) else { return false };
        matches(self.types.as_ref(), &found.type_name)
            && !self.excludes_type(&found.type_name)
            && self
                .groups
                .as_ref()
                .is_none_or(|globs| id.resource_group.as_ref().is_some_and(|group| globs.is_match(group)))
            && matches(self.names.as_ref(), id.name())
            && self.keeps_place_and_tags(&found.body)
    }

    /// Groups are kept by their own name; the rest of the filter is about resources.
    pub(super) fn keeps_group(&self, found: &Found) -> bool {
        let name = ResourceId::parse(&found.id).and_then(|id| id.resource_group);
        self.groups.as_ref().is_none_or(|globs| name.is_some_and(|name| globs.is_match(name)))
    }

    pub(super) fn excludes_type(&self, type_name: &str) -> bool {
        self.excluded.as_ref().is_some_and(|globs| globs.is_match(type_name))
    }

    /// Whether a list of globs names a type.
    #[allow(clippy::unused_self, reason = "reads as a question to the filter")]
    pub(super) fn asks_for(&self, asked: &[String], type_name: &str) -> bool {
        globs(asked).is_some_and(|globs| globs.is_match(type_name))
    }

    fn keeps_place_and_tags(&self, body: &Value) -> bool {
        let here = body.get("location").and_then(Value::as_str).map(arm::location_code);
        let placed = self.regions.is_empty() || here.is_some_and(|here| self.regions.contains(&here));
        placed
            && self.tags.iter().all(|(name, value)| {
                let tags = body.get("tags").and_then(Value::as_object);
                tags.into_iter().flatten().any(|(known, is)| {
                    known.eq_ignore_ascii_case(name)
                        && value
                            .as_ref()
                            .is_none_or(|value| is.as_str().is_some_and(|is| is.eq_ignore_ascii_case(value)))
                })
            })
    }
}

fn matches(globs: Option<&GlobSet>, text: &str) -> bool {
    globs.is_none_or(|globs| globs.is_match(text))
}

/// `None` for an empty list. Globs were checked when the request came; one that is none matches nothing.
fn globs(patterns: &[String]) -> Option<GlobSet> {
    if patterns.is_empty() {
        return None;
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        if let Ok(glob) = GlobBuilder::new(pattern).case_insensitive(true).literal_separator(false).build() {
            set.add(glob);
        }
    }
    set.build().ok().or_else(|| Some(GlobSet::empty()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::graph::model::{Fullness, Label};

    fn vm() -> Found {
        let id = "/subscriptions/s/resourceGroups/RG-Web/providers/Microsoft.Compute/virtualMachines/web1";
        Found {
            label: Label::Resource,
            id: id.into(),
            type_name: "Microsoft.Compute/virtualMachines".into(),
            api_version: String::new(),
            fullness: Fullness::Listed,
            body: json!({"location": "West US 2", "tags": {"Env": "Prod"}}),
        }
    }

    fn keeps(config: Value) -> bool {
        let config: FilterConfig = serde_json::from_value(config).expect("a filter");
        Filter::of(Some(&config)).keeps(&vm())
    }

    #[test]
    fn fields_are_and_entries_are_or_and_case_does_not_matter() {
        assert!(keeps(json!({})));
        assert!(keeps(json!({"resource_types": ["x/y", "microsoft.compute/*"], "regions": ["westus2"]})));
        assert!(keeps(json!({"resource_groups": ["rg-*"], "names": ["WEB?"], "tags": {"env": "prod"}})));
        assert!(keeps(json!({"tags": {"env": null}})));
        assert!(!keeps(json!({"resource_types": ["microsoft.compute/*"], "regions": ["eastus"]})));
        assert!(!keeps(json!({"exclude_resource_types": ["*/virtualMachines"]})));
        assert!(!keeps(json!({"tags": {"env": "test"}})));
    }
}
