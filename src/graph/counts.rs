//! The numbers of a snapshot: as its row keeps them, and compared with the snapshot before. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    model::Label,
    tables::{Change, NodeRow},
};

/// Resources against the snapshot before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// With those that are stale.
    pub total: u64,
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub deleted: u64,
    pub stale: u64,
    pub by_type: BTreeMap<String, u64>,
}

/// Counts as a snapshot's row keeps them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Counts {
    pub resources: u64,
    pub stale: u64,
    pub relationships: u64,
    pub by_type: BTreeMap<String, u64>,
    pub by_label: BTreeMap<String, u64>,
    pub by_kind: BTreeMap<String, u64>,
    pub by_region: BTreeMap<String, u64>,
    pub by_subscription: BTreeMap<String, u64>,
}

/// Counts a row.
pub(super) fn count(counts: &mut Counts, totals: &mut Totals, row: &NodeRow) {
    *counts.by_label.entry(row.label.word().to_owned()).or_default() += 1;
    if !is_resource(row.label) {
        return;
    }
    counts.resources += 1;
    *counts.by_type.entry(row.type_name.clone()).or_default() += 1;
    if let Some(location) = &row.location {
        *counts.by_region.entry(location.clone()).or_default() += 1;
    }
    if let Some(subscription) = row.subscription() {
        *counts.by_subscription.entry(subscription).or_default() += 1;
    }
    totals.total += 1;
    match (&row.stale, row.change) {
        (Some(_), _) => {
            totals.stale += 1;
            counts.stale += 1;
        }
        (None, Change::New) => totals.new += 1,
        (None, Change::Changed) => totals.changed += 1,
        (None, Change::Unchanged) => totals.unchanged += 1,
    }
}

/// Adds the counts of a batch.
pub(super) fn add(counts: &mut Counts, totals: &mut Totals, more: Counts, of: Totals) {
    counts.resources += more.resources;
    counts.stale += more.stale;
    counts.relationships += more.relationships;
    for (into, from) in [
        (&mut counts.by_type, more.by_type),
        (&mut counts.by_label, more.by_label),
        (&mut counts.by_kind, more.by_kind),
        (&mut counts.by_region, more.by_region),
        (&mut counts.by_subscription, more.by_subscription),
    ] {
        for (word, count) in from {
            *into.entry(word).or_default() += count;
        }
    }
    totals.total += of.total;
    totals.new += of.new;
    totals.changed += of.changed;
    totals.unchanged += of.unchanged;
    totals.stale += of.stale;
}

const fn is_resource(label: Label) -> bool {
    matches!(label, Label::Resource | Label::ResourceGroup)
}
