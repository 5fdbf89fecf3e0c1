//! The body of a resource from its fields: each key in the property that it names, then what the type needs and the text
//! leaves open.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    slot::{get, joined, set, steps},
    values::{Mention, Reader, merge, prop_of},
};
use crate::{
    iac::types::{self, Shape},
    spec::{
        catalogue,
        finding::Findings,
        model::{Group, Resource, Word},
        node::{Key, Kind, Node},
        place::Place,
        read::{location, tags, words},
        words::{Of, bare},
    },
};

/// What a resource is written with.
#[derive(Debug, Clone, Default)]
pub(in crate::spec) struct Filled {
    pub body: Map<String, Value>,
    pub mentions: Vec<Mention>,
    /// Paths that the text does not say.
    pub defaults: Vec<String>,
    /// Places of values in the text, by their path.
    pub places: BTreeMap<String, Place>,
    pub narrative: Vec<Word>,
}

/// How deep a property is looked for that is named without what it stands in.
const DEEPEST: usize = 3;

/// Makes the body.
pub(in crate::spec) fn fill(
    resource: &Resource,
    group: &Group,
    api_version: &str,
    tenant: Uuid,
    findings: &mut Findings,
) -> Filled {
    let last = resource.name.rsplit('/').next().unwrap_or_default();
    let known = types::find(&resource.type_name, api_version, last).writable();
    let entry = catalogue::of_type(&resource.type_name);
    let reader = Reader { entry, findings, at: resource.path.clone(), mentions: Vec::new(), places: Vec::new() };
    let shape = known.map(|known| known.shape);
    let mut filler = Filler { resource, shape: shape.as_ref(), reader, out: Filled::default() };
    for (key, node) in &resource.fields {
        filler.field(key, node);
    }
    let mut out = filler.finish();
    defaults(&mut out, resource, group, shape.as_ref(), tenant);
    out
}

struct Filler<'f> {
    resource: &'f Resource,
    shape: Option<&'f Shape>,
    reader: Reader<'f>,
    out: Filled,
}

