//! What the code was generated from, and whether that was whole.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    api::Time,
    graph::{NotRead, Snapshot},
};

/// Types that a sentence names.
const MOST_NAMED: usize = 3;

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

    /// Types that the scan left out, each once, with the reason.
    pub fn left_out(&self) -> BTreeMap<String, String> {
        let rows = NotRead::left_out(&self.coverage).into_iter();
        rows.map(|row| (row.type_name, row.reason.unwrap_or_default())).collect()
    }

    /// That types were left out, in a sentence; `None`: none was.
    pub fn says_left_out(&self) -> Option<String> {
        let left = self.left_out();
        let few: Vec<&str> = left.keys().take(MOST_NAMED).map(String::as_str).collect();
        let more = left.len() - few.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!left.is_empty())
            .then(|| format!("the scan left out {}{more}, so the code holds none of them", few.join(", ")))
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
