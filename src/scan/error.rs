//! Why a scan gave nothing.

use crate::{
    azure::AzureError,
    graph::GraphError,
    work::{ArtifactError, JournalError},
};

/// Why a scan gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    #[error(transparent)]
    Azure(#[from] AzureError),
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("the scan was cancelled")]
    Cancelled,
    /// The daemon stops; everything read so far is kept, and the next run goes on there.
    #[error("the scan stopped at a checkpoint")]
    Paused,
    #[error("no subscription can be read: {0}")]
    NoSubscription(String),
}
