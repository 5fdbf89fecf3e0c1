//! A value of a text as its slot's type wants it: yes as true, one for a list as a list of one, a name as a reference.

use serde_json::{Map, Number, Value};

use super::{images, slot::joined};
use crate::{
    arm::looks_like_id,
    iac::types::{Leaf, Shape},
    spec::{
        catalogue::Entry,
        finding::Findings,
        node::{Key, Kind, Node, Spelled},
        place::Place,
        read::as_bool,
        text::{MAIN, TITLE},
        words::bare,
    },
};

/// A place in a body that names another resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::spec) struct Mention {
    /// Its path in the body.
    pub path: String,
    pub text: String,
    pub place: Place,
    /// Its slot takes nothing but an id.
    pub is_sure: bool,
    /// It is a reference only to what its slot is called after.
    pub is_literal: bool,
}

impl Mention {
    /// Of a slot that takes nothing but an id.
    pub(in crate::spec) fn sure(path: impl Into<String>, text: impl Into<String>, place: Place) -> Self {
        Self { path: path.into(), text: text.into(), place, is_sure: true, is_literal: false }
    }
}

/// What values are read for.
pub(super) struct Reader<'r> {
    pub entry: Option<&'static Entry>,
    pub findings: &'r mut Findings,
    /// Where errors are: the resource's path in the specification.
    pub at: String,
    pub mentions: Vec<Mention>,
    /// Places of the values in the text, by path in the body.
    pub places: Vec<(String, Place)>,
}

