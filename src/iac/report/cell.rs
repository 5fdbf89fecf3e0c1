//! Cells of tables in Markdown.

/// Names may hold what ends a cell.
pub fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ")
}
