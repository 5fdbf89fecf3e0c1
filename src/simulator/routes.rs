//! Requests to answers: what is open to all, then who asks, then what fails, then which service it is.
//!
//! ```text
//! request ─▶ held? ─▶ latency ─▶ open: metadata, tokens, /_simulator
//!                                └▶ token ─▶ faults ─▶ /v1.0: graph
//!                                                   └▶ buckets ─▶ reads (ARM), actions
//! ```

use std::sync::{Arc, PoisonError, atomic::Ordering};

use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, Request, State as Shared},
    http::{HeaderMap, Method, Uri},
    response::Response,
};
use serde_json::json;

use super::{
    State, data_plane, graph, login, metadata, reads,
    reply::{Query, Reply},
    serve::Cut,
};

/// Largest body of a request.
const BODY: usize = 4 << 20;

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new().fallback(handle).with_state(state)
}

/// A request taken apart as ARM does it, whatever its case.
pub(super) struct Asked<'a> {
    pub method: &'a Method,
    /// Decoded, as it was spelled.
    pub path: &'a str,
    pub segments: Vec<&'a str>,
    /// The segments in lower case.
    pub words: Vec<&'a str>,
    pub query: Query,
    pub headers: &'a HeaderMap,
    pub body: &'a Bytes,
}

impl Asked<'_> {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

async fn handle(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY).await else {
        return Reply::error(413, "RequestEntityTooLarge", "The request is too large.").into_response();
    };
    // Registered before the look, so that a release in between is not missed.
    loop {
        let released = state.released.notified();
        if !state.held.load(Ordering::SeqCst) {
            break;
        }
        released.await;
    }
    if !state.settings.latency.is_zero() {
        tokio::time::sleep(state.settings.latency).await;
    }
    let reply = answer(&state, &parts.method, &parts.uri, &parts.headers, &body);
    if let (Some(bytes), Some(ConnectInfo(cut))) = (reply.cut, parts.extensions.get::<ConnectInfo<Cut>>()) {
        cut.after(bytes);
    }
    reply.into_response()
}

