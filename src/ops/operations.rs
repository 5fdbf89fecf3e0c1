//! The rooms that operations work with. Data only.

use crate::{
    azure::Azure,
    graph::{Graphs, neo4j::Mirror},
    iac,
};

/// Clones share it.
#[derive(Clone)]
pub(crate) struct Operations {
    pub(super) azure: Azure,
    pub(super) graphs: Graphs,
    /// None: no Neo4j is configured.
    pub(super) mirror: Option<Mirror>,
    pub(super) iac: iac::Settings,
}

impl Operations {
    pub(crate) fn new(azure: Azure, graphs: Graphs, mirror: Option<Mirror>, iac: iac::Settings) -> Self {
        Self { azure, graphs, mirror, iac }
    }
}
