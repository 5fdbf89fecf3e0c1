//! Which job is next: one look at the queue in a snapshot, so that the writer never waits for it.
//!
//! By priority, then by submission. Left where they are: jobs whose time has not come, second writers
//! of a tenant, jobs of a key that has all it may have (where several keys may submit, that is one slot
//! less than there are). Among the rest a key that already holds its fair share comes after the others.

use std::collections::{HashMap, HashSet};

use super::record::{BY_STATUS, JOBS, QUEUE, QueueRow, status_byte};
use crate::{
    api::{JobStatus, JobType},
    store::{Order, Read, Span, StoreError},
};

/// More than any wait before a repetition, milliseconds.
const LONGEST_WAIT: i64 = 5 * 60_000;

/// What a pick must keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shares {
    /// Running jobs of one key; others of it wait even if slots are free.
    pub per_key: Option<u64>,
    /// Running jobs of one key while other keys wait.
    pub fair: u64,
}

/// What a look at the queue found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Picked {
    pub job: Option<u128>,
    /// When the next job that waits for a time may run.
    pub next_due: Option<i64>,
}

pub(super) fn pick(read: &Read, shares: Shares, now: i64) -> Result<Picked, StoreError> {
    let mut writing = HashSet::new();
    let mut held: HashMap<String, u64> = HashMap::new();
    read.scan(&BY_STATUS, &Span::prefix(&status_byte(JobStatus::Running)), Order::Rising, |(_, id), _| {
        if let Some(row) = read.get(&JOBS, &id)? {
            if JobType::from(row.job_type).is_writer() {
                writing.insert(row.tenant);
            }
            *held.entry(row.key_id).or_default() += 1;
        }
        Ok::<_, StoreError>(true)
    })?;
    let mut picked = Picked::default();
    let mut first = None;
    read.scan(&QUEUE, &Span::all(), Order::Rising, |(_, id), queued: QueueRow| {
        // A wait that is longer than any that we set is a clock that was set back.
        if let Some(at) = queued.not_before.filter(|at| (1..=LONGEST_WAIT).contains(&at.saturating_sub(now))) {
            picked.next_due = Some(picked.next_due.map_or(at, |earliest| earliest.min(at)));
            return Ok(true);
        }
        let has = held.get(&queued.key_id).copied().unwrap_or(0);
        let is_within = shares.per_key.is_none_or(|most| has < most);
        if is_within && !(queued.writer && writing.contains(&queued.tenant)) {
            first.get_or_insert(id);
            if has < shares.fair {
                picked.job = Some(id);
                return Ok(false);
            }
        }
        Ok::<_, StoreError>(true)
    })?;
    picked.job = picked.job.or(first);
    Ok(picked)
}
