//! Where a job is, as a value, and the only way it changes.
//!
//! ```text
//!               submit            Claim              Finish
//!    (nothing) ───────▶ Pending ─────────▶ Running ───────────▶ Completed
//!                         │  ▲               │  │ ├────────────▶ Failed
//!             CancelAsked │  └─ Interrupted ─┘  │ └────────────▶ Cancelled
//!                         ▼     (or a transient │
//!                     Cancelled  failure)       └ CancelAsked: a flag, confirmed by Finish
//! ```
//! - *Claim*: a slot is free; the job gets a fence (boot epoch and number of the start).
//! - *CancelAsked*: a pending job is cancelled at once; on a running one the wish is kept.
//! - *Finish*: the holder of the fence says how it ended. A failure after a cancel is a cancel.
//! - *Interrupted*: the daemon died or stopped. The job goes back, unless a cancel was asked for, or too
//!   many starts in a row died without having recorded anything: [`FRUITLESS`], or [`FRUITLESS_AGAIN`]
//!   where an earlier start has got somewhere, for then the job is hardly what kills the daemon.
//!
//! Terminal states never change. No clock, no I/O: times come as parameters.

use serde::{Deserialize, Serialize};

use crate::api::JobStatus;

/// Starts in a row that may die without headway before the job fails.
pub(crate) const FRUITLESS: u32 = 3;
/// The same of a job that has recorded something in an earlier start.
pub(crate) const FRUITLESS_AGAIN: u32 = 50;
/// Repetitions after transient failures.
pub(crate) const TRANSIENT: u32 = 3;

/// Who may write for a running job: later writers of an older start are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fence {
    pub epoch: u64,
    pub start: u32,
}

/// How often a job was started, and how often in vain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tries {
    pub starts: u32,
    /// Starts that died with the daemon and had recorded nothing.
    pub fruitless: u32,
    /// Transient failures.
    pub transient: u32,
    /// Fruitless starts since the last one with headway.
    pub idle: u32,
    /// Starts that were interrupted after they had recorded something.
    pub fruitful: u32,
}

impl Tries {
    /// The attempt's number as users count them, from 1.
    pub(super) const fn attempt(self) -> u32 {
        1 + self.fruitless + self.transient
    }
}

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reason {
    pub code: String,
    pub message: String,
    pub retryable: bool,
}

/// Where a job is. Times are Unix milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    Pending { tries: Tries, not_before: Option<i64> },
    Running { tries: Tries, fence: Fence, started_at: i64, cancel_asked: bool },
    Completed { tries: Tries, started_at: i64, completed_at: i64 },
    Failed { tries: Tries, started_at: Option<i64>, completed_at: i64, reason: Reason },
    Cancelled { tries: Tries, started_at: Option<i64>, completed_at: i64 },
}

/// What can happen to a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    Claim { epoch: u64 },
    CancelAsked,
    Finish { fence: Fence, outcome: Outcome },
    Interrupted { cause: Interruption, headway: bool },
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Completed,
    Failed(Reason),
    /// May succeed if repeated after a while, milliseconds.
    Transient {
        reason: Reason,
        wait: i64,
    },
    Cancelled,
}

/// What ended an attempt from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interruption {
    Crash,
    Shutdown,
}

/// Why an event does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denied {
    #[error("the job has ended")]
    Ended(JobStatus),
    #[error("the job is not pending")]
    NotPending,
    #[error("the job is not running")]
    NotRunning,
    #[error("the attempt is over: another one holds the job")]
    Fenced,
}

impl State {
    /// A job just submitted.
    pub(super) fn new() -> Self {
        Self::Pending { tries: Tries::default(), not_before: None }
    }

    pub(super) const fn status(&self) -> JobStatus {
        match self {
            Self::Pending { .. } => JobStatus::Pending,
            Self::Running { .. } => JobStatus::Running,
            Self::Completed { .. } => JobStatus::Completed,
            Self::Failed { .. } => JobStatus::Failed,
            Self::Cancelled { .. } => JobStatus::Cancelled,
        }
    }

    pub(crate) const fn tries(&self) -> Tries {
        match self {
            Self::Pending { tries, .. }
            | Self::Running { tries, .. }
            | Self::Completed { tries, .. }
            | Self::Failed { tries, .. }
            | Self::Cancelled { tries, .. } => *tries,
        }
    }

    pub(super) const fn started_at(&self) -> Option<i64> {
        match self {
            Self::Pending { .. } => None,
            Self::Running { started_at, .. } | Self::Completed { started_at, .. } => Some(*started_at),
            Self::Failed { started_at, .. } | Self::Cancelled { started_at, .. } => *started_at,
        }
    }

    pub(super) const fn completed_at(&self) -> Option<i64> {
        match self {
            Self::Pending { .. } | Self::Running { .. } => None,
            Self::Completed { completed_at, .. }
            | Self::Failed { completed_at, .. }
            | Self::Cancelled { completed_at, .. } => Some(*completed_at),
        }
    }

    /// Whether this fence may write for the job.
    pub(crate) fn is_held_by(&self, by: Fence) -> bool {
        matches!(self, Self::Running { fence, .. } if *fence == by)
    }
}

