//! The little of data planes and of POST actions that Terraform's provider asks for when it reads.
//!
//! A name such as `kv1.vault.azure.net` does not resolve to the simulator, so with `--tls` every
//! URL in a body whose host is below a known suffix becomes `{simulator}/_data/{host}/…`: what asks
//! there is answered here. A key vault challenges, then has no contacts; a storage account has its
//! service properties; keys and connection strings are made from the id, the same at every asking.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::reply::{Query, Reply};

/// Hosts below these are rewritten: in Azure's public, government and Chinese clouds.
// Not those of storage: the provider wants them spelled as they are, and reads nothing there.
const SUFFIXES: [&str; 5] =
    [".vault.azure.net", ".vault.usgovcloudapi.net", ".vault.azure.cn", ".managedhsm.azure.net", ".azconfig.io"];

/// Rewrites the URLs of data planes anywhere in a body's text.
pub(super) fn rewrite(text: &str, base: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("https://") {
        let (before, link) = rest.split_at(at);
        out.push_str(before);
        let after = &link["https://".len()..];
        let length = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-')).unwrap_or(after.len());
        let host = &after[..length];
        // A longer path names a key or a secret, which nobody asks for here and which ids are compared with.
        let ends = ["\"", "/\""].iter().any(|end| after[length..].starts_with(end));
        if ends && SUFFIXES.iter().any(|suffix| host.len() > suffix.len() && host.ends_with(suffix)) {
            out.push_str(base);
            out.push_str("/_data/");
        } else {
            out.push_str("https://");
        }
        out.push_str(host);
        rest = &after[length..];
    }
    out.push_str(rest);
    out
}

