//! The errors of a simulator that can't start.

use std::net::SocketAddr;

/// Why it could not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    #[error("{path}: {cause}")]
    Source { path: String, cause: String },
    #[error("listening on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("{0}")]
    Asked(String),
    #[error("making a key or certificate: {0}")]
    Tls(String),
}
