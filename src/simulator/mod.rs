//! Azure for tests, benches and the demo: it behaves as Azure was recorded to behave, over HTTP.
//!
//! ```text
//! serve, tls ─▶ routes ─┬─ login, metadata, data_plane      no token needed
//!                       ├─ faults, hostile, throttle        what fails, what harms, what is too much
//!                       ├─ reads, singles ─┐
//!                       ├─ write, operations ─▶ world ◀─ contoso, load, generated, born
//!                       ├─ deployments ─▶ template ─┘
//!                       ├─ resource_graph ─▶ keyset
//!                       └─ graph, admin
//! ```
//! Which behaviour is recorded, documented or guessed is a table in README.md.
//!
//! Imports nothing of ours but `arm` and `telemetry`. It holds a `World` in memory and answers
//! from it; what it serves is what [`Running::served`] says.

mod admin;
mod beside;
mod born;
mod contoso;
mod data_plane;
mod deployments;
mod faults;
mod generated;
mod graph;
mod hostile;
mod keyset;
mod load;
mod login;
mod metadata;
mod operations;
mod quirks;
mod reads;
mod reply;
mod resource_graph;
mod routes;
mod serve;
mod settle;
mod singles;
mod template;
mod throttle;
mod tls;
mod world;
mod write;

use std::{
    collections::{BTreeMap, HashMap},
    hash::{Hash, Hasher},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::{Uuid, uuid};

use self::{
    deployments::Deployments,
    faults::Faults,
    generated::Generated,
    login::Login,
    operations::Operations,
    quirks::Quirks,
    serve::{Cut, Door},
    throttle::Throttle,
    world::World,
};
pub use self::{
    faults::{Fault, FaultKind},
    hostile::Hostile,
    operations::Style,
    quirks::QUIRKS,
};

/// The demo tenant.
pub const CONTOSO: Uuid = uuid!("c0470500-0000-4000-8000-000000000001");
const CLIENT: Uuid = uuid!("c0470500-0000-4000-8000-00000000c11e");
/// Longest that a stop waits for answers that are being given.
const STOPPING: Duration = Duration::from_secs(2);
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
    /// https with an authority of its own, for programs that know nothing else.
    pub tls: bool,
    /// Where the authority's certificate is written by [`Running::snippet`]; beside the secret if unset.
    pub ca_file: Option<PathBuf>,
    /// Rewrite URLs of key vaults and their like in the bodies to the simulator, which answers a little there.
    pub data_plane: bool,
    /// Take any api-version, and any type of a known provider, as Azure does for programs that bring their own.
    pub any_version: bool,
    /// How long a token is good.
    pub token_life: Duration,
    /// Further clients that have the same secret: each is a principal with buckets of its own.
    pub more_clients: Vec<Uuid>,
    /// Failures from the start on.
    pub faults: Vec<Fault>,
    /// Irregularities that are on: see [`QUIRKS`].
    pub quirks: Vec<String>,
    /// How long a write or a deployment takes.
    pub write_time: Duration,
    pub write_style: Style,
    /// Subscriptions with nothing in them.
    pub empty_subscriptions: Vec<Uuid>,
    /// Generated storage accounts have blob services and containers: two levels of children that no body shows.
    pub generated_children: bool,
}

impl Settings {
    /// https, and what programs need that know only Azure: their own api-versions, and data planes.
    pub fn for_foreign_programs(self) -> Self {
        Self { tls: true, data_plane: true, any_version: true, ..self }
    }
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
            tls: false,
            ca_file: None,
            data_plane: false,
            any_version: false,
            token_life: Duration::from_secs(3_599),
            more_clients: Vec::new(),
            faults: Vec::new(),
            quirks: Vec::new(),
            write_time: Duration::ZERO,
            write_style: Style::Mixed,
            empty_subscriptions: Vec::new(),
            generated_children: false,
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
    #[error("{0}")]
    Asked(String),
    #[error("making a key or certificate: {0}")]
    Tls(String),
}

/// A running simulator; stopped when told, or when dropped.
pub struct Running {
    pub addr: SocketAddr,
    state: Arc<State>,
    /// The authority's certificate, PEM.
    ca: Option<String>,
    stop: DropGuard,
    server: JoinHandle<()>,
}