impl Filler<'_> {
    fn field(&mut self, key: &Key, node: &Node) {
        if let Some(path) = self.reader.entry.and_then(|entry| entry.field(&key.text)).map(str::to_owned) {
            // `sku: {name: …}` is the object that it looks like.
            let is_object =
                node.fields().is_some() && self.shape.is_some_and(|shape| prop_of(shape, &key.text).is_some());
            if !is_object {
                return self.at_path(&path, key, node);
            }
        }
        match Of::Resource.field(&key.text) {
            Some("location") => self.location(key, node),
            Some("tags") => {
                let tags = tags(node, &joined(&self.resource.path, "tags"), self.reader.findings);
                merge(self.out.body.entry("tags").or_insert(Value::Null), Value::Object(tags));
            }
            Some("zones") => {
                let zones = words(node, &joined(&self.resource.path, "zones"), self.reader.findings);
                let zones: Vec<String> = zones.into_iter().map(|word| word.text).collect();
                self.out.body.insert("zones".to_owned(), json!(zones));
            }
            Some("identity") => self.identity(node),
            Some("sku") => self.sku(key, node),
            Some("properties") => self.properties(key, node),
            Some("narrative") => match self.prop("properties").and_then(|shape| prop_of(&shape, &key.text)) {
                Some(prop) => self.at_path(&format!("properties.{}", prop.name), key, node),
                None => self.prose(node),
            },
            _ => self.other(key, node),
        }
    }

    fn prop(&self, name: &str) -> Option<Shape> {
        self.shape.and_then(|shape| shape.of(&self.out.body).prop(name)).map(|prop| prop.shape)
    }

    fn prose(&mut self, node: &Node) {
        if let Kind::List(items) = &node.value {
            for item in items {
                self.prose(item);
            }
        } else {
            let text = node.word().unwrap_or_else(|| node.json().to_string());
            self.out.narrative.push(Word { place: node.place, text });
        }
    }

    fn location(&mut self, key: &Key, node: &Node) {
        match location(node) {
            Some((code, place)) => {
                self.reader.places.push(("location".to_owned(), place));
                self.out.body.insert("location".to_owned(), Value::String(code));
            }
            None => self.reader.findings.error(
                joined(&self.resource.path, "location"),
                key.place,
                "expected a region such as westeurope",
            ),
        }
    }

    /// `system assigned`, the names of identities, or the object itself.
    fn identity(&mut self, node: &Node) {
        let words = match &node.value {
            Kind::Text { .. } | Kind::List(_) => words(node, "identity", self.reader.findings),
            _ => {
                let shape = self.prop("identity");
                let value = self.reader.value(node, shape.as_ref(), "identity");
                for (name, _) in value["userAssignedIdentities"].as_object().into_iter().flatten() {
                    if !crate::arm::looks_like_id(name) {
                        let path = format!("identity.userAssignedIdentities.\u{0}{name}");
                        self.reader.mentions.push(Mention::sure(path, name.as_str(), node.place));
                    }
                }
                merge(self.out.body.entry("identity").or_insert(Value::Null), value);
                return;
            }
        };
        let (mut is_system, mut users) = (false, Vec::new());
        for word in words {
            match bare(&word.text).as_str() {
                "systemassigned"
                | "system"
                | "yes"
                | "systemassignedmanagedidentity"
                | "systemassigneduserassigned"
                | "systemassignedanduserassigned" => is_system = true,
                "userassigned" | "user" | "none" | "no" => {}
                _ => users.push(word),
            }
        }
        let kind = match (is_system, users.is_empty()) {
            (true, true) => "SystemAssigned",
            (true, false) => "SystemAssigned, UserAssigned",
            (false, false) => "UserAssigned",
            (false, true) => "None",
        };
        let mut identity = Map::new();
        identity.insert("type".to_owned(), json!(kind));
        if !users.is_empty() {
            let assigned: Map<String, Value> = users.iter().map(|word| (word.text.clone(), json!({}))).collect();
            identity.insert("userAssignedIdentities".to_owned(), Value::Object(assigned));
            for word in users {
                let path = format!("identity.userAssignedIdentities.\u{0}{}", word.text);
                self.reader.mentions.push(Mention::sure(path, word.text, word.place));
            }
        }
        self.out.body.insert("identity".to_owned(), Value::Object(identity));
    }

    /// `sku: X` is `sku.name`, wherever the type has it.
    fn sku(&mut self, key: &Key, node: &Node) {
        let path = match (self.prop("sku"), self.prop("properties").and_then(|shape| shape.prop("sku"))) {
            (None, Some(_)) => "properties.sku",
            _ => "sku",
        };
        let path = if node.fields().is_some() { path.to_owned() } else { format!("{path}.name") };
        self.at_path(&path, key, node);
    }

    fn properties(&mut self, key: &Key, node: &Node) {
        let Kind::Map(fields) = &node.value else {
            let message = format!("expected an object of properties, not {}", node.describe());
            return self.reader.findings.error(joined(&self.resource.path, "properties"), key.place, message);
        };
        let shape = self.prop("properties");
        let value = match &shape {
            Some(shape) if !shape.is_open() => self.reader.fields(fields, shape, "properties"),
            _ => self.reader.value(node, None, "properties"),
        };
        merge(self.out.body.entry("properties").or_insert(Value::Null), value);
    }

    /// A key that is none of the model's: a property of the type.
    fn other(&mut self, key: &Key, node: &Node) {
        let Some(shape) = self.shape.map(|shape| shape.of(&self.out.body)) else {
            let name = key.text.trim();
            if key.is_loose || name.is_empty() {
                return self.not_read(key, node);
            }
            // Nothing is known of the type: what has the look of a property is one.
            let is_path = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '$'));
            if !is_path {
                return self.not_read(key, node);
            }
            let path = if name == "kind" || name.starts_with("properties.") {
                name.to_owned()
            } else {
                format!("properties.{name}")
            };
            return self.at_path(&path, key, node);
        };
        if let Some(prop) = prop_of(&shape, &key.text).filter(|prop| !matches!(prop.name, "properties" | "name")) {
            return self.at_path(prop.name, key, node);
        }
        let inner = shape.prop("properties").map(|prop| prop.shape);
        if let Some(prop) = inner.as_ref().and_then(|inner| prop_of(inner, &key.text)) {
            return self.at_path(&format!("properties.{}", prop.name), key, node);
        }
        if let Some(path) = dotted(&shape, inner.as_ref(), &key.text) {
            return self.at_path(&path, key, node);
        }
        match inner.as_ref().and_then(|inner| deep(inner, &key.text)) {
            Some(path) => self.at_path(&format!("properties.{path}"), key, node),
            None if inner.as_ref().is_some_and(|inner| inner.is_open() || !inner.is_sure())
                && !key.is_loose
                && !key.text.contains(' ') =>
            {
                let path = format!("properties.{}", key.text.trim());
                self.at_path(&path, key, node);
            }
            None => self.not_read(key, node),
        }
    }

    fn not_read(&mut self, key: &Key, node: &Node) {
        let text = format!("{}: {}", key.text, node.word().unwrap_or_else(|| node.json().to_string()));
        if !key.is_loose {
            let name: String = key.text.chars().take(60).collect();
            let message = format!("{name:?} is no property of {}: it was not read", self.resource.type_name);
            self.reader.findings.warn(key.place, message);
        }
        self.out.narrative.push(Word { place: key.place, text });
    }

    /// Puts a value at a path, as the type at that path wants it.
    fn at_path(&mut self, path: &str, key: &Key, node: &Node) {
        let shape = self.shape.and_then(|shape| below(shape, &self.out.body, path));
        if let Some(name) = shape.as_ref().and_then(|(_, read_only)| read_only.clone()) {
            self.reader.findings.warn(key.place, format!("{name} is set by Azure: it was left out"));
            return;
        }
        let shape = shape.map(|(shape, _)| shape);
        self.named_items(path);
        let value = self.reader.value(node, shape.as_ref(), path);
        let old = get(&self.out.body, path).cloned();
        if old.as_ref().is_some_and(|old| !old.is_object() && !old.is_null() && *old != value) && !self.is_default(path)
        {
            let message = format!("{path} stands twice with different values");
            self.reader.findings.error(joined(&self.resource.path, path), key.place, message);
        }
        let value = match old {
            Some(mut old @ Value::Object(_)) if value.is_object() => {
                merge(&mut old, value);
                old
            }
            _ => value,
        };
        if !set(&mut self.out.body, path, value) {
            let message = format!("{path} stands in something that was given another value before");
            self.reader.findings.error(joined(&self.resource.path, path), key.place, message);
        }
    }

    /// Whether what stands at a path is part of what a default made.
    fn is_default(&self, path: &str) -> bool {
        self.out.defaults.iter().any(|made| path.starts_with(made.as_str()))
    }

    /// An item of a list that a path goes through needs what its kind has: the catalogue's, or a name.
    fn named_items(&mut self, path: &str) {
        let Some((list, rest)) = path.split_once("[0]") else { return };
        if rest.is_empty() || get(&self.out.body, list).is_some() {
            return;
        }
        let default = self.reader.entry.and_then(|entry| entry.defaults.get(list)).cloned();
        let last = self.resource.name.rsplit('/').next().unwrap_or_default();
        let has_name =
            self.shape.and_then(|shape| below(shape, &self.out.body, list)).and_then(|(shape, _)| shape.items());
        let has_name = has_name.is_some_and(|items| items.prop("name").is_some());
        let made = default.unwrap_or_else(|| if has_name { json!([{"name": last}]) } else { json!([{}]) });
        if set(&mut self.out.body, list, made) {
            self.out.defaults.push(list.to_owned());
        }
    }

    fn finish(mut self) -> Filled {
        self.out.mentions = self.reader.mentions;
        self.out.places = self.reader.places.into_iter().collect();
        self.out
    }
}

