//! What the name of a field says of the value there, and the words beside a value: told by the name alone.
//!
//! Names are compared without case and separators. Those that only speak *about* secrets (`keyVaultId`,
//! `secretUri`, `disablePasswordAuthentication`) are none.

use std::collections::HashMap;

use parking_lot::RwLock;

/// Endings of names, without case and separators, that say their value is a secret.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "secret",
    "secrets",
    "clientsecret",
    "secretvalue",
    "securevalue",
    "securestring",
    "secureobject",
    "securetext",
    "secureparameters",
    "secureenvironmentvariables",
    "sharedkey",
    "secretkey",
    "secretaccesskey",
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
    "saskey",
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
    "protectedparameters",
    "customdata",
    "userdata",
    "sharedsecret",
    "presharedkey",
    "vpnclientrootcertificatedata",
    "certificatepassword",
    "pfx",
    "pfxblob",
    "functionkey",
    "functionskey",
    "hostkey",
    "systemkey",
    "subscriptionkey",
    "workflowtriggerurl",
    "encryptionkey",
    "authorizationkey",
    "integrationkey",
    "ingestionkey",
    "storagekey",
    "servicekey",
    "workspacekey",
    "admincredential",
    "token",
    "signingkey",
    "licensekey",
    "activationkey",
    "adminkey",
];

/// The same for names in parts: too short to be looked for at the end of a word (`bypass`).
const LAST_PARTS: [&str; 2] = ["pwd", "pass"];

/// Headers that carry credentials, wherever a field or the name beside a value is called so.
const HEADERS: [&str; 6] =
    ["authorization", "proxyauthorization", "cookie", "setcookie", "xmsauthorizationauxiliary", "xauthkey"];

/// Fields of queries that do; as names of other fields they mean other things.
const QUERY_FIELDS: [&str; 7] = ["code", "sig", "key", "auth", "credential", "signature", "pat"];

/// Fields that hold headers or the fields of a query.
const CARRIERS: [&str; 12] = [
    "header",
    "headers",
    "requestheaders",
    "customheaders",
    "httpheaders",
    "additionalheaders",
    "defaultheaders",
    "query",
    "queries",
    "queryparameters",
    "queryparams",
    "querystring",
];

/// Fields in which everything is a secret but what says how it is used.
const CREDENTIALS: [&str; 2] = ["credentials", "credential"];

/// Fields in which everything is a secret, also what is called as if it were none.
const SEALED: [&str; 4] =
    ["protectedsettings", "configurationprotectedsettings", "protectedparameters", "secureenvironmentvariables"];

/// Fields beside a value that say by `true` that it is a secret.
const FLAGS: [&str; 8] =
    ["secret", "issecret", "isencrypted", "encrypted", "secure", "issecure", "sensitive", "issensitive"];

/// Names below what is called a secret that say which secret it is, where it is kept or what may be one: not what it is.
const ABOUT: &[&str] = &[
    "type",
    "kind",
    "name",
    "id",
    "identity",
    "identityclientid",
    "identityreference",
    "managedidentity",
    "managedidentityclientid",
    "format",
    "pattern",
    "enum",
    "required",
    "ref",
    "schema",
    "description",
    "title",
    "displayname",
    "metadata",
    "contenttype",
    "version",
    "scheme",
    "algorithm",
    "encryptionalgorithm",
    "loginmode",
    "authtype",
    "authenticationtype",
    "authority",
    "audience",
    "resource",
    "tenant",
    "tenantid",
    "clientid",
    "appid",
    "username",
    "user",
    "login",
    "accountname",
    "storageaccountname",
    "server",
    "host",
    "keyname",
    "certificateid",
    "certificateids",
    "store",
    "referencename",
    "secretname",
    "secretid",
    "secreturi",
    "secreturl",
    "secretref",
    "secretidentifier",
    "secretversion",
    "location",
    "state",
    "status",
    "laststatus",
    "provisioningstate",
];

