//! The token buckets of ARM and of Resource Graph, as documented: one for each principal, scope and verb.
//!
//! Reads: 250, refilled 25 a second. Writes, deletes: 200, refilled 10 a second. A scope is a
//! subscription or the tenant. Resource Graph: 15 queries in each 5 seconds of a principal.
//! A principal's buckets are its own; there is no limit over all principals.

use std::{collections::HashMap, time::Instant};

use parking_lot::Mutex;

/// What an ungoverned service says is left: the older hourly limit.
const UNLIMITED: u32 = 11_999;
const QUERIES: u32 = 15;
const QUERY_WINDOW: f64 = 5.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Verb {
    Reads,
    Writes,
    Deletes,
}

impl Verb {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Writes => "writes",
            Self::Deletes => "deletes",
        }
    }

    const fn bucket(self) -> (f64, f64) {
        match self {
            Self::Reads => (250.0, 25.0),
            Self::Writes | Self::Deletes => (200.0, 10.0),
        }
    }
}

pub(super) struct Throttle {
    on: bool,
    buckets: Mutex<HashMap<(String, Verb), (f64, Instant)>>,
    queries: Mutex<HashMap<String, (u32, Instant)>>,
}

impl Throttle {
    pub(super) fn new(on: bool) -> Self {
        Self { on, buckets: Mutex::default(), queries: Mutex::default() }
    }

    /// How many are left after this one, or the seconds to wait.
    pub(super) fn take(&self, principal: &str, scope: &str, verb: Verb) -> Result<u32, u64> {
        if !self.on {
            return Ok(UNLIMITED);
        }
        let (capacity, refill) = verb.bucket();
        let mut buckets = self.buckets.lock();
        let now = Instant::now();
        let (tokens, filled) = buckets.entry((format!("{principal} {scope}"), verb)).or_insert((capacity, now));
        *tokens = (*tokens + now.duration_since(*filled).as_secs_f64() * refill).min(capacity);
        *filled = now;
        if *tokens < 1.0 {
            return Err(((1.0 - *tokens) / refill).ceil().max(1.0) as u64);
        }
        *tokens -= 1.0;
        Ok(*tokens as u32)
    }

    /// The same for a query of Resource Graph: what is left and in how many seconds the window ends.
    pub(super) fn query(&self, principal: &str) -> Result<(u32, u64), u64> {
        if !self.on {
            return Ok((QUERIES - 1, QUERY_WINDOW as u64));
        }
        let mut queries = self.queries.lock();
        let now = Instant::now();
        let (used, begun) = queries.entry(principal.to_owned()).or_insert((0, now));
        if now.duration_since(*begun).as_secs_f64() >= QUERY_WINDOW {
            (*used, *begun) = (0, now);
        }
        let ends = (QUERY_WINDOW - now.duration_since(*begun).as_secs_f64()).ceil().max(1.0) as u64;
        if *used >= QUERIES {
            return Err(ends);
        }
        *used += 1;
        Ok((QUERIES - *used, ends))
    }
}
