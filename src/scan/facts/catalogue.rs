//! What `GET /providers` says of each type: how it is spelled, its api-versions, whether it is tracked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arm;

/// What a type is asked with of which no version is known at all; also the metadata itself.
pub(crate) const VERSION: &str = "2021-04-01";

/// Top-level types that other steps read, each in its own way.
const READ_ELSEWHERE: [&str; 12] = [
    "microsoft.resources/resourcegroups",
    "microsoft.resources/subscriptions",
    "microsoft.resources/tenants",
    "microsoft.authorization/roleassignments",
    "microsoft.authorization/roledefinitions",
    "microsoft.authorization/locks",
    "microsoft.authorization/policyassignments",
    "microsoft.authorization/policyexemptions",
    "microsoft.authorization/policydefinitions",
    "microsoft.authorization/policysetdefinitions",
    "microsoft.management/managementgroups",
    DIAGNOSTICS,
];
/// Read where the request asks for it, at each resource.
const DIAGNOSTICS: &str = "microsoft.insights/diagnosticsettings";

/// Whether a step of its own reads a type, so that no list of types does.
pub(crate) fn is_read_elsewhere(type_name: &str) -> bool {
    READ_ELSEWHERE.iter().any(|known| known.eq_ignore_ascii_case(type_name))
}

pub(crate) fn is_diagnostics(type_name: &str) -> bool {
    type_name.eq_ignore_ascii_case(DIAGNOSTICS)
}

/// Whether a type is no child.
pub(crate) fn is_top_level(type_name: &str) -> bool {
    type_name.matches('/').count() == 1
}

/// Types of each subscription, by lower-cased name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Catalogue {
    by_subscription: BTreeMap<String, BTreeMap<String, TypeFacts>>,
}

/// One type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TypeFacts {
    /// As the metadata spells it.
    pub name: String,
    pub versions: Vec<String>,
    /// Its resources have a location, so that the inventory lists them.
    pub tracked: bool,
    /// Its resources may stand at other resources.
    #[serde(default)]
    pub extension: bool,
}

impl TypeFacts {
    /// The newest stable version; a preview only if there is nothing else.
    pub(crate) fn version(&self) -> Option<String> {
        arm::newest(self.versions.iter().map(String::as_str)).map(|version| version.as_str().to_owned())
    }
}

impl Catalogue {
    /// From the elements of `GET /providers`.
    pub(crate) fn of(subscription: &str, providers: &[Value]) -> Self {
        let mut types = BTreeMap::new();
        for provider in providers {
            read(provider, &mut types);
        }
        fill_in(&mut types);
        Self { by_subscription: BTreeMap::from([(subscription.to_owned(), types)]) }
    }

    /// From the text of [`Self::noted`]; `None`: it is none.
    pub(crate) fn recalled(subscription: &str, text: &str) -> Option<Self> {
        let types = serde_json::from_str(text).ok()?;
        Some(Self { by_subscription: BTreeMap::from([(subscription.to_owned(), types)]) })
    }

    /// The types of a subscription as a text, for another run of the same scan.
    pub(crate) fn noted(&self, subscription: &str) -> Result<String, serde_json::Error> {
        serde_json::to_string(&self.by_subscription.get(subscription))
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.by_subscription.extend(other.by_subscription);
    }

    pub(crate) fn type_of(&self, subscription: &str, type_name: &str) -> Option<&TypeFacts> {
        self.types_of(subscription)?.get(&type_name.to_lowercase())
    }

    /// Types of a subscription; of what stands at none, those of any.
    fn types_of(&self, subscription: &str) -> Option<&BTreeMap<String, TypeFacts>> {
        match subscription {
            "" => self.by_subscription.values().next(),
            known => self.by_subscription.get(known),
        }
    }

    /// Whether there is a type; both are lower-cased.
    pub(crate) fn knows(&self, subscription: &str, type_name: &str) -> bool {
        self.by_subscription.get(subscription).is_some_and(|types| types.contains_key(type_name))
    }

    /// The spelling of the metadata, or the given one.
    pub(crate) fn spelled(&self, subscription: &str, type_name: &str) -> String {
        self.type_of(subscription, type_name).map_or_else(|| type_name.to_owned(), |facts| facts.name.clone())
    }

    /// Which api-version to read a type with. One that the metadata does not know is asked with that of the
    /// type above it, or the newest of its namespace: if it is refused, the refusal names those that it has.
    pub(crate) fn version_of(&self, subscription: &str, type_name: &str) -> String {
        let mut name = type_name;
        loop {
            if let Some(version) = self.type_of(subscription, name).and_then(TypeFacts::version) {
                return version;
            }
            match name.rsplit_once('/') {
                Some((above, _)) if above.contains('/') => name = above,
                _ => break,
            }
        }
        let namespace = format!("{}/", type_name.split('/').next().unwrap_or_default().to_lowercase());
        let types = self.types_of(subscription);
        let beside = types.into_iter().flat_map(|types| types.range(namespace.clone()..));
        let beside = beside.take_while(|(name, _)| name.starts_with(&namespace));
        let versions: Vec<String> = beside.filter_map(|(_, facts)| facts.version()).collect();
        let newest = arm::newest(versions.iter().map(String::as_str));
        newest.map_or_else(|| VERSION.to_owned(), |version| version.as_str().to_owned())
    }

    pub(crate) fn subscriptions(&self) -> impl Iterator<Item = &String> {
        self.by_subscription.keys()
    }

