//! The API over HTTP: one list of routes, the order in which a request is judged, errors, events.
//!
//! ```text
//! connection ─▶ gate (request id, panic, host, origin) ─▶ authenticate ─▶ rate limit ─▶ route ─▶ body
//! ```
//! Authentication comes before the body is read: a caller without a valid key learns nothing about
//! schemas. Routes map the refusals of `jobs`, `auth` and `graph` to the one table of error codes
//! (`api::ErrorCode`); they know no Azure, no configuration and no file but a job's zip.

mod authenticate;
mod body;
mod gate;
mod limits;
mod refusal;
mod router;
mod routes;
mod serve;
mod validate;

use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

pub use router::openapi;
pub use serve::{serve_admin, serve_tcp, serve_unix};

use tokio_util::sync::CancellationToken;

use self::limits::Limits;
use crate::{
    audit::Audit,
    auth::Keyring,
    graph::{Graphs, neo4j::Mirror},
    jobs::Jobs,
    telemetry::metrics::Metrics,
};

/// Between two rounds of upkeep.
const UPKEEP: Duration = Duration::from_secs(5);

/// What can be set of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Base of the URLs in answers, without a slash at the end; none: `http://` and the address that is
    /// listened on.
    pub public_url: Option<String>,
    /// Host names that are answered to beside loopback ones, lower case, without port.
    pub allowed_hosts: Vec<String>,
    /// Origins that browsers may call from, such as `https://portal.example.org`.
    pub origins: Vec<String>,
    /// Loopback callers need no key for the metrics.
    pub metrics_from_loopback: bool,
    pub limits: LimitSettings,
}

/// Rate limits; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitSettings {
    pub submit_per_minute: u32,
    pub submit_burst: u32,
    pub read_per_second: u32,
    pub auth_failures_per_minute: u32,
}

/// What the routes work with.
#[derive(Clone)]
pub struct Parts {
    pub keyring: Keyring,
    pub audit: Audit,
    pub jobs: Jobs,
    pub graphs: Graphs,
    /// None: no Neo4j is configured.
    pub mirror: Option<Mirror>,
    pub metrics: Metrics,
}

/// The application behind every listener. Clones share it.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    settings: Settings,
    /// With the settings that it was made of.
    limits: RwLock<(LimitSettings, Arc<Limits>)>,
    tickets: routes::socket::Tickets,
    /// Base of the URLs in answers.
    base: String,
    started: Instant,
}

impl App {
    /// `address` is where TCP is listened on; it is the base of URLs unless a public one is set.
    pub fn new(parts: Parts, settings: Settings, address: SocketAddr) -> Self {
        let base = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let limits = RwLock::new((settings.limits, Arc::new(Limits::new(settings.limits))));
        let tickets = routes::socket::Tickets::default();
        Self { inner: Arc::new(Inner { parts, settings, limits, tickets, base, started: Instant::now() }) }
    }

    /// Folds metrics and forgets callers that have been silent, so that memory stays bounded. Until `stop`.
    pub async fn keep(self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {
                    self.metrics.upkeep();
                    self.limits().sweep();
                }
            }
        }
    }

    /// Rate limits from now on. Callers begin anew when they differ from those before.
    pub fn set_limits(&self, settings: LimitSettings) {
        let mut limits = self.inner.limits.write().unwrap_or_else(PoisonError::into_inner);
        if limits.0 != settings {
            *limits = (settings, Arc::new(Limits::new(settings)));
        }
    }

    fn limits(&self) -> Arc<Limits> {
        self.inner.limits.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    fn limit_settings(&self) -> LimitSettings {
        self.inner.limits.read().unwrap_or_else(PoisonError::into_inner).0
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.inner.parts
    }
}

#[cfg(test)]
mod tests;