/// Fields that say what the value beside them is called, lower case.
const NAME_FIELDS: [&str; 8] =
    ["name", "key", "displayname", "keyname", "settingname", "variablename", "parametername", "headername"];

/// Words that a field `type` says beside what is a secret.
const SECURE_TYPES: [&str; 2] = ["securestring", "secureobject"];

/// What a name says. A sum, for a name may say several things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(u16);

impl Class {
    /// The value is a secret.
    pub(crate) const SECRET: Self = Self(1);
    /// The value is one where the field is a header's or a query's.
    pub(super) const QUERY: Self = Self(2);
    pub(super) const CARRIER: Self = Self(4);
    pub(super) const CREDENTIALS: Self = Self(8);
    pub(super) const SEALED: Self = Self(16);
    pub(crate) const ABOUT: Self = Self(32);
    pub(crate) const FLAG: Self = Self(64);
    /// It says what the value beside it is called.
    pub(crate) const NAME: Self = Self(128);
    /// It holds what the name or the flag beside it speaks of.
    pub(crate) const VALUE: Self = Self(256);
    /// It says where a secret is kept.
    pub(crate) const VAULT: Self = Self(512);

    pub(crate) const fn is(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn of(name: &str) -> Self {
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let plain = plain.as_str();
        let facts = [
            (is_secret_name(name), Self::SECRET),
            (QUERY_FIELDS.contains(&plain), Self::QUERY),
            (CARRIERS.contains(&plain), Self::CARRIER),
            (CREDENTIALS.contains(&plain), Self::CREDENTIALS),
            (SEALED.contains(&plain), Self::SEALED),
            (ABOUT.contains(&plain), Self::ABOUT),
            (FLAGS.contains(&plain), Self::FLAG),
            (is_name_field(name), Self::NAME),
            (is_value_field(name), Self::VALUE),
            (plain.contains("vault"), Self::VAULT),
        ];
        Self(facts.into_iter().filter(|(is_so, _)| *is_so).fold(0, |sum, (_, class)| sum | class.0))
    }
}

/// What names of fields say: the same few thousand names are in all bodies, so each is looked at once.
#[derive(Debug, Default)]
pub(crate) struct Names(RwLock<HashMap<String, Class>>);

/// Names that are remembered; the keys of tags and settings are people's, and there may be any number.
const MOST_NAMES: usize = 20_000;

impl Names {
    pub(crate) fn class(&self, name: &str) -> Class {
        let names = self.0.read();
        if let Some(class) = names.get(name) {
            return *class;
        }
        let is_full = names.len() >= MOST_NAMES;
        drop(names);
        let class = Class::of(name);
        if !is_full {
            self.0.write().insert(name.to_owned(), class);
        }
        class
    }
}

/// Whether a field's name says that its value is a secret. `name` is that of the field alone.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    // `keyVaultSecretId`, `passwordProfileName`: they end in what they are about.
    NAMES.iter().any(|known| plain == *known || (plain.ends_with(known) && (known.len() > 5 || *known == "token")))
        || HEADERS.contains(&plain.as_str())
        || name
            .rsplit_once(['_', '-', '.', ':', ' '])
            .is_some_and(|(_, last)| LAST_PARTS.iter().any(|part| last.eq_ignore_ascii_case(part)))
}

/// What an object says that the value beside is called, where that is the name of a secret: of its
/// fields that are texts, the one that does.
pub(crate) fn secret_beside<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Option<&'t str> {
    texts.into_iter().find(|(field, text)| is_name_field(field) && is_secret_name(text)).map(|(_, text)| text)
}

/// Whether a field says what the value beside it is called.
pub(crate) fn is_name_field(field: &str) -> bool {
    NAME_FIELDS.iter().any(|known| field.eq_ignore_ascii_case(known))
}

/// Whether a field holds what the name beside it speaks of.
pub(crate) fn is_value_field(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    field.ends_with("value") || field == "values"
}

