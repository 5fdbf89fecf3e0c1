//! The only user of redb: one file, one writer thread with group commit, snapshot reads, typed tables.
//!
//! ```text
//! write(change) ──▶ bounded queue ──▶ writer thread: begin │ change │ change │ … │ commit (fsync)
//!       ▲                                                                             │
//!       └───────────────────── answered after the commit ◀────────────────────────────┘
//! ```
//! A [`Table`] is a constant with a versioned name that a domain file declares beside its types.
//! Writes are closures, synchronous by type: they *decide before they write*. Up to [`GROUP`] share
//! one commit. A closure that refuses must not have written; a failure of redb, a panic or a refusal
//! after a write aborts the whole group: every closure of it is answered with [`StoreError`], and
//! none is half done. Reads are snapshots and never wait for the writer.

mod backup;
mod codec;
mod file;
mod guard;
mod reserve;
mod schema;
mod table;
mod writer;

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

pub use backup::{Looked, restore, verify};
pub(crate) use codec::record;
pub use codec::{Bytes, Record, StoreKey, bincoded, unbincoded};
use redb::{Builder, Database, ReadableDatabase, StorageBackend, backends::InMemoryBackend};
pub use schema::{Migrated, Migration, Schema};
pub use table::{Order, Read, Span, Table, Write};
use tokio::sync::oneshot;

/// Most closures that share one commit.
pub const GROUP: usize = 256;
/// Memory that redb may use for pages of one file: the system keeps more of them, for everyone.
const CACHE_BYTES: usize = 20 << 20;

/// A handle on one open file; clones share the writer. Closed when the last clone is dropped.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Arc<file::Held>,
    writer: writer::Writer,
    path: PathBuf,
    reserve: reserve::Reserve,
}

/// Why the store could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("{path} is in use by another atgd; stop it, or talk to it through its API")]
    InUse { path: String },
    #[error(
        "{path} is damaged: {cause}; stop atgd, look with `atgd store check`, keep what can be read with `atgd store export FILE`, then `atgd store restore BACKUP`"
    )]
    Damaged { path: String, cause: String },
    #[error("{path} was written by a newer atgd (format {found}, this one knows {known}); install that version again")]
    Newer { path: String, found: u32, known: u32 },
    #[error("{path} was written by an older atgd (format {found}, this one knows {known}); run `atgd store migrate`")]
    Older { path: String, found: u32, known: u32 },
    #[error("{path} holds {found:?} data, expected {expected:?}")]
    OtherSchema { path: String, found: String, expected: &'static str },
    #[error("{path} exists already; name a file that does not")]
    Exists { path: String },
    #[error("no space is left for {path}")]
    Full { path: String },
    #[error("a record of table {table} can't be read: {cause}")]
    Record { table: &'static str, cause: String },
    #[error("store {path}: {cause}")]
    Io { path: String, cause: String },
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Whether the disk is full.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }
}

/// What a write answers when it is not done: the domain's refusal, or the store's failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError<E> {
    #[error("{0}")]
    Refused(E),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WriteError<std::convert::Infallible> {
    /// The store's failure of a write that refuses nothing.
    pub fn into_store(self) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Refused(never) => match never {},
        }
    }
}

impl Store {
    /// Opens or creates the file (mode 0600, its directory 0700), brings it to the schema's format
    /// and starts its writer.
    pub fn open(path: &Path, schema: &Schema) -> Result<Self, StoreError> {
        let io = |error: std::io::Error| table::io_error(path, &error);
        if let Some(parent) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(io)?;
        }
        match fs::metadata(path) {
            Ok(file) if file.len() > 0 => {}
            // One that we made is never empty, not even after a power cut: somebody else emptied it.
            Ok(_) => {
                let cause = "it is empty".to_owned();
                return Err(StoreError::Damaged { path: path.display().to_string(), cause });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => make(path)?,
            Err(error) => return Err(io(error)),
        }
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(io)?;
        Self::on_file(path, schema)
    }

