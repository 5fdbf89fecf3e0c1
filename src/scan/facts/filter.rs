//! What a scan keeps: fields combined with AND, entries of one with OR, all case-insensitive.

use std::{collections::HashSet, sync::OnceLock};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::Value;

use crate::{
    api::FilterConfig,
    arm::{self, ResourceId},
    graph::model::Found,
};

/// Exact names that are asked for one by one instead of everything.
const ONE_BY_ONE: usize = 10;

/// A compiled `filter_config`.
pub(crate) struct Filter {
    config: FilterConfig,
    types: Option<GlobSet>,
    excluded: Option<GlobSet>,
    regions: Vec<String>,
    groups: Option<GlobSet>,
    names: Option<GlobSet>,
    /// Types that stand above wanted ones and are not wanted themselves, lower-cased.
    way: OnceLock<HashSet<String>>,
}

impl Filter {
    pub(crate) fn of(config: Option<&FilterConfig>) -> Self {
        let config = config.cloned().unwrap_or_default();
        Self {
            types: globs(&config.resource_types),
            excluded: globs(&config.exclude_resource_types),
            regions: config.regions.iter().map(|region| arm::location_code(region)).collect(),
            groups: globs(&config.resource_groups),
            names: globs(&config.names),
            way: OnceLock::new(),
            config,
        }
    }

    /// Whether everything is kept.
    pub(crate) fn is_open(&self) -> bool {
        self.types.is_none()
            && self.excluded.is_none()
            && self.regions.is_empty()
            && self.groups.is_none()
            && self.names.is_none()
            && self.config.tags.is_empty()
    }

    /// Whether what kept resources refer to is read too.
    pub(crate) fn wants_referenced(&self) -> bool {
        !self.is_open() && self.config.include_referenced_resources
    }

    /// Whether a resource is kept; children come with their parents.
    pub(crate) fn keeps(&self, found: &Found) -> bool {
        let Some(id) = ResourceId::parse(&found.id) else { return false };
        let part = |name: &str| found.body.get(name).unwrap_or(&Value::Null);
        self.keeps_row(&id, &found.type_name, part("location"), part("tags"))
    }

    /// The same from the parts that a row of the inventory has. What stands above wanted children is kept as
    /// the way to them.
    pub(crate) fn keeps_row(&self, id: &ResourceId, type_name: &str, location: &Value, tags: &Value) -> bool {
        self.keeps_name(id, type_name) && self.keeps_place_and_tags(location, tags)
            || self.is_way(type_name) && self.keeps_group_of(id) && !self.excludes_type(type_name)
    }

