//! Which job is next: one look at the queue in a snapshot, so that the writer never waits for it.
//!
//! By priority, then by submission. Left where they are: jobs whose time has not come, second writers
//! of a tenant, jobs of a key that has all it may have (where several keys may submit, that is one slot
//! less than there are). Among the rest a key that already holds its fair share comes after the others.
//! The queue is looked at lane by lane (a lane: one key's writers of one tenant, or its other jobs), so
//! that a look costs as much as there are lanes and jobs that wait for a time, however long the queue is.

use std::collections::{HashMap, HashSet};

use super::record::{BY_STATUS, JOBS, LANES, LaneKey, status_byte};
use crate::{
    api::JobStatus,
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
            if row.is_writer() {
                writing.insert(row.tenant);
            }
            *held.entry(row.key_id).or_default() += 1;
        }
        Ok::<_, StoreError>(true)
    })?;
    let mut picked = Picked::default();
    // The first of those that may run: of keys that hold less than their share, and of all.
    let (mut fair, mut any) = (None, None);
    let mut lane = first_of(read, Span::all())?;
    while let Some((writes, key, ..)) = lane {
        let has = held.get(&key).copied().unwrap_or(0);
        let is_within = shares.per_key.is_none_or(|most| has < most);
        if is_within && !(writes.0 == 1 && writing.contains(&writes.1)) {
            let head = head(read, &Span::prefix(&(writes, key.clone())), now, &mut picked.next_due)?;
            any = earlier(any, head);
            if has < shares.fair {
                fair = earlier(fair, head);
            }
        }
        lane = first_of(read, Span::all().after(&(writes, key, u8::MAX, u128::MAX)))?;
    }
    picked.job = fair.or(any).map(|(_, id)| id);
    Ok(picked)
}

fn first_of(read: &Read, span: Span) -> Result<Option<LaneKey>, StoreError> {
    let mut first = None;
    read.scan(&LANES, &span, Order::Rising, |key, _| {
        first = Some(key);
        Ok::<_, StoreError>(false)
    })?;
    Ok(first)
}

/// The first job of a lane whose time has come.
fn head(read: &Read, lane: &Span, now: i64, next_due: &mut Option<i64>) -> Result<Option<(u8, u128)>, StoreError> {
    let mut head = None;
    read.scan(&LANES, lane, Order::Rising, |(_, _, priority, id), due| {
        // A wait that is longer than any that we set is a clock that was set back.
        if let Some(at) = due.0.filter(|at| (1..=LONGEST_WAIT).contains(&at.saturating_sub(now))) {
            *next_due = Some(next_due.map_or(at, |earliest| earliest.min(at)));
            return Ok(true);
        }
        head = Some((priority, id));
        Ok::<_, StoreError>(false)
    })?;
    Ok(head)
}

fn earlier(one: Option<(u8, u128)>, other: Option<(u8, u128)>) -> Option<(u8, u128)> {
    one.into_iter().chain(other).min()
}
