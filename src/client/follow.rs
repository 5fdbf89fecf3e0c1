//! Following a job to its end, over lost connections and restarts of the daemon.
//!
//! ```text
//!  open stream (after = last seen) ──▶ events … ──▶ `complete`: done
//!        ▲                               │ stream ends, breaks, or the daemon is away
//!        └──── wait 0.2 s … 5 s ◀────────┘ (given up after 2 minutes without a word)
//! ```
//! Each event is passed on once and in order: `after` skips what was seen, and what comes twice all
//! the same is dropped by its number. Where something between us and the daemon does not pass
//! streams, stored events are polled instead.

use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::{Api, ClientError, sse};
use crate::api::{Event, EventKind, JobStatus};

/// How long a daemon may be away, counted from its last word.
const PATIENCE: Duration = Duration::from_mins(2);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The time between two looks at the stored events.
const POLL: Duration = Duration::from_millis(500);

/// What the follower passes on.
#[derive(Debug)]
pub enum Heard<'e> {
    Event(&'e Event),
    /// The daemon is away; why, in words.
    Waiting(&'e str),
}

struct Follower<'a> {
    api: &'a Api,
    id: Uuid,
    /// The number of the last event that was passed on.
    seen: u64,
    /// When the daemon last said something.
    heard_at: Instant,
    ended: Option<JobStatus>,
}

/// Follows a job from event `after` on until it ends; the answer is how it ended.
pub async fn follow(api: &Api, id: Uuid, after: u64, mut on: impl FnMut(Heard<'_>)) -> Result<JobStatus, ClientError> {
    let mut follower = Follower { api, id, seen: after, heard_at: Instant::now(), ended: None };
    let mut pause = FIRST_PAUSE;
    loop {
        let before = follower.seen;
        let outcome = follower.stream(&mut on).await;
        if let Some(status) = follower.ended {
            return Ok(status);
        }
        if follower.seen > before {
            pause = FIRST_PAUSE;
        }
        match outcome {
            Ok(()) => {
                // The stream ended in order. The job may have ended with it: its view says so.
                let view = api.job(id).await;
                match view {
                    Ok(view) if view.status.is_terminal() => return follower.last_events(view.status, &mut on).await,
                    Ok(_) => follower.heard_at = Instant::now(),
                    Err(error) => follower.tolerate(error, &mut on)?,
                }
            }
            Err(error) => follower.tolerate(error, &mut on)?,
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

impl Follower<'_> {
    /// One stream, until it ends.
    async fn stream(&mut self, on: &mut impl FnMut(Heard<'_>)) -> Result<(), ClientError> {
        let mut response = self.api.event_stream(self.id, self.seen).await?;
        self.heard_at = Instant::now();
        let kind = response.headers().get(reqwest::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
            return self.poll(on).await;
        }
        let url = format!("{}/api/v1/jobs/{}/events", self.api.base(), self.id);
        let broken = |reason: String| ClientError::BrokenOff { url: url.clone(), reason };
        let mut parser = sse::Parser::default();
        while self.ended.is_none() {
            let Some(chunk) = response.chunk().await.map_err(|error| broken(super::api::causes(&error)))? else {
                return Ok(());
            };
            self.heard_at = Instant::now();
            let messages = parser.feed(&chunk).map_err(|_| broken("an event is too large".to_owned()))?;
            for message in messages {
                // What is no event of ours (a later version's) is passed over.
                if let Ok(event) = serde_json::from_str::<Event>(&message.data) {
                    self.pass(&event, on);
                }
            }
        }
        Ok(())
    }

    /// Fetches the stored events again and again, until the job ends.
    async fn poll(&mut self, on: &mut impl FnMut(Heard<'_>)) -> Result<(), ClientError> {
        while self.ended.is_none() {
            let events = self.api.events(self.id, self.seen).await?;
            self.heard_at = Instant::now();
            if events.is_empty() {
                tokio::time::sleep(POLL).await;
            }
            for event in &events {
                self.pass(event, on);
            }
        }
        Ok(())
    }

    /// Passes on the remaining stored events of a job that has ended; returns how it ended.
    async fn last_events(
        &mut self,
        status: JobStatus,
        on: &mut impl FnMut(Heard<'_>),
    ) -> Result<JobStatus, ClientError> {
        loop {
            let events = self.api.events(self.id, self.seen).await?;
            let before = self.seen;
            for event in &events {
                self.pass(event, on);
            }
            if self.ended.is_some() || self.seen == before {
                return Ok(self.ended.unwrap_or(status));
            }
        }
    }

    fn pass(&mut self, event: &Event, on: &mut impl FnMut(Heard<'_>)) {
        if event.seq <= self.seen || event.job_id != self.id {
            return;
        }
        self.seen = event.seq;
        on(Heard::Event(event));
        if let EventKind::Complete { status, .. } = event.kind {
            self.ended = Some(status);
        }
    }

    /// `Ok`: try again. An error that waiting does not mend, or that has lasted for [`PATIENCE`], is returned.
    fn tolerate(&mut self, error: ClientError, on: &mut impl FnMut(Heard<'_>)) -> Result<(), ClientError> {
        if !error.may_pass() || self.heard_at.elapsed() > PATIENCE {
            return Err(error);
        }
        on(Heard::Waiting(&error.to_string()));
        Ok(())
    }
}
