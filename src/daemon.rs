//! The only composition root: open, recover, wire, serve, drain.
//!
//! ```text
//! state.redb ─▶ keys, audit ─▶ graphs, azure, mirror ─▶ jobs (recovery) ─▶ listeners ─▶ ready
//! stop ─▶ not ready, no claims, viewers told ─▶ grace ─▶ the rest back to the queue ─▶ listeners end
//! ```
//! Start-up is recovery: there is no clean-shutdown path that a crash does not also have.
//! It decides nothing else.

use std::{
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context;
use tokio::{
    net::{TcpListener, UnixListener},
    sync::watch,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    api::Time,
    audit::{Audit, Entry},
    auth::Keyring,
    azure::Azure,
    config::{Config, Sources},
    graph::{Graphs, neo4j::Mirror},
    http::{self, App},
    jobs::{self, Chore, Jobs},
    ops::Operations,
    settings::{self, Live},
    store::Store,
    telemetry::{
        logs::{self, LevelHandle, LogSettings},
        metrics::Metrics,
    },
};

const ADMIN_SOCKET: &str = "admin.sock";

/// A running daemon.
pub(crate) struct Daemon {
    /// Where the API is.
    pub address: SocketAddr,
    jobs: Jobs,
    audit: Audit,
    /// Ends listeners and upkeep.
    end: CancellationToken,
    tasks: TaskTracker,
    sockets: Vec<PathBuf>,
    live: Option<Live>,
}

impl Daemon {
    /// Opens, recovers, wires, listens. The admin socket is in the runtime directory, else in the state's.
    pub(crate) async fn start(config: &Config, state: &Path, runtime: Option<&Path>) -> anyhow::Result<Self> {
        for note in &config.notes {
            tracing::warn!("{note}");
        }
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(state)
            .with_context(|| format!("the state directory {}", state.display()))?;
        let metrics = Metrics::install();
        let store = Store::open(&state.join("state.redb"), &jobs::SCHEMA)?;
        store.keep_reserve();
        let audit = Audit::new(store.clone());
        note(&audit, "daemon.start").await;
        let keyring = Keyring::open(store.clone(), settings::auth(config));
        let graphs = Graphs::open(state.join("graph"));
        let (azure, tenants) = watch::channel(settings::azure(config)?);
        let mirror = config.neo4j.as_ref().map(|neo4j| Mirror::new(settings::neo4j(neo4j), graphs.clone()));
        let operations = Operations::new(Azure::new(tenants), graphs.clone(), mirror.clone(), settings::iac(config))
            .requiring_plan_hash(config.jobs.require_plan_hash);
        let chores = chores(&keyring, &audit, &graphs, settings::logs(config));
        let (settings, limits) = watch::channel(settings::jobs(config));
        let jobs = Jobs::start(store, std::sync::Arc::new(operations), limits, state, chores).await?;
        let keys = keyring.clone();
        jobs.share_slots(move || keys.have_rivals(Time::now().millis()).unwrap_or(false));

        let listen = config.server.listen.0;
        let listener = TcpListener::bind(listen).await.with_context(|| format!("listening on {listen}"))?;
        let address = listener.local_addr()?;
        let parts = http::Parts {
            keyring: keyring.clone(),
            audit: audit.clone(),
            jobs: jobs.clone(),
            graphs,
            mirror: mirror.clone(),
            metrics,
        };
        let app = App::new(parts, settings::http(config), address);
        let live = Some(Live { jobs: settings, azure, app: app.clone(), keyring, audit: audit.clone(), level: None });
        let (end, tasks, sockets) = (CancellationToken::new(), TaskTracker::new(), Vec::new());
        let mut daemon = Self { address, jobs, audit, end, tasks, sockets, live };
        let admin = runtime.unwrap_or(state).join(ADMIN_SOCKET);
        let mode = if runtime.is_some() { 0o660 } else { 0o600 };
        let admin = daemon.bind(admin, mode)?;
        daemon.tasks.spawn(http::serve_tcp(listener, app.clone(), daemon.end.clone()));
        daemon.tasks.spawn(http::serve_admin(admin, app.clone(), daemon.end.clone()));
        if let Some(path) = &config.server.unix_socket {
            let socket = daemon.bind(path.clone(), 0o666)?;
            daemon.tasks.spawn(http::serve_unix(socket, app.clone(), daemon.end.clone()));
        }
        if let Some(mirror) = mirror {
            daemon.tasks.spawn(mirror.keep(daemon.end.clone()));
        }
        daemon.tasks.spawn(app.keep(daemon.end.clone()));
        tracing::info!(%address, state = %state.display(), tenants = config.tenants.len(), "ready");
        Ok(daemon)
    }

    /// The jobs, for whoever watches over the process.
    pub(crate) fn jobs(&self) -> Jobs {
        self.jobs.clone()
    }

    /// From now on edits of the configuration take effect.
    pub(crate) fn follow(&mut self, sources: Sources, config: Config, level: LevelHandle) {
        if let Some(live) = self.live.take() {
            let live = Live { level: Some(level), ..live };
            self.tasks.spawn(settings::follow(sources, config, live, self.end.clone()));
        }
    }

    /// Makes a socket file. An existing one is a dead daemon's: the store's lock says that no other runs.
    fn bind(&mut self, path: PathBuf, mode: u32) -> anyhow::Result<UnixListener> {
        let words = || format!("the socket {}", path.display());
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(words);
        }
        let listener = UnixListener::bind(&path).with_context(words)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).with_context(words)?;
        self.sockets.push(path);
        Ok(listener)
    }

    /// Drains the jobs (`hurry` skips the grace), then ends the listeners.
    pub(crate) async fn stop(self, hurry: CancellationToken) {
        self.jobs.drain(hurry).await;
        note(&self.audit, "daemon.stop").await;
        self.end.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        for socket in self.sockets {
            // Gone already is as good.
            let _ = std::fs::remove_file(socket);
        }
        tracing::info!("stopped");
    }
}

/// What the janitor does for rooms that jobs do not know.
fn chores(keyring: &Keyring, audit: &Audit, graphs: &Graphs, logs: LogSettings) -> Vec<Chore> {
    fn said<E: std::fmt::Display>(outcome: Result<u64, E>) -> Result<u64, String> {
        outcome.map_err(|error| error.to_string())
    }
    let (keyring, audit, graphs) = (keyring.clone(), audit.clone(), graphs.clone());
    vec![
        Chore::hourly("keys", move |settings, now| {
            let keyring = keyring.clone();
            async move { said(keyring.sweep(now - settings.keep_keys_ms).await) }
        }),
        Chore::hourly("audit", move |settings, now| {
            let audit = audit.clone();
            async move { said(audit.trim(now - settings.keep_audit_ms, now).await) }
        }),
        Chore::hourly("snapshots", move |settings, now| {
            let graphs = graphs.clone();
            async move { said(graphs.trim(settings.keep_snapshots, now - settings.keep_snapshots_ms).await) }
        }),
        Chore::hourly("log_files", move |_, _| {
            let swept = logs::sweep(&logs);
            async move { said(swept) }
        }),
    ]
}

async fn note(audit: &Audit, action: &str) {
    let entry = Entry {
        at_ms: Time::now().millis(),
        actor: "daemon".to_owned(),
        remote: String::new(),
        action: action.to_owned(),
        target: env!("CARGO_PKG_VERSION").to_owned(),
        outcome: "ok".to_owned(),
    };
    if let Err(error) = audit.append(entry).await {
        tracing::error!(%error, "an audit line could not be written");
    }
}
