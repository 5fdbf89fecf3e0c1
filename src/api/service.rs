//! Health, keys and who is asking.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;

/// What a key may do. `admin` implies all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Read,
    Scan,
    Generate,
    Create,
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] = [Self::Read, Self::Scan, Self::Generate, Self::Create, Self::Admin];

    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Scan => "scan",
            Self::Generate => "generate",
            Self::Create => "create",
            Self::Admin => "admin",
        }
    }
}

/// `GET /health`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok` or `degraded`.
    pub status: String,
    pub version: String,
    pub uptime_seconds: u64,
    /// `ok`, or what is wrong.
    pub store: String,
    /// `off`, `ok`, or what is wrong.
    pub neo4j: String,
    pub queue_depth: u64,
    pub running: u64,
}

/// A key without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyView {
    pub kid: String,
    pub label: String,
    pub scopes: Vec<Scope>,
    /// UUIDs, or `*` for all; empty: none.
    pub tenants: Vec<String>,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    pub last_used_at: Option<Time>,
    pub revoked_at: Option<Time>,
}

/// `GET /keys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyList {
    pub keys: Vec<KeyView>,
}

/// `POST /keys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKeyRequest {
    pub label: String,
    pub scopes: Vec<Scope>,
    pub tenants: Vec<String>,
    #[serde(default)]
    pub expires_at: Option<Time>,
}

/// The `201` of a created or rotated key: the only time that its text is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedKey {
    #[serde(flatten)]
    pub view: KeyView,
    pub key: String,
}

impl std::fmt::Debug for CreatedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedKey").field("view", &self.view).field("key", &"***").finish()
    }
}

/// `POST /keys/{kid}/rotate`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateKeyRequest {
    #[serde(default)]
    pub grace_seconds: u64,
}

/// `GET /auth/whoami`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WhoAmI {
    pub key_id: String,
    pub label: String,
    pub scopes: Vec<Scope>,
    pub tenants: Vec<String>,
    pub expires_at: Option<Time>,
}

/// What a check of the state file saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreReport {
    pub path: String,
    pub bytes: u64,
    /// What was looked at, and how many.
    pub counted: Vec<Counted>,
    /// What is wrong; empty: nothing.
    pub findings: Vec<String>,
}

/// Records of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counted {
    pub what: String,
    pub count: u64,
}

impl StoreReport {
    /// Takes down a count, or why there is none.
    pub fn note(&mut self, what: &str, outcome: Result<u64, String>) {
        match outcome {
            Ok(count) => self.counted.push(Counted { what: what.to_owned(), count }),
            Err(finding) => self.findings.push(format!("{what}: {finding}")),
        }
    }
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupMade {
    /// Where it is, on the daemon's host.
    pub directory: String,
    pub files: Vec<BackupFile>,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupFile {
    pub path: String,
    pub bytes: u64,
}
