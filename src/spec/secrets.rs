//! Secrets that a text must not hold: found before it is stored, and told by their line without being repeated.

use crate::{
    graph::redact::{is_no_secret, is_secret_name, is_secret_value, is_value_field, secret_beside},
    spec::{
        finding::Findings,
        node::{Key, Kind, Node, SECRET},
        place::Place,
        words::bare,
    },
};

const REFUSED: &str = "a literal secret stands here: write secret:NAME and give its value in the request's secrets";

/// Words of permissions on secrets, which are none.
const PERMISSIONS: [&str; 10] =
    ["get", "list", "set", "delete", "all", "backup", "restore", "recover", "purge", "none"];

/// Looks through every line of a text, prose too.
pub(super) fn in_lines(text: &str, findings: &mut Findings) {
    let mut in_key = false;
    for (number, line) in text.lines().enumerate() {
        let place = Place { line: u32::try_from(number).unwrap_or(u32::MAX - 1) + 1, column: 1 };
        // A key in PEM has lines of its own; the first is told.
        let begins = line.contains("-----BEGIN") && line.contains("PRIVATE KEY");
        if begins && !in_key {
            findings.error("", place, REFUSED);
        }
        in_key = (in_key || begins) && !line.contains("-----END");
        if !begins && !in_key && (is_secret_value(line) || has_pair(line)) {
            findings.error("", place, REFUSED);
        }
    }
}

/// Looks through what a text says, by the names of its fields.
pub(super) fn in_tree(tree: &Node, findings: &mut Findings) {
    walk(tree, "", false, findings);
}

fn walk(node: &Node, path: &str, is_slot: bool, findings: &mut Findings) {
    match &node.value {
        Kind::Text { text, .. }
            if ((is_slot && !is_no_secret(text) && !text.trim().is_empty())
                || is_secret_value(text)
                || has_pair(text)) =>
        {
            findings.error(path, node.place, REFUSED);
        }
        Kind::Number(_) if is_slot => findings.error(path, node.place, REFUSED),
        Kind::List(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, &format!("{path}[{at}]"), is_slot, findings);
            }
        }
        Kind::Map(fields) => in_fields(fields, path, is_slot, findings),
        _ => {}
    }
}

fn in_fields(fields: &[(Key, Node)], path: &str, is_slot: bool, findings: &mut Findings) {
    let texts = fields.iter().filter_map(|(key, value)| Some((key.text.as_str(), value.text()?)));
    let is_pair = secret_beside(texts).is_some();
    for (key, value) in fields {
        let below = if path.is_empty() { key.text.clone() } else { format!("{path}.{}", key.text) };
        if is_secret_value(&key.text) {
            findings.error(path, key.place, REFUSED);
        }
        // Permissions on secrets are words; a list of secrets holds objects with names.
        let is_permission = path.rsplit('.').next().is_some_and(|last| bare(last) == "permissions");
        let is_named = is_secret_name(&key.text) && !is_permission && !is_about(&key.text);
        let is_value = is_pair && is_value_field(&key.text);
        let is_inner = is_slot
            && !matches!(bare(&key.text).as_str(), "name" | "id" | "identity" | "keyvaulturl" | "keyvaultsecretid");
        walk(value, &below, is_named || is_value || is_inner, findings);
    }
}

/// A column that only says which secret a thing needs.
fn is_about(key: &str) -> bool {
    bare(key) == "secrets" && key.contains(' ')
}

/// Whether a line says `password: value` or the like, in prose, code or a table.
fn has_pair(line: &str) -> bool {
    line.char_indices().filter(|(_, c)| matches!(c, ':' | '=')).take(200).any(|(at, _)| is_pair_at(line, at))
}

fn is_pair_at(line: &str, at: usize) -> bool {
    let before = line[..at].trim_end().trim_end_matches(['*', '_', '`', '"', '\'', ' ']);
    let name = before.rsplit(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).next().unwrap_or_default();
    if name.is_empty() {
        return false;
    }
    let rest = &line[at + 1..];
    if name.eq_ignore_ascii_case("secret") && !rest.starts_with([' ', '\t', '*', '"']) {
        // `secret:NAME` itself, unless it is the end of a longer name: `client secret:abc`.
        let longer = before[..before.len() - name.len()].trim_end();
        return longer.ends_with(char::is_alphanumeric) && !rest.is_empty() && !rest.starts_with("//");
    }
    if !is_secret_name(name) {
        return false;
    }
    let value = rest.trim().trim_start_matches(['*', '_', '`', '"', '\'', ' ', ':', '=']);
    let word = value
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\'' | '`' | '|' | '}' | ')'))
        .next()
        .unwrap_or_default();
    let is_reference =
        value.to_lowercase().starts_with(SECRET) || value.starts_with(['{', '[', '(', '|', '}', ']', '/', '@', '$']);
    let is_permission = PERMISSIONS.contains(&word.to_lowercase().as_str());
    !(word.is_empty()
        || is_reference
        || is_permission
        || is_no_secret(value)
        || matches!(word, "null" | "~" | "-" | "***"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(text: &str) -> Vec<u32> {
        let mut findings = Findings::default();
        in_lines(text, &mut findings);
        findings.errors().iter().map(|error| error.place.line).collect()
    }

    #[test]
    fn literal_secrets_are_found_in_prose_code_and_fields() {
        let text = "The admin password: hunter2\n- **Admin password:** `hunter2`\n\"adminPassword\": \"hunter2\"\nDB_PASS=hunter2\nclient secret:abc";
        assert_eq!(lines_of(text), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn what_stands_for_a_secret_and_what_is_about_one_is_none() {
        for text in [
            "admin password: secret:pw",
            "\"adminPassword\": \"secret:pw\"",
            "disable password authentication: true",
            "secrets: get, list",
            "password: @Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/x)",
            "## Secrets",
            "Passwords are in the vault.",
        ] {
            assert_eq!(lines_of(text), Vec::<u32>::new(), "{text}");
        }
    }

    #[test]
    fn no_error_repeats_the_secret() {
        let mut findings = Findings::default();
        let text = Node::exact("hunter2", Place { line: 4, column: 1 });
        let tree = Node::map(vec![(Key::new("adminPassword", Place { line: 4, column: 1 }), text)], Place::default());
        in_tree(&tree, &mut findings);
        assert_eq!(findings.errors().len(), 1);
        assert!(!format!("{:?}", findings.errors()).contains("hunter2"));
    }
}
