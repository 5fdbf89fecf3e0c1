//! Values of secrets that a request gave for its job: a file of their own each, 0600, from before the submit's
//! transaction until the job's end. They are in no record, no journal, no backup; the store does not know them.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::telemetry::Secret;

/// By the names that the request gives them.
pub type Secrets = BTreeMap<String, Secret>;

/// Beside the directory of jobs.
fn directory(jobs: &Path) -> PathBuf {
    jobs.with_file_name("secrets")
}

fn file(jobs: &Path, id: Uuid) -> PathBuf {
    directory(jobs).join(format!("{id}.json"))
}

/// Writes the values of a job and syncs them. What can't be written whole is removed. Blocking.
pub(super) fn keep(jobs: &Path, id: Uuid, secrets: &Secrets) -> io::Result<()> {
    let kept = write(jobs, id, secrets);
    if kept.is_err() {
        forget(jobs, id);
    }
    kept
}

fn write(jobs: &Path, id: Uuid, secrets: &Secrets) -> io::Result<()> {
    let directory = directory(jobs);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    let plain: BTreeMap<&str, &str> = secrets.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    let bytes = serde_json::to_vec(&plain).map_err(io::Error::other)?;
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file(jobs, id))?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::File::open(directory)?.sync_all()
}

/// The values of a job; none where there is no file. Blocking.
pub(super) fn read(jobs: &Path, id: Uuid) -> io::Result<Secrets> {
    let bytes = match fs::read(file(jobs, id)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Secrets::new()),
        Err(error) => return Err(error),
    };
    let plain: BTreeMap<String, String> = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
    Ok(plain.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

/// Overwrites the values of a job and removes the file. Blocking.
pub(super) fn forget(jobs: &Path, id: Uuid) {
    if let Err(error) = wipe(&file(jobs, id)) {
        tracing::error!(job = %id, %error, "the file of a job's secrets could not be removed");
    }
}

fn wipe(path: &Path) -> io::Result<()> {
    let mut file = match fs::OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    let overwritten = file.write_all(&vec![0; length]).and_then(|()| file.sync_all());
    // A disk that takes no write may still let go of the file.
    fs::remove_file(path)?;
    overwritten
}

/// Removes the files of jobs that are no longer unfinished. Blocking.
pub(super) fn sweep(jobs: &Path, is_unfinished: impl Fn(Uuid) -> bool) {
    let Ok(entries) = fs::read_dir(directory(jobs)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(".json")).and_then(|id| id.parse().ok());
        if id.is_none_or(|id| !is_unfinished(id))
            && let Err(error) = wipe(&entry.path())
        {
            tracing::error!(path = %entry.path().display(), %error, "a file of secrets that no job needs could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn values_are_for_the_owner_alone_and_leave_nothing_behind() {
        let state = tempfile::tempdir().expect("a directory");
        let jobs = state.path().join("jobs");
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let secrets = Secrets::from([("pw".to_owned(), Secret::new("hunter2"))]);
        for id in [one, two] {
            keep(&jobs, id, &secrets).expect("kept");
        }
        let mode = fs::metadata(file(&jobs, one)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(read(&jobs, one).expect("readable")["pw"].expose(), "hunter2");
        forget(&jobs, one);
        assert!(read(&jobs, one).expect("readable").is_empty());
        sweep(&jobs, |id| id == one);
        assert_eq!(fs::read_dir(directory(&jobs)).expect("readable").count(), 0);
    }
    #[test]
    fn a_file_that_could_not_be_written_whole_does_not_stay() {
        let state = tempfile::tempdir().expect("a directory");
        let jobs = state.path().join("jobs");
        let id = Uuid::from_u128(1);
        fs::create_dir(directory(&jobs)).expect("made");
        std::os::unix::fs::symlink("/dev/full", file(&jobs, id)).expect("a disk without space");
        let secrets = Secrets::from([("pw".to_owned(), Secret::new("hunter2"))]);
        let error = keep(&jobs, id, &secrets).expect_err("a full disk");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_dir(directory(&jobs)).expect("readable").count(), 0);
    }
}
