//! What the room is told: tenants with their clouds and credentials, and how much of the quota is used.

use std::path::PathBuf;

use uuid::Uuid;

use crate::telemetry::Secret;

/// Every configured tenant, and how much of the quota is used.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub tenants: Vec<TenantSettings>,
    /// The most of each documented bucket that is used while nobody else draws on it, 0 to 1.
    pub share: f64,
}

/// How bodies are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strategy {
    #[default]
    List,
    Graph,
    Auto,
}

impl Strategy {
    pub const fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Graph => "graph",
            Self::Auto => "auto",
        }
    }
}

/// One tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct TenantSettings {
    pub name: String,
    pub tenant_id: Uuid,
    pub cloud: CloudSettings,
    /// Empty: all that the credential sees.
    pub subscriptions: Vec<Uuid>,
    pub credential: CredentialSettings,
    pub strategy: Strategy,
}

/// Endpoints, without a trailing slash. Plain http only for loopback addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudSettings {
    pub authority: String,
    pub resource_manager: String,
    pub graph: String,
    /// Certificates that are trusted beside the built-in ones.
    pub ca_file: Option<PathBuf>,
}

/// How the daemon proves who it is; one kind, never a silent other one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSettings {
    ClientSecret {
        client_id: String,
        secret: SecretSource,
    },
    /// PEM: the certificate, its chain, and an RSA key that is not encrypted.
    ClientCertificate {
        client_id: String,
        file: PathBuf,
    },
    WorkloadIdentity {
        client_id: Option<String>,
        token_file: Option<PathBuf>,
    },
    ManagedIdentity {
        client_id: Option<String>,
    },
    AzureCli,
}

impl CredentialSettings {
    /// Whose buckets its requests are counted in.
    pub(super) fn principal(&self) -> String {
        match self {
            Self::ClientSecret { client_id, .. } | Self::ClientCertificate { client_id, .. } => client_id.clone(),
            Self::WorkloadIdentity { client_id, .. } => format!("workload {client_id:?}"),
            Self::ManagedIdentity { client_id } => format!("managed {client_id:?}"),
            Self::AzureCli => "azure cli".to_owned(),
        }
    }
}

/// Where a secret comes from: read anew whenever a client is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    File(PathBuf),
    Given(Secret),
}
