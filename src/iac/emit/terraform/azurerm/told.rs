//! Read-only values that azurerm asks for all the same. They can't be sent to Azure, so they come beside the pruned
//! body; a type whose table leaves one of them unused is typed nevertheless.

use serde_json::Value;

use super::{section::Step, tables::TABLES};
use crate::iac::model::{
    body::ReadOnlyInput,
    term::{self, Term, Text},
};

/// The values of a whole body at the paths that the tables of its type call `read-only`.
pub fn told(type_name: &str, body: &Value) -> Vec<ReadOnlyInput> {
    let tables = TABLES.get(&type_name.to_ascii_lowercase());
    let mut found = Vec::new();
    for path in tables.into_iter().flatten().flat_map(|table| &table.told) {
        seek(body, &path.steps, &mut Vec::new(), &mut found);
    }
    found
}

/// Adds the values at the rest of a path; an array on the way gives one for each element.
fn seek(value: &Value, steps: &[Step], path: &mut Vec<term::Step>, found: &mut Vec<ReadOnlyInput>) {
    match (value, steps.split_first()) {
        (Value::Null, _) => {}
        (value, None) => found.push(ReadOnlyInput { path: path.clone(), value: Term::of(value.clone()) }),
        (Value::Array(items), Some(_)) => {
            for (index, item) in items.iter().enumerate() {
                path.push(term::Step::Index(index));
                seek(item, steps, path, found);
                path.pop();
            }
        }
        (Value::Object(fields), Some((Step::Field(name), rest))) => {
            if let Some((key, inner)) = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
                path.push(term::Step::Field(key.clone()));
                seek(inner, rest, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Puts a read-only value into a body that lacks it; does nothing where pruning has removed what held it.
pub(super) fn tell(body: &mut Term, path: &[term::Step], value: &Term) {
    match (body, path) {
        (Term::Map(fields), [term::Step::Field(name)])
            if !fields.iter().any(|(key, _)| key.as_literal() == Some(name)) =>
        {
            fields.push((Text::literal(name.as_str()), value.clone()));
        }
        (Term::Map(fields), [term::Step::Field(name), rest @ ..]) => {
            if let Some((_, inner)) = fields.iter_mut().find(|(key, _)| key.as_literal() == Some(name)) {
                tell(inner, rest, value);
            }
        }
        (Term::List(items), [term::Step::Index(index), rest @ ..]) => {
            if let Some(item) = items.get_mut(*index) {
                tell(item, rest, value);
            }
        }
        _ => {}
    }
}

/// Removes a read-only value from what the table has left over, so that it is no reason to refuse the type.
pub(super) fn forget(body: &mut Term, path: &[term::Step], value: &Term) {
    let at = path.iter().try_fold(body, |at, step| match (at, step) {
        (Term::Map(fields), term::Step::Field(name)) => {
            fields.iter_mut().find(|(key, _)| key.as_literal() == Some(name)).map(|(_, inner)| inner)
        }
        (Term::List(items), term::Step::Index(index)) => items.get_mut(*index),
        _ => None,
    });
    if let Some(at) = at.filter(|at| **at == *value) {
        *at = Term::Null;
    }
}
