//! `atgd store check`: decodes every record, verifies the audit chain, recounts the indexes.

use std::path::Path;

use serde::Serialize;

use crate::{audit, auth, jobs, store::StoreError};

/// What the check saw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    pub path: String,
    pub bytes: u64,
    /// What was looked at, and how many.
    pub counted: Vec<(String, u64)>,
    /// What is wrong; empty: nothing.
    pub findings: Vec<String>,
}

impl std::fmt::Display for CheckReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} bytes)", self.path, self.bytes)?;
        for (what, count) in &self.counted {
            write!(f, "\n{what}: {count}")?;
        }
        for finding in &self.findings {
            write!(f, "\nwrong: {finding}")?;
        }
        Ok(())
    }
}

/// Checks the state directory's file. The file must not be held by a daemon.
pub fn check(state_dir: &Path) -> Result<CheckReport, StoreError> {
    let store = super::open(state_dir)?;
    let mut report =
        CheckReport { path: store.path().display().to_string(), bytes: store.size_bytes(), ..CheckReport::default() };
    store
        .read(|read| {
            let mut note = |what: &str, outcome: Result<u64, String>| match outcome {
                Ok(count) => report.counted.push((what.to_owned(), count)),
                Err(finding) => report.findings.push(format!("{what}: {finding}")),
            };
            note("keys", auth::check_records(read).map_err(|error| error.to_string()));
            note("audit lines", audit::verify(read).map_err(|error| error.to_string()));
            match jobs::check_records(read) {
                Ok(found) => {
                    for (what, count) in found.counted {
                        note(what, Ok(count));
                    }
                    for finding in found.findings {
                        note("jobs", Err(finding));
                    }
                }
                Err(error) => note("jobs", Err(error.to_string())),
            }
            Ok(())
        })
        .map(|()| report)
}