/// The one transition function.
pub(crate) fn apply(state: &State, event: Event, now: i64) -> Result<State, Denied> {
    match (state, event) {
        (State::Completed { .. } | State::Failed { .. } | State::Cancelled { .. }, _) => {
            Err(Denied::Ended(state.status()))
        }
        (State::Pending { tries, .. }, Event::Claim { epoch }) => {
            let tries = Tries { starts: tries.starts + 1, ..*tries };
            let fence = Fence { epoch, start: tries.starts };
            Ok(State::Running { tries, fence, started_at: now, cancel_asked: false })
        }
        (State::Running { .. }, Event::Claim { .. }) => Err(Denied::NotPending),
        (State::Pending { tries, .. }, Event::CancelAsked) => {
            Ok(State::Cancelled { tries: *tries, started_at: None, completed_at: now })
        }
        (State::Running { tries, fence, started_at, .. }, Event::CancelAsked) => {
            Ok(State::Running { tries: *tries, fence: *fence, started_at: *started_at, cancel_asked: true })
        }
        (State::Pending { .. }, Event::Finish { .. } | Event::Interrupted { .. }) => Err(Denied::NotRunning),
        (State::Running { fence: held, .. }, Event::Finish { fence, .. }) if *held != fence => Err(Denied::Fenced),
        (State::Running { tries, started_at, cancel_asked, .. }, Event::Finish { outcome, .. }) => {
            Ok(finish(*tries, *started_at, *cancel_asked, outcome, now))
        }
        (State::Running { tries, started_at, cancel_asked, .. }, Event::Interrupted { cause, headway }) => {
            Ok(interrupt(*tries, *started_at, *cancel_asked, cause, headway, now))
        }
    }
}

fn finish(tries: Tries, started: i64, cancel_asked: bool, outcome: Outcome, now: i64) -> State {
    let started_at = Some(started);
    match outcome {
        Outcome::Completed => State::Completed { tries, started_at: started, completed_at: now },
        Outcome::Cancelled => State::Cancelled { tries, started_at, completed_at: now },
        _ if cancel_asked => State::Cancelled { tries, started_at, completed_at: now },
        Outcome::Transient { wait, .. } if tries.transient < TRANSIENT => {
            let tries = Tries { transient: tries.transient + 1, ..tries };
            State::Pending { tries, not_before: Some(now.saturating_add(wait)) }
        }
        Outcome::Transient { reason, .. } | Outcome::Failed(reason) => {
            State::Failed { tries, started_at, completed_at: now, reason }
        }
    }
}

