//! The receipt: what was expected and read, what was not and why; and the result made of it.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Scan, children::LeftOut};
use crate::{
    azure::{AzureError, Traffic},
    graph::{Generation, Published},
};

/// Gaps that are kept in words; more are only counted.
const GAPS: usize = 1_000;

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Gap {
    pub scope: String,
    pub code: String,
    pub message: String,
}

/// One row of the coverage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    pub subscription: String,
    #[serde(rename = "type")]
    pub type_name: String,
    pub expected: u64,
    pub read: u64,
    /// `complete`, `partial` or `skipped`.
    pub status: &'static str,
    pub reason: Option<String>,
}

/// What a scan notes about itself as it goes.
pub(super) struct Receipt {
    limit: Option<u64>,
    admitted: AtomicU64,
    refused: AtomicU64,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    expected: BTreeMap<(String, String), u64>,
    partial: BTreeMap<(String, String), String>,
    /// Lists that are the ground for what is absent: (subscription, what), and why they failed.
    unlisted: BTreeMap<(String, String), String>,
    gaps: Vec<Gap>,
    missing_subscriptions: Vec<String>,
}

impl Receipt {
    pub(super) fn new(limit: Option<u64>) -> Self {
        Self { limit, admitted: AtomicU64::new(0), refused: AtomicU64::new(0), notes: Mutex::default() }
    }

    /// Counts what an earlier run of this scan has found.
    pub(super) fn resume(&self, generation: &Generation) {
        self.admitted.store(generation.admitted(), Ordering::Relaxed);
    }

    /// Whether one more resource is within the limit.
    pub(super) fn admit(&self) -> bool {
        let before = self.admitted.fetch_add(1, Ordering::Relaxed);
        let within = self.limit.is_none_or(|limit| before < limit);
        if !within {
            self.admitted.fetch_sub(1, Ordering::Relaxed);
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        within
    }

    /// Rows of the inventory, and what was found beside it.
    pub(super) fn expected(&self) -> u64 {
        self.admitted.load(Ordering::Relaxed)
    }

    /// Whether something was left out because of the limit.
    pub(super) fn is_limited(&self) -> bool {
        self.refused.load(Ordering::Relaxed) > 0
    }

    /// A list failed that would have told what is there: nothing below it is known to be gone.
    pub(super) fn unlisted(&self, subscription: &str, what: &str, reason: &str) {
        self.with(|notes| notes.unlisted.insert((subscription.to_owned(), what.to_owned()), reason.to_owned()));
    }

    pub(super) fn why_unlisted(&self, subscription: &str, what: &str) -> Option<String> {
        self.with(|notes| notes.unlisted.get(&(subscription.to_owned(), what.to_owned())).cloned())
    }

    /// Why a type of a subscription was not read completely.
    pub(super) fn why_partial(&self, subscription: &str, type_name: &str) -> Option<String> {
        self.with(|notes| notes.partial.get(&(subscription.to_owned(), type_name.to_lowercase())).cloned())
    }

    pub(super) fn expect(&self, subscription: &str, type_name: &str, count: u64) {
        self.with(|notes| {
            notes.expected.insert((subscription.to_owned(), type_name.to_lowercase()), count);
        });
    }

    pub(super) fn partial(&self, subscription: &str, type_name: &str, reason: &str) {
        self.with(|notes| {
            notes.partial.insert((subscription.to_owned(), type_name.to_lowercase()), reason.to_owned());
        });
    }

    pub(super) fn missing_subscription(&self, id: &str) {
        self.with(|notes| notes.missing_subscriptions.push(id.to_owned()));
    }

    pub(super) fn gap(&self, scope: &str, error: &AzureError) {
        let gap = Gap { scope: scope.to_owned(), code: error.word(), message: error.to_string() };
        self.with(|notes| {
            if notes.gaps.len() < GAPS && !notes.gaps.contains(&gap) {
                notes.gaps.push(gap);
            }
        });
    }

    pub(super) fn errors(&self) -> Vec<Gap> {
        self.with(|notes| notes.gaps.clone())
    }

    pub(super) fn is_partial(&self) -> bool {
        self.is_limited()
            || self.with(|notes| {
                !notes.gaps.is_empty() || !notes.partial.is_empty() || !notes.missing_subscriptions.is_empty()
            })
    }

    fn with<T>(&self, look: impl FnOnce(&mut Notes) -> T) -> T {
        look(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A row for each subscription and type that was expected, read or left out.
pub(super) fn coverage(scan: &Scan, left_out: &[LeftOut]) -> Vec<Row> {
    let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
    let row = |subscription: &str, type_name: &str| Row {
        subscription: subscription.to_owned(),
        type_name: type_name.to_owned(),
        expected: 0,
        read: 0,
        status: "complete",
        reason: None,
    };
    for cell in scan.generation.cells() {
        let entry = rows.entry((cell.subscription.clone(), cell.type_name.clone()));
        entry.or_insert_with(|| row(&cell.subscription, &cell.type_name)).read = cell.count;
    }
    scan.receipt.with(|notes| {
        for ((subscription, type_name), count) in &notes.expected {
            let entry = rows.entry((subscription.clone(), type_name.clone()));
            entry.or_insert_with(|| row(subscription, type_name)).expected = *count;
        }
        for ((subscription, type_name), reason) in &notes.partial {
            let entry = rows.entry((subscription.clone(), type_name.clone()));
            let partial = entry.or_insert_with(|| row(subscription, type_name));
            partial.status = "partial";
            partial.reason = Some(reason.clone());
        }
    });
    for left in left_out {
        let key = (left.subscription.clone(), left.type_name.to_lowercase());
        let skipped = rows.entry(key).or_insert_with(|| row(&left.subscription, &left.type_name.to_lowercase()));
        if skipped.read == 0 && skipped.status == "complete" {
            skipped.status = "skipped";
        }
        skipped.reason.get_or_insert_with(|| left.reason.clone());
    }
    rows.into_values().collect()
}

/// What the result is made of.
pub(super) struct Facts {
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
pub(super) fn result(scan: &Scan, facts: Facts) -> Value {
    let Facts { published, subscriptions, identities, coverage, phases, before, started, since } = facts;
    let after = scan.client.traffic();
    let by_api: BTreeMap<&str, u64> =
        after.by_api.iter().map(|(api, count)| (*api, count - before.by_api.get(api).copied().unwrap_or(0))).collect();
    let failed = scan.receipt.with(|notes| notes.missing_subscriptions.clone());
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
        "errors": scan.receipt.errors(),
        "neo4j": {"status": "off"},
        "descriptions": {"generated": 0, "reused": 0, "failed": 0},
    })
}
