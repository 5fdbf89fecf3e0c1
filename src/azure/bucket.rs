//! One bucket of Azure's: what may be taken of it, from its documented size and from what answers say is left.
//!
//! | bucket | size | refill | source |
//! |---|---|---|---|
//! | ARM reads, per subscription or tenant | 250 | 25/s | documented |
//! | ARM writes, deletes | 200 | 10/s | documented |
//! | Resource Graph | 15 in any 5 s | | documented (`x-ms-user-quota-*`) |
//! | Microsoft Graph | 3,500 units | 350/s | documented (`x-ms-resource-unit`) |
//!
//! ```text
//!            the figure falls faster than our own use explains
//!   alone ──────────────────────────────────────────────────────▶ shared
//!   (share of size and refill)                                    (half of the refill)
//!         ◀──────────────────────────────────────────────────────
//!            half of the bucket is there again
//! ```
//! An answer whose `x-ms-ratelimit-remaining-*` is higher than such a bucket can hold comes from a service with other
//! limits (the older hourly ones, or none): its bucket then waits for nobody, until a 429 or a lower figure says
//! otherwise. No clock: times are given.

use std::{collections::VecDeque, time::Duration};

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

impl Kind {
    /// Size of a bucket, and its refill a second.
    pub(super) const fn documented(self) -> (f64, f64) {
        match self {
            Self::Reads => (250.0, 25.0),
            Self::Writes | Self::Deletes => (200.0, 10.0),
            Self::Query => (15.0, 3.0),
            Self::Directory => (3_500.0, 350.0),
        }
    }
}

/// Resource Graph counts by windows of this length.
pub(super) const WINDOW: Duration = Duration::from_secs(5);
/// The part of a bucket that is used while others draw on it.
const HALF: f64 = 0.5;
/// So much less than expected is no sign of others: figures are whole numbers, and clocks are not the same.
const SLACK: f64 = 4.0;
/// The part of a smaller difference that each answer takes back. Who draws less than a tenth of the refill is no other
/// worth half of it: that comes out of the rest of the bucket.
const DRIFT: f64 = 0.02;
/// After so long without an answer a lower figure says only where the bucket stands, not that others draw now.
const SILENCE: Duration = Duration::from_secs(2);

/// What was known when a request was admitted: what its answer says is compared with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    at: Instant,
    expected: f64,
    corrected: f64,
}

/// One bucket.
#[derive(Debug)]
pub(super) struct Level {
    kind: Kind,
    /// What may be taken at once.
    tokens: f64,
    /// What Azure's own bucket should hold.
    left: f64,
    /// All corrections of `left` together: those made while a request was under way are no news to its answer.
    corrected: f64,
    filled: Instant,
    /// When an answer last said what is left.
    heard: Option<Instant>,
    /// Requests that were admitted and not answered.
    under_way: u32,
    is_shared: bool,
    /// Nothing before this: a 429 said so.
    not_before: Option<Instant>,
    /// The service has shown other limits than the documented ones.
    is_open: bool,
    /// When the last ones were admitted, where windows are counted.
    admitted: VecDeque<Instant>,
    /// What a request cost lately.
    cost: f64,
}

impl Level {
    pub(super) fn full(kind: Kind, share: f64, now: Instant) -> Self {
        let (size, _) = kind.documented();
        Self {
            kind,
            tokens: size * share,
            left: size,
            corrected: 0.0,
            filled: now,
            heard: None,
            under_way: 0,
            is_shared: false,
            not_before: None,
            is_open: false,
            admitted: VecDeque::new(),
            cost: 1.0,
        }
    }

    /// Takes what a request costs, or says how long to wait for it.
    pub(super) fn take(&mut self, share: f64, now: Instant) -> Result<Ticket, Duration> {
        if let Some(until) = self.not_before.filter(|until| *until > now) {
            return Err(until - now);
        }
        self.refill(share, now);
        if !self.is_open {
            if self.kind == Kind::Query {
                self.take_in_window(share, now)?;
            } else {
                self.take_tokens(share)?;
            }
        }
        self.under_way += 1;
        Ok(Ticket { at: now, expected: self.left, corrected: self.corrected })
    }

