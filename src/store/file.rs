//! The open database: shared by readers and the writer, and opened anew after a failure of the disk.
//!
//! redb refuses everything after an I/O error until it is reopened. Reads hold the lock only while
//! they look; the writer takes it alone for the moment of reopening.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use parking_lot::RwLock;
use redb::{Builder, Database};

use super::{
    error::{StoreError, database_error, io_error},
    guard::guarded,
};

/// Memory that redb may use for pages of one file: the system keeps more of them, for everyone.
const CACHE_BYTES: usize = 20 << 20;

pub(super) fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

/// Opens a file that is there.
pub(super) fn opened(file: &Path) -> Result<Database, StoreError> {
    guarded(file, || builder().open(file).map_err(|error| database_error(file, error)))
}

/// Makes the file under another name and moves it into place: a power cut while it is made must not
/// leave one that can't be opened.
pub(super) fn make(path: &Path) -> Result<(), StoreError> {
    let io = |error: std::io::Error| io_error(path, &error);
    let part = path.with_extension("redb.new");
    match fs::remove_file(&part) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(io)?;
    drop(builder().create(&part).map_err(|error| database_error(path, error))?);
    fs::File::open(&part).and_then(|file| file.sync_all()).map_err(io)?;
    fs::rename(&part, path).map_err(io)?;
    sync_directory(path).map_err(io)
}

/// Makes a file's name durable.
pub(super) fn sync_directory(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(parent).and_then(|directory| directory.sync_all())
}

/// Opens the same file again, or the memory that a test uses instead.
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
        let slot = self.slot.read();
        let Some(database) = slot.as_ref() else {
            let cause = "it could not be opened again after a failure of the disk".to_owned();
            return Err(StoreError::Io { path: self.path.display().to_string(), cause });
        };
        look(database)
    }

    /// Closes and opens the file; what was committed is there, what was not is gone.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        let mut slot = self.slot.write();
        // The old one holds the file's lock.
        *slot = None;
        *slot = Some((self.reopen)()?);
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let slot = self.slot.get_mut().take();
        // A damaged file was reported by its reader; here it is closed as far as it can be.
        let _ = guarded::<_, StoreError>(&self.path, || {
            drop(slot);
            Ok(())
        });
    }
}
