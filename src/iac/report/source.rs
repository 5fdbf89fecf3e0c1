//! What the code was generated from, and whether that was whole.

use serde_json::Value;

use crate::{
    api::Time,
    graph::{NotRead, Snapshot},
};

/// What the code was generated from.
#[derive(Debug, Default)]
pub struct Source {
    pub tenant_id: String,
    pub snapshot: u64,
    pub scanned_at: String,
    pub is_partial: bool,
    /// The scan's own account, row by row.
    pub coverage: Value,
}

impl Source {
    pub fn of(snapshot: &Snapshot) -> Self {
        Self {
            tenant_id: snapshot.tenant_id().to_string(),
            snapshot: snapshot.number(),
            scanned_at: Time::from_millis(snapshot.info().at_ms).to_string(),
            is_partial: snapshot.info().partial,
            coverage: serde_json::from_str(&snapshot.info().coverage).unwrap_or_default(),
        }
    }

    /// What the scan could not read whole.
    pub fn not_read(&self) -> Vec<NotRead> {
        NotRead::of(&self.coverage)
    }

    /// That it is partial, in a sentence; `None`: it is whole.
    pub fn says_partial(&self) -> Option<String> {
        self.is_partial.then(|| match self.not_read().len() {
            0 => "the scan was partial: resources may be missing from the code; the result of the scan says why".to_owned(),
            count => format!(
                "the scan was partial: {count} types of resources were not read whole, so resources may be missing from the code"
            ),
        })
    }
}
