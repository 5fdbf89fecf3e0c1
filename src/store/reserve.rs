//! A file of zeros beside the store, given up when the disk is full: what makes room (cancel, purge,
//! the janitor) and the ends of jobs still get through, while new work is refused until it is back.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{Store, StoreError, Write, WriteError};

/// Room for some growth of the file, which redb grows in steps.
const BYTES: u64 = 8 << 20;
/// Between two attempts to make it again.
const PAUSE: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Reserve(Mutex<Option<Wanted>>);

struct Wanted {
    path: PathBuf,
    tried: Option<Instant>,
}

impl Reserve {
    fn with<T>(&self, look: impl FnOnce(&mut Option<Wanted>) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store {
    /// Keeps 8 MiB in reserve from now on.
    pub fn keep_reserve(&self) {
        let path = self.path().with_extension("reserve");
        self.inner.reserve.with(|wanted| *wanted = Some(Wanted { path, tried: None }));
        if self.is_short() {
            tracing::warn!(store = %self.path().display(), "the disk has no room for the reserve; new jobs are refused");
        }
    }

    /// Whether the reserve was given up and can't be made again yet. Tries to, at most once a second.
    pub fn is_short(&self) -> bool {
        self.inner.reserve.with(|wanted| {
            let Some(wanted) = wanted else { return false };
            if wanted.path.exists() {
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
        })
    }

    /// A write that makes room or ends work: on a full disk the reserve is given up for it.
    pub async fn write_urgent<T, E, F>(&self, change: F) -> Result<T, WriteError<E>>
    where
        F: Fn(&mut Write<'_>) -> Result<Result<T, E>, StoreError> + Clone + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let again = change.clone();
        match self.write(change).await {
            Err(WriteError::Store(StoreError::Full { .. })) if self.give_up() => self.write(again).await,
            outcome => outcome,
        }
    }

    fn give_up(&self) -> bool {
        self.inner.reserve.with(|wanted| {
            let Some(wanted) = wanted else { return false };
            wanted.tried = Some(Instant::now());
            let is_freed = fs::remove_file(&wanted.path).is_ok();
            if is_freed {
                tracing::warn!(path = %wanted.path.display(), "the disk is full: the reserve is given up, new jobs are refused");
            }
            is_freed
        })
    }
}

/// Zeros, not a hole: the blocks shall be ours.
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
