//! The one client of a tenant: requests with a token, within the buckets, repeated where that may help.
//!
//! Bounds: [`IN_FLIGHT`] requests at once, [`BODY`] bytes an answer (and few large ones at once),
//! [`REQUEST`] a try, [`DEADLINE`] a request with all its tries and their waits. A dropped future stops at
//! once: nothing is spawned here.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use parking_lot::Mutex;
use reqwest::{Method, StatusCode, header::HeaderMap, redirect};
use serde_json::Value;
use tokio::{sync::Semaphore, time::Instant};
use url::Url;
use uuid::Uuid;

use super::{
    Answer, AzureError, CloudSettings, Refusal, Strategy, TenantSettings,
    address::{pinned, scope_of},
    answer::Pending,
    bucket::Kind,
    credential::Tokens,
    governor::{Admitted, Bucket, Governor, Limits},
    headers::{number, remaining, resets_after, retry_after},
};

/// Requests of a principal at once.
const IN_FLIGHT: usize = 32;
/// Largest answer; Resource Graph stays under 16 MiB.
const BODY: usize = 48 << 20;
/// Beyond this an answer counts as large.
const LARGE: usize = 4 << 20;
/// Large answers at once.
const LARGE_AT_ONCE: usize = 2;
/// Longest try.
const REQUEST: Duration = Duration::from_mins(2);
/// Longest request, with all its tries and waits.
const DEADLINE: Duration = Duration::from_mins(15);
/// Tries of one request.
const TRIES: u32 = 8;
/// Longest wait between two tries, whatever `Retry-After` says.
const LONGEST_WAIT: Duration = Duration::from_mins(2);
/// Tries in a row without an answer after which the network is taken to be gone.
const CUT_OFF: u64 = 24;

/// A handle on a tenant's client; clones share everything.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
    /// Told of each answer that says that an operation goes on.
    pub(super) goes_on: Option<Arc<dyn Fn() + Send + Sync>>,
}

struct Inner {
    http: reqwest::Client,
    tokens: Tokens,
    governor: Arc<Governor>,
    cloud: CloudSettings,
    tenant: Uuid,
    subscriptions: Vec<Uuid>,
    strategy: Strategy,
    permits: Semaphore,
    large: Semaphore,
    traffic: Mutex<BTreeMap<&'static str, u64>>,
    throttled: AtomicU64,
    retried: AtomicU64,
    /// Tries in a row that brought no answer at all.
    silent: AtomicU64,
    /// How long good answers of Resource Manager took lately, in microseconds; 0: none came yet.
    latency: AtomicU64,
}

/// What was asked so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    pub by_api: BTreeMap<&'static str, u64>,
    pub throttled: u64,
    pub retried: u64,
}

