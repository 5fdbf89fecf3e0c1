//! A file of eight megabytes of zeros beside the store, deleted when the disk is full.
//!
//! That leaves room for writes that free space (cancel, purge, the janitor) and for the ends of jobs; new jobs are
//! refused until the reserve could be written again.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// Room for some growth of the file, which redb grows in steps.
const BYTES: u64 = 8 << 20;
/// The time between two attempts to write the file again.
const PAUSE: Duration = Duration::from_secs(1);

/// Does nothing until [`Reserve::keep`] is called.
#[derive(Default)]
pub(super) struct Reserve(Mutex<Option<Wanted>>);

struct Wanted {
    path: PathBuf,
    tried: Option<Instant>,
}

impl Reserve {
    /// Keeps 8 MiB beside `store` in reserve from now on.
    pub(super) fn keep(&self, store: &Path) {
        *self.0.lock() = Some(Wanted { path: store.with_extension("reserve"), tried: None });
        if self.is_short() {
            tracing::warn!(store = %store.display(), "the disk has no room for the reserve; new jobs are refused");
        }
    }

    /// Whether the reserve was given up and can't be made again yet. Tries to, at most once a second.
    pub(super) fn is_short(&self) -> bool {
        let mut wanted = self.0.lock();
        let Some(wanted) = wanted.as_mut() else { return false };
        // A crash while it was written leaves a shorter file.
        if fs::metadata(&wanted.path).is_ok_and(|file| file.len() == BYTES) {
            return false;
        }
        if wanted.tried.is_some_and(|at| at.elapsed() < PAUSE) {
            return true;
        }
        wanted.tried = Some(Instant::now());
        if fill(&wanted.path).is_err() {
            let _ = fs::remove_file(&wanted.path);
            return true;
        }
        false
    }

    /// Removes the file; returns whether that made room.
    pub(super) fn give_up(&self) -> bool {
        let mut wanted = self.0.lock();
        let Some(wanted) = wanted.as_mut() else { return false };
        wanted.tried = Some(Instant::now());
        let is_freed = fs::remove_file(&wanted.path).is_ok();
        if is_freed {
            tracing::warn!(path = %wanted.path.display(), "the disk is full: the reserve is given up, new jobs are refused");
        }
        is_freed
    }
}

/// Writes zeros instead of setting a length, so that the file system really allots the blocks.
fn fill(path: &Path) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    let zeros = vec![0_u8; 64 << 10];
    let mut left = BYTES;
    while left > 0 {
        let part = left.min(zeros.len() as u64) as usize;
        file.write_all(&zeros[..part])?;
        left -= part as u64;
    }
    file.sync_all()
}
