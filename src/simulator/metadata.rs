//! What a client asks before it knows the cloud: its endpoints, and where tokens are to be had.
//!
//! ```text
//! GET /metadata/endpoints?api-version=…                     the cloud (azurerm, azapi, az, PowerShell)
//! GET /{tenant}/v2.0/.well-known/openid-configuration       MSAL, azure-identity
//! GET /common/discovery/instance                            MSAL: which hosts are one authority
//! GET /{tenant}/discovery/v2.0/keys                         the key that tokens are signed with
//! ```
//! Every endpoint is the simulator itself. Suffixes of data planes are Azure's: names below them do not
//! resolve to the simulator, so bodies that bear such names are rewritten (see `data_plane`).

use serde_json::{Value, json};
use uuid::Uuid;

/// The cloud. Before 2019 an object of the first form, then a list of clouds, since 2022-09-01 one object.
pub(super) fn endpoints(base: &str, version: &str) -> Value {
    let authentication = json!({
        "loginEndpoint": base, "audiences": [base, format!("{base}/")], "tenant": "common", "identityProvider": "AAD",
    });
    if version < "2019" {
        return json!({
            "galleryEndpoint": format!("{base}/"), "graphEndpoint": format!("{base}/"), "portalEndpoint": format!("{base}/"),
            "authentication": {"loginEndpoint": format!("{base}/"), "audiences": [base]},
        });
    }
    let cloud = json!({
        "name": "AzureCloud", "portal": base, "authentication": authentication,
        "resourceManager": format!("{base}/"), "graph": format!("{base}/"), "graphAudience": format!("{base}/"),
        "microsoftGraphResourceId": format!("{base}/"), "gallery": format!("{base}/"), "batch": format!("{base}/"),
        "media": base, "sqlManagement": format!("{base}/"), "vmImageAliasDoc": format!("{base}/_simulator/aliases.json"),
        "activeDirectoryDataLake": format!("{base}/"), "logAnalyticsResourceId": base, "appInsightsResourceId": base,
        "appInsightsTelemetryChannelResourceId": base, "attestationResourceId": base, "synapseAnalyticsResourceId": base,
        "ossrDbmsResourceId": base,
        "suffixes": {
            "acrLoginServer": "azurecr.io", "sqlServerHostname": "database.windows.net", "keyVaultDns": "vault.azure.net",
            "mhsmDns": "managedhsm.azure.net", "storage": "core.windows.net", "storageSyncEndpointSuffix": "afs.azure.net",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net", "synapseAnalytics": "dev.azuresynapse.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net", "attestationEndpoint": "attest.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com", "mariadbServerEndpoint": "mariadb.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
        },
    });
    if version < "2022" { json!([cloud]) } else { cloud }
}

/// OpenID Connect discovery, of the first or second version of the endpoints.
pub(super) fn openid(base: &str, tenant: &str, named: Uuid, second: bool) -> Value {
    // For `common` and `organizations` the issuer is a template, as documented.
    let issuer = if tenant.parse::<Uuid>().is_ok() { tenant.to_owned() } else { "{tenantid}".to_owned() };
    let v2 = if second { "/v2.0" } else { "" };
    let host = base.split("://").nth(1).unwrap_or(base);
    json!({
        "issuer": if second { format!("{base}/{issuer}/v2.0") } else { format!("{base}/{issuer}/") },
        "authorization_endpoint": format!("{base}/{tenant}/oauth2{v2}/authorize"),
        "token_endpoint": format!("{base}/{tenant}/oauth2{v2}/token"),
        "device_authorization_endpoint": format!("{base}/{tenant}/oauth2{v2}/devicecode"),
        "end_session_endpoint": format!("{base}/{tenant}/oauth2{v2}/logout"),
        "jwks_uri": format!("{base}/{tenant}/discovery{v2}/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
        "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": ["ES256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "oid", "ver"],
        "request_uri_parameter_supported": false, "http_logout_supported": true, "frontchannel_logout_supported": true,
        "tenant_region_scope": "WW", "cloud_instance_name": host, "cloud_graph_host_name": host, "msgraph_host": host,
        "simulated_tenant": named,
    })
}

/// Which hosts are one authority: this one alone.
pub(super) fn instances(base: &str, tenant: Uuid) -> Value {
    let host = base.split("://").nth(1).unwrap_or(base);
    json!({
        "tenant_discovery_endpoint": format!("{base}/{tenant}/v2.0/.well-known/openid-configuration"), "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    })
}