/// Whether the word that a field `type` says is the kind of a secret.
pub(crate) fn is_secure_type(word: &str) -> bool {
    SECURE_TYPES.iter().any(|known| word.eq_ignore_ascii_case(known))
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
        || is_expression(&lower)
}

/// Functions of templates, workflows, pipelines and policies whose arguments are names of something or numbers, lower
/// case. Of all others an argument may be a part of a secret.
const NAME_VALUES: [&str; 38] = [
    "action",
    "actionbody",
    "actionoutputs",
    "actions",
    "activity",
    "appsetting",
    "basics",
    "body",
    "dataset",
    "deployment",
    "environment",
    "getsecret",
    "item",
    "items",
    "linkedservice",
    "listaccountsas",
    "listcallbackurl",
    "listcredentials",
    "listkeys",
    "listquerykeys",
    "listsecrets",
    "listservicesas",
    "newguid",
    "outputs",
    "parameters",
    "pipeline",
    "reference",
    "resourcegroup",
    "resourceid",
    "result",
    "steps",
    "subscription",
    "subscriptionresourceid",
    "trigger",
    "triggerbody",
    "triggeroutputs",
    "uniquestring",
    "variables",
];

/// Whether a text, lower case, is filled in when it is used: `[parameters('a')]` of a template, `@parameters('a')` of a
/// workflow, `{{a}}` of API Management, `$(a)` of a pipeline. One that makes a text of others may hold a secret.
fn is_expression(text: &str) -> bool {
    let between = |start: &str, end: &str| text.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
    let is_plain = |name: &str| {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
        !name.is_empty() && name.len() <= 256 && name.chars().all(is_name)
    };
    if [("{{", "}}"), ("$(", ")"), ("#{", "}#")].iter().any(|(start, end)| between(start, end).is_some_and(is_plain)) {
        return true;
    }
    let called = between("[", "]").or_else(|| between("@{", "}")).or_else(|| text.strip_prefix('@'));
    let Some(called) = called.map(str::trim).filter(|called| called.contains(')') && !called.contains('"')) else {
        return false;
    };
    let name_at = |at: usize| called[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let mut names = called.match_indices('(').map(|(at, _)| name_at(at)).peekable();
    names.peek().is_some_and(|first| called.starts_with(first)) && names.all(|name| NAME_VALUES.contains(&name))
}

/// `https://kv.vault.azure.net/secrets/x`, lower case, and nothing beside it.
fn is_vault_address(text: &str) -> bool {
    text.strip_prefix("https://").and_then(|rest| rest.split_once('/')).is_some_and(|(host, path)| {
        host.contains(".vault.")
            && ["secrets/", "keys/", "certificates/"].iter().any(|kind| path.starts_with(kind))
            && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
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
            "Authorization",
            "x-functions-key",
            "Ocp-Apim-Subscription-Key",
            "x-api-key",
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
            "code",
            "KEY_VAULT_URL",
            "PASSWORD_POLICY",
            "bypass",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn what_is_filled_in_when_it_is_used_is_no_secret() {
        for text in [
            "[parameters('sqlPassword')]",
            "[basics('sqlPassword')]",
            "[listKeys(resourceId('Microsoft.Storage/storageAccounts', 'a'), '2023-01-01').keys[0].value]",
            "@parameters('password')",
            "@{triggerBody()?['password']}",
            "{{alpha}}",
            "$(deploy.password)",
            "https://kv.vault.azure.net/secrets/k",
            "True",
        ] {
            assert!(is_no_secret(text), "{text}");
        }
        for text in [
            "[concat('Tr0ub4dor', '3')]",
            "[secret]",
            "@secret",
            "{{a}}b",
            "@{concat('a', 'b')}",
            "$ecret(1)",
            "@Passw0rd(1",
            "@Passw0rd(1)",
            "[uriComponent('S3cret')]",
            "[substring('S3cret', 0, 6)]",
            "[first(split('S3cret,x', ','))]",
        ] {
            assert!(!is_no_secret(text), "{text}");
        }
    }
}
