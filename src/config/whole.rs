//! The whole configuration, section by section. Data only: it was validated before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    error::ConfigError,
    sections::{Auth, Azure, Graph, Iac, Jobs, Limits, Llm, Logging, Metrics, Neo4j, Retention, Sentry, Server, Store},
    tenants::{Cloud, Tenant},
};

/// The whole configuration, valid.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
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
    pub(crate) fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string_pretty(self).map_err(|error| ConfigError::anywhere(error.to_string()))
    }

    /// The endpoints of a tenant's cloud. None only for a cloud that [`load`](fn@super::load) would have refused.
    pub(crate) fn cloud(&self, tenant: &Tenant) -> Option<Cloud> {
        self.azure.clouds.get(&tenant.cloud).cloned().or_else(|| Cloud::built_in(&tenant.cloud))
    }
}
