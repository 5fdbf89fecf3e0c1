//! Clouds and tenants: where Azure is, and by which credential a tenant is read.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::values::Endpoint;
use crate::telemetry::Secret;

/// `[azure.clouds.<name>]`: the endpoints of one Azure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cloud {
    pub authority: Endpoint,
    pub resource_manager: Endpoint,
    pub graph: Endpoint,
    /// A PEM file of further authorities to trust for this cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

impl Cloud {
    /// The names that need no configuration.
    pub(crate) const BUILT_IN: [&str; 3] = ["public", "usgov", "china"];

    /// The endpoints of a built-in cloud.
    pub(crate) fn built_in(name: &str) -> Option<Self> {
        let [authority, resource_manager, graph] = match name {
            "public" => {
                ["https://login.microsoftonline.com", "https://management.azure.com", "https://graph.microsoft.com"]
            }
            "usgov" => [
                "https://login.microsoftonline.us",
                "https://management.usgovcloudapi.net",
                "https://graph.microsoft.us",
            ],
            "china" => [
                "https://login.chinacloudapi.cn",
                "https://management.chinacloudapi.cn",
                "https://microsoftgraph.chinacloudapi.cn",
            ],
            _ => return None,
        };
        let endpoint = |text: &str| text.parse().ok();
        Some(Self {
            authority: endpoint(authority)?,
            resource_manager: endpoint(resource_manager)?,
            graph: endpoint(graph)?,
            ca_file: None,
        })
    }
}

/// `[tenants.<name>]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_field_names, reason = "the key of the file is called so")]
pub(crate) struct Tenant {
    pub tenant_id: Uuid,
    #[serde(default = "Tenant::usual_cloud")]
    pub cloud: String,
    /// Empty: all that the credential sees.
    #[serde(default)]
    pub subscriptions: Vec<Uuid>,
    pub credential: Credential,
}

impl Tenant {
    fn usual_cloud() -> String {
        "public".to_owned()
    }
}

/// `[tenants.<name>.credential]`: one kind, never a silent fallback to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub(crate) enum Credential {
    /// None: the machine's own identity, else a user-assigned one.
    ManagedIdentity {
        client_id: Option<Uuid>,
    },
    /// None: as the `AZURE_…` variables of the pod say.
    WorkloadIdentity {
        client_id: Option<Uuid>,
        token_file: Option<PathBuf>,
    },
    ClientSecret {
        client_id: Uuid,
        secret: SecretSource,
    },
    ClientCertificate {
        client_id: Uuid,
        certificate_file: PathBuf,
    },
    AzureCli,
}

/// Where a client secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretSource {
    /// Read when a token is needed, so that it can be replaced.
    File(PathBuf),
    /// From the older service's `AZURE_CLIENT_SECRET`.
    Environment(Secret),
}

/// The table as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate_file: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    ManagedIdentity,
    WorkloadIdentity,
    ClientSecret,
    ClientCertificate,
    AzureCli,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::ManagedIdentity => "managed_identity",
            Self::WorkloadIdentity => "workload_identity",
            Self::ClientSecret => "client_secret",
            Self::ClientCertificate => "client_certificate",
            Self::AzureCli => "azure_cli",
        }
    }

    /// The keys beside `kind` that this kind may have.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::ManagedIdentity => &["client_id"],
            Self::WorkloadIdentity => &["client_id", "token_file"],
            Self::ClientSecret => &["client_id", "secret_file"],
            Self::ClientCertificate => &["client_id", "certificate_file"],
            Self::AzureCli => &[],
        }
    }
}

impl TryFrom<Written> for Credential {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { kind, client_id, secret_file, certificate_file, token_file } = written;
        let present = [
            ("client_id", client_id.is_some()),
            ("secret_file", secret_file.is_some()),
            ("certificate_file", certificate_file.is_some()),
            ("token_file", token_file.is_some()),
        ];
        for (key, is_there) in present {
            if is_there && !kind.keys().contains(&key) {
                let allowed = if kind.keys().is_empty() { "nothing".to_owned() } else { kind.keys().join(", ") };
                return Err(format!("a credential of kind {} has no {key}; beside kind: {allowed}", kind.word()));
            }
        }
        let missing = |key: &str| format!("a credential of kind {} needs {key}", kind.word());
        Ok(match kind {
            Kind::ManagedIdentity => Self::ManagedIdentity { client_id },
            Kind::WorkloadIdentity => Self::WorkloadIdentity { client_id, token_file },
            Kind::ClientSecret => Self::ClientSecret {
                client_id: client_id.ok_or_else(|| missing("client_id"))?,
                secret: SecretSource::File(secret_file.ok_or_else(|| missing("secret_file"))?),
            },
            Kind::ClientCertificate => Self::ClientCertificate {
                client_id: client_id.ok_or_else(|| missing("client_id"))?,
                certificate_file: certificate_file.ok_or_else(|| missing("certificate_file"))?,
            },
            Kind::AzureCli => Self::AzureCli,
        })
    }
}

impl From<Credential> for Written {
    fn from(credential: Credential) -> Self {
        let empty = |kind| Self { kind, client_id: None, secret_file: None, certificate_file: None, token_file: None };
        match credential {
            Credential::ManagedIdentity { client_id } => Self { client_id, ..empty(Kind::ManagedIdentity) },
            Credential::WorkloadIdentity { client_id, token_file } => {
                Self { client_id, token_file, ..empty(Kind::WorkloadIdentity) }
            }
            Credential::ClientSecret { client_id, secret } => {
                let secret_file = match secret {
                    SecretSource::File(path) => Some(path),
                    SecretSource::Environment(_) => None,
                };
                Self { client_id: Some(client_id), secret_file, ..empty(Kind::ClientSecret) }
            }
            Credential::ClientCertificate { client_id, certificate_file } => Self {
                client_id: Some(client_id),
                certificate_file: Some(certificate_file),
                ..empty(Kind::ClientCertificate)
            },
            Credential::AzureCli => empty(Kind::AzureCli),
        }
    }
}
