//! Who is asking: by key, by the admin socket, by a ticket. Before any body is read.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use super::{App, limits::Class, refusal::Refusal, routes::socket};
use crate::{
    api::{ErrorCode, JobView, Scope, Time},
    audit::Entry,
    auth::Principal,
};

/// Where a connection came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Tcp(SocketAddr),
    Unix,
    /// The socket whose file mode stands in for an admin key.
    Admin,
}

impl Peer {
    fn is_loopback(self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().is_loopback(),
            Self::Unix | Self::Admin => true,
        }
    }
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.ip().fmt(f),
            Self::Unix => f.write_str("unix socket"),
            Self::Admin => f.write_str("admin socket"),
        }
    }
}

/// An authenticated caller.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub principal: Arc<Principal>,
    pub remote: String,
}

impl Caller {
    pub fn kid(&self) -> &str {
        &self.principal.kid
    }

    pub fn is_admin(&self) -> bool {
        self.principal.may(Scope::Admin)
    }

    pub fn must(&self, scope: Scope) -> Result<(), Refusal> {
        if self.principal.may(scope) {
            return Ok(());
        }
        let message = format!("this needs a key with the scope {}", scope.word());
        Err(Refusal::new(ErrorCode::ForbiddenScope, message))
    }

    pub fn must_tenant(&self, tenant: Uuid) -> Result<(), Refusal> {
        if self.principal.may_tenant(tenant) {
            return Ok(());
        }
        let message = format!("this key may not act on tenant {tenant}");
        Err(Refusal::new(ErrorCode::ForbiddenTenant, message))
    }

    /// A job belongs to the key that made it: another's is as if it were not there.
    pub fn owns(&self, job: &JobView) -> bool {
        self.is_admin() || job.key_id == self.principal.kid
    }

    fn entry(&self, action: &str, target: &str, outcome: &str) -> Entry {
        Entry {
            at_ms: Time::now().millis(),
            actor: self.principal.kid.clone(),
            remote: self.remote.clone(),
            action: action.to_owned(),
            target: target.to_owned(),
            outcome: outcome.to_owned(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Refusal::unauthenticated("this needs an API key"))
    }
}

/// Paths that anyone may read.
const OPEN: [&str; 4] = ["/health", "/api/v1/health", "/readyz", "/openapi.json"];

/// The middleware: refuses, or hands on with a [`Caller`].
pub(super) async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(Peer::Unix);
    let is_metrics = path == "/metrics" || path == "/api/v1/metrics";
    let is_open = OPEN.contains(&path.as_str())
        || (is_metrics && app.inner.settings.metrics_from_loopback && peer.is_loopback())
        || (socket::is_socket(&path) && request.uri().query().is_some_and(|query| query.contains("ticket=")));
    if is_open || request.method() == Method::OPTIONS {
        return next.run(request).await;
    }
    let caller = match caller(&app, peer, request.headers()).await {
        Ok(caller) => caller,
        // A browser sees no status of a failed handshake: the socket is opened and closed with 4401.
        Err(refusal) if refusal.code == ErrorCode::Unauthenticated && socket::is_upgrade(&path, request.headers()) => {
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

fn is_submit(method: &Method, path: &str) -> bool {
    *method == Method::POST
        && (matches!(path, "/api/v1/scan" | "/api/v1/generate-iac")
            || (path.starts_with("/api/v1/jobs/") && path.ends_with("/retry")))
}

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

async fn note(app: &App, entry: Entry) {
    if let Err(error) = app.audit.append(entry).await {
        tracing::error!(%error, "an audit line could not be written");
    }
}
