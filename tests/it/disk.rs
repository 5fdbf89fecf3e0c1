//! A disk in memory that loses its power, or fails, when a test says so.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use atgd::store::{Schema, Store};
use parking_lot::Mutex;

/// A disk in memory. What is synced after `until` syncs is gone with the power.
#[derive(Debug, Clone)]
pub struct Disk {
    now: Arc<Mutex<Vec<u8>>>,
    durable: Arc<Mutex<Vec<u8>>>,
    syncs: Arc<AtomicU64>,
    until: u64,
    broken: Arc<AtomicBool>,
}

impl Disk {
    pub fn new(bytes: Vec<u8>, until: u64) -> Self {
        let (now, durable) = (Arc::new(Mutex::new(bytes.clone())), Arc::new(Mutex::new(bytes)));
        Self { now, durable, syncs: Arc::default(), until, broken: Arc::default() }
    }

    /// Whether everything that was synced so far is durable.
    pub fn is_sound(&self) -> bool {
        self.syncs.load(Ordering::SeqCst) <= self.until
    }

    pub fn after_power_loss(&self) -> Vec<u8> {
        self.durable.lock().clone()
    }

    /// From now on (or no more) writing and syncing fail as a dying disk does.
    pub fn set_broken(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    fn works(&self) -> io::Result<()> {
        const EIO: i32 = 5;
        if self.broken.load(Ordering::SeqCst) { Err(io::Error::from_raw_os_error(EIO)) } else { Ok(()) }
    }

    fn bytes(&self) -> parking_lot::MutexGuard<'_, Vec<u8>> {
        self.now.lock()
    }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes().len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (bytes, offset) = (self.bytes(), offset as usize);
        let part = bytes.get(offset..offset + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(part);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.works()?;
        self.bytes().resize(length as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.works()?;
        let bytes = self.bytes().clone();
        if self.syncs.fetch_add(1, Ordering::SeqCst) < self.until {
            *self.durable.lock() = bytes;
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.works()?;
        let offset = offset as usize;
        self.bytes()[offset..offset + data.len()].copy_from_slice(data);
        Ok(())
    }
}

/// A disk with an empty store on it: files are made under another name and moved into place.
pub fn made(schema: &Schema) -> Vec<u8> {
    let disk = Disk::new(Vec::new(), u64::MAX);
    let made = disk.clone();
    drop(Store::with_backend(move || made.clone(), schema).expect("made"));
    disk.after_power_loss()
}
