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
        /// Objects that hold secrets and need nothing else, with the names of these, once somebody asked.
        hidden: OnceLock<Box<[(String, String)]>>,
    },
}

/// What a text has to be. The pattern is JavaScript's, not anchored.
#[derive(Debug, Default)]
pub(super) struct TextRule {
    pub least: Option<u32>,
    pub most: Option<u32>,
    pub pattern: Option<String>,
    pub is_secret: bool,
    /// The pattern, read once it is asked for: what has to match, and (`false`) what must not.
    rules: OnceLock<Box<[(Regex, bool)]>>,
}

impl TextRule {
    fn read(facts: &Value) -> Self {
        Self {
            least: facts.get("min").and_then(number),
            most: facts.get("max").and_then(number),
            pattern: facts.get("pattern").and_then(Value::as_str).map(str::to_owned),
            is_secret: facts.get("secret").is_some(),
            rules: OnceLock::new(),
        }
    }

    fn rules(&self) -> &[(Regex, bool)] {
        let Some(pattern) = &self.pattern else { return &[] };
        let read = |(part, is_wanted): (String, bool)| Some((Regex::new(&part).ok()?, is_wanted));
        self.rules.get_or_init(|| without_look_around(pattern).into_iter().filter_map(read).collect())
    }

    /// Whether a text keeps the rule. A pattern that this program cannot read refuses nothing.
    pub(super) fn takes(&self, text: &str) -> bool {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        self.least.is_none_or(|least| length >= least)
            && self.most.is_none_or(|most| length <= most)
            && self.rules().iter().all(|(rule, is_wanted)| rule.is_match(text) == *is_wanted)
    }
}

/// Patterns of the types look ahead at their beginning, `^(?=.{2,60}$)(?!-)`, and back at their end, `(?<!-)$`, which this
/// program's patterns cannot: each look is a pattern of its own, which has to match or (`false`) must not. A look from
/// within a pattern stays in it: nobody can read that part.
fn without_look_around(pattern: &str) -> Vec<(String, bool)> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    if let Some(mut after) = pattern.strip_prefix('^') {
        while let Some((look, is_wanted)) = after
            .strip_prefix("(?=")
            .map(|look| (look, true))
            .or_else(|| after.strip_prefix("(?!").map(|look| (look, false)))
        {
            let Some(end) = end_of_group(look) else { break };
            parts.push((format!("^(?:{})", &look[..end]), is_wanted));
            after = &look[end + 1..];
        }
        rest = after;
    }
    let begin = if pattern.starts_with('^') { "^" } else { "" };
    if let Some((before, look)) = rest.strip_suffix(")$").and_then(|rest| rest.rsplit_once("(?<!")) {
        parts.push((format!("(?:{look})$"), false));
        parts.push((format!("{begin}{before}$"), true));
    } else {
        parts.push((format!("{begin}{rest}"), true));
    }
    parts
}

/// Where the group ends that a text is the inside of.
fn end_of_group(text: &str) -> Option<usize> {
    let (mut depth, mut is_in_class, mut is_escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            ']' => is_in_class = false,
            _ if is_in_class => {}
            '[' => is_in_class = true,
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
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
        Self::Object { fields, more, cases, required, is_secret, secrets: OnceLock::new(), hidden: OnceLock::new() }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::TextRule;

    #[test]
    fn looks_ahead_and_back_of_a_pattern_are_kept() {
        let check = |pattern: &str, good: &[&str], bad: &[&str]| {
            let rule = TextRule::read(&json!({"pattern": pattern}));
            for (texts, is_taken) in [(good, true), (bad, false)] {
                for text in texts {
                    assert_eq!(rule.takes(text), is_taken, "{pattern} {text}");
                }
            }
        };
        check("^(?=.{2,6}$)[a-z]+(-[a-z]+)*$", &["ab", "ab-cd"], &["a", "abcdefg", "ab-"]);
        check("^(?![0-9]+$)(?!-)[a-z0-9-]{3,40}(?<!-)$", &["a12", "1-a"], &["123", "-ab", "ab-"]);
        check("^(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$", &["a-b"], &["a--b"]);
        check("^(?!con$|nul$)(?!.*[._)]{2,})[a-z._]+$", &["cone"], &["con", "a.._"]);
        check("^[a-z0-9]([a-z0-9]|(-(?!-))){1,61}[a-z0-9]$", &["a--b", "ab"], &[]);
    }
}
