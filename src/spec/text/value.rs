//! How a value of form 2 is read: quoted, as a code span, or as people write.

use serde_json::Value;

use super::markdown::Line;
use crate::spec::{
    node::{Key, Kind, Node, Spelled, secret_or},
    place::Place,
};

/// A line as a field and its value, if it has the look of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    pub key: String,
    pub value: Line,
}

/// Longest name of a field; what is longer before a colon is prose.
const LONGEST_KEY: usize = 80;

/// `Key: value`, `**Key:** value`, `` `key` = value``.
pub(super) fn pair(line: &Line) -> Option<Pair> {
    let at = separator(&line.source)?;
    let (key, value) = line.source.split_at(at);
    let key = plain(key);
    if key.is_empty() || key.len() > LONGEST_KEY || key.ends_with("//") {
        return None;
    }
    // Marks around the key may end behind the colon: `**Key:** value`.
    let mut value = value[1..].trim_start();
    for mark in ["**", "__", "*", "_"] {
        let is_open = line.source.starts_with(mark) && line.source[..at].matches(mark).count() % 2 == 1;
        if let Some(rest) = value.strip_prefix(mark).filter(|_| is_open) {
            value = rest.trim_start();
            break;
        }
    }
    let column = line.source.len() - value.len();
    let column = u32::try_from(line.source.get(..column).map_or(0, |before| before.chars().count())).unwrap_or(0);
    let place = Place { line: line.place.line, column: line.place.column + column };
    let shown = match line.shown.find([':', '=']).map(|at| line.shown[at + 1..].trim()) {
        Some(shown) if is_marked(value) => shown.to_owned(),
        _ => unescaped(value),
    };
    Some(Pair { key, value: Line { place, source: value.trim().to_owned(), shown } })
}

