//! Markdown as the blocks that a specification is made of: headings, lines, lists, tables, code. Every line keeps its
//! source beside what it shows, for a quoted value means its source.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::spec::place::{Lines, Place};

/// A block of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    Heading { level: u8, line: Line },
    Paragraph(Vec<Line>),
    List(Vec<Item>),
    Table { head: Vec<Line>, rows: Vec<Vec<Line>> },
    Code { text: String, place: Place },
}

/// A bullet.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Item {
    pub lines: Vec<Line>,
    /// What is below it.
    pub blocks: Vec<Block>,
}

/// One line of a text, or one cell of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Line {
    pub place: Place,
    /// As it is in the text.
    pub source: String,
    /// What it shows, without marks.
    pub shown: String,
}

/// Deepest nesting of lists that is followed; deeper ones are read as if they were on that level.
const DEEPEST: usize = 40;

/// Takes a text apart. Never fails: everything is markdown.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let lines = Lines::new(text);
    let mut builder = Builder { text, lines: &lines, open: vec![Open::Blocks(Vec::new())], line: None, in_head: false };
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        builder.take(&event, range);
    }
    builder.finish()
}

enum Open {
    Blocks(Vec<Block>),
    Heading(u8, Vec<Line>),
    Paragraph(Vec<Line>),
    List(Vec<Item>),
    Item(Item),
    Table { head: Vec<Line>, rows: Vec<Vec<Line>> },
    Code(String, Place),
}

struct Builder<'t> {
    text: &'t str,
    lines: &'t Lines<'t>,
    open: Vec<Open>,
    /// The line that is being read: where it is in the text, and what it shows.
    line: Option<(Range<usize>, String)>,
    in_head: bool,
}

