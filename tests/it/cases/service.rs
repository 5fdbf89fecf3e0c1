//! Cases about what a service makes by itself, and about what a scan reads and says.

use atgd::simulator;
use serde_json::{Value, json};

use super::outputs::{Output, in_all_formats, scanned};
use crate::harness::Scanned;

const GROUP: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-000000000001/resourceGroups/rg-made";

/// Whether a resource is in the code; `None`: the report does not know it.
fn is_in_code(output: &Output, name: &str) -> Option<bool> {
    output.row(name).map(|row| !row["emitted_as"].is_null())
}

/// Holds each row to being in the code, or left out with a reason.
fn hold(format: &str, output: &Output, made: &[&str], left_out: &[&str]) {
    for name in made {
        assert_eq!(is_in_code(output, name), Some(true), "{format}: {name} {:?}", output.row(name));
    }
    for name in left_out {
        assert_eq!(is_in_code(output, name), Some(false), "{format}: {name}");
        assert!(
            output.row(name).expect("a row")["reason"].as_str().is_some_and(|why| why.len() > 5),
            "{format}: {name}"
        );
    }
}

/// Bodies written for a test, scanned with all child types.
async fn of_bodies(bodies: Value) -> Scanned {
    let file = tempfile::Builder::new().suffix(".json").tempfile().expect("a file");
    std::fs::write(file.path(), bodies.to_string()).expect("written");
    let sources = vec![simulator::Source::Directory(file.path().to_owned())];
    Scanned::new(simulator::Settings { sources, ..simulator::Settings::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_azure_makes_with_a_zone_is_left_out_and_records_come_back() {
    let Some(scanned) = scanned("03-dns-records").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        hold(format, &output, &["/A/@", "/A/*", "/A/alias", "/MX/@", "/TXT/@", "/CNAME/_x.y"], &["/SOA/@", "/NS/@"]);
        let code = output.code();
        for text in ["second chunk", "v=spf1 include:spf.example.net -all", "mx.example.org", "192.0.2.2"] {
            assert!(code.contains(text), "{format}: {text}");
        }
        assert!(!code.contains("azuredns-hostmaster"), "{format}");
        assert_eq!(output.row("/A/alias").expect("a row")["unresolved"], json!([]), "{format}");
        let reference = match format {
            "terraform" | "imports" => "target_resource_id  = azurerm_public_ip.",
            "bicep" => "id: pip1.id",
            _ => "resourceId('Microsoft.Network/publicIPAddresses', 'pip1')",
        };
        assert!(code.contains(reference), "{format}: {code}");
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_services_make_is_left_out_and_what_people_made_beside_it_stays() {
    let Some(scanned) = scanned("04-made-by-the-service").await else { return };
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        let made = [
            "/scopeMaps/team-a",
            "/consumerGroups/mine",
            "/groups/team",
            "/containers/data",
            "/containers/$web",
            "/sites/webauto01",
            "/servers/sqlauto01",
            "/encryptionProtector/current",
            "/authorizationRules/RootManageSharedAccessKey",
        ];
        let own = [
            "/scopeMaps/_repositories_pull",
            "/consumerGroups/$Default",
            "/rules/$Default",
            "/subscriptions/master",
            "/groups/administrators",
            "/users/1",
            "/containers/$logs",
            "/hostNameBindings/webauto01.azurewebsites.net",
            "/keys/ServiceManaged",
            "/advisors/CreateIndex",
        ];
        hold(format, &output, &made, &own);
    }
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_that_a_resource_manages_are_left_out_with_all_that_is_in_them() {
    let Some(scanned) = scanned("12-managed-groups").await else { return };
    let managed = ["MC_rg-k8s_aks1_westeurope", "databricks-rg-dbx1", "ME_env1_rg-k8s_westeurope"];
    let inside = [
        "/publicIPAddresses/ip-1",
        "/userAssignedIdentities/aks1-agentpool",
        "/storageAccounts/dbstorage01",
        "/loadBalancers/capp-svc-lb",
    ];
    let made = [
        "/managedClusters/aks1",
        "/workspaces/dbx1",
        "/managedEnvironments/env1",
        "/workspaces/DefaultWorkspace-x-WEU",
        "/resourceGroups/rg-k8s",
    ];
    for (format, output) in in_all_formats(&scanned, &json!({})).await {
        hold(format, &output, &made, &[&managed[..], &inside[..]].concat());
        let code = output.code();
        for name in ["aks1-agentpool", "ip-1", "dbstorage01", "aaaaaaaa-bbbb-4000-8000-000000000002"] {
            assert!(!code.contains(name), "{format}: {name}");
        }
        assert!(
            code.contains("MC_rg-k8s_aks1_westeurope"),
            "{format}: the cluster still says what its group is called"
        );
    }
    // Its manager need not be selected.
    let output = super::outputs::generated(&scanned, "arm", json!({"names": ["dbstorage01"]})).await;
    hold("arm", &output, &[], &["/storageAccounts/dbstorage01", "databricks-rg-dbx1"]);
    scanned.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_of_a_private_link_and_a_misspelled_subnet_are_no_plan_that_fails() {
    let of = |kind: &str, name: &str, more: Value| {
        let mut body = json!({"id": format!("{GROUP}/providers/{kind}/{name}"), "name": name, "type": kind,
            "apiVersion": "2023-09-01", "location": "westeurope"});
        body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        body
    };
    let network = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-x");
    let subnet = |name: &str, prefix: &str| {
        json!({"id": format!("{network}/subnets/{name}"), "name": name, "type": "Microsoft.Network/virtualNetworks/subnets",
            "apiVersion": "2023-09-01", "properties": {"addressPrefix": prefix, "provisioningState": "Succeeded"}})
    };
    let alias = "pls.11111111-2222-4333-8444-555555555555.westeurope.azure.privatelinkservice";
    let bodies = json!([
        {"id": GROUP, "name": "rg-made", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope", "properties": {}},
        of("Microsoft.Network/virtualNetworks", "vnet-x", json!({"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}})),
        subnet("azureBastionsubnet", "10.0.1.0/26"),
        subnet("AzureFirewallSubnet", "10.0.2.0/26"),
        subnet("endpoints", "10.0.3.0/26"),
        of("Microsoft.Network/bastionHosts", "bas-x", json!({"sku": {"name": "Basic"}, "properties": {"disableCopyPaste": false, "scaleUnits": 2, "ipConfigurations": [
            {"name": "ip", "properties": {"subnet": {"id": format!("{network}/subnets/azureBastionsubnet")},
                "publicIPAddress": {"id": format!("{GROUP}/providers/Microsoft.Network/publicIPAddresses/pip-x")}, "privateIPAllocationMethod": "Dynamic"}}]}})),
        of("Microsoft.Network/publicIPAddresses", "pip-x", json!({"sku": {"name": "Standard", "tier": "Regional"},
            "properties": {"publicIPAddressVersion": "IPv4", "publicIPAllocationMethod": "Static", "idleTimeoutInMinutes": 4}})),
        of("Microsoft.Network/privateEndpoints", "pe-x", json!({"properties": {
            "subnet": {"id": format!("{network}/subnets/endpoints")}, "privateLinkServiceConnections": [],
            "manualPrivateLinkServiceConnections": [{"name": "to-alias", "properties": {
                "privateLinkServiceId": alias, "requestMessage": "please", "groupIds": []}}]}})),
    ]);
    let scanned = of_bodies(bodies).await;
    for more in [json!({}), json!({"auto_import_existing": true})] {
        let output = super::outputs::generated(&scanned, "terraform", more).await;
        let code = output.code();
        assert!(code.contains(&format!("private_connection_resource_alias = \"{alias}\"")), "{code}");
        assert!(!code.contains("private_connection_resource_id"), "{code}");
        let bastion = output.row("/bastionHosts/bas-x").expect("a row");
        assert!(bastion["emitted_as"].as_str().is_some_and(|kind| kind.starts_with("azapi_resource")), "{bastion}");
        assert!(bastion["generic_because"].as_str().is_some_and(|why| why.contains("AzureBastionSubnet")), "{bastion}");
    }
    scanned.stop().await;
}
