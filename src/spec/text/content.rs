//! Bullets and tables of form 2 as values: objects where they have fields, else lists and texts.

use super::{
    markdown::{Block, Item, Line},
    things::{TITLE, Thing, named},
    value::{self, Pair, pair, parts, plain},
};
use crate::spec::{
    node::{Key, Kind, Node, Spelled},
    place::Place,
    words::{Of, bare},
};

/// The key of what a short entry says behind its name: `web (10.0.1.0/24)`.
pub(in crate::spec) const MAIN: &str = "\u{0}main";

/// Cells that say that there is nothing.
pub(super) fn is_blank(cell: &Line) -> bool {
    matches!(cell.source.trim(), "" | "-" | "–" | "—" | "n/a" | "N/A")
}

pub(super) fn place(item: &Item) -> Place {
    item.lines.first().map(|line| line.place).unwrap_or_default()
}

/// A list as a value: an object where each bullet is a field of its own, else a list.
pub(super) fn list(items: &[Item], place: Place) -> Node {
    let nodes: Vec<Node> = items.iter().map(item).collect();
    let mut names: Vec<String> = Vec::new();
    let is_object = nodes.iter().all(|node| match node.fields() {
        Some([(key, _)]) if key.text != TITLE && key.text != MAIN => {
            let is_new = !names.contains(&bare(&key.text));
            names.push(bare(&key.text));
            is_new
        }
        _ => false,
    });
    if is_object && !nodes.is_empty() {
        let fields = nodes.into_iter().filter_map(|node| match node.value {
            Kind::Map(fields) => Some(fields),
            _ => None,
        });
        return Node::map(fields.flatten().collect(), place);
    }
    Node::list(nodes, place)
}

/// A bullet with what is below it.
pub(super) fn item(item: &Item) -> Node {
    let place = place(item);
    let mut fields: Vec<(Key, Node)> = Vec::new();
    let mut words: Vec<Node> = Vec::new();
    // A field without a value of its own has that of the list below.
    let mut open: Option<Key> = None;
    for line in &item.lines {
        let all = parts(line);
        let pairs: Vec<Option<Pair>> = all.iter().map(pair).collect();
        if pairs.iter().all(Option::is_none) {
            words.extend(value::value(line));
            continue;
        }
        // One field whose value has commas is one field, unless what is behind them are fields, too.
        for (part, pair) in all.iter().zip(pairs) {
            match pair {
                Some(pair) if pair.value.source.is_empty() => open = Some(Key::new(pair.key, part.place)),
                Some(pair) => {
                    fields.extend(value::value(&pair.value).map(|node| (Key::new(pair.key, part.place), node)));
                }
                None => words.extend(value::value(part)),
            }
        }
    }
    let below: Vec<Node> = item.blocks.iter().filter_map(block).collect();
    let below = match below.len() {
        0 => None,
        1 => below.into_iter().next(),
        _ => Some(Node::list(below, place)),
    };
    match (open, below) {
        (Some(key), Some(node)) => fields.push((key, node)),
        (Some(key), None) => fields.push((key, Node { place, value: Kind::Null })),
        (None, Some(node)) => match node.value {
            Kind::Map(more) if !words.is_empty() || !fields.is_empty() => fields.extend(more),
            value if words.is_empty() && fields.is_empty() => return Node { place, value },
            value => match fields.last_mut() {
                // `- name: x` with a list below that has no name of its own.
                Some((_, last)) if words.is_empty() => {
                    *last = Node::list(vec![last.clone(), Node { place, value }], place);
                }
                _ => fields.push((Key::new(MAIN, place), Node { place, value })),
            },
        },
        (None, None) => {}
    }
    titled(fields, words, place)
}

