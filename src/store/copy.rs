//! Copies closed files. A copy is written under another name, synced and moved into place: it is whole or absent.

use std::{
    fs,
    io::Read as _,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::{
    error::{StoreError, io_error},
    file::sync_directory,
};

/// Copies a closed file to a name beside it; the answer is where.
pub(super) fn set_aside(path: &Path, word: &str) -> Result<PathBuf, StoreError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{word}"));
    let to = path.with_file_name(name);
    let part = part_of(&to);
    copy_file(path, &part)?;
    move_into_place(&part, &to)?;
    Ok(to)
}

/// The name of a copy until it is whole.
pub(super) fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

pub(super) fn copy_file(from: &Path, part: &Path) -> Result<(), StoreError> {
    let mut source = fs::File::open(from).map_err(|error| io_error(from, &error))?;
    let failed = |error: std::io::Error| io_error(part, &error);
    remove(part)?;
    let mut to = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(part).map_err(failed)?;
    std::io::copy(&mut source.by_ref(), &mut to).map_err(failed)?;
    Ok(())
}

/// Syncs a finished copy and gives it its name; the answer is its size.
pub(super) fn move_into_place(part: &Path, to: &Path) -> Result<u64, StoreError> {
    let failed = |error: std::io::Error| io_error(to, &error);
    let file = fs::File::open(part).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    fs::rename(part, to).map_err(failed)?;
    sync_directory(to).map_err(failed)?;
    Ok(bytes)
}

pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io_error(path, &error)),
        _ => Ok(()),
    }
}
