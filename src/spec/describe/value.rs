//! A value in form 2: plainly where that is read as what it is, else in quotes or as JSON in a code span.
//!
//! A number, an object and a list of objects are bullets only where the type says what they are: elsewhere the plain form
//! would be read as a text. Whether a text reads back as what it was made of is told by reading it (`read_back`).

use std::{collections::HashSet, fmt::Write};

use serde_json::{Map, Value};

use crate::{
    arm::looks_like_id,
    iac::types::{Leaf, Shape},
    spec::{
        body::names_an_id,
        node::{Kind, Spelled, secret_or},
        words::bare,
    },
};

/// Deepest nesting of bullets: markdown's readers give up at some depth.
const DEEPEST: usize = 12;

/// Writes fields one below the other.
pub(super) struct Bullets<'o> {
    pub out: &'o mut String,
    /// Every object and list is JSON in a code span.
    pub is_plain: bool,
}

impl Bullets<'_> {
    /// `- key: value`, and what is below it.
    pub(super) fn field(&mut self, key: &str, value: &Value, shape: Option<&Shape>, depth: usize) {
        self.indent(depth);
        self.out.extend(["- ", key, ":"]);
        self.value(key, value, shape, depth);
    }

    fn indent(&mut self, depth: usize) {
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    /// Behind `key:`.
    fn value(&mut self, key: &str, value: &Value, shape: Option<&Shape>, depth: usize) {
        match value {
            Value::Object(fields) if self.fits_object(fields, shape, depth) => {
                let shape = shape.map(|shape| shape.of(fields));
                self.out.push('\n');
                self.fields(fields, shape.as_ref(), depth + 1);
            }
            Value::Array(items) if self.fits_list(items, shape, depth) => {
                let shape = shape.and_then(Shape::items);
                self.out.push('\n');
                for item in items {
                    self.item(item, shape.as_ref(), depth + 1);
                }
            }
            value => {
                self.out.extend([" ", &scalar(key, value, shape), "\n"]);
            }
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>, shape: Option<&Shape>, depth: usize) {
        for (key, value) in fields {
            let prop = shape.and_then(|shape| shape.prop(key)).map(|prop| prop.shape);
            self.field(key, value, prop.as_ref(), depth);
        }
    }

    /// An object of a list: its name on the bullet, all else below.
    fn item(&mut self, item: &Value, shape: Option<&Shape>, depth: usize) {
        let Value::Object(fields) = item else { return };
        let shape = shape.map(|shape| shape.of(fields));
        let prop = |key: &str| shape.as_ref().and_then(|shape| shape.prop(key)).map(|prop| prop.shape);
        if let Some(name) = fields.get("name") {
            self.field("name", name, prop("name").as_ref(), depth);
        }
        for (key, value) in fields.iter().filter(|(key, _)| *key != "name") {
            self.field(key, value, prop(key).as_ref(), depth + 1);
        }
    }

    fn fits_object(&self, fields: &Map<String, Value>, shape: Option<&Shape>, depth: usize) -> bool {
        let Some(shape) = shape.filter(|shape| !shape.is_open() && !shape.is_list() && shape.leaf().is_none()) else {
            return false;
        };
        let shape = shape.of(fields);
        let mut names = HashSet::new();
        !self.is_plain
            && depth < DEEPEST
            && !fields.is_empty()
            && !shape.is_map()
            && fields.iter().all(|(key, value)| {
                let prop = shape.prop(key);
                is_key(key)
                    && names.insert(bare(key))
                    && prop.as_ref().is_some_and(|prop| prop.name == *key)
                    && (!value.is_number() || number(value, prop.and_then(|prop| prop.shape.leaf())).is_some())
            })
    }

    fn fits_list(&self, items: &[Value], shape: Option<&Shape>, depth: usize) -> bool {
        let shape = shape.filter(|shape| shape.is_list()).and_then(Shape::items);
        !items.is_empty()
            && items.iter().all(|item| {
                item.as_object().is_some_and(|fields| {
                    fields.len() > 1
                        && fields.get("name").is_some_and(Value::is_string)
                        && self.fits_object(fields, shape.as_ref(), depth + 1)
                })
            })
    }
}

/// A key that is read as it is written.
fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Tags as bullets, where their names can be keys.
pub(super) fn are_plain_tags(tags: &Map<String, Value>) -> bool {
    let mut names = HashSet::new();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let is_key = |key: &str| {
        key.starts_with(|c: char| c.is_ascii_alphabetic())
            && key.ends_with(|c: char| c.is_ascii_alphanumeric())
            && key.len() < 60
            && key.chars().all(is_plain)
    };
    !tags.is_empty()
        && tags.iter().all(|(key, value)| is_key(key) && names.insert(bare(key)) && value.is_string())
        // `name` and `value` beside each other are read as one tag.
        && !(tags.len() == 2 && names.contains("value"))
}

/// A value on the line of its key. `shape`: what its slot's type is.
fn scalar(key: &str, value: &Value, shape: Option<&Shape>) -> String {
    let leaf = shape.and_then(Shape::leaf);
    let words = shape.and_then(Shape::words).map(|(words, _)| words).unwrap_or_default();
    match value {
        // Where an id is expected, a plain text is the name of something.
        Value::String(text) if names_an_id(key) && !looks_like_id(text) => literal(text),
        // A word of the type is read as that.
        Value::String(text) if words.contains(text) && is_key(text) => text.clone(),
        Value::String(text) => planned_text(text),
        Value::Bool(flag) if leaf == Some(Leaf::Bool) => flag.to_string(),
        Value::Number(_) => number(value, leaf).unwrap_or_else(|| span(value)),
        other => span(other),
    }
}

/// A number as it is, where its slot takes one and the plain form is read as this very number.
fn number(value: &Value, leaf: Option<Leaf>) -> Option<String> {
    let number = value.as_number()?;
    (leaf == Some(Leaf::Number) && number.is_i64()).then(|| number.to_string())
}

/// A text of a plan: a secret's name, or a text.
pub(super) fn planned_text(text: &str) -> String {
    written(text, self::text)
}

/// The same in quotes, whatever it is.
fn literal(text: &str) -> String {
    written(text, quoted)
}

fn written(text: &str, of_text: impl Fn(&str) -> String) -> String {
    match secret_or(text, Spelled::Literal) {
        Kind::Secret(_) => text.to_owned(),
        Kind::Text { text, .. } => of_text(&text),
        _ => String::new(),
    }
}

/// A text that is read as just that: in quotes where it must be.
pub(super) fn text(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// JSON's escapes; what ends a cell or a code span is one of them.
fn quoted(text: &str) -> String {
    safe(&Value::String(text.to_owned()).to_string())
}

/// JSON in a code span.
pub(super) fn span(value: &Value) -> String {
    format!("`{}`", safe(&value.to_string()))
}

/// Only texts hold such characters: there they can be written by their numbers.
fn safe(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '`' => out.push_str("\\u0060"),
            '|' => out.push_str("\\u007c"),
            // Markdown may end a line there, or take them away.
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// Words that people write for something else than a text.
const WORDS: [&str; 20] = [
    "true", "false", "null", "yes", "no", "on", "off", "none", "enabled", "disabled", "enable", "disable", "y", "n",
    "x", "n/a", "system", "user", "tenant", "root",
];

/// Whether a text is read as itself without quotes, in any slot and any cell.
fn is_plain(text: &str) -> bool {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '/' | '_' | '@' | ' ');
    let is_edge = |c: char| c.is_ascii_alphanumeric();
    // Between letters an underscore marks nothing.
    let bytes = text.as_bytes();
    let is_inside = |at: usize| {
        let is_letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
        is_letter(at.checked_sub(1)) && is_letter(Some(at + 1))
    };
    let begins = text.strip_prefix('/').unwrap_or(text);
    text.len() <= 400
        && begins.starts_with(is_edge)
        && text.ends_with(is_edge)
        && text.chars().all(is_legal)
        && !text.contains("  ")
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        && text.char_indices().filter(|(_, c)| *c == '_').all(|(at, _)| is_inside(at))
        && !(text.contains(' ') && text.contains('/'))
        && !looks_like_number(text)
}

/// A text of digits is a text: what its slot takes does not matter.
fn looks_like_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
}

/// A name in a heading: what markdown reads as marks is escaped.
pub(super) fn heading(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let is_letter = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphanumeric());
        let is_mark = matches!(c, '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '#' | '~' | '|' | '!' | '"')
            || (*c == '_' && !(is_letter(at.checked_sub(1)) && is_letter(Some(at + 1))));
        if is_mark {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { *c });
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_plain_where_they_are_read_so_and_quoted_elsewhere() {
        for plain in ["westeurope", "Standard_LRS", "/subscriptions/a/resourceGroups/b", "West Europe", "10.0.0.0/16"] {
            assert_eq!(text(plain), plain);
        }
        for other in
            ["", " x", "true", "7", "1.30", "a, b", "a: b", "secret:x", "_x_", "-", "a\nb", "a|b", "`", "x y/z"]
        {
            assert!(text(other).starts_with('"'), "{other}: {}", text(other));
        }
        assert_eq!(text("a|`b"), "\"a\\u007c\\u0060b\"");
        assert_eq!(planned_text("secret:web.pw"), "secret:web.pw");
        assert_eq!(planned_text("secret::pw"), "\"secret:pw\"");
    }

    #[test]
    fn a_code_span_holds_nothing_that_ends_it() {
        assert_eq!(span(&json!({"a`": ["x|y", 1, null]})), "`{\"a\\u0060\":[\"x\\u007cy\",1,null]}`");
        assert_eq!(heading("_a_b (c) *"), "\\_a_b (c) \\*");
    }
}