fn titled(mut fields: Vec<(Key, Node)>, mut words: Vec<Node>, place: Place) -> Node {
    if fields.is_empty() {
        if words.len() == 1
            && let Some(only) = words.pop()
        {
            return short_entry(only);
        }
        return Node::list(words, place);
    }
    for word in words.into_iter().rev() {
        fields.insert(0, (Key::new(TITLE, word.place), word));
    }
    Node::map(fields, place)
}

/// `web (10.0.1.0/24)` is a name with a value; other texts are themselves.
fn short_entry(node: Node) -> Node {
    let Kind::Text { text, spelled: Spelled::Plain } = &node.value else { return node };
    match named(text) {
        (name, Some(inner)) if !name.contains(char::is_whitespace) => {
            let place = node.place;
            let main = value::as_written(&inner, place);
            Node::map(vec![(Key::new(TITLE, place), Node::exact(name, place)), (Key::new(MAIN, place), main)], place)
        }
        _ => node,
    }
}

fn block(block: &Block) -> Option<Node> {
    match block {
        Block::List(items) => Some(list(items, items.first().map(place).unwrap_or_default())),
        Block::Table { head, rows } => Some(table(head, rows)),
        Block::Paragraph(lines) => {
            let item = self::item(&Item { lines: lines.clone(), blocks: Vec::new() });
            Some(item)
        }
        Block::Code { text, place } => {
            let trimmed = text.trim();
            serde_json::from_str::<serde_json::Value>(trimmed).ok()?;
            super::json::read(text, place.line).ok()
        }
        Block::Heading { .. } => None,
    }
}

/// A table as a list of its rows, or as one object where its columns are names and values.
pub(super) fn table(head: &[Line], rows: &[Vec<Line>]) -> Node {
    let place = head.first().map(|cell| cell.place).unwrap_or_default();
    if is_pairs(head) {
        let pairs = rows.iter().filter_map(|row| {
            let (key, cell) = (row.first()?, row.get(1)?);
            Some((Key::new(plain(&key.source), key.place), value::value(cell)?))
        });
        return Node::map(pairs.collect(), place);
    }
    let nodes = rows.iter().map(|row| {
        let mut fields = Vec::new();
        self::row(&mut fields, head, row);
        Node::map(fields, row.first().map(|cell| cell.place).unwrap_or_default())
    });
    Node::list(nodes.collect(), place)
}

/// `| Property | Value |`
pub(super) fn is_pairs(head: &[Line]) -> bool {
    let names: Vec<String> = head.iter().map(|cell| bare(&cell.shown)).collect();
    let is_name = |name: &str| {
        matches!(name, "property" | "key" | "setting" | "field" | "attribute" | "name" | "parameter" | "tag" | "")
    };
    let is_value = |name: &str| matches!(name, "value" | "values" | "setting" | "");
    matches!(names.as_slice(), [name, value] if is_name(name) && is_value(value) && !(name.is_empty() && value.is_empty()))
}

/// The fields of a row; cells beyond the head are kept without a name.
pub(super) fn row(fields: &mut Vec<(Key, Node)>, head: &[Line], row: &[Line]) {
    for (at, cell) in row.iter().enumerate().filter(|(_, cell)| !is_blank(cell)) {
        let Some(node) = value::value(cell) else { continue };
        let name = head.get(at).map(|name| plain(&name.source)).unwrap_or_default();
        fields.push((Key::new(name, cell.place), node));
    }
}

