//! The only composition root: open, recover, wire, serve, drain.
//!
//! ```text
//! Config ─▶ open (state dir, state.redb, graphs) ─▶ wire (azure, ops, jobs) ─▶ listen ─▶ ready
//!                                                                                   │ SIGTERM, SIGINT
//!            exit 0 ◀─ flush ◀─ viewers told, listener closed ◀─ jobs drained ◀─ not ready
//! ```
//! Start-up is recovery: there is no clean shutdown that a crash does not also have. Rooms define
//! their own settings; the conversions from [`Config`] stand here and nowhere else.

use std::{
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::{
    net::{TcpListener, UnixListener},
    sync::watch,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    audit::Audit, auth::Keyring, azure::Azure, config::Config, graph::Graphs, graph::neo4j::Mirror, http, jobs::Jobs,
    ops::Operations, store::Store, telemetry,
};

/// Name of the one file for jobs and keys, below the state directory.
pub const STATE_FILE: &str = "state.redb";

/// A daemon that answers requests.
pub struct Running {
    pub address: SocketAddr,
    jobs: Jobs,
    ready: watch::Sender<bool>,
    shutdown: CancellationToken,
    servers: Vec<JoinHandle<std::io::Result<()>>>,
    admin_socket: Option<PathBuf>,
}
