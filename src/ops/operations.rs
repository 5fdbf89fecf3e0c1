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
    /// Whether a real creation needs the hash of a plan that was shown.
    pub(super) require_plan_hash: bool,
}

impl Operations {
    pub(crate) fn new(azure: Azure, graphs: Graphs, mirror: Option<Mirror>, iac: iac::Settings) -> Self {
        Self { azure, graphs, mirror, iac, require_plan_hash: false }
    }

    /// With what the configuration says of creations.
    pub(crate) fn requiring_plan_hash(self, require_plan_hash: bool) -> Self {
        Self { require_plan_hash, ..self }
    }

    pub(super) const fn require_plan_hash(&self) -> bool {
        self.require_plan_hash
    }
}
