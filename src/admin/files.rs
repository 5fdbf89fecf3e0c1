//! The state file's place below a state directory.

use std::path::{Path, PathBuf};

use crate::{
    jobs,
    store::{Store, StoreError},
};

/// The file of jobs, keys and audit below a state directory.
pub(crate) fn state_file(state_dir: &Path) -> PathBuf {
    state_dir.join("state.redb")
}

/// Opens it, where no daemon holds it.
pub(super) fn open(state_dir: &Path) -> Result<Store, StoreError> {
    Store::open(&state_file(state_dir), &jobs::SCHEMA)
}
