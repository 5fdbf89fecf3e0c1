//! Collects what an operation reports between two flushes: the last progress, some log lines, a sign of life.
//!
//! Reports are cheap and never block; `watch` takes them ten times a second and stores them.

use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::time::{Duration, Instant};

use crate::{
    api::{EventKind, LogLevel},
    work::{Level, Progress},
};

/// Log lines that wait for a flush; more are counted and dropped.
const LOG_LINES: usize = 500;

/// Progress and log lines since the last flush.
struct Reports {
    /// The step, and when it last gave a sign of life.
    step: String,
    alive: Instant,
    progress: Option<EventKind>,
    fraction: f64,
    lines: Vec<EventKind>,
    dropped: u64,
}

pub(super) struct Reporter {
    reports: Mutex<Reports>,
}

impl Reporter {
    pub(super) fn new() -> Self {
        let reports = Reports {
            step: "the first step".to_owned(),
            alive: Instant::now(),
            progress: None,
            fraction: 0.0,
            lines: Vec::new(),
            dropped: 0,
        };
        Self { reports: Mutex::new(reports) }
    }

    /// The step, if it has been silent for longer than it may.
    pub(super) fn silent(&self, longest: Duration) -> Option<String> {
        let reports = self.reports.lock();
        (reports.alive.elapsed() > longest).then(|| reports.step.clone())
    }

    pub(super) fn take(&self) -> Vec<EventKind> {
        let mut reports = self.reports.lock();
        let mut kinds = std::mem::take(&mut reports.lines);
        if reports.dropped > 0 {
            let message = format!("{} log lines were left out", std::mem::take(&mut reports.dropped));
            kinds.push(EventKind::Log { level: LogLevel::Warn, message });
        }
        kinds.extend(reports.progress.take());
        kinds
    }
}

impl Progress for Reporter {
    fn report(&self, phase: &str, message: &str, fraction: f64, details: Map<String, Value>) {
        let mut reports = self.reports.lock();
        reports.alive = Instant::now();
        if reports.step != phase {
            phase.clone_into(&mut reports.step);
        }
        reports.fraction = reports.fraction.max(fraction.clamp(0.0, 1.0));
        let progress = reports.fraction;
        reports.progress = Some(EventKind::Progress {
            phase: phase.to_owned(),
            message: message.to_owned(),
            progress,
            percent: (progress * 1_000.0).round() / 10.0,
            details: Value::Object(details),
        });
    }

    fn alive(&self) {
        self.reports.lock().alive = Instant::now();
    }

    fn log(&self, level: Level, message: &str) {
        let mut reports = self.reports.lock();
        reports.alive = Instant::now();
        if reports.lines.len() >= LOG_LINES {
            reports.dropped += 1;
            return;
        }
        let level = match level {
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        reports.lines.push(EventKind::Log { level, message: message.to_owned() });
    }
}
