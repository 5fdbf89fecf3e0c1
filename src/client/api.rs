//! The daemon's HTTP API, typed. One connection pool, one base address, one key.
//!
//! The key goes to the base address and nowhere else: redirects are not followed, and a loopback
//! address is never reached through a proxy of the environment.

use std::{path::Path, time::Duration};

use reqwest::{Method, RequestBuilder, Response, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{ApiKey, ClientError};
use crate::api::{
    Accepted, ArtifactEntry, BackupMade, CancelAnswer, CreateKeyRequest, CreatedKey, ErrorCode, ErrorEnvelope, Event,
    Health, JobList, JobResult, JobView, KeyList, KeyView, Operation, RotateKeyRequest, ScanRequest, StoreReport,
};

/// The daemon's default address.
pub(crate) const DEFAULT_SERVER: &str = "http://127.0.0.1:8420";
/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Longest silence within an answer; event streams have keep-alives that are more frequent.
const SILENCE: Duration = Duration::from_secs(75);
/// A submit whose answer got lost is repeated this often; the idempotency key makes that safe.
const SUBMIT_REPEATS: u32 = 2;

/// Which jobs are listed; empty fields do not filter.
#[derive(Debug, Clone, Default)]
pub struct JobsQuery {
    pub status: Option<String>,
    pub job_type: Option<String>,
    pub tenant_id: Option<Uuid>,
    /// 1 to 200.
    pub limit: u32,
    pub cursor: Option<String>,
}

/// A daemon. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    /// Without a slash at the end.
    base: String,
    key: Option<ApiKey>,
}

