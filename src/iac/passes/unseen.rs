//! Unseen: what a resource was made with and no GET tells, so that a PUT of its body would fail or lose it.
//!
//! The published type says which properties hold secrets: those it marks, and those that are called so (it marks few).
//! One that the body lacks, and that the object needs, is *asked* for; the body says whether it does:
//! - a flag beside a value says that there is one (`secret: true`, `type: SecureString`);
//! - an item of a list says nothing but its name, or holds an empty object that is called a secret;
//! - a user, an account or a client is named beside it, whose password, key or secret it is;
//! - Azure tells what it computed of it (the thumbprint of a certificate, the base of an address);
//! - a variant of the type is chosen that has one such property alone.
//!
//! It needs none where something beside it says where the secret is kept, or who is let in without one. One that
//! may have been set, of which nothing says so, is *told* in the report. Where the type says too little there is a row in
//! `never_returned.tsv`. What the type requires is `prune`'s to find.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::prune_rules::is_empty;
use crate::{
    graph::redact::{Class, is_name_field, is_secret_name, is_secure_type, is_value_field},
    iac::{
        model::term::{Step, spell},
        types::{Leaf, Prop, Shape},
    },
};

#[cfg(test)]
mod tests;

/// A value that has to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub path: Vec<Step>,
    pub leaf: Leaf,
    /// Whether it is a secret that no GET tells, not only something that the type requires.
    pub is_unseen: bool,
}

/// What no GET tells.
#[derive(Debug, Default)]
pub struct Unseen {
    pub asked: Vec<Missing>,
    /// Paths of what may have been set.
    pub told: Vec<String>,
}

/// Finds what a pruned body lacks; `raw` is what Azure answered. Objects that Azure left hollow are made anew where
/// something in them is asked for.
pub fn unseen(type_name: &str, raw: &Value, kept: &mut Map<String, Value>, shape: &Shape) -> Unseen {
    let mut walk = Walk { path: Vec::new(), out: Unseen::default() };
    walk.object(kept, raw, shape, Place::default());
    walk.rows(type_name, kept);
    walk.out
}

/// A row of the table.
struct Row {
    type_name: &'static str,
    path: Vec<&'static str>,
    condition: Option<(Vec<&'static str>, Vec<&'static str>)>,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let rows = include_str!("never_returned.tsv").lines().filter(|line| !line.starts_with('#'));
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let (type_name, path) = (cells.next()?, cells.next()?.split('.').collect());
        let condition = cells.next().and_then(|cell| cell.split_once('='));
        let condition = condition.map(|(path, values)| (path.split('.').collect(), values.split('|').collect()));
        Some(Row { type_name, path, condition })
    };
    rows.filter_map(row).collect()
});

/// Texts beside a password or a secret that the service says by itself: nobody chose one. With the object in which they
/// are such; none: in any. Every managed cluster answers `azureuser` for Windows nodes, whether it has some or not.
const SERVICES: [(&str, Option<&str>); 2] = [("msi", None), ("azureuser", Some("windowsProfile"))];

/// What Azure computes of a secret that it was given, lower case.
const COMPUTED_OF: [&str; 4] = ["thumbprint", "publiccertdata", "publickeyhash", "endpointbaseurl"];

/// What a password protects, lower case: never returned where the password is not.
const CONTENT: [&str; 5] = ["data", "value", "content", "pfxblob", "base64value"];

/// Names of what stands beside a secret in its place, lower case.
const INSTEAD: [&str; 6] =
    ["identity", "identityreference", "identityclientid", "managedidentity", "connectionidentity", "canonicalname"];

/// Endings of such names.
const INSTEAD_ENDS: [&str; 6] =
    ["secretref", "secretreference", "secretname", "secreturi", "secreturl", "secretidentifier"];

/// Where an object is.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// It is an item of a list that says nothing but its name, or the properties of one.
    is_bare_item: bool,
    /// A discriminator has chosen it, or what it is the properties of.
    is_case: bool,
}

