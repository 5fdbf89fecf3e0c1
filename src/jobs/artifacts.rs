//! A job's files: written into a directory of the attempt, sealed into one zip, never seen half done.
//!
//! ```text
//! jobs/{id}/start-{n}/…   (0700, the attempt's)  ──seal──▶  jobs/{id}/artifacts.zip.part ──rename──▶ artifacts.zip
//! ```
//! The zip is the same to the byte for the same files: sorted names, fixed times. No symbolic link is
//! followed, names are of a safe alphabet, count and size are bounded.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::record::ArtifactsRow;
use crate::{
    api::{ArtifactEntry, JobStatus},
    work::{ArtifactError, Artifacts},
};

/// Most files of a job.
pub(crate) const MAX_FILES: u64 = 20_000;
/// Most bytes of a job, before compression.
pub(crate) const MAX_BYTES: u64 = 8 << 30;
const MAX_NAME: usize = 240;
const COPY: usize = 64 << 10;

/// What there is of a job's artifacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArtifactsState {
    NoJob,
    NotFinished(JobStatus),
    /// A failed or cancelled job has none.
    Nothing,
    Expired,
    Ready(ArtifactsZip),
}

/// A finished zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactsZip {
    pub path: PathBuf,
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
    pub entries: Vec<ArtifactEntry>,
}

/// The directory of everything of a job.
pub(super) fn job_directory(jobs: &Path, id: Uuid) -> PathBuf {
    jobs.join(id.to_string())
}

/// The finished zip of a job.
pub(super) fn zip_path(jobs: &Path, id: Uuid) -> PathBuf {
    job_directory(jobs, id).join("artifacts.zip")
}

/// The files of one attempt.
pub(super) struct Staging {
    directory: PathBuf,
    closed: AtomicBool,
    bytes: AtomicU64,
    names: Mutex<std::collections::BTreeSet<String>>,
}

impl Staging {
    /// An empty directory for this start; what an earlier one left is removed.
    pub(super) fn open(jobs: &Path, id: Uuid, start: u32) -> io::Result<Self> {
        let job = job_directory(jobs, id);
        remove_staging(&job)?;
        let directory = job.join(format!("start-{start}"));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        Ok(Self { directory, closed: AtomicBool::new(false), bytes: AtomicU64::new(0), names: Mutex::default() })
    }

    /// Refuses everything from now on.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    fn admit(&self, path: &str, bytes: u64) -> Result<PathBuf, ArtifactError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(ArtifactError::Closed);
        }
        if !is_safe(path) {
            return Err(ArtifactError::Name(path.to_owned()));
        }
        if self.bytes.fetch_add(bytes, Ordering::AcqRel) + bytes > MAX_BYTES {
            return Err(ArtifactError::Limit { limit: MAX_BYTES, what: "bytes" });
        }
        let count = {
            let mut names = self.names.lock();
            names.insert(path.to_owned());
            names.len() as u64
        };
        if count > MAX_FILES {
            return Err(ArtifactError::Limit { limit: MAX_FILES, what: "files" });
        }
        let target = self.directory.join(path);
        if let Some(parent) = target.parent() {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(parent);
            made.map_err(|source| ArtifactError::Io { path: path.to_owned(), source })?;
        }
        Ok(target)
    }
}

impl Artifacts for Staging {
    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), ArtifactError> {
        let target = self.admit(path, bytes.len() as u64)?;
        let io = |source| ArtifactError::Io { path: path.to_owned(), source };
        create(&target).and_then(|mut file| file.write_all(bytes)).map_err(io)
    }

    fn create(&self, path: &str) -> Result<File, ArtifactError> {
        let target = self.admit(path, 0)?;
        create(&target).map_err(|source| ArtifactError::Io { path: path.to_owned(), source })
    }

    fn directory(&self) -> PathBuf {
        self.directory.clone()
    }
}

fn create(target: &Path) -> io::Result<File> {
    File::options().write(true).create(true).truncate(true).mode(0o600).open(target)
}

fn is_safe(path: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    path.len() <= MAX_NAME && path.split('/').all(part)
}

