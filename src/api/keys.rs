//! Requests about API keys and their answers, whether the daemon runs them or the command line on the file.

use super::service::{CreateKeyRequest, CreatedKey, KeyView};

/// What to do with the keys.
#[derive(Debug, Clone)]
pub enum KeyRequest {
    Create(CreateKeyRequest),
    List,
    Revoke(String),
    Rotate { kid: String, grace_seconds: u64 },
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum KeyAnswer {
    Created(CreatedKey),
    Keys(Vec<KeyView>),
    Changed(KeyView),
}
