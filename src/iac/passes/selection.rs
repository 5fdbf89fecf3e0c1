//! What is to be planned, and what is known besides: light rows, no bodies.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::source::PAGE;
use crate::{
    api::GenerateIacRequest,
    graph::model::Node,
    iac::model::{
        index::{Index, hash},
        words::Words,
    },
};

/// What is to be planned.
#[derive(Debug, Default)]
pub struct Selection {
    /// What filters kept and what was added to it, in the order of their keys.
    pub rows: Vec<Row>,
    /// Where the pages begin that hold them: behind these keys of the graph.
    pub pages: Vec<Option<String>>,
    /// What the snapshot holds besides.
    pub known: Known,
    /// Ids of what is not to be planned and may have a group that a service made for it.
    pub managers: Vec<Box<str>>,
    pub bound_reached: bool,
    /// Why nothing was selected, where that is so.
    pub nothing: Option<String>,
}

/// A resource that code can be made of.
#[derive(Debug)]
pub struct Row {
    pub id: Box<str>,
    pub type_name: Arc<str>,
    pub api_version: Arc<str>,
    pub location: Option<Arc<str>>,
    pub state: State,
    pub page: u32,
}

/// Why a resource is to be planned, or that it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Filters kept it.
    Kept,
    /// What is kept refers to it.
    Dependency,
    Other,
}

/// What is not planned and known all the same, by key.
#[derive(Debug, Default)]
pub struct Known {
    /// Keys and kinds, where the keys are to be rewritten; no kind: a stub.
    pub rewritten: Option<Vec<(String, Option<String>)>>,
    /// What was referred to and not read.
    stubs: HashSet<u64>,
    kinds: Vec<String>,
    /// Numbers of kinds.
    by_key: Index,
    number_of: HashMap<String, usize>,
    /// Names of role definitions: the same in every subscription.
    roles: HashSet<u64>,
}

impl Known {
    /// `kind` is the `type@api-version` of what can be read by its id, else empty.
    pub fn insert(&mut self, key: &str, kind: String) {
        if let Some(keys) = &mut self.rewritten {
            keys.push((key.to_owned(), Some(kind)));
            return;
        }
        let next = self.kinds.len();
        let number = *self.number_of.entry(kind.clone()).or_insert(next);
        if number == next {
            self.kinds.push(kind);
        }
        self.by_key.insert(hash(key), number);
        self.roles.extend(role(key).map(hash));
    }

    /// Notes what was referred to and not read.
    pub fn insert_stub(&mut self, key: &str) {
        match &mut self.rewritten {
            Some(keys) => keys.push((key.to_owned(), None)),
            None => drop(self.stubs.insert(hash(key))),
        }
    }

    /// Takes the keys as they are in the target.
    pub fn rewrite(&mut self, new: impl Fn(&str) -> String) {
        for (key, kind) in self.rewritten.take().unwrap_or_default() {
            match kind {
                Some(kind) => self.insert(&new(&key), kind),
                None => self.insert_stub(&new(&key)),
            }
        }
    }

    /// Whether a key is of what was referred to and not read.
    pub fn is_stub(&self, key: &str) -> bool {
        self.stubs.contains(&hash(key))
    }

    /// The kind of what is known.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.at(hash(key))
    }

    /// By the hash of a key.
    pub fn at(&self, key: u64) -> Option<&str> {
        self.by_key.at(key).and_then(|number| self.kinds.get(number)).map(String::as_str)
    }

    /// Whether a key is that of a known role definition, seen from any scope.
    pub fn is_role(&self, key: &str) -> bool {
        role(key).is_some_and(|name| self.roles.contains(&hash(name)))
    }
}

/// The name of the role definition that a key is of.
fn role(key: &str) -> Option<&str> {
    key.split_once("/providers/microsoft.authorization/roledefinitions/").map(|(_, name)| name)
}

impl Selection {
    /// Everything that a source holds, which is small.
    pub fn of_everything(nodes: &BTreeMap<String, Node>) -> Self {
        let mut words = Words::default();
        let keys: Vec<&String> = nodes.keys().collect();
        let pages = (0..keys.len().div_ceil(PAGE))
            .map(|page| page.checked_sub(1).map(|last| keys[last * PAGE + PAGE - 1].clone()));
        let mut row = |node: &Node| Row {
            id: node.id.as_str().into(),
            type_name: words.get(&node.type_name),
            api_version: words.get(&node.api_version),
            location: node.location.as_deref().map(|location| words.get(location)),
            state: State::Kept,
            page: 0,
        };
        Self { pages: pages.collect(), rows: nodes.values().map(&mut row).collect(), ..Self::default() }
    }
}

/// Whether the code is for another place than the one that was scanned.
pub fn is_moved(request: &GenerateIacRequest) -> bool {
    request.target_subscription_id.is_some()
        || request.target_tenant_id.is_some()
        || request.location.is_some()
        || request.name_suffix.is_some()
        || !request.identity_map.is_empty()
}