/// The shape at a path, and the path's name where Azure sets it.
fn below(shape: &Shape, body: &Map<String, Value>, path: &str) -> Option<(Shape, Option<String>)> {
    let mut shape = shape.of(body);
    let mut at = Some(body.clone());
    let mut read_only = None;
    for step in steps(path) {
        match step {
            super::slot::Step::Field(name) => {
                if let Some(fields) = &at {
                    shape = shape.of(fields);
                }
                let prop = prop_of(&shape, &name)?;
                read_only = (prop.is_read_only && !prop.is_required).then(|| path.to_owned());
                at = at.as_ref().and_then(|fields| fields.get(prop.name)).and_then(Value::as_object).cloned();
                shape = prop.shape;
            }
            super::slot::Step::Index(_) => {
                at = None;
                shape = shape.items()?;
            }
        }
    }
    Some((shape, read_only))
}

/// `hardwareProfile.vmSize`, with or without `properties` before it.
fn dotted(shape: &Shape, inner: Option<&Shape>, key: &str) -> Option<String> {
    if !key.contains('.') {
        return None;
    }
    let follow = |shape: &Shape| {
        let mut shape = shape.clone();
        let mut names = Vec::new();
        for part in key.split('.') {
            let prop = prop_of(&shape, part)?;
            names.push(prop.name);
            shape = prop.shape;
        }
        Some(names.join("."))
    };
    follow(shape).or_else(|| inner.and_then(follow).map(|path| format!("properties.{path}")))
}

