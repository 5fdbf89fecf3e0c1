//! Entries of a list in any of its spellings, and which subscription a word means.

use crate::spec::{
    model::Subscription,
    node::{Key, Kind, Node},
    place::Place,
};

/// The items of a list; of anything else one.
pub(super) fn items(node: Option<Node>) -> Vec<(Place, Node)> {
    match node {
        None => Vec::new(),
        Some(Node { value: Kind::List(items), .. }) => items.into_iter().map(|item| (item.place, item)).collect(),
        // `{rg-app: {location: …}}`: an object by names.
        Some(Node { place, value: Kind::Map(fields) })
            if !fields.is_empty() && fields.iter().all(|(_, node)| node.fields().is_some()) =>
        {
            fields
                .into_iter()
                .map(|(key, mut node)| {
                    if let Kind::Map(inner) = &mut node.value {
                        inner.insert(0, (Key::new("name", key.place), Node::exact(key.text, key.place)));
                    }
                    (place, node)
                })
                .collect()
        }
        Some(node) => vec![(node.place, node)],
    }
}

/// Whether a word is a subscription's name or id.
pub(in crate::spec) fn is_it(subscription: &Subscription, word: &str) -> bool {
    let word = word.trim_start_matches("/subscriptions/");
    subscription.name.eq_ignore_ascii_case(word)
        || subscription.id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(word))
}