/// What the routes share.
struct State {
    settings: Settings,
    world: RwLock<World>,
    login: Login,
    throttle: Throttle,
    counts: Mutex<BTreeMap<String, u64>>,
    held: AtomicBool,
    released: Notify,
    failing: AtomicU32,
    faults: Faults,
    quirks: Quirks,
    operations: Operations,
    deployments: Deployments,
    /// Pages that were read, by a hash of their address: how often.
    pages: Mutex<HashMap<u64, u32>>,
    base: String,
}

impl State {
    fn new(settings: Settings, base: String, world: World) -> Result<Self, SimulatorError> {
        let (faults, quirks) = (Faults::default(), Quirks::default());
        if settings.fail_rate > 0.0 {
            for kind in [FaultKind::Throttle(Some(1)), FaultKind::Reset, FaultKind::Status(503)] {
                let fault = Fault { probability: settings.fail_rate / 3.0, ..Fault::new(kind) };
                faults.add(fault, &base).map_err(SimulatorError::Asked)?;
            }
        }
        for fault in settings.faults.clone() {
            faults.add(fault, &base).map_err(SimulatorError::Asked)?;
        }
        quirks.set(&settings.quirks).map_err(SimulatorError::Asked)?;
        Ok(Self {
            faults,
            quirks,
            operations: Operations::default(),
            deployments: Deployments::default(),
            pages: Mutex::default(),
            throttle: Throttle::new(settings.quota),
            login: Login::new()?,
            base,
            settings,
            world: RwLock::new(world),
            counts: Mutex::default(),
            held: AtomicBool::new(false),
            released: Notify::new(),
            failing: AtomicU32::new(0),
        })
    }

    fn world(&self) -> RwLockReadGuard<'_, World> {
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn world_mut(&self) -> RwLockWriteGuard<'_, World> {
        self.world.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a page; one that was read before counts as read again, too.
    fn page_read(&self, path: &str, token: &str) {
        let mut hasher = std::hash::DefaultHasher::new();
        (path, token).hash(&mut hasher);
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let times = pages.entry(hasher.finish()).or_insert(0);
        *times += 1;
        if *times > 1 {
            drop(pages);
            routes::count(self, "pages_read_again");
        }
    }

    /// Removes something and all below it, as if somebody had deleted it.
    fn remove(&self, id: &str) -> Vec<String> {
        let mut world = self.world_mut();
        let gone = world.remove(&crate::arm::key(id));
        for id in &gone {
            world.note("Delete", id);
        }
        gone
    }
}

/// Fills a world; `base` is where data planes are, if bodies are to be rewritten.
fn fill(settings: &Settings, base: &str) -> Result<World, SimulatorError> {
    let contoso = [Source::Contoso];
    let nothing = settings.sources.is_empty() && settings.empty_subscriptions.is_empty();
    let sources = if nothing { contoso.as_slice() } else { &settings.sources };
    let mut world = World::new(settings.tenant_id);
    if settings.data_plane {
        world.data_plane = Some(base.to_owned());
    }
    for source in sources {
        match source {
            Source::Contoso => contoso::fill(&mut world),
            Source::Directory(path) => load::fill(&mut world, path)?,
            Source::Generated { resources, subscriptions } => {
                world.generate(Generated::new(*resources, *subscriptions, settings.generated_children));
            }
        }
    }
    for (at, id) in settings.empty_subscriptions.iter().enumerate() {
        world.add_subscription(&id.to_string(), &format!("Empty {at}"));
    }
    if settings.any_version {
        born::fill(&mut world);
    }
    world.settle();
    Ok(world)
}

