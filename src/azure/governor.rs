//! The buckets of one principal: its requests wait here, so that all its jobs together stay within what Azure allows.
//!
//! Of each bucket a share is used (`[azure] share`, read anew for each request), and no more than half while another
//! client of the principal draws on the same bucket. Knows no credential and no URL: the caller names the bucket.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use tokio::{sync::watch, time::Instant};

use super::{
    bucket::{Kind, Level, Ticket},
    settings::Settings,
};

/// The name of a bucket: the subscription (or `tenant`), and the kind of request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Bucket {
    pub scope: String,
    pub kind: Kind,
}

/// What is used of each bucket: so many requests (units for `directory`) at once, and so many more a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub reads: (f64, f64),
    pub queries: (f64, f64),
    pub directory: (f64, f64),
}

/// The buckets of one principal.
pub(super) struct Governor {
    settings: watch::Receiver<Settings>,
    buckets: Mutex<HashMap<Bucket, Level>>,
}

/// A request that may be sent now; dropped when it is answered or given up.
pub(super) struct Admitted<'a> {
    governor: &'a Governor,
    bucket: &'a Bucket,
    ticket: Ticket,
}

impl Governor {
    pub(super) fn new(settings: watch::Receiver<Settings>) -> Self {
        Self { settings, buckets: Mutex::default() }
    }

    fn share(&self) -> f64 {
        self.settings.borrow().share.clamp(0.05, 1.0)
    }

    /// The share that is used of the documented buckets.
    pub(super) fn limits(&self) -> Limits {
        let share = self.share();
        let used = |kind: Kind| {
            let (size, refill) = kind.documented();
            (size * share, refill * share)
        };
        Limits { reads: used(Kind::Reads), queries: used(Kind::Query), directory: used(Kind::Directory) }
    }

