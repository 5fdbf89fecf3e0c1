//! Configuration: `file < ATGD_<SECTION>__<KEY> < flags`, parsed once into one validated [`Config`].
//!
//! A value that the types cannot hold never gets past [`load`]: spans, sizes, endpoints and
//! credentials are types of their own, unknown keys are refused, and every refusal says where the
//! value stands (file, line, column or variable) and what is allowed. Each key has its one home in
//! [`sections`](self), its documentation in `packaging/config.toml`; a test holds the two together.
//! It knows nothing of the rooms: each has its own settings, and `daemon` converts.

mod error;
mod overlay;
mod places;
mod sample;
mod sections;
mod tenants;
mod validate;
mod values;

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

pub use error::ConfigError;
pub use places::{DEFAULT_FILE, SERVICE_STATE_DIR, config_file, state_dir};
pub use sample::sample;
pub use sections::{
    Auth, Azure, Graph, Iac, Jobs, Limits, Llm, LogFormat, Logging, Metrics, Neo4j, Retention, Sentry, Server, Store,
    Strategy,
};
pub use tenants::{Cloud, Credential, SecretSource, Tenant};
pub use values::{Endpoint, Listen, Size, Span};

/// The whole configuration, valid.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub server: Server,
    pub auth: Auth,
    pub limits: Limits,
    pub jobs: Jobs,
    pub retention: Retention,
    pub store: Store,
    pub azure: Azure,
    /// By name; at most one entry for a tenant id.
    pub tenants: BTreeMap<String, Tenant>,
    /// None: the graph is not mirrored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neo4j: Option<Neo4j>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm: Option<Llm>,
    pub logging: Logging,
    pub metrics: Metrics,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentry: Option<Sentry>,
    pub graph: Graph,
    pub iac: Iac,
    /// What is legal but deserves a line in the log.
    #[serde(skip)]
    pub notes: Vec<String>,
}

impl Config {
    /// The configuration as TOML for people: `atgd config show`. Secrets are never in it.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string_pretty(self).map_err(|error| ConfigError::anywhere(error.to_string()))
    }

    /// The endpoints of a tenant's cloud. None only for a cloud that [`load`] would have refused.
    pub fn cloud(&self, tenant: &Tenant) -> Option<Cloud> {
        self.azure.clouds.get(&tenant.cloud).cloned().or_else(|| Cloud::built_in(&tenant.cloud))
    }
}

/// Where a configuration comes from. Everything the process could look at is a field, so that a
/// test needs no environment of its own.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file to read; it must exist. None: [`DEFAULT_FILE`] where that exists, else defaults.
    pub file: Option<PathBuf>,
    /// The environment; other people's variables in it are ignored.
    pub environment: Vec<(String, String)>,
    /// `--listen`.
    pub listen: Option<String>,
}

impl Sources {
    /// The file that was named, the process's environment, and the flag.
    pub fn of_process(file: Option<PathBuf>, listen: Option<String>) -> Self {
        // A variable that is not UTF-8 is none of ours.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, environment, listen }
    }
}

/// Reads, overlays, validates.
pub fn load(sources: &Sources) -> Result<Config, ConfigError> {
    let document = match config_file(sources.file.as_deref()) {
        Some(path) => overlay::Document::read(&path)?,
        None => overlay::Document::default(),
    };
    parse(document, sources)
}

/// The same with the file's text in hand; `name` stands in the errors.
pub fn load_text(name: &str, text: &str, sources: &Sources) -> Result<Config, ConfigError> {
    parse(overlay::Document::parse(name, text)?, sources)
}

fn parse(document: overlay::Document, sources: &Sources) -> Result<Config, ConfigError> {
    let mut layers = overlay::Layers::new(document);
    layers.environment(&sources.environment)?;
    layers.older_names(&sources.environment);
    if let Some(listen) = &sources.listen {
        layers.flag("--listen", &["server", "listen"], listen);
    }
    let mut config = layers.deserialize()?;
    layers.older_secrets(&sources.environment, &mut config);
    validate::validate(&mut config).map_err(|(path, message)| layers.refuse(&path, message))?;
    config.notes.extend(layers.into_notes());
    Ok(config)
}

#[cfg(test)]
mod tests;
