//! Commands that work on the files without a daemon: keys, the audit trail, the store's check, the
//! configuration, the fidelity of generated code.
//!
//! Data in, data out; `main` prints. Where a daemon holds the file the store refuses with words that
//! say so, and nothing is changed.

mod backup;
mod check;
mod keys;
mod settings;

use std::path::{Path, PathBuf};

pub use backup::{Exported, backup, export, move_backup, restore};
pub use check::{check, migrate};
pub use keys::{KeyCommand, KeyOutcome, parse_expiry, run_keys};
pub use settings::{check_config, now, sample_config, show_config, state_dir};

use crate::{
    audit::{Audit, AuditError, Line},
    iac, jobs,
    store::{Store, StoreError},
};

/// Compares what is generated from recorded resource groups with what had been sent to make them.
pub fn fidelity(directory: &Path) -> Result<iac::fidelity::Report, iac::fidelity::FidelityError> {
    iac::fidelity::run(directory)
}

/// The file of jobs, keys and audit below a state directory.
pub fn state_file(state_dir: &Path) -> PathBuf {
    state_dir.join("state.redb")
}

fn open(state_dir: &Path) -> Result<Store, StoreError> {
    Store::open(&state_file(state_dir), &jobs::SCHEMA)
}

/// Lines of the audit trail after a number.
pub fn audit_tail(state_dir: &Path, after: u64, limit: usize) -> Result<Vec<Line>, StoreError> {
    Audit::new(open(state_dir)?).tail(after, limit)
}

/// How many lines the trail has, or what is wrong with it.
pub fn audit_verify(state_dir: &Path) -> Result<u64, AuditError> {
    Audit::new(open(state_dir)?).verify()
}
