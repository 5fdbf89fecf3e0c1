//! Where nodes come from: the one edge of the passes.

use std::{collections::BTreeMap, ops::Bound};

use crate::{
    arm,
    graph::{GraphError, Snapshot, model::Node},
};

/// Nodes read at once: few, so that all cores have some of a small selection.
pub const PAGE: usize = 64;

/// Where nodes are read from, in the order of the graph's keys.
pub trait Source: Sync {
    /// A page of nodes, with the bodies of those that `is_wanted` takes.
    fn nodes(
        &self,
        after: Option<&str>,
        limit: usize,
        is_wanted: &dyn Fn(&Node) -> bool,
    ) -> Result<Vec<Node>, GraphError>;
    fn node(&self, id: &str) -> Result<Option<Node>, GraphError>;
}

impl Source for Snapshot {
    fn nodes(
        &self,
        after: Option<&str>,
        limit: usize,
        is_wanted: &dyn Fn(&Node) -> bool,
    ) -> Result<Vec<Node>, GraphError> {
        self.nodes_with_bodies(after, limit, is_wanted)
    }

    fn node(&self, id: &str) -> Result<Option<Node>, GraphError> {
        Self::node(self, id)
    }
}

/// Nodes in memory, by their keys: a recording. All have their bodies.
impl Source for BTreeMap<String, Node> {
    fn nodes(&self, after: Option<&str>, limit: usize, _: &dyn Fn(&Node) -> bool) -> Result<Vec<Node>, GraphError> {
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self.range::<str, _>((after, Bound::Unbounded)).take(limit).map(|(_, node)| node.clone()).collect())
    }

    fn node(&self, id: &str) -> Result<Option<Node>, GraphError> {
        Ok(self.get(&arm::key(id)).cloned())
    }
}
