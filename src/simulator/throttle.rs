//! ARM's token buckets, as documented: 250 reads a subscription, refilled 25 a second.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

const CAPACITY: f64 = 250.0;
const REFILL: f64 = 25.0;
/// What an ungoverned service says is left: the older hourly limit.
const UNLIMITED: u32 = 11_999;

pub(super) struct Throttle {
    on: bool,
    buckets: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Throttle {
    pub(super) fn new(on: bool) -> Self {
        Self { on, buckets: Mutex::default() }
    }

    /// How many reads are left after this one, or the seconds to wait.
    pub(super) fn take(&self, bucket: &str) -> Result<u32, u64> {
        if !self.on {
            return Ok(UNLIMITED);
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (tokens, filled) = buckets.entry(bucket.to_owned()).or_insert((CAPACITY, now));
        *tokens = (*tokens + now.duration_since(*filled).as_secs_f64() * REFILL).min(CAPACITY);
        *filled = now;
        if *tokens < 1.0 {
            return Err(((1.0 - *tokens) / REFILL).ceil().max(1.0) as u64);
        }
        *tokens -= 1.0;
        Ok(*tokens as u32)
    }
}
