//! The graph that scans write: the model, the edge rules (pure), the embedded store, Neo4j.
//!
//! ```text
//! begin(scan) ─▶ Generation: put(page, cursor)… ─▶ keep(stale) ─▶ prepare: edges ▸ count ─▶ publish: one commit ─▶ Snapshot
//!                   │ (invisible; goes on after a crash, for it is keyed by the scan's id)
//!                   └─ abandon(scan)
//! ```
//! One redb file a tenant, opened through [`Graphs`]. Bodies are compressed and compared by their hash:
//! a rescan of what did not change adds rows, no bodies. Readers hold a [`Snapshot`], which never
//! changes and keeps no transaction open.

mod adjacency;
mod backup;
mod body;
mod carry;
mod collect;
mod counts;
mod entry;
mod error;
mod expected;
mod generation;
mod graphs;
mod index;
pub mod model;
pub mod neo4j;
mod publish;
pub mod redact;
pub mod rules;
mod snapshot;
mod tables;

pub use self::{
    carry::Kept,
    counts::Totals,
    entry::{Cell, Cursor, Entry, Page, Put, Select},
    error::GraphError,
    expected::{Expected, ExpectedAt},
    generation::{Generation, PageDraft},
    graphs::{Graphs, TenantGraph},
    publish::{Draft, Facts, Published},
    snapshot::{EdgeKey, Neighbourhood, NotRead, Search, Snapshot, SnapshotInfo},
};

#[cfg(test)]
mod tests;
