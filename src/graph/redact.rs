//! What is a secret, by its name and by its shape, and how a body is shown without them.
//!
//! Azure marks few secrets, so two nets are cast: names that say so (`password`, `accessKey`,
//! `connectionString`, `sasToken`, …) and values that look so (account keys, SAS signatures, JSON web
//! tokens, PEM blocks, connection strings with a key). Names that only speak *about* secrets
//! (`keyVaultId`, `secretUri`, `disablePasswordAuthentication`) are none.

use serde_json::Value;

/// What stands where a secret was.
pub const REDACTED: &str = "***";

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
];

/// Whether a field's name says that its value is a secret. `path` is the name of the field alone.
pub fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    // `keyVaultSecretId`, `passwordProfileName`: they end in what they are about.
    NAMES.iter().any(|known| plain == *known || (plain.ends_with(known) && known.len() > 5))
}

/// Whether a text looks like a secret whatever its field is called.
pub fn is_secret_value(text: &str) -> bool {
    let text = text.trim();
    if text.len() < 16 {
        return false;
    }
    let lower = text.to_ascii_lowercase();
    if text.contains("-----BEGIN") && (text.contains("PRIVATE KEY") || text.contains("CERTIFICATE")) {
        return true;
    }
    if ["accountkey=", "sharedaccesskey=", "sharedaccesssignature=", "password=", "pwd=", "client_secret="]
        .iter()
        .any(|part| lower.contains(part))
    {
        return true;
    }
    if (lower.contains("sig=") && (lower.contains("sv=") || lower.contains("se=")))
        || lower.starts_with("sharedaccesssignature ")
    {
        return true;
    }
    is_web_token(text) || is_account_key(text)
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
pub fn redact(value: &mut Value) {
    match value {
        Value::String(text) if is_secret_value(text) => REDACTED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if is_secret_name(name) && holds_text(field) {
                    *field = Value::String(REDACTED.to_owned());
                } else {
                    redact(field);
                }
            }
        }
        _ => {}
    }
}

fn holds_text(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_empty(),
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
        ];
        for text in secrets {
            assert!(is_secret_value(text), "{text}");
        }
        for text in [
            "/subscriptions/s/resourceGroups/g/providers/a/b/c",
            "00000000-0000-4000-8000-000000000001",
            "Standard_LRS",
        ] {
            assert!(!is_secret_value(text), "{text}");
        }
    }

    #[test]
    fn a_redacted_body_keeps_its_shape() {
        let mut body =
            json!({"properties": {"adminPassword": "x", "list": ["AccountKey=0123456789abcdef"], "password": null}});
        redact(&mut body);
        assert_eq!(body, json!({"properties": {"adminPassword": "***", "list": ["***"], "password": null}}));
    }
}