struct Walk {
    path: Vec<Step>,
    out: Unseen,
}

impl Walk {
    fn object(&mut self, kept: &mut Map<String, Value>, raw: &Value, shape: &Shape, place: Place) {
        let place = Place { is_case: place.is_case || shape.is_case(kept), ..place };
        let shape = shape.of(kept);
        self.slots(kept, raw, &shape, place);
        if matches!(self.path.as_slice(), [Step::Field(name)] if name == "properties") {
            self.left_out_whole(kept, &shape);
        }
        for (name, value) in kept.iter_mut().filter(|(_, value)| matches!(value, Value::Object(_) | Value::Array(_))) {
            let below = shape.prop(name).map(|prop| prop.shape).or_else(|| shape.more());
            let Some(below) = below else { continue };
            let place = if name == "properties" { place } else { Place::default() };
            self.path.push(Step::Field(name.clone()));
            self.value(value, field(raw, name).unwrap_or(&Value::Null), &below, place);
            self.path.pop();
        }
        self.hollow(kept, raw, &shape, place);
    }

    /// Objects that Azure left out whole, because they may hold nothing but what no GET tells.
    fn left_out_whole(&mut self, kept: &Map<String, Value>, shape: &Shape) {
        for (object, secret) in shape.hidden().filter(|(object, _)| lacks(kept, object)) {
            let path = format!("{}.{object}.{secret}", spell(&self.path));
            if !self.out.told.contains(&path) {
                self.out.told.push(path);
            }
        }
    }

    /// Properties of which pruning left nothing: what no GET tells may be in them.
    fn hollow(&mut self, kept: &mut Map<String, Value>, raw: &Value, shape: &Shape, place: Place) {
        let was = field(raw, "properties").filter(|was| was.is_object() && !kept.contains_key("properties"));
        let below = shape.prop("properties").filter(|prop| !prop.is_read_only && !prop.shape.is_open());
        let (Some(was), Some(below)) = (was, below) else { return };
        let (mut made, before) = (Map::new(), self.out.asked.len());
        self.path.push(Step::Field(below.name.to_owned()));
        self.object(&mut made, was, &below.shape, place);
        self.path.pop();
        if self.out.asked.len() > before {
            kept.insert(below.name.to_owned(), Value::Object(made));
        }
    }