    /// Hears which types there are: those above wanted ones are on the way.
    pub(crate) fn learn<'a>(&'a self, types: impl Iterator<Item = &'a str>) {
        let Some(wanted) = &self.types else { return };
        let mut way = HashSet::new();
        // What is named is meant, whatever the metadata tells of it.
        let named = self.named_types();
        for name in types.filter(|name| wanted.is_match(name)).chain(named) {
            let mut below = name;
            while let Some((above, _)) = below.rsplit_once('/').filter(|(above, _)| above.contains('/')) {
                if !wanted.is_match(above) {
                    way.insert(above.to_lowercase());
                }
                below = above;
            }
        }
        // Heard once; another run of the scan hears the same.
        let _ = self.way.set(way);
    }

    /// Whether a type is only the way to wanted children.
    pub(crate) fn is_way(&self, type_name: &str) -> bool {
        self.way.get().is_some_and(|way| way.contains(&type_name.to_lowercase()))
    }

    /// Whether children of a type are read: they come with what was wanted, or are wanted, or on the way.
    pub(crate) fn wants_children(&self, child_type: &str) -> bool {
        let Some(wanted) = &self.types else { return true };
        let mut at = Some(child_type);
        while let Some(name) = at {
            if wanted.is_match(name) {
                return true;
            }
            at = name.rsplit_once('/').map(|(above, _)| above).filter(|above| above.contains('/'));
        }
        self.is_way(child_type)
    }

    /// Whether a child is kept where its parent is only the way to it.
    pub(crate) fn keeps_child(&self, child_type: &str, name: &str) -> bool {
        let parent = child_type.rsplit_once('/').map_or("", |(above, _)| above);
        !self.is_way(parent) || self.is_way(child_type) || matches(self.names.as_ref(), name)
    }

    fn keeps_group_of(&self, id: &ResourceId) -> bool {
        self.groups
            .as_ref()
            .is_none_or(|groups| id.resource_group.as_deref().is_some_and(|group| groups.is_match(group)))
    }

    /// Only what the id says: type, group, name.
    pub(crate) fn keeps_name(&self, id: &ResourceId, type_name: &str) -> bool {
        matches(self.types.as_ref(), type_name)
            && !self.excludes_type(type_name)
            && self
                .groups
                .as_ref()
                .is_none_or(|globs| id.resource_group.as_ref().is_some_and(|group| globs.is_match(group)))
            && matches(self.names.as_ref(), id.name())
    }

    /// Groups are kept by their own name; the rest of the filter is about resources.
    pub(crate) fn keeps_group(&self, id: &str) -> bool {
        let name = ResourceId::parse(id).and_then(|id| id.resource_group);
        self.groups.as_ref().is_none_or(|globs| name.is_some_and(|name| globs.is_match(name)))
    }

    pub(crate) fn excludes_type(&self, type_name: &str) -> bool {
        self.excluded.as_ref().is_some_and(|globs| globs.is_match(type_name))
    }

    /// Whether a list of globs names a type.
    #[allow(clippy::unused_self, reason = "reads as a question to the filter")]
    pub(crate) fn asks_for(&self, asked: &[String], type_name: &str) -> bool {
        globs(asked).is_some_and(|globs| globs.is_match(type_name))
    }

    /// Types that the filter writes out.
    pub(crate) fn named_types(&self) -> impl Iterator<Item = &str> {
        self.config.resource_types.iter().map(String::as_str).filter(|name| is_exact(name))
    }

    /// Whether the filter writes a type out.
    pub(crate) fn names_type(&self, type_name: &str) -> bool {
        self.named_types().any(|name| name.eq_ignore_ascii_case(type_name))
    }

    /// What ARM itself can filter by: which lists give the inventory of a subscription (name, scope, more
    /// of the query). Every row is looked at again here.
    pub(crate) fn pushed_down(&self, subscription: &str) -> Vec<(String, String, String)> {
        let scopes: Vec<(String, String)> = match exact(&self.config.resource_groups)
            .filter(|groups| !groups.iter().any(|group| group.contains('/')))
        {
            Some(groups) => groups
                .iter()
                .map(|group| {
                    (
                        format!("/{}", group.to_lowercase()),
                        format!("/subscriptions/{subscription}/resourceGroups/{}", encoded(group)),
                    )
                })
                .collect(),
            None => vec![(String::new(), format!("/subscriptions/{subscription}"))],
        };
        // What is on the way to wanted children is asked for too.
        let by_type = exact(&self.config.resource_types).map(|types| {
            let way = self.way.get().into_iter().flatten().filter(|name| name.matches('/').count() == 1);
            types.iter().chain(way).collect::<Vec<_>>()
        });
        let by_type = by_type.filter(|types| types.len() * scopes.len() <= ONE_BY_ONE);
        let quoted = |text: &str| encoded(&text.replace('\'', "''"));
        let filters: Vec<(String, String)> = if let Some(types) = by_type {
            types
                .iter()
                .map(|name| {
                    (format!("?{}", name.to_lowercase()), format!("&$filter=resourceType%20eq%20'{}'", quoted(name)))
                })
                .collect()
        } else if let (1, Some((name, _))) = (self.config.tags.len(), self.config.tags.first_key_value()) {
            // ARM minds the case of values, and we do not.
            vec![(String::new(), format!("&$filter=tagName%20eq%20'{}'", quoted(name)))]
        } else {
            vec![(String::new(), String::new())]
        };
        let mut lists = Vec::new();
        for (scope_name, scope) in &scopes {
            for (filter_name, filter) in &filters {
                lists.push((format!("{scope_name}{filter_name}"), scope.clone(), filter.clone()));
            }
        }
        lists
    }

    /// The same for Resource Graph: a step of its query that leaves out what is not wanted, or nothing.
    pub(crate) fn kusto(&self) -> String {
        let list = |names: Vec<&String>| {
            let quoted = names
                .into_iter()
                .map(|name| format!("'{}'", name.to_lowercase().replace('\\', "\\\\").replace('\'', "\\'")));
            quoted.collect::<Vec<_>>().join(", ")
        };
        let mut steps = String::new();
        if let Some(types) = exact(&self.config.resource_types) {
            let types = types.iter().chain(self.way.get().into_iter().flatten()).collect();
            steps = format!("where type in~ ({}) | ", list(types));
        }
        if let Some(groups) = exact(&self.config.resource_groups) {
            steps = format!("{steps}where resourceGroup in~ ({}) | ", list(groups.iter().collect()));
        }
        steps
    }

    fn keeps_place_and_tags(&self, location: &Value, tags: &Value) -> bool {
        let here = || location.as_str().map(arm::location_code);
        let placed = self.regions.is_empty() || here().is_some_and(|here| self.regions.contains(&here));
        placed
            && self.config.tags.iter().all(|(name, value)| {
                tags.as_object().into_iter().flatten().any(|(known, is)| {
                    known.eq_ignore_ascii_case(name)
                        && value
                            .as_ref()
                            .is_none_or(|value| is.as_str().is_some_and(|is| is.eq_ignore_ascii_case(value)))
                })
            })
    }
}

