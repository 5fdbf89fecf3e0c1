//! A store in memory, for the unit tests of every room.

use std::sync::Arc;

use redb::{StorageBackend, backends::InMemoryBackend};

use super::{error::StoreError, handle::Store, schema::Schema};

impl Store {
    pub(crate) fn in_memory(schema: &Schema) -> Result<Self, StoreError> {
        let backend = Arc::new(InMemoryBackend::new());
        Self::with_backend(move || InMemory(backend.clone()), schema)
    }
}

/// redb's own backend in memory, for more than one owner.
#[derive(Debug)]
struct InMemory(Arc<InMemoryBackend>);

impl StorageBackend for InMemory {
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
