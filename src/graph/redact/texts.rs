//! Secrets within a text: where they are, so that the rest of the text stays as people wrote it.
//!
//! XML and JSON in texts are read as what they are: attributes and elements that are called secrets, and texts of JSON
//! by the rules for bodies. Of the address of a request the fields of its query are looked at. What is secret by its look
//! and cannot be told from the rest is secret as a whole.

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Match, Regex};
use serde_json::Value;

use super::{
    names::{Class, Names, is_no_secret},
    shapes::is_secret_value,
    slots::visit,
};

/// What of a text is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Nothing,
    All,
    /// These parts, in their order; none is empty and none overlaps another.
    Parts(Vec<Range<usize>>),
}

/// Shorter texts hold no document with a secret in it.
const LEAST: usize = 16;

/// The secrets in a text that its place does not call one.
pub(crate) fn secrets_in(text: &str, names: &Names) -> Found {
    if text.len() < LEAST {
        return Found::Nothing;
    }
    let start = text.trim_start().as_bytes().first();
    let mut parts = match start {
        Some(b'<') => in_xml(text, names),
        Some(b'{' | b'[') => in_json(text, names),
        _ if text.contains("://") && text.contains('?') && !text.trim().contains(char::is_whitespace) => {
            in_query(text, names)
        }
        _ => Vec::new(),
    };
    if parts.is_empty() {
        return if is_secret_value(text) { Found::All } else { Found::Nothing };
    }
    parts.sort_unstable_by_key(|part| (part.start, part.end));
    parts.dedup_by(|later, kept| {
        let overlaps = later.start < kept.end;
        if overlaps {
            kept.end = kept.end.max(later.end);
        }
        overlaps
    });
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for part in &parts {
        rest.push_str(&text[at..part.start]);
        // `password=""` is the place of a secret and none.
        rest.truncate(rest.trim_end_matches(['"', '\'', '=', ' ']).len());
        at = part.end;
    }
    rest.push_str(&text[at..]);
    if is_secret_value(&rest) { Found::All } else { Found::Parts(parts) }
}

fn matcher(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

static ATTRIBUTE: LazyLock<Option<Regex>> =
    LazyLock::new(|| matcher(r#"([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')"#));
static ELEMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| matcher(r"<([A-Za-z_][\w.:-]*)(?:\s[^<>]*)?>(?:\s*<!\[CDATA\[((?s:.)*?)\]\]>\s*|([^<>]+))</"));
static NAMED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    matcher(concat!(
        r#"(?s)<([\w.:-]+)\s[^<>]*?(?:name|key)\s*=\s*(?:"([^"]*)"|'([^']*)')[^<>]*>\s*(?:<value>)?"#,
        r"(?:\s*<!\[CDATA\[(.*?)\]\]>\s*|([^<>]+))</"
    ))
});
static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| matcher(r"<[A-Za-z_][^<>]*>"));

/// Attributes and elements of XML that are called secrets, by their own name or by the one beside a value.
fn in_xml(text: &str, names: &Names) -> Vec<Range<usize>> {
    let is_secret = |name: &str| names.class(name).is(Class::SECRET);
    let each = |rule: &'static LazyLock<Option<Regex>>| rule.iter().flat_map(|rule| rule.captures_iter(text));
    let mut values: Vec<Match<'_>> = Vec::new();
    for found in each(&ATTRIBUTE).chain(each(&ELEMENT)) {
        let is_it = found.get(1).is_some_and(|name| is_secret(name.as_str()));
        values.extend(value_of(&found, 2).filter(|_| is_it));
    }
    for found in each(&NAMED) {
        let name = value_of(&found, 2).map(|name| name.as_str()).unwrap_or_default();
        let is_query = || found[1] == *"set-query-parameter" && names.class(name).is(Class::QUERY);
        values.extend(value_of(&found, 4).filter(|_| is_secret(name) || is_query()));
    }
    // `<add key="…" value="…">`, in any order.
    let attributes: Vec<_> = each(&ATTRIBUTE).collect();
    for tag in each(&TAG).filter_map(|tag| tag.get(0)) {
        let start = attributes.partition_point(|found| found.get(0).is_none_or(|whole| whole.start() < tag.start()));
        let is_inside = |found: &&Captures<'_>| found.get(0).is_some_and(|whole| whole.end() <= tag.end());
        let own = || attributes[start..].iter().take_while(is_inside);
        let is_called = |found: &Captures<'_>| {
            matches!(&found[1], "name" | "key") && value_of(found, 2).is_some_and(|name| is_secret(name.as_str()))
        };
        if own().any(is_called) {
            values.extend(own().filter(|found| found[1] == *"value").filter_map(|found| value_of(found, 2)));
        }
    }
    values.into_iter().filter_map(secret_part).collect()
}

/// What stands in one of two spellings: groups that follow each other.
fn value_of<'t>(found: &Captures<'t>, group: usize) -> Option<Match<'t>> {
    found.get(group).or_else(|| found.get(group + 1))
}

/// Where in a value its secret is; what an expression of a policy makes is no text.
fn secret_part(value: Match<'_>) -> Option<Range<usize>> {
    let plain = value.as_str().trim();
    let is_it = !plain.is_empty() && !plain.starts_with("@(") && !is_no_secret(plain);
    let start = value.start() + value.as_str().find(plain)?;
    is_it.then(|| start..start + plain.len())
}

