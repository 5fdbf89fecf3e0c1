//! The files that speak about the code, one after the other.

use std::io::{self, Write};

use super::{json, markdown, readme, subject::Subject};

/// Writes the files; `open` makes each by its name. The answer are their names.
pub fn write<W: Write>(
    subject: &Subject<'_>,
    mut open: impl FnMut(&str) -> io::Result<W>,
) -> io::Result<[&'static str; 3]> {
    let names = ["report.json", "report.md", "README.md"];
    let lists = json::write(subject, &mut open(names[0])?)?;
    markdown::write(subject, lists, &mut open(names[1])?)?;
    open(names[2])?.write_all(readme::readme(subject).as_bytes())?;
    Ok(names)
}
