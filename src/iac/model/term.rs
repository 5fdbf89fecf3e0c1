//! The neutral value: JSON whose texts may hold references and parameters. Printers give it a spelling.

use serde_json::{Map, Number, Value};
use smallvec::{SmallVec, smallvec};

/// Where a body says who its identity is, or what else Azure calls the resource by.
pub const PRINCIPALS: [&str; 4] =
    ["identity.principalId", "properties.principalId", "properties.clientId", "properties.customerId"];

/// A value of a planned body.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Term {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    Text(Text),
    List(Vec<Term>),
    /// In the order of the body; keys may refer to resources (`userAssignedIdentities`).
    Map(Vec<(Text, Term)>),
}

/// A text of pieces; one literal piece for plain texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(pub Pieces);

/// Nearly all texts are of one piece.
pub type Pieces = SmallVec<[Piece; 1]>;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Literal(String),
    /// The id of the planned item with this number.
    Reference(usize),
    /// The same, as the body spells it, which is not as the item does. Only where a language compares spellings.
    Spelled(usize, String),
    /// The value of the parameter with this number.
    Parameter(usize),
    /// The id of a resource that is known and not planned (templates spell it by a function).
    External(String),
    /// What a planned item says of itself besides its id: a URI or a host name.
    Output(Box<Output>),
    /// Who the identity of the planned item is, by where its body says it: `identity.principalId`.
    Principal(usize, &'static str),
}

/// What a planned item says of itself, and where its body does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub item: usize,
    /// `properties.vaultUri`.
    pub path: String,
    /// What it was when it was scanned, as the text that refers to it spells it.
    pub was: String,
}

impl Text {
    pub fn literal(text: impl Into<String>) -> Self {
        Self(smallvec![Piece::Literal(text.into())])
    }

    /// The text itself, when it is all literal.
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

impl Term {
    pub fn of(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Bool(flag),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(Text::literal(text)),
            Value::Array(items) => Self::List(items.into_iter().map(Self::of).collect()),
            Value::Object(fields) => Self::of_map(fields),
        }
    }

    pub fn of_map(fields: Map<String, Value>) -> Self {
        Self::Map(fields.into_iter().map(|(name, value)| (Text::literal(name), Self::of(value))).collect())
    }

    /// A field of a map.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(fields) => fields.iter().find(|(key, _)| key.as_literal() == Some(name)).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Takes a field out of a map.
    pub fn take(&mut self, name: &str) -> Option<Self> {
        let Self::Map(fields) = self else { return None };
        let at = fields.iter().position(|(key, _)| key.as_literal() == Some(name))?;
        Some(fields.remove(at).1)
    }

    /// Sets a field of a map, whatever was there.
    pub fn set(&mut self, name: &str, value: Self) {
        if let Self::Map(fields) = self {
            match fields.iter_mut().find(|(key, _)| key.as_literal() == Some(name)) {
                Some((_, old)) => *old = value,
                None => fields.push((Text::literal(name), value)),
            }
        }
    }

    /// Sets a field at a path, where what is above it is there.
    pub fn set_at(&mut self, path: &[Step], value: Self) {
        if let Some((Step::Field(name), above)) = path.split_last()
            && let Some(above) = self.at_mut(above)
        {
            above.set(name, value);
        }
    }

