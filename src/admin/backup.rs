//! `atgd store backup|restore|export` on the files.
//!
//! A backup is a directory: `state.redb` and `graph/<tenant>.redb`. Artifacts are not in it: they can
//! be made again.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::json;

use super::files::state_file;
use crate::{
    api::{BackupFile, BackupMade, Time},
    audit, auth,
    graph::Graphs,
    jobs,
    store::{self, Looked, Store, StoreError},
};

const STATE: &str = "state.redb";
/// Where the graphs are, below a state directory and in a backup.
pub(super) const GRAPHS: &str = "graph";

/// Copies the state directory's files to a new directory. No daemon may hold them.
pub fn backup(state_dir: &Path, to: Option<&Path>, now: Time) -> anyhow::Result<BackupMade> {
    let store = Store::look(&state_file(state_dir), &jobs::SCHEMA)?;
    let usual = || state_dir.join("backups").join(now.to_string().replace(':', "-"));
    let directory = to.map_or_else(usual, Path::to_owned);
    absent_or_empty(&directory)?;
    let bytes = store.backup(&directory.join(STATE))?;
    let mut files = vec![BackupFile { path: STATE.to_owned(), bytes }];
    for (path, bytes) in Graphs::open(state_dir.join(GRAPHS)).backup(&directory)? {
        files.push(BackupFile { path: path.display().to_string(), bytes });
    }
    Ok(BackupMade { directory: directory.display().to_string(), files })
}

/// Copies a backup that the daemon made to where it was asked for, and removes the daemon's.
pub(crate) fn move_backup(made: BackupMade, to: &Path) -> anyhow::Result<BackupMade> {
    absent_or_empty(to)?;
    let from = PathBuf::from(&made.directory);
    for file in &made.files {
        let target = to.join(&file.path);
        let parent = target.parent().unwrap_or(to);
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        fs::copy(from.join(&file.path), &target).with_context(|| format!("copying to {}", target.display()))?;
        fs::File::open(&target).and_then(|file| file.sync_all()).with_context(|| format!("{}", target.display()))?;
    }
    fs::remove_dir_all(&from).with_context(|| format!("removing {}", from.display()))?;
    Ok(BackupMade { directory: to.display().to_string(), ..made })
}

fn absent_or_empty(directory: &Path) -> anyhow::Result<()> {
    let is_used = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    anyhow::ensure!(!is_used, "{} is not empty; name a directory that is, or does not exist", directory.display());
    Ok(())
}

/// Puts a backup's files in their places; what stood there is kept beside. The paths that were kept.
pub fn restore(state_dir: &Path, backup: &Path, now: Time) -> anyhow::Result<Vec<PathBuf>> {
    let state = backup.join(STATE);
    anyhow::ensure!(state.is_file(), "{} holds no {STATE}: it is no backup made by atgd", backup.display());
    let mut files = vec![(state, state_file(state_dir))];
    if let Ok(entries) = fs::read_dir(backup.join(GRAPHS)) {
        for entry in entries.flatten().filter(|entry| entry.path().extension().is_some_and(|word| word == "redb")) {
            files.push((entry.path(), state_dir.join(GRAPHS).join(entry.file_name())));
        }
    }
    // All are looked at before the first is put in its place.
    for (from, _) in &files {
        store::verify(from)?;
    }
    let mut kept = Vec::new();
    for (from, to) in &files {
        kept.extend(store::restore(from, to, now.millis())?);
    }
    Ok(kept)
}

/// What of a file could be written out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    pub lines: u64,
    /// Records that can't be read.
    pub lost: u64,
}

/// Writes every key (without its hash), job and audit line that can be read as a line of JSON.
pub fn export(state_dir: &Path, out: &mut dyn Write) -> anyhow::Result<Exported> {
    // A damaged file shall stay as it is: a copy is looked at.
    let looked = Looked::at(&state_file(state_dir))?;
    let store = looked.open(&jobs::SCHEMA)?;
    let mut done = Exported::default();
    store.read(|read| {
        let mut put = |value: serde_json::Value| -> Result<(), ExportError> {
            serde_json::to_writer(&mut *out, &value).map_err(std::io::Error::from)?;
            out.write_all(b"\n")?;
            done.lines += 1;
            Ok(())
        };
        let keys = auth::export(read, |key| put(json!({"record": "key", "key": key})))?;
        let jobs = jobs::export(read, &mut put)?;
        let audit = audit::export(read, |line| put(json!({"record": "audit", "line": line})))?;
        done.lost = keys + jobs + audit;
        Ok::<_, ExportError>(())
    })?;
    Ok(done)
}

#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("writing the export: {0}")]
    Io(#[from] std::io::Error),
}
