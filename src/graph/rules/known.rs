//! The input and the output of the rules: one node, a way to ask for known keys; edges and implied nodes. Data only.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::graph::model::{Edge, EdgeKind, Label};

/// A node as the rules see it.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    pub label: Label,
    pub key: &'a str,
    pub id: &'a str,
    pub type_name: &'a str,
    pub location: Option<&'a str>,
    pub tags: &'a BTreeMap<String, String>,
    pub body: &'a Value,
}

/// A node that an edge implies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Implied {
    pub label: Label,
    pub key: String,
    /// Spelled as it was read.
    pub id: String,
}

/// What a node's body and id say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derived {
    pub edges: BTreeSet<Edge>,
    pub implied: BTreeSet<Implied>,
}

/// Which keys are nodes of the graph. `label_of` answers the label of a key.
pub trait Known {
    fn label_of(&self, key: &str) -> Option<Label>;

    /// Key of the user with this sign-in name, or of the service principal of this application id.
    fn principal(&self, _name: &str) -> Option<String> {
        None
    }

    /// Key of the application with this application id.
    fn application(&self, _app_id: &str) -> Option<String> {
        None
    }

    /// Key of the key vault with this name; they are unique in a cloud.
    fn vault(&self, _name: &str) -> Option<String> {
        None
    }
}

impl<F: Fn(&str) -> Option<Label>> Known for F {
    fn label_of(&self, key: &str) -> Option<Label> {
        self(key)
    }
}

impl Derived {
    pub(super) fn edge(&mut self, kind: EdgeKind, source: &str, target: &str, path: &str) {
        self.edge_with(kind, source, target, path, BTreeMap::new());
    }

    pub(super) fn edge_with(
        &mut self,
        kind: EdgeKind,
        source: &str,
        target: &str,
        path: &str,
        properties: BTreeMap<String, String>,
    ) {
        let (source, target, path) = (source.to_owned(), target.to_owned(), path.to_owned());
        self.edges.insert(Edge { kind, source, target, path, properties });
    }

    pub(super) fn imply(&mut self, label: Label, key: &str, id: &str) {
        self.implied.insert(Implied { label, key: key.to_owned(), id: id.to_owned() });
    }

    /// Whether something already leads from here to there.
    pub(super) fn leads(&self, source: &str, target: &str) -> bool {
        self.edges.iter().any(|edge| edge.source == source && edge.target == target)
    }
}
