//! Tokens through azure_identity, kept until they expire.
//!
//! azure_identity wants an https authority; a loopback one over http is reached through a transport
//! that puts the scheme back. An early refresh that fails is no error while the old token is good.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use azure_core::{
    cloud::{CloudConfiguration, CustomConfiguration},
    credentials::{Secret as AzureSecret, TokenCredential},
    error::ErrorKind,
    http::{
        AsyncRawResponse, Body, ClientOptions, HttpClient, Request, RetryOptions, StatusCode, Transport,
        headers::Headers,
    },
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use base64::Engine as _;
use futures_util::StreamExt;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{AzureError, CredentialSettings, Refusal, SecretSource, TenantSettings, certificate::Certificate};
use crate::telemetry::Secret;

/// Largest answer of a token endpoint.
const LARGEST: usize = 1 << 20;
/// A token is refreshed this long before it expires.
const EARLY: Duration = Duration::from_mins(5);

/// The tokens of one principal, by scope.
pub(super) struct Tokens {
    credential: Arc<dyn TokenCredential>,
    tenant: Uuid,
    kept: Mutex<HashMap<String, Kept>>,
}

#[derive(Clone)]
struct Kept {
    token: Secret,
    expires: SystemTime,
}

impl Tokens {
    pub(super) fn new(settings: &TenantSettings, http: reqwest::Client) -> Result<Self, AzureError> {
        Ok(Self { credential: credential(settings, http)?, tenant: settings.tenant_id, kept: Mutex::default() })
    }

    /// A token for a scope, of the right tenant.
    pub(super) async fn get(&self, scope: &str) -> Result<Secret, AzureError> {
        let mut kept = self.kept.lock().await;
        let now = SystemTime::now();
        let held = kept.get(scope).filter(|held| held.expires > now).cloned();
        if let Some(held) = &held
            && held.expires > now + EARLY
        {
            return Ok(held.token.clone());
        }
        match self.credential.get_token(&[scope], None).await {
            Ok(fresh) => {
                let token = Secret::new(fresh.token.secret());
                check_tenant(token.expose(), self.tenant)?;
                kept.insert(scope.to_owned(), Kept { token: token.clone(), expires: fresh.expires_on.into() });
                Ok(token)
            }
            Err(error) => match held {
                Some(held) => {
                    tracing::warn!(%error, "a token could not be refreshed; the old one is used until it expires");
                    Ok(held.token)
                }
                None => Err(refused(&error)),
            },
        }
    }

    /// Drops a token that a service refused, unless a newer one is kept already.
    pub(super) async fn forget(&self, scope: &str, refused: &Secret) {
        let mut kept = self.kept.lock().await;
        if kept.get(scope).is_some_and(|held| held.token.expose() == refused.expose()) {
            kept.remove(scope);
        }
    }
}

fn refused(error: &azure_core::Error) -> AzureError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    let path = "the token endpoint".to_owned();
    // What may pass is no refusal of the credential, wherever it stands among the causes.
    let mut at: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(cause) = at {
        match cause.downcast_ref::<azure_core::Error>().map(azure_core::Error::kind) {
            Some(ErrorKind::Io | ErrorKind::Connection) => return AzureError::Network { url: path, cause: text },
            Some(ErrorKind::HttpResponse { status, .. }) if is_passing(u16::from(*status)) => {
                // 410: the machine's metadata service is being updated.
                let status = if u16::from(*status) == 410 { 503 } else { u16::from(*status) };
                return AzureError::Refused(Refusal {
                    status,
                    code: String::new(),
                    message: text,
                    path,
                    retry_after: None,
                });
            }
            _ => at = cause.source(),
        }
    }
    AzureError::Credential(text)
}

/// Whether a token endpoint that answers so may answer otherwise later.
const fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 410 | 429 | 500..=599)
}

/// A token that names its tenant must name ours; one that can't be read is left to the service.
fn check_tenant(token: &str, wanted: Uuid) -> Result<(), AzureError> {
    let claims = token
        .split('.')
        .nth(1)
        .and_then(|part| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok());
    let claims: Option<serde_json::Value> = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let found = claims.as_ref().and_then(|claims| claims.get("tid")).and_then(serde_json::Value::as_str);
    match found {
        Some(found) if !found.eq_ignore_ascii_case(&wanted.to_string()) => {
            Err(AzureError::WrongTenant { found: found.to_owned(), wanted })
        }
        _ => Ok(()),
    }
}