    /// Names of all types, as the metadata spells them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_subscription.values().flat_map(BTreeMap::values).map(|facts| facts.name.as_str())
    }

    /// Types exactly one level below a type.
    pub(crate) fn children_of(&self, subscription: &str, type_name: &str) -> Vec<&TypeFacts> {
        let prefix = format!("{}/", type_name.to_lowercase());
        let Some(types) = self.types_of(subscription) else { return Vec::new() };
        let below = types.range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix));
        below.filter(|(name, _)| !name[prefix.len()..].contains('/')).map(|(_, facts)| facts).collect()
    }

    /// Types that stand below a location.
    pub(crate) fn located(&self, subscription: &str) -> impl Iterator<Item = &TypeFacts> {
        let types = self.by_subscription.get(subscription).into_iter().flat_map(BTreeMap::values);
        types.filter(|facts| {
            let parts: Vec<&str> = facts.name.split('/').collect();
            parts.len() == 3 && parts[1].eq_ignore_ascii_case("locations")
        })
    }

    /// Whether the metadata of a subscription says of any type that it stands at other resources.
    pub(crate) fn marks_extensions(&self, subscription: &str) -> bool {
        let types = self.by_subscription.get(subscription).into_iter().flat_map(BTreeMap::values);
        types.into_iter().any(|facts| facts.extension)
    }

    /// Top-level types whose resources the inventory does not list.
    pub(crate) fn untracked(&self, subscription: &str) -> Vec<&TypeFacts> {
        let types = self.by_subscription.get(subscription).into_iter().flat_map(BTreeMap::values);
        types.filter(|facts| !facts.tracked && is_top_level(&facts.name)).collect()
    }
}

fn read(provider: &Value, types: &mut BTreeMap<String, TypeFacts>) {
    let Some(namespace) = provider.get("namespace").and_then(Value::as_str) else { return };
    let list = provider.get("resourceTypes").and_then(Value::as_array);
    for entry in list.into_iter().flatten() {
        let Some(kind) = entry.get("resourceType").and_then(Value::as_str) else { continue };
        let versions = entry.get("apiVersions").and_then(Value::as_array).into_iter().flatten();
        let versions = versions.filter_map(Value::as_str).map(str::to_owned).collect();
        let capabilities = entry.get("capabilities").and_then(Value::as_str).unwrap_or_default();
        let tracked = capabilities.contains("SupportsTags") || capabilities.contains("SupportsLocation");
        let extension = capabilities.contains("SupportsExtension");
        let name = format!("{namespace}/{kind}");
        types.insert(name.to_lowercase(), TypeFacts { name, versions, tracked, extension });
    }
}

/// Types that the metadata leaves out between a type and one below it: read as the one below.
fn fill_in(types: &mut BTreeMap<String, TypeFacts>) {
    let mut missing = BTreeMap::new();
    for facts in types.values() {
        let mut name = facts.name.as_str();
        while let Some((above, _)) = name.rsplit_once('/').filter(|(above, _)| above.contains('/')) {
            if !types.contains_key(&above.to_lowercase()) {
                let between = TypeFacts { name: above.to_owned(), tracked: false, extension: false, ..facts.clone() };
                missing.entry(above.to_lowercase()).or_insert(between);
            }
            name = above;
        }
    }
    types.extend(missing);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalogue() -> Catalogue {
        let provider = json!({"namespace": "Contoso.X", "resourceTypes": [
            {"resourceType": "a", "apiVersions": ["2020-01-01", "2021-01-01-preview"], "capabilities": "SupportsTags"},
            {"resourceType": "b/c/d", "apiVersions": ["2019-01-01"], "capabilities": "None"},
            {"resourceType": "e", "apiVersions": ["2018-01-01"], "capabilities": "SupportsExtension"},
        ]});
        Catalogue::of("s", &[provider])
    }

    #[test]
    fn types_are_sorted_by_who_reads_them() {
        assert!(
            is_read_elsewhere("Microsoft.Authorization/locks")
                && is_diagnostics("microsoft.insights/diagnosticSettings")
        );
        assert!(is_top_level("N.X/a") && !is_top_level("N.X/a/b"));
    }

    #[test]
    fn a_type_between_two_is_there_although_the_metadata_leaves_it_out() {
        let catalogue = catalogue();
        let names = |facts: Vec<&TypeFacts>| facts.iter().map(|facts| facts.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(catalogue.children_of("s", "contoso.x/B")), ["Contoso.X/b/c"]);
        assert_eq!(names(catalogue.children_of("s", "Contoso.X/b/c")), ["Contoso.X/b/c/d"]);
        assert_eq!(names(catalogue.untracked("s")), ["Contoso.X/b", "Contoso.X/e"]);
        assert!(catalogue.marks_extensions("s") && !catalogue.marks_extensions("t"));
    }

    #[test]
    fn what_an_earlier_run_noted_is_the_same_catalogue() {
        let catalogue = catalogue();
        let noted = catalogue.noted("s").expect("JSON");
        let recalled = Catalogue::recalled("s", &noted).expect("a catalogue");
        assert_eq!(recalled.type_of("s", "Contoso.X/A"), catalogue.type_of("s", "Contoso.X/A"));
        // As a version of the daemon wrote it that knew no extensions.
        let older = r#"{"n.x/t":{"name":"N.X/t","versions":["2020-01-01"],"tracked":true}}"#;
        assert!(Catalogue::recalled("s", older).is_some_and(|older| older.type_of("s", "N.X/T").is_some()));
    }

    #[test]
    fn a_type_that_the_metadata_lacks_is_asked_as_those_around_it() {
        let catalogue = catalogue();
        assert_eq!(catalogue.version_of("s", "contoso.x/a"), "2020-01-01");
        assert_eq!(catalogue.version_of("s", "Contoso.X/e/below"), "2018-01-01");
        assert_eq!(catalogue.version_of("s", "Contoso.X/unknown"), "2020-01-01");
        assert_eq!(catalogue.version_of("s", "Fabrikam.Y/z"), VERSION);
    }
}
