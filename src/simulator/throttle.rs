//! The token buckets of ARM and of Resource Graph, as documented: one for each principal, scope and verb.
//!
//! Reads: 250, refilled 25 a second. Writes, deletes: 200, refilled 10 a second. A scope is a
//! subscription or the tenant. Resource Graph: 15 queries in each 5 seconds of a principal.
//! No limit spans several principals. A test can add another client of the same principal, which draws so many reads a
//! second from each bucket, as long as the bucket has any.

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

    /// Size of a bucket, and its refill a second.
    const fn bucket(self) -> (f64, f64) {
        match self {
            Self::Reads => (250.0, 25.0),
            Self::Writes | Self::Deletes => (200.0, 10.0),
        }
    }
}

pub(super) struct Throttle {
    on: bool,
    /// By principal and scope, and verb: what is left, and when it was last refilled.
    buckets: Mutex<HashMap<(String, Verb), (f64, Instant)>>,
    other: Mutex<OtherClient>,
    /// By principal: the queries of the present window, and when it began.
    queries: Mutex<HashMap<String, (u32, Instant)>>,
}

/// Another client of the principal that sends requests.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OtherClient {
    /// Reads a second that it wants.
    rate: f64,
    /// Reads that it wanted so far, and those that it got.
    pub wanted: f64,
    pub got: f64,
}

impl OtherClient {
    /// Draws on a bucket for so many seconds.
    fn draw(&mut self, tokens: &mut f64, seconds: f64) {
        let wanted = self.rate * seconds;
        let got = wanted.min(*tokens);
        *tokens -= got;
        self.wanted += wanted;
        self.got += got;
    }
}

impl Throttle {
    pub(super) fn new(on: bool) -> Self {
        Self { on, buckets: Mutex::default(), other: Mutex::default(), queries: Mutex::default() }
    }

    /// From now on another client wants so many reads a second from each bucket that is in use.
    pub(super) fn other_client(&self, rate: f64) {
        let now = Instant::now();
        let mut buckets = self.buckets.lock();
        for ((_, verb), (tokens, filled)) in buckets.iter_mut() {
            self.fill(*verb, tokens, filled, now);
        }
        *self.other.lock() = OtherClient { rate: rate.max(0.0), ..OtherClient::default() };
    }

    /// The other client, since it began.
    pub(super) fn other(&self) -> OtherClient {
        *self.other.lock()
    }

    fn fill(&self, verb: Verb, tokens: &mut f64, filled: &mut Instant, now: Instant) {
        let (capacity, refill) = verb.bucket();
        let passed = now.duration_since(*filled).as_secs_f64();
        *tokens += passed * refill;
        if verb == Verb::Reads {
            self.other.lock().draw(tokens, passed);
        }
        *tokens = tokens.min(capacity);
        *filled = now;
    }

    /// Takes one request from a bucket: how many are left, or in how many seconds there will be one.
    pub(super) fn take(&self, principal: &str, scope: &str, verb: Verb) -> Result<u32, u64> {
        if !self.on {
            return Ok(UNLIMITED);
        }
        let (capacity, refill) = verb.bucket();
        let mut buckets = self.buckets.lock();
        let now = Instant::now();
        let (tokens, filled) = buckets.entry((format!("{principal} {scope}"), verb)).or_insert((capacity, now));
        self.fill(verb, tokens, filled, now);
        if *tokens < 1.0 {
            return Err(((1.0 - *tokens) / refill).ceil().max(1.0) as u64);
        }
        *tokens -= 1.0;
        Ok(*tokens as u32)
    }

    /// The same for a query of Resource Graph: how many are left, and in how many seconds the window ends.
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
