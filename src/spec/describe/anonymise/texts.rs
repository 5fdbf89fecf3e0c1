//! One text in the place of another: what has a structure (ids, addresses, mails, URLs, GUIDs, expressions) keeps it,
//! everything else becomes a word of no meaning.

use uuid::Uuid;

use super::{names::Names, vocabulary};
use crate::arm;

impl Names {
    /// What stands for a text. `is_free`: it is anything that people write, and no word of Azure's.
    pub(super) fn text(&self, text: &str) -> String {
        let trimmed = text.trim();
        if let Some(known) = self.known(trimmed) {
            return known.to_owned();
        }
        if is_pattern(trimmed) || self.regions.contains(&arm::location_code(trimmed)) || is_type(trimmed) {
            return text.to_owned();
        }
        if arm::looks_like_id(trimmed) {
            return self.id(trimmed);
        }
        if let Some(reference) = self.reference(trimmed) {
            return reference;
        }
        if let Some(address) = self.address(trimmed) {
            return address;
        }
        if let Some(range) = self.range(trimmed) {
            return range;
        }
        if let (36, Ok(guid)) = (trimmed.len(), Uuid::try_parse(trimmed)) {
            return self.guid(guid).to_string();
        }
        if let Some((scheme, rest)) = trimmed.split_once("://")
            && scheme.chars().all(|c| c.is_ascii_alphanumeric())
        {
            return self.url(scheme, rest);
        }
        if let Some(mail) = self.mail(trimmed) {
            return mail;
        }
        if is_host(trimmed) {
            return self.host(trimmed);
        }
        if !trimmed.contains(char::is_whitespace) && trimmed.contains('/') {
            return match trimmed.split_once('/') {
                // `registry.example/image:tag`
                Some((host, rest)) if is_host(host) => self.located("", host, &format!("/{rest}")),
                _ => self.path(trimmed),
            };
        }
        self.free(trimmed)
    }

