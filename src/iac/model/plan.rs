//! The neutral plan: what is emitted, below which parent; what is not, and why. Rows are light: bodies are
//! on the shelf.

use std::{collections::BTreeMap, io, ops::Range, sync::Arc};

use super::{body::Body, index::Index};
use crate::{
    arm::ResourceId,
    iac::{
        shelf::{Shelf, Spot},
        types::Leaf,
    },
};

/// Everything that emitters need. Items are in the order of their keys.
#[derive(Debug, Default)]
pub struct Plan {
    pub items: Vec<Item>,
    /// Numbers of the items by key.
    pub numbers: Index,
    pub parameters: Vec<Parameter>,
    /// Names of built-in roles, by the numbers of the assignments that grant them.
    pub roles: BTreeMap<usize, String>,
    /// In the order of their keys, as what is within.
    pub left_out: Vec<LeftOut>,
    /// What is in the code, but no resource of its own there.
    pub within: Vec<Within>,
    /// Numbers of both by key: those of `within` follow those of `left_out`.
    pub apart: Index,
    /// How many resources filters kept, and how many were added as dependencies.
    pub selected: usize,
    pub dependencies: usize,
    pub warnings: Vec<String>,
    /// What is not planned and read by its id, by key: Terraform's data sources, Bicep's `existing` resources.
    pub outside: BTreeMap<String, Outside>,
    pub shelf: Shelf,
}

/// A resource that others refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    pub id: String,
    /// `type@api-version`.
    pub kind: String,
}

/// What a resource says of itself: a path in its body, and what is there.
pub type Said = (Box<str>, Box<str>);

/// One resource to emit.
#[derive(Debug)]
pub struct Item {
    /// As Azure spelled it, but for names that its type fixes.
    pub id: Box<str>,
    /// As the provider metadata spells it.
    pub type_name: Arc<str>,
    pub api_version: Arc<str>,
    pub label: Box<str>,
    pub is_group: bool,
    pub is_dependency: bool,
    /// Whether its body says an identity.
    pub has_identity: bool,
    pub parent: Parent,
    pub table: Table,
    /// Object and client ids of its own identity and the like, and where its body says them.
    pub principals: Box<[(String, &'static str)]>,
    /// Numbers of the parameters that were made of its secrets.
    pub secrets: Range<u32>,
    /// Numbers of the parameters that its body is given.
    pub given: Box<[u32]>,
    /// Items that it needs: its parent and what its body refers to; in rising order.
    pub needs: Box<[u32]>,
    /// What tells its tags from other sets of tags; 0: it has none that can be shared.
    pub tags: u64,
    /// What others ask of it besides its id, once it is there: paths in its body, in rising order, and what was there.
    pub outputs: Box<[Said]>,
    /// How many bytes its body takes in a template, at most.
    pub weight: u32,
    pub counts: Counts,
    /// Where its body is.
    pub spot: Spot,
}

/// How much was found in a body.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub external: u32,
    pub unresolved: u32,
    pub circular: u32,
    pub against: u32,
    pub left_behind: u32,
}

/// How far the table of types knows a resource's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// This very api-version.
    Exact,
    /// Other versions.
    Near,
    /// Not at all: general rules were used.
    Unknown,
}

/// The parent resource of an item, the resource it extends, its group or subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    Item(usize),
    /// It is not emitted: the item's id says which it is.
    Literal,
}

/// A value that has to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    /// The number of the item that it is of.
    pub item: usize,
    pub path: String,
    pub why: &'static str,
    pub leaf: Leaf,
    pub kind: Given,
    /// Its value, where that is known and no secret: the file of parameters has it.
    pub value: Option<String>,
}

impl Parameter {
    /// Whether anybody is asked for it.
    pub fn is_asked(&self) -> bool {
        self.kind != Given::Unneeded
    }
}

/// What giving a value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Nobody else may see it.
    Secret,
    Open,
    /// An import leaves it as it is: it need not be given.
    Idle,
    /// Nobody has to give it: the language's form of the resource finds it by itself.
    Unneeded,
}

/// A selected resource that is written in another's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    pub id: Box<str>,
    pub type_name: Arc<str>,
    /// The id of the other.
    pub holder: Box<str>,
    /// The number of the item whose block it is in: the other's, or that of what holds the other.
    pub item: usize,
}

/// A selected resource that is not emitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    pub id: Box<str>,
    pub type_name: Arc<str>,
    pub reason: Arc<str>,
}

impl Plan {
    /// Resources that are in the code.
    pub fn emitted(&self) -> usize {
        self.items.len() + self.within.len()
    }

    /// The id of what is selected and no item, by the hash of its key.
    pub fn apart_id(&self, key: u64) -> Option<&str> {
        let number = self.apart.at(key)?;
        match number.checked_sub(self.left_out.len()) {
            None => self.left_out.get(number).map(|left| &*left.id),
            Some(number) => self.within.get(number).map(|within| &*within.id),
        }
    }

    /// The body of an item.
    pub fn body(&self, number: usize) -> io::Result<Body> {
        let bytes = self.shelf.get(self.items[number].spot)?;
        Body::decode(&bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

impl Item {
    /// The last segment of the id, not the body's name: they differ.
    pub fn name(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or_default()
    }

    /// The id, taken apart.
    pub fn parsed(&self) -> ResourceId {
        ResourceId::parse(&self.id).unwrap_or_else(|| ResourceId {
            text: self.id.to_string(),
            subscription: None,
            resource_group: None,
            namespace: None,
            segments: Vec::new(),
            scope: "/".to_owned(),
        })
    }

    /// Lower-case id of its subscription.
    pub fn subscription(&self) -> String {
        let mut parts = self.id.trim_start_matches('/').split('/');
        let is_in_one = parts.next().is_some_and(|word| word.eq_ignore_ascii_case("subscriptions"));
        parts.next().filter(|_| is_in_one).unwrap_or_default().to_lowercase()
    }

    /// Numbers of the items that it needs.
    pub fn needs(&self) -> impl Iterator<Item = usize> + '_ {
        self.needs.iter().map(|need| *need as usize)
    }
}
