//! Every mention of an ARM id in a body: values, keys of maps, ids inside longer strings.

use serde_json::Value;

use crate::arm;

/// Deepest nesting that is walked; JSON of Azure stays far below.
const DEPTH: usize = 100;
/// `subscriptions/x`.
const SHORTEST: usize = 15;
/// Longest path that is kept.
const PATH: usize = 512;

/// An id, and the path it was read from (`properties.subnets[0].id`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub path: String,
    pub id: String,
}

/// In document order.
pub fn mentions(body: &Value) -> Vec<Mention> {
    let mut found = Vec::new();
    walk(body, &mut String::new(), 0, &mut found);
    found
}

fn walk(value: &Value, path: &mut String, depth: usize, found: &mut Vec<Mention>) {
    if depth > DEPTH || path.len() > PATH {
        return;
    }
    let length = path.len();
    match value {
        Value::String(text) => ids_in(text, path, found),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push('[');
                path.push_str(&at.to_string());
                path.push(']');
                walk(item, path, depth + 1, found);
                path.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if may_hold_id(name) && arm::looks_like_id(name) {
                    found.push(Mention { path: path.clone(), id: name.trim().to_owned() });
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

/// A cheap look before the thorough one: most texts are short, or have no slash.
fn may_hold_id(text: &str) -> bool {
    text.len() >= SHORTEST && text.as_bytes().contains(&b'/')
}

fn ids_in(text: &str, path: &str, found: &mut Vec<Mention>) {
    if !may_hold_id(text) {
        return;
    }
    let mut push = |id: &str| found.push(Mention { path: path.to_owned(), id: id.to_owned() });
    if arm::looks_like_id(text) && !text.trim().contains(['?', ';', '"', '\n']) {
        push(text.trim());
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

/// Names of the key vaults whose addresses stand in a body, and where.
pub(super) fn vaults(body: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    vaults_in(body, &mut String::new(), 0, &mut found);
    found
}

fn vaults_in(value: &Value, path: &mut String, depth: usize, found: &mut Vec<(String, String)>) {
    if depth > DEPTH || path.len() > PATH {
        return;
    }
    let length = path.len();
    match value {
        // `https://name.vault.azure.net/keys/k`; other clouds have other ends.
        Value::String(text) => {
            let host = text.strip_prefix("https://").and_then(|rest| rest.split('/').next());
            if let Some((name, _)) = host.and_then(|host| host.split_once(".vault.")) {
                found.push((path.clone(), name.to_lowercase()));
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push('[');
                path.push_str(&at.to_string());
                path.push(']');
                vaults_in(item, path, depth + 1, found);
                path.truncate(length);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
                vaults_in(field, path, depth + 1, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
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