    /// Waits until a request may be sent. The wait has no bound of its own: the caller cancels it by dropping it.
    pub(super) async fn admit<'a>(&'a self, bucket: &'a Bucket) -> Admitted<'a> {
        loop {
            match self.with(bucket, Level::take) {
                Ok(ticket) => return Admitted { governor: self, bucket, ticket },
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// Calls `change` with the bucket's level, the share and the time. A bucket is full when it is used first.
    fn with<T>(&self, bucket: &Bucket, change: impl FnOnce(&mut Level, f64, Instant) -> T) -> T {
        let share = self.share();
        let mut buckets = self.buckets.lock();
        let now = Instant::now();
        let level = buckets.entry(bucket.clone()).or_insert_with(|| Level::full(bucket.kind, share, now));
        change(level, share, now)
    }
}

impl Admitted<'_> {
    /// Compares what the answer says is left of the bucket with what was expected.
    pub(super) fn remaining(&self, left: f64) {
        self.governor.with(self.bucket, |level, share, now| level.heard(self.ticket, left, share, now));
    }

    /// Takes in what a request of Microsoft Graph has cost, and which part of the limit is used (0 to 1 and more).
    pub(super) fn cost(&self, units: Option<f64>, used: Option<f64>) {
        self.governor.with(self.bucket, |level, share, _| level.costs(units, used, share));
    }

    /// Admits no request of this bucket until `wait` has passed: Azure has answered 429.
    pub(super) fn pause(&self, wait: Duration) {
        self.governor.with(self.bucket, |level, _, now| level.pause(wait, now));
    }

    pub(super) fn kind(&self) -> Kind {
        self.bucket.kind
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.governor.with(self.bucket, |level, _, _| level.ended());
    }
}

#[cfg(test)]
mod tests {
    use super::{super::bucket::WINDOW, *};

    fn bucket(kind: Kind) -> Bucket {
        Bucket { scope: "s".to_owned(), kind }
    }

    fn governor(share: f64) -> (watch::Sender<Settings>, Governor) {
        let (sender, settings) = watch::channel(Settings { tenants: Vec::new(), share });
        (sender, Governor::new(settings))
    }

    /// Azure's own bucket, with another client that draws on it.
    struct Azure {
        tokens: f64,
        at: Instant,
        others: f64,
        throttled: u32,
    }

    impl Azure {
        fn full() -> Self {
            Self { tokens: 250.0, at: Instant::now(), others: 0.0, throttled: 0 }
        }

        fn ask(&mut self) -> f64 {
            let passed = self.at.elapsed().as_secs_f64();
            self.at = Instant::now();
            self.tokens = (self.tokens + passed * (25.0 - self.others)).clamp(0.0, 250.0);
            if self.tokens < 1.0 {
                self.throttled += 1;
                return 0.0;
            }
            self.tokens -= 1.0;
            self.tokens.floor()
        }
    }

    /// Sends one request after the other for so long; returns how many a second.
    async fn asked(governor: &Governor, azure: &mut Azure, time: Duration) -> f64 {
        let (reads, start) = (bucket(Kind::Reads), Instant::now());
        let mut count = 0;
        while start.elapsed() < time {
            let admitted = governor.admit(&reads).await;
            admitted.remaining(azure.ask());
            count += 1;
        }
        f64::from(count) / time.as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn reads_beyond_the_bucket_come_at_the_share_of_the_refill() {
        let (_settings, governor) = governor(0.8);
        let start = Instant::now();
        for _ in 0..400 {
            drop(governor.admit(&bucket(Kind::Reads)).await);
        }
        let took = start.elapsed().as_secs_f64();
        assert!((9.9..10.5).contains(&took), "(400 - 200) / 20 s, but {took}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_that_is_changed_counts_at_once() {
        let (settings, governor) = governor(0.8);
        for _ in 0..200 {
            drop(governor.admit(&bucket(Kind::Reads)).await);
        }
        settings.send_modify(|settings| settings.share = 0.4);
        let start = Instant::now();
        for _ in 0..100 {
            drop(governor.admit(&bucket(Kind::Reads)).await);
        }
        // The first of them waits until Azure's bucket holds more than the 60 % that this share leaves to others.
        let took = start.elapsed().as_secs_f64();
        assert!((9.9..10.5).contains(&took), "100 / 10 s, but {took}");
    }

    #[tokio::test(start_paused = true)]
    async fn alone_all_but_the_rest_of_the_bucket_is_used_and_nothing_is_throttled() {
        let (_settings, governor) = governor(0.95);
        let mut azure = Azure::full();
        let rate = asked(&governor, &mut azure, Duration::from_mins(1)).await;
        let expected = 0.95 * (250.0 + 25.0 * 60.0) / 60.0;
        assert!((rate - expected).abs() < 0.2, "{rate} instead of {expected} a second");
        assert_eq!(azure.throttled, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn others_are_left_half_at_once_and_until_the_bucket_recovers() {
        let (_settings, governor) = governor(0.95);
        let mut azure = Azure::full();
        asked(&governor, &mut azure, Duration::from_secs(20)).await;
        azure.others = 12.5;
        let first = asked(&governor, &mut azure, Duration::from_secs(2)).await;
        assert!(first < 18.0, "{first} a second in the first two");
        let shared = asked(&governor, &mut azure, Duration::from_secs(30)).await;
        assert!((12.0..13.0).contains(&shared), "{shared} a second with others");
        azure.others = 0.0;
        let until_half = asked(&governor, &mut azure, Duration::from_secs(5)).await;
        assert!((12.0..13.0).contains(&until_half), "{until_half} a second while it recovers");
        asked(&governor, &mut azure, Duration::from_secs(12)).await;
        let after = asked(&governor, &mut azure, Duration::from_secs(20)).await;
        assert!((23.0..25.0).contains(&after), "{after} a second afterwards");
        assert_eq!(azure.throttled, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_that_was_used_before_is_no_sign_of_others() {
        let (_settings, governor) = governor(0.95);
        let mut azure = Azure::full();
        azure.tokens = 40.0;
        let rate = asked(&governor, &mut azure, Duration::from_secs(20)).await;
        assert!((23.5..25.5).contains(&rate), "{rate} a second");
        assert_eq!(azure.throttled, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn writes_have_a_bucket_of_their_own_and_a_slower_one() {
        let (_settings, governor) = governor(0.8);
        let start = Instant::now();
        for _ in 0..200 {
            drop(governor.admit(&bucket(Kind::Reads)).await);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..240 {
            drop(governor.admit(&bucket(Kind::Writes)).await);
        }
        let took = start.elapsed().as_secs_f64();
        assert!((9.9..10.5).contains(&took), "(240 - 160) / 8 s, but {took}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_five_seconds_see_more_queries_than_the_share_of_the_window() {
        let (_settings, governor) = governor(0.8);
        let mut times = Vec::new();
        let start = Instant::now();
        for _ in 0..60 {
            drop(governor.admit(&bucket(Kind::Query)).await);
            times.push(start.elapsed());
        }
        for (at, time) in times.iter().enumerate() {
            let within = times[at..].iter().filter(|other| **other < *time + WINDOW).count();
            assert!(within <= 12, "{within} within five seconds");
        }
        assert!(start.elapsed() <= Duration::from_secs(21), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_window_that_others_use_half_is_left_to_them() {
        let (_settings, governor) = governor(0.95);
        let query = bucket(Kind::Query);
        // Eight are used, and one of them is ours.
        governor.admit(&query).await.remaining(7.0);
        let start = Instant::now();
        for _ in 0..7 {
            drop(governor.admit(&query).await);
        }
        assert!(start.elapsed() >= Duration::from_secs(5), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_with_higher_limits_is_not_held_back_until_it_throttles() {
        let (_settings, governor) = governor(0.8);
        let reads = bucket(Kind::Reads);
        governor.admit(&reads).await.remaining(11_999.0);
        let start = Instant::now();
        for _ in 0..1_000 {
            drop(governor.admit(&reads).await);
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        governor.admit(&reads).await.pause(Duration::from_secs(7));
        drop(governor.admit(&reads).await);
        assert!(start.elapsed() >= Duration::from_secs(7));
    }
}