impl Api {
    /// A daemon at `server`, an http or https URL.
    pub fn new(server: &str, key: Option<ApiKey>) -> Result<Self, ClientError> {
        let wrong = |reason: &str| {
            ClientError::Usage(format!("--server {server:?}: {reason}; expected such as {DEFAULT_SERVER}"))
        };
        let url: url::Url = server.parse().map_err(|_| wrong("this is no URL"))?;
        let is_loopback = match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => return Err(wrong("there is no host in it")),
        };
        if !["http", "https"].contains(&url.scheme()) {
            return Err(wrong("only http and https are spoken"));
        }
        let builder = client();
        let builder = if is_loopback { builder.no_proxy() } else { builder };
        Self::with(builder, server.trim_end_matches('/').to_owned(), key)
    }

    /// The daemon behind its admin socket; the socket's permissions stand in for a key.
    pub(crate) fn over_socket(path: &Path) -> Result<Self, ClientError> {
        // The host name is never looked up; it only fills the Host header, as the daemon allows it.
        Self::with(client().unix_socket(path.to_owned()), "http://localhost".to_owned(), None)
    }

    fn with(builder: reqwest::ClientBuilder, base: String, key: Option<ApiKey>) -> Result<Self, ClientError> {
        let http =
            builder.build().map_err(|error| ClientError::Usage(format!("no HTTP client: {}", causes(&error))))?;
        Ok(Self { http, base, key })
    }

    /// The address that requests go to.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Submits a job; when it returns, the job is on the daemon's disk.
    pub async fn submit(&self, operation: &Operation) -> Result<Accepted, ClientError> {
        let (path, body) = match operation {
            Operation::Scan(scan) => ("/api/v1/scan", serde_json::to_value(scan)),
            Operation::GenerateIac(generate) => ("/api/v1/generate-iac", serde_json::to_value(generate)),
            Operation::CreateTenant(create) => ("/api/v1/create-tenant", serde_json::to_value(create)),
            Operation::GenerateSpec(generate) => ("/api/v1/generate-spec", serde_json::to_value(generate)),
        };
        let body = body.map_err(|error| ClientError::Usage(error.to_string()))?;
        let idempotency = Uuid::new_v4().to_string();
        let mut repeats = 0;
        loop {
            let request = self.request(Method::POST, path).header("Idempotency-Key", &idempotency).json(&body);
            match self.answer(request, path).await {
                Err(ClientError::BrokenOff { .. }) if repeats < SUBMIT_REPEATS => repeats += 1,
                outcome => return outcome,
            }
        }
    }

    /// What a scan would cost; no job is made.
    pub(crate) async fn plan_scan(&self, scan: &ScanRequest) -> Result<Value, ClientError> {
        let path = "/api/v1/scan?plan=true";
        self.answer(self.request(Method::POST, path).json(scan), path).await
    }

    pub async fn job(&self, id: Uuid) -> Result<JobView, ClientError> {
        self.get(&format!("/api/v1/jobs/{id}")).await
    }

    pub async fn jobs(&self, query: &JobsQuery) -> Result<JobList, ClientError> {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        let tenant = query.tenant_id.map(|id| id.to_string());
        let given = [
            ("status", query.status.as_deref()),
            ("type", query.job_type.as_deref()),
            ("tenant_id", tenant.as_deref()),
            ("cursor", query.cursor.as_deref()),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                pairs.append_pair(name, value);
            }
        }
        pairs.append_pair("limit", &query.limit.to_string());
        self.get(&format!("/api/v1/jobs?{}", pairs.finish())).await
    }

    pub async fn result(&self, id: Uuid) -> Result<JobResult, ClientError> {
        self.get(&format!("/api/v1/jobs/{id}/result")).await
    }

    pub async fn cancel(&self, id: Uuid) -> Result<CancelAnswer, ClientError> {
        let path = format!("/api/v1/jobs/{id}");
        self.answer(self.request(Method::DELETE, &path), &path).await
    }

    /// Stored events after a number, without waiting for more.
    pub async fn events(&self, id: Uuid, after: u64) -> Result<Vec<Event>, ClientError> {
        self.get(&format!("/api/v1/jobs/{id}/events?after={after}")).await
    }

    /// The open answer of the event stream after a number.
    pub(super) async fn event_stream(&self, id: Uuid, after: u64) -> Result<Response, ClientError> {
        let path = format!("/api/v1/jobs/{id}/events?after={after}");
        let request = self.request(Method::GET, &path).header(header::ACCEPT, "text/event-stream");
        self.send(request.header("Last-Event-ID", after.to_string()), &path).await
    }

    /// The open answer of the artifacts' zip.
    pub(super) async fn artifacts(&self, id: Uuid) -> Result<Response, ClientError> {
        let path = format!("/api/v1/jobs/{id}/artifacts");
        self.send(self.request(Method::GET, &path), &path).await
    }

    /// What is in a finished job's zip.
    pub(crate) async fn artifact_list(&self, id: Uuid) -> Result<Vec<ArtifactEntry>, ClientError> {
        self.get(&format!("/api/v1/jobs/{id}/artifacts/list")).await
    }

    /// One JSON file out of a finished job's zip.
    pub(crate) async fn artifact_json(&self, id: Uuid, name: &str) -> Result<Value, ClientError> {
        self.get(&format!("/api/v1/jobs/{id}/artifacts/file/{}", segment(name))).await
    }

    /// One text out of a finished job's zip.
    pub(crate) async fn artifact_text(&self, id: Uuid, name: &str) -> Result<String, ClientError> {
        let path = format!("/api/v1/jobs/{id}/artifacts/file/{}", segment(name));
        let response = self.send(self.request(Method::GET, &path), &path).await?;
        response.text().await.map_err(|error| self.broken(&path, &error))
    }

    pub async fn health(&self) -> Result<Health, ClientError> {
        self.get("/health").await
    }

    pub async fn keys(&self) -> Result<Vec<KeyView>, ClientError> {
        self.get::<KeyList>("/api/v1/keys").await.map(|list| list.keys)
    }

    pub(crate) async fn create_key(&self, request: &CreateKeyRequest) -> Result<CreatedKey, ClientError> {
        let path = "/api/v1/keys";
        self.answer(self.request(Method::POST, path).json(request), path).await
    }

    /// The key as it is after it was revoked.
    pub(crate) async fn revoke_key(&self, kid: &str) -> Result<KeyView, ClientError> {
        let path = format!("/api/v1/keys/{}", segment(kid));
        self.answer(self.request(Method::DELETE, &path), &path).await
    }

    pub(crate) async fn rotate_key(&self, kid: &str, grace_seconds: u64) -> Result<CreatedKey, ClientError> {
        let path = format!("/api/v1/keys/{}/rotate", segment(kid));
        let body = RotateKeyRequest { grace_seconds };
        self.answer(self.request(Method::POST, &path).json(&body), &path).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.key {
            Some(key) => request.bearer_auth(key.text.expose()),
            None => request,
        }
    }

    pub(crate) async fn check_store(&self) -> Result<StoreReport, ClientError> {
        self.get("/api/v1/store/check").await
    }

    pub(crate) async fn back_up(&self) -> Result<BackupMade, ClientError> {
        let path = "/api/v1/store/backup";
        self.answer(self.request(Method::POST, path), path).await
    }

    /// Lines of the audit trail after a number.
    pub async fn audit(&self, after: u64, limit: usize) -> Result<Value, ClientError> {
        self.get(&format!("/api/v1/audit?after={after}&limit={limit}")).await
    }

    /// How many lines the audit trail has, or what is wrong with it.
    pub(crate) async fn verify_audit(&self) -> Result<Result<u64, String>, ClientError> {
        let answer: Value = self.get("/api/v1/audit/verify").await?;
        Ok(answer["lines"].as_u64().ok_or_else(|| answer["finding"].as_str().unwrap_or("it is not whole").to_owned()))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.answer(self.request(Method::GET, path), path).await
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder, path: &str) -> Result<T, ClientError> {
        let response = self.send(request, path).await?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.map_err(|error| self.broken(path, &error))?;
        serde_json::from_slice(&bytes).map_err(|_| ClientError::Foreign { url: self.url(path), status })
    }

    /// The answer, when it is a success.
    async fn send(&self, request: RequestBuilder, path: &str) -> Result<Response, ClientError> {
        let response = request.send().await.map_err(|error| {
            if error.is_connect() {
                ClientError::Unreachable { url: self.base.clone(), reason: causes(&error) }
            } else {
                self.broken(path, &error)
            }
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after =
            response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes = response.bytes().await.map_err(|error| self.broken(path, &error))?;
        let Ok(envelope) = serde_json::from_slice::<ErrorEnvelope>(&bytes) else {
            return Err(ClientError::Foreign { url: self.url(path), status: status.as_u16() });
        };
        let hint = self.hint(envelope.error.code);
        let retry_after = retry_after.map(Duration::from_secs);
        Err(ClientError::Refused { status: status.as_u16(), body: Box::new(envelope.error), hint, retry_after })
    }

    fn hint(&self, code: ErrorCode) -> Option<String> {
        let origin = self.key.as_ref().map(|key| key.origin.as_str());
        match (code, origin) {
            (ErrorCode::Unauthenticated, Some(origin)) => {
                Some(format!("the key came from {origin}; `atgd key list` shows which keys there are"))
            }
            (ErrorCode::Unauthenticated, None) => Some(
                "no key was given: make one with `atgd key create`, then use --key-file FILE or ATGD_API_KEY"
                    .to_owned(),
            ),
            (ErrorCode::ForbiddenScope | ErrorCode::ForbiddenTenant, Some(origin)) => {
                Some(format!("the key from {origin} may not do this; `atgd key list` shows what each key may do"))
            }
            (ErrorCode::UnknownTenant, _) => {
                Some("tenants are configured in the daemon's configuration: [tenants.<name>]".to_owned())
            }
            (ErrorCode::ArtifactsExpired, _) => Some("run the job again to have them made anew".to_owned()),
            _ => None,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn broken(&self, path: &str, error: &reqwest::Error) -> ClientError {
        ClientError::BrokenOff { url: self.url(path), reason: causes(error) }
    }
}

fn client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("atgd/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .redirect(reqwest::redirect::Policy::none())
}

/// One segment of a path, with everything but the usual characters of an id encoded.
fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The innermost reason is what helps: reqwest's own text only says that sending failed.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
