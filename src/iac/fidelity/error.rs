//! Why no figures came out.

use crate::iac::error::IacError;

/// Why no figures came out.
#[derive(Debug, thiserror::Error)]
pub enum FidelityError {
    #[error("{0}: {1}")]
    Read(String, std::io::Error),
    #[error(
        "{file} is no recorded resource group: {cause}; expected an object with resources of id, type, apiVersion, putRequest and body"
    )]
    Recording { file: String, cause: String },
    #[error("{0} holds no recorded resource group")]
    Nothing(String),
    #[error(transparent)]
    Generation(#[from] IacError),
    #[error("{file}: what was generated can't be read back: {cause}")]
    ReadBack { file: String, cause: String },
}
