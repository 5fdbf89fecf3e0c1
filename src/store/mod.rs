//! The only user of redb: one file, one writer thread with group commit, snapshot reads, typed tables.
//!
//! ```text
//! write(change) ──▶ bounded queue ──▶ writer thread: begin │ change │ change │ … │ commit (fsync)
//!       ▲                                                                             │
//!       └───────────────────── answered after the commit ◀────────────────────────────┘
//! ```
//! A [`Table`] is a constant with a versioned name that a domain file declares beside its types.
//! Writes are closures, synchronous by type: they *decide before they write*. Up to 256 share
//! one commit. A closure that refuses must not have written; a failure of redb, a panic or a refusal
//! after a write aborts the whole group: every closure of it is answered with [`StoreError`], and
//! none is half done. Reads are snapshots and never wait for the writer.

mod backup;
#[macro_use]
mod codec;
mod copy;
mod error;
mod file;
mod guard;
mod handle;
mod reserve;
mod schema;
mod table;
mod writer;

pub(crate) use record;

pub(crate) use self::codec::{bincoded, unbincoded};
pub use self::{
    backup::{Looked, restore, verify},
    codec::{Bytes, Record, StoreKey},
    error::{StoreError, WriteError},
    handle::Store,
    schema::{Migrated, Migration, Schema},
    table::{Order, Read, Span, Table, Write},
};

#[cfg(test)]
mod memory;
#[cfg(test)]
mod tests;
