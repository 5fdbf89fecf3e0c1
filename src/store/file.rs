//! The open database: shared by readers and the writer, and opened anew after a failure of the disk.
//!
//! redb refuses everything after an I/O error until it is reopened. Reads hold the lock only while
//! they look; the writer takes it alone for the moment of reopening.

use std::{
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use redb::Database;

use super::{StoreError, builder, guard::guarded, table::database_error};

/// Opens a file that is there.
pub(super) fn opened(file: &Path) -> Result<Database, StoreError> {
    guarded(file, || builder().open(file).map_err(|error| database_error(file, error)))
}

/// Opens the same file, or what stands for it, once more.
pub(super) type Reopen = Box<dyn Fn() -> Result<Database, StoreError> + Send + Sync>;

pub(super) struct Held {
    /// None: the last reopening failed; the next write tries again.
    slot: RwLock<Option<Database>>,
    path: PathBuf,
    reopen: Reopen,
}

impl Held {
    pub(super) fn new(database: Database, path: &Path, reopen: Reopen) -> Self {
        Self { slot: RwLock::new(Some(database)), path: path.to_owned(), reopen }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&Database) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let slot = self.slot.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = slot.as_ref() else {
            let cause = "it could not be opened again after a failure of the disk".to_owned();
            return Err(StoreError::Io { path: self.path.display().to_string(), cause });
        };
        look(database)
    }

    /// Closes and opens the file; what was committed is there, what was not is gone.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        // The old one holds the file's lock.
        *slot = None;
        *slot = Some((self.reopen)()?);
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let slot = self.slot.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // A damaged file is told by what looks at it; here it is closed as far as it can be.
        let _ = guarded::<_, StoreError>(&self.path, || {
            drop(slot);
            Ok(())
        });
    }
}
