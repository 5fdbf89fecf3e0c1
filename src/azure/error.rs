//! What Azure answers when it refuses, in whatever shape it does.

use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

/// Longest message that is kept of an answer.
const MESSAGE: usize = 2_000;

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AzureError {
    #[error("no tenant {0} is configured; add a [tenants.NAME] section")]
    UnknownTenant(Uuid),
    #[error("the credential was refused: {0}")]
    Credential(String),
    #[error("the credential's token is for tenant {found}, not for {wanted}")]
    WrongTenant { found: String, wanted: Uuid },
    #[error("{0}")]
    Refused(Refusal),
    #[error("{url} could not be reached: {cause}")]
    Network { url: String, cause: String },
    #[error("an answer points to {0}, which is not the configured host; it was not followed")]
    ForeignHost(String),
    #[error("the answer of {url} can't be read: {cause}")]
    Unreadable { url: String, cause: String },
    #[error("the list at {0} does not end: it gave the same page twice, or pages without anything new")]
    EndlessList(String),
    #[error("{url} gave no answer within {seconds} s, with all repetitions")]
    Deadline { url: String, seconds: u64 },
}

/// An answer with an error status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// `AuthorizationFailed`, `NoRegisteredProviderFound`, …; empty where the answer had none.
    pub code: String,
    pub message: String,
    /// Path that was asked for, without the query.
    pub path: String,
    /// What the answer said of the wait before the next try.
    pub retry_after: Option<Duration>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} answered {} {}: {}", self.path, self.status, self.code, self.message)
    }
}

impl AzureError {
    /// Whether the same may work later: throttled out, server failures, the network.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Network { .. } => true,
            Self::Refused(refusal) => matches!(refusal.status, 408 | 429 | 500..=599),
            _ => false,
        }
    }

    /// The refusal, if Azure answered with one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// A short word for coverage rows.
    pub fn word(&self) -> String {
        match self {
            Self::Refused(refusal) if refusal.code.is_empty() => format!("http_{}", refusal.status),
            Self::Refused(refusal) => refusal.code.clone(),
            Self::UnknownTenant(_) => "unknown_tenant".to_owned(),
            Self::Credential(_) => "credentials".to_owned(),
            Self::WrongTenant { .. } => "wrong_tenant".to_owned(),
            Self::Network { .. } => "network".to_owned(),
            Self::ForeignHost(_) => "foreign_host".to_owned(),
            Self::Unreadable { .. } => "unreadable".to_owned(),
            Self::EndlessList(_) => "endless_list".to_owned(),
            Self::Deadline { .. } => "deadline".to_owned(),
        }
    }
}

impl Refusal {
    /// Reads `{"error":{code,message}}`, `{code,message}`, `{Code,Message}`, an error that is a text, HTML, or nothing.
    pub fn read(status: u16, path: &str, body: &[u8]) -> Self {
        let parsed: Option<Value> = serde_json::from_slice(body).ok();
        let (code, message) = parsed.as_ref().and_then(code_and_message).unwrap_or_else(|| {
            let text = String::from_utf8_lossy(body);
            let plain = if text.trim_start().starts_with('<') { "an HTML page" } else { text.trim() };
            (String::new(), plain.to_owned())
        });
        let message = message.chars().filter(|c| !c.is_control()).take(MESSAGE).collect();
        Self { status, code, message, path: path.to_owned(), retry_after: None }
    }

    /// Whether the api-version is what was refused.
    pub fn is_about_version(&self) -> bool {
        const CODES: [&str; 7] = [
            "NoRegisteredProviderFound",
            "InvalidApiVersionParameter",
            "InvalidResourceType",
            "UnsupportedApiVersion",
            "ApiVersionParameterNotSupported",
            "InvalidApiVersion",
            "UnsupportedResourceOperation",
        ];
        let is_named = || {
            let message = self.message.to_lowercase();
            ["api-version", "api version", "apiversion"].iter().any(|word| message.contains(word))
                && !self.named_versions().is_empty()
        };
        self.status == 400 && CODES.iter().any(|code| self.code.eq_ignore_ascii_case(code))
            || self.status == 404 && self.code.eq_ignore_ascii_case("InvalidResourceType")
            || matches!(self.status, 400 | 404) && is_named()
    }

    /// Whether it says that the thing asked for does not exist, and nothing else (a type or subscription
    /// that is unknown here is no such word).
    pub fn says_gone(&self) -> bool {
        const OTHERS: [&str; 6] = [
            "SubscriptionNotFound",
            "InvalidSubscriptionId",
            "InvalidResourceType",
            "InvalidResourceNamespace",
            "NoRegisteredProviderFound",
            "InvalidApiVersionParameter",
        ];
        self.status == 404 && !self.code.is_empty() && !OTHERS.iter().any(|code| self.code.eq_ignore_ascii_case(code))
    }

    /// Api-versions that the message names, in its order.
    pub fn named_versions(&self) -> Vec<String> {
        let is_version = |word: &str| {
            let digits: Vec<&str> = word.splitn(4, '-').collect();
            digits.len() >= 3
                && digits[0].len() == 4
                && digits[1].len() == 2
                && digits[2].len() == 2
                && digits[..3].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let words = self.message.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        words.filter(|word| is_version(word)).map(str::to_owned).collect()
    }
}

fn code_and_message(body: &Value) -> Option<(String, String)> {
    let error = ["error", "Error", "odata.error"].iter().find_map(|name| body.get(name)).unwrap_or(body);
    if let Some(text) = error.as_str() {
        let description = body.get("error_description").and_then(Value::as_str).unwrap_or_default();
        return Some((text.to_owned(), description.to_owned()));
    }
    let pick = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| error.get(name))?;
        Some(match found {
            Value::String(text) => text.clone(),
            Value::Object(text) => text.get("value")?.as_str()?.to_owned(),
            other => other.to_string(),
        })
    };
    let code = pick(["code", "Code"]);
    let message = pick(["message", "Message"]);
    (code.is_some() || message.is_some()).then(|| (code.unwrap_or_default(), message.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_an_error_is_read() {
        let cases: [(&str, &str, &str); 7] = [
            (r#"{"error":{"code":"A","message":"m"}}"#, "A", "m"),
            (r#"{"code":"A","message":"m"}"#, "A", "m"),
            (r#"{"Code":"A","Message":"m"}"#, "A", "m"),
            (r#"{"error":"invalid_client","error_description":"m"}"#, "invalid_client", "m"),
            (r#"{"error":{"code":404,"message":null}}"#, "404", "null"),
            ("<html>x</html>", "", "an HTML page"),
            ("", "", ""),
        ];
        for (body, code, message) in cases {
            let refusal = Refusal::read(400, "/p", body.as_bytes());
            assert_eq!((refusal.code.as_str(), refusal.message.as_str()), (code, message), "{body}");
        }
    }

    #[test]
    fn versions_that_an_error_names_are_found() {
        let refusal = Refusal {
            status: 400,
            code: "NoRegisteredProviderFound".into(),
            message: "The supported api-versions are '2015-05-01, 2016-01-01, 2021-09-30-preview'.".into(),
            path: String::new(),
            retry_after: None,
        };
        assert!(refusal.is_about_version());
        assert_eq!(refusal.named_versions(), ["2015-05-01", "2016-01-01", "2021-09-30-preview"]);
    }
}
