//! The errors of the copy in Neo4j: its password, its server, its silence.

use std::path::PathBuf;

use crate::graph::GraphError;

/// Why a sync was not done.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    #[error("the Neo4j password in {path}: {source}")]
    Password { path: PathBuf, source: std::io::Error },
    #[error("Neo4j at {uri}: {cause}")]
    Server { uri: String, cause: String },
    #[error("Neo4j at {uri} did not answer in time")]
    TimedOut { uri: String },
    #[error(transparent)]
    Graph(#[from] GraphError),
}
