//! An HCL writer for what we print: blocks, attributes, values. Escapes every literal, and prints as
//! `terraform fmt` would leave it.
//!
//! hcl-rs is not used to print: it leaves `%{ %${x}` so that Terraform evaluates it.

use std::fmt::Write;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// As JSON spells it.
    Number(String),
    Template(Vec<Part>),
    List(Vec<Value>),
    Object(Vec<(Key, Value)>),
    /// A traversal or call, written as it is: only ever made of our own labels.
    Code(String),
    /// `jsonencode(…)` of a value.
    Json(Box<Value>),
}

/// A part of a quoted template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Literal(String),
    Code(String),
}

/// A key of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    Name(String),
    Template(Vec<Part>),
}

/// What a body holds, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    Attribute(String, Value),
    Block(Block),
}

/// `kind "label" … { … }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    pub kind: String,
    pub labels: Vec<String>,
    pub body: Vec<Entry>,
}

impl Block {
    pub fn new(kind: &str, labels: &[&str]) -> Self {
        Self {
            kind: kind.to_owned(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            body: Vec::new(),
        }
    }

    pub fn set(&mut self, name: &str, value: Value) -> &mut Self {
        self.body.push(Entry::Attribute(name.to_owned(), value));
        self
    }

    /// Puts another attribute in the place of one that is set.
    pub fn replace(&mut self, name: &str, by: &str, value: Value) {
        for entry in &mut self.body {
            if matches!(entry, Entry::Attribute(known, _) if known == name) {
                *entry = Entry::Attribute(by.to_owned(), value);
                return;
            }
        }
    }

    pub fn push(&mut self, block: Self) -> &mut Self {
        self.body.push(Entry::Block(block));
        self
    }
}

impl Value {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Template(vec![Part::Literal(text.into())])
    }

    pub fn code(code: impl Into<String>) -> Self {
        Self::Code(code.into())
    }

    fn is_single_line(&self) -> bool {
        match self {
            Self::List(items) => items.is_empty(),
            Self::Object(fields) => fields.is_empty(),
            Self::Json(inner) => inner.is_single_line(),
            _ => true,
        }
    }
}

/// A file of blocks, an empty line between them.
pub fn print(blocks: &[Block]) -> String {
    let mut out = String::new();
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        print_block(&mut out, block, 0);
    }
    out
}

fn print_block(out: &mut String, block: &Block, depth: usize) {
    indent(out, depth);
    out.push_str(&block.kind);
    for label in &block.labels {
        out.push(' ');
        quote(out, &[Part::Literal(label.clone())]);
    }
    if block.body.is_empty() {
        out.push_str(" {}\n");
        return;
    }
    out.push_str(" {\n");
    let mut rest = block.body.as_slice();
    let mut is_first = true;
    while let Some(entry) = rest.first() {
        match entry {
            Entry::Block(inner) => {
                if !is_first {
                    out.push('\n');
                }
                print_block(out, inner, depth + 1);
                rest = &rest[1..];
            }
            Entry::Attribute(name, _) => {
                if !is_first {
                    out.push('\n');
                }
                let is_meta = is_meta(name);
                let is_like =
                    |entry: &&Entry| matches!(entry, Entry::Attribute(name, _) if !is_meta && !self::is_meta(name));
                let count = rest.iter().take_while(is_like).count().max(1);
                let lines: Vec<(String, &Value)> = rest[..count]
                    .iter()
                    .filter_map(|entry| match entry {
                        Entry::Attribute(name, value) => Some((name.clone(), value)),
                        Entry::Block(_) => None,
                    })
                    .collect();
                print_assignments(out, &lines, depth + 1);
                rest = &rest[count..];
            }
        }
        is_first = false;
    }
    indent(out, depth);
    out.push_str("}\n");
}

/// Whether an attribute is Terraform's own: its style guide sets these apart by an empty line.
fn is_meta(name: &str) -> bool {
    matches!(name, "provider" | "depends_on")
}

