//! Prints tables: columns as wide as their widest cell. Pure.

use std::fmt::Write;

/// Where a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Lines with a header; two spaces between columns, none at the end of a line.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new<const N: usize>(columns: [(&'static str, Align); N]) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row. What is missing stays empty, what is too much is left out.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into_iter().map(|cell| printable(&cell)).collect());
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The header line and the lines below it.
    pub fn lines(&self) -> Vec<String> {
        let header: Vec<String> = self.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
        let all = || std::iter::once(&header).chain(&self.rows);
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0))
            .collect();
        all().map(|row| self.line(row, &widths)).collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (index, (width, (_, align))) in widths.iter().zip(&self.columns).enumerate() {
            let cell = row.get(index).map_or("", String::as_str);
            let gap = if index == 0 { "" } else { "  " };
            // Writing to a text cannot fail.
            let _ = match align {
                Align::Left => write!(line, "{gap}{cell:<width$}"),
                Align::Right => write!(line, "{gap}{cell:>width$}"),
            };
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// The text with control characters made visible: names from a tenant must not steer a terminal.
pub(super) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_have_no_tail() {
        let mut table = Table::new([("TYPE", Align::Left), ("COUNT", Align::Right), ("NOTE", Align::Left)]);
        table.row(["vm".into(), "5".into(), String::new()]);
        table.row(["größe".into(), "1234567".into(), "x".into()]);
        assert_eq!(table.lines(), ["TYPE     COUNT  NOTE", "vm           5", "größe  1234567  x"]);
    }

    #[test]
    fn names_from_outside_cannot_steer_the_terminal() {
        let mut table = Table::new([("NAME", Align::Left)]);
        table.row(["a\u{1b}[2J\nb".into()]);
        assert_eq!(table.lines()[1], "a\\u{1b}[2J\\u{a}b");
    }
}
