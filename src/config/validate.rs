//! Rules over the whole configuration, which no single value can check. Pure.

use std::collections::BTreeMap;

use super::{Cloud, Config};
use crate::telemetry::logs;

/// Path of the wrong value, and what is wrong.
pub(super) type Refusal = (Vec<String>, String);

fn refuse<const N: usize>(path: [&str; N], message: impl Into<String>) -> Refusal {
    (path.iter().map(|segment| (*segment).to_owned()).collect(), message.into())
}

/// Checks the rules and adds notes on what is legal but remarkable.
pub(super) fn validate(config: &mut Config) -> Result<(), Refusal> {
    bounds(config)?;
    tenants(config)?;
    hosts(config)?;
    if let Some(neo4j) = &config.neo4j {
        if !neo4j.uri.starts_with("bolt://") && !neo4j.uri.starts_with("bolt+s://") {
            let message =
                format!("{:?} is no Bolt address: expected bolt://HOST:7687 or bolt+s://HOST:7687", neo4j.uri);
            return Err(refuse(["neo4j", "uri"], message));
        }
        if neo4j.password_file.is_none() && neo4j.password.is_none() {
            return Err(refuse(["neo4j"], "needs password_file, the path of a file that holds the password"));
        }
    }
    logs::check_level(&config.logging.level).map_err(|error| refuse(["logging", "level"], error.to_string()))?;
    notes(config);
    Ok(())
}

fn bounds(config: &Config) -> Result<(), Refusal> {
    let within = |path: [&str; 2], value: u64, low: u64, high: u64| {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        Err(refuse(path, format!("{value} is out of range: expected {low} to {high}")))
    };
    within(["jobs", "max_concurrent"], config.jobs.max_concurrent as u64, 1, 256)?;
    within(["jobs", "grace_seconds"], config.jobs.grace_seconds, 0, 3_600)?;
    within(["jobs", "scan_timeout"], config.jobs.scan_timeout.duration().as_secs(), 1, 30 * 86_400)?;
    within(["jobs", "other_timeout"], config.jobs.other_timeout.duration().as_secs(), 1, 30 * 86_400)?;
    within(["jobs", "step_timeout"], config.jobs.step_timeout.duration().as_secs(), 1, 30 * 86_400)?;
    within(["retention", "snapshots"], config.retention.snapshots, 1, 100_000)?;
    within(["logging", "keep_files"], config.logging.keep_files as u64, 1, 10_000)?;
    within(["logging", "backlog_lines"], config.logging.backlog_lines as u64, 128, 1 << 20)?;
    if let Some(neo4j) = &config.neo4j {
        within(["neo4j", "batch_rows"], neo4j.batch_rows as u64, 1, 10_000)?;
        within(["neo4j", "in_flight"], neo4j.in_flight as u64, 1, 64)?;
    }
    let share = config.azure.share;
    if !(share > 0.0 && share <= 1.0) {
        return Err(refuse(["azure", "share"], format!("{share} is out of range: expected above 0 and at most 1")));
    }
    Ok(())
}

fn tenants(config: &Config) -> Result<(), Refusal> {
    for name in config.azure.clouds.keys() {
        if Cloud::BUILT_IN.contains(&name.as_str()) {
            let message = "is a built-in cloud and cannot be changed: choose another name";
            return Err(refuse(["azure", "clouds", name], message));
        }
    }
    let mut seen = BTreeMap::new();
    for (name, tenant) in &config.tenants {
        if config.cloud(tenant).is_none() {
            let known: Vec<&str> =
                Cloud::BUILT_IN.into_iter().chain(config.azure.clouds.keys().map(String::as_str)).collect();
            let message = format!("no cloud is named {:?}; there are: {}", tenant.cloud, known.join(", "));
            return Err(refuse(["tenants", name, "cloud"], message));
        }
        if let Some(other) = seen.insert(tenant.tenant_id, name) {
            let message = format!("tenant {} is already configured as [tenants.{other}]", tenant.tenant_id);
            return Err(refuse(["tenants", name, "tenant_id"], message));
        }
    }
    Ok(())
}

fn hosts(config: &Config) -> Result<(), Refusal> {
    for host in &config.server.allowed_hosts {
        if url::Host::parse(host).is_err() {
            let message = format!("{host:?} is no host name: expected a name or an address, without scheme and port");
            return Err(refuse(["server", "allowed_hosts"], message));
        }
    }
    for origin in &config.server.cors {
        let parsed = origin.parse::<url::Url>().ok();
        if parsed.is_none_or(|url| url.origin().ascii_serialization() != *origin) {
            let message = format!("{origin:?} is no origin: expected SCHEME://HOST or SCHEME://HOST:PORT");
            return Err(refuse(["server", "cors"], message));
        }
    }
    Ok(())
}

fn notes(config: &mut Config) {
    let mut note = |text: &str| config.notes.push(text.to_owned());
    if !config.server.listen.0.ip().is_loopback() {
        note("server.listen is no loopback address: keys and answers travel in clear text; put a TLS proxy before it");
    }
    if config.llm.is_some() {
        note("[llm] is configured, but this version makes no descriptions");
    }
    if config.sentry.is_some() {
        note("[sentry] is configured, but this version sends no reports");
    }
    if config.graph.dual {
        note("graph.dual is set, but this version keeps one graph");
    }
}
