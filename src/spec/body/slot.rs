//! Paths into a body: `properties.ipConfigurations[0].properties.subnet`.

use serde_json::{Map, Value};

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::spec) enum Step {
    Field(String),
    Index(usize),
}

pub(in crate::spec) fn steps(path: &str) -> Vec<Step> {
    let mut out = Vec::new();
    for part in path.split('.') {
        let (name, indexes) = part.split_once('[').map_or((part, ""), |(name, rest)| (name, rest));
        if !name.is_empty() {
            out.push(Step::Field(name.to_owned()));
        }
        out.extend(indexes.split(['[', ']']).filter_map(|index| index.parse().ok()).map(Step::Index));
    }
    out
}

/// What stands at a path.
pub(in crate::spec) fn get<'v>(body: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    let mut steps = steps(path).into_iter();
    let Some(Step::Field(first)) = steps.next() else { return None };
    let mut at = body.get(&first)?;
    for step in steps {
        at = match step {
            Step::Field(name) => at.get(&name)?,
            Step::Index(index) => at.get(index)?,
        };
    }
    Some(at)
}

/// Puts a value at a path, with what is missing above it. False: something else stands in the way.
pub(in crate::spec) fn set(body: &mut Map<String, Value>, path: &str, value: Value) -> bool {
    let mut steps = steps(path).into_iter();
    let Some(Step::Field(first)) = steps.next() else { return false };
    let mut at = body.entry(first).or_insert(Value::Null);
    for step in steps {
        match step {
            Step::Field(name) => {
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
                let Value::Object(fields) = at else { return false };
                at = fields.entry(name).or_insert(Value::Null);
            }
            Step::Index(index) => {
                if at.is_null() {
                    *at = Value::Array(Vec::new());
                }
                let Value::Array(items) = at else { return false };
                while items.len() <= index {
                    items.push(Value::Null);
                }
                at = &mut items[index];
            }
        }
    }
    *at = value;
    true
}

/// What stands at a path, to be changed.
pub(in crate::spec) fn get_mut<'v>(body: &'v mut Map<String, Value>, path: &str) -> Option<&'v mut Value> {
    let mut steps = steps(path).into_iter();
    let Some(Step::Field(first)) = steps.next() else { return None };
    let mut at = body.get_mut(&first)?;
    for step in steps {
        at = match step {
            Step::Field(name) => at.get_mut(&name)?,
            Step::Index(index) => at.get_mut(index)?,
        };
    }
    Some(at)
}

/// Whether a field's own name can be a step of a path.
pub(in crate::spec) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_makes_what_is_missing_and_finds_it_again() {
        let mut body = Map::new();
        assert!(set(&mut body, "properties.a[1].b", Value::from(1)));
        assert_eq!(get(&body, "properties.a[1].b"), Some(&Value::from(1)));
        assert_eq!(get(&body, "properties.a[0]"), Some(&Value::Null));
        assert!(!set(&mut body, "properties.a.c", Value::from(1)));
    }
}
