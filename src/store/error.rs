//! The errors of the store, and how errors of redb and of the file system map to them.

use std::{io::ErrorKind, path::Path};

/// Why the store could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("{path} is in use by another atgd; stop it, or talk to it through its API")]
    InUse { path: String },
    #[error(
        "{path} is damaged: {cause}; stop atgd, look with `atgd store check`, keep what can be read with `atgd store export FILE`, then `atgd store restore BACKUP`"
    )]
    Damaged { path: String, cause: String },
    #[error("{path} was written by a newer atgd (format {found}, this one knows {known}); install that version again")]
    Newer { path: String, found: u32, known: u32 },
    #[error("{path} was written by an older atgd (format {found}, this one knows {known}); run `atgd store migrate`")]
    Older { path: String, found: u32, known: u32 },
    #[error("{path} holds {found:?} data, expected {expected:?}")]
    OtherSchema { path: String, found: String, expected: &'static str },
    #[error("{path} exists already; name a file that does not")]
    Exists { path: String },
    #[error("no space is left for {path}")]
    Full { path: String },
    #[error("a record of table {table} can't be read: {cause}")]
    Record { table: &'static str, cause: String },
    #[error("store {path}: {cause}")]
    Io { path: String, cause: String },
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the disk is full.
    pub(crate) const fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }
}

/// What a write answers when it is not done: the domain's refusal, or the store's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError<E> {
    #[error("{0}")]
    Refused(E),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WriteError<std::convert::Infallible> {
    /// The store's failure of a write that refuses nothing.
    pub(crate) fn into_store(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Refused(never) => match never {},
        }
    }
}

pub(super) fn io_error(path: &Path, error: &std::io::Error) -> StoreError {
    let path = path.display().to_string();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => StoreError::Full { path },
        ErrorKind::UnexpectedEof => StoreError::Damaged { path, cause: "it ends too early".to_owned() },
        _ => StoreError::Io { path, cause: error.to_string() },
    }
}

pub(super) fn storage_error(path: &Path, error: &redb::Error) -> StoreError {
    match error {
        redb::Error::Io(io) => io_error(path, io),
        redb::Error::Corrupted(cause) => StoreError::Damaged { path: path.display().to_string(), cause: cause.clone() },
        redb::Error::DatabaseAlreadyOpen => StoreError::InUse { path: path.display().to_string() },
        other => StoreError::Io { path: path.display().to_string(), cause: other.to_string() },
    }
}

pub(super) fn database_error(path: &Path, error: redb::DatabaseError) -> StoreError {
    match error {
        redb::DatabaseError::Storage(redb::StorageError::Io(io)) if io.kind() == ErrorKind::InvalidData => {
            StoreError::Damaged { path: path.display().to_string(), cause: io.to_string() }
        }
        redb::DatabaseError::RepairAborted | redb::DatabaseError::UpgradeRequired(_) => {
            StoreError::Damaged { path: path.display().to_string(), cause: error.to_string() }
        }
        other => storage_error(path, &other.into()),
    }
}
