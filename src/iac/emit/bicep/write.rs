//! A Bicep writer for what we print: declarations and values. Escapes every literal.

use std::fmt::Write;

use super::format::wrapped;
use crate::iac::emit::cloud;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// As JSON spells it.
    Number(String),
    Text(Vec<Part>),
    List(Vec<Value>),
    /// A value that is none of its type's: the compiler does not look at it.
    Any(Box<Value>),
    Object(Vec<(Vec<Part>, Value)>),
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Literal(String),
    /// An expression, written as it is: only ever made of our own symbols and quoted literals.
    Code(String),
}

/// A value at a depth of nested objects.
pub fn value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => self::number(out, number),
        Value::Any(inner) => {
            out.push_str("any(");
            self::value(out, inner, depth);
            out.push(')');
        }
        Value::Text(parts) => text(out, parts, depth),
        Value::List(items) if items.is_empty() => out.push_str("[]"),
        Value::List(items) => {
            out.push_str("[\n");
            for item in items {
                indent(out, depth + 1);
                self::value(out, item, depth + 1);
                out.push('\n');
            }
            indent(out, depth);
            out.push(']');
        }
        Value::Object(fields) if fields.is_empty() => out.push_str("{}"),
        Value::Object(fields) => {
            out.push_str("{\n");
            for (key, value) in fields {
                field(out, key, value, depth);
            }
            indent(out, depth);
            out.push('}');
        }
    }
}

/// A field of an object at a depth, with its line's end.
pub fn field(out: &mut String, key: &[Part], value: &Value, depth: usize) {
    indent(out, depth + 1);
    self::key(out, key);
    out.push_str(": ");
    self::value(out, value, depth + 1);
    out.push('\n');
}

/// The language has whole numbers of 64 bits only, and not every reader knows those below zero.
fn number(out: &mut String, number: &str) {
    let is_whole = number.strip_prefix('-').unwrap_or(number).bytes().all(|byte| byte.is_ascii_digit());
    let _ = match number.parse::<i64>() {
        Ok(0..) => write!(out, "{number}"),
        // The compiler itself ends at a whole number that is longer.
        Err(_) if is_whole => write!(out, "json('{number}.0')"),
        _ => write!(out, "json('{number}')"),
    };
}

/// A text: what is only code is the code, on more than one line where it reaches past the formatter's.
fn text(out: &mut String, parts: &[Part], depth: usize) {
    if let [Part::Code(code)] = parts {
        let before = out.rfind('\n').map_or(out.as_str(), |at| &out[at + 1..]).chars().count();
        out.push_str(&wrapped(code, 2 * depth, before, 0));
    } else {
        out.push_str(&quote(parts));
    }
}

fn key(out: &mut String, parts: &[Part]) {
    match parts {
        [Part::Literal(name)] if is_plain_key(name) => out.push_str(name),
        parts => out.push_str(&quote(parts)),
    }
}

/// Characters of an identifier.
const LONGEST_IDENTIFIER: usize = 255;

/// Words of the language name properties, too, but for those that are values.
fn is_plain_key(name: &str) -> bool {
    let mut chars = name.chars();
    name.len() <= LONGEST_IDENTIFIER
        && chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !["null", "true", "false"].contains(&name)
}

/// A literal in quotes.
pub fn quoted(text: &str) -> String {
    quote(&[Part::Literal(text.to_owned())])
}

/// A name or a host, whose cloud's suffix comes from `environment()`.
pub fn named(text: &str) -> String {
    match with_cloud(text).as_slice() {
        [Part::Code(code)] => code.clone(),
        parts => quote(parts),
    }
}

/// A text whose cloud's hosts come from `environment()`.
pub fn with_cloud(text: &str) -> Vec<Part> {
    let of = |part: cloud::Part<'_>| match part {
        cloud::Part::Literal(text) => Part::Literal(text.to_owned()),
        cloud::Part::Code(code) => Part::Code(code.to_owned()),
    };
    cloud::parts(text).map_or_else(|| vec![Part::Literal(text.to_owned())], |parts| parts.into_iter().map(of).collect())
}

fn quote(parts: &[Part]) -> String {
    let mut out = String::from("'");
    for part in parts {
        match part {
            Part::Code(code) => {
                let _ = write!(out, "${{{code}}}");
            }
            Part::Literal(text) => {
                escape(&mut out, text);
            }
        }
    }
    out.push('\'');
    out
}

fn escape(out: &mut String, text: &str) {
    // Most texts have nothing to escape.
    let is_special = |byte: u8| matches!(byte, b'\'' | b'\\' | b'$') || !(b' '..0x7f).contains(&byte);
    if !text.bytes().any(is_special) && !text.contains("//") && !text.contains("/*") {
        out.push_str(text);
        return;
    }
    let mut chars = text.chars().peekable();
    // What the reader takes for the begin of a text's plain part: there it would see a comment in `//`.
    let mut is_begin = true;
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let was_begin = is_begin;
        is_begin = true;
        match c {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' if next == Some('{') => out.push_str("\\$"),
            // At the end of a part it may stand before our own interpolation.
            '$' if next.is_none() => out.push_str("\\u{24}"),
            '/' if was_begin && matches!(next, Some('/' | '*')) => out.push_str(SLASH),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => {
                out.push(c);
                // Blanks are skipped before a comment.
                is_begin = c == '$' || was_begin && c.is_whitespace();
            }
        }
    }
}

/// How a slash before a star is escaped at the beginning of a text.
const SLASH: &str = "\\u{2f}";

/// A whole file with `/*` as people write it. The reader takes it for the begin of a comment only where the
/// file holds the end of one, too.
pub fn relaxed(text: String) -> String {
    let last_end = text.rfind("*/").map_or(0, |at| at + 2);
    let escaped = format!("{SLASH}*");
    let (mut out, mut done) = (String::new(), 0);
    for (at, found) in text.match_indices(&escaped).filter(|(at, _)| *at >= last_end) {
        let backslashes = text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        // Behind an odd one the backslash is one of the text itself.
        if backslashes.is_multiple_of(2) {
            out.push_str(&text[done..at]);
            out.push_str("/*");
            done = at + found.len();
        }
    }
    if done == 0 {
        return text;
    }
    out.push_str(&text[done..]);
    out
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}
