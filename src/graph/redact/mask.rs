//! A body, or the key of a node, as it is shown: without the secrets in it.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    names::{Names, is_no_secret, is_secret_name},
    shapes::is_secret_value,
    slots::{Step, visit},
    texts::{Found, secrets_in},
};

/// Replaces a secret.
pub(crate) const REDACTED: &str = "***";

/// Replaces every secret in a body.
pub(crate) fn redact(body: &mut Value) {
    let names = Names::default();
    let mut found = Vec::new();
    // A secret of a vault is called `value`.
    let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
    let is_vaults = kind.rsplit('/').next().is_some_and(|kind| kind.eq_ignore_ascii_case("secrets"));
    visit(body, is_vaults.then_some("secret"), &names, &mut |slot| {
        let masked = if slot.is_secret { Some(REDACTED.to_owned()) } else { masked(slot.text, &names) };
        found.extend(masked.map(|masked| (pointer(slot.path), masked)));
    });
    for (pointer, masked) in found {
        if let Some(place) = body.pointer_mut(&pointer) {
            *place = Value::String(masked);
        }
    }
}

/// A text without the secrets in it; `None`: there are none.
fn masked(text: &str, names: &Names) -> Option<String> {
    match secrets_in(text, names) {
        Found::Nothing => None,
        Found::All => Some(REDACTED.to_owned()),
        Found::Parts(parts) => {
            let mut out = text.to_owned();
            parts.into_iter().rev().for_each(|part| out.replace_range(part, REDACTED));
            Some(out)
        }
    }
}

fn pointer(path: &[Step<'_>]) -> String {
    let mut out = String::new();
    for step in path {
        out.push('/');
        match step {
            Step::Field(name) => out.push_str(&name.replace('~', "~0").replace('/', "~1")),
            Step::Index(index) => out.push_str(&index.to_string()),
        }
    }
    out
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        assert_eq!(body["properties"]["env"][1], json!({"Key": "apiToken", "Value": {"of": "***"}}));
        assert_eq!(body["properties"]["env"].as_array().expect("a list")[2..], kept);
    }
}