fn credential(settings: &TenantSettings, http: reqwest::Client) -> Result<Arc<dyn TokenCredential>, AzureError> {
    let failed = |error: azure_core::Error| AzureError::Credential(error.to_string());
    let tenant = settings.tenant_id.to_string();
    let authority = &settings.cloud.authority;
    let options = client_options(authority, http);
    Ok(match &settings.credential {
        CredentialSettings::ClientSecret { client_id, secret } => ClientSecretCredential::new(
            &tenant,
            client_id.clone(),
            AzureSecret::new(read(secret)?.expose().to_owned()),
            Some(ClientSecretCredentialOptions { client_options: options }),
        )
        .map_err(failed)?,
        CredentialSettings::ClientCertificate { client_id, file } => {
            let audience = format!("{authority}/{tenant}/oauth2/v2.0/token");
            let certificate = Certificate::open(file.clone(), client_id.clone(), audience)?;
            let options = ClientAssertionCredentialOptions { client_options: options };
            ClientAssertionCredential::new(tenant, client_id.clone(), certificate, Some(options)).map_err(failed)?
        }
        CredentialSettings::WorkloadIdentity { client_id, token_file } => {
            WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options: options },
                client_id: client_id.clone(),
                tenant_id: Some(tenant),
                token_file_path: token_file.clone(),
            }))
            .map_err(failed)?
        }
        CredentialSettings::ManagedIdentity { client_id } => {
            ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                user_assigned_id: client_id.clone().map(UserAssignedId::ClientId),
                client_options: machine_options(options),
            }))
            .map_err(failed)?
        }
        CredentialSettings::AzureCli => AzureCliCredential::new(Some(AzureCliCredentialOptions {
            tenant_id: Some(tenant),
            ..AzureCliCredentialOptions::default()
        }))
        .map_err(failed)?,
    })
}

/// Reads a secret where it is kept.
pub(super) fn read(source: &SecretSource) -> Result<Secret, AzureError> {
    match source {
        SecretSource::Given(secret) => Ok(secret.clone()),
        SecretSource::File(path) => match std::fs::read_to_string(path) {
            Ok(text) if text.trim().is_empty() => {
                Err(AzureError::Credential(format!("{} is empty; it must hold the client secret", path.display())))
            }
            Ok(text) => Ok(Secret::new(text.trim())),
            Err(error) => Err(AzureError::Credential(format!("{} can't be read: {error}", path.display()))),
        },
    }
}

/// Managed identity asks the machine, not the authority: its addresses stay as they are.
fn machine_options(options: ClientOptions) -> ClientOptions {
    ClientOptions { cloud: None, ..options }
}

fn client_options(authority: &str, http: reqwest::Client) -> ClientOptions {
    let plain = authority.strip_prefix("http://");
    let mut custom = CustomConfiguration::default();
    custom.authority_host = plain.map_or_else(|| authority.to_owned(), |rest| format!("https://{rest}"));
    ClientOptions {
        cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
        transport: Some(Transport::new(Arc::new(Loopback { http, plain: plain.map(str::to_owned) }))),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    }
}

/// The instance metadata service of a virtual machine in Azure.
const METADATA: &str = "169.254.169.254";

/// Sends azure_identity's requests with our client. `plain`: host and port of a loopback authority that is
/// reached over http, and that stands in for the machine's metadata service too.
#[derive(Debug)]
struct Loopback {
    http: reqwest::Client,
    plain: Option<String>,
}

impl Loopback {
    /// Where a request goes.
    fn place(&self, mut url: url::Url) -> Option<url::Url> {
        let Some(plain) = &self.plain else { return Some(url) };
        if url.host_str() == Some(METADATA) {
            let authority = url::Url::parse(&format!("http://{plain}")).ok()?;
            url.set_host(authority.host_str()).ok()?;
            url.set_port(authority.port()).ok()?;
        }
        url.set_scheme("http").ok()?;
        Some(url)
    }
}

#[async_trait::async_trait]
impl HttpClient for Loopback {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let io =
            |error: reqwest::Error| azure_core::Error::with_message(ErrorKind::Io, error.without_url().to_string());
        let Some(url) = self.place(request.url().clone()) else {
            return Err(azure_core::Error::with_message(ErrorKind::Other, "the authority can't be reached over http"));
        };
        let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes()).unwrap_or_default();
        let mut sending = self.http.request(method, url);
        for (name, value) in request.headers().iter() {
            sending = sending.header(name.as_str(), value.as_str());
        }
        if let Body::Bytes(bytes) = request.body() {
            sending = sending.body(bytes.clone());
        }
        let answer = sending.send().await.map_err(io)?;
        let status = StatusCode::from(answer.status().as_u16());
        // azure_identity reads what a refusal says as JSON: what may pass has often none.
        if is_passing(answer.status().as_u16()) {
            let kind = ErrorKind::HttpResponse { status, error_code: None, raw_response: None };
            return Err(azure_core::Error::with_message(kind, format!("the token endpoint answered {status}")));
        }
        let mut headers = Headers::new();
        for (name, value) in answer.headers() {
            if let Ok(value) = value.to_str() {
                headers.insert(name.as_str().to_owned(), value.to_owned());
            }
        }
        let (mut bytes, mut chunks) = (Vec::new(), answer.bytes_stream());
        while let Some(chunk) = chunks.next().await {
            bytes.extend_from_slice(&chunk.map_err(io)?);
            if bytes.len() > LARGEST {
                let text = format!("the answer is unreadable: it is larger than {} KiB", LARGEST >> 10);
                return Err(azure_core::Error::with_message(ErrorKind::DataConversion, text));
            }
        }
        Ok(AsyncRawResponse::from_bytes(status, headers, bytes))
    }
}
