//! Nodes and rows as they are in the target. A body is walked beside its published type, which says where people's
//! content begins.

use std::{
    collections::{BTreeMap, HashSet},
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    names::{self, Names},
    regions::{self, Regions},
    texts::{Texts, Word},
};
use crate::{
    api::GenerateIacRequest,
    arm::{self, ResourceId},
    graph::model::Node,
    iac::{
        model::index::hash,
        passes::{
            managed_groups,
            selection::{Selection, is_moved},
        },
        types::{self, Shape},
    },
};

/// The most letters that the name of a group that a cluster makes may have; of other services it is 90.
const LONGEST_GROUP: usize = 80;

/// Unused entries of the identity map that a warning names.
const MOST_NAMES: usize = 5;

/// What is put in place of what.
#[derive(Debug)]
pub struct Target<'a> {
    pub(super) request: &'a GenerateIacRequest,
    pub(super) texts: Texts,
    pub(super) regions: Regions,
}

/// What the target does to a selection before any body is read.
#[derive(Debug, Default)]
pub struct Moved {
    /// Hashes of keys of rows whose id in the target another row has.
    pub dropped: HashSet<u64>,
    pub warnings: Vec<String>,
}

/// Where a value of a body is.
#[derive(Clone, Copy)]
struct Place<'p> {
    /// The region that the resource moves from.
    region: Option<&'p str>,
    /// The type leaves it open: it is people's.
    is_open: bool,
    /// `None`: no table knows the type.
    shape: Option<&'p Shape>,
    /// The old and the new name of the resource itself.
    own: Option<(&'p str, &'p str)>,
}

impl<'a> Target<'a> {
    /// `None`: nothing is to be rewritten.
    pub fn of(selection: &Selection, request: &'a GenerateIacRequest) -> Option<Self> {
        if !is_moved(request) {
            return None;
        }
        let mut words = BTreeMap::new();
        if let Some(to) = request.target_subscription_id {
            for row in &selection.rows {
                let from = ResourceId::parse(&row.id).and_then(|id| id.subscription);
                words.extend(from.map(|id| (id.to_lowercase(), to.to_string())));
            }
        }
        if let Some(to) = request.target_tenant_id {
            words.insert(request.tenant_id.to_string(), to.to_string());
        }
        words.extend(request.identity_map.iter().map(|(from, to)| (from.to_lowercase(), to.clone())));
        let word = |(from, to): (String, String)| {
            let is_other = from != to.to_lowercase();
            (from, Word { to, is_other, is_used: AtomicBool::new(false) })
        };
        let words = words.into_iter().map(word).collect();
        let names = Names::of(selection, request.name_suffix.as_deref());
        let regions = if request.location.is_some() { Regions::of(selection) } else { Regions::default() };
        Some(Self { request, texts: Texts { words, names, location: request.location.clone() }, regions })
    }

    /// What two subscriptions call the same is one row in the target; what is known is known there by its new key.
    pub fn rows(&self, selection: &mut Selection) -> Moved {
        let (mut moved, mut taken) = (Moved::default(), HashSet::new());
        for row in &selection.rows {
            let id = self.new_id(&row.type_name, &row.id);
            if taken.insert(hash(&arm::key(&id))) {
                continue;
            }
            moved.dropped.insert(hash(&arm::key(&row.id)));
            if ResourceId::parse(&id).is_none_or(|id| id.namespace.is_some()) {
                moved.warnings.push(format!(
                    "{} has the same id in the target as a resource of another subscription: left out",
                    row.id
                ));
            }
        }
        selection.known.rewrite(|key| arm::key(&self.texts.rewritten(key, None, false)));
        moved
    }

    /// Entries of the identity map that nothing was rewritten by, once all nodes are rewritten.
    pub fn unused(&self) -> Option<String> {
        let is_used = |from: &str| {
            self.texts.words.get(&from.to_lowercase()).is_some_and(|word| word.is_used.load(Ordering::Relaxed))
        };
        let unused: Vec<&str> =
            self.request.identity_map.keys().filter(|from| !is_used(from)).map(String::as_str).collect();
        let few = unused.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
        let more = unused.len().saturating_sub(MOST_NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!unused.is_empty())
            .then(|| format!("the identity map was not needed for {few}{more}: nothing that was selected names it"))
    }

    fn new_id(&self, type_name: &str, old: &str) -> String {
        let id = self.texts.rewritten(old, None, true);
        match ResourceId::parse(&id) {
            Some(parsed) => assignment(type_name, old, parsed),
            None => id,
        }
    }

