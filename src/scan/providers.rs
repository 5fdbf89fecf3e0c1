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
}

impl TypeFacts {
    /// The newest stable version; a preview only if there is nothing else.
    pub(super) fn version(&self) -> Option<String> {
        arm::newest(self.versions.iter().map(String::as_str)).map(|version| version.as_str().to_owned())
    }
}

impl Providers {
    pub(super) fn type_of(&self, subscription: &str, type_name: &str) -> Option<&TypeFacts> {
        self.by_subscription.get(subscription)?.get(&type_name.to_lowercase())
    }

    /// The spelling of the metadata, or the given one.
    pub(super) fn spelled(&self, subscription: &str, type_name: &str) -> String {
        self.type_of(subscription, type_name).map_or_else(|| type_name.to_owned(), |facts| facts.name.clone())
    }

    /// Which api-version to read a type with. One that the metadata does not know is asked with any: the
    /// refusal names those that it has.
    pub(super) fn version_of(&self, subscription: &str, type_name: &str) -> String {
        let known = self.type_of(subscription, type_name).and_then(TypeFacts::version);
        known.unwrap_or_else(|| VERSION.to_owned())
    }

    pub(super) fn subscriptions(&self) -> impl Iterator<Item = &String> {
        self.by_subscription.keys()
    }

    /// Types exactly one level below a type.
    pub(super) fn children_of(&self, subscription: &str, type_name: &str) -> Vec<&TypeFacts> {
        let prefix = format!("{}/", type_name.to_lowercase());
        let Some(types) = self.by_subscription.get(subscription) else { return Vec::new() };
        let below = types.range(prefix.clone()..).take_while(|(name, _)| name.starts_with(&prefix));
        below.filter(|(name, _)| !name[prefix.len()..].contains('/')).map(|(_, facts)| facts).collect()
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
        let name = format!("{namespace}/{kind}");
        types.insert(name.to_lowercase(), TypeFacts { name, versions, tracked });
    }
}
