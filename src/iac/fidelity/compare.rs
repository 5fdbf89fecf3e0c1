//! What was sent, held against what the code says.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::{
    emitted::{Emitted, PARAMETER},
    figures::Share,
    recorded::{Recorded, Resource},
};
use crate::{
    arm::{self, ResourceId},
    graph::redact::{is_secret_name, is_secret_value, is_value_field, secret_beside},
    iac::types::{self, Shape},
};

/// Beside the body in every language.
const ENVELOPE: [&str; 4] = ["id", "name", "type", "apiVersion"];

/// A share for each type.
pub fn compare(recorded: &Recorded, emitted: &[Emitted]) -> BTreeMap<String, Share> {
    let by_key: HashMap<String, &Emitted> = emitted.iter().map(|resource| (arm::key(&resource.id), resource)).collect();
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for resource in &recorded.resources {
        let share = shares.entry(resource.type_name.clone()).or_default();
        let found = by_key.get(&arm::key(&resource.id)).map(|resource| &resource.body);
        let found = found.or_else(|| nested(resource, &by_key));
        if let Some(Value::Object(put)) = &resource.put {
            let mut walk = Walk { share, type_name: &resource.type_name, is_slot: false };
            for (name, value) in put.iter().filter(|(name, _)| !ENVELOPE.contains(&name.as_str())) {
                let generated = found.and_then(|body| field(body, name));
                walk.sent(name, value, generated, field(&resource.body, name));
            }
        }
    }
    for resource in emitted {
        let share = shares.entry(resource.type_name.clone()).or_default();
        let name = resource.id.rsplit('/').next().unwrap_or_default();
        let known = types::find(&resource.type_name, &resource.api_version, name).writable();
        let mut walk = Walk { share, type_name: &resource.type_name, is_slot: false };
        walk.generated("", &resource.body, known.map(|known| known.shape).as_ref());
    }
    shares
}

/// A child that is written in the body of its parent: the item of its name in the list of its kind.
fn nested<'e>(resource: &Resource, by_key: &HashMap<String, &'e Emitted>) -> Option<&'e Value> {
    let id = ResourceId::parse(&resource.id)?;
    let (kind, name) = id.segments.last()?;
    let mut above = ResourceId::parse(&id.parent())?;
    loop {
        if let Some(parent) = by_key.get(&arm::key(&above.text)) {
            return item_of(&parent.body, kind, name);
        }
        above = ResourceId::parse(&above.parent()).filter(|_| above.is_child())?;
    }
}

fn item_of<'b>(body: &'b Value, kind: &str, name: &str) -> Option<&'b Value> {
    match body {
        Value::Object(fields) => fields.iter().find_map(|(key, value)| {
            let items = value.as_array().filter(|_| key.eq_ignore_ascii_case(kind)).into_iter().flatten();
            let is_it = |item: &&Value| item["name"].as_str().is_some_and(|text| text.eq_ignore_ascii_case(name));
            items.into_iter().find(is_it).or_else(|| item_of(value, kind, name))
        }),
        Value::Array(items) => items.iter().find_map(|item| item_of(item, kind, name)),
        _ => None,
    }
}

struct Walk<'a> {
    share: &'a mut Share,
    type_name: &'a str,
    /// Whether the name beside what is looked at calls it a secret.
    is_slot: bool,
}

