//! An authenticated caller and its rights: the extractor of every route that needs a key. Knows no route.

use std::{net::SocketAddr, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use uuid::Uuid;

use super::refusal::Refusal;
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
    /// The admin socket: its file mode replaces an admin key.
    Admin,
}

impl Peer {
    pub(super) fn is_loopback(self) -> bool {
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
    pub(super) fn kid(&self) -> &str {
        &self.principal.kid
    }

    pub(crate) fn is_admin(&self) -> bool {
        self.principal.may(Scope::Admin)
    }

    pub(super) fn must(&self, scope: Scope) -> Result<(), Refusal> {
        if self.principal.may(scope) {
            return Ok(());
        }
        let message = format!("this needs a key with the scope {}", scope.word());
        Err(Refusal::new(ErrorCode::ForbiddenScope, message))
    }

    pub(crate) fn must_tenant(&self, tenant: Uuid) -> Result<(), Refusal> {
        if self.principal.may_tenant(tenant) {
            return Ok(());
        }
        let message = format!("this key may not act on tenant {tenant}");
        Err(Refusal::new(ErrorCode::ForbiddenTenant, message))
    }

    /// A job belongs to the key that made it: another's is as if it were not there.
    pub(crate) fn owns(&self, job: &JobView) -> bool {
        self.is_admin() || job.key_id == self.principal.kid
    }

    pub(super) fn entry(&self, action: &str, target: &str, outcome: &str) -> Entry {
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
