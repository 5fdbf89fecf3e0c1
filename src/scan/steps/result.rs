//! The result of a scan, as its job keeps it: what was found, what it cost, what is missing.

use std::{collections::BTreeMap, time::Instant};

use serde_json::{Value, json};

use crate::{
    azure::Traffic,
    graph::Published,
    scan::{facts::receipt::Row, read::scan::Scan},
};

/// What the result is made of.
pub(crate) struct Facts {
    pub published: Published,
    pub subscriptions: Vec<String>,
    pub identities: BTreeMap<String, u64>,
    pub coverage: Vec<Row>,
    pub phases: Vec<(&'static str, f64)>,
    pub before: Traffic,
    pub started: Instant,
    /// Only what changed since then was read.
    pub since: Option<String>,
}

/// The result as the contract has it.
pub(crate) fn result(scan: &Scan, facts: Facts) -> Value {
    let Facts { published, subscriptions, identities, coverage, phases, before, started, since } = facts;
    let after = scan.client.traffic();
    let by_api: BTreeMap<&str, u64> =
        after.by_api.iter().map(|(api, count)| (*api, count - before.by_api.get(api).copied().unwrap_or(0))).collect();
    let failed = scan.receipt.missing_subscriptions();
    let totals = published.resources;
    json!({
        "tenant_id": scan.client.tenant_id(),
        "scan_id": scan.work.job_id,
        "snapshot": published.number,
        "mode": if since.is_some() { "delta" } else { "full" },
        "since": since,
        "partial": scan.receipt.is_partial(),
        "subscriptions": {
            "total": subscriptions.len() + failed.len(),
            "scanned": subscriptions.len(),
            "failed": failed,
        },
        "resources": {
            "total": totals.total, "new": totals.new, "changed": totals.changed, "unchanged": totals.unchanged,
            "deleted": totals.deleted, "stale": totals.stale, "by_type": totals.by_type,
        },
        "relationships": {"total": published.relationships, "by_kind": published.by_kind},
        "identities": identities,
        "requests": {
            "total": by_api.values().sum::<u64>(),
            "by_api": by_api,
            "throttled": after.throttled - before.throttled,
            "retried": after.retried - before.retried,
        },
        "duration_seconds": started.elapsed().as_secs_f64(),
        "phases": phases.into_iter().map(|(name, seconds)| json!({"name": name, "seconds": seconds})).collect::<Vec<_>>(),
        "coverage": coverage,
        "errors": scan.receipt.gaps(),
        "neo4j": {"status": "off"},
        "descriptions": {"generated": 0, "reused": 0, "failed": 0},
    })
}
