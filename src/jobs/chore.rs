//! A chore: work that is repeated on a period, and the report of its last run. Knows no job.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use serde::Serialize;

use super::settings::Settings;
use crate::api::Time;

/// The period of chores of other rooms.
pub(super) const HOURLY: Duration = Duration::from_hours(1);

/// What it removed, or why it could not.
pub(super) type Outcome = Result<u64, String>;
/// The work of a chore: the settings in effect and the time.
pub(super) type Work = Arc<dyn Fn(Settings, i64) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// A chore of another room.
#[derive(Clone)]
pub struct Chore {
    pub(super) name: &'static str,
    pub(super) period: Duration,
    pub(super) work: Work,
}

impl Chore {
    /// A chore that runs every hour.
    pub(crate) fn hourly<F>(name: &'static str, work: impl Fn(Settings, i64) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        Self { name, period: HOURLY, work: Arc::new(move |settings, now| Box::pin(work(settings, now))) }
    }
}

/// A chore's last run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChoreReport {
    pub name: &'static str,
    pub last_run: Time,
    pub seconds: f64,
    #[serde(flatten)]
    pub outcome: ChoreOutcome,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChoreOutcome {
    Removed(u64),
    Failed(String),
}

/// The reports, for `/status`.
#[derive(Default)]
pub(super) struct Reports(Mutex<BTreeMap<&'static str, ChoreReport>>);

impl Reports {
    pub(super) fn all(&self) -> Vec<ChoreReport> {
        self.0.lock().values().cloned().collect()
    }

    pub(super) fn note(&self, name: &'static str, took: Duration, outcome: Outcome) {
        let last_run = Time::now();
        metrics::gauge!("atgd_chore_last_run_seconds", "chore" => name).set(last_run.millis() as f64 / 1_000.0);
        let outcome = match outcome {
            Ok(removed) => {
                metrics::counter!("atgd_chore_removed_total", "chore" => name).increment(removed);
                match removed {
                    0 => tracing::debug!(chore = name, "nothing to do"),
                    removed => tracing::info!(chore = name, removed, "chore done"),
                }
                ChoreOutcome::Removed(removed)
            }
            Err(error) => {
                metrics::counter!("atgd_chore_failures_total", "chore" => name).increment(1);
                tracing::warn!(chore = name, %error, "chore failed");
                ChoreOutcome::Failed(error)
            }
        };
        let report = ChoreReport { name, last_run, seconds: took.as_secs_f64(), outcome };
        self.0.lock().insert(name, report);
    }
}
