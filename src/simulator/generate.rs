//! As many resources as are asked for: groups of a hundred with networks, machines, disks, stores.

use serde_json::{Value, json};
use uuid::Uuid;

use super::world::World;

/// Resources of one group.
const GROUP: u64 = 100;

pub(super) fn fill(world: &mut World, resources: u64, subscriptions: u32) {
    let subscriptions: Vec<String> = (0..subscriptions.max(1))
        .map(|at| Uuid::from_u128(0x6e6e_0000_0000_4000_8000_0000_0000_0000 + u128::from(at)).to_string())
        .collect();
    for (at, id) in subscriptions.iter().enumerate() {
        world.add_subscription(id, &format!("Generated {at}"));
    }
    for at in 0..resources {
        let group = at / GROUP;
        let subscription = &subscriptions[(group % subscriptions.len() as u64) as usize];
        let scope = format!("/subscriptions/{subscription}/resourceGroups/rg-{group:05}");
        let (id, version, body) = resource(&scope, at % GROUP, at);
        world.add(&id, version, &body);
    }
}

fn resource(scope: &str, within: u64, at: u64) -> (String, &'static str, Value) {
    let id = |kind: &str, name: String| format!("{scope}/providers/{kind}/{name}");
    let network = id("Microsoft.Network/virtualNetworks", "vnet".to_owned());
    let security = id("Microsoft.Network/networkSecurityGroups", "nsg".to_owned());
    let machine = (within - within.min(4)) / 4;
    let tags =
        json!({"env": if at.is_multiple_of(3) { "prod" } else { "test" }, "cost-center": format!("cc-{}", at % 17)});
    let common = |id: &str, kind: &str, properties: Value| {
        json!({
            "id": id, "name": id.rsplit('/').next(), "type": kind, "location": "eastus", "tags": tags,
            "properties": properties,
        })
    };
    match within {
        0 => {
            let subnets: Vec<Value> = (0..3)
                .map(|subnet| {
                    json!({
                        "id": format!("{network}/subnets/snet-{subnet}"), "name": format!("snet-{subnet}"),
                        "type": "Microsoft.Network/virtualNetworks/subnets",
                        "properties": {
                            "addressPrefix": format!("10.{}.{subnet}.0/24", at / GROUP % 250),
                            "networkSecurityGroup": {"id": security}, "provisioningState": "Succeeded",
                        },
                    })
                })
                .collect();
            let properties = json!({
                "addressSpace": {"addressPrefixes": [format!("10.{}.0.0/16", at / GROUP % 250)]},
                "subnets": subnets, "provisioningState": "Succeeded", "enableDdosProtection": false,
            });
            (network.clone(), "2024-05-01", common(&network, "Microsoft.Network/virtualNetworks", properties))
        }
        1 => {
            let rules = json!({"securityRules": [], "provisioningState": "Succeeded"});
            (security.clone(), "2024-05-01", common(&security, "Microsoft.Network/networkSecurityGroups", rules))
        }
        2 => {
            let vault = id("Microsoft.KeyVault/vaults", format!("kv{at}"));
            let properties = json!({
                "tenantId": world_tenant(), "sku": {"family": "A", "name": "standard"}, "accessPolicies": [],
                "enableRbacAuthorization": true, "vaultUri": format!("https://kv{at}.vault.azure.net/"),
            });
            (vault.clone(), "2023-07-01", common(&vault, "Microsoft.KeyVault/vaults", properties))
        }
        3 => {
            let account = id("Microsoft.Storage/storageAccounts", format!("st{at}"));
            let mut body = common(
                &account,
                "Microsoft.Storage/storageAccounts",
                json!({
                    "supportsHttpsTrafficOnly": true, "accessTier": "Hot", "provisioningState": "Succeeded",
                    "networkAcls": {"bypass": "AzureServices", "virtualNetworkRules": [{"id": format!("{network}/subnets/snet-0"), "action": "Allow"}], "ipRules": [], "defaultAction": "Deny"},
                }),
            );
            body["sku"] = json!({"name": "Standard_LRS", "tier": "Standard"});
            body["kind"] = json!("StorageV2");
            (account, "2023-05-01", body)
        }
        _ => machine_part(scope, within % 4, machine, at, &network, &common),
    }
}

fn machine_part(
    scope: &str,
    part: u64,
    machine: u64,
    at: u64,
    network: &str,
    common: &dyn Fn(&str, &str, Value) -> Value,
) -> (String, &'static str, Value) {
    let id = |kind: &str, name: String| format!("{scope}/providers/{kind}/{name}");
    let nic = id("Microsoft.Network/networkInterfaces", format!("nic-{machine}"));
    let disk = id("Microsoft.Compute/disks", format!("disk-{machine}"));
    let vm = id("Microsoft.Compute/virtualMachines", format!("vm-{machine}"));
    let address = id("Microsoft.Network/publicIPAddresses", format!("pip-{machine}"));
    match part {
        0 => {
            let properties = json!({
                "ipConfigurations": [{
                    "name": "ipconfig1", "id": format!("{nic}/ipConfigurations/ipconfig1"),
                    "properties": {
                        "privateIPAddress": format!("10.0.{}.{}", machine / 250, machine % 250),
                        "privateIPAllocationMethod": "Dynamic", "publicIPAddress": {"id": address},
                        "subnet": {"id": format!("{network}/subnets/snet-{}", machine % 3)}, "primary": true,
                    },
                }],
                "enableIPForwarding": false, "virtualMachine": {"id": vm}, "provisioningState": "Succeeded",
            });
            (nic.clone(), "2024-05-01", common(&nic, "Microsoft.Network/networkInterfaces", properties))
        }
        1 => {
            let properties = json!({
                "diskSizeGB": 128, "creationData": {"createOption": "Empty"}, "diskState": "Attached",
                "provisioningState": "Succeeded", "uniqueId": Uuid::from_u128(u128::from(at)),
            });
            (disk.clone(), "2024-03-02", common(&disk, "Microsoft.Compute/disks", properties))
        }
        2 => {
            let properties = json!({
                "hardwareProfile": {"vmSize": "Standard_D2s_v5"}, "provisioningState": "Succeeded",
                "storageProfile": {
                    "imageReference": {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest"},
                    "osDisk": {"osType": "Linux", "createOption": "FromImage", "managedDisk": {"storageAccountType": "Premium_LRS"}},
                    "dataDisks": [{"lun": 0, "createOption": "Attach", "managedDisk": {"id": disk}}],
                },
                "osProfile": {"computerName": format!("vm-{machine}"), "adminUsername": "azureuser", "linuxConfiguration": {"disablePasswordAuthentication": true}},
                "networkProfile": {"networkInterfaces": [{"id": nic, "properties": {"primary": true}}]},
                "vmId": Uuid::from_u128(u128::from(at)),
            });
            (vm.clone(), "2024-07-01", common(&vm, "Microsoft.Compute/virtualMachines", properties))
        }
        _ => {
            let properties = json!({
                "publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4", "provisioningState": "Succeeded",
                "ipConfiguration": {"id": format!("{nic}/ipConfigurations/ipconfig1")},
            });
            let mut body = common(&address, "Microsoft.Network/publicIPAddresses", properties);
            body["sku"] = json!({"name": "Standard", "tier": "Regional"});
            (address, "2024-05-01", body)
        }
    }
}

const fn world_tenant() -> Uuid {
    super::CONTOSO
}