    fn value(&mut self, value: &mut Value, raw: &Value, shape: &Shape, place: Place) {
        match value {
            Value::Object(fields) if !shape.is_open() => self.object(fields, raw, shape, place),
            Value::Array(items) => {
                let Some(of_items) = shape.items() else { return };
                for (index, item) in items.iter_mut().enumerate() {
                    let place = Place { is_bare_item: is_bare(item), ..Place::default() };
                    self.path.push(Step::Index(index));
                    self.value(item, raw.get(index).unwrap_or(&Value::Null), &of_items, place);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    /// What an object lacks.
    fn slots(&mut self, kept: &mut Map<String, Value>, raw: &Value, shape: &Shape, place: Place) {
        if let Some(value) = shape.prop("value").filter(|_| is_flagged(kept)) {
            if lacks(kept, value.name) && !value.is_read_only && !is_elsewhere(kept, std::slice::from_ref(&value)) {
                self.ask(kept, &value);
            }
            return;
        }
        let holds = |prop: &Prop| matches!(prop.shape.leaf(), Some(Leaf::Text | Leaf::Any)) || prop.shape.is_map();
        let slots: Vec<Prop> = shape.secrets(is_secret_name).into_iter().filter(holds).collect();
        if slots.is_empty() || is_elsewhere(kept, &slots) || slots.iter().any(|slot| !lacks(kept, slot.name)) {
            return;
        }
        let emptied = |slot: &&Prop| place.is_bare_item && kept.get(slot.name).is_some_and(Value::is_object);
        if let Some(slot) = slots.iter().find(emptied) {
            return self.ask(kept, slot);
        }
        let is_computed = raw.as_object().is_some_and(|raw| {
            raw.iter()
                .any(|(name, value)| !is_empty(value) && COMPUTED_OF.contains(&name.to_ascii_lowercase().as_str()))
        });
        let marked = slots.iter().filter(|slot| slot.is_marked).count();
        for slot in &slots {
            let is_alone = marked == 1 && slot.is_marked;
            let is_of_item = place.is_bare_item && (slot.is_marked || marked == 0);
            let is_needed = is_of_item
                || is_computed
                || self.is_called_for(kept, slot.name)
                || (place.is_case && is_alone)
                || (slot.name == "sharedKey" && is_tunnel(kept));
            if is_needed {
                self.ask(kept, slot);
            } else if !self.is_said_otherwise(kept, slot) {
                self.path.push(Step::Field(slot.name.to_owned()));
                self.out.told.push(spell(&self.path));
                self.path.pop();
            }
        }
        // A password alone is that of what it protects.
        let is_password = |slot: &Prop| slot.name.to_ascii_lowercase().ends_with("password");
        if (is_computed || (place.is_bare_item && marked == 0)) && slots.iter().any(is_password) {
            for name in CONTENT {
                if let Some(prop) = shape.prop(name).filter(|prop| !prop.is_read_only && lacks(kept, prop.name)) {
                    self.ask(kept, &prop);
                }
            }
        }
    }

    fn ask(&mut self, kept: &mut Map<String, Value>, slot: &Prop) {
        // An empty object or text there would stand beside the value.
        kept.remove(slot.name);
        let leaf = if slot.shape.is_map() { Leaf::Any } else { slot.shape.leaf().unwrap_or(Leaf::Text) };
        let path: Vec<Step> = self.path.iter().cloned().chain([Step::Field(slot.name.to_owned())]).collect();
        if self.out.asked.iter().all(|asked| asked.path != path) {
            self.out.asked.push(Missing { path, leaf, is_unseen: true });
        }
    }

    fn rows(&mut self, type_name: &str, kept: &mut Map<String, Value>) {
        for row in ROWS.iter().filter(|row| row.type_name.eq_ignore_ascii_case(type_name)) {
            let holds = row.condition.as_ref().is_none_or(|(path, values)| {
                let found = at(kept, path).and_then(Value::as_str);
                found.is_some_and(|found| values.iter().any(|value| value.eq_ignore_ascii_case(found)))
            });
            let Some((last, above)) = row.path.split_last() else { continue };
            if !holds || at(kept, &row.path).is_some_and(|value| !is_empty(value)) {
                continue;
            }
            // `properties` may have become empty and gone; deeper objects mean that the feature is not used.
            if above == ["properties"] && !kept.contains_key("properties") {
                kept.insert("properties".to_owned(), Value::Object(Map::new()));
            }
            if at(kept, above).is_some_and(|above| above.get(*last).is_none_or(is_empty)) {
                let path: Vec<Step> = row.path.iter().map(|name| Step::Field((*name).to_owned())).collect();
                self.out.told.retain(|told| *told != spell(&path));
                if self.out.asked.iter().all(|asked| asked.path != path) {
                    self.out.asked.push(Missing { path, leaf: Leaf::Text, is_unseen: true });
                }
            }
        }
    }
}

fn at<'v>(fields: &'v Map<String, Value>, path: &[&str]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(fields.get(*first)?, |at, name| at.get(*name))
}

fn field<'v>(raw: &'v Value, name: &str) -> Option<&'v Value> {
    let fields = raw.as_object()?;
    fields
        .get(name)
        .or_else(|| fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Whether an object is one end of a tunnel that two gateways make with a key they share.
fn is_tunnel(kept: &Map<String, Value>) -> bool {
    let says = |name: &str, word: &str| {
        kept.get(name).and_then(Value::as_str).is_some_and(|said| said.to_ascii_lowercase().starts_with(word))
    };
    says("vpnConnectionProtocolType", "ike") && !says("authenticationType", "cert")
}

fn lacks(kept: &Map<String, Value>, name: &str) -> bool {
    kept.get(name).is_none_or(is_empty)
}

/// Whether an item says nothing but what it is called. An empty text is said, and an empty object says which of several
/// things the item is, unless it is itself called a secret.
fn is_bare(item: &Value) -> bool {
    let Value::Object(fields) = item else { return false };
    fields.iter().all(|(name, value)| {
        let is_hollow = match value {
            Value::Object(inner) if name == "properties" => inner.is_empty() || is_bare(value),
            Value::Object(inner) => inner.is_empty() && is_secret_name(name),
            Value::String(_) => false,
            value => is_empty(value),
        };
        is_hollow || is_name_field(name)
    })
}

fn is_flagged(kept: &Map<String, Value>) -> bool {
    kept.iter().any(|(name, value)| match value {
        Value::Bool(true) => Class::of(name).is(Class::FLAG),
        Value::String(word) => name.eq_ignore_ascii_case("type") && is_secure_type(word),
        _ => false,
    })
}

/// Whether something beside says where the secret is kept, or lets somebody in without one. `slots`: the secrets.
fn is_elsewhere(kept: &Map<String, Value>, slots: &[Prop]) -> bool {
    kept.iter().filter(|(_, value)| !is_empty(value)).any(|(name, value)| {
        let lower = name.to_ascii_lowercase();
        let is_of_slot = || {
            lower
                .strip_suffix("reference")
                .is_some_and(|of| slots.iter().any(|slot| slot.name.eq_ignore_ascii_case(of)))
        };
        lower.contains("vault")
            || lower.contains("ssh")
            || INSTEAD.contains(&lower.as_str())
            || INSTEAD_ENDS.iter().any(|end| lower.ends_with(end))
            || is_of_slot()
            || value.get("disablePasswordAuthentication") == Some(&Value::Bool(true))
            || value.get("passwordAuth").and_then(Value::as_str) == Some("Disabled")
    })
}

impl Walk {
    fn is_services(&self, text: &str) -> bool {
        let is_here = |object: &str| matches!(self.path.last(), Some(Step::Field(name)) if name == object);
        SERVICES.iter().any(|(own, object)| *own == text && object.is_none_or(is_here))
    }

    /// Whether the value is said openly (`value` beside `secureValue`), or a service has one of its own.
    fn is_said_otherwise(&self, kept: &Map<String, Value>, slot: &Prop) -> bool {
        let is_value = is_value_field(slot.name);
        kept.iter().any(|(name, value)| {
            let is_services = value.as_str().is_some_and(|text| self.is_services(text));
            is_services || (is_value && is_value_field(name) && !value.is_null())
        })
    }

    /// Whether a user, an account or a client beside it is named whose password, key or secret it is.
    fn is_called_for(&self, kept: &Map<String, Value>, slot: &str) -> bool {
        let slot = slot.to_ascii_lowercase();
        let named = |is_it: &dyn Fn(&str) -> bool| {
            kept.iter().any(|(name, value)| {
                let is_said = value.as_str().is_some_and(|text| !text.is_empty() && !self.is_services(text));
                is_said && is_it(&name.to_ascii_lowercase())
            })
        };
        if let Some(whose) = slot.strip_suffix("password") {
            let ends = ["username", "user", "login", "userid", "loginname"];
            let own = |end: &str| ends.contains(&end) || (!whose.is_empty() && matches!(end, "" | "name"));
            return named(&|name| name.strip_prefix(whose).is_some_and(own));
        }
        if slot.ends_with("secret") {
            let whose = slot.trim_end_matches("secret");
            let clients = ["clientid", "appid", "applicationid", "serviceprincipalid", "serveraddress"];
            return named(&|name| {
                let own = name.strip_prefix(whose).unwrap_or(name);
                clients.contains(&own) || clients.contains(&name) || own == "id"
            });
        }
        let accounts = ["accountname", "storageaccountname", "customerid", "workspaceid", "accesskeyid", "keyname"];
        slot.ends_with("key") && named(&|name| accounts.contains(&name))
    }
}