impl Reader<'_> {
    /// The value for a slot. `shape`: what its type says; none: it says nothing.
    pub(super) fn value(&mut self, node: &Node, shape: Option<&Shape>, path: &str) -> Value {
        self.places.push((path.to_owned(), node.place));
        let Some(shape) = shape.filter(|shape| !shape.is_open()) else { return self.untyped(node, path) };
        if matches!(node.value, Kind::Secret(_) | Kind::Null) {
            return node.json();
        }
        if shape.is_list() {
            return self.list(node, shape, path);
        }
        match shape.leaf() {
            Some(Leaf::Bool) => self.flag(node, path),
            Some(Leaf::Number) => self.number(node, path),
            Some(Leaf::Text) => self.text(node, shape, path),
            Some(Leaf::Any) => self.untyped(node, path),
            None => self.object(node, shape, path),
        }
    }

    fn untyped(&mut self, node: &Node, path: &str) -> Value {
        match &node.value {
            Kind::Map(fields) => {
                let of = |(key, value): &(Key, Node)| {
                    let name = plain_key(&key.text);
                    (name.to_owned(), self.untyped(value, &joined(path, name)))
                };
                Value::Object(fields.iter().map(of).collect())
            }
            Kind::List(items) => {
                let of = |(at, item): (usize, &Node)| self.untyped(item, &format!("{path}[{at}]"));
                Value::Array(items.iter().enumerate().map(of).collect())
            }
            _ => {
                self.places.push((path.to_owned(), node.place));
                node.json()
            }
        }
    }

    fn error(&mut self, path: &str, place: Place, message: String) {
        let at = joined(&self.at, path);
        self.findings.error(at, place, message);
    }

    fn flag(&mut self, node: &Node, path: &str) -> Value {
        match &node.value {
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Text { text, spelled: Spelled::Plain } if as_bool(text).is_some() => {
                Value::Bool(as_bool(text) == Some(true))
            }
            Kind::Text { text, .. } if matches!(text.as_str(), "true" | "false") => Value::Bool(text == "true"),
            _ => {
                self.error(path, node.place, format!("expected yes or no, not {}", shown(node)));
                node.json()
            }
        }
    }

    fn number(&mut self, node: &Node, path: &str) -> Value {
        match &node.value {
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text { text, .. } => {
                if let Some(number) = number(text) {
                    Value::Number(number)
                } else {
                    self.error(path, node.place, format!("expected a number, not {}", shown(node)));
                    node.json()
                }
            }
            _ => {
                self.error(path, node.place, format!("expected a number, not {}", node.describe()));
                node.json()
            }
        }
    }

    fn text(&mut self, node: &Node, shape: &Shape, path: &str) -> Value {
        let Some(text) = node.word() else {
            if let Some(only) = single(node) {
                return self.text(only, shape, path);
            }
            self.error(path, node.place, format!("expected a text, not {}", node.describe()));
            return node.json();
        };
        if let Some((words, is_open)) = shape.words() {
            if let Some(word) = Self::word(node, &text, words) {
                return Value::String(word);
            }
            if !is_open && !words.is_empty() {
                let expected = words.join(", ");
                let message = format!("{} is not what its type publishes: {expected}", shown(node));
                self.findings.warn(node.place, message);
            }
        }
        if !matches!(node.value, Kind::Text { .. }) {
            return Value::String(text);
        }
        let name = path.rsplit('.').next().unwrap_or_default();
        if names_an_id(name) && !looks_like_id(&text) {
            self.mentions.push(Mention {
                path: path.to_owned(),
                text: text.clone(),
                place: node.place,
                is_sure: name == "id",
                is_literal: matches!(node.value, Kind::Text { spelled: Spelled::Literal, .. }),
            });
        }
        node.json()
    }

    /// One of the words that a type enumerates, in whatever spelling.
    fn word(node: &Node, text: &str, words: &[String]) -> Option<String> {
        let exact = words.iter().find(|word| *word == text);
        if let Some(word) = exact.or_else(|| words.iter().find(|word| word.eq_ignore_ascii_case(text))) {
            return Some(word.clone());
        }
        if matches!(node.value, Kind::Text { spelled: Spelled::Quoted | Spelled::Literal, .. }) {
            return None;
        }
        let plain = bare(text);
        if let Some(word) = words.iter().find(|word| bare(word) == plain && !plain.is_empty()) {
            return Some(word.clone());
        }
        // `public access: no` where the type has Enabled and Disabled.
        let flag = match &node.value {
            Kind::Bool(flag) => Some(*flag),
            _ => as_bool(text),
        }?;
        let wanted = if flag { ["enabled", "on", "true"] } else { ["disabled", "off", "false"] };
        words.iter().find(|word| wanted.contains(&word.to_lowercase().as_str())).cloned()
    }

    fn list(&mut self, node: &Node, shape: &Shape, path: &str) -> Value {
        let items = shape.items();
        let is_of_objects = items.as_ref().is_some_and(|items| items.leaf().is_none() && !items.is_open());
        let nodes: Vec<Node> = match &node.value {
            Kind::List(nodes) if is_of_objects => {
                let named = |node: &Node| match &node.value {
                    Kind::Map(fields) => Self::entries(fields, items.as_ref(), node.place),
                    _ => vec![node.clone()],
                };
                nodes.iter().flat_map(named).collect()
            }
            Kind::List(nodes) => nodes.iter().flat_map(split).collect(),
            Kind::Text { .. } => split(node),
            Kind::Map(fields) if is_of_objects => Self::entries(fields, items.as_ref(), node.place),
            _ => vec![node.clone()],
        };
        let of = |(at, node): (usize, &Node)| self.value(node, items.as_ref(), &format!("{path}[{at}]"));
        Value::Array(nodes.iter().enumerate().map(of).collect())
    }

    /// An object for a list of objects: one item of it, or several by their names.
    fn entries(fields: &[(Key, Node)], items: Option<&Shape>, place: Place) -> Vec<Node> {
        let one = || vec![Node::map(fields.to_vec(), place)];
        let Some(items) = items else { return one() };
        let inner = items.prop("properties").map(|prop| prop.shape);
        let is_known = |key: &Key| {
            matches!(key.text.as_str(), TITLE | MAIN)
                || prop_of(items, &key.text).is_some()
                || inner.as_ref().is_some_and(|inner| prop_of(inner, &key.text).is_some())
        };
        if fields.iter().any(|(key, _)| is_known(key)) || items.prop("name").is_none() {
            return one();
        }
        fields
            .iter()
            .map(|(key, node)| {
                let mut inner = vec![(Key::new("name", key.place), Node::exact(key.text.as_str(), key.place))];
                match &node.value {
                    Kind::Map(more) => inner.extend(more.iter().cloned()),
                    Kind::Null => {}
                    _ => inner.push((Key::new(MAIN, node.place), node.clone())),
                }
                Node::map(inner, key.place)
            })
            .collect()
    }

    fn object(&mut self, node: &Node, shape: &Shape, path: &str) -> Value {
        match &node.value {
            Kind::Map(fields) => self.fields(fields, shape, path),
            Kind::List(_) if single(node).is_some() => self.object(single(node).unwrap_or(node), shape, path),
            Kind::List(items) if items.iter().all(|item| item.fields().is_some()) => {
                let fields: Vec<(Key, Node)> = items.iter().filter_map(Node::fields).flatten().cloned().collect();
                self.fields(&fields, shape, path)
            }
            Kind::Text { text, .. } => self.short(node, text, shape, path),
            _ => {
                self.error(path, node.place, format!("expected an object, not {}", node.describe()));
                node.json()
            }
        }
    }

    /// A text for an object: a name of one, a reference to one, `a=b, c=d`.
    fn short(&mut self, node: &Node, text: &str, shape: &Shape, path: &str) -> Value {
        let name = path.rsplit('.').next().unwrap_or_default();
        if bare(name) == "imagereference"
            && let Some(image) = images::of(text)
        {
            return image;
        }
        let list = path.rsplit_once('[').map(|(list, _)| list.rsplit('.').next().unwrap_or(list));
        if list.and_then(|list| self.entry.and_then(|entry| entry.main(list))).is_some()
            && !(list.is_none() && shape.names().contains("id"))
            && shape.prop("name").is_some()
        {
            // A short entry of a list is its name.
            let key = Key::new("name", node.place);
            return self.fields(&[(key, node.clone())], shape, path);
        }
        if shape.prop("id").is_some_and(|prop| !prop.is_read_only) {
            let mut out = Map::new();
            out.insert("id".to_owned(), node.json());
            self.places.push((joined(path, "id"), node.place));
            if !looks_like_id(text) {
                let path = joined(path, "id");
                self.mentions.push(Mention::sure(path, text, node.place));
            }
            return Value::Object(out);
        }
        if text.contains('=') {
            let pairs: Option<Vec<(Key, Node)>> = text
                .split([',', ';'])
                .map(|part| {
                    part.split_once('=')
                        .map(|(name, value)| (Key::new(name.trim(), node.place), Node::plain(value.trim(), node.place)))
                })
                .collect();
            if let Some(pairs) = pairs {
                return self.fields(&pairs, shape, path);
            }
        }
        if shape.prop("name").is_some() {
            let key = Key::new("name", node.place);
            return self.fields(&[(key, node.clone())], shape, path);
        }
        self.error(path, node.place, format!("expected an object, not {}", shown(node)));
        node.json()
    }

    /// The fields of an object, each in its property.
    pub(super) fn fields(&mut self, fields: &[(Key, Node)], shape: &Shape, path: &str) -> Value {
        let plain: Map<String, Value> = fields.iter().map(|(key, node)| (key.text.clone(), node.json())).collect();
        let shape = shape.of(&plain);
        let inner = shape.prop("properties").map(|prop| prop.shape.of(&plain));
        let mut out = Map::new();
        for (key, node) in fields {
            let name = plain_key(&key.text);
            if key.text == MAIN {
                self.main(&mut out, node, &shape, path);
            } else if let Some(prop) = prop_of(&shape, name) {
                if prop.is_read_only && !prop.is_required && prop.name != "name" && prop.name != "id" {
                    self.findings
                        .warn(key.place, format!("{} is set by Azure: it was left out", joined(path, prop.name)));
                    continue;
                }
                let value = self.value(node, Some(&prop.shape), &joined(path, prop.name));
                if out.get(prop.name).is_some_and(|known| !known.is_object() && *known != value) {
                    self.error(&joined(path, prop.name), key.place, format!("{} stands twice", prop.name));
                }
                put(&mut out, prop.name, value);
            } else if let Some(prop) = inner.as_ref().and_then(|inner| prop_of(inner, name)) {
                let value = self.value(node, Some(&prop.shape), &joined(path, &format!("properties.{}", prop.name)));
                let below = out.entry("properties").or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(below) = below {
                    put(below, prop.name, value);
                }
            } else if shape.is_map() {
                let value = self.value(node, shape.more().as_ref(), &joined(path, &key.text));
                out.insert(key.text.clone(), value);
            } else if let Some((first, rest)) =
                key.text.split_once('.').filter(|(first, _)| prop_of(&shape, first).is_some())
            {
                let nested = Node::map(vec![(Key::new(rest, key.place), node.clone())], key.place);
                let again = [(Key::new(first, key.place), nested)];
                let Value::Object(more) = self.fields(&again, &shape, path) else { continue };
                for (name, value) in more {
                    merge(out.entry(name).or_insert(Value::Null), value);
                }
            } else if shape.is_sure() && inner.as_ref().is_none_or(Shape::is_sure) {
                let message = format!(
                    "{:?} is no property of {}: it was not read",
                    name,
                    if path.is_empty() { "this type" } else { path }
                );
                self.findings.warn(key.place, message);
            } else {
                let value = self.untyped(node, &joined(path, name));
                out.insert(name.to_owned(), value);
            }
        }
        Value::Object(out)
    }

    /// What a short entry says behind its name.
    fn main(&mut self, out: &mut Map<String, Value>, node: &Node, shape: &Shape, path: &str) {
        let list = path.rsplit_once('[').map_or(path, |(list, _)| list);
        let list = list.rsplit('.').next().unwrap_or(list);
        let main = self.entry.and_then(|entry| entry.main(list)).map(str::to_owned);
        let main = main.or_else(|| prop_of(shape, "value").map(|prop| prop.name.to_owned()));
        let Some(main) = main else {
            self.findings.warn(node.place, format!("{} says no property of {list}: it was not read", shown(node)));
            return;
        };
        let Value::Object(more) = self.fields(&[(Key::new(main.as_str(), node.place), node.clone())], shape, path)
        else {
            return;
        };
        for (name, value) in more {
            merge(out.entry(name).or_insert(Value::Null), value);
        }
    }
}

