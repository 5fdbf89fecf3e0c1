//! What form 2 is gathered into while it is read: the things so far, and to which of them comes what follows.

use super::{
    things::{Thing, Things},
    value::as_written,
};
use crate::spec::{
    finding::Findings,
    node::{Key, Kind, Node},
    place::Place,
    words::Of,
};

/// What is below the last heading belongs to this.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum At {
    Tenant,
    Subscription(usize),
    Group(usize),
    Resource(usize),
    /// One entry of a list of the tenant.
    Other(usize),
    /// Entries of such a list.
    List(Of),
    /// A field of a resource, with the name that the heading gives it.
    Field(usize, Key),
    /// Nothing that the model knows.
    Nothing,
}

/// The state of a reading.
pub(super) struct Reader<'f> {
    pub things: Things,
    pub at: At,
    /// The last of each that can hold others.
    pub subscription: Option<usize>,
    pub group: Option<usize>,
    pub resource: Option<usize>,
    pub findings: &'f mut Findings,
}

impl Reader<'_> {
    /// Adds a thing below the last one that can hold it, and goes on with it.
    pub(super) fn put(&mut self, thing: Thing) {
        match thing.of {
            Of::Subscription => {
                self.things.subscriptions.push(thing);
                self.subscription = Some(self.things.subscriptions.len() - 1);
                (self.group, self.resource) = (None, None);
                self.at = At::Subscription(self.things.subscriptions.len() - 1);
            }
            Of::Group => {
                self.things.groups.push((self.subscription, thing));
                self.group = Some(self.things.groups.len() - 1);
                self.resource = None;
                self.at = At::Group(self.things.groups.len() - 1);
            }
            Of::Resource => {
                self.things.resources.push((self.group, thing));
                self.resource = Some(self.things.resources.len() - 1);
                self.at = At::Resource(self.things.resources.len() - 1);
            }
            _ => {
                self.things.others.push(thing);
                self.at = At::Other(self.things.others.len() - 1);
            }
        }
    }

    pub(super) fn resource(&mut self, name: &str, kind: Option<String>, place: Place) {
        let mut thing = Thing::new(Of::Resource, place);
        thing.set("name", as_name(name.trim_matches(['"', '`', '*']), place));
        if let Some(kind) = kind {
            thing.set("type", Node::plain(kind, place));
        }
        self.put(thing);
    }

    pub(super) fn many(&mut self, of: Of) -> At {
        match of {
            Of::Subscription => At::List(of),
            Of::Group => self.subscription.map_or(At::List(of), At::Subscription),
            Of::Resource => self.group.map_or(At::List(of), At::Group),
            of => At::List(of),
        }
    }

    pub(super) fn current(&mut self) -> &mut Thing {
        match self.at {
            At::Subscription(number) => &mut self.things.subscriptions[number],
            At::Group(number) => &mut self.things.groups[number].1,
            At::Resource(number) | At::Field(number, _) => &mut self.things.resources[number].1,
            At::Other(number) => &mut self.things.others[number],
            _ => &mut self.things.tenant,
        }
    }

    pub(super) fn narrative(&mut self, text: &str, place: Place) {
        let text = text.trim();
        if !text.is_empty() {
            self.current().narrative.push(Node::exact(text, place));
        }
    }

    /// Content below the heading of a resource's field.
    pub(super) fn below_field(&mut self, number: usize, key: Key, node: Node) {
        let fields = &mut self.things.resources[number].1.fields;
        let last = fields.iter_mut().rev().find(|(known, _)| known.text == key.text && known.place == key.place);
        match last {
            Some((_, known)) => merge(known, node),
            None => fields.push((key, node)),
        }
    }
}

pub(super) fn as_name(text: impl Into<String>, place: Place) -> Node {
    let text: String = text.into();
    // A name is a text, whatever it looks like; a quoted one means what is quoted.
    match serde_json::from_str::<String>(&text) {
        Ok(quoted) => Node::exact(quoted, place),
        Err(_) => match as_written(&text, place).value {
            Kind::Secret(_) => as_written(&text, place),
            _ => Node::exact(text, place),
        },
    }
}

/// Adds to a list or an object what comes later.
fn merge(known: &mut Node, more: Node) {
    match (&mut known.value, more.value) {
        (Kind::List(items), Kind::List(more)) => items.extend(more),
        (Kind::Map(fields), Kind::Map(more)) => fields.extend(more),
        (Kind::List(items), value) => items.push(Node { place: more.place, value }),
        (first, value) => {
            let old = Node { place: known.place, value: std::mem::replace(first, Kind::Null) };
            *first = Kind::List(vec![old, Node { place: more.place, value }]);
        }
    }
}