/// `terraform fmt` aligns the equals signs of neighbouring lines, counting what a reader sees as
/// characters. Where keys are not ASCII, empty lines keep neighbours apart instead.
fn print_assignments(out: &mut String, lines: &[(String, &Value)], depth: usize) {
    let apart = lines.iter().any(|(name, _)| !name.is_ascii());
    let mut start = 0;
    while start < lines.len() {
        let run = lines[start..].iter().take_while(|(_, value)| value.is_single_line()).count();
        let run = if apart { run.min(1) } else { run };
        let width = lines[start..start + run].iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &lines[start..start + run.max(1)] {
            indent(out, depth);
            out.push_str(name);
            let padding = if run == 0 || apart { 1 } else { width - name.len() + 1 };
            out.extend(std::iter::repeat_n(' ', padding));
            out.push_str("= ");
            print_value(out, value, depth);
            out.push('\n');
        }
        start += run.max(1);
        if apart && start < lines.len() {
            out.push('\n');
        }
    }
}

fn print_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => out.push_str(number),
        Value::Code(code) => out.push_str(code),
        Value::Json(inner) => {
            out.push_str("jsonencode(");
            print_value(out, inner, depth);
            out.push(')');
        }
        Value::Template(parts) => match parts.as_slice() {
            // A template of nothing but a reference is the reference.
            [Part::Code(code)] => out.push_str(code),
            parts => quote(out, parts),
        },
        Value::List(items) if items.is_empty() => out.push_str("[]"),
        Value::List(items) => {
            out.push_str("[\n");
            for item in items {
                indent(out, depth + 1);
                print_value(out, item, depth + 1);
                out.push_str(",\n");
            }
            indent(out, depth);
            out.push(']');
        }
        Value::Object(fields) if fields.is_empty() => out.push_str("{}"),
        Value::Object(fields) => {
            out.push_str("{\n");
            let lines: Vec<(String, &Value)> = fields.iter().map(|(key, value)| (print_key(key), value)).collect();
            print_assignments(out, &lines, depth + 1);
            indent(out, depth);
            out.push('}');
        }
    }
}

fn print_key(key: &Key) -> String {
    let mut out = String::new();
    match key {
        Key::Name(name) if is_plain_key(name) => out.push_str(name),
        Key::Name(name) => quote(&mut out, &[Part::Literal(name.clone())]),
        Key::Template(parts) => match parts.as_slice() {
            [Part::Code(code)] => {
                let _ = write!(out, "({code})");
            }
            parts => quote(&mut out, parts),
        },
    }
    out
}

/// Words that mean something at the beginning of an object stay quoted.
fn is_plain_key(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !["for", "null", "true", "false", "if", "in", "else", "endif", "endfor"].contains(&name)
}

/// A text in quotes, for places where no value stands.
pub fn quoted(text: &str) -> String {
    let mut out = String::new();
    quote(&mut out, &[Part::Literal(text.to_owned())]);
    out
}

fn quote(out: &mut String, parts: &[Part]) {
    out.push('"');
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Code(code) => {
                let _ = write!(out, "${{{code}}}");
            }
            Part::Literal(text) => {
                // A `$` right before our own `${` would escape it.
                let before_code = matches!(parts.get(index + 1), Some(Part::Code(_)));
                escape(out, text, before_code);
            }
        }
    }
    out.push('"');
}

fn escape(out: &mut String, text: &str, before_code: bool) {
    // Most texts have nothing to escape.
    let is_special = |byte: u8| matches!(byte, b'"' | b'\\' | b'$' | b'%') || !(b' '..0x7f).contains(&byte);
    if !text.bytes().any(is_special) {
        out.push_str(text);
        return;
    }
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' => {
                let run = chars[at..].iter().take_while(|next| **next == c).count();
                let follows = chars.get(at + run) == Some(&'{');
                let at_end = at + run == chars.len() && before_code;
                if follows {
                    // `$${` is a literal `${`; dollars before it are spelled so that none doubles it.
                    for _ in 1..run {
                        unicode(out, c);
                    }
                    out.extend([c, c, '{']);
                    at += run + 1;
                    continue;
                }
                out.extend(std::iter::repeat_n(c, run - 1));
                if at_end {
                    // Some readers take `\u0024${` for an escape: a template of its own is clear to all.
                    let _ = write!(out, "${{\"{c}\"}}");
                } else {
                    out.push(c);
                }
                at += run;
                continue;
            }
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => unicode(out, c),
            c => out.push(c),
        }
        at += 1;
    }
}

fn unicode(out: &mut String, c: char) {
    let code = c as u32;
    let _ = if code > 0xFFFF { write!(out, "\\U{code:08X}") } else { write!(out, "\\u{code:04X}") };
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}