/// Where the colon or equals sign is that ends the name of a field; not in a code span, and not that of an address.
fn separator(source: &str) -> Option<usize> {
    let mut in_code = false;
    let bytes = source.as_bytes();
    for (at, c) in source.char_indices() {
        if at > 2 * LONGEST_KEY {
            return None;
        }
        match c {
            '`' => in_code = !in_code,
            '"' if !in_code => return None,
            ':' if !in_code => {
                let is_end =
                    bytes.get(at + 1).is_none_or(|next| matches!(next, b' ' | b'\t' | b'*' | b'_' | b'"' | b'`'));
                if is_end {
                    return Some(at);
                }
                // `sku:S1` is a field, `https://…` and `secret:x` are values.
                let is_word =
                    source[..at].chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.' | '*' | '`'));
                let is_other =
                    source[at..].starts_with("://") || source[..at].trim_start_matches(['*', '`', ' ']) == "secret";
                return (is_word && !is_other).then_some(at);
            }
            '=' if !in_code => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether markdown changes what a text shows.
fn is_marked(source: &str) -> bool {
    source.contains(['*', '_', '`', '[', '<', '&', '\\'])
}

/// A text without marks of markdown at its ends.
pub(super) fn plain(source: &str) -> String {
    unescaped(source.trim().trim_matches(['*', '_', '`']).trim().trim_end_matches(':').trim_matches(['*', '`']))
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.peek().is_some_and(char::is_ascii_punctuation) {
            continue;
        }
        out.push(c);
    }
    out
}

/// The value of a cell or of what is behind a colon; `None` where there is nothing.
pub(super) fn value(line: &Line) -> Option<Node> {
    let source = line.source.trim();
    if source.is_empty() && line.shown.trim().is_empty() {
        return None;
    }
    if source.starts_with('"')
        && source.ends_with('"')
        && source.len() > 1
        && let Ok(text) = serde_json::from_str::<String>(source)
    {
        return Some(Node::literal(text, line.place));
    }
    if let Some(code) = code_span(source) {
        if let Some(node) = written_as_json(code, line.place) {
            return Some(node);
        }
        return Some(as_written(code, line.place));
    }
    Some(as_written(line.shown.trim(), line.place))
}

/// What a text is that is neither quoted nor JSON: a secret, or a text that its slot's type reads.
pub(super) fn as_written(text: &str, place: Place) -> Node {
    Node { place, value: secret_or(text.trim(), Spelled::Plain) }
}

/// What is in a code span, where it is the whole text.
fn code_span(source: &str) -> Option<&str> {
    let ticks = source.bytes().take_while(|byte| *byte == b'`').count();
    if ticks == 0 {
        return None;
    }
    let inner = source.get(ticks..)?.strip_suffix(&"`".repeat(ticks))?;
    let has_same = inner.as_bytes().split(|byte| *byte != b'`').any(|run| run.len() == ticks);
    if has_same || inner.trim().is_empty() {
        return None;
    }
    // One blank at each end is markdown's.
    Some(inner.strip_prefix(' ').and_then(|inner| inner.strip_suffix(' ')).unwrap_or(inner))
}

/// A JSON object, list, quoted text, `null`, `true` or `false`.
fn written_as_json(code: &str, place: Place) -> Option<Node> {
    let code = code.trim();
    let is_json = code.starts_with(['{', '[', '"']) || matches!(code, "null" | "true" | "false");
    let value: Value = if is_json { serde_json::from_str(code).ok()? } else { return None };
    Some(of_json(&value, place))
}

fn of_json(value: &Value, place: Place) -> Node {
    let value = match value {
        Value::Null => Kind::Null,
        Value::Bool(flag) => Kind::Bool(*flag),
        Value::Number(number) => Kind::Number(number.clone()),
        Value::String(text) => secret_or(text, Spelled::Literal),
        Value::Array(items) => Kind::List(items.iter().map(|item| of_json(item, place)).collect()),
        Value::Object(fields) => Kind::Map(
            fields.iter().map(|(name, value)| (Key::new(name.as_str(), place), of_json(value, place))).collect(),
        ),
    };
    Node { place, value }
}

/// `a: b, c = d; e: f` as lines of their own: a part without a name belongs to the value before it.
pub(super) fn parts(line: &Line) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    for (offset, part) in split(&line.source) {
        let place = Place { line: line.place.line, column: line.place.column + chars(&line.source, offset) };
        let part = Line { place, source: part.trim().to_owned(), shown: unescaped(&plain_marks(part)) };
        // `tags: a=b, c=d` is one field.
        let mark = |source: &str| separator(source).map(|at| source.as_bytes()[at]);
        let is_inner =
            out.last().is_some_and(|last| mark(&last.source) == Some(b':')) && mark(&part.source) == Some(b'=');
        let is_new = pair(&part).is_some() && !is_inner;
        match out.last_mut() {
            Some(last) if !is_new => {
                last.source = format!("{}, {}", last.source, part.source);
                last.shown = format!("{}, {}", last.shown, part.shown);
            }
            _ => out.push(part),
        }
    }
    out
}

fn chars(text: &str, offset: usize) -> u32 {
    u32::try_from(text.get(..offset).map_or(0, |before| before.chars().count())).unwrap_or(0)
}

fn plain_marks(text: &str) -> String {
    text.trim().replace("**", "").trim_matches('`').to_owned()
}

/// The parts of a text between commas and semicolons that are in no quotes, code or brackets.
pub(super) fn split(text: &str) -> Vec<(usize, &str)> {
    let (mut out, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let (mut in_code, mut in_quotes, mut is_escaped) = (false, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '`' if !in_quotes => in_code = !in_code,
            '"' if !in_code => in_quotes = !in_quotes,
            '(' | '[' | '{' if !in_code && !in_quotes => depth += 1,
            ')' | ']' | '}' if !in_code && !in_quotes => depth = depth.saturating_sub(1),
            ',' | ';' if depth == 0 && !in_code && !in_quotes => {
                // `1,024` is one number.
                let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
                let is_inside =
                    c == ',' && is_digit(text[..at].chars().next_back()) && is_digit(text[at + 1..].chars().next());
                if !is_inside {
                    out.push((start, &text[start..at]));
                    start = at + 1;
                }
            }
            _ => {}
        }
    }
    out.push((start, &text[start..]));
    out.retain(|(_, part)| !part.trim().is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(source: &str) -> Line {
        let shown = source.replace("**", "").replace('`', "");
        Line { place: Place { line: 3, column: 5 }, source: source.to_owned(), shown }
    }

    #[test]
    fn fields_are_told_from_prose_in_any_marks() {
        for (source, key, value) in [
            ("Location: West Europe", "Location", "West Europe"),
            ("**Location:** West Europe", "Location", "West Europe"),
            ("**Location**: West Europe", "Location", "West Europe"),
            ("`vmSize` = Standard_B2s", "vmSize", "Standard_B2s"),
            ("sku:S1", "sku", "S1"),
        ] {
            let pair = pair(&line(source)).expect(source);
            assert_eq!((pair.key.as_str(), pair.value.shown.as_str()), (key, value), "{source}");
        }
        for source in ["https://example.com", "secret:x", "\"a: b\"", "no field here"] {
            assert_eq!(pair(&line(source)), None, "{source}");
        }
    }

    #[test]
    fn quoted_values_and_code_spans_mean_what_they_hold() {
        let read = |source: &str| value(&pair(&line(source)).expect("a field").value).expect("a value").value;
        assert_eq!(read(r#"a: "x: \"y\"""#), Kind::Text { text: "x: \"y\"".to_owned(), spelled: Spelled::Literal });
        assert_eq!(read("a: `null`"), Kind::Null);
        assert_eq!(read("a: `true`"), Kind::Bool(true));
        assert!(matches!(read(r#"a: `{"b": 1}`"#), Kind::Map(_)));
        assert_eq!(read("a: `plain`"), Kind::Text { text: "plain".to_owned(), spelled: Spelled::Plain });
        assert_eq!(read("a: secret:pw"), Kind::Secret("pw".to_owned()));
        assert_eq!(read("a: secret::pw"), Kind::Text { text: "secret:pw".to_owned(), spelled: Spelled::Plain });
        assert_eq!(read(r#"a: "secret:pw""#), Kind::Text { text: "secret:pw".to_owned(), spelled: Spelled::Literal });
    }

    #[test]
    fn commas_split_outside_of_quotes_and_numbers() {
        let parts: Vec<&str> =
            split(r#"a: "x, y", b: 1,024; c: f(1, 2)"#).into_iter().map(|(_, part)| part.trim()).collect();
        assert_eq!(parts, [r#"a: "x, y""#, "b: 1,024", "c: f(1, 2)"]);
    }
}