/// Loads what is to be served and listens.
pub async fn start(settings: Settings) -> Result<Running, SimulatorError> {
    let failed = |source| SimulatorError::Listen { address: settings.listen, source };
    let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    let authority = settings.tls.then(|| tls::authority(addr.ip())).transpose()?;
    let base = format!("{}://{addr}", if settings.tls { "https" } else { "http" });
    let world = fill(&settings, &base)?;
    let (acceptor, ca) = authority.map(|made| (made.acceptor, made.certificate)).unzip();
    let door = Door::open(listener, acceptor).map_err(failed)?;
    let state = Arc::new(State::new(settings, base, world)?);
    let stop = CancellationToken::new();
    let router = routes::router(state.clone()).into_make_service_with_connect_info::<Cut>();
    let (stopped, released) = (stop.clone(), state.clone());
    let server = tokio::spawn(async move {
        let told = stopped.clone();
        let graceful = axum::serve(door, router).with_graceful_shutdown(async move { told.cancelled().await });
        tokio::select! {
            served = graceful => {
                if let Err(error) = served {
                    tracing::error!(%error, "the simulator's server ended");
                }
            }
            () = async { stopped.cancelled().await; tokio::time::sleep(STOPPING).await } => {}
        }
        drop(released);
    });
    Ok(Running { addr, state, ca, stop: stop.drop_guard(), server })
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
        let ca_file = self.write_ca(secret_file);
        let ca_line = ca_file.map(|file| format!("ca_file = \"{}\"\n", file.display())).unwrap_or_default();
        let world = self.state.world();
        format!(
            "# This is no Azure: a simulator that runs on this machine. {} resources in {} subscriptions; {} skipped.\n\
             [azure.clouds.sim]\nauthority = \"{base}\"\nresource_manager = \"{base}\"\ngraph = \"{base}\"\n{ca_line}\
             [tenants.sim]\ntenant_id = \"{}\"\ncloud = \"sim\"\n\
             [tenants.sim.credential]\nkind = \"client_secret\"\nclient_id = \"{}\"\nsecret_file = \"{}\"\n",
            world.len(),
            world.subscriptions().len(),
            world.skipped,
            settings.tenant_id,
            settings.client_id,
            secret_file.display(),
        )
    }

    /// The authority's certificate, if this is https.
    pub fn ca(&self) -> Option<&str> {
        self.ca.as_deref()
    }

    /// A token for the usual client, as the token endpoint gives it.
    pub fn token(&self) -> String {
        self.state.login.token(&self.state.settings, &self.state.base, self.state.settings.client_id, &self.state.base)
    }

    fn write_ca(&self, secret_file: &Path) -> Option<PathBuf> {
        let ca = self.ca.as_ref()?;
        let file = self.state.settings.ca_file.clone().unwrap_or_else(|| secret_file.with_extension("ca.pem"));
        if let Err(error) = std::fs::write(&file, ca) {
            tracing::error!(path = %file.display(), %error, "the authority's certificate could not be written");
        }
        Some(file)
    }

    /// Everything that can be read by id: resources and groups.
    pub fn served(&self) -> Vec<(String, Value)> {
        self.state.world().everything()
    }

    /// Requests so far, by kind.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.state.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A fault more. An error where its recordings cannot be read.
    pub fn add_fault(&self, fault: Fault) -> Result<(), String> {
        self.state.faults.add(fault, &self.state.base)
    }

    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// How many recorded answers were given, of how many there are.
    pub fn replayed(&self) -> (usize, usize) {
        self.state.faults.replayed()
    }

    /// Switches exactly these irregularities on.
    pub fn set_quirks(&self, names: &[String]) -> Result<(), String> {
        self.state.quirks.set(names)
    }

    /// Puts a body at once, as if somebody else had. `false`: its id cannot be served.
    pub fn put(&self, id: &str, body: &Value) -> bool {
        let mut world = self.state.world_mut();
        let known = world.contains(&crate::arm::key(id));
        let done = world.tell(id, body);
        world.note(if known { "Update" } else { "Create" }, id);
        done
    }

    /// Removes something and all below it, as if somebody else had. The ids that went.
    pub fn remove(&self, id: &str) -> Vec<String> {
        self.state.remove(id)
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
        drop(self.stop);
        let _ = self.server.await;
    }

    /// Serves until the process ends.
    pub async fn forever(self) {
        let Self { server, stop, .. } = self;
        let _ = server.await;
        drop(stop);
    }
}

#[cfg(test)]
mod tests;
