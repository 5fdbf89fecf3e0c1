//! The settings of the copy in Neo4j: address, password, sizes of batches. Data only.

use std::path::PathBuf;

use crate::telemetry::Secret;

/// Where Neo4j is, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `bolt://host:port`.
    pub uri: String,
    pub user: String,
    pub password: PasswordSource,
    pub batch_rows: usize,
    pub in_flight: usize,
}

/// Where the password comes from: a file is read anew for each connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    None,
    File(PathBuf),
    Given(Secret),
}
