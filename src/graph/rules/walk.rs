//! Every mention of an ARM id in a body: values, keys of maps, ids inside longer strings.

use std::fmt::Write;

use serde_json::Value;

use crate::arm;

/// Deepest nesting that is walked; JSON of Azure stays far below.
const DEPTH: usize = 100;
/// `subscriptions/x`.
const SHORTEST: usize = 15;
const WORD: &[u8] = b"/subscriptions/";
/// Texts up to this are searched as they are.
const SHORT: usize = 64;
/// Longest path that is kept.
const PATH: usize = 512;

/// An id, and the path it was read from (`properties.subnets[0].id`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub path: String,
    pub id: String,
}

/// What a body mentions, in document order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mentioned {
    pub mentions: Vec<Mention>,
    /// Path and name of the key vaults whose addresses stand in it.
    pub vaults: Vec<(String, String)>,
}

pub(super) fn mentioned(body: &Value) -> Mentioned {
    let mut found = Mentioned::default();
    walk(body, &mut String::new(), 0, &mut found);
    found
}

/// Every mention of an id, in document order.
pub(crate) fn mentions(body: &Value) -> Vec<Mention> {
    mentioned(body).mentions
}

fn walk(value: &Value, path: &mut String, depth: usize, found: &mut Mentioned) {
    if depth > DEPTH || path.len() > PATH {
        return;
    }
    let length = path.len();
    match value {
        Value::String(text) if may_hold_id(text) => {
            ids_in(text, &mut |id| found.mentions.push(Mention { path: path.clone(), id: id.to_owned() }));
            found.vaults.extend(vault_of(text).map(|name| (path.clone(), name)));
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate().filter(|(_, item)| is_worth(item)) {
                // Writing to a string never fails.
                let _ = write!(path, "[{at}]");
                walk(item, path, depth + 1, found);
                path.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if may_hold_id(name) && arm::looks_like_id(name) {
                    found.mentions.push(Mention { path: path.clone(), id: name.trim().to_owned() });
                }
                if !is_worth(field) {
                    continue;
                }
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                walk(field, path, depth + 1, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// Whether anything in a value can be an id.
fn is_worth(value: &Value) -> bool {
    match value {
        Value::String(text) => may_hold_id(text),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    }
}

/// Every id in a body, without the paths.
pub(crate) fn each_id(body: &Value, visit: &mut dyn FnMut(&str)) {
    ids_below(body, 0, visit);
}

fn ids_below(value: &Value, depth: usize, visit: &mut dyn FnMut(&str)) {
    if depth > DEPTH {
        return;
    }
    match value {
        Value::String(text) if may_hold_id(text) => ids_in(text, visit),
        Value::Array(items) => items.iter().for_each(|item| ids_below(item, depth + 1, visit)),
        Value::Object(fields) => {
            for (name, field) in fields {
                if may_hold_id(name) && arm::looks_like_id(name) {
                    visit(name.trim());
                }
                ids_below(field, depth + 1, visit);
            }
        }
        _ => {}
    }
}

/// A cheap look before the thorough one: most texts are short, or have no slash.
fn may_hold_id(text: &str) -> bool {
    text.len() >= SHORTEST && text.as_bytes().contains(&b'/')
}

fn ids_in(text: &str, push: &mut dyn FnMut(&str)) {
    if arm::looks_like_id(text) && !text.trim().contains(['?', ';', '"', '\n']) {
        push(text.trim());
        return;
    }
    if text.len() > SHORT && !text.as_bytes().windows(WORD.len()).any(|part| part.eq_ignore_ascii_case(WORD)) {
        return;
    }
    let lower = text.to_ascii_lowercase();
    for (at, _) in lower.match_indices("/subscriptions/") {
        let rest = &text[at..];
        let end = rest.find(|c: char| c.is_whitespace() || "\"'`;,?&#<>|\\)]}".contains(c)).unwrap_or(rest.len());
        let id = rest[..end].trim_end_matches(['.', ':', '/']);
        if arm::looks_like_id(id) {
            push(id);
        }
    }
}

/// `https://name.vault.azure.net/keys/k`; other clouds have other ends.
fn vault_of(text: &str) -> Option<String> {
    let host = text.strip_prefix("https://")?.split('/').next()?;
    host.split_once(".vault.").map(|(name, _)| name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_keys_and_ids_inside_longer_strings_are_found() {
        let body = json!({
            "a": {"id": "/subscriptions/s/resourceGroups/g"},
            "m": {"/subscriptions/s/resourceGroups/g/providers/N.X/t/n": {}},
            "u": ["https://management.azure.com/subscriptions/s/resourceGroups/h?api-version=1"],
            "n": "none, subscriptions here",
        });
        let found: Vec<(String, String)> =
            mentions(&body).into_iter().map(|mention| (mention.path, mention.id)).collect();
        let expected = [
            ("a.id", "/subscriptions/s/resourceGroups/g"),
            ("m", "/subscriptions/s/resourceGroups/g/providers/N.X/t/n"),
            ("u[0]", "/subscriptions/s/resourceGroups/h"),
        ];
        assert_eq!(found, expected.map(|(path, id)| (path.to_owned(), id.to_owned())));
    }
}
