//! Downloads a job's zip: the whole file or none, checked against the checksum that the daemon announced.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use uuid::Uuid;

use super::{Api, ClientError, api::causes};
use crate::api::{ErrorCode, JobStatus, JobType};

/// A finished download that has no name yet; gone when dropped.
pub(super) struct Downloaded {
    file: NamedTempFile,
    pub bytes: u64,
}

/// `scan-0192aaaa-bbbb.zip`: ids of one minute begin alike, so eight digits would not do.
pub(super) fn usual_name(job_type: JobType, id: Uuid) -> String {
    let id = id.to_string();
    format!("{}-{}.zip", job_type.word(), &id[..13])
}

/// Streams the zip into a nameless file within `directory`.
pub(super) async fn fetch(api: &Api, id: Uuid, directory: &Path) -> Result<Downloaded, ClientError> {
    let mut response = match api.artifacts(id).await {
        Err(error) if error.code() == Some(ErrorCode::JobNotFinished) => {
            let status = api.job(id).await.map_or(JobStatus::Pending, |view| view.status);
            return Err(ClientError::NotFinished { id, status });
        }
        other => other?,
    };
    let announced = response.headers().get(reqwest::header::ETAG).and_then(|tag| announced_sum(tag.to_str().ok()?));
    let mut file = NamedTempFile::with_prefix_in(".atgd-", directory).map_err(ClientError::file(directory))?;
    let mut sum = Sha256::new();
    let mut bytes = 0;
    let url = format!("{}/api/v1/jobs/{id}/artifacts", api.base());
    let broken = |error: reqwest::Error| ClientError::BrokenOff { url: url.clone(), reason: causes(&error) };
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        sum.update(&chunk);
        bytes += chunk.len() as u64;
        file.write_all(&chunk).map_err(ClientError::file(file.path()))?;
    }
    let computed = hex::encode(sum.finalize());
    if announced.is_some_and(|announced| announced != computed) {
        return Err(ClientError::Checksum);
    }
    file.as_file().sync_all().map_err(ClientError::file(file.path()))?;
    Ok(Downloaded { file, bytes })
}

impl Downloaded {
    /// Gives the file its name, replacing what has it.
    pub(super) fn keep_as(self, path: &Path) -> Result<(), ClientError> {
        let persisted = self.file.persist(path).map(drop);
        persisted.map_err(|error| ClientError::File { path: path.to_owned(), source: error.error })
    }

    pub(super) fn file(&self) -> &std::fs::File {
        self.file.as_file()
    }
}

/// Where a download goes: the named file, or the usual name in the named (or this) directory.
pub(super) fn target(output: Option<PathBuf>, usual: String) -> PathBuf {
    match output {
        Some(path) if path.is_dir() => path.join(usual),
        Some(path) => path,
        None => PathBuf::from(usual),
    }
}

/// The directory that a file will be in.
pub(super) fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The SHA-256 in an entity tag, where it is one.
fn announced_sum(tag: &str) -> Option<String> {
    let sum = tag.trim().strip_prefix('"')?.strip_suffix('"')?;
    (sum.len() == 64 && sum.chars().all(|c| c.is_ascii_hexdigit())).then(|| sum.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_strong_tag_of_64_digits_is_a_sum() {
        let sum = "A".repeat(64);
        assert_eq!(announced_sum(&format!("\"{sum}\"")), Some("a".repeat(64)));
        for other in ["", "\"abc\"", &sum, &format!("W/\"{sum}\"")] {
            assert_eq!(announced_sum(other), None, "{other}");
        }
    }

    #[test]
    fn a_directory_gets_the_usual_name() {
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(target(Some(dir.path().to_owned()), "u.zip".into()), dir.path().join("u.zip"));
        assert_eq!(target(Some("x.zip".into()), "u.zip".into()), PathBuf::from("x.zip"));
        assert_eq!(target(None, "u.zip".into()), PathBuf::from("u.zip"));
    }
}
