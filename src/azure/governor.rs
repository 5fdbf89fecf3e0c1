//! Token buckets that all jobs of a principal share, so that a scan stays within what Azure allows.
//!
//! | bucket | size | refill | source |
//! |---|---|---|---|
//! | ARM reads, per subscription or tenant | 250 | 25/s | documented |
//! | ARM writes, deletes | 200 | 10/s | documented |
//! | Resource Graph | 15 in any 5 s | | documented (`x-ms-user-quota-*`) |
//! | Microsoft Graph | 3,500 units | 350/s | documented (`x-ms-resource-unit`) |
//!
//! A share of each is used, so that other tools of the same principal live. An answer whose
//! `x-ms-ratelimit-remaining-*` is higher than such a bucket can hold comes from a service with other
//! limits (the older hourly ones, or none): its bucket then waits for nobody, until a 429 or a lower
//! figure says otherwise.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// What a request is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Reads,
    Writes,
    Deletes,
    /// Resource Graph.
    Query,
    /// Microsoft Graph.
    Directory,
}

/// Which bucket: the subscription (or `tenant`), and the kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Bucket {
    pub scope: String,
    pub kind: Kind,
}

/// Size of a bucket, and its refill a second.
const fn limits(kind: Kind) -> (f64, f64) {
    match kind {
        Kind::Reads => (250.0, 25.0),
        Kind::Writes | Kind::Deletes => (200.0, 10.0),
        Kind::Query => (15.0, 3.0),
        Kind::Directory => (3_500.0, 350.0),
    }
}

/// What is used of a bucket: requests at once, and a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub reads: (f64, f64),
    pub queries: (f64, f64),
    pub directory: (f64, f64),
}

/// Resource Graph counts by windows of this length.
const WINDOW: Duration = Duration::from_secs(5);

/// The buckets of one principal.
pub(super) struct Governor {
    share: f64,
    buckets: Mutex<HashMap<Bucket, Level>>,
}

struct Level {
    tokens: f64,
    filled: Instant,
    /// Nothing before this: a 429 said so.
    not_before: Option<Instant>,
    /// The service has shown other limits than the documented ones.
    open: bool,
    /// When the last ones were admitted, where windows are counted.
    admitted: VecDeque<Instant>,
    /// What a request cost lately.
    cost: f64,
}

impl Governor {
    pub(super) fn new(share: f64) -> Self {
        Self { share: share.clamp(0.05, 1.0), buckets: Mutex::default() }
    }

    /// What is used of the documented buckets.
    pub(super) fn limits(&self) -> Limits {
        let used = |kind| {
            let (capacity, refill) = limits(kind);
            (capacity * self.share, refill * self.share)
        };
        Limits { reads: used(Kind::Reads), queries: used(Kind::Query), directory: used(Kind::Directory) }
    }

    /// Waits for a token.
    pub(super) async fn admit(&self, bucket: &Bucket) {
        loop {
            let Some(wait) = self.take(bucket) else { return };
            tokio::time::sleep(wait).await;
        }
    }

    fn with<T>(&self, bucket: &Bucket, look: impl FnOnce(&mut Level, Instant) -> T) -> T {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let full = limits(bucket.kind).0 * self.share;
        let level = buckets.entry(bucket.clone()).or_insert_with(|| Level {
            tokens: full,
            filled: now,
            not_before: None,
            open: false,
            admitted: VecDeque::new(),
            cost: 1.0,
        });
        look(level, now)
    }

    /// Takes a token, or says how long to wait for one.
    fn take(&self, bucket: &Bucket) -> Option<Duration> {
        let (capacity, refill) = limits(bucket.kind);
        let (capacity, rate) = (capacity * self.share, refill * self.share);
        self.with(bucket, |level, now| {
            if let Some(until) = level.not_before.filter(|until| *until > now) {
                return Some(until - now);
            }
            if level.open {
                return None;
            }
            if bucket.kind == Kind::Query {
                return level.take_in_window(now, capacity.max(1.0) as usize);
            }
            level.tokens = (level.tokens + now.duration_since(level.filled).as_secs_f64() * rate).min(capacity);
            level.filled = now;
            if level.tokens >= level.cost {
                level.tokens -= level.cost;
                return None;
            }
            Some(Duration::from_secs_f64((level.cost - level.tokens) / rate))
        })
    }

