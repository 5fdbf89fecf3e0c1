//! Lines of a table's text with where they stand, and how a fault in one is told. Knows no word.

use std::fmt;

/// A line that says nothing in the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub file: &'static str,
    pub line: usize,
    pub found: String,
    pub expected: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}, expected {}", self.file, self.line, self.found, self.expected)
    }
}

/// A line of text that is neither empty nor a comment.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub file: &'static str,
    pub line: usize,
    /// In blanks, of which two are one level.
    pub depth: usize,
    pub text: &'static str,
}

impl Row {
    pub fn fault(&self, found: &str, expected: impl Into<String>) -> Fault {
        Fault { file: self.file, line: self.line, found: format!("`{found}`"), expected: expected.into() }
    }
}

/// The lines that say something.
pub fn rows(file: &'static str, text: &'static str) -> Result<Vec<Row>, Fault> {
    let mut rows: Vec<Row> = Vec::new();
    for (at, whole) in text.lines().enumerate() {
        let text = whole.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let row = Row { file, line: at + 1, depth: whole.len() - whole.trim_start_matches(' ').len(), text };
        let deepest = rows.last().map_or(0, |before| before.depth + 2);
        if !row.depth.is_multiple_of(2) || row.depth > deepest || whole[row.depth..].starts_with('\t') {
            return Err(row.fault(text, format!("an indent of two blanks a level, {deepest} at most here")));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Rows that stand at the depth of the first, each with the deeper ones below it.
pub fn groups(rows: &[Row]) -> Vec<&[Row]> {
    let Some(depth) = rows.first().map(|row| row.depth) else { return Vec::new() };
    let starts: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].depth <= depth).collect();
    let ends = starts.iter().copied().skip(1).chain([rows.len()]);
    starts.iter().zip(ends).map(|(start, end)| &rows[*start..end]).collect()
}