    /// Opens a file that is there to look at it: one of another format is told, not migrated.
    pub fn look(path: &Path, schema: &Schema) -> Result<Self, StoreError> {
        let expected = |database: Database| guard::guarded(path, move || schema::expect(&database, path, schema));
        expected(file::opened(path)?)?;
        Self::on_file(path, schema)
    }

    /// Brings a file that nobody has open to the schema's format: from which, to which, and where the
    /// backup of the older one is.
    pub fn migrate(path: &Path, schema: &Schema) -> Result<Migrated, StoreError> {
        let settled = |database: Database| guard::guarded(path, move || schema::settle(&database, path, schema, true));
        settled(file::opened(path)?)
    }

    /// A store in memory, for tests.
    pub fn in_memory(schema: &Schema) -> Result<Self, StoreError> {
        let backend = Arc::new(InMemoryBackend::new());
        Self::with_backend(move || Shared(backend.clone()), schema)
    }

    /// A store on backends of the caller's, each a view of the same bytes: the edge where tests put
    /// faults in. It is asked for another after a failure.
    pub fn with_backend<B: StorageBackend>(
        make: impl Fn() -> B + Send + Sync + 'static,
        schema: &Schema,
    ) -> Result<Self, StoreError> {
        let path = Path::new("memory");
        let open = move || builder().create_with_backend(make()).map_err(|error| table::database_error(path, error));
        Self::start(open()?, path, schema, false, Box::new(open))
    }

    fn on_file(path: &Path, schema: &Schema) -> Result<Self, StoreError> {
        let again = path.to_owned();
        Self::start(file::opened(path)?, path, schema, true, Box::new(move || file::opened(&again)))
    }

    fn start(
        database: Database,
        path: &Path,
        schema: &Schema,
        is_file: bool,
        reopen: file::Reopen,
    ) -> Result<Self, StoreError> {
        let database = Arc::new(file::Held::new(database, path, reopen));
        guard::guarded(path, || database.with(|database| schema::settle(database, path, schema, is_file)))?;
        let writer = writer::Writer::start(database.clone())?;
        Ok(Self {
            inner: Arc::new(Inner { database, writer, path: path.to_owned(), reserve: reserve::Reserve::default() }),
        })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Its size on disk.
    pub fn size_bytes(&self) -> u64 {
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

    /// The same for threads without a runtime.
    pub fn write_blocking<T, E, F>(&self, change: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&mut Write<'_>) -> Result<Result<T, E>, StoreError> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.inner.writer.queue_blocking(writer::pending(change, answer))?;
        answered.blocking_recv().unwrap_or(Err(WriteError::Store(StoreError::Closed)))
    }

    /// Looks at one snapshot. Point reads may run inline; scans belong off the async threads.
    pub fn read<T, E: From<StoreError>>(&self, look: impl FnOnce(&Read) -> Result<T, E>) -> Result<T, E> {
        let path = &self.inner.path;
        guard::guarded(path, || {
            let begin =
                |database: &Database| database.begin_read().map_err(|error| table::storage_error(path, &error.into()));
            let transaction = self.inner.database.with(begin)?;
            look(&Read::new(transaction, path.clone()))
        })
    }
}

/// Makes the file under another name and moves it into place: a power cut while it is made must not
/// leave one that can't be opened.
fn make(path: &Path) -> Result<(), StoreError> {
    let io = |error: std::io::Error| table::io_error(path, &error);
    let part = path.with_extension("redb.new");
    match fs::remove_file(&part) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(io)?;
    drop(builder().create(&part).map_err(|error| table::database_error(path, error))?);
    fs::File::open(&part).and_then(|file| file.sync_all()).map_err(io)?;
    fs::rename(&part, path).map_err(io)?;
    sync_directory(path).map_err(io)
}

/// Makes a file's name durable.
fn sync_directory(path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(parent).and_then(|directory| directory.sync_all())
}

/// redb's own backend in memory, for more than one owner.
#[derive(Debug)]
struct Shared(Arc<InMemoryBackend>);

impl StorageBackend for Shared {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, length: u64) -> std::io::Result<()> {
        self.0.set_len(length)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.0.write(offset, data)
    }
}

fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

#[cfg(test)]
mod tests;