    /// A node as it is in the target.
    pub fn node(&self, mut node: Node) -> Node {
        let old = node.id.rsplit('/').next().unwrap_or_default().to_owned();
        let region = self.region(&node.id);
        let known = types::find(&node.type_name, &node.api_version, &old).writable();
        node.id = self.new_id(&node.type_name, &node.id);
        node.id.rsplit('/').next().unwrap_or_default().clone_into(&mut node.name);
        node.key = arm::key(&node.id);
        if let (Some(_), Some(to)) = (&node.subscription_id, self.request.target_subscription_id) {
            node.subscription_id = Some(to.to_string());
        }
        let is_regional = node.location.as_deref().is_some_and(|code| regions::is_region(&arm::location_code(code)));
        if let (Some(to), true) = (&self.request.location, is_regional) {
            node.location = Some(arm::location_code(to));
        }
        let shape = known.as_ref().map(|known| &known.shape);
        let own = (old != node.name).then_some((old.as_str(), node.name.as_str()));
        node.body = self.value(&node.body, Place { region, is_open: false, shape, own });
        if let Value::Object(body) = &mut node.body {
            body.insert("id".to_owned(), Value::String(node.id.clone()));
        }
        node
    }

    fn value(&self, value: &Value, place: Place<'_>) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text, place)),
            Value::Array(items) => {
                let of_items = place.shape.and_then(Shape::items);
                let below = Place { shape: of_items.as_ref(), ..place };
                Value::Array(items.iter().map(|item| self.value(item, below)).collect())
            }
            Value::Object(fields) => {
                let shape = place.shape.map(|shape| shape.of(fields));
                let fields = fields.iter().map(|(key, value)| self.field(key, value, shape.as_ref(), place));
                Value::Object(fields.collect::<Map<String, Value>>())
            }
            other => other.clone(),
        }
    }

    fn field(&self, key: &str, value: &Value, shape: Option<&Shape>, place: Place<'_>) -> (String, Value) {
        let prop = shape.and_then(|shape| shape.prop(key));
        if let Some(prop) = prop {
            if let (Some(label), Some(suffix)) = (label(key, value, place), self.request.name_suffix.as_deref()) {
                return (key.to_owned(), Value::String(names::relabelled(label, suffix)));
            }
            let is_open = place.is_open || prop.shape.is_open();
            return (key.to_owned(), self.value(value, Place { is_open, shape: Some(&prop.shape), ..place }));
        }
        // A map's keys are people's, and so are its values where they are plain.
        let more = shape.filter(|shape| shape.is_map()).and_then(Shape::more);
        let is_map = place.is_open || more.is_some() || key.contains('/');
        let is_plain = more.as_ref().is_some_and(|more| more.leaf().is_some());
        let is_open = place.is_open || is_plain || key == "tags";
        let new = self.texts.rewritten(key, place.region, true);
        let new = if is_map && new == *key { self.texts.named(key).unwrap_or(new) } else { new };
        (new, self.value(value, Place { is_open, shape: more.as_ref(), ..place }))
    }

    /// The region that a resource moves from, by its id in the source; `None`: none does.
    pub fn region(&self, id: &str) -> Option<&str> {
        self.request.location.as_ref().and_then(|_| self.regions.from(id))
    }

    /// Renames the groups that a service makes for a resource: two resources can't have one together. `of` is the node
    /// as it is in the target, `region` that which it moves from.
    pub fn managed(&self, of: &Node, region: Option<&str>, body: &mut Map<String, Value>) {
        let region = self.request.location.as_deref().zip(region);
        managed_groups::each_name(of, body, |name| {
            let moved = |part: &str| match region {
                Some((to, from)) if arm::location_code(part) == from => arm::location_code(to),
                _ => part.to_owned(),
            };
            let parts: Vec<String> = name.split('_').map(moved).collect();
            let suffix = self.request.name_suffix.as_deref().unwrap_or_default();
            let kept = LONGEST_GROUP.saturating_sub(suffix.chars().count());
            parts.join("_").chars().take(kept).chain(suffix.chars()).collect()
        });
    }

    fn text(&self, text: &str, place: Place<'_>) -> String {
        if let (Some(to), Some(region), false) = (&self.texts.location, place.region, place.is_open)
            && arm::location_code(text) == region
        {
            return to.clone();
        }
        if let Some((_, new)) = place.own.filter(|(old, _)| !place.is_open && old.eq_ignore_ascii_case(text)) {
            return new.to_owned();
        }
        let out = self.texts.rewritten(text, place.region, true);
        let is_word = place.shape.is_some_and(|shape| shape.is_word(text));
        if is_word { out } else { self.texts.named(&out).unwrap_or(out) }
    }
}

/// A value that is a label in a domain of Azure's; where it is the resource's own name it follows that.
fn label<'v>(key: &str, value: &'v Value, place: Place<'_>) -> Option<&'v str> {
    let label = value.as_str().filter(|label| !label.is_empty() && !place.is_open && names::is_label(key))?;
    let is_own = place.own.is_some_and(|(old, _)| old.eq_ignore_ascii_case(label));
    (!is_own).then_some(label)
}

/// A role assignment's name is unique in its tenant: another place needs another.
fn assignment(type_name: &str, old: &str, id: ResourceId) -> String {
    let is_assignment = type_name.eq_ignore_ascii_case("Microsoft.Authorization/roleAssignments");
    if !is_assignment || arm::key(&id.text) == arm::key(old) {
        return id.text;
    }
    id.with_name(&Uuid::new_v5(&Uuid::NAMESPACE_URL, arm::key(&id.text).as_bytes()).to_string()).text
}
