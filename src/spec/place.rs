//! Lines and columns of a text, both from 1; columns count characters.

use serde::Serialize;

/// Where something is in the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Place {
    pub line: u32,
    pub column: u32,
}

/// The beginnings of all lines of a text.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// Lines before the text's own first: of a block inside of a larger text.
    before: u32,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self::after(text, 0)
    }

    /// Of a part that begins behind so many whole lines.
    pub(super) fn after(text: &'t str, before: u32) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts, before }
    }

    /// The place of a byte.
    pub(super) fn at(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        // A line may be the whole text: no more of it is counted than anybody looks at.
        let before = self.text.get(start..offset).unwrap_or_default();
        let column = if before.len() > MOST_COUNTED { before.len() } else { before.chars().count() };
        Place { line: short(line) + 1 + self.before, column: short(column) + 1 }
    }
}

/// Bytes of a line that are counted as characters; beyond that a column is a byte's.
const MOST_COUNTED: usize = 2_000;

fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "a\nüb\n";
        let lines = Lines::new(text);
        let at = |offset| {
            let Place { line, column } = lines.at(offset);
            (line, column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(text.find('b').expect("a b")), (2, 2));
        assert_eq!(at(text.len()), (3, 1));
    }
}
