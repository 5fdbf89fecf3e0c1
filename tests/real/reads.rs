//! Terraform's real azurerm provider reads what the simulator serves, over https, with a CA file and an address.
//!
//! Written by hand, so that a failure here is the simulator's and not the generator's.

use atgd::simulator::{self, Settings, Source};
use serde_json::{Value, json};

use crate::{
    harness::install_tls,
    terraform::{Terraform, provider},
};

const SUBSCRIPTION: &str = "5aaaaaaa-0000-4000-8000-000000000001";

/// Bodies as ARM gives them, written for this test.
fn world() -> Vec<Value> {
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-real");
    let of = |kind: &str, name: &str, more: Value| {
        let id = format!("{group}/providers/{kind}/{name}");
        let mut body = json!({"id": id, "name": name, "type": kind, "location": "westeurope", "tags": {"env": "test"}});
        body.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        body
    };
    let network = format!("{group}/providers/Microsoft.Network/virtualNetworks/vnet");
    let nsg = format!("{group}/providers/Microsoft.Network/networkSecurityGroups/nsg");
    let subnet = json!({
        "id": format!("{network}/subnets/one"), "name": "one", "type": "Microsoft.Network/virtualNetworks/subnets",
        "properties": {
            "addressPrefix": "10.1.1.0/24", "networkSecurityGroup": {"id": nsg}, "serviceEndpoints": [], "delegations": [],
            "privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled", "provisioningState": "Succeeded",
        },
    });
    vec![
        json!({"id": group, "name": "rg-real", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope", "tags": {"env": "test"}, "properties": {"provisioningState": "Succeeded"}}),
        of(
            "Microsoft.Network/virtualNetworks",
            "vnet",
            json!({"properties": {
                "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": [subnet], "enableDdosProtection": false,
                "virtualNetworkPeerings": [], "provisioningState": "Succeeded", "privateEndpointVNetPolicies": "Disabled",
            }}),
        ),
        subnet,
        of(
            "Microsoft.Network/networkSecurityGroups",
            "nsg",
            json!({"properties": {
                "provisioningState": "Succeeded", "defaultSecurityRules": [],
                "securityRules": [{
                    "id": format!("{nsg}/securityRules/https"), "name": "https", "type": "Microsoft.Network/networkSecurityGroups/securityRules",
                    "properties": {
                        "protocol": "Tcp", "sourcePortRange": "*", "destinationPortRange": "443", "sourceAddressPrefix": "*",
                        "destinationAddressPrefix": "*", "access": "Allow", "priority": 100, "direction": "Inbound", "provisioningState": "Succeeded",
                    },
                }],
            }}),
        ),
        of(
            "Microsoft.Storage/storageAccounts",
            "streal",
            json!({"kind": "StorageV2", "sku": {"name": "Standard_LRS", "tier": "Standard"}, "properties": {
                "accessTier": "Hot", "allowBlobPublicAccess": false, "allowSharedKeyAccess": true, "minimumTlsVersion": "TLS1_2",
                "supportsHttpsTrafficOnly": true, "publicNetworkAccess": "Enabled", "isHnsEnabled": false, "provisioningState": "Succeeded",
                "networkAcls": {"bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow"},
                "encryption": {"keySource": "Microsoft.Storage", "services": {"blob": {"enabled": true, "keyType": "Account"}, "file": {"enabled": true, "keyType": "Account"}}},
                "primaryLocation": "westeurope", "statusOfPrimary": "available",
                "primaryEndpoints": {"blob": "https://streal.blob.core.windows.net/", "file": "https://streal.file.core.windows.net/", "queue": "https://streal.queue.core.windows.net/", "table": "https://streal.table.core.windows.net/"},
            }}),
        ),
        of(
            "Microsoft.KeyVault/vaults",
            "kv-real",
            json!({"properties": {
                "sku": {"family": "A", "name": "standard"}, "tenantId": simulator::CONTOSO, "accessPolicies": [], "enableRbacAuthorization": true,
                "enabledForDeployment": false, "enabledForDiskEncryption": false, "enabledForTemplateDeployment": false, "enableSoftDelete": true,
                "softDeleteRetentionInDays": 90, "vaultUri": "https://kv-real.vault.azure.net/", "provisioningState": "Succeeded", "publicNetworkAccess": "Enabled",
            }}),
        ),
    ]
}

/// The least of each that says what its body says.
fn code() -> String {
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-real");
    let blocks = [
        ("azurerm_resource_group", String::new(), "name = \"rg-real\""),
        (
            "azurerm_virtual_network",
            "/providers/Microsoft.Network/virtualNetworks/vnet".to_owned(),
            "name = \"vnet\"\n  resource_group_name = \"rg-real\"\n  address_space = [\"10.1.0.0/16\"]",
        ),
        (
            "azurerm_subnet",
            "/providers/Microsoft.Network/virtualNetworks/vnet/subnets/one".to_owned(),
            "name = \"one\"\n  resource_group_name = \"rg-real\"\n  virtual_network_name = \"vnet\"\n  address_prefixes = [\"10.1.1.0/24\"]\n  private_link_service_network_policies_enabled = true",
        ),
        (
            "azurerm_network_security_group",
            "/providers/Microsoft.Network/networkSecurityGroups/nsg".to_owned(),
            "name = \"nsg\"\n  resource_group_name = \"rg-real\"",
        ),
        (
            "azurerm_storage_account",
            "/providers/Microsoft.Storage/storageAccounts/streal".to_owned(),
            "name = \"streal\"\n  resource_group_name = \"rg-real\"\n  account_tier = \"Standard\"\n  account_replication_type = \"LRS\"\n  allow_nested_items_to_be_public = false",
        ),
        (
            "azurerm_key_vault",
            "/providers/Microsoft.KeyVault/vaults/kv-real".to_owned(),
            "name = \"kv-real\"\n  resource_group_name = \"rg-real\"\n  sku_name = \"standard\"\n  tenant_id = \"c0470500-0000-4000-8000-000000000001\"\n  rbac_authorization_enabled = true",
        ),
    ];
    let mut text = format!(
        "terraform {{\n  required_providers {{\n    azurerm = {{\n      source = \"hashicorp/azurerm\"\n    }}\n  }}\n}}\nprovider \"azurerm\" {{\n  features {{}}\n  subscription_id = \"{SUBSCRIPTION}\"\n}}\n"
    );
    for (kind, below, attributes) in blocks {
        // A subnet has neither place nor tags.
        let place =
            if kind == "azurerm_subnet" { "" } else { "\n  location = \"westeurope\"\n  tags = { env = \"test\" }" };
        let block = format!(
            "import {{\n  to = {kind}.this\n  id = \"{group}{below}\"\n}}\nresource \"{kind}\" \"this\" {{\n  {attributes}{place}\n}}\n"
        );
        text.push_str(&block);
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn terraforms_azurerm_imports_a_group_network_store_and_vault() {
    install_tls();
    let Some(provider) = provider() else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let bodies = directory.path().join("bodies");
    std::fs::create_dir(&bodies).expect("a directory");
    for (at, body) in world().iter().enumerate() {
        std::fs::write(bodies.join(format!("{at}.json")), body.to_string()).expect("written");
    }
    let settings = Settings { sources: vec![Source::Directory(bodies)], ..Settings::default() };
    let sim = simulator::start(settings.for_foreign_programs()).await.expect("the simulator starts");
    let stack = directory.path().join("stack");
    std::fs::create_dir(&stack).expect("a directory");
    std::fs::write(stack.join("main.tf"), code()).expect("written");
    let mut command =
        Terraform::new(&provider, directory.path(), &stack, &sim).command(&["plan", "-input=false", "-no-color"]);
    let planned =
        tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("terraform runs");
    let text = String::from_utf8_lossy(&planned.stdout).into_owned() + &String::from_utf8_lossy(&planned.stderr);
    assert!(planned.status.success(), "{text}");
    assert!(text.contains("Plan: 6 to import, 0 to add, 0 to change, 0 to destroy."), "{text}");
    let requests = sim.requests();
    assert!(requests["data_plane"] >= 2, "the vault's contacts were asked for: {requests:?}");
    sim.stop().await;
}
