//! The errors of the graph: a generation that is closed, a cancelled publish, an unreadable body, the store's.

use uuid::Uuid;

use crate::store::StoreError;

/// Why the graph could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    #[error("the graph of tenant {0} has no open scan {1}: it was published or abandoned")]
    NotOpen(Uuid, Uuid),
    #[error("the scan was cancelled while its graph was published")]
    Cancelled,
    #[error("a body of the graph can't be read: {0}")]
    Body(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl GraphError {
    /// A disk that failed or was full may be well again.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Store(StoreError::Io { .. } | StoreError::Full { .. }))
    }
}
