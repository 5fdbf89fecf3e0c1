//! Unpacks artifacts into an empty directory: never outside of it, all files or none.

use std::{
    fs::{self, File},
    io::{self, Read, Seek},
    path::{Path, PathBuf},
};

use super::ClientError;

/// More entries or bytes than this are no artifacts of ours.
const MOST_ENTRIES: usize = 1_000_000;
const MOST_BYTES: u64 = 64 << 30;

/// Refuses a directory that holds something, or that nothing can be written to, before any work is done for it.
pub(super) fn check_output(directory: &Path) -> Result<(), ClientError> {
    check_empty(directory)?;
    // Of an absent one, the nearest that is there.
    let whole = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let there = whole.ancestors().find(|path| path.symlink_metadata().is_ok()).unwrap_or(&whole);
    // A file without a name: nothing is left of it.
    tempfile::tempfile_in(there)
        .map(drop)
        .map_err(|error| unusable(directory, &format!("{}: {error}", there.display())))
}

fn unusable(directory: &Path, why: &str) -> ClientError {
    ClientError::Usage(format!("--output {}: nothing can be written there: {why}", directory.display()))
}

fn check_empty(directory: &Path) -> Result<(), ClientError> {
    match fs::read_dir(directory) {
        Ok(entries) => {
            if entries.count() == 0 {
                return Ok(());
            }
            let directory = directory.display();
            Err(ClientError::Usage(format!("--output {directory}: the directory must be empty or absent")))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unusable(directory, &error.to_string())),
    }
}

/// Unpacks everything below `directory`; the answer is how many files. Nothing is left when it fails.
pub(super) fn unpack(archive: impl Read + Seek, directory: &Path) -> Result<usize, ClientError> {
    check_empty(directory)?;
    fs::create_dir_all(directory).map_err(ClientError::file(directory))?;
    // Staged within, so that the last step is a rename on the same file system.
    let stage =
        tempfile::Builder::new().prefix(".atgd-").tempdir_in(directory).map_err(ClientError::file(directory))?;
    let count = extract(archive, stage.path())?;
    for entry in fs::read_dir(stage.path()).map_err(ClientError::file(stage.path()))? {
        let entry = entry.map_err(ClientError::file(stage.path()))?;
        let target = directory.join(entry.file_name());
        fs::rename(entry.path(), &target).map_err(ClientError::file(&target))?;
    }
    Ok(count)
}

fn extract(archive: impl Read + Seek, stage: &Path) -> Result<usize, ClientError> {
    let broken = |error: zip::result::ZipError| ClientError::Archive(error.to_string());
    let mut archive = zip::ZipArchive::new(archive).map_err(broken)?;
    if archive.len() > MOST_ENTRIES {
        return Err(ClientError::Archive(format!("it has {} entries, more than {MOST_ENTRIES}", archive.len())));
    }
    let mut left = MOST_BYTES;
    let mut count = 0;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(broken)?;
        let name = entry.name().map_err(broken)?.into_owned();
        if entry.is_symlink() {
            return Err(ClientError::Archive(format!("{name:?} is a symbolic link")));
        }
        let path = stage.join(inside(&name).ok_or_else(|| outside(&name))?);
        if entry.is_dir() {
            fs::create_dir_all(&path).map_err(ClientError::file(&path))?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(ClientError::file(parent))?;
        }
        // A name that occurs twice is refused here.
        let mut file = File::create_new(&path).map_err(ClientError::file(&path))?;
        // The sizes that an archive states are not to be trusted: what comes out is counted.
        let written = io::copy(&mut (&mut entry).take(left + 1), &mut file).map_err(ClientError::file(&path))?;
        left = left
            .checked_sub(written)
            .ok_or_else(|| ClientError::Archive(format!("it holds over {MOST_BYTES} bytes")))?;
        count += 1;
    }
    Ok(count)
}

fn outside(name: &str) -> ClientError {
    ClientError::Archive(format!("the name {name:?} does not stay within the directory"))
}

/// The relative path of plain names that `name` is, if it is one on every system.
fn inside(name: &str) -> Option<PathBuf> {
    let name = name.strip_suffix('/').unwrap_or(name);
    let is_plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && !part.contains(['\\', ':'])
            && !part.contains(char::is_control)
    };
    name.split('/').all(is_plain).then(|| name.split('/').collect())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn archive(names: &[&str]) -> Cursor<Vec<u8>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(*name, SimpleFileOptions::default()).expect("started");
            zip.write_all(name.as_bytes()).expect("written");
        }
        zip.finish().expect("finished")
    }

    #[test]
    fn files_come_out_below_an_absent_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        let target = dir.path().join("a/b");
        assert_eq!(unpack(archive(&["main.tf", "x/y.json"]), &target).expect("unpacked"), 2);
        assert_eq!(fs::read_to_string(target.join("x/y.json")).expect("readable"), "x/y.json");
        assert_eq!(fs::read_dir(&target).expect("readable").count(), 2);
    }

    #[test]
    fn a_name_that_leaves_the_directory_leaves_nothing_behind() {
        for name in ["../x", "/etc/x", "a/../../x", "a\\..\\x", "C:x", "a//b", "./x"] {
            let dir = tempfile::tempdir().expect("a directory");
            let outcome = unpack(archive(&["good.tf", name]), dir.path());
            assert!(matches!(outcome, Err(ClientError::Archive(_))), "{name}: {outcome:?}");
            assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 0, "{name}");
        }
    }

    #[test]
    fn symbolic_links_and_broken_archives_are_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).expect("added");
        assert!(matches!(unpack(zip.finish().expect("finished"), dir.path()), Err(ClientError::Archive(_))));
        assert!(matches!(unpack(Cursor::new(b"no zip".to_vec()), dir.path()), Err(ClientError::Archive(_))));
    }

    #[test]
    fn a_directory_that_holds_something_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(dir.path().join("mine"), "kept").expect("written");
        assert!(matches!(unpack(archive(&["a"]), dir.path()), Err(ClientError::Usage(_))));
        assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_told_before_any_work() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("file");
        fs::write(&file, "kept").expect("written");
        for place in [file.clone(), file.join("below"), "/proc/none/below".into()] {
            let refused = check_output(&place).expect_err("refused").to_string();
            assert!(refused.starts_with(&format!("--output {}: ", place.display())), "{refused}");
        }
        assert!(check_output(&dir.path().join("a/b")).is_ok());
        assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 1);
    }
}
