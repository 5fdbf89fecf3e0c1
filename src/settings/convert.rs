//! Converts the configuration to each room's settings. Pure.

use std::time::Duration;

use anyhow::Context;

use crate::{
    auth, azure,
    config::{self, Config, Credential, SecretSource},
    graph::neo4j,
    http, iac, jobs,
    telemetry::logs::LogSettings,
};

pub(crate) fn logs(config: &Config) -> LogSettings {
    let logging = &config.logging;
    LogSettings {
        level: logging.level.clone(),
        json: logging.format == config::LogFormat::Json,
        directory: logging.directory.clone(),
        keep_files: logging.keep_files,
        backlog_lines: logging.backlog_lines,
    }
}

pub(crate) fn auth(config: &Config) -> auth::Settings {
    auth::Settings { longest_life_ms: config.auth.longest_life.map(config::Span::millis) }
}

pub(crate) fn iac(config: &Config) -> iac::Settings {
    iac::Settings {
        terraform_plugin_dir: config.iac.terraform_plugin_dir.clone(),
        terraform: config.iac.terraform.clone(),
    }
}

pub(crate) fn jobs(config: &Config) -> jobs::Settings {
    let (jobs, retention) = (&config.jobs, &config.retention);
    jobs::Settings {
        max_concurrent: jobs.max_concurrent,
        per_key: (jobs.per_key > 0).then_some(jobs.per_key),
        // 0 is no limit, as everywhere in that section.
        max_queued: if config.limits.max_queued == 0 { u64::MAX } else { config.limits.max_queued },
        grace: Duration::from_secs(jobs.grace_seconds),
        scan_timeout_seconds: jobs.scan_timeout.duration().as_secs(),
        other_timeout_seconds: jobs.other_timeout.duration().as_secs(),
        keep_jobs_ms: retention.jobs.millis(),
        keep_per_status: if retention.jobs_per_status == 0 { u64::MAX } else { retention.jobs_per_status },
        keep_artifacts_ms: retention.artifacts.millis(),
        artifacts_max_bytes: retention.artifacts_max_bytes.bytes(),
        step_timeout: jobs.step_timeout.duration(),
        keep_keys_ms: retention.keys.millis(),
        keep_audit_ms: retention.audit.millis(),
        keep_snapshots: retention.snapshots,
        keep_snapshots_ms: retention.snapshots_age.millis(),
    }
}

pub(crate) fn http(config: &Config) -> http::Settings {
    let (server, limits) = (&config.server, &config.limits);
    http::Settings {
        public_url: server.public_url.as_ref().map(|url| url.to_string().trim_end_matches('/').to_owned()),
        allowed_hosts: server.allowed_hosts.iter().map(|host| host.to_lowercase()).collect(),
        origins: server.cors.clone(),
        metrics_from_loopback: config.metrics.from_loopback,
        limits: http::LimitSettings {
            submit_per_minute: limits.submit_per_minute,
            submit_burst: limits.submit_burst,
            read_per_second: limits.read_per_second,
            auth_failures_per_minute: limits.auth_failures_per_minute,
        },
    }
}

pub(crate) fn neo4j(neo4j: &config::Neo4j) -> neo4j::Settings {
    let password = match (&neo4j.password_file, &neo4j.password) {
        (Some(path), _) => neo4j::PasswordSource::File(path.clone()),
        (None, Some(secret)) => neo4j::PasswordSource::Given(secret.clone()),
        (None, None) => neo4j::PasswordSource::None,
    };
    let (uri, user) = (neo4j.uri.clone(), neo4j.user.clone());
    neo4j::Settings { uri, user, password, batch_rows: neo4j.batch_rows, in_flight: neo4j.in_flight }
}

pub(crate) fn azure(config: &Config) -> anyhow::Result<azure::Settings> {
    let mut tenants = Vec::new();
    for (name, tenant) in &config.tenants {
        let cloud = config.cloud(tenant).with_context(|| format!("tenant {name}: no cloud {}", tenant.cloud))?;
        let text = |endpoint: config::Endpoint| endpoint.to_string().trim_end_matches('/').to_owned();
        let id = |id: &Option<uuid::Uuid>| id.map(|id| id.to_string());
        let credential = match &tenant.credential {
            Credential::ClientSecret { client_id, secret } => azure::CredentialSettings::ClientSecret {
                client_id: client_id.to_string(),
                secret: match secret {
                    SecretSource::File(path) => azure::SecretSource::File(path.clone()),
                    SecretSource::Environment(secret) => azure::SecretSource::Given(secret.clone()),
                },
            },
            Credential::WorkloadIdentity { client_id, token_file } => {
                azure::CredentialSettings::WorkloadIdentity { client_id: id(client_id), token_file: token_file.clone() }
            }
            Credential::ManagedIdentity { client_id } => {
                azure::CredentialSettings::ManagedIdentity { client_id: id(client_id) }
            }
            Credential::AzureCli => azure::CredentialSettings::AzureCli,
            Credential::ClientCertificate { client_id, certificate_file } => {
                azure::CredentialSettings::ClientCertificate {
                    client_id: client_id.to_string(),
                    file: certificate_file.clone(),
                }
            }
        };
        tenants.push(azure::TenantSettings {
            name: name.clone(),
            tenant_id: tenant.tenant_id,
            cloud: azure::CloudSettings {
                authority: text(cloud.authority),
                resource_manager: text(cloud.resource_manager),
                graph: text(cloud.graph),
                ca_file: cloud.ca_file,
            },
            subscriptions: tenant.subscriptions.clone(),
            credential,
            strategy: match config.azure.strategy {
                config::Strategy::List => azure::Strategy::List,
                config::Strategy::Graph => azure::Strategy::Graph,
                config::Strategy::Auto => azure::Strategy::Auto,
            },
        });
    }
    Ok(azure::Settings { tenants, share: config.azure.share })
}