impl Client {
    pub(super) fn new(settings: &TenantSettings, governor: Arc<Governor>) -> Result<Self, AzureError> {
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
            goes_on: None,
            inner: Arc::new(Inner {
                tokens: Tokens::new(settings, http.clone())?,
                http,
                governor,
                cloud: settings.cloud.clone(),
                tenant: settings.tenant_id,
                subscriptions: settings.subscriptions.clone(),
                strategy: settings.strategy,
                permits: Semaphore::new(IN_FLIGHT),
                large: Semaphore::new(LARGE_AT_ONCE),
                traffic: Mutex::default(),
                throttled: AtomicU64::new(0),
                retried: AtomicU64::new(0),
                silent: AtomicU64::new(0),
                latency: AtomicU64::new(0),
            }),
        })
    }

    /// The same client; `goes_on` is told of each answer that says that an operation goes on.
    #[must_use]
    pub fn told(self, goes_on: impl Fn() + Send + Sync + 'static) -> Self {
        Self { goes_on: Some(Arc::new(goes_on)), ..self }
    }

    pub fn tenant_id(&self) -> Uuid {
        self.inner.tenant
    }

    /// The address of Microsoft Graph.
    pub(super) fn graph_base(&self) -> &str {
        self.inner.cloud.graph.trim_end_matches('/')
    }

    /// Subscriptions that the configuration keeps to; empty: all.
    pub fn subscriptions(&self) -> &[Uuid] {
        &self.inner.subscriptions
    }

    /// How the configuration wants bodies to be read.
    pub fn strategy(&self) -> Strategy {
        self.inner.strategy
    }

    /// Whether the credential works and is of this tenant. What may pass is asked for again.
    pub async fn check(&self) -> Result<(), AzureError> {
        let scope = scope_of(&self.inner.cloud.resource_manager);
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.inner.tokens.get(&scope).await {
                Ok(_) => return Ok(()),
                Err(error) if attempt >= TRIES || !error.is_transient() => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, attempt, "a token is asked for again");
                    self.inner.retried.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(backoff(attempt)).await;
                }
            }
        }
    }

    /// What is used of the documented buckets.
    pub fn limits(&self) -> Limits {
        self.inner.governor.limits()
    }

    /// How long an answer of Resource Manager takes, from what came lately: a moving mean.
    pub fn latency(&self) -> Duration {
        Duration::from_micros(self.inner.latency.load(Ordering::Relaxed))
    }

    /// Requests that are on their way at once.
    pub const fn in_flight() -> usize {
        IN_FLIGHT
    }

    /// Whether nothing answers any more, whatever is asked.
    pub fn is_cut_off(&self) -> bool {
        self.inner.silent.load(Ordering::Relaxed) >= CUT_OFF
    }

    /// Requests so far, since the client was made.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            by_api: self.inner.traffic.lock().clone(),
            throttled: self.inner.throttled.load(Ordering::Relaxed),
            retried: self.inner.retried.load(Ordering::Relaxed),
        }
    }

    /// GET of a path of Resource Manager (`/subscriptions/…?api-version=…`).
    pub async fn arm(&self, address: &str) -> Result<Answer, AzureError> {
        self.get(Api::Arm, address).await
    }

    /// A query of Resource Graph.
    pub async fn query(&self, body: &Value) -> Result<Answer, AzureError> {
        const ADDRESS: &str = "/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01";
        self.call(Api::ResourceGraph, Method::POST, ADDRESS, Some(body)).await
    }

    /// GET of a path of a service, or of a `nextLink` of it.
    pub(super) async fn get(&self, api: Api, address: &str) -> Result<Answer, AzureError> {
        self.call(api, Method::GET, address, None).await
    }

    /// POST to Microsoft Graph of what only reads (`getByIds`, `$batch`).
    pub async fn graph_post(&self, address: &str, body: &Value) -> Result<Answer, AzureError> {
        self.call(Api::Graph, Method::POST, address, Some(body)).await
    }

    async fn call(&self, api: Api, method: Method, address: &str, body: Option<&Value>) -> Result<Answer, AzureError> {
        let how = How { takes_accepted: method != Method::GET, is_repeatable: true };
        self.call_so(api, method, address, body, how).await
    }

    /// A request of any kind.
    pub(super) async fn call_so(
        &self,
        api: Api,
        method: Method,
        address: &str,
        body: Option<&Value>,
        how: How,
    ) -> Result<Answer, AzureError> {
        let base = match api {
            Api::Arm | Api::ResourceGraph => &self.inner.cloud.resource_manager,
            Api::Graph => &self.inner.cloud.graph,
        };
        let url = pinned(base, address)?;
        let call = Call { bucket: api.bucket(&method, url.path()), scope: scope_of(base), url, api, method, body, how };
        let started = Instant::now();
        let (mut attempt, mut is_renewed) = (0, false);
        loop {
            attempt += 1;
            let left = DEADLINE.saturating_sub(started.elapsed());
            let Ok(outcome) = tokio::time::timeout(left, self.once(&call)).await else {
                return Err(AzureError::Deadline { url: call.url.path().to_owned(), seconds: DEADLINE.as_secs() });
            };
            let wait = match outcome {
                Ok(answer) => return Ok(answer),
                Err((error, _)) if !is_renewed && error.refusal().is_some_and(|refusal| refusal.status == 401) => {
                    is_renewed = true;
                    Duration::ZERO
                }
                Err((error, _)) if attempt >= TRIES || !error.is_transient() => return Err(error),
                // Whether it was done is not known: it is not asked for again.
                Err((error, _))
                    if !how.is_repeatable && error.refusal().is_none_or(|refusal| refusal.status != 429) =>
                {
                    return Err(error);
                }
                Err((error, after)) => {
                    tracing::debug!(%error, attempt, "a request is repeated");
                    after.unwrap_or_else(|| backoff(attempt)).min(LONGEST_WAIT)
                }
            };
            self.inner.retried.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(&self, call: &Call<'_>) -> Result<Answer, (AzureError, Option<Duration>)> {
        let path = call.url.path();
        let network = |error: reqwest::Error| {
            (AzureError::Network { url: path.to_owned(), cause: chain(&error.without_url()) }, None)
        };
        let token = self.inner.tokens.get(&call.scope).await.map_err(|error| (error, None))?;
        let admitted = self.inner.governor.admit(&call.bucket).await;
        let _permit = self.inner.permits.acquire().await.ok();
        let api = call.api.word();
        *self.inner.traffic.lock().entry(api).or_default() += 1;
        metrics::counter!("atgd_azure_requests_total", "api" => api).increment(1);
        let mut request = self.inner.http.request(call.method.clone(), call.url.clone()).bearer_auth(token.expose());
        if let Some(body) = call.body {
            request = request.json(body);
        }
        let sent = Instant::now();
        let answer = request.send().await.map_err(|error| {
            self.inner.silent.fetch_add(1, Ordering::Relaxed);
            network(error)
        })?;
        self.inner.silent.store(0, Ordering::Relaxed);
        let (status, headers) = (answer.status(), answer.headers().clone());
        self.learn(&admitted, status, &headers);
        let body = self.body(path, answer).await?;
        if status == StatusCode::ACCEPTED && !call.how.takes_accepted {
            let cause = "it was accepted (202), and not answered".to_owned();
            return Err((AzureError::Unreadable { url: path.to_owned(), cause }, None));
        }
        if status.is_success() {
            if call.api == Api::Arm {
                self.took(sent.elapsed());
            }
            let mut answer = Answer::read(path, body).map_err(|error| (error, None))?;
            answer.is_nothing = status == StatusCode::NO_CONTENT;
            answer.pending = pending(status, &headers);
            return Ok(answer);
        }
        if status.is_redirection() {
            let target = headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or("elsewhere");
            return Err((AzureError::ForeignHost(target.chars().take(200).collect()), None));
        }
        if status == StatusCode::UNAUTHORIZED {
            // Revoked before its time: the next try gets a new one.
            self.inner.tokens.forget(&call.scope, &token).await;
        }
        let after = retry_after(status, &headers);
        let refusal = Refusal { retry_after: after, ..Refusal::read(status.as_u16(), path, &body) };
        Err((AzureError::Refused(refusal), after))
    }

    /// Another answer has come: the mean of the last ten or so.
    fn took(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
        let mean = |before: u64| if before == 0 { micros } else { before - before / 10 + micros / 10 };
        let _ = self.inner.latency.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |before| Some(mean(before)));
    }

    /// What the headers say of the bucket.
    fn learn(&self, admitted: &Admitted<'_>, status: StatusCode, headers: &HeaderMap) {
        let left = remaining(headers, admitted.kind());
        if let Some(left) = left {
            admitted.remaining(left);
        }
        if admitted.kind() == Kind::Directory {
            admitted.cost(number(headers, "x-ms-resource-unit"), number(headers, "x-ms-throttle-limit-percentage"));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            self.inner.throttled.fetch_add(1, Ordering::Relaxed);
            metrics::counter!("atgd_azure_throttled_total").increment(1);
            // With tokens left it was the resource provider's own limit: only this request waits.
            if left.is_none_or(|left| left < 1.0) {
                let wait =
                    retry_after(status, headers).or_else(|| resets_after(headers)).unwrap_or(Duration::from_secs(1));
                admitted.pause(wait.min(LONGEST_WAIT));
            }
        }
    }

    async fn body(&self, path: &str, answer: reqwest::Response) -> Result<Vec<u8>, (AzureError, Option<Duration>)> {
        let too_large = || {
            let cause = format!("it is larger than {} MiB", BODY >> 20);
            (AzureError::Unreadable { url: path.to_owned(), cause }, None)
        };
        let announced = usize::try_from(answer.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
        if announced > BODY {
            return Err(too_large());
        }
        let mut body = Vec::with_capacity(announced.min(LARGE));
        let mut large = None;
        let mut chunks = answer.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| {
                (AzureError::Network { url: path.to_owned(), cause: chain(&error.without_url()) }, None)
            })?;
            if body.len() + chunk.len() > BODY {
                return Err(too_large());
            }
            if body.len() + chunk.len() > LARGE && large.is_none() {
                large = self.inner.large.acquire().await.ok();
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Which service is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Arm,
    ResourceGraph,
    Graph,
}

impl Api {
    const fn word(self) -> &'static str {
        match self {
            Self::Arm => "arm",
            Self::ResourceGraph => "resource_graph",
            Self::Graph => "graph",
        }
    }

    /// ARM counts per subscription, and all else by tenant.
    fn bucket(self, method: &Method, path: &str) -> Bucket {
        let mut parts = path.split('/').skip(1);
        let scope = match (parts.next(), parts.next()) {
            (Some(first), Some(id)) if first.eq_ignore_ascii_case("subscriptions") => id.to_lowercase(),
            _ => "tenant".to_owned(),
        };
        let kind = match self {
            Self::ResourceGraph => Kind::Query,
            Self::Graph => Kind::Directory,
            Self::Arm if *method == Method::GET => Kind::Reads,
            Self::Arm if *method == Method::DELETE => Kind::Deletes,
            Self::Arm => Kind::Writes,
        };
        Bucket { scope, kind }
    }
}

/// One request, whatever the number of its tries.
struct Call<'a> {
    api: Api,
    method: Method,
    url: Url,
    bucket: Bucket,
    scope: String,
    body: Option<&'a Value>,
    how: How,
}

/// What a request may be answered with, and whether it may be sent twice.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    /// 202 is an answer: something goes on.
    pub takes_accepted: bool,
    /// To send it twice has the effect of once.
    pub is_repeatable: bool,
}

/// What headers say of an operation that goes on.
fn pending(status: StatusCode, headers: &HeaderMap) -> Pending {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Pending {
        status: status.as_u16(),
        operation: text("azure-asyncoperation").or_else(|| text("operation-location")),
        location: text("location"),
        retry_after: retry_after(status, headers),
    }
}

/// How long to wait after a try, where nothing else is said: twice as long each time, and never quite the same.
fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(250 << attempt.min(7)).mul_f64(rand::random_range(0.5..1.0))
}

/// An error with its causes, for reqwest names them only one by one.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let cause = inner.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
        source = inner.source();
    }
    text
}