/// The entries of a list where none is a pattern and they are few.
fn exact(patterns: &[String]) -> Option<&[String]> {
    let all = || patterns.iter().all(|pattern| is_exact(pattern));
    (!patterns.is_empty() && patterns.len() <= ONE_BY_ONE && all()).then_some(patterns)
}

fn is_exact(pattern: &str) -> bool {
    !pattern.contains(['*', '?', '[', '{', '!', '\\'])
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
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
    fn what_arm_can_filter_by_is_left_to_arm() {
        let lists = |config: Value| {
            let config: FilterConfig = serde_json::from_value(config).expect("a filter");
            let lists = Filter::of(Some(&config)).pushed_down("s");
            lists.into_iter().map(|(_, scope, filter)| format!("{scope}{filter}")).collect::<Vec<_>>()
        };
        assert_eq!(lists(json!({})), ["/subscriptions/s"]);
        assert_eq!(lists(json!({"resource_groups": ["a*"]})), ["/subscriptions/s"]);
        assert_eq!(
            lists(json!({"resource_groups": ["a", "b"], "resource_types": ["N.X/t"]})),
            ["a", "b"].map(|group| format!(
                "/subscriptions/s/resourceGroups/{group}&$filter=resourceType%20eq%20'N%2EX%2Ft'"
            ))
        );
        assert_eq!(lists(json!({"tags": {"it's": "x"}})), ["/subscriptions/s&$filter=tagName%20eq%20'it%27%27s'"]);
    }

    #[test]
    fn what_resource_graph_can_filter_by_is_left_to_it() {
        let step = |config: Value| {
            let config: FilterConfig = serde_json::from_value(config).expect("a filter");
            Filter::of(Some(&config)).kusto()
        };
        assert_eq!(step(json!({"resource_types": ["Microsoft.*"], "names": ["a"]})), "");
        assert_eq!(step(json!({"resource_types": ["N.X/It's"]})), r"where type in~ ('n.x/it\'s') | ");
        assert_eq!(
            step(json!({"resource_types": ["N.X/a", "N.X/b"], "resource_groups": ["RG"]})),
            "where type in~ ('n.x/a', 'n.x/b') | where resourceGroup in~ ('rg') | "
        );
    }

    #[test]
    fn what_stands_above_wanted_children_is_the_way_to_them() {
        let config = json!({"resource_types": ["N.X/a/b/c"], "resource_groups": ["rg-*"]});
        let config: FilterConfig = serde_json::from_value(config).expect("a filter");
        let filter = Filter::of(Some(&config));
        filter.learn(["N.X/a", "N.X/a/b", "N.X/a/b/c", "N.X/a/d"].into_iter());
        assert!(filter.is_way("n.x/a") && filter.is_way("N.X/a/b") && !filter.is_way("N.X/a/b/c"));
        assert!(filter.wants_children("N.X/a/b/c/below") && !filter.wants_children("N.X/a/d"));
        let id = |group: &str| ResourceId::parse(&format!("/subscriptions/s/resourceGroups/{group}/providers/N.X/a/1"));
        let keeps = |group: &str| filter.keeps_row(&id(group).expect("an id"), "N.X/a", &Value::Null, &Value::Null);
        assert!(keeps("rg-1") && !keeps("other"));
        assert_eq!(filter.pushed_down("s").len(), 2);
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
