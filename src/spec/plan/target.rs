//! Where a specification goes: which subscriptions are meant, and what its ids become there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::spec::{
    finding::Findings,
    model::{Subscription, Tenant},
};

/// The tenant and the subscriptions that a request means.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub tenant: Uuid,
    /// By the text's names and ids.
    pub subscription_map: BTreeMap<String, Uuid>,
    /// Those that the configuration keeps to; empty: all that the credential sees.
    pub configured: Vec<Uuid>,
}

/// A subscription of the text, and the one that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Home {
    pub id: Uuid,
    /// None: the id is known. Else it stands for the subscription of this name (empty: the only one).
    pub stands_for: Option<String>,
    pub line: u32,
}

/// What is replaced by what, in every text.
#[derive(Debug, Clone, Default)]
pub(in crate::spec) struct Rewrites(Vec<(String, String)>);

impl Target {
    pub(in crate::spec) fn home(&self, subscription: &Subscription, findings: &mut Findings) -> Home {
        let line = subscription.place.line;
        let known = |id| Home { id, stands_for: None, line };
        let mapped = self.subscription_map.iter().find(|(key, _)| {
            (!subscription.name.is_empty() && key.eq_ignore_ascii_case(&subscription.name))
                || subscription.id.as_deref().is_some_and(|id| key.eq_ignore_ascii_case(id))
        });
        if let Some((_, id)) = mapped {
            return known(*id);
        }
        if let Some(id) = subscription.id.as_deref().and_then(|id| Uuid::try_parse(id).ok()) {
            return known(id);
        }
        if subscription.name.is_empty() {
            match self.configured.as_slice() {
                [only] => return known(*only),
                [] => {}
                _ => findings.error(
                    format!("{}.subscription", subscription.path),
                    subscription.place,
                    "expected a subscription above this resource group: the tenant has several",
                ),
            }
        }
        Home { id: placeholder(&subscription.name), stands_for: Some(subscription.name.clone()), line }
    }

    /// What the text's ids become.
    pub(in crate::spec) fn rewrites(&self, tenant: &Tenant, homes: &[Home]) -> Rewrites {
        let mut found = Vec::new();
        let mut add = |old: &str, new: Uuid| {
            if Uuid::try_parse(old).is_ok() && !old.eq_ignore_ascii_case(&new.to_string()) {
                found.push((old.to_lowercase(), new.to_string()));
            }
        };
        if let Some(word) = &tenant.id {
            add(&word.text, self.tenant);
        }
        for (subscription, home) in tenant.subscriptions.iter().zip(homes) {
            if let Some(id) = &subscription.id {
                add(id, home.id);
            }
        }
        // Ids that only the map names.
        for (old, new) in &self.subscription_map {
            add(old, *new);
        }
        found.sort();
        found.dedup();
        Rewrites(found)
    }
}

/// Stands for a subscription whose id only Azure knows.
fn placeholder(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("atgd:subscription:{}", name.to_lowercase()).as_bytes())
}

impl Rewrites {
    pub(in crate::spec) fn text(&self, text: &str) -> Option<String> {
        if self.0.is_empty() || text.len() < 36 {
            return None;
        }
        let mut out: Option<String> = None;
        for (old, new) in &self.0 {
            let current = out.as_deref().unwrap_or(text);
            let lower = current.to_ascii_lowercase();
            if lower.contains(old.as_str()) {
                let mut made = String::with_capacity(current.len());
                let mut at = 0;
                for (found, _) in lower.match_indices(old.as_str()) {
                    made.push_str(&current[at..found]);
                    made.push_str(new);
                    at = found + old.len();
                }
                made.push_str(&current[at..]);
                out = Some(made);
            }
        }
        out
    }

    pub(in crate::spec) fn map(&self, fields: &mut Map<String, Value>) {
        if self.0.is_empty() {
            return;
        }
        let old = std::mem::take(fields);
        for (key, mut value) in old {
            self.value(&mut value);
            fields.insert(self.text(&key).unwrap_or(key), value);
        }
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(new) = self.text(text) {
                    *text = new;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(fields) => self.map(fields),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_replaced_wherever_they_stand_and_in_any_case() {
        let old = "aaaaaaaa-0000-4000-8000-000000000001";
        let rewrites = Rewrites(vec![(old.to_owned(), "new".to_owned())]);
        let text = format!("/subscriptions/{}/x/{old}", old.to_uppercase());
        assert_eq!(rewrites.text(&text).as_deref(), Some("/subscriptions/new/x/new"));
        assert_eq!(rewrites.text("/subscriptions/other/aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), None);
    }
}
