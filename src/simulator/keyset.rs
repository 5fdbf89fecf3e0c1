//! The world in the order of ids, from any id on: what Resource Graph's keyset paging needs, and counts.

use std::{collections::BTreeMap, ops::Bound};

use super::{generated::KINDS, world::World};
use crate::arm::{self, ResourceId};

impl World {
    /// Top-level resources with an id above `last`, in the order of keys, in the given subscriptions
    /// (lower-cased, sorted): their texts, until `enough` says so. `groups`: resource groups instead.
    pub(super) fn ordered(
        &self,
        subscriptions: &[String],
        last: &str,
        groups: bool,
        mut enough: impl FnMut(&str, &str) -> bool,
    ) {
        for subscription in subscriptions {
            let prefix = format!("/subscriptions/{subscription}/");
            if prefix.as_str() < last && !last.starts_with(&prefix) {
                continue;
            }
            let begin = if last.starts_with(&prefix) {
                Bound::Excluded(last.to_owned())
            } else {
                Bound::Included(prefix.clone())
            };
            let mut stored = self
                .resources
                .range((begin, Bound::Unbounded))
                .take_while(|(key, _)| key.starts_with(&prefix))
                .filter(|(_, stored)| if groups { stored.parsed.segments.is_empty() } else { stored.listed })
                .peekable();
            let mut made = self.generated_after(&prefix, last, groups).peekable();
            loop {
                let from_made = match (stored.peek(), made.peek()) {
                    (None, None) => break,
                    (Some((key, _)), Some((other, _))) => other < *key,
                    (None, Some(_)) => true,
                    (Some(_), None) => false,
                };
                let done = if from_made {
                    made.next().is_some_and(|(key, text)| enough(&key, &text))
                } else {
                    stored.next().is_some_and(|(key, stored)| enough(key, &stored.text))
                };
                if done {
                    return;
                }
            }
        }
    }

    fn generated_after<'a>(
        &'a self,
        prefix: &str,
        last: &str,
        groups: bool,
    ) -> Box<dyn Iterator<Item = (String, String)> + 'a> {
        let Some(scope) = self.generated.scope(prefix) else { return Box::new(std::iter::empty()) };
        let made = &self.generated;
        let many = if groups { made.groups_of(scope.subscription) } else { made.rows(scope) };
        let key = move |at: u64| {
            arm::key(&if groups {
                made.group_scope(made.group(scope.subscription, at))
            } else {
                made.id(made.row(scope, at))
            })
        };
        // The order of positions is that of the keys.
        let (mut low, mut high) = (0, many);
        while low < high {
            let middle = low.midpoint(high);
            if key(middle).as_str() <= last { low = middle + 1 } else { high = middle }
        }
        let texts = (low..many).map(move |at| {
            let text = if groups {
                made.group_body(made.group(scope.subscription, at))
            } else {
                let mut text = String::with_capacity(1_200);
                made.body(made.row(scope, at), &mut text);
                text
            };
            (key(at), self.rewritten(text))
        });
        Box::new(texts.filter(|(key, _)| self.shadowed.is_empty() || !self.shadowed.contains(key)))
    }

    /// How many top-level resources of each type a subscription has.
    pub(super) fn counts(&self, subscription: &str) -> BTreeMap<String, u64> {
        let prefix = format!("/subscriptions/{subscription}/");
        let mut counts = BTreeMap::new();
        if let Some(scope) = self.generated.scope(&prefix) {
            for kind in KINDS {
                let many = self.generated.count(scope, kind);
                if many > 0 {
                    counts.insert(kind.type_name().to_lowercase(), many);
                }
            }
            for key in self.shadowed.range(prefix.clone()..).take_while(|key| key.starts_with(&prefix)) {
                if let Some(many) = ResourceId::parse(key).and_then(|id| counts.get_mut(&id.type_name().to_lowercase()))
                {
                    *many -= 1;
                }
            }
        }
        let stored = self.resources.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        for (_, stored) in stored.filter(|(_, stored)| stored.listed) {
            *counts.entry(stored.type_name().to_lowercase()).or_insert(0) += 1;
        }
        counts
    }
}