    fn take_tokens(&mut self, share: f64) -> Result<(), Duration> {
        let (size, refill) = self.kind.documented();
        // Alone, the rest of the bucket stays for whoever comes; with others it is theirs to take anyway.
        let reserve = if self.is_shared { 0.0 } else { size * (1.0 - share) };
        let lacks = (self.cost - self.tokens) / self.rate(share);
        let azure_lacks = (self.cost + reserve - self.left) / refill;
        // Microsoft Graph says what a request has cost, and not what is left.
        let lacks = if self.kind == Kind::Directory { lacks } else { lacks.max(azure_lacks) };
        // A rounding error is no reason to wait.
        if lacks > 1e-9 {
            return Err(Duration::from_secs_f64(lacks));
        }
        self.tokens -= self.cost;
        self.left = (self.left - self.cost).max(0.0);
        Ok(())
    }

    fn take_in_window(&mut self, share: f64, now: Instant) -> Result<(), Duration> {
        while self.admitted.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
            self.admitted.pop_front();
        }
        let (size, _) = self.kind.documented();
        let most = (size * if self.is_shared { share.min(HALF) } else { share }).max(1.0) as usize;
        if self.admitted.len() >= most {
            let first = self.admitted.front().copied().unwrap_or(now);
            return Err(WINDOW.saturating_sub(now.duration_since(first)));
        }
        self.admitted.push_back(now);
        Ok(())
    }

    /// What is used of the refill.
    fn rate(&self, share: f64) -> f64 {
        let (_, refill) = self.kind.documented();
        refill * if self.is_shared { share.min(HALF) } else { share }
    }

    fn refill(&mut self, share: f64, now: Instant) {
        let (size, refill) = self.kind.documented();
        let passed = now.saturating_duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate(share)).min(size * share);
        self.left = (self.left + passed * refill).min(size);
        self.filled = now;
    }

    /// A request was answered, or given up.
    pub(super) fn ended(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// What the answer of a request says is left.
    pub(super) fn heard(&mut self, ticket: Ticket, says: f64, share: f64, now: Instant) {
        let (size, _) = self.kind.documented();
        self.is_open = says > size;
        if self.is_open {
            return;
        }
        self.refill(share, now);
        if self.kind == Kind::Query {
            self.heard_of_window(says, now);
        } else {
            self.compare(ticket, says, share, now);
        }
        self.heard = Some(now);
    }

    fn compare(&mut self, ticket: Ticket, says: f64, share: f64, now: Instant) {
        let (size, refill) = self.kind.documented();
        let is_news = self.heard.is_none_or(|heard| ticket.at.saturating_duration_since(heard) > SILENCE);
        let difference = says - (ticket.expected + self.corrected - ticket.corrected);
        // Requests overtake each other, and what refills meanwhile was not there when the answer was written.
        let uncertain = f64::from(self.under_way) + refill * now.duration_since(ticket.at).as_secs_f64() + SLACK;
        let is_recovered = self.is_shared && says >= size * HALF;
        let correction = match difference {
            less if less < -uncertain || is_news && less < 0.0 => less,
            more if more > uncertain => more - uncertain,
            // So small a difference says nothing, but many of them do not add up to others.
            other => other * if is_recovered { 1.0 } else { DRIFT },
        };
        self.left = (self.left + correction).clamp(0.0, size);
        self.corrected += correction;
        let ours = (self.left - size * (1.0 - share)).clamp(0.0, size * share);
        if difference < -uncertain && !is_news {
            self.is_shared = true;
            self.tokens = self.tokens.min(self.left * HALF);
        } else if is_news {
            self.tokens = self.tokens.min(ours);
        } else if is_recovered {
            self.is_shared = false;
            self.tokens = ours;
        }
    }

    /// More of the window is used than we have: others ask, too.
    fn heard_of_window(&mut self, says: f64, now: Instant) {
        let (size, _) = self.kind.documented();
        let ours = self.admitted.iter().filter(|at| now.duration_since(**at) < WINDOW).count() as f64;
        self.is_shared = size - says > ours + 1.0;
    }

    /// What a request of Microsoft Graph has cost, and which part of the limit is used (0 to 1 and more).
    pub(super) fn costs(&mut self, units: Option<f64>, used: Option<f64>, share: f64) {
        if let Some(units) = units {
            self.cost = units.clamp(1.0, 100.0);
        }
        if used.is_some_and(|used| used >= share) {
            self.tokens = self.tokens.min(0.0);
        }
    }

    /// Nothing more for a while.
    pub(super) fn pause(&mut self, wait: Duration, now: Instant) {
        let until = now + wait;
        self.is_open = false;
        self.tokens = 0.0;
        self.not_before = Some(self.not_before.map_or(until, |before| before.max(until)));
    }
}
