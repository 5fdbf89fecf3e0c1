//! The graph that scans write: the model, the edge rules (pure), the embedded store, Neo4j.
//!
//! One redb file a tenant, opened through [`Graphs`]. A scan writes into an invisible [`Generation`]
//! (keyed by its job id, so that it goes on after a crash) and publishes it in one commit; readers
//! hold a [`Snapshot`], which never changes.

pub mod model;
