//! What is a secret, by its name and by its shape, and how a body is shown without them.
//!
//! Azure marks few secrets, so two nets are cast: names that say so (`password`, `accessKey`,
//! `connectionString`, `sasToken`, …) and values that look so (account keys, SAS signatures, JSON web
//! tokens, PEM blocks, connection strings with a key). Names that only speak *about* secrets
//! (`keyVaultId`, `secretUri`, `disablePasswordAuthentication`) are none.
//!
//! A name is a field's, or the text beside a value: `{name: "DB_PASSWORD", value: …}` is one slot that is
//! called `DB_PASSWORD`. What only points to a secret (a Key Vault reference) or switches it (`true`) is none.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Replaces a secret.
pub(crate) const REDACTED: &str = "***";

/// Endings of names, without case and separators, that say their value is a secret.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "secret",
    "secrets",
    "clientsecret",
    "secretvalue",
    "sharedkey",
    "secretkey",
    "accesskey",
    "accountkey",
    "storageaccountkey",
    "primarykey",
    "secondarykey",
    "primarymasterkey",
    "secondarymasterkey",
    "masterkey",
    "apikey",
    "privatekey",
    "connectionstring",
    "connectionstrings",
    "primaryconnectionstring",
    "secondaryconnectionstring",
    "sastoken",
    "sasurl",
    "sasuri",
    "sasdefinition",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "authkey",
    "bearertoken",
    "registrationtoken",
    "instrumentationkey",
    "passphrase",
    "protectedsettings",
    "customdata",
    "userdata",
    "sharedsecret",
    "presharedkey",
    "vpnclientrootcertificatedata",
    "certificatepassword",
    "pfxblob",
    "functionkey",
    "hostkey",
    "systemkey",
    "workflowtriggerurl",
    "encryptionkey",
    "authorizationkey",
    "integrationkey",
    "ingestionkey",
    "storagekey",
    "servicekey",
    "admincredential",
    "token",
    "signingkey",
    "licensekey",
    "activationkey",
    "adminkey",
];

/// The same for names in parts: too short to be looked for at the end of a word (`bypass`).
const LAST_PARTS: [&str; 2] = ["pwd", "pass"];

/// Fields that say what the value beside them is called, lower case.
const NAME_FIELDS: [&str; 8] =
    ["name", "key", "displayname", "keyname", "settingname", "variablename", "parametername", "headername"];

/// Whether a field's name says that its value is a secret. `path` is the name of the field alone.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    // `keyVaultSecretId`, `passwordProfileName`: they end in what they are about.
    NAMES.iter().any(|known| plain == *known || (plain.ends_with(known) && (known.len() > 5 || *known == "token")))
        || name
            .rsplit_once(['_', '-', '.', ':', ' '])
            .is_some_and(|(_, last)| LAST_PARTS.iter().any(|part| last.eq_ignore_ascii_case(part)))
}

/// What an object says that the value beside is called, where that is the name of a secret: of its
/// fields that are texts, the one that does.
pub(crate) fn secret_beside<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Option<&'t str> {
    let is_name = |field: &str| NAME_FIELDS.iter().any(|known| field.eq_ignore_ascii_case(known));
    texts.into_iter().find(|(field, text)| is_name(field) && is_secret_name(text)).map(|(_, text)| text)
}

/// Whether a field holds what the name beside it speaks of.
pub(crate) fn is_value_field(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    field.ends_with("value") || field == "values"
}

/// Whether a text in a slot that is called a secret is none: it says where the secret is, or switches it.
pub(crate) fn is_no_secret(text: &str) -> bool {
    // An automation account's variables are JSON.
    let lower = text.trim().trim_matches('"').to_ascii_lowercase();
    let is_reference = lower.strip_prefix("@microsoft.keyvault(").and_then(|rest| rest.strip_suffix(')'));
    is_reference.is_some_and(|inner| !inner.contains(['(', ')']))
        || is_vault_address(
            lower
                .strip_prefix(r#"{"uri":"#)
                .map_or(lower.as_str(), |rest| rest.trim_end_matches('}').trim().trim_matches('"')),
        )
        || matches!(lower.as_str(), "" | "true" | "false")
}

/// `https://kv.vault.azure.net/secrets/x`, lower case, and nothing beside it.
fn is_vault_address(text: &str) -> bool {
    text.strip_prefix("https://").and_then(|rest| rest.split_once('/')).is_some_and(|(host, path)| {
        host.contains(".vault.")
            && ["secrets/", "keys/", "certificates/"].iter().any(|kind| path.starts_with(kind))
            && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-".contains(&byte))
    })
}

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

/// Replaces every secret in a body.
pub(crate) fn redact(body: &mut Value) {
    // A secret of a vault is called `value`.
    let is_secret = body.get("type").and_then(Value::as_str).is_some_and(|kind| {
        kind.rsplit('/').next().is_some_and(|kind| kind.eq_ignore_ascii_case("secrets") || kind == "namedValues")
    });
    if is_secret && let Some(value) = body.pointer_mut("/properties/value").filter(|value| holds_text(value)) {
        *value = Value::String(REDACTED.to_owned());
    }
    within(body);
}

/// The key or name of a node without a secret: of a tag (`name=value`, percent-encoded) or of what a body
/// calls a principal. What is left tells two of them apart.
pub(crate) fn redacted_key(key: &str) -> Cow<'_, str> {
    if key.starts_with('/') {
        return Cow::Borrowed(key);
    }
    let plain = percent_encoding::percent_decode_str(key).decode_utf8_lossy();
    let told = || format!("{REDACTED}-{}", &blake3::hash(key.as_bytes()).to_hex()[..8]);
    if let Some((name, value)) = key.split_once('=').filter(|(_, value)| !value.is_empty()) {
        let [called, value] = [name, value].map(|part| percent_encoding::percent_decode_str(part).decode_utf8_lossy());
        if is_secret_value(&called) {
            return Cow::Owned(told());
        }
        let is_named = is_secret_name(&called) && !is_no_secret(&value);
        if !name.contains(['/', ':', ';']) && (is_named || is_secret_value(&value)) {
            return Cow::Owned(format!("{name}={}", told()));
        }
    }
    if is_secret_value(&plain) { Cow::Owned(told()) } else { Cow::Borrowed(key) }
}

