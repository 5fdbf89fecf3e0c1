//! The sections with their defaults. What each key means is documented in `packaging/config.toml`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    tenants::Cloud,
    values::{Endpoint, Listen, Size, Span},
};
use crate::telemetry::Secret;

/// `[server]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    pub listen: Listen,
    /// Served beside `listen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unix_socket: Option<PathBuf>,
    /// Base of the URLs in answers; none: `http://` and the address that is listened on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<Endpoint>,
    /// Host names beside the loopback ones and that of `public_url`.
    pub allowed_hosts: Vec<String>,
    /// Origins that browsers may call from.
    pub cors: Vec<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: Listen(std::net::SocketAddr::from(([127, 0, 0, 1], 8420))),
            unix_socket: None,
            public_url: None,
            allowed_hosts: Vec::new(),
            cors: Vec::new(),
        }
    }
}

/// `[auth]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Auth {
    /// Longest life of a new key; none: keys may live for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_life: Option<Span>,
}

/// `[limits]`: 0 is no limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    pub submit_per_minute: u32,
    pub submit_burst: u32,
    pub read_per_second: u32,
    pub auth_failures_per_minute: u32,
    pub max_queued: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            submit_per_minute: 10,
            submit_burst: 10,
            read_per_second: 50,
            auth_failures_per_minute: 10,
            max_queued: 1_000,
        }
    }
}

/// `[jobs]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Jobs {
    /// 1 to 256.
    pub max_concurrent: usize,
    /// Running jobs of one key; 0: all slots, but one less while other keys may submit too.
    pub per_key: u64,
    /// How long running jobs may go on after a stop was asked for.
    pub grace_seconds: u64,
    pub scan_timeout: Span,
    pub other_timeout: Span,
    /// A job whose operation reports nothing for so long has failed.
    pub step_timeout: Span,
    pub require_plan_hash: bool,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            max_concurrent: 3,
            per_key: 0,
            grace_seconds: 30,
            scan_timeout: Span::from_seconds(4 * 3_600),
            other_timeout: Span::from_seconds(3_600),
            step_timeout: Span::from_seconds(1_800),
            require_plan_hash: false,
        }
    }
}

/// `[retention]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Retention {
    pub jobs: Span,
    /// Finished jobs kept of each status; 0: no limit.
    pub jobs_per_status: u64,
    pub artifacts: Span,
    pub artifacts_max_bytes: Size,
    /// Published generations of a tenant's graph that are kept.
    pub snapshots: u64,
    /// The same by age; the newest of a tenant always stays.
    pub snapshots_age: Span,
    /// Keys, after they were revoked or have expired.
    pub keys: Span,
    /// Lines of the audit trail.
    pub audit: Span,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            jobs: Span::from_days(30),
            jobs_per_status: 1_000_000,
            artifacts: Span::from_days(7),
            artifacts_max_bytes: Size::from_bytes(10 << 30),
            snapshots: 30,
            snapshots_age: Span::from_days(365),
            keys: Span::from_days(90),
            audit: Span::from_days(365),
        }
    }
}

/// `[store]`: no keys yet; the section is accepted so that files of later versions can be prepared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Store {}

/// How a scan reads an inventory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Strategy {
    /// The lists of each type.
    #[default]
    List,
    /// Resource Graph.
    Graph,
    /// The one of both that takes less time within the quotas.
    Auto,
}

/// `[azure]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Azure {
    pub strategy: Strategy,
    /// The most of Azure's request quota that is used while nobody else draws on it, above 0 and at most 1.
    pub share: f64,
    /// Beside the built-in `public`, `usgov` and `china`.
    pub clouds: std::collections::BTreeMap<String, Cloud>,
}

impl Default for Azure {
    fn default() -> Self {
        Self { strategy: Strategy::List, share: 0.95, clouds: std::collections::BTreeMap::new() }
    }
}

/// `[neo4j]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Neo4j {
    pub uri: String,
    #[serde(default = "Neo4j::usual_user")]
    pub user: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// From the older service's `NEO4J_PASSWORD`; the file never holds it.
    #[serde(skip)]
    pub password: Option<Secret>,
    #[serde(default = "Neo4j::usual_batch")]
    pub batch_rows: usize,
    #[serde(default = "Neo4j::usual_flight")]
    pub in_flight: usize,
}

impl Neo4j {
    fn usual_user() -> String {
        "neo4j".to_owned()
    }

    const fn usual_batch() -> usize {
        1_000
    }

    const fn usual_flight() -> usize {
        8
    }
}

/// `[llm]`: checked and kept; this version makes no descriptions, and says so in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Llm {
    pub kind: LlmKind,
    pub endpoint: Endpoint,
    pub model: String,
    pub key_file: PathBuf,
}

/// The two dialects of language model services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LlmKind {
    Openai,
    AzureOpenai,
}

/// How log lines look on stderr. Files are always JSON lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    #[default]
    Pretty,
    Json,
}

/// `[logging]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Logging {
    /// `error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,atgd::jobs=debug`.
    pub level: String,
    pub format: LogFormat,
    /// Daily files are written here; none: only stderr.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<PathBuf>,
    /// Daily files that are kept.
    pub keep_files: usize,
    /// Lines that may wait for the disk before lines are dropped.
    pub backlog_lines: usize,
}

impl Default for Logging {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::Pretty,
            directory: None,
            keep_files: 14,
            backlog_lines: 16_384,
        }
    }
}

/// `[metrics]`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Metrics {
    /// Loopback callers need no key for the metrics.
    pub from_loopback: bool,
}

/// `[sentry]`: checked and kept; this version sends no reports, and says so in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sentry {
    pub dsn_file: PathBuf,
}

/// `[graph]`
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Graph {
    pub dual: bool,
}

/// `[iac]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Iac {
    /// A directory of Terraform providers to validate with, without a download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terraform_plugin_dir: Option<PathBuf>,
    /// The Terraform command line; with both, `verify` plans what was generated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terraform: Option<PathBuf>,
}
