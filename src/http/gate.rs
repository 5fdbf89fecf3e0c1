//! The outermost middleware: gives each request its id, checks host and origin, turns panics and refusals into the
//! one shape of errors, counts and times.

use std::{any::Any, time::Instant};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use tracing::Instrument;
use uuid::Uuid;

use super::{App, refusal::Refusal};
use crate::api::ErrorCode;

const REQUEST_ID: &str = "x-request-id";

/// The outermost middleware.
pub(super) async fn gate(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let origin = request.headers().get(header::ORIGIN).cloned();
    let span = tracing::info_span!("request", id, %method, path);
    let answered = async {
        if let Err(refusal) = admit(&app, request.headers(), request.uri().host()) {
            return refusal.into_response();
        }
        if method == Method::OPTIONS {
            return StatusCode::NO_CONTENT.into_response();
        }
        match std::panic::AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => response,
            Err(panic) => Refusal::internal(format!("a handler panicked: {}", words(&*panic))).into_response(),
        }
    };
    let mut response = answered.instrument(span.clone()).await;
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        let kept = std::mem::take(response.headers_mut());
        response = refusal.render(&id);
        for (name, value) in kept.iter().filter(|(name, _)| name.as_str().starts_with("x-ratelimit")) {
            response.headers_mut().entry(name).or_insert(value.clone());
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    if let Some(origin) = origin.filter(|_| response.status() != StatusCode::FORBIDDEN) {
        cross_origin(response.headers_mut(), origin);
    }
    let status = response.status().as_u16();
    metrics::counter!("atgd_http_requests_total", "status" => status.to_string()).increment(1);
    metrics::histogram!("atgd_http_request_seconds").record(started.elapsed());
    span.in_scope(|| tracing::debug!(status, ms = started.elapsed().as_millis() as u64, "answered"));
    response
}

/// The caller's id where it is a sane one, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|text| {
        (1..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
    });
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// A page of somewhere else can't make a browser talk to us: not by another name for our address
/// (Host), not by a script (Origin).
fn admit(app: &App, headers: &HeaderMap, uri_host: Option<&str>) -> Result<(), Refusal> {
    let settings = &app.settings();
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).or(uri_host).unwrap_or_default();
    let name = host_name(host);
    let is_public = settings.public_url.as_deref().is_some_and(|url| host_name(after_scheme(url)) == name);
    if !is_loopback(&name) && !is_public && !settings.allowed_hosts.contains(&name) {
        let message = format!("host {name:?} is not served here; add it to [server] allowed_hosts");
        return Err(Refusal::new(ErrorCode::HostNotAllowed, message));
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default().trim_end_matches('/');
        let own = app.base().trim_end_matches('/');
        if origin != own && !settings.origins.iter().any(|allowed| allowed.trim_end_matches('/') == origin) {
            let message = format!("origin {origin:?} may not call; add it to [server] cors");
            return Err(Refusal::new(ErrorCode::OriginNotAllowed, message));
        }
    }
    Ok(())
}

fn after_scheme(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default()
}

/// A host without its port, lower case.
fn host_name(host: &str) -> String {
    let name = match host.strip_prefix('[') {
        Some(literal) => literal.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.to_ascii_lowercase()
}

fn is_loopback(name: &str) -> bool {
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn cross_origin(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    let methods = HeaderValue::from_static("GET, POST, DELETE, OPTIONS");
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    let allowed = "authorization, x-api-key, content-type, idempotency-key, last-event-id, x-request-id";
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_its_name_without_the_port() {
        for (host, name) in [("Localhost:8420", "localhost"), ("[::1]:80", "::1"), ("10.0.0.1", "10.0.0.1")] {
            assert_eq!(host_name(host), name);
        }
        assert!(is_loopback("127.0.0.9") && is_loopback("::1") && !is_loopback("localhost.evil.example"));
        assert_eq!(after_scheme("https://a.example/x"), "a.example");
    }
}
