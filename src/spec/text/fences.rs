//! Fenced blocks of a text, line by line: also those that nobody closed.

use std::ops::Range;

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fence {
    /// The first word behind the opening marks, lower case.
    pub language: String,
    /// The whole line that opens it.
    pub opening: Range<usize>,
    pub content: Range<usize>,
    /// Number of the opening line, from 1.
    pub line: u32,
    pub is_closed: bool,
}

/// All fenced blocks in the order of the text.
pub(super) fn fences(text: &str) -> Vec<Fence> {
    let mut found: Vec<Fence> = Vec::new();
    let mut open: Option<(char, usize)> = None;
    let (mut at, mut number) = (0, 0);
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        number += 1;
        let trimmed = line.trim();
        let Some(mark) = trimmed.chars().next().filter(|c| matches!(c, '`' | '~')) else { continue };
        let count = trimmed.chars().take_while(|c| *c == mark).count();
        let rest = &trimmed[count..];
        match open {
            None if count >= 3 && !rest.contains('`') => {
                let language = rest.split_whitespace().next().unwrap_or_default().trim_matches(['{', '}', '.']);
                let content = range.end..text.len();
                open = Some((mark, count));
                found.push(Fence {
                    language: language.to_lowercase(),
                    opening: range,
                    content,
                    line: number,
                    is_closed: false,
                });
            }
            Some((opened, least)) if mark == opened && count >= least && rest.trim().is_empty() => {
                open = None;
                if let Some(last) = found.last_mut() {
                    last.content.end = range.start;
                    last.is_closed = true;
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_whether_they_are_closed_or_not() {
        let text = "a\n```json\n{}\n```\n~~~\nx\n```yaml\n";
        let found = fences(text);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].language.as_str(), &text[found[0].content.clone()], found[0].is_closed),
            ("json", "{}\n", true)
        );
        assert!(!found[1].is_closed);
        assert_eq!(&text[found[1].content.clone()], "x\n```yaml\n");
    }
}
