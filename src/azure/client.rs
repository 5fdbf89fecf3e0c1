//! The one client of a tenant: GET with a token, within the buckets, repeated where that may help.
//!
//! Bounds: [`IN_FLIGHT`] requests at once, [`BODY`] bytes an answer, [`REQUEST`] a request, [`TRIES`]
//! tries with waits that are capped. A dropped future stops at once: nothing is spawned here.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use reqwest::{StatusCode, header::HeaderMap, redirect};
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;
use uuid::Uuid;

use super::{AzureError, CloudSettings, Refusal, TenantSettings, credential::Tokens, governor::Governor};

/// Requests of a principal at once.
const IN_FLIGHT: usize = 32;
/// Largest answer.
const BODY: usize = 64 << 20;
/// Longest request.
const REQUEST: Duration = Duration::from_mins(2);
/// Tries of one request.
const TRIES: u32 = 7;
/// Longest wait between two tries, whatever `Retry-After` says.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Pages of one list.
const PAGES: usize = 100_000;

/// A handle on a tenant's client; clones share everything.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    tokens: Tokens,
    governor: Governor,
    cloud: CloudSettings,
    tenant: Uuid,
    subscriptions: Vec<Uuid>,
    permits: Semaphore,
    traffic: Mutex<BTreeMap<&'static str, u64>>,
    throttled: AtomicU64,
    retried: AtomicU64,
}

/// What was asked so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    pub by_api: BTreeMap<&'static str, u64>,
    pub throttled: u64,
    pub retried: u64,
}

/// A good answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub body: Value,
}

impl Answer {
    /// Elements of a list: `value`, or the body itself where it is a list.
    pub fn items(&mut self) -> Vec<Value> {
        match &mut self.body {
            Value::Array(items) => std::mem::take(items),
            Value::Object(fields) => match fields.get_mut("value") {
                Some(Value::Array(items)) => std::mem::take(items),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Address of the next page; `null` and "" are none.
    pub fn next_link(&self) -> Option<String> {
        let link = ["nextLink", "@odata.nextLink", "NextLink"].iter().find_map(|name| self.body.get(name))?;
        link.as_str().map(str::trim).filter(|link| !link.is_empty()).map(str::to_owned)
    }
}

impl Client {
    pub(super) fn new(settings: &TenantSettings, share: f64) -> Result<Self, AzureError> {
        let failed = |cause: String| AzureError::Credential(cause);
        let mut builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(20))
            .timeout(REQUEST)
            .user_agent(concat!("atgd/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        if let Some(path) = &settings.cloud.ca_file {
            let pem = std::fs::read(path).map_err(|error| failed(format!("{}: {error}", path.display())))?;
            let found = reqwest::Certificate::from_pem_bundle(&pem);
            let certificates = found.map_err(|error| failed(format!("{}: {error}", path.display())))?;
            builder = builder.tls_certs_merge(certificates);
        }
        let http = builder.build().map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            inner: Arc::new(Inner {
                tokens: Tokens::new(settings, http.clone())?,
                http,
                governor: Governor::new(share),
                cloud: settings.cloud.clone(),
                tenant: settings.tenant_id,
                subscriptions: settings.subscriptions.clone(),
                permits: Semaphore::new(IN_FLIGHT),
                traffic: Mutex::default(),
                throttled: AtomicU64::new(0),
                retried: AtomicU64::new(0),
            }),
        })
    }

    pub fn tenant_id(&self) -> Uuid {
        self.inner.tenant
    }

    /// Subscriptions that the configuration keeps to; empty: all.
    pub fn subscriptions(&self) -> &[Uuid] {
        &self.inner.subscriptions
    }

    /// Whether the credential works and is of this tenant.
    pub async fn check(&self) -> Result<(), AzureError> {
        self.inner.tokens.get(&scope_of(&self.inner.cloud.resource_manager)).await.map(|_| ())
    }

    /// Requests so far, since the client was made.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            by_api: self.inner.traffic.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            throttled: self.inner.throttled.load(Ordering::Relaxed),
            retried: self.inner.retried.load(Ordering::Relaxed),
        }
    }

    /// GET of a path of Resource Manager (`/subscriptions/…?api-version=…`), or of a `nextLink` of it.
    pub async fn arm(&self, address: &str) -> Result<Answer, AzureError> {
        self.get(&self.inner.cloud.resource_manager, address, "arm").await
    }

    /// GET of a path of Microsoft Graph (`/v1.0/…`), or of a `nextLink` of it.
    pub async fn graph(&self, address: &str) -> Result<Answer, AzureError> {
        self.get(&self.inner.cloud.graph, address, "graph").await
    }

    /// Every element of a Microsoft Graph list.
    pub async fn graph_list(&self, address: &str) -> Result<Vec<Value>, AzureError> {
        let mut items = Vec::new();
        let mut next = Some(address.to_owned());
        let mut seen = HashSet::new();
        while let Some(address) = next {
            if seen.len() >= PAGES || !seen.insert(address.clone()) {
                return Err(AzureError::EndlessList(address));
            }
            let mut page = self.graph(&address).await?;
            items.extend(page.items());
            next = page.next_link();
        }
        Ok(items)
    }

    async fn get(&self, base: &str, address: &str, api: &'static str) -> Result<Answer, AzureError> {
        let url = pinned(base, address)?;
        let bucket = bucket_of(api, url.path());
        let scope = scope_of(base);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let outcome = self.once(&url, &bucket, &scope, api).await;
            let wait = match outcome {
                Ok(answer) => return Ok(answer),
                Err((error, _)) if attempt >= TRIES || !error.is_transient() => return Err(error),
                Err((error, after)) => {
                    let backoff = Duration::from_millis(250 << attempt.min(7));
                    let jitter = rand::random_range(0.5..1.0);
                    let wait = after.unwrap_or_else(|| backoff.mul_f64(jitter)).min(LONGEST_WAIT);
                    if error.refusal().is_some_and(|refusal| refusal.status == 429) {
                        self.inner.throttled.fetch_add(1, Ordering::Relaxed);
                        metrics::counter!("atgd_azure_throttled_total").increment(1);
                        self.inner.governor.throttled(&bucket, wait);
                    }
                    tracing::debug!(%error, attempt, "a request is repeated");
                    wait
                }
            };
            self.inner.retried.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(
        &self,
        url: &Url,
        bucket: &str,
        scope: &str,
        api: &'static str,
    ) -> Result<Answer, (AzureError, Option<Duration>)> {
        let network = |error: reqwest::Error| {
            let cause = error.without_url().to_string();
            (AzureError::Network { url: url.path().to_owned(), cause }, None)
        };
        let token = self.inner.tokens.get(scope).await.map_err(|error| (error, None))?;
        self.inner.governor.admit(bucket).await;
        let _permit = self.inner.permits.acquire().await.ok();
        *self.inner.traffic.lock().unwrap_or_else(PoisonError::into_inner).entry(api).or_default() += 1;
        metrics::counter!("atgd_azure_requests_total", "api" => api).increment(1);
        let answer = self.inner.http.get(url.clone()).bearer_auth(token.expose()).send().await.map_err(network)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if let Some(left) = remaining(&headers) {
            self.inner.governor.remaining(bucket, left);
        }
        let mut body = Vec::new();
        let mut chunks = answer.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(network)?;
            if body.len() + chunk.len() > BODY {
                let cause = format!("it is larger than {} MiB", BODY >> 20);
                return Err((AzureError::Unreadable { url: url.path().to_owned(), cause }, None));
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            let body = serde_json::from_slice(&body).map_err(|error| {
                // A cut-off answer is worth another try; it looks like the network's fault.
                let cause = format!("no JSON: {error}");
                if error.is_eof() {
                    (AzureError::Network { url: url.path().to_owned(), cause }, None)
                } else {
                    (AzureError::Unreadable { url: url.path().to_owned(), cause }, None)
                }
            })?;
            return Ok(Answer { body });
        }
        if status.is_redirection() {
            let target = headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or("elsewhere");
            return Err((AzureError::ForeignHost(target.to_owned()), None));
        }
        let refusal = Refusal::read(status.as_u16(), url.path(), &body);
        Err((AzureError::Refused(refusal), retry_after(status, &headers)))
    }
}