impl Builder<'_> {
    fn take(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(*tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                if let Some(Open::Code(code, _)) = self.open.last_mut() {
                    code.push_str(text);
                } else {
                    self.show(range, text);
                }
            }
            Event::Code(text) => self.show(range, text),
            Event::SoftBreak | Event::HardBreak => self.end_line(),
            Event::TaskListMarker(_) | Event::FootnoteReference(_) | Event::Rule => {}
            other => {
                if let Event::InlineMath(text) | Event::DisplayMath(text) = other {
                    self.show(range, text);
                }
            }
        }
    }

    fn show(&mut self, range: Range<usize>, text: &str) {
        let (at, shown) = self.line.get_or_insert_with(|| (range.clone(), String::new()));
        at.start = at.start.min(range.start);
        at.end = at.end.max(range.end);
        shown.push_str(text);
    }

    /// Marks count to the line's source, and show nothing.
    fn mark(&mut self, range: Range<usize>) {
        // A mark over several lines belongs to the one where it begins.
        let end = self.text[range.clone()].find('\n').map_or(range.end, |at| range.start + at);
        self.show(range.start..end, "");
    }

    fn end_line(&mut self) {
        let Some((range, shown)) = self.line.take() else { return };
        let source = self.text.get(range.clone()).unwrap_or_default();
        let line = Line {
            place: self.lines.at(range.start),
            source: source.trim().to_owned(),
            shown: shown.trim().to_owned(),
        };
        if line.source.is_empty() && line.shown.is_empty() {
            return;
        }
        match self.open.last_mut() {
            Some(Open::Heading(_, lines) | Open::Paragraph(lines)) => lines.push(line),
            Some(Open::Item(item)) if item.blocks.is_empty() => item.lines.push(line),
            Some(Open::Item(item)) => item.blocks.push(Block::Paragraph(vec![line])),
            Some(Open::Blocks(blocks)) => blocks.push(Block::Paragraph(vec![line])),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Heading { level, .. } => self.begin(Open::Heading(*level as u8, Vec::new())),
            Tag::Paragraph | Tag::HtmlBlock => {
                if matches!(self.open.last(), Some(Open::Item(item)) if item.lines.is_empty() && item.blocks.is_empty())
                {
                    return;
                }
                self.begin(Open::Paragraph(Vec::new()));
            }
            Tag::List(_) => self.begin(Open::List(Vec::new())),
            Tag::Item => self.begin(Open::Item(Item::default())),
            Tag::CodeBlock(_) => {
                let place = self.lines.at(range.start);
                self.begin(Open::Code(String::new(), place));
            }
            Tag::Table(_) => self.begin(Open::Table { head: Vec::new(), rows: Vec::new() }),
            Tag::TableHead => self.in_head = true,
            Tag::TableRow => {
                if let Some(Open::Table { rows, .. }) = self.open.last_mut() {
                    rows.push(Vec::new());
                }
            }
            // An empty cell has a place, too.
            Tag::TableCell => self.line = Some((range.start..range.start, String::new())),
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. } => self.mark(range),
            _ => {}
        }
    }

    fn begin(&mut self, open: Open) {
        self.end_line();
        if self.open.len() < 3 * DEEPEST {
            self.open.push(open);
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::TableCell => {
                let (range, shown) = self.line.take().unwrap_or_default();
                let source = self.text.get(range.clone()).unwrap_or_default().replace("\\|", "|");
                let cell = Line {
                    place: self.lines.at(range.start),
                    source: source.trim().to_owned(),
                    shown: shown.trim().to_owned(),
                };
                let in_head = self.in_head;
                if let Some(Open::Table { head, rows }) = self.open.last_mut() {
                    match rows.last_mut() {
                        Some(row) if !in_head => row.push(cell),
                        _ => head.push(cell),
                    }
                }
            }
            TagEnd::TableHead => self.in_head = false,
            TagEnd::Heading(_) => self.close(|open| matches!(open, Open::Heading(..))),
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.close(|open| matches!(open, Open::Paragraph(_))),
            TagEnd::List(_) => self.close(|open| matches!(open, Open::List(_))),
            TagEnd::Item => self.close(|open| matches!(open, Open::Item(_))),
            TagEnd::CodeBlock => self.close(|open| matches!(open, Open::Code(..))),
            TagEnd::Table => self.close(|open| matches!(open, Open::Table { .. })),
            _ => {}
        }
    }

    /// Closes what is open last, if it is that: beyond the deepest nesting it is not.
    fn close(&mut self, is_it: impl Fn(&Open) -> bool) {
        self.end_line();
        if self.open.len() < 2 || !self.open.last().is_some_and(is_it) {
            return;
        }
        let Some(closed) = self.open.pop() else { return };
        let block = match closed {
            Open::Heading(level, lines) => {
                let mut lines = lines.into_iter();
                lines.next().map(|line| Block::Heading { level, line })
            }
            Open::Paragraph(lines) => (!lines.is_empty()).then_some(Block::Paragraph(lines)),
            Open::List(items) => Some(Block::List(items)),
            Open::Table { head, rows } => Some(Block::Table { head, rows }),
            Open::Code(text, place) => Some(Block::Code { text, place }),
            Open::Item(item) => {
                if let Some(Open::List(items)) = self.open.last_mut() {
                    items.push(item);
                }
                None
            }
            Open::Blocks(_) => None,
        };
        if let Some(block) = block {
            match self.open.last_mut() {
                Some(Open::Item(item)) => item.blocks.push(block),
                Some(Open::Blocks(blocks)) => blocks.push(block),
                _ => {}
            }
        }
    }

    fn finish(mut self) -> Vec<Block> {
        self.end_line();
        match self.open.into_iter().next() {
            Some(Open::Blocks(blocks)) => blocks,
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_source_and_their_place() {
        let found = blocks("# A *b*\n\n- **k**: `v`\n  - n: \"x\\\"y\"\n\n| a | b |\n|---|---|\n| 1\\|2 |  |\n");
        let Block::Heading { level: 1, line } = &found[0] else { panic!("{found:?}") };
        assert_eq!((line.shown.as_str(), line.place.line), ("A b", 1));
        let Block::List(items) = &found[1] else { panic!("{found:?}") };
        assert_eq!((items[0].lines[0].source.as_str(), items[0].lines[0].shown.as_str()), ("**k**: `v`", "k: v"));
        let Block::List(inner) = &items[0].blocks[0] else { panic!("{items:?}") };
        assert_eq!(inner[0].lines[0].source, "n: \"x\\\"y\"");
        let Block::Table { head, rows } = &found[2] else { panic!("{found:?}") };
        assert_eq!((head.len(), rows.len(), rows[0].len()), (2, 1, 2));
        assert_eq!((rows[0][0].source.as_str(), rows[0][0].place.line), ("1|2", 8));
    }

    #[test]
    fn paragraphs_are_lines() {
        let found = blocks("a: 1\r\nb: 2\n\n> quoted\n");
        let Block::Paragraph(lines) = &found[0] else { panic!("{found:?}") };
        assert_eq!(lines.iter().map(|line| line.place.line).collect::<Vec<_>>(), [1, 2]);
    }
}
