//! What `GET /providers` says of each type: how it is spelled, its api-versions, whether it is tracked.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AT_ONCE, Scan, ScanError, resources::is_fatal};
use crate::{
    arm,
    azure::{AzureError, Client},
    graph::GraphError,
};

const VERSION: &str = "2021-04-01";

/// Types of each subscription, by lower-cased name.
#[derive(Debug, Clone, Default)]
pub(super) struct Providers {
    by_subscription: BTreeMap<String, BTreeMap<String, TypeFacts>>,
}

/// One type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TypeFacts {
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
    pub(super) fn version(&self) -> Option<String> {
        arm::newest(self.versions.iter().map(String::as_str)).map(|version| version.as_str().to_owned())
    }
}

impl Providers {
    pub(super) fn type_of(&self, subscription: &str, type_name: &str) -> Option<&TypeFacts> {
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
    pub(super) fn knows(&self, subscription: &str, type_name: &str) -> bool {
        self.by_subscription.get(subscription).is_some_and(|types| types.contains_key(type_name))
    }

    /// The spelling of the metadata, or the given one.
    pub(super) fn spelled(&self, subscription: &str, type_name: &str) -> String {
        self.type_of(subscription, type_name).map_or_else(|| type_name.to_owned(), |facts| facts.name.clone())
    }

    /// Which api-version to read a type with. One that the metadata does not know is asked with that of the
    /// type above it, or the newest of its namespace: if it is refused, the refusal names those that it has.
    pub(super) fn version_of(&self, subscription: &str, type_name: &str) -> String {
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

    pub(super) fn subscriptions(&self) -> impl Iterator<Item = &String> {
        self.by_subscription.keys()
    }

    /// Names of all types, as the metadata spells them.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_subscription.values().flat_map(BTreeMap::values).map(|facts| facts.name.as_str())
    }

    /// Types exactly one level below a type.
    pub(super) fn children_of(&self, subscription: &str, type_name: &str) -> Vec<&TypeFacts> {
        let prefix = format!("{}/", type_name.to_lowercase());
        let Some(types) = self.types_of(subscription) else { return Vec::new() };
        let below = types.range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix));
        below.filter(|(name, _)| !name[prefix.len()..].contains('/')).map(|(_, facts)| facts).collect()
    }

    /// Types that stand below a location.
    pub(super) fn located(&self, subscription: &str) -> impl Iterator<Item = &TypeFacts> {
        let types = self.by_subscription.get(subscription).into_iter().flat_map(BTreeMap::values);
        types.filter(|facts| {
            let parts: Vec<&str> = facts.name.split('/').collect();
            parts.len() == 3 && parts[1].eq_ignore_ascii_case("locations")
        })
    }

    /// Whether the metadata of a subscription says of any type that it stands at other resources.
    pub(super) fn marks_extensions(&self, subscription: &str) -> bool {
        let types = self.by_subscription.get(subscription).into_iter().flat_map(BTreeMap::values);
        types.into_iter().any(|facts| facts.extension)
    }

    /// Top-level types whose resources the inventory does not list.
    pub(super) fn untracked(&self, subscription: &str) -> Vec<&TypeFacts> {
        let types = self.by_subscription.get(subscription).into_iter().flat_map(BTreeMap::values);
        types.filter(|facts| !facts.tracked && facts.name.matches('/').count() == 1).collect()
    }
}

/// The metadata of one subscription.
pub(super) async fn metadata(client: &Client, subscription: &str) -> Result<Providers, ScanError> {
    let mut types = BTreeMap::new();
    let mut links = BTreeSet::new();
    let mut next = Some(format!("/subscriptions/{subscription}/providers?api-version={VERSION}"));
    while let Some(address) = next.take() {
        if !links.insert(address.clone()) {
            return Err(AzureError::EndlessList(address).into());
        }
        let answer = client.arm(&address).await?;
        for provider in answer.values() {
            read(&provider?, &mut types);
        }
        next = answer.next;
    }
    fill_in(&mut types);
    Ok(Providers { by_subscription: BTreeMap::from([(subscription.to_owned(), types)]) })
}

/// Asks every subscription, once a scan; one that does not answer has no metadata and is said in the receipt.
pub(super) async fn load(scan: &Scan, subscriptions: &[String]) -> Result<Providers, ScanError> {
    let mut providers = Providers::default();
    let each = stream::iter(subscriptions.iter().cloned().map(|subscription| async move {
        let note = format!("providers/{subscription}");
        if let Some(noted) = scan.generation.note(&note)?
            && let Ok(types) = serde_json::from_str(&noted)
        {
            return Ok(Providers { by_subscription: BTreeMap::from([(subscription.clone(), types)]) });
        }
        match metadata(&scan.client, &subscription).await {
            Ok(known) => {
                let types = known.by_subscription.get(&subscription);
                let text = serde_json::to_string(&types).map_err(|error| GraphError::Body(error.to_string()))?;
                scan.generation.set_note(&note, text).await?;
                Ok(known)
            }
            Err(ScanError::Azure(error)) if !is_fatal(&scan.client, &error) => {
                scan.receipt.gap(&format!("/subscriptions/{subscription}/providers"), &error);
                Ok(Providers::default())
            }
            Err(error) => Err(error),
        }
    }));
    let mut known = std::pin::pin!(each.buffered(AT_ONCE));
    while let Some(known) = known.try_next().await? {
        providers.by_subscription.extend(known.by_subscription);
    }
    Ok(providers)
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

    fn providers() -> Providers {
        let mut types = BTreeMap::new();
        read(
            &json!({"namespace": "Contoso.X", "resourceTypes": [
                {"resourceType": "a", "apiVersions": ["2020-01-01", "2021-01-01-preview"], "capabilities": "SupportsTags"},
                {"resourceType": "b/c/d", "apiVersions": ["2019-01-01"], "capabilities": "None"},
                {"resourceType": "e", "apiVersions": ["2018-01-01"], "capabilities": "SupportsExtension"},
            ]}),
            &mut types,
        );
        fill_in(&mut types);
        Providers { by_subscription: BTreeMap::from([("s".to_owned(), types)]) }
    }

    #[test]
    fn a_type_between_two_is_there_although_the_metadata_leaves_it_out() {
        let providers = providers();
        let names = |facts: Vec<&TypeFacts>| facts.iter().map(|facts| facts.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(providers.children_of("s", "contoso.x/B")), ["Contoso.X/b/c"]);
        assert_eq!(names(providers.children_of("s", "Contoso.X/b/c")), ["Contoso.X/b/c/d"]);
        assert_eq!(names(providers.untracked("s")), ["Contoso.X/b", "Contoso.X/e"]);
        assert!(providers.marks_extensions("s") && !providers.marks_extensions("t"));
    }

    #[test]
    fn a_type_that_the_metadata_lacks_is_asked_as_those_around_it() {
        let providers = providers();
        assert_eq!(providers.version_of("s", "contoso.x/a"), "2020-01-01");
        assert_eq!(providers.version_of("s", "Contoso.X/e/below"), "2018-01-01");
        assert_eq!(providers.version_of("s", "Contoso.X/unknown"), "2020-01-01");
        assert_eq!(providers.version_of("s", "Fabrikam.Y/z"), VERSION);
    }
}
