//! Backs up an open store from a snapshot, restores a backup, and verifies a file on a copy of it.
//!
//! Knows no table: rows are copied as bytes.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use redb::{Database, ReadTransaction, ReadableTable, TableDefinition, TableHandle, WriteTransaction};

use super::{
    copy::{copy_file, move_into_place, part_of, remove},
    error::{StoreError, database_error, io_error, storage_error},
    file::{builder, opened},
    guard::guarded,
    handle::Store,
    schema::{META, Schema},
};

type Definition<'a> = TableDefinition<'a, &'static [u8], &'static [u8]>;
/// Rows that one commit of a copy holds.
const ROWS: usize = 50_000;

impl Store {
    /// Copies what is committed now to a new file; the answer is its size. Writers go on meanwhile.
    pub fn backup(&self, to: &Path) -> Result<u64, StoreError> {
        if to.exists() {
            return Err(StoreError::Exists { path: to.display().to_string() });
        }
        if let Some(parent) = to.parent() {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(parent);
            made.map_err(|error| io_error(to, &error))?;
        }
        let part = part_of(to);
        remove(&part)?;
        let copied = guarded(self.path(), || self.database().with(|database| copy_rows(database, self.path(), &part)));
        if copied.is_err() {
            remove(&part)?;
        }
        copied?;
        move_into_place(&part, to)
    }
}

/// Puts a backup in the place of `path`; what stood there is kept beside it, and told. The file must
/// not be held by a daemon.
pub fn restore(backup: &Path, path: &Path, now_ms: i64) -> Result<Option<PathBuf>, StoreError> {
    verify(backup)?;
    match opened(path) {
        Err(error @ StoreError::InUse { .. }) => return Err(error),
        // Damaged or missing is what a restore is for.
        other => drop(other),
    }
    let part = part_of(path);
    copy_file(backup, &part)?;
    let io = |error: std::io::Error| io_error(path, &error);
    let kept = path.exists().then(|| path.with_extension(format!("redb.replaced-{now_ms}")));
    if let Some(kept) = &kept {
        fs::rename(path, kept).map_err(io)?;
    }
    move_into_place(&part, path)?;
    Ok(kept)
}

/// Reads every page of a closed file: whether it is as it was written.
pub fn verify(path: &Path) -> Result<(), StoreError> {
    Looked::at(path)?.verify()
}

/// A copy of a closed file, to look at: opening may repair, and the file itself must not change. Removed when
/// dropped.
pub struct Looked {
    of: PathBuf,
    copy: PathBuf,
}

impl Looked {
    pub fn at(path: &Path) -> Result<Self, StoreError> {
        let held = fs::File::open(path).map_err(|error| io_error(path, &error))?;
        // redb's own lock: no daemon may write while the copy is made.
        held.try_lock_shared().map_err(|_| StoreError::InUse { path: path.display().to_string() })?;
        let looked = Self { of: path.to_owned(), copy: path.with_extension("redb.checked") };
        copy_file(path, &looked.copy)?;
        Ok(looked)
    }

    /// Opens the copy; another format is an error.
    pub fn open(&self, schema: &Schema) -> Result<Store, StoreError> {
        Store::look(&self.copy, schema).map_err(|error| self.named(error))
    }

    /// Whether every page is as it was written.
    pub fn verify(&self) -> Result<(), StoreError> {
        let verified = opened(&self.copy).and_then(|mut database| {
            guarded(&self.of, move || database.check_integrity().map_err(|error| database_error(&self.copy, error)))
        });
        if verified.map_err(|error| self.named(error))? {
            return Ok(());
        }
        let cause = "its pages do not match their checksums".to_owned();
        Err(StoreError::Damaged { path: self.of.display().to_string(), cause })
    }

    /// The file's own name in place of the copy's.
    fn named(&self, error: StoreError) -> StoreError {
        let path = self.of.display().to_string();
        match error {
            StoreError::Damaged { cause, .. } => StoreError::Damaged { path, cause },
            StoreError::Newer { found, known, .. } => StoreError::Newer { path, found, known },
            StoreError::Older { found, known, .. } => StoreError::Older { path, found, known },
            StoreError::OtherSchema { found, expected, .. } => StoreError::OtherSchema { path, found, expected },
            other => other,
        }
    }
}

impl Drop for Looked {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.copy) {
            tracing::warn!(copy = %self.copy.display(), %error, "a copy that was looked at could not be removed");
        }
    }
}

fn copy_rows(from: &Database, path: &Path, part: &Path) -> Result<(), StoreError> {
    use redb::ReadableDatabase;
    let failed = |error: redb::Error| storage_error(path, &error);
    let read = from.begin_read().map_err(|error| failed(error.into()))?;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(part)
        .map_err(|error| io_error(part, &error))?;
    let to = builder().create(part).map_err(|error| database_error(part, error))?;
    let tables: Vec<String> =
        read.list_tables().map_err(|error| failed(error.into()))?.map(|table| table.name().to_owned()).collect();
    for name in tables {
        if name == META.name() {
            let write = to.begin_write().map_err(|error| failed(error.into()))?;
            copy_meta(&read, &write).map_err(failed)?;
            write.commit().map_err(|error| failed(error.into()))?;
            continue;
        }
        let definition = Definition::new(&name);
        let table = read.open_table(definition).map_err(|error| failed(error.into()))?;
        let mut rows = table.iter().map_err(|error| failed(error.into()))?.peekable();
        // An empty table is a table all the same.
        loop {
            let mut write = to.begin_write().map_err(|error| failed(error.into()))?;
            // The file is synced once, when it is whole.
            write.set_durability(redb::Durability::None).map_err(|error| failed(error.into()))?;
            {
                let mut open = write.open_table(definition).map_err(|error| failed(error.into()))?;
                for row in rows.by_ref().take(ROWS) {
                    let (key, value) = row.map_err(|error| failed(error.into()))?;
                    open.insert(key.value(), value.value()).map_err(|error| failed(error.into()))?;
                }
            }
            write.commit().map_err(|error| failed(error.into()))?;
            if rows.peek().is_none() {
                break;
            }
        }
    }
    to.begin_write().map_err(|error| failed(error.into()))?.commit().map_err(|error| failed(error.into()))
}

fn copy_meta(read: &ReadTransaction, write: &WriteTransaction) -> Result<(), redb::Error> {
    let from = read.open_table(META)?;
    let mut to = write.open_table(META)?;
    for row in from.iter()? {
        let (key, value) = row?;
        to.insert(key.value(), value.value())?;
    }
    Ok(())
}
