//! One scan at work: what all its phases share, and what each failed request means for it.

use std::{sync::Arc, time::Instant};

use futures_util::{Stream, stream};
use serde_json::{Map, json};

use super::mentions::Mentions;
use crate::{
    api::ScanRequest,
    azure::{AzureError, Client},
    graph::{Entry, Generation, Select},
    scan::{
        error::ScanError,
        facts::{filter::Filter, receipt::Receipt, refusals::Meaning},
    },
    work::Work,
};

/// Requests of one phase at once; the client bounds all phases together.
pub(crate) const AT_ONCE: usize = 24;
/// Entries that are looked at in one go.
pub(crate) const BATCH: usize = 500;

/// What all phases share. Clones share it.
#[derive(Clone)]
pub(crate) struct Scan {
    pub client: Client,
    pub generation: Generation,
    pub request: Arc<ScanRequest>,
    pub filter: Arc<Filter>,
    pub receipt: Arc<Receipt>,
    pub mentions: Mentions,
    pub started: Instant,
    /// When the first run of this scan began.
    pub begun_ms: i64,
    pub work: Work,
}

impl Scan {
    /// Progress of the whole: how far, what was found, and what remains of this phase, if that is known.
    pub(crate) fn report(&self, phase: &str, message: &str, fraction: f64, remaining: Option<u64>) {
        let traffic = self.client.traffic();
        let found = self.generation.count();
        let seconds = self.started.elapsed().as_secs_f64();
        let mut details = Map::new();
        details.insert("found".to_owned(), json!(found));
        details.insert("expected".to_owned(), json!(self.receipt.expected()));
        details.insert("requests".to_owned(), json!(traffic.by_api.values().sum::<u64>()));
        details.insert("throttled".to_owned(), json!(traffic.throttled));
        details.insert("resources_per_second".to_owned(), json!((found as f64 / seconds.max(0.001)).round()));
        if let Some(remaining) = remaining {
            details.insert("remaining".to_owned(), json!(remaining));
        }
        self.work.progress.report(phase, message, fraction, details);
    }

    pub(crate) fn check_cancel(&self) -> Result<(), ScanError> {
        if self.work.cancel.is_cancelled() { Err(ScanError::Cancelled) } else { Ok(()) }
    }

    /// A page is committed: here a scan ends that is to pause.
    pub(crate) fn checkpoint(&self) -> Result<(), ScanError> {
        if self.work.pause.is_cancelled() { Err(ScanError::Paused) } else { Ok(()) }
    }

    /// What a request that failed means.
    pub(crate) fn meaning(&self, error: &AzureError) -> Meaning {
        Meaning::of(error, self.client.is_cut_off())
    }

    /// Whether nothing more can be expected of this scan.
    pub(crate) fn is_fatal(&self, error: &AzureError) -> bool {
        self.meaning(error) == Meaning::Fatal
    }

    /// Whether a failure ends the scan, whatever else could be asked.
    pub(crate) fn ends(&self, error: &ScanError) -> bool {
        !matches!(error, ScanError::Azure(error) if !self.is_fatal(error))
    }

    /// What failed is a gap; what ends every scan ends this one.
    pub(crate) fn gap(&self, scope: &str, error: AzureError) -> Result<(), ScanError> {
        if self.is_fatal(&error) {
            return Err(error.into());
        }
        self.receipt.gap(scope, &error);
        Ok(())
    }

    /// What failed is left to others to say; what ends every scan ends this one.
    pub(crate) fn unless_fatal<T>(&self, outcome: Result<T, ScanError>) -> Result<Result<T, AzureError>, ScanError> {
        match outcome {
            Ok(done) => Ok(Ok(done)),
            Err(ScanError::Azure(error)) if !self.is_fatal(&error) => Ok(Err(error)),
            Err(error) => Err(error),
        }
    }

    /// Whether one more is within the limit, or was counted already.
    pub(crate) fn admits(&self, id: &str) -> bool {
        self.generation.has(id) || self.generation.is_expected(id) || self.receipt.admit()
    }

    /// Everything found so far, in the order of the keys, a batch at a time; what is found meanwhile behind the last
    /// key shows too.
    pub(crate) fn batches(&self) -> impl Stream<Item = Result<Vec<Entry>, ScanError>> {
        let begin = Select { after: None, limit: BATCH };
        stream::try_unfold(begin, async |mut select| {
            self.check_cancel()?;
            let entries = self.generation.entries(&select)?;
            let Some(last) = entries.last() else { return Ok(None) };
            select.after = Some(last.key.clone());
            Ok(Some((entries, select)))
        })
    }
}
