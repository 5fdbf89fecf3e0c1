//! What every route works with: the rooms' handles, rate limits, tickets, the base of URLs. Knows no route.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::RwLock;
use tokio_util::sync::CancellationToken;

use super::{
    limits::Limits,
    settings::{LimitSettings, Settings},
    tickets::Tickets,
};
use crate::{
    audit::Audit,
    auth::Keyring,
    graph::{Graphs, neo4j::Mirror},
    jobs::Jobs,
    telemetry::metrics::Metrics,
};

/// Between two rounds of upkeep.
const UPKEEP: Duration = Duration::from_secs(5);

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
    tickets: Tickets,
    /// Base of the URLs in answers.
    base: String,
    started: Instant,
}

impl App {
    /// `address` is where TCP is listened on; it is the base of URLs unless a public one is set.
    pub fn new(parts: Parts, settings: Settings, address: SocketAddr) -> Self {
        let base = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let limits = RwLock::new((settings.limits, Arc::new(Limits::new(settings.limits))));
        let tickets = Tickets::default();
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
    pub(crate) fn set_limits(&self, settings: LimitSettings) {
        let mut limits = self.inner.limits.write();
        if limits.0 != settings {
            *limits = (settings, Arc::new(Limits::new(settings)));
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(super) fn tickets(&self) -> &Tickets {
        &self.inner.tickets
    }

    /// Base of the URLs in answers.
    pub(super) fn base(&self) -> &str {
        &self.inner.base
    }

    pub(super) fn started(&self) -> Instant {
        self.inner.started
    }

    pub(super) fn limits(&self) -> Arc<Limits> {
        self.inner.limits.read().1.clone()
    }

    pub(super) fn limit_settings(&self) -> LimitSettings {
        self.inner.limits.read().0
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.inner.parts
    }
}
