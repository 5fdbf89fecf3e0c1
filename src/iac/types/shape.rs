//! A place in a body, as the nearest versions of its type see it.

use std::collections::BTreeSet;

use std::collections::BTreeMap;

use serde_json::Value;
use smallvec::{SmallVec, smallvec};

use super::{
    node::{Field, Leaf, Node},
    table::Namespace,
};

/// The nodes of one place; more than one where versions are looked at together.
#[derive(Debug, Clone)]
pub struct Shape {
    namespace: &'static Namespace,
    nodes: Nodes,
    /// Whether what is not known here is not in the type.
    is_sure: bool,
}

/// Nodes by their numbers: nearly always one, or those of two neighbours.
pub(super) type Nodes = SmallVec<[u32; 4]>;

/// A property of an object.
#[derive(Debug, Clone)]
pub struct Prop {
    /// As the type spells it.
    pub name: &'static str,
    pub is_read_only: bool,
    pub is_required: bool,
    /// The type marks it as a secret, or says that no GET tells it.
    pub is_marked: bool,
    /// The type marks it as a secret.
    pub is_secret: bool,
    pub shape: Shape,
}

impl Shape {
    pub(super) const fn new(namespace: &'static Namespace, nodes: Nodes) -> Self {
        Self { namespace, nodes, is_sure: true }
    }

    fn nodes(&self) -> impl Iterator<Item = &'static Node> + use<'_> {
        self.nodes.iter().filter_map(|at| self.namespace.nodes.get(*at as usize))
    }

    fn with(&self, nodes: Nodes) -> Option<Self> {
        (!nodes.is_empty()).then_some(Self { namespace: self.namespace, nodes, is_sure: self.is_sure })
    }

    /// Whether an unknown property of this place is surely not in the type.
    pub fn is_sure(&self) -> bool {
        self.is_sure && self.nodes().all(|node| matches!(node, Node::Object { .. }))
    }

    /// Whether it may be anything.
    pub fn is_open(&self) -> bool {
        self.nodes().any(|node| matches!(node, Node::Leaf(Leaf::Any)))
    }

    /// Whether an object here is one whose keys people choose.
    pub fn is_map(&self) -> bool {
        self.nodes().any(|node| matches!(node, Node::Object { more: Some(_), .. }))
    }

    /// The place for an object with these fields: the case that its discriminator names. `false`
    /// where there are cases and none fits: then nothing is sure.
    pub fn of(&self, fields: &serde_json::Map<String, Value>) -> Self {
        let by = |name: &str| {
            let value = fields.get(name).or_else(|| field(fields, name));
            value.map(|value| value.as_str().unwrap_or_default())
        };
        self.of_kind(by)
    }

