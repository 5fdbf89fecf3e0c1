//! What is asked for, what is told, and what neither.

use serde_json::json;

use super::*;
use crate::iac::types;

/// What is asked for and what is told of a body of a type.
fn found(kind: &str, version: &str, body: &Value) -> (Vec<String>, Vec<String>) {
    let known = types::find(kind, version, "a").writable().expect("published");
    let mut kept = body.as_object().expect("an object").clone();
    let Unseen { asked, told } = unseen(kind, body, &mut kept, &known.shape);
    (asked.iter().map(|asked| spell(&asked.path)).collect(), told)
}

fn asked(kind: &str, version: &str, body: &Value) -> Vec<String> {
    found(kind, version, body).0
}

#[test]
fn an_item_that_says_only_its_name_was_made_of_a_secret() {
    let body = json!({"properties": {"configuration": {"secrets": [
        {"name": "db"}, {"name": "kv", "keyVaultUrl": "https://kv.vault.azure.net/secrets/a", "identity": "system"},
    ]}}});
    assert_eq!(
        asked("Microsoft.App/containerApps", "2024-03-01", &body),
        ["properties.configuration.secrets[0].value"]
    );
    assert_eq!(asked("Microsoft.App/jobs", "2024-03-01", &body), ["properties.configuration.secrets[0].value"]);
}

