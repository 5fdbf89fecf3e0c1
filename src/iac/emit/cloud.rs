//! Host names of Azure's public cloud as `environment()` says them, so that the code works in every cloud.
//!
//! The hosts are those that the linter's rule `no-hardcoded-env-urls` refuses; the functions are the same in Bicep and in
//! ARM templates.

use std::sync::LazyLock;

use regex::Regex;

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'t> {
    Literal(&'t str),
    /// A call of `environment()`.
    Code(&'static str),
}

/// What is written for a text of the public cloud, the longest first where one contains another. Source:
/// `../shared/bicep.md`, and <https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-deployment#environment>
/// for the values.
const HOSTS: [(&str, &str); 21] = [
    ("https://login.microsoftonline.com/", "environment().authentication.loginEndpoint"),
    ("login.microsoftonline.com", "split(environment().authentication.loginEndpoint, '/')[2]"),
    ("https://management.core.windows.net/", "environment().authentication.audiences[0]"),
    ("management.core.windows.net", "split(environment().authentication.audiences[0], '/')[2]"),
    ("https://batch.core.windows.net/", "environment().batch"),
    ("batch.core.windows.net", "split(environment().batch, '/')[2]"),
    ("https://management.azure.com/", "environment().resourceManager"),
    ("management.azure.com", "split(environment().resourceManager, '/')[2]"),
    ("https://gallery.azure.com/", "environment().gallery"),
    ("gallery.azure.com", "split(environment().gallery, '/')[2]"),
    ("https://graph.windows.net/", "environment().graph"),
    ("graph.windows.net", "split(environment().graph, '/')[2]"),
    ("https://datalake.azure.net/", "environment().activeDirectoryDataLake"),
    ("datalake.azure.net", "split(environment().activeDirectoryDataLake, '/')[2]"),
    (".database.windows.net", "environment().suffixes.sqlServerHostname"),
    ("database.windows.net", "substring(environment().suffixes.sqlServerHostname, 1)"),
    (".vault.azure.net", "environment().suffixes.keyvaultDns"),
    ("vault.azure.net", "substring(environment().suffixes.keyvaultDns, 1)"),
    ("core.windows.net", "environment().suffixes.storage"),
    ("azuredatalakestore.net", "environment().suffixes.azureDatalakeStoreFileSystem"),
    ("azuredatalakeanalytics.net", "environment().suffixes.azureDatalakeAnalyticsCatalogAndJob"),
];

/// The text with its hosts called; `None`: it has none.
pub fn parts(text: &str) -> Option<Vec<Part<'_>>> {
    if !mentions(text) {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let (mut parts, mut done, mut at) = (Vec::new(), 0, 0);
    while at < lower.len() {
        let found =
            HOSTS.iter().find(|(host, _)| lower[at..].starts_with(host) && is_whole(&lower, at, at + host.len()));
        let Some((host, code)) = found else {
            at += lower[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if done < at {
            parts.push(Part::Literal(&text[done..at]));
        }
        parts.push(Part::Code(code));
        at += host.len();
        done = at;
    }
    if parts.is_empty() {
        return None;
    }
    if done < text.len() {
        parts.push(Part::Literal(&text[done..]));
    }
    Some(parts)
}

/// What every host has in it.
static IN_HOSTS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)windows\.net|azure\.net|azure\.com|datalake|microsoftonline\.com").ok());

/// Whether a text may have a host: most have none.
pub fn mentions(text: &str) -> bool {
    text.len() > 12 && IN_HOSTS.as_ref().is_none_or(|hosts| hosts.is_match(text))
}

/// Whether no letter and no digit stands before or behind what is found, and it is not the host of the schemas.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let before = &text[..start];
    // What begins with a dot or ends with a slash has its bounds there.
    let is_bound = |c: char| !c.is_alphanumeric();
    let begins = text[start..end].starts_with(is_bound) || !is_word(before.chars().next_back());
    let ends = text[start..end].ends_with(is_bound) || !is_word(text[end..].chars().next());
    begins && ends && !before.ends_with("schema.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> String {
        let parts = parts(text).unwrap_or_else(|| vec![Part::Literal(text)]);
        let one = |part: &Part<'_>| match part {
            Part::Literal(text) => (*text).to_owned(),
            Part::Code(code) => format!("${{{code}}}"),
        };
        parts.iter().map(one).collect()
    }

    #[test]
    fn suffixes_come_from_the_environment() {
        for (text, expected) in [
            ("privatelink.blob.core.windows.net", "privatelink.blob.${environment().suffixes.storage}"),
            ("privatelink.database.windows.net", "privatelink${environment().suffixes.sqlServerHostname}"),
            ("https://kv.vault.azure.net/keys/a", "https://kv${environment().suffixes.keyvaultDns}/keys/a"),
            ("https://vault.azure.net", "https://${substring(environment().suffixes.keyvaultDns, 1)}"),
            ("https://management.azure.com/subscriptions/x", "${environment().resourceManager}subscriptions/x"),
            (
                "https://management.core.windows.net",
                "https://${split(environment().authentication.audiences[0], '/')[2]}",
            ),
            ("https://LOGIN.microsoftonline.com/", "${environment().authentication.loginEndpoint}"),
        ] {
            assert_eq!(spelled(text), expected);
        }
    }

    #[test]
    fn other_hosts_and_parts_of_words_stay() {
        for text in [
            "app.azurewebsites.net",
            "x.servicebus.windows.net",
            "https://schema.management.azure.com/schemas/2019",
            "mycore.windows.network",
            "xcore.windows.net",
            "vault.azure.nets",
        ] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
