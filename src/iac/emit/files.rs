//! What every emitter gives: files in pieces, so that no more than a few pieces are ever in memory.

use std::{collections::BTreeMap, io};

/// Files by name, as they go into the artifacts.
pub type Files = BTreeMap<String, String>;

/// A plan in a language.
pub trait Print: Sync {
    /// How many pieces all files have together.
    fn count(&self) -> usize;
    /// One of them. Pieces of one file follow each other, in the order of the file.
    fn print(&self, piece: usize) -> io::Result<Piece>;
}

/// A part of a file that can be read back by itself.
#[derive(Debug)]
pub struct Piece {
    pub file: String,
    pub text: String,
}

/// All files of a plan at once.
pub fn all(printer: &dyn Print) -> io::Result<Files> {
    let mut files = Files::new();
    for at in 0..printer.count() {
        let Piece { file, text } = printer.print(at)?;
        files.entry(file).or_default().push_str(&text);
    }
    Ok(files)
}
