//! Other cases of the kinds in the shared folder: the tenants are written here.

use serde_json::{Value, json};

use super::{
    outputs::{generated, in_all_formats},
    service::{GROUP, body, hold, served},
};
use crate::harness::Scanned;

/// Bodies in a group of their own, scanned.
async fn scanned(bodies: &[Value]) -> Scanned {
    let group = json!({"id": GROUP, "name": "rg-made", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope",
        "properties": {}});
    let mut all = vec![group];
    all.extend_from_slice(bodies);
    let scanned = served(&json!(all)).await;
    scanned.again().await;
    scanned
}

/// A body below one in the group; it has no region.
fn child(kind: &str, names: &str, properties: Value) -> Value {
    let (space, kinds) = kind.split_once('/').expect("a type");
    let path: Vec<String> =
        kinds.split('/').zip(names.split('/')).map(|(kind, name)| format!("{kind}/{name}")).collect();
    let path = path.join("/");
    let name = names.rsplit('/').next().expect("a name");
    json!({"id": format!("{GROUP}/providers/{space}/{path}"), "name": name, "type": kind, "apiVersion": "2023-09-01",
        "properties": properties})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_with_its_parent_is_updated_in_place() {
    let hub = format!("{GROUP}/providers/Microsoft.Network/virtualHubs/hub");
    let routes = json!([{"name": "all", "destinationType": "CIDR", "destinations": ["10.0.0.0/8"],
        "nextHopType": "ResourceId", "nextHop": format!("{hub}/hubVirtualNetworkConnections/gone")}]);
    let scanned = scanned(&[
        body(
            "Microsoft.Network/virtualHubs",
            "hub",
            json!({"properties": {"addressPrefix": "10.0.0.0/23", "sku": "Standard"}}),
        ),
        child(
            "Microsoft.Network/virtualHubs/hubRouteTables",
            "hub/defaultRouteTable",
            json!({"routes": routes, "labels": ["default"]}),
        ),
        child("Microsoft.Network/virtualHubs/hubRouteTables", "hub/mine", json!({"routes": [], "labels": ["mine"]})),
    ])
    .await;
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        hold(format, &output, &["/hubRouteTables/defaultRouteTable", "/hubRouteTables/mine"], &[]);
        let code = output.code();
        let updated = code.matches("azapi_update_resource\"").count();
        assert_eq!(updated, usize::from(format == "terraform"), "{format}: {code}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_defender_lets_people_write_comes_back_and_its_findings_do_not() {
    let scanned = scanned(&[
        body(
            "Microsoft.Security/automations",
            "export",
            json!({"apiVersion": "2019-01-01-preview", "properties": {"isEnabled": true, "description": "to the hub",
                "scopes": [{"description": "all", "scopePath": "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001"}],
                "sources": [{"eventSource": "Alerts"}], "actions": []}}),
        ),
        body("Microsoft.Security/assessments", "one", json!({"properties": {"status": {"code": "Healthy"}}})),
    ])
    .await;
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        hold(format, &output, &["/automations/export"], &["/assessments/one"]);
        assert!(output.code().contains("to the hub"), "{format}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_of_host_names_and_groups_that_a_cluster_makes_follow_a_move() {
    let scanned = scanned(&[
        body(
            "Microsoft.Network/publicIPAddresses",
            "pip",
            json!({"sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static",
                "dnsSettings": {"domainNameLabel": "shop", "fqdn": "shop.westeurope.cloudapp.azure.com"}}}),
        ),
        body(
            "Microsoft.ContainerInstance/containerGroups",
            "cg",
            json!({"properties": {"osType": "Linux", "containers": [], "ipAddress": {"type": "Public", "dnsNameLabel": "cg-shop",
                "ports": [{"port": 80}]}}}),
        ),
        body(
            "Microsoft.ContainerService/managedClusters",
            "aks",
            json!({"properties": {"dnsPrefix": "aks", "nodeResourceGroup": "MC_rg-made_aks_westeurope"}}),
        ),
        body(
            "Microsoft.Databricks/workspaces",
            "dbw",
            json!({"properties": {"managedResourceGroupId": "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001/resourceGroups/dbw-managed"}}),
        ),
    ])
    .await;
    let more = json!({"name_suffix": "-dr", "location": "swedencentral"});
    for format in ["terraform", "bicep", "arm"] {
        let code = generated(&scanned, format, more.clone()).await.code();
        for (new, old) in [
            ("shop-dr", "\"shop\""),
            ("cg-shop-dr", "\"cg-shop\""),
            ("MC_rg-made_aks_swedencentral-dr", "aks_westeurope"),
            ("dbw-managed-dr", "dbw-managed\""),
        ] {
            assert!(code.contains(new) && !code.replace('\'', "\"").contains(old), "{format}: {new} {code}");
        }
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_an_identity_is_is_asked_of_it_in_every_language() {
    let who = "aaaaaaaa-7777-4000-8000-000000000001";
    let scanned = scanned(&[
        body("Microsoft.ManagedIdentity/userAssignedIdentities", "id-app", json!({"properties": {"principalId": who}})),
        body(
            "Microsoft.KeyVault/vaults",
            "kv-app",
            json!({"properties": {"tenantId": "11111111-2222-4333-8444-555555555555", "sku": {"family": "A", "name": "standard"},
                "accessPolicies": [{"tenantId": "11111111-2222-4333-8444-555555555555", "objectId": who,
                    "permissions": {"keys": ["get"]}}]}}),
        ),
    ])
    .await;
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        let code = output.code();
        let asked = match format {
            "bicep" => "objectId: idApp.properties.principalId",
            "arm" => "[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'id-app'), ",
            _ => "azurerm_user_assigned_identity.id_app.principal_id",
        };
        assert!(code.contains(asked) && !code.contains(who), "{format}: {code}");
    }
    scanned.stop().await;
}