    /// The same, with what the object's fields say by their names.
    pub fn of_kind<'f>(&self, by: impl Fn(&str) -> Option<&'f str>) -> Self {
        let mut is_sure = self.is_sure;
        let mut nodes = Nodes::new();
        for at in &self.nodes {
            let Some(Node::Object { cases: Some(cases), .. }) = self.namespace.nodes.get(*at as usize) else {
                nodes.push(*at);
                continue;
            };
            let value = by(&cases.by);
            // What nobody says is the default, where there is one.
            let wanted = value.unwrap_or("Default");
            if let Some((_, case)) = cases.find(wanted) {
                nodes.push(case);
            } else {
                nodes.push(*at);
                nodes.extend(cases.nodes.values().copied());
                is_sure = is_sure && value.is_none();
            }
        }
        Self { namespace: self.namespace, nodes, is_sure }
    }

    /// What spells the value of the discriminator otherwise, and its name.
    pub fn discriminator(&self, fields: &serde_json::Map<String, Value>) -> Option<(&'static str, &'static str)> {
        self.nodes().find_map(|node| {
            let Node::Object { cases: Some(cases), .. } = node else { return None };
            let (spelled, _) = cases.find(fields.get(&cases.by)?.as_str()?)?;
            Some((cases.by.as_str(), spelled))
        })
    }

    /// A property by its name; in another case where there is none of the very spelling.
    pub fn prop(&self, name: &str) -> Option<Prop> {
        let mut found: SmallVec<[(&'static str, Field); 4]> =
            self.nodes().filter_map(|node| node.field(name)).collect();
        if found.is_empty() {
            found.extend(self.nodes().filter_map(|node| node.field_in_any_case(name)));
        }
        let first = found.first()?;
        let is_secret = found.iter().any(|(_, field)| self.is_secret_node(field.node));
        Some(Prop {
            name: first.0,
            is_secret,
            is_marked: is_secret || found.iter().any(|(_, field)| field.is_write_only()),
            is_read_only: found.iter().all(|(_, field)| field.is_read_only()),
            is_required: found.len() == self.nodes.len()
                && found.iter().all(|(_, field)| field.is_required() && !field.is_read_only()),
            shape: self.with(found.iter().map(|(_, field)| field.node).collect())?,
        })
    }

    /// The names of all properties, in order.
    pub fn names(&self) -> BTreeSet<&'static str> {
        let of_node = |node: &'static Node| match node {
            Node::Object { fields, .. } => Some(fields.keys().map(String::as_str)),
            _ => None,
        };
        self.nodes().filter_map(of_node).flatten().collect()
    }

    /// The words that may stand here, and whether others may, too.
    pub fn words(&self) -> Option<(&'static [String], bool)> {
        self.nodes().find_map(|node| match node {
            Node::Enum { words, is_open } => Some((words.as_slice(), *is_open)),
            _ => None,
        })
    }

    fn is_secret_node(&self, at: u32) -> bool {
        match self.namespace.nodes.get(at as usize) {
            Some(Node::Text(rule)) => rule.is_secret,
            Some(Node::Object { is_secret, .. }) => *is_secret,
            _ => false,
        }
    }

    /// Properties that hold secrets, by their mark or because they are `called` so: nobody can read them. Always of
    /// one `called`: what it says is remembered.
    pub fn secrets(&self, called: impl Fn(&str) -> bool) -> Vec<Prop> {
        let mut names: Vec<&str> = Vec::new();
        for node in self.nodes() {
            let Node::Object { fields, secrets, .. } = node else { continue };
            let is_it = |(name, field): &(&String, &Field)| {
                !field.is_read_only() && (self.is_secret_node(field.node) || called(name))
            };
            let found = || fields.iter().filter(is_it).map(|(name, _)| name.clone()).collect();
            names.extend(secrets.get_or_init(found).iter().map(String::as_str));
        }
        names.sort_unstable();
        names.dedup();
        names.into_iter().filter_map(|name| self.prop(name)).filter(|prop| !prop.is_read_only).collect()
    }

    /// Objects in it that a GET may leave out whole, with the secrets in them: an object that holds values which no GET
    /// tells, or which the type marks, and requires nothing else.
    pub fn hidden(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let all = self.nodes().filter_map(|node| match node {
            Node::Object { fields, hidden, .. } => Some(hidden.get_or_init(|| self.hidden_among(fields))),
            _ => None,
        });
        all.flat_map(|all| all.iter()).map(|(object, secret)| (object.as_str(), secret.as_str()))
    }

    fn hidden_among(&self, fields: &BTreeMap<String, Field>) -> Box<[(String, String)]> {
        let mut found = Vec::new();
        for (name, field) in fields.iter().filter(|(_, field)| !field.is_read_only()) {
            let Some(Node::Object { fields: inner, more: None, cases: None, .. }) =
                self.namespace.nodes.get(field.node as usize)
            else {
                continue;
            };
            let is_marked = |field: &Field| field.is_write_only() || self.is_secret_node(field.node);
            let input = || inner.iter().filter(|(_, field)| !field.is_read_only());
            if input().all(|(_, field)| is_marked(field) || !field.is_required()) {
                let secrets = input().filter(|(_, field)| is_marked(field));
                found.extend(secrets.map(|(secret, _)| (name.clone(), secret.clone())));
            }
        }
        found.into()
    }

    /// Whether a discriminator tells variants of it apart and says one that the type does not have: what such an object
    /// holds, nobody published.
    pub fn is_of_unknown_case(&self, fields: &serde_json::Map<String, Value>) -> bool {
        let mut all = self.nodes().peekable();
        let is_unknown = |node: &Node| match node {
            Node::Object { cases: Some(cases), .. } => {
                field(fields, &cases.by).and_then(Value::as_str).is_some_and(|value| cases.find(value).is_none())
            }
            _ => false,
        };
        all.peek().is_some() && all.all(is_unknown)
    }

    /// Whether a discriminator says which variant an object with these fields is.
    pub fn is_case(&self, fields: &serde_json::Map<String, Value>) -> bool {
        self.discriminator(fields).is_some()
    }

    /// The name of the property that tells variants apart.
    pub fn told_apart_by(&self) -> Option<&'static str> {
        self.nodes().find_map(|node| match node {
            Node::Object { cases: Some(cases), .. } => Some(cases.by.as_str()),
            _ => None,
        })
    }

    /// Whether the type says that an empty text is one.
    pub fn takes_empty(&self) -> bool {
        self.nodes().any(|node| matches!(node, Node::Text(rule) if rule.least == Some(0)))
    }

    /// What a PUT must have here.
    pub fn required(&self) -> Vec<Prop> {
        let Some(Node::Object { required, .. }) = self.nodes().next() else { return Vec::new() };
        required.iter().filter_map(|name| self.prop(name)).filter(|prop| prop.is_required).collect()
    }

    /// Whether a text is one of the words that the type enumerates.
    pub fn is_word(&self, value: &str) -> bool {
        self.nodes()
            .any(|node| matches!(node, Node::Enum { words, .. } if words.iter().any(|word| word.eq_ignore_ascii_case(value))))
    }

    /// What a required word is when nobody says it.
    pub fn default_word(&self) -> Option<&'static str> {
        match self.nodes().next() {
            Some(Node::Enum { words, .. }) if words.len() == 1 => words.first().map(String::as_str),
            Some(Node::Enum { words, .. }) => words.iter().find(|word| *word == "Default").map(String::as_str),
            _ => None,
        }
    }

    /// The place of the values of a map.
    pub fn more(&self) -> Option<Self> {
        self.with(
            self.nodes()
                .filter_map(|node| match node {
                    Node::Object { more, .. } => *more,
                    _ => None,
                })
                .collect(),
        )
    }

    /// The place of the items of a list.
    pub fn items(&self) -> Option<Self> {
        self.with(
            self.nodes()
                .filter_map(|node| match node {
                    Node::List(item) => Some(*item),
                    _ => None,
                })
                .collect(),
        )
    }

    /// An enumerated value as the type spells it, where that differs.
    pub fn spelling(&self, value: &str) -> Option<&'static str> {
        let mut found = None;
        for node in self.nodes() {
            let Node::Enum { words, .. } = node else { return None };
            if words.iter().any(|known| known == value) {
                return None;
            }
            found = found.or_else(|| words.iter().find(|known| known.eq_ignore_ascii_case(value)));
        }
        found.map(String::as_str)
    }

    /// What stands here, where it holds no other values.
    pub fn leaf(&self) -> Option<Leaf> {
        match self.nodes().next()? {
            Node::Leaf(leaf) => Some(*leaf),
            Node::Enum { .. } | Node::Text(_) => Some(Leaf::Text),
            Node::Bounded(..) => Some(Leaf::Number),
            _ => None,
        }
    }

    /// Whether a value of this kind can stand here at all. `false`: Azure returned it against its type.
    pub fn takes(&self, value: &Value) -> bool {
        let by = |node: &Node| match (node, value) {
            (_, Value::Null) | (Node::Leaf(Leaf::Any), _) => true,
            (Node::Leaf(Leaf::Text) | Node::Text(_) | Node::Enum { .. }, value) => value.is_string(),
            (Node::Leaf(Leaf::Number), value) => value.is_number(),
            (Node::Bounded(least, greatest), value) => value.as_f64().is_some_and(|number| {
                least.is_none_or(|least| number >= least) && greatest.is_none_or(|greatest| number <= greatest)
            }),
            (Node::Leaf(Leaf::Bool), value) => value.is_boolean(),
            (Node::List(_), value) => value.is_array(),
            (Node::Object { .. }, value) => value.is_object(),
        };
        self.nodes.is_empty() || self.nodes().any(by)
    }

    /// Whether a value keeps every rule that its type has for it: its kind, the words, bounds of its length or size, a
    /// pattern. An object's fields and a list's items are not looked at.
    pub fn fits(&self, value: &Value) -> bool {
        let by = |node: &Node| match (node, value) {
            (Node::Enum { words, is_open: false }, Value::String(text)) => words.contains(text),
            (Node::Text(rule), Value::String(text)) => rule.takes(text),
            _ => true,
        };
        self.takes(value) && (self.nodes.is_empty() || self.nodes().any(by))
    }

    /// The name of what tells the kinds of an object apart, and the kinds by their words; `None`: there are none.
    pub fn cases(&self) -> Option<(&'static str, impl Iterator<Item = (&'static str, Self)>)> {
        let Node::Object { cases: Some(cases), .. } = self.nodes().next()? else { return None };
        let kinds = cases.nodes.iter().filter_map(|(word, node)| Some((word.as_str(), self.with(smallvec![*node])?)));
        Some((cases.by.as_str(), kinds))
    }

    pub fn is_list(&self) -> bool {
        matches!(self.nodes().next(), Some(Node::List(_)))
    }
}

/// What tests make bodies of.
#[cfg(test)]
impl Shape {
    /// All properties.
    pub fn props(&self) -> Vec<Prop> {
        self.names().into_iter().filter_map(|name| self.prop(name)).collect()
    }

    /// The words of an enumeration.
    pub fn any_words(&self) -> Vec<String> {
        match self.nodes().next() {
            Some(Node::Enum { words, .. }) => words.clone(),
            _ => Vec::new(),
        }
    }

    /// The name of the discriminator and one of its values.
    pub fn any_case(&self, number: usize) -> Option<(String, String)> {
        self.nodes().find_map(|node| match node {
            Node::Object { cases: Some(cases), .. } if !cases.nodes.is_empty() => {
                let value = cases.nodes.keys().nth(number % cases.nodes.len())?;
                Some((cases.by.clone(), value.clone()))
            }
            _ => None,
        })
    }
}

fn field<'f>(fields: &'f serde_json::Map<String, Value>, name: &str) -> Option<&'f Value> {
    fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
