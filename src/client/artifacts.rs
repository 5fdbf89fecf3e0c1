//! Fetches a finished job's files whole: as a zip, or unpacked into a directory.

use std::path::Path;

use uuid::Uuid;

use super::{
    api::Api,
    download::{fetch, parent},
    error::ClientError,
    unpack::{check_output, unpack as extract},
};

/// Saves a finished job's zip, as `atgd download` does; the answer is its size in bytes.
pub async fn download(api: &Api, id: Uuid, path: &Path) -> Result<u64, ClientError> {
    let fetched = fetch(api, id, &parent(path)).await?;
    let bytes = fetched.bytes;
    fetched.keep_as(path)?;
    Ok(bytes)
}

/// Unpacks a finished job's files below an empty or absent directory; the answer is how many.
pub(crate) async fn unpack(api: &Api, id: Uuid, directory: &Path) -> Result<usize, ClientError> {
    check_output(directory)?;
    let fetched = fetch(api, id, &std::env::temp_dir()).await?;
    let archive = fetched.file().try_clone().map_err(ClientError::file(directory))?;
    extract(archive, directory)
}