/// The path of the only property that is called so, at the least depth where there is one.
fn deep(shape: &Shape, key: &str) -> Option<String> {
    let plain = bare(key);
    if plain.len() < 4 {
        return None;
    }
    let mut level = vec![(String::new(), shape.clone())];
    for _ in 0..DEEPEST {
        let mut next = Vec::new();
        let mut found = Vec::new();
        for (path, shape) in &level {
            for name in shape.names() {
                let Some(prop) = shape.prop(name).filter(|prop| !prop.is_read_only) else { continue };
                let path = joined(path, name);
                if bare(name) == plain {
                    found.push(path.clone());
                }
                next.push((path, prop.shape));
            }
        }
        match found.as_slice() {
            [] => {}
            [only] => return Some(only.clone()),
            _ => return None,
        }
        level = next;
    }
    None
}

/// What the type needs and the text leaves open.
fn defaults(out: &mut Filled, resource: &Resource, group: &Group, shape: Option<&Shape>, tenant: Uuid) {
    if resource.is_bare {
        return;
    }
    let entry = catalogue::of_type(&resource.type_name);
    let has_location = shape.is_none_or(|shape| shape.prop("location").is_some_and(|prop| !prop.is_read_only));
    let is_child = resource.type_name.matches('/').count() > 1;
    if !out.body.contains_key("location") && has_location && (shape.is_some() || !is_child) && resource.scope.is_none()
    {
        let of_type = entry.and_then(|entry| entry.defaults.get("location")).and_then(Value::as_str);
        let of_group = group.location.as_ref().map(|word| word.text.as_str());
        if let Some(location) = of_type.or(of_group) {
            out.body.insert("location".to_owned(), json!(location));
            out.defaults.push("location".to_owned());
        }
    }
    let attached =
        get(&out.body, "properties.storageProfile.osDisk.createOption").and_then(Value::as_str) == Some("Attach");
    let last = resource.name.rsplit('/').next().unwrap_or_default();
    let place = out.body.get("location").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (path, value) in entry.into_iter().flat_map(|entry| &entry.defaults).filter(|(path, _)| *path != "location") {
        let is_of_image = path.starts_with("properties.osProfile")
            || path.ends_with("imageReference")
            || path.ends_with("storageAccountType");
        if get(&out.body, path).is_some_and(|value| !value.is_null()) || (attached && is_of_image) {
            continue;
        }
        let value = filled_in(value, last, &place, tenant);
        if set(&mut out.body, path, value) {
            out.defaults.push(path.clone());
        }
    }
    out.defaults.sort();
    out.defaults.dedup();
}

/// `{name}`, `{name:12}`, `{location}`, `{tenant}` in a default.
fn filled_in(value: &Value, name: &str, location: &str, tenant: Uuid) -> Value {
    match value {
        Value::String(text) => {
            let short: String = name.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
            let text = text.replace("{name:12}", &short).replace("{name}", name).replace("{location}", location);
            Value::String(text.replace("{tenant}", &tenant.to_string()))
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| filled_in(item, name, location, tenant)).collect()),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(key, value)| (key.clone(), filled_in(value, name, location, tenant))).collect(),
        ),
        other => other.clone(),
    }
}
