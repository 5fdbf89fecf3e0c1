//! Prune: from what Azure answered to what can be sent.
//!
//! Where the table of types knows a type, it decides: what is read-only or not in the type goes, names
//! and enumerated values are spelled as the type does, what is required stays even when it is empty.
//! Where it does not, general rules decide: names that ARM computes (`prune.tsv`, and what the table
//! calls read-only nearly everywhere) go where a service writes them, directly in the properties of the resource or of one
//! in it. Everywhere gone are: the envelope (`id`, `name`, `type`, `systemData`), back-references that other resources
//! tell, ids and types of nested objects below the resource itself, and objects of which that leaves nothing.
//!
//! # What people wrote stays
//! What the type leaves open (policy rules, workflows, templates), a variant that nobody published, and a type that the
//! table lacks are people's: all stays, null and empty too. Of what the type knows, null and empty go, but for:
//! - entries of maps whose keys people choose, and the map itself (of tags, a null goes: it can only be a text);
//! - what is below an item of a list, unless the item is a resource of its own, which the service fills up; items keep
//!   their places, as `{}` when nothing is left;
//! - what the type requires, or gives a minimum of no letters;
//! - entries of `userAssignedIdentities`, as `{}`.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    ownership,
    prune_rules::{self as rules, is_empty},
    unseen::{Missing, Unseen, unseen},
};
use crate::{
    arm,
    graph::{model::Node, rules::begins_back_reference},
    iac::{
        model::term::{Step, spell},
        types::{self, Shape},
    },
};

/// How deep required objects that were never returned are made.
const DEEPEST_MADE: usize = 4;

/// What is left of a body, and what became of the rest.
#[derive(Debug, Default)]
pub struct Pruned {
    pub body: Map<String, Value>,
    /// Paths that went, but for what was null or empty.
    pub paths: Vec<String>,
    /// Paths whose name or value the type spells otherwise than Azure did.
    pub respelled: Vec<String>,
    /// Paths of values that are none of their type's: Azure returned them so.
    pub against: Vec<String>,
    /// What a PUT must have and the body has not.
    pub missing: Vec<Missing>,
    /// Paths of words that the type wants spelled otherwise than Azure returns them, or that Azure does not
    /// return: an import that compares to the letter can't hold them.
    pub reworded: Vec<String>,
    /// Paths of words that the type enumerates, and of those that tell its variants apart: none of them is a secret.
    pub words: HashSet<String>,
    /// Paths of what the type marks as a secret.
    pub marked: HashSet<String>,
    /// Paths of what Azure never returns and somebody may have set.
    pub unseen: Vec<String>,
}

/// What to do with a spelling that is not the type's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Take the type's.
    Correct,
    /// An import is to come out without a change: drop names that are not required.
    Import,
}

/// The part of a body that can be sent. `known` is what the table says of the node's type.
pub fn prune(node: &Node, known: Option<&types::Type>, spelling: Spelling) -> Pruned {
    let mut walk = Walk {
        key: &node.key,
        type_name: &node.type_name,
        is_child: is_child(&node.type_name),
        spelling,
        of_people: 0,
        of_service: false,
        out: Pruned::default(),
    };
    if let Value::Object(body) = &node.body {
        let shape = known.map(|known| known.shape.clone());
        let mut kept = walk.top(body, shape.as_ref());
        rules::special(node, &mut kept, &mut walk.out.paths);
        if let Some(shape) = &shape {
            walk.require(&mut kept, &shape.of(body), &mut Vec::new(), DEEPEST_MADE);
            let Unseen { asked, told } = unseen(&node.type_name, &node.body, &mut kept, shape);
            let is_new = |new: &Missing| walk.out.missing.iter().all(|known| known.path != new.path);
            let asked: Vec<Missing> = asked.into_iter().filter(is_new).collect();
            walk.out.missing.extend(asked);
            walk.out.unseen = told;
        }
        walk.out.body = kept;
    }
    walk.out
}

/// Whether a type is that of resources in another one.
fn is_child(type_name: &str) -> bool {
    type_name.matches('/').count() > 1
}

/// The body alone, as an import of it wants it.
pub fn body(node: &Node) -> Map<String, Value> {
    let name = node.id.rsplit('/').next().unwrap_or_default();
    let known = types::find(&node.type_name, &node.api_version, name).writable();
    prune(node, known.as_ref(), Spelling::Import).body
}

