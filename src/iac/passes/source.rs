//! Where nodes come from: the one edge of the passes.

use std::{collections::BTreeMap, ops::Bound};

use crate::{
    arm,
    graph::{GraphError, Snapshot, model::Node},
};

/// Nodes read at once.
pub const PAGE: usize = 256;

/// Where nodes are read from, in the order of the graph's keys.
pub trait Source: Sync {
    /// A page of nodes without their bodies.
    fn outlines(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError>;
    /// A page of nodes with their bodies.
    fn nodes(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError>;
    fn node(&self, id: &str) -> Result<Option<Node>, GraphError>;
}

impl Source for Snapshot {
    fn outlines(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError> {
        Self::outlines(self, after, limit)
    }

    fn nodes(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError> {
        Self::nodes(self, after, limit)
    }

    fn node(&self, id: &str) -> Result<Option<Node>, GraphError> {
        Self::node(self, id)
    }
}

/// Nodes in memory, by their keys: a recording.
impl Source for BTreeMap<String, Node> {
    fn outlines(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError> {
        self.nodes(after, limit)
    }

    fn nodes(&self, after: Option<&str>, limit: usize) -> Result<Vec<Node>, GraphError> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.range::<str, _>((after, Bound::Unbounded)).take(limit).map(|(_, node)| node.clone()).collect())
    }

    fn node(&self, id: &str) -> Result<Option<Node>, GraphError> {
        Ok(self.get(&arm::key(id)).cloned())
    }
}

/// The nodes of one of the pages of a selection.
pub fn page(source: &dyn Source, after: Option<&str>) -> Result<Vec<Node>, GraphError> {
    source.nodes(after, PAGE)
}
