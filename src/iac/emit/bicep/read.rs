//! Bicep, parsed: by tree-sitter's grammar of it.

use tree_sitter::{Node, Parser, Tree};

/// Parses a file; an error names the line where it ceases to be Bicep.
pub fn parse(text: &str) -> Result<Tree, String> {
    Reader::new()?.tree(text, 0)
}

/// The declarations of a printed file, each with the number of lines before it. They begin behind an empty line, which no
/// value that is printed holds.
pub fn declarations(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut line = 0;
    text.split_inclusive("\n\n").map(move |declaration| {
        let before = line;
        line += declaration.matches('\n').count();
        (before, declaration)
    })
}

/// Reads declarations one by one: the parser's time grows faster than the text.
pub struct Reader(Parser);

impl Reader {
    pub fn new() -> Result<Self, String> {
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_bicep::LANGUAGE.into()).map_err(|error| error.to_string())?;
        Ok(Self(parser))
    }

    /// Whether a text is Bicep; an error names the line, of which there are `before` before the text.
    pub fn read(&mut self, text: &str, before: usize) -> Result<(), String> {
        self.tree(text, before).map(drop)
    }

    fn tree(&mut self, text: &str, before: usize) -> Result<Tree, String> {
        let tree = self.0.parse(text, None).ok_or("the parser gave up")?;
        let root = tree.root_node();
        if !root.has_error() {
            return Ok(tree);
        }
        let line = before + broken(root).map_or(0, |node| node.start_position().row) + 1;
        Err(format!("line {line} is no Bicep"))
    }
}

fn broken(node: Node<'_>) -> Option<Node<'_>> {
    if node.is_error() || node.is_missing() {
        return Some(node);
    }
    let mut cursor = node.walk();
    let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
    children.into_iter().filter(|child| child.has_error() || child.is_missing()).find_map(broken)
}

/// The items of a list. The grammar takes a call at the beginning of a list for two items, a name and
/// a bracket right behind it: each item comes with what it is called with.
pub fn items(list: Node<'_>) -> Vec<(Node<'_>, Option<Node<'_>>)> {
    let mut cursor = list.walk();
    let mut found: Vec<(Node<'_>, Option<Node<'_>>)> = Vec::new();
    for node in list.named_children(&mut cursor) {
        match found.last_mut() {
            Some((name, arguments @ None))
                if name.kind() == "identifier"
                    && node.kind() == "parenthesized_expression"
                    && name.end_byte() == node.start_byte() =>
            {
                *arguments = Some(node);
            }
            _ => found.push((node, None)),
        }
    }
    found
}

/// What stands between quotes, as it was before it was escaped.
pub fn unescape(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some(c @ ('\\' | '\'' | '$')) => out.push(c),
            Some('u') => {
                let code: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                let code = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                out.push(code.ok_or_else(|| format!("an escape of {text:?} names no character"))?);
            }
            other => return Err(format!("{other:?} of {text:?} is no escape")),
        }
    }
    Ok(out)
}

/// The subscription that the generator wrote into a file's `metadata`.
pub fn subscription_of(text: &str) -> &str {
    let line = text.lines().find_map(|line| line.strip_prefix("metadata subscription = '"));
    line.map(|rest| rest.trim_end_matches('\'')).unwrap_or_default()
}
