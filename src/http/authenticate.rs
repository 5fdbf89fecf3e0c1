//! The middleware that authenticates each request by its API key or by the admin socket, then takes from the key's rate
//! limit. A WebSocket request with a ticket passes: its handler redeems the ticket.
//!
//! Runs before any body is read. Knows no routes but the open ones, the metrics, the WebSockets and the submits, and
//! not what a key may do: that is checked by the routes.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    app::App,
    caller::{Caller, Peer},
    limits::Class,
    refusal::Refusal,
};
use crate::{
    api::{ErrorCode, Time},
    audit::Entry,
    auth::Principal,
};

/// Paths that need no key.
const OPEN: [&str; 4] = ["/health", "/api/v1/health", "/readyz", "/openapi.json"];

/// The middleware: refuses a request, or hands it on with a [`Caller`]. A change that the route refuses for lack of
/// rights goes into the audit log.
pub(super) async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(Peer::Unix);
    let is_metrics = path == "/metrics" || path == "/api/v1/metrics";
    let is_open = OPEN.contains(&path.as_str())
        || (is_metrics && app.settings().metrics_from_loopback && peer.is_loopback())
        || (is_socket(&path) && request.uri().query().is_some_and(|query| query.contains("ticket=")));
    if is_open || request.method() == Method::OPTIONS {
        return next.run(request).await;
    }
    let caller = match caller(&app, peer, request.headers()).await {
        Ok(caller) => caller,
        // A browser can't see the status of a failed handshake. The request goes on without a caller: its handler opens
        // the socket and closes it with 4401.
        Err(refusal) if refusal.code == ErrorCode::Unauthenticated && is_upgrade(&path, request.headers()) => {
            return next.run(request).await;
        }
        Err(refusal) => return refusal.into_response(),
    };
    let class = if is_submit(request.method(), &path) { Class::Submit } else { Class::Read };
    let headers = match app.limits().take(class, caller.kid()) {
        Ok(headers) => headers,
        Err(refusal) => return refusal.into_response(),
    };
    let is_change = !matches!(*request.method(), Method::GET | Method::HEAD);
    let action = format!("{} {path}", request.method());
    let audited = caller.clone();
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    if let Some(refusal) = response.extensions().get::<Refusal>()
        && is_change
        && matches!(refusal.code, ErrorCode::ForbiddenScope | ErrorCode::ForbiddenTenant)
    {
        note(&app, audited.entry(&action, "", refusal.code.word())).await;
    }
    response.headers_mut().extend(headers);
    response
}

/// Whether a path is that of a WebSocket.
fn is_socket(path: &str) -> bool {
    (path.starts_with("/api/v1/jobs/") && path.ends_with("/ws"))
        || path.starts_with("/ws/progress/")
        || path.starts_with("/api/v1/ws/progress/")
}

/// Whether a request opens a WebSocket.
fn is_upgrade(path: &str, headers: &HeaderMap) -> bool {
    is_socket(path)
        && headers.get(header::UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Whether a request makes a job; these have a rate limit of their own.
fn is_submit(method: &Method, path: &str) -> bool {
    *method == Method::POST
        && (matches!(path, "/api/v1/scan" | "/api/v1/generate-iac")
            || (path.starts_with("/api/v1/jobs/") && path.ends_with("/retry")))
}

/// Who sends a request. A key that does not verify counts against the address that it came from.
async fn caller(app: &App, peer: Peer, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let remote = peer.to_string();
    if peer == Peer::Admin {
        return Ok(Caller { principal: Arc::new(Principal::admin_socket()), remote });
    }
    let Some(text) = key_text(headers)? else {
        return Err(Refusal::unauthenticated("this needs an API key: Authorization: Bearer atg_…"));
    };
    match app.keyring.verify(&text, Time::now()).await {
        Ok(principal) => Ok(Caller { principal, remote }),
        Err(denied) => {
            let refusal = Refusal::from(denied);
            if let Peer::Tcp(address) = peer
                && refusal.code == ErrorCode::Unauthenticated
            {
                app.limits().failed(address.ip())?;
            }
            Err(refusal)
        }
    }
}

/// The key that a request presents, in either header.
fn key_text(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let unreadable = |_| Refusal::unauthenticated("the API key is not readable");
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().map_err(unreadable)?;
        return match text.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(key.trim().to_owned())),
            _ => Err(Refusal::unauthenticated("only the scheme Bearer is known")),
        };
    }
    let own = headers.get("x-api-key").map(|value| value.to_str().map(|text| text.trim().to_owned()));
    own.transpose().map_err(unreadable)
}

/// Appends to the audit log; the response does not depend on it.
async fn note(app: &App, entry: Entry) {
    if let Err(error) = app.audit.append(entry).await {
        tracing::error!(%error, "an audit line could not be written");
    }
}