/// Texts of JSON that the rules for bodies call secrets, or that look so.
fn in_json(text: &str, names: &Names) -> Vec<Range<usize>> {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let mut secrets = Vec::new();
    visit(&value, None, names, &mut |slot| {
        if !slot.text.is_empty() && (slot.is_secret || secrets_in(slot.text, names) != Found::Nothing) {
            secrets.push(serde_json::Value::from(slot.text).to_string());
        }
    });
    secrets.sort_unstable();
    secrets.dedup();
    let mut parts = Vec::new();
    for secret in secrets {
        let (length, before) = (secret.len() - 2, parts.len());
        parts.extend(text.match_indices(&secret).map(|(at, _)| at + 1..at + 1 + length));
        if parts.len() == before {
            // Written with other escapes than ours: where, is not known.
            return std::iter::once(0..text.len()).collect();
        }
    }
    parts
}

/// The values of a query's fields that carry credentials.
fn in_query(text: &str, names: &Names) -> Vec<Range<usize>> {
    let Some(start) = text.find('?') else { return Vec::new() };
    let mut parts = Vec::new();
    let mut at = start + 1;
    for field in text[start + 1..].split('&') {
        if let Some((name, value)) = field.split_once('=') {
            let class = names.class(name);
            let begin = at + name.len() + 1;
            let value = value.split('#').next().unwrap_or_default();
            if (class.is(Class::SECRET) || class.is(Class::QUERY)) && !value.is_empty() && !is_no_secret(value) {
                parts.push(begin..begin + value.len());
            }
        }
        at += field.len() + 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with each secret replaced.
    fn masked(text: &str) -> String {
        match secrets_in(text, &Names::default()) {
            Found::Nothing => text.to_owned(),
            Found::All => "***".to_owned(),
            Found::Parts(parts) => {
                let mut out = text.to_owned();
                for part in parts.into_iter().rev() {
                    out.replace_range(part, "***");
                }
                out
            }
        }
    }

    #[test]
    fn of_a_policy_only_the_password_and_the_key_of_a_header_are_secrets() {
        let policy = "<policies><inbound><set-variable name=\"x\" value=\"@(context.Request.Headers.GetValueOrDefault(&quot;a&quot;))\" />\
            <set-header name=\"x-functions-key\" exists-action=\"override\"><value>kJ8s0dF7aPq2Lm4N</value></set-header>\
            <set-header name=\"Authorization\"><value>{{alpha}}</value></set-header>\
            <authentication-basic username=\"u\" password=\"Tr0ub4dor-and-3\" /></inbound></policies>";
        let expected = policy.replace("kJ8s0dF7aPq2Lm4N", "***").replace("Tr0ub4dor-and-3", "***");
        assert_eq!(masked(policy), expected);
        let settings =
            r#"<appSettings><add key="DB_PASSWORD" value="opaque" /><add key="MODE" value="x" /></appSettings>"#;
        assert_eq!(masked(settings), settings.replace("opaque", "***"));
    }

    #[test]
    fn json_in_a_text_is_read_as_a_body() {
        let text = r#"{"user": "u", "password": "op\"aque", "rest": [1.0, {"a": "b"}]}"#;
        assert_eq!(masked(text), r#"{"user": "u", "password": "***", "rest": [1.0, {"a": "b"}]}"#);
        let plain = r#"{"properties": {"password": {"type": "string"}}}"#;
        assert_eq!(masked(plain), plain);
        let escaped = r#"{"user": "u", "password": "op\u0026aque"}"#;
        assert_eq!(masked(escaped), "***", "its place is not known");
        let address = r#"{"uri": "https://f.azurewebsites.net/api/run?code=Zm9vYmFy"}"#;
        assert_eq!(masked(address), r#"{"uri": "***"}"#);
    }

    #[test]
    fn secrets_of_xml_are_found_in_any_order_and_within_marks() {
        for text in [
            r#"<set-query-parameter name="code" exists-action="override"><value>opaque</value></set-query-parameter>"#,
            r#"<add value="opaque" key="DB_PASSWORD" />"#,
            r#"<add key="DB_PASSWORD" kind="x" value='opaque' />"#,
            "<password><![CDATA[opaque]]></password>",
            r#"<set-header name="Authorization"><value><![CDATA[opaque]]></value></set-header>"#,
        ] {
            assert_eq!(masked(text), text.replace("opaque", "***"));
        }
        let plain = r#"<set-header name="code"><value>opaque</value></set-header>"#;
        assert_eq!(masked(plain), plain);
    }

    #[test]
    fn of_an_address_the_credentials_of_the_query_are_secrets() {
        assert_eq!(
            masked("https://f.azurewebsites.net/api/run?code=Zm9vYmFy&clientId=default"),
            "https://f.azurewebsites.net/api/run?code=***&clientId=default"
        );
        let plain = "https://example.org/search?page=2&code=@{variables('c')}";
        assert_eq!(masked("https://example.org/search?page=2"), "https://example.org/search?page=2");
        assert_eq!(masked(plain), plain);
    }

    #[test]
    fn what_cannot_be_parted_is_secret_as_a_whole() {
        assert_eq!(masked("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abcdefgh"), "***");
        assert_eq!(masked("<a password=\"x\">Endpoint=sb://x/;SharedAccessKey=abcdefgh</a>"), "***");
    }
}
