//! A tenant's credential as the environment of another program that asks Azure itself: Terraform's providers.
//!
//! The names are those that azurerm and azapi document. The credential is nowhere but in the answer: not on disk, in no
//! argument, and `Debug` shows none of it.

use super::{
    AzureError, CloudSettings, CredentialSettings, TenantSettings, certificate::Certificate, credential::read,
};
use crate::telemetry::Secret;

/// Names and values.
pub type Environment = Vec<(String, Secret)>;

/// What Terraform's providers need to be the tenant's principal.
pub(super) fn environment(settings: &TenantSettings) -> Result<Environment, AzureError> {
    let mut found = cloud(&settings.cloud);
    let tenant = settings.tenant_id.to_string();
    let mut set = |name: &str, value: &str| found.push((name.to_owned(), Secret::new(value)));
    set("ARM_TENANT_ID", &tenant);
    // One kind, never a silent other one.
    let is_cli = settings.credential == CredentialSettings::AzureCli;
    set("ARM_USE_CLI", if is_cli { "true" } else { "false" });
    match &settings.credential {
        CredentialSettings::ClientSecret { client_id, secret } => {
            set("ARM_CLIENT_ID", client_id);
            set("ARM_CLIENT_SECRET", read(secret)?.expose());
        }
        CredentialSettings::ClientCertificate { client_id, file } => {
            // The providers read certificates of another format; an assertion by ours is the same proof.
            let audience = format!("{}/{tenant}/oauth2/v2.0/token", settings.cloud.authority);
            let certificate = Certificate::open(file.clone(), client_id.clone(), audience)?;
            set("ARM_CLIENT_ID", client_id);
            set("ARM_USE_OIDC", "true");
            set("ARM_OIDC_TOKEN", &certificate.now()?);
        }
        CredentialSettings::WorkloadIdentity { client_id, token_file } => {
            let of_pod = |name: &str| std::env::var(name).ok();
            let client_id = client_id.clone().or_else(|| of_pod("AZURE_CLIENT_ID"));
            let file = token_file.clone().or_else(|| of_pod("AZURE_FEDERATED_TOKEN_FILE").map(Into::into));
            let file =
                file.ok_or_else(|| AzureError::Credential("no file of a workload's token is known".to_owned()))?;
            set("ARM_CLIENT_ID", &client_id.unwrap_or_default());
            set("ARM_USE_OIDC", "true");
            set("ARM_OIDC_TOKEN_FILE_PATH", &file.display().to_string());
        }
        CredentialSettings::ManagedIdentity { client_id } => {
            set("ARM_USE_MSI", "true");
            if let Some(client_id) = client_id {
                set("ARM_CLIENT_ID", client_id);
            }
        }
        CredentialSettings::AzureCli => {
            for name in ["PATH", "HOME", "AZURE_CONFIG_DIR"] {
                if let Ok(value) = std::env::var(name) {
                    set(name, &value);
                }
            }
        }
    }
    Ok(found)
}

fn cloud(cloud: &CloudSettings) -> Environment {
    let host = |url: &str| url.split_once("://").map_or(url, |(_, host)| host).to_owned();
    let known = [
        ("management.azure.com", "public"),
        ("management.usgovcloudapi.net", "usgovernment"),
        ("management.chinacloudapi.cn", "china"),
    ];
    let manager = host(&cloud.resource_manager);
    let mut found = Vec::new();
    let mut set = |name: &str, value: String| found.push((name.to_owned(), Secret::new(value)));
    if let Some((_, name)) = known.iter().find(|(known, _)| *known == manager) {
        set("ARM_ENVIRONMENT", (*name).to_owned());
    } else {
        // azurerm asks this host what the others are called; azapi is told them.
        set("ARM_METADATA_HOSTNAME", manager);
        set("ARM_RESOURCE_MANAGER_ENDPOINT", cloud.resource_manager.clone());
        set("ARM_RESOURCE_MANAGER_AUDIENCE", cloud.resource_manager.clone());
        set("ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST", format!("{}/", cloud.authority));
    }
    if let Some(file) = &cloud.ca_file {
        set("SSL_CERT_FILE", file.display().to_string());
    }
    found
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::azure::{SecretSource, Strategy};

    fn settings(manager: &str, credential: CredentialSettings) -> TenantSettings {
        let cloud = CloudSettings {
            authority: "https://login.example".to_owned(),
            resource_manager: manager.to_owned(),
            graph: "https://graph.example".to_owned(),
            ca_file: None,
        };
        let (name, tenant_id) = ("t".to_owned(), Uuid::from_u128(1));
        TenantSettings { name, tenant_id, cloud, subscriptions: Vec::new(), credential, strategy: Strategy::List }
    }

    fn shown(settings: &TenantSettings) -> Vec<String> {
        let found = environment(settings).expect("an environment");
        assert!(!format!("{found:?}").contains("s3cret"), "a secret is never printed");
        found.iter().map(|(name, value)| format!("{name}={}", value.expose())).collect()
    }

    #[test]
    fn a_client_secret_is_said_as_the_providers_name_it() {
        let secret = SecretSource::Given(Secret::new("s3cret"));
        let credential = CredentialSettings::ClientSecret { client_id: "c".to_owned(), secret };
        let found = shown(&settings("https://management.azure.com", credential.clone()));
        for line in ["ARM_ENVIRONMENT=public", "ARM_CLIENT_ID=c", "ARM_CLIENT_SECRET=s3cret", "ARM_USE_CLI=false"] {
            assert!(found.iter().any(|own| own == line), "{line}: {found:?}");
        }
        let found = shown(&settings("https://127.0.0.1:8421", credential));
        assert!(found.iter().any(|own| own == "ARM_METADATA_HOSTNAME=127.0.0.1:8421"), "{found:?}");
    }

    #[test]
    fn no_kind_falls_back_to_another() {
        let found =
            shown(&settings("https://management.azure.com", CredentialSettings::ManagedIdentity { client_id: None }));
        assert!(
            found.iter().any(|own| own == "ARM_USE_MSI=true") && found.iter().any(|own| own == "ARM_USE_CLI=false")
        );
        assert!(!found.iter().any(|own| own.starts_with("ARM_CLIENT_SECRET")), "{found:?}");
    }
}