fn plain_key(key: &str) -> &str {
    if key == TITLE { "name" } else { key }
}

fn put(out: &mut Map<String, Value>, name: &str, value: Value) {
    merge(out.entry(name).or_insert(Value::Null), value);
}

/// Lays a value over another: objects field by field.
pub(super) fn merge(into: &mut Value, value: Value) {
    match (into, value) {
        (Value::Object(into), Value::Object(fields)) => {
            for (name, value) in fields {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, value) => *into = value,
    }
}

/// A property by what people call it.
pub(super) fn prop_of(shape: &Shape, key: &str) -> Option<crate::iac::types::Prop> {
    if let Some(prop) = shape.prop(key) {
        return Some(prop);
    }
    let plain = bare(key);
    if plain.is_empty() {
        return None;
    }
    let names = shape.names();
    let found = names.iter().find(|name| bare(name) == plain);
    // `subnet` for `subnets`, `dns servers` for `dnsServers`.
    let found = found.or_else(|| names.iter().find(|name| bare(name).strip_suffix('s') == Some(plain.as_str())));
    shape.prop(found?)
}

/// Whether a property's name says that its value is another resource's id.
pub(in crate::spec) fn names_an_id(name: &str) -> bool {
    let name = name.split('[').next().unwrap_or(name);
    name == "id"
        || name.ends_with("Id")
        || name.ends_with("ID")
        || name.ends_with("ResourceId")
        || name.ends_with("Ids")
}

fn single(node: &Node) -> Option<&Node> {
    match &node.value {
        Kind::List(items) if items.len() == 1 => items.first(),
        _ => None,
    }
}

/// The items of a text with commas; of anything else one.
fn split(node: &Node) -> Vec<Node> {
    match &node.value {
        Kind::Text { text, spelled: Spelled::Plain } => {
            let parts = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
            parts.map(|part| Node::plain(part, node.place)).collect()
        }
        _ => vec![node.clone()],
    }
}

/// A number as people write it: `1,024`, `32 GB`, `30 days`.
fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    let end =
        text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '_' | '-' | '+'))).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = bare(unit);
    let is_unit = matches!(
        unit.as_str(),
        "" | "gb"
            | "gib"
            | "mb"
            | "mib"
            | "days"
            | "day"
            | "minutes"
            | "seconds"
            | "hours"
            | "nodes"
            | "instances"
            | "units"
    );
    if !is_unit || digits.is_empty() {
        return None;
    }
    let groups: Vec<&str> = digits.split([',', '_']).collect();
    let are_thousands =
        groups.iter().skip(1).all(|group| group.split('.').next().is_some_and(|digits| digits.len() == 3));
    if groups.len() > 1 && !are_thousands {
        return None;
    }
    let plain = groups.concat();
    plain.parse::<i64>().map(Number::from).ok().or_else(|| plain.parse::<f64>().ok().and_then(Number::from_f64))
}

fn shown(node: &Node) -> String {
    match &node.value {
        Kind::Text { text, .. } => format!("{:?}", text.chars().take(80).collect::<String>()),
        _ => node.describe().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in [("1,024", 1024), ("32 GB", 32), ("7", 7), ("1_000_000", 1_000_000), ("-1", -1)] {
            assert_eq!(number(text), Some(expected.into()), "{text}");
        }
        for text in ["", "GB", "1,02", "ten", "1 apple", "10.0.0.0/16"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
