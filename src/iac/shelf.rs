//! Where bodies wait between the sweeps: bytes by their place. A little is kept in memory, the rest in a
//! file without a name, which is gone when the shelf is.
//!
//! It knows nothing of what the bytes mean. Writing is one thread's; reading is everybody's.

use std::{fs::File, io, os::unix::fs::FileExt, path::PathBuf};

/// Bytes that are kept in memory before they go to the file.
const IN_MEMORY: usize = 4 << 20;

/// Where something is on a shelf.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spot {
    at: u64,
    length: u32,
}

/// Bytes that were put away.
#[derive(Debug, Default)]
pub struct Shelf {
    /// Where the file is made; none: where the system makes such files.
    directory: Option<PathBuf>,
    /// Everything before this place is in the file.
    in_file: u64,
    recent: Vec<u8>,
    file: Option<File>,
}

impl Shelf {
    pub fn in_directory(directory: PathBuf) -> Self {
        Self { directory: Some(directory), ..Self::default() }
    }

    /// Puts bytes away.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<Spot> {
        if self.recent.len() + bytes.len() > IN_MEMORY && !self.recent.is_empty() {
            self.flush()?;
        }
        let at = self.in_file + self.recent.len() as u64;
        self.recent.extend_from_slice(bytes);
        Ok(Spot { at, length: u32::try_from(bytes.len()).map_err(io::Error::other)? })
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            let made = match &self.directory {
                Some(directory) => tempfile::tempfile_in(directory),
                None => tempfile::tempfile(),
            };
            self.file = Some(made?);
        }
        if let Some(file) = &self.file {
            file.write_all_at(&self.recent, self.in_file)?;
        }
        self.in_file += self.recent.len() as u64;
        self.recent.clear();
        Ok(())
    }

    /// What is at a place.
    pub fn get(&self, spot: Spot) -> io::Result<Vec<u8>> {
        let length = spot.length as usize;
        if let Some(start) = spot.at.checked_sub(self.in_file) {
            let start = usize::try_from(start).map_err(io::Error::other)?;
            let found = self.recent.get(start..start + length);
            return found.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; length];
        match &self.file {
            Some(file) => file.read_exact_at(&mut bytes, spot.at)?,
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_away_is_found_again_in_memory_and_in_the_file() {
        let mut shelf = Shelf::default();
        let spots: Vec<Spot> = (0..200_u8).map(|at| shelf.put(&vec![at; 60_000]).expect("put")).collect();
        for (at, spot) in (0..200_u8).zip(spots) {
            assert_eq!(shelf.get(spot).expect("found"), vec![at; 60_000]);
        }
        assert!(shelf.file.is_some() && shelf.recent.len() <= IN_MEMORY);
        assert!(shelf.get(Spot { at: u64::MAX - 10, length: 1 }).is_err());
    }
}