fn answer(state: &State, method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Reply {
    let path = percent_encoding::percent_decode_str(uri.path()).decode_utf8_lossy();
    let lower = path.to_lowercase();
    let asked = Asked {
        method,
        path: &path,
        segments: path.split('/').filter(|part| !part.is_empty()).collect(),
        words: lower.split('/').filter(|part| !part.is_empty()).collect(),
        query: Query::parse(uri.query().unwrap_or_default()),
        headers,
        body,
    };
    open(state, &asked).unwrap_or_else(|| guarded(state, &asked))
}

/// What needs no token.
fn open(state: &State, asked: &Asked<'_>) -> Option<Reply> {
    let (settings, base) = (&state.settings, state.base.as_str());
    let version = asked.query.get("api-version").unwrap_or_default();
    Some(match asked.words.as_slice() {
        [tenant, "oauth2", "v2.0", "token"] | [tenant, "oauth2", "token"] if asked.method == Method::POST => {
            count(state, "token");
            let (status, body) = state.login.grant(settings, base, tenant, asked.body);
            Reply::json(status, &body)
        }
        ["metadata", "identity", "oauth2", "token"] | ["msi", "token"] => {
            count(state, "token");
            return Some(managed(state, asked));
        }
        ["metadata", "endpoints"] => {
            count(state, "metadata");
            Reply::ok(&metadata::endpoints(base, version))
        }
        [tenant, "v2.0", ".well-known", "openid-configuration"] => {
            count(state, "metadata");
            Reply::ok(&metadata::openid(base, tenant, settings.tenant_id, true))
        }
        [tenant, ".well-known", "openid-configuration"] => {
            count(state, "metadata");
            Reply::ok(&metadata::openid(base, tenant, settings.tenant_id, false))
        }
        ["common", "discovery", "instance"] => {
            count(state, "metadata");
            Reply::ok(&metadata::instances(base, settings.tenant_id))
        }
        [_, "discovery", "v2.0", "keys"] | [_, "discovery", "keys"] => {
            count(state, "metadata");
            Reply::ok(&state.login.keys())
        }
        ["_simulator", "requests"] => {
            let counts = state.counts.lock().unwrap_or_else(PoisonError::into_inner);
            Reply::ok(&json!(*counts))
        }
        ["_data", ..] => {
            count(state, "data_plane");
            let authorized = state.login.check(settings, asked.header("authorization")).is_ok();
            let tenant = settings.tenant_id.to_string();
            data_plane::answer(base, &tenant, &asked.segments[1..], &asked.query, authorized)
        }
        _ => return None,
    })
}

fn managed(state: &State, asked: &Asked<'_>) -> Reply {
    let service = asked.words.first() == Some(&"msi");
    if service && asked.header("x-identity-header") != Some(login::IDENTITY_HEADER) {
        return Reply::error(401, "Unauthorized", "The header x-identity-header has not the expected value.");
    }
    if !service && asked.header("metadata") != Some("true") {
        let body = json!({"error": "invalid_request", "error_description": "Required metadata header not specified"});
        return Reply::json(400, &body);
    }
    let Some(resource) = asked.query.get("resource") else {
        let body =
            json!({"error": "invalid_request", "error_description": "Required query variable 'resource' is missing"});
        return Reply::json(400, &body);
    };
    let resource = resource.trim_end_matches("/.default");
    Reply::ok(&state.login.managed(&state.settings, &state.base, resource, asked.query.get("client_id")))
}

fn guarded(state: &State, asked: &Asked<'_>) -> Reply {
    if let Err((code, message)) = state.login.check(&state.settings, asked.header("authorization")) {
        let challenge = format!(
            "Bearer authorization_uri=\"{}/{}\", error=\"invalid_token\"",
            state.base, state.settings.tenant_id
        );
        return Reply::error(401, code, &message).with("www-authenticate", challenge);
    }
    if let Some(failure) = failure(state) {
        return failure;
    }
    if asked.words.first() == Some(&"v1.0") {
        count(state, "graph");
        return graph::answer(state, &asked.segments[1..]);
    }
    let bucket = match asked.words.as_slice() {
        ["subscriptions", id, ..] => *id,
        _ => "tenant",
    };
    let left = match state.throttle.take(bucket) {
        Ok(left) => left,
        Err(seconds) => {
            count(state, "throttled");
            let text = "The request is being throttled: the number of reads of the subscription is exhausted.";
            return Reply::error(429, "SubscriptionRequestsThrottled", text).with("retry-after", seconds.to_string());
        }
    };
    let Some(version) = asked.query.get("api-version") else {
        let text = "The api-version query parameter (?api-version=) is required for all requests.";
        return Reply::error(400, "MissingApiVersionParameter", text);
    };
    let header = if bucket == "tenant" {
        "x-ms-ratelimit-remaining-tenant-reads"
    } else {
        "x-ms-ratelimit-remaining-subscription-reads"
    };
    let reply = match *asked.method {
        Method::GET => reads::answer(state, asked, version),
        Method::HEAD => reads::head(state, asked, version),
        Method::POST => reads::action(state, asked, version),
        _ => Reply::error(405, "MethodNotAllowed", "This simulator only answers reads."),
    };
    reply.with(header, left.to_string())
}

pub(super) fn count(state: &State, kind: &str) {
    let mut counts = state.counts.lock().unwrap_or_else(PoisonError::into_inner);
    match counts.get_mut(kind) {
        Some(known) => *known += 1,
        None => drop(counts.insert(kind.to_owned(), 1)),
    }
}

/// A failure that was asked for.
fn failure(state: &State) -> Option<Reply> {
    let asked = state.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    if !asked && (state.settings.fail_rate <= 0.0 || rand::random_range(0.0..1.0) >= state.settings.fail_rate) {
        return None;
    }
    count(state, "failed");
    Some(match rand::random_range(0..3) {
        0 if !asked => Reply::error(429, "TooManyRequests", "Too many requests.").with("retry-after", "1"),
        1 if !asked => Reply { cut: Some(0), ..Reply::empty(500) },
        _ => Reply::text(503, "<html><body>Service Unavailable</body></html>".to_owned()),
    })
}