    /// What stands at a path.
    pub fn at_mut(&mut self, path: &[Step]) -> Option<&mut Self> {
        path.iter().try_fold(self, |at, step| match (step, at) {
            (Step::Field(name), Self::Map(fields)) => {
                fields.iter_mut().find(|(key, _)| key.as_literal() == Some(name)).map(|(_, value)| value)
            }
            (Step::Index(index), Self::List(items)) => items.get_mut(*index),
            _ => None,
        })
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::List(items) => items.is_empty(),
            Self::Map(fields) => fields.is_empty(),
            Self::Text(text) => text.as_literal() == Some(""),
            _ => false,
        }
    }

    /// Visits every text with its path as [`spell`] writes it, keys of maps too (`is_key`).
    pub fn texts_mut(&mut self, visit: &mut impl FnMut(&str, bool, &mut Text)) {
        self.texts_mut_below(&mut String::new(), visit);
    }

    fn texts_mut_below(&mut self, path: &mut String, visit: &mut impl FnMut(&str, bool, &mut Text)) {
        let length = path.len();
        match self {
            Self::Text(text) => visit(path, false, text),
            Self::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    spell_index(path, index);
                    item.texts_mut_below(path, visit);
                    path.truncate(length);
                }
            }
            Self::Map(fields) => {
                for (key, value) in fields {
                    spell_field(path, key.as_literal().unwrap_or_default());
                    visit(path, true, key);
                    value.texts_mut_below(path, visit);
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }

    /// Visits every text with its path as [`spell`] writes it, keys of maps too.
    pub fn paths(&self, visit: &mut impl FnMut(&str, &Text)) {
        self.paths_below(&mut String::new(), visit);
    }

    fn paths_below(&self, path: &mut String, visit: &mut impl FnMut(&str, &Text)) {
        let length = path.len();
        match self {
            Self::Text(text) => visit(path, text),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    spell_index(path, index);
                    item.paths_below(path, visit);
                    path.truncate(length);
                }
            }
            Self::Map(fields) => {
                for (key, value) in fields {
                    spell_field(path, key.as_literal().unwrap_or_default());
                    visit(path, key);
                    value.paths_below(path, visit);
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }

    /// Visits every text, keys of maps too (`is_key`).
    pub fn texts(&self, visit: &mut impl FnMut(bool, &Text)) {
        match self {
            Self::Text(text) => visit(false, text),
            Self::List(items) => items.iter().for_each(|item| item.texts(visit)),
            Self::Map(fields) => {
                for (key, value) in fields {
                    visit(true, key);
                    value.texts(visit);
                }
            }
            _ => {}
        }
    }

    /// Whether a text in it, keys apart, is as asked.
    pub fn any_text(&self, is_it: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Text(text) => text.as_literal().is_some_and(is_it),
            Self::List(items) => items.iter().any(|item| item.any_text(is_it)),
            Self::Map(fields) => fields.iter().any(|(_, value)| value.any_text(is_it)),
            _ => false,
        }
    }

    /// Whether a value in it has to be given.
    pub fn has_parameters(&self) -> bool {
        let mut is_any = false;
        self.texts(&mut |_, text| is_any |= text.0.iter().any(|piece| matches!(piece, Piece::Parameter(_))));
        is_any
    }

    /// Numbers of the parameters that it is given.
    pub fn parameters(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.texts(&mut |_, text| {
            found.extend(text.0.iter().filter_map(|piece| match piece {
                Piece::Parameter(number) => Some(*number),
                _ => None,
            }));
        });
        found
    }

    /// Gives parameters the numbers that they have in the whole plan.
    pub fn renumber_parameters(&mut self, first: usize) {
        let of_text = |text: &mut Text| {
            for piece in &mut text.0 {
                if let Piece::Parameter(number) = piece {
                    *number += first;
                }
            }
        };
        match self {
            Self::Text(text) => of_text(text),
            Self::List(items) => items.iter_mut().for_each(|item| item.renumber_parameters(first)),
            Self::Map(fields) => {
                for (key, value) in fields {
                    of_text(key);
                    value.renumber_parameters(first);
                }
            }
            _ => {}
        }
    }
}

/// One step of a path into a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Field(String),
    Index(usize),
}

/// `properties.subnets[0].id`.
pub fn spell(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Field(name) => spell_field(&mut out, name),
            Step::Index(index) => spell_index(&mut out, *index),
        }
    }
    out
}

/// Whether a path is another one or below it.
pub fn is_within(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn spell_field(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

fn spell_index(path: &mut String, index: usize) {
    path.extend(["[", &index.to_string(), "]"]);
}
