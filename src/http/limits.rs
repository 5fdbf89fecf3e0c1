//! Rate limits: token buckets per key and class of route, and per address for keys that do not verify.
//!
//! A bucket that is full again is forgotten on a timer, so memory is bounded by the callers of a minute.

use std::{net::IpAddr, num::NonZeroU32};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};

use super::{LimitSettings, refusal::Refusal};
use crate::api::ErrorCode;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

type Buckets<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>;

/// What a request counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Submit,
    Read,
}

/// The buckets of a daemon.
pub(super) struct Limits {
    submit: Option<Buckets<String>>,
    read: Option<Buckets<String>>,
    failures: Option<Buckets<IpAddr>>,
}

impl Limits {
    pub(super) fn new(settings: LimitSettings) -> Self {
        let minute = |count: u32, burst: u32| {
            let count = NonZeroU32::new(count)?;
            Some(Quota::per_minute(count).allow_burst(NonZeroU32::new(burst).unwrap_or(count)))
        };
        let second = |count: u32| NonZeroU32::new(count).map(Quota::per_second);
        Self {
            submit: minute(settings.submit_per_minute, settings.submit_burst).map(buckets),
            read: second(settings.read_per_second).map(buckets),
            failures: minute(settings.auth_failures_per_minute, 0).map(buckets),
        }
    }

    /// Takes a token of a key; the headers tell how many are left.
    pub(super) fn take(&self, class: Class, kid: &str) -> Result<HeaderMap, Refusal> {
        let (buckets, what) = match class {
            Class::Submit => (&self.submit, "submits"),
            Class::Read => (&self.read, "requests"),
        };
        take(buckets.as_ref(), &kid.to_owned(), &format!("this key has sent too many {what}"))
    }

    /// Counts a key that did not verify.
    pub(super) fn failed(&self, from: IpAddr) -> Result<(), Refusal> {
        take(self.failures.as_ref(), &from, "too many keys from this address were not valid").map(drop)
    }

    pub(super) fn sweep(&self) {
        for buckets in [&self.submit, &self.read].into_iter().flatten() {
            buckets.retain_recent();
        }
        if let Some(buckets) = &self.failures {
            buckets.retain_recent();
        }
    }
}

fn buckets<K: std::hash::Hash + Eq + Clone>(quota: Quota) -> Buckets<K> {
    RateLimiter::keyed(quota).with_middleware()
}

fn take<K: std::hash::Hash + Eq + Clone>(
    buckets: Option<&Buckets<K>>,
    key: &K,
    message: &str,
) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    let Some(buckets) = buckets else { return Ok(headers) };
    match buckets.check_key(key) {
        Ok(left) => {
            let (quota, remaining) = (left.quota(), left.remaining_burst_capacity());
            let burst = quota.burst_size().get();
            let reset = quota.replenish_interval().as_secs_f64() * f64::from(burst - remaining.min(burst));
            headers.insert(LIMIT, HeaderValue::from(burst));
            headers.insert(REMAINING, HeaderValue::from(remaining));
            headers.insert(RESET, HeaderValue::from(reset.ceil() as u64));
            Ok(headers)
        }
        Err(until) => {
            let wait = until.wait_time_from(DefaultClock::default().now()).as_secs_f64().ceil().max(1.0) as u64;
            let message = format!("{message}; try again in {wait} s");
            let refusal = Refusal::new(ErrorCode::RateLimited, message).retry_after(wait);
            Err(refusal
                .with(LIMIT, u64::from(until.quota().burst_size().get()))
                .with(REMAINING, 0_u64)
                .with(RESET, wait))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(submit: u32, failures: u32) -> Limits {
        Limits::new(LimitSettings {
            submit_per_minute: submit,
            submit_burst: submit,
            read_per_second: 0,
            auth_failures_per_minute: failures,
        })
    }

    #[test]
    fn each_key_has_its_own_bucket_and_is_told_when_to_come_back() {
        let limits = limits(2, 0);
        assert_eq!(limits.take(Class::Submit, "a").expect("taken")[REMAINING], "1");
        assert!(limits.take(Class::Submit, "a").is_ok());
        let refused = limits.take(Class::Submit, "a").expect_err("empty");
        assert_eq!(refused.code, ErrorCode::RateLimited);
        assert!(refused.headers.iter().any(|(name, _)| *name == axum::http::header::RETRY_AFTER));
        assert!(limits.take(Class::Submit, "b").is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        let limits = limits(0, 0);
        assert!((0..1_000).all(|_| limits.take(Class::Read, "a").is_ok_and(|headers| headers.is_empty())));
        assert!((0..1_000).all(|_| limits.failed(IpAddr::from([127, 0, 0, 1])).is_ok()));
    }
}
