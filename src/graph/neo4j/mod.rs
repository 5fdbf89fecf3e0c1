//! The copy of a tenant's graph in Neo4j: written after a scan, retried until it is done.
//!
//! ```text
//!  sync_now ─▶ ok (note: snapshot number)          due ◀─ defer, failure, start (what the notes say)
//!     └─ failure or time-out ─▶ deferred ─▶ due     └─▶ retry after 5 s … 5 min, one tenant at a time
//! ```
//! Neo4j being down never fails a scan: the embedded graph is complete, the copy is behind. What is
//! written is a whole published snapshot; each node and edge bears its number, and what bears an older
//! one is deleted at the end. A tenant's rows bear its id, and no statement touches another's.

mod error;
mod mirror;
mod rows;
mod settings;
mod write;

pub use self::{
    error::MirrorError,
    mirror::{Mirror, Status},
    settings::{PasswordSource, Settings},
};
