//! What form 2 is gathered into: one thing a heading, a bullet or a row, and the tree of all of them.

use crate::spec::{
    catalogue,
    node::{Key, Node},
    place::Place,
    words::{Of, bare},
};

/// The key of a bullet's own words, which its reader takes apart.
pub(in crate::spec) const TITLE: &str = "\u{0}title";
/// The key of the prose about a thing.
pub(in crate::spec) const PROSE: &str = "\u{0}prose";

/// One thing that a text describes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thing {
    pub of: Of,
    pub place: Place,
    pub fields: Vec<(Key, Node)>,
    pub narrative: Vec<Node>,
}

impl Thing {
    pub(super) fn new(of: Of, place: Place) -> Self {
        Self { of, place, fields: Vec::new(), narrative: Vec::new() }
    }

    pub(super) fn set(&mut self, key: &str, node: Node) {
        self.fields.push((Key::new(key, node.place), node));
    }

    fn word(&self, field: &str) -> Option<String> {
        self.fields.iter().find(|(key, _)| self.of.field(&key.text) == Some(field)).and_then(|(_, node)| node.word())
    }

    fn node(mut self) -> Node {
        if !self.narrative.is_empty() {
            let narrative = Node::list(std::mem::take(&mut self.narrative), self.place);
            self.fields.push((Key::new(PROSE, self.place), narrative));
        }
        Node::map(self.fields, self.place)
    }
}

/// All that a text describes. Numbers are those of the one above.
#[derive(Debug)]
pub(super) struct Things {
    pub tenant: Thing,
    pub subscriptions: Vec<Thing>,
    pub groups: Vec<(Option<usize>, Thing)>,
    pub resources: Vec<(Option<usize>, Thing)>,
    /// Entries of the tenant's other lists.
    pub others: Vec<Thing>,
}

impl Things {
    /// Resources by the number of their group, and those of none.
    fn homes(&mut self) -> (Vec<Vec<Node>>, Vec<Node>) {
        let mut of_group: Vec<Vec<Node>> = vec![Vec::new(); self.groups.len()];
        let mut homeless = Vec::new();
        for (above, resource) in std::mem::take(&mut self.resources) {
            // A row may name its group: it may be in another's table.
            let named = resource.word("resource_group").map(|name| name.to_lowercase());
            let group = match named {
                Some(name) => {
                    let is_it = |(_, group): &&(Option<usize>, Thing)| {
                        group.word("name").is_some_and(|known| known.to_lowercase() == name)
                    };
                    self.groups.iter().find(is_it).and_then(|found| self.groups.iter().position(|group| group == found))
                }
                None => above,
            };
            match group {
                Some(group) => of_group[group].push(resource.node()),
                None => homeless.push(resource.node()),
            }
        }
        (of_group, homeless)
    }

    /// One tree, as a structured block would have it.
    pub(super) fn tree(mut self) -> Node {
        let place = self.tenant.place;
        let (of_group, homeless) = self.homes();
        let mut of_subscription: Vec<Vec<Node>> = vec![Vec::new(); self.subscriptions.len()];
        let mut outside = Vec::new();
        for ((above, mut group), resources) in self.groups.into_iter().zip(of_group) {
            if !resources.is_empty() {
                let place = group.place;
                group.fields.push((Key::new("resources", place), Node::list(resources, place)));
            }
            match above {
                Some(subscription) => of_subscription[subscription].push(group.node()),
                None => outside.push(group.node()),
            }
        }
        let mut subscriptions = Vec::new();
        for (mut subscription, groups) in self.subscriptions.into_iter().zip(of_subscription) {
            if !groups.is_empty() {
                let place = subscription.place;
                subscription.fields.push((Key::new("resource_groups", place), Node::list(groups, place)));
            }
            subscriptions.push(subscription.node());
        }
        let mut tenant = self.tenant;
        let mut add = |list: &str, nodes: Vec<Node>| {
            if !nodes.is_empty() {
                tenant.fields.push((Key::new(list, place), Node::list(nodes, place)));
            }
        };
        add("subscriptions", subscriptions);
        add("resource_groups", outside);
        add("\u{0}homeless", homeless);
        for of in [
            Of::User,
            Of::DirectoryGroup,
            Of::ServicePrincipal,
            Of::ManagedIdentity,
            Of::RoleAssignment,
            Of::Relationship,
            Of::AdminUnit,
            Of::Policy,
        ] {
            let nodes = self.others.iter().filter(|thing| thing.of == of).cloned().map(Thing::node).collect();
            add(of.list(), nodes);
        }
        tenant.node()
    }
}

/// A name and what stands in the brackets at its end: `web (Virtual Machine)`.
pub(in crate::spec) fn named(text: &str) -> (String, Option<String>) {
    let text = text.trim();
    if let Some(rest) = text.strip_suffix(')')
        && let Some(at) = opening(rest)
        && !rest[..at].trim().is_empty()
    {
        return (rest[..at].trim().to_owned(), Some(rest[at + 1..].trim().to_owned()));
    }
    (text.to_owned(), None)
}

/// Where the bracket opens that the text's end closes.
fn opening(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// A resource's name and type, where a text says them: `web (VM)`, `VM: web`, `web: VM`, `web - VM`, `VM web`.
pub(in crate::spec) fn name_and_type(text: &str) -> Option<(String, String)> {
    let (name, bracket) = named(text);
    if let Some(kind) = bracket.as_deref().and_then(catalogue::type_of) {
        return Some((name, kind));
    }
    for mark in [":", " - ", " – ", " — ", " -> ", " → "] {
        if let Some((first, second)) = text.split_once(mark) {
            let (first, second) = (first.trim(), named(second).0);
            if let Some(kind) = catalogue::type_of(first).filter(|_| is_name(&second)) {
                return Some((second, kind));
            }
            if let Some(kind) = catalogue::type_of(&second).filter(|_| is_name(first)) {
                return Some((first.to_owned(), kind));
            }
        }
    }
    let (first, last) = text.rsplit_once(' ')?;
    let kind = catalogue::type_of(first).filter(|_| is_name(last) && !bare(first).is_empty())?;
    Some((last.trim_matches(['"', '`']).to_owned(), kind))
}

/// Whether a text can be a resource's name: a word, or a path of words.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 260 && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_types_are_told_apart_in_either_order() {
        for text in ["web1 (VM)", "VM: web1", "web1: virtual machine", "web1 - VM", "Virtual machine web1"] {
            let found = name_and_type(text).expect(text);
            assert_eq!(found, ("web1".to_owned(), "Microsoft.Compute/virtualMachines".to_owned()), "{text}");
        }
        for text in ["a note about it", "Location: westeurope", "web1 (West Europe)"] {
            assert_eq!(name_and_type(text), None, "{text}");
        }
        assert_eq!(named("Prod (West) (0000)"), ("Prod (West)".to_owned(), Some("0000".to_owned())));
    }
}
