//! A simulator that listens: starts and stops it, and lets a test or the demo ask and change it.

use std::{
    collections::BTreeMap,
    io::Write,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::{
    error::SimulatorError,
    faults::Fault,
    routes,
    serve::{Cut, Door},
    settings::Settings,
    sources,
    state::State,
    tls,
};

/// Longest that a stop waits for answers that are being given.
const STOPPING: Duration = Duration::from_secs(2);

/// A running simulator; stopped when told, or when dropped.
pub struct Running {
    pub addr: SocketAddr,
    state: Arc<State>,
    /// The authority's certificate, PEM.
    ca: Option<String>,
    stop: DropGuard,
    server: JoinHandle<()>,
}

/// Loads what is to be served and listens.
pub async fn start(settings: Settings) -> Result<Running, SimulatorError> {
    let failed = |source| SimulatorError::Listen { address: settings.listen, source };
    let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    let authority = settings.tls.then(|| tls::authority(addr.ip())).transpose()?;
    let base = format!("{}://{addr}", if settings.tls { "https" } else { "http" });
    let world = sources::fill(&settings, &base)?;
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
        self.state.counts()
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
        self.state.put(id, body)
    }

    /// Removes something and all below it, as if somebody else had. The ids that went.
    pub fn remove(&self, id: &str) -> Vec<String> {
        self.state.remove(id)
    }

    /// From now on another client of whoever asks wants so many reads a second.
    pub fn other_client(&self, rate: f64) {
        self.state.throttle.other_client(rate);
    }

    /// How many reads the other client wanted, and how many it got.
    pub fn other_client_got(&self) -> (f64, f64) {
        let other = self.state.throttle.other();
        (other.wanted, other.got)
    }

    /// From now on answers wait until [`Self::release`].
    pub fn hold(&self) {
        self.state.hold();
    }

    pub fn release(&self) {
        self.state.release();
    }

    pub async fn stop(self) {
        self.release();
        drop(self.stop);
        let _ = self.server.await;
    }

    /// Serves until the process ends.
    pub(crate) async fn forever(self) {
        let Self { server, stop, .. } = self;
        let _ = server.await;
        drop(stop);
    }
}