    /// What an answer said is left.
    pub(super) fn remaining(&self, bucket: &Bucket, left: f64) {
        let capacity = limits(bucket.kind).0;
        self.with(bucket, |level, _| {
            level.open = left > capacity;
            // Others of this principal may have taken more than we know.
            level.tokens = level.tokens.min(left * self.share);
        });
    }

    /// What a request of Microsoft Graph has cost, and which part of the limit is used (0 to 1 and more).
    pub(super) fn cost(&self, bucket: &Bucket, units: Option<f64>, used: Option<f64>) {
        self.with(bucket, |level, _| {
            if let Some(units) = units {
                level.cost = units.clamp(1.0, 100.0);
            }
            if used.is_some_and(|used| used >= self.share) {
                level.tokens = level.tokens.min(0.0);
            }
        });
    }

    /// No more of this bucket for a while.
    pub(super) fn pause(&self, bucket: &Bucket, wait: Duration) {
        self.with(bucket, |level, now| {
            level.open = false;
            level.tokens = 0.0;
            let until = now + wait;
            level.not_before = Some(level.not_before.map_or(until, |before| before.max(until)));
        });
    }
}

impl Level {
    fn take_in_window(&mut self, now: Instant, most: usize) -> Option<Duration> {
        while self.admitted.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
            self.admitted.pop_front();
        }
        if self.admitted.len() >= most {
            return self.admitted.front().map(|first| WINDOW.saturating_sub(now.duration_since(*first)));
        }
        self.admitted.push_back(now);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(kind: Kind) -> Bucket {
        Bucket { scope: "s".to_owned(), kind }
    }

    #[tokio::test(start_paused = true)]
    async fn reads_beyond_the_bucket_come_at_the_share_of_the_refill() {
        let governor = Governor::new(0.8);
        let start = Instant::now();
        for _ in 0..400 {
            governor.admit(&bucket(Kind::Reads)).await;
        }
        let took = start.elapsed().as_secs_f64();
        assert!((9.9..10.5).contains(&took), "(400 - 200) / 20 s, but {took}");
    }

    #[tokio::test(start_paused = true)]
    async fn writes_have_a_bucket_of_their_own_and_a_slower_one() {
        let governor = Governor::new(0.8);
        let start = Instant::now();
        for _ in 0..200 {
            governor.admit(&bucket(Kind::Reads)).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..240 {
            governor.admit(&bucket(Kind::Writes)).await;
        }
        let took = start.elapsed().as_secs_f64();
        assert!((9.9..10.5).contains(&took), "(240 - 160) / 8 s, but {took}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_five_seconds_see_more_queries_than_the_share_of_the_window() {
        let governor = Governor::new(0.8);
        let mut times = Vec::new();
        let start = Instant::now();
        for _ in 0..60 {
            governor.admit(&bucket(Kind::Query)).await;
            times.push(start.elapsed());
        }
        for (at, time) in times.iter().enumerate() {
            let within = times[at..].iter().filter(|other| **other < *time + WINDOW).count();
            assert!(within <= 12, "{within} within five seconds");
        }
        assert!(start.elapsed() <= Duration::from_secs(21), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_with_higher_limits_is_not_held_back_until_it_throttles() {
        let governor = Governor::new(0.8);
        let reads = bucket(Kind::Reads);
        governor.admit(&reads).await;
        governor.remaining(&reads, 11_999.0);
        let start = Instant::now();
        for _ in 0..1_000 {
            governor.admit(&reads).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        governor.pause(&reads, Duration::from_secs(7));
        governor.admit(&reads).await;
        assert!(start.elapsed() >= Duration::from_secs(7));
    }
}
