//! Talking to Azure: credentials, one governed client a tenant, paging, errors of every shape.
//!
//! A token goes only to the configured hosts: an address from an answer (`nextLink`) that leaves them
//! is refused and named. Redirects are off. All jobs of a principal share one set of buckets. What is
//! read and why is `scan`'s to know; nothing here knows a graph.

mod answer;
mod certificate;
mod client;
mod credential;
mod error;
mod governor;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

pub use answer::Answer;
pub use client::{Client, Traffic};
pub use error::{AzureError, Refusal};
pub use governor::Limits;
use tokio::sync::watch;
use uuid::Uuid;

use self::governor::Governor;
use crate::telemetry::Secret;

/// Every configured tenant, and how much of the quota is used.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub tenants: Vec<TenantSettings>,
    /// Share of each documented bucket that is used, 0 to 1.
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
    fn principal(&self) -> String {
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

/// Whose buckets: tenant, principal, and the share as bits.
type Principal = (Uuid, String, u64);

/// The clients of all tenants: made when first used, again when the settings changed. Clones share them.
#[derive(Clone)]
pub struct Azure {
    settings: watch::Receiver<Settings>,
    clients: Arc<Mutex<HashMap<Uuid, (TenantSettings, Client)>>>,
    /// By tenant, principal and share: a client that is made anew goes on with the same buckets.
    governors: Arc<Mutex<HashMap<Principal, Arc<Governor>>>>,
}

impl Azure {
    pub fn new(settings: watch::Receiver<Settings>) -> Self {
        Self { settings, clients: Arc::default(), governors: Arc::default() }
    }

    /// Whether a tenant is configured.
    pub fn knows(&self, tenant: Uuid) -> bool {
        self.settings.borrow().tenants.iter().any(|known| known.tenant_id == tenant)
    }

    /// The client of a tenant.
    pub fn tenant(&self, tenant: Uuid) -> Result<Client, AzureError> {
        let (wanted, share) = {
            let settings = self.settings.borrow();
            let found = settings.tenants.iter().find(|known| known.tenant_id == tenant).cloned();
            (found.ok_or(AzureError::UnknownTenant(tenant))?, settings.share)
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_of, client)) = clients.get(&tenant)
            && *made_of == wanted
        {
            return Ok(client.clone());
        }
        let principal = (tenant, wanted.credential.principal(), share.to_bits());
        let mut governors = self.governors.lock().unwrap_or_else(PoisonError::into_inner);
        let governor = governors.entry(principal).or_insert_with(|| Arc::new(Governor::new(share))).clone();
        drop(governors);
        let client = Client::new(&wanted, governor)?;
        clients.insert(tenant, (wanted, client.clone()));
        Ok(client)
    }
}