/// What two tables in one hold: a head that repeats its first column begins another one; a column without a name and
/// without a cell stands between them.
pub(super) fn side_by_side(head: &[Line], rows: &[Vec<Line>]) -> Vec<(Vec<Line>, Vec<Vec<Line>>)> {
    let names: Vec<String> = head.iter().map(|cell| bare(&cell.shown)).collect();
    let Some(first) = names.first().filter(|name| !name.is_empty()) else {
        return vec![(head.to_vec(), rows.to_vec())];
    };
    let mut starts: Vec<usize> = (0..names.len()).filter(|at| names[*at] == *first).collect();
    // `| User | Mail | | Group | Members |`
    for (at, name) in names.iter().enumerate().take(names.len().saturating_sub(1)).skip(1) {
        let is_gap = name.is_empty() && rows.iter().all(|row| row.get(at).is_none_or(is_blank));
        if is_gap && !starts.contains(&(at + 1)) {
            starts.push(at + 1);
        }
    }
    starts.sort_unstable();
    if starts.len() < 2 {
        return vec![(head.to_vec(), rows.to_vec())];
    }
    let ends = starts.iter().copied().skip(1).chain([names.len()]);
    starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(from, to)| {
            let part = |cells: &[Line]| cells.get(from..to.min(cells.len())).unwrap_or_default().to_vec();
            let kept: Vec<Vec<Line>> =
                rows.iter().map(|row| part(row)).filter(|row| !row.iter().all(is_blank)).collect();
            (part(head), kept)
        })
        .collect()
}

/// A bullet of a list of users, groups, roles and so on.
pub(super) fn entry(thing: &mut Thing, item: &Item) {
    let of = thing.of;
    let is_known = |pair: &Pair| of.field(&pair.key).is_some();
    for (number, line) in item.lines.iter().enumerate() {
        let all = parts(line);
        let has_fields = all.iter().filter_map(pair).any(|pair| is_known(&pair));
        if !has_fields {
            let key = if number == 0 { TITLE } else { "narrative" };
            thing.set(key, Node::exact(line.shown.as_str(), line.place));
            continue;
        }
        for (at, part) in all.iter().enumerate() {
            match pair(part) {
                Some(pair) if is_known(&pair) || at > 0 => {
                    if let Some(node) = value::value(&pair.value) {
                        thing.fields.push((Key::new(pair.key, part.place), node));
                    }
                }
                _ if at == 0 && number == 0 => thing.set(TITLE, Node::exact(part.shown.as_str(), part.place)),
                _ => thing.narrative.push(Node::exact(part.shown.as_str(), part.place)),
            }
        }
    }
    for node in item.blocks.iter().filter_map(block) {
        match node.value {
            Kind::Map(fields) => thing.fields.extend(fields),
            // Below a group: its members.
            Kind::List(_) if of == Of::DirectoryGroup => thing.set("members", node),
            _ => thing.narrative.push(Node::exact(told(&node), node.place)),
        }
    }
}

/// Whether a line of prose says who has which role where.
pub(super) fn sentence(text: &str) -> bool {
    let lower = text.to_lowercase();
    (lower.contains(" has ") || lower.contains(" gets ")) && (lower.contains(" on ") || lower.contains(" at "))
}

/// Rows as people read them.
pub(super) fn rows_as_texts(head: &[Line], rows: &[Vec<Line>]) -> Vec<(Place, String)> {
    let one = |row: &Vec<Line>| {
        let cells = row.iter().enumerate().filter(|(_, cell)| !is_blank(cell));
        let cells = cells.map(|(at, cell)| match head.get(at).map(|name| name.shown.as_str()) {
            Some(name) if !name.is_empty() => format!("{name}: {}", cell.shown),
            _ => cell.shown.clone(),
        });
        (row.first().map(|cell| cell.place).unwrap_or_default(), cells.collect::<Vec<_>>().join(", "))
    };
    rows.iter().map(one).collect()
}

/// A value as people read it.
pub(super) fn told(node: &Node) -> String {
    match &node.value {
        Kind::Map(fields) => {
            let fields = fields.iter().map(|(key, value)| match key.text.as_str() {
                TITLE | MAIN => told(value),
                name => format!("{name}: {}", told(value)),
            });
            fields.collect::<Vec<_>>().join(", ")
        }
        Kind::List(items) => items.iter().map(told).collect::<Vec<_>>().join(", "),
        Kind::Secret(name) => format!("secret:{name}"),
        Kind::Null => String::new(),
        _ => node.word().unwrap_or_default(),
    }
}