#[test]
fn variables_logins_keys_and_volumes_of_a_container_group_are_asked_for() {
    let body = json!({"properties": {
        "imageRegistryCredentials": [{"server": "r", "username": "u"}, {"server": "s", "identity": "/subscriptions/i"}],
        "containers": [{"name": "c", "properties": {"image": "i", "environmentVariables": [
            {"name": "A", "value": "a"}, {"name": "B", "value": ""}, {"name": "C"}]}}],
        "volumes": [{"name": "share", "azureFile": {"shareName": "s", "storageAccountName": "st"}}, {"name": "sec", "secret": {}},
            {"name": "e", "emptyDir": {}}],
    }});
    let found = asked("Microsoft.ContainerInstance/containerGroups", "2023-05-01", &body);
    for path in [
        "properties.imageRegistryCredentials[0].password",
        "properties.containers[0].properties.environmentVariables[2].secureValue",
        "properties.volumes[0].azureFile.storageAccountKey",
        "properties.volumes[1].secret",
    ] {
        assert!(found.iter().any(|asked| asked == path), "{path}: {found:?}");
    }
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn a_certificate_that_shows_only_its_thumbprint_is_asked_for_with_its_password() {
    let kind = "Microsoft.Web/certificates";
    let body = json!({"properties": {"thumbprint": "00", "hostNames": ["a"]}});
    assert_eq!(asked(kind, "2022-09-01", &body), ["properties.password", "properties.pfxBlob"]);
    let managed = json!({"properties": {"thumbprint": "00", "canonicalName": "a"}});
    assert!(asked(kind, "2022-09-01", &managed).is_empty());
    let gateway = json!({"properties": {"sslCertificates": [
        {"name": "w", "properties": {"publicCertData": "MIIB"}},
        {"name": "v", "properties": {"publicCertData": "MIIB", "keyVaultSecretId": "https://kv/secrets/a"}},
    ]}});
    let found = asked("Microsoft.Network/applicationGateways", "2023-09-01", &gateway);
    assert_eq!(
        found,
        ["properties.sslCertificates[0].properties.password", "properties.sslCertificates[0].properties.data"]
    );
}

#[test]
fn a_flag_without_a_value_asks_for_it_and_a_vault_does_not() {
    let kind = "Microsoft.ApiManagement/service/namedValues";
    let of = |body: Value| asked(kind, "2023-05-01-preview", &json!({"properties": body}));
    assert_eq!(of(json!({"displayName": "a", "secret": true})), ["properties.value"]);
    assert!(
        of(json!({"displayName": "a", "secret": true, "keyVault": {"secretIdentifier": "https://kv/secrets/a"}}))
            .is_empty()
    );
    assert!(of(json!({"displayName": "a", "secret": false})).is_empty());
    let variable = json!({"properties": {"isEncrypted": true}});
    assert_eq!(
        asked("Microsoft.Automation/automationAccounts/variables", "2022-08-08", &variable),
        ["properties.value"]
    );
}

#[test]
fn a_password_is_asked_for_where_its_user_is_named_and_told_where_nobody_is() {
    let server = json!({"properties": {"administratorLogin": "admin1"}});
    let (asked, _) = found("Microsoft.Sql/servers", "2023-05-01-preview", &server);
    assert_eq!(asked, ["properties.administratorLoginPassword"]);
    let machine =
        |linux: Value| json!({"properties": {"osProfile": {"adminUsername": "u", "linuxConfiguration": linux}}});
    let of = |body: &Value| found("Microsoft.Compute/virtualMachines", "2023-09-01", body);
    assert_eq!(of(&machine(json!({"provisionVMAgent": true}))).0, ["properties.osProfile.adminPassword"]);
    assert!(of(&machine(json!({"disablePasswordAuthentication": true}))).0.is_empty());
    let cluster = json!({"properties": {"windowsProfile": {"adminUsername": "azureuser"}, "servicePrincipalProfile": {"clientId": "msi"}}});
    assert!(found("Microsoft.ContainerService/managedClusters", "2023-08-01", &cluster).0.is_empty());
    let extension = json!({"properties": {"publisher": "p", "type": "t", "settings": {"a": 1}}});
    let (asked, told) = found("Microsoft.Compute/virtualMachines/extensions", "2023-09-01", &extension);
    assert!(asked.is_empty() && told == ["properties.protectedSettings"], "{asked:?} {told:?}");
}

#[test]
fn a_shared_key_is_asked_for_where_the_kind_of_connection_has_one() {
    let of = |kind: &str| {
        asked("Microsoft.Network/connections", "2023-09-01", &json!({"properties": {"connectionType": kind}}))
    };
    assert_eq!(of("IPsec"), ["properties.sharedKey"]);
    assert!(of("ExpressRoute").is_empty());
}

#[test]
fn a_workspace_key_and_the_address_of_a_hook_are_asked_for() {
    let environment = json!({"properties": {"appLogsConfiguration": {"destination": "log-analytics",
        "logAnalyticsConfiguration": {"customerId": "c"}}}});
    let found = asked("Microsoft.App/managedEnvironments", "2024-03-01", &environment);
    assert_eq!(found, ["properties.appLogsConfiguration.logAnalyticsConfiguration.sharedKey"]);
    let hook = json!({"properties": {"destination": {"endpointType": "WebHook", "properties": {"endpointBaseUrl": "https://a"}}}});
    let found = asked("Microsoft.EventGrid/eventSubscriptions", "2022-06-15", &hook);
    assert_eq!(found, ["properties.destination.properties.endpointUrl"]);
}

#[test]
fn an_object_that_azure_leaves_out_whole_with_its_secrets_is_told() {
    let kind = "Microsoft.ContainerService/managedClusters";
    let (_, told) = found(kind, "2024-05-01", &json!({"location": "x", "properties": {"dnsPrefix": "a"}}));
    let known = types::find(kind, "2024-05-01", "a").writable().expect("published");
    let properties = known.shape.prop("properties").expect("known").shape;
    for (object, secret) in properties.hidden() {
        assert!(told.contains(&format!("properties.{object}.{secret}")), "{object}.{secret}: {told:?}");
    }
    let secrets: Vec<String> = types_with_hidden();
    assert!(!secrets.is_empty(), "some type has such an object");
}

/// Of a few types, what they may hide whole.
fn types_with_hidden() -> Vec<String> {
    let kinds = [
        "Microsoft.ContainerService/managedClusters",
        "Microsoft.MachineLearningServices/workspaces/computes",
        "Microsoft.Compute/virtualMachines",
        "Microsoft.HDInsight/clusters",
        "Microsoft.AppPlatform/Spring/apps/bindings",
        "Microsoft.Batch/batchAccounts/pools",
        "Microsoft.Synapse/workspaces",
        "Microsoft.StorSimple/managers/bandwidthSettings",
        "Microsoft.Media/mediaservices",
        "Microsoft.Web/sites/config",
        "Microsoft.DataBox/jobs",
        "Microsoft.Sql/servers/databases",
        "Microsoft.RedHatOpenShift/openShiftClusters",
        "Microsoft.Logic/integrationAccounts/agreements",
        "Microsoft.VirtualMachineImages/imageTemplates",
        "Microsoft.NotificationHubs/namespaces/notificationHubs",
    ];
    let of = |kind: &&str| -> Vec<String> {
        let version = types::newest(kind).unwrap_or_default();
        let Some(known) = types::find(kind, &version, "a").writable() else { return Vec::new() };
        let Some(properties) = known.shape.prop("properties") else { return Vec::new() };
        properties.shape.hidden().map(|(object, secret)| format!("{kind} {object}.{secret}")).collect()
    };
    kinds.iter().flat_map(of).collect()
}

#[test]
fn the_key_of_a_tunnel_and_settings_that_an_extension_needs_are_asked_for() {
    let body = json!({"properties": {"vpnLinkConnections": [
        {"name": "a", "properties": {"vpnConnectionProtocolType": "IKEv2", "connectionBandwidth": 10}}]}});
    let found = asked("Microsoft.Network/vpnGateways/vpnConnections", "2023-09-01", &body);
    assert!(found.contains(&"properties.vpnLinkConnections[0].properties.sharedKey".to_owned()), "{found:?}");
    let extension =
        |kind: &str| json!({"location": "x", "properties": {"publisher": "p", "type": kind, "settings": {}}});
    let of = |kind: &str| asked("Microsoft.Compute/virtualMachines/extensions", "2023-09-01", &extension(kind));
    assert_eq!(of("JsonADDomainExtension"), ["properties.protectedSettings"]);
    assert!(of("AzureMonitorLinuxAgent").is_empty());
}
