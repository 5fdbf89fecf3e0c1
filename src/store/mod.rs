//! The only user of redb: one file, one writer thread with group commit, snapshot reads, typed tables.
//!
//! A [`Table`] is a constant with a versioned name that a domain file declares beside its types.
//! Values are records: `[u8 version][bincode payload]`. Writes are closures, synchronous by type:
//! they *decide before they write*. Many share one commit and all are answered after its fsync.
//! A closure that refuses (`Err`) must not have written; a failure of redb itself aborts the whole
//! group and every closure of the group gets [`StoreError`], none of them half done.
//! Reads are snapshots and never wait for the writer; keep none over an await.

mod codec;
mod table;

use std::path::Path;

pub use codec::{Record, StoreKey};
pub use table::{Read, Table, Write};

/// A handle on one open file; clones share the writer. Closed when the last clone is dropped.
#[derive(Clone)]
pub struct Store {
    // filled by the store's author
    _private: (),
}

/// Why the store could not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    #[error("{path} is in use by another atgd")]
    InUse { path: String },
    #[error("{path} is damaged: {cause}; run `atgd store check`")]
    Damaged { path: String, cause: String },
    #[error("no space is left for {path}")]
    Full { path: String },
    #[error("a record of table {table} can't be read: {cause}")]
    Record { table: &'static str, cause: String },
    #[error("store: {0}")]
    Io(String),
    #[error("the store is closed")]
    Closed,
}

/// What a write answers when it is not done: the domain's refusal, or the store's failure.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    #[error("{0}")]
    Refused(E),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Opens or creates the file (mode 0600), and starts its writer thread.
    pub fn open(_path: &Path) -> Result<Self, StoreError> {
        todo!()
    }

    /// A store in memory, for tests.
    pub fn in_memory() -> Result<Self, StoreError> {
        todo!()
    }

    /// Runs `change` in the next group commit; answers when that is durable.
    pub async fn write<T, E, F>(&self, _change: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut Write<'_>) -> Result<Result<T, E>, StoreError> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        todo!()
    }

    /// The same for threads without a runtime.
    pub fn write_blocking<T, E, F>(&self, _change: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut Write<'_>) -> Result<Result<T, E>, StoreError> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        todo!()
    }

    /// Looks at one snapshot. Point reads may run inline; scans belong off the async threads.
    pub fn read<T>(&self, _look: impl FnOnce(&Read) -> Result<T, StoreError>) -> Result<T, StoreError> {
        todo!()
    }
}
