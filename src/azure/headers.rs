//! What the headers of an answer say of quotas and waits.

use std::time::Duration;

use reqwest::{StatusCode, header::HeaderMap};

use super::bucket::Kind;

pub(super) fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

pub(super) fn remaining(headers: &HeaderMap, kind: Kind) -> Option<f64> {
    let names: &[&str] = match kind {
        Kind::Reads => &["x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-tenant-reads"],
        Kind::Writes => &["x-ms-ratelimit-remaining-subscription-writes", "x-ms-ratelimit-remaining-tenant-writes"],
        Kind::Deletes => &["x-ms-ratelimit-remaining-subscription-deletes", "x-ms-ratelimit-remaining-tenant-deletes"],
        Kind::Query => &["x-ms-user-quota-remaining"],
        Kind::Directory => &[],
    };
    names.iter().find_map(|name| number(headers, name))
}

/// `x-ms-user-quota-resets-after: 00:00:05`.
pub(super) fn resets_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("x-ms-user-quota-resets-after")?.to_str().ok()?;
    let mut seconds = 0.0;
    for part in text.trim().split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

pub(super) fn retry_after(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after").and_then(|value| value.to_str().ok());
    match text.and_then(|text| text.trim().parse::<u64>().ok()) {
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None if status == StatusCode::TOO_MANY_REQUESTS => Some(Duration::from_secs(5)),
        None => None,
    }
}
