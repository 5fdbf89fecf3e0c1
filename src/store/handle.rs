//! [`Store`], the handle on one open file: opens it, reads snapshots, queues writes. Knows no table of any room.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use redb::{Database, ReadableDatabase, StorageBackend};
use tokio::sync::oneshot;

use super::{
    error::{StoreError, WriteError, database_error, io_error, storage_error},
    file::{self, Held, Reopen, builder, opened},
    guard::guarded,
    reserve::Reserve,
    schema::{self, Migrated, Schema},
    table::{Read, Write},
    writer::{self, Writer},
};

/// A handle on one open file; clones share the writer. Closed when the last clone is dropped.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Arc<Held>,
    writer: Writer,
    path: PathBuf,
    reserve: Reserve,
}

impl Store {
    /// Opens or creates the file (mode 0600, its directory 0700), brings it to the schema's format
    /// and starts its writer.
    pub fn open(path: &Path, schema: &Schema) -> Result<Self, StoreError> {
        let io = |error: std::io::Error| io_error(path, &error);
        if let Some(parent) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(io)?;
        }
        match fs::metadata(path) {
            Ok(file) if file.len() > 0 => {}
            // A file that we made is never empty, not even after a power cut: something else emptied it.
            Ok(_) => {
                let cause = "it is empty".to_owned();
                return Err(StoreError::Damaged { path: path.display().to_string(), cause });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => file::make(path)?,
            Err(error) => return Err(io(error)),
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(io)?;
        Self::on_file(path, schema)
    }

    /// Opens an existing file without migrating it: another format is an error.
    pub fn look(path: &Path, schema: &Schema) -> Result<Self, StoreError> {
        let expected = |database: Database| guarded(path, move || schema::expect(&database, path, schema));
        expected(opened(path)?)?;
        Self::on_file(path, schema)
    }

    /// Migrates a closed file to the schema's format: from which, to which, and where the backup of the older one
    /// is.
    pub fn migrate(path: &Path, schema: &Schema) -> Result<Migrated, StoreError> {
        let migrated = |database: Database| guarded(path, move || schema::migrate(&database, path, schema, true));
        migrated(opened(path)?)
    }

    /// A store on backends of the caller's, each a view of the same bytes: the edge where tests put
    /// faults in. It is asked for another after a failure.
    pub fn with_backend<B: StorageBackend>(
        make: impl Fn() -> B + Send + Sync + 'static,
        schema: &Schema,
    ) -> Result<Self, StoreError> {
        let path = Path::new("memory");
        let open = move || builder().create_with_backend(make()).map_err(|error| database_error(path, error));
        Self::start(open()?, path, schema, false, Box::new(open))
    }

    fn on_file(path: &Path, schema: &Schema) -> Result<Self, StoreError> {
        let again = path.to_owned();
        Self::start(opened(path)?, path, schema, true, Box::new(move || opened(&again)))
    }

    fn start(
        database: Database,
        path: &Path,
        schema: &Schema,
        is_file: bool,
        reopen: Reopen,
    ) -> Result<Self, StoreError> {
        let database = Arc::new(Held::new(database, path, reopen));
        guarded(path, || database.with(|database| schema::migrate(database, path, schema, is_file)))?;
        let writer = Writer::start(database.clone())?;
        Ok(Self { inner: Arc::new(Inner { database, writer, path: path.to_owned(), reserve: Reserve::default() }) })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Its size on disk.
    pub(crate) fn size_bytes(&self) -> u64 {
        fs::metadata(&self.inner.path).map_or(0, |file| file.len())
    }

    /// Runs `change` in the next group commit; answers when that is durable.
    pub async fn write<T, E, F>(&self, change: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut Write<'_>) -> Result<Result<T, E>, StoreError> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.inner.writer.queue(writer::pending(change, answer)).await?;
        answered.await.unwrap_or(Err(WriteError::Store(StoreError::Closed)))
    }

    /// A write that makes room or ends work: on a full disk the reserve is given up for it.
    pub(crate) async fn write_urgent<T, E, F>(&self, change: F) -> Result<T, WriteError<E>>
    where
        F: Fn(&mut Write<'_>) -> Result<Result<T, E>, StoreError> + Clone + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let again = change.clone();
        match self.write(change).await {
            Err(WriteError::Store(StoreError::Full { .. })) if self.inner.reserve.give_up() => self.write(again).await,
            outcome => outcome,
        }
    }

    /// Keeps 8 MiB in reserve from now on.
    pub(crate) fn keep_reserve(&self) {
        self.inner.reserve.keep(self.path());
    }

    /// Whether the reserve was given up and can't be made again yet. Tries to, at most once a second.
    pub(crate) fn is_short(&self) -> bool {
        self.inner.reserve.is_short()
    }

    pub(super) fn database(&self) -> &Held {
        &self.inner.database
    }

    /// Looks at one snapshot. Point reads may run inline; scans belong off the async threads.
    pub fn read<T, E: From<StoreError>>(&self, look: impl FnOnce(&Read) -> Result<T, E>) -> Result<T, E> {
        let path = &self.inner.path;
        guarded(path, || {
            let begin = |database: &Database| database.begin_read().map_err(|error| storage_error(path, &error.into()));
            let transaction = self.inner.database.with(begin)?;
            look(&Read::new(transaction, path.clone()))
        })
    }
}
