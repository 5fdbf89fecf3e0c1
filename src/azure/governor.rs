//! Token buckets that all jobs of a principal share, so that a scan stays within what ARM allows.
//!
//! ARM documents 250 reads a subscription, refilled 25 a second; a share of that is used. An answer
//! whose `x-ms-ratelimit-remaining-*` is higher than such a bucket can hold comes from a service with
//! other limits (the older hourly ones, or none): its bucket then waits for nobody, until a 429 or a
//! lower figure says otherwise.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Documented size of a bucket of reads, and its refill a second.
const CAPACITY: f64 = 250.0;
const REFILL: f64 = 25.0;

/// The buckets of one principal, by subscription (or the tenant).
pub(super) struct Governor {
    share: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
    /// Nothing before this: a 429 said so.
    not_before: Option<Instant>,
    /// The service has shown other limits than the documented ones.
    open: bool,
}

impl Governor {
    pub(super) fn new(share: f64) -> Self {
        Self { share: share.clamp(0.05, 1.0), buckets: Mutex::default() }
    }

    /// Waits for a token.
    pub(super) async fn admit(&self, bucket: &str) {
        loop {
            let Some(wait) = self.take(bucket) else { return };
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes a token, or says how long to wait for one.
    fn take(&self, name: &str) -> Option<Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let capacity = CAPACITY * self.share;
        let bucket = buckets.entry(name.to_owned()).or_insert(Bucket {
            tokens: capacity,
            filled: now,
            not_before: None,
            open: false,
        });
        if let Some(until) = bucket.not_before.filter(|until| *until > now) {
            return Some(until - now);
        }
        if bucket.open {
            return None;
        }
        let rate = REFILL * self.share;
        bucket.tokens = (bucket.tokens + now.duration_since(bucket.filled).as_secs_f64() * rate).min(capacity);
        bucket.filled = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return None;
        }
        Some(Duration::from_secs_f64((1.0 - bucket.tokens) / rate))
    }

    /// What an answer said is left.
    pub(super) fn remaining(&self, name: &str, left: f64) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(name) {
            bucket.open = left > CAPACITY;
            // Others of this principal may have taken more than we know.
            bucket.tokens = bucket.tokens.min(left * self.share);
        }
    }

    /// A 429: everyone waits.
    pub(super) fn throttled(&self, name: &str, wait: Duration) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(name) {
            bucket.open = false;
            bucket.tokens = 0.0;
            let until = Instant::now() + wait;
            bucket.not_before = Some(bucket.not_before.map_or(until, |before| before.max(until)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn reads_beyond_the_bucket_come_at_the_share_of_the_refill() {
        let governor = Governor::new(0.8);
        let start = Instant::now();
        for _ in 0..400 {
            governor.admit("s").await;
        }
        let took = start.elapsed().as_secs_f64();
        assert!((9.9..10.5).contains(&took), "(400 - 200) / 20 s, but {took}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_with_higher_limits_is_not_held_back_until_it_throttles() {
        let governor = Governor::new(0.8);
        governor.admit("s").await;
        governor.remaining("s", 11_999.0);
        let start = Instant::now();
        for _ in 0..1_000 {
            governor.admit("s").await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        governor.throttled("s", Duration::from_secs(7));
        governor.admit("s").await;
        assert!(start.elapsed() >= Duration::from_secs(7));
    }
}