impl Walk<'_> {
    fn sent(&mut self, path: &str, put: &Value, generated: Option<&Value>, got: Option<&Value>) {
        match put {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let of = |list: Option<&'_ Value>| counterpart(list, item, index).cloned();
                    self.sent(&format!("{path}[{index}]"), item, of(generated).as_ref(), of(got).as_ref());
                }
            }
            Value::Object(fields) if !fields.is_empty() => {
                let texts = fields.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)));
                let (is_pair, was_slot) = (secret_beside(texts).is_some(), self.is_slot);
                for (name, value) in fields {
                    let (generated, got) =
                        (generated.and_then(|at| field(at, name)), got.and_then(|at| field(at, name)));
                    self.is_slot = was_slot || (is_pair && is_value_field(name));
                    self.sent(&format!("{path}.{name}"), value, generated, got);
                }
                self.is_slot = was_slot;
            }
            // Only the entries of such a map say something by being there.
            Value::Object(_) if !path.contains("userAssignedIdentities") => {}
            value => self.leaf(path, value, generated, got),
        }
    }

    fn leaf(&mut self, path: &str, put: &Value, generated: Option<&Value>, got: Option<&Value>) {
        let is_parameter = generated.is_some_and(|value| value.get(PARAMETER).is_some());
        let name = path.rsplit('.').next().unwrap_or_default();
        let is_secret =
            self.is_slot || is_secret_name(name) || put.as_str().is_some_and(is_secret_value) || got.is_none();
        if got.is_none() && !is_parameter {
            self.share.never_returned += 1;
            return;
        }
        self.share.sent += 1;
        let is_there = match generated {
            Some(_) if is_parameter => is_secret,
            Some(value) => same(put, value) || got.is_some_and(|got| same(got, value)),
            None => false,
        };
        if is_there {
            self.share.present += 1;
        } else {
            self.share.missing.push(format!("{}: {path}", self.type_name));
        }
    }

    fn generated(&mut self, path: &str, value: &Value, shape: Option<&Shape>) {
        match value {
            Value::Object(fields) if fields.contains_key(PARAMETER) => self.share.generated += 1,
            Value::Object(fields) => {
                let shape = shape.filter(|shape| !shape.is_open()).map(|shape| shape.of(fields));
                for (name, value) in fields {
                    let below = format!("{path}.{name}");
                    let prop = shape.as_ref().and_then(|shape| shape.prop(name));
                    let more = shape.as_ref().and_then(Shape::more);
                    let is_unknown =
                        shape.as_ref().is_some_and(|shape| prop.is_none() && !shape.is_map() && shape.is_sure());
                    if is_unknown || prop.as_ref().is_some_and(|prop| prop.is_read_only) {
                        let leaves = leaves(value);
                        self.share.generated += leaves;
                        self.share.computed += leaves;
                        self.share.too_much.push(format!("{}: {below}", self.type_name));
                    } else {
                        self.generated(&below, value, prop.map(|prop| prop.shape).or(more).as_ref());
                    }
                }
            }
            Value::Array(items) => {
                let of_items = shape.and_then(Shape::items);
                for item in items {
                    self.generated(path, item, of_items.as_ref());
                }
            }
            _ => self.share.generated += 1,
        }
    }
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields.values().map(leaves).sum::<usize>().max(1),
        Value::Array(items) => items.iter().map(leaves).sum::<usize>().max(1),
        _ => 1,
    }
}

/// A field in any case; keys that are ids by what they identify.
fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let fields: &Map<String, Value> = value.as_object()?;
    fields.get(name).or_else(|| {
        let is_it =
            |key: &str| key.eq_ignore_ascii_case(name) || (arm::looks_like_id(name) && arm::key(key) == arm::key(name));
        fields.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)
    })
}

/// The item of a list that stands for another: of its name, equal to it, or at its place.
fn counterpart<'v>(list: Option<&'v Value>, item: &Value, index: usize) -> Option<&'v Value> {
    let list = list?.as_array()?;
    if let Some(name) = item.get("name").and_then(Value::as_str) {
        let is_it = |other: &&Value| other["name"].as_str().is_some_and(|other| other.eq_ignore_ascii_case(name));
        return list.iter().find(is_it);
    }
    if item.is_object() || item.is_array() {
        return list.get(index);
    }
    list.iter().find(|other| same(item, other)).or_else(|| list.get(index))
}

/// Whether two values mean the same: ids and places in any spelling, numbers by their value.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => {
            one == other
                || (arm::looks_like_id(one) && arm::key(one) == arm::key(other))
                || one.eq_ignore_ascii_case(other)
                || arm::location_code(one) == arm::location_code(other)
        }
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Object(_), Value::Object(_)) => true,
        (one, other) => one == other,
    }
}
