//! What the Bicep compiler and its linter would say of a printed file, as far as its text tells: names, keys, numbers,
//! hosts, names of administrators, symbols without use, and lines that the formatter would break.
//!
//! Works on what was printed, where a declaration begins its line and each property has one. The rules are those of the
//! compiler 0.49.2; types are looked at elsewhere.

use std::collections::{BTreeMap, HashMap};

use crate::iac::{emit::cloud, model::reserved::is_bicep_symbol};

/// Characters of an identifier, and columns of a line that the formatter leaves alone.
const IDENTIFIER: usize = 255;
const WIDTH: usize = 120;

/// What is wrong with a file, a line each.
pub fn findings(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut declared: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (at, line) in text.lines().enumerate() {
        let mut say = |what: String| found.push(format!("{name}:{}: {what}", at + 1));
        let mut words = line.split(' ');
        if let (Some(kind @ ("param" | "var" | "resource" | "module")), Some(symbol)) = (words.next(), words.next()) {
            if kind != "module"
                && is_bicep_symbol(symbol)
                && !matches!(symbol, "location" | "tags")
                && !symbol.starts_with("tags")
            {
                say(format!("`{symbol}` is a word of the language"));
            }
            if symbol.len() > IDENTIFIER {
                say(format!("a symbol of {} characters, more than {IDENTIFIER}", symbol.len()));
            }
            if kind == "resource" && symbol.ends_with("_resource") {
                say(format!("`{symbol}` ends in `_resource`"));
            }
            if kind == "param" || kind == "var" || line.contains(" existing = ") {
                declared.insert(symbol, (at + 1, kind));
            }
            if kind != "param" && kind != "var" {
                continue;
            }
        }
        of_line(line, &mut say);
    }
    if !name.ends_with(".bicepparam") {
        let uses = uses(text, declared.keys().copied());
        for (symbol, (line, kind)) in declared {
            if uses.get(symbol).is_none_or(|count| *count < 2) {
                found.push(format!("{name}:{line}: the {kind} `{symbol}` is not used"));
            }
        }
    }
    found
}

fn of_line(line: &str, say: &mut impl FnMut(String)) {
    let trimmed = line.trim_start();
    if let Some(rest) = trimmed.strip_prefix('\'')
        && let Some((key, _)) = rest.split_once("': ")
        && is_plain_key(key)
    {
        say(format!("the key `{key}` needs no quotes"));
    }
    if let Some((key, value)) = trimmed.split_once(": ") {
        if key.len() > IDENTIFIER && !key.starts_with('\'') {
            say(format!("a key of {} characters without quotes, more than {IDENTIFIER}", key.len()));
        }
        if key.eq_ignore_ascii_case("adminUsername") && value.starts_with('\'') && !value.contains("${") {
            say("the name of an administrator is a literal".to_owned());
        }
    }
    if let Some((_, rest)) = line.split_once("json('")
        && let Some((number, _)) = rest.split_once('\'')
        && number.strip_prefix('-').unwrap_or(number).bytes().all(|byte| byte.is_ascii_digit())
        && !number.is_empty()
        && number.parse::<i64>().is_err()
    {
        say(format!("the number {number} has more than 64 bits"));
    }
    if line.contains('\'') && (line.contains(".net") || line.contains(".com")) && cloud::parts(line).is_some() {
        say("a host of one cloud is a literal".to_owned());
    }
    if line.len() > WIDTH && line.chars().count() > WIDTH && is_breakable(line) {
        say(format!("a call reaches past column {WIDTH}"));
    }
}

/// Whether a key is an identifier that needs no quotes.
fn is_plain_key(key: &str) -> bool {
    let is_start = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    is_start
        && key.len() <= IDENTIFIER
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !["null", "true", "false"].contains(&key)
}

/// Whether a call with two or more arguments begins outside of a string.
fn is_breakable(line: &str) -> bool {
    let (mut is_in_string, mut is_escaped, mut depth) = (false, false, 0_usize);
    let mut before = ' ';
    for c in line.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_in_string => is_escaped = true,
            '\'' => is_in_string = !is_in_string,
            _ if is_in_string => {}
            '(' if before.is_ascii_alphanumeric() => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth > 0 => return true,
            _ => {}
        }
        before = c;
    }
    false
}

/// How often each of some symbols stands in a text.
fn uses<'s>(text: &str, symbols: impl Iterator<Item = &'s str>) -> HashMap<&'s str, usize> {
    let mut found: HashMap<&str, usize> = symbols.map(|symbol| (symbol, 0)).collect();
    for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
        if let Some(count) = found.get_mut(word) {
            *count += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &[&str]) {
        let found = findings("f.bicep", line);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found} {expected}");
        }
    }

    #[test]
    fn names_and_keys_are_looked_at() {
        check("resource az 'A.B/c@2020-01-01' = {", &["word of the language"]);
        check("resource null_resource 'A.B/c@2020-01-01' = {", &["_resource"]);
        check("  'name': 1", &["needs no quotes"]);
        check("  'cost-center': 1", &[]);
        check(&format!("  {}: 1", "k".repeat(300)), &["without quotes"]);
        check("  adminUsername: 'boss'", &["administrator"]);
        check("  adminUsername: vmAdminUsername", &[]);
    }

    #[test]
    fn numbers_hosts_and_long_lines_are_looked_at() {
        check("  a: json('18446744073709551615')", &["64 bits"]);
        check("  a: json('18446744073709551615.0')", &[]);
        check("  a: 'https://x.vault.azure.net'", &["host of one cloud"]);
        check("  a: 'https://x${environment().suffixes.keyvaultDns}'", &[]);
        check(&format!("  a: resourceId('{}', 'x')", "y".repeat(120)), &["past column"]);
        check(&format!("  a: '{}${{f(1, 2)}}'", "y".repeat(120)), &[]);
    }

    #[test]
    fn symbols_without_use_are_found() {
        check("param x string\n\nvar y = x\n", &["`y` is not used"]);
        check("resource z 'A.B/c@2020-01-01' existing = {\n  name: 'z1'\n}\n", &["`z` is not used"]);
    }
}
