//! What looks like a secret whatever its field is called: keys, signatures, tokens, connection strings.
//!
//! Azure's own forms are known by their length and alphabet, others by what their issuers put before them. A text is
//! looked at as a whole and word by word; of what its field is called nothing is known here.

/// Whether a text looks like a secret whatever its field is called.
pub(crate) fn is_secret_value(text: &str) -> bool {
    let text = text.trim();
    if text.len() < 16 {
        return false;
    }
    if text.contains("-----BEGIN") && (text.contains("PRIVATE KEY") || text.contains("CERTIFICATE")) {
        return true;
    }
    if has_user_and_password(text) {
        return true;
    }
    const SIGNATURE: &str = "sharedaccesssignature ";
    if text.get(..SIGNATURE.len()).is_some_and(|start| start.eq_ignore_ascii_case(SIGNATURE)) {
        return true;
    }
    // What follows has a `=`; most texts have none.
    if text.contains('=') {
        let lower = text.to_ascii_lowercase();
        let is_signed = lower.contains("sig=") && (lower.contains("sv=") || lower.contains("se="));
        if is_signed || IN_STRINGS.iter().any(|part| lower.contains(part)) {
            return true;
        }
    }
    // Also as a word of a longer text: `Authorization: Bearer eyJ…`, `key=…==`.
    is_account_key(text)
        || text.split(ends_word).any(|word| {
            let value = word.split_once('=').map_or(word, |(_, value)| value);
            let is_key = |text: &str| text.len() == 88 && is_account_key(text);
            is_web_token(word) || is_web_token(value) || is_key(word) || is_key(value) || is_issued(value)
        })
}

/// What stands between the words of a text.
fn ends_word(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | ',' | ';' | ':' | '(' | ')' | '<' | '>' | '[' | ']' | '{' | '}' | '|' | '\\')
        || c.is_whitespace()
}

/// The keys of secrets in connection strings and queries.
const IN_STRINGS: [&str; 12] = [
    "accountkey=",
    "sharedaccesskey=",
    "sharedaccesssignature=",
    "accesskey=",
    "password=",
    "pwd=",
    "client_secret=",
    "clientsecret=",
    "apikey=",
    "api_key=",
    "sharedsecretvalue=",
    "authkey=",
];

/// What services put before the tokens that they issue, so that they are found.
const ISSUED: [&str; 11] =
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "sk_live_", "rk_live_", "xoxb-", "xoxp-"];

fn is_issued(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    ISSUED
        .iter()
        .any(|start| text.strip_prefix(start).is_some_and(|rest| rest.len() >= 16 && rest.chars().all(is_plain)))
}

/// `mongodb://user:password@host`.
fn has_user_and_password(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).is_some_and(|(_, word)| !word.is_empty())
    })
}

/// Three base64url parts, the first a JSON object.
fn is_web_token(text: &str) -> bool {
    let token = text.strip_prefix("Bearer ").unwrap_or(text);
    let parts: Vec<&str> = token.split('.').collect();
    parts.len() == 3
        && parts[0].starts_with("eyJ")
        && parts[..2].iter().all(|part| {
            part.len() > 8 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
        })
}

/// 32 or 64 random bytes in base64, with padding: how Azure spells account and access keys.
fn is_account_key(text: &str) -> bool {
    let (length, padding) = (text.len(), text.bytes().rev().take_while(|byte| *byte == b'=').count());
    let sized = (length == 88 && padding == 2) || (length == 44 && padding == 1);
    let body = &text[..length - padding];
    sized
        && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
        && body.bytes().any(|byte| byte.is_ascii_digit())
        && body.bytes().any(|byte| byte.is_ascii_uppercase())
        && body.bytes().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_shapes_are_seen_in_any_slot_and_plain_texts_are_not() {
        let key = format!("{}==", "aB3+".repeat(21) + "Zz");
        let secrets = [
            key.as_str(),
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abcdefgh;EndpointSuffix=core",
            "https://a.blob.core.windows.net/c?sv=2021-01-01&se=2030&sig=abc%3D",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijk",
            "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
            "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijk",
            "Endpoint=https://x.service.signalr.net;AccessKey=abcdefgh;Version=1.0;",
            "mongodb://acc:c2VjcmV0@acc.mongo.cosmos.azure.com:10255/?ssl=true",
            &format!("{{\"key\": \"{key}\"}}"),
            "deploys with ghp_0123456789abcdefABCDEF0123456789abcd",
        ];
        for text in secrets {
            assert!(is_secret_value(text), "{text}");
        }
        for text in [
            "/subscriptions/s/resourceGroups/g/providers/a/b/c",
            "00000000-0000-4000-8000-000000000001",
            "Standard_LRS",
            "https://login.microsoftonline.com/common/oauth2/v2.0/token",
            "git@github.com:contoso/shop.git or https://contoso.example:8443/a@b",
        ] {
            assert!(!is_secret_value(text), "{text}");
        }
    }
}