fn within(value: &mut Value) {
    match value {
        Value::String(text) if is_secret_value(text) => REDACTED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(within),
        Value::Object(fields) => {
            let texts = fields.iter().filter_map(|(name, field)| Some((name.as_str(), field.as_str()?)));
            if secret_beside(texts).is_some() {
                beside(fields);
                if let Some(Value::Object(fields)) = fields.get_mut("properties") {
                    beside(fields);
                }
            }
            for (name, field) in fields.iter_mut() {
                if is_secret_name(name) && holds_text(field) {
                    *field = Value::String(REDACTED.to_owned());
                } else {
                    within(field);
                }
            }
        }
        _ => {}
    }
}

/// Replaces what an object's fields hold that the name beside them calls a secret.
fn beside(fields: &mut Map<String, Value>) {
    for (name, field) in fields.iter_mut() {
        if is_value_field(name) && holds_text(field) {
            *field = Value::String(REDACTED.to_owned());
        }
    }
}

/// Whether it holds a text that may be a secret.
fn holds_text(value: &Value) -> bool {
    match value {
        Value::String(text) => !is_no_secret(text),
        Value::Array(items) => items.iter().any(holds_text),
        Value::Object(fields) => fields.values().any(holds_text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_that_say_secret_are_told_from_names_about_secrets() {
        for name in [
            "adminPassword",
            "administratorLoginPassword",
            "connectionString",
            "primaryKey",
            "clientSecret",
            "SAS_TOKEN",
            "STRIPE_SECRET_KEY",
            "MYSQL_PWD",
            "DB_PASS",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "disablePasswordAuthentication",
            "keyVaultSecretId",
            "secretUri",
            "publicKey",
            "keyName",
            "keyVaultKeyUri",
            "partitionKey",
            "passwordProfileName",
            "key",
            "KEY_VAULT_URL",
            "PASSWORD_POLICY",
            "bypass",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

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

    #[test]
    fn a_key_of_a_secret_says_whose_it_is_and_not_what() {
        let token = "note=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abcdefghijk";
        assert!(redacted_key(token).starts_with("note=***-"), "{}", redacted_key(token));
        assert!(redacted_key("apiKey=opaque").starts_with("apiKey=***-"));
        assert!(redacted_key("app%2Ftoken=opaque").starts_with("app%2Ftoken=***-"));
        assert_eq!(redacted_key("token=one"), redacted_key("token=one"));
        assert_ne!(redacted_key("token=one"), redacted_key("token=two"));
        assert!(!redacted_key("ghp_0123456789abcdefABCDEF0123456789abcd=v").contains("ghp_"));
        assert!(!redacted_key("Endpoint=sb://x/;SharedAccessKey=abcdefgh").contains("abcdefgh"));
        for key in ["env=prod", "env=", "/subscriptions/s", "00000000-0000-4000-8000-000000000001", "westeurope"] {
            assert_eq!(redacted_key(key), key);
        }
    }

    #[test]
    fn a_redacted_body_keeps_its_shape() {
        let mut body =
            json!({"properties": {"adminPassword": "x", "list": ["AccountKey=0123456789abcdef"], "password": null}});
        redact(&mut body);
        assert_eq!(body, json!({"properties": {"adminPassword": "***", "list": ["***"], "password": null}}));
    }

    #[test]
    fn a_name_beside_a_value_is_the_slots_name() {
        let mut body = json!({"name": "adminPassword", "properties": {
            "isEncrypted": false, "value": "\"opaque\"",
            "env": [
                {"name": "DB_PASSWORD", "value": "s3cret"},
                {"Key": "apiToken", "Value": {"of": "opaque"}},
                {"name": "STRIPE_SECRET_KEY", "secretRef": "stripe-key"},
                {"name": "API_KEY", "value": "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/k)"},
                {"name": "API_KEY", "value": "{\"uri\":\"https://kv.vault.azure.net/secrets/k\"}"},
                {"name": "USE_TOKEN", "value": "true"},
                {"name": "USE_TOKEN", "value": "\"False\""},
                {"name": "API_KEY", "value": ""},
                {"name": "PASSWORD_POLICY", "value": "strict"},
                {"name": "KEY_VAULT_URL", "value": "https://kv.vault.azure.net/"},
            ],
        }});
        let kept = body["properties"]["env"].as_array().expect("a list")[2..].to_vec();
        redact(&mut body);
        assert_eq!(body["properties"]["value"], REDACTED);
        assert_eq!(body["properties"]["env"][0], json!({"name": "DB_PASSWORD", "value": "***"}));
        assert_eq!(body["properties"]["env"][1], json!({"Key": "apiToken", "Value": "***"}));
        assert_eq!(body["properties"]["env"].as_array().expect("a list")[2..], kept);
    }
}