/// Why a zip could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum SealError {
    #[error("the attempt was cancelled while its artifacts were packed")]
    Cancelled,
    #[error("packing the artifacts: {0}")]
    Io(#[from] io::Error),
    #[error("packing the artifacts: {0}")]
    Zip(#[from] zip::result::ZipError),
}

/// Packs the attempt's files and moves the zip into place. Blocking; looks at `cancel` as it goes.
pub(super) fn seal(
    staging: &Staging,
    jobs: &Path,
    id: Uuid,
    now: i64,
    cancel: &CancellationToken,
) -> Result<ArtifactsRow, SealError> {
    staging.close();
    let job = job_directory(jobs, id);
    let part = job.join("artifacts.zip.part");
    let mut names = Vec::new();
    list(&staging.directory, "", &mut names)?;
    names.sort();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        // Ids repeat themselves: more effort makes it little smaller and much slower.
        .compression_level(Some(1))
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644)
        .large_file(true);
    let mut zip =
        ZipWriter::new(File::options().read(true).write(true).create(true).truncate(true).mode(0o600).open(&part)?);
    let mut entries = Vec::with_capacity(names.len());
    let mut buffer = vec![0; COPY];
    for name in names {
        zip.start_file(name.as_str(), options)?;
        let mut file = BufReader::new(File::open(staging.directory.join(&name))?);
        let mut digest = Sha256::new();
        let mut size = 0;
        loop {
            if cancel.is_cancelled() {
                return Err(SealError::Cancelled);
            }
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            digest.update(&buffer[..read]);
            zip.write_all(&buffer[..read])?;
            size += read as u64;
        }
        entries.push((name, size, hex::encode(digest.finalize())));
    }
    let mut file = zip.finish()?;
    let size = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut digest = Sha256::new();
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        digest.update(&buffer[..read]);
    }
    file.sync_all()?;
    fs::rename(&part, zip_path(jobs, id))?;
    File::open(&job)?.sync_all()?;
    fs::remove_dir_all(&staging.directory)?;
    Ok(ArtifactsRow { size, sha256: hex::encode(digest.finalize()), entries, made_at: now, expired: false })
}

/// Removes what attempts left half done, and keeps a finished zip.
pub(super) fn remove_staging(job: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(job) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name() == "artifacts.zip" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Regular files below a directory, relative, without following links.
fn list(root: &Path, below: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(root, &path, names)?;
        } else if kind.is_file() {
            names.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(files: &[(&str, &str)]) -> (tempfile::TempDir, ArtifactsRow, Vec<u8>) {
        let dir = tempfile::tempdir().expect("a directory");
        let id = Uuid::from_u128(7);
        let staging = Staging::open(dir.path(), id, 1).expect("opens");
        for (path, text) in files {
            staging.write(path, text.as_bytes()).expect("written");
        }
        let row = seal(&staging, dir.path(), id, 5, &CancellationToken::new()).expect("sealed");
        let bytes = fs::read(zip_path(dir.path(), id)).expect("there");
        (dir, row, bytes)
    }

    #[test]
    fn the_same_files_give_the_same_bytes_whatever_their_order() {
        let (_a, one, first) = sealed(&[("b.tf", "b"), ("x/a.tf", "a")]);
        let (_b, two, second) = sealed(&[("x/a.tf", "a"), ("b.tf", "b")]);
        assert_eq!(first, second);
        assert_eq!(one, two);
        assert_eq!(one.sha256, hex::encode(Sha256::digest(&first)));
        let mut zip = zip::ZipArchive::new(io::Cursor::new(first)).expect("a zip");
        let mut text = String::new();
        zip.by_name("x/a.tf").expect("there").read_to_string(&mut text).expect("reads");
        assert_eq!(text, "a");
    }

    #[test]
    fn names_that_leave_the_directory_or_the_alphabet_are_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let staging = Staging::open(dir.path(), Uuid::nil(), 1).expect("opens");
        for name in ["../x", "/x", "a//b", "", "a/./b", "ä", "a b", "a\\b", &"x".repeat(300)] {
            assert!(matches!(staging.write(name, b""), Err(ArtifactError::Name(_))), "{name:?}");
        }
    }

    #[test]
    fn a_closed_attempt_and_a_link_add_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let staging = Staging::open(dir.path(), Uuid::nil(), 1).expect("opens");
        std::os::unix::fs::symlink("/etc/passwd", staging.directory().join("link")).expect("linked");
        let row = seal(&staging, dir.path(), Uuid::nil(), 5, &CancellationToken::new()).expect("sealed");
        assert_eq!(row.entries, []);
        assert!(matches!(staging.write("late", b""), Err(ArtifactError::Closed)));
    }
}