    /// A text of no meaning, with the ids that the old one holds.
    fn free(&self, text: &str) -> String {
        let ids = text.split(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}')
        });
        let ids = ids.filter(|part| arm::looks_like_id(part) && part.matches('/').count() > 3).map(|id| self.id(id));
        if !text.contains(char::is_whitespace) && text.len() <= 100 {
            return self.name(text);
        }
        let mut out = format!("text{}", self.digits("text", text, 8));
        for id in ids.take(20) {
            out.push(' ');
            out.push_str(&id);
        }
        out
    }

    /// What says where a value is: `{{name}}`, `@Microsoft.KeyVault(SecretUri=…)`.
    fn reference(&self, text: &str) -> Option<String> {
        if let Some(name) = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) {
            return Some(format!("{{{{{}}}}}", self.name(name.trim())));
        }
        let inner = text.strip_prefix("@Microsoft.KeyVault(")?.strip_suffix(')')?;
        let parts = inner.split(';').map(|part| match part.split_once('=') {
            Some((key, value)) => format!("{key}={}", self.text(value)),
            None => self.name(part),
        });
        Some(format!("@Microsoft.KeyVault({})", parts.collect::<Vec<_>>().join(";")))
    }

    /// `10.0.0.4-10.0.0.9`
    fn range(&self, text: &str) -> Option<String> {
        let (from, to) = text.split_once('-')?;
        Some(format!("{}-{}", self.address(from.trim())?, self.address(to.trim())?))
    }

    fn url(&self, scheme: &str, rest: &str) -> String {
        let (host, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
        self.located(&format!("{scheme}://"), host, path)
    }

    /// What is at a host. Microsoft's own hosts stay; what is behind them names users and groups as anywhere.
    fn located(&self, scheme: &str, host: &str, path: &str) -> String {
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
            _ => (host, None),
        };
        let host = host.rsplit('@').next().unwrap_or_default();
        let other = || if is_host(host) { self.host(host) } else { self.name(host) };
        let host = match vocabulary::suffix(host) {
            Some(".microsoft.com") => host.to_owned(),
            _ => self.address(host).unwrap_or_else(other),
        };
        let mut out = format!("{scheme}{host}");
        if let Some(port) = port {
            out.extend([":", port]);
        }
        let (path, query) = path.find(['?', '#']).map_or((path, ""), |at| path.split_at(at));
        out.push_str(&self.path(path));
        if !query.is_empty() {
            out.extend(["?x=", &self.digits("query", query, 8)]);
        }
        out
    }

    /// Words between slashes.
    fn path(&self, path: &str) -> String {
        let segments = path.split('/').map(|part| match part.to_lowercase().as_str() {
            "secrets" | "keys" | "certificates" | "blob" | "api" => part.to_owned(),
            _ if is_pattern(part) => part.to_owned(),
            _ => self.mail(part).unwrap_or_else(|| self.name(part)),
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

/// What holds no name: numbers, marks, durations, times, truth.
pub(super) fn is_pattern(text: &str) -> bool {
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let is_short = numbers.map(str::len).max().unwrap_or(0) <= 5;
    let is_time = || {
        let bytes = text.as_bytes();
        text.len() >= 10
            && bytes[4] == b'-'
            && bytes[7] == b'-'
            && text.chars().all(|c| c.is_ascii_digit() || "-:.TZ+".contains(c))
    };
    let is_duration = || {
        text.starts_with('P')
            && text.len() > 1
            && text[1..].chars().all(|c| c.is_ascii_digit() || "YMWDTHS.".contains(c))
            && text.contains(|c: char| c.is_ascii_digit())
    };
    let has_address = text.split(['-', ',', '/', ' ']).any(|part| part.parse::<std::net::IpAddr>().is_ok());
    (!text.contains(char::is_alphabetic) && is_short && !has_address)
        || is_time()
        || is_duration()
        || vocabulary::is_value(text)
}

/// A type, a namespace or an operation: `Microsoft.Web/sites`, `Microsoft.Storage`.
fn is_type(text: &str) -> bool {
    text.strip_prefix("Microsoft.").is_some_and(|rest| {
        !rest.is_empty()
            && rest.len() < 120
            && rest.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '*'))
    })
}

/// Labels with dots between them, at least one of letters.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*'))
    };
    let last = text.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    text.contains('.')
        && text.trim_end_matches('.').split('.').all(is_label)
        && last.len() > 1
        && (vocabulary::suffix(text).is_some() || last.chars().all(|c| c.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_structure_keeps_it_and_no_word_of_it() {
        let names = Names::new([3; 32]);
        for (text, begin) in [
            ("https://contoso.example/hooks/42?sig=x", "https://x"),
            ("https://graph.microsoft.com/v1.0/users/ada@contoso.com/sendMail", "https://graph.microsoft.com/"),
            ("https://contoso:contoso@login.microsoft.com/contoso?x=contoso", "https://login.microsoft.com/x"),
            ("ada@contoso.example", "u"),
            ("10.1.2.4-10.1.2.9", "10."),
            ("the contoso network", "text"),
            ("contoso.vault.azure.net", "x"),
            ("{{contoso}}", "{{x"),
            (
                "@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/contoso)",
                "@Microsoft.KeyVault(SecretUri=https://x",
            ),
        ] {
            let made = names.text(text);
            assert!(made.starts_with(begin) && !made.to_lowercase().contains("contoso"), "{text}: {made}");
            assert_eq!(made, names.text(text));
        }
        for same in ["*", "22", "80-443", "PT5M", "2024-01-31T00:00:00Z", "Microsoft.Storage", "0 0 * * *", "true"] {
            assert_eq!(names.text(same), same);
        }
        let id = "/subscriptions/5ab50000-0000-4000-8000-00000000000a/resourceGroups/contoso";
        let made = names.text(&format!("Requests of '{id}' only"));
        assert!(
            made.contains("/subscriptions/") && made.contains("/resourceGroups/x") && !made.contains("contoso"),
            "{made}"
        );
    }
}
