//! The settings of a simulator: sources of the world, limits, faults, irregularities. Data only.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use uuid::{Uuid, uuid};

use super::{faults::Fault, operations::Style};

/// The demo tenant.
pub const CONTOSO: Uuid = uuid!("c0470500-0000-4000-8000-000000000001");
pub(super) const CLIENT: Uuid = uuid!("c0470500-0000-4000-8000-00000000c11e");
pub(super) const SECRET: &str = "simulated-client-secret";

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
    /// https with an authority of its own, for programs that know nothing else.
    pub tls: bool,
    /// Where the authority's certificate is written by [`Running::snippet`](super::Running::snippet); beside the secret if unset.
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
    /// Irregularities that are on: see [`QUIRKS`](super::quirks::QUIRKS).
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