/// An address on the configured host, or the refusal to leave it.
fn pinned(base: &str, address: &str) -> Result<Url, AzureError> {
    let base =
        Url::parse(base).map_err(|error| AzureError::Unreadable { url: base.to_owned(), cause: error.to_string() })?;
    let url = base.join(address).map_err(|_| AzureError::ForeignHost(address.chars().take(200).collect()))?;
    let same = (url.scheme(), url.host_str(), url.port_or_known_default())
        == (base.scheme(), base.host_str(), base.port_or_known_default());
    if same && url.username().is_empty() && url.password().is_none() {
        Ok(url)
    } else {
        let host = url.host_str().unwrap_or_default().to_owned();
        Err(AzureError::ForeignHost(host))
    }
}

fn scope_of(base: &str) -> String {
    format!("{}/.default", base.trim_end_matches('/'))
}

/// Reads are counted per subscription; all else by tenant, Microsoft Graph apart.
fn bucket_of(api: &str, path: &str) -> String {
    let mut parts = path.split('/').skip(1);
    match (parts.next(), parts.next()) {
        (Some(first), Some(id)) if first.eq_ignore_ascii_case("subscriptions") => format!("{api}/{id}"),
        _ => format!("{api}/tenant"),
    }
}

fn remaining(headers: &HeaderMap) -> Option<f64> {
    const NAMES: [&str; 2] = ["x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-tenant-reads"];
    NAMES.iter().find_map(|name| headers.get(*name)?.to_str().ok()?.parse().ok())
}

fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after").and_then(|value| value.to_str().ok());
    match text.and_then(|text| text.trim().parse::<u64>().ok()) {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None if status == StatusCode::TOO_MANY_REQUESTS => Some(Duration::from_secs(5)),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_stay_on_the_configured_host() {
        let base = "https://management.azure.com";
        assert!(pinned(base, "/subscriptions?api-version=1").is_ok());
        assert!(pinned(base, "https://management.azure.com/x?$skiptoken=1").is_ok());
        for foreign in [
            "https://evil.example/x",
            "//evil.example/x",
            "http://management.azure.com/x",
            "https://management.azure.com:444/x",
            "https://user@management.azure.com/x",
        ] {
            assert!(matches!(pinned(base, foreign), Err(AzureError::ForeignHost(_))), "{foreign}");
        }
    }

    #[test]
    fn next_links_that_are_null_or_empty_end_a_list() {
        for body in [json!({"value": []}), json!({"nextLink": null}), json!({"nextLink": ""})] {
            assert_eq!(Answer { body }.next_link(), None);
        }
        let more = Answer { body: json!({"value": [], "nextLink": "https://x/y"}) };
        assert_eq!(more.next_link().as_deref(), Some("https://x/y"));
    }
}
