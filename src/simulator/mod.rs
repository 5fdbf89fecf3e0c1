//! Azure for tests, benches and the demo: it behaves as Azure was recorded to behave, over HTTP.
//!
//! | behaviour | source |
//! |---|---|
//! | token endpoint, its errors; 401 and 403 of ARM; 404 and api-version error bodies | recorded, documented |
//! | inventory without `properties`, LIST pages of 100, `$skiptoken` next links | recorded |
//! | 250 reads a subscription, refilled 25 a second (`--quota`) | documented |
//! | which api-versions a type has beside those of the bodies | guessed |
//!
//! Imports nothing of ours but `arm` and `telemetry`. It holds a `World` in memory and answers
//! from it; what it serves is what [`Running::served`] says.

mod contoso;
mod generate;
mod graph;
mod load;
mod login;
mod routes;
mod throttle;
mod world;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::{Uuid, uuid};

use self::{throttle::Throttle, world::World};

/// The demo tenant.
pub const CONTOSO: Uuid = uuid!("c0470500-0000-4000-8000-000000000001");
const CLIENT: Uuid = uuid!("c0470500-0000-4000-8000-00000000c11e");
const SECRET: &str = "simulated-client-secret";

/// What to serve, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: SocketAddr,
    /// Empty: Contoso.
    pub sources: Vec<Source>,
    /// Added to every answer.
    pub latency: Duration,
    /// Keep to the documented buckets and answer 429 beyond them.
    pub quota: bool,
    pub tenant_id: Uuid,
    pub client_id: Uuid,
    pub client_secret: String,
    /// Elements of a LIST page.
    pub page_size: usize,
    /// Share of requests that fail with 429, 503 or a reset connection, 0 to 1.
    pub fail_rate: f64,
}

/// Where resources come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Contoso,
    /// A file or directory of bodies, or of recordings.
    Directory(PathBuf),
    Generated {
        resources: u64,
        subscriptions: u32,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            sources: Vec::new(),
            latency: Duration::ZERO,
            quota: false,
            tenant_id: CONTOSO,
            client_id: CLIENT,
            client_secret: SECRET.to_owned(),
            page_size: 100,
            fail_rate: 0.0,
        }
    }
}

/// Why it could not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    #[error("{path}: {cause}")]
    Source { path: String, cause: String },
    #[error("listening on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// A running simulator; stopped when told, or when dropped.
pub struct Running {
    pub addr: SocketAddr,
    state: Arc<State>,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

/// What the routes share.
struct State {
    settings: Settings,
    world: World,
    throttle: Throttle,
    counts: Mutex<BTreeMap<String, u64>>,
    held: AtomicBool,
    released: Notify,
    failing: AtomicU32,
    base: String,
}

/// Loads what is to be served and listens.
pub async fn start(settings: Settings) -> Result<Running, SimulatorError> {
    let sources = if settings.sources.is_empty() { vec![Source::Contoso] } else { settings.sources.clone() };
    let mut world = World::new(settings.tenant_id);
    for source in sources {
        match source {
            Source::Contoso => contoso::fill(&mut world),
            Source::Directory(path) => load::fill(&mut world, &path)?,
            Source::Generated { resources, subscriptions } => generate::fill(&mut world, resources, subscriptions),
        }
    }
    world.settle();
    let failed = |source| SimulatorError::Listen { address: settings.listen, source };
    let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    let stop = CancellationToken::new();
    let state = Arc::new(State {
        throttle: Throttle::new(settings.quota),
        base: format!("http://{addr}"),
        settings,
        world,
        counts: Mutex::default(),
        held: AtomicBool::new(false),
        released: Notify::new(),
        failing: AtomicU32::new(0),
    });
    let router = routes::router(state.clone());
    let stopped = stop.clone();
    let server = tokio::spawn(async move {
        tokio::select! {
            served = axum::serve(listener, router) => {
                if let Err(error) = served {
                    tracing::error!(%error, "the simulator's server ended");
                }
            }
            () = stopped.cancelled() => {}
        }
    });
    Ok(Running { addr, state, stop, server })
}

impl Running {
    pub fn url(&self) -> String {
        self.state.base.clone()
    }

    pub fn tenant_id(&self) -> Uuid {
        self.state.settings.tenant_id
    }

    /// Configuration for a daemon, after writing the client secret to a file (mode 0600).
    pub fn snippet(&self, secret_file: &Path) -> String {
        use std::io::Write;
        let written = std::fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(secret_file)
            .and_then(|mut file| file.write_all(self.state.settings.client_secret.as_bytes()));
        if let Err(error) = written {
            tracing::error!(path = %secret_file.display(), %error, "the client secret could not be written");
        }
        let (base, settings) = (&self.state.base, &self.state.settings);
        format!(
            "# This is no Azure: a simulator that runs on this machine. {} resources in {} subscriptions; {} skipped.\n\
             [azure.clouds.sim]\nauthority = \"{base}\"\nresource_manager = \"{base}\"\ngraph = \"{base}\"\n\
             [tenants.sim]\ntenant_id = \"{}\"\ncloud = \"sim\"\n\
             [tenants.sim.credential]\nkind = \"client_secret\"\nclient_id = \"{}\"\nsecret_file = \"{}\"\n",
            self.state.world.len(),
            self.state.world.subscriptions().len(),
            self.state.world.skipped,
            settings.tenant_id,
            settings.client_id,
            secret_file.display(),
        )
    }

    /// Everything that can be read by id: resources and groups.
    pub fn served(&self) -> Vec<(String, Value)> {
        self.state.world.all().map(|stored| (stored.id.clone(), stored.value())).collect()
    }

    /// Requests so far, by kind.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.state.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on answers wait until [`Self::release`].
    pub fn hold(&self) {
        self.state.held.store(true, Ordering::SeqCst);
    }

    pub fn release(&self) {
        self.state.held.store(false, Ordering::SeqCst);
        self.state.released.notify_waiters();
    }

    /// The next requests of ARM fail with 503.
    pub fn fail_next(&self, times: u32) {
        self.state.failing.store(times, Ordering::SeqCst);
    }

    pub async fn stop(self) {
        self.release();
        self.stop.cancel();
        let _ = self.server.await;
    }

    /// Serves until the process ends.
    pub async fn forever(self) {
        let _ = self.server.await;
    }
}

#[cfg(test)]
mod tests;
