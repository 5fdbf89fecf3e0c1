//! A value with its place in the text: what all forms of a specification are read into.

use serde_json::{Map, Number, Value};

use super::place::Place;

/// Before the name of a secret, in every form and in the bodies of a plan.
pub(crate) const SECRET: &str = "secret:";

/// A value of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub place: Place,
    pub value: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text {
        text: String,
        spelled: Spelled,
    },
    /// The value that the request's `secrets` have under this name.
    Secret(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// How a text was written, which tells how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelled {
    /// As people write: `yes` may be true, `a, b` a list, a name a reference.
    Plain,
    /// In quotes, in a structured block: just that text, which may be the name of another resource.
    Quoted,
    /// In quotes, or as JSON in a code span, in headings and bullets: just that text. It is a reference only where its
    /// place is called after what it names.
    Literal,
}

/// A field's name in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub text: String,
    pub place: Place,
    /// It is a line of prose that has the look of a field: if there is no such field, it is narrative.
    pub is_loose: bool,
}

impl Key {
    pub(super) fn new(text: impl Into<String>, place: Place) -> Self {
        Self { text: text.into(), place, is_loose: false }
    }
}

impl Node {
    pub(super) fn plain(text: impl Into<String>, place: Place) -> Self {
        Self { place, value: Kind::Text { text: text.into(), spelled: Spelled::Plain } }
    }

    /// A quoted text: `secret:NAME` is a secret, `secret::x` the text `secret:x`.
    pub(super) fn quoted(text: &str, place: Place) -> Self {
        Self { place, value: secret_or(text, Spelled::Quoted) }
    }

    pub(super) fn exact(text: impl Into<String>, place: Place) -> Self {
        Self { place, value: Kind::Text { text: text.into(), spelled: Spelled::Quoted } }
    }

    /// A text that is no name of anything, but for a place that is called so.
    pub(super) fn literal(text: impl Into<String>, place: Place) -> Self {
        Self { place, value: Kind::Text { text: text.into(), spelled: Spelled::Literal } }
    }

    pub(super) fn list(items: Vec<Self>, place: Place) -> Self {
        Self { place, value: Kind::List(items) }
    }

    pub(super) fn map(fields: Vec<(Key, Self)>, place: Place) -> Self {
        Self { place, value: Kind::Map(fields) }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Kind::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// A text, or a number or truth value as it would be written.
    pub(super) fn word(&self) -> Option<String> {
        match &self.value {
            Kind::Text { text, .. } => Some(text.clone()),
            Kind::Number(number) => Some(number.to_string()),
            Kind::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    pub(super) fn fields(&self) -> Option<&[(Key, Self)]> {
        match &self.value {
            Kind::Map(fields) => Some(fields),
            _ => None,
        }
    }

    /// Without what it says of places. A secret is `secret:NAME`, a text that begins so `secret::…`.
    pub(super) fn json(&self) -> Value {
        match &self.value {
            Kind::Null => Value::Null,
            Kind::Bool(flag) => Value::Bool(*flag),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text { text, .. } => Value::String(escaped(text)),
            Kind::Secret(name) => Value::String(format!("{SECRET}{name}")),
            Kind::List(items) => Value::Array(items.iter().map(Self::json).collect()),
            Kind::Map(fields) => {
                Value::Object(fields.iter().map(|(key, node)| (key.text.clone(), node.json())).collect::<Map<_, _>>())
            }
        }
    }

    pub(super) fn describe(&self) -> &'static str {
        match &self.value {
            Kind::Null => "null",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text { .. } => "a text",
            Kind::Secret(_) => "a secret",
            Kind::List(_) => "a list",
            Kind::Map(_) => "an object",
        }
    }
}

/// What a text in a body of a plan is, where it may be a secret.
pub(super) fn secret_or(text: &str, spelled: Spelled) -> Kind {
    match text.strip_prefix(SECRET) {
        Some(rest) if rest.starts_with(':') => {
            Kind::Text { text: format!("{}{rest}", &SECRET[..SECRET.len() - 1]), spelled }
        }
        Some(name) if is_secret_name(name) => Kind::Secret(name.trim().to_owned()),
        _ => Kind::Text { text: text.to_owned(), spelled },
    }
}

fn is_secret_name(name: &str) -> bool {
    let name = name.trim();
    !name.is_empty() && name.len() <= 128 && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '"')
}

/// A text as it is in the body of a plan.
pub(super) fn escaped(text: &str) -> String {
    match text.strip_prefix(SECRET) {
        Some(rest) => format!("{SECRET}:{rest}"),
        None => text.to_owned(),
    }
}

/// The name of the secret that a text of a plan's body stands for.
pub(crate) fn secret_name(text: &str) -> Option<&str> {
    text.strip_prefix(SECRET).filter(|rest| !rest.starts_with(':'))
}