/// Answers `/_data/{host}/…`.
pub(super) fn answer(base: &str, tenant: &str, path: &[&str], query: &Query, authorized: bool) -> Reply {
    let Some((host, rest)) = path.split_first() else { return Reply::empty(404) };
    if host.contains(".vault.") || host.contains(".managedhsm.") {
        if !authorized {
            let challenge = format!("Bearer authorization=\"{base}/{tenant}\", resource=\"{base}\"");
            return Reply::error(401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
                .with("www-authenticate", challenge);
        }
        return match rest {
            ["certificates", "contacts"] => Reply::error(404, "ContactsNotFound", "Contacts not found"),
            ["certificates" | "keys" | "secrets"] => Reply::ok(&json!({"value": [], "nextLink": null})),
            [kind, name, ..] => {
                let text =
                    format!("A {} with (name/id) {name} was not found in this key vault.", kind.trim_end_matches('s'));
                Reply::error(404, &format!("{}NotFound", capital(kind.trim_end_matches('s'))), &text)
            }
            _ => Reply::error(404, "NotFound", "The resource was not found."),
        };
    }
    if query.get("comp") == Some("properties") && query.get("restype") == Some("service") {
        let analytics = "<Version>1.0</Version>";
        let retention = "<RetentionPolicy><Enabled>false</Enabled></RetentionPolicy>";
        let metrics = format!("{analytics}<Enabled>false</Enabled>{retention}");
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceProperties><Logging>{analytics}<Read>false</Read>\
             <Write>false</Write><Delete>false</Delete>{retention}</Logging><HourMetrics>{metrics}</HourMetrics>\
             <MinuteMetrics>{metrics}</MinuteMetrics><Cors /><StaticWebsite><Enabled>false</Enabled></StaticWebsite>\
             </StorageServiceProperties>"
        );
        return Reply::text(200, text).with("content-type", "application/xml").with("x-ms-version", "2021-12-02");
    }
    let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>ResourceNotFound</Code><Message>The specified resource does not exist.</Message></Error>";
    Reply::text(404, text.to_owned())
        .with("content-type", "application/xml")
        .with("x-ms-error-code", "ResourceNotFound")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A POST action of a resource that exists: `…/{type}/{name}/{action}`. `None`: not known here.
pub(super) fn action(type_name: &str, action: &str, id: &str, body: Option<&Value>) -> Option<Reply> {
    let key = |number: u8| STANDARD.encode(blake3::hash(format!("{number}{id}").as_bytes()).as_bytes());
    let long = |number: u8| {
        let first = blake3::hash(format!("{number}{id}").as_bytes());
        STANDARD.encode([first.as_bytes().as_slice(), blake3::hash(first.as_bytes()).as_bytes()].concat())
    };
    let name = id.rsplit('/').next().unwrap_or_default();
    let settings = || {
        let mut config = body.cloned().unwrap_or_else(|| json!({}));
        if let Some(config) = config.as_object_mut() {
            config.entry("properties").or_insert_with(|| json!({}));
        }
        Reply::ok(&config)
    };
    Some(match (type_name.to_lowercase().as_str(), action.to_lowercase().as_str()) {
        ("microsoft.storage/storageaccounts", "listkeys") => Reply::ok(&json!({"keys": [
            {"creationTime": "2024-01-02T03:04:05.0000000Z", "keyName": "key1", "value": long(1), "permissions": "FULL"},
            {"creationTime": "2024-01-02T03:04:05.0000000Z", "keyName": "key2", "value": long(2), "permissions": "FULL"},
        ]})),
        ("microsoft.documentdb/databaseaccounts", "listkeys" | "readonlykeys") => Reply::ok(&json!({
            "primaryMasterKey": long(1), "secondaryMasterKey": long(2),
            "primaryReadonlyMasterKey": long(3), "secondaryReadonlyMasterKey": long(4),
        })),
        ("microsoft.documentdb/databaseaccounts", "listconnectionstrings") => Reply::ok(&json!({"connectionStrings": [
            {"connectionString": format!("AccountEndpoint=https://{name}.documents.azure.com:443/;AccountKey={};", long(1)), "description": "Primary SQL Connection String", "keyKind": "Primary", "type": "Sql"},
        ]})),
        ("microsoft.operationalinsights/workspaces", "sharedkeys") => {
            Reply::ok(&json!({"primarySharedKey": long(1), "secondarySharedKey": long(2)}))
        }
        ("microsoft.containerregistry/registries", "listcredentials") => Reply::ok(&json!({
            "username": name, "passwords": [{"name": "password", "value": key(1)}, {"name": "password2", "value": key(2)}],
        })),
        ("microsoft.containerservice/managedclusters", "listclusterusercredential" | "listclusteradmincredential") => {
            let config = format!(
                "apiVersion: v1\nkind: Config\nclusters:\n- name: {name}\n  cluster:\n    server: https://{name}.hcp.simulated:443\ncontexts: []\nusers: []\n"
            );
            Reply::ok(&json!({"kubeconfigs": [{"name": "clusterUser", "value": STANDARD.encode(config)}]}))
        }
        // Only of a webhook, of which nothing but the base is in the body.
        (
            "microsoft.eventgrid/eventsubscriptions" | "microsoft.eventgrid/systemtopics/eventsubscriptions",
            "getfullurl",
        ) => match body.map(|body| &body["properties"]["destination"]["properties"]["endpointBaseUrl"]) {
            Some(Value::String(base)) => Reply::ok(&json!({"endpointUrl": base})),
            _ => Reply::error(400, "InvalidRequest", "Only webhook destination type supports full URL."),
        },
        ("microsoft.apimanagement/service/portalsettings", "listsecrets") => Reply::ok(&json!({"validationKey": ""})),
        ("microsoft.apimanagement/service/tenant", "listsecrets") => {
            Reply::ok(&json!({"enabled": false, "primaryKey": key(1), "secondaryKey": key(2)}))
        }
        ("microsoft.search/searchservices", "listadminkeys") => {
            Reply::ok(&json!({"primaryKey": key(1), "secondaryKey": key(2)}))
        }
        ("microsoft.search/searchservices", "listquerykeys") => {
            Reply::ok(&json!({"value": [{"name": null, "key": key(3)}], "nextLink": null}))
        }
        ("microsoft.appconfiguration/configurationstores", "listkeys") => Reply::ok(&json!({"value": [
            {"id": "primary", "name": "Primary", "value": key(1), "connectionString": format!("Endpoint=https://{name}.azconfig.io;Id=primary;Secret={}", key(1)), "readOnly": false},
        ]})),
        (kind, "listkeys") if kind.contains("authorizationrules") => Reply::ok(&json!({
            "primaryConnectionString": format!("Endpoint=sb://{name}.servicebus.windows.net/;SharedAccessKey={}", key(1)),
            "secondaryConnectionString": format!("Endpoint=sb://{name}.servicebus.windows.net/;SharedAccessKey={}", key(2)),
            "primaryKey": key(1), "secondaryKey": key(2), "keyName": name,
        })),
        ("microsoft.devices/iothubs", "listkeys") => Reply::ok(&json!({"value": [
            {"keyName": "iothubowner", "primaryKey": key(1), "secondaryKey": key(2), "rights": "RegistryWrite, ServiceConnect, DeviceConnect"},
        ]})),
        // App settings and their like: a POST that gives the values of `config/{name}`.
        (kind, "list") if kind.ends_with("/config") => settings(),
        ("microsoft.app/containerapps", "listsecrets") => Reply::ok(&json!({"value": []})),
        (_, "listkeys" | "listaccountkeys" | "listadminkeys") => {
            Reply::ok(&json!({"key1": key(1), "key2": key(2), "primaryKey": key(1), "secondaryKey": key(2)}))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::rewrite;

    #[test]
    fn only_hosts_of_data_planes_are_rewritten() {
        let text = r#"{"a":"https://kv1.vault.azure.net/","b":"https://example.com/x","c":"https://st.blob.core.windows.net"}"#;
        assert_eq!(
            rewrite(text, "https://h:1"),
            r#"{"a":"https://h:1/_data/kv1.vault.azure.net/","b":"https://example.com/x","c":"https://st.blob.core.windows.net"}"#
        );
    }
}
