//! What many resources say alike: the region of their group, which is a reference, and tags, which are `locals`.

use std::{collections::HashMap, io};

use super::{
    forms::{Form, Forms},
    hcl::{Block, Key, Value},
};
use crate::{
    arm,
    iac::model::{plan::Plan, term::Term},
};

/// So many resources make a set of tags one of all.
const LEAST: usize = 3;
/// Sets of tags that are `locals`, those of most resources first.
const MOST: usize = 20;

/// What is written once.
#[derive(Debug, Default)]
pub struct Shared {
    /// Regions of the groups that are `azurerm_resource_group`s, as codes, by their numbers.
    regions: HashMap<usize, String>,
    /// Sets of tags in the order of their names.
    tags: Vec<Set>,
    /// Places in that list by the hash that items carry.
    by_hash: HashMap<u64, usize>,
}

#[derive(Debug)]
struct Set {
    name: String,
    tags: Term,
}

impl Shared {
    pub fn new(plan: &Plan, forms: &Forms) -> io::Result<Self> {
        let mut shared = Self::default();
        let mut counted: HashMap<u64, (usize, usize)> = HashMap::new();
        for (number, item) in plan.items.iter().enumerate() {
            if item.is_group && matches!(forms.get(number), Some(Form::Typed(_))) {
                let body = plan.body(number)?;
                if let Some(Term::Text(text)) = body.term.get("location") {
                    shared.regions.extend(text.as_literal().map(|text| (number, arm::location_code(text))));
                }
            }
            if item.tags != 0 && !matches!(forms.get(number), Some(Form::Within(_))) {
                counted.entry(item.tags).or_insert((0, number)).0 += 1;
            }
        }
        let mut counted: Vec<(usize, usize, u64)> = counted
            .into_iter()
            .filter(|(_, (count, _))| *count >= LEAST)
            .map(|(hash, (count, first))| (count, first, hash))
            .collect();
        counted.sort_by_key(|(count, first, _)| (std::cmp::Reverse(*count), *first));
        for (at, (_, first, hash)) in counted.into_iter().take(MOST).enumerate() {
            let Some(tags) = plan.body(first)?.term.take("tags") else { continue };
            let name = if at == 0 { "tags".to_owned() } else { format!("tags_{}", at + 1) };
            shared.by_hash.insert(hash, shared.tags.len());
            shared.tags.push(Set { name, tags });
        }
        Ok(shared)
    }

    pub fn has_locals(&self) -> bool {
        !self.tags.is_empty()
    }

    pub fn locals(&self) -> Block {
        let mut block = Block::new("locals", &[]);
        for set in &self.tags {
            block.set(&set.name, plain(&set.tags));
        }
        block
    }

    /// The local that has these tags of an item.
    pub fn tags(&self, hash: u64, tags: &Term) -> Option<Value> {
        let set = self.by_hash.get(&hash).and_then(|at| self.tags.get(*at)).filter(|set| set.tags == *tags)?;
        Some(Value::code(format!("local.{}", set.name)))
    }

    /// Whether a value is the region of a group.
    pub fn is_region(&self, group: usize, location: &Term) -> bool {
        let Term::Text(text) = location else { return false };
        text.as_literal().is_some_and(|text| self.regions.get(&group) == Some(&arm::location_code(text)))
    }
}

/// Tags hold texts only.
fn plain(tags: &Term) -> Value {
    match tags {
        Term::Map(fields) => {
            let key =
                |text: &crate::iac::model::term::Text| Key::Name(text.as_literal().unwrap_or_default().to_owned());
            Value::Object(fields.iter().map(|(name, value)| (key(name), plain(value))).collect())
        }
        Term::Text(text) => Value::text(text.as_literal().unwrap_or_default()),
        _ => Value::Null,
    }
}