fn interrupt(tries: Tries, started: i64, cancel_asked: bool, cause: Interruption, headway: bool, now: i64) -> State {
    if cancel_asked {
        return State::Cancelled { tries, started_at: Some(started), completed_at: now };
    }
    if headway {
        let tries = Tries { idle: 0, fruitful: tries.fruitful + 1, ..tries };
        return State::Pending { tries, not_before: None };
    }
    if cause == Interruption::Shutdown {
        return State::Pending { tries, not_before: None };
    }
    let tries = Tries { fruitless: tries.fruitless + 1, idle: tries.idle + 1, ..tries };
    if tries.idle < if tries.fruitful == 0 { FRUITLESS } else { FRUITLESS_AGAIN } {
        return State::Pending { tries, not_before: None };
    }
    let died = tries.idle;
    let message = format!("the daemon died {died} times in a row while this job ran, and it had recorded nothing");
    let reason = Reason { code: "crashed".to_owned(), message, retryable: true };
    State::Failed { tries, started_at: Some(started), completed_at: now, reason }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reason() -> Reason {
        Reason { code: "x".into(), message: "x".into(), retryable: false }
    }

    fn states() -> impl Strategy<Value = State> {
        let idle = prop_oneof![0..4_u32, 48..52_u32];
        let tries =
            (1_u32..9, 0_u32..4, 0_u32..5, idle, 0_u32..2).prop_map(|(starts, more, transient, idle, fruitful)| {
                Tries { starts, fruitless: idle + more, transient, idle, fruitful }
            });
        (tries, 0_u8..5, any::<bool>()).prop_map(|(tries, which, flag)| match which {
            0 => State::Pending { tries, not_before: flag.then_some(5) },
            1 => State::Running {
                tries,
                fence: Fence { epoch: 1, start: tries.starts },
                started_at: 2,
                cancel_asked: flag,
            },
            2 => State::Completed { tries, started_at: 2, completed_at: 3 },
            3 => State::Failed { tries, started_at: Some(2), completed_at: 3, reason: reason() },
            _ => State::Cancelled { tries, started_at: None, completed_at: 3 },
        })
    }

    fn events() -> impl Strategy<Value = Event> {
        (0_u8..8, 1_u32..9, any::<bool>()).prop_map(|(which, start, headway)| {
            let fence = Fence { epoch: 1, start };
            match which {
                0 => Event::Claim { epoch: 2 },
                1 => Event::CancelAsked,
                2 => Event::Finish { fence, outcome: Outcome::Completed },
                3 => Event::Finish { fence, outcome: Outcome::Failed(reason()) },
                4 => Event::Finish { fence, outcome: Outcome::Transient { reason: reason(), wait: 1 } },
                5 => Event::Finish { fence, outcome: Outcome::Cancelled },
                6 => Event::Interrupted { cause: Interruption::Crash, headway },
                _ => Event::Interrupted { cause: Interruption::Shutdown, headway },
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_096, ..ProptestConfig::default() })]
        #[test]
        fn every_state_takes_every_event_as_the_diagram_says(state in states(), event in events()) {
            as_the_diagram_says(&state, &event)?;
        }
    }

    /// Each kind of state with each kind of event, by its holder and by another, so that no pair is left to
    /// chance.
    #[test]
    fn no_pair_of_a_state_and_an_event_is_left_out() {
        let tries = Tries { starts: 1, ..Tries::default() };
        let running =
            |cancel_asked| State::Running { tries, fence: Fence { epoch: 1, start: 1 }, started_at: 2, cancel_asked };
        let states = [
            State::new(),
            State::Pending { tries, not_before: Some(20) },
            running(false),
            running(true),
            State::Completed { tries, started_at: 2, completed_at: 3 },
            State::Failed { tries, started_at: Some(2), completed_at: 3, reason: reason() },
            State::Cancelled { tries, started_at: None, completed_at: 3 },
        ];
        for start in [1, 2] {
            let fence = Fence { epoch: 1, start };
            let finish = |outcome| Event::Finish { fence, outcome };
            let interrupted = |cause, headway| Event::Interrupted { cause, headway };
            let events = [
                Event::Claim { epoch: 2 },
                Event::CancelAsked,
                finish(Outcome::Completed),
                finish(Outcome::Cancelled),
                finish(Outcome::Failed(reason())),
                finish(Outcome::Transient { reason: reason(), wait: 1 }),
                interrupted(Interruption::Crash, true),
                interrupted(Interruption::Crash, false),
                interrupted(Interruption::Shutdown, true),
                interrupted(Interruption::Shutdown, false),
            ];
            for (state, event) in states.iter().flat_map(|state| events.iter().map(move |event| (state, event))) {
                as_the_diagram_says(state, event).expect("as the diagram says");
            }
        }
    }

    fn as_the_diagram_says(state: &State, event: &Event) -> Result<(), TestCaseError> {
        let next = apply(state, event.clone(), 10);
        match (state, event) {
            (terminal, _) if terminal.status().is_terminal() => {
                prop_assert_eq!(next, Err(Denied::Ended(state.status())));
            }
            (State::Pending { .. }, Event::Claim { .. }) => {
                prop_assert_eq!(next.expect("runs").status(), JobStatus::Running);
            }
            (State::Pending { .. }, Event::CancelAsked) => {
                prop_assert_eq!(next.expect("ends").status(), JobStatus::Cancelled);
            }
            (State::Pending { .. }, _) => prop_assert_eq!(next, Err(Denied::NotRunning)),
            (_, Event::Claim { .. }) => prop_assert_eq!(next, Err(Denied::NotPending)),
            (_, Event::CancelAsked) => {
                prop_assert!(
                    matches!(next.expect("runs on"), State::Running { cancel_asked: true, .. }),
                    "the wish is kept"
                );
            }
            (running, Event::Finish { fence, .. }) if !running.is_held_by(*fence) => {
                prop_assert_eq!(next, Err(Denied::Fenced));
            }
            (State::Running { cancel_asked, tries, .. }, Event::Finish { outcome, .. }) => {
                let expected = match outcome {
                    Outcome::Completed => JobStatus::Completed,
                    Outcome::Cancelled => JobStatus::Cancelled,
                    _ if *cancel_asked => JobStatus::Cancelled,
                    Outcome::Transient { .. } if tries.transient < TRANSIENT => JobStatus::Pending,
                    _ => JobStatus::Failed,
                };
                prop_assert_eq!(next.expect("ends").status(), expected);
            }
            (State::Running { cancel_asked, tries, .. }, Event::Interrupted { cause, headway }) => {
                let most = if tries.fruitful == 0 { FRUITLESS } else { FRUITLESS_AGAIN };
                let expected = match cause {
                    _ if *cancel_asked => JobStatus::Cancelled,
                    Interruption::Crash if !headway && tries.idle + 1 >= most => JobStatus::Failed,
                    _ => JobStatus::Pending,
                };
                let next = next.expect("goes back or ends");
                prop_assert_eq!(next.status(), expected);
                let attempts = next.tries().attempt() - tries.attempt();
                if *cause == Interruption::Shutdown {
                    prop_assert_eq!(attempts, 0, "a shutdown never counts");
                } else if !*cancel_asked {
                    prop_assert_eq!(attempts, u32::from(!headway), "only a fruitless start counts");
                    prop_assert_eq!(next.tries().idle, if *headway { 0 } else { tries.idle + 1 });
                }
            }
            other => prop_assert!(false, "not covered: {other:?}"),
        }
        Ok(())
    }
}
