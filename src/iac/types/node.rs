//! One node of the table: a kind of value, with what Azure publishes of it.

use std::{collections::BTreeMap, sync::OnceLock};

use regex::Regex;
use serde_json::Value;

/// What a value is that holds no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    Text,
    Number,
    Bool,
    Any,
}

/// A node; numbers are those of other nodes of the same namespace.
#[derive(Debug)]
pub(super) enum Node {
    Leaf(Leaf),
    /// A text with a length between bounds, of a pattern, or a secret.
    Text(TextRule),
    /// A number, with its least and its greatest value.
    Bounded(Option<f64>, Option<f64>),
    /// A text of a list of words; an open list takes other texts too.
    Enum {
        words: Vec<String>,
        is_open: bool,
    },
    List(u32),
    Object {
        fields: BTreeMap<String, Field>,
        more: Option<u32>,
        cases: Option<Cases>,
        /// Names of the fields that a PUT must have.
        required: Box<[String]>,
        /// Whether all of it is a secret.
        is_secret: bool,
        /// Names of the fields that are secrets, once somebody asked.
        secrets: OnceLock<Box<[String]>>,
    },
}

/// What a text has to be. The pattern is JavaScript's, not anchored.
#[derive(Debug, Default)]
pub(super) struct TextRule {
    pub least: Option<u32>,
    pub most: Option<u32>,
    pub pattern: Option<String>,
    pub is_secret: bool,
    /// The pattern, read once it is asked for.
    rule: OnceLock<Option<Regex>>,
}

impl TextRule {
    fn read(facts: &Value) -> Self {
        Self {
            least: facts.get("min").and_then(number),
            most: facts.get("max").and_then(number),
            pattern: facts.get("pattern").and_then(Value::as_str).map(str::to_owned),
            is_secret: facts.get("secret").is_some(),
            rule: OnceLock::new(),
        }
    }

    fn rule(&self) -> Option<&Regex> {
        let pattern = self.pattern.as_ref()?;
        self.rule.get_or_init(|| Regex::new(&without_look_ahead(pattern)).ok()).as_ref()
    }

    /// Whether a text keeps the rule. A pattern that this program cannot read refuses nothing.
    pub(super) fn takes(&self, text: &str) -> bool {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        self.least.is_none_or(|least| length >= least)
            && self.most.is_none_or(|most| length <= most)
            && self.rule().is_none_or(|rule| rule.is_match(text))
    }
}

/// Patterns may begin with a look-ahead that bounds the whole length, `^(?=.{2,60}$)`, which this program's patterns do not
/// have: without it the rest is held against the text all the same.
fn without_look_ahead(pattern: &str) -> String {
    match pattern.strip_prefix("^(?=.{").and_then(|rest| rest.split_once("$)")) {
        Some((_, rest)) => format!("^{rest}"),
        None => pattern.to_owned(),
    }
}

/// A property of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub node: u32,
    flags: u8,
}

impl Field {
    pub(super) const fn is_required(self) -> bool {
        self.flags & 1 != 0
    }

    pub(super) const fn is_read_only(self) -> bool {
        self.flags & 2 != 0
    }

    /// Whether no GET tells it.
    pub(super) const fn is_write_only(self) -> bool {
        self.flags & 4 != 0
    }
}

/// Objects that a property tells apart.
#[derive(Debug)]
pub(super) struct Cases {
    /// The name of that property.
    pub by: String,
    /// By its value.
    pub nodes: BTreeMap<String, u32>,
}

impl Cases {
    /// The case of a value, in another case where there is none of the very spelling.
    pub(super) fn find(&self, value: &str) -> Option<(&str, u32)> {
        let exact = self.nodes.get_key_value(value);
        let found = exact.or_else(|| self.nodes.iter().find(|(name, _)| name.eq_ignore_ascii_case(value)));
        found.map(|(name, node)| (name.as_str(), *node))
    }
}

impl Node {
    /// From the table's JSON; `None` where it has not the form that `packaging/azure-types/make` tells.
    pub(super) fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(kind) => Some(Self::Leaf(match kind.as_str() {
                "s" => Leaf::Text,
                "n" => Leaf::Number,
                "b" => Leaf::Bool,
                "*" => Leaf::Any,
                _ => return None,
            })),
            Value::Array(words) => Some(Self::Enum { words: texts(words), is_open: false }),
            Value::Object(node) => {
                if let Some(facts) = node.get("s") {
                    return Some(Self::Text(TextRule::read(facts)));
                }
                if let Some(words) = node.get("e") {
                    return Some(Self::Enum { words: texts(words.as_array()?), is_open: true });
                }
                if let Some(bounds) = node.get("n") {
                    return Some(Self::Bounded(bounds[0].as_f64(), bounds[1].as_f64()));
                }
                if let Some(item) = node.get("a") {
                    return Some(Self::List(number(item)?));
                }
                let named = |fields: &serde_json::Map<String, Value>| {
                    fields.iter().map(|(name, node)| Some((name.clone(), number(node)?))).collect::<Option<_>>()
                };
                let cases = match (node.get("d"), node.get("c")) {
                    (Some(by), Some(cases)) => {
                        Some(Cases { by: by.as_str()?.to_owned(), nodes: named(cases.as_object()?)? })
                    }
                    _ => None,
                };
                let fields = node.get("p")?.as_object()?.iter().map(|(name, field)| Some((name.clone(), read(field)?)));
                let more = node.get("m").map(number);
                let more = more.map_or(Some(None), |more| more.map(Some))?;
                Some(Self::object(fields.collect::<Option<_>>()?, more, cases, node.contains_key("x")))
            }
            _ => None,
        }
    }

    pub(super) fn object(
        fields: BTreeMap<String, Field>,
        more: Option<u32>,
        cases: Option<Cases>,
        is_secret: bool,
    ) -> Self {
        let required = fields.iter().filter(|(_, field)| field.is_required() && !field.is_read_only());
        let required = required.map(|(name, _)| name.clone()).collect();
        Self::Object { fields, more, cases, required, is_secret, secrets: OnceLock::new() }
    }

    /// The field of this very name.
    pub(super) fn field(&self, name: &str) -> Option<(&str, Field)> {
        let Self::Object { fields, .. } = self else { return None };
        fields.get_key_value(name).map(|(name, field)| (name.as_str(), *field))
    }

    /// The first field of a name in any case.
    pub(super) fn field_in_any_case(&self, name: &str) -> Option<(&str, Field)> {
        let Self::Object { fields, .. } = self else { return None };
        fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(name, field)| (name.as_str(), *field))
    }
}

fn read(field: &Value) -> Option<Field> {
    match field {
        Value::Array(pair) => {
            let flags = u8::try_from(pair.get(1)?.as_u64()?).ok()?;
            Some(Field { node: number(pair.first()?)?, flags })
        }
        node => Some(Field { node: number(node)?, flags: 0 }),
    }
}

pub(super) fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

fn texts(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
