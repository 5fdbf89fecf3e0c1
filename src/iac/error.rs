//! What can be set of generation, and why nothing was generated.

use std::path::PathBuf;

use crate::{graph::GraphError, telemetry::Secret, work::ArtifactError};

/// What can be set of generation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Providers for `terraform init` without a download; none: `validate` is not run.
    pub terraform_plugin_dir: Option<PathBuf>,
    /// Terraform's command line; none: the one on the path validates, and nothing is planned.
    pub terraform: Option<PathBuf>,
}

/// What another program is given to ask Azure by itself: names and values.
pub type Environment = Vec<(String, Secret)>;

/// Why nothing was generated.
#[derive(Debug, thiserror::Error)]
pub enum IacError {
    #[error("the generation was cancelled")]
    Cancelled,
    #[error("{0:?} is no glob: {1}")]
    Glob(String, String),
    #[error("what was printed can't be read back: {file}: {cause}")]
    Unreadable { file: String, cause: String },
    #[error("bodies between the sweeps: {0}")]
    Shelf(#[from] std::io::Error),
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
}