struct Walk<'a> {
    key: &'a str,
    type_name: &'a str,
    is_child: bool,
    spelling: Spelling,
    /// How many items of lists that people wrote are around.
    of_people: usize,
    /// Whether these are the properties of a resource: where no type is known, names that ARM computes are its there.
    of_service: bool,
    out: Pruned,
}

impl Walk<'_> {
    fn top(&mut self, body: &Map<String, Value>, shape: Option<&Shape>) -> Map<String, Value> {
        let mut kept = Map::new();
        let shape = shape.map(|shape| shape.of(body));
        for (name, value) in body {
            let is_etag = name.eq_ignore_ascii_case("etag") && !is_required(shape.as_ref(), name);
            let is_envelope = rules::is_envelope(name) || is_etag;
            if is_envelope || (shape.is_none() && !rules::stands_outside(name, body, self.is_child)) {
                if !is_empty(value) && !rules::is_envelope(name) {
                    self.out.paths.push(name.clone());
                }
                continue;
            }
            let Some(shape) = &shape else {
                let value = match name.as_str() {
                    "tags" => rules::tags(value),
                    "identity" => rules::identity(value),
                    "properties" => self.properties(name, value, None),
                    _ => Some(value).filter(|value| !is_empty(value)).and_then(|value| self.value(name, value, None)),
                };
                kept.extend(value.map(|value| (name.clone(), value)));
                continue;
            };
            self.field(&mut kept, "", shape, body, name, value);
        }
        kept
    }

    /// What stays of the properties of a resource.
    fn properties(&mut self, path: &str, value: &Value, shape: Option<&Shape>) -> Option<Value> {
        let before = std::mem::replace(&mut self.of_service, true);
        let kept = self.value(path, value, shape);
        self.of_service = before;
        kept
    }

    /// What stays of a value; `None`: nothing.
    fn value(&mut self, path: &str, value: &Value, shape: Option<&Shape>) -> Option<Value> {
        if shape.is_some_and(Shape::is_open) && !is_services(path) {
            // Open content is people's: nothing in it is envelope, and empty is a value there.
            return Some(value.clone());
        }
        let shape = shape.filter(|shape| !shape.is_open());
        let is_peoples = shape.is_none() || self.of_people > 0;
        match value {
            Value::Object(fields) => self.object(path, fields, shape),
            Value::Array(items) if items.is_empty() => is_peoples.then(|| value.clone()),
            Value::Array(items) => {
                let of_items = shape.and_then(Shape::items);
                let mut kept = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    let is_own = item.get("id").is_some_and(|id| self.is_below(id));
                    self.of_people += usize::from(!is_own);
                    kept.push(self.value(&format!("{path}[{index}]"), item, of_items.as_ref()));
                    self.of_people -= usize::from(!is_own);
                }
                // Lists are compared by position: an item that is empty, or of which nothing is left, keeps its place.
                let hollow = |item: &Value| if item.is_object() { Value::Object(Map::new()) } else { item.clone() };
                let is_any = kept.iter().any(Option::is_some) || items.iter().any(|item| !item.is_object());
                let kept = kept.into_iter().zip(items);
                is_any.then(|| kept.map(|(kept, item)| kept.unwrap_or_else(|| hollow(item))).collect())
            }
            Value::Null => shape.is_none().then_some(Value::Null),
            Value::String(text) if text.is_empty() => {
                (is_peoples || shape.is_some_and(Shape::takes_empty)).then(|| value.clone())
            }
            other => Some(other.clone()),
        }
    }

    fn object(&mut self, path: &str, fields: &Map<String, Value>, shape: Option<&Shape>) -> Option<Value> {
        let is_identities = path == "identity.userAssignedIdentities"
            || (shape.is_some() && path.ends_with(".identity.userAssignedIdentities"));
        if is_identities {
            let entries = fields.keys().map(|id| (id.clone(), Value::Object(Map::new())));
            return (!fields.is_empty()).then(|| Value::Object(entries.collect()));
        }
        if fields.is_empty() {
            let is_map = shape.is_some_and(Shape::is_map) && path != "tags";
            return (shape.is_none() || is_map || self.of_people > 0).then(|| Value::Object(Map::new()));
        }
        if let Some(by) = shape.and_then(Shape::told_apart_by) {
            self.out.words.insert(format!("{path}.{by}"));
        }
        if let Some(shape) = shape.filter(|shape| path.contains('.') && shape.is_of_unknown_case(fields)) {
            return Some(Value::Object(self.unpublished(path, fields, shape)));
        }
        let shape = shape.map(|shape| shape.of(fields));
        let is_nested = fields.len() > 1 && fields.get("id").is_some_and(|id| self.is_below(id));
        let of_service = std::mem::replace(&mut self.of_service, false) || is_nested;
        let mut kept = Map::new();
        for (name, value) in fields {
            let below = format!("{path}.{name}");
            let is_envelope = is_nested
                && matches!(name.as_str(), "id" | "type" | "etag" | "resourceGroup")
                && !is_required(shape.as_ref(), name);
            let is_told = ownership::is_apart(name) || begins_back_reference(self.type_name, &below);
            if is_envelope || is_told {
                self.gone(below, value);
                continue;
            }
            let is_computed = || of_service && (rules::is_computed(name) || (name == "etag" && value.is_string()));
            self.of_service = is_nested && name == "properties";
            match &shape {
                Some(shape) => self.field(&mut kept, path, shape, fields, name, value),
                None if is_computed() => self.gone(below, value),
                None => kept.extend(self.value(&below, value, None).map(|value| (name.clone(), value))),
            }
            self.of_service = false;
        }
        (!kept.is_empty()).then_some(Value::Object(kept))
    }

    /// An object of a variant that nobody published: only what all variants have is known.
    fn unpublished(&mut self, path: &str, fields: &Map<String, Value>, shape: &Shape) -> Map<String, Value> {
        let by = shape.told_apart_by().unwrap_or_default();
        self.out.against.push(format!("{path}.{by}"));
        let mut kept = Map::new();
        for (name, value) in fields {
            match shape.prop(name) {
                Some(prop) if prop.is_read_only => self.gone(format!("{path}.{name}"), value),
                _ => kept.extend([(name.clone(), value.clone())]),
            }
        }
        kept
    }

    /// One field of an object of a known shape.
    fn field(
        &mut self,
        kept: &mut Map<String, Value>,
        path: &str,
        shape: &Shape,
        fields: &Map<String, Value>,
        name: &str,
        value: &Value,
    ) {
        let below = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let Some(prop) = shape.prop(name) else {
            if shape.is_map() {
                kept.extend(self.entry(&below, value, shape.more().as_ref()).map(|value| (name.to_owned(), value)));
            } else if shape.is_sure() || rules::is_computed(name) {
                self.gone(below, value);
            } else {
                // A newer version than any that the table has: the property may be new.
                if !is_empty(value) {
                    self.out.against.push(below.clone());
                }
                kept.extend(self.value(&below, value, None).map(|value| (name.to_owned(), value)));
            }
            return;
        };
        // Who an identity is, and what tells of a resource's life, is nobody's input, though a type may let people say it.
        let is_who = path == "identity" && matches!(name, "principalId" | "tenantId");
        if is_who || prop.is_read_only || (!prop.is_required && !path.is_empty() && rules::is_of_its_life(name)) {
            return self.gone(below, value);
        }
        if prop.is_secret {
            self.out.marked.insert(below.clone());
        }
        let mut out = match path {
            "" if name == "properties" => self.properties(&below, value, Some(&prop.shape)),
            _ => self.value(&below, value, Some(&prop.shape)),
        };
        if out.is_none() && prop.is_required && !value.is_null() {
            out = Some(match value {
                Value::Object(_) => Value::Object(Map::new()),
                Value::Array(_) => Value::Array(Vec::new()),
                other => other.clone(),
            });
        }
        let Some(mut out) = out else { return };
        let cased = || shape.discriminator(fields).filter(|(by, _)| *by == name).map(|(_, value)| value);
        self.spell(&mut out, &below, &prop.shape, cased);
        if prop.name != name {
            if fields.contains_key(prop.name) {
                return;
            }
            if self.spelling == Spelling::Import && !prop.is_required {
                return self.gone(below, value);
            }
            self.out.respelled.push(below);
        }
        kept.insert(prop.name.to_owned(), out);
    }

    /// Spells a value as its type does; `cased` is what the type calls it where it is a discriminator.
    fn spell(&mut self, out: &mut Value, path: &str, shape: &Shape, cased: impl Fn() -> Option<&'static str>) {
        if !shape.takes(out) {
            // A word that came as a flag: `true` for `"true"`.
            let word = out.as_bool().map(|flag| flag.to_string()).filter(|word| shape.is_word(word));
            match word {
                Some(word) if self.spelling == Spelling::Correct => {
                    *out = Value::String(shape.spelling(&word).map_or(word, str::to_owned));
                    self.out.respelled.push(path.to_owned());
                }
                _ => self.out.against.push(path.to_owned()),
            }
        }
        let Some(text) = out.as_str() else { return };
        if shape.is_word(text) {
            self.out.words.insert(path.to_owned());
        }
        let wanted = cased().or_else(|| shape.spelling(text)).filter(|wanted| *wanted != text);
        if let Some(wanted) = wanted {
            self.out.reworded.push(path.to_owned());
            self.out.respelled.push(path.to_owned());
            *out = Value::String(wanted.to_owned());
        }
    }

    /// An entry of a map: its key is a person's word, so it stays when nothing is left of its value.
    fn entry(&mut self, path: &str, value: &Value, shape: Option<&Shape>) -> Option<Value> {
        let kept = self.value(path, value, shape);
        kept.or_else(|| match value {
            Value::Object(_) => Some(Value::Object(Map::new())),
            Value::Array(_) => Some(Value::Array(Vec::new())),
            Value::String(_) => Some(value.clone()),
            _ => None,
        })
    }

    fn gone(&mut self, path: String, value: &Value) {
        if !is_empty(value) {
            self.out.paths.push(path);
        }
    }

    /// Finds what the type requires and the body lacks; makes constants and empty containers.
    fn require(&mut self, fields: &mut Map<String, Value>, shape: &Shape, path: &mut Vec<Step>, depth: usize) {
        let mut required = shape.required();
        if path.is_empty() && !fields.contains_key("properties") {
            // An SDK that flattens says only of what is inside that it has to be there.
            let properties = shape.prop("properties").filter(|prop| !prop.is_read_only && !prop.is_required);
            let is_needed = |prop: &types::Prop| !prop.shape.of(&Map::new()).required().is_empty();
            required.extend(properties.filter(is_needed));
        }
        let mut made_here = Vec::new();
        for prop in required {
            // Said beside the body, and `type` and `id` of the resource itself by the language.
            let is_beside = path.is_empty() && matches!(prop.name, "name" | "type" | "id");
            if is_beside || prop.shape.is_open() && path.is_empty() {
                continue;
            }
            if fields.get(prop.name).is_some_and(|value| !value.is_null()) || depth == 0 {
                continue;
            }
            let step = Step::Field(prop.name.to_owned());
            if let Some(word) = prop.shape.default_word() {
                path.push(step);
                self.out.reworded.push(spell(path));
                path.pop();
                fields.insert(prop.name.to_owned(), Value::String(word.to_owned()));
            } else if prop.shape.is_list() {
                fields.insert(prop.name.to_owned(), Value::Array(Vec::new()));
            } else if let Some(leaf) = prop.shape.leaf() {
                let path = path.iter().cloned().chain([step]).collect();
                self.out.missing.push(Missing { path, leaf, is_unseen: false });
            } else {
                let mut made = Map::new();
                path.push(step);
                self.require(&mut made, &prop.shape.of(&Map::new()), path, depth - 1);
                path.pop();
                made_here.push(prop.name);
                fields.insert(prop.name.to_owned(), Value::Object(made));
            }
        }
        for (name, value) in fields.iter_mut().filter(|(name, _)| !made_here.contains(&name.as_str())) {
            let below = match shape.prop(name) {
                Some(prop) => Some(prop.shape),
                None => shape.more(),
            };
            let Some(below) = below else { continue };
            path.push(Step::Field(name.clone()));
            self.require_below(value, &below, path, depth);
            path.pop();
        }
    }

    fn require_below(&mut self, value: &mut Value, shape: &Shape, path: &mut Vec<Step>, depth: usize) {
        match value {
            Value::Object(fields) => {
                let shape = shape.of(fields);
                self.require(fields, &shape, path, depth);
            }
            Value::Array(items) => {
                let Some(of_items) = shape.items() else { return };
                for (index, item) in items.iter_mut().enumerate() {
                    path.push(Step::Index(index));
                    self.require_below(item, &of_items, path, depth);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn is_below(&self, id: &Value) -> bool {
        id.as_str().is_some_and(|id| {
            let id = arm::key(id);
            id.strip_prefix(self.key).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// Where a service writes too, though the type leaves it open: all of the properties, and identities.
fn is_services(path: &str) -> bool {
    path == "properties" || path == "identity" || path.starts_with("identity.")
}

fn is_required(shape: Option<&Shape>, name: &str) -> bool {
    shape.and_then(|shape| shape.prop(name)).is_some_and(|prop| prop.is_required)
}
