//! `atgd audit …` on the file.

use std::path::Path;

use super::files::open;
use crate::{
    audit::{Audit, AuditError, Line},
    store::StoreError,
};

/// Lines of the audit trail after a number.
pub(crate) fn audit_tail(state_dir: &Path, after: u64, limit: usize) -> Result<Vec<Line>, StoreError> {
    Audit::new(open(state_dir)?).tail(after, limit)
}

/// How many lines the trail has, or what is wrong with it.
pub(crate) fn audit_verify(state_dir: &Path) -> Result<u64, AuditError> {
    Audit::new(open(state_dir)?).verify()
}
